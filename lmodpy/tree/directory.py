"""Directories of modulefiles: what lies in one, each looked into at most once in a command."""

from __future__ import annotations

from lmodpy import system
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple

COOKIE = b"#%Module"
ENOTDIR = 20
_COOKIE_ROOM = 20
_DEEPEST = 150
"""Directories deeper than this are not looked into: nobody has them, and Python's stack is finite."""

DEFAULT_FILES = ("default", ".modulerc.lua", ".modulerc", ".version")
"""What marks the default version in a directory; the first that is there is the only one read."""

_IGNORED = frozenset((".git", ".gitignore", ".svn", ".lua", ".DS_Store"))


class Modulefile(NamedTuple):
    """A module that can be loaded: its names, its file, the entry of MODULEPATH, and where it stands among others.

    `order` sorts by version; `weight` sorts by default marks first.
    """

    name: str
    version: str
    path: str
    root: str
    order: str
    weight: str
    kind: str = ""
    """How hidden it is: soft, hidden, hard; empty for what everybody sees."""
    marked: bool = False
    alias: str = ""
    """The other name under which it was found, by the rc files."""
    real: str = ""
    """What the alias stands for."""

    @property
    def hidden(self) -> bool:
        """Say whether it is listed only to those who ask for hidden modules."""
        return bool(self.kind)

    @property
    def full_name(self) -> str:
        """The name with the version, if there is one."""
        return f"{self.name}/{self.version}" if self.version else self.name


class Listing(NamedTuple):
    """What a directory holds: files that may be modulefiles by name without `.lua`, and directories."""

    files: dict[str, str]
    folders: tuple[str, ...]
    defaults: tuple[str, ...] = ()
    """Those of `DEFAULT_FILES` that are there."""
    kind: str = "folder"
    """What it turned out to be: a `folder`, a `file`, or nothing."""


