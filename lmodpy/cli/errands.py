"""Sub-commands that are seldom typed: MODULEPATH by hand, everything again, the defaults of the site."""

from __future__ import annotations

from lmodpy import system
from lmodpy.env.pathlist import Edit, tidy
from lmodpy.errors import LmodError, UsageError
from lmodpy.names.request import Request
from lmodpy.session.frame import Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.cli.context import Context
    from lmodpy.session.session import Session


def use(context: Context) -> None:
    """Put directories into MODULEPATH."""
    words = list(context.line.words)
    append, priority, directories = False, 0, []
    while words:
        word = words.pop(0)
        if word in ("-a", "--append", "-append"):
            append = True
        elif word == "--priority":
            priority = _number(words.pop(0) if words else "")
        elif word.startswith("--priority="):
            priority = _number(word.partition("=")[2])
        else:
            directories += [part for part in word.split(":") if part]
    session = context.session
    _note_system_path(session)
    for directory in directories:
        if not system.is_folder(directory):
            session.warn(f"{directory} is not a directory (yet); MODULEPATH holds it all the same")
        path = tidy(_absolute(session, directory), session.env.rules.home)
        session.env.edit("MODULEPATH", Edit("append" if append else "prepend", path, ":", priority))
    session.settle()


def unuse(context: Context) -> None:
    """Take directories out of MODULEPATH, however often they were put there."""
    session = context.session
    _note_system_path(session)
    for directory in [part for word in context.line.words for part in word.split(":") if part]:
        path = tidy(_absolute(session, directory), session.env.rules.home)
        session.env.edit("MODULEPATH", Edit("expel", path))
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


def _number(text: str) -> int:
    if not text.removeprefix("-").isdecimal():
        raise UsageError("`module use --priority` takes a number", hint="module use --priority 10 DIRECTORY")
    return int(text)


def _absolute(session: Session, directory: str) -> str:
    """Return a directory that the user typed as MODULEPATH should hold it, wherever the user goes next."""
    if directory[:1] in ("/", "~"):
        return directory
    import os  # noqa: PLC0415 - relative directories are rare

    path = os.path.join(session.env.get("PWD") or system.getcwd(), directory)
    return os.path.realpath(path) if system.exists(path) else path


def _note_system_path(session: Session) -> None:
    if session.system_path is None:
        session.system_path = session.env.base("MODULEPATH") or ""
