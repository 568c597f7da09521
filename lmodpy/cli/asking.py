"""Questions of Environment Modules: what is in use, which files names mean, and what the session remembers."""

from __future__ import annotations

from lmodpy.cli.errands import absolute
from lmodpy.env.pathlist import tidy
from lmodpy.errors import LmodError, ModuleNotFound, UsageError
from lmodpy.names.request import Request, satisfies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmodpy.cli.context import Context
    from lmodpy.session.loaded import Loaded
    from lmodpy.tree.directory import Modulefile


def is_used(context: Context) -> None:
    """Answer by the exit status whether one of some directories is in MODULEPATH; without any, whether one is."""
    session = context.session
    named = [part for word in context.line.words for part in word.split(":") if part]
    paths = {tidy(absolute(session, directory), session.env.rules.home) for directory in named}
    roots = set(session.roots())
    context.status = 0 if (roots & paths if named else roots) else 1


def info_loaded(context: Context) -> None:
    """Name the loaded modules that some names mean; the exit status says whether there are any."""
    active = [module for module in context.begun.state.modules if module.active]
    requests = [Request.parse(word) for word in context.line.words]
    found = [m for m in active if not requests or any(satisfies(r, m.name, m.version, "isloaded") for r in requests)]
    _tell(context, [module.full_name for module in found], " ")
    context.status = 0 if found else 1


def path(context: Context) -> None:
    """Name the file of the module that would be loaded."""
    _tell(context, [_found(context, request).path for request in context.requests()])


def paths(context: Context) -> None:
    """Name the files of all modules that a name means, along MODULEPATH; the exit status says whether there are any."""
    session = context.session
    requests = [request._replace(latest=False) for request in context.requests()]
    found = [
        module.path
        for root in dict.fromkeys(session.roots())
        for module in session.tree.all(root)
        if any(satisfies(request, module.name, module.version, "isloaded") for request in requests)
    ]
    _tell(context, list(dict.fromkeys(found)))
    context.status = 0 if found else 1


def test(context: Context) -> None:
    """Run the tests of modules, which Tcl modulefiles may have; each must say that it has passed."""
    for module in [_found(context, request) for request in context.requests()]:
        verdict = context.session.read(module, "test").verdict
        if not verdict:
            raise LmodError(
                f"{module.full_name} has no test: its modulefile defines no ModulesTest, as a Tcl one can",
                hint=f"`module --check_syntax load {module.full_name}` sees whether it could be loaded",
            )
        if verdict.lower() in ("0", "no", "false", "off"):
            raise LmodError(f"{module.full_name} has failed its test")
        context.session.say(f"{module.full_name} has passed its test\n")


def state(context: Context) -> None:
    """Show what the session remembers, to find out why something happens."""
    kept = context.begun.state
    modules = [module._asdict() for module in kept.modules]
    owners = {name: context.session.env.owners(name) for name, history in kept.histories.items() if history.owned}
    parts: dict[str, object] = {
        "shell": context.speaker.name,
        "modulepath": context.session.roots(),
        "modules": modules,
        "variables": owners,
    }
    wanted = context.line.words or tuple(parts)
    unknown = [name for name in wanted if name not in parts]
    if unknown:
        raise UsageError(f"the session has no `{unknown[0]}`", hint=f"it has {', '.join(parts)}")
    if context.line.on("json"):
        context.answer({name: parts[name] for name in wanted})
        return
    texts = {
        "shell": [context.speaker.name],
        "modulepath": context.session.roots(),
        "modules": map(_module_line, kept.modules),
        "variables": [f"{name}: changed by {', '.join(names)}" for name, names in sorted(owners.items())],
    }
    for name in wanted:
        context.listing.append("".join((f"{name}:\n", *(f"  {line}\n" for line in texts[name]))))


def _module_line(module: Loaded) -> str:
    """Tell what is known of a loaded module, as far as it is out of the ordinary."""
    facts = (
        ("" if module.active else "inactive"),
        ("" if module.wanted else "for others"),
        (f"asked for as {module.asked}" if module.asked != module.full_name else ""),
        (f"loaded {', '.join(module.brings)}" if module.brings else ""),
        (f"needs {', '.join(module.needs)}" if module.needs else ""),
        ("" if module.recorded else "without a record"),
    )
    return f"{module.full_name}  {module.path}  {'; '.join(fact for fact in facts if fact)}".rstrip()


def _found(context: Context, request: Request) -> Modulefile:
    module = context.session.find(request)
    if module is not None:
        return module
    error = ModuleNotFound(f"no module `{request}` can be found now", names=(str(request),))
    from lmodpy.cli.ways import explain  # noqa: PLC0415 - only after an error

    explain(error, context, [str(request)])
    raise error


def _tell(context: Context, texts: Iterable[str], between: str = "\n") -> None:
    """Answer with some texts where `$(module …)` gets them: on stdout, if the shell can print."""
    found = list(texts)
    if context.line.on("json"):
        context.answer({"answer": found})
    elif found:
        context.settings.choose({"redirect": "yes"})
        context.listing.append(between.join(found) + "\n")
