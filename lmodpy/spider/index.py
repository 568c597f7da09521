"""What earlier commands have seen of the trees, and how it is made sure that it still holds.

Of each root there is a file (lmodpy/spider/store.py) with the modules that were found there, and a stamp of every
directory and rc file that was looked at for that. What was added, removed or marked since has changed a stamp, and then
that part of the root is looked at again. So the index makes commands faster, and never answers differently from the
file system. docs/design/index.md tells what was measured.
"""

from __future__ import annotations

import os
from contextlib import suppress
from zlib import crc32

from lmodpy import system
from lmodpy.modulefile.statements import Hide, ModuleAlias, ModuleVersion
from lmodpy.spider import store
from lmodpy.spider.survey import part_of, stamp_of, survey
from lmodpy.tree.directory import Modulefile, base_of
from lmodpy.tree.tree import Found
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from typing import NamedTuple

    from lmodpy.tree.choice import Options
else:
    from lmodpy.values import NamedTuple

WORTHWHILE = 100
"""A root with fewer directories is read as fast as a file about it."""
MOST_BYTES = 200_000_000
"""So much the user's directory may hold; what was written longest ago goes first."""
FORMAT = "2"
_ENDING = ".names"


class Places(NamedTuple):
    """Where index files lie: in the user's directory (empty for none), and in those of the site."""

    own: str = ""
    site: tuple[str, ...] = ()
    vouched: bool = False
    """Whether the site answers for its files, so that they are not compared with the file system."""


class Index:
    """The index files that count for a command, and what the command has seen besides."""

    def __init__(self, places: Places, options: Options, named: str = "") -> None:
        """`named` holds the settings behind the options, as text: what was seen with others does not count."""
        self._places = places
        self._options = options
        self._named = named
        self._news: dict[str, Found] = {}

    def found(self, root: str) -> Found:
        """Return what a root has now."""
        known: list[tuple[set[str], Found]] = []
        for place, vouched in self._in_order():
            stored = self._stored(place, root)
            if stored is not None:
                stale = set() if vouched else _stale(base_of(root), stored)
                if not stale:
                    return stored
                known.append((stale, stored))
        if not known:
            return self._learned(root, survey(root, self._options))
        stale, stored = min(known, key=lambda pair: len(pair[0]))
        return self._learned(root, self._renewed(root, stored, stale), stored)

    def save(self) -> None:
        """Write what was learned into the user's directory; a disk that is full or read-only is no trouble."""
        if not (self._news and self._places.own):
            return
        with suppress(OSError):
            os.makedirs(self._places.own, mode=0o700, exist_ok=True)
            for root, found in self._news.items():
                self.write(self._places.own, root, found)
            _prune(self._places.own)

    def write(self, place: str, root: str, found: Found) -> None:
        """Write the file of a root into a directory; raises OSError."""
        room = len(base_of(root)) + 1
        sections = {
            "entries": found.entries,
            "stamps": (f"{path}\t{stamp}" for path, stamp in found.stamps.items()),
            "ruled": store.table(row for folder, said in found.ruled.items() for row in _statement_rows(folder, said)),
            "live": found.live,
            "modules": store.table(_row(module, room) for module in found.modules),
        }
        store.write(_path(place, root), self._key(root), sections)

    def kept(self, place: str, root: str) -> Found | None:
        """Return what the file in a directory says about a root, changed since or not; None if there is none."""
        return self._stored(place, root)

    def _in_order(self) -> list[tuple[str, bool]]:
        own = [(self._places.own, False)] if self._places.own else []
        site = [(place, self._places.vouched) for place in self._places.site if place]
        return [*site, *own] if self._places.vouched else [*own, *site]

    def _stored(self, place: str, root: str) -> Found | None:
        """Return what a file says about a root, nothing if there is none or it cannot be believed."""
        try:
            reader = store.Reader(_path(place, root))
        except (OSError, store.Damaged):
            return None
        try:
            return self._read(reader, root) if reader.key == self._key(root) else None
        except store.Damaged:
            return None
        finally:
            reader.close()

    def _read(self, reader: store.Reader, root: str) -> Found:
        modules = _modules(reader.rows("modules"), root)
        stamps = {path: stamp for path, _, stamp in (line.rpartition("\t") for line in reader.lines("stamps"))}
        ruled = _statements(reader.rows("ruled"))
        return Found(modules, ruled, stamps, tuple(reader.lines("entries")), tuple(reader.lines("live")))

    def _renewed(self, root: str, stored: Found, stale: Collection[str]) -> Found:
        """Look again at the parts of a root that have changed, and take the others as they were."""
        parts = {part_of(path) for path in stale if path}
        if "" in stale:
            entries = survey(root, self._options, ()).entries
            parts |= {part_of(entry) for entry in set(entries) ^ set(stored.entries)}
        seen = survey(root, self._options, parts)
        room = len(base_of(root)) + 1
        return Found(
            [module for module in stored.modules if part_of(module.path[room:]) not in parts] + seen.modules,
            {**{folder: stored.ruled[folder] for folder in _outside(stored.ruled, parts)}, **seen.ruled},
            {**{path: stored.stamps[path] for path in _outside(stored.stamps, parts)}, **seen.stamps},
            seen.entries,
            tuple(sorted({*_outside(stored.live, parts), *seen.live})),
        )

    def _learned(self, root: str, found: Found, stored: Found | None = None) -> Found:
        if len(found.stamps) >= WORTHWHILE and (stored is None or found.stamps != stored.stamps):
            self._news[root] = found
        return found

    def _key(self, root: str) -> str:
        made_for = os.uname()
        return f"{FORMAT} {made_for.sysname} {made_for.machine} {self._named} {root}"


