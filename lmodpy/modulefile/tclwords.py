"""The words of a Tcl modulefile, those of Lmod and of Environment Modules, said in the words of Lua ones.

Each command takes the run, its own name and its arguments, and returns its result.
"""

from __future__ import annotations

from lmodpy.errors import ModulefileError, Refused
from lmodpy.modulefile.words import complaint, operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from lmodpy.modulefile.tcl import Run

    Command = Callable[[Run, str, list[str]], str | None]
    Options = Mapping[str, str]
    """By spelling: the name of the option, with a colon behind it if a value follows."""

_MODE = {"--mode": "mode:", "-mode": "mode:"}
_RESPECT = dict.fromkeys(("-r", "-respect", "--respect", "--set-if-undef"), "respect")
_DELIMITER = dict.fromkeys(("-d", "-delim", "--delim"), "delim:")
_ON_UNLOAD = {f"--{verb}-on-unload": verb for verb in ("noop", "unset", "append", "prepend", "remove")}
_PATH = _DELIMITER | _MODE | _ON_UNLOAD | {"--duplicates": "duplicates", "--index": "index", "--glob": "glob"}
_NEED = {"--optional": "optional", "--tag": "tag:", "--modulepath": "modulepath:", "--not-req": "not-req"}


def parsed(word: str, args: Sequence[str], known: Options) -> tuple[dict[str, str], list[str]]:
    """Return the options in front of a command's arguments, by name, and the arguments; raises ModulefileError."""
    found: dict[str, str] = {}
    rest = list(args)
    while rest and rest[0].startswith("-") and len(rest[0]) > 1:
        option, equals, value = rest.pop(0).partition("=")
        if option == "--":
            break
        name = known.get(option)
        if name is None:
            if not option.startswith("--"):
                rest.insert(0, option + equals + value)
                break
            raise complaint(word, f"does not know {option}; it takes {', '.join(known) or 'no options'}")
        if name.endswith(":") and not equals:
            if not rest:
                raise complaint(word, f"takes a value behind {option}")
            value = rest.pop(0)
        found[name.removesuffix(":")] = value
    return found, rest


def said(run: Run, word: str, *args: Any, spelt: str = "", **keys: Any) -> object:
    """Say a word of Lua modulefiles, in the table form if there are keys; `spelt`: what Tcl calls it."""
    given = {key: value for key, value in keys.items() if value is not None}
    arguments: tuple[Any, ...] = ({**dict(enumerate(args, 1)), **given},) if given else args
    try:
        call = operation(word, arguments)
    except ModulefileError as error:
        if spelt:
            error.args = (error.text.replace(f"`{word}`", f"`{spelt}`", 1),)
            error.text = error.args[0]
        run.host.misused(error)
        return None
    run.acts = True
    return run.host.perform(call)


def modes(options: Mapping[str, str]) -> dict[int, str] | None:
    """Return what --mode says, as modeA does."""
    return dict(enumerate(options["mode"].split(), 1)) if "mode" in options else None


def _plain(word: str) -> Command:
    """Return the command that says a word with just its arguments."""

    def command(run: Run, spelt: str, args: list[str]) -> None:
        said(run, word, *args, spelt=spelt)

    return command


def _setenv(run: Run, spelt: str, args: list[str]) -> None:
    options, args = parsed(spelt, args, _RESPECT | _MODE)
    respect = (True,) if "respect" in options and len(args) == 2 else ()
    said(run, "setenv", *args, *respect, spelt=spelt, modeA=modes(options))


def _pushenv(run: Run, spelt: str, args: list[str]) -> None:
    options, args = parsed(spelt, args, _MODE)
    said(run, "pushenv", *args, spelt=spelt, modeA=modes(options))


def _unsetenv(run: Run, spelt: str, args: list[str]) -> None:
    options, args = parsed(spelt, args, _MODE | _ON_UNLOAD)
    said(run, "unsetenv", *args, spelt=spelt, modeA=modes(options))
    if "unset" in options:
        said(run, "unsetenv", *args, spelt=spelt, modeA={1: "unload"})


def _path(word: str) -> Command:
    def command(run: Run, spelt: str, args: list[str]) -> None:
        options, args = parsed(spelt, args, _PATH)
        if len(args) < 2:
            raise complaint(spelt, "takes the name of a variable and at least one value")
        name, *values = args
        delimiter = options.get("delim")
        priority = None
        if "index" in options or "glob" in options:
            values = _chosen(run, name, delimiter or ":", values, by="index" if "index" in options else "glob")
        elif len(values) == 2 and values[1].lstrip("-").isdecimal():
            priority = int(values.pop())
        for value in values if word == "remove_path" else [(delimiter or ":").join(values)]:
            keys = {"delim": delimiter, "priority": priority, "modeA": modes(options)}
            keys["duplicates"] = True if "duplicates" in options else None
            said(run, word, name, value, spelt=spelt, **keys)

    return command


