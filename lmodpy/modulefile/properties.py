"""The properties that a modulefile may have: which are declared, and how they are shown."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple


class Mark(NamedTuple):
    """How a property is shown: letters behind the name of a module, and what they mean."""

    letters: str
    meaning: str
    colour: str = ""
    """The name of a colour, as `red`; empty for none."""
    whole: bool = False
    """Whether the name of the module has that colour, too."""


class Property(NamedTuple):
    """A property: the values it may have, and its marks by all values that a module has, sorted and joined by `:`."""

    values: frozenset[str]
    marks: Mapping[str, Mark]


PROPERTIES: Mapping[str, Property] = {
    "arch": Property(
        frozenset(("gpu", "mic", "offload")),
        {
            "gpu": Mark("g", "is built for GPUs"),
            "gpu:mic": Mark("gm", "is built for GPUs, and for the MIC itself"),
            "gpu:mic:offload": Mark("@", "is built for GPUs and the MIC itself, and hands work to the MIC"),
            "mic": Mark("m", "is built for the host and the MIC itself"),
            "mic:offload": Mark("*", "is built for the host and the MIC itself, and hands work to the MIC"),
            "offload": Mark("o", "is built for the host, and hands work to the MIC"),
        },
    ),
    "lmod": Property(
        frozenset(("sticky",)), {"sticky": Mark("S", "is sticky: `purge` and `unload` leave it, unless forced")}
    ),
    "state": Property(
        frozenset(("experimental", "obsolete", "testing")),
        {
            "experimental": Mark("E", "is experimental"),
            "obsolete": Mark("O", "is obsolete"),
            "testing": Mark("T", "is being tested"),
        },
    ),
    "status": Property(frozenset(("active",)), {}),
}
"""The properties that there are at every site."""


def property_of(tag: str, declared: Mapping[str, Property]) -> str:
    """Return the property that a tag is, as `lmod:sticky`: one that has such a value, else one of its own name."""
    if ":" in tag:
        return tag
    name = next((name for name, known in declared.items() if tag in known.values), TAG)
    return f"{name}:{tag}"


TAG = "tag"
"""The property of tags that are nothing else; it may have any value."""
