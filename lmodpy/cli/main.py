"""The command behind `module`: `lmodpy-cmd SHELL SUBCOMMAND ARGS…`. Alone knows argv, os.environ and stdout.

Everything that the shell is to evaluate goes out in one write, when it is certain that the command succeeds.
"""

from __future__ import annotations

import sys
from _signal import SIG_DFL, SIGINT, SIGKILL, signal

from lmodpy import patience, system
from lmodpy.cli.arguments import Line, parse
from lmodpy.config import Settings
from lmodpy.errors import LmodError, ModulefileError
from lmodpy.shells.base import NAMES, shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import NamedTuple, NoReturn

    from lmodpy.env.diff import Diff
    from lmodpy.shells.base import Shell
else:
    from lmodpy.values import NamedTuple

_PROTECTED = "__LMOD_PROTECTED_"


class Outcome(NamedTuple):
    """What a command leaves: text for the shell, text for people, exit status."""

    out: str = ""
    err: str = ""
    status: int = 0


def main(argv: Sequence[str]) -> NoReturn:
    """Run one command for the process: read its environment, write its output, end it."""
    signal(SIGINT, SIG_DFL)  # Ctrl-C ends us at once, even in an endless loop of a modulefile; nothing is written yet
    environ = environment(system.environment())
    patience.watch = patience.Patience(Settings(environ).number("eval_timeout"), lambda *late: _give_up(argv, *late))
    outcome = run(argv, environ, say=_say)
    _say(outcome.err)
    status = _write(1, outcome.out) or outcome.status
    system.leave(status)  # nothing is left to flush, and tearing the interpreter down costs a third of a command


def run(argv: Sequence[str], environ: Mapping[str, str], *, say: Callable[[str], None]) -> Outcome:
    """Run one command on an environment; what a modulefile says on the way goes to `say` at once."""
    known = bool(argv) and argv[0] in NAMES
    speaker = shell(argv[0] if known else "bash")
    settings = Settings(environ)
    try:
        return _command(parse(_words(argv[known:], environ)), speaker, environ, settings, say)
    except LmodError as error:
        from lmodpy.report.text import Style, error_text  # noqa: PLC0415 - only after an error

        text = error_text(error, Style(colour=_colours(settings))) if error.text else ""
        return Outcome(speaker.failure() if error.text else "", text, error.status)
    except (KeyboardInterrupt, BrokenPipeError):
        return Outcome(speaker.failure(), "", 130)
    except Exception as error:  # noqa: BLE001 - the last line of defence: never a traceback at a prompt
        return Outcome(speaker.failure(), _apology(error, settings), 1)


def _give_up(argv: Sequence[str], path: str, children: set[int]) -> NoReturn:
    """End the command, and the programs that it waits for, because a modulefile takes too long."""
    from lmodpy.report.text import Style, error_text  # noqa: PLC0415 - hardly ever

    for child in tuple(children):
        try:
            system.kill(child, SIGKILL)
        except OSError:
            continue  # it has just ended by itself
    environ = environment(system.environment())
    seconds = Settings(environ).number("eval_timeout")
    error = ModulefileError(
        f"a modulefile has not come to its end within {seconds:g} seconds, so nothing was changed",
        path,
        hint="mend it, or give it more seconds: LMODPY_EVAL_TIMEOUT",
    )
    _say(error_text(error, Style(colour=_colours(Settings(environ)))))
    _write(1, shell(argv[0] if argv and argv[0] in NAMES else "bash").failure())
    system.leave(1)


def environment(found: Mapping[str, str]) -> dict[str, str]:
    """Return the user's environment, with the variables back that the launcher keeps away from our own process."""
    environ = {name: value for name, value in found.items() if not name.startswith(_PROTECTED)}
    for name in ("LD_LIBRARY_PATH", "LD_PRELOAD"):
        if _PROTECTED + name in found:
            environ[name] = found[_PROTECTED + name]
    return environ


def _words(argv: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    return [*environ.get("LMOD_OPTIONS", "").split(), *argv]


def _command(
    line: Line, speaker: Shell, environ: Mapping[str, str], settings: Settings, say: Callable[[str], None]
) -> Outcome:
    from lmodpy.cli.commands import run_line  # noqa: PLC0415 - after the line is known to be one

    result = run_line(line, speaker, environ, settings, say)
    text = speaker.render(result.diff) + (speaker.failure() if result.status else speaker.success())
    return Outcome(text, result.text + _left_out(result.diff, speaker, settings), result.status)


def _left_out(diff: Diff, speaker: Shell, settings: Settings) -> str:
    names = speaker.left_out(diff)
    if not names or settings.flag("quiet"):
        return ""
    from lmodpy.report.text import Style, warning_text  # noqa: PLC0415 - hardly ever

    text = f"{speaker.name} cannot have functions or aliases of these names: {', '.join(names)}"
    return warning_text(text, Style(colour=_colours(settings)))


def _colours(settings: Settings) -> bool:
    wish = settings.text("colorize").lower()
    return wish == "force" or (wish == "yes" and not system.environment().get("NO_COLOR") and system.isatty(2))


def _apology(error: Exception, settings: Settings) -> str:
    if settings.flag("debug"):
        import traceback  # noqa: PLC0415 - only after a failure of our own

        return "".join(traceback.format_exception(error))
    what = f"{type(error).__name__}: {error}"
    return f"lmodpy: failed unexpectedly ({what}); nothing was changed.\n  Please report it, with LMODPY_DEBUG=1 set.\n"


def _say(text: str) -> None:
    _write(2, text)


def _write(channel: int, text: str) -> int:
    """Write all of a text; return the exit status that a failure to do so means (0 for none)."""
    data = system.encode(text)
    try:
        while data:
            data = data[system.write(channel, data) :]
    except OSError as error:
        if channel == 1:
            _say(f"lmodpy: cannot write to the shell: {error.strerror}; nothing was changed\n")
        return 1
    return 0


if __name__ == "__main__":
    main(sys.argv[1:])
