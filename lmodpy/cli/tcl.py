"""Tcl for a command: where it comes from, and what Tcl modulefiles may ask about the user's session."""

from __future__ import annotations

from lmodpy.errors import LmodError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.cli.context import Context
    from lmodpy.modulefile.tcl import Interpreter


class Surroundings:
    """What a modulefile may ask that has nothing to do with its own evaluation; looked up when it is asked."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.command = context.line.command

    def saved(self) -> list[str]:
        """Return the names of the user's collections."""
        from lmodpy.cli.collections import shelf  # noqa: PLC0415 - few modulefiles ask

        return [place.name for place in shelf(self._context).all()]

    def aliases(self) -> dict[str, str]:
        """Return all aliases, and what they mean."""
        session = self._context.session
        return session.tree.aliases(session.roots())

    def symbols(self, full_name: str) -> list[str]:
        """Return the symbolic versions of a module, without its name; `default`, if it was marked so."""
        from lmodpy.names.request import Request  # noqa: PLC0415 - few modulefiles ask

        session = self._context.session
        roots = session.roots()
        found = {name for root in roots for name in session.tree.symbols(root, roots).get(full_name, ())}
        module = session.tree.find(Request(full_name), roots)
        marked = module is not None and module.marked and session.tree.is_default(module, roots)
        return sorted([*(name.rpartition("/")[2] for name in found), *["default"] * marked])

    def resolved(self, name: str) -> str:
        """Return the full name behind a name, alias or symbolic version."""
        session = self._context.session
        return session.tree.resolve(name, session.roots())


def interpreter(context: Context) -> Interpreter:
    """Start Tcl: a `tclsh`, or what Python has, which takes longer to start."""
    from lmodpy.modulefile.tclchild import TclChild, python, tclsh  # noqa: PLC0415 - only where Tcl must run

    named = context.settings.text("tclsh")
    program = "" if named == "library" else tclsh(named, context.environ.get("PATH", ""))
    if "/" in named and not program:
        raise LmodError(f"LMOD_TCLSH is {named}, which is no program", "unset LMOD_TCLSH")
    command = [program] if program else context.settings.flag("fast_tcl") and python()
    if not command:
        raise LmodError(
            f"Tcl modulefiles cannot be run: no {named} is in PATH, and this Python has no Tcl of its own",
            "install the package `tcl`, or name a tclsh by LMOD_TCLSH",
        )
    return TclChild(command, context.environ)
