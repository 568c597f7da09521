"""Sub-commands that are seldom typed: MODULEPATH by hand, everything again, the defaults of the site."""

from __future__ import annotations

from lmodpy import system
from lmodpy.env.pathlist import tidy
from lmodpy.errors import LmodError
from lmodpy.names.request import Request
from lmodpy.session.frame import Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.cli.context import Context
    from lmodpy.session.session import Session


def use(context: Context) -> None:
    """Put directories into MODULEPATH."""
    options = context.line.options
    directories = [part for word in context.line.words for part in word.split(":") if part]
    if not context.line.words:
        _show_path(context)
        return
    verb = next((option for option in reversed(list(options)) if option in ("append", "prepend")), "prepend")
    priority = int(options.get("priority", "0"))
    session = context.session
    note_system_path(session)
    for directory in directories:
        path = tidy(absolute(session, directory), session.env.rules.home)
        if not system.is_folder(path):
            session.warn(f"{directory} is not a directory (yet); MODULEPATH holds it all the same")
        session.env.edit("MODULEPATH", (verb, path, ":", priority))
    session.settle()


def unuse(context: Context) -> None:
    """Take directories out of MODULEPATH, however often they were put there."""
    session = context.session
    note_system_path(session)
    for directory in [part for word in context.line.words for part in word.split(":") if part]:
        path = tidy(absolute(session, directory), session.env.rules.home)
        session.env.edit("MODULEPATH", ("expel", path, ":", 0))
    session.settle()


def update(context: Context) -> None:
    """Unload and load every module again, in load order."""
    session = context.session
    done = set()
    for module in session.loaded.active():
        if module.name in session.loaded and module.name not in done:
            session.reload(module)
            done.add(module.name)
    session.settle()


def refresh(context: Context) -> None:
    """Tell the shell again about aliases and functions, which sub-shells do not inherit."""
    session = context.session
    for module in session.loaded.active():
        frame = Frame(session, "refresh", module, module.asked)
        frame.recorded = module.recorded
        frame.run()


def reset(context: Context) -> None:
    """Go back to the site's MODULEPATH and default modules."""
    session = context.session
    names = session.settings.text("default_modules")
    if not names.strip():
        hint = "set LMOD_SYSTEM_DEFAULT_MODULES, or use `module purge`"
        raise LmodError("this site names no default modules, so there is nothing to reset to", hint)
    session.purge(force=True)
    if session.system_path is not None:
        session.env.assign("MODULEPATH", session.system_path or None)
        session.system_path = None
    wanted = names.replace(":", " ").replace(",", " ").split()
    session.load([Request.parse(name) for name in wanted if name != "__NO_SYSTEM_DEFAULT_MODULES__"])


def _show_path(context: Context) -> None:
    """Show the directories of MODULEPATH."""
    roots = context.session.roots()
    if context.line.on("json"):
        context.answer({"modulepath": roots})
    else:
        context.listing.append("".join(f"{root}\n" for root in roots) or "MODULEPATH has no directories\n")


def absolute(session: Session, directory: str) -> str:
    """Return a directory that the user typed as MODULEPATH should hold it, wherever the user goes next."""
    if directory[:1] in ("/", "~"):
        return directory
    import os  # noqa: PLC0415 - relative directories are rare

    path = os.path.join(session.env.get("PWD") or system.getcwd(), directory)
    return os.path.realpath(path) if system.exists(path) else path


def note_system_path(session: Session) -> None:
    """Remember what the site's MODULEPATH is, before the user changes it for the first time."""
    if session.system_path is None:
        session.system_path = session.env.base("MODULEPATH") or ""