def _chosen(run: Run, name: str, delimiter: str, wanted: Sequence[str], *, by: str) -> list[str]:
    """Return the entries of a variable at some places (the last is -1), or those that fit a pattern."""
    entries = [entry for entry in (run.host.getenv(name) or "").split(delimiter) if entry]
    if by == "glob":
        from fnmatch import fnmatchcase  # noqa: PLC0415 - few modulefiles have it

        return [entry for entry in entries if any(fnmatchcase(entry, pattern) for pattern in wanted)]
    return [entries[place] for place in map(int, wanted) if -len(entries) <= place < len(entries)]


def _modules(word: str) -> Command:
    """Return the command that says a word with names of modules."""

    def command(run: Run, spelt: str, args: list[str]) -> None:
        options, names = parsed(spelt, args, _NEED)
        if run.host.mode_name == "load" and ("optional" in options or "modulepath" in options):
            from lmodpy.modulefile.tclquestions import there  # noqa: PLC0415 - few modulefiles have it

            found = [name for name in names if there(run, name, options.get("modulepath", ""))]
            if not found and "optional" not in options:
                raise Refused(f"{', '.join(names)} must be there in {options['modulepath']}")
            names = found
        if names or "optional" not in options:
            said(run, word, *names, spelt=spelt)
        _tag(run, names, options)

    return command


def _tag(run: Run, names: Sequence[str], options: Mapping[str, str]) -> None:
    """Give modules the tags of --tag, once they are loaded."""
    if "tag" in options and run.host.mode_name == "load":
        run.host.tag(names, [tag for tag in options["tag"].replace(",", ":").split(":") if tag])


def _loading(word: str) -> Command:
    def command(run: Run, spelt: str, args: list[str]) -> None:
        options, names = parsed(spelt, args, _MODE | _NEED)
        said(run, word, *names, spelt=spelt, modeA=modes(options))
        _tag(run, names, options)

    return command


def _swap(run: Run, spelt: str, args: list[str]) -> None:
    options, names = parsed(spelt, args, _MODE | _NEED)
    if len(names) not in (1, 2):
        raise complaint(spelt, "takes one or two names of modules")
    old, new = names[0], names[-1]
    said(run, "unload", old.partition("/")[0] if len(names) == 1 else old, spelt=spelt, modeA=modes(options))
    said(run, "load", new, spelt=spelt, modeA=modes(options))
    _tag(run, [new], options)


def _use(run: Run, spelt: str, args: list[str]) -> None:
    back = dict.fromkeys(("-a", "-append", "--append"), "append")
    front = dict.fromkeys(("-p", "-prepend", "--prepend"), "prepend")
    options, folders = parsed(spelt, args, back | front)
    if not folders:
        raise complaint(spelt, "takes the name of a directory")
    said(run, "append_path" if "append" in options else "prepend_path", "MODULEPATH", _joined(folders), spelt=spelt)


def _unuse(run: Run, spelt: str, args: list[str]) -> None:
    said(run, "remove_path", "MODULEPATH", _joined(args), spelt=spelt)


def _joined(folders: Sequence[str]) -> str:
    """Return directories as a value of MODULEPATH; a relative one counts from here."""
    from lmodpy import system  # noqa: PLC0415 - few modulefiles have it

    absolute = (folder if folder[:1] in "/$~" else f"{system.getcwd()}/{folder}" for folder in folders)
    return ":".join(absolute)


def _module(run: Run, spelt: str, args: list[str]) -> str | None:
    """Do what `module WORD` says within a modulefile."""
    word, *rest = args or [""]
    if word not in _MODULE:
        raise complaint(spelt, f"does not know `{word}` in a modulefile; it takes {', '.join(sorted(_MODULE))}")
    return _MODULE[word](run, f"{spelt} {word}", rest)


def _whatis(run: Run, _: str, args: list[str]) -> None:
    said(run, "whatis", " ".join(args).replace("\n", " "))


def _module_help(run: Run, _: str, args: list[str]) -> None:
    said(run, "help", " ".join(args) + "\n")


def _extensions(run: Run, spelt: str, args: list[str]) -> None:
    said(run, "extensions", ", ".join(args), spelt=spelt)


def _puts(run: Run, _: str, args: list[str]) -> None:
    """Write: to the user, to the user's shell before or after everything else, or, in ModulesHelp, the help."""
    channel, text = args
    if run.help is not None:
        run.help.append(text)
    elif run.tests:
        run.host.tell(text)
    elif channel == "stderr":
        said(run, "LmodMsgRaw", text)
    elif channel == "prestdout":
        run.host.write(text)
    elif channel == "stdout":
        mode = run.host.mode_name
        said(run, "execute", cmd=text.removesuffix("\n"), modeA={1: mode if mode == "unload" else "load"})


