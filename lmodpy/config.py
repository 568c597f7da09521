"""The settings: one table, and a reader that knows where each value came from."""

from __future__ import annotations

from lmodpy import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NamedTuple

    Row = tuple[str, str, str, str, str, str]
else:
    from lmodpy.values import NamedTuple


class Setting(NamedTuple):
    """One setting, its value, and where that came from: `default`, `environment`, `command line`, or a site file.

    `kind` is flag, number, text, or the words that it knows, with | between them. `id` is Lmod's short name for it in
    `--config_json`. A meaning that begins with `none` is that of a variable of Lmod's that does nothing here.
    """

    name: str
    variable: str
    default: str
    kind: str
    id: str
    meaning: str
    value: str = ""
    origin: str = "default"

    @property
    def shown(self) -> str | int | float:
        """Return the value as programs expect it: yes or no, a number, or text, `<empty>` for none."""
        if self.kind == "flag":
            return "no" if self.value.lower() in NO else "yes"
        if self.kind == "number":
            number = as_number(self.value)
            number = as_number(self.default) or 0 if number is None else number
            return int(number) if number == int(number) else number
        return self.value or "<empty>"


# Plain tuples: each command loads them, and only those that are asked for become Settings.
# name, variable, default, kind, id of Lmod's, meaning
ROWS: tuple[Row, ...] = (
    ("admin_file", "LMOD_ADMIN_FILE", "", "text", "nag", "what is said about modules when they are loaded"),
    ("allow_root", "LMOD_ALLOW_ROOT_USE", "yes", "flag", "allowRoot", "none: the init files serve root, too"),
    ("allow_tcl", "LMOD_ALLOW_TCL_MFILES", "yes", "flag", "allowTCL", "Tcl modulefiles are looked at"),
    ("ancient_time", "LMOD_ANCIENT_TIME", "86400", "number", "tm_ancient", "none: nothing is believed for its age"),
    ("auto_swap", "LMOD_AUTO_SWAP", "yes", "flag", "autoSwap", "a module of the same family is replaced, not refused"),
    ("avail_extensions", "LMOD_AVAIL_EXTENSIONS", "yes", "flag", "disp_av_ext", "`avail` lists extensions, too"),
    ("avail_style", "LMOD_AVAIL_STYLE", "<system>", "text", "avail_style", "which titles `avail` has"),
    ("branch", "LMOD_BRANCH", "main", "text", "lmod_branch", "none: for information only"),
    ("cached_loads", "LMOD_CACHED_LOADS", "no", "flag", "spdr_loads", "none: `load` looks where a name lies"),
    ("sort_case", "LMOD_CASE_INDEPENDENT_SORTING", "no", "flag", "case", "capital letters do not matter for the order"),
    ("colorize", "LMOD_COLORIZE", "yes", "yes|no|force", "colorize", "colours on a terminal: yes, no or force"),
    ("config_dir", "LMOD_CONFIG_DIR", "/etc/lmod", "text", "configDir", "where SitePackage.lua and lmodrc.lua are"),
    ("config_file", "LMOD_CONFIG_LOCATION", "no", "text", "lmod_cfg", "which lmod_config.lua was read"),
    ("no_name_swap", "LMOD_DISABLE_NAME_AUTOSWAP", "no", "flag", "disable1N", "another version is refused"),
    ("no_same_name_swap", "LMOD_DISABLE_SAME_NAME_AUTOSWAP", "no", "flag", "", "older name of the one above"),
    ("dot_alias", "LMOD_DOT_HIDDEN_LOAD_ALIAS", "no", "flag", "", "hidden ones are also found without dots"),
    ("downstream", "LMOD_DOWNSTREAM_CONFLICTS", "no", "flag", "dsConflicts", "conflicts keep out what comes later"),
    ("duplicate_paths", "LMOD_DUPLICATE_PATHS", "no", "flag", "dupPaths", "path variables may hold an entry twice"),
    ("dynamic_cache", "LMOD_DYNAMIC_SPIDER_CACHE", "yes", "flag", "dynamicC", "none: caches know what opens what"),
    ("exact_match", "LMOD_EXACT_MATCH", "no", "flag", "exactMatch", "a version must be given, defaults do not count"),
    ("export_module", "LMOD_EXPORT_MODULE", "yes", "flag", "expMCmd", "none: bash always hands `module` on to scripts"),
    ("extended_default", "LMOD_EXTENDED_DEFAULT", "yes", "flag", "extendDflt", "the beginning of a version selects it"),
    ("fast_tcl", "LMOD_FAST_TCL_INTERP", "yes", "flag", "fastTCL", "no: Tcl runs in a tclsh only"),
    ("using_fast_tcl", "LMOD_USING_FAST_TCL_INTERP", "no", "flag", "fastTCLUsing", "none: how Lmod runs Tcl"),
    ("ignored_files", "LMOD_FILE_IGNORE_PATTERNS", "", "text", "fileIgnPatt", "Lua table of patterns: not modulefiles"),
    ("hash_program", "LMOD_HASHSUM_PATH", "", "text", "path_hash", "none: no program is needed for that"),
    ("lua_term", "LMOD_HAVE_LUA_TERM", "no", "flag", "lua_term", "none: no library is needed for that"),
    ("hidden_italic", "LMOD_HIDDEN_ITALIC", "no", "flag", "hiddenItalic", "hidden ones are in italics, not faint"),
    ("ignore_cache", "LMOD_IGNORE_CACHE", "no", "flag", "spdr_ignore", "caches are passed over"),
    ("ksh_support", "LMOD_KSH_SUPPORT", "no", "flag", "ksh_support", "none: ksh always has `module`"),
    ("language", "LMOD_LANG", "en", "text", "lang", "the language of messages in LMOD_SITE_MSG_FILE"),
    ("override_language", "LMOD_OVERRIDE_LANG", "", "text", "", "the same, before the one above"),
    ("ld_library_path", "LMOD_LD_LIBRARY_PATH", "", "text", "ld_lib_path", "none: programs have the user's"),
    ("ld_preload", "LMOD_LD_PRELOAD", "", "text", "ld_preload", "none: modulefiles' programs have the user's"),
    ("max_depth", "LMOD_MAXDEPTH", "", "text", "", "how deep names go, as `directory:depth;…`"),
    ("modulepath_init", "LMOD_MODULEPATH_INIT", "/etc/lmod/.modulespath", "text", "mpath_init", "MODULEPATH at first"),
    ("system_rc", "LMOD_MODULERC", "", "text", "modRC", "rc files of the site, separated by colons"),
    ("system_rc_file", "LMOD_MODULERCFILE", "", "text", "", "older name of the one above"),
    ("tmod_rc_file", "MODULERCFILE", "", "text", "", "the name that Environment Modules has for it"),
    ("mpath_avail", "LMOD_MPATH_AVAIL", "no", "flag", "mpath_av", "words of `avail` may also name directories"),
    ("nearly_forbidden_days", "LMOD_NEARLY_FORBIDDEN_DAYS", "14", "number", "", "how early users are told of it"),
    ("package_path", "LMOD_PACKAGE_PATH", "", "text", "", "where SitePackage.lua is: directories, separated by colons"),
    ("pager", "LMOD_PAGER", "less", "text", "pager", "what shows long lists on a terminal; none: nothing does"),
    ("pager_options", "LMOD_PAGER_OPTS", "-XqMREF", "text", "pager_opts", "how `less` is to behave"),
    ("pin_versions", "LMOD_PIN_VERSIONS", "no", "flag", "pin_v", "`restore` takes the versions that were saved"),
    ("prepend_block", "LMOD_PREPEND_BLOCK", "normal", "normal|no|reverse", "prpnd_blk", "reverse: blocks turn round"),
    ("more_rc", "LMOD_RC", "", "text", "rc", "more lmodrc files, separated by colons"),
    ("redirect", "LMOD_REDIRECT", "no", "flag", "redirect", "what was asked for goes to stdout"),
    ("settarg", "LMOD_SETTARG_FULL_SUPPORT", "no", "flag", "settarg", "none: settarg is not there"),
    ("short_time", "LMOD_SHORT_TIME", "2", "number", "tm_short", "none: no search writes a cache"),
    ("show_hidden", "LMOD_SHOW_HIDDEN", "no", "text", "", "hidden ones are listed: no, yes or avail:spider:list"),
    ("messages_file", "LMOD_SITE_MSG_FILE", "", "text", "lang_site", "messages in the site's words: docs/site.md"),
    ("site_name", "LMOD_SITE_NAME", "", "text", "siteName", "families are also told in <SITE>_FAMILY_<NAME>"),
    ("site_package", "LMOD_SITEPACKAGE_LOCATION", "standard", "text", "sitePkg", "which SitePackage.lua was read"),
    ("site_package_first", "LMOD_SITEPACKAGE_PREPEND", "", "text", "sitePkgPrepend", "files before lmod_config.lua"),
    ("host_name", "LMOD_SYSHOST", "", "text", "syshost", "none: caches know their machine"),
    ("default_modules", "LMOD_SYSTEM_DEFAULT_MODULES", "", "text", "sysDfltM", "what `reset` loads"),
    ("system_name", "LMOD_SYSTEM_NAME", "", "text", "sysName", "collections of this system only"),
    ("tclsh", "LMOD_TCLSH", "tclsh", "text", "", "what runs Tcl: a program, or `library` for Python's own"),
    ("terse_marks", "LMOD_TERSE_DECORATIONS", "yes", "flag", "terse_decorate", "<H> and <F> stand in terse lists"),
    ("threshold", "LMOD_THRESHOLD", "1", "number", "tm_threshold", "none: no search writes a cache"),
    ("find_first", "LMOD_TMOD_FIND_FIRST", "no", "flag", "tmod_find1st", "the first directory that has a name decides"),
    ("tmod_paths", "LMOD_TMOD_PATH_RULE", "no", "flag", "tmod_rule", "an entry that is there already keeps its place"),
    ("trace", "LMOD_TRACING", "no", "flag", "tracing", "tells what is loaded from where, as it happens"),
    ("dot_config_only", "LMOD_USE_DOT_CONFIG_ONLY", "no", "flag", "dotConfOnly", "none: nor in Lmod since 9.0"),
    ("modulepath_root", "MODULEPATH_ROOT", "", "text", "mpath_root", "`Core` in it is the first MODULEPATH"),
    ("auto_handling", "MODULES_AUTO_HANDLING", "no", "flag", "mAutoHndl", "what `prereq` names is loaded"),
    ("lua", "PATH_TO_LUA", "", "text", "path_lua", "none: Lua is inside"),
    ("site_prefix", "SITE_CONTROLLED_PREFIX", "no", "flag", "prefix_site", "none: lmodpy lies where it was installed"),
    # Not in Lmod's reports.
    ("options", "LMOD_OPTIONS", "", "text", "", "options in front of every command line"),
    ("expert", "LMOD_EXPERT", "no", "flag", "", "no messages, no hints, and families may have several members"),
    ("quiet", "LMOD_QUIET", "no", "flag", "", "no messages, only the work"),
    ("debug_level", "LMOD_DEBUG", "0", "number", "", "above 0: tells what is loaded from where, and what it says"),
    ("width", "LMOD_TERM_WIDTH", "0", "number", "", "columns of lists; 0: as the terminal has"),
    ("quarantine", "LMOD_QUARANTINE_VARS", "", "text", "", "variables that are never changed, separated by colons"),
    ("regression_testing", "LMOD_RTM_TESTING", "", "text", "", "none: for Lmod's own tests"),
    ("prefix", "LMOD_ROOT", "", "text", "", "where lmodpy lies; rc files of the site are in `etc` there"),
    ("site_modulepath", "LMOD_SITE_MODULEPATH", "", "text", "", "directories in front of the first MODULEPATH"),
    ("shell_debug", "LMOD_SH_DBG_ON", "", "text", "", "if set, `set -x` also shows what `module` does"),
    ("editor", "MODULES_EDITOR", "", "text", "", "what `module edit` opens, before VISUAL and EDITOR"),
    ("ignore_user_rc", "MODULES_IGNORE_USER_RC", "no", "flag", "", "~/.modulerc and ~/.modulerc.lua are passed over"),
    ("site_caches", "LMOD_SPIDER_CACHE_DIRS", "", "text", "", "the site's caches: directories, separated by colons"),
    ("site_vouches", "LMODPY_CACHE_VOUCHED", "no", "flag", "", "the site's caches are believed without a look"),
    ("spider_programs", "LMODPY_SPIDER_PROGRAMS", "no", "flag", "", "modulefiles start programs for `spider`, too"),
    ("command_not_found", "LMODPY_COMMAND_NOT_FOUND", "no", "flag", "", "prompts tell which modules bring a command"),
    ("plugins", "LMODPY_PLUGINS", "", "text", "", "the site's entry points of the group lmodpy.hooks"),
    ("debug", "LMODPY_DEBUG", "no", "flag", "", "show the Python traceback of an unexpected failure"),
    ("eval_timeout", "LMODPY_EVAL_TIMEOUT", "30", "number", "", "seconds that a modulefile may take; 0: any time"),
    ("undo", "LMODPY_UNDO", "exact", "exact|lmod", "", "`lmod`: unload leaves what Lmod would leave"),
)  # fmt: skip
"""Every setting, in the order of Lmod's reports."""

