"""Options that are answered in place of a sub-command: which version this is, and what a line would run."""

from __future__ import annotations

from lmodpy import LMOD_VERSION, __version__
from lmodpy.cli.commands import COMMANDS, command
from lmodpy.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.cli.context import Context


def version(context: Context) -> None:
    """Say which Lmod this stands for, in the words that other programs look for, and which lmodpy it is."""
    if context.line.on("json"):
        context.answer({"lmod": LMOD_VERSION, "lmodpy": __version__})
        return
    context.notes.append(
        f"\nModules based on Lua: Version {LMOD_VERSION}\n    lmodpy {__version__}, which does what this Lmod does\n\n"
    )


def gitversion(context: Context) -> None:
    """Say the version of Lmod, as a program wants it."""
    context.notes.append(f"{LMOD_VERSION}\n")


def dumpversion(context: Context) -> None:
    """Say the version of Lmod where lists go, without the end of a line."""
    context.listing.append(LMOD_VERSION)


def dumpname(context: Context) -> None:
    """Say whose interface this is."""
    context.listing.append("Lmod\n")


def echo(context: Context) -> None:
    """Show the line of `module` that `ml` stands for, and run it unless only that was asked for."""
    line = context.line
    options = [f"--{name}{f'={value}' if value else ''}" for name, value in line.options.items() if name not in _OF_ML]
    words = " ".join(("module", *options, line.command, *(_quoted(word) for word in line.words)))
    context.notes.append(f"{words}\n")
    if not line.on("echo_only"):
        command(COMMANDS[line.command])(context)


def check_syntax(context: Context) -> None:
    """Evaluate modulefiles as if to load them; nothing else comes of it."""
    if context.line.command not in ("load", "try-load"):
        raise UsageError("`--check_syntax` goes with `load`", hint="module --check_syntax load NAME")
    from lmodpy.cli.readings import check  # noqa: PLC0415 - seldom asked for

    check(context)


_OF_ML = frozenset(("echo", "echo_only", "old_style"))


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"
