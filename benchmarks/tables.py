"""The tables that `run` prints, as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bookkeeping import TARGET, Bookkeeping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scale import Need
    from speed import Row

TIMES = (
    ("milliseconds", 43),
    ("lmodpy CPU", 10),
    ("Lmod CPU", 8),
    ("ratio", 5),
    ("lmodpy wall", 11),
    ("Lmod wall", 9),
    ("ratio", 5),
    ("target", 6),
    ("", 13),
)
NEEDS = (
    ("megabytes, and calls inside the tree", 43),
    ("lmodpy MB", 9),
    ("Lmod MB", 7),
    ("lmodpy calls", 12),
    ("Lmod calls", 10),
    ("target", 6),
    ("", 13),
)
VERDICT = {True: "met", False: "MISSED", None: ""}


def head(columns: Sequence[tuple[str, int]]) -> str:
    """Say the head of a table."""
    rule = ["-" * (columns[0][1] + 2), *("-" * (width + 1) + ":" for _, width in columns[1:-1]), "--------"]
    return f"| {' | '.join(name.ljust(width) for name, width in columns)} |\n|{'|'.join(rule)}|"


def time_line(row: Row) -> str:
    """Say one row of the table of times."""
    cpu, wall = zip(*((each or (None, None)) for each in (row.lmodpy, row.lmod, row.ratio)), strict=True)
    numbers = [number(value, places) for value, places in zip((*cpu, *wall), (1, 1, 2, 1, 1, 2), strict=True)]
    target = number(row.target, 2) if row.limit is None else f"{row.limit:,.0f}"
    return _line(TIMES, row.title, [*numbers, target], row.note or VERDICT[row.met])


def need_line(need: Need) -> str:
    """Say one row of the table of memory and calls."""
    memory, calls = zip(*((each or (None, None)) for each in (need.lmodpy, need.lmod)), strict=True)
    numbers = [*(number(value, 1) for value in memory), *(number(value, 0) for value in calls), number(need.limit, 0)]
    return _line(NEEDS, need.title, numbers, need.note or VERDICT[need.met])


def _line(columns: Sequence[tuple[str, int]], title: str, numbers: Sequence[str], verdict: str) -> str:
    widths = [width for _, width in columns]
    cells = " | ".join(f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:-1], strict=True))
    return f"| {title:{widths[0]}} | {cells} | {verdict:{widths[-1]}} |"


def number(value: float | None, places: int) -> str:
    """Say a number, or nothing."""
    return "" if value is None else f"{value:.{places}f}"


def sizes(kept: list[Bookkeeping]) -> list[str]:
    """Say what sixty loaded modules leave in the environment."""
    columns = [{"the modules' own settings": each.own, "**bookkeeping**": each.total, **each.parts} for each in kept]
    titles = list(dict.fromkeys(title for column in columns for title in column))
    met = VERDICT[kept[0].total <= TARGET]
    heads = [name for name, _ in zip(("lmodpy", "Lmod"), kept, strict=False)]
    return [
        "".join(["| bytes, sixty modules loaded         |", *(f" {head:>7} |" for head in heads)]),
        "".join(["|-------------------------------------|", *("--------:|" for _ in heads)]),
        *(f"| {title:35} |" + "".join(f" {column.get(title, 0):7,} |" for column in columns) for title in titles),
        "",
        f"Bookkeeping of lmodpy: {kept[0].total:,} bytes, target {TARGET:,}: {met}.",
    ]
