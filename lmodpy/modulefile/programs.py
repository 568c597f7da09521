"""Programs that a modulefile starts: with the environment as the modulefile has made it so far.

Each has a process group of its own, so that all it has started ends with it: at Ctrl-C, or when it takes too long.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from contextlib import contextmanager

from lmodpy import patience, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO, Any

    from lmodpy.modulefile.questions import Host

    Stream = int | IO[bytes] | None


def run_for(host: Host, command: str) -> tuple[str, int]:
    """Run a shell command for a modulefile; where it may not, it goes on as if the command had nothing to say."""
    return run(command, host.environ()) if host.runs_programs else ("", 0)


def run(command: str, environ: Mapping[str, str], *, quiet: bool = False) -> tuple[str, int]:
    """Run a shell command and return what it wrote to stdout, and its exit status (128 + n for a signal n)."""
    errors = subprocess.DEVNULL if quiet else None
    with _started(("/bin/sh", "-c", command), environ, stdout=subprocess.PIPE, stderr=errors) as child:
        said, _ = child.communicate()
    return system.decode(said), _status(child)


def finished(command: Sequence[str], environ: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
    """Run a program for so many seconds at most (0: any time); return its exit status and what it wrote to stderr.

    Raises TimeoutExpired, OSError.
    """
    # A file, not a pipe: what the program leaves behind running would keep a pipe open.
    with tempfile.TemporaryFile() as said:
        with _started(command, environ, stdout=subprocess.DEVNULL, stderr=said) as child:
            child.wait(seconds or None)
        said.seek(0)
        return _status(child), said.read()


@contextmanager
def _started(
    command: Sequence[str], environ: Mapping[str, str], *, stdout: Stream, stderr: Stream
) -> Iterator[subprocess.Popen[Any]]:
    """Start a program; whatever interrupts the waiting for it ends it and what it has started."""
    main = threading.current_thread() is threading.main_thread()  # only there can a handler be set, or interrupt
    interrupted = signal.signal(signal.SIGINT, signal.default_int_handler) if main else None
    try:
        with patience.watch.judging:  # or a program that was just started would be left behind
            started = subprocess.Popen(
                command,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                process_group=0,
            )
            patience.watch.children.add(-started.pid)  # the whole group
        with started as child:
            try:
                yield child
            except BaseException:
                os.killpg(child.pid, signal.SIGKILL)
                raise
            finally:
                patience.watch.children.discard(-child.pid)
    finally:
        if interrupted is not None:
            signal.signal(signal.SIGINT, interrupted)


def _status(child: subprocess.Popen[Any]) -> int:
    status: int = child.returncode
    return status if status >= 0 else 128 - status
