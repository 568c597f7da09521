"""A pager between a long list and the person who reads it."""

from __future__ import annotations

import os
from _signal import SIG_IGN, SIGINT, SIGPIPE, signal

from lmodpy import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmodpy.config import Settings


def show(text: str, settings: Settings, environ: Mapping[str, str]) -> bool:
    """Show a text on the terminal, page by page; False, with nothing shown, if no pager is wanted or there is none."""
    words = settings.text("pager").split()
    program = _found(words[0], environ.get("PATH", "")) if words else ""
    options = settings.text("pager_options")
    if not program or (os.path.basename(program) == "less" and "F" in options and _fits(text)):
        return False
    return _paged(text, [program, *words[1:]], {**environ, "LESS": options})


def _found(program: str, path: str) -> str:
    """Return the path of a program, nothing if it is `none` or not there."""
    if program == "none":
        return ""
    places = [program] if "/" in program else [f"{folder or '.'}/{program}" for folder in path.split(":")]
    return next((place for place in places if system.is_file(place) and os.access(place, os.X_OK)), "")


def _fits(text: str) -> bool:
    """Say whether a text fits on the screen, where `less -F` ends at once: then it need not be started."""
    from lmodpy.report.text import visible  # noqa: PLC0415 - other pagers always start

    try:
        size = system.get_terminal_size(2)
    except OSError:
        return False
    columns = size.columns or 80
    return sum(max(1, -(-visible(line) // columns)) for line in text.splitlines()) < size.lines


def _paged(text: str, words: list[str], environ: Mapping[str, str]) -> bool:
    """Start the pager on the terminal, write to it, and wait until it has ended."""
    source, sink = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, source, 0), (os.POSIX_SPAWN_DUP2, 2, 1), (os.POSIX_SPAWN_CLOSE, sink)]
    try:
        child = os.posix_spawn(words[0], words, environ, file_actions=actions, setsigdef=(SIGINT, SIGPIPE))
    except OSError:
        os.close(sink)
        return False
    finally:
        os.close(source)
    signal(SIGINT, SIG_IGN)  # Ctrl-C is for the pager; if it ended us, two would read the terminal
    try:
        data = system.encode(text)
        while data:
            data = data[os.write(sink, data) :]
    except BrokenPipeError:
        pass  # who has seen enough leaves the pager
    finally:
        os.close(sink)
    os.waitpid(child, 0)
    return True
