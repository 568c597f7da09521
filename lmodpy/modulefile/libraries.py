"""What stands behind libraries.lua: the functions of Lua's libraries `lfs` and `posix` that reach out of Lua.

They answer as those libraries do: a failure is nil, a text and a number, not an error.
"""

from __future__ import annotations

import os
import stat
import syslog

from lmodpy.errors import ModulefileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from lmodpy.modulefile.questions import Host

    Answer = Any


def text(*_: object) -> str:
    """Return the Lua text of the libraries."""
    with open(f"{os.path.dirname(__file__)}/libraries.lua", encoding="utf-8") as file:
        return file.read()


def _tried(do: Callable[..., object], what: str = "") -> Callable[..., Answer]:
    """Return a function that tells a failure of the system's as Lua's libraries do."""

    def answer(_: Host, *args: Any) -> Answer:
        try:
            found = do(*args)
        except OSError as error:
            return None, what.format(*args) + (error.strerror or ""), error.errno
        return True if found is None else found

    return answer


_KINDS = {
    stat.S_IFREG: ("file", "regular"),
    stat.S_IFDIR: ("directory", "directory"),
    stat.S_IFLNK: ("link", "link"),
    stat.S_IFSOCK: ("socket", "socket"),
    stat.S_IFIFO: ("named pipe", "fifo"),
    stat.S_IFCHR: ("char device", "character device"),
    stat.S_IFBLK: ("block device", "block device"),
}
_NUMBERS = ("dev", "ino", "nlink", "uid", "gid", "size", "rdev", "blocks", "blksize")


def _attributes(look: Callable[[str], os.stat_result], path: str, field: object = None) -> object:
    found = look(path)
    facts: dict[str, Any] = {
        "mode": _KINDS.get(stat.S_IFMT(found.st_mode), ("other",))[0],
        "permissions": stat.filemode(found.st_mode)[1:],
        "modification": int(found.st_mtime),
        "access": int(found.st_atime),
        "change": int(found.st_ctime),
        **{name: getattr(found, f"st_{name}") for name in _NUMBERS},
    }
    if facts["mode"] == "link":
        facts["target"] = os.readlink(path)
    return facts.get(field) if isinstance(field, str) else facts


def _stat(path: str, field: str | None = None) -> object:
    found = os.lstat(path)
    facts: dict[str, Any] = {
        "mode": stat.filemode(found.st_mode)[1:],
        "type": _KINDS.get(stat.S_IFMT(found.st_mode), ("", "unknown"))[1],
        **{name: int(getattr(found, f"st_{name}")) for name in _NUMBERS[:6]},
        **{name: int(getattr(found, f"st_{name}")) for name in ("mtime", "atime", "ctime")},
    }
    return facts.get(field) if field else facts


def _uname(wanted: str = "%s %n %r %v %m") -> str:
    for letter, value in zip("snrvm", os.uname(), strict=True):
        wanted = wanted.replace(f"%{letter}", value)
    return wanted


def _entries(path: str) -> list[str]:
    try:
        return [".", "..", *os.listdir(path)]
    except OSError as error:
        raise ModulefileError(f"`lfs.dir` cannot open {path}: {error.strerror}") from None


def _set_variable(host: Host, name: str, value: object = None, *_: object) -> int:
    host.pretend(name, None if value is None else str(value))
    return 0


def _host_id(host: Host) -> int:
    from lmodpy.modulefile.programs import run  # noqa: PLC0415 - hardly any modulefile asks

    return int(run("hostid", host.environ())[0], 16)


def _touch(path: str, accessed: float | None = None, modified: float | None = None) -> None:
    times = None if accessed is None else (accessed, accessed if modified is None else modified)
    os.utime(path, times)


def _unlocked(*_: object) -> Answer:
    return None, "files are not locked here", 0


_NO_FACTS = "cannot obtain information from file '{0}': "

LIBRARIES: dict[str, Callable[..., Answer]] = {
    # With a blank in the name, which no modulefile says: they are reached through their tables alone.
    "library text": text,
    "lfs attributes": _tried(lambda path, field=None: _attributes(os.stat, path, field), _NO_FACTS),
    "lfs symlinkattributes": _tried(lambda path, field=None: _attributes(os.lstat, path, field), _NO_FACTS),
    "lfs chdir": _tried(os.chdir),
    "lfs currentdir": _tried(os.getcwd),
    "lfs entries": lambda _, path: _entries(path),
    "lfs mkdir": _tried(os.mkdir),
    "lfs rmdir": _tried(os.rmdir),
    "lfs touch": _tried(_touch),
    "lfs setmode": lambda *_: (True, "binary"),
    "lfs lock": _unlocked,
    "lfs lock_dir": _unlocked,
    "lfs unlock": _unlocked,
    "posix uname": _tried(_uname),
    "posix setenv": _set_variable,
    "posix hostid": _host_id,
    "posix open": _tried(lambda path, flags=0, mode=0o777: os.open(path, flags, mode)),
    "posix openlog": lambda _, name, *rest: syslog.openlog(name, *map(int, rest[:2])),
    "posix closelog": lambda *_: syslog.closelog(),
    "posix syslog": lambda _, priority, message: syslog.syslog(int(priority), message),
    "posix stat": _tried(_stat),
}
