"""Virtual modules: names that are listed and loaded like modules, with a hidden modulefile behind each.

Imported when the first rc file makes one.
"""

from __future__ import annotations

from lmodpy.names.version import MODULE_ALONE, canonical
from lmodpy.tree.branches import SYSTEM_MARK, TREE_MARK, USER_MARK, marked
from lmodpy.tree.directory import Modulefile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lmodpy.tree.rcfiles import RcFiles
    from lmodpy.tree.rules import Rules


def candidates(name: str, rc: RcFiles, tables: Sequence[Rules], real: Modulefile | None) -> list[str]:
    """Return the virtual versions that a bare name may mean, the heaviest first; none that come behind `real`.

    A marked one competes with a real modulefile, the others only take part where there is nothing real.
    """
    found: list[tuple[str, str]] = []
    for full_name in rc.virtual:
        if full_name.rpartition("/")[0] != name or rc.kind_of(name, full_name, "", tables) not in ("", "soft"):
            continue
        mark = _mark(full_name, rc, tables)
        weight = marked(canonical(full_name.rpartition("/")[2]), mark)
        if not real or (mark and weight > real.weight):
            found.append((weight, full_name))
    return [full_name for _, full_name in sorted(found, reverse=True)]


def made(modules: Sequence[Modulefile], root: str, rc: RcFiles, tables: Sequence[Rules]) -> Iterator[Modulefile]:
    """Yield the virtual modules of a root that some modulefiles are behind."""
    by_name = {module.full_name: module for module in modules}
    for rules in tables:
        for full_name, target in rules.virtuals.items():
            behind = by_name.get(target) or (elsewhere(target, root) if target.startswith("/") else None)
            if behind:
                module = dressed(behind, full_name)
                yield module._replace(kind=rc.kind_of(module.name, full_name, "", tables))


def elsewhere(path: str, root: str) -> Modulefile:
    """Return a modulefile that lies in no directory of MODULEPATH; it is listed in the root whose rc file names it."""
    name = path.rpartition("/")[2].removesuffix(".lua")
    return Modulefile(name, "", path, root, MODULE_ALONE, MODULE_ALONE)


def dressed(module: Modulefile, full_name: str) -> Modulefile:
    """Return a modulefile under the name that is to be seen."""
    inside = full_name.startswith(module.name + "/")
    name = module.name if inside else full_name.rpartition("/")[0] or full_name
    version = full_name[len(name) + 1 :]
    return module._replace(name=name, version=version, order=canonical(version), kind="hidden")


def _mark(full_name: str, rc: RcFiles, tables: Sequence[Rules]) -> str:
    user, system = rc.everywhere
    if full_name in user.defaults:
        return USER_MARK
    if full_name in system.defaults:
        return SYSTEM_MARK
    return TREE_MARK if any(rules.default == full_name for rules in tables) else ""
