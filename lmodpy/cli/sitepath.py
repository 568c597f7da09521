"""The MODULEPATH with which a session begins, as `lmodpy.toml` declares it: directories, titles, and where they count.

Read where a session begins (`lmodpy-cmd --modulepath`, for the init files), and where titles or `config` want it.
"""

from __future__ import annotations

import os
import re
import tomllib
from fnmatch import fnmatchcase

from lmodpy import system
from lmodpy.config import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, NamedTuple

    Answer = Callable[[], Sequence[str]]
else:
    from lmodpy.values import NamedTuple

FILE = "lmodpy.toml"
SECONDS = 10
_KEYS = ("path", "label", "when")


class Entry(NamedTuple):
    """A directory that the file names, its title in `avail` (may be empty), and why it does not count here."""

    root: str
    label: str = ""
    condition: str = ""
    """What must hold, as text; empty for nothing."""
    because: str = ""
    """Why it is left out; empty if it counts."""


class Declared(NamedTuple):
    """What a file declares, in its order, and what is wrong with it."""

    path: str
    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def roots(self) -> list[str]:
        """The directories that count here."""
        return [entry.root for entry in self.entries if not entry.because]


def answer(_speaker: str, _words: Sequence[str], environ: Mapping[str, str]) -> tuple[str, int]:
    """Answer an init file: the directories, with colons between them; what is wrong is for stderr."""
    found = declared(Settings(environ), environ)
    for problem in found.problems:
        system.write(2, system.encode(f"lmodpy: warning: {problem}\n"))
    return f"{':'.join(found.roots)}\n", 0


def declared(settings: Settings, environ: Mapping[str, str]) -> Declared:
    """Return what the site's file declares for this user on this machine; nothing, if there is none."""
    path = f"{settings.text('config_dir')}/{FILE}"
    if not system.is_file(path):
        return Declared("")
    try:
        said = tomllib.loads(system.content(path).decode())
    except (OSError, ValueError) as error:
        return Declared(path, (), (f"{path} cannot be read: {error}",))
    problems = [f"{path}: `{key}` is not known; there is only [[modulepath]]" for key in said if key != "modulepath"]
    rows = said.get("modulepath", [])
    if not isinstance(rows, list):
        return Declared(path, (), (f"{path}: `modulepath` is written [[modulepath]], once for each entry",))
    entries: list[Entry] = []
    for number, row in enumerate(rows, 1):
        problem = _problem(row)
        if problem:
            problems.append(f"{path}: [[modulepath]] number {number} {problem}; it does not count")
        else:
            entries += _entries(row, environ)
    return Declared(path, tuple(entries), tuple(problems))


def _problem(row: Any) -> str:
    """Return what is wrong with an entry; nothing, if it is right."""
    if not isinstance(row, dict):
        return "is no table"
    when = row.get("when", {})
    unknown = [key for key in row if key not in _KEYS]
    if unknown:
        return f"has `{unknown[0]}`; there are {', '.join(_KEYS)}"
    if not all(isinstance(path, str) and path for path in _several(row.get("path", 0))):
        return "needs a path, or a list of paths"
    if not isinstance(row.get("label", ""), str):
        return "has a label that is no text"
    texts = [item for value in when.values() for item in _several(value)] if isinstance(when, dict) else [0]
    if not all(isinstance(text, str) for text in texts):
        return 'has a `when` that is not like { host = "gpu*", group = ["physics", "staff"] }'
    unknown = [key for key in when if key not in FACTS]
    return f"has the condition `{unknown[0]}`; there are {', '.join(FACTS)}" if unknown else ""


def _entries(row: Mapping[str, Any], environ: Mapping[str, str]) -> list[Entry]:
    when = {key: _several(value) for key, value in row.get("when", {}).items()}
    condition = ", ".join(f"{key} is {' or '.join(patterns)}" for key, patterns in when.items())
    failing = [key for key, patterns in when.items() if not _holds(FACTS[key](), patterns)]
    because = f"{failing[0]} is {', '.join(FACTS[failing[0]]())}" if failing else ""
    found = []
    for path in _several(row["path"]):
        root = _expanded(path, environ)
        missing = "" if because or system.is_folder(root) else "there is no such directory"
        found.append(Entry(root, row.get("label", ""), condition, because or missing))
    return found


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _holds(facts: Sequence[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(fact, pattern) for fact in facts for pattern in patterns)


def _expanded(path: str, environ: Mapping[str, str]) -> str:
    """Return a path with the user's home for ~ and values for ${VARIABLES}; an unknown one is left."""
    home = environ.get("HOME", "")
    path = home + path[1:] if path == "~" or path.startswith("~/") else path
    path = re.sub(r"\$\{(\w+)\}", lambda found: environ.get(found[1], found[0]), path)
    return path.rstrip("/") or "/"


def _hosts() -> list[str]:
    name = os.uname().nodename
    return list(dict.fromkeys((name, name.partition(".")[0])))


def _systems() -> list[str]:
    """Return what the system is called: `Linux`, and `rhel`, `rhel9`, `rhel9.2` as the distribution says."""
    found = [os.uname().sysname]
    try:
        with open("/etc/os-release", encoding="utf-8") as file:
            said = {key: value.strip("\"' \n") for key, _, value in (line.partition("=") for line in file)}
    except OSError:
        return found
    name, version = said.get("ID", ""), said.get("VERSION_ID", "")
    return list(dict.fromkeys([*found, name, name + version.partition(".")[0], name + version]))


FACTS: dict[str, Answer] = {
    "group": lambda: sorted(system.user()[1]),
    "user": lambda: [system.user()[0]],
    "host": _hosts,
    "arch": lambda: [os.uname().machine],
    "os": _systems,
}
"""What conditions may ask, and the answers that hold here."""
