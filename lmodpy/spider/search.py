"""What a word means to `spider`: which of the modules, and of the extensions that they bring."""

from __future__ import annotations

from lmodpy.names.version import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, NamedTuple, TypeVar

    from lmodpy.spider.facts import Record
    from lmodpy.tree.directory import Modulefile

    Item = TypeVar("Item")
else:
    from lmodpy.values import NamedTuple


class Extension(NamedTuple):
    """A package that modules bring: its name, its version (may be empty), and who brings it."""

    name: str
    version: str
    by: tuple[Record, ...]

    @property
    def full_name(self) -> str:
        """The name with the version, if there is one."""
        return f"{self.name}/{self.version}" if self.version else self.name


class Match(NamedTuple):
    """What is there under one name: modules and extensions, each in the order of versions."""

    name: str
    modules: tuple[Modulefile, ...] = ()
    extensions: tuple[Extension, ...] = ()
    others: tuple[str, ...] = ()
    """Other names that have the word in them."""

    @property
    def full_names(self) -> list[str]:
        """The full names of the modules and then of the extensions, each once in its kind."""
        modules = dict.fromkeys(module.full_name for module in self.modules)
        return [*modules, *(extension.full_name for extension in self.extensions)]

    @property
    def versions(self) -> list[str]:
        """The full names, each once."""
        return list(dict.fromkeys(self.full_names))


def everything(modules: Iterable[Modulefile], extending: Iterable[Record], word: str = "") -> dict[str, Match]:
    """Return what there is under each name, sorted by name; of extensions, those that have a word in them."""
    by_name: dict[str, list[Modulefile]] = {}
    for module in modules:
        by_name.setdefault(module.name, []).append(module)
    part = word.lower()
    brought: dict[str, dict[str, list[Record]]] = {}
    for record in extending:
        for full_name in dict.fromkeys(record.facts.extensions):
            if part not in full_name.lower():
                continue
            name, _, version = full_name.rpartition("/") if "/" in full_name else (full_name, "", "")
            brought.setdefault(name, {}).setdefault(version, []).append(record)
    return {
        name: Match(
            name,
            tuple(_ordered(by_name.get(name, []), _in_order)),
            tuple(
                Extension(name, version, tuple(by))
                for version, by in _ordered([*brought.get(name, {}).items()], lambda pair: canonical(pair[0]))
            ),
        )
        for name in sorted({*by_name, *brought})
    }


def _in_order(module: Modulefile) -> tuple[str, str]:
    return module.order, module.version


def _ordered(items: list[Item], key: Callable[[Item], Any]) -> list[Item]:
    """Sort; most names have only one of a kind."""
    return items if len(items) < 2 else sorted(items, key=key)


def matching(word: str, known: dict[str, Match]) -> list[Match]:
    """Return what a word means: a name; else a full name; else whatever has the word in it, in any case."""
    if word in known:
        others = tuple(name for name in known if word.lower() in name.lower() and name != word)
        return [known[word]._replace(others=others)]
    if "@" in word:
        from lmodpy.names.specifiers import fits  # noqa: PLC0415 - seldom typed

        return containing(known, lambda text: fits(word, text))
    exact = [found for found in (_only(each, lambda text: text == word) for each in known.values()) if found.versions]
    return exact or containing(known, lambda text: word.lower() in text.lower())


def containing(known: dict[str, Match], matches: Callable[[str], bool]) -> list[Match]:
    """Return what has a name that fits, or full names that do."""
    found = (each if matches(each.name) else _only(each, matches) for each in known.values())
    return [each for each in found if each.versions]


def merged(found: Sequence[Match]) -> list[Match]:
    """Return what was found for several words, each name once."""
    by_name: dict[str, Match] = {}
    for each in found:
        there = by_name.get(each.name)
        by_name[each.name] = each if there is None or len(each.versions) > len(there.versions) else there
    return list(by_name.values())


def _only(found: Match, matches: Callable[[str], bool]) -> Match:
    """Return of something only the full names that fit."""
    return found._replace(
        modules=tuple(module for module in found.modules if matches(module.full_name)),
        extensions=tuple(extension for extension in found.extensions if matches(extension.full_name)),
    )
