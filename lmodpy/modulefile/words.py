"""The words of a modulefile: how each is spelt and what its arguments must be. What they mean is not told here.

`OPERATIONS` makes an operation of the arguments; `QUESTIONS` (in questions.py) answers at once. A word takes its
arguments one by one or, where Lmod allows it, as one table with `priority`, `delim` and `modeA`.
"""

from __future__ import annotations

from lmodpy.env.diff import is_identifier
from lmodpy.errors import ModulefileError
from lmodpy.modulefile import operations as op
from lmodpy.names.request import Request
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Maker = Callable[[str, tuple[Any, ...], dict[str, Any]], object]

_ALWAYS: frozenset[str] = frozenset()
_NO_KEYS: dict[str, Any] = {}
_KNOWN: set[str] = set()
"""Names of variables that were looked at already: most modulefiles set the same few."""
_KEYS = frozenset(("n", "delim", "modeA", "mode", "priority", "kind"))
_MODES = frozenset(("normal", "load", "unload"))
_COLON_FREE = frozenset(("PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "MODULEPATH"))


def operation(word: str, args: tuple[Any, ...]) -> op.Call:
    """Return what a word says; raises ModulefileError if the arguments do not fit."""
    maker, has_table_form = OPERATIONS[word]
    if not (has_table_form and len(args) == 1 and isinstance(args[0], dict)):
        return made(op.Call, (word, args, maker(word, args, _NO_KEYS), _ALWAYS))
    positional, keys = _table_form(word, args[0])
    return op.Call(word, args, maker(word, positional, keys), _only(word, keys))


def said(word: str, value: Any) -> str:
    """Return a string, number or boolean as the text that Lua's tostring makes of it."""
    if isinstance(value, str):
        return value if "\0" not in value else _text(word, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = f"{value:.14g}"
        return text if any(char in text for char in ".en") else text + ".0"
    if isinstance(value, int):
        return str(value)
    raise _complaint(word, f"takes text or a number, not {kind(value)}")


def kind(value: Any) -> str:
    """Return what a value is, in a modulefile author's words."""
    if value is None:
        return "nil (was a variable never set?)"
    return {dict: "a table", bool: "a boolean"}.get(type(value), f"a {type(value).__name__}")


def _complaint(word: str, text: str) -> ModulefileError:
    return ModulefileError(f"`{word}` {text}")


def _table_form(word: str, table: dict[Any, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Split a table into what stands under 1, 2, 3… and what stands under a name."""
    count = 0
    while count + 1 in table:
        count += 1
    keys = {key: value for key, value in table.items() if isinstance(key, str) and not key.startswith("_")}
    unknown = sorted(set(keys) - _KEYS)
    if unknown:
        raise _complaint(word, f"does not know `{unknown[0]}`; it takes {', '.join(sorted(_KEYS - {'n', 'mode'}))}")
    return tuple(table[place] for place in range(1, count + 1)), keys


def _only(word: str, keys: dict[str, Any]) -> frozenset[str]:
    """Return the modes that `modeA` names; empty where it says nothing but the usual."""
    named = keys.get("modeA", keys.get("mode"))
    if named is None:
        return _ALWAYS
    members: list[Any] = list(named.values()) if isinstance(named, dict) else [named]
    wrong = [member for member in members if member not in _MODES]
    if wrong:
        raise _complaint(word, f"takes {', '.join(sorted(_MODES))} in modeA, not {wrong[0]!r}")
    return frozenset() if "normal" in members else frozenset(members)


def _count(word: str, args: Sequence[Any], least: int, most: int) -> None:
    if not least <= len(args) <= most:
        takes = str(least) if least == most else f"{least} to {most}"
        raise _complaint(word, f"takes {takes} argument{'s' if most > 1 else ''}, not {len(args)}")


def _text(word: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _complaint(word, f"takes text, not {kind(value)}")
    if "\0" in value:
        raise _complaint(word, "takes no text with a NUL byte in it: no environment can hold that")
    return value


def _texts(word: str, args: Sequence[Any]) -> tuple[str, ...]:
    return tuple(_text(word, value) for value in args)


def _variable(word: str, value: Any) -> str:
    if type(value) is str and value in _KNOWN:
        return value
    name = _text(word, value).strip()
    if not is_identifier(name):
        raise _complaint(word, f"takes the name of a variable (letters, digits, _), not {name!r}")
    _KNOWN.add(name)
    return name


def _command_name(word: str, value: Any) -> str:
    name = _text(word, value)
    safe = name and all(char.isalnum() or char in "_.+:@%,-" for char in name) and name.isascii()
    if not safe or name[0] == "-":
        raise _complaint(word, f"takes a name made of letters, digits and _ . + : @ % , -, not {name!r}")
    return name


# Makers: the word, its arguments, and the keys of the table form.


def _setenv(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    _count(word, args, 2, 3)
    respect = len(args) == 3 and bool(args[2])
    return made(op.SetEnv, (_variable(word, args[0]), said(word, args[1]), respect))


def _unsetenv(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    _count(word, args, 1, 2)
    return op.UnsetEnv(_variable(word, args[0]))


def _pushenv(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    _count(word, args, 2, 2)
    return op.PushEnv(_variable(word, args[0]), None if args[1] is False else said(word, args[1]))


def _path_edit(verb: str) -> Maker:
    def make(word: str, args: tuple[Any, ...], keys: dict[str, Any]) -> object:
        _count(word, args, 2, 3)
        name, text, sep = _variable(word, args[0]), said(word, args[1]), ":"
        if keys or len(args) == 3:
            sep = _text(word, keys.get("delim", args[2] if len(args) == 3 else ":")) or ":"
        if name in _COLON_FREE and (not text or sep in text):
            text = sep.join(part for part in text.split(sep) if part)
            if not text:
                raise _complaint(word, f"would put an empty entry, the current directory, into {name}")
        if keys and name == "MODULEPATH" and _only(word, keys):
            raise _complaint(word, "cannot change MODULEPATH in one mode only")
        paths = tuple(_entries(text, sep)) if sep in text else (text,)
        priority = _priority(word, keys["priority"]) if "priority" in keys else 0
        return made(op.EditPath, (name, verb, paths, sep, priority))

    return make


def _entries(text: str, sep: str) -> list[str]:
    parts = text.split(sep)
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts


def _priority(word: str, value: Any) -> int:
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        raise _complaint(word, f"takes a number as priority, not {value!r}") from None


def _requests(word: str, args: Sequence[Any], *, strict: bool) -> tuple[Request, ...]:
    """Return what is asked for; the loading words pass over what is neither a name nor a range, as Lmod does."""
    found = []
    for value in args:
        if isinstance(value, Request):
            found.append(value)
        elif isinstance(value, str):
            found.append(Request.parse(_text(word, value).strip()))
        elif strict:
            raise _complaint(word, f"takes names of modules, not {kind(value)}")
    return tuple(found)


def _load(verb: str) -> Maker:
    def make(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
        requests = _requests(word, args, strict=False)
        if not requests:
            raise _complaint(word, "takes the name of at least one module")
        return op.Load(requests, verb)

    return make


def _unload(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    return op.Unload(_requests(word, args, strict=False))


def _any_or_all(made: Callable[[tuple[Request, ...], bool], object], *, any_of: bool) -> Maker:
    return lambda word, args, _: made(_requests(word, args, strict=True), any_of)


def _conflict(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    return op.Conflict(_requests(word, args, strict=True))


def _family(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    _count(word, args, 1, 1)
    return op.Family(_variable(word, args[0]))


def _set_alias(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    _count(word, args, 2, 2)
    return op.SetAlias(_command_name(word, args[0]), said(word, args[1]))


def _set_function(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    _count(word, args, 2, 3)
    return op.SetFunction(_command_name(word, args[0]), *_texts(word, args[1:]), *("",) * (3 - len(args)))


def _unset(made: Callable[[str], object]) -> Maker:
    def make(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
        _count(word, args, 1, 3)
        return made(_command_name(word, args[0]))

    return make


def _whatis(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    return op.Whatis(" ".join(_texts(word, args)))


def _help(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    return op.Help("".join(_texts(word, args)))


def _extensions(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    names = (name.strip() for text in _texts(word, args) for name in text.split(","))
    return op.Extensions(tuple(name for name in names if name))


def _property(verb: str) -> Maker:
    def make(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
        _count(word, args, 2, 2)
        return op.Property(verb, _variable(word, args[0]), _text(word, args[1]))

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
        raise _complaint(word, 'takes a table with cmd and modeA: execute{cmd="…", modeA={"load"}}')
    return op.Execute(table["cmd"], _texts(word, list(modes.values())))


def _purge(_: str, args: tuple[Any, ...], __: dict[str, Any]) -> object:
    return op.Purge(bool(args and isinstance(args[0], dict) and args[0].get("force")))


def _alone(made: Callable[[], object]) -> Maker:
    return lambda _word, _args, _keys: made()


def _exit(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    status = args[0] if args else 0
    if isinstance(status, bool) or not isinstance(status, int):
        status = 0 if status is True else 1
    _count(word, args, 0, 2)
    return op.ExitCommand(status & 255)


OPERATIONS: dict[str, tuple[Maker, bool]] = {
    # word                  (maker, has a table form)
    "setenv": (_setenv, True),
    "unsetenv": (_unsetenv, True),
    "pushenv": (_pushenv, True),
    "prepend_path": (_path_edit("prepend"), True),
    "append_path": (_path_edit("append"), True),
    "remove_path": (_path_edit("remove"), True),
    "set_alias": (_set_alias, False),
    "unset_alias": (_unset(op.UnsetAlias), False),
    "set_shell_function": (_set_function, False),
    "unset_shell_function": (_unset(op.UnsetFunction), False),
    "load": (_load("load"), True),
    "try_load": (_load("try_load"), True),
    "try_add": (_load("try_load"), True),
    "load_any": (_load("load_any"), True),
    "always_load": (_load("always_load"), True),
    "unload": (_unload, True),
    "always_unload": (_unload, True),
    "depends_on": (_any_or_all(op.DependsOn, any_of=False), False),
    "depends_on_any": (_any_or_all(op.DependsOn, any_of=True), False),
    "prereq": (_any_or_all(op.Prereq, any_of=False), False),
    "prereq_any": (_any_or_all(op.Prereq, any_of=True), False),
    "conflict": (_conflict, False),
    "family": (_family, False),
    "whatis": (_whatis, False),
    "help": (_help, False),
    "extensions": (_extensions, False),
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
    "inherit": (_alone(op.Inherit), False),
    "purge": (_purge, False),
    "haveDynamicMPATH": (_alone(op.DynamicTree), False),
    "requireFullName": (_alone(op.RequireFullName), False),
    "os.exit": (_exit, False),
}

# What an rc file can say: the word, and the operation made of its texts.
RC_WORDS: dict[str, Callable[[tuple[str, ...]], object]] = {
    "module_version": lambda texts: op.ModuleVersion(texts[0], texts[1:]),
    "module_alias": lambda texts: op.ModuleAlias(*texts),
    "hide_version": lambda texts: op.HideVersion(*texts),
    "hide_modulefile": lambda texts: op.HideModulefile(*texts),
}


def rc_operation(word: str, args: tuple[Any, ...]) -> object:
    """Return what a word of an rc file says; raises ModulefileError if the arguments do not fit."""
    try:
        return RC_WORDS[word](_texts(word, args))
    except (IndexError, TypeError):
        raise _complaint(word, f"cannot do with {len(args)} arguments") from None
