"""Scripts as modulefiles: what a script does in a real shell, written as words that do the same."""

from __future__ import annotations

import os
import shlex

from lmodpy.errors import UsageError
from lmodpy.modulefile.scripts import moves, words
from lmodpy.modulefile.snapshots import snapshots
from lmodpy.report.modulefiles import tcl_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmodpy.cli.context import Context
    from lmodpy.config import Settings
    from lmodpy.modulefile.scripts import Said


def sh_to_mod(context: Context) -> None:
    """Print the modulefile, in Tcl as Environment Modules has it, that does what a script does."""
    if len(context.line.words) < 2:
        hint = "module sh-to-mod bash SCRIPT > MODULEFILE"
        raise UsageError("`module sh-to-mod` takes a shell, a script and its arguments", hint=hint)
    shell, *script = context.line.words
    text = tcl_text(converted(shell, script, context.environ, context.settings))
    if context.line.on("json"):
        context.answer({"shell": shell, "text": text})
    else:
        context.settings.choose({"redirect": "yes"})
        context.listing.append(text)


def converted(
    shell: str, script: Sequence[str], environ: Mapping[str, str], settings: Settings, *, moving: bool = True
) -> list[Said]:
    """Return the words of a modulefile for what a script does, given with its arguments; raises ModulefileError.

    A script that is there is named by its whole path; any other name without a slash is for the shell to find.
    `moving` says whether the directory counts in which the script leaves its shell.
    """
    name, *arguments = script
    if "/" in name or os.path.isfile(name):
        name = os.path.abspath(name)
    before, after = snapshots(shell, shlex.join((name, *arguments)), environ, settings.number("eval_timeout"))
    return [*words(before, after, shell), *(moves(before, after) if moving else ())]
