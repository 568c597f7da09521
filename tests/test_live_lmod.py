"""The same sessions with an installed Lmod and with lmodpy, on the example site: what the user has must be the same.

After each command the exit status and the environment are compared. What the tools keep for themselves is left out;
what lmodpy does otherwise on purpose stands in DIFFERENCES, and nothing else may differ.
"""

from __future__ import annotations

import functools
import os
import subprocess
from typing import NamedTuple

import pytest

from tests.differential.compare import KEPT_BY_THE_TOOL
from tests.differential.tools import LMOD
from tests.launcher import CLONE, lmodpy_cmd
from tests.needs import needs

CORE = os.path.join(CLONE, "examples", "modulefiles", "Core")
GCC = os.path.join(CLONE, "examples", "modulefiles", "Compiler", "gcc", "13.2.0")
CMAKE = os.path.join(CLONE, "examples", "software", "Core", "cmake", "3.29.6", "bin")

# Commands, one after the other. `$` begins shell code, for what users do without telling the module command.
SESSIONS = {
    "the main job": "load gcc openmpi hdf5; list; purge",
    "one by one, and back": "load gcc; load openmpi; load hdf5; unload hdf5; unload openmpi; unload gcc",
    "several at once, unloaded in order of loading": "load gcc openmpi hdf5; unload gcc openmpi hdf5",
    "unload the compiler first, then load it again": "load gcc openmpi hdf5; unload gcc; load gcc",
    "swap the compiler and back": "load gcc openmpi hdf5; swap gcc clang; swap clang gcc",
    "the family swaps the compiler": "load gcc openmpi hdf5; load clang; load gcc; load clang/18.1.8; purge",
    "the family swaps the MPI": "load gcc openmpi hdf5 heat; load mpich; load openmpi; purge",
    "both families swap": "load gcc openmpi hdf5; load clang mpich; load gcc openmpi",
    "serial becomes parallel and serial again": "load gcc hdf5; load openmpi; load mpich; unload mpich",
    "another version of the same name": "load gcc openmpi; load gcc/14.1.0; load gcc; load gcc/13.2.0",
    "swap with one name": "load gcc openmpi; swap gcc/14.1.0; swap clang",
    "the full name stays away, the short one moves": "load gcc openmpi/4.1.6 hdf5; load clang; load gcc",
    "a full name that moves": "load gcc openmpi/5.0.3; load clang; load gcc/14.1.0",
    "what exists for one compiler only": "load gcc gsl openmpi; load clang; unload openmpi; load gcc; purge",
    "an inactive module is unloaded": "load gcc gsl; load clang; unload gsl; load gcc",
    "purge takes inactive modules along": "load gcc gsl; load clang; purge; load gcc",
    "a default by symlink and one by .modulerc.lua": "load gcc; purge; load clang; load clang/18.1.8; load clang/17",
    "part of a version": "load gcc/14; load gcc/13.2; load clang/18.1",
    "unload by part of a version": "load clang/17; unload clang/17",
    "depends_on brings and takes": "load gcc openmpi heat; list; unload heat",
    "depends_on leaves what the user loaded": "load gcc openmpi hdf5 heat; unload heat; unload hdf5",
    "what was brought is then asked for": "load gcc openmpi heat; load hdf5; unload heat",
    "depends_on moves with the stack": "load gcc openmpi heat; load clang; load mpich; purge",
    "depends_on takes what it brought, after a move": "load gcc openmpi heat; load clang; unload heat",
    "an application that one stack lacks": "load clang/18.1.8 openmpi heat; load mpich; load openmpi; purge",
    "a dependency is unloaded by hand": "load gcc openmpi heat; unload hdf5; unload heat",
    "loading what is loaded": "load gcc openmpi hdf5; load gcc; load openmpi; load gcc gcc",
    "update": "load gcc openmpi heat; update; reload; purge",
    "refresh": "load gcc openmpi; refresh; purge",
    "nothing of this name": "load nothing-like-this; load gcc nothing-like-this; load gcc; load nothing-like-this",
    "a wrong order": "load openmpi; load openmpi gcc; load gcc openmpi; load gcc/9.9.9",
    "try-load": "try-load nothing-like-this; try-load gcc nothing-like-this; load openmpi",
    "a conflict": "load python; load miniforge; load cmake miniforge; unload python; load miniforge; load python",
    "swapping rivals": "load python cmake; swap python miniforge; swap miniforge python; swap miniforge python",
    "swaps that fail": "swap gcc clang; load gcc; swap cmake python; swap gcc nothing-like-this; swap clang gcc",
    "is-loaded": "is-loaded gcc; load gcc; is-loaded gcc/13.2.0; is-loaded gcc/14.1.0; is-loaded gcc clang",
    "is-avail": "is-avail openmpi; load gcc; is-avail openmpi; is-avail gcc/14.1.0 gsl; is-avail gcc nothing-like-this",
    "unloading what is not loaded": "unload gcc; load gcc; unload clang; unload gcc clang; purge; purge",
    "unload in a load": "load gcc openmpi; load -gcc clang; load -clang",
    "synonyms": "add gcc; try-add openmpi; switch gcc clang; rm openmpi; del clang; ad cmake; delete cmake",
    "use and unuse": f"use {GCC}; load openmpi hdf5; unuse {GCC}; list; use {GCC}; purge; unuse {GCC}",
    "use at the end": f"use -a {GCC}; load openmpi; load clang; unuse {GCC}; purge",
    "use twice": f"use {GCC}; use {GCC}; load mpich; unuse {GCC}; unuse {GCC}",
    "use a directory that a module brings": f"use {GCC}; load gcc; unload gcc; load gcc; unuse {GCC}",
    "show, whatis, help": "show gcc; whatis gcc; help gcc; load gcc; show gcc; show nothing-like-this",
    "whatis and help without an answer": "whatis nothing-like-this; help nothing-like-this",
    "listings that find nothing": "avail nothing-like-this; list; list nothing-like-this; load cmake; list py",
    "not a command": "thisdoesnotmakesense; load gcc; unloaf gcc",
    "MANPATH is a colon": "$ export MANPATH=:; load cmake; unload cmake; load gcc openmpi; purge",
    "MANPATH ends in a colon": "$ export MANPATH=/usr/share/man:; load gcc; load cmake; purge",
    "a variable that the user had": "$ export CC=mine; load gcc; load clang; purge",
    "an entry that the user had": f"$ PATH=$PATH:{CMAKE}; load cmake; unload cmake",
    "an entry added by hand": "load gcc; $ PATH=/by/hand:$PATH; load openmpi; unload gcc; $ PATH=$PATH:/at/end; purge",
    "a path variable unset by hand": "load gcc openmpi; $ unset LD_LIBRARY_PATH MPI_HOME; unload openmpi; purge",
    "MODULEPATH changed by hand": f"load cmake; $ MODULEPATH={GCC}:$MODULEPATH; load openmpi; purge",
}


