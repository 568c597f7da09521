"""Path-like variables: the entries, how often each was asked for, and where it goes.

The rules are those of section 7 of Lmod's behaviour: entries are unique unless duplicates are allowed, a repeated
request counts and moves, a priority outranks the order of requests.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NamedTuple

    from lmodpy.env.rules import Rules
else:
    from lmodpy.values import NamedTuple


if TYPE_CHECKING:
    Edit = tuple[str, str, str, int]
    """One request for one entry of a path-like variable: verb, entry, separator and priority.

    The verb is prepend or append, or one of them with ` again` (even if it is there already); remove (one request
    less), unprepend and unappend (the reverse of the first two, which differ where duplicates are allowed), or expel
    (out, however often it was asked for). As most values of a command are edits, they are plain tuples: one with named
    fields takes five times as long to make.
    """
    Entry = tuple[str, int, int]
    """An entry, how often it was asked for, and its rank: entries are sorted by rank, then by order of request."""


class PathList(NamedTuple):
    """A path-like variable. Entries are in their final order."""

    entries: tuple[Entry, ...] = ()
    sep: str = ":"

    def __str__(self) -> str:
        """Return the value; an empty entry at the end is written as a doubled separator."""
        paths = [path for path, _, _ in self.entries]
        if paths and not paths[-1]:
            return self.sep.join(paths[:-1]) + 2 * self.sep
        return self.sep.join(paths)

    def edited(self, edits: Sequence[Edit], rules: Rules) -> PathList:
        """Return the list after some requests."""
        entries = self.entries
        if _plain(edits, entries, rules):
            return PathList(_prepended(entries, edits), self.sep)
        for verb, path, _, priority in edits:
            entries = _EDITS[verb](entries, path, priority, rules)
        return PathList(entries, self.sep)

    def merged(self) -> PathList:
        """Return the list with repeated entries merged into the first place, their counts added."""
        counts: dict[str, int] = {}
        for path, times, _ in self.entries:
            counts[path] = counts.get(path, 0) + times
        if len(counts) == len(self.entries):
            return self
        ranks = {path: rank for path, _, rank in reversed(self.entries)}
        return self._replace(entries=tuple((path, count, ranks[path]) for path, count in counts.items()))


def parse(value: str | None, sep: str, rules: Rules, *, merge: bool) -> PathList:
    """Read a value; repeated entries are merged if `merge`."""
    read = PathList(tuple([(path, 1, 0) for path in paths_in(value, sep, rules)]), sep)
    return read.merged() if merge else read


def paths_in(value: str | None, sep: str, rules: Rules) -> list[str]:
    """Return the entries of a value, each in its usual form."""
    if not value:
        return []
    parts = value.split(sep)
    while len(parts) > 1 and not parts[-1] and not parts[-2]:
        parts.pop()
    if parts == ["", ""]:
        parts.pop()
    if "//" in value or "/." in value or "./" in value or "~" in value or "/" + sep in value or value[-1] == "/":
        parts = [tidy(part, rules.home) for part in parts]
    return parts


def tidy(path: str, home: str) -> str:
    """Return an entry in its usual form: no doubled or final slash, no `.` in it, `~` replaced by `home`.

    `..` stays, and so do two slashes at the end, which some programs take as "search below".
    """
    if not ("//" in path or "/." in path or path[-1:] == "/" or path[:1] in "~."):
        return path  # as nearly all are
    if path[:1] == "~" and path[1:2] in ("", "/") and home:
        path = home + path[1:]
    if not ("//" in path or "/./" in path or path[-1:] == "/" or path[-2:] == "/." or path[:2] == "./"):
        return path
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path[0] != "/":
        return "/".join(parts) or "."
    return "/" + "/".join(parts) + ("//" if parts and path[-2:] == "//" else "")


def _plain(edits: Sequence[Edit], entries: tuple[Entry, ...], rules: Rules) -> bool:
    """Say whether there are only prepends, and no rank and no choice of the site's in the way of a simple order."""
    verbs, _, _, priorities = zip(*edits, strict=True)
    prepends = {*verbs} == {"prepend"} and not any(priorities)
    return prepends and not (rules.duplicates or rules.stay or any(rank for _, _, rank in entries))


