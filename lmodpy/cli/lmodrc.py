"""What is written in an lmodrc file."""

from __future__ import annotations

from lmodpy.errors import ModulefileError
from lmodpy.modulefile.properties import Mark, Property
from lmodpy.modulefile.rcwords import RcHost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from lmodpy.cli.context import Context


class _Host(RcHost):
    """What an lmodrc file sees of the world: all of Lua, and no words of modulefiles."""

    def perform(self, call: Any) -> Any:
        raise ModulefileError(f"`{call.word}` is for modulefiles; an lmodrc file sets propT and scDescriptT")

    def misused(self, error: Exception) -> Any:
        raise error


def said(context: Context, path: str) -> dict[str, Any]:
    """Return the tables that a file sets; raises ModulefileError."""
    speaker = context.speaker
    host = _Host(context.environ, context.say, (speaker.name, speaker.kind))
    return context.evaluators.lua().globals_of(path, host, ("propT", "scDescriptT"))


def properties_of(table: Any, path: str) -> dict[str, Property]:
    """Return the properties that a `propT` declares."""
    found = {}
    for name, told in _pairs(table, "propT", path):
        values = frozenset(str(value) for value, _ in _pairs(told.get("validT"), f"propT.{name}.validT", path))
        rows = _pairs(told.get("displayT"), f"propT.{name}.displayT", path)
        found[name] = Property(values, {":".join(sorted(key.split(":"))): _mark(row) for key, row in rows})
    return found


def _mark(row: Mapping[str, Any]) -> Mark:
    letters = str(row.get("short") or row.get("long") or "").strip("()")
    return Mark(letters, str(row.get("doc") or ""), str(row.get("color") or ""), row.get("full_color") is True)


def caches_of(table: Any, path: str) -> list[tuple[str, str]]:
    """Return the directories that an `scDescriptT` names."""
    rows = [row for _, row in _pairs(table, "scDescriptT", path)]
    named = [row for row in rows if isinstance(row.get("dir"), str) and "\0" not in row["dir"]]
    return [(row["dir"], str(row.get("timestamp") or "")) for row in named]


def _pairs(table: Any, what: str, path: str) -> Iterator[tuple[str, Any]]:
    """Return the rows of a table with their keys as text; raises ModulefileError for what is none."""
    if table is None:
        return
    if not isinstance(table, dict):
        raise ModulefileError(f"{what} is no table", path)
    for key, row in table.items():
        if not isinstance(row, dict) and not what.endswith("validT"):
            raise ModulefileError(f"{what} has {row!r} where a table is wanted, at {key!r}", path)
        yield str(key), row
