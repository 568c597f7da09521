"""What an overview shows of each name, kept ready-made, so that nothing is asked of ten thousand modules one by one."""

from __future__ import annotations

from lmodpy.names.version import canonical
from lmodpy.spider import store
from lmodpy.spider.facts import EXTENSIONS, Record
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lmodpy.spider.rows import Row
    from lmodpy.tree.directory import Modulefile

SECTION, REST = "overview", "overview-rest"
"""Where it stands in a file of facts, and what is needed besides where a name is in several roots."""
_APART, _BETWEEN, _BEHIND = "\x1d", "\x1f", "\x1e"
_BROUGHT = " (E)"
"""Behind the full names of extensions."""


Kept = tuple[str, str, str]
"""What is kept of a name in a root: the name, all full names in a line as they are shown (nothing, if they have to be
asked for), and a description."""


def full_names(shown: str) -> list[str]:
    """Return the full names in such a line."""
    return [name.removesuffix(_BROUGHT) for name in shown.split(", ")]


def lines(
    modules: Iterable[Modulefile], row_of: Callable[[Modulefile], Row | None]
) -> tuple[list[str], list[str], list[Modulefile]]:
    """Return what stands in both sections of a file of some modules of a root, by names: those that everybody sees.

    A name is only noted, without more, if it has to be asked for in each command. Also return the modules that decided
    on the descriptions: of each name the highest, down to the first that has one.
    """
    deciding: list[Modulefile] = []
    by_name: dict[str, list[Modulefile]] = {}
    brought: dict[str, dict[str, None]] = {}
    for module in modules:
        if not module.kind:
            by_name.setdefault(module.name, []).append(module)
            row = row_of(module)
            facts = row.facts if row and row.is_plain and row.keeps(EXTENSIONS) else None
            for full_name in facts.extensions if facts else ():
                brought.setdefault(name_of(full_name), {})[full_name] = None
    told, rests = [], []
    for name in sorted({*by_name, *brought}):
        of_name, extensions = sorted(by_name.get(name, ()), key=_in_order), _in_line([*brought.get(name, ())])
        *shown, rest = _fields(name, of_name, extensions, row_of, deciding)
        told.append(shown)
        rests.append((name, rest))
    return store.listed(told), store.listed(rests), deciding


def _fields(
    name: str,
    modules: Sequence[Modulefile],
    extensions: Sequence[str],
    row_of: Callable[[Modulefile], Row | None],
    deciding: list[Modulefile],
) -> tuple[str, str, str, str]:
    """Return what is kept of one name, in both sections; note which modules decided on that."""
    described, description, asks = "", "", ""
    for module in reversed(modules):
        deciding.append(module)
        row, place = row_of(module), f"{module.order}{_BEHIND}{module.version}"
        if row is None or row.is_broken or not row.holds(loosely=True):
            asks = place
            break
        description = made(Record, (module, row.brief)).description
        if description:
            described = place
            break
    names = list(dict.fromkeys(module.full_name for module in modules))
    if not all(map(_is_tidy, (name, *names, *extensions))) or not _is_plain(description):
        return name, "", "", _rest([], "", [], _ALWAYS)
    orders = dict.fromkeys(f"{module.order}{_BEHIND}{module.full_name}" for module in modules)
    shown = "" if asks else _shown(names, extensions)
    return name, shown, description, _rest(orders, described, extensions, asks)


_ALWAYS = "~"
"""Comes behind every version."""


def _rest(orders: Iterable[str], described: str, extensions: Iterable[str], asks: str) -> str:
    """Join the orders of modules, the version described, the extensions, and from which version on has to be asked."""
    return _APART.join((_BETWEEN.join(orders), described, _BETWEEN.join(extensions), asks))


def _shown(names: Sequence[str], extensions: Sequence[str]) -> str:
    return ", ".join([*names, *(f"{name}{_BROUGHT}" for name in extensions)])


def kept(text: str) -> list[Kept]:
    """Return what stands in the one section of a file, in the order of names."""
    return [*store.rows_of(text, 3)]  # type: ignore[list-item]


def rests(text: str) -> dict[str, str]:
    """Return what stands in the other, by name."""
    return dict(store.rows_of(text, 2))  # type: ignore[arg-type]


def brings(rest: str) -> bool:
    """Say whether extensions have a name, or it has to be asked for in each command."""
    return _APART not in rest or bool(rest.split(_APART)[2]) or rest.endswith(_ALWAYS)


def merged(found: Sequence[tuple[Kept, str]]) -> Kept:
    """Return what is shown of a name that is in several roots, in their order; each time with the rest."""
    found = list(dict.fromkeys(reversed(found)))[::-1]
    name = found[0][0][0]
    if len(found) == 1:
        return found[0][0]
    rest = [rest.split(_APART) for _, rest in found]
    if any(len(parts) == 1 for parts in rest):  # it cannot be read
        return name, "", ""
    described, place = max((described, place) for place, (_, described, _, _) in enumerate(rest))
    asks, unknown = max((asks, place) for place, (*_, asks) in enumerate(rest))
    if asks and (asks, unknown) > (described, place):
        return name, "", ""
    in_order = sorted({order for orders, *_ in rest for order in _parts(orders)})
    names = list(dict.fromkeys(order.partition(_BEHIND)[2] for order in in_order))
    extensions = _in_line([*{part for _, _, brought, _ in rest for part in _parts(brought)}])
    return name, _shown(names, extensions), found[place][0][2]


def _is_plain(text: str) -> bool:
    return text.isprintable() and "`" not in text and text == " ".join(text.split())


def _is_tidy(name: str) -> bool:
    return _is_plain(name) and " " not in name


def _parts(text: str) -> list[str]:
    return text.split(_BETWEEN) if text else []


def name_of(full_name: str) -> str:
    """Return the name in the full name of an extension."""
    return full_name.rpartition("/")[0] or full_name


def _in_line(full_names: list[str]) -> list[str]:
    """Return names of extensions in the order of their versions."""
    return sorted(full_names, key=_order) if len(full_names) > 1 else full_names


def _order(full_name: str) -> str:
    return canonical(full_name.rpartition("/")[2]) if "/" in full_name else canonical("")


def _in_order(module: Modulefile) -> tuple[str, str]:
    return module.order, module.version
