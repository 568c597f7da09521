"""The shell nushell. It cannot evaluate text, so init/nushell reads this as data: a statement on a line."""

from __future__ import annotations

from lmodpy.errors import LmodError
from lmodpy.shells.base import check_names
from lmodpy.shells.foreign import refuse_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmodpy.env.diff import Diff


class Nushell:
    """nushell, version 0.101 or newer; its text has only UTF-8."""

    name = kind = "nushell"

    def __init__(self, _: str) -> None:
        pass

    def render(self, diff: Diff) -> str:
        """Say how the environment changes, and what another nushell is to run before and after that."""
        check_names(diff)
        changed = sorted(diff.variables.items())
        parts = [_run(diff.text)]
        parts += [f"load-env {{{name}: {_value(name, value)}}}\n" for name, value in changed]
        parts += [_run(command) for command in diff.commands]
        return "".join(parts)

    def left_out(self, diff: Diff) -> tuple[str, ...]:
        """Name all aliases and functions: nushell only knows those that it read before it ran anything."""
        defined = {**diff.aliases, **diff.functions}
        return tuple(sorted(name for name, value in defined.items() if value is not None))

    def invocation(self, _: Sequence[str]) -> str:
        """Say nothing: what nushell is told are variables, and no commands."""
        return ""

    def echo(self, _: str) -> None:
        """Say nothing: lists go to stderr, as with Lmod."""

    def failure(self) -> str:
        """Return nothing: it is the status of the command that counts."""
        return ""

    def success(self) -> str:
        """Return nothing, as above."""
        return ""


_OWN = " CURRENT_FILE FILE_PWD LAST_EXIT_CODE NU_VERSION PWD config "
"""Variables that mean something to nushell itself."""


def _value(name: str, value: str | None) -> str:
    """Return a variable's value: PATH is a list, and all others are text, or programs would not see them.

    `hide-env` would bring back what a variable was when the shell began; one that is null, no program sees.
    """
    if f" {name} " in _OWN:
        raise LmodError(f"nushell keeps the variable {name} for itself, so no module can change it")
    if value is None:
        return "null"
    refuse_bytes(name, value, "nushell")
    if "\0" in value:
        raise LmodError("a value holds a NUL byte, which no shell can hold")
    if name == "PATH":
        return f"[{', '.join(map(quoted, value.split(':')))}]"
    return quoted(value)


def quoted(text: str) -> str:
    """Return one word of nushell that stands for exactly `text`, on one line."""
    return f'"{text.translate(_SPECIAL)}"'


_SPECIAL = {ord('"'): '\\"', ord("\\"): "\\\\"} | {
    code: f"\\u{{{code:x}}}" for code in (*range(1, 32), *range(127, 160), 0x2028, 0x2029)
}


def _run(text: str) -> str:
    return f"^$nu.current-exe -c {quoted(text)}\n" if text.strip() else ""
