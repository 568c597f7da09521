"""What can be wrong with a site's modulefiles: each is loaded and unloaded as users would, through the hierarchy."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, cast

from lmodpy import system
from lmodpy.cli.context import Context
from lmodpy.errors import LmodError
from lmodpy.modulefile import operations as op
from lmodpy.modulefile.hooks import Hooks
from lmodpy.names.request import Request, satisfies
from lmodpy.report.findings import Finding
from lmodpy.session.state import STATE
from lmodpy.tree.directory import base_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, NamedTuple

    from lmodpy.modulefile.questions import Host
    from lmodpy.report.software import Chain, Site
    from lmodpy.session.frame import Frame
    from lmodpy.tree.directory import Modulefile
else:
    from lmodpy.values import NamedTuple


class Found(NamedTuple):
    """The findings about one modulefile, as it comes from another process."""

    findings: tuple[tuple[str, str, int, str, str], ...] = ()


_PATHS = (
    *("PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "MANPATH"),
    *("INFOPATH", "PYTHONPATH", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH", "PERL5LIB", "XDG_DATA_DIRS"),
)
_SENTINEL = "/lmodpy-check/{}"
_OF_COMMANDS = frozenset((STATE, "LOADEDMODULES", "_LMFILES_"))
_KIND_OF = {
    "e_Family_Conflict": "family",
    "e_Failed_Load": "needs",
    "e_Failed_Load_2": "needs",
    "e_Prereq": "needs",
    "e_Prereq_Any": "needs",
}
"""What an error is a finding of, by Lmod's name for it."""
_ENOUGH = {"e_Prereq": all, "e_Prereq_Any": any}
"""How many of the modules that are not loaded must exist, so that users can load them first."""
_MOST_WAYS = 20
_MOST_SCRIPTS = 2000
_PLACE = re.compile(r"(.*):(\d+)")


class Checker:
    """Looks at one modulefile after the other, in whatever process."""

    def __init__(self, admin: Context, site: Site) -> None:
        self._admin = admin
        self._site = site
        self._records = {record.module.path: record for record in site.records}

    def check(self, module: Modulefile) -> Found:
        """Return what is wrong with a modulefile, each thing once, however many ways lead to it."""
        found: dict[tuple[str, str, int, str], Finding] = {}
        record = self._records[module.path]
        for chain in (self._site.chains(record) or [()])[:_MOST_WAYS]:
            for finding in self._played(module, chain):
                found.setdefault(finding[:4], finding)
        return Found(tuple(map(tuple, found.values())))  # type: ignore[arg-type]

    def _played(self, module: Modulefile, chain: Chain) -> Iterator[Finding]:
        """Load what leads to a module, then the module, and unload it again, in a session of its own."""
        context = self._session()
        frames: dict[str, Any] = {}
        hooks = context.hooks = Hooks(cast("Host", None), lambda _: None)
        hooks.register("load", lambda told: frames.setdefault(told["fn"], hooks.host))
        session = context.session
        session.overheard = True
        names = [record.full_name for record in chain]
        try:
            session.load([Request(name) for name in names])
        except LmodError:
            return  # that is said of the module that cannot be loaded
        if not any(root == module.root for root in session.roots()):
            return
        before = {name: value for name, value in session.env.seen().items() if name not in _OF_COMMANDS}
        try:
            session.load([Request(module.full_name)])
        except LmodError as error:
            yield from self._failed(error, module, names)
            return
        own = frames.get(module.path)
        if own is None:
            return
        said = list(self._said(module, own))
        yield from said
        session.unload([Request(module.full_name)], force=True)
        after = {name: value for name, value in session.env.seen().items() if name not in _OF_COMMANDS}
        left = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        names = [name for name in left if not any(each.text.startswith(f"{name} is ") for each in said)]
        if names:
            yield Finding("trace", module.path, 0, f"unloading leaves {', '.join(names)} changed")

    def _session(self) -> Context:
        """Return a session in which each path variable has an entry that tells which one it is."""
        admin = self._admin
        environ = {**admin.environ, **{name: _SENTINEL.format(name) for name in _PATHS}}
        commands = admin.environ.get("PATH", "/usr/bin:/bin").split(":")
        environ["PATH"] = ":".join(dict.fromkeys((environ["PATH"], *filter(None, commands))))
        admin.settings.choose({"undo": "lmod"})
        return Context(admin.line, admin.speaker, environ, admin.settings, lambda _: None)

    def _failed(self, error: LmodError, module: Modulefile, names: Sequence[str]) -> Iterator[Finding]:
        kind = _KIND_OF.get(error.id, "error")
        enough = _ENOUGH.get(error.id)
        if enough and enough(map(self._is_there, getattr(error, "wanted", ()))):
            return  # users load that first
        path, line = _place(getattr(error, "where", "") or module.path)
        after = f" (after {' '.join(names)})" if names else ""
        if kind == "family":
            path, line = module.path, 0
        yield Finding(kind, path, line, f"{error.text}{after}", error.hint)

    def _is_there(self, wanted: Request) -> bool:
        """Say whether there is a module that is meant."""
        modules = (record.module for record in self._site.records)
        return any(satisfies(wanted, each.name, each.version) for each in modules)

    def _said(self, module: Modulefile, frame: Frame) -> Iterator[Finding]:
        """Look at what a modulefile has said."""
        seen: set[tuple[str, str]] = set()
        for call in frame.journal:
            said = call.operation
            if isinstance(said, op.EditPath) and said.verb != "remove":
                for entry in said.paths:
                    if (said.name, entry) not in seen:
                        seen.add((said.name, entry))
                        yield from _about_entry(module, said.name, entry)
            elif isinstance(said, op.SetEnv | op.PushEnv):
                yield from _about_value(module, said.name, said.value or "")


