"""`spider`: everything that can be loaded, now or after other modules, and how."""

from __future__ import annotations

from lmodpy.cli.looking import meant, roots_of, style
from lmodpy.cli.walk import Progress, indexed, limit, searching, shows_hidden, walk
from lmodpy.cli.ways import Ways
from lmodpy.errors import LmodError
from lmodpy.names.request import clean
from lmodpy.report import spider as report
from lmodpy.report.spider import Card, Topic, Version
from lmodpy.spider.briefs import full_names
from lmodpy.spider.briefs import merged as united
from lmodpy.spider.index import Outdated
from lmodpy.spider.search import Match, containing, everything, matching, merged
from lmodpy.spider.store import Damaged, escaped
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from lmodpy.cli.context import Context
    from lmodpy.cli.site import Site
    from lmodpy.report.text import Style
    from lmodpy.spider.briefs import Kept
    from lmodpy.spider.crawl import Crawl
    from lmodpy.spider.facts import Record
    from lmodpy.spider.search import Extension
    from lmodpy.tree.directory import Modulefile


_DETAILS = (("Category", "Category"), ("Keyword", "Keywords"), ("URL", "Website"))
_MOST_BROKEN = 3


def spider(context: Context) -> None:
    """List all modules there are; or tell how to load those whose names, or extensions, fit the words."""
    line = context.line
    roots_of(context)
    with searching(context) as progress:
        words = [clean(word) for word in line.words if word]
        crawl = _sparingly(context, progress, words)
        if crawl is None:
            context.tree.forget()
            crawl = _answered(context, progress, words)
    if not (line.on("json") or line.on("terse")):
        warn(context, crawl)


def _sparingly(context: Context, progress: Progress, words: Sequence[str]) -> Crawl | None:
    """Answer while no more is read and compared than has to do with a word; None, if that is not enough."""
    if len(words) > 1 or any("@" in word or escaped(word) != word for word in words) or context.line.on("regexp"):
        return None
    known = indexed(context)
    known.sparing, known.near = True, words[0].partition("/")[0].lower() if words else ""
    known.briefly = not (words or context.line.on("json"))
    try:
        return _answered(context, progress, words, nearly=bool(words))
    except (Damaged, Outdated, LmodError):
        return None
    finally:
        known.sparing, known.briefly, known.near = False, False, ""


def _answered(context: Context, progress: Progress, words: Sequence[str], *, nearly: bool = False) -> Crawl:
    """Answer; `nearly`: raises Outdated if something else can be meant than what was looked at."""
    search = Search(context, progress, thorough=not words)
    if words or context.line.on("json"):
        found = search.found(words)
        if nearly and not _is_near(words[0], found):
            raise Outdated
        answer = next(answer for option, answer in _ANSWERS.items() if not option or context.line.on(option))
        answer(context, search, found)
    else:
        _tell_all(context, search)
    return search.crawl


def _is_near(word: str, found: Sequence[Match]) -> bool:
    """Say whether nothing else than what was looked at can be meant by a word: it is a name, or begins with one.

    What has `name/1` in its full name has `name` in its path.
    """
    name, slash, _ = word.lower().partition("/")
    if slash:
        return bool(found) and all(name in match.name.lower() for match in found)
    return [match.name for match in found] == [word]


