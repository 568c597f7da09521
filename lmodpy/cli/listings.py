"""The commands that show something: they gather, lmodpy.report writes."""

from __future__ import annotations

from lmodpy.errors import LmodError
from lmodpy.names.request import Request
from lmodpy.report.listing import DEPENDENCY, Block, Entry, avail_list, loaded_list, terse_avail, terse_list
from lmodpy.report.text import Style
from lmodpy.session.loaded import STICKY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmodpy.cli.context import Context
    from lmodpy.session.loaded import Loaded
    from lmodpy.session.session import Session
    from lmodpy.tree.directory import Modulefile


def list_(context: Context) -> None:
    """List the loaded modules, in load order, whose names contain one of the words."""
    context.listing.append(loaded_text(context))


def avail(context: Context) -> None:
    """List what can be loaded now and whose names contain one of the words."""
    context.listing.append(avail_text(context))


def loaded_text(context: Context) -> str:
    """List the loaded modules whose names contain one of the words."""
    line, known = context.line, context.begun.state.modules
    shows = line.on("all") or context.settings.shows_hidden("list")
    found = [m for m in known if m.active and _matches((m.full_name,), line.words)]
    modules = [m for m in found if shows or line.on("terse") or "v" not in m.marks]
    if line.on("brief"):
        modules = [module for module in modules if module.wanted]
    entries = [Entry(m.full_name, _loaded_marks(m), m.name, alias=_alias(m)) for m in modules]
    if line.on("terse"):
        decorate = context.settings.flag("terse_marks")
        return terse_list(entries, decorate=decorate) if entries or not any(m.active for m in known) else ""
    inactive = [m.asked for m in known if not m.active and _matches((m.asked,), line.words)]
    unlisted = len(found) - len(modules) if not line.on("brief") else 0
    style = Style(colour=context.colours())
    return loaded_list(entries, inactive, context.width(), style, unlisted=unlisted)


def avail_text(context: Context) -> str:
    """List what can be loaded now and whose names contain one of the words."""
    session, line = context.session, context.line
    roots = session.roots()
    if not roots:
        raise LmodError("MODULEPATH is not set, so there is no module to be found", hint="module use DIRECTORY")
    words = [session.tree.resolve(word, roots) for word in line.words]  # an alias stands for its target
    blocks = [Block(root, tuple(_entries(context, root, roots, words))) for root in dict.fromkeys(roots)]
    if line.on("terse"):
        known = session.tree.aliases(roots) if any(session.tree.all(root) for root in roots) else {}
        aliases = [pair for pair in known.items() if _matches(pair[1:], words)]
        names = not line.words and not line.on("default")
        return terse_avail(blocks, aliases=aliases, names=names, decorate=context.settings.flag("terse_marks"))
    found = [] if line.words else _aliases(session, roots)
    return avail_list(blocks, context.width(), Style(colour=context.colours()), aliases=found)


def _aliases(session: Session, roots: Sequence[str]) -> list[tuple[str, str]]:
    """Return the aliases with the full names of what they load now, nothing for those that load nothing."""
    found = ((alias, session.find(Request(alias))) for alias in session.tree.aliases(roots))
    return [(alias, module.full_name if module else "") for alias, module in found]


def _loaded_marks(module: Loaded) -> tuple[str, ...]:
    marks = [mark for letter, mark in _MARKS.items() if letter in module.marks]
    return (*(["S"] if STICKY in module.properties else []), *marks, *([] if module.wanted else [DEPENDENCY]))


def _alias(module: Loaded) -> str:
    """Return the other name by which a module was loaded, nothing for a virtual module, whose name it is."""
    return module.alias if module.alias != module.full_name else ""


_MARKS = {"h": "H", "s": "s", "n": "NF"}
_OF_KIND = {"": "", "soft": "s"}


def _entries(context: Context, root: str, roots: Sequence[str], words: Sequence[str]) -> Iterable[Entry]:
    session, line = context.session, context.line
    shows = line.on("all") or context.settings.shows_hidden("avail")
    modules = [m for m in session.tree.all(root) if shows or not m.hidden]
    counts: dict[str, int] = {}
    for other in dict.fromkeys(roots):
        for module in session.tree.all(other):
            counts[module.name] = counts.get(module.name, 0) + (not module.hidden)
    symbols = session.tree.symbols(root, roots)
    loaded = {(module.path, module.full_name) for module in session.loaded.active()}
    for module in modules:
        if not _matches((module.full_name, module.name), words):
            continue
        several = counts[module.name] > 1
        default = (several or line.on("default")) and session.tree.is_default(module, roots)
        if line.on("default") and not default:
            continue
        is_loaded = (module.path, module.full_name) in loaded
        hidden = _OF_KIND.get(module.kind, "HL" if is_loaded else "H")
        marks = [
            (hidden, hidden),
            (_ban(session, module), True),
            ("L", is_loaded and hidden != "HL"),
            ("D", default and several),
        ]
        names = tuple(symbol.rpartition("/")[2] for symbol in symbols.get(module.full_name, ()))
        yield Entry(
            module.full_name,
            tuple(mark for mark, holds in marks if mark and holds),
            module.name if module.version else "",
            tuple(name for name in names if name != "default"),
        )


def _ban(session: Session, module: Modulefile) -> str:
    ban = session.tree.ban(module)
    return "" if ban is None else "NF" if ban.since else "F"


def _matches(names: Iterable[str], words: Sequence[str]) -> bool:
    asked = [word.lower() for word in words]
    return not any(asked) or any(word in name.lower() for word in asked for name in names)
