"""The walk over everything that can be loaded, from directory to directory as modules open them, and the ways back."""

from __future__ import annotations

from lmodpy.names.request import Request
from lmodpy.spider.briefs import name_of
from lmodpy.spider.facts import EXTENSIONS, OPEN, Record
from lmodpy.tree.directory import base_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lmodpy.spider.briefs import Kept
    from lmodpy.spider.facts import Facts
    from lmodpy.spider.memory import Memory
    from lmodpy.tree.directory import Modulefile
    from lmodpy.tree.tree import Tree

    Chain = tuple[Modulefile, ...]
    """Modules to load one after the other, the outermost first."""

_MOST_WAYS = 500
_MOST_STEPS = 5000
"""So many steps are taken back from a directory, in a site where everything opens everything."""


class Crawl:
    """The directories that can be reached from some, each walked once, and which modules open which.

    What modulefiles say is asked of the memory, when something about them is asked; `in_time` says whether to go on
    looking.
    """

    def __init__(
        self,
        roots: Sequence[str],
        tree: Tree,
        memory: Memory,
        in_time: Callable[[], bool] = lambda: True,
    ) -> None:
        self.tree = tree
        self.roots: list[str] = []
        """Every directory found, in the order of MODULEPATH and of the walk."""
        self.whole = True
        """Whether the walk came to its end."""
        self._memory = memory
        self._in_time = in_time
        self._facts: dict[tuple[str, bool | None], Facts] = {}
        self._openers: dict[str, list[Modulefile]] = {}
        self._led: dict[tuple[Chain, tuple[str, ...]], list[str] | None] = {}
        self._walk(roots)

    def modules(self) -> Iterator[Modulefile]:
        """Yield every module of every directory, hidden ones too."""
        for root in self.roots:
            yield from self.tree.all(root)

    def some(self, text: str) -> Iterator[Modulefile]:
        """Yield every module whose full name has a text in it, in any case; there may be others among them."""
        for root in self.roots:
            modules = self.tree.some(root, [text])
            self._memory.expect(modules)
            yield from modules

    def record(self, module: Modulefile, *, loosely: bool = False) -> Record:
        """Return what a module says about itself; `loosely`: that may be what it has said to someone else."""
        key = module.path, loosely
        if key not in self._facts:
            self._facts[key] = self._memory.facts(module, loosely=loosely)
        return Record(module, self._facts[key])

    def description(self, module: Modulefile) -> str:
        """Return a line about a module; it may be what it has said to someone else."""
        key = module.path, None
        if key not in self._facts:
            self._facts[key] = self._memory.brief(module)
        return Record(module, self._facts[key]).description

    def records(self, *, loosely: bool = False) -> Iterator[Record]:
        """Yield a record for every module of every directory, as long as there is time."""
        for module in self.modules():
            if not self._goes_on():
                return
            yield self.record(module, loosely=loosely)

    def extending(self, word: str = "") -> Iterator[Record]:
        """Yield the records of the modules that bring extensions, at least of those with a word in their names."""
        for root in self.roots:
            for module in self._promising(EXTENSIONS, root, word):
                record = self.record(module)
                if record.facts.extensions:
                    yield record

    def overview(self, root: str) -> list[Kept] | None:
        """Return what is kept ready for an overview of a directory; None, if that may not be all."""
        return self._memory.overview(root)

    def overview_rest(self, root: str) -> dict[str, str]:
        """Return what is kept besides for names that are in several directories."""
        return self._memory.overview_rest(root)

    def doubtful(self, root: str) -> set[str]:
        """Return the names of which an overview of a directory does not tell for certain what there is."""
        modules = self._memory.doubtful(root)
        names = {module.name for module in modules}
        for module in modules:
            if self._goes_on() and self._memory.may(EXTENSIONS, module):
                names |= set(map(name_of, self.record(module).facts.extensions))
        return names

    def broken(self) -> list[str]:
        """Return what is wrong with modulefiles that were evaluated and could not be read to their ends."""
        return list(dict.fromkeys(facts.broken for facts in self._facts.values() if facts.broken))

    def ways(self, module: Modulefile, base: Sequence[str]) -> list[Chain]:
        """Return all that can be loaded, from the directories `base`, to have a module within reach: shortest first.

        The empty chain is among them if it can be loaded at once. Chains that do not work are left out: two versions
        of a name, two members of a family, a forbidden module, one that another of the same full name covers; and so
        are those with more in them than another one.
        """
        found: list[Chain] = []
        there = set(map(base_of, base))
        queue: list[tuple[str, Chain]] = [(module.root, ())]
        for steps, (root, chain) in enumerate(queue):
            if len(found) >= _MOST_WAYS or steps >= _MOST_STEPS:
                break
            if base_of(root) in there:
                if not any(less <= {*chain} for less in map(set, found)) and self._leads(chain, module, base):
                    found.append(chain)
                continue
            queue += [
                (opener.root, (opener, *chain))
                for opener in self._openers.get(root, ())
                if self._fits(opener, (*chain, module))
            ]
        return found

    def _walk(self, roots: Sequence[str]) -> None:
        first = {base_of(root): root for root in reversed(roots)}
        self.roots += dict.fromkeys(first[base_of(root)] for root in roots)
        for root in self.roots:
            for module in self._promising(OPEN, root):
                for path in dict.fromkeys(map(base_of, self.opened_by(module))):
                    if path not in first:
                        first[path] = path
                        self.roots.append(path)
                    self._openers.setdefault(first[path], []).append(module)

    def opened_by(self, module: Modulefile) -> tuple[str, ...]:
        """Return the directories that a module adds to MODULEPATH."""
        return self.record(module).facts.opens if self._memory.may(OPEN, module) else ()

    def _promising(self, promise: str, root: str, word: str = "") -> Iterator[Modulefile]:
        """Yield the modules of a root that are worth asking for something, as long as there is time."""
        for module in self._memory.candidates(promise, root, word) if self._goes_on() else ():
            if not self._goes_on():
                return
            if self._memory.may(promise, module):
                yield module

    def _goes_on(self) -> bool:
        self.whole = self.whole and self._in_time()
        return self.whole

    def _fits(self, opener: Modulefile, chain: Chain) -> bool:
        """Say whether a module can stand in front of others: none of them replaces it, nor do they go in a circle."""
        if any(opener.name == later.name or opener.root == later.root for later in chain):
            return False
        ban = self.tree.ban(opener)
        families = set(self.record(opener).facts.families)
        return (ban is None or not ban.refuses) and families.isdisjoint(
            family for later in chain for family in self.record(later).facts.families
        )

    def _leads(self, chain: Chain, module: Modulefile, base: Sequence[str]) -> bool:
        """Say whether each full name means, when its turn comes, the module that is meant here."""
        roots = self._roots_behind(chain, base)
        return roots is not None and self._means(module, roots)

    def _roots_behind(self, chain: Chain, base: Sequence[str]) -> list[str] | None:
        """Return MODULEPATH as it is when the modules of a chain are loaded; None if they cannot be."""
        if not chain:
            return list(dict.fromkeys(base))
        key = chain, tuple(base)
        if key not in self._led:
            *before, last = chain
            roots = self._roots_behind(tuple(before), base)
            if roots is not None and self._means(last, roots):
                facts = self.record(last).facts
                self._led[key] = list(dict.fromkeys([*reversed(facts.prepends), *roots, *facts.appends]))
            else:
                self._led[key] = None
        return self._led[key]

    def _means(self, module: Modulefile, roots: Sequence[str]) -> bool:
        found = self.tree.find(Request(module.full_name), roots)
        return found is not None and found.path == module.path
