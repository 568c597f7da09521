"""The words of an rc file: how each is spelt, what its arguments must be, and what else an rc file may use."""

from __future__ import annotations

from lmodpy.errors import ModulefileError
from lmodpy.modulefile import statements as say
from lmodpy.modulefile.words import kind
from lmodpy.names.request import satisfies
from lmodpy.names.terms import Terms, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from lmodpy.names.request import Request

QUESTIONS_TOO = frozenset(("myConfig", "isDir", "isFile"))
"""The words of modulefiles that an rc file has, too."""

_KINDS = ("normal", "soft", "hidden", "hard")
_LISTS = {"userA": "users", "groupA": "groups", "notUserA": "not_users", "notGroupA": "not_groups"}


def rc_statement(word: str, args: tuple[Any, ...], spelt: str = "") -> object:
    """Return what a word of an rc file says; raises ModulefileError if the arguments do not fit.

    `spelt` is what it is called in another language.
    """
    return RC_WORDS[word](spelt or word, args)


class RcHost:
    """What an rc file sees of the world: the environment that the command was started in, and who the user is."""

    mode_name = "load"
    name = version = asked = ""
    runs_programs = True

    def __init__(
        self, environ: Mapping[str, str], tell: Callable[[str], None], shell: tuple[str, str], path: str = ""
    ) -> None:
        self.tell = self.write = tell  # the shell must not evaluate what an rc file writes
        self.path = path
        self.shell_name, self.shell_kind = shell
        self._environ = dict(environ)

    def getenv(self, name: str) -> str | None:
        """Return the value of a variable."""
        return self._environ.get(name)

    def environ(self) -> dict[str, str]:
        """Return the environment for a program that is started."""
        return self._environ.copy()

    def pretend(self, name: str, value: str | None) -> None:
        """Let the rest of the file see another value of a variable."""
        self._environ[name] = value or ""
        if value is None:
            del self._environ[name]

    def loaded_records(self) -> list[dict[str, str]]:
        """Return a record for each module that was loaded when the command began."""
        return [{"fullName": name} for name in self._environ.get("LOADEDMODULES", "").split(":") if name]

    def tags(self) -> list[str]:
        """Return the tags of the module: a file about modules has none."""
        return []

    def is_loaded(self, request: Request) -> bool:
        """Say whether such a module was loaded when the command began."""
        names = [record["fullName"].rpartition("/") for record in self.loaded_records()]
        return any(satisfies(request, name or version, version if name else "") for name, _, version in names)

    def misused(self, error: Exception) -> None:
        """Give up the file at the first word that is used wrongly."""
        raise error


def _texts(word: str, args: tuple[Any, ...], least: int, most: int = 1 << 30) -> tuple[str, ...]:
    wrong = [value for value in args if not isinstance(value, str)]
    if wrong:
        raise ModulefileError(f"`{word}` takes text, not {kind(wrong[0])}")
    if not least <= len(args) <= most:
        takes = str(least) if least == most else f"{least} or more"
        raise ModulefileError(f"`{word}` takes {takes} argument{'s' if most > 1 else ''}, not {len(args)}")
    return args


def _module_version(word: str, args: tuple[Any, ...]) -> object:
    target, *names = _texts(word, args, 1)
    return say.ModuleVersion(target, tuple(names))


def _pair(made: Callable[[str, str], object]) -> Callable[[str, tuple[Any, ...]], object]:
    return lambda word, args: made(*_texts(word, args, 2, 2))


def _hide_one(word: str, args: tuple[Any, ...]) -> object:
    return say.Hide(_texts(word, args, 1, 1))


def _hide(*, patterns: bool) -> Callable[[str, tuple[Any, ...]], object]:
    def make(word: str, args: tuple[Any, ...]) -> object:
        table = _table(word, args, {"kind": str, "hidden_loaded": bool})
        sort = table.get("kind", "hidden")
        if sort not in _KINDS:
            raise ModulefileError(f"`{word}` takes {', '.join(_KINDS)} as kind, not {sort!r}")
        return say.Hide(table["name"], sort, table.get("hidden_loaded", False), patterns, _terms(table))

    return make


