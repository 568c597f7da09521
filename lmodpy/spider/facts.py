"""What a modulefile says about itself, whoever reads it and whatever is loaded: plain data, which an index can keep."""

from __future__ import annotations

from lmodpy import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    from lmodpy.tree.directory import Modulefile
else:
    from lmodpy.values import NamedTuple


class Facts(NamedTuple):
    """What one modulefile says about itself."""

    whatis: tuple[str, ...] = ()
    help: str = ""
    families: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    """As `lmod:sticky`."""
    extensions: tuple[str, ...] = ()
    """What it brings besides, as `numpy/1.26`."""
    prepends: tuple[str, ...] = ()
    """The directories that it puts in front of MODULEPATH, the one put there last in the end."""
    appends: tuple[str, ...] = ()
    """Those that it puts behind."""
    dynamic: bool = False
    """What it does to MODULEPATH depends on the circumstances."""
    broken: str = ""
    """Why it could not be read to its end: the error, with file and line."""
    paths: tuple[tuple[str, str], ...] = ()
    """The directories that it puts into PATH and other variables of `PATHS` or that such of `PLACES` name: in pairs."""

    @property
    def opens(self) -> tuple[str, ...]:
        """Return the directories that it adds to MODULEPATH."""
        return self.prepends + self.appends


class Record(NamedTuple):
    """A module of a directory: what it is called and where it lies, and what it says about itself."""

    module: Modulefile
    facts: Facts

    @property
    def full_name(self) -> str:
        """The name with the version, if there is one."""
        return self.module.full_name

    @property
    def description(self) -> str:
        """The line `Description:` of its whatis, or else the first line that has no key."""
        plain = (line for line in self.facts.whatis if not _keyed(line)[0])
        return self.told("Description") or next(plain, "").strip()

    def told(self, key: str) -> str:
        """Return what its whatis says under a key: Name, Version, Category, Description, URL or Keyword."""
        for line in self.facts.whatis:
            if line.startswith(f"{key}:") or _keyed(line)[0] == key:
                return line.partition(":")[2].strip()
        return ""


LIBRARIES = ("LD_LIBRARY_PATH", "LIBRARY_PATH", "CRAY_LD_LIBRARY_PATH")
HEADERS = ("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH")
PATHS = frozenset(("PATH", *LIBRARIES, "PKG_CONFIG_PATH", *HEADERS, "PYTHONPATH", "EBPYTHONPREFIXES"))
"""The variables that lead to commands, libraries, headers and Python packages."""
PLACES = ("_DIR", "_LIB")
"""What the names of variables end with that tell where a package lies."""
KEYS = ("Name", "Version", "Category", "Description", "URL", "Keyword")


def promises(path: str) -> frozenset[str]:
    """Return what a modulefile may say: to `open` a directory, to bring `extensions`; and whether that `varies`.

    Most modulefiles do neither, and looking for the words is several times cheaper than evaluating.
    """
    try:
        text = system.content(path, 1 << 20)
    except OSError:
        return frozenset()
    if any(word in text for word in _ELSEWHERE) and _matches(rb"\b(?:" + b"|".join(_ELSEWHERE) + rb")\b", text):
        return _ALL
    if text.startswith(b"#%Module") and _matches(rb"\bsource\b", text):
        return _ALL
    found = frozenset(promise for promise, words in _WORDS.items() if any(word in text for word in words))
    return found | {VARIES} if _may_vary(text, strictly=bool(found)) else found


OPEN, EXTENSIONS, VARIES = "open", "extensions", "varies"
_ALL = frozenset((OPEN, EXTENSIONS, VARIES))
_WORDS = {OPEN: (b"MODULEPATH", b"module use", b"source"), EXTENSIONS: (b"extensions", b"provide")}
_ELSEWHERE = (b"inherit", b"loadfile", b"dofile", b"require", b"loadstring")
"""With these the words may stand in another file."""
_TABLES = rb"\b(?:os|io|lfs|posix|package|debug|_G|_ENV)\b"
_QUESTIONS = rb"\b(?:%b)\b" % b"|".join((
    *(b"getenv", b"protected_getenv", b"source_sh", b"capture", b"execute", b"subprocess", b"isDir", b"isFile"),
    *(b"isDefined", b"isNotDefined", b"isAvail", b"latest", b"realpath", b"abspath", b"UUIDString"),
    *(b"userInGroups?", b"myShellName", b"myShellType", b"myConfig"),
))  # fmt: skip
_OF_TCL = rb"\b(?:%b)\b[ \t(]|::env|\b(?:is-avail|is-used|is-saved|system|lsb-release|pwd)\b" % b"|".join((
    *(b"env", b"exec", b"source", b"package", b"file", b"glob", b"open", b"clock", b"info", b"uname", b"module-info"),
    *(b"getenv", b"source-sh", b"getvariable"),
))  # fmt: skip
"""What asks for the circumstances, in Lua and in Tcl."""
_ASKING = (
    *(
        b"os.",
        b"io.",
        b"os[",
        b"io[",
        b"lfs.",
        b"posix.",
        b"_G",
        b"_ENV",
        b"getenv",
        b"capture",
        b"subprocess",
        b"source_sh",
    ),
    *(b"isDir", b"isFile", b"isDefined", b"isNotDefined", b"isAvail", b"userInGroup", b"myShell", b"myConfig", b"~/"),
)
"""What stands in nearly all that ask, and in few others; looking for these is much cheaper."""


def _may_vary(text: bytes, *, strictly: bool) -> bool:
    """Say whether a modulefile may say something else to someone else, or tomorrow.

    `strictly`: even if it asks in an unusual way, or a word only stands in a sentence.
    """
    if text.startswith(b"#%Module"):
        return _matches(_OF_TCL, text)
    if strictly:
        return b"~" in text or _matches(_TABLES + b"|" + _QUESTIONS, text)
    return any(word in text for word in _ASKING) and _matches(
        _TABLES + rb"(?:\.\w|\[)|" + _QUESTIONS + rb"\s*[({\"'\[]|~/", text
    )


def _matches(pattern: bytes, text: bytes) -> bool:
    import re  # noqa: PLC0415 - only for what is not known yet

    return re.search(pattern, text) is not None


def _keyed(line: str) -> tuple[str, str]:
    """Split `Key: value`; the key is empty where it is none of those known."""
    key, colon, value = line.strip().partition(":")
    return (key.strip(), value.strip()) if colon and key.strip() in KEYS else ("", "")
