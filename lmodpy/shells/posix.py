"""The sh family: bash, zsh, ksh and its kin, dash, and whatever else `sh` is."""

from __future__ import annotations

import sys

from lmodpy.env.diff import is_identifier
from lmodpy.errors import LmodError
from lmodpy.shells.base import check_names, closed, printed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmodpy.env.diff import Diff


class Posix:
    """A shell of the sh family.

    One statement stands on a line. Builtins are written with a backslash in front, which no alias of the user's can
    rewrite; for `sh` only the lines of variables go without, as CMake's FindEnvModules reads these.
    """

    kind = "sh"

    def __init__(self, name: str) -> None:
        self.name = name
        self._guard = "" if name == "sh" else "\\"

    def render(self, diff: Diff) -> str:
        """Say the difference; aliases come after the functions, whose definitions they could rewrite."""
        check_names(diff)
        parts = [closed(diff.text)]
        parts += self._variables(diff.variables)
        parts += [self._function(name, bodies) for name, bodies in sorted(diff.functions.items())]
        parts += [_alias(name, text) for name, text in sorted(diff.aliases.items())]
        parts += [self._completion(name, text) for name, text in sorted(diff.completions.items())]
        parts += [self._exported(name, kept) for name, kept in sorted(diff.exported.items())]
        parts += [_command(command) for command in diff.commands]
        text = "".join(parts)
        if "\0" in text:
            raise LmodError("a value holds a NUL byte, which no shell can hold")
        return text

    def left_out(self, diff: Diff) -> tuple[str, ...]:
        """Name the functions whose names this shell cannot even read."""
        return tuple(sorted(name for name in diff.functions if not self._reads(name)))

    def invocation(self, words: Sequence[str]) -> str:
        """Say a program and its arguments as one command line."""
        return " ".join(("\\command", *(quoted(word) or "''" for word in words)))

    def echo(self, text: str) -> str:
        """Print a text."""
        return printed(text, "\\printf", quoted)

    def failure(self) -> str:
        """Return the text that makes `eval` fail."""
        return "false\n"

    def success(self) -> str:
        """Return nothing: the status of the last statement is success."""
        return ""

    def _variables(self, variables: Mapping[str, str | None]) -> list[str]:
        plain, guard = (
            _is_plain("".join(filter(None, variables.values()))),
            self._guard,
        )  # a look at all is the quickest
        return [
            f"{guard}unset {name};\n"
            if value is None
            else f"{name}={value if plain else quoted(value)};\n{guard}export {name};\n"
            for name, value in sorted(variables.items())
        ]

    def _function(self, name: str, bodies: tuple[str, str] | None) -> str:
        if not self._reads(name):
            return ""
        if bodies is None:
            return f"\\unset -f {name} 2>/dev/null || \\:;\n"
        if f" {name} " in _RESERVED:
            raise LmodError(f"`{name}` cannot be the name of a shell function: the shell's own language has that word")
        return f"{self._head(name)} {{\n{_body(bodies[0])}\n}};\n"

    def _completion(self, name: str, text: str | None) -> str:
        """Define a completion, or take it away; zsh can only where its completion system is at work."""
        if self.name == "bash":
            return f"\\complete {text} {name};\n" if text else f"\\complete -r {name} 2>/dev/null || \\:;\n"
        if self.name == "zsh":
            words = f"{text} {name}" if text else f"-d {name}"
            return f"if (( $+functions[compdef] )); then \\compdef {words}; fi;\n"
        return ""

    def _exported(self, name: str, kept: str | None) -> str:
        if self.name != "bash":
            return ""
        return f"\\export -f{'' if kept else 'n'} {name} 2>/dev/null || \\:;\n"

    def _head(self, name: str) -> str:
        r"""Begin a definition so that an alias of that name does not rewrite it.

        bash and zsh expand none after the word `function`, which ksh has with another meaning, but ksh takes `\name`.
        dash has neither; there the alias has to go, which would hide the function anyway.
        """
        if self.name in {"bash", "zsh"}:
            return f"function {name}"
        if self.name in {"sh", "dash"}:
            return f"\\unalias {name} 2>/dev/null || \\:;\n{name} ()"
        return f"\\{name} ()"

    def _reads(self, name: str) -> bool:
        """Tell whether a function may have this name; where not, its definition breaks the whole text."""
        return self.name in {"bash", "zsh", "mksh"} or is_identifier(name)


def quoted(text: str) -> str:
    r"""Return one word of shell that stands for exactly `text`, in the simplest form that is safe.

    CMake's FindEnvModules understands "in quotes" and \-escaped, not 'in quotes'. But a byte above 127 may swallow a
    backslash behind it where the locale is one like SJIS: what has both, or is no UTF-8, goes between single quotes.
    """
    if _is_plain(text):
        return text
    if text.isprintable():
        if _NOT_IN_QUOTES.isdisjoint(text) and (_UTF8 or text.isascii()):
            return f'"{text}"'
        if text.isascii() and text[-1] not in " \\":
            return text.translate(_ESCAPED)
    return "'" + text.replace("'", "'\\''") + "'"


def _is_plain(text: str) -> bool:
    return text.isascii() and not text.encode("ascii").translate(None, _PLAIN)


_UTF8 = sys.getfilesystemencoding() == "utf-8"
# Without `=`: zsh takes one at the start of a value, or after a colon, for a command to look up.
_PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/.:,+@%"
_NOT_IN_QUOTES = frozenset('$`"\\!;')
_ESCAPED = str.maketrans({character: "\\" + character for character in " !\"#$&'()*;<=>?[\\]^`{|}~"})

# What at least one shell of the family cannot read as the name of a function.
_RESERVED = (
    " break case continue coproc declare do done elif else end esac eval exec exit export fi float for foreach "
    "function if in integer local namespace nocorrect readonly repeat return select set shift then time times trap "
    "typeset unset until while "
)


def _alias(name: str, text: str | None) -> str:
    if text is None:
        return f"\\unalias {name} 2>/dev/null || \\:;\n"
    return f"\\alias {name}={quoted(text)};\n"


def _body(body: str) -> str:
    """Return the body as given; one that does nothing gets a `:`, since no shell reads an empty one."""
    lines = (line.lstrip() for line in body.splitlines())
    if all(not line or line.startswith("#") for line in lines):
        return f"{body}\n:"
    return body


def _command(command: str) -> str:
    """End a one-line command with a single `;`, also for an `eval` that joins lines; others keep their own ends."""
    command = command.strip()
    if "\n" not in command and not command.endswith("&"):
        command = command.rstrip("; \t") + ";"
    return "" if command == ";" else closed(command)
