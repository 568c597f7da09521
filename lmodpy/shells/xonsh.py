"""The shell xonsh, whose language is Python with a `$` before variables of the environment."""

from __future__ import annotations

from lmodpy.errors import LmodError
from lmodpy.shells.base import check_names, closed
from lmodpy.shells.foreign import alias_words, function_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmodpy.env.diff import Diff


class Xonsh:
    """xonsh; a value is a Python string, in which a byte that is no character is a surrogate."""

    name = kind = "xonsh"

    def __init__(self, _: str) -> None:
        pass

    def render(self, diff: Diff) -> str:
        """Say the difference; functions are aliases, so they come first and an alias of that name is what remains."""
        check_names(diff)
        parts = [closed(diff.text)]
        parts += [_variable(name, value) for name, value in sorted(diff.variables.items())]
        parts += [
            _alias(name, bodies and function_words(name, bodies[0])) for name, bodies in sorted(diff.functions.items())
        ]
        parts += [
            _alias(name, None if text is None else alias_words(name, text))
            for name, text in sorted(diff.aliases.items())
        ]
        parts += [closed(command) for command in diff.commands]
        text = "".join(parts)
        if "\\x00" in text.replace("\\\\", ""):
            raise LmodError("a value holds a NUL byte, which no shell can hold")
        return text

    def left_out(self, _: Diff) -> tuple[str, ...]:
        """Name nothing: an alias may have any name."""
        return ()

    def invocation(self, words: Sequence[str]) -> str:
        """Say a program and its arguments as one command line."""
        return f"![@({list(words)!r})]"

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
        return f"${{...}}.pop({name!r}, None)\n"
    return f"{_plain(name, value)}${name} = {quoted(value)}\n"


def quoted(text: str) -> str:
    """Return one word of Python that stands for exactly `text`."""
    return repr(text)


def _plain(name: str, value: str) -> str:
    """Keep xonsh from replacing `~` and `$x` within path variables; PATH itself it must know as a list."""
    if name != "PATH" and name.endswith(("PATH", "DIRS")) and ("~" in value or "$" in value):
        return f"${{...}}.register({name!r}, type='str')\n"
    return ""


def _alias(name: str, words: list[str] | None) -> str:
    return f"aliases.pop({name!r}, None)\n" if words is None else f"aliases[{name!r}] = {words!r}\n"
