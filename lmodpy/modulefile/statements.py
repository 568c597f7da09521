"""What an rc file can say about modules, as values without behaviour: lmodpy.tree gives them a meaning."""

from __future__ import annotations

from lmodpy.names.terms import Terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple

ALWAYS = Terms()


class ModuleVersion(NamedTuple):
    """module_version: `target` (name/version, or /version in a module's own directory) gets further versions' names.

    The name `default` marks it as the default.
    """

    target: str
    names: tuple[str, ...]


class ModuleAlias(NamedTuple):
    """module_alias: another name for `target`."""

    alias: str
    target: str


class ModuleVirtual(NamedTuple):
    """module_virtual: `name` is listed and loaded like a module; the module behind it, `target`, is hidden."""

    name: str
    target: str


class PathLabel(NamedTuple):
    """modulepath_label: what stands above the modules of a directory of MODULEPATH in place of its path."""

    root: str
    label: str


class Hide(NamedTuple):
    """hide, hideRegex, hide_version, hide_modulefile: modules, by name or path, that are not shown to everybody.

    `kind` is normal, soft (not listed), hidden (not chosen either) or hard (not even loaded by its full name).
    `unlisted`: not in the list of loaded modules either. `patterns`: the names are Lua patterns.
    """

    names: tuple[str, ...]
    kind: str = "hidden"
    unlisted: bool = False
    patterns: bool = False
    terms: Terms = ALWAYS


class Forbid(NamedTuple):
    """forbid, forbidRegex: modules, by name or path, that cannot be loaded, and what users are told about it.

    deprecate: modules that are `old`. They are marked, loading them is warned of from the time `warn` on (None: at
    once) and refused from `terms.after` on (None: never); `use` is what to load instead.
    """

    names: tuple[str, ...]
    message: str = ""
    nearly_message: str = ""
    patterns: bool = False
    terms: Terms = ALWAYS
    old: bool = False
    use: str = ""
    warn: float | None = None


class Tag(NamedTuple):
    """tag: modules, by name or path, get properties, as if they said so themselves."""

    names: tuple[str, ...]
    tags: tuple[str, ...]
    terms: Terms = ALWAYS
    patterns: bool = False


class Warn(NamedTuple):
    """warn: modules, by name or path, can be loaded, and users are told something about it."""

    names: tuple[str, ...]
    message: str = ""
    terms: Terms = ALWAYS
    patterns: bool = False