class Difference(NamedTuple):
    """What lmodpy does otherwise, on purpose."""

    session: str
    undo: str
    """Which way of undoing shows it; empty: both."""
    names: str
    """Exactly what differs: variables, or `status`."""
    reason: str


HDF5 = "CPATH HDF5_DIR LD_LIBRARY_PATH LOADEDMODULES PATH _LMFILES_"
CLANG = (
    "CC CLANG_ROOT LMOD_FAMILY_COMPILER LMOD_FAMILY_COMPILER_VERSION LOADEDMODULES MANPATH MODULEPATH PATH _LMFILES_"
)

DIFFERENCES = (
    Difference("MANPATH is a colon", "exact", "MANPATH", "the colon comes back as it was; Lmod leaves two"),
    Difference("MANPATH ends in a colon", "exact", "MANPATH", "the colon comes back as it was; Lmod leaves two"),
    Difference("a variable that the user had", "exact", "CC", "the user's value comes back; Lmod unsets it"),
    Difference("an entry that the user had", "exact", "PATH", "it returns to its place; Lmod leaves it in front"),
    Difference("unload by part of a version", "", CLANG, "it unloads what the part names, as Lmod 9 does"),
    Difference(
        "whatis and help without an answer", "", "status", "a question without answer is no failure, as in Lmod 9"
    ),
    Difference(
        "depends_on takes what it brought, after a move",
        "",
        HDF5,
        "hdf5 was brought along and goes along; with Lmod the move makes it the user's",
    ),
    Difference(
        "an application that one stack lacks",
        "",
        HDF5,
        "hdf5 was only there for heat, which is inactive; with Lmod the move makes it the user's",
    ),
)