class Search:
    """What there is, and what of it was asked for."""

    def __init__(self, context: Context, progress: Progress, *, thorough: bool = True) -> None:
        self._context = context
        self._view = context.view
        self.crawl = walk(context, limit(context), thorough=thorough, seen=progress.seen)
        self.ways = Ways(self._view, self.crawl)
        self._shows = shows_hidden(context)
        self._unremarkable = not (self._view.loaded.active() or self._view.tree.limited)

    def found(self, words: Sequence[str]) -> list[Match]:
        """Return what the words mean, everything if there are none; raises LmodError for a word that means nothing."""
        if words:
            return merged([match for word in words for match in self._named(word)])
        found = {match.name: match for match in self._known().values()}
        return [found[name] for name in self.sorted(found)]

    def overview(self) -> tuple[list[Kept], list[Match]]:
        """Return what there is under each name: mostly as it is kept ready for an overview, else as `found` does.

        Both are in the order of names.
        """
        tree, crawl = self._view.tree, self.crawl
        if self._shows or tree.options.is_visible or not tree.ordinary:
            return [], self.found(())
        asked = {module.name for module in self._view.loaded.active()}
        kept = {root: rows for root in crawl.roots if (rows := crawl.overview(root))}
        for root in crawl.roots:
            asked |= crawl.doubtful(root)
        ready = next(iter(kept.values()), [])
        if len(kept) > 1:
            ready = self._united(kept, asked)
        asked.update([name for name, shown, _ in ready if not shown])
        return [row for row in ready if row[0] not in asked] if asked else ready, self._asked(asked)

    def _united(self, kept: Mapping[str, list[Kept]], asked: set[str]) -> list[Kept]:
        """Return what is kept in several roots; names that will be asked for need not be right."""
        tables = {root: {row[0]: row for row in rows} for root, rows in kept.items()}
        ready: dict[str, Kept] = {}
        several: set[str] = set()
        for rows in tables.values():
            several |= rows.keys() & ready.keys()
            ready |= rows
        rests = {root: self.crawl.overview_rest(root) for root in tables if several - asked}
        for name in several - asked:
            ready[name] = united(
                [(rows[name], rests[root].get(name, "")) for root, rows in tables.items() if name in rows]
            )
        return sorted(ready.values())

    def _asked(self, names: set[str]) -> list[Match]:
        """Return what there is under some names."""
        if not names:
            return []
        modules = (module for root in self.crawl.roots for module in self._view.tree.some(root, names))
        known = everything(
            (module for module in modules if module.name in names and self._is_visible(module)),
            (record for record in self.crawl.extending() if self._is_visible(record.module)),
        )
        return [known[name] for name in self.sorted(names) if name in known]

    def sorted(self, names: Iterable[str]) -> list[str]:
        """Return names in the order of lists."""
        return sorted(names, key=str.lower) if self._context.settings.flag("sort_case") else sorted(names)

    def _known(self, word: str = "") -> dict[str, Match]:
        """Return the modules and extensions that have a word in them, and perhaps others, under their names."""
        modules = self.crawl.some(word) if word else self.crawl.modules()
        return everything(
            (module for module in modules if self._is_visible(module)),
            (record for record in self.crawl.extending(word) if self._is_visible(record.module)),
            word,
        )

    def describe(self, match: Match) -> str:
        """Return what the highest version that says something says about itself."""
        told = map(self.crawl.description, reversed(match.modules))
        return next(filter(None, told), "")

    def entry(self, found: Match, width: int, ink: Style) -> str:
        """Return what an overview shows of a name."""
        topic = Topic(found.name, tuple(self.versions(found, briefly=True)), self.describe(found))
        return report.entry(topic, width, ink)

    def versions(self, match: Match, *, briefly: bool = False) -> Iterator[Version]:
        """Yield the full names of a match; `briefly` spares the question how to load them."""
        by_name: dict[str, list[Modulefile]] = {}
        for module in match.modules:
            by_name.setdefault(module.full_name, []).append(module)
        for full_name, modules in by_name.items():
            marks = self._marks(modules)
            if briefly:
                yield made(Version, (full_name, marks, "", (), ()))
                continue
            chains = tuple(tuple(each.full_name for each in chain) for chain in self.ways.chains(modules))
            command = "" if {"L", "F"} & {*marks} else self.ways.command(modules)
            yield Version(full_name, marks, command, chains)
        for extension in match.extensions:
            yield Version(extension.full_name, ("E",)) if briefly else self._brought(extension)

    def _brought(self, extension: Extension) -> Version:
        """Return an extension with the modules that bring it, and what loads the most convenient of them."""
        by_name: dict[str, list[Modulefile]] = {}
        for record in extension.by:
            by_name.setdefault(record.full_name, []).append(record.module)
        loaded = any(self.ways.is_loaded(modules) for modules in by_name.values())
        commands = [] if loaded else [self.ways.command(modules) for modules in reversed(by_name.values())]
        ways = {
            (*(each.full_name for each in chain), name)
            for name, modules in by_name.items()
            for chain in self.ways.chains(modules)
        }
        command = min(filter(None, commands), key=lambda text: text.count(" "), default="")
        return Version(
            extension.full_name, ("L", "E") if loaded else ("E",), command, tuple(sorted(ways)), tuple(by_name)
        )

    def _named(self, word: str) -> list[Match]:
        if self._context.line.on("regexp"):
            matches = self._context.tree.matches
            found = containing(self._known(), lambda text: matches(word, text))
        else:
            known = self._known(_bare(word))
            found = matching(word, known)
            real = meant(self._view.tree, word, self.crawl.roots) if word not in known else word
            if real != word and real:
                found = matching(real, self._known(_bare(real))) or found
        if found or self._context.line.on("terse"):
            return found
        raise self._unknown(word)

    def _unknown(self, word: str) -> LmodError:
        from shlex import quote  # noqa: PLC0415 - only after a mistake

        near = self._view.tree.similar(word, self.crawl.roots)[:3]
        meant = (
            f"did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else f"module keyword {quote(word)}"
        )
        return LmodError(
            f"nothing that could be loaded, now or after other modules, is called `{word}`", hint=meant
        ).called("e_Failed_2_Find", name=word)

    def ban(self, module: Modulefile, *, old: bool = False) -> str:
        """Return what the site says about a module that is forbidden, or will be; or (`old`) is deprecated."""
        ban = self._view.tree.ban(module)
        if ban is None or ban.old is not old:
            return ""
        if old:
            told = (ban.message, f"refused from {ban.since} on" * bool(ban.since), f"use {ban.use}" * bool(ban.use))
            return "; ".join(filter(None, told)) or "yes"
        return f"{f'from {ban.since} on' if ban.since else 'now'}{': ' * bool(ban.message)}{ban.message}"

    def _is_visible(self, module: Modulefile) -> bool:
        return self._shows or not module.hidden

    def _marks(self, modules: Sequence[Modulefile]) -> tuple[str, ...]:
        if self._unremarkable and not any(module.hidden for module in modules):
            return ()
        bans = [self._view.tree.ban(module) for module in modules]
        marks = {
            "L": self.ways.is_loaded(modules),
            "H": any(module.hidden for module in modules),
            "F": all(ban is not None and ban.refuses for ban in bans),
        }
        return tuple(mark for mark, holds in marks.items() if holds)


