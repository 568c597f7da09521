"""What a shell says about a command that it does not find: which modules bring it.

    lmodpy-cmd --not-found bash mpicc

The user has probably mistyped something and waits for the prompt, so there is little time; what was learned in it is
kept for the next time.
"""

from __future__ import annotations

from lmodpy.cli.arguments import Line
from lmodpy.cli.context import Context
from lmodpy.cli.walk import Progress
from lmodpy.cli.whence import Question
from lmodpy.config import Settings
from lmodpy.report.whence import offer
from lmodpy.shells.base import shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS = 1.0
"""How long the user may wait for the prompt."""
_WALK = "0.6"


def answer(speaker: str, words: Sequence[str], environ: Mapping[str, str]) -> tuple[str, int]:
    """Return what to type to have a command, nothing if that is not known; and the exit status."""
    word = "".join(words[:1])
    settings = Settings(environ)
    line = Line("whence", (word,), {"spider_timeout": _WALK, "terse": ""})
    context = Context(line, shell(speaker), environ, settings, lambda _: None)
    text = offer(word, Question(context, "command", Progress(context)).sources(word)) if word else ""
    if context.index is not None:
        context.index.save()
    return text, 0 if text else 1
