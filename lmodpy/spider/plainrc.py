"""Rc files in Lua that are lists of names: what they say is the same for everyone, and need not be run to be known."""

from __future__ import annotations

from lmodpy.errors import LmodError
from lmodpy.modulefile.statements import Hide, ModuleAlias, ModuleVersion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def statements(text: str) -> list[object]:
    """Read calls with literal strings, one on a line; raises LmodError for anything else."""
    found: list[object] = []
    for line in text.split("\n"):
        before, *rest = line.split('"')
        word, paren, after = map(str.strip, before.partition("("))
        names, between = rest[::2], list(map(str.strip, rest[1::2]))
        count = next((number for number, each in enumerate(between, 1) if each.startswith(")")), 0)
        if paren and not after and word in _WORDS and count:
            _require(between[: count - 1] == [","] * (count - 1) and not any("\\" in name for name in names[:count]))
            _require(word != "module_alias" or count == 2)
            found.append(_WORDS[word](*names[:count]))
            before = '"'.join(rest[2 * count - 1 :]).strip()[1:].lstrip().removeprefix(";")
            rest = []
        comment = before.lstrip()
        _require(not (rest or comment) or (comment.startswith("--") and not comment.startswith("--[")))
    return found


def _require(plain: bool) -> None:
    if not plain:
        raise LmodError("is more than a list of names")


_WORDS: dict[str, Callable[..., object]] = {
    "module_version": lambda target, *names: ModuleVersion(target, names),
    "module_alias": ModuleAlias,
    "hide_version": lambda *names: Hide(names),
    "hide_modulefile": lambda *names: Hide(names),
}
