"""Programs that a modulefile starts: with the environment as the modulefile has made it so far."""

from __future__ import annotations

import subprocess

from lmodpy import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def run(command: str, environ: Mapping[str, str], *, quiet: bool = False) -> tuple[str, int]:
    """Run a shell command and return what it wrote to stdout, and its exit status (128 + n for a signal n)."""
    done = subprocess.run(
        ("/bin/sh", "-c", command),
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else None,
        check=False,
    )
    return system.decode(done.stdout), done.returncode if done.returncode >= 0 else 128 - done.returncode
