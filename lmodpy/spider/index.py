"""What earlier commands have seen of the trees, and how it is made sure that it still holds.

Of each root there is a file (lmodpy/spider/store.py) with the modules that were found there, and a stamp of every
directory and rc file that was looked at for that. What was added, removed or marked since has changed a stamp, and then
that part of the root is looked at again. So the index makes commands faster, and never answers differently from the
file system. docs/design/index.md tells what was measured.
"""

from __future__ import annotations

import posix
import time
from zlib import crc32

from lmodpy import system
from lmodpy.spider import store
from lmodpy.spider.stamps import differing, part_of
from lmodpy.tree.directory import Modulefile, base_of
from lmodpy.tree.tree import Found, in_list
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from typing import NamedTuple

    from lmodpy.tree.choice import Options
else:
    from lmodpy.values import NamedTuple

WORTHWHILE = 20
"""A root with fewer directories is read as fast as a file about it."""
MOST_BYTES = 200_000_000
"""So much the user's directory may hold; what was written longest ago goes first."""
_LONGEST = 3600.0
"""Seconds after which nobody is still writing a file."""
FORMAT = "8"
NAMES, FACTS = ".names", ".facts"
"""How the names of files about a root end: which modules there are, and what they say about themselves."""


class Outdated(Exception):
    """More has changed than what was looked at, so the question has to be asked again, with all of it."""


class Places(NamedTuple):
    """Where index files lie: in the user's directory (empty for none), and in those of the site."""

    own: str = ""
    site: tuple[str, ...] = ()
    vouched: bool = False
    """Whether the site answers for its files, so that they are not compared with the file system."""


class Stored(Found):
    """What a file tells of a root; most of it is taken apart only when it is asked for.

    Where the reader has not read the whole file, whatever is asked may raise Damaged.
    """

    def __init__(self, reader: store.Reader, root: str, near: str = "") -> None:
        """`near`: of names, only those with this text in them will be asked for; raises Damaged if something lacks."""
        super().__init__([], live=tuple(reader.lines("live")))
        self._root = root
        self._near = near
        self._reader = reader
        self._telling: dict[str, Sequence[object]] = {}
        lines = reader.lines("telling")
        if lines:
            from lmodpy.spider.ruled import telling  # noqa: PLC0415 - few default files do more than mark a version

            self._telling = telling(lines)
        if any(name not in reader for name in ("modules", "entries", "marks", "watched", "branching", "size")):
            raise store.Damaged
        self._made = False
        self._text = self._low = ""

    @property
    def modules(self) -> list[Modulefile]:
        """The modules of the root."""
        if not self._made:
            self._made = True
            self._modules = modules_of(store.rows_of(self._rows, ROW), self._root)
        return self._modules

    @property
    def _rows(self) -> str:
        self._text = self._text or self._reader.text("modules")
        return self._text

    @property
    def size(self) -> int:
        """How many there are."""
        return int(self._reader.text("size"))

    @property
    def entries(self) -> tuple[str, ...]:
        """What lies in the root's own directory."""
        return tuple(self._reader.lines("entries"))

    @property
    def ruled(self) -> Mapping[str, Sequence[object]]:
        """What the default files say, by their folders."""
        from lmodpy.spider.ruled import marking  # noqa: PLC0415 - seldom asked for, since modules know that

        return {**marking(self._reader.text("marks")), **self._telling}

    @property
    def telling(self) -> Mapping[str, Sequence[object]]:
        """Those that say more than which version is the default."""
        return self._telling

    @property
    def stamps(self) -> Mapping[str, str]:
        """The stamps by path."""
        if not self._stamps:
            self._stamps = dict(self._stamped(self._reader.text("watched")))
        return self._stamps

    @property
    def state(self) -> str:
        """A text that is another one where there is something else."""
        return f"{self._reader.checksum('watched'):08x} {self._reader.checksum('modules'):08x}"

    def _stamped(self, text: str) -> Iterable[tuple[str, str]]:
        return store.rows_of(text, 2)  # type: ignore[return-value]

    def containing(self, text: str) -> list[Modulefile]:
        """Return all modules whose full names have a text in them; few others."""
        if self._made or not text or not _ESCAPED.isdisjoint(text):
            return super().containing(text)
        if self._near:
            near = self._reader.blocks("modules", self._near)
            return modules_of(store.rows_of(store.containing(near, text, near.lower()), ROW), self._root)
        self._low = self._low or self._rows.lower()
        return modules_of(store.rows_of(store.containing(self._text, text, self._low), ROW), self._root)

    def has_changed(self) -> bool:
        """Say whether a stamp is not as it was.

        If only some names will be asked for, only those count that decide on them: of what has the text in its path,
        and of directories with others in them.
        """
        ask = self._reader
        text = ask.holding("watched", self._near) + ask.text("branching") if self._near else ask.text("watched")
        return bool(differing(base_of(self._root), dict(self._stamped(text))))