def _variant(run: Run, spelt: str, args: list[str]) -> str:
    """Have a variant; return its name and, behind a blank, its value, if it has one now."""
    options, names = parsed(spelt, args, {"--boolean": "boolean", "--default": "default:"})
    if not names:
        raise complaint(spelt, "takes the name of a variant")
    switch = True if "boolean" in options else None
    said(run, "variant", *names, spelt=spelt, boolean=switch, default=options.get("default"))
    value = run.host.variant(names[0])
    return names[0] if value is None else f"{names[0]} {int(value) if isinstance(value, bool) else value}"


def _message(word: str) -> Command:
    def command(run: Run, spelt: str, args: list[str]) -> None:
        said(run, word, " ".join(parsed(spelt, args, {"-nonewline": "nonewline"})[1]))

    return command


def _exit(run: Run, _: str, args: list[str]) -> None:
    from lmodpy.modulefile.tcl import Done  # noqa: PLC0415

    status = args[0] if args else "1"
    said(run, "os.exit", int(status) if status.lstrip("-").isdecimal() else 1)
    raise Done


def _source(run: Run, spelt: str, args: list[str]) -> None:
    import shlex  # noqa: PLC0415 - few modulefiles read scripts

    options, (shell, *script) = parsed(spelt, args, {"--ignore": "ignore:"})
    ignored = dict(enumerate(filter(None, options.get("ignore", "").replace(",", ":").split(":")), 1))
    said(run, "source_sh", shell, shlex.join(script), spelt=spelt, ignore=ignored or None)


def _seldom(run: Run, spelt: str, args: list[str]) -> str | None:
    """Do what few modulefiles say or ask."""
    from lmodpy.modulefile.tclquestions import COMMANDS as SELDOM  # noqa: PLC0415

    return SELDOM[spelt](run, spelt, args)


def _elsewhere(_: Run, spelt: str, __: list[str]) -> None:
    raise complaint(spelt, "is for rc files: it belongs into a .modulerc beside the modulefiles")


def _refused(_: Run, spelt: str, __: list[str]) -> None:
    raise complaint(spelt, "is not there in lmodpy: let a program of your own do it, by `execute` or `system`")


_MODULE: dict[str, Command] = {
    **dict.fromkeys(("load", "add"), _loading("load")),
    **dict.fromkeys(("try-load", "try-add"), _loading("try_load")),
    **dict.fromkeys(("unload", "del", "rm", "remove", "delete"), _loading("unload")),
    **dict.fromkeys(("swap", "switch", "sw"), _swap),
    "load-any": _loading("load_any"),
    "use": _use,
    "unuse": _unuse,
    "purge": _plain("purge"),
}

COMMANDS: dict[str, Command] = {
    "setenv": _setenv,
    "unsetenv": _unsetenv,
    "pushenv": _pushenv,
    "prepend-path": _path("prepend_path"),
    "append-path": _path("append_path"),
    "remove-path": _path("remove_path"),
    "set-alias": _plain("set_alias"),
    "unset-alias": _plain("unset_alias"),
    "set-function": _plain("set_shell_function"),
    "unset-function": _plain("unset_shell_function"),
    "complete": _plain("complete"),
    "uncomplete": _plain("uncomplete"),
    "source-sh": _source,
    "module": _module,
    "prereq": _modules("prereq_any"),
    "prereq-any": _modules("prereq_any"),
    "prereq-all": _modules("prereq"),
    "depends-on": _modules("depends_on"),
    "depends-on-any": _modules("depends_on_any"),
    "always-load": _modules("always_load"),
    "conflict": _modules("conflict"),
    "family": _plain("family"),
    "provide": _extensions,
    "extensions": _extensions,
    "add-property": _plain("add_property"),
    "remove-property": _plain("remove_property"),
    "haveDynamicMPATH": _plain("haveDynamicMPATH"),
    "require-fullname": _plain("requireFullName"),
    "module-whatis": _whatis,
    "module-help": _module_help,
    "puts": _puts,
    "report": _message("LmodMessage"),
    "reportWarning": _message("LmodWarning"),
    "reportError": _message("LmodError"),
    "exit": _exit,
    "variant": _variant,
    "chdir": _plain("chdir"),
    "x-resource": _refused,
    **dict.fromkeys(
        (
            *("module-alias", "module-version", "module-virtual", "module-forbid", "module-hide", "module-tag"),
            *("module-warn", "module-deprecate", "hide-version", "hide-modulefile"),
            *("modulepath-label", "modulepath-ignore"),
        ),
        _elsewhere,
    ),
    **dict.fromkeys(
        (
            *("module-info", "is-loaded", "is-avail", "is-saved", "is-used", "getenv", "versioncmp", "getvariant"),
            *("system", "uname", "lsb-release"),
        ),
        _seldom,
    ),
}
