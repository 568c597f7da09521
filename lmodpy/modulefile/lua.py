"""The border with Lua: text, numbers and tables go both ways here and nowhere else.

Inside the runtime text is latin-1, so that any bytes pass; on this side it is what `os.fsdecode` makes of them.
Python's functions are Lua functions in a modulefile, and tables are dicts here, with 1, 2, 3… as keys of a list.
"""

from __future__ import annotations

import sys

from lmodpy import system
from lmodpy.errors import LmodError, ModulefileError
from lmodpy.modulefile.questions import QUESTIONS
from lmodpy.modulefile.words import OPERATIONS, RC_WORDS, operation, rc_operation
from lmodpy.names.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from lmodpy.modulefile.questions import Host

LARGEST_FILE = 4 << 20
_DEEP_ENOUGH = 20_000  # each module that loads another nests a dozen calls; the session limits the modules
_PRELUDE = __file__.rpartition("/")[0] + "/prelude.lua"


class LuaEvaluator:
    """Runs Lua modulefiles and rc files. The runtime is made when the first one must run; runs may nest."""

    def __init__(self) -> None:
        self._hosts: list[Host] = []
        self._problems: list[tuple[object, int | None]] = []
        self._rc: list[object] | None = None
        self._runtime: Any = None
        self._run: Any = None

    def run(self, path: str, host: Host) -> None:
        """Evaluate a modulefile; its words go to `host`. Raises ModulefileError with file and line."""
        text = _read(path)
        self._hosts.append(host)
        rc, self._rc = self._rc, None
        try:
            self._evaluate(text, path)
        finally:
            self._hosts.pop()
            self._rc = rc

    def run_rc(self, path: str) -> list[object]:
        """Evaluate an rc file and return what it says, in order. Raises ModulefileError with file and line."""
        text = _read(path)
        outer, self._rc = self._rc, []
        try:
            self._evaluate(text, path)
            return self._rc
        finally:
            self._rc = outer

    def _evaluate(self, text: str, path: str) -> None:
        if self._run is None:
            self._start()
        if not self._run(text):
            problem, line = self._problems.pop()
            self._problems.clear()
            raise _explained(problem, path, line)

    def _start(self) -> None:
        runtime = _lua_runtime()(
            encoding="latin-1", unpack_returned_tuples=True, register_eval=False, register_builtins=False
        )
        self._runtime = runtime
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _DEEP_ENOUGH))
        self._wrap = runtime.eval("function(f) return function(...) return f(...) end end")
        prelude = runtime.eval("function(text) return assert(load(text, '=lmodpy', 't')) end")
        chunk = prelude(system.content(_PRELUDE).decode("latin-1"))
        functions = (self._word, self._getenv, self._write, self._tell, self._program, self._attributes, self._entries)
        self._run = chunk(*map(self._wrap, functions), lambda *problem: self._problems.append(problem))

    def _word(self, name: str) -> Any:
        """Return the Lua function for a word, None for an unknown one."""
        if name in RC_WORDS:
            return self._wrap(lambda *args: self._say_rc(name, args))
        if name in OPERATIONS:
            return self._wrap(self._speaker(name))
        if name in QUESTIONS and "." not in name:
            return self._wrap(lambda *args: self._ask(name, args))
        return None

    def _speaker(self, word: str) -> Callable[..., Any]:
        """Return what says a word: most of what a modulefile does passes here, so it is short."""
        hosts, outward, inward = self._hosts, self._outward, self._inward

        def say(*args: Any) -> Any:
            host = hosts[-1] if self._rc is None else self._host(word)
            for arg in args:
                if type(arg) is not str or not arg.isascii():
                    args = tuple([outward(arg) for arg in args])
                    break
            try:
                call = operation(word, args)
            except ModulefileError as error:
                return host.misused(error)
            result = host.perform(call)
            return None if result is None else inward(result)

        return say

    def _say_rc(self, word: str, args: tuple[Any, ...]) -> None:
        if self._rc is None:
            raise ModulefileError(f"`{word}` belongs to an rc file (.modulerc.lua), not to a modulefile")
        self._rc.append(rc_operation(word, tuple(map(self._outward, args))))

    def _ask(self, word: str, args: tuple[Any, ...]) -> Any:
        host = self._host(word)
        try:
            return self._inward(QUESTIONS[word](host, *map(self._outward, args)))
        except (TypeError, AttributeError, ValueError) as error:
            given = ", ".join(repr(self._outward(arg)) for arg in args)
            raise ModulefileError(f"`{word}` cannot do with ({given.replace('None', 'nil')})") from error

    def _host(self, word: str) -> Host:
        if self._rc is not None:
            if word in ("isDir", "isFile", "myConfig") and self._hosts:
                return self._hosts[-1]
            raise ModulefileError(f"`{word}` cannot be used in an rc file")
        return self._hosts[-1]

    def _getenv(self, name: Any = None) -> Any:
        if not isinstance(name, str):
            raise ModulefileError("`os.getenv` takes the name of a variable, not nil or a table")
        if not self._hosts:
            return None
        return self._inward(self._hosts[-1].getenv(_outward(name)))

    def _write(self, text: str) -> None:
        if self._hosts:
            self._hosts[-1].write(_outward(text))

    def _tell(self, text: str) -> None:
        if self._hosts:
            self._hosts[-1].tell(_outward(text))

    def _program(self, command: str) -> Any:
        from lmodpy.modulefile.programs import run  # noqa: PLC0415 - few modulefiles start programs

        text, status = run(_outward(command), self._hosts[-1].environ() if self._hosts else {})
        return _inward(text), status

    def _attributes(self, path: str, field: str | None = None) -> Any:
        try:
            found = system.stat(_outward(path))
        except (OSError, ValueError):
            return None
        directory = (found.st_mode & 0o170000) == 0o040000
        facts = {
            "mode": "directory" if directory else "file",
            "size": found.st_size,
            "modification": int(found.st_mtime),
            "access": int(found.st_atime),
            "change": int(found.st_ctime),
            "uid": found.st_uid,
            "gid": found.st_gid,
            "ino": found.st_ino,
            "nlink": found.st_nlink,
        }
        return facts.get(field) if isinstance(field, str) else self._inward(facts)

    def _entries(self, path: str) -> Any:
        try:
            return self._inward([".", "..", *system.listdir(_outward(path))])
        except OSError as error:
            raise ModulefileError(f"cannot list {_outward(path)}: {error.strerror}") from None

    def _outward(self, value: Any) -> Any:
        if type(value) is str:
            return value if value.isascii() else _outward(value)
        if isinstance(value, int | float | bool) or value is None:
            return value
        if type(value) is _Range:
            return value.request
        if _is_table(value):
            return {self._outward(key): self._outward(item) for key, item in value.items()}
        return value

    def _inward(self, value: Any) -> Any:
        if isinstance(value, str):
            return _inward(value)
        if isinstance(value, Request):
            return _Range(value)
        if type(value) is tuple:
            return tuple(map(self._inward, value))
        if type(value) is list:
            return self._runtime.table(*map(self._inward, value))
        if type(value) is dict:
            return self._runtime.table_from({self._inward(key): self._inward(item) for key, item in value.items()})
        return value


