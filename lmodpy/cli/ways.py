"""What to type instead, after a module could not be found."""

from __future__ import annotations

import time

from lmodpy.cli.arguments import ML_WORDS, nearest
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

_MOST_VERSIONS = 8
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
    error.hint = _near(error.names, near, session)


def _near(names: Sequence[str], near: Sequence[str], session: Session) -> str:
    """Return a hint from names that are close, or the versions that there are of a name that is right."""
    roots = session.roots()
    if not roots:
        return "MODULEPATH is not set: `module use DIRECTORY`"
    right = [name for name in near if any(asked.startswith(name + "/") for asked in names)]
    versions = [m.full_name for root in roots for m in session.tree.all(root) if m.name in right and not m.hidden]
    if versions:
        return f"there are {', '.join(versions[:_MOST_VERSIONS])}{' …' * (len(versions) > _MOST_VERSIONS)}"
    if near:
        return f"did you mean {' or '.join(f'`{name}`' for name in dict.fromkeys(near[:3]))}?"
    commands = nearest(names[0], (word for word in ML_WORDS if len(word) > 2))
    return f"did you mean `ml {commands[0]}`?" if commands else "module avail"


def _suggest(error: ModuleNotFound, found: Sequence[Way], session: Session, wanted: Sequence[str]) -> None:
    best = min(found, key=lambda way: _cost(way, session))
    others = len({way.first for way in found}) - 1
    more = f" ({others} other way{'s' if others > 1 else ''} to it)" if others else ""
    opener = " and ".join(module.full_name for module in best.first)
    error.hint = f"module load {' '.join((*_missing(best, session), *wanted))}"
    error.text += (
        f"; {best.module.full_name} is there once {opener} {'is' if len(best.first) == 1 else 'are'} loaded{more}"
    )


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
