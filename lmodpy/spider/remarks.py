"""What is shown beside the names of modules, as far as it is known: `avail` evaluates no modulefile for it."""

from __future__ import annotations

from lmodpy.spider import store
from lmodpy.spider.stamps import stamps_of
from lmodpy.tree.directory import base_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import NamedTuple

    from lmodpy.spider.facts import Facts
    from lmodpy.spider.index import Index
else:
    from lmodpy.values import NamedTuple

SECTION = "remarks"
"""Where it stands in a file of facts."""
_BETWEEN = "\x1f"


class Remark(NamedTuple):
    """What a modulefile has said that is shown beside its name."""

    properties: tuple[str, ...]
    """As `state:experimental`."""
    extensions: tuple[str, ...]
    """As `numpy/1.26`."""


def remarks(index: Index, root: str, word: str = "") -> dict[str, Remark]:
    """Return what modulefiles of a root have said to earlier commands, by path: those that have said anything.

    With a word, those without it in their path or in what they say are left out.

    Only files that have not changed since count; those that no command or build has evaluated are not there. It costs
    a look at each file that is there, and nothing is evaluated.
    """
    base = base_of(root)
    found: dict[str, Remark] = {}
    for path, vouched in reversed(index.facts_files(root)):
        rows = _rows(path, index.facts_key(root), word.lower())
        now = (row[1] for row in rows) if vouched else stamps_of(base, [row[0] for row in rows])
        found |= {
            f"{base}/{below}": Remark(_items(properties), _items(extensions))
            for (below, stamp, properties, extensions), seen in zip(rows, now, strict=True)
            if stamp == seen
        }
    return found


def lines(said: Iterable[tuple[str, str, Facts]]) -> list[str]:
    """Return what stands in a file of modulefiles, each given by its path, its stamp and what it has said."""
    return store.listed(
        (path, stamp, _BETWEEN.join(facts.properties), _BETWEEN.join(facts.extensions))
        for path, stamp, facts in said
        if facts.properties or facts.extensions
    )


def _rows(path: str, key: str, word: str) -> list[Sequence[str]]:
    try:
        with store.Reader(path) as reader:
            text = reader.text(SECTION) if reader.key == key else ""
    except (OSError, store.Damaged):
        return []
    return [*store.rows_of(store.containing(text, word, text.lower()) if word else text, 4)]


def _items(field: str) -> tuple[str, ...]:
    return tuple(field.split(_BETWEEN)) if field else ()
