"""Tables of Lua, read as data: nothing in them is executed, and their size is bounded."""

from __future__ import annotations

import re

from lmodpy.errors import LmodError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MOST_CHARACTERS = 1_000_000
DEEPEST = 50


def assignments(text: str) -> dict[str, Any]:
    """Return the global variables that a text of assignments gives values to; raises LmodError for any other text.

    Tables become dicts, positional values with the keys 1, 2, …; nil is None.
    """
    if len(text) > MOST_CHARACTERS:
        raise LmodError("is too large")
    tokens = _Tokens(text)
    found: dict[str, Any] = {}
    while tokens.kind != "end":
        name = tokens.take("name")
        tokens.take("=")
        found[name] = _value(tokens, 0)
        tokens.pass_over(";")
    return found


def listed(table: object) -> list[Any]:
    """Return the positional values of a table."""
    if not isinstance(table, dict):
        return []
    values: list[Any] = []
    while len(values) + 1 in table:
        values.append(table[len(values) + 1])
    return values


class _Tokens:
    """A text, cut into words of Lua; knows the one that comes next."""

    def __init__(self, text: str) -> None:
        self._all = self._cut(text)
        self.line = 1
        self.kind, self.word = "", ""
        self._next()

    def take(self, kind: str) -> str:
        """Return the next word, which must be of this kind."""
        if self.kind != kind:
            raise LmodError(f"line {self.line}: expected {kind}, and there is {self.word or self.kind!r}")
        word = self.word
        self._next()
        return word

    def pass_over(self, kind: str) -> bool:
        """Go on if the next word is of this kind, and say whether it was."""
        there = self.kind == kind
        if there:
            self._next()
        return there

    def _next(self) -> None:
        self.kind, self.word, self.line = next(self._all)

    def _cut(self, text: str) -> Iterator[tuple[str, str, int]]:
        place, line = 0, 1
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None or found.lastgroup is None:
                raise LmodError(f"line {line}: {text[place : place + 20]!r} is not data")
            kind, word = found.lastgroup, found[0]
            if kind == "bracket":
                end = text.find(f"]{found['level']}]", found.end())
                if end < 0:
                    raise LmodError(f"line {line}: {word!r} is never closed")
                if not word.startswith("--"):
                    yield "string", text[found.end() : end].removeprefix("\n"), line
                place = end + len(found["level"]) + 2
                line += text.count("\n", found.start(), place)
                continue
            if kind == "string":
                yield kind, _plain(word[1:-1]), line
            elif kind == "sign":
                yield word, word, line
            elif kind != "space":
                yield kind, word, line
            place = found.end()
            line += word.count("\n")
        while True:
            yield "end", "", line


def _value(tokens: _Tokens, depth: int) -> Any:
    if depth > DEEPEST:
        raise LmodError(f"line {tokens.line}: tables are nested too deeply")
    if tokens.pass_over("{"):
        return _table(tokens, depth)
    if tokens.kind == "string":
        return tokens.take("string")
    if tokens.kind == "number":
        word = tokens.take("number")
        return int(word) if word.lstrip("-").isdigit() else float(word)
    word = tokens.take("name")
    if word not in _CONSTANTS:
        raise LmodError(f"line {tokens.line}: `{word}` is no value")
    return _CONSTANTS[word]


def _table(tokens: _Tokens, depth: int) -> dict[Any, Any]:
    table: dict[Any, Any] = {}
    place = 1
    while not tokens.pass_over("}"):
        if tokens.pass_over("["):
            key = _value(tokens, depth + 1)
            tokens.take("]")
            tokens.take("=")
        elif tokens.kind == "name" and tokens.word not in _CONSTANTS:
            key = tokens.take("name")
            tokens.take("=")
        else:
            key, place = place, place + 1
        if not isinstance(key, str | int | float):
            raise LmodError(f"line {tokens.line}: a key is text or a number")
        table[key] = _value(tokens, depth + 1)
        if not (tokens.pass_over(",") or tokens.pass_over(";")) and tokens.kind != "}":
            raise LmodError(f"line {tokens.line}: expected a comma, and there is {tokens.word or tokens.kind!r}")
    return table


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda found: _unescaped(found[1]), text) if "\\" in text else text


def _unescaped(code: str) -> str:
    if code.isdigit():
        byte = int(code) & 255
        return chr(byte if byte < 128 else 0xDC00 + byte)  # as `os.fsdecode` writes a byte that is no text
    return _ESCAPES.get(code, code)


_CONSTANTS = {"true": True, "false": False, "nil": None}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPE = re.compile(r"\\(\d{1,3}|.)", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<bracket>(?:--)?\[(?P<level>=*)\[)
    |(?P<space>\s+|--[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>[{}\[\]=,;])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
