"""The settings: one table, and a reader that knows where each value came from."""

from __future__ import annotations

from lmodpy import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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
        ("auto_handling", "MODULES_AUTO_HANDLING", "no", "flag", "what `prereq` names is loaded"),
        ("auto_swap", "LMOD_AUTO_SWAP", "yes", "flag", "a module of the same family is replaced, not refused"),
        ("colorize", "LMOD_COLORIZE", "yes", "text", "colours on a terminal: yes, no or force"),
        ("debug", "LMODPY_DEBUG", "no", "flag", "show the Python traceback of an unexpected failure"),
        ("default_modules", "LMOD_SYSTEM_DEFAULT_MODULES", "", "text", "what `reset` loads"),
        ("duplicate_paths", "LMOD_DUPLICATE_PATHS", "no", "flag", "path variables may hold an entry twice"),
        ("downstream", "LMOD_DOWNSTREAM_CONFLICTS", "no", "flag", "a conflict also keeps out what is loaded later"),
        ("dot_alias", "LMOD_DOT_HIDDEN_LOAD_ALIAS", "no", "flag", "hidden ones are also found without dots"),
        ("eval_timeout", "LMODPY_EVAL_TIMEOUT", "30", "number", "seconds that a modulefile may take; 0: any time"),
        ("exact_match", "LMOD_EXACT_MATCH", "no", "flag", "a version must always be given, defaults do not count"),
        ("extended_default", "LMOD_EXTENDED_DEFAULT", "yes", "flag", "the beginning of a version selects it"),
        ("find_first", "LMOD_TMOD_FIND_FIRST", "no", "flag", "the first directory that has a name decides"),
        ("ignored_files", "LMOD_FILE_IGNORE_PATTERNS", "", "text", "a Lua table of patterns: not modulefiles"),
        ("max_depth", "LMOD_MAXDEPTH", "", "text", "how deep names go, as `directory:depth;…`"),
        ("nearly_forbidden_days", "LMOD_NEARLY_FORBIDDEN_DAYS", "14", "number", "how early users are told of it"),
        ("no_name_swap", "LMOD_DISABLE_NAME_AUTOSWAP", "no", "flag", "another version is refused, not swapped in"),
        ("no_same_name_swap", "LMOD_DISABLE_SAME_NAME_AUTOSWAP", "no", "flag", "older name of the one above"),
        ("prepend_block", "LMOD_PREPEND_BLOCK", "normal", "text", "`reverse`: several paths in one call turn round"),
        ("prefix", "LMOD_ROOT", "", "text", "where lmodpy lies; rc files of the site are in `etc` there"),
        ("quiet", "LMOD_QUIET", "no", "flag", "no messages, only the work"),
        ("show_hidden", "LMOD_SHOW_HIDDEN", "no", "text", "hidden ones are listed: no, yes or avail:spider:list"),
        ("system_rc", "LMOD_MODULERC", "", "text", "rc files of the site, separated by colons"),
        ("system_rc_file", "LMOD_MODULERCFILE", "", "text", "older name of the one above"),
        ("terse_marks", "LMOD_TERSE_DECORATIONS", "yes", "flag", "<H> and <F> stand in terse lists"),
        ("tmod_rc_file", "MODULERCFILE", "", "text", "the name that Environment Modules has for it"),
        ("tmod_paths", "LMOD_TMOD_PATH_RULE", "no", "flag", "an entry that is there already keeps its place"),
        ("undo", "LMODPY_UNDO", "exact", "text", "`lmod`: unload leaves what Lmod would leave"),
        ("width", "LMOD_TERM_WIDTH", "", "text", "columns of the terminal"),
    )
}

_SYSTEM_RC = tuple([SETTINGS[name].variable for name in ("system_rc", "system_rc_file", "tmod_rc_file")])
_NO = frozenset(("", "0", "no", "off"))
_PLACES = frozenset(("avail", "spider", "list"))


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

    def number(self, name: str) -> float:
        """Return the value as a number; the default, if it is none."""
        for text in (self.text(name), SETTINGS[name].default):
            if text.replace(".", "", 1).isdecimal():
                return float(text)
        return 0

    def shows_hidden(self, where: str) -> bool:
        """Say whether hidden modules are shown in `avail`, `spider`, `list` or, where no list is named, to `load`."""
        text = self.text("show_hidden").lower()
        if text in _NO:
            return False
        places = set(text.split(":"))
        return not places <= _PLACES or where in places

    def system_rc(self, get: Callable[[str], str | None] | None = None) -> str:
        """Return what names the rc files of the site, in the environment found or as `get` knows it now."""
        get = get or self._environ.get
        for variable in _SYSTEM_RC:  # asked before every look-up
            named = get(variable)
            if named:
                return named
        return ""

    def rc_files(self, named: str) -> list[str]:
        """Return rc files of the site and directories of such files: those named, else those in the usual place."""
        place = self.text("prefix")
        if named or not place:
            return named.split(":")
        try:
            there = system.listdir(f"{place}/etc")
        except OSError:
            return []
        return [f"{place}/etc/{name}" for name in ("rc.lua", "rc") if name in there][:1]

    def turns_blocks(self) -> bool:
        """Say whether several paths in one prepend come out in reverse order."""
        return self.text("prepend_block").lower() in ("reverse", "no")
