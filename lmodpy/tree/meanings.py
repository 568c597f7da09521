"""What each statement of an rc file means for the rules: a row for each kind, whatever language it was written in."""

from __future__ import annotations

from lmodpy.modulefile.statements import Forbid, Hide, ModuleAlias, ModuleVersion, ModuleVirtual, PathLabel, Tag, Warn
from lmodpy.tree.directory import base_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from lmodpy.tree.rules import Rules


def _module_version(rules: Rules, said: ModuleVersion) -> None:
    target = rules.named(said.target)
    for name in said.names:
        if name == "default":
            rules.defaults.append(target)
        elif name:
            rules.versions[f"{target.rpartition('/')[0]}/{name}"] = target


def _module_alias(rules: Rules, said: ModuleAlias) -> None:
    rules.aliases[rules.full(said.alias)] = _target(rules, said.target)


def _module_virtual(rules: Rules, said: ModuleVirtual) -> None:
    name, target = rules.full(said.name), _target(rules, said.target)
    rules.aliases[name] = rules.virtuals[name] = target
    rules.hides.append(Hide((target,)))


def _target(rules: Rules, name: str) -> str:
    if name.startswith("//"):
        return name[1:]  # a file elsewhere
    return rules.full(name.removeprefix(".") if name.startswith("./") else name)


MEANINGS: dict[type, Callable[[Rules, Any], None]] = {
    ModuleVersion: _module_version,
    ModuleAlias: _module_alias,
    ModuleVirtual: _module_virtual,
    Hide: lambda rules, said: rules.hides.append(said),
    Forbid: lambda rules, said: rules.forbids.append(said),
    Tag: lambda rules, said: rules.tags.append(said),
    PathLabel: lambda rules, said: rules.labels.update({base_of(said.root): said.label}),
    Warn: lambda rules, said: rules.warns.append(said),
}
