"""Lists of modules: what is loaded, what can be loaded, what changed."""

from __future__ import annotations

from lmodpy.report.text import PLAIN, Style, columns, rule, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NamedTuple

    from lmodpy.modulefile.properties import Mark
    from lmodpy.session.loaded import Changes
else:
    from lmodpy.values import NamedTuple


class Entry(NamedTuple):
    """One module in a list."""

    full_name: str
    marks: tuple[str | Mark, ...] = ()
    """What stands in parentheses behind it: keys of `MEANINGS`, or marks of properties."""
    name: str = ""
    """What its versions share; empty for a module without version."""
    symbols: tuple[str, ...] = ()
    """Symbolic versions that lead to it, as `lts`."""
    alias: str = ""
    """The other name by which it was loaded."""
    extensions: tuple[str, ...] = ()
    """Packages it brings, as `numpy/1.26`; terse lists show them."""


class Block(NamedTuple):
    """What one directory of MODULEPATH offers."""

    root: str
    entries: tuple[Entry, ...]


MEANINGS = {
    "L": "is loaded",
    "D": "is the default: loaded if no version is given",
    "H": "is hidden; shown since hidden modules were asked for",
    "s": "is hidden, but can be loaded by its bare name",
    "HL": "is hidden, and loaded",
    "F": "is forbidden: loading it is refused",
    "NF": "will soon be forbidden",
    "old": "is deprecated: use something else",
    "W": "is loaded with a warning",
    "dep": "was not asked for; another module needs it",
}
DEPENDENCY = "dep"


def loaded_list(
    modules: Sequence[Entry],
    inactive: Sequence[str],
    width: int,
    style: Style,
    *,
    unlisted: int = 0,
) -> str:
    """List loaded modules in load order, those that came as a dependency faintly, and the inactive ones.

    `unlisted` tells how many are loaded besides.
    """
    parts = [terse_list(())]
    if modules:
        shown = [_loaded_item(entry, style) for entry in modules]
        parts = [f"{style.bold('Loaded')}, in this order:\n", columns(numbered(shown), width, _INDENT)]
    if inactive:
        parts += [f"\n{style.bold('Inactive')}, since MODULEPATH does not offer them now:\n"]
        parts += [columns(numbered([style.faint(name) for name in inactive]), width, _INDENT)]
    more = f"\n{unlisted} more not shown: they are hidden (`module --all list` shows them)\n" if unlisted else ""
    return "".join(parts) + _legend(modules, style) + more


def avail_list(
    blocks: Sequence[Block],
    width: int,
    style: Style,
    *,
    aliases: Sequence[tuple[str, str]] = (),
    titles: Mapping[str, str] = {},
    extensions: Sequence[str] = (),
) -> str:
    """List what can be loaded now, directory by directory, with the meaning of the marks that occur.

    Directories of one title stand together below it; without a title a directory stands for itself.
    """
    filled = titled([block for block in blocks if block.entries], titles)
    search = wrap(_SEARCH, width)
    if not (filled or aliases or extensions):
        return f"No module that can be loaded now matches.\n\n{search}"
    parts = []
    if aliases:
        lines = [f"{alias} -> {target or '(N/A)'}" for alias, target in aliases]
        parts += [f"{rule('other names', width)}\n{columns(lines, width, _INDENT)}\n"]
    for block in filled:
        items = [_avail_item(entry, style) for entry in block.entries]
        parts += [f"{style.faint(rule(block.root, width))}\n{columns(items, width, _INDENT)}\n"]
    if extensions:
        brought = f"{columns(extensions, width, _INDENT)}\n{wrap(_EXTENSIONS, width)}\n"
        parts += [style.faint(rule("extensions: they come with modules", width)), f"\n{brought}"]
    legend = _legend((entry for block in filled for entry in block.entries), style)
    parts += [f"{legend[1:]}\n" if legend else "", _nested(blocks, width), search]
    return "".join(parts)


def terse_list(modules: Sequence[Entry], *, decorate: bool = False) -> str:
    """List loaded modules for programs: one on a line, and the alias by which one was loaded after it."""
    if not modules:
        return "No modules loaded\n"
    lines = []
    for entry in modules:
        lines += [_decorated(entry.full_name, entry, decorate)]
        lines += [entry.alias] if entry.alias else []
    return "".join(f"{line}\n" for line in lines)


def terse_avail(
    blocks: Sequence[Block],
    *,
    aliases: Sequence[tuple[str, str]] = (),
    names: bool = True,
    extensions: bool = False,
    decorate: bool = False,
) -> str:
    """List what can be loaded for programs; `names` has a line `name/` stand above its versions."""
    lines = [f"{alias}(@{target})" for alias, target in aliases]
    for block in blocks:
        if not block.entries:
            continue
        lines.append(f"{block.root}:")
        previous = ""
        for entry in block.entries:
            full_name, marks, name, symbols = entry[:4]
            if names and name and name != previous:
                lines.append(f"{name}/")
            previous = name
            if symbols:
                lines += [f"{name}/{symbol}(@{full_name})" for symbol in symbols]
            lines.append(_decorated(full_name, entry, decorate) if marks else full_name)
            if extensions:
                lines += [f"#    {extension}" for extension in entry.extensions]
    lines.append("")
    return "\n".join(lines)


