"""What every shell promises, the table of their names, and the checks of names that all of them share."""

from __future__ import annotations

from lmodpy.env.diff import is_command_name, is_identifier
from lmodpy.errors import LmodError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from lmodpy.env.diff import Diff

    class Shell(Protocol):
        """One way to say a difference: a shell, or a language whose programs evaluate the text."""

        name: str
        kind: str
        """The family, as `myShellType()` tells it to modulefiles."""

        def render(self, diff: Diff) -> str:
            """Say the difference: written text, settings sorted by name, and commands last."""

        def left_out(self, diff: Diff) -> tuple[str, ...]:
            """Name the functions and aliases of `diff` that this shell cannot have, and `render` leaves out."""

        def invocation(self, words: Sequence[str]) -> str:
            """Say a program and its arguments as one command line; nothing where commands cannot be said."""

        def echo(self, text: str) -> str | None:
            """Say how a text is printed on stdout, byte for byte; None where Lmod prints nothing there either."""

        def failure(self) -> str:
            """Return the text that makes the evaluation fail."""

        def success(self) -> str:
            """Return the text that marks success after everything else."""


NAMES = {
    "bash": ("posix", "Posix"),
    "zsh": ("posix", "Posix"),
    "sh": ("posix", "Posix"),
    "dash": ("posix", "Posix"),
    "ksh": ("posix", "Posix"),
    "ksh93": ("posix", "Posix"),
    "mksh": ("posix", "Posix"),
    "pdksh": ("posix", "Posix"),
    "csh": ("csh", "Csh"),
    "tcsh": ("csh", "Csh"),
    "fish": ("fish", "Fish"),
    "nushell": ("nushell", "Nushell"),
    "pwsh": ("pwsh", "Pwsh"),
    "rc": ("rc", "Rc"),
    "xonsh": ("xonsh", "Xonsh"),
    "elvish": ("elvish", "Elvish"),
    "python": ("languages", "Language"),
    "perl": ("languages", "Language"),
    "ruby": ("languages", "Language"),
    "r": ("languages", "Language"),
    "R": ("languages", "Language"),
    "cmake": ("languages", "Language"),
    "lisp": ("languages", "Language"),
    "emacs": ("languages", "Language"),
    "tcl": ("languages", "Language"),
    "lua": ("languages", "Language"),
    "bare": ("languages", "Language"),
    "json": ("json_object", "Json"),
}
"""Name to the module of this package, and the class in it, which speaks that shell."""


def shell(name: str) -> Shell:
    """Return the shell of that name."""
    if name not in NAMES:
        raise UsageError(f"there is no shell `{name}` here", hint=_nearest(name))
    module, speaker = NAMES[name]
    made: Shell = getattr(__import__(f"lmodpy.shells.{module}", fromlist=[speaker]), speaker)(name)
    return made


def printed(text: str, printf: str, quoted: Callable[[str], str]) -> str:
    """Return one statement a line that prints a text byte for byte; a NUL, which no shell can hold, is left out.

    `echo` would not do: it takes backslashes for escapes in some shells, and `-n` for an option.
    """
    *lines, last = text.replace("\0", "").split("\n")
    statements = [f"{printf} '%s\\n' {quoted(line)};\n" for line in lines]
    return "".join([*statements, *([f"{printf} %s {quoted(last)};\n"] if last else [])])


def check_names(diff: Diff) -> None:
    """Refuse any name that is not plainly one, so that a name never becomes code."""
    if not ("".join(diff.variables).isascii() and all(map(str.isidentifier, diff.variables))):
        name = next(name for name in diff.variables if not is_identifier(name))
        raise LmodError(f"{name!r} cannot be the name of a variable", hint=_IDENTIFIER)
    commands = {**diff.completions, **diff.exported}
    for what, names in ("an alias", diff.aliases), ("a shell function", diff.functions), ("a command", commands):
        for name in names:
            if not is_command_name(name):
                raise LmodError(f"{name!r} cannot be the name of {what}", hint=_COMMAND_NAME)


def closed(text: str) -> str:
    """Return text whose last line is ended."""
    return text if not text or text.endswith("\n") else text + "\n"


_IDENTIFIER = "a name has ASCII letters, digits and `_`, and no digit in front"
_COMMAND_NAME = "a name begins with an ASCII letter, a digit, `_` or `.`, and goes on with these or any of + : @ % , -"


def _nearest(name: str) -> str:
    # Imported here: it costs more than a whole command, and only a mistyped name needs it.
    from difflib import get_close_matches  # noqa: PLC0415

    near = get_close_matches(name, NAMES, n=3)
    if near:
        return "did you mean " + " or ".join(f"`{other}`" for other in near) + "?"
    return "known are " + ", ".join(sorted(NAMES))