def _bare(word: str) -> str:
    """Return what a word has in front of an `@`."""
    return word.partition("@")[0] or word


def _tell_all(context: Context, search: Search) -> None:
    """List everything there is."""
    ready, matches = search.overview()
    width, ink = context.width(), style(context)
    if context.line.on("terse"):
        names = {row[0]: full_names(row[1]) for row in ready} | {match.name: match.full_names for match in matches}
        context.listing.append(report.terse_overview({name: names[name] for name in search.sorted(names)}))
        return
    entries = report.ready_entries(ready, width, ink)
    if matches or context.settings.flag("sort_case"):
        by_name = dict(zip([row[0] for row in ready], entries, strict=True))
        by_name |= {match.name: search.entry(match, width, ink) for match in matches}
        entries = [by_name[name] for name in search.sorted(by_name)]
    context.listing.append(report.overview(entries, width))


def _tell(context: Context, search: Search, found: Sequence[Match]) -> None:
    """Answer for people."""
    width, ink = context.width(), style(context)
    texts: list[str] = []
    for match in found:
        versions = tuple(search.versions(match))
        if len(match.versions) == 1:
            texts += [report.card_text(card, width, ink) for card in _cards(context, search, match, versions)]
        else:
            if context.site:
                versions = _decorated(context.site, search, match, versions)
            topic = Topic(match.name, versions, search.describe(match), match.others)
            texts.append(report.topic_text(topic, width, ink))
    context.listing.append("\n".join(texts))


def _decorated(site: Site, search: Search, match: Match, versions: Sequence[Version]) -> tuple[Version, ...]:
    """Return the versions with what the site puts behind them."""
    records = {module.full_name: search.crawl.record(module) for module in match.modules}
    return tuple(
        version._replace(marks=(*version.marks, *filter(None, [site.decoration(record, version.ways)])))
        if (record := records.get(version.full_name))
        else version
        for version in versions
    )


