"""Rc files in Lua that are lists of names: what they say is the same for everyone, and need not be run to be known."""

from __future__ import annotations

import re

from lmodpy.errors import LmodError
from lmodpy.modulefile.statements import Hide, ModuleAlias, ModuleVersion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def statements(text: str) -> list[object]:
    """Read calls with literal strings, one on a line; raises LmodError for anything else."""
    found: list[object] = []
    for line in text.split("\n"):
        said = _LINE.fullmatch(line)
        if said is None:
            raise LmodError("is more than a list of names")
        if said["word"]:
            found.append(_WORDS[said["word"]](*_LITERAL.findall(said["names"])))
    return found


_STRING = r'"[^"\\\n]*"'
_LITERAL = re.compile(r'"([^"\\\n]*)"')
_LINE = re.compile(
    rf"""\s*(?:(?P<word>module_version|module_alias|hide_version|hide_modulefile)\s*
         \(\s*(?P<names>{_STRING}(?:\s*,\s*{_STRING})*)\s*\)\s*;?)?\s*(?:--(?!\[).*)?""",
    re.VERBOSE,
)
_WORDS: dict[str, Callable[..., object]] = {
    "module_version": lambda target, *names: ModuleVersion(target, names),
    "module_alias": ModuleAlias,
    "hide_version": lambda *names: Hide(names),
    "hide_modulefile": lambda *names: Hide(names),
}
