"""Which modulefiles exist, and which of them a name means.

docs/design/name-resolution.md tells the whole way from a name to a file.
"""

from __future__ import annotations

from lmodpy.names.request import Request, clean
from lmodpy.names.spelling import distance
from lmodpy.tree.branches import Branches
from lmodpy.tree.choice import Choice, Options
from lmodpy.tree.directory import Folders, Modulefile, base_of
from lmodpy.tree.rcfiles import RcFiles
from lmodpy.tree.rules import Rules, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Modulefile", "Options", "Tree"]


class Tree:
    """The modulefiles along a list of roots, which is handed in since loading a module may change it.

    What was read once is remembered, so a Tree serves one command and is then thrown away.
    """

    def __init__(
        self,
        read_rc: Callable[[str], Sequence[object]],
        options: Options | None = None,
        system: Sequence[str] = (),
        user: Sequence[str] = (),
    ) -> None:
        self._options = options or Options()
        self._folders = Folders(self._options.is_ignored, self._options.allow_tcl)
        self._rc = RcFiles(read_rc, self._folders, system, user)
        self._branches = Branches(self._folders, self._rc, self._options.max_depth or {})
        self._walked: dict[str, list[Rules]] = {}

    @property
    def warnings(self) -> list[str]:
        """What was wrong with rc files so far, as text for the user."""
        return self._rc.warnings

    def find(self, request: Request, roots: Sequence[str], *, far: bool = True) -> Modulefile | None:
        """Return the modulefile that `load` takes for a request, or None.

        A name that no root has may still be an alias made anywhere; `far=False` spares the search for it,
        for names known to be real.
        """
        return self._look_up(request, roots, far=far)[1]

    def resolve(self, text: str, roots: Sequence[str]) -> str:
        """Return the real name behind a name that may be an alias or a symbolic version."""
        return self._look_up(Request(text), roots, far=True)[0]

    def next_same(self, full_name: str, path: str, roots: Sequence[str]) -> Modulefile | None:
        """Return the next modulefile of identical full name further along the roots than the one at `path`."""
        passed = False
        for root in filter(None, roots):
            for branch in self._branches.along(root, full_name):
                for file in branch.files:
                    if passed and file.full_name == full_name and self._folders.is_modulefile(file.path):
                        return file
                    passed = passed or file.path == path
        return None

    def all(self, root: str) -> list[Modulefile]:
        """Return every module of a root, hidden ones flagged, in the order of `avail`."""
        hiding = [rules for rules in self._all_rules([root]) if rules.hidden]
        modules = [
            file._replace(hidden=True) if _hide(hiding, file) else file
            for branch in (self._branches.walk(root) if root else ())
            for file in branch.files
            if self._folders.is_modulefile(file.path)
        ]
        return sorted(modules, key=lambda module: (f"{module.name}/{module.order}", module.version))

    def is_default(self, module: Modulefile, roots: Sequence[str]) -> bool:
        """Say whether this is the file that its short name means."""
        found = self._choose(Request(module.name), module.name, roots)
        return found is not None and found.path == module.path

    def symbols(self, root: str) -> dict[str, tuple[str, ...]]:
        """Return the symbolic versions known in a root: by full name of the target, sorted, each as `name/symbol`."""
        found: dict[str, set[str]] = {}
        for rules in self._all_rules([root]):
            for symbol, target in rules.versions.items():
                found.setdefault(target, set()).add(symbol)
        return {target: tuple(sorted(symbols)) for target, symbols in found.items()}

    def aliases(self, roots: Sequence[str]) -> dict[str, str]:
        """Return all aliases, sorted, with the real names they lead to (which need not exist)."""
        tables = self._all_rules(roots)
        names = sorted({alias for rules in tables for alias in rules.aliases})
        return {alias: resolve(alias, lambda _name: tables) for alias in names}

    def similar(self, text: str, roots: Sequence[str]) -> list[str]:
        """Return short names that a mistyped name may mean, the closest first; walks through all the roots."""
        parts = clean(text).lower().split("/")
        near: list[tuple[int, str]] = []
        for name in self._visible_names(roots):
            asked = "/".join(parts[: name.count("/") + 1])
            apart = distance(asked, name.lower(), limit=1 + len(asked) // 4)
            if apart is not None:
                near.append((apart, name))
        return [name for _, name in sorted(near)]

    def _look_up(self, request: Request, roots: Sequence[str], *, far: bool) -> tuple[str, Modulefile | None]:
        """Return the real name behind a request, and its modulefile."""
        text = clean(request.text)
        if not _is_plausible(text):
            return text, None
        name = resolve(text, lambda step: self._rules_near(step, roots))
        found = self._choose(request, name, roots)
        if found or not far:
            return name, found
        tables = self._all_rules(roots)
        farther = resolve(text, lambda _step: tables)
        return farther, self._choose(request, farther, roots) if farther != name else None

    def _choose(self, request: Request, name: str, roots: Sequence[str]) -> Modulefile | None:
        if not _is_plausible(name):
            return None
        rows = [self._branches.along(root, name) for root in roots if root]
        return Choice(request, name, self._options, self._folders.is_modulefile).among(rows)

    def _rules_near(self, name: str, roots: Sequence[str]) -> Iterator[Rules]:
        """Yield the rules that count for a name before any other directory is looked into, weightiest first."""
        yield from self._rc.everywhere
        for root in filter(None, roots):
            base = base_of(root)
            yield self._rc.of_root(base)
            folder = ""
            parts = name.split("/")
            for level, part in enumerate(parts, 1):
                towards = "".join(parts[level : level + 1])
                if not self._folders.has_folder(f"{base}/{folder}".rstrip("/"), part, towards):
                    break
                folder = f"{folder}/{part}".lstrip("/")
                rules = self._rc.beside(base, folder)
                if rules:
                    yield rules

    def _all_rules(self, roots: Sequence[str]) -> list[Rules]:
        """Return the rules of all directories of some roots, weightiest first."""
        return [*self._rc.everywhere, *(rules for root in filter(None, roots) for rules in self._rules_in(root))]

    def _rules_in(self, root: str) -> list[Rules]:
        if root not in self._walked:
            base = base_of(root)
            self._walked[root] = [self._rc.of_root(base), *self._rules_below(base, "")]
        return self._walked[root]

    def _rules_below(self, base: str, folder: str) -> Iterator[Rules]:
        listing = self._folders.listing(f"{base}/{folder}".rstrip("/"))
        rules = self._rc.beside(base, folder) if folder else None
        if rules:
            yield rules
        for part in sorted(listing.folders):
            yield from self._rules_below(base, f"{folder}/{part}".lstrip("/"))

    def _visible_names(self, roots: Sequence[str]) -> set[str]:
        return {
            branch.name
            for root in filter(None, roots)
            for branch in self._branches.walk(root)
            if any(not file.hidden and self._folders.is_modulefile(file.path) for file in branch.files)
        }


def _hide(tables: Sequence[Rules], file: Modulefile) -> bool:
    return not file.hidden and any(rules.hides(file.name, file.full_name, file.path) for rules in tables)


def _is_plausible(name: str) -> bool:
    """Say whether a name stays within a root: it is neither empty nor absolute, and no part of it is a dot name."""
    return "\0" not in name and not {"", ".", ".."}.intersection(name.split("/"))
