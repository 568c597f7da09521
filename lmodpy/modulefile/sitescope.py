"""Where the site's files run, and its functions are called: beside the modulefiles, in the same Lua."""

from __future__ import annotations

from lmodpy import patience, system
from lmodpy.modulefile.lua import explained, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from lmodpy.modulefile.lua import LuaEvaluator
    from lmodpy.modulefile.questions import Host

_SITE = __file__.rpartition("/")[0] + "/site.lua"
_WORDS = ("register", "assign", "value", "at_exit", "options", "records", "at_work", "worded")


class SiteScope:
    """The scope of the site's files. `words` are what they reach out through: those of `_WORDS`.

    What works for more than `seconds`, unless that is 0, fails.
    """

    def __init__(
        self, lua: LuaEvaluator, host: Callable[[], Host], words: Mapping[str, Callable[..., Any]], seconds: float
    ) -> None:
        self._lua = lua
        self._host = host
        load = lua.runtime.eval("function(text) return assert(load(text, '=lmodpy', 't')) end")
        chunk = load(system.content(_SITE).decode("latin-1"))
        border = lua.border
        reached = [border(words[name], raw=name in ("register", "at_exit")) for name in _WORDS]
        self._run, self._call = self._heard(chunk, lua.common, lua.enter, *reached, seconds)

    def search(self, places: list[str]) -> None:
        """Let `require` look into some directories before the usual ones."""
        package = self._lua.common.package
        package.path = ";".join((*(f"{place}/?.lua" for place in dict.fromkeys(places)), package.path))

    def run(self, path: str) -> Any:
        """Run a file and return what it answers; raises ModulefileError with file and line."""
        return self._lua.outward(self._done(path, self._run, read(path), path))

    def function(self, lua_function: Any, path: str) -> Callable[..., Any]:
        """Return a function of Lua's as one that takes and answers values of ours, and changes dicts it is given."""

        def call(*args: Any) -> Any:
            given = [self._lua.inward(arg) for arg in args]
            answer = self._lua.outward(self._done(path, self._call, lua_function, *given))
            for arg, table in zip(args, given, strict=True):
                if isinstance(arg, dict):
                    now = self._lua.outward(table)
                    arg.clear()
                    arg.update(now)
            return answer

        return call

    def _heard(self, function: Any, *args: Any) -> Any:
        """Call a function of Lua's; what it says goes to the host."""
        self._lua.hosts.append(self._host())
        try:
            return function(*args)
        finally:
            self._lua.hosts.pop()

    def _done(self, path: str, function: Any, *args: Any) -> Any:
        patience.watch.begin(path)
        try:
            result = self._heard(function, *args)
        finally:
            patience.watch.end()
        done, answer, *place = result if isinstance(result, tuple) else (result, None)
        if done:
            return answer
        line, file = (*place, None, None)[:2]
        if isinstance(answer, str):  # Lua names the place, too, and cuts a long path short
            begin, _, rest = answer.partition(f":{line}: ")
            answer = rest if rest and str(file).endswith(begin.removeprefix("...")) else answer
        raise explained(answer, file or path, line)
