"""How the properties of modules are shown: by a mark, which depends on all values of a property together."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmodpy.modulefile.properties import Mark, Property


def shown(properties: Iterable[str], declared: Mapping[str, Property]) -> list[Mark]:
    """Return the marks of a module whose properties are given as `lmod:sticky`; not all have one."""
    values: dict[str, set[str]] = {}
    for each in properties:
        name, *several = each.split(":")
        values.setdefault(name, set()).update(several)
    found = ((declared[name].marks, ":".join(sorted(values[name]))) for name in sorted(values) if name in declared)
    return [*(marks[together] for marks, together in found if together in marks), *_tags(values.get("tag", ()))]


def _tags(values: Iterable[str]) -> list[Mark]:
    if not values:
        return []
    from lmodpy.modulefile.properties import Mark  # noqa: PLC0415 - few modules have tags

    return [Mark(tag, "is a tag of the site's") for tag in sorted(values)]
