"""The shell rc of Plan 9, as Byron Rakitzis wrote it for Unix."""

from __future__ import annotations

from lmodpy.errors import LmodError
from lmodpy.shells.base import check_names, closed, printed
from lmodpy.shells.foreign import alias_words, function_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmodpy.env.diff import Diff


class Rc:
    """rc; it hands variables and functions on to all programs."""

    name = kind = "rc"

    def __init__(self, _: str) -> None:
        pass

    def render(self, diff: Diff) -> str:
        """Say the difference; aliases are functions, so the functions come first and the aliases remain."""
        check_names(diff)
        parts = [closed(diff.text)]
        parts += [_variable(name, value) for name, value in sorted(diff.variables.items())]
        parts += [
            _function(name, bodies and function_words(name, bodies[0]))
            for name, bodies in sorted(diff.functions.items())
        ]
        parts += [
            _function(name, None if text is None else alias_words(name, text))
            for name, text in sorted(diff.aliases.items())
        ]
        parts += [closed(command) for command in diff.commands]
        text = "".join(parts)
        if "\0" in text:
            raise LmodError("a value holds a NUL byte, which no shell can hold")
        return text

    def left_out(self, _: Diff) -> tuple[str, ...]:
        """Name nothing: any name can be written between quotes."""
        return ()

    def invocation(self, words: Sequence[str]) -> str:
        """Say a program and its arguments as one command line."""
        return " ".join(map(quoted, words))

    def echo(self, text: str) -> str:
        """Print a text."""
        return printed(text, "printf", quoted)

    def failure(self) -> str:
        """Return the text that makes `eval` fail."""
        return "false\n"

    def success(self) -> str:
        """Return nothing: the status of the last statement is success."""
        return ""


_OWN = " apid apids bqstatus cdpath home ifs nl path pid prompt status tab version "
"""Variables that mean something to rc itself."""


def _variable(name: str, value: str | None) -> str:
    if f" {name} " in _OWN:
        raise LmodError(f"rc keeps the variable {name} for itself, so no module can change it")
    if "__" in name and not name.startswith("__LMOD"):  # that one is handed on by init/rc
        raise LmodError(f"rc cannot hand on the variable {name}: two underscores have a meaning in its names")
    if value and any(byte in value for byte in "\1\2\udcff"):
        raise LmodError(f"the value of {name} has a byte 1, 2 or 255 in it, which rc keeps for itself")
    return f"{name}=()\n" if value is None else f"{name}={quoted(value)}\n"


def quoted(text: str) -> str:
    """Return one word of rc that stands for exactly `text`."""
    return "'" + text.replace("'", "''") + "'"


def _function(name: str, words: Iterable[str] | None) -> str:
    if words is None:
        return f"fn {quoted(name)}\n"
    return f"fn {quoted(name)} {{{' '.join(map(quoted, words))} $*}}\n"
