"""The shell fish, which makes lists of the variables whose names end in PATH by itself."""

from __future__ import annotations

from lmodpy.errors import LmodError
from lmodpy.shells.base import check_names, closed, printed
from lmodpy.shells.foreign import function_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmodpy.env.diff import Diff


class Fish:
    """fish, version 3 or newer."""

    name = kind = "fish"

    def __init__(self, _: str) -> None:
        pass

    def render(self, diff: Diff) -> str:
        """Say the difference; aliases are functions, so the functions come first and the aliases remain."""
        check_names(diff)
        parts = [closed(diff.text)]
        parts += [_variable(name, value) for name, value in sorted(diff.variables.items())]
        parts += [_function(name, bodies) for name, bodies in sorted(diff.functions.items()) if _readable(name)]
        parts += [_alias(name, text) for name, text in sorted(diff.aliases.items()) if _readable(name)]
        parts += [_completion(name, text) for name, text in sorted(diff.completions.items())]
        parts += [closed(command) for command in diff.commands]
        text = "".join(parts)
        if "\0" in text:
            raise LmodError("a value holds a NUL byte, which no shell can hold")
        return text

    def left_out(self, diff: Diff) -> tuple[str, ...]:
        """Name what has the name of a word of fish itself."""
        return tuple(sorted(name for name in (*diff.functions, *diff.aliases) if not _readable(name)))

    def invocation(self, words: Sequence[str]) -> str:
        """Say a program and its arguments as one command line."""
        return f"command {' '.join(map(quoted, words))}"

    def echo(self, text: str) -> str:
        """Print a text."""
        return printed(text, "printf", quoted)

    def failure(self) -> str:
        """Return the text that makes `eval` fail."""
        return "false\n"

    def success(self) -> str:
        """Return a command that succeeds, as taking away what is not there does not."""
        return "true\n"


_OWN = " _ PWD SHLVL argv fish_kill_signal fish_pid history hostname pipestatus status umask version "
"""Variables that fish keeps for itself."""
_RESERVED = (
    " _ and argparse begin break builtin case command continue else end eval exec for function if not or read return "
    "set set_color status string switch test time while "
)
"""Words that can name no function."""


def _readable(name: str) -> bool:
    return f" {name} " not in _RESERVED


def _variable(name: str, value: str | None) -> str:
    if f" {name} " in _OWN:
        raise LmodError(f"fish keeps the variable {name} for itself, so no module can change it")
    return f"set -e -g {name};\n" if value is None else f"set -gx {name} {quoted(value)};\n"


def quoted(text: str) -> str:
    r"""Return one word of fish that stands for exactly `text`; bytes that are no character stand outside quotes."""
    if text.isascii() and text and not text.encode("ascii").translate(None, _PLAIN):
        return text
    return f"'{text.translate(_SPECIAL)}'"


_PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/.:,+@"
_SPECIAL = {ord("'"): "\\'", ord("\\"): "\\\\"} | {
    code: f"'\\X{code & 0xFF:02x}'" for code in (*range(1, 32), 127, *range(0xDC80, 0xDD00)) if code != 10
}


def _function(name: str, bodies: tuple[str, str] | None) -> str:
    if bodies is None:
        return f"functions -e {name};\n"
    words = " ".join(map(quoted, function_words(name, bodies[0])))
    return f"function {name}; {words} $argv; end;\n"


def _alias(name: str, text: str | None) -> str:
    """Define an alias in fish's own way, but where its text means something only to a shell of the sh family."""
    if text is None:
        return f"functions -e {name};\n"
    if not text.strip() or any(mark in text for mark in _NOT_FISH):
        return _function(name, (f'{text} "$@"', ""))
    return f"alias {name} {quoted(text)};\n"


_NOT_FISH = ("`", "${", "$((", "$@", "$*", "$#", "$?", "$$", "<<", "[[", "\n", *(f"${digit}" for digit in range(10)))


def _completion(name: str, text: str | None) -> str:
    return f"complete -c {name} {'-e' if text is None else text};\n"