def _prepended(entries: tuple[Entry, ...], edits: Sequence[Edit]) -> tuple[Entry, ...]:
    """Do many plain prepends at once: the last one comes first, and takes what was there already with it."""
    paths = [edit[1] for edit in reversed(edits)]
    every = [*paths, *[entry[0] for entry in entries]]
    if len({*every}) == len(every):  # as in the life of most variables
        return (*[(path, 1, 0) for path in paths], *entries)
    times: dict[str, int] = {}
    for path in paths:
        times[path] = times.get(path, 0) + 1
    before: dict[str, int] = {}
    for path, count, _ in entries:
        before[path] = before.get(path, 0) + count
    front = [(path, count + before.get(path, 0), 0) for path, count in times.items()]
    return (*front, *[entry for entry in entries if entry[0] not in times])


def _prepend(entries: tuple[Entry, ...], path: str, priority: int, rules: Rules) -> tuple[Entry, ...]:
    return _insert(entries, (path, 1, -priority), rules, front=True)


def _append(entries: tuple[Entry, ...], path: str, priority: int, rules: Rules) -> tuple[Entry, ...]:
    return _insert(entries, (path, 1, priority), rules, front=False)


def _prepend_again(entries: tuple[Entry, ...], path: str, priority: int, _: Rules) -> tuple[Entry, ...]:
    return _placed(entries, (path, 1, -priority), front=True)


def _append_again(entries: tuple[Entry, ...], path: str, priority: int, _: Rules) -> tuple[Entry, ...]:
    return _placed(entries, (path, 1, priority), front=False)


def _insert(entries: tuple[Entry, ...], new: Entry, rules: Rules, *, front: bool) -> tuple[Entry, ...]:
    path, _, rank = new
    paths = [entry[0] for entry in entries]
    if (rules.duplicates and not rank) or path not in paths:
        return _placed(entries, new, front=front)
    place = paths.index(path)
    _, count, former = entries[place]
    if rules.stay:
        return (*entries[:place], (path, count + 1, former), *entries[place + 1 :])
    others = tuple(entry for entry in entries if entry[0] != path)
    times = sum(times for other, times, _ in entries if other == path)
    return _placed(others, (path, times + 1, (min if front else max)(former, rank) if rank else 0), front=front)


def _placed(entries: tuple[Entry, ...], new: Entry, *, front: bool) -> tuple[Entry, ...]:
    """Insert at the front or at the end of the entries of the same rank."""
    for place, (_, _, rank) in enumerate(entries):
        if rank > new[2] or (front and rank == new[2]):
            return (*entries[:place], new, *entries[place:])
    return (*entries, new)


def _remove(entries: tuple[Entry, ...], path: str, priority: int, rules: Rules) -> tuple[Entry, ...]:
    if rules.duplicates:
        away = abs(priority)
        return tuple(entry for entry in entries if entry[0] != path or abs(entry[2]) != away)
    fewer = ((other, times - (other == path), rank) for other, times, rank in entries)
    return tuple(entry for entry in fewer if entry[1] > 0)


def _unprepend(entries: tuple[Entry, ...], path: str, priority: int, rules: Rules) -> tuple[Entry, ...]:
    return _drop(entries, path, -priority, rules)


def _unappend(entries: tuple[Entry, ...], path: str, priority: int, rules: Rules) -> tuple[Entry, ...]:
    return _drop(entries[::-1], path, priority, rules)[::-1]


def _drop(entries: tuple[Entry, ...], path: str, rank: int, rules: Rules) -> tuple[Entry, ...]:
    if not rules.duplicates and sum(other == path for other, _, _ in entries) < 2:
        return _remove(entries, path, 0, rules)
    for place, (other, _, its_rank) in enumerate(entries):
        if other == path and its_rank == rank:
            return entries[:place] + entries[place + 1 :]
    return entries


def _expel(entries: tuple[Entry, ...], path: str, _: int, __: Rules) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if entry[0] != path)


_EDITS = {
    "prepend": _prepend,
    "append": _append,
    "prepend again": _prepend_again,
    "append again": _append_again,
    "remove": _remove,
    "unprepend": _unprepend,
    "unappend": _unappend,
    "expel": _expel,
}
