"""What the init files of shells outside the sh family give, and what `lmodpy init` prints for them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import lmodpy
from lmodpy.cli.entry import SHELLS as NAMES
from lmodpy.cli.entry import init_text
from tests.launcher import CLONE
from tests.other_shells import SHELLS, program, seen_by_a_child
from tests.test_every_shell import modules, recorded, typed

everywhere = pytest.mark.parametrize("real", SHELLS, ids=lambda real: real.name)
CSH, FISH = (next(real for real in SHELLS if real.name == name) for name in ("tcsh", "fish"))


@pytest.fixture
def home(tmp_path):
    """A home directory beside a site's modulefiles."""
    modules(str(tmp_path))
    return str(tmp_path)


def started(real, home, lines, **env):
    """Source the init file in a shell, let it do more, and return the result and what a child sees at the end."""
    seen = f"{home}/seen"
    script = "\n".join([real.start.format(CLONE), *lines, real.environment.format(seen)])
    done = real.run(script, home, **env)
    return done, seen_by_a_child(seen) if os.path.exists(seen) else None


@everywhere
def test_a_start_up_file_says_nothing_and_finds_everything(real, home):
    """A session that begins with nothing learns from the site's list where modulefiles are, and where lmodpy is."""
    with open(f"{home}/list", "w") as file:
        file.write(f"# trees\n{home}/Core  # the base\n{home}/gone\n{home}/my modules\n")

    done, seen = started(real, home, [], LMOD_MODULEPATH_INIT=f"{home}/list", LMOD_SITE_MODULEPATH="/site")

    assert (done.stdout, done.stderr, done.returncode) == (b"", b"", 0)
    assert seen["MODULEPATH"] == f"/site:{home}/Core:{home}/my modules"
    assert seen["LMOD_PKG"] == seen["MODULESHOME"] == CLONE
    assert os.path.samefile(seen["LMOD_ROOT"], os.path.dirname(CLONE))
    assert seen["LMOD_CMD"] == f"{CLONE}/bin/lmodpy-cmd"
    assert seen["LMOD_VERSION"] == lmodpy.LMOD_VERSION


@everywhere
def test_a_session_keeps_what_it_has(real, home):
    """An inherited MODULEPATH stays, and so does an LMOD_CMD that is one of ours; Lmod's does not."""
    os.makedirs(f"{home}/other")
    os.symlink(f"{CLONE}/bin/lmodpy-cmd", f"{home}/other/lmodpy-cmd")

    for preset, used in (f"{home}/other/lmodpy-cmd", f"{home}/other/lmodpy-cmd"), ("/usr/bin/env", None):
        _, seen = started(real, home, [], MODULEPATH="/inherited", LMOD_CMD=preset)
        assert seen["MODULEPATH"] == "/inherited"
        assert seen["LMOD_CMD"] == (used or f"{CLONE}/bin/lmodpy-cmd")


@everywhere
def test_what_modules_define_and_execute(real, home):
    """Aliases and functions are there where the shell can have them; what is executed is, everywhere."""
    able = real.name not in {"elvish", "nushell"}
    uses = ["greet you", "f x"] if able else []

    done, _ = started(real, home, [typed(real, ["load", "alias", "runs"]), *uses], MODULEPATH=f"{home}/Core")

    told = done.stderr.decode()
    assert done.stdout.decode().splitlines() == ["runs", *(["hello you", "f x"] if able else [])], told
    assert ("cannot have functions or aliases of these names: f, greet" in told) == (not able)


@everywhere
def test_a_shell_within_a_shell_goes_on(real, home):
    """A nested shell finds what is loaded, and can take it back."""
    inner = [real.start.format(CLONE), typed(real, ["-t", "list"]), typed(real, ["purge"])]
    with open(f"{home}/inner", "w") as file:
        file.write("\n".join([*inner, real.environment.format(f"{home}/within")]) + "\n")
    nested = " ".join([program(real.program[0]), *real.program[1:], f"{home}/inner"])

    done, seen = started(real, home, [typed(real, ["load", "gcc"]), nested], MODULEPATH=f"{home}/Core")

    assert b"gcc/13" in done.stderr
    assert seen["CC"] == "gcc-13"
    within = seen_by_a_child(f"{home}/within")
    assert "CC" not in within
    assert within["PATH"] == "/usr/bin:/bin"


@everywhere
def test_a_command_that_dies_is_no_success(real, home):
    """Where lmodpy-cmd is killed, nothing changes and the status says so."""
    os.makedirs(f"{home}/bin")
    with open(f"{home}/bin/lmodpy-cmd", "w") as file:
        file.write("#!/bin/sh\nkill -9 $$\n")
    os.chmod(f"{home}/bin/lmodpy-cmd", 0o755)

    line = recorded(real, typed(real, ["load", "gcc"]), f"{home}/end")
    started(real, home, [line], LMOD_CMD=f"{home}/bin/lmodpy-cmd")

    with open(f"{home}/end.status") as file:
        assert file.read().strip() != "0"


@everywhere
def test_libraries_of_the_user_do_not_disturb(real, home):
    """An LD_PRELOAD that is gone does not show up in what a command says, and is there afterwards."""
    done, seen = started(
        real, home, [typed(real, ["load", "libraries"])], MODULEPATH=f"{home}/Core", LD_LIBRARY_PATH="/user"
    )

    assert done.stderr == b""
    assert seen["LD_LIBRARY_PATH"] == "/opt/lib:/user"
    assert not [name for name in seen if "PROTECTED" in name]


