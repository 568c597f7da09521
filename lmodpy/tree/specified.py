"""What `foo@1.2,1.4:` means in a tree: the name with an `@` in it if there is one, else a choice of versions.

Imported when a request has versions behind an `@`.
"""

from __future__ import annotations

from lmodpy.names.request import Request, latest
from lmodpy.names.specifiers import SYMBOLS, items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lmodpy.tree.directory import Modulefile
    from lmodpy.tree.tree import Tree


def find(tree: Tree, request: Request, roots: Sequence[str], *, far: bool) -> Modulefile | None:
    """Return the modulefile for a request with versions; raises UsageError if these cannot be read."""
    literal = tree.find(Request(request.literally), roots, far=far)
    if literal is not None:
        return literal
    versions = items(request.versions)
    if len(versions) == 1 and not (":" in versions[0] or versions[0].startswith("=") or request.latest):
        return _find_one(tree, request.text, versions[0], roots)
    meant = ",".join(_versions(tree, request.text, versions, roots))
    name = tree.resolve(request.text, roots)
    return tree.find_among(request._replace(text=name, versions=meant), roots) if meant else None


def plainly(tree: Tree, request: Request, roots: Sequence[str]) -> Request:
    """Return a request in which symbolic versions are replaced by those that they stand for now."""
    meant = _versions(tree, request.text, items(request.versions), roots)
    return request._replace(versions=",".join(meant) or "=")


def _find_one(tree: Tree, name: str, version: str, roots: Sequence[str]) -> Modulefile | None:
    found = tree.find(Request(f"{name}/{version}"), roots)
    if found is None and version in SYMBOLS:
        return tree.find({"default": Request, "latest": latest}.get(version, _nothing)(name), roots)
    return found


def _nothing(_: str) -> Request:
    return Request("")


def _versions(tree: Tree, name: str, versions: Sequence[str], roots: Sequence[str]) -> Iterator[str]:
    """Yield versions and ranges as files are called, without those that mean nothing here."""
    for version in versions:
        if version in SYMBOLS:
            found = _find_one(tree, name, version, roots)
            if found is not None:
                yield f"={found.version}"
        elif version[0].isdecimal() or version[0] == "=" or ":" in version:
            yield version
        else:
            real = tree.resolve(f"{name}/{version}", roots)
            yield version if real == f"{name}/{version}" else f"={real.removeprefix(f'{name}/')}"
