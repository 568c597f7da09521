"""What a command asks of the operating system.

`os` has all of it, but importing `os` with what it brings along costs a tenth of a whole command; `posix` is built in.
Paths and values are str as `os.fsdecode` makes them.
"""

from __future__ import annotations

import posix
import sys
from posix import _exit as leave
from posix import (
    access,
    close,
    fstat,
    get_terminal_size,
    getcwd,
    isatty,
    kill,
    listdir,
    read,
    readlink,
    scandir,
    stat,
    write,
)
from posix import getpid as process

__all__ = [
    "access",
    "get_terminal_size",
    "getcwd",
    "isatty",
    "kill",
    "leave",
    "listdir",
    "process",
    "readlink",
    "scandir",
    "stat",
    "write",
]

READABLE = posix.R_OK
ROOT = posix.geteuid() == 0
"""Whether this is the one user who may read everything."""
_USUAL = 1 << 14
"""Bytes that nearly no modulefile exceeds."""
_KIND, _FOLDER, _FILE = 0o170000, 0o040000, 0o100000
_ENCODING = sys.getfilesystemencoding()


def decode(data: bytes) -> str:
    """Return bytes as text; what is not text in the file system's encoding survives."""
    return data.decode(_ENCODING, "surrogateescape")


def encode(text: str) -> bytes:
    """Return the bytes that `decode` made a text of."""
    return text.encode(_ENCODING, "surrogateescape")


def environment() -> dict[str, str]:
    """Return the environment that this process was started with."""
    return {decode(name): decode(value) for name, value in posix.environ.items()}


def exists(path: str) -> bool:
    """Say whether there is anything at a path, links followed."""
    return _mode(path) != 0


def is_folder(path: str) -> bool:
    """Say whether there is a directory at a path, links followed."""
    return _mode(path) & _KIND == _FOLDER


def is_file(path: str) -> bool:
    """Say whether there is a regular file at a path, links followed."""
    return _mode(path) & _KIND == _FILE


def content(path: str, most: int = 1 << 30) -> bytes:
    """Return what a file holds, but no more than one byte over `most`; raises OSError."""
    file = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        data = read(file, min(_USUAL, most + 1))  # one call where another would ask for the size
        if len(data) < _USUAL:
            return data
        return data + read(file, max(0, min(fstat(file).st_size, most) + 1 - _USUAL))
    finally:
        close(file)


def remove(path: str) -> None:
    """Remove a file, if that is possible."""
    try:
        posix.unlink(path)
    except OSError:
        return


def user() -> tuple[str, frozenset[str]]:
    """Return the name of the user (empty, if the system does not know it) and of the groups that the user is in."""
    import grp  # noqa: PLC0415 - few sites ask
    import pwd  # noqa: PLC0415

    names: list[str] = []
    for number in {*posix.getgroups(), posix.getegid()}:
        try:
            names.append(grp.getgrgid(number).gr_name)
        except KeyError:
            continue
    try:
        return pwd.getpwuid(posix.geteuid()).pw_name, frozenset(names)
    except KeyError:
        return "", frozenset(names)


def is_shown_to_root(path: str) -> bool:
    """Say whether others than root can read a file or directory that belongs to root; others' are not judged."""
    try:
        found = stat(path)
    except (OSError, ValueError):
        return False
    return found.st_uid != 0 or bool(found.st_mode & 0o004)


def _mode(path: str) -> int:
    try:
        return stat(path).st_mode
    except (OSError, ValueError):
        return 0
