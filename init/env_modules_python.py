"""`module` for Python programs; the file has the name that it has with Lmod.

import os, sys
sys.path.insert(0, os.path.join(os.environ["LMOD_PKG"], "init"))
from env_modules_python import module

module("load", "gcc openmpi")
"""

import os
import subprocess
import sys


def module(command, *arguments):
    """Run `module COMMAND ARGUMENTS`, and change `os.environ` as it says.

    A string is split at blanks, a list of strings is not. Returns whether the command succeeded, and what it told
    people, which goes to stderr as well.
    """
    words = []
    for given in (command, *arguments):
        words += given.split() if isinstance(given, str) else given
    if "LMOD_CMD" not in os.environ:
        raise RuntimeError("LMOD_CMD is not set: use what `lmodpy init python` prints")
    done = subprocess.run([os.environ["LMOD_CMD"], "python", *words], capture_output=True, check=False)
    said = done.stderr.decode(errors="replace")
    sys.stderr.write(said)
    left = {"_mlstatus": False}
    if done.stdout.endswith((b"_mlstatus = True\n", b"_mlstatus = False\n")):  # nothing was cut off
        exec(done.stdout, left)
    return left["_mlstatus"], said
