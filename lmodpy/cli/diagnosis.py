"""What may be wrong with the module system of a user on a machine: a function for each kind of finding."""

from __future__ import annotations

import json
import os
import platform
import sys
import threading
import time
from difflib import get_close_matches
from glob import glob

from lmodpy import LMOD_VERSION, __version__
from lmodpy.cli import caching, entry
from lmodpy.cli.indexing import places
from lmodpy.cli.main import run
from lmodpy.cli.sitewide import context
from lmodpy.config import ROWS, Settings
from lmodpy.errors import LmodError
from lmodpy.modulefile.runtime import lua_runtime
from lmodpy.modulefile.tclchild import python, tclsh
from lmodpy.report.diagnosis import Finding
from lmodpy.spider.index import files_in
from lmodpy.tree.directory import COOKIE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

SLOW, DEAD = 0.1, 5.0
"""Seconds after which the listing of a directory is slow, or is not waited for any longer."""
_MOST_FILES = 2000
"""So many files of a tree are looked at for Tcl."""
_LONGEST_VALUE = 32 * 4096
"""Bytes of `name=value` with which Linux starts no program (MAX_ARG_STRLEN)."""
_STARTUP = (
    ".bashrc",
    ".bash_profile",
    ".profile",
    ".zshrc",
    ".zprofile",
    ".cshrc",
    ".tcshrc",
    ".config/fish/config.fish",
)
_OURS = ("LMOD_CMD", "LMOD_DIR", "LMOD_PKG", "LMOD_ROOT", "LMOD_VERSION", "LMOD_sys", "LMOD_arch")
_OUR_BEGINNINGS = ("LMOD_FAMILY_", "LMOD_SET_", "LMOD_SETTARG")
"""Variables that are no settings: what init files and modules set."""


class Patient:
    """A user's environment on this machine; what takes time is found out once, and no directory is waited for long."""

    def __init__(self, environ: Mapping[str, str], config: str = "/etc") -> None:
        self.environ = environ
        self.config = config
        """Where the start-up files of all users are."""
        self.settings = Settings(environ)
        self.host = platform.node()
        self.entries = [] if "MODULEPATH" not in environ else environ["MODULEPATH"].split(":")
        self.home = environ.get("HOME", "")
        self._seconds: dict[str, float] = {}

    @property
    def roots(self) -> list[str]:
        """The directories of MODULEPATH that are there and answer."""
        return [root for root in dict.fromkeys(self.entries) if root.startswith("/") and self.answers(root)]

    def answers(self, directory: str) -> bool:
        """Say whether something is a directory that can be listed in a reasonable time."""
        return 0 <= self.seconds(directory) < DEAD

    def seconds(self, directory: str) -> float:
        """Return how long it takes to list a directory: DEAD if it does not answer, less than nothing if it fails."""
        if directory not in self._seconds:
            found: list[float] = []
            watched = threading.Thread(target=lambda: found.append(_listed(directory)), daemon=True)
            watched.start()
            watched.join(DEAD)
            self._seconds[directory] = found[0] if found else DEAD
        return self._seconds[directory]

    def lua(self) -> str:
        """Return the version of Lua; raises LmodError."""
        return ".".join(map(str, lua_runtime()().lua_version))

    def tcl(self) -> str:
        """Return what runs Tcl modulefiles; nothing, if there is nothing."""
        found = tclsh(self.settings.text("tclsh"), self.environ.get("PATH", ""))
        return found or ("the Tcl of Python" if python() else "")

    def loaded(self) -> tuple[list[dict[str, str]], str]:
        """Return the loaded modules as `module --json list` tells them, and what is wrong with the state."""
        outcome = run(["bash", "--json", "list"], dict(self.environ), say=lambda _: None)
        if outcome.status:
            return [], outcome.err.strip()
        told = json.loads(outcome.listing or outcome.err)
        return told["modules"], "; ".join(told["warnings"])


def _listed(directory: str) -> float:
    begun = time.perf_counter()
    try:
        with os.scandir(directory) as entries:
            for _ in entries:
                pass
    except OSError:
        return -1
    return time.perf_counter() - begun


