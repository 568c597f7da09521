"""Tcl in a process of its own: what ends there, hangs there or needs too much memory does not end lmodpy."""

from __future__ import annotations

import posix
from _signal import SIGINT, SIGKILL, default_int_handler, signal

from lmodpy import patience, system
from lmodpy.errors import LmodError, ModulefileError
from lmodpy.modulefile.tcl import inward, outward

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmodpy.modulefile.tcl import Answer

_SCRIPT = __file__.rpartition("/")[0] + "/child.tcl"
_USUAL = ("/usr/bin", "/usr/local/bin", "/bin")
_KEPT = ("HOME", "USER", "LOGNAME", "PATH", "TMPDIR")


def tclsh(named: str, path: str) -> str:
    """Return the path of the `tclsh` that is meant; "" if there is none.

    A plain name is looked for where systems have it, and only then in PATH: what users load must not get in the way.
    """
    if "/" in named:
        return named if system.access(named, posix.X_OK) else ""
    places = (f"{folder}/{named}" for folder in (*_USUAL, *path.split(":")) if folder)
    return next((place for place in places if system.is_file(place) and system.access(place, posix.X_OK)), "")


class TclChild:
    """A `tclsh`, started at once."""

    def __init__(self, program: str, environ: Mapping[str, str]) -> None:
        self._from_child = b""
        read, their_write = posix.pipe()
        their_read, self._write = posix.pipe()
        self._read = read
        first = max(read, self._write, their_read, their_write) + 1  # so that none is in the way of another
        try:
            self._pid = posix.posix_spawn(
                program,
                [program, _SCRIPT, str(first), str(first + 1)],
                {name: environ[name] for name in _KEPT if name in environ},
                file_actions=[
                    (posix.POSIX_SPAWN_OPEN, 0, "/dev/null", posix.O_RDWR, 0),
                    (posix.POSIX_SPAWN_DUP2, 2, 1),
                    (posix.POSIX_SPAWN_DUP2, their_read, first),
                    (posix.POSIX_SPAWN_DUP2, their_write, first + 1),
                ],
                setpgroup=0,
            )
        except OSError as error:
            posix.close(read)
            posix.close(self._write)
            raise LmodError(f"{program} cannot be started: {error.strerror}", "set LMOD_TCLSH") from None
        finally:
            posix.close(their_read)
            posix.close(their_write)
        self._depth = 0

    def run(self, request: Sequence[str], answer: Answer) -> list[str]:
        """Let the child evaluate; see `Interpreter`."""
        children, outermost = patience.watch.children, not self._depth
        children.add(-self._pid)  # the whole group
        self._depth += 1
        try:
            self._send(("run", *request))
            while True:
                kind, *fields = self._receive()
                if kind == "done":
                    return fields
                self._send(("answer", *answer(fields)))
        except BaseException:
            self.end()
            raise
        finally:
            self._depth -= 1
            if outermost:
                children.discard(-self._pid)

    def end(self) -> None:
        """End the child, and what it has started."""
        try:
            system.kill(-self._pid, SIGKILL)
            posix.waitpid(self._pid, 0)
        except OSError:
            return  # it has ended, or is another process's

    def _send(self, fields: Sequence[str]) -> None:
        data = [inward(field) for field in fields]
        lengths = " ".join([str(len(each)) for each in data])
        message = b"%s\n%s" % (lengths.encode(), b"".join(data))
        try:
            while message:
                message = message[posix.write(self._write, message) :]
        except BrokenPipeError:
            raise _ended() from None

    def _receive(self) -> list[str]:
        head, newline, rest = self._from_child.partition(b"\n")
        while not newline:
            self._from_child += self._more()
            head, newline, rest = self._from_child.partition(b"\n")
        lengths = [int(length) for length in head.split()]
        while len(rest) < sum(lengths):
            rest += self._more()
        fields, place = [], 0
        for length in lengths:
            fields.append(outward(rest[place : place + length]))
            place += length
        self._from_child = rest[place:]
        return fields

    def _more(self) -> bytes:
        """Wait for what comes; Ctrl-C ends the waiting, and the child with it."""
        try:
            usual = signal(SIGINT, default_int_handler)
        except ValueError:  # not in the main thread, where signals arrive
            usual = None
        try:
            data = posix.read(self._read, 1 << 16)
        finally:
            if usual is not None:
                signal(SIGINT, usual)
        if not data:
            raise _ended()
        return data


def _ended() -> LmodError:
    return ModulefileError("has ended the Tcl interpreter that ran it; had it enough memory?")
