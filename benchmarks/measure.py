"""Running commands in turn and timing them: CPU time as the kernel counts it, children included, and wall time."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CLONE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
USUAL_LMOD = (
    "/usr/share/lmod/lmod/libexec/lmod",
    "/opt/apps/lmod/lmod/libexec/lmod",
    "/usr/local/lmod/lmod/libexec/lmod",
)
OF_THE_SHELL = ("_", "SHLVL", "PWD", "OLDPWD")


class MeasureError(Exception):
    """A command that was to be measured did not do its work."""


class Command(NamedTuple):
    """What to run, in which environment."""

    argv: tuple[str, ...]
    env: Mapping[str, str]


class Cost(NamedTuple):
    """Milliseconds."""

    cpu: float
    wall: float


def find_lmodpy(given: str | None) -> str:
    """Return the launcher: the one given, else that beside this interpreter, else that of the clone."""
    beside = os.path.join(os.path.dirname(sys.executable), "lmodpy-cmd")
    return _first_program([given] if given else [beside, os.path.join(CLONE, "bin", "lmodpy-cmd")]) or _missing(given)


def find_lmod(given: str | None) -> str | None:
    """Return the installed Lmod: the one given, $LMOD_PEER, or where Lmod usually is; None if there is none."""
    named = given or os.environ.get("LMOD_PEER")
    if named:
        return _first_program([named]) or _missing(named)
    return _first_program(USUAL_LMOD)


def _first_program(paths: Sequence[str]) -> str | None:
    return next((found for path in paths if (found := shutil.which(path))), None)


def _missing(path: str | None) -> str:
    raise MeasureError(f"there is no program {path}" if path else "lmodpy-cmd was not found; say --lmodpy PATH")


def clean_environment(home: str, modulepath: str) -> dict[str, str]:
    """Return the smallest environment in which a module command works, the same for every tool."""
    return {"HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MODULEPATH": modulepath}


def in_turn(commands: Sequence[Command], runs: int) -> list[Cost]:
    """Return the median cost of each command; they run in turn, so that a busy moment hits all of them alike.

    The first round, which warms the file cache, is not counted. Every other round goes backwards, so that nobody
    always follows the same neighbour.
    """
    costs: list[list[Cost]] = [[] for _ in commands]
    order = list(range(len(commands)))
    for turn in range(runs + 1):
        for place in order:
            cost = run_once(commands[place])
            if turn:
                costs[place].append(cost)
        order.reverse()
    return [Cost(statistics.median(c.cpu for c in each), statistics.median(c.wall for c in each)) for each in costs]


def run_once(command: Command) -> Cost:
    """Run a command, its output thrown away, and return what it cost."""
    started = time.perf_counter()
    pid = os.posix_spawn(command.argv[0], command.argv, command.env, file_actions=_SILENT)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise MeasureError(f"exit status {os.waitstatus_to_exitcode(status)}: {' '.join(command.argv)}")
    return Cost(1000 * (usage.ru_utime + usage.ru_stime), 1000 * wall)


_SILENT = (
    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
)


def environment_after(tool: str, words: Sequence[str], env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a bash that has evaluated what `tool bash WORDS...` prints."""
    script = 'text=$("$@") && eval "$text" && exec env -0'
    argv = ["bash", "-c", script, "bash", tool, "bash", *words]
    done = subprocess.run(argv, env=env, capture_output=True, check=False)
    if done.returncode:
        raise MeasureError(f"{tool} bash {' '.join(words)}: {os.fsdecode(done.stderr).strip()}")
    pairs = (os.fsdecode(item).split("=", 1) for item in done.stdout.split(b"\0") if item)
    return {name: value for name, value in pairs if name not in OF_THE_SHELL}


def load(tool: str, names: Sequence[str], env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment after loading `names`; complain unless every one of them is loaded."""
    after = environment_after(tool, ["load", *names], env)
    loaded = after.get("LOADEDMODULES", "").split(":")
    missing = [name for name in names if not any(full == name or full.startswith(name + "/") for full in loaded)]
    if missing:
        raise MeasureError(f"{tool} bash load: {', '.join(missing)} is not in LOADEDMODULES afterwards")
    return after