# The undo modes: lmodpy's own, and the one that leaves behind what Lmod leaves behind.
UNDO = {"exact": {}, "lmod": {"LMODPY_UNDO": "lmod"}}

OF_THE_SHELL = ("_", "SHLVL", "PWD", "OLDPWD")


class State(NamedTuple):
    """What the user has after a command."""

    status: str
    """The exit status of the command, and that of evaluating what it printed."""
    env: dict[str, str]

    def seen(self) -> dict[str, str]:
        """Everything that is compared, by name."""
        visible = {name: value for name, value in self.env.items() if not name.startswith(KEPT_BY_THE_TOOL)}
        return {"status": self.status} | visible


STEP = """
tool=$1 step=$2
case $step in
    '$ '*) eval "${step#'$ '}"; status=shell ;;
    *)
        text=$(eval '"$tool" bash' "$step" 2>/dev/null); status=$?
        eval "$text"; status=$status:$? ;;
esac
printf '%s\\0' "$status"
exec env -0
"""


def play(tool: str, session: list[str], env: dict[str, str]) -> list[State]:
    """Return the state after each command of a session, played in a real bash that evaluates what the tool prints."""
    states = []
    for step in session:
        argv = ["bash", "--noprofile", "--norc", "-c", STEP, "bash", tool, step]
        done = subprocess.run(argv, env=env, capture_output=True, check=True)
        status, *pairs = os.fsdecode(done.stdout).rstrip("\0").split("\0")
        env = {name: value for name, value in (pair.split("=", 1) for pair in pairs) if name not in OF_THE_SHELL}
        states.append(State(status, env))
    return states


def steps(session: str) -> list[str]:
    return SESSIONS[session].split("; ")


@functools.cache
def lmod_plays(session: str, home: str) -> list[State]:
    return play(needs(LMOD), steps(session), start(home))


def start(home: str) -> dict[str, str]:
    return {"HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MODULEPATH": CORE}


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> str:
    return str(tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("undo", UNDO)
@pytest.mark.parametrize("session", SESSIONS)
def test_a_session_goes_as_with_lmod(session, undo, home):
    """Status and environment are Lmod's, but for the differences that are explained."""
    theirs = lmod_plays(session, home)
    ours = play(lmodpy_cmd(), steps(session), start(home) | UNDO[undo])

    differing, report = set(), [f"{session}, undo as {undo}:"]
    for step, their, our in zip(steps(session), theirs, ours, strict=True):
        a, b = their.seen(), our.seen()
        names = {name for name in a | b if a.get(name) != b.get(name)}
        differing |= names
        report += [f"{step}: {n}\n  Lmod:   {a.get(n)!r}\n  lmodpy: {b.get(n)!r}" for n in sorted(names)]

    expected = [d.names.split() for d in DIFFERENCES if d.session == session and d.undo in {undo, ""}]
    assert sorted(differing) == sorted({name for names in expected for name in names}), "\n".join(report)


STACKS = "", "cmake", "gcc openmpi heat", "gcc gsl openmpi clang"
LISTINGS = (
    *("list", "list gcc", "-r list ^[gh]", "avail", "avail hdf5", "avail 1", "avail nothing-like-this", "-d avail"),
    *("-r avail ^h", "-r avail '5/[12]'", "overview", "overview hdf5", "overview nothing-like-this", "tablelist"),
)


@pytest.mark.parametrize("listing", LISTINGS)
@pytest.mark.parametrize("stack", STACKS)
def test_terse_listings_are_those_of_lmod(listing, stack, home):
    """What scripts read from `-t list` and `-t avail` is the same, line by line."""
    said = []
    for tool in needs(LMOD), lmodpy_cmd():
        argv = [
            "bash",
            "--noprofile",
            "--norc",
            "-c",
            f'eval "$("$0" bash load {stack} 2>/dev/null)"; "$0" bash -t {listing}',
            tool,
        ]
        done = subprocess.run(argv, env=start(home), capture_output=True, check=True)
        said.append(os.fsdecode(done.stderr))
    assert said[1] == said[0]
