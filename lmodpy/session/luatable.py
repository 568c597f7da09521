"""Tables of Lua as text, and what is loaded in the shape of Lmod's module table."""

from __future__ import annotations

from lmodpy.session.loaded import NO_PROPERTY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from lmodpy.session.loaded import Loaded

    Plain = str | int | bool | list[Any] | tuple[Any, ...] | Mapping[str, "Plain"]

VERSION = 3
"""The version of the module table that Lmod 8 and 9 write."""
_FAMILY = "LMOD_FAMILY_"
_WORDS = (
    " and break do else elseif end false for function goto if in local nil not or repeat return then true until while "
)
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", **{chr(n): f"\\{n:03}" for n in range(32) if n != 10}})


def assignment(name: str, value: Plain) -> str:
    """Return a line of Lua, or several, that gives a variable a value; keys are sorted."""
    return f"{name} = {_written(value, '')}\n"


def module_table(
    modules: Sequence[Loaded], roots: Sequence[str], environ: Mapping[str, str], base: str
) -> dict[str, Plain]:
    """Return what Lmod's module table would have: modules, active or not, families, MODULEPATH, and its beginning."""
    needs = [(*module.brings, *module.needs) for module in modules if module.active]
    active = [module for module in modules if module.active]
    order = {module.name: place for place, module in enumerate(active, 1)}
    families = {
        name.removeprefix(_FAMILY).lower(): value
        for name, value in environ.items()
        if name.startswith(_FAMILY) and not name.endswith("_VERSION")
    }
    return {
        "MTversion": VERSION,
        "c_rebuildTime": False,
        "c_shortTime": False,
        "depthT": {},
        "family": families,
        "mT": {module.name: _entry(module, order, needs) for module in modules},
        "mpathA": list(roots),
        "systemBaseMPATH": base,
    }


def _entry(module: Loaded, order: Mapping[str, int], needs: Sequence[Sequence[str]]) -> dict[str, Plain]:
    properties: dict[str, dict[str, int]] = {}
    for each in [text for text in module.properties if text[:1] not in NO_PROPERTY]:
        name, *values = each.split(":")
        properties.setdefault(name, {}).update(dict.fromkeys(values, 1))
    entry: dict[str, Plain] = {
        "fn": module.path,
        "fullName": module.full_name,
        "loadOrder": order.get(module.name, -1),
        "propT": properties,
        "stackDepth": 0 if module.wanted else 1,
        "status": "active" if module.active else "inactive",
        "userName": module.asked,
    }
    if not module.wanted:
        entry["ref_count"] = sum(module.name in names for names in needs)
    if module.alias:
        entry["origUserName"] = module.alias
    return entry


def _written(value: Plain, indent: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPES)}"'
    inner = f"{indent}  "
    if not value:
        return "{}"
    if isinstance(value, list | tuple):
        between = f",\n{inner}" if isinstance(value[0], dict | list | tuple) else ", "
        return f"{{\n{inner}{between.join([_written(each, inner) for each in value])},\n{indent}}}"
    lines = [f"{inner}{_key(key)} = {_written(value[key], inner)},\n" for key in sorted(value)]
    return f"{{\n{''.join(lines)}{indent}}}"


def _key(name: str) -> str:
    plain = name.isascii() and name.isidentifier() and f" {name} " not in _WORDS
    return name if plain else f"[{_written(name, '')}]"
