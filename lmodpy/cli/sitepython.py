"""The site's own code in Python: site.py, and entry points of packages. docs/site.md tells how it is written."""

from __future__ import annotations

import sys
from _signal import ITIMER_VIRTUAL, SIG_DFL, SIGVTALRM, setitimer, signal

from lmodpy import patience, system
from lmodpy.errors import LmodError, ModulefileError
from lmodpy.modulefile.words import operation
from lmodpy.names.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from lmodpy.cli.site import Site

    Function = Callable[..., Any]

GROUP = "lmodpy.hooks"
"""The group of entry points in which packages offer hooks."""


class SiteHooks:
    """What a site's `register(site)` is given: it registers hooks, and in them it may ask and do what modulefiles may.

    Hooks get what docs/site.md says; tables are dicts, or lists if they are lists, and may be edited. A hook that
    fails is reported with file and line, and the command goes on; one that calls `refuse` ends it.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    # Registering.

    def register(self, hook: str, function: Function, action: str = "replace") -> None:
        """Have a hook call a function instead of (`replace`), after (`append`) or before (`prepend`) what it calls.

        Raises LmodError for a hook or an action that there is not.
        """
        code = getattr(function, "__code__", None)
        place = f"{code.co_filename}:{code.co_firstlineno}" if code else ""
        self._site.hooks.register(hook, _as_lua_sees(self._placed(function)), action, place)

    def on(self, hook: str, action: str = "replace") -> Callable[[Function], Function]:
        """Return a decorator that registers a function: `@site.on("load")`."""

        def registered(function: Function) -> Function:
            self.register(hook, function, action)
            return function

        return registered

    def at_end(self, function: Callable[[], object]) -> None:
        """Have a function called when the command has succeeded, before the shell is told."""
        self._site.at_end(self._placed(function))

    def word(self, name: str, function: Function) -> None:
        """Give modulefiles a word of the site's own."""
        self._site.add_word(name, self._placed(function))

    def set(self, variable: str, value: str) -> None:
        """Give a setting, as LMOD_PIN_VERSIONS, its value, whatever the environment says."""
        self._site.assign(variable, value)

    def _placed(self, function: Function) -> Function:
        return _placed(function, self._site.seconds)

    # In hooks.

    def getenv(self, name: str) -> str | None:
        """Return the value of a variable as it is by now."""
        value: str | None = self._site.hooks.host.getenv(name)
        return value

    def is_loaded(self, name: str) -> bool:
        """Say whether a module is loaded, or being loaded."""
        return bool(self._site.hooks.host.is_loaded(Request.parse(name)))

    def tell(self, text: str) -> None:
        """Write a line to the user's terminal, unless the user wants it quiet."""
        self._site.hooks.host.tell(f"{text}\n")

    def warn(self, text: str) -> None:
        """Warn the user, at the end of the command."""
        self._site.warnings.append(text)

    def refuse(self, text: str) -> None:
        """End the command with an error; nothing has changed then."""
        self.do("LmodError", text)

    def do(self, word: str, *args: Any) -> Any:
        """Say a word of modulefiles, as `do("setenv", "A", "1")`: in load hooks for the module, else for nobody."""
        try:
            call = operation(word, args)
        except KeyError:
            raise LmodError(f"there is no word `{word}` to do") from None
        return self._site.hooks.host.perform(call)


def read(path: str, site: Site) -> None:
    """Run a file and let its `register` have the hooks; raises ModulefileError with file and line."""
    scope: dict[str, Any] = {"__name__": "lmodpy_site", "__file__": path}

    def run() -> None:
        exec(compile(system.content(path), path, "exec", dont_inherit=True), scope)  # noqa: S102 - the site's own
        if "register" not in scope:
            raise ModulefileError("has no function `register(site)`", path)
        scope["register"](SiteHooks(site))

    _placed(run, site.seconds, path)()


def read_plugins(names: Sequence[str], site: Site) -> None:
    """Let the entry points of these names have the hooks; one that is not there, or fails, is warned of."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - costs more than many a command

    found = {point.name: point for point in entry_points(group=GROUP)}
    for name in filter(None, names):
        if name not in found:
            known = f"there are {', '.join(sorted(found))}" if found else "no package that is installed has one"
            site.warnings.append(f"LMODPY_PLUGINS: there is no entry point `{name}` of the group {GROUP}; {known}")
            continue
        try:
            _placed(lambda point=found[name]: point.load()(SiteHooks(site)), site.seconds, name)()
        except ModulefileError as error:
            site.warnings.append(f"LMODPY_PLUGINS: {name}: {error.text} ({error.where})")


class _Late(BaseException):
    """The site's code has worked for too long; nothing that it catches is this."""


def _end(*_: object) -> None:
    raise _Late


def _in_time(function: Function, args: tuple[Any, ...], seconds: float) -> Any:
    """Call a function, and end it with _Late if it works for too long; 0 seconds: never."""
    try:
        before = signal(SIGVTALRM, _end)
    except ValueError:  # in another thread of a program that uses us
        return function(*args)
    left = setitimer(ITIMER_VIRTUAL, seconds, seconds and _AGAIN)
    try:
        return function(*args)
    finally:
        setitimer(ITIMER_VIRTUAL, *left)
        signal(SIGVTALRM, SIG_DFL if before is None else before)


_AGAIN = 0.1


def _placed(function: Function, seconds: float, place: str = "") -> Function:
    """Return a function whose failures are ModulefileErrors, with the file and line of the site's code.

    It fails, too, when it has worked for so many seconds, unless they are 0.
    """
    code = getattr(function, "__code__", None)
    path = place or (code.co_filename if code else "the site's Python")

    def call(*args: Any) -> Any:
        patience.watch.begin(path)
        usual, sys.stdout = sys.stdout, sys.stderr  # the shell would run what is printed
        try:
            return _in_time(function, args, seconds)
        except _Late as error:
            raise ModulefileError(
                f"it has not come to its end within {seconds:g} seconds", _line(error) or place
            ) from None
        except ModulefileError as error:
            error.where = error.where or _line(error) or place
            raise
        except LmodError as error:
            raise ModulefileError(error.text, _line(error) or place) from None
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the site's code may fail in any way
            text = f"{type(error).__name__}: {error}"
            where = f"{error.filename}:{error.lineno}" if isinstance(error, SyntaxError) else _line(error) or place
            raise ModulefileError(text, where) from None
        finally:
            patience.watch.end()
            sys.stdout = usual

    return call


def _line(error: BaseException) -> str:
    """Return the innermost line that is not ours."""
    trace, found = error.__traceback__, ""
    ours = __file__.rpartition("/cli/")[0] + "/"
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        found = found if path.startswith((ours, "<")) else f"{path}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def _as_lua_sees(function: Function) -> Function:
    """Return a function that is given tables of Lua's and answers with them, by one that has lists for lists."""

    def call(*args: Any) -> Any:
        given = [_listed(arg) for arg in args]
        answer = function(*given)
        for table, value in zip(args, given, strict=True):
            if isinstance(table, dict):
                table.clear()
                table.update(_numbered(value))
        return _numbered(answer)

    return call


def _listed(value: Any) -> Any:
    """Return a table as a list, if it is one; an empty one is none."""
    if isinstance(value, dict) and value and list(value) == list(range(1, len(value) + 1)):
        return list(value.values())
    return value.copy() if isinstance(value, dict) else value


def _numbered(value: Any) -> Any:
    return dict(enumerate(value, 1)) if isinstance(value, list | tuple) else value
