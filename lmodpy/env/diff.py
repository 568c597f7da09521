"""The difference between the environment as found and as left: what a shell is told."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple


class Diff(NamedTuple):
    """One difference. Text is str as `os.fsdecode` makes it, so any bytes survive; None means: take it away."""

    variables: Mapping[str, str | None] = {}
    aliases: Mapping[str, str | None] = {}
    functions: Mapping[str, tuple[str, str] | None] = {}
    """Name to the body for the sh family and the body for the csh family."""
    commands: tuple[str, ...] = ()
    """Shell commands of `execute{}`, to stand after everything else, verbatim."""
    text: str = ""
    """What modulefiles wrote to stdout, to stand before everything else, verbatim."""
    completions: Mapping[str, str | None] = {}
    """Command to the arguments of the shell's own `complete`."""
    exported: Mapping[str, str | None] = {}
    """Functions that bash hands on to its children."""


def is_identifier(name: str) -> bool:
    """Say whether every shell takes this as the name of a variable."""
    return name.isascii() and name.isidentifier()


def is_command_name(name: str) -> bool:
    """Say whether an alias, a function or a command may have this name, wherever it is written unquoted."""
    return name not in ("", ".") and name[:1] not in _NOT_IN_FRONT and is_identifier("_" + name.translate(_DROPPED))


_NOT_IN_FRONT = "+:@%,-"
_DROPPED = str.maketrans(dict.fromkeys(f".{_NOT_IN_FRONT}", "_"))
