"""Seldom asked for: lists in short and of other names, who needs whom, tables of Lua, lists for programs."""

from __future__ import annotations

from lmodpy.cli.listings import Sayings, aliases_of, asked, blocks_of, entries_of, titles_of
from lmodpy.cli.looking import matcher, roots_of, style
from lmodpy.errors import LmodError
from lmodpy.report import overviews
from lmodpy.report.data import module_data
from lmodpy.report.listing import titled
from lmodpy.spider.facts import EXTENSIONS
from lmodpy.spider.gathered import facts_of
from lmodpy.spider.promises import content_of, promises

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from lmodpy.cli.context import Context
    from lmodpy.report.listing import Entry
    from lmodpy.session.loaded import Loaded
    from lmodpy.tree.directory import Modulefile

_LAST_ERROR = "__LMOD_LAST_ERROR"


def overview(context: Context) -> None:
    """List the names of what can be loaded now, with the number of versions, directory by directory."""
    roots = roots_of(context)
    blocks = blocks_of(context, roots, asked(context, roots))
    if not context.line.on("json"):
        blocks = titled(blocks, titles_of(context, roots))
        context.listing.append(overviews.overview(blocks, context.width(), style(context)))
        return
    counts = {block.root: overviews.counted(block) for block in blocks}
    context.answer({"directories": [{"root": root, "modules": _counts(found)} for root, found in counts.items()]})


def aliases(context: Context) -> None:
    """List the other names of modules: aliases, and symbolic versions directory by directory."""
    view, roots = context.view, roots_of(context)
    matches = matcher(context, context.line.words)
    found = [pair for pair in aliases_of(view, roots) if matches(pair)]
    symbols = {root: _symbols(context, root, roots) for root in dict.fromkeys(roots)}
    if context.line.on("json"):
        known = [{"name": name, "target": target or None} for name, target in found]
        rows = [
            {"root": root, "versions": [{"name": name, "target": target} for name, target in pairs]}
            for root, pairs in symbols.items()
        ]
        context.answer({"aliases": known, "directories": rows})
    elif context.line.on("terse"):
        context.listing.append(overviews.terse_aliases(found, symbols))
    else:
        context.listing.append(overviews.aliases(found, symbols, context.width(), style(context)))


def tablelist(context: Context) -> None:
    """Show what is loaded as a table of Lua: versions by name."""
    from lmodpy.session.luatable import assignment  # noqa: PLC0415 - seldom asked for

    table = {module.name: module.version for module in context.begun.state.modules if module.active}
    if context.line.on("json"):
        context.answer({"activeList": dict(sorted(table.items()))})
    else:
        context.notes.append(assignment("activeList", table) + "\n")


def module_table(context: Context) -> None:
    """Show what is known of the session in the shape of Lmod's module table, for people and programs that know it."""
    from lmodpy.session import luatable  # noqa: PLC0415 - seldom asked for
    from lmodpy.session.restoring import base_path  # noqa: PLC0415

    session = context.session
    table = luatable.module_table(session.loaded.all(), session.roots(), context.environ, base_path(session))
    context.notes.append(luatable.assignment("_ModuleTable_", table) + "\n")


def last_error(context: Context) -> None:
    """Show the error that Lmod has left in the environment; lmodpy leaves none, since a failure changes nothing."""
    kept = context.environ.get(_LAST_ERROR, "")
    if context.line.on("json"):
        context.answer({"lastError": kept or None})
        return
    none = "No error is kept: a command that fails changes nothing, not even this. Type it again to see its error.\n"
    context.listing.append(f"{kept.rstrip()}\n" if kept else none)


def loaded_tree_text(modules: Sequence[Loaded], known: Iterable[Loaded]) -> str:
    """Show the modules that nobody needs, or that the user asked for, with those that they need below them."""
    active = {module.name: module for module in known if module.active}
    needs = {name: list(dict.fromkeys((*module.brings, *module.needs))) for name, module in active.items()}
    needed = {other for others in needs.values() for other in others}
    labels = {name: module.full_name for name, module in active.items()}
    labels |= {name: f"{name} (not loaded)" for name in needed if name not in active}
    tops = [module.name for module in modules if module.wanted or module.name not in needed]
    if not tops:
        tops = [module.name for module in modules]
    return overviews.loaded_tree(needs, tops, labels)


def avail_data(context: Context) -> dict[str, Any]:
    """Return what can be loaded now, for programs."""
    view, roots = context.view, roots_of(context)
    words = asked(context, roots)
    matches = matcher(context, words)
    sayings = Sayings(context, roots)
    rows = [
        {"root": root, "modules": [_data(context, sayings, *pair) for pair in pairs]}
        for root, pairs in entries_of(context, roots, words).items()
    ]
    found = [pair for pair in aliases_of(view, roots) if matches(pair)]
    return {"directories": rows, "aliases": [{"name": name, "target": target or None} for name, target in found]}


def extensions(context: Context, module: Modulefile) -> tuple[str, ...]:
    """Return what a module brings besides; most need not be evaluated, and one that is broken brings nothing."""
    if EXTENSIONS not in promises(content_of(module.path)):
        return ()
    try:
        said = context.session.read(module, "spider").journal
    except LmodError:
        return ()
    return facts_of(said, context.environ.get("HOME", "")).extensions


def _data(context: Context, sayings: Sayings, module: Modulefile, entry: Entry) -> dict[str, Any]:
    marks = entry.marks
    loaded = "L" in marks or "HL" in marks
    there = context.session.loaded.get(module.name) if loaded else None
    return {
        **module_data(module),
        "loaded": loaded,
        "default": "D" in marks,
        "hidden": module.kind or None,
        "forbidden": "now" if "F" in marks else "soon" if "NF" in marks else None,
        "symbols": list(entry.symbols),
        "properties": list(there.properties if there else sayings.properties(module)),
    }


def _counts(found: dict[str, int]) -> list[dict[str, Any]]:
    return [{"name": name, "versions": count} for name, count in found.items()]


def _symbols(context: Context, root: str, roots: Sequence[str]) -> list[tuple[str, str]]:
    """Return the symbolic versions of a root with their targets, as far as they fit the words."""
    matches = matcher(context, context.line.words)
    known = context.tree.symbols(root, roots)
    pairs = sorted((symbol, target) for target, symbols in known.items() for symbol in symbols)
    return [pair for pair in pairs if matches(pair)]
