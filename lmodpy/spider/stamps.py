"""Stamps of directories and files: what is different when one has changed."""

from __future__ import annotations

import posix

from lmodpy import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TICK = 2_000_000_000
"""Nanoseconds within which something may change twice and have one time stamp, on the coarsest of file systems."""


def stamp_of(path: str) -> str:
    """Return what is different when a directory or file has changed: when that was, and its size."""
    try:
        found = system.stat(path)
    except (OSError, ValueError):
        return "gone"
    return f"{found.st_mtime_ns} {found.st_size}"


def stamps_of(base: str, paths: Sequence[str]) -> list[str]:
    """Return the stamps of many paths below a directory: the fastest way to ask the file system."""
    try:
        folder = posix.open(base or "/", _LOOK)
    except (OSError, ValueError):
        return ["gone"] * len(paths)
    try:
        ask = posix.stat
        return [f"{(at := ask(path or '.', dir_fd=folder)).st_mtime_ns} {at.st_size}" for path in paths]
    except (OSError, ValueError):
        return [stamp_of(f"{base}/{path}") for path in paths]
    finally:
        posix.close(folder)


def differing(base: str, stamps: Mapping[str, str]) -> list[str]:
    """Return of paths below a directory those that have another stamp now."""
    paths = list(stamps)
    now = stamps_of(base, paths)
    if now == list(stamps.values()):
        return []
    return [path for path, stamp in zip(paths, now, strict=True) if stamps[path] != stamp]


_LOOK = getattr(posix, "O_PATH", posix.O_RDONLY) | posix.O_DIRECTORY | posix.O_CLOEXEC


def part_of(path: str) -> str:
    """Return the name that a path below a root has in the root's own directory, as modules are called."""
    part, slash, _ = path.partition("/")
    return part if slash else part.removesuffix(".lua")


def is_old(stamp: str, now: int) -> bool:
    """Say whether a later change would have another stamp."""
    changed = stamp.partition(" ")[0]
    return changed == "gone" or (changed.isdecimal() and int(changed) + TICK < now)
