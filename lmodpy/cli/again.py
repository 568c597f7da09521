"""A command begun again, since a modulefile that it only looks at does not come to its end: it must hide nothing else.

Nothing has been written yet when that happens, and nothing can stop Lua but the end of its process. So the process
becomes the same command once more, which passes over that modulefile.
"""

from __future__ import annotations

import sys
from _signal import SIG_UNBLOCK, SIGINT, pthread_sigmask
from posix import environ, execve

from lmodpy import system

_ENDLESS = "__LMOD_PROTECTED_ENDLESS"  # modulefiles see no variable that begins so


def endless() -> list[str]:
    """Return the paths of the modulefiles for which this command was begun again."""
    return system.environment().get(_ENDLESS, "").split("\n")


def begin(path: str) -> None:
    """Begin this command again without a modulefile; returns where that cannot be, or has not helped."""
    given_up = endless()
    if path in given_up:
        return
    if system.isatty(2):
        system.write(2, b"\r\033[K")  # how far a search had come
    pthread_sigmask(SIG_UNBLOCK, (SIGINT,))
    found = {**environ, system.encode(_ENDLESS): system.encode("\n".join([*given_up, path]))}
    try:
        execve(sys.executable, sys.orig_argv, found)
    except OSError:
        return
