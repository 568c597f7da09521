"""The border with Lua: text, numbers and tables go both ways here and nowhere else.

Inside the runtime text is latin-1, so that any bytes pass; on this side it is what `os.fsdecode` makes of them.
Python's functions are Lua functions in a modulefile, and tables are dicts here, with 1, 2, 3… as keys of a list.
"""

from __future__ import annotations

import sys

from lmodpy import patience, system
from lmodpy.errors import LmodError, ModulefileError
from lmodpy.modulefile.operations import Call
from lmodpy.modulefile.runtime import lua_runtime
from lmodpy.modulefile.words import ALWAYS, OPERATIONS, PLAIN, operation, row, seldom
from lmodpy.names.request import Request
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from lmodpy.modulefile.questions import Host
    from lmodpy.modulefile.sitescope import SiteScope

LARGEST_FILE = 4 << 20
MOST_MEMORY = 512 << 20
"""Bytes that all the modulefiles of a command may fill."""
_ANY_NUMBER = 4  # the flag of code that takes `*args`
_ACTING = frozenset(("load", "unload"))
"""The modes in which nobody reads how a module describes itself."""
_DEEP_ENOUGH = 20_000  # each module that loads another nests a dozen calls; the session limits the modules
PRELUDE = __file__.rpartition("/")[0] + "/prelude.lua"
_COMPILED = b""
"""The same as Lua has compiled it, where the code comes from the bundle."""


