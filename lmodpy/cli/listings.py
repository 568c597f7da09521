"""The commands that list modules, loaded ones and those that can be loaded now: they gather, lmodpy.report writes."""

from __future__ import annotations

from lmodpy import system
from lmodpy.cli.looking import matcher, meant, roots_of, style
from lmodpy.report.listing import DEPENDENCY, Block, Entry, avail_list, loaded_list, terse_avail, terse_list
from lmodpy.report.properties import shown
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from lmodpy.cli.context import Context
    from lmodpy.modulefile.properties import Mark
    from lmodpy.session.loaded import Loaded
    from lmodpy.session.view import View
    from lmodpy.spider.index import Index
    from lmodpy.spider.remarks import Remark
    from lmodpy.tree.directory import Modulefile
    from lmodpy.tree.tree import Tree


def list_(context: Context) -> None:
    """List the loaded modules, in load order, whose names contain one of the words."""
    line, known = context.line, context.begun.state.modules
    matches = matcher(context, line.words)
    found = [m for m in known if m.active and matches((m.full_name, m.alias))]
    if line.on("brief"):
        found = [module for module in found if module.wanted]
    inactive = [m for m in known if not m.active and matches((m.asked,))]
    if line.on("json"):
        from lmodpy.report.data import loaded_data  # noqa: PLC0415 - only for programs

        context.answer({"modules": [*map(loaded_data, found)], "inactive": [*map(loaded_data, inactive)]})
        return
    shows = line.on("all") or line.on("terse") or context.settings.shows_hidden("list")
    modules = [m for m in found if shows or "v" not in m.marks]
    unlisted = len(found) - len(modules)
    if context.site and "listHook" in context.site.hooks:
        modules = context.site.to_list(modules)
    if line.on("tree") and modules:
        from lmodpy.cli.overviews import loaded_tree_text  # noqa: PLC0415 - seldom asked for

        context.listing.append(loaded_tree_text(modules, known))
        return
    terse = line.on("terse")
    entries = [Entry(_called(m, terse=terse), _loaded_marks(context, m), m.name, alias=_alias(m)) for m in modules]
    if terse:
        decorate = context.settings.flag("terse_marks")
        told = entries or not any(m.active for m in known)
        context.listing.append(terse_list(entries, decorate=decorate) if told else "")
        return
    names = [module.asked for module in inactive]
    context.listing.append(loaded_list(entries, names, context.width(), style(context), unlisted=unlisted))


def avail(context: Context) -> None:
    """List what can be loaded now and whose names contain one of the words."""
    if context.line.on("json"):
        from lmodpy.cli.overviews import avail_data  # noqa: PLC0415 - only for programs

        context.answer(avail_data(context))
        return
    view, line = context.view, context.line
    roots = roots_of(context)
    words = asked(context, roots)
    terse = line.on("terse") or line.on("terse_extensions")
    sayings = None if terse else Sayings(context, roots, words)
    blocks = blocks_of(context, roots, words, sayings)
    matches = matcher(context, words)
    if terse:
        known = {} if all(map(view.tree.is_empty, roots)) else view.tree.aliases(roots)
        context.listing.append(
            terse_avail(
                blocks,
                aliases=[pair for pair in known.items() if matches(pair[1:])],
                names=not line.words and not line.on("default"),
                extensions=line.on("terse_extensions"),
                decorate=context.settings.flag("terse_marks"),
            )
        )
        return
    found = [] if line.words else aliases_of(view, roots)
    titles = titles_of(context, roots)
    shows = sayings is not None and context.settings.flag("avail_extensions")
    brought = [name for name in sayings.extensions() if matches((name,))] if sayings and shows else []
    text = avail_list(blocks, context.width(), style(context), aliases=found, titles=titles, extensions=brought)
    context.listing.append(text)


def titles_of(context: Context, roots: Sequence[str]) -> dict[str, str]:
    """Return what stands above the modules of directories in place of their names: as the site declares, or decides."""
    titles: dict[str, str] = context.tree.labels(roots)
    place = context.settings.text("config_dir")
    style = context.settings.setting("avail_style")
    if system.is_file(f"{place}/lmodpy.toml") and (style.origin == "default" or style.value != "system"):
        from lmodpy.cli.sitepath import declared  # noqa: PLC0415 - only for sites that have such a file

        found = declared(context.settings, context.environ)
        context.doubts += found.problems
        titles |= {entry.root: entry.label for entry in found.entries if entry.label and entry.root in roots}
    return context.site.titles(roots, titles) if context.site else titles


def asked(context: Context, roots: Sequence[str]) -> list[str]:
    """Return the words to look for: an alias stands for its target, unless the words are patterns."""
    if context.line.on("regexp"):
        return [*context.line.words]
    return [meant(context.tree, word, roots) for word in context.line.words]


