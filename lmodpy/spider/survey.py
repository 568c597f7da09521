"""A look at all of a root that can be kept: what lies there for everyone, and what would tell that it has changed.

Rules of users and of the site, and what a tree hides, are left out: they count when the modules are listed.
"""

from __future__ import annotations

import time

from lmodpy import system
from lmodpy.errors import LmodError
from lmodpy.modulefile.statements import Hide, ModuleAlias, ModuleVersion
from lmodpy.spider.stamps import is_old, part_of, stamp_of
from lmodpy.tree.branches import Branches
from lmodpy.tree.directory import Folders, base_of
from lmodpy.tree.rcfiles import RcFiles
from lmodpy.tree.rules import Rules
from lmodpy.tree.tree import Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from lmodpy.tree.choice import Options
    from lmodpy.tree.directory import Listing, Modulefile
    from lmodpy.tree.limits import Limits


def survey(
    root: str,
    options: Options,
    parts: Collection[str] | None = None,
    meanwhile: Callable[[Sequence[Modulefile]], None] = lambda _: None,
) -> Found:
    """Look at a root, or only at some of the parts that its directory has; `meanwhile` is told what is found."""
    now = time.time_ns()
    base = base_of(root)
    folders = _Watching(options.is_ignored, options.allow_tcl)
    rules = _Plain(folders)
    branches = Branches(folders, rules, options.max_depth or {})
    listing = folders.listing(base)
    modules: list[Modulefile] = []
    for branch in branches.walk(root, parts=parts):
        genuine = [file for file in branch.files if folders.is_modulefile(file.path)]
        meanwhile(genuine)
        modules += genuine
    room = len(base) + 1
    ruled = rules.ruled(base, sorted(path[room:-1] for path in folders.stamps if path[room:].endswith("/")))
    live = {part_of(path[room:]) for path in (*rules.varying, *folders.closed)}
    if not folders.is_open(base):
        folders.stamps[f"{base}/"] = ""  # to be looked at by each user
    seen = {path[room:]: stamp for path, stamp in folders.stamps.items()}
    return Found(
        [file for file in modules if part_of(file.path[room:]) not in live],
        {folder: said for folder, said in ruled.items() if part_of(f"{folder}/") not in live},
        {path: stamp if is_old(stamp, now) else "" for path, stamp in seen.items()},
        entries_of(listing),
        tuple(sorted(live)),
    )


def entries_of(listing: Listing) -> tuple[str, ...]:
    """Return what a root's directory holds, so that two listings can be compared."""
    files = (path.rpartition("/")[2] for path in listing.files.values())
    return (*(f"{folder}/" for folder in listing.folders), *files)


class _Watching(Folders):
    """Directories, and files of other kinds, whose stamps are taken before they are read."""

    def __init__(self, is_ignored: Callable[[str], bool], allow_tcl: bool) -> None:
        super().__init__(is_ignored, allow_tcl)
        self.stamps: dict[str, str] = {}
        """By path; the path of a directory ends with a slash."""
        self.closed: list[str] = []
        """What not everyone may read."""

    def is_modulefile(self, path: str) -> bool:
        """Say whether a file is a modulefile; one that is none is watched, since it may become one."""
        if path in self._genuine:
            return self._genuine[path]
        is_shown, is_lua = self.shows(path), path.endswith(".lua")
        if is_lua and system.ROOT:
            self._genuine[path] = is_shown
            return is_shown
        stamp = "" if is_lua else stamp_of(path)
        is_one = super().is_modulefile(path)
        if stamp and not is_one:
            self.stamps[path] = stamp
        return is_one

    def shows(self, path: str) -> bool:
        """Say what Folders says, and note what others may not read."""
        if self.is_open(path):
            return True
        self.closed.append(path)
        return super().shows(path)

    def is_open(self, path: str) -> bool:
        """Say whether everyone may read a file, or enter and list a directory."""
        try:
            mode = system.stat(path).st_mode
        except OSError:
            return False
        needed = 0o005 if mode & 0o170000 == 0o040000 else 0o004
        return mode & needed == needed

    def _read(self, path: str) -> Listing:
        self.stamps[f"{path}/"] = stamp_of(path)
        return super()._read(path)


class _Plain(RcFiles):
    """Rc files as far as they say the same to everyone: what hides is left to who lists the modules."""

    def __init__(self, folders: _Watching) -> None:
        super().__init__(_plain_statements, folders, _nobody)
        self._watching = folders
        self._said: dict[str, Sequence[object]] = {}
        self.varying: list[str] = []
        """Files that may say something else at another time, or to someone else."""

    def of_root(self, root: str) -> Rules:  # noqa: ARG002 - it marks no defaults
        return Rules()

    def kind_of(self, name: str, full_name: str, path: str, tables: Sequence[Rules]) -> str:  # noqa: ARG002
        return "hidden" if "/." in f"/{full_name}" else ""

    def ruled(self, base: str, folders: Iterable[str]) -> dict[str, Sequence[object]]:
        """Return what the default files in the folders of a root say, where there are some."""
        found = ((folder, self.beside(base, folder)) for folder in folders)
        return {folder: self._said.get(folder) or _marking(rules) for folder, rules in found if rules is not None}

    def _add(self, rules: Rules, statements: Sequence[object] | None) -> None:
        self._said[rules.folder] = statements or ()
        super()._add(rules, statements)

    def _statements(self, path: str) -> Sequence[object] | None:
        self._watching.stamps[path] = stamp_of(path)
        known = len(self.warnings)
        statements = super()._statements(path)
        if len(self.warnings) > known or not _STORED.issuperset(map(type, statements or ())):
            self.varying.append(path)
        return statements


def _marking(rules: Rules) -> tuple[object, ...]:
    """Say in words what a file or link called `default` says."""
    return (ModuleVersion(rules.default, ("default",)),) if rules.default else ()


_STORED = frozenset((ModuleVersion, ModuleAlias, Hide))
"""What an index can keep; what depends on users and dates is read by each command."""


def _plain_statements(path: str) -> list[object]:
    if not path.endswith(".lua"):
        raise LmodError("needs Tcl")
    from lmodpy.spider.plainrc import statements  # noqa: PLC0415 - rc files are rare

    return statements(system.decode(system.content(path)))


def _nobody() -> Limits:
    raise AssertionError("a survey hides nothing")
