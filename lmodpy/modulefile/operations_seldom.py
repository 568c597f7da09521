"""What few modulefiles say, as values without behaviour; the rest of operations.py."""

from __future__ import annotations

from lmodpy.modulefile.operations import Call
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    from lmodpy.names.request import Request
else:
    from lmodpy.values import NamedTuple


class UnsetEnv(NamedTuple):
    """Take a variable away."""

    name: str


class Prereq(NamedTuple):
    """Refuse to load unless modules are loaded; `any_of`: one of them is enough."""

    requests: tuple[Request, ...]
    any_of: bool = False


class Plainly(NamedTuple):
    """Many plain words of a modulefile that is only read, in three texts each; see `Host.perform_plainly`."""

    said: list[str]


def plainly(said: list[str]) -> Call:
    """Return such words as a call."""
    return made(Call, ("", (), made(Plainly, (said,)), frozenset()))


class Whatis(NamedTuple):
    """A line of description."""

    text: str


class Help(NamedTuple):
    """The help text."""

    text: str


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


class ExportFunction(NamedTuple):
    """Let bash's children have a shell function."""

    name: str


class Complete(NamedTuple):
    """Tell a shell how the arguments of a command are completed, in that shell's own words."""

    shell: str
    command: str
    arguments: str


class Uncomplete(NamedTuple):
    """Take a completion away."""

    shell: str
    command: str


class ReadScript(NamedTuple):
    """source_sh: do what a script does, given with its arguments for a shell of that name.

    `ignored` are names of variables that stay as they are, and kinds: envvar, alias, function, complete, chdir.
    """

    shell: str
    script: str
    ignored: tuple[str, ...] = ()


class Unload(NamedTuple):
    """Unload modules, in both directions."""

    requests: tuple[Request, ...]


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


class ChangeDirectory(NamedTuple):
    """chdir: take the user's shell to a directory."""

    path: str


class Inherit(NamedTuple):
    """Evaluate the next modulefile of the same name along MODULEPATH; `show` keeps which that was, and what it said."""

    path: str = ""
    calls: tuple[Call, ...] = ()


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


class Variant(NamedTuple):
    """Have a variant: the user chooses one of some values, any if there are none named.

    `default` is what it is if nothing is asked for; None: something must be. Those of a switch are `on` and `off`.
    """

    name: str
    values: tuple[str, ...] = ()
    default: str | None = None
    switch: bool = False
