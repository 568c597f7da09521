"""What `lmodpy init SHELL` prints for shells that are not of the sh family: how each of them reads its init file."""

from __future__ import annotations

from lmodpy.shells.base import NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple


class Starter(NamedTuple):
    """How one shell is started: {package} stands for a directory and {file} for its init file, as the shell quotes."""

    file: str
    lines: str


_CSH = Starter("csh", "setenv LMOD_PKG {package};\nsource {file};\n")
STARTERS = {
    "csh": _CSH,
    "tcsh": _CSH,
    "fish": Starter("fish", "source {file}\n"),
    "nushell": Starter("nushell", "source {file}\n"),
    "pwsh": Starter("pwsh.ps1", ". {file}\n"),
    "rc": Starter("rc", "LMOD_PKG={package}\n. {file}\n"),
    "xonsh": Starter("xonsh.xsh", "source @({file})\n"),
    "elvish": Starter("elvish", "set-env LMOD_PKG {package}\neval (slurp < {file})\n"),
}


def lines(shell: str, package: str) -> str:
    """Return the lines for a shell; `package` is the directory that has `init/` in it."""
    starter = STARTERS[shell]
    quoted: Callable[[str], str] = __import__(f"lmodpy.shells.{NAMES[shell][0]}", fromlist=["quoted"]).quoted
    return starter.lines.format(package=quoted(package), file=quoted(f"{package}/init/{starter.file}"))
