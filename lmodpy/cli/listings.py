"""The commands that show something: they gather, lmodpy.report writes."""

from __future__ import annotations

from lmodpy.errors import LmodError
from lmodpy.report.listing import DEPENDENCY, Block, Entry, avail_list, loaded_list, terse_avail, terse_list
from lmodpy.report.text import Style
from lmodpy.session.loaded import STICKY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmodpy.cli.context import Context
    from lmodpy.session.loaded import Loaded


def loaded_text(context: Context) -> str:
    """List the loaded modules whose names contain one of the words."""
    line, known = context.line, context.begun.state.modules
    modules = [m for m in known if m.active and _matches((m.full_name,), line.words)]
    if line.on("brief"):
        modules = [module for module in modules if module.wanted]
    entries = [Entry(module.full_name, _loaded_marks(module), module.name) for module in modules]
    if line.on("terse"):
        return terse_list(entries) if entries or not any(m.active for m in known) else ""
    inactive = [m.asked for m in known if not m.active and _matches((m.asked,), line.words)]
    return loaded_list(entries, inactive, context.width(), Style(colour=context.colours()))


def avail_text(context: Context) -> str:
    """List what can be loaded now and whose names contain one of the words."""
    session, line = context.session, context.line
    roots = session.roots()
    if not roots:
        raise LmodError("MODULEPATH is not set, so there is no module to be found", hint="module use DIRECTORY")
    blocks = [Block(root, tuple(_entries(context, root, roots))) for root in dict.fromkeys(roots)]
    if line.on("terse"):
        aliases = [] if line.words else list(session.tree.aliases(roots).items())
        names = not line.words and not line.on("default")
        return terse_avail(blocks, aliases=aliases, names=names)
    return avail_list(blocks, context.width(), Style(colour=context.colours()))


def _loaded_marks(module: Loaded) -> tuple[str, ...]:
    return (*(["S"] if STICKY in module.properties else []), *([] if module.wanted else [DEPENDENCY]))


def _entries(context: Context, root: str, roots: Sequence[str]) -> Iterable[Entry]:
    session, line = context.session, context.line
    modules = [m for m in session.tree.all(root) if line.on("all") or not m.hidden]
    counts: dict[str, int] = {}
    for other in dict.fromkeys(roots):
        for module in session.tree.all(other):
            counts[module.name] = counts.get(module.name, 0) + (not module.hidden)
    symbols = session.tree.symbols(root)
    loaded = {module.path for module in session.loaded.active()}
    for module in modules:
        if not _matches((module.full_name, module.name), line.words):
            continue
        default = counts[module.name] > 1 and session.tree.is_default(module, roots)
        if line.on("default") and not default and counts[module.name] > 1:
            continue
        marks = [("H", module.hidden), ("L", module.path in loaded), ("D", default)]
        names = tuple(symbol.rpartition("/")[2] for symbol in symbols.get(module.full_name, ()))
        yield Entry(
            module.full_name,
            tuple(mark for mark, holds in marks if holds),
            module.name if module.version else "",
            tuple(name for name in names if name != "default"),
        )


def _matches(names: Iterable[str], words: Sequence[str]) -> bool:
    asked = [word.lower() for word in words]
    return not any(asked) or any(word in name.lower() for word in asked for name in names)
