"""The build of a site's index files, without what reads command lines for people: that takes longer to import.

`lmodpy cache build` is what sites run most often, and all that comes before the first look is done by one processor.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from contextlib import contextmanager

from lmodpy import system
from lmodpy.cli import caching
from lmodpy.cli.sitewide import context, directories, site
from lmodpy.cli.walk import memory
from lmodpy.errors import LmodError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from lmodpy.cli.caching import Update
    from lmodpy.cli.context import Context
    from lmodpy.report.software import Site

_FLAGS = {"--strict": "strict", "--json": "as_json"}
_VALUED = ("--dir", "--jobs", "-j")


def at_once(words: Sequence[str]) -> None:
    """Build as the words behind `lmodpy cache build` say, and end the program.

    Where they are not as plain as in most jobs, or are wrong, it returns: `lmodpy.cli.cacheadmin` knows all of them.
    """
    asked = _understood(words)
    if asked is None:
        return
    gc.disable()  # nearly all that a build makes it needs to the end
    try:
        text, status = build(**asked)
        sys.stdout.write(text)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("Aborted.\n")
        status = 130
    except BrokenPipeError:
        status = 1
    system.leave(status)  # nothing is left to flush, and to take ten thousand modules apart takes a while


def _understood(words: Sequence[str]) -> dict[str, Any] | None:
    asked: dict[str, Any] = {}
    roots: list[str] = []
    rest = iter(words)
    for word in rest:
        value = next(rest, "-") if word in _VALUED else ""
        if word in _FLAGS:
            asked[_FLAGS[word]] = True
        elif word == "--dir" and value[:1] not in ("", "-"):
            asked["place"] = value
        elif value.isascii() and value.isdecimal():
            asked["jobs"] = int(value)
        elif word.startswith("/"):
            roots.append(word)
        else:
            return None
    return {"roots": roots, **asked}


def build(
    roots: Sequence[str], place: str = "", jobs: int = 0, *, strict: bool = False, as_json: bool = False
) -> tuple[str, int]:
    """Look at all modulefiles that can be reached, write what is new about them; return a summary, and a status.

    Raises LmodError.
    """
    admin, found = opened(roots)
    if not found:
        raise UsageError("which directories?", hint="give them as arguments, or set MODULEPATH")
    index = caching.noting(admin, caching.place_for(admin, place))
    known = memory(admin)
    with progress() as (seen, more):
        built = site(admin, found, seen, more, jobs, known, briefly=True)
    if not built.records:
        raise LmodError(f"there is no module in {' and '.join(found)}, so nothing was written")
    try:
        update = index.update(known)
    except OSError as error:
        raise LmodError(f"cannot write {error.filename}: {error.strerror}") from None
    broken = [record.facts.broken for record in built.records if record.facts.broken]
    troubles = [*broken, *built.tree.warnings]
    text = _as_json(built, update, troubles) if as_json else _summary(built, update, troubles)
    return text, int(strict and bool(troubles))


def opened(roots: Sequence[str] | None) -> tuple[Context, list[str]]:
    """Return what a command works with in which nothing is loaded, and the directories that are meant."""
    found = directories(roots or [os.environ.get("MODULEPATH", "")])
    return context(found, dict(os.environ), _say), found


def _say(text: str) -> None:
    sys.stderr.write(text)


@contextmanager
def progress() -> Iterator[tuple[Callable[[], None], Callable[[int], None]]]:
    """Show a bar on a terminal; yield what counts modulefiles: one more done, and so many more ahead."""
    if not sys.stderr.isatty():
        yield (lambda: None), (lambda _: None)
        return
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("modulefiles", total=0)
        ahead = 0

        def more(count: int) -> None:
            nonlocal ahead
            ahead += count
            progress.update(task, total=ahead)

        yield (lambda: progress.advance(task)), more


def _counts(built: Site, update: Update) -> dict[str, int]:
    return {
        "modules": len(built.records),
        "directories": len(built.roots),
        "new": len(update.new),
        "changed": len(update.changed),
        "removed": len(update.removed),
        "written": update.written,
    }


def _summary(built: Site, update: Update, troubles: list[str]) -> str:
    counts = _counts(built, update)
    changes = ", ".join(f"{counts[name]} {name}" for name in ("new", "changed", "removed"))
    lines = [
        f"{counts['modules']} modules in {counts['directories']} directories: {changes}, {len(troubles)} broken",
        f"{counts['written']} of {update.roots} directories written",
        *(f"broken: {text}" for text in troubles),
    ]
    return "".join(f"{line}\n" for line in lines)


def _as_json(built: Site, update: Update, troubles: list[str]) -> str:
    return json.dumps({**_counts(built, update), "broken": troubles}) + "\n"