class Sayings:
    """What modules that are not loaded say about themselves: all of a small tree, of others what is known already.

    With words, what has none of them in it, nor in the name of who says it, may be left out.
    """

    def __init__(self, context: Context, roots: Sequence[str], words: Sequence[str] = ()) -> None:
        self.said: dict[str, Remark] = {}
        """What some have said, by path; others have said nothing, or it is not known."""
        parts = _parts(context, words)
        few: list[Modulefile] = []
        for root in dict.fromkeys(roots):
            if context.tree.known(root).size > _FEW and context.index is not None:
                self.said |= _kept_of(context, context.index, root, parts)
            else:
                few += visible(context, root)
        self.said |= _said_in(context, few) if few else {}

    def properties(self, module: Modulefile) -> tuple[str, ...]:
        """Return the properties of a module."""
        said = self.said.get(module.path)
        return said.properties if said else ()

    def extensions(self) -> list[str]:
        """Return the names of what the modules bring besides."""
        return sorted({name.partition("/")[0] for said in self.said.values() for name in said.extensions})


def _kept_of(context: Context, index: Index, root: str, parts: Sequence[str]) -> dict[str, Remark]:
    """Return what modules of a root have said before, as far as it has one of some texts in it, if there are any."""
    from lmodpy.spider.remarks import remarks  # noqa: PLC0415 - terse lists go without

    found: dict[str, Remark] = {}
    for part in parts or [""]:
        found |= remarks(index, root, part)
    if not found:
        return {}
    room = len(root.rstrip("/")) + 1
    seen = {module.path for module in visible(context, root, [path[room:].removesuffix(".lua") for path in found])}
    return {path: said for path, said in found.items() if path in seen}


def _said_in(context: Context, modules: Sequence[Modulefile]) -> dict[str, Remark]:
    """Return what some modules say; those of which it is not known are evaluated."""
    from lmodpy.cli.walk import memory  # noqa: PLC0415 - for small trees
    from lmodpy.spider.remarks import Remark  # noqa: PLC0415

    known = memory(context, thorough=False)
    found = ((module.path, known.facts(module, loosely=True)) for module in modules)
    return {path: Remark(f.properties, f.extensions) for path, f in found if f.properties or f.extensions}


_FEW = 100
"""So many modulefiles of a tree are read for a list, if they are not known."""


def blocks_of(
    context: Context, roots: Sequence[str], words: Sequence[str], sayings: Sayings | None = None
) -> list[Block]:
    """Return what fits the words, directory by directory."""
    found = entries_of(context, roots, words, sayings)
    blocks = [Block(root, tuple(entry for _, entry in entries)) for root, entries in found.items()]
    if not context.settings.flag("sort_case"):
        return blocks
    return [Block(b.root, tuple(sorted(b.entries, key=lambda e: (e.name or e.full_name).lower()))) for b in blocks]


def aliases_of(view: View, roots: Sequence[str]) -> list[tuple[str, str]]:
    """Return the aliases with the full names of what they load now, nothing for those that load nothing."""
    from lmodpy.names.request import Request  # noqa: PLC0415 - not for `list`

    found = ((alias, view.find(Request(alias))) for alias in view.tree.aliases(roots))
    return [(alias, module.full_name if module else "") for alias, module in found]


def _loaded_marks(context: Context, module: Loaded) -> tuple[str | Mark, ...]:
    marks = [mark for letter, mark in _MARKS.items() if letter in module.marks]
    return (*_marks(context, module.properties), *marks, *([] if module.wanted else [DEPENDENCY]))


def _marks(context: Context, properties: Sequence[str]) -> list[Mark]:
    return shown(properties, context.site_rc.properties) if properties else []


def _called(module: Loaded, *, terse: bool) -> str:
    """Return the full name of a loaded module; for people, with its variants."""
    if terse or not module.properties:
        return module.full_name
    from lmodpy.session.variants import variants  # noqa: PLC0415 - few modules have properties

    return " ".join((module.full_name, *variants(module.properties)))


def _alias(module: Loaded) -> str:
    """Return the other name by which a module was loaded, nothing for a virtual module, whose name it is."""
    return module.alias if module.alias != module.full_name else ""


_MARKS = {"h": "H", "s": "s", "n": "NF", "o": "old"}
_OF_KIND = {"": "", "soft": "s"}


def entries_of(
    context: Context, roots: Sequence[str], words: Sequence[str], sayings: Sayings | None = None
) -> dict[str, list[tuple[Modulefile, Entry]]]:
    """Return the modules that fit the words, directory by directory, each with what is told about it."""
    tree = context.tree
    found = {root: fitting(context, root, words) for root in dict.fromkeys(roots)}
    marks_of = _marker(context, found, sayings)
    extensions = _extensions if context.line.on("terse_extensions") else None
    entries: dict[str, list[tuple[Modulefile, Entry]]] = {}
    for root, modules in found.items():
        symbols = tree.symbols(root, roots)
        rows = entries[root] = []
        for module in modules:
            marks = marks_of(module)
            if marks is not None:
                name, full_name = module.name, module.full_name
                others = _last_parts(symbols[full_name]) if full_name in symbols else ()
                brought = extensions(context, module) if extensions else ()
                known = full_name, marks, name if module.version else "", others, "", brought
                rows.append((module, made(Entry, known)))
    return entries