def changes_text(changes: Changes, width: int = 80, style: Style = PLAIN) -> str:
    """Tell what happened to modules that the command did not name; nothing, if nothing did."""
    parts = []
    for title, meaning, names in (
        ("Replaced", "only one of a family can be loaded", _arrows(changes.replaced)),
        ("Now in another version", "a name has one loaded version at a time", _arrows(changes.versions)),
        ("Reloaded", "the same module, from another directory of MODULEPATH", changes.reloaded),
        ("Active again", "MODULEPATH offers them once more", changes.activated),
        ("Inactive", "MODULEPATH does not offer them now; they return when it does", changes.inactive),
    ):
        if names:
            parts += [f"{style.bold(title)} ({meaning}):\n", columns(names, width, _INDENT)]
    return "".join(parts)


_INDENT = "  "
_SEARCH = "`module avail WORD` lists only names that contain the word; `module whatis NAME` describes a module."
_EXTENSIONS = "`module spider NAME` tells which modules bring one; `module --nx avail` leaves them out."
_DECORATIONS = {"H": " <H>", "s": " <H>", "HL": " <H>", "F": " <F>", "NF": " <NF>"}


def _arrows(pairs: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{old} => {new}" for old, new in pairs]


def _loaded_item(entry: Entry, style: Style) -> str:
    name = style.module(entry.full_name, entry.name or entry.full_name)
    name = f"{entry.alias} -> {name}" if entry.alias else name
    return style.faint(_marked(name, entry)) if DEPENDENCY in entry.marks else _marked(name, entry, style)


def _avail_item(entry: Entry, style: Style) -> str:
    name = style.module(entry.full_name, entry.name or entry.full_name)
    if not (entry.marks or entry.symbols):
        return name  # as most
    paint = next((paint for mark, paint in _PAINTS if mark in entry.marks), None)
    return paint(style, _marked(name, entry)) if paint else _marked(name, entry, style)


_PAINTS = (
    *(("L", Style.green), ("HL", Style.green)),
    *(("F", Style.forbidden), ("NF", Style.nearly)),
    *(("H", Style.hidden), ("s", Style.hidden)),
)
"""How a whole item looks that has a mark; the first counts."""


def _marked(name: str, entry: Entry, style: Style = PLAIN) -> str:
    if not (entry.marks or entry.symbols):
        return name
    marks = [mark if isinstance(mark, str) else style.named(mark.colour, mark.letters) for mark in entry.marks]
    marks += [":".join(entry.symbols)] if entry.symbols else []
    whole = next((mark.colour for mark in entry.marks if not isinstance(mark, str) and mark.whole), "")
    return f"{style.named(whole, name)} ({','.join(marks)})"


def numbered(items: Sequence[str]) -> list[str]:
    """Put a number in front of each item."""
    room = len(str(len(items)))
    return [f"{number:>{room}}) {item}" for number, item in enumerate(items, 1)]


def _legend(entries: Iterable[Entry], style: Style) -> str:
    """Explain the marks that occur, after an empty line."""
    used = {mark for entry in entries for mark in entry.marks}
    rows = [(mark, text) for mark, text in MEANINGS.items() if mark in used]
    rows += sorted({mark[:2] for mark in used if not isinstance(mark, str)})
    room = max((len(mark) for mark, _ in rows), default=0)
    lines = [f"{_INDENT}{style.bold(f'{mark:>{room}}')}  {text}\n" for mark, text in rows]
    return "".join(["\n" * bool(lines), *lines])


def titled(blocks: Sequence[Block], titles: Mapping[str, str]) -> list[Block]:
    """Return blocks with titles in place of roots, those of one title as one, where the first of them stood."""
    together: dict[str, tuple[Entry, ...]] = {}
    for block in blocks:
        title = titles.get(block.root, block.root)
        together[title] = together.get(title, ()) + block.entries
    return [Block(title, entries) for title, entries in together.items()]


def _nested(blocks: Sequence[Block], width: int) -> str:
    """Say for which names the first directory decides, instead of the highest version: those in several of them."""
    entries = [entry for block in blocks for entry in block.entries]
    nested = {e.name for e in entries if e.full_name.count("/") > 1 and "/" in e.full_name.removeprefix(f"{e.name}/")}
    places = {name: {block.root for block in blocks for e in block.entries if e.name == name} for name in nested}
    names = sorted(name for name in nested if name and len(places[name]) > 1)
    told = f"Of {', '.join(names)} there are nested versions, so the first directory above that has one decides."
    return wrap(told, width) + "\n" if names else ""


def _decorated(line: str, entry: Entry, decorate: bool) -> str:
    return line + "".join(text for mark, text in _DECORATIONS.items() if mark in entry.marks) if decorate else line
