"""A case in which some of the modulefiles are written in Tcl: line by line what the Lua ones say."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

from tests.differential.case import Case, File

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = r'"((?:[^"\\]|\\.)*)"'
LOADS = "load", "try_load", "always_load", "depends_on", "unload"
WORDS = {
    **{word: word.replace("_", "-") for word in ("setenv", "unsetenv", "prepend_path", "append_path", "remove_path")},
    **{word: word.replace("_", "-") for word in ("always_load", "depends_on", "prereq", "conflict", "family")},
    **{word: word.replace("_", "-") for word in ("set_alias", "unset_alias", "add_property")},
    "load": "module load",
    "try_load": "module try-load",
    "unload": "module unload",
    "prereq_any": "prereq",
    "whatis": "module-whatis",
    "LmodMessage": "puts stderr",
}
# What asks or has another form. In Tcl 8.6 has no functions for csh, and `pushenv` does not bring back what it was.
LINES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (rf"(\w+)\(((?:{TEXT},? ?)+)\)", lambda m: f"{WORDS[m[1]]} {' '.join(map(quoted, texts(m[2])))}"),
    (r"(\w+)\{\"WP\", (\".*\"), delim=\";\"\}", lambda m: f'{WORDS[m[1]]} -d ";" WP {quoted(texts(m[2])[0])}'),
    (r"(\w+)\{(.*), priority=(\d+)\}", lambda m: f"{WORDS[m[1]]} {' '.join(map(quoted, texts(m[2])))} {m[3]}"),
    (r'setenv\("(\w+)", (1.5|true)\)', lambda m: f"setenv {m[1]} {m[2]}"),
    (r'setenv\("(\w+)", \(os.*', lambda m: f'setenv {m[1]} [expr {{[info exists env(FOO)] ? $env(FOO) : "none"}}]+'),
    (r'setenv\("ME".*', lambda _: "setenv ME [module-info name]"),
    (r'setenv\("J".*', lambda _: "setenv J /a/b/c"),
    (r'if isloaded\("(.*?)"\).*', lambda m: f"if {{[is-loaded {m[1]}]}} {{setenv WITH {m[1]}}}"),
    (r"if mode.*LmodError.*", lambda _: "if {[module-info mode load] && [info exists env(FOO)]} {error no}"),
    (r"if mode.*setenv.*", lambda _: "if {[module-info mode load]} {setenv M [module-info mode]}"),
)


def with_tcl(case: Case, seed: int) -> Case:
    """Return the case with about half of the modulefiles in Tcl, of those that can be written so."""
    if ("LMOD_DUPLICATE_PATHS", "yes") in case.env:
        return case  # 8.6 sorts what Tcl has appended otherwise than what Lua has
    rng = Random(f"tcl {seed}")
    files, moved = [], {}
    for file in case.files:
        lines = in_tcl(file) if rng.random() < 0.5 else None
        if lines is None:
            files.append(file)
        else:
            moved[file.path] = file.path.removesuffix(".lua")
            files.append(File(moved[file.path], tuple(lines)))
    return case._replace(files=tuple(linked(file, moved) for file in files))


def linked(file: File, moved: dict[str, str]) -> File:
    """Return a link that leads to where its target is now."""
    folder = file.path.rpartition("/")[0]
    target = moved.get(f"{folder}/{file.lines[0]}") if file.link else None
    return file._replace(lines=(target.rpartition("/")[2],)) if target else file


def in_tcl(file: File) -> list[str] | None:
    """Return the lines of a modulefile in Tcl; None if it is none, or cannot be written so."""
    if file.link or file.path.startswith(("home/", "system")) or not file.path.endswith(".lua"):
        return None
    if "/.modulerc" in file.path:
        return None
    found = [in_tcl_line(line) for line in file.lines]
    # Lmod loads when the file has ended, so what stands behind that sees something else.
    asks = [place for place, line in enumerate(file.lines) if "isloaded" in line or "os.getenv" in line]
    loads = [place for place, line in enumerate(file.lines) if line.startswith(LOADS)]
    if None in found or not "".join(file.lines).isascii() or (asks and loads and max(asks) > min(loads)):
        return None
    return [line for line in found if line is not None]


def in_tcl_line(line: str) -> str | None:
    """Return a line in Tcl, None if there is no such."""
    for pattern, written in LINES:
        match = re.fullmatch(pattern, line)
        if match:
            try:
                return written(match)
            except KeyError:  # a word that Tcl does not have
                return None
    return None


def texts(arguments: str) -> list[str]:
    """Return the texts among Lua's arguments."""
    return [re.sub(r"\\(.)", r"\1", text) for text in re.findall(TEXT, arguments)]


def quoted(text: str) -> str:
    """Write a word of Tcl."""
    return '"' + re.sub(r'([\\"$\[\]])', r"\\\1", text) + '"'