class LuaEvaluator:
    """Runs Lua modulefiles and rc files. The runtime is made when the first one must run; runs may nest."""

    def __init__(self) -> None:
        self.hosts: list[Host] = []
        """Whom words speak to, the one that counts last."""
        self._problems: list[tuple[object, int | None]] = []
        self._rc: list[object] | None = None
        self.runtime: Any = None
        self._run: Any = None
        self._wrap: Any = None
        self.common: Any = None
        """What all modulefiles have in common, in Lua."""
        self.enter: Any = None
        self.decorate: Callable[[str, Host, str], str] | None = None
        """What the site adds to the text of modulefiles."""

    def run(self, path: str, host: Host) -> None:
        """Evaluate a modulefile; its words go to `host`. Raises ModulefileError with file and line."""
        text = read(path, host.content)
        if self.decorate is not None:
            text = self.decorate(path, host, text)
        self.hosts.append(host)
        rc, self._rc = self._rc, None
        try:
            self._evaluate(text, path, acts=host.mode_name in _ACTING, plain=host.takes_plainly)
        finally:
            self.hosts.pop()
            self._rc = rc

    def run_rc(self, path: str, host: Any) -> list[object]:
        """Evaluate an rc file and return what it says, in order. Raises ModulefileError with file and line.

        The few words that an rc file has ask little of `host`: an RcHost.
        """
        text = read(path)
        self.hosts.append(host)
        outer, self._rc = self._rc, []
        try:
            self._evaluate(text, path)
            return self._rc
        finally:
            self.hosts.pop()
            self._rc = outer

    def globals_of(self, path: str, host: Any, names: Iterable[str]) -> dict[str, Any]:
        """Evaluate a file and return those of some global variables that it has set.

        Raises ModulefileError with file and line. `host` answers what the file asks, as in `run`.
        """
        text = read(path)
        if self._run is None:
            self._start()
        wanted = self.runtime.table_from(dict.fromkeys(names, True))
        self.hosts.append(host)
        try:
            self._evaluate(text, path, wanted=wanted)
        finally:
            self.hosts.pop()
        return {name: value for name, value in self.outward(wanted).items() if value is not False}

    def site(self, host: Callable[[], Host], words: Mapping[str, Callable[..., Any]], seconds: float) -> SiteScope:
        """Return the scope in which files of the site run; `host` tells whom what they say goes to.

        What works for more than so many seconds, unless that is 0, fails.
        """
        from lmodpy.modulefile.sitescope import SiteScope  # noqa: PLC0415 - where a site has such files

        if self._run is None:
            self._start()
        return SiteScope(self, host, words, seconds)

    def matches(self, pattern: str, text: str) -> bool:
        """Say whether a Lua pattern describes some part of a text; raises ModulefileError for no pattern."""
        if self._run is None:
            self._start()
        try:
            return self.runtime.globals().string.find(_inward(text), _inward(pattern)) is not None
        except Exception as error:  # noqa: BLE001 - lupa's own class, which it would cost to import
            raise ModulefileError(f"{pattern!r} is no Lua pattern: {_first_line(error)}") from None

    def strings(self, text: str) -> list[str]:
        """Return the texts in a table that is written in Lua; raises ModulefileError."""
        if self._run is None:
            self._start()
        try:
            read = self.runtime.eval("function(text) return assert(load('return ' .. text, '=', 't', {}))() end")
            table = read(_inward(text))
            return [str(item) for item in self.outward(table).values()]
        except Exception as error:  # noqa: BLE001
            raise ModulefileError(f"{text!r} is no table of texts in Lua: {_first_line(error)}") from None

    def _evaluate(self, text: str, path: str, *, acts: bool = False, plain: bool = False, wanted: Any = None) -> None:
        if self._run is None:
            self._start()
        watch = patience.watch
        watch.begin(path)
        try:
            done = self._run(text, self._rc is not None, acts, wanted, plain)
        finally:
            watch.end()
        if not done:
            problem, line = self._problems.pop()
            self._problems.clear()
            raise explained(problem, path, line)

    def _start(self) -> None:
        runtime = lua_runtime()(
            encoding="latin-1",
            unpack_returned_tuples=True,
            register_eval=False,
            register_builtins=False,
            max_memory=MOST_MEMORY,
        )
        self.runtime = runtime
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _DEEP_ENOUGH))
        prelude = runtime.eval("function(text) return assert(load(text, '=lmodpy')) end")
        chunk = prelude((_COMPILED or system.content(PRELUDE)).decode("latin-1"))
        functions = (self._word, self._getenv, self._write, self._tell, self._program, self._say_plainly)
        report = lambda *problem: self._problems.append(problem)  # noqa: E731
        self._run, self.common, self.enter, self._wrap = chunk(*functions, report)

    def _word(self, name: str) -> Any:
        """Return the Lua function for a word, None for an unknown one."""
        if self._rc is not None and " " not in name:
            return self._rc_word(name)
        if name in OPERATIONS:
            return self._wrap(self._speaker(name), True)
        if " " in name:
            from lmodpy.modulefile.libraries import LIBRARIES  # noqa: PLC0415 - few modulefiles need one

            return self._wrap(lambda *args: self._ask(LIBRARIES[name], name, args)) if name in LIBRARIES else None
        from lmodpy.modulefile.questions import QUESTIONS  # noqa: PLC0415 - plain modulefiles ask nothing

        if name in QUESTIONS and "." not in name:
            return self._wrap(lambda *args: self._ask(QUESTIONS[name], name, args))
        return self._wrap(self._speaker(name), True) if name in seldom() else None

    def _speaker(self, word: str) -> Callable[..., Any]:
        """Return what says a word: most of what a modulefile does passes here, so it is short."""
        hosts, outward, inward, maker = self.hosts, self.outward, self.inward, row(word)[0]

        def say(waited: str, *args: Any) -> Any:
            host = hosts[-1]
            if waited:
                host.perform_plainly(_outward(waited))
            try:
                plain = "".join(args).isascii()  # so on both sides of the border the arguments are the same
            except TypeError:
                plain = False
            try:
                if plain:
                    call = made(Call, (word, args, maker(word, args, PLAIN), ALWAYS))
                else:
                    call = operation(word, tuple([outward(arg) for arg in args]))
            except ModulefileError as error:
                return host.misused(error)
            result = host.perform(call)
            return None if result is None else inward(result)

        return say

    def _say_plainly(self, text: str) -> None:
        self.hosts[-1].perform_plainly(_outward(text))

    def _rc_word(self, word: str) -> Any:
        """Return the Lua function for a word of rc files, None for an unknown one."""
        from lmodpy.modulefile.questions import QUESTIONS  # noqa: PLC0415 - rc files are rare
        from lmodpy.modulefile.rcwords import QUESTIONS_TOO, RC_WORDS  # noqa: PLC0415

        if word in RC_WORDS:
            return self._wrap(lambda *args: self._say_rc(word, args))
        return self._wrap(lambda *args: self._ask(QUESTIONS[word], word, args)) if word in QUESTIONS_TOO else None

    def _say_rc(self, word: str, args: tuple[Any, ...]) -> None:
        from lmodpy.modulefile.rcwords import rc_statement  # noqa: PLC0415

        said: Any = rc_statement(word, tuple(map(self.outward, args)))
        for pattern in said.names if getattr(said, "patterns", False) else ():
            self.matches(pattern, "")
        if self._rc is not None:
            self._rc.append(said)

    def _ask(self, question: Any, word: str, args: tuple[Any, ...]) -> Any:
        host = self.hosts[-1]
        code = question.__code__
        if not code.co_flags & _ANY_NUMBER:
            args = args[: code.co_argcount - 1]  # as Lua's own functions, it does not mind more
        try:
            return self.inward(question(host, *map(self.outward, args)))
        except (TypeError, AttributeError, ValueError, OverflowError) as error:
            given = ", ".join(repr(self.outward(arg)) for arg in args)
            text = f"`{word.replace(' ', '.')}` cannot do with ({given.replace('None', 'nil')})"
            raise ModulefileError(text) from error

    def _getenv(self, name: Any = None) -> Any:
        if not isinstance(name, str):
            raise ModulefileError("`os.getenv` takes the name of a variable, not nil or a table")
        if not self.hosts:
            return None
        return self.inward(self.hosts[-1].getenv(_outward(name)))

    def _write(self, text: str) -> None:
        if self.hosts:
            self.hosts[-1].write(_outward(text))

    def _tell(self, text: str) -> None:
        if self.hosts:
            self.hosts[-1].tell(_outward(text))

    def _program(self, command: Any = None) -> Any:
        from lmodpy.modulefile.programs import run, run_for  # noqa: PLC0415 - few modulefiles start programs

        if type(command) is not str:
            raise ModulefileError("`io.popen` and `os.execute` take a command as text, not nil or a table")
        text, status = run_for(self.hosts[-1], _outward(command)) if self.hosts else run(_outward(command), {})
        return _inward(text), status

    def border(self, function: Callable[..., Any], *, raw: bool = False) -> Any:
        """Return a function of ours as one of Lua's; `raw`: it gets values as Lua has them."""
        if raw:
            return self._wrap(function)
        return self._wrap(lambda *args: self.inward(function(*map(self.outward, args))))

    def outward(self, value: Any) -> Any:
        """Return a value of Lua's as one of ours; raises ModulefileError for a table that cannot be one."""
        if type(value) is str:
            return value if value.isascii() else _outward(value)
        if isinstance(value, int | float | bool) or value is None:
            return value
        if type(value) is _Range:
            return value.request
        if _is_table(value):
            try:
                return {self.outward(key): self.outward(item) for key, item in value.items()}
            except (RecursionError, TypeError):
                raise ModulefileError("there is a table that holds itself, or has a table for a key") from None
        return value

    def inward(self, value: Any) -> Any:
        """Return a value of ours as one of Lua's."""
        if isinstance(value, str):
            return _inward(value)
        if isinstance(value, Request):
            return _Range(value)
        if type(value) is tuple:
            return tuple(map(self.inward, value))
        if type(value) is list:
            return self.runtime.table(*map(self.inward, value))
        if type(value) is dict:
            return self.runtime.table_from({self.inward(key): self.inward(item) for key, item in value.items()})
        return value


