"""`lmodpy cache`: index files made ahead for everybody, and how they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from lmodpy.cli import building, caching
from lmodpy.cli.building import opened

if TYPE_CHECKING:
    from lmodpy.cli.caching import Served

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
    text, status = building.build(roots or [], place, jobs, strict=strict, as_json=as_json)
    typer.echo(text, nl=False)
    raise typer.Exit(status)


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


def _line(row: Served) -> str:
    if not row.by:
        return f"{row.root}: no file; each command looks at it ({caching.SMALL})\n"
    state = f"{row.stale} changed since, which each command looks at again" if row.stale else "up to date"
    return f"{row.root}: {row.modules} modules, {state}; the {row.owner}'s {row.by}, {_age(row.age)} old\n"


def _age(seconds: float) -> str:
    """Return a time in its largest unit."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), (1, "s"))
    return f"{seconds / size:.0f} {unit}"
