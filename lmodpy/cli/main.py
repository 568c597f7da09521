"""The command behind `module`: `lmodpy-cmd SHELL SUBCOMMAND ARGS…`. Alone knows argv, os.environ and stdout.

Everything that the shell is to evaluate goes out in one write, when it is certain that the command succeeds.
"""

from __future__ import annotations

import sys
from _signal import SIG_DFL, SIGINT, SIGKILL, signal

from lmodpy import patience, system
from lmodpy.cli.arguments import Line, parse
from lmodpy.cli.context import colours
from lmodpy.config import Settings
from lmodpy.errors import LmodError, ModulefileError, UsageError
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
    """What a command leaves: text for the shell, messages, exit status, and what was asked for, if it is for stderr."""

    out: str = ""
    told: str = ""
    status: int = 0
    listing: str = ""

    @property
    def err(self) -> str:
        """Everything for stderr."""
        return self.listing + self.told


def launch(argv: Sequence[str]) -> NoReturn:
    """Run one command for the launcher.

    Python takes the memory for nested calls in pieces of 16 kB, and gives each back as soon as calls return, which
    modules that load each other make it do hundreds of times. A first call that asks for much gets it all in one piece.
    """
    main.__code__ = main.__code__.replace(co_stacksize=1 << 15)
    main(argv)


def main(argv: Sequence[str]) -> NoReturn:
    """Run one command for the process: read its environment, write its output, end it."""
    signal(SIGINT, SIG_DFL)  # Ctrl-C ends us at once, even in an endless loop of a modulefile; nothing is written yet
    environ = environment(system.environment())
    if argv[:1] in (
        ["--complete"],
        ["--not-found"],
        ["--modulepath"],
    ):  # for a shell, so `module` cannot say it
        from lmodpy.cli import aside  # noqa: PLC0415 - what shells ask for themselves

        text, status = aside.answer(argv[0], argv[1:], environ)
        system.leave(_write(1, text) or status)
    settings = Settings(environ)
    patience.watch = patience.Patience(settings.number("eval_timeout"), lambda *late: _give_up(argv, *late))
    outcome = run(argv, environ, say=_say, settings=settings)
    _show(outcome.listing, settings, environ)
    _say(outcome.told)
    status = _write(1, outcome.out) or outcome.status
    system.leave(status)  # nothing is left to flush, and tearing the interpreter down costs a third of a command


def run(
    argv: Sequence[str],
    environ: Mapping[str, str],
    *,
    say: Callable[[str], None],
    settings: Settings | None = None,
) -> Outcome:
    """Run one command on an environment; what a modulefile says on the way goes to `say` at once.

    `settings`, if given, are those of the environment, and know afterwards what options have set.
    """
    known = bool(argv) and argv[0] in NAMES
    speaker = shell(argv[0] if known else "bash")
    settings = settings or Settings(environ)
    line = Line("", (), {"json": ""} if "--json" in argv else {})  # as far as it was understood
    try:
        line = parse(_words(argv[known:], environ))
        return _command(line, speaker, environ, settings, say)
    except LmodError as error:
        return _failed(error, line, speaker, environ, settings)
    except (KeyboardInterrupt, BrokenPipeError):
        return Outcome(speaker.failure(), "", 130)
    except Exception as error:  # noqa: BLE001 - the last line of defence: never a traceback at a prompt
        text = _apology(error, settings)
        if line.on("json"):
            return _failed(LmodError(text), line, speaker, environ, settings)
        return Outcome(speaker.failure(), text, 1)


def _failed(error: LmodError, line: Line, speaker: Shell, environ: Mapping[str, str], settings: Settings) -> Outcome:
    """Tell what went wrong, to people or to a program."""
    if not error.text:
        return Outcome("", "", error.status)
    if line.on("json"):
        from lmodpy.report.data import error_json  # noqa: PLC0415 - only for programs

        return _placed(error_json(line.command, error), "", "", error.status, speaker, settings)
    from lmodpy.report.text import Style, error_text  # noqa: PLC0415 - only after an error

    text = error_text(error, Style(colour=colours(settings, environ)))
    return Outcome(speaker.failure(), text, error.status)


