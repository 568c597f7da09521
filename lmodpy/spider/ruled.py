"""What default files say, as rows of an index file: marks of defaults apart from what else there is, which is rare."""

from __future__ import annotations

from lmodpy.modulefile.statements import Hide, ModuleAlias, ModuleVersion
from lmodpy.spider import store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


def sections(ruled: Mapping[str, Sequence[object]]) -> dict[str, list[str]]:
    """Return what stands in a file for what default files say, by their folders."""
    marks = {folder: target for folder, said in ruled.items() if (target := _only_marked(said))}
    telling = (row for folder, said in ruled.items() if folder not in marks for row in _statement_rows(folder, said))
    return {"marks": store.listed(marks.items()), "telling": store.listed(telling)}


def marking(text: str) -> dict[str, Sequence[object]]:
    """Return what those say that only mark a default, by their folders."""
    return {folder: (ModuleVersion(target, ("default",)),) for folder, target in store.rows_of(text, 2)}


def telling(lines: Iterable[str]) -> dict[str, Sequence[object]]:
    """Return what the others say, by their folders."""
    found: dict[str, list[object]] = {}
    for folder, number, *said in map(store.fields, lines):
        statements = found.setdefault(folder, [])
        if number:
            statements.append(_SAID[said[0]](*said[1:]))
    return dict(found)


def _statement_rows(folder: str, said: Sequence[object]) -> Iterator[tuple[str, ...]]:
    """Write what a default file says; the numbers keep the order."""
    yield folder, ""
    for number, each in enumerate(said):
        if isinstance(each, ModuleVersion):
            yield folder, f"{number:04}", "version", each.target, *each.names
        elif isinstance(each, ModuleAlias):
            yield folder, f"{number:04}", "alias", *each
        elif isinstance(each, Hide):
            yield folder, f"{number:04}", "hide", *each.names


_SAID: dict[str, Callable[..., object]] = {
    "version": lambda target, *names: ModuleVersion(target, names),
    "alias": ModuleAlias,
    "hide": lambda *names: Hide(names),
}


def _only_marked(said: Sequence[object]) -> str:
    """Return the version that a default file marks, if that is all that it says."""
    first = said[0] if len(said) == 1 else None
    return first.target if isinstance(first, ModuleVersion) and first.names == ("default",) else ""
