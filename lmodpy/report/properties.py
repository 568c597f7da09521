"""How the properties of modules are shown: by a mark, which depends on all values of a property together."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

PROPERTIES = {
    "arch:gpu": ("g", "is built for GPUs"),
    "arch:gpu:mic": ("gm", "is built for GPUs, and for the MIC itself"),
    "arch:gpu:mic:offload": ("@", "is built for GPUs and the MIC itself, and hands work to the MIC"),
    "arch:mic": ("m", "is built for the host and the MIC itself"),
    "arch:mic:offload": ("*", "is built for the host and the MIC itself, and hands work to the MIC"),
    "arch:offload": ("o", "is built for the host, and hands work to the MIC"),
    "lmod:sticky": ("S", "is sticky: `purge` and `unload` leave it, unless forced"),
    "state:experimental": ("E", "is experimental"),
    "state:obsolete": ("O", "is obsolete"),
    "state:testing": ("T", "is being tested"),
}
"""The name of a property with its values, in alphabetical order: the mark, and what it means."""


def shown(properties: Iterable[str]) -> list[str]:
    """Return which rows of PROPERTIES a module's properties are, given as `lmod:sticky`; others have no mark."""
    values: dict[str, set[str]] = {}
    for each in properties:
        name, *several = each.split(":")
        values.setdefault(name, set()).update(several)
    rows = (":".join((name, *sorted(values[name]))) for name in sorted(values))
    return [row for row in rows if row in PROPERTIES]