def fitting(context: Context, root: str, words: Sequence[str]) -> list[Modulefile]:
    """Return the visible modules of a root that fit the words."""
    modules = visible(context, root, _parts(context, words))
    if not any(words):
        return modules
    matches, also = matcher(context, words), [root] * context.settings.flag("mpath_avail")
    return [module for module in modules if matches((module.full_name, module.name, *also))]


def _parts(context: Context, words: Sequence[str]) -> list[str]:
    """Return words of which each name that fits has one in it; none if there is no telling."""
    free = context.line.on("regexp") or context.settings.flag("mpath_avail") or any("@" in word for word in words)
    return [] if free else [word for word in words if word]


def _marker(
    context: Context, modules: Mapping[str, Sequence[Modulefile]], sayings: Sayings | None
) -> Callable[[Modulefile], tuple[str | Mark, ...] | None]:
    """Return what tells the marks of the modules of some roots, or None for what is not wanted in the list.

    That is what is no default, or not the latest, where these are asked for. It is asked for each of perhaps ten
    thousand, so whatever is the same for all of them is found out before.
    """
    view, line = context.view, context.line
    tree, defaults, latest = view.tree, line.on("default"), line.on("latest")
    loaded = {module.name: module for module in view.loaded.active()}
    roots = [*modules]
    several = _several(context, modules) if defaults or not line.on("terse") else frozenset()
    ordinary = tree.ordinary and not (defaults or latest)
    said = sayings.said if sayings else {}
    chosen = {found.path for name in several if (found := tree.default(name, roots))} if ordinary else set()

    def marks_of(module: Modulefile) -> tuple[str | Mark, ...] | None:
        name = module.name
        if ordinary and not (module.kind or name in loaded or module.path in said):
            return _DEFAULT if module.path in chosen else ()
        default = (defaults or name in several) and tree.is_default(module, roots)
        if (defaults and not default) or (latest and not _is_latest(view, module)):
            return None
        there = loaded.get(name)
        if there is not None and (there.path, there.full_name) != (module.path, module.full_name):
            there = None
        hidden = _OF_KIND.get(module.kind, "HL" if there else "H")
        shows_default = "D" if default and name in several else ""
        marks: tuple[str | Mark, ...] = (hidden, _ban(tree, module), shows_default)
        if there is None and tree.tagged:
            marks = (*_tags(context, module), *marks)
        if there is not None:
            marks = (*_marks(context, there.properties), *marks[:2], "L" * (hidden != "HL"), shows_default)
        elif sayings is not None:
            marks = (*_marks(context, sayings.properties(module)), *marks)
        return tuple(filter(None, marks))

    return marks_of


_DEFAULT = ("D",)


def _tags(context: Context, module: Modulefile) -> list[Mark | str]:
    """Return the marks of the tags of a module, and one for a warning."""
    from lmodpy.session.admission import tagged  # noqa: PLC0415 - few rc files have tags

    marks = _marks(context, tagged(context.session, module))
    return [*marks, *("W" for _ in context.tree.cautions(module)[:1])]


def _last_parts(symbols: Iterable[str]) -> tuple[str, ...]:
    names = (symbol.rpartition("/")[2] for symbol in symbols)
    return tuple(name for name in names if name != "default")


def visible(context: Context, root: str, texts: Collection[str] = ()) -> list[Modulefile]:
    """Return the modules of a root, hidden ones only for who wants them.

    With a few texts, those may be left out that have none of them in their names.
    """
    modules = context.tree.some(root, texts)
    if context.line.on("all") or context.settings.shows_hidden("avail"):
        return modules
    return [module for module in modules if not module.kind]


def _several(context: Context, modules: Mapping[str, Sequence[Modulefile]]) -> set[str]:
    """Return the names of some modules of which there are several versions that everybody sees."""
    names = {module.name for found in modules.values() for module in found}
    once: set[str] = set()
    several: set[str] = set()
    for root in modules:
        for module in context.tree.some(root, names):
            if not module.kind:
                (several if module.name in once else once).add(module.name)
    return several & names


def _is_latest(view: View, module: Modulefile) -> bool:
    from lmodpy.names.request import latest  # noqa: PLC0415 - seldom asked for

    found = view.find(latest(module.name))
    return found is not None and found.path == module.path


def _extensions(context: Context, module: Modulefile) -> tuple[str, ...]:
    """Return what a module brings besides; only those that may say so are evaluated."""
    from lmodpy.cli.overviews import extensions  # noqa: PLC0415 - evaluates modulefiles

    return extensions(context, module)


def _ban(tree: Tree, module: Modulefile) -> str:
    ban = tree.ban(module)
    return "" if ban is None else ban.mark
