"""The shell elvish, which keeps of what it evaluates the environment, but no functions."""

from __future__ import annotations

from lmodpy.errors import LmodError
from lmodpy.shells.base import check_names, closed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmodpy.env.diff import Diff


class Elvish:
    """elvish, version 0.17 or newer."""

    name = kind = "elvish"

    def __init__(self, _: str) -> None:
        pass

    def render(self, diff: Diff) -> str:
        """Say how the environment changes."""
        check_names(diff)
        parts = [closed(diff.text)]
        parts += [
            f"unset-env {name}\n" if value is None else f"set-env {name} {quoted(value)}\n"
            for name, value in sorted(diff.variables.items())
        ]
        parts += [closed(command) for command in diff.commands]
        text = "".join(parts)
        if "\0" in text:
            raise LmodError("a value holds a NUL byte, which no shell can hold")
        return text

    def left_out(self, diff: Diff) -> tuple[str, ...]:
        """Name all aliases and functions: what is defined in an evaluated text ends with it."""
        defined = {**diff.aliases, **diff.functions}
        return tuple(sorted(name for name, value in defined.items() if value is not None))

    def invocation(self, words: Sequence[str]) -> str:
        """Say a program and its arguments as one command line."""
        return f"(external {quoted(words[0])}) {' '.join(map(quoted, words[1:]))}"

    def echo(self, _: str) -> None:
        """Say nothing: lists go to stderr, as with Lmod."""

    def failure(self) -> str:
        """Return the text that makes `eval` fail."""
        return "fail 'the command failed'\n"

    def success(self) -> str:
        """Return nothing: evaluation goes well."""
        return ""


def quoted(text: str) -> str:
    """Return one word of elvish that stands for exactly `text`."""
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return f'"{text.translate(_SPECIAL)}"'


_SPECIAL = {ord('"'): '\\"', ord("\\"): "\\\\"} | {
    code: f"\\x{code & 0xFF:02x}" for code in (*range(1, 32), 127, *range(0xDC80, 0xDD00))
}
