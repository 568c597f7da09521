"""`lmodpy cache`: index files made ahead for everybody, and how they are."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from lmodpy.cli import caching
from lmodpy.cli.sitewide import context, directories, site
from lmodpy.cli.walk import memory, reader
from lmodpy.errors import LmodError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lmodpy.cli.caching import Served, Update
    from lmodpy.cli.context import Context
    from lmodpy.report.software import Site

app = typer.Typer(no_args_is_help=True, help="Make `avail` and `spider` fast for everybody: docs/caches.md.")
_Place = Annotated[str, typer.Option("--dir", help="Where the files are (LMOD_SPIDER_CACHE_DIRS, else your own).")]
_Json = Annotated[bool, typer.Option("--json", help="Answer with JSON.")]
_Roots = Annotated[list[str] | None, typer.Argument(metavar="[DIR...]", help="Modulefiles; else MODULEPATH.")]
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


@app.command()
def build(
    roots: _Roots = None,
    *,
    place: _Place = "",
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes; else one for each processor.")] = 0,
    strict: Annotated[bool, typer.Option("--strict", help="Status 1 if a modulefile is broken.")] = False,
    as_json: _Json = False,
) -> None:
    """Look at all modulefiles that can be reached, and write what is new about them.

    Status 1 only if nothing could be written; with --strict also if a modulefile is broken.

        lmodpy cache build --dir /opt/lmodpy-cache /opt/modulefiles/Core
        lmodpy cache build --json
    """
    admin, found = opened(roots)
    if not found:
        raise UsageError("which directories?", hint="give them as arguments, or set MODULEPATH")
    index = caching.noting(admin, caching.place_for(admin, place))
    known = memory(admin, reader(admin))
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
    typer.echo(_as_json(built, update, troubles) if as_json else _summary(built, update, troubles), nl=False)
    raise typer.Exit(int(strict and bool(troubles)))


@app.command()
def status(roots: _Roots = None, *, as_json: _Json = False) -> None:
    """Say for each directory of MODULEPATH by which file it is served, how old that is, and how much has changed.

    It looks only, and changes nothing.

        lmodpy cache status
        lmodpy cache status --json /opt/modulefiles/Core
    """
    admin, found = opened(roots)
    rows = caching.served(admin, found)
    typer.echo(json.dumps([row._asdict() for row in rows]) + "\n" if as_json else "".join(map(_line, rows)), nl=False)


@app.command()
def clear(*, place: _Place = "", as_json: _Json = False) -> None:
    """Take the files away; commands look at the directories themselves then.

    Your own files if no directory is named, and the site has none.

        lmodpy cache clear
        lmodpy cache clear --dir /opt/lmodpy-cache
    """
    admin, _ = opened(None)
    chosen = caching.place_for(admin, place)
    taken = caching.clear(chosen)
    told = json.dumps({"directory": chosen, "removed": taken})
    typer.echo(told if as_json else f"{taken} files taken away from {chosen}")


def opened(roots: list[str] | None) -> tuple[Context, list[str]]:
    """Return what a command works with in which nothing is loaded, and the directories that are meant."""
    found = directories(roots or [os.environ.get("MODULEPATH", "")])
    return context(found, dict(os.environ), lambda text: typer.echo(text, err=True, nl=False)), found


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


def _line(row: Served) -> str:
    if not row.by:
        return f"{row.root}: no file; each command looks at it ({caching.SMALL})\n"
    state = f"{row.stale} changed since, which each command looks at again" if row.stale else "up to date"
    return f"{row.root}: {row.modules} modules, {state}; the {row.owner}'s {row.by}, {_age(row.age)} old\n"


def _age(seconds: float) -> str:
    """Return a time in its largest unit."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), (1, "s"))
    return f"{seconds / size:.0f} {unit}"
