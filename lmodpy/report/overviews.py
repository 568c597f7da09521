"""Lists that are seldom asked for: names with numbers, categories, other names, who needs whom."""

from __future__ import annotations

from lmodpy.report.text import columns, rule, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lmodpy.report.listing import Block
    from lmodpy.report.text import Style

_INDENT = "  "


def overview(blocks: Sequence[Block], width: int, style: Style) -> str:
    """List the names that there are, each with the number of its versions, directory by directory."""
    parts = []
    for block in blocks:
        counts = counted(block)
        items = [f"{name} ({count})" for name, count in counts.items()]
        parts += [f"\n{style.faint(rule(block.root, width))}\n{columns(items, width)}"] * bool(items)
    return "".join(parts)


def categories(found: Mapping[str, Mapping[str, int]], width: int, style: Style, *, names: bool) -> str:
    """List categories; with `names` the modules in each, with the number of versions."""
    if not found:
        return "No module that could be loaded is in such a category.\n"
    if not names:
        tail = wrap("`module category WORD` lists the modules of those that have the word in them.", width)
        return f"{rule('categories', width)}\n{columns(list(found), width, _INDENT)}\n{tail}"
    parts = []
    for name, modules in found.items():
        items = [f"{module} ({count})" for module, count in modules.items()]
        parts += [f"{style.faint(rule(name, width))}\n{columns(items, width, _INDENT)}\n"]
    return "".join(parts)


def aliases(
    found: Sequence[tuple[str, str]], symbols: Mapping[str, Sequence[tuple[str, str]]], width: int, style: Style
) -> str:
    """List aliases and, directory by directory, symbolic versions, with what they stand for."""
    blocks = {"other names": found, **symbols}
    parts = []
    for title, pairs in blocks.items():
        lines = [f"{name} -> {target or '(N/A)'}" for name, target in pairs]
        parts += [f"{style.faint(rule(title, width))}\n{columns(lines, width, _INDENT)}\n"] * bool(lines)
    return "".join(parts) or "No module has another name.\n"


def terse_aliases(found: Sequence[tuple[str, str]], symbols: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """List the same for programs, as `avail` has it."""
    lines = [f"{name}(@{target})" for name, target in found]
    for root, pairs in symbols.items():
        lines += [f"{root}:", *(f"{name}(@{target})" for name, target in pairs)] if pairs else []
    return "".join(f"{line}\n" for line in lines)


def counted(block: Block) -> dict[str, int]:
    """Return how many modules of each name a block has."""
    counts: dict[str, int] = {}
    for entry in block.entries:
        name = entry.name or entry.full_name
        counts[name] = counts.get(name, 0) + 1
    return counts


def loaded_tree(needs: Mapping[str, Sequence[str]], tops: Iterable[str], labels: Mapping[str, str]) -> str:
    """Show who needs whom, below each of the tops; what several need is told in full where it comes first."""
    told: set[str] = set()
    return "".join(f"{line}\n" for top in tops for line in _tree(top, needs, labels, told, "", ""))


def _tree(
    name: str, needs: Mapping[str, Sequence[str]], labels: Mapping[str, str], told: set[str], first: str, rest: str
) -> Iterator[str]:
    below = needs.get(name, ())
    again = name in told
    told.add(name)
    yield f"{first}{labels.get(name, name)}{' …' if again and below else ''}"
    for place, other in enumerate(() if again else below, 1):
        corner, side = ("└── ", "    ") if place == len(below) else ("├── ", "│   ")
        yield from _tree(other, needs, labels, told, rest + corner, rest + side)