_ESCAPED = frozenset("\\\t\n")


class Index:
    """The index files that count for a command, and what the command has seen besides."""

    def __init__(self, places: Places, options: Options, named: str = "", said_with: str = "") -> None:
        """`named` holds the settings behind the options, as text: what was seen with others does not count.

        `said_with` is what else decides on what modulefiles say.
        """
        self._said_with = said_with
        self._places = places
        self._options = options
        self._named = named
        self._news: dict[str, Found] = {}
        self._tasks: list[Callable[[str], bool]] = []
        self.meanwhile: Callable[[Sequence[Modulefile]], None] = lambda _: None
        """Is told, while a root is looked at of which nothing is known, what is found there."""
        self.sparing = False
        """Whether only what is needed of files is read; then anything may raise Damaged, and has to be asked again."""
        self.briefly = False
        """Whether of what modulefiles say only overviews have to be right."""
        self.near = ""
        """If only names with this text (in lower case) in them matter, other directories need not be compared."""

    def is_near(self, found: Found) -> bool:
        """Say whether only the stamps were compared, of what was found, that matter for `near`."""
        return bool(self.near) and isinstance(found, Stored)

    def found(self, root: str) -> Found:
        """Return what a root has now."""
        known: list[tuple[set[str], Found]] = []
        for place, vouched in self._in_order():
            stored = self._stored(place, root)
            if stored is not None:
                stale = set() if vouched or not stored.has_changed() else _stale(base_of(root), stored)
                if not stale:
                    return stored
                known.append((stale, stored))
        if not known:
            return self._learned(root, self._look(root, meanwhile=self.meanwhile))
        stale, best = min(known, key=lambda pair: len(pair[0]))
        return self._learned(root, self._renewed(root, best, stale), best)

    def save(self) -> None:
        """Write what was learned into the user's directory; a disk that is full or read-only is no trouble."""
        own, news, tasks = self._places.own, self._news, self._tasks
        self._news, self._tasks = {}, []
        if not (own and (news or tasks)):
            return
        try:
            if news:
                make_place(own)
            for root, found in news.items():
                self.write(own, root, found)
            written = [task(own) for task in tasks]
            if news or any(written):
                _prune(own)
        except (OSError, store.Damaged):
            return

    def write(self, place: str, root: str, found: Found) -> None:
        """Write the file of a root into a directory; raises OSError."""
        from lmodpy.spider.ruled import sections as ruled  # noqa: PLC0415 - most commands write nothing

        room = len(base_of(root)) + 1
        sections = {
            "branching": _watched(_branching(found.stamps)),
            "live": found.live,
            "size": [str(len(found.modules))],
            **ruled(found.ruled),
            "watched": _watched(found.stamps),
            "entries": found.entries,
            **store.labelled("modules", _by_name(found.modules, room)),
        }
        store.write(_path(place, root, NAMES), self.key(root), sections)

    def kept(self, place: str, root: str) -> Found | None:
        """Return what the file in a directory says about a root, changed since or not; None if there is none."""
        return self._stored(place, root)

    def facts_files(self, root: str) -> list[tuple[str, bool]]:
        """Return where the facts of modulefiles may be kept, the best first, and whether the site vouches for them."""
        return [(facts_file(place, root), vouched) for place, vouched in self._in_order()]

    def afterwards(self, task: Callable[[str], bool]) -> None:
        """Let something else be written when this is, into the same directory.

        `task` says whether it has written; it may raise OSError.
        """
        self._tasks.append(task)

    def _in_order(self) -> list[tuple[str, bool]]:
        own = [(self._places.own, False)] if self._places.own else []
        site = [(place, self._places.vouched) for place in self._places.site if place]
        return [*site, *own] if self._places.vouched else [*own, *site]

    def _stored(self, place: str, root: str) -> Stored | None:
        """Return what a file says about a root, nothing if there is none or it cannot be believed."""
        try:
            with store.Reader(_path(place, root, NAMES), whole=not self.sparing) as reader:
                return Stored(reader, root, self.near) if reader.key == self.key(root) else None
        except (OSError, store.Damaged):
            return None

    def _renewed(self, root: str, stored: Found, stale: Collection[str]) -> Found:
        """Look again at the parts of a root that have changed, and take the others as they were."""
        parts = {part_of(path) for path in stale if path}
        if "" in stale:
            entries = self._look(root, ()).entries
            parts |= {part_of(entry) for entry in set(entries) ^ set(stored.entries)}
        seen = self._look(root, parts)
        room = len(base_of(root)) + 1
        return Found(
            [module for module in stored.modules if part_of(module.path[room:]) not in parts] + seen.modules,
            {**{folder: stored.ruled[folder] for folder in _outside(stored.ruled, parts)}, **seen.ruled},
            {**{path: stored.stamps[path] for path in _outside(stored.stamps, parts)}, **seen.stamps},
            seen.entries,
            tuple(sorted({*_outside(stored.live, parts), *seen.live})),
        )

    def _look(
        self,
        root: str,
        parts: Collection[str] | None = None,
        meanwhile: Callable[[Sequence[Modulefile]], None] = lambda _: None,
    ) -> Found:
        """Look at a root, or at some parts of it."""
        from lmodpy.spider.survey import survey  # noqa: PLC0415 - mostly all is known

        return survey(root, self._options, parts, meanwhile)

    def _learned(self, root: str, found: Found, stored: Found | None = None) -> Found:
        if len(found.stamps) >= WORTHWHILE and (stored is None or found.stamps != stored.stamps):
            self._news[root] = found
        return found

    def key(self, root: str) -> str:
        """Return what a file about a root must have as its key to be believed."""
        made_for = posix.uname()
        return f"{FORMAT} {made_for.sysname} {made_for.machine} {self._named} {root}"

    def facts_key(self, root: str) -> str:
        """Return what a file about the facts of a root must have as its key."""
        return f"{self.key(root)} {self._said_with}"


