"""The real shells that are not of the sh family, and how each of them does what the tests ask for."""

from __future__ import annotations

import os
import subprocess
from glob import glob
from typing import NamedTuple

from tests.launcher import CLONE
from tests.needs import needs

MACHINE = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


class Shell(NamedTuple):
    """A shell as installed, and its words for what scripts do; {} is a file, a name, or a line."""

    name: str
    program: tuple[str, ...]
    evaluate: str
    """Evaluate the text in a file."""
    start: str
    """Set LMOD_PKG and read the init file in a directory."""
    environment: str = "env -0 >{}"
    """Let a child process write what it sees."""
    status: str = "echo $status"
    """Say in numbers how the last command ended."""
    before: str = ""
    bytes: bool = True
    """Whether a value may be something else than UTF-8."""

    def run(self, script: str, home: str, **env: str) -> subprocess.CompletedProcess[bytes]:
        """Run a script from a file, as a user's own."""
        path = os.path.join(home, f"script.{self.name}")
        with open(path, "w", errors="surrogateescape", newline="") as file:
            file.write(f"{script}\n")
        command = [program(self.program[0]), *self.program[1:], path]
        found = {**MACHINE, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, **env}
        return subprocess.run(command, env=found, cwd=home, capture_output=True, check=False, timeout=120)


SHELLS = [
    Shell(
        "tcsh",
        ("tcsh", "-f"),
        'set text = "`cat {}`"\neval $text:q',
        "setenv LMOD_PKG '{0}'\nsource '{0}/init/csh'",
        before="set __lmodpy_nl = '\\\n'",
        bytes=False,
    ),
    Shell(
        "csh",
        ("bsd-csh", "-f"),
        'eval "`cat {}`"',
        "setenv LMOD_PKG '{0}'\nsource '{0}/init/csh'",
        before="set __lmodpy_nl = '\\\n'",
        bytes=False,
    ),
    Shell("fish", ("fish", "--no-config"), "eval (cat {} | string collect)", "source '{0}/init/fish'"),
    Shell("rc", ("rc",), "eval ``(){{cat {}}}", "LMOD_PKG='{0}'\n. $LMOD_PKG/init/rc"),
    Shell(
        "xonsh",
        ("xonsh", "--no-rc"),
        "execx(open('{}', errors='surrogateescape').read())",
        "source '{0}/init/xonsh.xsh'",
        environment="__import__('subprocess').run(['env', '-0'], env=__xonsh__.env.detype(), stdout=open('{}', 'w'))",
        status="",
    ),
    Shell(
        "elvish",
        ("elvish", "-norc"),
        "eval (slurp < {})",
        "set-env LMOD_PKG '{0}'\nvar module~ ml~ = (eval (slurp < '{0}/init/elvish'))",
        environment="e:env -0 > {}",
    ),
    Shell(
        "nushell",
        ("nu", "-n"),
        f"source '{CLONE}/init/nushell'\n$env.LMOD_CMD = '{{}}.answer'\nlmod-module",
        "source '{0}/init/nushell'",
        environment="^env -0 out> {}",
        bytes=False,
    ),
]


def program(name: str) -> str:
    """Return the path of a shell's program; that of nushell comes from npm, and lies in .venv."""
    found = glob(f"{CLONE}/.venv/nushell/node_modules/@nushell/*/bin/nu") if name == "nu" else []
    return found[0] if found else needs(name)


def seen_by_a_child(path: str) -> dict[str, str]:
    """Return the environment that a child process wrote to a file."""
    with open(path, errors="surrogateescape", newline="") as file:
        return dict(line.split("=", 1) for line in file.read().split("\0") if "=" in line)