STRICT = {"tcsh": "-ef", "csh": "-ef", "rc": "-e"}


@pytest.mark.parametrize("real", [real for real in SHELLS if real.name in STRICT], ids=lambda real: real.name)
def test_a_strict_script_stops_where_it_should(real, home):
    """Where a shell has such an option, a load that fails ends the script, and one that does not goes on."""
    strict = real._replace(program=(real.program[0], STRICT[real.name]))
    lines = [typed(real, ["load", "gcc"]), "echo loaded", typed(real, ["load", "nowhere"]), "echo never"]

    done, _ = started(strict, home, lines, MODULEPATH=f"{home}/Core")

    assert done.stdout == b"loaded\n"
    assert done.returncode != 0


def test_tcsh_redirects_what_people_read_and_loads_nevertheless(home):
    """`module load … >& file` and pipes take the messages, not the commands."""
    lines = ["module load gcc/12", "module load gcc/13 >& told", "module -t list |& cat > listed", "ml"]
    done, seen = started(CSH, home, lines, MODULEPATH=f"{home}/Core")

    assert seen["CC"] == "gcc-13"
    with open(f"{home}/told") as told, open(f"{home}/listed") as listed:
        assert "gcc/12 => gcc/13" in told.read()
        assert listed.read() == "gcc/13\n"
    assert b"gcc/13" in done.stderr


def test_tcsh_keeps_the_words_of_the_script(home):
    """`module` alone does not take the arguments of the script for its own."""
    done, _ = started(CSH, home, ["set argv = (load gcc)", "module >& told", "echo $argv"], MODULEPATH=f"{home}/Core")

    assert done.stdout == b"load gcc\n"


def test_fish_finds_its_file_through_a_link(home):
    """A link in conf.d is enough."""
    os.symlink(f"{CLONE}/init/fish", f"{home}/lmodpy.fish")
    linked = FISH._replace(start=f"source {home}/lmodpy.fish")

    done, seen = started(linked, home, ["module load gcc"], MODULEPATH=f"{home}/Core")

    assert (done.stderr, seen["CC"], seen["LMOD_PKG"]) == (b"", "gcc-13", CLONE)


FORGETTING = [real for real in SHELLS if real.name not in {"nushell", "elvish"}]


@pytest.mark.parametrize("real", FORGETTING, ids=lambda real: real.name)
def test_what_is_loaded_can_be_forgotten_or_everything_taken_back(real, home):
    """clearMT leaves the environment alone, clearLmod takes back the modules and lmodpy itself."""
    load = typed(real, ["load", "gcc"])

    _, seen = started(real, home, [load, "clearMT"], MODULEPATH=f"{home}/Core")
    assert seen["CC"] == "gcc-13"
    assert not {"LOADEDMODULES", "_LMFILES_", "__LMODPY_STATE", "__5f_LMODPY_STATE"} & set(seen)

    done, seen = started(real, home, [load, "clearLmod"], MODULEPATH=f"{home}/Core")
    assert done.stderr == b""
    assert not [name for name in seen if name.startswith(("LMOD", "MODULE", "CC"))]


EVALUATED = {
    "csh": 'eval "`cat {0}`"',
    "tcsh": 'eval "`cat {0}`"',
    "fish": "cat {0} | source",
    "rc": "eval ``(){{cat {0}}}",
    "xonsh": "execx(open('{0}').read())",
    "elvish": "var module~ ml~ = (eval (slurp < {0}))",
    "nushell": "source {0}",
}


@everywhere
def test_what_lmodpy_init_prints_works(real, home, monkeypatch):
    """The line for a start-up file is enough."""
    monkeypatch.setattr(sys, "argv", [f"{CLONE}/bin/lmodpy"])
    monkeypatch.setattr(sys, "prefix", "/nowhere")
    with open(f"{home}/printed", "w") as file:
        file.write(init_text([real.name]))
    line = EVALUATED[real.name].format(f"{home}/printed")
    ready = real._replace(start=line.replace("{", "{{").replace("}", "}}"))

    done, seen = started(ready, home, [typed(real, ["load", "gcc"])], MODULEPATH=f"{home}/Core")

    assert (done.stderr, seen["CC"]) == (b"", "gcc-13")


def test_every_shell_has_lines():
    """Each name that is offered has lines, and a file that they name."""
    for name in NAMES:
        text = init_text([name])
        file = text.split("/init/")[-1].split("'")[0].split('"')[0].strip().rstrip(";)")
        assert os.path.exists(f"{CLONE}/init/{file}")


@everywhere
def test_a_command_line_is_enough(real, home):
    """`SHELL -c` with the line for a start-up file has `module`."""
    lines = [real.start.format(CLONE), typed(real, ["load", "gcc"]), real.environment.format(f"{home}/seen")]
    env = {"PATH": "/usr/bin:/bin", "HOME": home, "MODULEPATH": f"{home}/Core", "LC_ALL": "C.UTF-8"}

    done = subprocess.run(
        [program(real.program[0]), *real.program[1:], "-c", "\n".join(lines)],
        env=env,
        cwd=home,
        capture_output=True,
        check=False,
    )

    assert done.stderr == b""
    assert seen_by_a_child(f"{home}/seen")["CC"] == "gcc-13"
