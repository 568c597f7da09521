"""The sub-commands, each a function that reads as what it does."""

from __future__ import annotations

from lmodpy.cli.context import Context
from lmodpy.errors import ModuleNotFound, UsageError
from lmodpy.names.request import Request, latest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NamedTuple

    from lmodpy.cli.arguments import Line
    from lmodpy.config import Settings
    from lmodpy.env.diff import Diff
    from lmodpy.shells.base import Shell
else:
    from lmodpy.values import NamedTuple


class Result(NamedTuple):
    """What a command leaves: the difference for the shell, text for people, exit status."""

    diff: Diff
    text: str = ""
    status: int = 0


def run_line(
    line: Line, speaker: Shell, environ: Mapping[str, str], settings: Settings, say: Callable[[str], None]
) -> Result:
    """Run a sub-command on an environment and return what it leaves; raises LmodError."""
    if line.on("version"):
        return _answer(_version())
    if line.on("help") or not line.command or (line.command == "help" and not line.words):
        from lmodpy.cli.usage import USAGE  # noqa: PLC0415 - only when asked for

        return _answer(USAGE, status=0 if line.command or line.on("help") else 1)
    if line.command not in COMMANDS:
        raise UsageError(f"`module {line.command}` is a word of Lmod that lmodpy does not have yet")
    context = Context(line, speaker, environ, settings, say)
    COMMANDS[line.command](context)
    diff, told = context.finish()
    return Result(diff, "".join(context.listing) + told, context.status)


def _answer(text: str, status: int = 0) -> Result:
    from lmodpy.env.diff import Diff  # noqa: PLC0415 - only for answers that need no session

    return Result(Diff(), text, status)


def _version() -> str:
    from lmodpy import LMOD_VERSION, __version__  # noqa: PLC0415 - only when asked for

    return (
        f"\nModules based on Lua: Version {LMOD_VERSION}\n    lmodpy {__version__}, which does what this Lmod does\n\n"
    )


# Changing what is loaded.


def load(context: Context) -> None:
    """Load modules, and unload those written `-name`; with --check_syntax only see whether they could be."""
    if context.line.on("check_syntax"):
        from lmodpy.cli.readings import check  # noqa: PLC0415 - seldom asked for

        check(context)
        return
    words = context.line.words
    gone = [Request.parse(word[1:]) for word in words if word.startswith("-") and len(word) > 1]
    if "-" in words:
        raise UsageError("a lone `-` names no module", hint="`-name` unloads, `name` loads")
    wanted = [word.removeprefix("+") for word in words if not word.startswith("-")]
    if not words:
        context.requests()
    if gone:
        _note_unknown(context, context.session.unload(gone, force=context.line.on("force")))
    make = latest if context.line.on("latest") else Request.parse
    try:
        context.session.load([make(word) for word in wanted])
    except ModuleNotFound as error:
        from lmodpy.cli.ways import explain  # noqa: PLC0415 - only after an error

        explain(error, context.session, wanted)
        raise


def try_load(context: Context) -> None:
    """Load what there is of the modules."""
    context.session.load(context.requests(), must=False)


def unload(context: Context) -> None:
    """Unload modules; names that are not loaded are only remarked on."""
    _note_unknown(context, context.session.unload(context.requests(), force=context.line.on("force")))


def _note_unknown(context: Context, names: list[str]) -> None:
    if names:
        context.session.warn(f"not loaded, so not unloaded: {', '.join(names)}")


def swap(context: Context) -> None:
    """Unload one module and load another; one name alone stands for both."""
    requests = context.requests()
    if len(requests) > 2:
        raise UsageError("`module swap` takes one or two modules", hint="module swap OLD NEW")
    old = requests[0] if len(requests) == 2 else _same_name(context, requests[0])
    try:
        context.session.swap(old, requests[-1])
    except ModuleNotFound as error:
        from lmodpy.cli.ways import explain  # noqa: PLC0415 - only after an error

        explain(error, context.session, [requests[-1].text])
        raise


def _same_name(context: Context, request: Request) -> Request:
    """Return the loaded module that another version of it is to replace."""
    text = request.text
    for module in context.session.loaded.active():
        if text == module.name or text.startswith(module.name + "/"):
            return Request(module.full_name)
    return request


def purge(context: Context) -> None:
    """Unload everything."""
    context.session.purge(force=context.line.on("force"))


# Asking.


def is_loaded(context: Context) -> None:
    """Answer by the exit status whether all of the modules are loaded."""
    context.status = 0 if all(context.session.is_loaded(request) for request in context.requests()) else 1


def is_avail(context: Context) -> None:
    """Answer by the exit status whether all of the modules could be loaded now."""
    context.status = 0 if all(context.session.find(request) for request in context.requests()) else 1


def _at_home(module: str, function: str) -> Callable[[Context], None]:
    """Return a command that lives in a module of its own, which is imported when the command is given."""

    def run(context: Context) -> None:
        getattr(__import__(f"lmodpy.cli.{module}", fromlist=[function]), function)(context)

    return run


COMMANDS: dict[str, Callable[[Context], None]] = {
    "avail": _at_home("listings", "avail"),
    "help": _at_home("readings", "help_"),
    "is-avail": is_avail,
    "is-loaded": is_loaded,
    "list": _at_home("listings", "list_"),
    "load": load,
    "purge": purge,
    "refresh": _at_home("errands", "refresh"),
    "reset": _at_home("errands", "reset"),
    "show": _at_home("readings", "show"),
    "swap": swap,
    "try-load": try_load,
    "unload": unload,
    "unuse": _at_home("errands", "unuse"),
    "update": _at_home("errands", "update"),
    "use": _at_home("errands", "use"),
    "whatis": _at_home("readings", "whatis"),
}
"""Each sub-command and what runs it."""
