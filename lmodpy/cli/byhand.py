"""Variables and modules by hand: what a modulefile could do, done by the user, and so undone by nobody else."""

from __future__ import annotations

from lmodpy.cli.errands import note_system_path
from lmodpy.env.diff import Diff
from lmodpy.env.pathlist import tidy
from lmodpy.errors import LmodError, ModulefileError, UsageError
from lmodpy.modulefile.words import operation
from lmodpy.session.state import STATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.cli.context import Context
    from lmodpy.modulefile.operations import EditPath


def prepend_path(context: Context) -> None:
    """Put entries in front of a path-like variable."""
    _edit(context, "prepend_path")


def append_path(context: Context) -> None:
    """Put entries at the end of a path-like variable."""
    _edit(context, "append_path")


def remove_path(context: Context) -> None:
    """Take entries out of a path-like variable, each as often as it is named."""
    _edit(context, "remove_path")


def clear(context: Context) -> None:
    """Forget what is loaded; what the modules have set stays."""
    if not context.line.on("force"):
        raise UsageError(
            "`module clear` forgets what is loaded, and leaves behind what it has set",
            hint="`module purge` unloads everything; if you mean it: `module clear --force`",
        )
    names = ("LOADEDMODULES", "_LMFILES_", STATE)
    context.instead = Diff({name: None for name in names if name in context.environ})


def _edit(context: Context, word: str) -> None:
    """Do what a word of a modulefile would, for each of the values."""
    line, session = context.line, context.session
    command = word.replace("_", "-")
    if len(line.words) < 2:
        raise UsageError(
            f"`module {command}` takes a variable and what to put there or take out", hint=f"module {command} PATH DIR"
        )
    name, *values = line.words
    if name == "MODULEPATH":
        note_system_path(session)
    table: dict[object, object] = {"delim": line.options.get("delim", ":")}
    if line.on("priority"):
        table["priority"] = int(line.options["priority"])
    for value in reversed(values) if word == "prepend_path" else values:
        try:
            said: EditPath = operation(word, ({1: name, 2: value, **table},)).operation  # type: ignore[assignment]
        except ModulefileError as error:
            raise LmodError(error.text.replace(word, command)) from None
        turned = word == "prepend_path" and not session.settings.turns_blocks()
        for path in said.paths[::-1] if turned else said.paths:
            entry = tidy(path, session.env.rules.home)
            session.env.edit(said.name, (said.verb, entry, said.sep, said.priority))
    session.settle()
