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
from lmodpy.spider.survey import part_of, stamp_of, stamps_of, survey
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
FORMAT = "4"
NAMES, FACTS = ".names", ".facts"
"""How the names of files about a root end: which modules there are, and what they say about themselves."""


class Places(NamedTuple):
    """Where index files lie: in the user's directory (empty for none), and in those of the site."""

    own: str = ""
    site: tuple[str, ...] = ()
    vouched: bool = False
    """Whether the site answers for its files, so that they are not compared with the file system."""


class Stored(Found):
    """What a file tells of a root; most of it is taken apart only when it is asked for."""

    def __init__(self, reader: store.Reader, root: str) -> None:
        """Read the file; raises Damaged."""
        super().__init__([], live=tuple(reader.lines("live")))
        self._root = root
        self._text, self._folders, self._marks = map(reader.text, ("modules", "entries", "marks"))
        self._telling = _statements(reader.rows("telling"))
        self._watched, self._as_they_were = reader.lines("watched"), reader.lines("stamps")
        if len(self._watched) != len(self._as_they_were):
            raise store.Damaged  # there is a line break in a path
        self._made = False
        self._low = ""

    @property
    def modules(self) -> list[Modulefile]:
        """The modules of the root."""
        if not self._made:
            self._made = True
            self._modules = modules_of(self._text, self._root)
        return self._modules

    @property
    def size(self) -> int:
        """How many there are."""
        return self._text.count("\n")

    @property
    def entries(self) -> tuple[str, ...]:
        """What lies in the root's own directory."""
        return tuple(self._folders.split("\n")[:-1])

    @property
    def ruled(self) -> Mapping[str, Sequence[object]]:
        """What the default files say, by their folders."""
        marks = {folder: (ModuleVersion(target, ("default",)),) for folder, target in store.rows_of(self._marks, 2)}
        return {**marks, **self._telling}

    @property
    def telling(self) -> Mapping[str, Sequence[object]]:
        """Those that say more than which version is the default."""
        return self._telling

    @property
    def stamps(self) -> Mapping[str, str]:
        """The stamps by path."""
        if not self._stamps:
            self._stamps = dict(zip(self._watched, self._as_they_were, strict=True))
        return self._stamps

    def containing(self, text: str) -> list[Modulefile]:
        """Return all modules whose full names have a text in them; few others."""
        if self._made or not text or not _ESCAPED.isdisjoint(text):
            return super().containing(text)
        self._low = self._low or self._text.lower()
        return modules_of(store.containing(self._text, text, self._low), self._root)

    def has_changed(self) -> bool:
        """Say whether a stamp is not as it was."""
        return stamps_of(base_of(self._root), self._watched) != self._as_they_were


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
            return self._learned(root, survey(root, self._options))
        stale, best = min(known, key=lambda pair: len(pair[0]))
        return self._learned(root, self._renewed(root, best, stale), best)

    def save(self) -> None:
        """Write what was learned into the user's directory; a disk that is full or read-only is no trouble."""
        own, news, tasks = self._places.own, self._news, self._tasks
        self._news, self._tasks = {}, []
        if not (own and (news or tasks)):
            return
        with suppress(OSError):
            if news:
                make_place(own)
            for root, found in news.items():
                self.write(own, root, found)
            written = [task(own) for task in tasks]
            if news or any(written):
                _prune(own)

    def write(self, place: str, root: str, found: Found) -> None:
        """Write the file of a root into a directory; raises OSError."""
        room = len(base_of(root)) + 1
        watched = sorted(found.stamps)
        marks = {folder: target for folder, said in found.ruled.items() if (target := _only_marked(said))}
        telling = {folder: said for folder, said in found.ruled.items() if folder not in marks}
        sections = {
            "entries": found.entries,
            "watched": watched,
            "stamps": [found.stamps[path] for path in watched],
            "marks": store.listed(marks.items()),
            "telling": store.table(row for folder, said in telling.items() for row in _statement_rows(folder, said)),
            "live": found.live,
            "modules": rows_of(found.modules, room),
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
            reader = store.Reader(_path(place, root, NAMES))
        except (OSError, store.Damaged):
            return None
        try:
            return Stored(reader, root) if reader.key == self.key(root) else None
        except store.Damaged:
            return None
        finally:
            reader.close()

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

    def key(self, root: str) -> str:
        """Return what a file about a root must have as its key to be believed."""
        made_for = os.uname()
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
    above = os.path.dirname(place)
    for each in (above, place):
        with suppress(FileExistsError):
            os.mkdir(each, mode=0o700)


def state_of(found: Found) -> str:
    """Return a text that is another one when other modules are found in a root."""
    watched = sorted(found.stamps)
    text = "\n".join((*watched, *map(found.stamps.__getitem__, watched)))
    return f"{len(watched)} {crc32(system.encode(text)):08x}"


def files_in(place: str) -> list[str]:
    """Return the paths of all index files in a directory."""
    try:
        return sorted(f"{place}/{name}" for name in system.listdir(place) if name.endswith((NAMES, FACTS)))
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


def _only_marked(said: Sequence[object]) -> str:
    """Return the version that a default file marks, if that is all that it says."""
    first = said[0] if len(said) == 1 else None
    return first.target if isinstance(first, ModuleVersion) and first.names == ("default",) else ""


def rows_of(modules: Iterable[Modulefile], room: int) -> list[str]:
    """Return what is kept of modules, in their order, as lines; the path of their root has so many characters.

    What follows from the other fields is left out: mostly the path, and the weight of what is not marked.
    """
    return store.listed(
        (
            module.name,
            module.full_name,
            "" if path == f"{module.full_name}.lua" else path,
            module.order,
            "" if module.weight == module.order else module.weight,
            module.kind,
            "*" * module.marked,
        )
        for _, path, module in sorted((in_list(module), module.path[room:], module) for module in modules)
    )


def modules_of(text: str, root: str) -> list[Modulefile]:
    """Return the modules of a root in such lines; they may be ten thousand, so each is made in one step."""
    base = base_of(root)
    return [
        made(
            Modulefile,
            (
                name,
                full_name[len(name) + 1 :],
                f"{base}/{path or full_name + '.lua'}",
                root,
                order,
                weight or order,
                kind,
                mark == "*",
                "",
                "",
            ),
        )
        for name, full_name, path, order, weight, kind, mark in store.rows_of(text, 7)
    ]


def _path(place: str, root: str, ending: str) -> str:
    name = system.encode(root)
    return f"{place}/{crc32(name):08x}{crc32(name[::-1]):08x}{ending}"


def _prune(place: str) -> None:
    """Take away the oldest files of a directory that has become too large."""
    files: list[tuple[float, int, str]] = []
    with os.scandir(place) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # somebody else has just written it
                files.append((entry.stat().st_mtime, entry.stat().st_size, entry.path))
    excess = sum(size for _, size, _ in files) - MOST_BYTES
    for _, size, path in sorted(files):
        if excess <= 0:
            return
        with suppress(OSError):
            os.unlink(path)
        excess -= size
