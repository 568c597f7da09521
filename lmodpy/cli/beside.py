"""Work that is done by another process, while who needs it does something else: the end of a large build."""

from __future__ import annotations

import os
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

ENOUGH = 1000
"""So many modulefiles are enough to be worth a process."""


def processors() -> int:
    """Return how many processes can work beside each other."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def beside(work: Callable[[], bytes], size: int) -> Callable[[], bytes]:
    """Begin with work about so many modulefiles in a process of its own; return what waits for its result.

    Where it is little, or there is only one processor, it is done at once. If that process comes to a bad end, it is
    done by who waits: so nothing is lost, and what is wrong is raised there.
    """
    if size < ENOUGH or processors() == 1:
        return partial(bytes, work())
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        _do(work, theirs)
    os.close(theirs)

    def result() -> bytes:
        with open(ours, "rb") as pipe:
            done = pipe.read()
        _, status = os.waitpid(child, 0)
        return work() if status else done

    return result


def _do(work: Callable[[], bytes], theirs: int) -> NoReturn:
    """Do the work and end, whatever happens; what is wrong is told by who does it again."""
    status = 1
    try:
        with open(theirs, "wb") as pipe:
            pipe.write(work())
        status = 0
    finally:
        os._exit(status)
