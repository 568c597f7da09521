"""How to get at a module that cannot be loaded now: which modules open the directory that has it."""

from __future__ import annotations

from lmodpy.modulefile.operations import EditPath

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import NamedTuple

    from lmodpy.modulefile.operations import Call
    from lmodpy.names.request import Request
    from lmodpy.tree.directory import Modulefile
    from lmodpy.tree.tree import Tree
else:
    from lmodpy.values import NamedTuple


class Search(NamedTuple):
    """What a search came to: the ways, shortest first, and every directory it saw."""

    ways: tuple[Way, ...]
    roots: tuple[str, ...]


class Way(NamedTuple):
    """The modules to load first, outermost first, and the module that can be loaded then."""

    first: tuple[Modulefile, ...]
    module: Modulefile


def search(
    request: Request,
    roots: Sequence[str],
    tree: Tree,
    read: Callable[[Modulefile], Sequence[Call]],
    in_time: Callable[[], bool],
) -> Search:
    """Look for the ways to a module; `in_time` says whether the search may go on."""
    found: list[Way] = []
    seen = list(roots)
    queue: list[tuple[str, tuple[Modulefile, ...]]] = [(root, ()) for root in roots]
    while queue and in_time():
        root, chain = queue.pop(0)
        module = tree.find(request, [root])
        if module is not None and chain:
            found.append(Way(chain, module))
        for opener, opened in _opened(root, tree, read, in_time):
            if opened not in seen:
                seen.append(opened)
                queue.append((opened, (*chain, opener)))
    return Search(tuple(found), tuple(seen))


def _opened(
    root: str, tree: Tree, read: Callable[[Modulefile], Sequence[Call]], in_time: Callable[[], bool]
) -> Iterator[tuple[Modulefile, str]]:
    """Yield the modules of a root that add a directory to MODULEPATH, each with the directory."""
    for module in tree.all(root):
        if not in_time():
            return
        if not _may_open(module.path):
            continue
        for call in read(module):
            said = call.operation
            if isinstance(said, EditPath) and said.name == "MODULEPATH" and said.verb != "remove":
                yield from ((module, path) for path in said.paths)


def _may_open(path: str) -> bool:
    """Say whether a modulefile is worth evaluating: most never name MODULEPATH, and reading is cheaper."""
    try:
        with open(path, "rb") as file:
            text = file.read(1 << 20)
    except OSError:
        return False
    return any(word in text for word in (b"MODULEPATH", b"inherit", b"loadfile", b"dofile", b"module use", b"source"))
