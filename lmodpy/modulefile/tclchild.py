"""Tcl in a process of its own: what ends there, hangs there or needs too much memory does not end lmodpy."""

from __future__ import annotations

import posix
import sys
from _signal import SIGINT, SIGKILL, default_int_handler, signal

from lmodpy import patience, system
from lmodpy.errors import LmodError, ModulefileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmodpy.modulefile.tcl import Answer

_SCRIPT = __file__.rpartition("/")[0] + "/child.tcl"
_PYTHON = """
import os, sys, _tkinter
tcl = _tkinter.create(None, "", "Tk", False, False, False, False, None)
tcl.call("set", "argv", tuple(sys.argv[2:]))
tcl.createcommand("exit", lambda: os._exit(0))
tcl.evalfile(sys.argv[1])
"""
"""What Python does to be a tclsh."""
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


def python() -> list[str]:
    """Return the command that makes a `tclsh` of Python; empty if this one has no Tcl."""
    has_tcl = any(finder.find_spec("_tkinter", None) for finder in sys.meta_path)
    return [sys.executable, "-I", "-S", "-c", _PYTHON] if has_tcl else []


class TclChild:
    """A process that runs Tcl, started at once; `command` is what takes the name of a script."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._from_child = b""
        read, their_write = posix.pipe()
        their_read, self._write = posix.pipe()
        self._read = read
        first = max(read, self._write, their_read, their_write) + 1  # so that none is in the way of another
        try:
            self._pid = posix.posix_spawn(
                command[0],
                [*command, _SCRIPT, str(first), str(first + 1)],
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
            raise LmodError(f"{command[0]} cannot be started: {error.strerror}", "set LMOD_TCLSH") from None
        finally:
            posix.close(their_read)
            posix.close(their_write)
        self._depth = 0
        self._owner = posix.getpid()

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
                answered = answer(fields, kind == "ask")
                if kind == "ask":
                    self._send(("answer", *answered))
        except BaseException:
            self.end()
            raise
        finally:
            self._depth -= 1
            if outermost:
                children.discard(-self._pid)

    def end(self) -> None:
        """End the child, and what it has started."""
        self._end(-self._pid)

    def __del__(self) -> None:
        """End the child, but not what it has left running on purpose."""
        if getattr(self, "_owner", 0) == posix.getpid():
            self._end(self._pid)

    def _end(self, what: int) -> None:
        if not self._owner:
            return
        self._owner = 0
        posix.close(self._read)
        posix.close(self._write)
        try:
            system.kill(what, SIGKILL)
            posix.waitpid(self._pid, 0)
        except OSError:
            return  # it has ended by itself

    def _send(self, fields: Sequence[str]) -> None:
        if not self._owner:  # a modulefile that was loaded by this one has ended it
            raise _ended()
        data = [_inward(field) for field in fields]
        lengths = " ".join([str(len(each)) for each in data])
        message = b"%s\n%s" % (lengths.encode(), b"".join(data))
        try:
            while message:
                message = message[posix.write(self._write, message) :]
        except BrokenPipeError:
            raise _ended() from None

    def _receive(self) -> list[str]:
        while b"\n" not in self._from_child:
            self._from_child += self._more()
        head, _, rest = self._from_child.partition(b"\n")
        lengths = [int(length) for length in head.split()]
        missing = sum(lengths) - len(rest)
        parts = [rest]
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        data = b"".join(parts)
        fields, place = [], 0
        for length in lengths:
            fields.append(_outward(data[place : place + length]))
            place += length
        self._from_child = data[place:]
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


def _inward(text: str) -> bytes:
    """Return what Tcl reads as UTF-8; bytes that are no text pass as halves of a pair, as Tcl can hold them."""
    return text.encode("utf-8", "surrogatepass")


def _outward(data: bytes) -> str:
    """Return the text that Tcl has written in UTF-8."""
    text = data.decode("utf-8", "surrogatepass")
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # pairs become one again