class Folders:
    """The file system, asked as little as possible: it remembers its answers for one command."""

    def __init__(self, is_ignored: Callable[[str], bool], allow_tcl: bool) -> None:
        self._is_ignored = is_ignored
        self._allow_tcl = allow_tcl
        self._listings: dict[str, Listing] = {}
        self._genuine: dict[str, bool] = {}
        self._holding: dict[str, bool] = {}
        self._alone: dict[str, str | None] = {}
        self._folders: dict[str, bool] = {}
        self._skipped: dict[str, bool] = {}

    def listing(self, path: str) -> Listing:
        """Return what a directory holds; nothing, if it cannot be read or is none."""
        known = self._listings.get(path)
        if known is None:
            known = self._listings[path] = self._read(path)
        return known

    def may_have_default(self, path: str) -> bool:
        """Say whether a directory can have any default file, as far as is known without looking again."""
        known = self._listings.get(path)
        return known is None or bool(known.defaults)

    def may_have(self, path: str, default_file: str) -> bool:
        """Say whether a directory can have a default file, as far as is known without looking again."""
        known = self._listings.get(path)
        return known is None or default_file in known.defaults

    def has_folder(self, parent: str, name: str, towards: str = "") -> bool:
        """Say whether a directory has a sub-directory of this name.

        It is listed, as whoever asks needs that next, unless the way leads on to a directory in it, `towards`: then
        it is a category, which may hold thousands.
        """
        path = f"{parent}/{name}"
        known = self._folders.get(path)
        if known is not None:
            return known
        if self.skips(name):
            return False
        if path not in self._listings and towards and self._is_folder(f"{path}/{towards}"):
            self._folders[path] = self.shows(path)
        else:
            self._folders[path] = self.listing(path).kind == "folder" and self.shows(path)
        return self._folders[path]

    def _is_folder(self, path: str) -> bool:
        if path not in self._folders:
            self._folders[path] = system.is_folder(path) and self.shows(path)
        return self._folders[path]

    def file_of(self, parent: str, name: str) -> str | None:
        """Return the path of the modulefile `name` or `name.lua` in a directory; Lua is preferred."""
        path = f"{parent}/{name}"
        if path not in self._alone:
            plain = (path,) if not self._folders.get(path) and self.listing(path).kind == "file" else ()
            found = (file for file in (path + ".lua", *plain) if not self.skips(file.rpartition("/")[2]))
            self._alone[path] = next((f for f in found if system.is_file(f) and self.is_modulefile(f)), None)
        return self._alone[path]

    def is_modulefile(self, path: str) -> bool:
        """Say whether a file is readable and, unless it is Lua, begins like a Tcl modulefile."""
        if path not in self._genuine:
            if path.endswith(".lua"):
                readable = system.is_shown_to_root(path) if system.ROOT else system.access(path, system.READABLE)
                self._genuine[path] = readable
            else:
                self._genuine[path] = self._allow_tcl and self.shows(path) and has_cookie(path)
        return self._genuine[path]

    def strays(self, path: str) -> int:
        """Count the files below a directory that were found to be no modulefiles; hidden ones may be anything."""
        below = (file for file, is_one in self._genuine.items() if not is_one and file.startswith(f"{path}/"))
        return sum(not file.rpartition("/")[2].startswith(".") for file in below)

    def holds_modules(self, path: str) -> bool:
        """Say whether there is a modulefile in a directory or anywhere below it."""
        known = self._holding.get(path)
        if known is None:
            listing = self.listing(path)
            for file in listing.files.values():
                if file.endswith(".lua") or self.is_modulefile(file):
                    known = True
                    break
            else:
                known = bool(listing.folders) and self.is_nested(path)
            self._holding[path] = known
        return known

    def is_nested(self, path: str) -> bool:
        """Say whether a directory has sub-directories that hold modules."""
        folders = self.listing(path).folders
        return bool(folders) and any(self.holds_modules(f"{path}/{folder}") for folder in folders)

    def skips(self, name: str) -> bool:
        """Say whether a file or directory of this name is none of ours: a backup, a swap file, of a version control."""
        if name not in self._skipped:  # the same versions come again in many modules
            self._skipped[name] = self._is_foreign(name)
        return self._skipped[name]

    def _is_foreign(self, name: str) -> bool:
        if name[:1].isalnum() and name[-1:].isalnum() and "\n" not in name:  # as nearly all are
            return self._is_ignored(name)
        return (
            name in _IGNORED
            or name.startswith(("#", ".#", "__"))
            or name.endswith(("~", "#"))
            or (name.startswith(".") and name.endswith(".swp"))
            or name != name.strip()
            or "\n" in name
            or name.removesuffix(".lua") in {"", ".", ".."}
            or self._is_ignored(name)
        )

    def shows(self, path: str) -> bool:
        """Say whether root may see what only root can read: no, so that root sees what users see."""
        return not system.ROOT or system.is_shown_to_root(path)

    def _read(self, path: str) -> Listing:
        files: dict[str, str] = {}
        folders: list[str] = []
        defaults: list[str] = []
        kind = "folder"
        if path.count("/") > _DEEPEST:
            return Listing(files, (), (), "")
        try:
            for entry in [*system.scandir(path)]:
                name = entry.name
                if name in DEFAULT_FILES:
                    defaults.append(name)
                each = "" if self.skips(name) else self._kind(entry)
                if each == "folder":
                    folders.append(name)
                elif each == "file" and name.endswith(".lua"):  # it stays beside a Tcl file of the same name
                    files[name[:-4]] = f"{path}/{name}"
                elif each == "file":
                    files.setdefault(name, f"{path}/{name}")
        except ValueError:
            kind = ""
        except OSError as error:
            kind = "file" if error.errno == ENOTDIR else ""
        return made(Listing, (files, tuple(folders), tuple(defaults), kind))

    def _kind(self, entry: os.DirEntry[str]) -> str:
        """Say whether an entry is a `folder`, a `file` that may be a modulefile, or nothing of ours."""
        link = entry.is_symlink()
        if entry.name in DEFAULT_FILES and (link or entry.name != "default"):
            return ""
        try:
            if entry.is_dir():
                return "" if (link and _is_loop(entry.path)) or not self.shows(entry.path) else "folder"
            return "file" if entry.is_file() else ""
        except OSError:
            return ""


def base_of(root: str) -> str:
    """Return an entry of MODULEPATH as paths below it begin, without slashes at its end."""
    return root.rstrip("/") or "/."


def has_cookie(path: str) -> bool:
    """Say whether a file begins like a Tcl modulefile."""
    try:
        with open(path, "rb") as file:
            return file.read(_COOKIE_ROOM).startswith(COOKIE)
    except OSError:
        return False


def ignored_by_default(name: str) -> bool:
    """Say whether a file is a copy of an rc file, such as `.version-old`: the default of LMOD_FILE_IGNORE_PATTERNS."""
    for stem in (".version", ".modulerc") if ".version" in name or ".modulerc" in name else ():
        at = name.find(stem)
        while at >= 0:
            after = at + len(stem)
            if name[after : after + 1] in ("-", ".", "_"):
                return True
            at = name.find(stem, after)
    return False


def _is_loop(link: str) -> bool:
    """Say whether a symbolic link leads back to a directory on the way to it."""
    import os  # noqa: PLC0415 - links to directories are rare

    target = os.path.realpath(link)
    above = os.path.dirname(link)
    while above not in {"", "/"}:
        if os.path.realpath(above) == target:
            return True
        above = os.path.dirname(above)
    return False
