"""Tcl rc files of the plainest kind, read without Tcl: literal words, one command on a line."""

from __future__ import annotations

from lmodpy.modulefile.statements import Hide, ModuleAlias, ModuleVersion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class NeedsTclError(Exception):
    """A Tcl rc file says something that only Tcl can understand."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def tcl_statements(text: str) -> list[object]:
    """Read a Tcl rc file of the plainest kind: commands with literal words, one on a line.

    ModulesVersion is looked at when the file has ended, so it overrides every default marked before.
    """
    statements: list[object] = []
    chosen = ""
    for number, line in enumerate(text.split("\n"), 1):
        words = _literal_words(line, number)
        if not words:
            continue
        if words[0] == "set" and len(words) == 3 and words[1] in {"ModulesVersion", "ModuleVersion"}:
            chosen = words[2]
            continue
        statements.extend(_said(words, number))
    if chosen:
        statements.append(ModuleVersion(chosen, ("default",)))
    return statements


def _said(words: Sequence[str], number: int) -> Iterator[object]:
    command, *args = words
    if command == "module-version" and len(args) > 1:
        yield ModuleVersion(args[0], tuple(args[1:]))
    elif command == "module-alias" and len(args) == 2:
        yield ModuleAlias(*args)
    elif command in ("hide-version", "hide-modulefile") and args:
        yield Hide(tuple(args))
    else:
        raise NeedsTclError(number)


def _literal_words(line: str, number: int) -> list[str]:
    """Split a line into words that mean themselves; a comment has none."""
    rest = line.strip(" \t\r")
    if rest.startswith("#"):
        if rest.endswith("\\"):
            raise NeedsTclError(number)
        return []
    words: list[str] = []
    while rest:
        word, rest = _literal_word(rest, number)
        words.append(word)
        rest = rest.lstrip(" \t")
    return words


def _literal_word(text: str, number: int) -> tuple[str, str]:
    closing = {'"': '"', "{": "}"}.get(text[0])
    if closing:
        word, found, rest = text[1:].partition(closing)
        if not found or (rest and rest[0] not in " \t"):
            raise NeedsTclError(number)
    else:
        word = text.replace("\t", " ").partition(" ")[0]
        rest = text[len(word) :]
    if any(character in _TCL_SYNTAX for character in word):
        raise NeedsTclError(number)
    return word, rest


_TCL_SYNTAX = frozenset('$[]\\{}";')