class _Range:
    """A request on its way through Lua, which would take a tuple apart."""

    __slots__ = ("request",)

    def __init__(self, request: Request) -> None:
        self.request = request


def read(path: str, content: bytes | None = None) -> str:
    """Return the text of a file in Lua, as Lua reads it; raises ModulefileError. `content`: what it holds, if known."""
    if content is None:
        try:
            content = system.content(path, LARGEST_FILE)
        except OSError as error:
            raise ModulefileError(f"cannot be read: {error.strerror}", path) from None
    if len(content) > LARGEST_FILE:
        raise ModulefileError(f"is larger than {LARGEST_FILE >> 20} MiB, which no modulefile is", path)
    text = content.decode("latin-1")
    return "--" + text if text.startswith("#") else text


def explained(problem: object, path: str, line: int | None) -> LmodError:
    """Return the error to raise for what Lua threw."""
    where = f"{path}:{line}" if line else path
    if isinstance(problem, LmodError):
        if isinstance(problem, ModulefileError) and not problem.where:
            problem.where = where
        return problem
    if isinstance(problem, BaseException) and not isinstance(problem, Exception):
        raise problem
    if isinstance(problem, Exception):
        return ModulefileError(f"fails: {problem}", where)
    text = _outward(problem) if isinstance(problem, str) else "fails with an error that is not a text"
    prefix = "modulefile:"
    if text.startswith(prefix):
        number, _, rest = text[len(prefix) :].partition(":")
        if number.isdigit():
            return ModulefileError(rest.strip(), f"{path}:{number}")
    return ModulefileError(text, where)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _is_table(value: Any) -> bool:
    return type(value).__name__ == "_LuaTable"


def _outward(text: str) -> str:
    return text if text.isascii() else system.decode(text.encode("latin-1"))


def _inward(text: str) -> str:
    return text if text.isascii() else system.encode(text).decode("latin-1")
