"""Which modulefiles exist, and which of them a name means.

docs/design/name-resolution.md tells the whole way from a name to a file.
"""

from __future__ import annotations

from lmodpy.names.request import Request, clean
from lmodpy.tree.branches import Branch, Branches
from lmodpy.tree.choice import Choice, Options, without_dots
from lmodpy.tree.directory import Folders, Modulefile, base_of
from lmodpy.tree.rcfiles import RcFiles
from lmodpy.tree.rules import Rules, followed, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from lmodpy.tree.limits import Ban, Limits

_MOST_STRAYS = 100
_MOST_TEXTS = 20
"""So many texts are looked for faster than all modules are made."""
_NO_PARTS = frozenset(("", ".", ".."))

__all__ = ["Found", "Modulefile", "Options", "Tree"]


class Found:
    """What lies in a root, whoever asks: without what rc files of the user or the system say, and what is hidden."""

    def __init__(
        self,
        modules: list[Modulefile],
        ruled: Mapping[str, Sequence[object]] | None = None,
        stamps: Mapping[str, str] | None = None,
        entries: tuple[str, ...] = (),
        live: tuple[str, ...] = (),
    ) -> None:
        self._modules = modules
        self._ruled = ruled or {}
        self._stamps = stamps or {}
        self._entries = entries
        self.live = live
        """The parts of the root that are not in `modules`, since others may see something else there."""

    @property
    def modules(self) -> list[Modulefile]:
        """The modules; those of an index are made when they are asked for."""
        return self._modules

    @property
    def size(self) -> int:
        """How many modules there are."""
        return len(self.modules)

    @property
    def entries(self) -> tuple[str, ...]:
        """What lies in the root's own directory."""
        return self._entries

    @property
    def ruled(self) -> Mapping[str, Sequence[object]]:
        """What the default files of modules say, by their folders."""
        return self._ruled

    @property
    def telling(self) -> Mapping[str, Sequence[object]]:
        """Those of `ruled` that say more than which version is the default, which `modules` know."""
        return self._ruled

    @property
    def stamps(self) -> Mapping[str, str]:
        """What tells that a directory (its path ends with a slash) or a file has changed, by path below the root."""
        return self._stamps

    @property
    def strays(self) -> int:
        """How many files are no modulefiles; hidden ones may be anything."""
        files = (path.rpartition("/")[2] for path in self.stamps if path[-1:] not in ("", "/"))
        return sum(not name.startswith(".") for name in files)

    def containing(self, text: str) -> list[Modulefile]:
        """Return all modules whose full names have a text in them, in lower case; there may be others among them."""
        return [module for module in self.modules if text in module.full_name.lower()]


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
        found: Callable[[str], Found] | None = None,
    ) -> None:
        """`found` says what lies in a root; without it, the root is walked through."""
        self.options = self._options = options or Options()
        self._folders = Folders(self._options.is_ignored, self._options.allow_tcl)
        self._rc = RcFiles(read_rc, self._folders, self._limits, system, user, self._options.is_visible)
        self._branches = self._new_branches()
        self._source = found
        self._found: dict[str, Found] = {}
        self._walked: dict[str, list[Rules]] = {}
        self._listed: dict[str, list[Modulefile]] = {}
        self._groups: dict[tuple[str, ...], dict[str, list[Modulefile]]] = {}
        self._defaults: dict[tuple[str, ...], dict[str, Modulefile | None]] = {}

    @property
    def warnings(self) -> list[str]:
        """What was wrong with rc files so far, as text for the user."""
        return self._rc.warnings

    @property
    def limited(self) -> bool:
        """Say whether some rc file hides, forbids or tags modules, or warns of them, so that it is worth asking."""
        return self._rc.limited

    @property
    def ordinary(self) -> bool:
        """Say whether, by all rc files read so far, modules are what they are called, and everybody gets them."""
        return not (self._rc.limited or self._rc.virtual)

    @property
    def tagged(self) -> bool:
        """Say whether some rc file tags modules, or warns of them."""
        return self._rc.tagged

    def find(self, request: Request, roots: Sequence[str], *, far: bool = True) -> Modulefile | None:
        """Return the modulefile that `load` takes for a request, or None.

        A name that no root has may still be an alias made anywhere; `far=False` spares the search for it,
        for names known to be real.
        """
        if request.versions:
            from lmodpy.tree.specified import find  # noqa: PLC0415 - few requests have an `@`

            return find(self, request, roots, far=far)
        text = clean(request.text)
        name, found = self._look_up(request, text, roots, far=far)
        if found is None or (name == text and not (self._options.dot_alias and _is_undotted(found, text))):
            return found
        real = name if name != text and found.full_name not in self._rc.virtual else found.full_name
        return found._replace(alias=text, real=real) if real != text else found

    def find_among(self, request: Request, roots: Sequence[str]) -> Modulefile | None:
        """Return the best modulefile of a real name among the versions that are asked for."""
        return self._choose(request, request.text, roots) if _is_plausible(request.text) else None

    def resolve(self, text: str, roots: Sequence[str]) -> str:
        """Return the real name behind a name that may be an alias or a symbolic version."""
        return self._look_up(Request(text), clean(text), roots, far=True)[0]

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
        """Return every module of a root, hidden ones too (but for hard ones), in the order of `avail`."""
        if root not in self._listed:
            self._listed[root] = self._list(root)
        return self._listed[root]

    def some(self, root: str, texts: Collection[str]) -> list[Modulefile]:
        """Return those of `all` whose full names have one of a few texts in them, in any case, and perhaps others.

        All of them, if they are known already, or no text is given.
        """
        self._all_rules([root])
        if root in self._listed or self._rc.virtual or not 0 < len(texts) <= _MOST_TEXTS:
            return self.all(root)
        known = self.known(root)
        found = dict.fromkeys(module for text in texts for module in known.containing(text.lower()))
        return self.seen(root, [*found, *self.live(root)])

    def is_empty(self, root: str) -> bool:
        """Say whether there is no module in a root, not even a hidden one."""
        return not (self.known(root).size or self.all(root))

    def _list(self, root: str) -> list[Modulefile]:
        modules = [*self.known(root).modules, *self.live(root)]
        strays = self.known(root).strays + self._folders.strays(base_of(root))
        if strays > _MOST_STRAYS:
            self.warnings.append(f"{root} holds {strays} files that are no modulefiles; each is opened to see that")
        return self.seen(root, modules)

    def seen(self, root: str, modules: list[Modulefile]) -> list[Modulefile]:
        """Return modules that lie in a root as the user sees them: hidden or not, marked, and in order.

        Virtual ones come with those that are behind them; hard-hidden ones are left out.
        """
        tables = self._all_rules([root])
        modules = self._branches.with_marks(modules)
        hiding = [*tables[:2], *(rules for rules in tables[2:] if rules.hides)]
        if self._options.is_visible or any(rules.hides for rules in hiding):
            kind_of = self._rc.kind_of
            modules = [file._replace(kind=kind_of(file.name, file.full_name, file.path, hiding)) for file in modules]
        if self._rc.virtual:
            from lmodpy.tree.virtual import made  # noqa: PLC0415 - virtual modules are rare

            modules = [*modules, *made(modules, root, self._rc, tables)]
        seen = [module for module in modules if module.kind != "hard"]
        return sorted(seen, key=in_list)

    def live(self, root: str) -> list[Modulefile]:
        """Return the modules of a root that are looked for in each command."""
        parts = self.known(root).live if self._source else None
        if not root or (parts is not None and not parts):
            return []
        files = (file for branch in self._branches.walk(root, parts=parts) for file in branch.files)
        return [file for file in files if self._folders.is_modulefile(file.path)]

    def known(self, root: str) -> Found:
        """Return what is known of a root without walking through it."""
        if root not in self._found:
            self._found[root] = self._source(root) if root and self._source else _NOTHING
        return self._found[root]

    def ban(self, module: Modulefile) -> Ban | None:
        """Return what forbids a module, now or soon; None for nearly all."""
        if module.root in self._walked and not self._rc.limited:
            return None  # all rules that could are known
        ban = self._rc.ban(module)
        return self._options.ban(module, ban) if ban and self._options.ban else ban

    def is_unlisted(self, module: Modulefile) -> bool:
        """Say whether a module is to be left out where loaded modules are listed."""
        return self._rc.is_unlisted(module)

    def tags(self, module: Modulefile) -> list[str]:
        """Return the tags that rc files give a module; only asked where there are some."""
        return self._rc.tags(module)

    def cautions(self, module: Modulefile) -> list[str]:
        """Return what rc files have to say to who loads a module."""
        return self._rc.cautions(module)

    def follow(self, system: Sequence[str]) -> None:
        """Go on with other rc files of the system, since a modulefile has named them."""
        self._rc.follow(system)
        self._branches = self._new_branches()
        self.forget()

    def forget(self) -> None:
        """Ask again what lies in the roots."""
        self._found, self._walked, self._listed, self._groups, self._defaults = {}, {}, {}, {}, {}

    def is_default(self, module: Modulefile, roots: Sequence[str]) -> bool:
        """Say whether this is the file that its short name means; where versions must be given, none is."""
        found = self.default(module.name, roots)
        return found is not None and (found.path, found.full_name) == (module.path, module.full_name)

    def default(self, name: str, roots: Sequence[str]) -> Modulefile | None:
        """Return what a short name means; where versions must be given, nothing."""
        if self._options.exact_match:
            return None
        known = self._defaults.setdefault(tuple(roots), {})
        if name not in known:
            known[name] = self._default(name, roots)
        return known[name]

    def _default(self, name: str, roots: Sequence[str]) -> Modulefile | None:
        """Return what a short name means; where all modules are listed anyway, mostly without another look-up."""
        if not all(root in self._listed for root in roots):
            return self._chosen(Request(name), [name], roots)
        files = self._grouped(tuple(roots)).get(name, ())
        nested = "/" in name or any("/" in file.version for file in files)
        if nested or self._options.find_first or self._rc.virtual or self._rc.limited:
            return self._chosen(Request(name), [name], roots)
        seen = [file for file in files if not file.kind]
        if len(seen) < len(files) or not seen:
            return Choice(Request(name), name, self._options, lambda _path: True).among([[Branch(name, tuple(files))]])
        return max(seen, key=_weight)  # the first of those that weigh the same, as it chooses

    def _grouped(self, roots: tuple[str, ...]) -> dict[str, list[Modulefile]]:
        if roots not in self._groups:
            groups: dict[str, list[Modulefile]] = {}
            for root in dict.fromkeys(roots):
                for module in self.all(root):
                    groups.setdefault(module.name, []).append(module)
            self._groups[roots] = groups
        return self._groups[roots]

    def symbols(self, root: str, roots: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the symbolic versions known in a root: by full name of the target, sorted, each as `name/symbol`.

        Those that mean something else, since one of the other roots comes first, are left out.
        """
        meant: dict[str, str] = {}
        for rules in self._all_rules(roots):
            for symbol, target in rules.versions.items():
                meant.setdefault(symbol, target)
        found: dict[str, set[str]] = {}
        for rules in self._all_rules([root]):
            for symbol, target in rules.versions.items():
                if meant.get(symbol) == target:
                    found.setdefault(target, set()).add(symbol)
        return {target: tuple(sorted(symbols)) for target, symbols in found.items()}

    def aliases(self, roots: Sequence[str]) -> dict[str, str]:
        """Return all aliases, sorted, with the real names they lead to (which need not exist)."""
        tables = self._all_rules(roots)
        names = sorted({alias for rules in tables for alias in rules.aliases if alias not in rules.virtuals})
        return {alias: resolve(alias, lambda _name: tables) for alias in names}

    def labels(self, roots: Sequence[str]) -> dict[str, str]:
        """Return what rc files want to have above the modules of roots in place of their paths."""
        known: dict[str, str] = {}
        for rules in reversed(self._all_rules(roots)):
            known |= rules.labels
        return {root: known[base_of(root)] for root in roots if known.get(base_of(root))}

    def rules(self, root: str) -> list[Rules]:
        """Return what the rc files in a root say: first those of its own directory."""
        return self._rules_of(root, self.known(root).ruled) if root else []

    def default_files(self, root: str, folder: str) -> list[tuple[str, str]]:
        """Return the files in a directory that can mark a default, the best first, and what each of them marks."""
        return self._rc.marking(base_of(root), folder)

    def matches(self, pattern: str, text: str) -> bool:
        """Say whether a text has something in it that a Lua pattern describes; raises LmodError for no pattern."""
        return self._options.matches(pattern, text)

    def similar(self, text: str, roots: Sequence[str]) -> list[str]:
        """Return short names that a mistyped name may mean, the closest first; walks through all the roots."""
        from lmodpy.names.spelling import distance  # noqa: PLC0415 - only after an error

        parts = clean(text).lower().split("/")
        near: list[tuple[int, str]] = []
        for name in self._visible_names(roots):
            asked = "/".join(parts[: name.count("/") + 1])
            apart = distance(asked, name.lower(), limit=1 + len(asked) // 4)
            if apart is not None:
                near.append((apart, name))
        return [name for _, name in sorted(near)]

    def begun(self, text: str, roots: Sequence[str], *, hidden: bool = False) -> list[str]:
        """Return how a name that begins like `text` can go on, up to its next slash."""
        from lmodpy.tree.beginnings import begun  # noqa: PLC0415 - for completion only

        folder, slash, _ = text.rpartition("/")
        places = filter(None, roots) if not slash or _is_plausible(folder) else ()
        return begun(text, places, self._folders, self._branches, self._rc, hidden=hidden)

    def _limits(self) -> Limits:
        from lmodpy.tree.limits import Limits  # noqa: PLC0415 - few rc files hide or forbid

        return Limits(self._options.matches, self._options.nearly_days, self._rc.warnings)

    def _new_branches(self) -> Branches:
        return Branches(self._folders, self._rc, self._options.max_depth or {})

    def _look_up(
        self, request: Request, text: str, roots: Sequence[str], *, far: bool
    ) -> tuple[str, Modulefile | None]:
        """Return the real name behind a request, whose clean text is given, and its modulefile."""
        if not _is_plausible(text):
            return text, None
        if not self._rc.naming:  # as nearly always, also after the rc files on the way have been read
            found = self._choose(request, text, roots)
            if found and not self._rc.naming:
                return text, found
        near = followed(text, lambda step: self._rules_near(step, roots))
        found = self._chosen(request, near, roots)
        if found or not far:
            return near[-1], found
        tables = self._all_rules(roots)
        farther = followed(text, lambda _step: tables)
        return farther[-1], self._chosen(request, farther, roots) if farther != near else None

    def _chosen(self, request: Request, way: Sequence[str], roots: Sequence[str]) -> Modulefile | None:
        """Choose a modulefile for the last of the names that lead from one to the next."""
        found = self._choose(request, way[-1], roots) if _is_plausible(way[-1]) else None
        if not self._rc.virtual or request.ranged:
            return found
        from lmodpy.tree.virtual import candidates, dressed  # noqa: PLC0415 - virtual modules are rare

        name = next((step for step in way if step in self._rc.virtual), "")
        if name:
            found = self._elsewhere(self._rc.virtual[name], roots) or found
            return dressed(found, name) if found else None
        for name in candidates(way[-1], self._rc, list(self._rules_near(way[-1], roots)), found):
            target = self._rc.virtual[name]
            there = self._choose(Request(target), target, roots) if _is_plausible(target) else None
            behind = there or self._elsewhere(target, roots)
            if behind:
                return dressed(behind, name)
        return found

    def _elsewhere(self, path: str, roots: Sequence[str]) -> Modulefile | None:
        """Return a modulefile that lies in no directory of MODULEPATH, by its path."""
        if not (path.startswith("/") and self._folders.is_modulefile(path)):
            return None
        from lmodpy.tree.virtual import elsewhere  # noqa: PLC0415 - few do

        return elsewhere(path, next(filter(None, roots), ""))

    def _choose(self, request: Request, name: str, roots: Sequence[str]) -> Modulefile | None:
        """Choose a modulefile for a real name; this reads the rc files of the directories on the way."""
        rows = [self._branches.along(root, name) for root in roots if root]
        return Choice(request, name, self._options, self._folders.is_modulefile).among(rows)

    def _rules_near(self, name: str, roots: Sequence[str]) -> Iterator[Rules]:
        """Yield the rules that count for a name before any other directory is looked into, weightiest first."""
        yield from self._rc.everywhere
        parts = name.split("/")
        for root in filter(None, roots):
            base = here = base_of(root)
            yield self._rc.of_root(base)
            folder = ""
            for level, part in enumerate(parts, 1):
                towards = parts[level] if level < len(parts) else ""
                if not self._folders.has_folder(here, part, towards):
                    break
                here = f"{here}/{part}"
                folder = f"{folder}/{part}" if folder else part
                rules = self._rc.beside(base, folder)
                if rules:
                    yield rules

    def _all_rules(self, roots: Sequence[str]) -> list[Rules]:
        """Return the rules of all directories of some roots, weightiest first."""
        return [*self._rc.everywhere, *(rules for root in filter(None, roots) for rules in self._rules_in(root))]

    def _rules_in(self, root: str) -> list[Rules]:
        """Return what the rc files in a root say, except for what is no more than a default mark."""
        if root not in self._walked:
            self._walked[root] = self._rules_of(root, self.known(root).telling)
        return self._walked[root]

    def _rules_of(self, root: str, known: Mapping[str, Sequence[object]]) -> list[Rules]:
        base = base_of(root)
        ruled = [self._rc.said(base, folder, statements) for folder, statements in known.items()]
        for part in self.known(root).live if self._source else [""]:
            ruled += self._rules_below(base, part)
        ruled.sort(key=lambda rules: rules.folder.split("/"))
        return [self._rc.of_root(base), *ruled]

    def _rules_below(self, base: str, folder: str) -> Iterator[Rules]:
        listing = self._folders.listing(f"{base}/{folder}".rstrip("/"))
        rules = self._rc.beside(base, folder) if folder else None
        if rules:
            yield rules
        for part in sorted(listing.folders):
            yield from self._rules_below(base, f"{folder}/{part}".lstrip("/"))

    def _visible_names(self, roots: Sequence[str]) -> set[str]:
        return {module.name for root in filter(None, roots) for module in self.all(root) if not module.hidden}


_NOTHING = Found([])


def _weight(module: Modulefile) -> str:
    return module.weight


def in_list(module: Modulefile) -> tuple[str, str]:
    """Return what the modules of a root are sorted by in lists."""
    return f"{module.name}/{module.order}", module.version


def _is_undotted(found: Modulefile, text: str) -> bool:
    """Say whether a hidden module was found without its dots."""
    return found.full_name != text and without_dots(found.full_name) == without_dots(text)


def _is_plausible(name: str) -> bool:
    """Say whether a name stays within a root: it is neither empty nor absolute, and no part of it is a dot name."""
    return "\0" not in name and _NO_PARTS.isdisjoint(name.split("/"))