def facts(patient: Patient) -> dict[str, str]:
    """Return what there is, under names that are the same on each machine."""
    environ, settings = patient.environ, patient.settings
    try:
        lua = patient.lua()
    except LmodError:
        lua = "none"
    size = sum(len(os.fsencode(f"{name}={value}")) + 1 for name, value in environ.items())
    changed = (settings.setting(row[0]) for row in ROWS if row[1] in environ)
    return {
        "lmodpy": f"{__version__}, answers as Lmod {LMOD_VERSION} ({entry.package_directory()})",
        "python": f"{platform.python_version()} ({sys.executable})",
        "lua": lua,
        "tcl": patient.tcl() or "none",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "LMOD_CMD": environ.get("LMOD_CMD", "not set: `module` is not set up in this shell"),
        "MODULEPATH": environ.get("MODULEPATH", "not set"),
        "loaded": str(len([name for name in environ.get("LOADEDMODULES", "").split(":") if name])),
        "environment": f"{size} bytes in {len(environ)} variables",
        "settings": ", ".join(f"{each.variable}={each.value}" for each in changed) or "all as by default",
    }


def findings(patient: Patient) -> list[Finding]:
    """Return all that is not as it should be."""
    return [finding for look in CHECKS for finding in look(patient)]


def _languages(patient: Patient) -> Iterator[Finding]:
    try:
        patient.lua()
    except LmodError as error:
        yield Finding("lua", sys.executable, error.text, f"`{error.hint}`")
    if not patient.tcl():
        found = next((file for root in patient.roots for file in _tcl_files(root)), "")
        if found:
            text = f"there is no Tcl on this machine, so {found} and others like it cannot be loaded"
            yield Finding("tcl", found, text, "install the package `tcl`, or name a tclsh by LMOD_TCLSH")


def _tcl_files(root: str) -> Iterator[str]:
    files = (os.path.join(folder, name) for folder, _, names in os.walk(root) for name in sorted(names))
    for _, file in zip(range(_MOST_FILES), files, strict=False):
        if not file.endswith(".lua") and os.path.isfile(file):
            try:
                with open(file, "rb") as opened:
                    if opened.read(len(COOKIE)) == COOKIE:
                        yield file
            except OSError:
                continue


def _tools(patient: Patient) -> Iterator[Finding]:
    """Look for another module tool beside this one, in the environment and in the start-up files of all users."""
    environ, ours = patient.environ, entry.launcher(entry.package_directory())
    named = environ.get("LMOD_CMD", "")
    advice = f'`eval "$(lmodpy init bash)"` in your start-up file, behind whatever sets the other one; it names {ours}'
    if named and not os.access(named, os.X_OK):
        yield Finding("tools", "LMOD_CMD", f"LMOD_CMD names {named}, which is no program", advice)
    elif named and os.path.realpath(named) != os.path.realpath(ours):
        yield Finding("tools", "LMOD_CMD", f"LMOD_CMD names {named}, which is not this lmodpy", advice)
    other = environ.get("MODULES_CMD") or next(
        (name for name in environ if name.startswith("BASH_FUNC__module_raw")), ""
    )
    if other:
        text = f"Environment Modules is set up in this shell, too ({other}); whichever came last has `module`"
        yield Finding("tools", "MODULES_CMD", text, "take one of them out of the start-up files, then log in again")
    if "_ModuleTable001_" in environ and "__LMODPY_STATE" in environ:
        text = "modules were loaded by Lmod, too, in this shell or in the one that started it"
        yield Finding("tools", "_ModuleTable001_", text, "`clearMT`, or log in again, and use one of them only")
    found = {tool: file for file in _profiles(patient.config) for tool in _tools_in(file)}
    if len(found) > 1:
        text = f"several module tools are set up for everybody: {', '.join(f'{t} in {f}' for t, f in found.items())}"
        yield Finding("tools", patient.config, text, "keep one of these files; docs/migrating-from-lmod.md tells how")


_TOOLS = {
    "lmodpy": ("lmodpy",),
    "Lmod": ("/lmod/init", "/lmod/lmod"),
    "Environment Modules": ("modulecmd.tcl", "/modules/init"),
}


def _profiles(config: str) -> list[str]:
    return sorted([*glob(f"{config}/profile.d/*.sh"), *glob(f"{config}/bash.bashrc"), *glob(f"{config}/bashrc")])


