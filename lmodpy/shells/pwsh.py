"""PowerShell, version 7: text in ASCII, so that no encoding and no line end can touch it on its way."""

from __future__ import annotations

from lmodpy.errors import LmodError
from lmodpy.shells.base import check_names, closed
from lmodpy.shells.foreign import alias_words, function_words, refuse_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmodpy.env.diff import Diff


class Pwsh:
    """PowerShell; its text has only Unicode, so bytes that are no UTF-8 are refused."""

    name = kind = "pwsh"

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
            if _readable(name)
        ]
        parts += [
            _function(name, None if text is None else alias_words(name, text))
            for name, text in sorted(diff.aliases.items())
            if _readable(name)
        ]
        parts += [closed(command) for command in diff.commands]
        return "".join(parts)

    def left_out(self, diff: Diff) -> tuple[str, ...]:
        """Name what has a character in its name that means something in a path of PowerShell."""
        return tuple(sorted(name for name in (*diff.functions, *diff.aliases) if not _readable(name)))

    def invocation(self, words: Sequence[str]) -> str:
        """Say a program and its arguments as one command line."""
        return f"& {' '.join(map(quoted, words))}"

    def echo(self, _: str) -> None:
        """Say nothing: lists go to stderr, as with Lmod."""

    def failure(self) -> str:
        """Return nothing: it is the status of the command that counts."""
        return ""

    def success(self) -> str:
        """Return nothing, as above."""
        return ""


def _variable(name: str, value: str | None) -> str:
    if value is None:
        return f"$env:{name} = $null\n"
    refuse_bytes(name, value, "PowerShell")
    return f"$env:{name} = {quoted(value)}\n"


def quoted(text: str) -> str:
    """Return one word of PowerShell that stands for exactly `text`."""
    if "\0" in text:
        raise LmodError("a value holds a NUL byte, which no shell can hold")
    if text.isascii() and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '`"$':
        return "`" + character
    return character if " " <= character <= "~" else f"`u{{{ord(character):x}}}"


def _readable(name: str) -> bool:
    return not _MEANT & set(name)


_MEANT = frozenset(":@%,")


def _function(name: str, words: list[str] | None) -> str:
    if words is None:
        return f"Remove-Item -LiteralPath 'Function:{name}' -ErrorAction Ignore\n"
    return f"function global:{name} {{ & {' '.join(map(quoted, words))} @args }}\n"
