"""Tcl rc files that say nothing but names, read without Tcl: commands of literal words, each on a line of its own.

Whatever could mean something else to Tcl than to us is left to Tcl.
"""

from __future__ import annotations

from lmodpy.errors import ModulefileError
from lmodpy.modulefile.statements import ModuleVirtual
from lmodpy.modulefile.tclrcwords import TCL_RC_WORDS, marked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHOSEN = ("ModulesVersion", "ModuleVersion")
"""The variables that mark a default version, once the file has ended."""


class NeedsTclError(Exception):
    """A Tcl rc file says something that only Tcl can understand."""


def tcl_statements(text: str, path: str = "") -> list[object]:
    """Read a Tcl rc file of literal words; raises NeedsTclError, and ModulefileError with the place of a mistake."""
    commands = [(number, words) for number, line in enumerate(text.split("\n"), 1) if (words := _words(line))]
    if not all(words[0] in TCL_RC_WORDS or _chosen(words) for _, words in commands):
        raise NeedsTclError
    statements: list[object] = []
    chosen = ""
    for number, words in commands:
        chosen = _chosen(words) or chosen
        if words[0] in TCL_RC_WORDS:
            try:
                statements.append(TCL_RC_WORDS[words[0]](words[0], words[1:]))
            except ModulefileError as error:
                raise ModulefileError(error.text, f"{path}:{number}" if path else "") from None
    return statements + marked(chosen)


def with_files(statements: Sequence[object], folder: str, is_file: Callable[[str], bool]) -> list[object]:
    """Return statements in which a virtual module has a name behind it where the rc file has said a path."""
    return [
        said._replace(target=_named(said.target, folder, is_file)) if isinstance(said, ModuleVirtual) else said
        for said in statements
    ]


def _named(target: str, folder: str, is_file: Callable[[str], bool]) -> str:
    """Return the name in this directory that a path stands for; `//path` for a file elsewhere."""
    inside = target.removeprefix(f"{folder}/")
    found = next((path for path in (inside, f"{inside}.lua") if is_file(f"{folder}/{path}")), "")
    if found and ".." not in found.split("/"):
        return f"/{found.removesuffix('.lua').removeprefix('./')}"
    path = target if target.startswith("/") else f"{folder}/{target}"
    if not is_file(path):
        return target
    from posixpath import normpath  # noqa: PLC0415 - few modulefiles lie elsewhere

    return f"/{normpath(path)}"


def _chosen(words: Sequence[str]) -> str:
    """Return the version that a command marks by setting a variable."""
    return words[2] if words[0] == "set" and len(words) == 3 and words[1] in CHOSEN else ""


def _words(line: str) -> list[str]:
    """Split a line into words that mean themselves; a comment has none."""
    rest = line.strip(" \t\r")
    if rest.startswith("#"):
        if rest.endswith("\\"):
            raise NeedsTclError
        return []
    words: list[str] = []
    while rest and rest != ";":
        if rest[0] == ";":
            raise NeedsTclError
        word, rest = _word(rest)
        words.append(word)
        rest = rest.lstrip(" \t")
    return words


def _word(text: str) -> tuple[str, str]:
    closing, special = _QUOTES.get(text[0], ("", _SPECIAL))
    if closing:
        word, found, rest = text[1:].partition(closing)
        if not found or rest[:1] not in ("", " ", "\t", ";"):
            raise NeedsTclError
    else:
        end = next((place for place, char in enumerate(text) if char in " \t;"), len(text))
        word, rest = text[:end], text[end:]
    if not special.isdisjoint(word) or any(char < " " and char != "\t" for char in word):
        raise NeedsTclError
    return word, rest


_SPECIAL = frozenset('$[]\\{}";')
_QUOTES = {'"': ('"', frozenset("$[\\")), "{": ("}", frozenset("{\\"))}
"""By what opens a word: what closes it, and what in it would not stand for itself."""