def _cards(context: Context, search: Search, match: Match, versions: Sequence[Version]) -> Iterator[Card]:
    for version in versions:
        modules = () if version.providers else match.modules
        record = search.crawl.record(modules[0]) if modules else None
        if record is None:
            yield Card(version, others=match.others)
            continue
        details = [(title, record.told(key)) for key, title in _DETAILS]
        details += [
            ("Properties", ", ".join(_properties(context, record.facts.properties))),
            ("Forbidden", search.ban(record.module)),
            ("Deprecated", search.ban(record.module, old=True)),
        ]
        yield Card(
            version,
            record.description,
            tuple((title, text) for title, text in details if text),
            record.facts.extensions,
            record.facts.help,
            match.others,
        )


def _properties(context: Context, properties: Sequence[str]) -> list[str]:
    """Return what properties mean, as far as anybody has said; the others as they are written."""
    if not properties:
        return []
    from lmodpy.report.properties import shown  # noqa: PLC0415 - few modules have properties

    declared = context.site_rc.properties
    return [mark.meaning for mark in shown(properties, declared)] or [*properties]


def _tell_tersely(context: Context, search: Search, found: Sequence[Match]) -> None:
    """Answer for programs that read lines."""
    words = [word for word in context.line.words if word]
    alone = found[0].versions if len(found) == len(words) == 1 else []
    if alone == [clean(words[0])] and "/" in alone[0]:
        version = next(search.versions(found[0]))
        if () not in version.ways:
            context.listing.append(report.terse_ways(version.ways))
            return
    names = [module.full_name for match in found for module in match.modules]
    context.listing.append(report.terse_names(dict.fromkeys(names)))


def _answer(context: Context, search: Search, found: Sequence[Match]) -> None:
    """Answer as JSON."""
    in_detail = any(context.line.words)
    context.answer(
        {
            "modules": [
                {
                    "name": match.name,
                    "description": search.describe(match),
                    "others": list(match.others),
                    "versions": list(_version_data(search, match, in_detail=in_detail)),
                }
                for match in found
            ],
            "complete": search.crawl.whole,
            "broken": search.crawl.broken(),
        }
    )


def _version_data(search: Search, match: Match, *, in_detail: bool) -> Iterator[dict[str, Any]]:
    by_name: dict[str, list[Record]] = {}
    for module in match.modules:
        by_name.setdefault(module.full_name, []).append(search.crawl.record(module))
    for version in search.versions(match, briefly=not in_detail):
        records = [] if "E" in version.marks else by_name[version.full_name]
        data: dict[str, Any] = {
            "fullName": version.full_name,
            "extension": "E" in version.marks,
            "loaded": "L" in version.marks,
            "hidden": "H" in version.marks,
            "forbidden": "F" in version.marks,
        }
        if records:
            data |= _record_data(records)
        if in_detail:
            data |= {"command": version.command, "ways": [list(way) for way in version.ways]}
            data |= {"providers": list(version.providers)} if version.providers else {}
        yield data


def _record_data(records: Sequence[Record]) -> dict[str, Any]:
    facts = records[0].facts
    return {
        "version": records[0].module.version,
        "paths": [record.module.path for record in records],
        "description": records[0].description,
        "whatis": list(facts.whatis),
        "help": facts.help,
        "families": list(facts.families),
        "properties": list(facts.properties),
        "extensions": list(facts.extensions),
    }


_ANSWERS: dict[str, Callable[[Context, Search, Sequence[Match]], None]] = {
    "json": _answer,
    "terse": _tell_tersely,
    "": _tell,
}
"""How to answer, by the option that asks for it."""


def warn(context: Context, crawl: Crawl) -> None:
    """Name the modulefiles that are broken, and say so if the search was cut short."""
    broken = crawl.broken()
    if broken:
        more = f"\n… and {len(broken) - _MOST_BROKEN} more" if len(broken) > _MOST_BROKEN else ""
        names = "\n".join(broken[:_MOST_BROKEN])
        context.view.warn(f"what these modulefiles say is not known, or not all of it:\n{names}{more}")
    if not crawl.whole:
        context.view.warn("the search was ended by --spider_timeout, so there may be more")