def _about_entry(module: Modulefile, variable: str, entry: str) -> Iterator[Finding]:
    foreign = _foreign(variable, entry)
    if foreign:
        yield Finding("mixed", module.path, 0, f"{variable} gets what is in {foreign}", f"take {variable} itself")
    elif "://" in entry or not entry or variable not in (*_PATHS, "MODULEPATH"):
        return
    elif not entry.startswith("/"):
        yield Finding("relative", module.path, 0, f"{variable} gets `{entry}`", "write the whole path")
    elif not os.path.isdir(entry) and not entry.startswith("/lmodpy-check/"):
        yield Finding("missing", module.path, 0, f"{variable} gets {entry}, which is no directory")
    elif variable == "PATH":
        yield from _scripts(module, entry)


def _about_value(module: Modulefile, variable: str, value: str) -> Iterator[Finding]:
    foreign = _foreign(variable, value)
    if foreign:
        yield Finding("mixed", module.path, 0, f"{variable} is made from {foreign}", f"take {variable} itself")
    elif variable in _PATHS and _SENTINEL.format(variable) not in value:
        advice = f'prepend_path("{variable}", …) keeps what is there'
        yield Finding("overwritten", module.path, 0, f"{variable} is set to `{value}`", advice)


def _foreign(variable: str, value: str) -> str:
    """Return the other path variable whose contents are in a value; empty for none."""
    if variable not in _PATHS:
        return ""
    return next((name for name in _PATHS if name != variable and _SENTINEL.format(name) in value.split(":")), "")


def _scripts(module: Modulefile, directory: str) -> Iterator[Finding]:
    """Look for scripts whose interpreter is not there."""
    try:
        names = sorted(os.listdir(directory))[:_MOST_SCRIPTS]
    except OSError:
        return
    for name in names:
        path = f"{directory}/{name}"
        try:
            mode = os.stat(path).st_mode
            if not (stat.S_ISREG(mode) and mode & 0o111):
                continue
            with open(path, "rb") as file:
                first = os.fsdecode(file.readline(512))
        except OSError:
            continue
        words = first[2:].split() if first.startswith("#!") else []
        if words and words[0].startswith("/") and not os.path.exists(words[0]):
            yield Finding("interpreter", path, 1, f"{words[0]} does not exist ({module.full_name} puts it on PATH)")


def of_trees(site: Site) -> Iterator[Finding]:
    """Yield what is wrong with the directories themselves, and with rc files."""
    for text in site.tree.warnings:
        path, line = _place(text.partition(": ")[0])
        yield Finding("rc", path, line, text.partition(": ")[2] or text)
    for root in site.roots:
        seen: set[str] = set()
        for folder, folders, files in os.walk(base_of(root), followlinks=True):
            there = os.path.realpath(folder)
            folders[:] = sorted(name for name in folders if name != ".git") if there not in seen else []
            if there not in seen:
                seen.add(there)
                yield from _of_folder(folder, [*folders, *files])


def _of_folder(folder: str, names: Sequence[str]) -> Iterator[Finding]:
    marks = [name for name in ("default", ".modulerc.lua", ".modulerc", ".version") if name in names]
    marking = [name for name in marks if name == "default" or _marks(f"{folder}/{name}")]
    if len(marking) > 1:
        advice = f"{marking[0]} counts; take the others away"
        yield Finding("default", folder, 0, f"{' and '.join(marking)} mark a default", advice)
    for name in names:
        path = f"{folder}/{name}"
        if name != name.strip() or ":" in name:
            yield Finding("name", path, 0, f"the name {name!r} cannot be loaded", "rename it")
        elif os.path.islink(path) and not os.path.exists(path):
            kind = "default" if name == "default" else "link"
            yield Finding(kind, path, 0, f"leads to {os.readlink(path)}, which does not exist")
        elif os.path.isfile(path) and not os.stat(path).st_mode & 0o004 and not name.startswith(".git"):
            yield Finding("unreadable", path, 0, "others may not read it", f"chmod a+r {path}")


def _marks(path: str) -> bool:
    """Say whether an rc file looks as if it marked a default."""
    try:
        text = os.fsdecode(system.content(path, 1 << 20))
    except OSError:
        return False
    return re.search(r"""ModulesVersion|["' ]default\b|/default\b""", text) is not None


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by file and line, each once."""
    return sorted(set(findings), key=lambda each: (each.path, each.line, each.kind, each.text))


def _place(where: str) -> tuple[str, int]:
    match = _PLACE.fullmatch(where)
    return (match[1], int(match[2])) if match else (where, 0)
