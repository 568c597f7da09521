"""What the site says about modules when they are loaded: the paragraphs of `admin.list`."""

from __future__ import annotations

import os

from lmodpy import system
from lmodpy.errors import LmodError
from lmodpy.report.text import Style, rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lmodpy.cli.context import Context
    from lmodpy.session.loaded import Loaded

LARGEST = 4 << 20


def notes(context: Context, path: str, modules: Sequence[Loaded]) -> str:
    """Return what is said about some modules, for people; a pattern that is none is warned of."""
    told: dict[str, str] = {}
    try:
        said = [*paragraphs(os.fsdecode(system.content(path, LARGEST)))]
    except OSError as error:
        context.doubts.append(f"{path} cannot be read: {error.strerror}")
        return ""
    for module in modules:
        text = _about(module, said, _matcher(context, path))
        if text is not None:
            told[module.full_name] = text
    if not told:
        return ""
    style = Style(colour=context.colours())
    parts = [f"{style.bold(name)}:\n{text}\n" for name, text in sorted(told.items())]
    return "\n".join([f"{rule('messages about modules', context.width())}\n", *parts]) + "\n"


def paragraphs(text: str) -> Iterator[tuple[list[str], str]]:
    """Yield for each paragraph the patterns before its first colon, and the text behind it.

    A line that begins with # is a comment; an empty one ends a paragraph; what has no colon is no paragraph.
    """
    lines = (line.rstrip() for line in text.splitlines() if not line.lstrip().startswith("#"))
    for paragraph in "\n".join(lines).split("\n\n"):
        keys, colon, said = paragraph.strip("\n").partition(":")
        patterns = [key.strip() for key in keys.split("|")]
        if colon and any(patterns):
            yield [pattern for pattern in patterns if pattern], said.strip("\n")


def _about(module: Loaded, said: Sequence[tuple[list[str], str]], matches: Callable[[str, str], bool]) -> str | None:
    """Return the first text whose patterns describe the module: its file, if they begin with a slash, or its name."""
    for patterns, text in said:
        if any(matches(each, module.path if each.startswith("/") else module.full_name) for each in patterns):
            return text
    return None


def _matcher(context: Context, path: str) -> Callable[[str, str], bool]:
    def matches(pattern: str, text: str) -> bool:
        try:
            return context.evaluators.matches(pattern, text)
        except LmodError as error:
            doubt = f"{path}: {error.text}"
            context.doubts += [doubt] if doubt not in context.doubts else []
            return False

    return matches
