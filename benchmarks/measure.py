"""Running commands in turn and timing them: CPU time as the kernel counts it, children included, and wall time."""

from __future__ import annotations

import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CLONE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
USUAL_LMOD = (
    "/usr/share/lmod/lmod/libexec/lmod",
    "/opt/apps/lmod/lmod/libexec/lmod",
    "/usr/local/lmod/lmod/libexec/lmod",
)
OF_THE_SHELL = ("_", "SHLVL", "PWD", "OLDPWD")
PATIENCE = 20
"""Seconds that one case may take, with as many runs as that gives, but not fewer than FEWEST."""
FEWEST = 3


class MeasureError(Exception):
    """A command that was to be measured did not do its work."""


def _nothing() -> None:
    """Prepare nothing."""


class Command(NamedTuple):
    """What to run, in which environment, and what is done before it each time, while no clock runs."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    prepare: Callable[[], None] = _nothing


class Cost(NamedTuple):
    """Milliseconds."""

    cpu: float
    wall: float


class Use(NamedTuple):
    """What a command needs besides time."""

    megabytes: float
    """At its peak; of several processes the largest counts."""
    calls: int | None
    """Of the kernel, with the name of something inside the tree of modulefiles; None if nobody counted."""


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
    always follows the same neighbour. There are fewer runs where they would take too long.
    """
    started = time.perf_counter()
    for command in commands:
        run_once(command)
    runs = min(runs, max(FEWEST, int(PATIENCE / (time.perf_counter() - started))))
    costs: list[list[Cost]] = [[] for _ in commands]
    order = list(range(len(commands)))
    for _ in range(runs):
        order.reverse()
        for place in order:
            costs[place].append(run_once(commands[place]))
    return [Cost(statistics.median(c.cpu for c in each), statistics.median(c.wall for c in each)) for each in costs]


def run_once(command: Command) -> Cost:
    """Run a command, its output thrown away, and return what it cost, with what it leaves behind to end by itself."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    command.prepare()
    started = time.perf_counter()
    pid = os.posix_spawn(command.argv[0], command.argv, command.env, file_actions=_SILENT)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise MeasureError(f"exit status {os.waitstatus_to_exitcode(status)}: {' '.join(command.argv)}")
    return Cost(1000 * (usage.ru_utime + usage.ru_stime + _left_behind()), 1000 * wall)


_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER: what a command leaves behind becomes a child of ours."""


def _left_behind() -> float:
    """Return the seconds of CPU time of the processes that ended after the command that had started them."""
    seconds = 0.0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return seconds
        seconds += usage.ru_utime + usage.ru_stime


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


def needs(command: Command, tree: str | None = None) -> Use:
    """Return what a command needs besides time; calls are counted inside `tree`, where strace is installed."""
    command.prepare()
    measured = [sys.executable, "-I", "-S", "-c", _PEAK, *command.argv]
    done = subprocess.run(measured, env=command.env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MeasureError(f"exit status {done.returncode}: {' '.join(command.argv)}")
    return Use(int(done.stdout) / 1024, _calls(command, tree) if tree and shutil.which("strace") else None)


# A child counts the memory of who started it until it begins to run its own program, so that must be a small process.
_PEAK = """
import os, sys
null = os.open(os.devnull, os.O_RDWR)
silent = [(os.POSIX_SPAWN_DUP2, null, number) for number in range(3)]
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def _calls(command: Command, tree: str) -> int:
    command.prepare()
    with tempfile.NamedTemporaryFile("r", prefix="lmodpy-calls-", errors="replace") as file:
        traced = ["strace", "-f", "-qq", "-y", "-e", "trace=%file", "-o", file.name, *command.argv]
        subprocess.run(traced, env=command.env, capture_output=True, check=False)
        return sum(f"{tree}/" in line for line in file)


def said_by(command: Command) -> tuple[int, str]:
    """Run a command; return its exit status and all that it said."""
    command.prepare()
    done = subprocess.run(command.argv, env=command.env, capture_output=True, check=False)
    return done.returncode, os.fsdecode(done.stdout + done.stderr)
