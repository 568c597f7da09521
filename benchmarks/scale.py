"""What is asked of whole sites, small and large, each beside the installed Lmod with its own cache built."""

from __future__ import annotations

import itertools
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from measure import Command, MeasureError, Use, clean_environment, in_turn, needs, said_by
from sites import BUILT, Site, site
from speed import Bench, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PROMISED_AT = 10_000
"""The size for which ratios were promised."""
BUILD = 0.5
REBUILD_AT, REBUILD = 50_000, 3000.0
TWO_CORES = 0.6
"""What a build may take on two cores, of what it takes on one: a little more than the half."""
CALLS = 30
"""Calls of the kernel inside the tree that `load gcc openmpi` may make, however large the tree is."""


class Need(NamedTuple):
    """One line of the table about memory and calls."""

    case: str
    title: str
    lmodpy: Use | None
    lmod: Use | None
    limit: int | None = None
    """How many calls were promised."""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the promise is kept; None if there is none, or nobody counted."""
        if self.limit is None or self.lmodpy is None or self.lmodpy.calls is None:
            return None
        return self.lmodpy.calls <= self.limit


class Query(NamedTuple):
    """A command whose answer both tools know quickly, once they have their caches."""

    words: str
    target: float | None
    shows: str
    """A part of the answer."""
    growth: float | None = None
    """How much more than in the smallest site it may cost in the largest."""
    calls: int | None = None
    of_lmod: str = ""
    """What Lmod is asked instead."""


QUERIES: Mapping[str, Query] = {
    "stack": Query("load gcc openmpi hdf5", 0.05, "hdf5/1.14.3", growth=1.2),
    "pair": Query("load gcc openmpi", 0.05, "openmpi/4.1.6", calls=CALLS),
    "terse": Query("-t avail", 0.06, "gcc/13.2.0"),
    "avail": Query("avail", 0.1, "gcc/13.2.0"),
    "avail-name": Query("avail gcc", 0.05, "gcc/13.2.0"),
    "spider": Query("spider", 0.15, "hdf5"),
    "spider-name": Query("spider hdf5", 0.1, "hdf5/1.14.2", growth=2.0),
    "spider-version": Query("spider hdf5/1.14", 0.1, "hdf5/1.14.2"),
    "completion": Query("--complete bash module load gc", None, "gcc", of_lmod="--no_redirect -t -q avail"),
}
JOBS = ("cold-spider", "build", "rebuild", "parallel")
NAMES = (*QUERIES, *JOBS)


class Place(NamedTuple):
    """A site, and where each tool keeps what it remembers of it."""

    bench: Bench
    site: Site
    directory: str

    def promised(self, ratio: float | None) -> float | None:
        """Return the ratio if it was promised for a site of this size."""
        return ratio if self.site.size == PROMISED_AT else None

    def promised_flat(self, ratio: float | None) -> float | None:
        """Return the ratio if it was promised for a site like this: in a hierarchy Lmod looks at little, too."""
        return self.promised(ratio) if self.site.layout == "flat" else None

    def tools(self) -> list[tuple[str, str, str]]:
        """Return each tool with its home directory, and the file that tells Lmod of its cache."""
        homes = (os.path.join(self.directory, name) for name in ("lmodpy", "lmod"))
        return list(zip(self.bench.tools, homes, ("", os.path.join(self.directory, "lmodrc.lua")), strict=False))

    def environment(self, home: str, lmodrc: str = "") -> dict[str, str]:
        """Return what a user's session begins with."""
        env = clean_environment(home, self.site.modulepath)
        return {**env, "LMOD_RC": lmodrc} if lmodrc else env

    def builders(self) -> list[Command]:
        """Return what builds the cache of all, for every tool, each in a directory of its own."""
        commands = []
        for (tool, home, _), (program, said) in zip(self.tools(), BUILDERS, strict=False):
            words = said.format(stamp=f"{self.directory}/stamp", cache=f"{home}-cache").split()
            argv = (os.path.join(os.path.dirname(tool), program), *words, self.site.modulepath)
            commands.append(Command(argv, self.environment(home)))
        return commands


BUILDERS = (("lmodpy", "cache build --dir {cache}"), ("update_lmod_system_cache_files", "-t {stamp} -d {cache}"))
"""The programs beside each tool that build caches, and what they are told."""


def measured_at(bench: Bench, layout: str, size: int, names: Sequence[str]) -> Iterator[Row | Need]:
    """Make a site, let Lmod build its cache, and yield what the cases named cost there."""
    place = _prepared(bench, site(bench.sites, layout, size))
    for name in names:
        if name in QUERIES:
            yield from _query(place, name)
        elif name in _JOBS:
            yield from _JOBS[name](place)


def _prepared(bench: Bench, where: Site) -> Place:
    place = Place(bench, where, os.path.join(bench.scratch, f"{where.layout}-{where.size}"))
    for _, home, _ in place.tools():
        os.makedirs(home)
        os.makedirs(f"{home}-cache")
    if len(bench.tools) > 1:
        status, said = said_by(place.builders()[1])
        cache = f"{place.directory}/lmod-cache"
        if status or not os.path.isfile(f"{cache}/spiderT.lua"):
            raise MeasureError(f"Lmod did not build its cache of {where.modulepath}: {said.strip()}")
        with open(f"{place.directory}/lmodrc.lua", "w", encoding="utf-8") as file:
            file.write(f'scDescriptT = {{ {{ dir = "{cache}", timestamp = "{place.directory}/stamp" }} }}\n')
    return place


# Asking.


def _query(place: Place, name: str) -> Iterator[Row | Need]:
    query, commands = QUERIES[name], _asking(place, name)
    target = place.promised_flat(query.target)
    yield from _compared(name, f"`{query.words}`", commands, place, query.shows, target, query.calls)