def changes(root: str, found: Found) -> int:
    """Return how many directories and files of a root are not as they were found."""
    return len(_stale(base_of(root), found))


def file_of(place: str, root: str) -> str:
    """Return the path of the file about a root in a directory of index files."""
    return _path(place, root)


def files_in(place: str) -> list[str]:
    """Return the paths of all index files in a directory."""
    try:
        return sorted(f"{place}/{name}" for name in system.listdir(place) if name.endswith(_ENDING))
    except OSError:
        return []


def _stale(base: str, stored: Found) -> set[str]:
    """Return the paths below a root that are not as they were."""
    return {path for path, stamp in stored.stamps.items() if stamp_of(f"{base}/{path}") != stamp}


def _outside(paths: Iterable[str], parts: Collection[str]) -> list[str]:
    return [path for path in paths if part_of(path) not in parts]


def _statement_rows(folder: str, said: Sequence[object]) -> Iterator[tuple[str, ...]]:
    """Write what a default file says; the numbers keep the order."""
    yield folder, ""
    for number, each in enumerate(said):
        if isinstance(each, ModuleVersion):
            yield folder, f"{number:04}", "version", each.target, *each.names
        elif isinstance(each, ModuleAlias):
            yield folder, f"{number:04}", "alias", *each
        elif isinstance(each, Hide):
            yield folder, f"{number:04}", "hide", *each.names


def _statements(rows: Iterable[Sequence[str]]) -> dict[str, Sequence[object]]:
    found: dict[str, list[object]] = {}
    for folder, number, *said in rows:
        statements = found.setdefault(folder, [])
        if number:
            statements.append(_SAID[said[0]](*said[1:]))
    return dict(found)


_SAID: dict[str, Callable[..., object]] = {
    "version": lambda target, *names: ModuleVersion(target, names),
    "alias": ModuleAlias,
    "hide": lambda *names: Hide(names),
}


def _row(module: Modulefile, room: int) -> tuple[str, ...]:
    first = f"{module.name}/{module.order}"
    return first, module.name, module.version, module.path[room:], module.weight, module.kind, "*" * module.marked


def _modules(rows: Iterable[Sequence[str]], root: str) -> list[Modulefile]:
    """Return the modules of a root; they may be ten thousand, so each is made in one step."""
    base = base_of(root)
    return [
        made(
            Modulefile,
            (name, version, f"{base}/{path}", root, first[len(name) + 1 :], weight, kind, mark == "*", "", ""),
        )
        for first, name, version, path, weight, kind, mark in rows
    ]


def _path(place: str, root: str) -> str:
    name = system.encode(root)
    return f"{place}/{crc32(name):08x}{crc32(name[::-1]):08x}{_ENDING}"


def _prune(place: str) -> None:
    """Take away the oldest files of a directory that has become too large."""
    files = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(place))
    excess = sum(size for _, size, _ in files) - MOST_BYTES
    for _, size, path in files:
        if excess <= 0:
            return
        with suppress(OSError):
            os.unlink(path)
        excess -= size
