"""The sub-commands, each a function that reads as what it does."""

from __future__ import annotations

from lmodpy.cli.context import Context
from lmodpy.errors import ModuleNotFound, UsageError
from lmodpy.names.request import Request, requests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import NamedTuple

    from lmodpy.cli.arguments import Line
    from lmodpy.config import Settings
    from lmodpy.env.diff import Diff
    from lmodpy.shells.base import Shell

    Answer = Callable[[Context], None] | tuple[str, str]
else:
    from lmodpy.values import NamedTuple


class Result(NamedTuple):
    """What a command leaves: the difference for the shell, messages, exit status, what was asked for."""

    diff: Diff
    told: str = ""
    status: int = 0
    listing: str = ""
    runs: bool = False
    """The shell is to run a program, whose status is that of the command."""

    @property
    def text(self) -> str:
        """Everything for people."""
        return self.listing + self.told


def run_line(
    line: Line, speaker: Shell, environ: Mapping[str, str], settings: Settings, say: Callable[[str], None]
) -> Result:
    """Run a sub-command on an environment and return what it leaves; raises LmodError."""
    if line.options:
        from lmodpy.cli.options import chosen  # noqa: PLC0415 - imported already, if there are any

        settings.choose(chosen(line.options))
    answer = next((ANSWERS[option] for option in line.options if option in ANSWERS), None) or COMMANDS.get(line.command)
    if line.on("help") or (line.command == "help" and not line.words) or not (answer or line.command):
        from lmodpy.cli.usage import USAGE  # noqa: PLC0415 - only when asked for

        return _answer(USAGE, status=0 if line.command or line.on("help") else 1)
    if answer is None:
        raise UsageError(f"`module {line.command}` is a word of Lmod that lmodpy does not have yet")
    paths = settings.site_files()
    if paths or settings.text("plugins") or settings.text("messages_file"):
        from lmodpy.cli import site  # noqa: PLC0415 - not every site has such files

        return Result(*site.run(paths, command(answer), line, speaker, environ, settings, say))
    context = Context(line, speaker, environ, settings, say)
    command(answer)(context)
    diff, told = context.finish()
    return Result(diff, told, context.status, "".join(context.listing), context.runs)


def _answer(text: str, status: int = 0) -> Result:
    from lmodpy.env.diff import Diff  # noqa: PLC0415 - only for answers that need no session

    return Result(Diff(), "", status, text)


# Changing what is loaded.


def load(context: Context) -> None:
    """Load modules, and unload those written `-name`."""
    words = context.line.words
    gone = [Request.parse(word[1:]) for word in words if word.startswith("-") and len(word) > 1]
    if "-" in words:
        raise UsageError("a lone `-` names no module", hint="`-name` unloads, `name` loads")
    wanted = [word for word in words if not word.startswith("-")]
    if not words:
        context.requests()
    if gone:
        _note_unknown(context, context.session.unload(gone, force=context.line.on("force")))
    try:
        context.session.load(requests(wanted, newest=context.line.on("latest")))
    except ModuleNotFound as error:
        _explain(error, context, wanted)
        raise
    _tag(context, wanted)


def try_load(context: Context) -> None:
    """Load what there is of the modules."""
    context.session.load(context.requests(), must=False)
    _tag(context, context.line.words)


def _tag(context: Context, names: Sequence[str]) -> None:
    """Give the modules that were loaded the tags of --tag."""
    if context.line.on("tag"):
        from lmodpy.session.admission import put_tags  # noqa: PLC0415 - seldom asked for

        tags = context.line.options["tag"].replace(",", ":").split(":")
        put_tags(context.session, names, [tag for tag in tags if tag])


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
        _explain(error, context, [requests[-1].text])
        raise
    _tag(context, context.line.words[-1:])


def _explain(error: ModuleNotFound, context: Context, wanted: list[str]) -> None:
    """Give the error a hint; who calls himself an expert wants no search."""
    if not context.settings.flag("expert"):
        from lmodpy.cli.ways import explain  # noqa: PLC0415 - only after an error

        explain(error, context, wanted)


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


def command(answer: Answer) -> Callable[[Context], None]:
    """Return the function that runs a sub-command, imported now if it lives in a module of its own."""
    if isinstance(answer, tuple):
        module, function = answer
        made: Callable[[Context], None] = getattr(__import__(f"lmodpy.cli.{module}", fromlist=[function]), function)
        return made
    return answer


COMMANDS: dict[str, Answer] = {
    "aliases": ("overviews", "aliases"),
    "append-path": ("byhand", "append_path"),
    "avail": ("listings", "avail"),
    "category": ("keywords", "category"),
    "clear": ("byhand", "clear"),
    "config": ("configuring", "config"),
    "describe": ("collections", "describe"),
    "disable": ("collections", "disable"),
    "edit": ("running", "edit"),
    "getdefault": ("collections", "restore"),
    "help": ("readings", "help_"),
    "info-loaded": ("asking", "info_loaded"),
    "is-avail": is_avail,
    "is-loaded": is_loaded,
    "is-saved": ("collections", "is_saved"),
    "is-used": ("asking", "is_used"),
    "keyword": ("keywords", "keyword"),
    "last-error": ("overviews", "last_error"),
    "list": ("listings", "list_"),
    "load": load,
    "load-any": ("running", "load_any"),
    "mod-to-sh": ("running", "mod_to_sh"),
    "overview": ("overviews", "overview"),
    "path": ("asking", "path"),
    "paths": ("asking", "paths"),
    "prepend-path": ("byhand", "prepend_path"),
    "purge": purge,
    "refresh": ("errands", "refresh"),
    "remove-path": ("byhand", "remove_path"),
    "reset": ("errands", "reset"),
    "restore": ("collections", "restore"),
    "run": ("running", "run"),
    "save": ("collections", "save"),
    "savelist": ("collections", "savelist"),
    "search": ("keywords", "keyword"),
    "sh-to-mod": ("converting", "sh_to_mod"),
    "show": ("readings", "show"),
    "spider": ("spider", "spider"),
    "stash": ("stashes", "stash"),
    "stashclear": ("stashes", "stashclear"),
    "stashlist": ("stashes", "stashlist"),
    "stashpop": ("stashes", "stashpop"),
    "stashrm": ("stashes", "stashrm"),
    "stashshow": ("stashes", "stashshow"),
    "state": ("asking", "state"),
    "swap": swap,
    "tablelist": ("overviews", "tablelist"),
    "test": ("asking", "test"),
    "try-load": try_load,
    "unload": unload,
    "unuse": ("errands", "unuse"),
    "update": ("errands", "update"),
    "use": ("errands", "use"),
    "whatis": ("readings", "whatis"),
    "whence": ("whence", "whence"),
}
"""Each sub-command and what runs it: a function, or the module of this package and the function in it."""

ANSWERS: dict[str, Answer] = {
    "check_syntax": ("answers", "check_syntax"),
    "config": ("configuring", "report"),
    "config_json": ("configuring", "as_json"),
    "dumpname": ("answers", "dumpname"),
    "dumpversion": ("answers", "dumpversion"),
    "echo": ("answers", "echo"),
    "echo_only": ("answers", "echo"),
    "gitversion": ("answers", "gitversion"),
    "miniConfig": ("configuring", "report"),
    "table": ("overviews", "module_table"),
    "version": ("answers", "version"),
}
"""The options that are answered in place of a sub-command."""
