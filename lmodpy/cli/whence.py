"""`whence`: which modules bring a command, a library, a header or a Python package, and how to load them."""

from __future__ import annotations

from lmodpy.cli.looking import roots_of, style
from lmodpy.cli.spider import Search, warn
from lmodpy.cli.walk import Progress, searching, shows_hidden
from lmodpy.errors import LmodError, UsageError
from lmodpy.report.whence import Source, sources_text, terse_sources
from lmodpy.spider.search import Match
from lmodpy.spider.whence import KINDS, ReverseMap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from lmodpy.cli.context import Context


def whence(context: Context) -> None:
    """List the modules that bring what the words name, the handiest first; the status tells whether there are any."""
    line, words = context.line, list(dict.fromkeys(filter(None, context.line.words)))
    if not words:
        raise UsageError("`module whence` takes the name of a command", hint="module whence mpicc")
    kind = next((option for option in reversed(list(line.options)) if option in KINDS), "command")
    with searching(context) as progress:
        asked = Question(context, kind, progress)
        found = {word: asked.sources(word) for word in words}
        if not any(found.values()):
            raise asked.unknown(words)
    missing = [word for word in words if not found[word]]
    context.status = int(bool(missing))
    if line.on("json"):
        data = [{"word": word, "modules": list(map(_data, sources))} for word, sources in found.items()]
        context.answer({"kind": kind, "found": data, "complete": asked.search.crawl.whole})
        return
    if line.on("terse"):
        context.listing.append(terse_sources(source for sources in found.values() for source in sources))
        return
    width, ink = context.width(), style(context)
    titles = {word: f"{KINDS[kind].title} {word}: which modules bring it" for word in words}
    texts = [sources_text(titles[word], sources, width, ink) for word, sources in found.items() if sources]
    context.listing.append("\n".join(texts))
    if missing:
        context.view.warn(f"no module brings {', '.join(missing)}")
    warn(context, asked.search.crawl)


class Question:
    """What all modules bring of one kind of thing; hidden ones are looked at as `spider` does."""

    def __init__(self, context: Context, kind: str, progress: Progress) -> None:
        roots_of(context)
        shows = shows_hidden(context)
        self.search = Search(context, progress)
        self._tree = context.tree
        self._kind = kind
        self._records = [each for each in self.search.crawl.records() if shows or not each.module.hidden]
        self._map = ReverseMap(KINDS[kind], self._records)

    def sources(self, word: str) -> list[Source]:
        """Return who brings something: first what is loaded, then what takes least to load, last what cannot be.

        Of one name the default comes first, then the highest version.
        """
        brought = {record.module: files for record, files in self._map.bringing(word)}
        files: dict[str, dict[str, None]] = {}
        for module, paths in brought.items():
            files.setdefault(module.full_name, {}).update(dict.fromkeys(paths))
        is_default = self._tree.is_default
        ordered = sorted(brought, key=lambda m: (is_default(m, [m.root]), m.order, m.version), reverse=True)
        found = [
            Source(version._replace(ways=tuple(sorted(version.ways, key=_by_length))), tuple(files[version.full_name]))
            for version in self.search.versions(Match(word, tuple(ordered)))
        ]
        return sorted(found, key=_rank)

    def unknown(self, words: Sequence[str]) -> LmodError:
        """Return the error that says that nothing brings any of some words, with what could have been meant."""
        title = KINDS[self._kind].title
        said = " or ".join(f"`{word}`" for word in words)
        told = f"no module that could be loaded, now or after others, brings the {title} {said}"
        if not self.search.crawl.whole:
            return LmodError(
                f"{told}, as far as was looked", hint="--spider_timeout ended the search: give it more time"
            )
        near = [f"`{name}`" for word in words for name in self._map.near(word)]
        names = {name.partition("/")[0] for record in self._records for name in record.facts.extensions}
        extensions = [f"module spider {word}" for word in words if word in names]
        hint = f"did you mean {' or '.join(near)}?" if near else next(iter(extensions), "")
        return LmodError(told, hint=hint)


def _by_length(way: Sequence[str]) -> tuple[int, Sequence[str]]:
    return len(way), way


def _rank(source: Source) -> tuple[bool, bool, int, str]:
    name = source.version.full_name.rpartition("/")[0]
    return "L" not in source.version.marks, not source.words, len(source.words), name


def _data(source: Source) -> dict[str, Any]:
    version = source.version
    return {
        "fullName": version.full_name,
        "loaded": "L" in version.marks,
        "hidden": "H" in version.marks,
        "forbidden": "F" in version.marks,
        "files": list(source.files),
        "command": version.command,
        "ways": [list(way) for way in version.ways],
    }
