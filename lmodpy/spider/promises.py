"""What the text of a modulefile promises, before it is evaluated."""

from __future__ import annotations

from lmodpy import system
from lmodpy.spider.facts import EXTENSIONS, OPEN, VARIES


def content_of(path: str) -> bytes | None:
    """Return what a modulefile holds, as far as it promises something; None if it cannot be read."""
    try:
        return system.content(path, MOST - 1)
    except OSError:
        return None


def promises(text: bytes | None) -> frozenset[str]:
    """Return what a modulefile may say: to `open` a directory, to bring `extensions`; and whether that `varies`.

    Most modulefiles do neither, and looking for the words is several times cheaper than evaluating.
    """
    if text is None:
        return _NONE
    words = text.translate(_LETTERS).split()
    is_tcl = text.startswith(b"#%Module")
    if _SIGNS.isdisjoint(words) and b"~/" not in text and not is_tcl:
        return _NONE
    if not _ELSEWHERE.isdisjoint(words) or (is_tcl and b"source" in words):
        return _ALL
    found = frozenset(promise for promise, signs in _WORDS if any(sign in text for sign in signs))
    if is_tcl:
        varies = _matches(_OF_TCL, text)
    elif found:  # even if it asks in an unusual way, or a word only stands in a sentence
        varies = b"~" in text or not _ASKING.isdisjoint(words)
    else:
        varies = _matches(_ASKED, text)
    return found | {VARIES} if varies else found


MOST = 1 << 20
"""Bytes of a modulefile that are looked at."""
_NONE: frozenset[str] = frozenset()
_ALL = frozenset((OPEN, EXTENSIONS, VARIES))
_LETTERS = bytes(byte if (chr(byte).isalnum() and byte < 128) or byte == 95 else 32 for byte in range(256))
"""Makes blanks of all that stands between words."""
_WORDS = ((OPEN, (b"MODULEPATH", b"module use", b"source")), (EXTENSIONS, (b"extensions", b"provide")))
_ELSEWHERE = frozenset((b"inherit", b"loadfile", b"dofile", b"require", b"loadstring"))
"""With these the words may stand in another file."""
_TABLES = frozenset((b"os", b"io", b"lfs", b"posix", b"package", b"debug", b"_G", b"_ENV"))
_RARE = frozenset((
    *(b"getenv", b"protected_getenv", b"source_sh", b"capture", b"subprocess", b"isDir", b"isFile", b"isDefined"),
    *(b"isNotDefined", b"isAvail", b"userInGroup", b"userInGroups", b"myShellName", b"myShellType", b"myConfig"),
))  # fmt: skip
_QUESTIONS = _RARE | {b"execute", b"latest", b"realpath", b"abspath", b"UUIDString"}
_ASKING = _TABLES | _QUESTIONS
"""What asks for the circumstances, in Lua."""
_LEADING = frozenset((b"MODULEPATH", b"source", b"source_sh", b"extensions", b"provide"))
_SIGNS = _ELSEWHERE | _RARE | _LEADING | _TABLES - {b"package", b"debug"}
"""One of these stands in nearly all that promise something or ask, and in few others."""
_ASKED = rb"\b(?:%b)(?:\.\w|\[)|\b(?:%b)\s*[({\"'\[]|~/" % (b"|".join(_TABLES), b"|".join(_QUESTIONS))
_OF_TCL = rb"\b(?:%b)\b[ \t(]|::env|\b(?:is-avail|is-used|is-saved|system|lsb-release|pwd)\b" % b"|".join((
    *(b"env", b"exec", b"source", b"package", b"file", b"glob", b"open", b"clock", b"info", b"uname", b"module-info"),
    *(b"getenv", b"source-sh", b"getvariable"),
))  # fmt: skip
"""What asks for them in Tcl."""


def _matches(pattern: bytes, text: bytes) -> bool:
    import re  # noqa: PLC0415 - seldom asked

    return re.search(pattern, text) is not None
