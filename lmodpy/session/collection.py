"""Collections: sets of modules that were saved, in the files of lmodpy, of Lmod and of Environment Modules.

Files are written in the form of Lmod's, so that a site can go back to it; all are read as data, and never executed.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress

from lmodpy import system
from lmodpy.errors import LmodError
from lmodpy.names.request import requests
from lmodpy.session.luadata import MOST_CHARACTERS, assignments, listed
from lmodpy.session.luatable import assignment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, NamedTuple
else:
    from lmodpy.values import NamedTuple

TABLE = "_ModuleTable_"
_OPENED = re.compile(r'(?:ap|pre)pend_path\("MODULEPATH","([^"]*)"')


class Saved(NamedTuple):
    """A module of a collection; `asked` is the name that the user typed, `said` the lines that `digest` is made of."""

    name: str
    full_name: str
    path: str = ""
    asked: str = ""
    wanted: bool = True
    digest: str = ""
    said: tuple[str, ...] | None = None
    alias: str = ""
    opens: tuple[str, ...] | None = None
    """The directories that it had put into MODULEPATH; None if the file does not tell, as those of Lmod before 8.7."""
    brings: tuple[str, ...] | None = None
    needs: tuple[str, ...] | None = None
    variants: tuple[str, ...] = ()


class Collection(NamedTuple):
    """What was saved: active modules in load order, MODULEPATH with them, and what it was before any module."""

    modules: tuple[Saved, ...]
    roots: tuple[str, ...]
    base: str | None = None
    """The site's MODULEPATH; None if the file does not tell."""
    counts: Mapping[str, int] = {}
    """How often a directory stands in MODULEPATH, put there by modules and by the user."""
    inactive: tuple[Saved, ...] = ()


class Place(NamedTuple):
    """A file that holds a collection, and the name of the collection."""

    name: str
    path: str


