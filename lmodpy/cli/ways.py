"""What to type instead, after a module could not be found."""

from __future__ import annotations

import time

from lmodpy.errors import LmodError
from lmodpy.names.request import Request
from lmodpy.spider.crawl import Way, search

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmodpy.errors import ModuleNotFound
    from lmodpy.modulefile.operations import Call
    from lmodpy.session.session import Session
    from lmodpy.tree.directory import Modulefile

SEARCH_SECONDS = 2.0
"""How long a failed command may search for what could have been meant."""


def explain(error: ModuleNotFound, session: Session, wanted: Sequence[str]) -> None:
    """Give the error a hint: the command that would load the module, or names that are near."""
    deadline = time.monotonic() + SEARCH_SECONDS
    near: list[str] = []
    for name in error.names:
        seen = search(
            Request.parse(name),
            session.roots(),
            session.tree,
            lambda module: _read(session, module),
            lambda: time.monotonic() < deadline,
        )
        if seen.ways:
            _suggest(error, seen.ways, session, wanted)
            return
        near += session.tree.similar(name, seen.roots)
    error.hint = (
        f"did you mean {' or '.join(f'`{name}`' for name in dict.fromkeys(near[:3]))}?" if near else "module avail"
    )


def _suggest(error: ModuleNotFound, found: Sequence[Way], session: Session, wanted: Sequence[str]) -> None:
    best = min(found, key=lambda way: _cost(way, session))
    others = len({way.first for way in found}) - 1
    more = f" ({others} other way{'s' if others > 1 else ''} to it)" if others else ""
    opener = " and ".join(module.full_name for module in best.first)
    error.hint = f"module load {' '.join((*_missing(best, session), *wanted))}"
    error.text += f"; {best.module.full_name} is there once {opener} is loaded{more}"


def _cost(way: Way, session: Session) -> tuple[int, int, int]:
    """Rank a way: least to unload, least to load, most defaults."""
    loaded = {module.name: module.full_name for module in session.loaded.active()}
    changed = sum(module.name in loaded and loaded[module.name] != module.full_name for module in way.first)
    unusual = sum(not session.tree.is_default(module, [module.root]) for module in way.first)
    return changed, len(_missing(way, session)), unusual


def _missing(way: Way, session: Session) -> list[str]:
    loaded = {module.full_name for module in session.loaded.active()}
    return [module.full_name for module in way.first if module.full_name not in loaded]


def _read(session: Session, module: Modulefile) -> Sequence[Call]:
    try:
        return session.read(module, "spider").journal
    except LmodError:
        return ()
