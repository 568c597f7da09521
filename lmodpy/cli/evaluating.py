"""Processes that evaluate modulefiles; one that never ends, or kills its process, costs only itself."""

from __future__ import annotations

import os
import signal
from collections import deque
from contextlib import suppress
from mmap import mmap
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import Any, Generic, TypeVar, cast

from lmodpy import patience
from lmodpy.tree.directory import Modulefile
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection
    from typing import NoReturn

Answer = TypeVar("Answer", bound=tuple[Any, ...])
_BATCH = 50
"""So many modulefiles a process is given at once, and answers for at once; fewer near the end, so that all end then."""
_LATE = 75
"""The exit status of a process that has lost its patience."""
_FORK = get_context("fork")


class Pool(Generic[Answer]):
    """So many processes, each of which evaluates some modulefiles, each for at most so many seconds (0: any).

    `read` returns a value of a kind, which has its fields in pickles; `lost` makes one for a modulefile whose process
    has ended, from a text that says why.
    """

    def __init__(
        self,
        read: Callable[[Modulefile], Answer],
        kind: type[Answer],
        lost: Callable[[str], Answer],
        processes: int,
        seconds: float,
    ) -> None:
        self._read = read
        self._kind = kind
        self._lost = lost
        self._seconds = seconds
        self._most = max(1, processes)
        self._workers: dict[Connection, _Worker] = {}
        self._waiting: deque[Modulefile] = deque()
        self._early: dict[str, Answer] = {}
        """What was read of modulefiles that were offered, by their paths."""

    def offer(self, modules: Iterable[Modulefile]) -> None:
        """Begin with modulefiles that will probably be asked for, while who calls finds more."""
        self._waiting.extend(modules)
        if len(self._waiting) >= _BATCH:
            self._early.update((module.path, answer) for module, answer in self._come(0))
            while len(self._waiting) >= _BATCH and (worker := self._idle()):
                worker.give([self._waiting.popleft() for _ in range(_BATCH)])

    def answers(self, modules: Iterable[Modulefile]) -> Iterator[tuple[Modulefile, Answer]]:
        """Yield what was read of each modulefile, in the order in which they come to their ends."""
        asked = {module.path: module for module in modules}
        begun = {module.path for worker in self._workers.values() for module in worker.given}
        self._waiting = deque(asked[path] for path in asked if path not in begun and path not in self._early)
        early, self._early = self._early, {}
        yield from ((asked[path], answer) for path, answer in early.items() if path in asked)
        while True:
            while self._waiting and (worker := self._idle()):
                count = min(_BATCH, -(-len(self._waiting) // (2 * self._most)))
                worker.give([self._waiting.popleft() for _ in range(count)])
            if not any(worker.given for worker in self._workers.values()):
                return
            yield from ((asked[module.path], answer) for module, answer in self._come() if module.path in asked)

    def _come(self, seconds: float | None = None) -> Iterator[tuple[Modulefile, Answer]]:
        """Yield what processes answer within some seconds, one of them at least if no seconds are given."""
        for connection in wait([each for each, worker in self._workers.items() if worker.given], seconds):
            worker = self._workers[cast("Connection", connection)]
            given, worker.given = worker.given, []
            try:
                found = [made(self._kind, fields) for fields in worker.connection.recv()]
            except (EOFError, OSError):
                del self._workers[worker.connection]
                culprit = given.pop(worker.at)
                self._waiting.extendleft(reversed(given))  # what it has found out about others is lost with it
                given, found = [culprit], [self._lost(self._explained(culprit, worker.ended()))]
            yield from zip(given, found, strict=True)

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers.values():
            worker.end()
        self._workers.clear()

    def _idle(self) -> _Worker | None:
        found = next((worker for worker in self._workers.values() if not worker.given), None)
        if found is None and len(self._workers) < self._most:
            found = _Worker(self._read, self._seconds)
            self._workers[found.connection] = found
        return found

    def _explained(self, module: Modulefile, status: int | None) -> str:
        if status == _LATE:
            what = f"has not come to its end within {self._seconds:g} seconds (LMODPY_EVAL_TIMEOUT)"
        else:
            what = f"ended the process that read it (exit status {status})"
        return f"{module.full_name} {what} ({module.path})"


class _Worker:
    """A process that evaluates what it is given."""

    def __init__(self, read: Callable[[Modulefile], object], seconds: float) -> None:
        self.given: list[Modulefile] = []
        """What it has not answered yet."""
        self._place = mmap(-1, 1)
        self.connection, theirs = _FORK.Pipe()
        args = read, seconds, theirs, self.connection, self._place
        self._process = _FORK.Process(target=_work, args=args, daemon=True)
        self._process.start()
        theirs.close()

    @property
    def at(self) -> int:
        """The place, in what it was given, of the modulefile that it has evaluated last."""
        return self._place[0]

    def give(self, modules: list[Modulefile]) -> None:
        """Let it evaluate some modulefiles."""
        self.given = modules
        with suppress(OSError):  # it has ended; that is seen where its answers are read
            self.connection.send([tuple(module) for module in modules])

    def ended(self) -> int | None:
        """Wait for its end, and return its exit status."""
        self._process.join()
        self.connection.close()
        return self._process.exitcode

    def end(self) -> None:
        """End it."""
        self.connection.close()
        self._process.kill()
        self._process.join()


def _work(
    read: Callable[[Modulefile], tuple[object, ...]],
    seconds: float,
    connection: Connection,
    theirs: Connection,
    place: mmap,
) -> None:
    """Answer with what is read of the modulefiles that come; what these write is heard by nobody.

    `place` tells who has the other end which of them is being read, whatever becomes of this process.
    """
    theirs.close()  # so that this ends when nobody has the other end any more
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for channel in range(3):
        os.dup2(nothing, channel)
    patience.watch = patience.Patience(seconds, _give_up)
    while True:
        try:
            given = connection.recv()
        except EOFError:
            os._exit(0)
        found = []
        for place[0], fields in enumerate(given):
            found.append(tuple(read(made(Modulefile, fields))))
        connection.send(found)


def _give_up(_: str, children: set[int]) -> NoReturn:
    for child in tuple(children):
        with suppress(OSError):
            os.kill(child, signal.SIGKILL)
    os._exit(_LATE)
