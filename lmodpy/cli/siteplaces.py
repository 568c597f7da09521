"""What hooks of the site say about caches, and about the directories in which packages lie."""

from __future__ import annotations

import os
from contextlib import suppress

from lmodpy import system
from lmodpy.errors import ModulefileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from lmodpy.cli.context import Context
    from lmodpy.modulefile.hooks import Hooks

_CACHE = "spiderT.lua"
"""What Lmod calls the cache whose name it asks for."""


def named_for_group(context: Context, place: str) -> str:
    """Return where the user's index files lie: beside the usual place, if groupName says how caches are called."""
    if context.hooks is None or "groupName" not in context.hooks:
        return place
    name = str(context.hooks.apply("groupName", _CACHE) or _CACHE).rpartition("/")[2].removesuffix(".lua")
    return f"{place}-{name}" if place and f"{name}.lua" != _CACHE else place


def of_host(context: Context, directory: str, stamp: str) -> tuple[str, float]:
    """Return the directory of a cache, as it is meant for this machine, and since when what it holds may be wrong."""
    if not stamp or context.hooks is None or "parse_updateFn" not in context.hooks:
        return directory, _changed(stamp)
    told: dict[str, object] = {"lastUpdateEpoch": int(_changed(stamp))} if os.path.exists(stamp) else {}
    context.hooks.apply("parse_updateFn", stamp, told)
    kind, since = told.get("hostType"), told.get("lastUpdateEpoch")
    inner = f"{directory}/{kind}" if kind else directory
    return (inner if os.path.isdir(inner) else directory), float(since) if isinstance(since, int | float) else 0.0


def is_newer(directory: str, since: float) -> bool:
    """Say whether something in a directory of caches was written after a moment; `since` is 0 for any."""
    try:
        return not since or any(entry.stat().st_mtime >= since for entry in list(os.scandir(directory)))
    except OSError:
        return False


def _changed(path: str) -> float:
    with suppress(OSError):
        return system.stat(path).st_mtime if path else 0.0
    return 0.0


def patterns(hooks: Hooks, name: str) -> tuple[str, str]:
    """Return Lua patterns for the variables that name a package's directory, and its libraries."""
    told: dict[str, object] = {"patDir": f"^{name}_.*_DIR", "patLib": f"^{name}_.*_LIB"}
    hooks.apply("packagebasename", told)
    return str(told.get("patDir")), str(told.get("patLib"))


def fits(context: Context, pattern: str) -> Callable[[str], bool]:
    """Return what says whether a pattern fits a variable; one that is none fits nothing, with a warning."""
    lua = context.evaluators.lua()
    try:
        lua.matches(pattern, "")
    except ModulefileError as error:
        text = f"hook packagebasename: {error.text}; it fits no variable"
        context.doubts += [text] if text not in context.doubts else []
        return lambda _: False
    return lambda variable: lua.matches(pattern, variable)
