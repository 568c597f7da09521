"""Hooks: functions of the site that are called at certain moments, and may answer."""

from __future__ import annotations

from lmodpy.errors import LmodError, ModulefileError, Refused
from lmodpy.modulefile.words import kind as kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NamedTuple

    from lmodpy.modulefile.questions import Host
else:
    from lmodpy.values import NamedTuple

HOOKS = frozenset(
    """
    load unload load_spider startup finalize restore msgHook errWarnMsgHook avail category listHook isVisibleHook
    isForbiddenHook colorize_fullName spider_decoration SiteName groupName parse_updateFn writeCache packagebasename
    reverseMapPathFilter decorate_module
    """.split()  # noqa: SIM905 - a list of words is read more easily
)
"""The names of Lmod's hooks."""
ACTIONS = ("replace", "append", "prepend")


class Kind(NamedTuple):
    """What a hook is to answer, in words, and what tells whether it does."""

    words: str
    fits: Callable[[Any], bool]


def texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list, whose keys are numbers in Lua; raises TypeError for what is none."""
    members = [value[key] for key in sorted(value)] if isinstance(value, dict) else value
    if not isinstance(members, list | tuple) or not all(isinstance(member, str | int | float) for member in members):
        raise TypeError
    return tuple(map(str, members))


def _are_texts(value: Any) -> bool:
    try:
        return texts(value) is not None
    except TypeError:
        return False


def _are_records(value: Any) -> bool:
    rows = value.values() if isinstance(value, dict) else ()
    return isinstance(value, dict) and all(isinstance(row, dict) and isinstance(row.get("sn"), str) for row in rows)


def _is_table(value: Any) -> bool:
    return _are_texts(value) or (isinstance(value, dict) and all(isinstance(row, dict) for row in value.values()))


def _are_two_lists(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 2 and all(map(_are_texts, value.values()))


_TEXT = Kind("a text", lambda value: isinstance(value, str))
_NUMBER = Kind("a number", lambda value: isinstance(value, int | float))
_TEXTS = Kind("a list of texts", _are_texts)
_STATES = ("forbid", "nearly", "normal")
_ANSWERS = {
    **dict.fromkeys(("errWarnMsgHook", "colorize_fullName", "spider_decoration", "SiteName", "groupName"), _TEXT),
    **dict.fromkeys(("msgHook", "decorate_module"), _TEXTS),
    "listHook": Kind("a list of modules", _are_records),
    "category": Kind("a list of names, or a table of tables", _is_table),
    "reverseMapPathFilter": Kind("two lists of texts", _are_two_lists),
}
"""What hooks answer with, if they answer."""
_FIELDS = {
    "isForbiddenHook": {
        "forbiddenState": Kind(", ".join(_STATES), lambda value: value in _STATES),
        "message": _TEXT,
        "nearlymessage": _TEXT,
    },
    "packagebasename": {"patDir": _TEXT, "patLib": _TEXT},
    "parse_updateFn": {"lastUpdateEpoch": _NUMBER, "hostType": _TEXT},
}
"""What hooks may put into the last of the tables that they are given, by field."""


class Hooks:
    """The functions that are registered, by name of the hook; a name that nobody has registered for costs nothing."""

    def __init__(self, host: Host, warn: Callable[[str], None]) -> None:
        self.host = host
        """Whom words speak to that a hook says; while a module is loaded or unloaded, that module."""
        self._warn = warn
        self._functions: dict[str, list[tuple[Callable[..., Any], str]]] = {}

    def register(self, name: str, function: Callable[..., Any], action: str = "replace", place: str = "") -> None:
        """Let a function be called; raises LmodError for a hook, or an action, that there is not.

        `place` is the file and line to name where what it answers is wrong.
        """
        if name not in HOOKS:
            raise LmodError(f"there is no hook `{name}`; there are {', '.join(sorted(HOOKS))}")
        if action not in ACTIONS:
            raise LmodError(f"a hook is registered with {', '.join(ACTIONS)}, not {action!r}")
        before = self._functions.get(name, []) if action != "replace" else []
        new = (function, place)
        self._functions[name] = [new, *before] if action == "prepend" else [*before, new]

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    def apply(self, name: str, *args: Any, host: Host | None = None) -> Any:
        """Call the functions of a hook in order and return what the last one says; None for nothing.

        Tables are dicts, which the functions may change. One that fails, or says something of a wrong kind, is warned
        of, and the command goes on as if it had said nothing; but if it says LmodError(), the command ends with that.
        """
        answer, usual = None, self.host
        self.host = host or usual
        try:
            for function, place in self._functions.get(name, ()):
                told = args[-1] if args and (name == "avail" or name in _FIELDS) else {}
                before = told.copy()
                try:
                    answer = self._right(name, function(*args), place)
                    self._mend(name, told, before, place)
                except ModulefileError as error:
                    if isinstance(error, Refused):
                        raise
                    self._warn(f"hook {name} fails{f' ({error.where})' if error.where else ''}: {error.text}")
        finally:
            self.host = usual
        return answer

    def _right(self, name: str, answer: Any, place: str) -> Any:
        """Return an answer, if it is of the kind that is wanted; raises ModulefileError."""
        kind = _ANSWERS.get(name)
        if kind is not None and answer is not None and not kind.fits(answer):
            raise ModulefileError(f"it answers with {_shown(answer)}, and not with {kind.words}", place)
        return answer

    def _mend(self, name: str, told: dict[str, Any], before: dict[str, Any], place: str) -> None:
        """Put back what a hook has changed into something of a wrong kind; raises ModulefileError then."""
        kinds = _FIELDS.get(name, {}) if name != "avail" else dict.fromkeys(told, _TEXT)
        for field, kind in kinds.items():
            value = told.get(field)
            if value is None or kind.fits(value):
                continue
            told.pop(field)
            told.update({field: before[field]} if field in before else {})
            raise ModulefileError(f"it sets {field} to {_shown(value)}, and not to {kind.words}", place)


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str | int | float) else kind_of(value)
