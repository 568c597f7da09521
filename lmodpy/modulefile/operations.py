"""What a modulefile can say, as values without behaviour: the words make them, the modes give them a meaning.

What few modulefiles say stands in operations_seldom.py, so that the others need not wait for it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    from lmodpy.names.request import Request
else:
    from lmodpy.values import NamedTuple


class SetEnv(NamedTuple):
    """Give a variable a value; with `respect` only if it has none."""

    name: str
    value: str
    respect: bool = False


class PushEnv(NamedTuple):
    """Give a variable a value (None: take it away) and have the earlier one come back on unload."""

    name: str
    value: str | None


class EditPath(NamedTuple):
    """Put entries into a path-like variable, or take them out; `verb` is prepend, append or remove."""

    name: str
    verb: str
    paths: tuple[str, ...]
    sep: str = ":"
    priority: int = 0


class Load(NamedTuple):
    """Load modules; `verb` is load, try_load, load_any or always_load."""

    requests: tuple[Request, ...]
    verb: str = "load"


class DependsOn(NamedTuple):
    """Need modules: load what is not loaded, release it with the module; `any_of`: one of them is enough."""

    requests: tuple[Request, ...]
    any_of: bool = False


class Conflict(NamedTuple):
    """Refuse to load while one of these modules is loaded."""

    requests: tuple[Request, ...]


class Family(NamedTuple):
    """Be the only loaded member of a family."""

    name: str


class Call(NamedTuple):
    """An operation, with the words that made it: what `show` prints and errors point at."""

    word: str
    args: tuple[Any, ...]
    operation: object
    only: frozenset[str] = frozenset()
    """The modes in which it acts, from `modeA`; empty means always, reversed on unload."""
