"""The words of a modulefile: how each is spelt and what its arguments must be. What they mean is not told here.

`OPERATIONS`, here and in words_seldom.py, makes an operation of the arguments; `QUESTIONS` (in questions.py) answers
at once. A word takes its arguments one by one or, where Lmod allows it, as one table with `priority`, `delim` and
`modeA`.
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

ALWAYS: frozenset[str] = frozenset()
"""The modes of an operation that acts in all of them."""
NO_KEYS: dict[str, Any] = {}
"""What a maker gets where the arguments came one by one."""
PLAIN: dict[str, Any] = {}
"""The same, where all the arguments are texts, which need no look at their types."""
_KNOWN: set[str] = set()
"""Names of variables that were looked at already: most modulefiles set the same few."""
_KEYS = frozenset(("n", "delim", "modeA", "mode", "priority", "kind", "duplicates", "ignore"))
_MODES = frozenset(("normal", "load", "unload"))
_COLON_FREE = frozenset(("PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "MODULEPATH"))


def operation(word: str, args: tuple[Any, ...]) -> op.Call:
    """Return what a word says; raises ModulefileError if the arguments do not fit."""
    maker, has_table_form = row(word)
    if not (has_table_form and len(args) == 1 and isinstance(args[0], dict)):
        return made(op.Call, (word, args, maker(word, args, NO_KEYS), ALWAYS))
    positional, keys = _table_form(word, args[0])
    only = _only(word, keys)
    if only and positional[:1] == ("MODULEPATH",):
        raise complaint(word, "cannot change MODULEPATH in one mode only")
    return op.Call(word, args, maker(word, positional, keys), only)


def row(word: str) -> tuple[Maker, bool]:
    """Return what makes an operation of a word, and whether the word has a table form."""
    return OPERATIONS.get(word) or seldom()[word]


def seldom() -> dict[str, tuple[Maker, bool]]:
    """Return the words that few modulefiles use; what they need is loaded when this is first asked."""
    from lmodpy.modulefile.words_seldom import OPERATIONS as SELDOM  # noqa: PLC0415

    return SELDOM


def said(word: str, value: Any) -> str:
    """Return a string, number or boolean as the text that Lua's tostring makes of it."""
    if isinstance(value, str):
        return value if "\0" not in value else text_of(word, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = f"{value:.14g}"
        return text if any(char in text for char in ".en") else text + ".0"
    if isinstance(value, int):
        return str(value)
    raise complaint(word, f"takes text or a number, not {kind(value)}")


def kind(value: Any) -> str:
    """Return what a value is, in a modulefile author's words."""
    if value is None:
        return "nil (was a variable never set?)"
    return {dict: "a table", bool: "a boolean"}.get(type(value), f"a {type(value).__name__}")


def complaint(word: str, text: str) -> ModulefileError:
    """Return the error about how a word is used."""
    return ModulefileError(f"`{word}` {text}")


def _table_form(word: str, table: dict[Any, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Split a table into what stands under 1, 2, 3… and what stands under a name."""
    count = 0
    while count + 1 in table:
        count += 1
    keys = {key: value for key, value in table.items() if isinstance(key, str) and not key.startswith("_")}
    unknown = sorted(set(keys) - _KEYS)
    if unknown:
        raise complaint(word, f"does not know `{unknown[0]}`; it takes {', '.join(sorted(_KEYS - {'n', 'mode'}))}")
    return tuple(table[place] for place in range(1, count + 1)), keys


def _only(word: str, keys: dict[str, Any]) -> frozenset[str]:
    """Return the modes that `modeA` names; empty where it says nothing but the usual."""
    named = keys.get("modeA", keys.get("mode"))
    if named is None:
        return ALWAYS
    members: list[Any] = list(named.values()) if isinstance(named, dict) else [named]
    wrong = [member for member in members if member not in _MODES]
    if wrong:
        raise complaint(word, f"takes {', '.join(sorted(_MODES))} in modeA, not {wrong[0]!r}")
    return frozenset() if "normal" in members else frozenset(members)


def count(word: str, args: Sequence[Any], least: int, most: int) -> None:
    """Raise ModulefileError unless there are so many arguments."""
    if not least <= len(args) <= most:
        takes = str(least) if least == most else f"{least} to {most}"
        raise complaint(word, f"takes {takes} argument{'s' if most > 1 else ''}, not {len(args)}")


def text_of(word: str, value: Any) -> str:
    """Return an argument that must be text; raises ModulefileError."""
    if not isinstance(value, str):
        raise complaint(word, f"takes text, not {kind(value)}")
    if "\0" in value:
        raise complaint(word, "takes no text with a NUL byte in it: no environment can hold that")
    return value


def texts_of(word: str, args: Sequence[Any]) -> tuple[str, ...]:
    """Return arguments that must be texts; raises ModulefileError."""
    for value in args:
        if type(value) is not str or "\0" in value:
            text_of(word, value)
    return tuple(args)


def variable(word: str, value: Any) -> str:
    """Return an argument that names a variable, without blanks around it; raises ModulefileError."""
    if type(value) is str and value in _KNOWN:
        return value
    name = text_of(word, value).strip()
    if not is_identifier(name):
        raise complaint(word, f"takes the name of a variable (letters, digits, _), not {name!r}")
    _KNOWN.add(name)
    return name


def _assignment(word: str, args: Sequence[Any]) -> tuple[str, str]:
    """Return the first two arguments as the name of a variable and the text for it; raises ModulefileError."""
    name, value = args[0], args[1]
    if type(name) is not str or name not in _KNOWN:
        name = variable(word, name)
    if type(value) is not str or "\0" in value:
        value = said(word, value)
    return name, value


def _setenv(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    if len(args) != 2:
        count(word, args, 2, 3)
    return made(op.SetEnv, (*_assignment(word, args), len(args) == 3 and bool(args[2])))


def _pushenv(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    count(word, args, 2, 2)
    return op.PushEnv(variable(word, args[0]), None if args[1] is False else said(word, args[1]))


def _path_edit(verb: str) -> Maker:
    def make(word: str, args: tuple[Any, ...], keys: dict[str, Any]) -> object:
        sep, priority, how = ":", 0, verb
        if keys is not PLAIN or len(args) != 2:
            count(word, args, 2, 3)
            how = f"{verb} again" if keys.get("duplicates") and args[0] != "MODULEPATH" else verb
            sep = text_of(word, keys.get("delim", args[2] if len(args) == 3 else ":")) or ":"
            priority = _priority(word, keys["priority"]) if "priority" in keys else 0
            text_of(word, args[1])
        name, text = args[0], args[1]
        if keys is not PLAIN or name not in _KNOWN or "\0" in text:
            name, text = _assignment(word, args)
        several = sep in text
        if (several or not text) and name in _COLON_FREE:
            text = sep.join(part for part in text.split(sep) if part)
            if not text:
                raise complaint(word, f"would put an empty entry, the current directory, into {name}")
        paths = tuple(_entries(text, sep)) if several else (text,)
        if name == "MODULEPATH":
            paths = tuple(path.rstrip("/") or path for path in paths)  # "search below" means nothing here
        return made(op.EditPath, (name, how, paths, sep, priority))

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
        raise complaint(word, f"takes a number as priority, not {value!r}") from None


def requests_of(word: str, args: Sequence[Any], *, strict: bool) -> tuple[Request, ...]:
    """Return what is asked for; the loading words pass over what is neither a name nor a range, as Lmod does."""
    found = []
    for value in args:
        if isinstance(value, Request):
            found.append(value)
        elif isinstance(value, str):
            if found and (value.startswith(("+", "~")) or "=" in value) and _is_variant(value):
                found[-1] = found[-1]._replace(variants=(*found[-1].variants, value))
                continue
            found.append(Request.parse(text_of(word, value).strip()))
        elif strict:
            raise complaint(word, f"takes names of modules, not {kind(value)}")
    return tuple(found)


def _is_variant(word: str) -> bool:
    from lmodpy.names.specifiers import is_variant  # noqa: PLC0415 - few modulefiles name variants

    return is_variant(word)


def _load(verb: str) -> Maker:
    def make(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
        requests = requests_of(word, args, strict=False)
        if not requests:
            raise complaint(word, "takes the name of at least one module")
        return op.Load(requests, verb)

    return make


def any_or_all(kind: type[Any], *, any_of: bool) -> Maker:
    """Return what makes an operation of requests of which all, or one, must be met."""
    return lambda word, args, _: made(kind, (requests_of(word, args, strict=True), any_of))


def _conflict(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    return made(op.Conflict, (requests_of(word, args, strict=True),))


def _family(word: str, args: tuple[Any, ...], _: dict[str, Any]) -> object:
    if not args:
        raise complaint(word, "takes the name of a family")
    return op.Family(variable(word, texts_of(word, args)[0]))


OPERATIONS: dict[str, tuple[Maker, bool]] = {
    # word                  (maker, has a table form)
    "setenv": (_setenv, True),
    "pushenv": (_pushenv, True),
    "prepend_path": (_path_edit("prepend"), True),
    "append_path": (_path_edit("append"), True),
    "remove_path": (_path_edit("remove"), True),
    "load": (_load("load"), True),
    "try_load": (_load("try_load"), True),
    "try_add": (_load("try_load"), True),
    "load_any": (_load("load_any"), True),
    "always_load": (_load("always_load"), True),
    "depends_on": (any_or_all(op.DependsOn, any_of=False), False),
    "depends_on_any": (any_or_all(op.DependsOn, any_of=True), False),
    "conflict": (_conflict, False),
    "family": (_family, False),
}
