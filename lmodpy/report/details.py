"""One module in detail: what its file says, in a form that other programs read too."""

from __future__ import annotations

from lmodpy.modulefile.operations_seldom import Inherit
from lmodpy.report.text import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from lmodpy.modulefile.operations import Call


def show_text(path: str, calls: Iterable[Call], width: int = 80) -> str:
    """Show a modulefile: its path between two lines, then each call as it could be written.

    EasyBuild, ReFrame and others read these lines, so neither quotes nor newlines within a value are escaped.
    """
    border = "-" * max(width - 4, 1)
    lines = [border, f"   {path}:", border, *_lines(calls)]
    return "".join(f"{line}\n" for line in lines) + "\n"


def path_text(path: str, calls: Iterable[Call], arrow: str = "") -> str:
    """Say where a modulefile lies, and with an arrow where those lie that it inherits from."""
    further = (call.operation for call in calls)
    below = (path_text(said.path, said.calls, _ARROW) for said in further if isinstance(said, Inherit) and said.path)
    return f"{arrow}{path}\n{''.join(below)}"


def call_line(call: Call) -> str:
    """Write a call the way `show` does."""
    write = _WRITERS.get(call.word, _ordinary)
    if len(call.args) == 1 and isinstance(call.args[0], dict):
        write = _TABLES.get(call.word, _from_table)
    return write(call.word, call.args)


def whatis_text(full_name: str, lines: Sequence[str]) -> str:
    """List the descriptions of a module, each behind its name."""
    return "".join(f"{full_name:<20}: {line}\n" for line in lines)


def help_text(full_name: str, text: str, width: int = 80) -> str:
    """Show the help of a module, or where else to look."""
    if not text.strip():
        return f"{full_name} has no help; `module show {full_name}` tells what it does.\n"
    closed = text if text.endswith("\n") else f"{text}\n"
    return f"{rule(f'help for {full_name}', width)}\n{closed}\n"


def _lines(calls: Iterable[Call]) -> Iterator[str]:
    """Write the calls, those of an inherited modulefile indented below its path."""
    for call in calls:
        yield call_line(call)
        said = call.operation
        if isinstance(said, Inherit) and said.path:
            yield f"{_ARROW}{said.path}"
            yield from (f"   {line}" for line in _lines(said.calls))


def _ordinary(word: str, args: Sequence[Any]) -> str:
    return f"{word}({','.join(map(_value, args))})"


def _path(word: str, args: Sequence[Any]) -> str:
    """Write a delimiter as a key, for it is easily taken for a further path; the usual one goes without saying."""
    name, path, *delimiters = args
    if delimiters and delimiters[0] != ":":
        return _from_table(word, ({1: name, 2: path, "delim": delimiters[0]},))
    return _ordinary(word, (name, path))


def _setting(word: str, args: Sequence[Any]) -> str:
    """Write name and value only: clients' patterns end there, and `respect` is no part of the value."""
    return _ordinary(word, args[:2])


def _long(word: str, args: Sequence[Any]) -> str:
    return f"{word}({', '.join(f'[[{text}]]' for text in args)})"


def _comment(word: str, args: Sequence[Any]) -> str:
    return f"--{_ordinary(word, args)}"


def _from_table(word: str, args: Sequence[Any]) -> str:
    table: dict[Any, Any] = args[0]
    listed = [_value(table[key]) for key in sorted(key for key in table if isinstance(key, int))]
    named = sorted(key for key in table if isinstance(key, str))
    keys = [f"{key}={_member(table[key], ',')}" for key in named if not _goes_without_saying(key, table[key])]
    if not keys:
        return f"{word}({','.join(listed)})"
    return f"{word}{{{','.join(listed + keys)}}}"


def _spaced(word: str, args: Sequence[Any]) -> str:
    """Write the table of `execute`, which has always been printed with blanks."""
    keys = [f"{key}={_member(args[0][key], ', ')}" for key in sorted(args[0], key=str)]
    return f"{word}{{{', '.join(keys)}}}"


def _goes_without_saying(key: str, value: Any) -> bool:
    return key == "n" or (key == "delim" and value == ":") or (key in _MODES and _elements(value) == ["normal"])


def _member(value: Any, separator: str) -> str:
    if isinstance(value, dict | list | tuple):
        return f"{{{separator.join(map(_value, _elements(value)))}}}"
    return _value(value)


def _elements(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value, key=str)]
    return list(value) if isinstance(value, list | tuple) else [value]


def _value(value: Any) -> str:
    """Write an argument: text and numbers in quotes, booleans bare, a request of a module as it was asked for."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return f'"{_number(value)}"'
    if isinstance(value, int):
        return f'"{value}"'
    text = str(value)
    return text if text.endswith(")") else f'"{text}"'


def _number(value: float) -> str:
    """Write a number as Lua does: fourteen digits, and what is no integer looks like none."""
    text = f"{value:.14g}"
    return f"{text}.0" if text.lstrip("-").isdigit() else text


_ARROW = "--> "
_MODES = ("modeA", "mode")
_WRITERS: dict[str, Callable[[str, Sequence[Any]], str]] = {
    "help": _long,
    "setenv": _setting,
    "prepend_path": _path,
    "append_path": _path,
    "remove_path": _path,
    "source_sh": _comment,
}
_TABLES: dict[str, Callable[[str, Sequence[Any]], str]] = {"execute": _spaced}
