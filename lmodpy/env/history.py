"""What became of one variable: the value before any module touched it, and every change since, with its owner.

The value is always what follows from replaying the changes, so undoing is leaving some out. Why this is exact
where reversing is not is told in docs/design/undo.md.
"""

from __future__ import annotations

from lmodpy.env.pathlist import PathList, parse, paths_in
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NamedTuple

    from lmodpy.env.pathlist import Edit
    from lmodpy.env.rules import Rules
else:
    from lmodpy.values import NamedTuple


class Assign(NamedTuple):
    """The variable gets a value, or (None) is taken away."""

    value: str | None


class Found(NamedTuple):
    """The variable was found with a value that does not follow from the changes: somebody edited it by hand.

    `marks` gives entries of a path-like variable their count and rank where these are not the usual 1 and 0.
    """

    value: str | None
    marks: tuple[tuple[str, int, int], ...] = ()
    sep: str = ":"


if TYPE_CHECKING:
    Change = Edit | Assign | Found
    """What can happen to a variable. By their numbers of fields these differ: that of an Edit is four."""
    Step = tuple[str, Change]
    """The name of the module that made a change, and the change; "" is the user or whoever cannot be undone."""


class History:
    """The changes of one variable, oldest first; never changed itself."""

    __slots__ = ("_done", "_value", "base", "rules", "steps")

    def __init__(
        self,
        base: str | None,
        steps: tuple[Step, ...],
        rules: Rules,
        known: tuple[int, str | PathList | None] | None = None,
    ) -> None:
        self.base = base
        self.steps = steps
        self.rules = rules
        self._done, self._value = known or (0, base)  # the value after so many steps

    @property
    def value(self) -> str | PathList | None:
        """What the changes make of the base."""
        steps = self.steps
        if self._done < len(steps):
            last = steps[-1][1]
            known = type(last) is Assign  # as every variable has that a module just sets
            self._value = last[0] if known else replay(self._value, steps[self._done :], self.rules)
            self._done = len(steps)
        return self._value

    def text(self, *, clean: bool = False) -> str | None:
        """Return the value as text, None for unset; `clean` leaves out empty entries, as PATH needs."""
        value = self.value
        return text_of(value, clean=clean) if isinstance(value, PathList) else value

    @property
    def owned(self) -> bool:
        """Say whether a module has changed it."""
        steps = self.steps
        return bool(steps) and bool(steps[0][0] or any(owner for owner, _ in steps))

    def owners(self) -> set[str]:
        """Return the names of the modules that changed it."""
        return {owner for owner, _ in self.steps if owner}

    def with_steps(self, *steps: Step) -> History:
        """Return this history with some changes more."""
        return History(self.base, (*self.steps, *steps), self.rules, (self._done, self._value))

    def assigned(self, value: str | None, owner: str) -> History:
        """Return this history with one more change, which gives a value."""
        return self.with_steps((owner, made(Assign, (value,))))

    def found_as(self, name: str, value: str | None) -> History:
        """Return this history of a variable that was found with a value: edited by hand, if that does not follow."""
        return self if self.text(clean=name == "PATH") == value else self.with_steps(("", Found(value)))

    def untouched(self) -> str | None:
        """Return the value without what loaded modules made of it."""
        history = self
        for owner in self.owners():
            history = history.without(owner)
        return history.text()

    def without(self, owner: str) -> History:
        """Return this history as if `owner` had never changed anything; edits by hand stay."""
        kept: list[Step] = []
        for place, step in enumerate(self.steps):
            by, change = step
            if by == owner:
                continue
            if type(change) is Found and len(kept) < place:
                kept.append((by, self._rebased(place, kept, change, owner)))
            else:
                kept.append(step)
        return History(self.base, tuple(kept), self.rules)

    def assigned_by(self, owner: str) -> bool:
        """Say whether `owner` gave it a value that somebody changed by hand since."""
        mine = [place for place, (by, change) in enumerate(self.steps) if by == owner and type(change) is Assign]
        return bool(mine) and any(type(change) is Found for _, change in self.steps[mine[-1] :])

    def _rebased(self, place: int, kept: Sequence[Step], found: Found, owner: str) -> Found:
        """Carry an edit by hand over to the value that would have been there without `owner`."""
        mine = [change for by, change in self.steps[:place] if by == owner]
        edits = [change for change in mine if len(change) == 4]
        if len(edits) < len(mine) or not edits or found.value is None:
            return found
        sep = edits[-1][2]
        before, after = (replay(self.base, steps, self.rules) for steps in (self.steps[:place], kept))
        around = _around(found.value, text_of(before), text_of(after), sep)
        if around is not None:
            return found._replace(value=around or None)
        edited, theirs, ours = (_paths(value, sep, self.rules) for value in (found.value, before, after))
        merged = merge(edited, theirs, ours, {path for _, path, _, _ in edits})
        return found._replace(value=text_of(PathList(tuple((path, 1, 0) for path in merged), sep)))


