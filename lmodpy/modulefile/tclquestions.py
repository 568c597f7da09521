"""The commands of a Tcl modulefile that answer: about the modules, the shell, the user and the system."""

from __future__ import annotations

from lmodpy.modulefile.words import complaint
from lmodpy.names.request import Request
from lmodpy.names.version import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from lmodpy.modulefile.tcl import Run
    from lmodpy.modulefile.tclwords import Command

    Info = Callable[[Run, str], str]
    """An answer about the module, given the argument of the question ("" for none)."""

_MODES = {
    # of the evaluation: what `module-info mode` answers, and what else it agrees to be
    "load": ("load", ()),
    "unload": ("remove", ("unload",)),
    "show": ("display", ("show",)),
    "help": ("display", ("help",)),
    "whatis": ("display", ("whatis",)),
    "test": ("display", ("test",)),
    "spider": ("spider", ()),
    "checkSyntax": ("load", ()),
}


def _yes(answer: object) -> str:
    return "1" if answer else "0"


def _module_info(run: Run, spelt: str, args: list[str]) -> str:
    topic, *more = args or [""]
    if topic not in _TOPICS or len(more) > 1:
        raise complaint(spelt, f"does not know `{' '.join(args)}`; it takes {', '.join(sorted(_TOPICS))}")
    return _TOPICS[topic](run, more[0] if more else "")


def _mode(run: Run, wanted: str) -> str:
    answer, others = _MODES[run.host.mode_name]
    return _yes(wanted == answer or wanted in others) if wanted else answer


def _is(answer: Callable[[Run], str]) -> Info:
    """Return the topic that tells, or, asked about one value, whether that is it."""
    return lambda run, wanted: _yes(answer(run) == wanted) if wanted else answer(run)


def _among(answer: Callable[[Run], list[str]]) -> Info:
    return lambda run, wanted: _yes(wanted in answer(run)) if wanted else " ".join(answer(run))


def _full_name(run: Run) -> str:
    host = run.host
    return f"{host.name}/{host.version}" if host.version else str(host.name)


def _user(_: Run) -> str:
    from lmodpy import system  # noqa: PLC0415 - few modulefiles ask

    return system.user()[0]


def _groups(_: Run) -> list[str]:
    from lmodpy import system  # noqa: PLC0415 - few modulefiles ask

    return sorted(system.user()[1])


def _version(run: Run, name: str) -> str:
    return run.around.resolved(name) if "/" in name else f"{name}/default"


def _loaded(run: Run, name: str) -> str:
    names = (record["fullName"] for record in run.host.loaded_records())
    return " ".join(full for full in names if full == name or full.startswith(f"{name}/"))


_TOPICS: dict[str, Info] = {
    "mode": _mode,
    "name": lambda run, _: _full_name(run),
    "specified": lambda run, _: str(run.host.asked),
    "shell": _is(lambda run: run.host.shell_name),
    "shelltype": _is(lambda run: run.host.shell_kind),
    "command": _is(lambda run: run.around.command),
    "type": lambda _, __: "Tcl",
    "user": lambda _, __: "",
    "username": _is(_user),
    "usergroups": _among(_groups),
    "version": _version,
    "loaded": _loaded,
    "tags": _among(lambda run: run.host.tags()),
    "flags": lambda _, __: "0",
    "symbols": lambda run, name: ":".join(run.around.symbols(name or _full_name(run))),
    "alias": lambda run, name: run.around.aliases().get(name, ""),
}


def _is_loaded(run: Run, _: str, args: list[str]) -> str:
    if not args:
        return _yes(run.host.loaded_records())
    return _yes(any(run.host.is_loaded(Request.parse(name)) for name in args))


def _is_avail(run: Run, _: str, args: list[str]) -> str:
    return _yes(any(run.host.available(Request.parse(name)) for name in args))


def there(run: Run, name: str, folders: str) -> bool:
    """Say whether a module can be loaded, or is; from one of some directories of MODULEPATH, if any are named."""
    path = run.host.available(Request.parse(name))
    below = tuple(f"{folder.rstrip('/')}/" for folder in folders.split(":") if folder)
    return path is not None and (not below or path.startswith(below))


def _is_saved(run: Run, _: str, args: list[str]) -> str:
    saved = run.around.saved()
    return _yes(any(name in saved for name in args) if args else saved)


def _is_used(run: Run, _: str, args: list[str]) -> str:
    used = [folder.rstrip("/") for folder in (run.host.getenv("MODULEPATH") or "").split(":") if folder]
    return _yes(any(folder.rstrip("/") in used for folder in args) if args else used)


def _getenv(run: Run, _: str, args: list[str]) -> str:
    from lmodpy.modulefile.tclwords import parsed  # noqa: PLC0415 - where this module is imported from

    _options, (name, *fallback) = parsed("getenv", args, {"--return-value": "value"})
    value = run.host.getenv(name)
    return str(value) if value is not None else "".join(fallback)


def _getvariant(run: Run, spelt: str, args: list[str]) -> str:
    from lmodpy.modulefile.tclwords import parsed  # noqa: PLC0415 - where this module is imported from

    _options, names = parsed(spelt, args, {"--return-value": "value"})
    if len(names) not in (1, 2):
        raise complaint(spelt, "takes the name of a variant, and what it is if there is none")
    value = run.host.variant(names[0])
    if isinstance(value, bool):
        return _yes(value)
    return "".join(names[1:]) if value is None else value


def _versioncmp(_: Run, spelt: str, args: list[str]) -> str:
    if len(args) != 2:
        raise complaint(spelt, "takes two versions")
    one, other = map(canonical, args)
    return str((one > other) - (one < other))


def _system(run: Run, _: str, args: list[str]) -> str:
    """Run a command of the shell, which writes to the user; return its exit status."""
    if run.host.mode_name not in ("load", "unload"):
        return "0"
    from lmodpy.modulefile.programs import run_for  # noqa: PLC0415 - few modulefiles start programs

    text, status = run_for(run.host, " ".join(args))
    run.host.tell(text)
    return str(status)


def _uname(_: Run, spelt: str, args: list[str]) -> str:
    import os  # noqa: PLC0415 - few modulefiles ask

    found = os.uname()
    names = {"node": "nodename", "nodename": "nodename", **{key: key for key in ("sysname", "release", "version")}}
    names |= {"machine": "machine", "domain": "domain"}
    if len(args) != 1 or args[0] not in names:
        raise complaint(spelt, f"takes one of {', '.join(names)}")
    if args[0] == "domain":
        return found.nodename.partition(".")[2]
    return str(getattr(found, names[args[0]]))


def _lsb_release(_: Run, spelt: str, args: list[str]) -> str:
    """Return what the system is called, as its own file tells."""
    import platform  # noqa: PLC0415 - few modulefiles ask

    known = {"id": "ID", "release": "VERSION_ID", "codename": "VERSION_CODENAME", "description": "PRETTY_NAME"}
    if len(args) != 1 or args[0] not in known:
        raise complaint(spelt, f"takes one of {', '.join(known)}")
    try:
        return platform.freedesktop_os_release().get(known[args[0]], "n/a")
    except OSError:
        return "n/a"


COMMANDS: dict[str, Command] = {
    "module-info": _module_info,
    "is-loaded": _is_loaded,
    "is-avail": _is_avail,
    "is-saved": _is_saved,
    "is-used": _is_used,
    "getenv": _getenv,
    "versioncmp": _versioncmp,
    "getvariant": _getvariant,
    "system": _system,
    "uname": _uname,
    "lsb-release": _lsb_release,
}
