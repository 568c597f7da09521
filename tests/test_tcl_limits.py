"""A Tcl modulefile that does not end, or ends what runs it, ends the command with a word about it, and no more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.launcher import lmodpy_cmd
from tests.needs import needs
from tests.test_limits import SLEEP, is_left_running

WAYS = ("tclsh", "library")
LATE = "has not come to its end within 0.5 seconds"


def command(tmp_path, body, *words, **settings):
    """Return a command on a modulefile with this body, ready to be started."""
    if settings.get("LMOD_TCLSH") == "library":
        pytest.importorskip("_tkinter")
    else:
        needs("tclsh")
    (tmp_path / "m").write_text(f"#%Module\n{body}\n")
    env = {"PATH": os.defpath, "HOME": str(tmp_path), "MODULEPATH": str(tmp_path), **settings}
    return {"args": [lmodpy_cmd(), "bash", *(words or ("load", "m"))], "env": env, "text": True}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("while 1 {}", LATE),
        ("setenv A 1\ncatch {while 1 {}}", LATE),
        (f"exec {SLEEP}", LATE),
        (f"exec sh -c {{{SLEEP} & {SLEEP}}}", LATE),
        (f"set f [open {{|{SLEEP}}}]\nread $f", LATE),
        (f"system {SLEEP}", LATE),
        ("proc f {} f\nf", "too many nested evaluations"),
        ("setenv BIG [string repeat x 1000000]", "BIG would be set, most recently by m to 1,000,005 bytes"),
        ("# x\n" * 1_500_000, "is larger than 4 MiB"),
    ],
)
def test_a_modulefile_that_goes_too_far_changes_nothing(tmp_path, body, said, way):
    """The user is told which and why, soon; the shell gets nothing but a failure, and no program stays behind."""
    seconds = "0.5" if said == LATE else "15"
    late = command(tmp_path, body, LMODPY_EVAL_TIMEOUT=seconds, LMOD_TCLSH=way)
    done = subprocess.run(**late, capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (1, "false\n")
    assert said in done.stderr
    assert f"{tmp_path}/m" in done.stderr or "BIG" in done.stderr
    assert not is_left_running()


@pytest.mark.parametrize(
    "body", ["exec kill -9 [pid]", "interp alias {} x {} nope; close stdin; exec sh -c {kill $PPID}"]
)
def test_the_end_of_the_interpreter_is_an_error(tmp_path, body):
    """It is said which modulefile it was."""
    done = subprocess.run(**command(tmp_path, body), capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (1, "false\n")
    assert "m cannot be loaded: has ended the Tcl interpreter" in done.stderr
    assert f"{tmp_path}/m" in done.stderr


def test_the_end_of_the_interpreter_is_laid_to_who_caused_it(tmp_path):
    """Also if another modulefile was waiting for it."""
    (tmp_path / "inner").write_text("#%Module\nexec kill -9 [pid]\n")
    done = subprocess.run(**command(tmp_path, "module load inner"), capture_output=True, timeout=20, check=False)
    assert "inner (loaded by m) cannot be loaded: has ended the Tcl interpreter" in done.stderr
    assert f"{tmp_path}/inner" in done.stderr


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("body", ["while 1 {}", f"exec {SLEEP}"])
def test_ctrl_c_ends_it_at_once(tmp_path, body, way):
    """Whatever the modulefile does, the shell gets nothing to evaluate, or a failure."""
    given = command(tmp_path, body, LMOD_TCLSH=way)
    child = subprocess.Popen(**given, stdout=subprocess.PIPE, start_new_session=True)
    time.sleep(0.5)
    begun = time.monotonic()
    os.killpg(child.pid, signal.SIGINT)
    out, _ = child.communicate(timeout=5)
    assert time.monotonic() - begun < 1
    assert out in ("", "false\n")
    assert child.returncode != 0
    assert not is_left_running()


@pytest.mark.parametrize("way", WAYS)
def test_a_search_goes_on_behind_what_does_not_end(tmp_path, way):
    """Each process that looks into modulefiles has a Tcl of its own."""
    for name in "abcdefgh":
        (tmp_path / name).write_text(f"#%Module\nmodule-whatis {{this is {name}}}\n")
    given = command(tmp_path, "while 1 {}", LMOD_TCLSH=way, LMODPY_EVAL_TIMEOUT="1")
    given["args"] = [os.path.join(os.path.dirname(sys.executable), "spider"), "-o", "spider-json", str(tmp_path)]
    done = subprocess.run(**given, capture_output=True, timeout=30, check=False)
    assert [f"this is {name}" in done.stdout for name in "abcdefgh"] == [True] * 8
    assert '"fullName": "m"' in done.stdout


def test_what_users_load_does_not_reach_the_interpreter(tmp_path):
    """Variables that would break tclsh are those of the programs that the modulefile starts."""
    bad = {name: str(tmp_path) for name in ("TCL_LIBRARY", "LD_LIBRARY_PATH", "TCLLIBPATH")}
    body = "setenv GOT [exec sh -c {echo $TCL_LIBRARY $LD_LIBRARY_PATH}]; setenv AT [clock format 0 -gmt 1 -format %Y]"
    done = subprocess.run(**command(tmp_path, body, **bad), capture_output=True, timeout=20, check=False)
    assert f'GOT="{tmp_path} {tmp_path}"' in done.stdout.replace("\\ ", " ").replace("'", '"')
    assert "AT=1970" in done.stdout


def test_without_tcl(tmp_path):
    """It is said what to install; modulefiles in Lua do not mind."""
    (tmp_path / "l.lua").write_text('setenv("L", "1")')
    nothing = {"LMOD_TCLSH": "no-such-tclsh", "LMOD_FAST_TCL_INTERP": "no"}
    done = subprocess.run(**command(tmp_path, "", **nothing), capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (1, "false\n")
    assert "install the package `tcl`" in done.stderr
    lua = subprocess.run(**command(tmp_path, "", "load", "l", **nothing), capture_output=True, timeout=20, check=False)
    assert "L=1" in lua.stdout
    absent = command(tmp_path, "", LMOD_TCLSH=str(tmp_path / "tclsh"))
    assert f"LMOD_TCLSH is {tmp_path}/tclsh" in subprocess.run(**absent, capture_output=True, check=False).stderr
