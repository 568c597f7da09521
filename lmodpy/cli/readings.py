"""The commands that show what one modulefile says: show, help, whatis."""

from __future__ import annotations

from lmodpy import system
from lmodpy.errors import LmodError, ModulefileError, ModuleNotFound
from lmodpy.modulefile.operations_seldom import Help, Whatis
from lmodpy.report.details import help_text, path_text, show_text, whatis_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from lmodpy.cli.context import Context
    from lmodpy.names.request import Request
    from lmodpy.session.loaded import Loaded
    from lmodpy.tree.directory import Modulefile

    Named = Modulefile | Loaded


def show(context: Context) -> None:
    """Show what the named modulefiles say; with --location or --terse where they lie, with --raw the files."""
    if context.line.on("json"):
        _answer(context, _shown_data)
        return
    texts = context.listing
    for module, request in meant(context):
        if context.line.on("location"):
            texts.append(f"{module.path}\n")
        elif context.line.on("terse"):
            texts.append(_paths(context, module, request))
        elif context.line.on("raw"):
            texts.append(_content(module.path))
        else:
            frame = context.session.read(module, "show", request)
            texts.append(show_text(module.path, frame.journal, context.width()))


def _paths(context: Context, module: Modulefile | Loaded, request: Request) -> str:
    """Return the path of a modulefile and of those that it inherits from; of one that is broken, its own."""
    try:
        calls = context.session.read(module, "show", request).journal
    except ModulefileError:
        calls = []
    return path_text(module.path, calls)


def help_(context: Context) -> None:
    """Show the help of the named modules."""
    if context.line.on("json"):
        _answer(context, lambda *named: {"help": _help(*named)}, must=False)
        return
    for module, request in meant(context, must=False):
        text = _help(context, module, request)
        context.listing.append(help_text(module.full_name, _shown(context, text), context.width()))


def whatis(context: Context) -> None:
    """Show the one-line descriptions of modules."""
    if context.line.on("json"):
        _answer(context, lambda *named: {"whatis": _whatis(*named)}, must=False)
        return
    for module, request in meant(context, must=False):
        lines = [_shown(context, text).strip("\n") for text in _whatis(context, module, request)]
        context.listing.append(whatis_text(module.full_name, lines))


def _answer(context: Context, tell: Callable[[Context, Named, Request], dict[str, Any]], *, must: bool = True) -> None:
    """Answer with JSON: for each of the named modules what it is called, and what is told about it."""
    from lmodpy.report.data import module_data  # noqa: PLC0415 - only for programs

    found = [(module_data(module), tell(context, module, request)) for module, request in meant(context, must=must)]
    context.answer({"modules": [{**names, **told} for names, told in found]})


def _shown_data(context: Context, module: Named, request: Request) -> dict[str, Any]:
    if context.line.on("raw"):
        return {"text": _content(module.path)}
    from lmodpy.report.data import calls_data  # noqa: PLC0415 - only for programs

    return {"calls": calls_data(context.session.read(module, "show", request).journal)}


def _help(context: Context, module: Named, request: Request) -> str:
    said = [call.operation for call in context.session.read(module, "help", request).journal]
    return "".join(op.text for op in said if isinstance(op, Help))


def _whatis(context: Context, module: Named, request: Request) -> list[str]:
    said = [call.operation for call in context.session.read(module, "whatis", request).journal]
    return [op.text for op in said if isinstance(op, Whatis)]


def _shown(context: Context, text: str) -> str:
    """Return a text as it is shown: what is written in Markdown is rendered, where there are colours."""
    if not context.colours():
        return text
    from lmodpy.report.markdown import is_markdown, rendered  # noqa: PLC0415 - only for a terminal

    return rendered(text, context.width()) if is_markdown(text) else text


def check(context: Context) -> None:
    """Evaluate the named modulefiles as if to load them; raises what they would, and nothing else comes of it."""
    for module, request in meant(context):
        context.session.read(module, "check", request)


def meant(context: Context, *, must: bool = True) -> list[tuple[Modulefile | Loaded, Request]]:
    """Return the modules that are meant: the loaded one, if there is no version given, else what could be loaded."""
    session = context.session
    chosen: list[tuple[Modulefile | Loaded, Request]] = []
    for request in context.requests():
        loaded = session.loaded.active_named(request.literally) if not request.variants else None
        module = loaded or session.find(request)
        if module is not None:
            chosen.append((module, request))
        elif must:
            error = ModuleNotFound(f"no module `{request}` can be shown now", names=(str(request),))
            _explain(error, context, request)
            raise error
        else:
            session.warn(f"no module `{request}` can be found now")
    return chosen


def _explain(error: ModuleNotFound, context: Context, request: Request) -> None:
    from lmodpy.cli.ways import explain  # noqa: PLC0415 - only after an error

    explain(error, context, [str(request)])


def _content(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return system.decode(file.read())
    except OSError as error:
        raise LmodError(f"cannot read {path}: {error.strerror}") from None
