"""The words that answer: about the modules, the shell, the user, files and texts."""

from __future__ import annotations

from lmodpy import system
from lmodpy.modulefile.words import kind
from lmodpy.names.request import Request, atleast, atmost, between, latest
from lmodpy.names.version import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from lmodpy.modulefile.operations import Call

    class Host(Protocol):
        """What an evaluator needs from whoever lets it run."""

        mode_name: str
        shell_name: str
        shell_kind: str
        name: str
        version: str
        path: str
        asked: str
        verdict: str
        content: bytes | None

        @property
        def takes_plainly(self) -> bool:
            """Say whether plain words may come by `perform_plainly`."""

        def perform_plainly(self, said: str) -> None:
            """Do what many words said, three texts for each, with NUL between all of them.

            A word is `set`, `prepend` or `append`, a variable and a text, or `whatis` or `help`, a text and nothing.
            """

        def perform(self, call: Call) -> object:
            """Do what was said, in the way of the current mode; the result goes to the modulefile."""

        def misused(self, error: Exception) -> None:
            """Hear that a word was used wrongly: raise, or warn and go on."""

        def getenv(self, name: str) -> str | None:
            """Return the value of a variable as it would be now."""

        @property
        def runs_programs(self) -> bool:
            """Say whether the modulefile may start programs."""

        def environ(self) -> dict[str, str]:
            """Return the environment for a program that the modulefile starts."""

        def typed(self) -> str:
            """Return the name it was asked by; of a hidden module without its dots, if it was found by that."""

        def is_loaded(self, request: Request) -> bool:
            """Say whether such a module is loaded or being loaded."""

        def is_pending(self, request: Request) -> bool:
            """Say whether such a module is being loaded."""

        def available(self, request: Request) -> str | None:
            """Return the file that would be loaded."""

        def loaded_records(self) -> list[dict[str, Any]]:
            """Return a record for each loaded module, in load order."""

        def variant(self, name: str) -> str | bool | None:
            """Return the value of a variant of this module; of a switch, whether it is on; None if it has none."""

        def tags(self) -> list[str]:
            """Return the tags of the module."""

        def chain(self) -> list[str]:
            """Return the full names of the modules being evaluated, outermost first."""

        def pretend(self, name: str, value: str | None) -> None:
            """Let the rest of the modulefile, and the programs that it starts, see another value of a variable."""

        def write(self, text: str) -> None:
            """Take what the modulefile writes to stdout."""

        def tell(self, text: str) -> None:
            """Take what the modulefile writes to stderr."""


LMOD_VERSION = "9.2.9"


def _full_name(host: Host) -> str:
    return f"{host.name}/{host.version}" if host.version else host.name


def _hierarchy(host: Host, full_name: str, levels: float) -> dict[int, str]:
    """Return the names of the levels above a module, nearest first, read off the modulefile's own path."""
    size = full_name.count("/") + 1
    parts = _without_extension(host.path).split("/")[:-size]
    groups = [parts[len(parts) - size * (n + 1) : len(parts) - size * n] for n in range(int(levels))]
    return {n + 1: "/".join(group) for n, group in enumerate(groups)}


def _without_extension(path: str) -> str:
    return path.removesuffix(".lua")


def _split_file_name(_: Host, path: str) -> tuple[str, str]:
    head, slash, tail = path.rpartition("/")
    return (head + slash, tail) if slash else ("./", tail)


def _extension(_: Host, path: str) -> str:
    stem, dot, last = path.rpartition(".")
    return dot + last if dot and "/" not in last and stem else ""


def _remove_extension(host: Host, path: str) -> str:
    extension = _extension(host, path)
    return path[: len(path) - len(extension)] if extension else path


def _real_path(_: Host, path: str) -> str | None:
    import os  # noqa: PLC0415 - few modulefiles ask

    return os.path.realpath(path) if system.exists(path or ".") else None


def _regular(host: Host, path: str, *_: Any) -> str:
    from lmodpy.env.pathlist import tidy  # noqa: PLC0415 - few modulefiles ask

    return tidy(path, host.getenv("HOME") or "")


def _in_groups(host: Host, *groups: str) -> bool:
    import grp  # noqa: PLC0415 - few modulefiles ask
    import os  # noqa: PLC0415

    if not all(isinstance(group, str) for group in groups):
        raise TypeError("takes names of groups")
    if os.geteuid() == 0 or host.mode_name == "checkSyntax":
        return True
    mine = {*os.getgroups(), os.getegid()}
    return any(entry.gr_gid in mine for entry in grp.getgrall() if entry.gr_name in groups)