NO = frozenset(("", "0", "no", "off"))
_YES = frozenset(("1", "yes", "on", "y", "true"))
_ROW_OF = {row[0]: row for row in ROWS}
SYSTEM_RC = tuple([_ROW_OF[name][1] for name in ("system_rc", "system_rc_file", "tmod_rc_file")])
"""The variables that name the rc files of the site, the first one set counts."""
_PLACES = frozenset(("avail", "spider", "list"))


class Settings:
    """What is set, read from the command line and an environment; unknown names raise KeyError."""

    def __init__(self, environ: Mapping[str, str], chosen: Mapping[str, str] | None = None) -> None:
        self._environ = environ
        self._chosen = chosen or {}
        self._assigned: dict[str, str] = {}
        """Where values come from that the site's files have set, by name."""
        self.doubts: dict[str, str] = {}
        """What a value could not be read as, by variable: for one warning each."""
        self._flags: dict[str, bool] = {}

    def choose(self, values: Mapping[str, str]) -> None:
        """Let values of the command line, by name, come before those of the environment."""
        self._chosen = {**self._chosen, **values}
        self._flags.clear()

    def assign(self, name: str, value: str, origin: str) -> None:
        """Let a value of the site's files come before that of the environment."""
        self._environ = {**self._environ, _ROW_OF[name][1]: value}
        self._assigned[name] = origin
        self._flags.clear()

    def text(self, name: str) -> str:
        """Return the value as text."""
        if name in self._chosen:
            return self._chosen[name]
        row = _ROW_OF[name]
        return self._environ.get(row[1], row[2])

    def flag(self, name: str) -> bool:
        """Return whether it is switched on: empty, 0, no and off (in any case) mean no."""
        known = self._flags.get(name)
        if known is None:  # some are asked for every module
            text = self.text(name).lower()
            if text not in _YES and text not in NO:
                self.doubts[_ROW_OF[name][1]] = f"`{text}` is neither yes nor no; it counts as yes"
            known = self._flags[name] = text not in NO
        return known

    def number(self, name: str) -> float:
        """Return the value as a number; the default, if it is none."""
        text = self.text(name)
        number = as_number(text)
        if number is None:
            default = _ROW_OF[name][2]
            if text:
                self.doubts[_ROW_OF[name][1]] = f"`{text}` is no number; it counts as {default}"
            return as_number(default) or 0
        return number

    def setting(self, name: str) -> Setting:
        """Return a setting with its value and where that came from."""
        row = _ROW_OF[name]
        from_site = self._assigned.get(name, "environment")
        origin = "command line" if name in self._chosen else from_site if row[1] in self._environ else "default"
        return Setting(*row, self.text(name), origin)

    def shows_hidden(self, where: str) -> bool:
        """Say whether hidden modules are shown in `avail`, `spider`, `list` or, where no list is named, to `load`."""
        text = self.text("show_hidden").lower()
        if text in NO:
            return False
        places = set(text.split(":"))
        return not places <= _PLACES or where in places

    def system_rc(self, get: Callable[[str], str | None] | None = None) -> str:
        """Return what names the rc files of the site, in the environment found or as `get` knows it now."""
        get = get or self._environ.get
        for variable in SYSTEM_RC:
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

    def site_files(self) -> list[str]:
        """Return the site's files of code that there are, in the order in which they run.

        Of several SitePackage.lua the one in the site's directory counts, then the last of LMOD_PACKAGE_PATH; so for
        site.py.
        """
        place, packages, before = self.text("config_dir"), self.text("package_path"), self.text("site_package_first")
        there: dict[str, str] = {}
        for folder in (place, *reversed(packages.split(":"))):
            for name in _names_in(folder):
                there.setdefault(name if name != "lmod_config.lua" or folder == place else "", f"{folder}/{name}")
        found = [path for path in before.split(":") if path and system.is_file(path)] if before else []
        return [*found, *(there[name] for name in _CODE if name in there)]

    def lmodrc_files(self) -> list[str]:
        """Return the lmodrc files that there are, those that count more later."""
        home, prefix = self._environ.get("HOME"), self.text("prefix")
        places = [f"{prefix}/etc/lmodrc.lua"] if prefix else []
        places += [f"{self.text('config_dir')}/lmodrc.lua", "/etc/lmodrc.lua"]
        places += [f"{home}/.lmodrc.lua"] if home else []
        return [path for path in dict.fromkeys((*places, *self.text("more_rc").split(":"))) if system.is_file(path)]

    def admin_list(self) -> str:
        """Return the file with what is said about modules when they are loaded; empty for none."""
        prefix = self.text("prefix")
        places = (self.text("admin_file"), f"{prefix}/etc/admin.list" if prefix else "")
        return next((path for path in places if path and system.is_file(path)), "")

    def turns_blocks(self) -> bool:
        """Say whether several paths in one prepend come out in reverse order."""
        return self.text("prepend_block").lower() in ("reverse", "no")


_CODE = ("lmod_config.lua", "SitePackage.lua", "site.py")


def _names_in(folder: str) -> list[str]:
    try:
        return system.listdir(folder) if folder else []
    except OSError:
        return []


def as_number(text: str) -> float | None:
    """Return what a text says as a number, None if it is none."""
    return float(text) if text.isascii() and text.replace(".", "", 1).isdecimal() else None
