"""What `lmodpy init LANGUAGE` prints: the lines of that language that make `module` known to a program."""

from __future__ import annotations

from lmodpy.shells.languages import Language

_EMACS = """\
(unless (getenv "LMOD_CMD") (setenv "LMOD_CMD" "{command}"))
(load "{init}/lisp" nil t)
"""
_R = """\
if (Sys.getenv("LMOD_CMD") == "") Sys.setenv("LMOD_CMD" = "{command}")
source("{init}/R")
"""
LINES = {
    "python": """\
import os, sys
os.environ.setdefault("LMOD_CMD", "{command}")
sys.path.insert(0, "{init}")
from env_modules_python import module
""",
    "perl": """\
$ENV{{LMOD_CMD}} //= "{command}";
require "{init}/perl";
""",
    "ruby": """\
ENV["LMOD_CMD"] ||= "{command}"
require "{init}/env_modules_ruby"
""",
    "r": _R,
    "R": _R,
    "cmake": """\
if(NOT DEFINED ENV{{LMOD_CMD}})
    set(ENV{{LMOD_CMD}} "{command}")
endif()
include("{init}/cmake")
""",
    "lisp": _EMACS,
    "emacs": _EMACS,
    "tcl": """\
if {{![info exists ::env(LMOD_CMD)]}} [list set ::env(LMOD_CMD) "{command}"]
source "{init}/tcl"
""",
    "lua": """\
if not os.getenv("LMOD_CMD") then require("posix").setenv("LMOD_CMD", "{command}") end
local module = dofile("{init}/lua")
""",
}
"""LMOD_CMD is what a shell has set; a program that no such shell has started takes the one that belongs to lmodpy."""


def lines(language: str, package: str, command: str) -> str:
    """Return the lines for a language; `package` is the directory that has `init/` in it."""
    inner = Language(language).inner
    return LINES[language].format(command=inner(command), init=inner(f"{package}/init"))