def _asking(place: Place, name: str) -> list[Command]:
    query = QUERIES[name]
    words = (query.words, query.of_lmod or query.words)
    return [
        Command((tool, *_in_bash(said), *said.split()), place.environment(home, lmodrc))
        for (tool, home, lmodrc), said in zip(place.tools(), words, strict=False)
    ]


def _in_bash(words: str) -> Sequence[str]:
    return () if words.startswith("--complete") else ("bash",)


def growth(bench: Bench, layout: str, sizes: Sequence[int], names: Sequence[str]) -> Iterator[Row]:
    """Yield how much more some commands of lmodpy cost in the largest site than in the smallest."""
    ends = [
        Place(bench, site(bench.sites, layout, size), os.path.join(bench.scratch, f"{layout}-{size}"))
        for size in (min(sizes), max(sizes))
    ]
    for name in names:
        query = QUERIES.get(name)
        if query is None or query.growth is None:
            continue
        commands = [_asking(place, name)[0] for place in ends]
        note = next(filter(None, (_absence(command, query.shows) for command in commands)), "")
        small, large = (None, None) if note else in_turn(commands, bench.runs)
        title = f"`{query.words}`, {max(sizes):,} against {min(sizes):,}"
        yield Row(f"{name}-growth", title, large, None, query.growth, against=small, note=note)


# Building.


def _cold(place: Place) -> Iterator[Row | Need]:
    """Measure the first `spider` of somebody who has no cache, on a site that has none."""
    commands = [
        Command((tool, "bash", "spider"), place.environment(f"{home}-cold"), _emptying(f"{home}-cold"))
        for tool, home, _ in place.tools()
    ]
    yield from _compared("cold-spider", "`spider`, no cache", commands, place, "hdf5", place.promised(BUILD))


def _build(place: Place) -> Iterator[Row | Need]:
    """Measure how a site's cache is built from nothing."""
    commands = [each._replace(prepare=_emptying(each.argv[-2])) for each in place.builders()]
    yield from _compared("build", "all of the cache", commands, place, "", place.promised(BUILD))


def _rebuild(place: Place) -> Iterator[Row | Need]:
    """Measure how it is brought up to date when one modulefile was changed; Lmod makes all of it again."""
    with _changed(place.site) as change:
        commands = [each._replace(prepare=change) for each in place.builders()]
        limit = REBUILD if place.site.size == REBUILD_AT else None
        yield from _compared("rebuild", "the cache, one modulefile changed", commands, place, "", limit=limit)


def _parallel(place: Place) -> Iterator[Row | Need]:
    """Measure the build on one core and on two."""
    cores = sorted(os.sched_getaffinity(0))
    taskset = shutil.which("taskset")
    build = place.builders()[0]._replace(prepare=_emptying(place.builders()[0].argv[-2]))
    note = _absence(build, "") if len(cores) > 1 and taskset else "needs two cores and taskset"
    one, two = None, None
    if taskset and not note:
        lists = (f"{cores[0]}", f"{cores[0]},{cores[1]}")
        one, two = in_turn(
            [build._replace(argv=(taskset, "-c", each, *build.argv)) for each in lists], place.bench.runs
        )
    yield Row("parallel", "all of the cache, two cores against one", two, None, TWO_CORES, one, by=("wall",), note=note)


_JOBS: Mapping[str, Callable[[Place], Iterator[Row | Need]]] = dict(
    zip(JOBS, (_cold, _build, _rebuild, _parallel), strict=True)
)


def _emptying(directory: str) -> Callable[[], None]:
    """Return what makes a directory new."""

    def empty() -> None:
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)

    return empty


@contextmanager
def _changed(where: Site) -> Iterator[Callable[[], None]]:
    """Lend what changes one modulefile each time it is called; in the end the file is as it was."""
    path = os.path.join(where.modulepath, "zlib", "1.3.1.lua")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    counter = itertools.count(1)

    def write(text: str) -> None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    try:
        yield lambda: write(f"{text}-- changed {next(counter)}\n")
    finally:
        write(text)
        os.utime(path, (BUILT, BUILT))


# Comparing.


def _compared(
    name: str,
    title: str,
    commands: Sequence[Command],
    place: Place,
    shows: str,
    target: float | None = None,
    calls: int | None = None,
    limit: float | None = None,
) -> Iterator[Row | Need]:
    """Yield what one command per tool costs and needs; what lmodpy does not have yet is noted."""
    note = _absence(commands[0], shows)
    there = commands[1:] if note else commands
    for command in commands[1:]:
        if _absence(command, shows):
            raise MeasureError(f"Lmod cannot do it: {' '.join(command.argv)}")
    absent = [None] * bool(note)
    costs = [*absent, *in_turn(there, place.bench.runs), None]
    tree = place.site.root if name in QUERIES else None
    uses = [*absent, *(needs(command, tree) for command in there), None]
    yield Row(name, title, costs[0], costs[1], target, limit=limit, note=note)
    yield Need(name, title, uses[0], uses[1], calls, note)


def _absence(command: Command, shows: str) -> str:
    """Run a command that should work; return what to note if it is one that lmodpy does not have."""
    if not os.path.exists(command.argv[0]):
        return f"no {os.path.basename(command.argv[0])}"
    status, said = said_by(command)
    if status and any(words in said for words in ("does not have yet", "No such command")):
        return "not there yet"
    if status or shows not in said:
        raise MeasureError(
            f"exit status {status}, {shows or 'nothing'} expected: {' '.join(command.argv)}: {said[:500]}"
        )
    return ""
