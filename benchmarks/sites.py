"""Whole sites to measure on, as build tools leave them: on every machine the same, made once and then kept.

A *hierarchical* site has `Core`, in it compilers that open what was built with them, and in that MPIs that open what
needs them; a *flat* one has everything in one directory. What a package is like follows from its name and the seed, so
that `hdf5` is the same in a small site and in a large one.
"""

from __future__ import annotations

import glob
import itertools
import os
import random
import shutil
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from trees import SIXTY
from wordings import Module, wording

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 5
BUILT = 1_700_000_000
"""When everything was last changed: long ago, as in a site that has worked for a while."""


class Shape(NamedTuple):
    """How many of each a hierarchical site has."""

    compilers: int
    versions: int
    """Of each compiler."""
    mpis: int
    """For every version of every compiler."""
    mpi_versions: int


SHAPES = {50: Shape(1, 2, 1, 1), 1_000: Shape(2, 2, 2, 1), 10_000: Shape(3, 3, 2, 2), 50_000: Shape(4, 4, 3, 2)}
SIZES = tuple(SHAPES)
HIERARCHICAL, FLAT = LAYOUTS = ("hierarchical", "flat")
COMPILERS = {"gcc": "13.2.0", "intel": "2024.1.0", "llvm": "18.1.8", "nvhpc": "24.5.0"}
MPIS = {"openmpi": "4.1.6", "mpich": "4.2.1", "intel-mpi": "2021.12.1"}

KNOWN = {package.name: package.version for package in SIXTY}
_NAMES = list(KNOWN)
_GCC, _OPENMPI = _NAMES.index("gcc"), _NAMES.index("openmpi")
BASICS, SERIAL, PARALLEL = _NAMES[:_GCC], _NAMES[_GCC + 1 : _OPENMPI], _NAMES[_OPENMPI + 1 :]
NEEDED = [f"{name}/{KNOWN[name]}" for name in BASICS[:8]]
"""What other modules depend on; it lies in the smallest Core."""
PARALLEL.sort(key=lambda name: name != "hdf5")  # first, since every site must have it

_PREFIXES = ("", "py-", "lib", "r-", "perl-")
_STEMS = [f"{a}{b}" for a in ("ab", "cor", "del", "fen", "gal", "hy") for b in ("a", "bex", "dra", "lis", "mo", "sto")]


class Site(NamedTuple):
    """A site on the disk, in a directory of its own."""

    layout: str
    size: int
    root: str

    @property
    def modulepath(self) -> str:
        """The MODULEPATH that its users begin with."""
        return os.path.join(self.root, "all" if self.layout == FLAT else "Core")


def site(directory: str, layout: str, size: int) -> Site:
    """Return a site below a directory; it is made if it is not there, or another state of these programs made it."""
    stem = os.path.join(directory, f"{layout}-{size}-")
    root = f"{stem}{_state()}"
    if not os.path.isdir(root):
        for outdated in glob.glob(glob.escape(stem) + "*"):
            shutil.rmtree(outdated)
        _make(root, layout, size)
    return Site(layout, size, root)


def _state() -> str:
    """Return what changes when these programs do, and so perhaps what they make."""
    checksum = 0
    for program in "sites.py", "trees.py", "wordings.py":
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), program), "rb") as file:
            checksum = crc32(file.read(), checksum)
    return f"{checksum:08x}"


def _make(root: str, layout: str, size: int) -> None:
    """Write exactly so many modulefiles. They are written elsewhere and renamed, so what is there is whole."""
    new = f"{root}.new"
    branches = [("all", _flat())] if layout == FLAT else list(_branches(root, SHAPES[size]))
    for place, (branch, modules) in enumerate(branches):
        share = size // len(branches) + (place < size % len(branches))
        packages = itertools.groupby(itertools.islice(modules, share), key=lambda module: module.name)
        for name, versions in packages:
            _write_package(os.path.join(new, branch), name, list(versions))
    for folder, _, files in os.walk(new, topdown=False):
        for path in (*(f"{folder}/{file}" for file in files), folder):
            os.utime(path, (BUILT, BUILT), follow_symlinks=False)
    os.rename(new, root)


# Which modules there are. Each of these yields more than anybody takes.


def _flat() -> Iterator[Module]:
    openers = (module for newest in (COMPILERS, MPIS) for module in _openers(newest, len(newest), 1, ""))
    yield from openers
    yield from _packages("all", ["hdf5", *BASICS, *SERIAL, *PARALLEL[1:]])


