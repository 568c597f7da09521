"""The reverse map: from a command, a library, a header or a Python package to the modules that bring it.

Modulefiles say which directories they put into PATH and its like; what lies there is looked up when it is asked for.
"""

from __future__ import annotations

from lmodpy import system
from lmodpy.names.spelling import distance
from lmodpy.spider.facts import HEADERS, LIBRARIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import NamedTuple

    from lmodpy.spider.facts import Facts, Record
else:
    from lmodpy.values import NamedTuple


class Kind(NamedTuple):
    """Something that can be looked for."""

    title: str
    directories: Callable[[Facts], Iterable[str]]
    """Where a module has such things."""
    files: Callable[[str, str], list[str]]
    """The files in a directory that a word means."""
    names: Callable[[str, str], Iterable[str]]
    """What one can ask a directory for, as far as a word leads to it."""


class ReverseMap:
    """What is in the directories that modules open to one kind of thing."""

    def __init__(self, kind: Kind, records: Iterable[Record]) -> None:
        self._kind = kind
        self._records: dict[str, list[Record]] = {}
        for record in records:
            for directory in dict.fromkeys(kind.directories(record.facts)):
                if directory[:1] == "/":
                    self._records.setdefault(directory, []).append(record)

    def bringing(self, word: str) -> list[tuple[Record, list[str]]]:
        """Return the modules that bring something, each with the files."""
        found: dict[str, tuple[Record, list[str]]] = {}
        for directory, records in self._records.items():
            files = self._kind.files(directory, word)
            for record in records if files else ():
                found.setdefault(record.module.path, (record, []))[1].extend(files)
        return list(found.values())

    def near(self, word: str, most: int = 3) -> list[str]:
        """Return what one could have meant, the closest first."""
        limit = 1 + len(word) // 4
        names = {name for directory in self._records for name in self._kind.names(directory, word)}
        apart = ((distance(word, name, limit), name) for name in names)
        close = sorted((far, name) for far, name in apart if far is not None)
        real = (name for _, name in close if any(self._kind.files(each, name) for each in self._records))
        return [name for name, _ in zip(real, range(most), strict=False)]


# Commands.


def _commands(directory: str, word: str) -> list[str]:
    path = f"{directory}/{word}"
    return [path] if "/" not in word and system.access(path, _EXECUTABLE) and system.is_file(path) else []


def _all(directory: str, _word: str) -> list[str]:
    return _listed(directory)


# Libraries.


def _library_directories(facts: Facts) -> Iterator[str]:
    yield from _put_into(LIBRARIES, facts)
    for directory in _put_into(("PKG_CONFIG_PATH",), facts):
        if directory.endswith("/pkgconfig"):
            yield directory.removesuffix("/pkgconfig")


def _libraries(directory: str, word: str) -> list[str]:
    names = (name for name in sorted(_listed(directory)) if word in _library_names(name))
    return [path for path in (f"{directory}/{name}" for name in names) if system.is_file(path)]


def _known_libraries(directory: str, _word: str) -> Iterator[str]:
    return (name for file in _listed(directory) for name in _library_names(file))


def _library_names(file: str) -> tuple[str, ...]:
    """Return what a library can be asked for by: libz.so.1, libz and z; nothing for what is no library."""
    stem, shared, version = file.partition(".so")
    if not shared or version[:1] not in ("", "."):
        stem, static, rest = file.rpartition(".a")
        if not static or rest:
            return ()
    return file, stem, stem.removeprefix("lib")


# Headers.


def _headers(directory: str, word: str) -> list[str]:
    path = f"{directory}/{word}"
    return [path] if not {"", ".", ".."} & {*word.split("/")} and system.is_file(path) else []


def _known_headers(directory: str, word: str) -> list[str]:
    folder, slash, _ = word.rpartition("/")
    return [f"{folder}{slash}{name}" for name in _listed(f"{directory}/{folder}")]


# Python packages.


def _package_directories(facts: Facts) -> Iterator[str]:
    """Yield where packages are: in PYTHONPATH, under the prefixes that EasyBuild names, and beside an interpreter."""
    yield from _put_into(("PYTHONPATH",), facts)
    prefixes = _put_into(("EBPYTHONPREFIXES",), facts)
    prefixes += [directory.removesuffix("/bin") for directory in _put_into(("PATH",), facts) if _has_python(directory)]
    for prefix in prefixes:
        for library in f"{prefix}/lib", f"{prefix}/lib64":
            yield from (f"{library}/{name}/site-packages" for name in _listed(library) if name.startswith("python3"))


def _has_python(directory: str) -> bool:
    return directory.endswith("/bin") and system.access(f"{directory}/python3", _EXECUTABLE)


def _packages(directory: str, word: str) -> list[str]:
    """Return what a word means: a package or module by its (dotted) name, or by what it is installed as."""
    outer, _, last = word.rpartition(".")
    inner = f"{directory}/{outer.replace('.', '/')}" if outer else directory
    return [
        f"{folder}/{name}"
        for folder, wanted in {directory: _plain(word), inner: _plain(last if outer else word)}.items()
        for name in sorted(_listed(folder))
        if _package_name(name) == wanted and (name != _stem(name) or system.is_folder(f"{folder}/{name}"))
    ]


def _known_packages(directory: str, _word: str) -> Iterator[str]:
    return filter(None, map(_package_name, _listed(directory)))


def _package_name(file: str) -> str:
    """Return the plain name of what a file or directory is to Python; nothing if it is nothing."""
    stem, dot, ending = file.rpartition(".")
    if ending in ("dist-info", "egg-info", "egg"):
        return _plain(stem.partition("-")[0])
    return _plain(_stem(file)) if not dot or ending in ("py", "so") else ""


def _stem(file: str) -> str:
    return file.partition(".")[0]


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")


# For all of them.

_EXECUTABLE = 1


def _put_into(variables: Iterable[str], facts: Facts) -> list[str]:
    return [directory for variable, directory in facts.paths if variable in variables]


def _listed(directory: str) -> list[str]:
    try:
        return system.listdir(directory)
    except (OSError, ValueError):
        return []


KINDS = {
    "command": Kind("command", lambda facts: _put_into(("PATH",), facts), _commands, _all),
    "lib": Kind("library", _library_directories, _libraries, _known_libraries),
    "header": Kind("header", lambda facts: _put_into(HEADERS, facts), _headers, _known_headers),
    "python": Kind("Python package", _package_directories, _packages, _known_packages),
}
"""What can be looked for, by the option that says so."""
