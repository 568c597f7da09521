"""The csh family. Its `eval` reads one line, so each statement ends with `;` and a line break is a variable."""

from __future__ import annotations

from lmodpy import system
from lmodpy.errors import LmodError
from lmodpy.shells.base import check_names
from lmodpy.shells.foreign import refuse_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmodpy.env.diff import Diff


class Csh:
    """A shell of the csh family: `tcsh`, which holds anything, or `csh`, the old one with its short words.

    What sources the text sets `__lmodpy_nl` to a line break; init/csh does.
    """

    kind = "csh"

    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, diff: Diff) -> str:
        """Say the difference; functions are aliases, so they come first and an alias of that name is what remains."""
        check_names(diff)
        parts = [_statements(diff.text)]
        parts += [self._variable(name, value) for name, value in sorted(diff.variables.items())]
        bodies = {name: both and both[1] for name, both in diff.functions.items() if both is None or both[1].strip()}
        parts += [_alias(name, body) for texts in (bodies, diff.aliases) for name, body in sorted(texts.items())]
        if self.name == "tcsh":
            parts += [_completion(name, text) for name, text in sorted(diff.completions.items())]
        parts += [_statements(command) for command in diff.commands]
        text = "".join(parts)
        if "\0" in text:
            raise LmodError("a value holds a NUL byte, which no shell can hold")
        return text

    def left_out(self, diff: Diff) -> tuple[str, ...]:
        """Name the functions that have no body for this family."""
        return tuple(sorted(name for name, bodies in diff.functions.items() if bodies and not bodies[1].strip()))

    def invocation(self, words: Sequence[str]) -> str:
        """Say a program and its arguments as one command line."""
        return " ".join(map(quoted, words))

    def echo(self, _: str) -> None:
        """Say nothing: lists go to stderr, as with Lmod."""

    def failure(self) -> str:
        """Return the text that makes `eval` fail, without a program."""
        return "set status = 1;\n"

    def success(self) -> str:
        """Return nothing: the status of the last statement is success."""
        return ""

    def _variable(self, name: str, value: str | None) -> str:
        if value is None:
            return f"unsetenv {name};\n"
        refuse_bytes(name, value, self.name)  # tcsh loses some bytes that are no character, in long texts
        if self.name == "tcsh":
            return f"setenv {name} {quoted(value)};\n"
        length = len(system.encode(value))
        if length > _LONGEST:
            raise LmodError(
                f"{name} would have {length} bytes, and csh cannot hold more than {_LONGEST}",
                "tcsh can: use that one, or another shell",
            )
        first, *more = [value[i : i + _AT_ONCE] for i in range(0, len(value), _AT_ONCE)] or [""]
        lines = [f"setenv {name} {quoted(first)};\n"]
        return "".join(lines + [f"setenv {name} ${name}:q{_in_quotes(piece)};\n" for piece in more])


_LONGEST, _AT_ONCE = 8000, 100
"""What Debian's csh still takes as a word that comes from a variable, and surely as one in its input, once quoted."""


def quoted(text: str) -> str:
    r"""Return one word of csh that stands for exactly `text`.

    `!` would call history even between quotes. A backslash stands outside, too, as `set backslash_quote` gives it
    a meaning inside.
    """
    if text.isascii() and text and not text.encode("ascii").translate(None, _PLAIN):
        return text
    return _in_quotes(text)


def _in_quotes(text: str) -> str:
    return f"'{text.translate(_OUTSIDE)}'"


_PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/.:,+%"
_OUTSIDE = str.maketrans({"'": "'\\''", "!": "'\\!'", "\\": "'\\\\'", "\n": "'$__lmodpy_nl:q'"})


def _alias(name: str, text: str | None) -> str:
    if text is None:
        return f"unalias {name};\n"
    return f"alias {name} {quoted(_with_history(text))};\n"


def _with_history(text: str) -> str:
    """Write an sh-like text as an alias of csh: arguments are parts of the line, and lines follow on `;`."""
    text = "; ".join(line.rstrip("; \t") for line in text.splitlines() if line.strip()) or text
    text = _marked(text)
    for word in ('"$@"', '"$*"', "$@", "$*"):
        text = text.replace(word, "!*")
    for digit in "123456789":
        text = text.replace(f"${digit}", f"!:{digit}")
    return text


def _marked(text: str) -> str:
    """Put a backslash before each `!` that is not a form of csh for arguments."""
    first, *pieces = text.split("!")
    for piece in pieces:
        plain = piece[:1] not in _ARGUMENTS and not first.endswith("\\")
        first += ("\\!" if plain else "!") + piece
    return first.replace("\\!*", "!*").replace("\\!:", "!:")


_ARGUMENTS = ("*", ":", "^", "$")


def _completion(name: str, text: str | None) -> str:
    if text is None:
        return f"uncomplete {name};\n"
    return f"complete {name} {text if _QUOTES & set(text) else quoted(text)};\n"


_QUOTES = frozenset("'\"")


def _statements(text: str) -> str:
    """End each line as a statement, since the lines will be one."""
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"{line}\n" if line.endswith(("&", ";")) else f"{line};\n" for line in lines if line)
