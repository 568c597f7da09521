"""How much of the environment is not the modules' own: what the tool needs to remember."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, NamedTuple

import trees
from measure import clean_environment, load

if TYPE_CHECKING:
    from collections.abc import Mapping

TARGET = 6400
KEPT_BY_THE_TOOL = ("_ModuleTable", "__LMOD", "LOADEDMODULES", "_LMFILES_", "LMOD_FAMILY_")


class Bookkeeping(NamedTuple):
    """Bytes in the environment, each variable counted as `name=value` and the zero byte that ends it."""

    tool: str
    own: int
    """What the modules themselves set."""
    parts: Mapping[str, int]
    """What the tool keeps, variable by variable; pieces of a module table are one."""

    @property
    def total(self) -> int:
        """All that the tool keeps."""
        return sum(self.parts.values())


def bookkeeping(tool: str) -> Bookkeeping:
    """Load sixty everyday modules with a tool and look at what it leaves.

    The names of the files count, so the tree lies in a directory with a name as long as /opt/modulefiles.
    """
    with tempfile.TemporaryDirectory(prefix="mod", dir="/tmp") as root:
        names = trees.sixty(root)
        before = clean_environment(root, os.path.join(root, "Core"))
        after = load(tool, names, before)
    parts: dict[str, int] = {}
    for name in sorted(name for name in after if name.startswith(KEPT_BY_THE_TOOL)):
        part = "_ModuleTable*" if name.startswith("_ModuleTable") else name
        parts[part] = parts.get(part, 0) + _size(name, after[name])
    own = sum(_size(*item) for item in after.items()) - sum(_size(*item) for item in before.items())
    return Bookkeeping(tool, own - sum(parts.values()), parts)


def _size(name: str, value: str) -> int:
    return len(os.fsencode(f"{name}={value}")) + 1