class _Range:
    """A request on its way through Lua, which would take a tuple apart."""

    __slots__ = ("request",)

    def __init__(self, request: Request) -> None:
        self.request = request


def _lua_runtime() -> Callable[..., Any]:
    """Return lupa's runtime for Lua 5.4.

    What the extension imports costs more than the extension itself: its package's `__init__`, `functools` and
    `collections.abc`, of which it takes one decorator (for an interface we do not use) and two names to recognise
    mappings and sequences. They are stood in for while it is imported, and not afterwards.
    """
    stands_in = {name: type(sys)(name) for name in ("lupa", "functools", "collections.abc") if name not in sys.modules}
    for name, module in stands_in.items():
        module.__dict__.update(_STANDS_IN.get(name, {"__path__": [f"{entry}/lupa" for entry in reversed(sys.path)]}))
    sys.modules.update(stands_in)
    try:
        from lupa.lua54 import LuaRuntime  # noqa: PLC0415 - only when a Lua file must run
    except ImportError as error:
        raise LmodError(
            f"Lua modulefiles cannot be read: Python's package lupa is missing or broken ({error})",
            f"{sys.executable} -m pip install --force-reinstall lupa",
        ) from None
    finally:
        for name in stands_in:
            del sys.modules[name]
    runtime: Callable[..., Any] = LuaRuntime
    return runtime


def _unchanged(_: object) -> Callable[[object], object]:
    return lambda function: function


_STANDS_IN: dict[str, dict[str, Any]] = {
    "functools": {"wraps": _unchanged},
    "collections.abc": {"Mapping": dict, "Sequence": list},
}


def _read(path: str) -> str:
    try:
        content = system.content(path, LARGEST_FILE)
    except OSError as error:
        raise ModulefileError(f"cannot be read: {error.strerror}", path) from None
    if len(content) > LARGEST_FILE:
        raise ModulefileError(f"is larger than {LARGEST_FILE >> 20} MiB, which no modulefile is", path)
    text = content.decode("latin-1")
    return "--" + text if text.startswith("#") else text


def _explained(problem: object, path: str, line: int | None) -> LmodError:
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


def _is_table(value: Any) -> bool:
    return type(value).__name__ == "_LuaTable"


def _outward(text: str) -> str:
    return text if text.isascii() else system.decode(text.encode("latin-1"))


def _inward(text: str) -> str:
    return text if text.isascii() else system.encode(text).decode("latin-1")
