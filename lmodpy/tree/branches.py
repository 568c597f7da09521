"""From directories to modules: which leading part of a path is the module's name, and what its versions weigh."""

from __future__ import annotations

from lmodpy.names.version import MODULE_ALONE, above, canonical
from lmodpy.tree.directory import Modulefile, base_of
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import NamedTuple

    from lmodpy.tree.directory import Folders
    from lmodpy.tree.rcfiles import RcFiles
    from lmodpy.tree.rules import Rules
else:
    from lmodpy.values import NamedTuple

TREE_MARK, SYSTEM_MARK, USER_MARK = "^", "s", "u"


class Branch(NamedTuple):
    """What one root has under one short name; `nested` if there are versions in directories of their own.

    Tcl files are taken on trust: whoever takes one asks `Folders.is_modulefile`.
    """

    name: str
    files: tuple[Modulefile, ...]
    nested: bool = False


class Branches:
    """Groups the directories of a root into modules, looking only where it is asked to."""

    def __init__(self, folders: Folders, rc: RcFiles, max_depth: Mapping[str, int]) -> None:
        self._folders = folders
        self._rc = rc
        self._max_depth = {base_of(root): depth for root, depth in max_depth.items()}
        self._known: dict[tuple[str, str], Branch] = {}
        self._grounds: dict[str, tuple[tuple[Rules, ...], bool]] = {}
        self._orders: dict[str, str] = {}

    def along(self, root: str, text: str) -> list[Branch]:
        """Return the branches whose short names lead to a name, the shortest first; reads the rc files on the way."""
        base = here = base_of(root)
        if base not in self._grounds:
            self._grounds[base] = self._ground(base)
        folders = self._folders
        found: list[Branch] = []
        folder = ""
        parts = text.split("/")
        for level, part in enumerate(parts, 1):
            parent, here, folder = here, f"{here}/{part}", f"{folder}/{part}" if folder else part
            towards = parts[level] if level < len(parts) else ""
            exists = folders.has_folder(parent, part, towards)
            listing = folders.listing(here) if exists and not towards else None
            plain = listing and not (listing.folders or listing.defaults)  # as nearly always
            if plain or (exists and self._is_module(base, folder, level, towards)):
                if folders.holds_modules(here):
                    return [*found, self._module(root, folder)]
                exists = False
            alone = self._folders.file_of(parent, part)
            if alone:
                found.append(self._alone(root, folder, alone))
            if not exists:
                break
        return found

    def walk(
        self, root: str, folder: str = "", level: int = 0, parts: Collection[str] | None = None
    ) -> Iterator[Branch]:
        """Yield every branch of a root; with `parts` only those below these names in the folder."""
        base = base_of(root)
        listing = self._folders.listing(_join(base, folder))
        modules = set()
        for part in listing.folders:
            if parts is not None and part not in parts:
                continue
            inner = _join(folder, part)
            if not self._folders.holds_modules(_join(base, inner)):
                continue
            if self._is_module(base, inner, level + 1, ""):
                modules.add(part)
                yield self._module(root, inner)
            else:
                yield from self.walk(root, inner, level + 1)
        for part, path in listing.files.items():
            wanted = part not in modules and (parts is None or part in parts)
            if wanted and self._folders.is_modulefile(path):
                yield self._alone(root, _join(folder, part), path)

    def with_marks(self, files: list[Modulefile]) -> list[Modulefile]:
        """Return files that were found before, with the default marks of the user and the system."""
        if not any(rules.defaults for rules in self._rc.everywhere):
            return files
        return [self._with_mark(file) for file in files]

    def _with_mark(self, file: Modulefile) -> Modulefile:
        mark = self._mark(file.full_name) if file.version else ""
        if not mark:
            return file
        order = self._order(file.full_name.rpartition("/")[2])
        return file._replace(weight=file.weight[: -len(order)] + marked(order, mark), marked=True)

    def _is_module(self, base: str, folder: str, level: int, towards: str) -> bool:
        """Say whether a directory is a module's own, rather than one of a category that holds modules.

        `towards` is the sub-directory that the request names: if modules are there, no other need be looked into.
        """
        if level == self._max_depth.get(base) or self._rc.beside(base, folder) is not None:
            return True
        here = f"{base}/{folder}"
        if towards and self._folders.has_folder(here, towards) and self._folders.holds_modules(_join(here, towards)):
            return False
        return not self._folders.is_nested(here)

    def _module(self, root: str, name: str) -> Branch:
        known = self._known.get((root, name))
        if known is None:
            base = base_of(root)
            ground = self._grounds.get(base) or self._ground(base)
            level = made(_Level, (root, name, name, "", "", *ground))
            listing, nested = self._folders.listing(f"{base}/{name}"), False
            if listing.folders or listing.defaults:
                files, nested = self._versions(level), self._folders.is_nested(f"{base}/{name}")
            else:  # as nearly always
                files = [self._version(level, part, path, "") for part, path in listing.files.items()]
            if len(files) > 1:
                files.sort(key=lambda file: file.version, reverse=True)
            known = self._known[root, name] = made(Branch, (name, tuple(files), nested))
        return known

    def _ground(self, base: str) -> tuple[tuple[Rules, ...], bool]:
        """Return the rules that count everywhere in a root, and whether the user or the system marks any defaults."""
        tables = self._rc.tables(base)
        return tables, any(rules.defaults for rules in tables[:2])

    def _versions(self, level: _Level) -> list[Modulefile]:
        """Return the versions in a directory of a module and in the directories below."""
        base = base_of(level.root)
        rules = self._rc.beside(base, level.folder)
        default = rules.default if rules else ""
        if rules:
            level = level._replace(tables=(*level.tables, rules))
        listing = self._folders.listing(f"{base}/{level.folder}")
        found = [self._version(level, part, path, default) for part, path in listing.files.items()]
        for part in listing.folders:
            inner = f"{level.folder}/{part}"
            order = above(part)
            weight = marked(order, TREE_MARK if inner == default else "")
            found += self._versions(
                level._replace(folder=inner, order=level.order + order, weight=level.weight + weight)
            )
        return found

    def _version(self, level: _Level, part: str, path: str, default: str) -> Modulefile:
        root, name, folder, order, weight, tables, marks = level
        full_name = f"{folder}/{part}"
        own = self._order(part)
        mark = (marks and self._mark(full_name)) or (TREE_MARK if full_name == default else "")
        kind = self._rc.kind_of(name, full_name, path, tables)
        version, weight = full_name[len(name) + 1 :], weight + marked(own, mark)
        return made(Modulefile, (name, version, path, root, order + own, weight, kind, bool(mark), "", ""))

    def _alone(self, root: str, name: str, path: str) -> Branch:
        kind = self._rc.kind_of(name, name, path, self._rc.tables(base_of(root)))
        return Branch(name, (Modulefile(name, "", path, root, MODULE_ALONE, MODULE_ALONE, kind),))

    def _order(self, version: str) -> str:
        """Remember orders, since the same versions come again in many modules."""
        known = self._orders.get(version)
        if known is None:
            known = self._orders[version] = canonical(version)
        return known

    def _mark(self, full_name: str) -> str:
        user, system = self._rc.everywhere
        if full_name in user.defaults:
            return USER_MARK
        return SYSTEM_MARK if full_name in system.defaults else ""


class _Level(NamedTuple):
    """A directory of a module, with what the directories above it say."""

    root: str
    name: str
    folder: str
    order: str = ""
    weight: str = ""
    tables: tuple[Rules, ...] = ()
    marks: bool = False
    """Whether the user or the system marks any defaults."""


def _join(folder: str, part: str) -> str:
    """Join two parts of a path, of which the first may be empty and the second too."""
    return f"{folder}/{part}" if folder and part else folder or part


def marked(order: str, mark: str) -> str:
    """Return the weight of a version: its order, above every other if it has a mark."""
    return mark + order[1:] if mark else order
