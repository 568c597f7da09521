"""Hooks: functions of the site that are called at certain moments, and may answer."""

from __future__ import annotations

from lmodpy.errors import LmodError, ModulefileError, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from lmodpy.modulefile.questions import Host

HOOKS = frozenset(
    """
    load unload load_spider startup finalize restore msgHook errWarnMsgHook avail category listHook isVisibleHook
    isForbiddenHook colorize_fullName spider_decoration SiteName groupName parse_updateFn writeCache packagebasename
    reverseMapPathFilter decorate_module
    """.split()  # noqa: SIM905 - a list of words is read more easily
)
"""The names of Lmod's hooks."""
ACTIONS = ("replace", "append", "prepend")


class Hooks:
    """The functions that are registered, by name of the hook; a name that nobody has registered for costs nothing."""

    def __init__(self, host: Host, warn: Callable[[str], None]) -> None:
        self.host = host
        """Whom words speak to that a hook says; while a module is loaded or unloaded, that module."""
        self._warn = warn
        self._functions: dict[str, list[Callable[..., Any]]] = {}

    def register(self, name: str, function: Callable[..., Any], action: str = "replace") -> None:
        """Let a function be called; raises LmodError for a hook, or an action, that there is not."""
        if name not in HOOKS:
            raise LmodError(f"there is no hook `{name}`; there are {', '.join(sorted(HOOKS))}")
        if action not in ACTIONS:
            raise LmodError(f"a hook is registered with {', '.join(ACTIONS)}, not {action!r}")
        before = self._functions.get(name, []) if action != "replace" else []
        self._functions[name] = [function, *before] if action == "prepend" else [*before, function]

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    def apply(self, name: str, *args: Any, host: Host | None = None) -> Any:
        """Call the functions of a hook in order and return what the last one says; None for nothing.

        Tables are dicts, which the functions may change. One that fails is warned of, and the command goes on; but
        if it says LmodError(), the command ends with that.
        """
        answer, usual = None, self.host
        self.host = host or usual
        try:
            for function in self._functions.get(name, ()):
                try:
                    answer = function(*args)
                except ModulefileError as error:
                    if isinstance(error, Refused):
                        raise
                    self._warn(f"hook {name} fails{f' ({error.where})' if error.where else ''}: {error.text}")
        finally:
            self.host = usual
        return answer