def _tools_in(file: str) -> list[str]:
    lines = "\n".join(line for line in _text(file).splitlines() if not line.lstrip().startswith("#"))
    return [tool for tool, words in _TOOLS.items() if any(word in lines for word in words)][:1]


def _text(file: str) -> str:
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:
            return opened.read(1 << 20)
    except OSError:
        return ""


def _conda(patient: Patient) -> Iterator[Finding]:
    for file in (f"{patient.home}/{name}" for name in _STARTUP if patient.home):
        lines = _text(file).splitlines()
        number = next((number for number, line in enumerate(lines, 1) if ">>> conda initialize >>>" in line), 0)
        if number:
            text = f"{file}, line {number}: `conda init` puts conda in front of PATH in each new shell, so that its"
            text += " programs hide those of the system, and sometimes those of modules"
            advice = "`conda config --set auto_activate_base false`, or `conda init --reverse` and a module for conda"
            yield Finding("conda", file, text, advice)
    path = patient.environ.get("PATH", "").split(":")
    prefix = patient.environ.get("CONDA_PREFIX", "")
    if prefix and f"{prefix}/bin" in path and patient.environ.get("LOADEDMODULES"):
        behind = path[path.index(f"{prefix}/bin") + 1 :]
        hidden = [module["fullName"] for module in patient.loaded()[0] if _adds(patient, module, behind)]
        if hidden:
            text = f"conda's {prefix}/bin stands on PATH in front of {', '.join(hidden)}"
            yield Finding("conda", "PATH", text, "`conda deactivate`, then `module update`")


def _adds(patient: Patient, module: Mapping[str, str], directories: Sequence[str]) -> bool:
    """Say whether a loaded module has put one of some directories on PATH."""
    shown = run(["bash", "show", module["fullName"]], dict(patient.environ), say=lambda _: None)
    lines = [line for line in (shown.listing or shown.err).splitlines() if '_path("PATH"' in line]
    return any(f'"{directory}"' in line for line in lines for directory in directories if directory)


def _modulepath(patient: Patient) -> Iterator[Finding]:
    places: dict[str, str] = {}
    for entered in patient.entries:
        seconds = patient.seconds(entered) if entered.startswith("/") else -1
        real = os.path.realpath(entered) if 0 <= seconds < DEAD else entered
        if not entered:
            text, advice = "MODULEPATH has an empty entry", "take out the colon that is too much where it is set"
        elif not entered.startswith("/"):
            text, advice = f"`{entered}` is no absolute path", f"`module unuse {entered}`, and write it from `/` on"
        elif seconds < 0:
            text, advice = f"{entered} {_trouble(entered)}", f"`module unuse {entered}`, or look why it is not there"
        elif real in places:
            text, advice = f"{entered} is {places[real]} once more", f"`module unuse {entered}`"
        elif seconds < DEAD and not os.listdir(entered):
            text, advice = f"{entered} is empty", f"`module unuse {entered}`, or put modulefiles into it"
        else:
            places[real] = entered
            continue
        yield Finding("modulepath", entered, text, advice)


def _trouble(path: str) -> str:
    if not os.path.lexists(path):
        return "does not exist"
    if not os.path.isdir(path):
        return "is no directory"
    return "cannot be read"


def _caches(patient: Patient) -> Iterator[Finding]:
    roots = patient.roots
    admin = context(roots, patient.environ, lambda _: None)
    where = places(admin)
    for place in where.site:
        if not patient.answers(place):
            text, advice = (
                f"{place} {_trouble(place)}",
                "`lmodpy cache build`, or take it out of LMOD_SPIDER_CACHE_DIRS",
            )
            yield Finding("cache", place, f"the site's index: {text}", advice)
        elif not files_in(place):
            text = f"there is no index of lmodpy in {place}"
            yield Finding("cache", place, text, f"`lmodpy cache build --dir {place}`: what Lmod has built is not read")
    for served in caching.served(admin, roots):
        if served.stale and served.owner == "site":
            text = f"{served.stale} directories of {served.root} have changed since {served.by} was built"
            yield Finding("cache", served.root, text, "`lmodpy cache build` in the job that builds it")
    foreign = [path for place in (*where.site, where.own) if place for path in files_in(place) if not _fits(path)]
    if foreign:
        text = f"{len(foreign)} index files are of another machine or version, or damaged, such as {foreign[0]}"
        yield Finding(
            "cache", foreign[0], text, "`lmodpy cache clear` takes them away; others are made as they are needed"
        )


