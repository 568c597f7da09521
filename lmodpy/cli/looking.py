"""What commands that look for modules have in common."""

from __future__ import annotations

from lmodpy.errors import LmodError
from lmodpy.report.text import Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lmodpy.cli.context import Context
    from lmodpy.tree.tree import Tree


def roots_of(context: Context) -> list[str]:
    """Return the directories of MODULEPATH; raises LmodError if there are none."""
    roots = context.view.roots()
    if not roots:
        raise LmodError("MODULEPATH is not set, so there is no module to be found", hint="module use DIRECTORY")
    return roots


def style(context: Context) -> Style:
    """Return how lists are coloured."""
    named = context.site.coloured if context.site and "colorize_fullName" in context.site.hooks else None
    return Style(colour=context.colours(), italic=context.settings.flag("hidden_italic"), name=named)


def meant(tree: Tree, word: str, roots: Sequence[str]) -> str:
    """Return what an alias stands for; behind an `@`, what symbolic versions stand for."""
    if "@" not in word:
        return tree.resolve(word, roots)
    from lmodpy.names.request import Request  # noqa: PLC0415 - seldom typed
    from lmodpy.tree.specified import plainly  # noqa: PLC0415

    request = Request.parse(word)
    return str(plainly(tree, request, roots)) if request.versions else request.text


def matcher(context: Context, words: Sequence[str]) -> Callable[[Iterable[str]], bool]:
    """Return what says whether one of some names has one of the words in it; with --regexp, fits a Lua pattern."""
    wanted = [word for word in words if word]
    if not wanted:
        return lambda _: True
    if context.line.on("regexp"):
        matches = context.tree.matches
        for word in wanted:
            matches(word, "")  # a bad one is an error, whatever there is to compare with
        return lambda names: any(matches(word, name) for word in wanted for name in names)
    if any("@" in word for word in wanted):
        from lmodpy.names.specifiers import fits  # noqa: PLC0415 - seldom typed

        return lambda names: any(fits(word, name) for word in wanted for name in names)
    wanted = [word.lower() for word in wanted]
    return lambda names: any(word in name.lower() for word in wanted for name in names)
