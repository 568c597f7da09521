"""How long a modulefile may take: a thread watches, since nothing else gets a turn while Lua or a program works."""

from __future__ import annotations

import _thread
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Patience:
    """Calls `give_up` with the path of a modulefile that has run for `seconds` on end; 0 waits for ever.

    `children` are the programs that modulefiles wait for just now: numbers for `kill`, so negative for whole groups.
    """

    def __init__(self, seconds: float, give_up: Callable[[str, set[int]], None]) -> None:
        self.children: set[int] = set()
        self._seconds = seconds
        self._give_up = give_up
        self._paths: list[str] = []
        self._since = 0.0
        self._watches = not seconds

    def begin(self, path: str) -> None:
        """Say that a modulefile begins; modulefiles may nest."""
        self._paths.append(path)
        self._since = monotonic()
        if not self._watches:
            self._watches = True
            _thread.start_new_thread(self._watch, ())

    def end(self) -> None:
        """Say that the modulefile that began last has ended."""
        self._paths.pop()
        self._since = monotonic()

    def _watch(self) -> None:
        never = _thread.allocate_lock()
        never.acquire()
        left = self._seconds
        while left > 0:
            never.acquire(timeout=min(left, _thread.TIMEOUT_MAX))
            left = self._since + self._seconds - monotonic() if self._paths else self._seconds
        self._give_up(self._paths[-1], self.children)


watch = Patience(0, lambda _path, _children: None)
"""What evaluators report to; the command puts one with a limit in its place."""
