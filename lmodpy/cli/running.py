"""Modules for one command only: the code that a load would run, a program with modules, a modulefile in the editor."""

from __future__ import annotations

from lmodpy.cli.commands import load
from lmodpy.env.diff import Diff
from lmodpy.errors import LmodError, ModuleNotFound, UsageError
from lmodpy.shells.base import shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmodpy.cli.context import Context


def load_any(context: Context) -> None:
    """Load the first of some modules that can be loaded, unless one of them is loaded."""
    session, requests = context.session, context.requests()
    if any(session.is_loaded(request) for request in requests):
        return
    for request in requests:
        trouble = session.try_load(request)
        if trouble is None:
            return
        if not isinstance(trouble, ModuleNotFound):
            session.warn(trouble.text)
    names = ", ".join(map(str, requests))
    raise LmodError(f"none of {names} can be loaded now", hint="`module avail` lists what can be")


def mod_to_sh(context: Context) -> None:
    """Print the code that loading some modules would run in a shell, and load nothing."""
    if len(context.line.words) < 2:
        raise UsageError(
            "`module mod-to-sh` takes a shell and names of modules", hint="module mod-to-sh bash NAME > NAME.sh"
        )
    name, *_ = context.line.words
    text = shell(name).render(_loaded(context, context.line.words[1:]))
    if context.line.on("json"):
        context.answer({"shell": name, "text": text})
    else:
        context.settings.choose({"redirect": "yes"})
        context.listing.append(text)


def run(context: Context) -> None:
    """Run a program as if some modules were loaded, in a process of its own."""
    words = context.line.words
    place = words.index("--") if "--" in words else len(words)
    names, program = words[:place], words[place + 1 :]
    if not program:
        raise UsageError("`module run` takes modules, `--` and a command", hint="module run gcc -- gcc --version")
    diff = _loaded(context, names) if names else Diff()
    gone = [word for name, value in sorted(diff.variables.items()) if value is None for word in ("-u", name)]
    given = [f"{name}={value}" for name, value in sorted(diff.variables.items()) if value is not None]
    _let_run(context, ["env", *gone, *given, *program])


def edit(context: Context) -> None:
    """Open the modulefile of a module in the user's editor."""
    requests = context.requests()
    modules = [context.session.find(request) for request in requests]
    missing = [str(request) for request, module in zip(requests, modules, strict=True) if module is None]
    if missing:
        raise ModuleNotFound(f"no module `{missing[0]}` can be found now", hint="module avail", names=tuple(missing))
    environ = context.environ
    editor = context.settings.text("editor") or environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    _let_run(context, [*editor.split(), *(module.path for module in modules if module is not None)])


def _loaded(context: Context, names: Sequence[str]) -> Diff:
    """Return what loading some modules changes; the session stays as it was."""
    line = context.line
    context.line = line._replace(command="load", words=tuple(names))
    load(context)
    context.instead = Diff()
    context.line = line
    return context.session.finish()


def _let_run(context: Context, words: Sequence[str]) -> None:
    """Let the shell run a program: it has the terminal, which this process has not."""
    text = context.speaker.invocation(words)
    if not text:
        raise UsageError(
            f"`module {context.line.command}` is for shells; {context.speaker.name} is none that can do it"
        )
    context.instead = Diff(commands=(text,))
    context.runs = True