def _fits(path: str) -> bool:
    from lmodpy.spider import store  # noqa: PLC0415 - only here
    from lmodpy.spider.index import FORMAT  # noqa: PLC0415

    made_for = os.uname()
    try:
        with store.Reader(path, whole=True) as reader:
            return reader.key.startswith(f"{FORMAT} {made_for.sysname} {made_for.machine} {__version__} ")
    except (OSError, store.Damaged):
        return False


def _state(patient: Patient) -> Iterator[Finding]:
    modules, trouble = patient.loaded()
    if trouble:
        yield Finding("state", "__LMODPY_STATE", trouble, "`module purge`, or log in again")
    gone = [module for module in modules if not os.path.exists(module["path"])]
    named = patient.environ.get("HOSTNAME") or patient.environ.get("SLURM_SUBMIT_HOST") or ""
    if gone:
        other = f"; the environment comes from {named}" if named and named != patient.host else ""
        text = f"the modulefile of {', '.join(each['fullName'] for each in gone)} is not on this machine{other}"
        yield Finding("state", gone[0]["path"], text, "`module purge`, and load here what you need here")


def _environment(patient: Patient) -> Iterator[Finding]:
    sizes = {name: len(os.fsencode(f"{name}={value}")) for name, value in patient.environ.items()}
    for name, size in sorted(sizes.items()):
        if size > _LONGEST_VALUE // 2:
            text = f"{name} has {size} bytes; with {_LONGEST_VALUE} no program can be started any more"
            yield Finding("environment", name, text, f"`echo ${name}`: see what puts so much into it")
    total, limit = sum(sizes.values()) + len(sizes), os.sysconf("SC_ARG_MAX")
    if total > limit // 4:
        text = f"the environment has {total} bytes, more than a quarter of what programs can be started with ({limit})"
        largest = ", ".join(sorted(sizes, key=lambda name: -sizes[name])[:3])
        yield Finding("environment", largest, text, f"`module purge`, and see what is in {largest}")


def _slow(patient: Patient) -> Iterator[Finding]:
    places = {"MODULEPATH": patient.entries, "PATH": patient.environ.get("PATH", "").split(":"), "HOME": [patient.home]}
    for variable, directories in places.items():
        for directory in dict.fromkeys(filter(None, directories)):
            seconds = patient.seconds(directory)
            if seconds >= DEAD:
                text = f"{directory} ({variable}) has not answered within {DEAD:g} seconds"
                yield Finding(
                    "slow", directory, text, f"look at its file system: `df {directory}`; until then leave it out"
                )
            elif seconds > SLOW:
                text = f"it takes {seconds * 1000:.0f} ms to list {directory} ({variable})"
                yield Finding("slow", directory, text, "fewer files in it, a faster file system, or leave it out")


def _settings(patient: Patient) -> Iterator[Finding]:
    known = [row[1] for row in ROWS] + [*_OURS]
    for name in sorted(patient.environ):
        if name.startswith(("LMOD_", "LMODPY_")) and name not in known and not name.startswith(_OUR_BEGINNINGS):
            near = get_close_matches(name, known, 1)
            advice = f"did you mean {near[0]}?" if near else "`lmodpy config` lists all there are"
            yield Finding("setting", name, f"lmodpy knows no {name}", advice)
    settings = Settings(patient.environ)
    for name, variable, _, kind, *_ in ROWS:
        if kind in ("flag", "number"):
            (settings.flag if kind == "flag" else settings.number)(name)
        elif "|" in kind and settings.text(name) not in kind.split("|"):
            settings.doubts[variable] = f"`{settings.text(name)}` is none of {', '.join(kind.split('|'))}"
    for name, doubt in settings.doubts.items():
        yield Finding("setting", name, f"{name}: {doubt}", f"`lmodpy config` tells what {name} takes")


CHECKS: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
    *(_languages, _tools, _conda, _modulepath, _slow, _caches, _state, _environment, _settings),
)
"""In the order in which they are told."""
