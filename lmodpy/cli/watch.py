"""What `--trace`, `--debug` and `--timer` tell: which modulefile is read and when, what it says, how long it takes."""

from __future__ import annotations

from time import perf_counter, process_time

from lmodpy import LMOD_VERSION, __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from lmodpy.cli.arguments import Line
    from lmodpy.modulefile.questions import Host

    Evaluator = Callable[[str, Host], None]

_DOES = {
    "load": "loading",
    "unload": "unloading",
    "show": "showing",
    "help": "asking for help:",
    "whatis": "asking what is:",
    "spider": "looking into",
    "checkSyntax": "checking",
}


class Watch:
    """Tells what happens, as it happens, to whoever looks for a fault.

    `trace` tells of each modulefile; so does a `level` of 1, and each word of the modulefile besides.
    """

    def __init__(self, say: Callable[[str], None], line: Line, *, level: int, trace: bool, timer: bool) -> None:
        self._say = say
        self._level = level
        self._tells = bool(trace or level)
        self._timer = timer
        self._depth = 0
        self._files = 0
        self._seconds = 0.0
        words = " ".join(line.typed)
        if self._tells:
            say(f"Lmod version: {LMOD_VERSION} (lmodpy {__version__})\nrunning: module {words}\n")
        if level:
            say(f"lmod({words}){{\n  lmodpy:{line.command}\n")

    def over(self, evaluators: Callable[[str], Evaluator]) -> Callable[[str], Evaluator]:
        """Return evaluators that are watched."""

        def watched(path: str) -> Evaluator:
            run = evaluators(path)

            def running(path: str, host: Host) -> None:
                self._begin(path, host)
                started = perf_counter()
                try:
                    run(path, host)
                finally:
                    self._depth -= 1
                    if not self._depth:
                        self._seconds += perf_counter() - started
                    self._end(host)

            return running

        return watched

    def times(self) -> str:
        """Return how long it took, if that was asked for."""
        if not self._timer:
            return ""
        rows = (("modulefiles", self._seconds, f"  ({self._files} read)"), ("all, processor", process_time(), ""))
        return "".join(f"{what:15}{1000 * seconds:9.3f} ms{more}\n" for what, seconds, more in rows)

    def _begin(self, path: str, host: Host) -> None:
        self._depth += 1
        self._files += 1
        if self._tells:
            names = host.chain()
            asked = f", asked for as {host.asked}" if host.asked != names[-1] else ""
            does = _DOES.get(host.mode_name, host.mode_name)
            self._say(f"{'  ' * len(names)}{does} {names[-1]} (file: {path}{asked})\n")

    def _end(self, host: Host) -> None:
        if self._level:
            from lmodpy.report.details import call_line  # noqa: PLC0415 - only for this

            indent = "  " * (len(host.chain()) + 1)
            self._say("".join(f"{indent}{call_line(call)}\n" for call in getattr(host, "journal", ())))