def _branches(root: str, shape: Shape) -> Iterator[tuple[str, Iterator[Module]]]:
    """Yield every directory of a hierarchy, with its modules."""
    compilers = list(_openers(COMPILERS, shape.compilers, shape.versions, f"{root}/Compiler"))
    yield "Core", itertools.chain(compilers, _packages("Core", BASICS))
    for compiler in compilers:
        built = os.path.relpath(compiler.opens, root)
        mpis = list(_openers(MPIS, shape.mpis, shape.mpi_versions, f"{root}/MPI/{compiler.full_name}"))
        yield built, itertools.chain(mpis, _packages(built, SERIAL))
        for mpi in mpis:
            built = os.path.relpath(mpi.opens, root)
            yield built, _packages(built, PARALLEL)


def _openers(newest: dict[str, str], names: int, versions: int, place: str) -> Iterator[Module]:
    """Yield the versions of the first compilers or MPIs; each opens its own directory, if a place is named."""
    family = "compiler" if newest is COMPILERS else "mpi"
    for name, version in itertools.islice(newest.items(), names):
        for each in itertools.islice(_back_from(version), versions):
            yield Module(name, each, family=family, opens=f"{place}/{name}/{each}" if place else "")


def _packages(branch: str, known: list[str]) -> Iterator[Module]:
    """Yield the versions of the packages known by name, then of others; of these a branch has two in three."""
    for name in itertools.chain(known, _made_up_names()):
        if name in KNOWN or crc32(f"{SEED} {branch} {name}".encode()) % 3:
            yield from _versions(name)


def _versions(name: str) -> Iterator[Module]:
    """Yield the versions of a package, the newest first."""
    draw = random.Random(f"{SEED} {name}")
    newest = KNOWN.get(name) or f"{draw.randint(1, 9)}.{draw.randint(0, 20)}.{draw.randint(0, 9)}"
    needs = () if name in BASICS else tuple(draw.sample(NEEDED, draw.randint(0, 3)))
    count = 1 if name in BASICS else 3 if name in KNOWN else draw.choice((1, 2, 2, 3, 4, 6))
    brings = tuple(_extensions(draw)) if name not in KNOWN and draw.random() < 0.02 else ()
    for version in itertools.islice(_back_from(newest), count):
        yield Module(name, version, needs, brings)


def _extensions(draw: random.Random) -> Iterator[str]:
    """Yield what a bundle of small packages brings."""
    for stems in {tuple(draw.sample(_STEMS, 3)): None for _ in range(draw.randint(10, 80))}:
        yield f"{'-'.join(stems)}/{draw.randint(0, 4)}.{draw.randint(0, 30)}"


def _made_up_names() -> Iterator[str]:
    for length in 2, 3:
        for prefix, *stems in itertools.product(_PREFIXES, *[_STEMS] * length):
            yield prefix + "".join(stems)


def _back_from(version: str) -> Iterator[str]:
    """Yield a version and those that came before it."""
    numbers = [int(number) for number in version.split(".")]
    while any(numbers):
        yield ".".join(map(str, numbers))
        numbers[max(place for place, number in enumerate(numbers) if number)] -= 1


# What a package's folder holds.


def _write_package(branch: str, name: str, modules: list[Module]) -> None:
    """Write all versions of a package; of some the oldest is hidden, of some one is marked as the default."""
    draw = random.Random(f"{SEED} marks {name}")
    if name not in KNOWN and len(modules) > 1 and draw.random() < 0.05:
        modules[-1] = modules[-1]._replace(version=f".{modules[-1].version}")
    os.makedirs(os.path.join(branch, name))
    for module in modules:
        with open(os.path.join(branch, f"{module.full_name}.lua"), "w", encoding="utf-8") as file:
            file.write(wording(module))
    if name not in KNOWN and len(modules) > 2 and draw.random() < 0.3:
        _mark_default(os.path.join(branch, name), modules[1], draw.choice(("link", *DEFAULTS)))


DEFAULTS = {
    ".modulerc.lua": 'module_version("{0.full_name}", "default")\n',
    ".version": '#%Module\nset ModulesVersion "{0.version}"\n',
}


def _mark_default(folder: str, module: Module, kind: str) -> None:
    if kind == "link":
        os.symlink(f"{module.version}.lua", os.path.join(folder, "default"))
        return
    with open(os.path.join(folder, kind), "w", encoding="utf-8") as file:
        file.write(DEFAULTS[kind].format(module))