def changes(root: str, found: Found) -> int:
    """Return how many directories and files of a root are not as they were found."""
    return len(_stale(base_of(root), found))


def file_of(place: str, root: str) -> str:
    """Return the path of the file about a root in a directory of index files."""
    return _path(place, root, NAMES)


def facts_file(place: str, root: str) -> str:
    """Return the path of the file about what the modulefiles of a root say."""
    return _path(place, root, FACTS)


def make_place(place: str) -> None:
    """Make the user's directory for index files, and the one above it: not a home that there is not; raises OSError."""
    for each in (place.rpartition("/")[0], place):
        try:
            posix.mkdir(each, mode=0o700)
        except FileExistsError:
            continue


def state_of(found: Found, root: str) -> str:
    """Return a text that is another one when other modules are found in a root."""
    if isinstance(found, Stored):
        return found.state
    sections = _watched(found.stamps), rows_of(found.modules, len(base_of(root)) + 1)
    return " ".join(f"{store.checksum(lines):08x}" for lines in sections)


def _watched(stamps: Mapping[str, str]) -> list[str]:
    return store.listed((path, stamps[path]) for path in sorted(stamps))


def _branching(stamps: Mapping[str, str]) -> dict[str, str]:
    """Return the stamps of the root, and of directories in which there are others."""
    above = {"", *(path[:-1].rpartition("/")[0] + "/" for path in stamps if path.count("/") > 1 and path[-1] == "/")}
    return {path: stamp for path, stamp in stamps.items() if path in above}