def _placed(listing: str, shell_text: str, told: str, status: int, speaker: Shell, settings: Settings) -> Outcome:
    """Put what was asked for on stdout, for the shell to print, if the user wants that and the shell can."""
    end = speaker.failure() if status else speaker.success()
    printed = speaker.echo(listing) if listing and settings.flag("redirect") else None
    if printed is None:
        return Outcome(shell_text + end, told, status, listing)
    return Outcome(printed + shell_text + end, told, status)


def _give_up(argv: Sequence[str], path: str, children: set[int]) -> NoReturn:
    """End the command, and the programs that it waits for, because a modulefile takes too long."""
    for child in tuple(children):
        try:
            system.kill(child, SIGKILL)
        except OSError:
            continue  # it has just ended by itself
    if patience.watch.looks_at:
        from lmodpy.cli.again import begin  # noqa: PLC0415 - only for a modulefile without an end

        begin(patience.watch.looks_at)
    environ = environment(system.environment())
    seconds = Settings(environ).number("eval_timeout")
    error = ModulefileError(
        f"a modulefile has not come to its end within {seconds:g} seconds, so nothing was changed",
        path,
        hint="mend it, or give it more seconds: LMODPY_EVAL_TIMEOUT",
    )
    line = Line("", (), {"json": ""} if "--json" in argv else {})
    speaker = shell(argv[0] if argv and argv[0] in NAMES else "bash")
    outcome = _failed(error, line, speaker, environ, Settings(environ))
    _say(outcome.err)
    _write(1, outcome.out)
    system.leave(1)


def environment(found: Mapping[str, str]) -> dict[str, str]:
    """Return the user's environment, with the variables back that the launcher keeps away from our own process."""
    environ = {name: value for name, value in found.items() if not name.startswith(_PROTECTED)}
    for name in ("LD_LIBRARY_PATH", "LD_PRELOAD"):
        if _PROTECTED + name in found:
            environ[name] = found[_PROTECTED + name]
    return environ


def _words(argv: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    options = environ.get("LMOD_OPTIONS", "")
    if "'" in options or '"' in options or "\\" in options:
        return [*_unquoted(options), *argv]
    return [*options.split(), *argv]


def _unquoted(options: str) -> list[str]:
    import shlex  # noqa: PLC0415 - hardly anybody writes quotes there

    try:
        return shlex.split(options)
    except ValueError as error:
        hint = "close the quotes, or unset it"
        raise UsageError(f"LMOD_OPTIONS cannot be read ({error}): {options}", hint) from None


def _command(
    line: Line, speaker: Shell, environ: Mapping[str, str], settings: Settings, say: Callable[[str], None]
) -> Outcome:
    from lmodpy.cli.commands import run_line  # noqa: PLC0415 - after the line is known to be one

    result = run_line(line, speaker, environ, settings, say)
    told = result.told + _left_out(result.diff, speaker, environ, settings)
    outcome = _placed(result.listing, speaker.render(result.diff), told, result.status, speaker, settings)
    return outcome._replace(out=outcome.out.removesuffix(speaker.success())) if result.runs else outcome


def _left_out(diff: Diff, speaker: Shell, environ: Mapping[str, str], settings: Settings) -> str:
    names = speaker.left_out(diff)
    if not names or settings.flag("quiet"):
        return ""
    from lmodpy.report.text import Style, warning_text  # noqa: PLC0415 - hardly ever

    text = f"{speaker.name} cannot have functions or aliases of these names: {', '.join(names)}"
    return warning_text(text, Style(colour=colours(settings, environ)))


def _apology(error: Exception, settings: Settings) -> str:
    if settings.flag("debug"):
        import traceback  # noqa: PLC0415 - only after a failure of our own

        return "".join(traceback.format_exception(error))
    what = f"{type(error).__name__}: {error}"
    return f"lmodpy: failed unexpectedly ({what}); nothing was changed.\n  Please report it, with LMODPY_DEBUG=1 set.\n"


def _show(listing: str, settings: Settings, environ: Mapping[str, str]) -> None:
    """Show what was asked for: through a pager, if somebody sits at a terminal."""
    if listing and system.isatty(2):
        from lmodpy.cli.pager import show  # noqa: PLC0415 - only at a terminal

        if show(listing, settings, environ):
            return
    _say(listing)


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
