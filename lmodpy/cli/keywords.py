"""What is found by what modulefiles say about themselves: `keyword` and `category`."""

from __future__ import annotations

from lmodpy.cli.looking import matcher, roots_of, style
from lmodpy.cli.walk import reachable
from lmodpy.errors import UsageError
from lmodpy.report.data import module_data
from lmodpy.report.overviews import categories
from lmodpy.report.spider import Topic, Version, entry, overview, terse_overview
from lmodpy.spider.search import everything

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from lmodpy.cli.context import Context
    from lmodpy.spider.facts import Record
    from lmodpy.spider.search import Match

    Matches = Callable[[Iterable[str]], bool]


def keyword(context: Context) -> None:
    """List what has one of the words in its name or description, of all that could be loaded, now or after others."""
    line, words = context.line, [word for word in context.line.words if word]
    if not words:
        raise UsageError(f"`module {line.command}` takes a word to look for", hint="module keyword mpi")
    found, said = _found(_records(context), matcher(context, words))
    if line.on("json"):
        context.answer({"modules": [_match_data(match, said) for match in found.values()]})
    elif line.on("terse"):
        context.listing.append(terse_overview({match.name: match.full_names for match in found.values()}))
    elif found:
        width, ink = context.width(), style(context)
        entries = [entry(_topic(match, said), width, ink) for match in found.values()]
        what = f"modules with {' or '.join(words)} in their names or descriptions"
        context.listing.append(overview(entries, width, what))
    else:
        context.listing.append(f"No module has {' or '.join(words)} in its name or description.\n")


def category(context: Context) -> None:
    """List the categories that modulefiles name; with words, what is in those that have one of the words in them."""
    line, words = context.line, [word for word in context.line.words if word]
    known: dict[str, dict[str, int]] = {}
    for record in _records(context):
        for name in filter(None, (part.strip() for part in record.told("Category").split(","))):
            modules = known.setdefault(name, {})
            modules[record.module.name] = modules.get(record.module.name, 0) + 1
    matches = matcher(context, words)
    found = {name: dict(sorted(known[name].items())) for name in sorted(known) if matches((name,))}
    if context.site and "category" in context.site.hooks:
        found = context.site.categories(found, simple=not words)
    if line.on("json"):
        context.answer({"categories": [_category_data(name, modules) for name, modules in found.items()]})
    elif line.on("terse"):
        lines = [each for name, modules in found.items() for each in ([f"{name}:", *modules] if words else [name])]
        context.listing.append("".join(f"{each}\n" for each in lines))
    else:
        context.listing.append(categories(found, context.width(), style(context), names=bool(words)))


def _records(context: Context) -> list[Record]:
    """Return what every module says that could be loaded, now or after others."""
    roots_of(context)
    return reachable(context)


def _found(records: list[Record], matches: Matches) -> tuple[dict[str, Match], dict[str, Record]]:
    """Return what fits, of modules and of extensions, under each name; and the records of the modules, by path."""
    said = {each.module.path: each for each in records if matches((each.full_name, *each.facts.whatis))}
    bringing = [_with_extensions(record, matches) for record in records if record.facts.extensions]
    return everything((record.module for record in said.values()), bringing), said


def _with_extensions(record: Record, matches: Matches) -> Record:
    fitting = tuple(name for name in record.facts.extensions if matches((name,)))
    return record._replace(facts=record.facts._replace(extensions=fitting))


def _topic(match: Match, said: dict[str, Record]) -> Topic:
    versions = [Version(name) for name in dict.fromkeys(module.full_name for module in match.modules)]
    versions += [Version(extension.full_name, ("E",)) for extension in match.extensions]
    told = (said[module.path].description for module in reversed(match.modules))
    return Topic(match.name, tuple(versions), next(filter(None, told), ""))


def _match_data(match: Match, said: dict[str, Record]) -> dict[str, Any]:
    records = [said[module.path] for module in match.modules]
    return {
        "name": match.name,
        "versions": [{**module_data(each.module), "whatis": list(each.facts.whatis)} for each in records],
        "extensions": [extension.full_name for extension in match.extensions],
    }


def _category_data(name: str, modules: dict[str, int]) -> dict[str, Any]:
    return {"name": name, "modules": [{"name": each, "versions": count} for each, count in modules.items()]}