def _forbid(*, patterns: bool) -> Callable[[str, tuple[Any, ...]], object]:
    def make(word: str, args: tuple[Any, ...]) -> object:
        table = _table(word, args, {"message": str, "nearly_message": str})
        texts = table.get("message", ""), table.get("nearly_message", "")
        return say.Forbid(table["name"], *texts, patterns, _terms(table))

    return make


def _tag(word: str, args: tuple[Any, ...]) -> object:
    table = _table(word, args, {"tag": list})
    if not table.get("tag"):
        raise ModulefileError(f"`{word}` needs a tag: {word}{{name=…, tag=…}}")
    return say.Tag(table["name"], table["tag"], _terms(table))


def _warn(word: str, args: tuple[Any, ...]) -> object:
    table = _table(word, args, {"message": str})
    return say.Warn(table["name"], table.get("message", ""), _terms(table))


def _deprecate(word: str, args: tuple[Any, ...]) -> object:
    own = {"message": str, "use": str, "warn": str, "refuse": str}
    table = _table(word, args, own, dates=())
    terms = _terms({**table, "after": table.get("refuse")})
    return say.Forbid(
        table["name"],
        table.get("message", ""),
        terms=terms,
        old=True,
        use=table.get("use", ""),
        warn=table.get("warn"),
    )


_DATES = ("before", "after")


def _table(
    word: str, args: tuple[Any, ...], own: Mapping[str, type], dates: tuple[str, ...] = _DATES
) -> dict[str, Any]:
    """Check the one table that a word takes; lists become tuples, dates times."""
    if len(args) != 1 or not isinstance(args[0], dict):
        raise ModulefileError(f'`{word}` takes one table: {word}{{name="NAME/VERSION"}}')
    known = {"name": list, **dict.fromkeys(dates, str), **dict.fromkeys(_LISTS, list), **own}
    table = args[0]
    unknown = [key for key in table if key not in known]
    if unknown:
        raise ModulefileError(f"`{word}` does not know `{unknown[0]}`; it takes {', '.join(known)}")
    if "name" not in table:
        raise ModulefileError(f"`{word}` needs the name of a module: {word}{{name=…}}")
    return {key: _value(word, key, table[key], wanted) for key, wanted in known.items() if key in table}


def _value(word: str, key: str, value: Any, wanted: type) -> Any:
    if wanted is list:
        members = tuple(value.values()) if isinstance(value, dict) else (value,)
        if not all(isinstance(member, str) for member in members):
            raise ModulefileError(f"`{word}` takes a text or a list of texts as {key}")
        return members
    if not isinstance(value, wanted):
        takes = "true or false" if wanted is bool else "text"
        raise ModulefileError(f"`{word}` takes {takes} as {key}, not {kind(value)}")
    if key not in (*_DATES, "warn", "refuse"):
        return value
    try:
        return moment(str(value))
    except (ValueError, OverflowError):
        raise ModulefileError(
            f"`{word}` takes a date as {key}, like 2026-01-31 or 2026-01-31T12:00, not {value!r}"
        ) from None


def _terms(table: Mapping[str, Any]) -> Terms:
    lists = {field: table[key] for key, field in _LISTS.items() if key in table}
    return Terms(table.get("after"), table.get("before"), **lists)


RC_WORDS: dict[str, Callable[[str, tuple[Any, ...]], object]] = {
    "module_version": _module_version,
    "module_alias": _pair(say.ModuleAlias),
    "module_virtual": _pair(say.ModuleVirtual),
    "hide_version": _hide_one,
    "hide_modulefile": _hide_one,
    "hide": _hide(patterns=False),
    "hideRegex": _hide(patterns=True),
    "forbid": _forbid(patterns=False),
    "forbidRegex": _forbid(patterns=True),
    "deprecate": _deprecate,
    "tag": _tag,
    "warn": _warn,
    "modulepath_label": _pair(say.PathLabel),
}
