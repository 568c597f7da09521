"""Help texts and descriptions that are written in Markdown: which these are, and how they look on a terminal."""

from __future__ import annotations

import re
import textwrap

SHORTEST, ENOUGH = 30, 3
"""Shorter texts are taken as they are; the signs of a longer one must weigh so much."""

# What is looked for, how often it must be there, and what it weighs.
_SIGNS = [
    (re.compile(pattern, re.MULTILINE), times, weight)
    for pattern, times, weight in (
        (r"^ {0,3}#{1,6}[ \t]+\S", 1, 3),
        (r"^ {0,3}\S.*\n {0,3}(?:=+|-+)[ \t]*$", 1, 3),
        (r"^ {0,3}(?:```|~~~)", 1, 3),
        (r"(?<!`)`[^`\n]+`(?!`)", 2, 3),
        (r"(?<!!)\[[^\]\n]+\]\([^)\s]+[^)\n]*\)", 1, 2),
        (r"!\[[^\]\n]*\]\([^)\s]+[^)\n]*\)", 1, 2),
        (r"^ {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]+\S", 2, 2),
        (r"(?<![\w*])(\*{1,2})(?=\S)[^*\n]+(?<=\S)\1(?![\w*])|(?<![\w_])(_{1,2})(?=\S)[^_\n]+(?<=\S)\2(?![\w_])", 1, 1),
    )
]
_PARAGRAPHS = re.compile(r"\S[ \t]*\n[ \t]*\n[ \t]*\S")


def is_markdown(text: str) -> bool:
    """Say whether a text has enough signs of Markdown."""
    if len(text) < SHORTEST:
        return False
    plain = textwrap.dedent(text)
    found = (weight for pattern, times, weight in _SIGNS if sum(1 for _ in pattern.finditer(plain)) >= times)
    score = sum(found)
    return score + bool(score and _PARAGRAPHS.search(plain)) >= ENOUGH


def rendered(text: str, width: int) -> str:
    """Return how a text in Markdown looks on a terminal, in colours."""
    from io import StringIO  # noqa: PLC0415 - with rich, which few help texts need

    from rich.console import Console  # noqa: PLC0415
    from rich.markdown import Markdown  # noqa: PLC0415

    sheet = StringIO()
    console = Console(file=sheet, width=width, force_terminal=True, color_system="standard", _environ={})
    console.print(Markdown(textwrap.dedent(text), hyperlinks=False))
    return "".join(f"{line.rstrip()}\n" for line in sheet.getvalue().splitlines())
