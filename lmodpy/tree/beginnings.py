"""How a name that is half typed can go on: a step at a time, like the names of files. For completion.

No modulefile is opened, but for the first bytes of a Tcl one, and of the directories only those that are stepped into.
"""

from __future__ import annotations

from lmodpy import system
from lmodpy.names.version import canonical
from lmodpy.tree.directory import DEFAULT_FILES, base_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lmodpy.tree.branches import Branches
    from lmodpy.tree.directory import Folders, Modulefile
    from lmodpy.tree.rcfiles import RcFiles

_FEW = 100
"""So many directories are looked into, to leave out those with nothing for the user in them; of more, none is."""

_RC_FILES = frozenset(DEFAULT_FILES) - {"default"}


def begun(
    text: str, roots: Iterable[str], folders: Folders, branches: Branches, rc: RcFiles, *, hidden: bool
) -> list[str]:
    """Return what begins like `text`, up to and with the next slash, in the order of versions; aliases too.

    Hidden modules are among them if `hidden`, or if the last part of `text` begins with a dot.
    """
    step = _Step(text, folders, branches, rc, hidden=hidden)
    found = {name for root in dict.fromkeys(roots) for name in step.names(root)}
    return sorted(found, key=lambda name: (canonical(name.rstrip("/")) if len(found) <= _FEW else "", name))


class _Step:
    """The part of a name that is being typed, and the directory that is open before it."""

    def __init__(self, text: str, folders: Folders, branches: Branches, rc: RcFiles, *, hidden: bool) -> None:
        self._text = text
        self._folder, _, self._stem = text.rpartition("/")
        self._folders = folders
        self._branches = branches
        self._rc = rc
        self._dots = hidden or self._stem.startswith(".")

    def names(self, root: str) -> Iterator[str]:
        """Yield what one root has."""
        below = list(self._below(root, self._folder)) if self._folder else []
        named = (file.full_name for file in below if file.full_name.startswith(self._text) and self._shows(file))
        yield from map(self._cut, named if below else self._listed(root))
        for rules in self._rc.tables(base_of(root), self._folder):
            for name in (*rules.aliases, *rules.versions, *rules.virtuals):
                if name.startswith(self._text) and not name.endswith("/default"):
                    yield self._cut(name)

    def _listed(self, root: str) -> Iterator[str]:
        """Yield what the directory itself has: at the root, or in a category."""
        here = f"{base_of(root)}/{self._folder}".rstrip("/")
        above = f"{self._folder}/" if self._folder else ""
        parts = list(filter(self._fits, _parts(here)))
        for part in dict.fromkeys(parts):
            if len(parts) > _FEW or self._has(root, above + part):
                yield above + part

    def _fits(self, part: str) -> bool:
        shown = self._dots or not part.startswith(".")
        return part.startswith(self._stem) and shown and not self._folders.skips(part.rstrip("/"))

    def _has(self, root: str, name: str) -> bool:
        """Say whether there is something for the user behind a name; a slash at its end means: below."""
        if not name.endswith("/"):
            alone = (file for branch in self._branches.along(root, name) for file in branch.files)
            return any(file.full_name == name and self._shows(file) for file in alone)
        files = list(self._below(root, name[:-1]))
        return any(map(self._shows, files)) if files else self._folders.holds_modules(f"{base_of(root)}/{name[:-1]}")

    def _below(self, root: str, folder: str) -> Iterator[Modulefile]:
        """Yield the modulefiles in a directory, if it is a module's own."""
        for branch in self._branches.along(root, folder):
            yield from (file for file in branch.files if file.full_name.startswith(f"{folder}/"))

    def _shows(self, file: Modulefile) -> bool:
        return (not file.kind or (self._dots and file.kind != "hard")) and self._folders.is_modulefile(file.path)

    def _cut(self, name: str) -> str:
        """Return a name up to the end of the step."""
        rest, slash, _ = name[len(self._text) :].partition("/")
        return self._text + rest + slash


def _parts(path: str) -> list[str]:
    """Return what lies in a directory, as parts of names: a slash ends those of directories."""
    try:
        with system.scandir(path) as entries:
            found = [each for each in entries if each.name not in _RC_FILES]
            return [f"{each.name}/" if each.is_dir() else each.name.removesuffix(".lua") for each in found]
    except (OSError, ValueError):
        return []
