"""A modulefile that does not end, or wants too much, ends the command with a word about it, and changes nothing."""

import os
import signal
import subprocess
import time

import pytest

from lmodpy import patience
from lmodpy.modulefile import programs
from lmodpy.patience import Patience
from tests.launcher import lmodpy_cmd

SLEEP = "sleep 987654"


def command(tmp_path, body, **settings):
    """Return a command that loads a modulefile with this body, ready to be started."""
    (tmp_path / "m.lua").write_text(body)
    env = {"PATH": os.defpath, "HOME": str(tmp_path), "MODULEPATH": str(tmp_path), **settings}
    return {"args": [lmodpy_cmd(), "bash", "load", "m"], "env": env, "text": True}


def is_left_running():
    """Say whether a program stays behind; what was killed takes a moment to be gone on a busy machine."""
    until = time.monotonic() + 3
    while subprocess.run(["pgrep", "-f", f"^{SLEEP}$"], stdout=subprocess.DEVNULL, check=False).returncode == 0:
        if time.monotonic() > until:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("while true do end", "has not come to its end within 0.5 seconds"),
        ('pcall(function() while true do end end) setenv("A", "1")', "has not come to its end within 0.5 seconds"),
        ('(("a"):rep(40)):find(("a-"):rep(30) .. "b")', "has not come to its end within 0.5 seconds"),
        (f'io.popen("{SLEEP}; true"):read("a")', "has not come to its end within 0.5 seconds"),
        (f'capture("{SLEEP} & {SLEEP}")', "has not come to its end within 0.5 seconds"),
        ("local function f(n) return 1 + f(n) end\nf(1)", "stack overflow"),
        ('setenv("BIG", ("x"):rep(100 * 1000 * 1000))', "BIG would be set, most recently by m to 100,000,005 bytes"),
        ('local s = ("x"):rep(1 << 30)', "not enough memory"),
        ("-- x\n" * 2_500_000, "is larger than 4 MiB"),
    ],
)
def test_a_modulefile_that_goes_too_far_changes_nothing(tmp_path, body, said):
    """The user is told which and why, soon; the shell gets nothing but a failure, and no program stays behind."""
    begun = time.monotonic()
    done = subprocess.run(
        **command(tmp_path, body, LMODPY_EVAL_TIMEOUT="0.5" if "0.5" in said else "15"),
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "false\n")
    assert said in done.stderr
    assert "m.lua" in done.stderr or "BIG" in done.stderr
    assert time.monotonic() - begun < 10
    assert not is_left_running()


def test_modules_that_come_and_go_are_no_way_around_the_limit(tmp_path):
    """What a modulefile does between the modules that it loads adds up."""
    (tmp_path / "a.lua").write_text('setenv("A", "1")')
    endless = command(tmp_path, 'while true do unload("a") load("a") end', LMODPY_EVAL_TIMEOUT="0.5")
    done = subprocess.run(**endless, capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (1, "false\n")
    assert "m.lua" in done.stderr


def test_a_modulefile_that_is_given_up_goes_no_further():
    """When its program is killed it could end, and succeed, before the command does; it has to wait."""
    said = []

    def give_up(path, _):
        said.append("given up")
        time.sleep(0.3)
        said.append(path)

    patience = Patience(0.05, give_up)
    patience.begin("m.lua")
    while not said:
        time.sleep(0.01)
    patience.end()
    assert said == ["given up", "m.lua"]


def test_the_limit_is_for_one_modulefile_and_can_be_lifted(tmp_path):
    """Many that take their time are fine; 0 means any time, and what is no number means the default."""
    slow = 'os.execute("sleep 0.3")'
    for name in "abc":
        (tmp_path / f"{name}.lua").write_text(slow)
    three = command(tmp_path, 'load("a", "b", "c")', LMODPY_EVAL_TIMEOUT="0.7")
    assert "LOADEDMODULES=a:b:c:m" in subprocess.run(**three, capture_output=True, check=False).stdout.replace("\\", "")
    for seconds in "0", "soon", "²":
        patient = command(tmp_path, slow, LMODPY_EVAL_TIMEOUT=seconds)
        assert subprocess.run(**patient, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("body", ["while true do end", f'io.popen("{SLEEP}"):read("a")'])
def test_ctrl_c_ends_it_at_once(tmp_path, body):
    """Whatever the modulefile does, the shell gets nothing to evaluate, or a failure."""
    child = subprocess.Popen(**command(tmp_path, body), stdout=subprocess.PIPE, start_new_session=True)
    time.sleep(0.5)
    begun = time.monotonic()
    os.killpg(child.pid, signal.SIGINT)
    out, _ = child.communicate(timeout=5)
    assert time.monotonic() - begun < 1
    assert out in ("", "false\n")
    assert child.returncode != 0
    assert not is_left_running()


ENDLESS = {"z1.lua": "while true do end", "z2": "#%Module\nwhile 1 {}\n"}


@pytest.fixture
def looking(tmp_path):
    """Return a function that starts a command among modulefiles of which some never end."""
    files = {"app.lua": 'whatis("Description: all right")', "lib.lua": 'extensions("numpy/1")', **ENDLESS}
    for name, body in files.items():
        (tmp_path / name).write_text(body)

    def started(*words, seconds="0.5"):
        env = {"PATH": os.defpath, "HOME": str(tmp_path), "MODULEPATH": str(tmp_path), "LMODPY_EVAL_TIMEOUT": seconds}
        return subprocess.Popen([lmodpy_cmd(), "bash", *words], env=env, stderr=subprocess.PIPE, text=True)

    return started


@pytest.mark.parametrize(("words", "seen"), [
    (["avail"], ["app", "numpy", "z1", "z2"]),
    (["spider"], ["app: app", "all right", "z1 has not come to its end within 0.5 seconds", "z2 has not come to"]),
    (["keyword", "right"], ["app: app"]),
    (["spider", "numpy"], ["module load lib"]),
], ids=" ".join)  # fmt: skip
def test_a_modulefile_without_an_end_hides_nothing_else(looking, words, seen):
    """Lists and searches go on without it, and those that tell what they could not read name it."""
    search = looking(*words)
    _, told = search.communicate(timeout=20)
    assert (search.returncode, [text for text in seen if text not in told]) == (0, [])


def test_ctrl_c_ends_what_goes_on_without_it(looking):
    """The second modulefile without an end is no worse than the first."""
    search = looking("spider", seconds="1")
    time.sleep(1.6)
    search.send_signal(signal.SIGINT)
    assert search.communicate(timeout=5)[1] == ""
    assert search.returncode in (130, -signal.SIGINT)


def test_a_program_that_is_just_starting_is_not_left_behind(monkeypatch):
    """Who gives up meanwhile hears of it, however long the start takes."""
    told: list[set[int]] = []
    monkeypatch.setattr(patience, "watch", patience.Patience(0.1, lambda _, children: told.append({*children})))
    popen = subprocess.Popen

    def slow(*args, **options):
        child = popen(*args, **options)
        time.sleep(0.4)
        return child

    monkeypatch.setattr(programs.subprocess, "Popen", slow)
    patience.watch.begin("m.lua")
    assert programs.run("sleep 1.5; echo done", {"PATH": "/usr/bin:/bin"}) == ("done\n", 0)
    patience.watch.end()
    assert [len(children) for children in told] == [1]
