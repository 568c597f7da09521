"""What lmodrc.lua files declare: properties of modules, and where the site's caches are."""

from __future__ import annotations

from lmodpy import system
from lmodpy.errors import ModulefileError
from lmodpy.modulefile.properties import PROPERTIES, Mark, Property
from lmodpy.modulefile.rcwords import RcHost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, NamedTuple

    from lmodpy.cli.context import Context
else:
    from lmodpy.values import NamedTuple


class SiteRc(NamedTuple):
    """What the lmodrc files say together; of a property that several declare, the last one counts."""

    files: tuple[str, ...] = ()
    properties: Mapping[str, Property] = PROPERTIES
    caches: tuple[tuple[str, str], ...] = ()
    """Directories of caches, each with the time stamp file that belongs to it."""


def read(context: Context) -> SiteRc:
    """Read the lmodrc files that there are; one that is broken is warned of, and counts as empty."""
    properties, caches, files = dict(PROPERTIES), [], []
    for path in _places(context):
        if not system.is_file(path):
            continue
        files.append(path)
        try:
            said = _said(context, path)
            properties |= _properties(said.get("propT"), path)
            caches += _caches(said.get("scDescriptT"), path)
        except ModulefileError as error:
            context.doubts.append(f"{error.where or path}: {error.text}; the file counts as empty")
    return SiteRc(tuple(files), properties, tuple(caches))


def _places(context: Context) -> list[str]:
    """Return where lmodrc files may lie, those that count more later."""
    settings, home = context.settings, context.environ.get("HOME")
    prefix, site = settings.text("prefix"), settings.text("config_dir")
    found = [f"{prefix}/etc/lmodrc.lua"] if prefix else []
    found += [f"{site}/lmodrc.lua", "/etc/lmodrc.lua"]
    found += [f"{home}/.lmodrc.lua"] if home else []
    return list(dict.fromkeys([*found, *filter(None, settings.text("more_rc").split(":"))]))


class _Host(RcHost):
    """What an lmodrc file sees of the world: all of Lua, and no words of modulefiles."""

    def perform(self, call: Any) -> Any:
        raise ModulefileError(f"`{call.word}` is for modulefiles; an lmodrc file sets propT and scDescriptT")

    def misused(self, error: Exception) -> Any:
        raise error


def _said(context: Context, path: str) -> dict[str, Any]:
    speaker = context.speaker
    host = _Host(context.environ, context.say, (speaker.name, speaker.kind))
    return context.evaluators.lua().globals_of(path, host, ("propT", "scDescriptT"))


def _properties(table: Any, path: str) -> dict[str, Property]:
    """Return the properties that a `propT` declares."""
    found = {}
    for name, said in _pairs(table, "propT", path):
        values = frozenset(str(value) for value, _ in _pairs(said.get("validT"), f"propT.{name}.validT", path))
        rows = _pairs(said.get("displayT"), f"propT.{name}.displayT", path)
        found[name] = Property(values, {":".join(sorted(key.split(":"))): _mark(row) for key, row in rows})
    return found


def _mark(row: Mapping[str, Any]) -> Mark:
    letters = str(row.get("short") or row.get("long") or "").strip("()")
    return Mark(letters, str(row.get("doc") or ""), str(row.get("color") or ""), row.get("full_color") is True)


def _caches(table: Any, path: str) -> list[tuple[str, str]]:
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