def files_in(place: str) -> list[str]:
    """Return the paths of all index files in a directory."""
    try:
        return sorted(f"{place}/{name}" for name in system.listdir(place) if name.endswith((NAMES, FACTS)))
    except OSError:
        return []


def _stale(base: str, stored: Found) -> set[str]:
    """Return the paths below a root that are not as they were."""
    return {*differing(base, stored.stamps)}


def _outside(paths: Iterable[str], parts: Collection[str]) -> list[str]:
    return [path for path in paths if part_of(path) not in parts]


def rows_of(modules: Iterable[Modulefile], room: int) -> list[str]:
    """Return what is kept of modules, as they stand in lists, as lines; see `row_of`."""
    return store.listed(row_of(module, room) for module in sorted(modules, key=in_list))


def _by_name(modules: Iterable[Modulefile], room: int) -> Iterator[tuple[str, list[str]]]:
    """Yield the same in blocks, each with a label that has in it all that decides on whether a full name has a text.

    That is the name, and of versions those with slashes in them; in others a text with a slash can only begin.
    """
    from itertools import groupby  # noqa: PLC0415 - most commands write nothing

    for name, group in groupby(sorted(modules, key=in_list), lambda module: module.name):
        block = [*group]
        deep = [module.version for module in block if "/" in module.version]
        yield "/".join((name, *deep)), store.listed(row_of(module, room) for module in block)


def row_of(module: Modulefile, room: int) -> tuple[str, ...]:
    """Return what is kept of a module; the path of its root has so many characters, with a slash.

    What follows from the other fields is left out: mostly the path, and the weight of what is not marked.
    """
    full_name, path = module.full_name, module.path[room:]
    path = "" if path == f"{full_name}.lua" else path
    weight = "" if module.weight == module.order else module.weight
    return module.name, full_name, path, module.order, weight, module.kind, "*" * module.marked


def modules_of(rows: Iterable[Sequence[str]], root: str) -> list[Modulefile]:
    """Return the modules of a root in such rows; they may be ten thousand, so each is made in one step."""
    base = base_of(root)
    made_of = f"{base}/%s.lua".__mod__
    return [
        made(
            Modulefile,
            (
                *(name, full_name[len(name) + 1 :], f"{base}/{path}" if path else made_of(full_name), root),
                *(order, weight or order, kind, mark == "*", "", ""),
            ),
        )
        for name, full_name, path, order, weight, kind, mark in rows
    ]


ROW = 7
"""So many fields a row has."""


def _path(place: str, root: str, ending: str) -> str:
    name = system.encode(root)
    return f"{place}/{crc32(name):08x}{crc32(name[::-1]):08x}{ending}"


def _prune(place: str) -> None:
    """Take away what killed commands have left in a directory, and its oldest files if it has become too large."""
    files: list[tuple[float, int, str]] = []
    with posix.scandir(place) as entries:
        for entry in entries:
            try:
                files.append((entry.stat().st_mtime, entry.stat().st_size, entry.path))
            except FileNotFoundError:  # somebody else has just written it
                continue
    excess = sum(size for _, size, _ in files) - MOST_BYTES
    begun = time.time() - _LONGEST
    for written, size, path in sorted(files):
        if excess > 0 or (written < begun and path.endswith(".new")):
            system.remove(path)
            excess -= size
