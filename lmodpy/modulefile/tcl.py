"""The border with Tcl: real Tcl evaluates, and whatever a modulefile says to lmodpy comes here as a question.

It runs in a process of its own (tclchild.py) and is talked to in lists of texts. It is started when the first Tcl file
must run.
"""

from __future__ import annotations

from lmodpy import patience, system
from lmodpy.errors import LmodError, ModulefileError
from lmodpy.modulefile.questions import LMOD_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    from lmodpy.modulefile.questions import Host

    Answer = Callable[[list[str], bool], Sequence[str]]
    """Hears what a file asks or says, and whether it waits for the answer."""
    Commands = dict[str, Callable[["Run", str, list[str]], str | None]]
    """What each command does, given itself and its arguments, and its result."""

    class Interpreter(Protocol):
        """Tcl, wherever it runs."""

        def run(self, request: Sequence[str], answer: Answer) -> list[str]:
            """Call `lmodpy::run` with what is requested; what it asks meanwhile is answered. May nest."""

    class Surroundings(Protocol):
        """What a modulefile may ask that has nothing to do with its own evaluation."""

        command: str
        """The sub-command that the user has typed."""

        def saved(self) -> list[str]:
            """Return the names of the user's collections."""

        def aliases(self) -> dict[str, str]:
            """Return all aliases, and what they mean."""

        def symbols(self, full_name: str) -> list[str]:
            """Return the symbolic versions of a module."""

        def resolved(self, name: str) -> str:
            """Return the full name behind a name, alias or symbolic version."""


LARGEST_FILE = 4 << 20
COOKIE = b"#%Module"
NEWEST = (5, 6)
"""The version of Environment Modules whose modulefiles are understood; a file may ask for it in its first line."""
FINE, FAILED, BREAK = "0", "1", "3"
"""What Tcl says of a script that it has run."""
_PROCEDURES = {"help": "ModulesHelp", "spider": "ModulesHelp", "show": "ModulesDisplay", "test": "ModulesTest"}
"""What is called after a modulefile, in which mode."""
_OURS = "LMODPY"
"""The error code in Tcl of an error of our own; the place of the error in a list stands behind it."""


class Done(Exception):
    """The modulefile has ended itself, with `exit`."""


class TclEvaluator:
    """Runs Tcl modulefiles and rc files. Tcl is started when the first one must run; runs may nest."""

    def __init__(self, start: Callable[[], Interpreter], around: Surroundings) -> None:
        self._around = around
        self._start = start
        self._interpreter: Interpreter | None = None
        self._process = 0
        self._runs: list[Run] = []

    def run(self, path: str, host: Host) -> None:
        """Evaluate a modulefile; its words go to `host`. Raises ModulefileError with file and line."""
        from lmodpy.modulefile.tclwords import COMMANDS, said  # noqa: PLC0415 - for rc files others serve

        run = self._evaluate(path, "modulefile", Run(host, self._around, COMMANDS))
        if run.help:
            said(run, "help", "".join(run.help))
        if run.code == BREAK:
            said(run, "LmodBreak")

    def run_rc(self, path: str, host: Any, commands: Commands) -> list[object]:
        """Evaluate an rc file with these commands and return what it says, in order. Raises ModulefileError."""
        return self._evaluate(path, "rc", Run(host, self._around, commands)).statements

    def _evaluate(self, path: str, kind: str, run: Run) -> Run:
        text = _read(path)
        if self._interpreter is None or self._process != system.process():
            self._interpreter = self._start()  # a process that was forked may not go on with its parent's
            self._process = system.process()
        self._runs.append(run)
        watch = patience.watch
        watch.begin(path)
        try:
            request = (path, kind, _PROCEDURES.get(run.host.mode_name, ""), text, *_variables(run.host))
            run.code, message, line, errorcode = self._interpreter.run(request, self._answer)
        except LmodError as error:
            self._interpreter = None
            inner = [problem for problem in run.problems if isinstance(problem, ModulefileError) and problem.module]
            raise _placed(inner[-1] if inner else error, path) from None
        finally:
            watch.end()
            self._runs.pop()
        if run.code == FAILED:
            problem = run.problem(errorcode) or ModulefileError(message)
            if not isinstance(problem, Done):
                raise _placed(problem, path, line)
        if run.tests:
            run.host.verdict = message or "yes"
        return run

    def _answer(self, question: list[str], waits: bool) -> Sequence[str]:
        """Answer Tcl: a code, the result, and an error code; what nobody waits for cannot fail."""
        run = self._runs[-1]
        answer = run.answer(question)
        if answer[0] == FAILED and not waits:
            raise run.problems[-1]
        return answer


