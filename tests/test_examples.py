"""The example site through lmodpy, in a real bash: programs answer for what is loaded, and nothing leaves a trace."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.launcher import CLONE, lmodpy_cmd

EXAMPLES = os.path.join(CLONE, "examples")
TREES = os.path.join(EXAMPLES, "modulefiles")

MODULE = """
module() {
    text=$("$LMOD_CMD" bash "$@" 2>"$HOME/stderr") || { cat "$HOME/stderr" >&2; return 1; }
    eval "$text"
}
"""


@pytest.fixture
def env(tmp_path) -> dict[str, str]:
    """An environment in which nobody has loaded anything, with values that are easily spoilt."""
    return {
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "LMOD_CMD": lmodpy_cmd(),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "MODULEPATH": os.path.join(TREES, "Core"),
        "MANPATH": "/usr/share/man:",
        "CC": "the user's\n$(own) `cc`",
        "CPATH": "",
    }


def bash(script: str, env: dict[str, str]) -> str:
    """Return what a script prints in which `module` works; it fails at the first command that fails."""
    argv = ["bash", "--noprofile", "--norc", "-euc", MODULE + script]
    done = subprocess.run(argv, env=env, capture_output=True, check=False)
    assert done.returncode == 0, os.fsdecode(done.stderr)
    return os.fsdecode(done.stdout)


def every_way() -> list[tuple[str, ...]]:
    """Return for each modulefile what to load: the compiler and the MPI above it, then the module."""
    ways = []
    for folder, _, files in os.walk(TREES):
        branch, *place = os.path.relpath(folder, TREES).split(os.sep)
        for file in files:
            if file.endswith(".lua") and not file.startswith("."):
                parts = [*place, file.removesuffix(".lua")]
                ways.append(tuple("/".join(parts[i : i + 2]) for i in range(0, len(parts), 2)))
                assert len(ways[-1]) == {"Core": 1, "Compiler": 2, "MPI": 3}[branch]
    return sorted(ways)


def test_the_site_has_what_its_description_promises():
    """Two versions of two compilers, two MPIs for each, and an application on top."""
    ways = every_way()
    compilers = [way[0] for way in ways if len(way) == 1 and way[0].startswith(("gcc/", "clang/"))]
    assert len(compilers) == 4
    for compiler in compilers:
        mpis = {way[1].split("/")[0] for way in ways if len(way) == 3 and way[0] == compiler}
        assert mpis == {"openmpi", "mpich"}
        assert any(way[0] == compiler and way[-1] == "heat/1.2" for way in ways)


@pytest.mark.parametrize("way", every_way(), ids=" ".join)
def test_a_module_leaves_no_trace(way, env):
    """After load and unload the environment is byte for byte what it was; in between, what it names exists."""
    names = " ".join(way)
    script = f"""
        before=$(env -0 | sort -z | base64 -w0)
        module load {names}
        [[ :$LOADEDMODULES: == *:{way[-1]}:* ]]
        for variable in PATH LD_LIBRARY_PATH MODULEPATH CMAKE_PREFIX_PATH; do
            IFS=:
            for entry in ${{!variable-}}; do [[ -d $entry ]] || echo "$variable: no $entry"; done
            unset IFS
        done
        module unload {" ".join(reversed(way))}
        after=$(env -0 | sort -z | base64 -w0)
        [[ $before == "$after" ]] || {{ base64 -d <<<"$before"; echo ----; base64 -d <<<"$after"; }} | tr '\\0' '\\n'
    """
    assert bash(script, env) == ""


def test_all_of_a_stack_leaves_no_trace_when_purged(env):
    """What modules share (CC, PATH, MODULEPATH) comes back, whatever was swapped in between."""
    script = """
        before=$(env -0 | sort -z | base64 -w0)
        module load gcc openmpi gsl heat python cmake
        module load clang/18.1.8
        module load mpich
        module load gcc/14.1.0
        module purge
        after=$(env -0 | sort -z | base64 -w0)
        [[ $before == "$after" ]] || { base64 -d <<<"$before"; echo ----; base64 -d <<<"$after"; } | tr '\\0' '\\n'
    """
    assert bash(script, env) == ""


@pytest.mark.parametrize("way", [way for way in every_way() if way[-1].startswith("heat/")], ids=" ".join)
def test_programs_say_what_was_loaded(way, env):
    """A program on PATH comes from the loaded module, built with the loaded compiler and MPI."""
    compiler, mpi = (name.replace("/", " ") for name in way[:2])
    said = bash(f"module load {' '.join(way)}; cc --version; mpicc --version; h5dump --version; heat --version", env)

    assert said.splitlines()[:2] == [f"cc ({compiler})", f"mpicc ({mpi}), built with {compiler}"]
    assert [line.split(", ")[1] for line in said.splitlines()[2:]] == [f"built with {compiler} and {mpi}"] * 2


def test_the_stack_moves_to_the_other_compiler(env):
    """After `load clang`, the programs of openmpi, hdf5 and heat are those built with clang."""
    script = """
        module load gcc openmpi heat
        mpicc --version
        module load clang
        mpicc --version
        h5dump --version
        heat 200
        echo "$LOADEDMODULES"
    """
    assert bash(script, env).splitlines() == [
        "mpicc (openmpi 5.0.3), built with gcc 13.2.0",
        "mpicc (openmpi 5.0.3), built with clang 17.0.6",
        "h5dump (hdf5 1.12.3), built with clang 17.0.6 and openmpi 5.0.3",
        "after 200 steps the middle of the rod has 41.23 degrees",
        "clang/17.0.6:openmpi/5.0.3:hdf5/1.12.3:heat/1.2",
    ]


def test_a_python_on_path_does_not_break_the_command(env):
    """The example's python3 can do nothing but say its version; `module` works on with it first in PATH."""
    script = "module load python; python3 --version; module load cmake; module unload python; echo $LOADEDMODULES"
    assert bash(script, env).splitlines() == ["python3 (python 3.12.4)", "cmake/3.29.6"]


def test_the_programs_work_in_any_clone(env, tmp_path):
    """The site finds itself: copied elsewhere, under a name with blanks, it loads the programs of the copy."""
    copy = tmp_path / "my software" / "modulefiles"
    shutil.copytree(EXAMPLES, copy, symlinks=True)
    env["MODULEPATH"] = str(copy / "modulefiles" / "Core")

    said = bash("module load gcc openmpi; command -v mpicc; mpicc --version", env).splitlines()

    assert said[0].startswith(str(copy / "software"))
    assert said[1] == "mpicc (openmpi 5.0.3), built with gcc 13.2.0"
