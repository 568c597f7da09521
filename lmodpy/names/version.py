"""The order of versions: each version becomes a text, and texts compare as they are.

`1.2rc1 < 1.2 < 1.2-1 < 1.2.1 < 1.10`: a word after a number makes it earlier than the bare number, a dash and a
number later, and zeros at the end say nothing.
"""

from __future__ import annotations

FINAL = "*zfinal"
PATCH = "*zfinal-"
ZERO = "000000000"
MODULE_ALONE = "M." + FINAL
"""The order of a module without version: above every version, below every default mark."""

_WORDS = {"pre": "*c", "preview": "*c", "rc": "*c", "dev": "*@", "p": PATCH}
_DIGITS = frozenset("0123456789")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


def canonical(version: str) -> str:
    """Return the text by which a version is sorted; nested versions (`64/1.0`) part by part."""
    *folders, last = version.split("/")
    return "".join(above(folder) for folder in folders) + _canonical(last)


def above(folder: str) -> str:
    """Return what a directory of this name puts in front of the order of the versions in it."""
    return _canonical(folder).removesuffix("." + FINAL) + "/"


def continues(version: str, begun: str) -> bool:
    """Say whether a version continues a partial one: `17` is continued by 17.0 and 17-a, not by 170."""
    if version == begun or not version.startswith(begun):
        return False
    last = begun[-1]
    return last in "-+_.=" or (last.isascii() and last.isalpha()) or version[len(begun)] in "-+_.=/"


def _canonical(version: str) -> str:
    tokens: list[str] = []
    text = version.lower()
    at = 0
    if text.startswith("."):
        tokens.append(ZERO)
        at = 1
    while at < len(text):
        token, at = _token(text, at)
        if token:
            _put(tokens, token)
    _put(tokens, FINAL)
    return ".".join(tokens)


def _token(text: str, at: int) -> tuple[str, int]:
    """Read one token at a place; return it (empty at the end of the text) and the place behind it."""
    if text[at] == ".":
        at += 1
    first = text[at : at + 1]
    if first in _DIGITS:
        end = _end_of_run(text, at, _DIGITS)
        return text[at:end].zfill(len(ZERO)), end
    if first in _LETTERS:
        end = _end_of_run(text, at, _LETTERS)
        word = text[at:end]
        return _WORDS.get(word, "*" + word), end
    if first == "-":
        return PATCH, at + (2 if text.startswith("-p", at) else 1)
    return first and "*" + first, at + 1


def _end_of_run(text: str, at: int, kind: frozenset[str]) -> int:
    while at < len(text) and text[at] in kind:
        at += 1
    return at


def _put(tokens: list[str], token: str) -> None:
    """Append a token; words swallow dashes and zeros before them, the end also a dash that zeros followed."""
    if token.startswith("*"):
        if token != FINAL:
            _drop_last(tokens, PATCH)
        _drop_last(tokens, ZERO)
        if token == FINAL:
            _drop_last(tokens, PATCH)
    tokens.append(token)


def _drop_last(tokens: list[str], token: str) -> None:
    while tokens and tokens[-1] == token:
        tokens.pop()