def _config(host: Host, key: str) -> Any:
    import grp  # noqa: PLC0415 - few modulefiles ask
    import os  # noqa: PLC0415
    import pwd  # noqa: PLC0415

    if key == "usergroups":
        mine = {*os.getgroups(), os.getegid()}
        names = [entry.gr_name for entry in grp.getgrall() if entry.gr_gid in mine]
        return dict(enumerate(names, 1))
    return {"username": pwd.getpwuid(os.geteuid()).pw_name, "shelltype": host.shell_kind}.get(key)


def _protected_getenv(host: Host, table: dict[Any, Any]) -> str | None:
    name = str(table.get("name", table.get(1)))
    value = host.getenv(name)
    if value is not None:
        return value
    modes = table.get("modeA")
    wanted = set(modes.values()) if isinstance(modes, dict) else {"show", "checkSyntax"}
    return table.get("default", table.get(2, f"${name}")) if host.mode_name in wanted else None


def _loaded_modules(host: Host) -> dict[int, Any]:
    return dict(enumerate(host.loaded_records(), 1))


def _capture(host: Host, command: str) -> tuple[str, int]:
    from lmodpy.modulefile.programs import run_for  # noqa: PLC0415 - few modulefiles start programs

    return run_for(host, command)


def _make_directories(_: Host, path: str) -> bool:
    import os  # noqa: PLC0415 - few modulefiles ask

    os.makedirs(path, exist_ok=True)
    return True


def _uuid(_: Host, epoch: float) -> str:
    import time  # noqa: PLC0415 - few modulefiles ask
    import uuid  # noqa: PLC0415

    return f"{time.strftime('%Y_%m_%d_%H_%M_%S', time.localtime(epoch))}-{uuid.uuid4()}"


def _variant(host: Host, name: str, fallback: str | None = None) -> Any:
    value = host.variant(name)
    return fallback if value is None else value


def _trace(host: Host, text: str = "") -> str:
    return "\n".join(([text] if text else []) + [f"  {name}" for name in host.chain()])


QUESTIONS: dict[str, Callable[..., Any]] = {
    "mode": lambda host: host.mode_name,
    "isloaded": lambda host, name: host.is_loaded(_request(name)),
    "isPending": lambda host, name: host.is_pending(_request(name)),
    "getvariant": _variant,
    "isAvail": lambda host, name: host.available(_request(name)) or False,
    "loaded_modules": _loaded_modules,
    "myModuleName": lambda host: host.name,
    "myModuleVersion": lambda host: host.version or False,
    "myModuleFullName": _full_name,
    "myModuleUsrName": lambda host: host.asked,
    "myModuleUsrAndAliasName": lambda host: (host.typed(), host.asked),
    "myFileName": lambda host: host.path,
    "myShellName": lambda host: host.shell_name,
    "myShellType": lambda host: host.shell_kind,
    "moduleStackTraceBack": _trace,
    "hierarchyA": _hierarchy,
    "LmodVersion": lambda _: LMOD_VERSION,
    "convertToCanonical": lambda _, text: canonical(text),
    "userInGroups": _in_groups,
    "userInGroup": _in_groups,
    "myConfig": _config,
    "protected_getenv": _protected_getenv,
    "is_spider": lambda host: host.mode_name == "spider",
    "capture": _capture,
    "subprocess": lambda host, command: _capture(host, command)[0],
    "isFile": lambda _, path=None: isinstance(path, str) and system.exists(path) and not system.is_folder(path),
    "isDir": lambda _, path=None: isinstance(path, str) and system.is_folder(path),
    "isDefined": lambda host, name: host.getenv(name) is not None,
    "isNotDefined": lambda host, name: host.getenv(name) is None,
    "splitFileName": _split_file_name,
    "dirname": lambda host, path: _split_file_name(host, path)[0],
    "barefilename": lambda host, path: _split_file_name(host, path)[1],
    "extname": _extension,
    "removeExt": _remove_extension,
    "realpath": _real_path,
    "abspath": _real_path,
    "path_regularize": _regular,
    "mkdir_recursive": _make_directories,
    "UUIDString": _uuid,
    "colorize": lambda _, _color, *texts: "".join(texts),
    "atleast": lambda _, name, low: atleast(name, low),
    "atmost": lambda _, name, high: atmost(name, high),
    "between": lambda _, name, low, high: between(name, low, high),
    "latest": lambda _, name: latest(name),
    "os.getenv": lambda host, name: host.getenv(name),
}


def _request(value: Any) -> Request:
    if isinstance(value, Request):
        return value
    if not isinstance(value, str):
        raise TypeError(f"takes the name of a module, not {kind(value)}")
    return Request.parse(value.strip())
