"""What `spider` tells: everything there is, the versions of a name, and all about one of them."""

from __future__ import annotations

from lmodpy.report.text import filled, rule, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NamedTuple

    from lmodpy.report.text import Style
else:
    from lmodpy.values import NamedTuple


class Version(NamedTuple):
    """A full name: a module, or an extension that modules bring."""

    full_name: str
    marks: tuple[str, ...] = ()
    command: str = ""
    """What to type now to have it; empty, if that is not known or there is nothing to be typed."""
    ways: tuple[tuple[str, ...], ...] = ()
    """Full names of modules, each time those to load first; an empty tuple: it can be loaded at once."""
    providers: tuple[str, ...] = ()
    """Of an extension: who brings it."""


class Topic(NamedTuple):
    """A name, with what there is under it."""

    name: str
    versions: tuple[Version, ...]
    description: str = ""
    others: tuple[str, ...] = ()
    """Other names that one could have meant."""


class Card(NamedTuple):
    """All about one full name."""

    version: Version
    description: str = ""
    details: tuple[tuple[str, str], ...] = ()
    """Further lines of its description: a title and a text."""
    extensions: tuple[str, ...] = ()
    help: str = ""
    others: tuple[str, ...] = ()


MARKS = {"L": "is loaded", "H": "is hidden", "F": "is forbidden: loading it is refused", "E": "is an extension"}
_INDENT, _DEEPER = "  ", "    "


def overview(
    entries: Iterable[str],
    width: int,
    what: str = "everything that can be loaded, at once or after other modules",
) -> str:
    """List names, each as an `entry`."""
    tail = "`module spider NAME` tells how to load something; `module keyword WORD` searches descriptions, too."
    return f"{rule(what, width)}\n" + _apart([*entries, wrap(tail, width)])


def entry(topic: Topic, width: int, style: Style) -> str:
    """Return what an overview shows of a topic: its versions, and a line about it."""
    names = wrap(f"{style.bold(f'{topic.name}:')} {', '.join(map(marked, topic.versions))}", width, _INDENT)
    return names + wrap(topic.description, width, _DEEPER)


def ready_entries(rows: Iterable[tuple[str, str, str]], width: int, style: Style) -> list[str]:
    """Return the same of names, their full names in a line and descriptions; faster.

    These have single blanks only, and nothing that does not show. Most of them need not be broken.
    """
    begin, end = style.bold("\n").split("\n")
    room, deeper = width - len(_INDENT), width - len(_DEEPER)
    return [
        (
            f"{_INDENT}{begin}{name}:{end} {there}\n"
            if len(name) + len(there) < room - 1
            else filled(f"{name}: {there}", width, _INDENT).replace(f"{name}:", f"{begin}{name}:{end}", 1)
        )
        + (said and (f"{_DEEPER}{said}\n" if len(said) <= deeper else filled(said, width, _DEEPER)))
        for name, there, said in rows
    ]


def topic_text(topic: Topic, width: int, style: Style) -> str:
    """List the versions of a name, each with what loads it now."""
    names = [marked(version) for version in topic.versions]
    room = max(map(len, names))
    rows = [
        f"{_DEEPER}{name:<{room}}   {style.bold(version.command)}".rstrip() + "\n"
        for name, version in zip(names, topic.versions, strict=True)
    ]
    tail = f"`module spider {topic.versions[-1].full_name}` tells all about one of them, and every way to load it."
    parts = ["".join(rows), legend(topic.versions), _see_also(topic.others, width), wrap(tail, width)]
    return _headed(topic.name, [wrap(topic.description, width, _INDENT), *parts], width)


def card_text(card: Card, width: int, style: Style) -> str:
    """Tell all about one module or extension: what it is, and every way to load it."""
    version = card.version
    parts = [
        wrap(card.description, width, _INDENT),
        "".join(wrap(f"{title}: {text}", width, _INDENT) for title, text in card.details),
        _now(version, style),
        _ways(version),
        _listed("Brings these extensions", card.extensions, width),
        f"{_INDENT}Help:\n{_indented(card.help)}" if card.help.strip() else "",
        legend([version]),
        _see_also(card.others, width),
    ]
    return _headed(marked(version), parts, width)


def terse_overview(names: Mapping[str, Sequence[str]]) -> str:
    """List all full names for programs, under the names that they share; a module without version stands alone."""
    lines: list[str] = []
    for name, full_names in names.items():
        lines += [name] if list(full_names) == [name] else [f"{name}/", *(full for full in full_names if full != name)]
    return "".join(f"{line}\n" for line in lines)


def terse_names(full_names: Iterable[str]) -> str:
    """List full names for programs, with an empty line behind them."""
    return "".join(f"{line}\n" for line in (*full_names, ""))


def terse_ways(ways: Iterable[Sequence[str]]) -> str:
    """List what has to be loaded first for programs, each way on a line, behind an empty line."""
    return "".join(f"{line}\n" for line in ("", *("  ".join(way) for way in ways)))


def _headed(title: str, parts: Iterable[str], width: int) -> str:
    return f"{rule(title, width)}\n{_apart(parts)}"


def _apart(parts: Iterable[str]) -> str:
    """Join parts, those that are not empty, with an empty line between them."""
    return "\n".join(filter(None, parts))


def _now(version: Version, style: Style) -> str:
    if version.command:
        return f"{_INDENT}To load it now:\n{_DEEPER}{style.bold(version.command)}\n"
    if {"L", "F"} & {*version.marks}:
        return ""
    return f"{_INDENT}There is no way to load it.\n" if not version.ways else ""


def _ways(version: Version) -> str:
    """List the chains of modules that lead to something."""
    chains = ["  ".join(way) for way in version.ways if way]
    if not chains:
        return ""
    if version.providers:
        title = "Another module brings it; each of these lines loads one:"
    elif () in version.ways:
        title = "Other variants of it can be loaded once the modules of one of these lines are:"
    else:
        title = "It can be loaded once the modules of one of these lines are:"
    return "".join((f"{_INDENT}{title}\n", *(f"{_DEEPER}{chain}\n" for chain in chains)))


def marked(version: Version) -> str:
    """Return a full name with its marks."""
    return f"{version.full_name} ({','.join(version.marks)})" if version.marks else version.full_name


def legend(versions: Iterable[Version]) -> str:
    """Tell what the marks mean, those that there are."""
    used = {mark for version in versions for mark in version.marks}
    return "".join(f"{_INDENT}({mark}) {meaning}\n" for mark, meaning in MARKS.items() if mark in used)


def _listed(title: str, names: Sequence[str], width: int) -> str:
    return f"{_INDENT}{title}:\n{wrap(', '.join(names), width, _DEEPER)}" if names else ""


def _see_also(names: Sequence[str], width: int) -> str:
    return wrap(f"Other names with this in it: {', '.join(names)}", width, _INDENT) if names else ""


def _indented(text: str) -> str:
    return "".join(f"{_DEEPER}{line}".rstrip() + "\n" for line in text.strip("\n").splitlines())
