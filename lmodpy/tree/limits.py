"""Who may see a module, and who may load it: what `hide` and `forbid` in rc files come to, for this user and now.

Imported when the first rc file says one of them.
"""

from __future__ import annotations

import time

from lmodpy import system
from lmodpy.errors import LmodError
from lmodpy.names.specifiers import admits
from lmodpy.names.terms import date
from lmodpy.tree.rules import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, NamedTuple, TypeVar

    from lmodpy.modulefile.statements import Forbid, Hide, Tag, Warn
    from lmodpy.tree.rules import Rules

    Said = TypeVar("Said", Hide, Forbid, Tag, Warn)
else:
    from lmodpy.values import NamedTuple


class Ban(NamedTuple):
    """What forbids a module, now or (`since` is not empty) will from that date on, and what the site says about it.

    `old`: the module is deprecated and, until then, only `warns`, or not even that; `use` is what to load instead.
    """

    message: str
    since: str = ""
    use: str = ""
    old: bool = False
    warns: bool = True

    @property
    def refuses(self) -> bool:
        """Say whether it cannot be loaded now."""
        return not (self.since or self.old)

    @property
    def mark(self) -> str:
        """Return how lists mark the module."""
        return "F" if self.refuses else "old" if self.old else "NF"


class Limits:
    """Applies hide and forbid to modules; who asks, and at which time, is found out once."""

    def __init__(self, matches: Callable[[str, str], bool], nearly_days: float, warnings: list[str]) -> None:
        self._search = matches
        self._warnings = warnings
        self._nearly_days = nearly_days
        self._now = time.time()
        self._user, self._groups = system.user()
        self._named: dict[tuple[Rules, object], dict[str, list[Any]]] = {}
        self._unnamed: dict[tuple[Rules, object], list[Any]] = {}

    def hide(self, name: str, full_name: str, path: str, tables: Sequence[Rules]) -> Hide | None:
        """Return the statement that decides how hidden a module is."""
        names = _names(name, full_name, path)
        return next((said for said in self._about(_hides, names, tables) if said.terms.hold_at(self._now)), None)

    def ban(self, name: str, full_name: str, path: str, tables: Sequence[Rules]) -> Ban | None:
        """Return what forbids a module, now or within the days that the site wants to be told ahead."""
        coming: Ban | None = None
        names = _names(name, full_name, path)
        for said in self._about(_forbids, names, tables):
            after = said.terms.after
            if said.terms.hold_at(self._now) and not (said.old and after is None):
                return Ban(said.message, use=said.use)
            if said.old:
                warns = said.warn is None or said.warn <= self._now
                coming = coming or Ban(said.message, date(after) if after else "", said.use, old=True, warns=warns)
                continue
            if after is not None and coming is None and said.terms.begin_within(self._nearly_days, self._now):
                coming = Ban(said.nearly_message or said.message, date(after))
        return coming

    def tags(self, name: str, full_name: str, path: str, tables: Sequence[Rules]) -> list[str]:
        """Return the tags that a module has now."""
        about = self._about(_tags, _names(name, full_name, path), tables)
        return list(dict.fromkeys(tag for said in about if said.terms.hold_at(self._now) for tag in said.tags))

    def warnings(self, name: str, full_name: str, path: str, tables: Sequence[Rules]) -> list[str]:
        """Return what users are told about a module now."""
        about = self._about(_warns, _names(name, full_name, path), tables)
        return list(dict.fromkeys(said.message for said in about if said.terms.hold_at(self._now)))

    def _about(
        self, of: Callable[[Rules], list[Said]], names: Sequence[str], tables: Sequence[Rules]
    ) -> Iterator[Said]:
        """Yield what is said about a module and concerns this user, the weightiest first: exact names before patterns.

        Among the names the narrowest decides, and of several statements about one the last.
        """
        for rules in tables:
            exact = self._exact(of, rules, tables[:2])
            for name in names:
                yield from self._concerning(exact.get(name, ()))
        for rules in tables:
            for said in self._concerning(self._loose(of, rules)):
                fits = self._matches if said.patterns else _is_version
                if any(fits(pattern, name) for pattern in said.names for name in names):
                    yield said

    def _loose(self, of: Callable[[Rules], list[Said]], rules: Rules) -> list[Said]:
        """Return the statements of some rules with patterns, or with versions behind an `@`."""
        if (rules, of) not in self._unnamed:
            loose = [said for said in reversed(of(rules)) if said.patterns or "@" in "".join(said.names)]
            self._unnamed[rules, of] = loose
        return self._unnamed[rules, of]

    def _matches(self, pattern: str, name: str) -> bool:
        """Say whether a pattern matches; one that turns out to be none leaves a warning and matches nothing."""
        try:
            return self._search(pattern, name)
        except LmodError as error:
            warning = f"a rule about modules is ignored: {error.text}"
            if warning not in self._warnings:
                self._warnings.append(warning)
            return False

    def _concerning(self, statements: Iterable[Said]) -> Iterator[Said]:
        return (said for said in statements if said.terms.concern(self._user, self._groups))

    def _exact(
        self, of: Callable[[Rules], list[Said]], rules: Rules, everywhere: Sequence[Rules]
    ) -> dict[str, list[Said]]:
        """Return the statements of some rules by name; a name that is an alias means what it leads to, too."""
        if (rules, of) not in self._named:
            found = self._named[rules, of] = {}
            for said in reversed(of(rules)):
                for name in () if said.patterns else said.names:
                    for each in {name, resolve(rules.full(name), lambda _: (*everywhere, rules))}:
                        found.setdefault(each, []).append(said)
        return self._named[rules, of]


def _hides(rules: Rules) -> list[Hide]:
    return rules.hides


def _forbids(rules: Rules) -> list[Forbid]:
    return rules.forbids


def _tags(rules: Rules) -> list[Tag]:
    return rules.tags


def _warns(rules: Rules) -> list[Warn]:
    return rules.warns


def _is_version(asked: str, full_name: str) -> bool:
    """Say whether `foo@1.2:` means a module."""
    if "@" not in asked:
        return False
    name, _, versions = asked.rpartition("@")
    return full_name.startswith(f"{name}/") and admits(versions, full_name[len(name) + 1 :])


def _names(name: str, full_name: str, path: str) -> list[str]:
    """Return all that a module may be called by in a rule, the narrowest first."""
    names = [path, path.removesuffix(".lua")] if path.endswith(".lua") else [path]
    text = full_name
    while len(text) > len(name):
        names.append(text)
        text = text.rpartition("/")[0]
    return [*names, name]
