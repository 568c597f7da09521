"""How the properties of modules are shown: by a mark, which depends on all values of a property together."""

from __future__ import annotations

from lmodpy.modulefile.properties import TAG, Mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmodpy.modulefile.properties import Property


def shown(properties: Iterable[str], declared: Mapping[str, Property]) -> list[Mark]:
    """Return the marks of a module whose properties are given as `lmod:sticky`; not all have one."""
    values: dict[str, set[str]] = {}
    for each in properties:
        name, *several = each.split(":")
        values.setdefault(name, set()).update(several)
    found = ((declared[name].marks, ":".join(sorted(values[name]))) for name in sorted(values) if name in declared)
    marks_found = [marks[together] for marks, together in found if together in marks]
    return marks_found + [Mark(tag, "is a tag of the site's") for tag in sorted(values.get(TAG, ()))]