def replay(value: str | PathList | None, steps: Sequence[Step], rules: Rules) -> str | PathList | None:
    """Return what the changes make of a value."""
    edits = [change for _, change in steps if len(change) == 4]
    if len(edits) == len(steps) and len({edit[2] for edit in edits}) == 1:
        return _edited(value, edits, rules)  # all at once, as in the life of most path-like variables
    edits, sep = [], ""
    for _, change in steps:
        if len(change) == 4:
            if change[2] != sep:
                value, edits, sep = _edited(value, edits, rules), [], change[2]
            edits.append(change)
        else:
            value, edits = change.value, []
            if isinstance(change, Found) and change.marks:
                value = _marked(_listed(value, change.sep, rules), change.marks)
    return _edited(value, edits, rules)


def text_of(value: str | PathList | None, *, clean: bool = False) -> str | None:
    """Return a value as text; a path-like variable without entries is unset."""
    if not isinstance(value, PathList):
        return value
    if clean:
        value = value._replace(entries=tuple(entry for entry in value.entries if entry[0]))
    return str(value) if value.entries else None


def introduced(value: str | None, steps: Sequence[Step], rules: Rules) -> str | None:
    """Return `value` without the entries that modules put into it: in the usual case, what was there before."""
    edits = [change for owner, change in steps if owner and len(change) == 4]
    if not edits:
        return None
    sep = edits[0][2]
    brought = {path for verb, path, _, _ in edits if verb != "remove"}
    return text_of(PathList(tuple((path, 1, 0) for path in paths_in(value, sep, rules) if path not in brought), sep))


def merge(found: Sequence[str], before: Sequence[str], after: Sequence[str], touched: set[str]) -> list[str]:
    """Do to `found` for the entries `touched` what turned `before` into `after`; leave all else alone."""
    wanted, own = {}, {}
    for path in touched:
        added = found.count(path) - before.count(path)  # by hand
        restored = added > 0 and after.count(path) > before.count(path)
        wanted[path] = max(found.count(path), after.count(path)) if restored else max(0, after.count(path) + added)
        own[path] = min(wanted[path], max(0, added))
    merged: list[str] = []
    spare = dict(own)
    for path in reversed(found):
        if path not in touched or spare[path] > 0:
            merged.insert(0, path)
            if path in touched:
                spare[path] -= 1
    for place, path in enumerate(after):
        if path in touched and own[path] < wanted[path]:
            own[path] += 1
            anchor = next((p for p in reversed(after[:place]) if p in merged), None)
            merged.insert(0 if anchor is None else merged.index(anchor) + 1, path)
    return merged


def _around(found: str, before: str | None, after: str | None, sep: str) -> str | None:
    """Put `after` in the place of `before`, if all that was done by hand is before and behind it; else None."""
    if not before or before not in found:
        return None
    front, _, back = found.partition(before)
    if (front and not front.endswith(sep)) or (back and not back.startswith(sep)):
        return None
    if after:
        return front + after + back
    return front.removesuffix(sep) + back if front else back.removeprefix(sep)


def marks_of(value: str | PathList | None) -> Mapping[str, tuple[int, int]]:
    """Return count and rank of the entries for which they are not the usual 1 and 0."""
    if not isinstance(value, PathList):
        return {}
    return {path: (times, rank) for path, times, rank in value.entries if times != 1 or rank}


def _edited(value: str | PathList | None, edits: Sequence[Edit], rules: Rules) -> str | PathList | None:
    return _listed(value, edits[0][2], rules).edited(edits, rules) if edits else value


def _listed(value: str | PathList | None, sep: str, rules: Rules) -> PathList:
    if isinstance(value, PathList) and value.sep == sep:
        return value
    return parse(text_of(value), sep, rules, merge=not rules.duplicates)


def _marked(read: PathList, marks: Sequence[tuple[str, int, int]]) -> PathList:
    known = {path: (count, rank) for path, count, rank in marks}
    entries = ((path, *known.get(path, (times, rank))) for path, times, rank in read.entries)
    return read._replace(entries=tuple(entries))


def _paths(value: str | PathList | None, sep: str, rules: Rules) -> list[str]:
    return paths_in(text_of(value), sep, rules)
