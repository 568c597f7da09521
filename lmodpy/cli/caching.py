"""The index files of a site: made, looked at and taken away by those who look after it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from functools import partial

from lmodpy import system
from lmodpy.cli.beside import beside
from lmodpy.cli.indexing import evaluated_with, named, places
from lmodpy.cli.trees import tree_options
from lmodpy.errors import LmodError, UsageError
from lmodpy.spider.index import WORTHWHILE, Index, Places, changes, facts_file, file_of, files_in, state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NamedTuple

    from lmodpy.cli.context import Context
    from lmodpy.spider.memory import Memory
    from lmodpy.tree.tree import Found, Options
else:
    from lmodpy.values import NamedTuple

_LONG = 3600
"""Seconds that no build takes for one file."""


class Update(NamedTuple):
    """What has become of the files in a directory, and what is different."""

    roots: int
    """About how many directories of modulefiles there are files."""
    written: int
    """About how many there are new ones."""
    new: tuple[str, ...]
    """The paths of modulefiles that were not known."""
    changed: tuple[str, ...]
    """Those that have been written to since."""
    removed: tuple[str, ...]


class Served(NamedTuple):
    """How a directory of modulefiles is served."""

    root: str
    by: str
    """The index file, empty if there is none."""
    owner: str
    """Whose that is: the `site`'s or the `user`'s."""
    age: float
    """Seconds since it was written."""
    modules: int
    stale: int
    """How many directories and files have changed since, and are looked at again."""


class Noting(Index):
    """An index that knows what was kept in a directory before, and what there is now."""

    def __init__(self, place: str, options: Options, named: str, said_with: str) -> None:
        super().__init__(Places(place), options, named, said_with)
        self._place = place
        self._before: dict[str, Found | None] = {}
        self._now: dict[str, Found] = {}

    def found(self, root: str) -> Found:
        """Return what a root has now."""
        self._before[root] = self.kept(self._place, root)
        self._now[root] = super().found(root)
        return self._now[root]

    def update(self, memory: Memory) -> Update:
        """Write what is new about the roots that were asked for, and about their modulefiles; raises OSError."""
        os.makedirs(self._place, exist_ok=True)
        _sweep(self._place)
        new, changed, removed, written = [], [], [], 0
        for root, now in self._now.items():
            before = self._before[root]
            others = before is None or state_of(before, root) != state_of(now, root)
            if others:
                known = {module.path for module in before.modules} if before else set()
                there = {module.path for module in now.modules}
                new += sorted(there - known)
                removed += sorted(known - there)
            changed += sorted({*memory.changed(root)} - {*new})
            named = beside(partial(self._write_names, root), now.size) if others else bytes
            said_otherwise = memory.news(root)
            try:
                if said_otherwise:
                    memory.write(root, facts_file(self._place, root), beside)
            except OSError:
                named()  # most probably that had the same trouble before
                raise
            named()
            written += others or said_otherwise
        return Update(len(self._now), written, tuple(new), tuple(changed), tuple(removed))

    def _write_names(self, root: str) -> bytes:
        self.write(self._place, root, self._now[root])
        return b""


def noting(admin: Context, place: str) -> Noting:
    """Let a command keep in a directory what it finds; only that counts for it of what is known already."""
    options = tree_options(admin, admin.evaluators)
    made = Noting(place, options, named(admin.settings), evaluated_with(admin))
    admin.index = made
    return made


def place_for(admin: Context, named: str) -> str:
    """Return where index files go: where the admin says, where the site has them, or where the user has them."""
    known = places(admin)
    if named:
        return os.path.abspath(named)
    if len(known.site) > 1:
        raise UsageError("LMOD_SPIDER_CACHE_DIRS names several directories", hint="--dir says which of them is meant")
    place = (*known.site, known.own)[0]
    if not place:
        raise UsageError("where are the index files to be?", hint="--dir DIRECTORY, or set LMOD_SPIDER_CACHE_DIRS")
    return place


def served(admin: Context, roots: Sequence[str]) -> list[Served]:
    """Return for each directory of modulefiles by whom it is served."""
    known = places(admin)
    index = Index(known, tree_options(admin, admin.evaluators), named(admin.settings))
    own = [(known.own, "user")] if known.own else []
    site = [(place, "site") for place in known.site]
    order = [*site, *own] if known.vouched else [*own, *site]
    return [_served(index, root, order, vouched=known.vouched) for root in roots]


def _served(index: Index, root: str, order: Sequence[tuple[str, str]], *, vouched: bool) -> Served:
    """Return the first file that is up to date, else the one of which least has changed: as commands choose."""
    found = []
    for place, owner in order:
        kept = index.kept(place, root)
        if kept is not None:
            path = file_of(place, root)
            stale = 0 if vouched and owner == "site" else changes(root, kept)
            found.append(Served(root, path, owner, time.time() - system.stat(path).st_mtime, len(kept.modules), stale))
    return min(found, key=lambda each: each.stale, default=Served(root, "", "", 0, 0, 0))


def clear(place: str) -> int:
    """Take away all index files of a directory, and say how many there were; raises LmodError."""
    paths = files_in(place)
    for path in paths:
        try:
            os.unlink(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise LmodError(f"cannot take away {path}: {error.strerror}") from None
    return len(paths)


def _sweep(place: str) -> None:
    """Take away what builds have left that were killed long ago."""
    for entry in os.scandir(place):
        with suppress(OSError):  # somebody else has just put it into its place
            if entry.name.endswith(".new") and entry.stat(follow_symlinks=False).st_mtime < time.time() - _LONG:
                os.unlink(entry.path)


SMALL = f"fewer than {WORTHWHILE} directories are as fast without"
"""Why a user's directory of index files may have none about a root."""
