"""The settings: one table, and a reader that knows where each value came from."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple


class Setting(NamedTuple):
    """One setting: its name here, the environment variable, the default, what kind it is, what it does."""

    name: str
    variable: str
    default: str
    kind: str
    meaning: str


SETTINGS = {
    row[0]: Setting(*row)
    for row in (
        ("allow_tcl", "LMOD_ALLOW_TCL_MFILES", "yes", "flag", "Tcl modulefiles are looked at"),
        ("auto_swap", "LMOD_AUTO_SWAP", "yes", "flag", "a module of the same family is replaced, not refused"),
        ("colorize", "LMOD_COLORIZE", "yes", "text", "colours on a terminal: yes, no or force"),
        ("debug", "LMODPY_DEBUG", "no", "flag", "show the Python traceback of an unexpected failure"),
        ("default_modules", "LMOD_SYSTEM_DEFAULT_MODULES", "", "text", "what `reset` loads"),
        ("duplicate_paths", "LMOD_DUPLICATE_PATHS", "no", "flag", "path variables may hold an entry twice"),
        ("exact_match", "LMOD_EXACT_MATCH", "no", "flag", "a version must always be given, defaults do not count"),
        ("extended_default", "LMOD_EXTENDED_DEFAULT", "yes", "flag", "the beginning of a version selects it"),
        ("find_first", "LMOD_TMOD_FIND_FIRST", "no", "flag", "the first directory that has a name decides"),
        ("max_depth", "LMOD_MAXDEPTH", "", "text", "how deep names go, as `directory:depth;…`"),
        ("no_name_swap", "LMOD_DISABLE_NAME_AUTOSWAP", "no", "flag", "another version is refused, not swapped in"),
        ("no_same_name_swap", "LMOD_DISABLE_SAME_NAME_AUTOSWAP", "no", "flag", "older name of the one above"),
        ("prepend_block", "LMOD_PREPEND_BLOCK", "normal", "text", "`reverse`: several paths in one call turn round"),
        ("quiet", "LMOD_QUIET", "no", "flag", "no messages, only the work"),
        ("show_hidden", "LMOD_SHOW_HIDDEN", "no", "text", "hidden modules are listed"),
        ("system_rc", "LMOD_MODULERC", "", "text", "rc files of the site, separated by colons"),
        ("system_rc_file", "LMOD_MODULERCFILE", "", "text", "older name of the one above"),
        ("tmod_rc_file", "MODULERCFILE", "", "text", "the name that Environment Modules has for it"),
        ("tmod_paths", "LMOD_TMOD_PATH_RULE", "no", "flag", "an entry that is there already keeps its place"),
        ("undo", "LMODPY_UNDO", "exact", "text", "`lmod`: unload leaves what Lmod would leave"),
        ("width", "LMOD_TERM_WIDTH", "", "text", "columns of the terminal"),
    )
}

_NO = frozenset(("", "0", "no", "off"))


class Settings:
    """What is set, read from an environment; unknown names raise KeyError."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str:
        """Return the value as text."""
        setting = SETTINGS[name]
        return self._environ.get(setting.variable, setting.default)

    def flag(self, name: str) -> bool:
        """Return whether it is switched on: empty, 0, no and off (in any case) mean no."""
        return self.text(name).lower() not in _NO

    def turns_blocks(self) -> bool:
        """Say whether several paths in one prepend come out in reverse order."""
        return self.text("prepend_block").lower() in ("reverse", "no")
