"""The words that few modulefiles use; the rest of words.py."""

from __future__ import annotations

from lmodpy.env.diff import is_command_name
from lmodpy.modulefile import operations_seldom as op
from lmodpy.modulefile.operations import Load
from lmodpy.modulefile.words import any_or_all, complaint, count, requests_of, said, text_of, texts_of, variable
from lmodpy.names.request import Request
from lmodpy.names.specifiers import SWITCH, is_variant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from lmodpy.modulefile.words import Maker


def command_name(word: str, value: Any) -> str:
    """Return an argument that names an alias or a shell function; raises ModulefileError if no shell could take it."""
    name = text_of(word, value)
    if not is_command_name(name):
        raise complaint(word, f"takes a name made of letters, digits and _ . + : @ % , - (not in front), not {name!r}")
    return name


# Makers: the word, its arguments, and the keys of the table form.


def _unsetenv(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    count(word, args, 1, 2)
    return op.UnsetEnv(variable(word, args[0]))


def _whatis(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    return op.Whatis(" ".join(texts_of(word, args)))


def _help(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    return op.Help("".join(texts_of(word, args)))


def _unload(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    return op.Unload(requests_of(word, args, strict=False))


def _set_alias(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    count(word, args, 2, 2)
    return op.SetAlias(command_name(word, args[0]), said(word, args[1]))


def _set_function(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    if len(args) < 2:
        raise complaint(word, "takes a name and a body, and perhaps one for the csh family")
    return op.SetFunction(command_name(word, args[0]), *(*texts_of(word, args[1:]), "")[:2])


def _unset(made: Callable[[str], object]) -> Maker:
    def make(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
        if not args:
            raise complaint(word, "takes a name")
        return made(command_name(word, texts_of(word, args)[0]))

    return make


def _complete(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    count(word, args, 3, 3)
    shell, command, arguments = texts_of(word, args)
    return op.Complete(shell.strip().lower(), command_name(word, command.strip()), arguments.strip())


def _uncomplete(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    count(word, args, 2, 3)
    shell, command, *_rest = texts_of(word, args)
    return op.Uncomplete(shell.strip().lower(), command_name(word, command.strip()))


def _source(word: str, args: tuple[Any, ...], keys: dict[str, Any]) -> object:
    count(word, args, 2, 2)
    shell, script = texts_of(word, args)
    ignored = keys.get("ignore", {})
    if not isinstance(ignored, dict):
        raise complaint(word, "takes a list of what to ignore: kinds, or names of variables")
    return op.ReadScript(shell.strip(), script.strip(), texts_of(word, tuple(ignored.values())))


def _mgrload(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    count(word, args, 2, 2)
    record = args[1] if isinstance(args[1], dict) else {}
    request = Request.parse(text_of(word, record.get("userName")))
    return Load((request,), "load" if args[0] else "try_load")


def _variant(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    table = args[0] if len(args) == 1 and isinstance(args[0], dict) else dict(enumerate(args, 1))
    unknown = [key for key in table if isinstance(key, str) and key not in ("boolean", "default")]
    if unknown:
        raise complaint(word, f"does not know `{unknown[0]}`; it takes boolean, default")
    name, *values = texts_of(word, [table[key] for key in table if not isinstance(key, str)] or [""])
    if not is_variant(f"+{name}"):
        raise complaint(word, f"takes the name of a variant, not {name!r}")
    switch, default = table.get("boolean") is True, table.get("default")
    if switch and values:
        raise complaint(word, "takes no values for a boolean variant")
    if default is not None:
        default = said(word, default)
        default = SWITCH.get(default.lower(), default) if switch else default
    made = op.Variant(name, ("on", "off") if switch else tuple(values), default, switch)
    if default is not None and made.values and default not in made.values:
        raise complaint(word, f"takes one of {', '.join(made.values)} as default of `{name}`, not {default!r}")
    return made


def _extensions(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    names = (name.strip() for text in texts_of(word, args) for name in text.split(","))
    return op.Extensions(tuple(name for name in names if name))


def _property(verb: str) -> Maker:
    def make(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
        count(word, args, 2, 2)
        return op.Property(verb, variable(word, args[0]), text_of(word, args[1]))

    return make


def _message(sort: str) -> Maker:
    return lambda word, args, _: op.Message(sort, _joined(word, args))


def _complain(*, fatal: bool) -> Maker:
    return lambda word, args, _: op.Complain(_joined(word, args), fatal)


def _joined(word: str, args: Sequence[Any]) -> str:
    return "".join("nil" if value is None else said(word, value) for value in args)


def _break(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    return op.Break(_joined(word, args))


def _execute(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    table = args[0] if len(args) == 1 and isinstance(args[0], dict) else {}
    modes = table.get("modeA")
    if not isinstance(table.get("cmd"), str) or not isinstance(modes, dict):
        raise complaint(word, 'takes a table with cmd and modeA: execute{cmd="…", modeA={"load"}}')
    return op.Execute(table["cmd"], texts_of(word, list(modes.values())))


def _chdir(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    count(word, args, 1, 1)
    return op.ChangeDirectory(text_of(word, args[0]))


def _purge(_: str, args: tuple[Any, ...], __: dict[str, Any]) -> object:
    return op.Purge(bool(args and isinstance(args[0], dict) and args[0].get("force")))


def _alone(made: Callable[[], object]) -> Maker:
    return lambda _word, _args, _keys: made()


def _exit(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    status = args[0] if args else 0
    if isinstance(status, bool) or not isinstance(status, int):
        status = 0 if status is True else 1
    count(word, args, 0, 2)
    return op.ExitCommand(status & 255)


OPERATIONS: dict[str, tuple[Maker, bool]] = {
    # word                  (maker, has a table form)
    "unsetenv": (_unsetenv, True),
    "prereq": (any_or_all(op.Prereq, any_of=False), False),
    "prereq_any": (any_or_all(op.Prereq, any_of=True), False),
    "whatis": (_whatis, False),
    "help": (_help, False),
    "set_alias": (_set_alias, False),
    "unset_alias": (_unset(op.UnsetAlias), False),
    "set_shell_function": (_set_function, False),
    "unset_shell_function": (_unset(op.UnsetFunction), False),
    "export_shell_function": (_unset(op.ExportFunction), False),
    "complete": (_complete, False),
    "uncomplete": (_uncomplete, False),
    "source_sh": (_source, True),
    "mgrload": (_mgrload, False),
    "unload": (_unload, True),
    "always_unload": (_unload, True),
    "extensions": (_extensions, False),
    "variant": (_variant, False),
    "add_property": (_property("add"), False),
    "remove_property": (_property("remove"), False),
    "LmodMessage": (_message("message"), False),
    "LmodMsgRaw": (_message("raw"), False),
    "LmodWarning": (_message("warning"), False),
    "color_banner": (_message("banner"), False),
    "LmodError": (_complain(fatal=False), False),
    "LmodSystemError": (_complain(fatal=True), False),
    "LmodBreak": (_break, False),
    "execute": (_execute, False),
    "chdir": (_chdir, False),
    "inherit": (_alone(op.Inherit), False),
    "purge": (_purge, False),
    "haveDynamicMPATH": (_alone(op.DynamicTree), False),
    "requireFullName": (_alone(op.RequireFullName), False),
    "os.exit": (_exit, False),
}
