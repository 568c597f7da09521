"""Modulefiles, written: words and their arguments as the text of a file in Lua or in Tcl that says exactly these."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lmodpy.modulefile.scripts import Said


def lua_text(said: Iterable[Said]) -> str:
    """Write words as a modulefile in Lua, a line for each where the arguments have no line breaks."""
    return "".join(f"{word}({','.join(map(_lua, args))})\n" for word, args in said)


def tcl_text(said: Iterable[Said]) -> str:
    """Write words as a modulefile in Tcl, for Environment Modules, too."""
    return "#%Module\n" + "".join(_TCL.get(word, _command)(word, args) for word, args in said)


WRITERS: dict[str, Callable[[Iterable[Said]], str]] = {"lua": lua_text, "tcl": tcl_text}
"""The languages of modulefiles, and what writes them."""


def _lua(text: str) -> str:
    """Quote a text; a byte that is no text is written by its number, and so is what an editor may change."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\\n")
    return '"' + _NO_TEXT.sub(lambda found: "\\" + format(ord(found[0]) & 0xFF, "03d"), escaped) + '"'


def _command(word: str, args: Sequence[str]) -> str:
    return " ".join((word.replace("_", "-"), *map(_tcl, args))) + "\n"


def _function(_: str, args: Sequence[str]) -> str:
    return _command("set-function", args[:2])


def _export(_: str, args: Sequence[str]) -> str:
    """Tcl has no word for it, but what a modulefile writes to stdout is for the shell, behind everything else."""
    return _IN_BASH.replace("COMMAND", f"export -f {args[0]}")


_IN_BASH = """\
if {[module-info shell] eq {bash} && [module-info mode load]} {
    puts stdout {COMMAND}
}
"""
_TCL: dict[str, Callable[[str, Sequence[str]], str]] = {
    "set_shell_function": _function,
    "unset_shell_function": lambda _, args: _command("unset-function", args),
    "export_shell_function": _export,
}


def _tcl(text: str) -> str:
    """Write a text as one word of Tcl: bare, in braces, or in quotes where braces could not hold it."""
    if _BARE.fullmatch(text):
        return text
    if not _NOT_IN_BRACES.search(text) and _is_balanced(text):
        return f"{{{text}}}"
    escaped = re.sub(r'[\\"$\[\]{}]', r"\\\g<0>", text)
    return '"' + _CONTROL.sub(lambda found: "\\" + format(ord(found[0]), "03o"), escaped) + '"'


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return not depth


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\udc80-\udcff]")
_BARE = re.compile(r"[\w./:,+@%=-]+", re.ASCII)
_NOT_IN_BRACES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]|\\(?:[{}\\\n]|\Z)")