class Run:
    """One file under evaluation: who hears what it says, and what has come of it."""

    def __init__(self, host: Any, around: Surroundings, commands: Commands) -> None:
        self.host: Any = host
        self.around: Surroundings = around
        self.commands: Commands = commands
        self.code = FINE
        self.statements: list[object] = []
        """What an rc file has said."""
        self.help: list[str] | None = None
        """What ModulesHelp writes, once it has begun."""
        self.tests = False
        """Whether ModulesTest has begun."""
        self.acts = False
        """Whether the word that is said has come to act: until then it can only have been used wrongly."""
        self.problems: list[Exception] = []

    def answer(self, question: list[str]) -> Sequence[str]:
        """Answer what the file asks, or says; what goes wrong becomes an error in Tcl, and is kept."""
        word, *args = question
        if word in _OF_THE_PRELUDE:
            return _OF_THE_PRELUDE[word](self, word, args)
        self.acts = False
        try:
            try:
                return FINE, self.commands[word](self, word, args) or ""
            except ModulefileError as error:
                if self.acts:
                    raise
                self.host.misused(error)
                return FINE, ""
            except (ValueError, OverflowError):
                if self.acts:
                    raise
                self.host.misused(ModulefileError(f"`{word}` cannot do with ({' '.join(args)})"))
                return FINE, ""
        except Exception as error:  # noqa: BLE001 - Tcl must unwind first, and it may also catch this
            self.problems.append(error)
            return FAILED, str(error), f"{_OURS} {len(self.problems) - 1}"

    def problem(self, errorcode: str) -> Exception | None:
        """Return the error of our own that Tcl has let through."""
        ours, _, place = errorcode.partition(" ")
        return self.problems[int(place)] if ours == _OURS else None


def _words(run: Run, _: str, __: list[str]) -> Sequence[str]:
    return FINE, *run.commands


def _variables(host: Any) -> Sequence[str]:
    """Return the variables that a file has from the beginning, each with its value."""
    tool = "ModuleTool", "Lmod", "ModuleToolVersion", LMOD_VERSION
    return (*tool, "ModulesCurrentModulefile", host.path) if host.path else tool


def _begin(run: Run, _: str, args: list[str]) -> Sequence[str]:
    if args[0] == "ModulesHelp":
        run.help = []
    run.tests = args[0] == "ModulesTest"
    return (FINE,)


def _read_variable(run: Run, _: str, args: list[str]) -> Sequence[str]:
    value = run.host.getenv(args[0])
    return (FAILED,) if value is None else (FINE, value)


def _write_variable(run: Run, _: str, args: list[str]) -> Sequence[str]:
    name, *value = args
    run.host.pretend(name, value[0] if value else None)
    return (FINE,)


def _environment(run: Run, _: str, args: list[str]) -> Sequence[str]:
    """Return all variables; to start a program, only if that is allowed."""
    may = bool(args) or run.host.runs_programs
    return FINE, *(text for pair in run.host.environ().items() for text in pair if may)


_OF_THE_PRELUDE: dict[str, Callable[[Run, str, list[str]], Sequence[str]]] = {
    "words": _words,
    "begin": _begin,
    "env:read": _read_variable,
    "env:write": _write_variable,
    "env:all": _environment,
}


def _read(path: str) -> str:
    try:
        content = system.content(path, LARGEST_FILE)
    except OSError as error:
        raise ModulefileError(f"cannot be read: {error.strerror}", path) from None
    if len(content) > LARGEST_FILE:
        raise ModulefileError(f"is larger than {LARGEST_FILE >> 20} MiB, which no modulefile is", path)
    version = content.partition(b"\n")[0].removeprefix(COOKIE).split(b"#")[0].strip()
    if _numbers(version) > NEWEST:
        known = ".".join(map(str, NEWEST))
        text = f"is written for version {system.decode(version)} of Environment Modules; lmodpy knows {known}"
        raise ModulefileError(text, f"{path}:1")
    return system.decode(content)


def _numbers(version: bytes) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(b".") if part.isdigit())


def _placed(problem: Exception, path: str, line: str = "") -> Exception:
    """Return the error to raise for what went wrong, with its place."""
    if isinstance(problem, ModulefileError) and not problem.where:
        problem.where = f"{path}:{line}" if line else path
    return problem
