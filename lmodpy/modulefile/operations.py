"""What a modulefile can say, as values without behaviour: the words make them, the modes give them a meaning."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    from lmodpy.names.request import Request
else:
    from lmodpy.values import NamedTuple


class SetEnv(NamedTuple):
    """Give a variable a value; with `respect` only if it has none."""

    name: str
    value: str
    respect: bool = False


class UnsetEnv(NamedTuple):
    """Take a variable away."""

    name: str


class PushEnv(NamedTuple):
    """Give a variable a value (None: take it away) and have the earlier one come back on unload."""

    name: str
    value: str | None


class EditPath(NamedTuple):
    """Put entries into a path-like variable, or take them out; `verb` is prepend, append or remove."""

    name: str
    verb: str
    paths: tuple[str, ...]
    sep: str = ":"
    priority: int = 0


class SetAlias(NamedTuple):
    """Define a shell alias."""

    name: str
    text: str


class UnsetAlias(NamedTuple):
    """Take a shell alias away."""

    name: str


class SetFunction(NamedTuple):
    """Define a shell function, with a body for the sh family and one for the csh family."""

    name: str
    sh: str
    csh: str


class UnsetFunction(NamedTuple):
    """Take a shell function away."""

    name: str


class Load(NamedTuple):
    """Load modules; `verb` is load, try_load, load_any or always_load."""

    requests: tuple[Request, ...]
    verb: str = "load"


class Unload(NamedTuple):
    """Unload modules, in both directions."""

    requests: tuple[Request, ...]


class DependsOn(NamedTuple):
    """Need modules: load what is not loaded, release it with the module; `any_of`: one of them is enough."""

    requests: tuple[Request, ...]
    any_of: bool = False


class Prereq(NamedTuple):
    """Refuse to load unless modules are loaded; `any_of`: one of them is enough."""

    requests: tuple[Request, ...]
    any_of: bool = False


class Conflict(NamedTuple):
    """Refuse to load while one of these modules is loaded."""

    requests: tuple[Request, ...]


class Family(NamedTuple):
    """Be the only loaded member of a family."""

    name: str


class Whatis(NamedTuple):
    """A line of description."""

    text: str


class Help(NamedTuple):
    """The help text."""

    text: str


class Extensions(NamedTuple):
    """Packages that this module brings, as `name/version`."""

    names: tuple[str, ...]


class Property(NamedTuple):
    """Mark the module with a property, or (`verb` is remove) take the mark away."""

    verb: str
    name: str
    value: str


class Message(NamedTuple):
    """Tell the user something; `kind` is message, raw, warning or banner."""

    kind: str
    text: str


class Complain(NamedTuple):
    """LmodError: refuse."""

    text: str
    fatal: bool = False


class Break(NamedTuple):
    """LmodBreak: stop this modulefile and forget its effects."""

    text: str = ""


class Execute(NamedTuple):
    """A command for the user's shell, in the modes named."""

    command: str
    modes: tuple[str, ...]


class Inherit(NamedTuple):
    """Evaluate the next modulefile of the same name along MODULEPATH."""


class Purge(NamedTuple):
    """Unload everything else."""

    force: bool = False


class DynamicTree(NamedTuple):
    """haveDynamicMPATH: what this module adds to MODULEPATH depends on the circumstances."""


class RequireFullName(NamedTuple):
    """Refuse to load unless the module was asked for by its full name."""


class ExitCommand(NamedTuple):
    """os.exit: end the whole command."""

    status: int


class Call(NamedTuple):
    """An operation, with the words that made it: what `show` prints and errors point at."""

    word: str
    args: tuple[Any, ...]
    operation: object
    only: frozenset[str] = frozenset()
    """The modes in which it acts, from `modeA`; empty means always, reversed on unload."""


# What an rc file can say.


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


class HideVersion(NamedTuple):
    """hide_version: `full_name` is not listed."""

    full_name: str


class HideModulefile(NamedTuple):
    """hide_modulefile: the file at `path` (with or without .lua) is not listed."""

    path: str
