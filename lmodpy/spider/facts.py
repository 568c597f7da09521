"""What a modulefile says about itself, whoever reads it and whatever is loaded: plain data, which an index can keep."""

from __future__ import annotations

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


OPEN, EXTENSIONS, VARIES = "open", "extensions", "varies"
"""What a modulefile may promise: see lmodpy/spider/promises.py."""


def _keyed(line: str) -> tuple[str, str]:
    """Split `Key: value`; the key is empty where it is none of those known."""
    key, colon, value = line.strip().partition(":")
    return (key.strip(), value.strip()) if colon and key.strip() in KEYS else ("", "")
