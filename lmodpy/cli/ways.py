"""What to type instead, after a module could not be found."""

from __future__ import annotations

import time

from lmodpy.cli.arguments import ML_WORDS
from lmodpy.cli.walk import walk
from lmodpy.names.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmodpy.cli.context import Context
    from lmodpy.errors import ModuleNotFound
    from lmodpy.session.view import View
    from lmodpy.spider.crawl import Chain, Crawl
    from lmodpy.tree.directory import Modulefile

_MOST_VERSIONS = 8
SEARCH_SECONDS = 2.0
"""How long a failed command may search for what could have been meant."""


def explain(error: ModuleNotFound, context: Context, wanted: Sequence[str]) -> None:
    """Give the error a hint: the command that would load the module, or names that are near."""
    if not all(name.strip() for name in error.names):
        error.hint = "a name is empty: is there a variable in the command that is not set?"
        return
    view = context.view
    deadline = time.monotonic() + SEARCH_SECONDS
    crawl = walk(context, lambda: time.monotonic() < deadline, thorough=False)
    near: list[str] = []
    ways = Ways(view, crawl)
    for name in error.names:
        modules = [module for root in crawl.roots if (module := view.tree.find(Request.parse(name), [root]))]
        best = ways.best(modules)
        if best:
            _suggest(error, best, ways.chains(modules), ways.missing(best[0]), wanted)
            return
        near += view.tree.similar(Request.parse(name).text, crawl.roots)
    error.hint = _near(error.names, near, view)


class Ways:
    """How modules can be had, from the directories that are there without any module, and from what is loaded now."""

    def __init__(self, view: View, crawl: Crawl) -> None:
        self._view = view
        self._crawl = crawl
        loaded = view.loaded.active()
        self._loaded = {module.path for module in loaded}
        self._versions = {module.name: module.full_name for module in loaded}
        self._base = [root for root in (view.base("MODULEPATH") or "").split(":") if root]
        self._known: dict[Modulefile, list[Chain]] = {}

    def chains(self, modules: Sequence[Modulefile]) -> list[Chain]:
        """Return what has to be loaded before one of some modules, each chain once; the empty one: nothing."""
        chains = {_names(chain): chain for module in modules for chain in self._to(module)}
        return [chains[names] for names in sorted(chains)]

    def best(self, modules: Sequence[Modulefile]) -> tuple[Chain, Modulefile] | None:
        """Return the chain that changes least of what is loaded now, and the module that it opens."""
        ways = [(chain, module) for module in modules for chain in self._to(module) if chain]
        return min(ways, key=lambda way: self._cost(way[0]), default=None)

    def missing(self, chain: Chain) -> list[str]:
        """Return the full names in a chain that have to be loaded; all of them, if they are loaded and no help."""
        return [module.full_name for module in chain if module.path not in self._loaded] or [
            module.full_name for module in chain
        ]

    def command(self, modules: Sequence[Modulefile]) -> str:
        """Return what to type now to have one of some modules of one full name; nothing, if there is no way."""
        found = self._view.find(Request(modules[0].full_name))
        if found and any(found.path == module.path for module in modules):
            return f"module load {found.full_name}"
        best = self.best(modules)
        return f"module load {' '.join((*self.missing(best[0]), best[1].full_name))}" if best else ""

    def is_loaded(self, modules: Sequence[Modulefile]) -> bool:
        """Say whether one of the modules is loaded."""
        return any(module.path in self._loaded for module in modules)

    def _to(self, module: Modulefile) -> list[Chain]:
        if module not in self._known:
            self._known[module] = self._crawl.ways(module, self._base)
        return self._known[module]

    def _cost(self, chain: Chain) -> tuple[int, int, int]:
        """Rank a chain: least to unload, least to load, most defaults."""
        changed = sum(self._replaces(module) for module in chain if module.path not in self._loaded)
        unusual = sum(not self._view.tree.is_default(module, [module.root]) for module in chain)
        return changed, len(self.missing(chain)), unusual

    def _replaces(self, module: Modulefile) -> bool:
        """Say whether loading a module would unload another version of it, or another member of a family."""
        families = self._crawl.record(module).facts.families
        holders = [self._view.value(f"LMOD_FAMILY_{family.upper()}") for family in families]
        other = self._versions.get(module.name)
        return other not in (None, module.full_name) or any(holder not in (None, module.name) for holder in holders)


def _names(chain: Chain) -> tuple[str, ...]:
    return tuple(module.full_name for module in chain)


def _near(names: Sequence[str], near: Sequence[str], view: View) -> str:
    """Return a hint from names that are close, or the versions that there are of a name that is right."""
    roots = view.roots()
    if not roots:
        return "MODULEPATH is not set: `module use DIRECTORY`"
    right = [name for name in near if any(asked.startswith((f"{name}/", f"{name}@")) for asked in names)]
    versions = [m.full_name for root in roots for m in view.tree.all(root) if m.name in right and not m.hidden]
    if versions:
        return f"there are {', '.join(versions[:_MOST_VERSIONS])}{' …' * (len(versions) > _MOST_VERSIONS)}"
    if near:
        return f"did you mean {' or '.join(f'`{name}`' for name in dict.fromkeys(near[:3]))}?"
    from lmodpy.cli.refusals import nearest  # noqa: PLC0415 - only after a mistake

    commands = nearest(names[0], (word for word in ML_WORDS if len(word) > 2))
    return f"did you mean `ml {commands[0]}`?" if commands else "module avail"


def _suggest(
    error: ModuleNotFound,
    best: tuple[Chain, Modulefile],
    chains: Sequence[Chain],
    missing: Sequence[str],
    wanted: Sequence[str],
) -> None:
    chain, module = best
    others = sum(map(bool, chains)) - 1
    more = f" ({others} other way{'s' if others > 1 else ''} to it)" if others else ""
    opener = " and ".join(_names(chain))
    error.hint = f"module load {' '.join((*missing, *wanted))}"
    error.text += f"; {module.full_name} is there once {opener} {'is' if len(chain) == 1 else 'are'} loaded{more}"