class Shelf:
    """The directories in which collections lie. The first is the one that is written to."""

    def __init__(self, directories: Sequence[str], suffix: str = "") -> None:
        """`suffix` is `.NAME` of the system, where several share a home directory; empty otherwise."""
        self._directories = directories
        self._suffix = suffix

    def find(self, name: str) -> Place | None:
        """Return the collection of this name, the newest if there are several."""
        there = self._there(name)
        return Place(name, max(there, key=lambda path: system.stat(path).st_mtime)) if there else None

    def all(self) -> list[Place]:
        """Return all collections, sorted by name."""
        names = {name for directory in self._directories for name in self._names(directory, "")}
        return [place for name in sorted(names) if (place := self.find(name))]

    def path(self, name: str) -> str:
        """Return where a collection is to be written; a name with a slash is a path, if it is not one in use here."""
        if "/" in name and (is_path(name) or not self._there(name)):
            return name
        return f"{self._directories[0]}/{name}{self._suffix}"

    def disable(self, name: str) -> list[str]:
        """Put a collection aside, under its name with a `~` at the end; return the new paths. Raises OSError."""
        there = self._there(name)
        for path in there:
            os.replace(path, f"{path}~")
        return [f"{path}~" for path in there]

    def _there(self, name: str) -> list[str]:
        """Return the files that a name means: `sub/name` lies in a sub-directory, or else it is a path."""
        names = [] if is_path(name) else [f"{name.removesuffix(self._suffix)}{self._suffix}"]
        shelved = [f"{place}/{file}" for place in self._directories for file in names]
        there = [path for path in shelved if system.is_file(path)]
        return there or ([name] if "/" in name and system.is_file(name) else [])

    def _names(self, directory: str, above: str) -> Iterator[str]:
        try:
            entries = sorted(os.scandir(f"{directory}/{above}"), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            name = f"{above}{entry.name}"
            if entry.name.startswith((".", "__")) or entry.name.endswith("~") or "\n" in entry.name:
                continue
            if entry.is_dir():
                if not entry.is_symlink():
                    yield from self._names(directory, f"{name}/")
            elif name.endswith(self._suffix) and "." not in name.removesuffix(self._suffix):
                yield name.removesuffix(self._suffix)


def is_path(name: str) -> bool:
    """Say whether what was typed can only be the path of a file."""
    return name.startswith(("/", "./", "../"))


def shelf(environ: Mapping[str, str], system_name: str) -> Shelf:
    """Return the user's collections: lmodpy's and Lmod's, those of an older Lmod, and Environment Modules'."""
    base = _below("XDG_CONFIG_HOME", ".config", environ)
    home = environ.get("HOME", "")
    older = [f"{home}/{place}" for place in (".config/lmod", ".lmod.d", ".module") if home.startswith("/")]
    return Shelf(list(dict.fromkeys((f"{base}/lmod", *older))), f".{system_name}" if system_name else "")


def stash_directory(environ: Mapping[str, str], system_name: str) -> str:
    """Return where stashes are kept; those of systems that share a home directory are apart."""
    base = _below("XDG_STATE_HOME", ".local/state", environ)
    return f"{base}/lmodpy/stash{f'.{system_name}' if system_name else ''}"


def stashes(directory: str) -> list[Place]:
    """Return the stashes, the last first."""
    try:
        names = [name for name in system.listdir(directory) if name.startswith("stash-") and not name.endswith("~")]
    except OSError:
        return []
    return [Place(name, f"{directory}/{name}") for name in sorted(names, reverse=True)]


def _below(variable: str, usual: str, environ: Mapping[str, str]) -> str:
    base, home = environ.get(variable, ""), environ.get("HOME", "")
    if base.startswith("/"):
        return base
    if not home.startswith("/"):
        raise LmodError("this is kept in the home directory, and HOME does not name one", hint="export HOME")
    return f"{home}/{usual}"


def read(path: str) -> Collection:
    """Read a collection of lmodpy, of Lmod or of Environment Modules; raises LmodError if it is none of these."""
    try:
        text = system.decode(system.content(path, MOST_CHARACTERS))
    except OSError as error:
        raise LmodError(f"cannot read the collection {path}: {error.strerror}") from None
    try:
        return _from_table(assignments(text)[TABLE]) if TABLE in text else _from_lines(text)
    except (LmodError, KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        what = error.text if isinstance(error, LmodError) else "parts of it are missing"
        raise LmodError(f"{path} is no collection: {what}", hint="module savelist") from None


def write(path: str, table: Mapping[str, Any], remark: str) -> None:
    """Write a collection; what was there before gets a `~` behind its name. Raises OSError, and nothing has changed."""
    path = os.path.realpath(path)  # one that lies elsewhere, behind a symbolic link, goes on lying there
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    temporary = f"{path}.{os.getpid()}~"
    try:
        with open(temporary, "wb") as file:
            file.write(system.encode(f"-- -*- lua -*-\n-- {remark}\n{assignment(TABLE, table)}"))
        if system.is_file(path):
            with suppress(OSError):
                os.unlink(f"{path}~")
            with suppress(OSError):  # not every file system has links
                os.link(path, f"{path}~")
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _from_table(table: dict[str, Any]) -> Collection:
    entries = table["mT"].items()
    active = [(entry["loadOrder"], name, entry) for name, entry in entries if entry["status"] == "active"]
    active.sort(key=lambda each: (each[0], each[1]))
    return Collection(
        tuple(_from_entry(name, entry) for _, name, entry in active),
        _texts(table, "mpathA") or (),
        _text(table, "systemBaseMPATH"),
        {str(root): int(count) for root, count in (table.get("mpathRefCountT") or {}).items()},
        tuple(_from_entry(name, entry) for name, entry in entries if entry["status"] == "inactive"),
    )


def _from_entry(name: Any, entry: dict[str, Any]) -> Saved:
    if not (isinstance(name, str) and name and _text(entry, "fullName")):
        raise ValueError(name)
    changes = _texts(entry, "actionA")
    return Saved(
        name,
        _text(entry, "fullName"),
        _text(entry, "fn"),
        _text(entry, "userName"),
        not entry.get("stackDepth", 0),
        _text(entry, "hash"),
        _texts(entry, "lmodpySaid"),
        _text(entry, "origUserName"),
        None if changes is None else tuple(_opened(changes)),
        _texts(entry, "lmodpyBrings"),
        _texts(entry, "lmodpyNeeds"),
        _texts(entry, "lmodpyVariants") or (),
    )


def _opened(changes: Sequence[str]) -> list[str]:
    found = (_OPENED.match(change) for change in changes)
    return [path for match in found if match for path in match[1].split(":")]


def _text(table: Mapping[str, Any], key: str) -> str:
    """Return a text from a table, empty if there is none; raises TypeError for anything else."""
    value = table.get(key) or ""
    if not isinstance(value, str):
        raise TypeError(key)
    return value


def _texts(table: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    """Return a list of texts from a table, None if there is none; raises TypeError for anything else."""
    value = table.get(key)
    if value is None:
        return None
    texts = tuple(listed(value))
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(key)
    return texts


def _from_lines(text: str) -> Collection:
    """Read a collection of Environment Modules: lines of `module use` and `module load`."""
    roots: list[str] = []
    modules: list[Saved] = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if not words or words[0].startswith("#") or words[:2] == ["module", "config"]:
            continue
        options = [word for word in words[2:] if word.startswith("-")]
        names = [word for word in words[2:] if not word.startswith("-")]
        if words[:2] == ["module", "use"]:
            roots = [*roots, *names] if {"--append", "-a"} & {*options} else [*names, *roots]
        elif words[:2] == ["module", "load"]:
            wanted = not {"--notuasked", "--tag=auto-loaded"} & {*options}
            asked = ((request.literally, request.variants) for request in requests(names))
            modules += [Saved("", name, asked=name, wanted=wanted, variants=each) for name, each in asked]
        else:
            raise LmodError(f"line {number}: `{line.strip()}` is neither `module use` nor `module load`")
    if not (roots or modules):
        raise LmodError("there is nothing in it")
    return Collection(tuple(modules), tuple(roots))
