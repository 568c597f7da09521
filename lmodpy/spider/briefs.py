"""What an overview shows of each name, kept ready-made, so that nothing is asked of ten thousand modules one by one."""

from __future__ import annotations

from lmodpy.names.version import canonical
from lmodpy.spider import store
from lmodpy.spider.facts import EXTENSIONS, Record
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import NamedTuple

    from lmodpy.spider.memory import Row
    from lmodpy.tree.directory import Modulefile
else:
    from lmodpy.values import NamedTuple

SECTION = "overview"
"""Where it stands in a file of facts."""
_FIELDS = 7
_BETWEEN, _BEHIND = "\x1f", "\x1e"


class Brief(NamedTuple):
    """What an overview shows of a name."""

    name: str
    modules: str
    """Their full names, in the order of versions."""
    extensions: str
    """The full names of extensions that are called so."""
    description: str

    @property
    def full_names(self) -> list[str]:
        """Those of the modules, and then of the extensions."""
        return [*_parts(self.modules), *_parts(self.extensions)]

    @property
    def shown(self) -> str:
        """All full names in a line, those of extensions with a mark."""
        if not self.extensions:
            return self.modules.replace(_BETWEEN, ", ")
        return ", ".join([*_parts(self.modules), *map("%s (E)".__mod__, _parts(self.extensions))])


def lines(modules: Iterable[Modulefile], row_of: Callable[[Modulefile], Row | None]) -> list[str]:
    """Return what stands in a file of some modules of a root, by their names: those that everybody sees.

    A name is only noted, without more, if it has to be asked for in each command.
    """
    by_name: dict[str, list[Modulefile]] = {}
    brought: dict[str, dict[str, None]] = {}
    for module in modules:
        if not module.kind:
            by_name.setdefault(module.name, []).append(module)
            row = row_of(module)
            facts = row.facts if row and row.is_plain and row.keeps(EXTENSIONS) else None
            for full_name in facts.extensions if facts else ():
                brought.setdefault(name_of(full_name), {})[full_name] = None
    return store.listed(
        _fields(name, sorted(by_name.get(name, ()), key=_in_order), sorted(brought.get(name, ()), key=_order), row_of)
        for name in sorted({*by_name, *brought})
    )


def _fields(
    name: str, modules: Sequence[Modulefile], extensions: Sequence[str], row_of: Callable[[Modulefile], Row | None]
) -> tuple[str, ...]:
    """Return what is kept of a name: the last field says from which version on its description has to be asked for."""
    described, description, asks = "", "", ""
    for module in reversed(modules):
        row, place = row_of(module), f"{module.order}{_BEHIND}{module.version}"
        if row is None or row.is_broken or not row.holds(loosely=True):
            asks = place
            break
        description = Record(module, row.brief).description
        if description:
            described = place
            break
    full_names = list(dict.fromkeys(module.full_name for module in modules))
    if not all(map(_is_tidy, (name, *full_names, *extensions))) or not _is_plain(description):
        return name, "", "", "", "", "", _ALWAYS
    orders = _BETWEEN.join(dict.fromkeys(f"{module.order}{_BEHIND}{module.full_name}" for module in modules))
    return name, _BETWEEN.join(full_names), orders, described, description, _BETWEEN.join(extensions), asks


_ALWAYS = "~"
"""Comes behind every version."""
Kept = tuple[str, str, str, str, str, str, str]
"""What is kept of a name in a root; see `_fields`."""


def kept(text: str) -> list[Kept]:
    """Return what stands in a file."""
    return [*store.rows_of(text, _FIELDS)]  # type: ignore[list-item]


def brief(found: Sequence[Kept]) -> Brief | None:
    """Return what is shown of a name that is in some roots, in their order; None, if that has to be asked for."""
    name, full_names, _, described, description, extensions, asks = found[0]
    if len(found) > 1:
        described, place, description = max((each[3], place, each[4]) for place, each in enumerate(found))
        asks, unknown = max((each[6], place) for place, each in enumerate(found))
        asks = asks if (asks, unknown) > (described, place) else ""
        in_order = sorted({order for each in found for order in _parts(each[2])})
        full_names = _BETWEEN.join(dict.fromkeys(order.partition(_BEHIND)[2] for order in in_order))
        extensions = _BETWEEN.join(sorted({part for each in found for part in _parts(each[5])}, key=_order))
    return None if asks else made(Brief, (name, full_names, extensions, description))


def _is_plain(text: str) -> bool:
    return text.isprintable() and "`" not in text and text == " ".join(text.split())


def _is_tidy(name: str) -> bool:
    return _is_plain(name) and " " not in name


def _parts(text: str) -> list[str]:
    return text.split(_BETWEEN) if text else []


def name_of(full_name: str) -> str:
    """Return the name in the full name of an extension."""
    return full_name.rpartition("/")[0] or full_name


def _order(full_name: str) -> str:
    return canonical(full_name.rpartition("/")[2]) if "/" in full_name else canonical("")


def _in_order(module: Modulefile) -> tuple[str, str]:
    return module.order, module.version
