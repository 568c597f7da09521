"""How long a modulefile may take: a thread watches, since nothing else gets a turn while Lua or a program works."""

from __future__ import annotations

import _thread
from _signal import SIG_BLOCK, SIGINT, pthread_sigmask
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Patience:
    """Calls `give_up`, which ends the process, with the path of a modulefile that has run for `seconds`; 0: never.

    The time of the modules that it loads is theirs and not its own. `children` are the programs that modulefiles wait
    for just now: numbers for `kill`, so negative for whole groups.
    """

    def __init__(self, seconds: float, give_up: Callable[[str, set[int]], None]) -> None:
        self.children: set[int] = set()
        self.looks_at = ""
        """The modulefile that is only looked at, for a list or a search."""
        self._seconds = seconds
        self._give_up = give_up
        self._running: list[tuple[str, float]] = []
        """The modulefiles, the outermost first, and how long each has run before the next one began."""
        self._since = 0.0
        self._watches = not seconds
        self.judging = _thread.allocate_lock()
        """Held while giving up. Who starts a program holds it until that is among the `children`."""

    def begin(self, path: str) -> None:
        """Say that a modulefile begins; modulefiles may nest."""
        now, since, running = monotonic(), self._since, self._running
        self._since = now  # first, so that who watches meanwhile counts nothing twice
        if running:
            outer, spent = running[-1]
            running[-1] = outer, spent + now - since
        running.append((path, 0.0))
        if not self._watches:
            self._watches = True
            _thread.start_new_thread(self._watch, ())

    def end(self) -> None:
        """Say that the modulefile that began last has ended; once it is given up this does not return."""
        with self.judging:
            self._running.pop()
            self._since = monotonic()

    def _watch(self) -> None:
        pthread_sigmask(SIG_BLOCK, (SIGINT,))  # Ctrl-C is for the thread that works, and for who waits for it
        never = _thread.allocate_lock()
        never.acquire()
        left = self._seconds
        while left > 0:
            never.acquire(timeout=min(left, _thread.TIMEOUT_MAX))
            # Held while giving up: a modulefile whose program is killed must not go on, and succeed.
            with self.judging:
                left = self._seconds
                if self._running:
                    path, spent = self._running[-1]
                    left -= spent + monotonic() - self._since
                    if left <= 0:
                        self._give_up(path, self.children)


watch = Patience(0, lambda _path, _children: None)
"""What evaluators report to; the command puts one with a limit in its place."""
