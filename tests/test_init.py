"""What the init files give a shell, and what they must not take from it: tried in the real shells."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pytest

import lmodpy
from tests.needs import needs

ROOT = Path(__file__).parent.parent

SHELLS = {
    "bash": (["bash", "--norc"], "bash"),
    "bash as sh": (["bash", "--posix", "--norc"], "sh"),
    "zsh": (["zsh", "-f"], "zsh"),
    "zsh as sh": (["zsh", "--emulate", "sh", "-f"], "sh"),
    "dash": (["dash"], "sh"),
    "ksh": (["ksh"], "sh"),
}

LAUNCHER = r"""#!/bin/sh
# Stands in for lmodpy-cmd: each subcommand is a way in which the real one may end.
case $2 in
load) echo "export LOADED='$3';" ;;
show) for word; do printf '[%s]' "$word"; done >&2 ;;
libraries) echo "${LD_LIBRARY_PATH-none} ${LD_PRELOAD-none}" >&2
    echo "${__LMOD_PROTECTED_LD_LIBRARY_PATH-none} ${__LMOD_PROTECTED_LD_PRELOAD-none}" >&2 ;;
refuse) echo "export ERROR='no such module';"; echo; echo false; exit 1 ;;
leave) exit 5 ;;
killed) kill -9 $$ ;;
torn) echo 'export TORN=1;'; kill -9 $$ ;;
misfit) echo '(exit 7)' ;;
slow) : >"$STARTED"; exec sleep 60 ;;
esac
"""


class Result(NamedTuple):
    out: str
    err: str
    status: int


class Session:
    """A shell and a package directory whose init file it sources."""

    def __init__(self, command: list[str], init: str, package: Path, home: Path) -> None:
        self.command = [needs(command[0]), *command[1:]]
        self.name = command[0]
        self.init = init
        self.package = package
        self.home = home

    @property
    def source(self) -> str:
        """The line for a start-up file."""
        known = f"LMOD_PKG='{self.package}'; " if self.name == "dash" else ""
        return f"{known}. '{self.package}/init/{self.init}'"

    def environment(self, **more: str) -> dict[str, str]:
        # A machine may have a list of its own in /etc/lmod.
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LMOD_MODULEPATH_INIT": "/nonexistent", **more}

    def bare(self, script: str, **more: str) -> Result:
        """Run a script that has nothing from us."""
        text = script.encode()
        done = subprocess.run(
            [*self.command, "-c", text], env=self.environment(**more), cwd=self.home, capture_output=True, timeout=60
        )
        return Result(done.stdout.decode(), done.stderr.decode(), done.returncode)

    def run(self, script: str, **more: str) -> Result:
        """Source the init file and run a script."""
        return self.bare(f"{self.source}\n{script}", **more)


def package_at(place: Path) -> Path:
    """Lay out the init files and the stand-in as a clone has them."""
    shutil.copytree(ROOT / "init", place / "init")
    (place / "bin").mkdir()
    write_launcher(place / "bin" / "lmodpy-cmd")
    return place


def write_launcher(path: Path) -> Path:
    path.write_text(LAUNCHER)
    path.chmod(0o755)
    return path


@pytest.fixture(params=SHELLS)
def shell(request, tmp_path):
    command, init = SHELLS[request.param]
    return Session(command, init, package_at(tmp_path / "lmod py"), tmp_path)


@pytest.fixture
def bash(tmp_path):
    return Session(["bash", "--norc"], "bash", package_at(tmp_path / "lmodpy"), tmp_path)


@pytest.fixture
def zsh(tmp_path):
    return Session(["zsh", "-f"], "zsh", package_at(tmp_path / "lmodpy"), tmp_path)


def test_a_start_up_file_defines_the_commands_and_says_nothing(shell):
    """After one line `module` works, and the line itself is silent."""
    done = shell.run('module load gcc; echo "$LOADED"')

    assert done == ("gcc\n", "", 0)


def test_the_variables_say_where_things_are(shell):
    """Scripts and other tools find the parts through the variables that Lmod sets."""
    done = shell.run("sh -c 'echo \"$LMOD_CMD|$LMOD_PKG|$MODULESHOME|$LMOD_DIR|$LMOD_ROOT|$LMOD_VERSION\"'")

    package = shell.package
    values = [f"{package}/bin/lmodpy-cmd", package, package, f"{package}/bin", package.parent, lmodpy.LMOD_VERSION]
    assert done.out.strip() == "|".join(map(str, values))


def test_an_installation_keeps_its_executables_in_the_prefix(shell, tmp_path):
    """Below share/ the launcher is found in the bin/ of the same prefix."""
    prefix = tmp_path / "an opt"
    shutil.copytree(ROOT / "init", prefix / "share" / "lmodpy" / "init")
    (prefix / "bin").mkdir()
    launcher = write_launcher(prefix / "bin" / "lmodpy-cmd")
    shell.package = prefix / "share" / "lmodpy"

    done = shell.run('echo "$LMOD_CMD|$LMOD_PKG"; module load gcc')

    assert done == (f"{launcher}|{shell.package}\n", "", 0)


def test_a_link_in_the_place_of_lmod_is_enough(shell, tmp_path):
    """A site may leave the line in its profile alone, and replace Lmod's directory by a link to ours."""
    prefix = tmp_path / "opt"
    shutil.copytree(ROOT / "init", prefix / "share" / "lmodpy" / "init")
    (prefix / "bin").mkdir()
    write_launcher(prefix / "bin" / "lmodpy-cmd")
    shell.package = tmp_path / "usr" / "lmod"
    shell.package.parent.mkdir()
    shell.package.symlink_to(prefix / "share" / "lmodpy")

    assert shell.run('module load gcc; echo "$LOADED"') == ("gcc\n", "", 0)


def test_no_program_is_started(shell):
    """Sourcing works where PATH leads nowhere."""
    done = shell.run('echo "$LMOD_VERSION"', PATH="/nonexistent")

    assert done == (f"{lmodpy.LMOD_VERSION}\n", "", 0)


@pytest.mark.parametrize("name", ["bash", "zsh", "bash as sh", "zsh as sh", "ksh"])
def test_a_shell_that_can_tell_finds_the_files_by_itself(name, tmp_path):
    """A symbolic link in a profile directory and a relative path lead to the package as well."""
    command, init = SHELLS[name]
    shell = Session(command, init, package_at(tmp_path / "lmodpy"), tmp_path)
    (tmp_path / "link.sh").symlink_to(shell.package / "init" / init)

    for line in f". '{tmp_path}/link.sh'", f". lmodpy/init/{init}", f". ./lmodpy/init/{init}":
        done = shell.bare(f'{line}; module load gcc; echo "$LOADED $LMOD_PKG"')
        assert done == (f"gcc {shell.package}\n", "", 0), line


def test_dash_is_told_when_it_does_not_know_the_place(tmp_path):
    """Without LMOD_PKG, or with another program's, the message names the variable."""
    shell = Session(["dash"], "sh", package_at(tmp_path / "lmodpy"), tmp_path)

    for known in "", "/usr/share/lmod/lmod":
        done = shell.bare(f". '{shell.package}/init/sh' || echo failed", LMOD_PKG=known)
        assert done.out == "failed\n"
        assert "LMOD_PKG must be" in done.err
        assert "not found" not in done.err


def test_a_preset_launcher_is_kept_only_if_it_is_one(shell, tmp_path):
    """A site may point LMOD_CMD at another lmodpy-cmd; what is left from Lmod does not count."""
    other = tmp_path / "other"
    other.mkdir()
    mine = write_launcher(other / "lmodpy-cmd")
    lmod = write_launcher(other / "lmod")
    ours = f"{shell.package}/bin/lmodpy-cmd"

    for preset, used in [(mine, mine), (lmod, ours), (other / "gone" / "lmodpy-cmd", ours), ("lmodpy-cmd", ours)]:
        assert shell.run('echo "$LMOD_CMD"', LMOD_CMD=str(preset)).out == f"{used}\n"


NASTY = ["", "a b", "*", "$HOME", "`id`", "it's", 'say "x"', "back\\slash", "-n", "é", "semi;colon", "~", "two\nlines"]


def test_words_arrive_as_they_were_typed(shell):
    """No argument is split, expanded or lost on its way, whatever IFS is."""
    script = "IFS='ao/ '; module show \"$@\"\n".replace(
        '"$@"', " ".join(f"'{word}'".replace("it's", "it'\\''s") for word in NASTY)
    )
    name = shell.name if shell.name in {"bash", "zsh"} else "sh"

    assert shell.run(script).err == "".join(f"[{word}]" for word in [name, "show", *NASTY])


def test_ml_hands_its_words_to_the_same_place(shell):
    """`ml` is the subcommand ml: its grammar is not the shell's business."""
    assert "[ml][-gcc][a b]" in shell.run("LMOD_CMD=$SHOWING; ml -gcc 'a b'", SHOWING=showing(shell)).err


def showing(shell: Session) -> str:
    path = shell.home / "showing"
    path.write_text("#!/bin/sh\nfor word; do printf '[%s]' \"$word\"; done >&2\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(("ending", "status"), [("refuse", 1), ("leave", 5), ("misfit", 7), ("load", 0)])
def test_the_status_is_that_of_the_command(shell, ending, status):
    """What lmodpy-cmd returns, or else what its text does, is what `module` returns."""
    assert shell.run(f"module {ending}; echo $?").out == f"{status}\n"


@pytest.mark.parametrize("ending", ["killed", "torn", "vanished", "unset"])
def test_a_command_that_dies_is_no_success(shell, ending):
    """Where the text is missing or torn, the status says so and nothing is evaluated."""
    before = {"vanished": "LMOD_CMD=/nonexistent/lmodpy-cmd;", "unset": "unset LMOD_CMD;"}.get(ending, "")

    done = shell.run(f'{before} if module {ending}; then echo success; else echo "failure ${{TORN-}}"; fi')

    assert done.out == "failure \n"


def test_a_failure_still_leaves_its_record(shell):
    """The text of a command that says `false` is evaluated: it holds what `last-error` shows."""
    assert shell.run('module refuse || echo "$ERROR"').out == "no such module\n"


def test_strict_scripts_go_on_and_stop_where_they_should(shell):
    """Under `set -eu` success goes on, and a failing `module` ends the script."""
    done = shell.bare(
        f"set -eu\n{shell.source}\nmodule load gcc\nml list\nclearMT\necho loaded\nmodule refuse\necho never"
    )

    assert done == ("loaded\n", "", 1)


def test_a_strict_pipeline_script_is_served(bash):
    """What workflow managers write runs as they write it."""
    done = bash.bare(f"set -euo pipefail\n{bash.source}\nmodule purge && module load gcc; echo $LOADED")

    assert done == ("gcc\n", "", 0)


def test_tracing_is_silent_inside_and_goes_on_after(shell):
    """Under `set -x` one sees the command, not how it works."""
    done = shell.run("set -x\nmodule load gcc\nmodule refuse\n: after")

    traced = [line for line in done.err.splitlines() if not line.endswith("2> /dev/null")]  # ksh shows redirections
    assert [line.split("> ")[-1].removeprefix("+ ") for line in traced] == [
        "module load gcc",
        "module refuse",
        ": after",
    ]


def test_a_traced_start_up_file_is_hardly_longer(shell):
    """Sourcing under `set -x` shows the line itself, and at most how the tracing is turned off and on."""
    done = shell.bare(f"set -x\n{shell.source}\n: after")

    assert len(done.err.splitlines()) <= 9
    assert "LMOD_CMD" not in done.err
    assert done.err.splitlines()[-1].endswith(": after")


def test_tracing_is_shown_to_those_who_debug(shell):
    """LMOD_SH_DBG_ON lets the trace through."""
    done = shell.bare(f"set -x\n{shell.source}\nmodule load gcc\n: after", LMOD_SH_DBG_ON="1")

    assert "LMOD_CMD" in done.err
    assert "eval" in done.err
    assert done.err.splitlines()[-1].endswith(": after")


def test_the_option_letters_are_the_same_after_each_command(shell):
    """Whatever is set stays set, and nothing else becomes set."""
    for letters in "", "x", "v", "xv", "u", "f", "euf":
        turn_on = f"set -{letters}; " if letters else ""
        done = shell.bare(
            f"{turn_on}echo $-; {shell.source}; echo $-; module load gcc; echo $-; module refuse || echo $-"
        )
        assert len(set(done.out.splitlines())) == 1, letters


def variables(listing: str) -> set[str]:
    return {
        line.partition("=")[0] for line in listing.splitlines() if "=" in line and line.partition("=")[0].isidentifier()
    }


def test_nothing_temporary_stays_behind(shell):
    """`set` shows the promised variables and no others, after sourcing and after each kind of ending."""
    calls = "module load gcc; module refuse; module killed 2>/dev/null; ml x; module misfit"
    script = f"set >before; {shell.source}; {calls}; set >after; alias >aliases"
    shell.bare(script, MODULEPATH_ROOT=str(shell.home), OLDPWD=str(shell.home))

    before, after = (variables((shell.home / name).read_text(errors="replace")) for name in ("before", "after"))
    promised = {"LMOD_CMD", "LMOD_DIR", "LMOD_PKG", "LMOD_ROOT", "LMOD_VERSION", "MODULESHOME", "LOADED", "ERROR"}
    the_shell_itself = {
        "_",
        "BASH_LINENO",
        "PIPESTATUS",
        "FUNCNAME",
        "LINENO",
        "status",
        "pipestatus",
        "argv",
        "OPTIND",
    }
    assert after - before - the_shell_itself == promised


def test_libraries_of_the_user_do_not_reach_the_launcher(shell):
    """LD_LIBRARY_PATH and LD_PRELOAD travel under other names, and the shell keeps its own."""
    done = shell.run(
        "export LD_LIBRARY_PATH=/broken:/lib; module libraries; unset LD_LIBRARY_PATH;"
        "module libraries; LD_LIBRARY_PATH=; module libraries;"
        'echo "<$LD_LIBRARY_PATH>" ${__LMOD_PROTECTED_LD_LIBRARY_PATH-none}',
        __LMOD_PROTECTED_LD_PRELOAD="stale",
    )

    assert done.err.splitlines() == ["none none", "/broken:/lib none", "none none", "none none", "none none", " none"]
    assert done.out == "<> none\n"


def test_a_missing_preload_does_not_disturb(bash):
    """With LD_PRELOAD naming a file that is gone, only the user's own programs complain."""
    done = bash.run("LD_PRELOAD=/nonexistent.so; export LD_PRELOAD; module libraries")

    assert done.err.splitlines() == ["none none", "none /nonexistent.so"]


def test_aliases_and_functions_of_the_user_change_nothing(shell):
    """An alias named eval or ml and a function named test are the user's, and `module` works."""
    expanding = "shopt -s expand_aliases;" if shell.name == "bash" else ""
    script = f"""{expanding}
alias eval='echo alias' local='echo alias' unset='echo alias' ml='echo two words' module='echo old'
test() {{ echo function; }}
{shell.source}
module load gcc
ml
echo "$LOADED"
"""
    assert shell.bare(script) == ("gcc\n", "", 0)


@pytest.mark.parametrize(
    "options",
    [
        "sh_word_split",
        "ksh_arrays",
        "no_unset",
        "err_exit",
        "no_match glob_subst",
        "err_return",
        "ksh_glob sh_glob",
        "posix_builtins",
    ],
)
def test_options_of_zsh_change_nothing(zsh, options):
    """Whatever way zsh is bent, the commands are defined and work."""
    done = zsh.bare(
        f'setopt {options}\n{zsh.source}\nmodule load "a b"\nml list\necho "$LOADED"\nmodule refuse || echo $?'
    )

    assert done == ("a b\n1\n", "", 0)


def test_zsh_functions_named_like_hooks_are_not_run(zsh):
    """A chpwd hook that prints does not disturb a start-up file named by a relative path."""
    done = zsh.bare('chpwd() { ls }; . lmodpy/init/zsh; module load gcc; echo "$LMOD_PKG"')

    assert done == (f"{zsh.package}\n", "", 0)


def test_bash_scripts_inherit_the_commands(bash):
    """A bash script that sources nothing has all four commands, also one that runs as `sh`."""
    for script in "bash -c 'module load gcc; ml; echo $LOADED'", "bash --posix -c 'module load gcc; ml; echo $LOADED'":
        assert bash.run(script) == ("gcc\n", "", 0)
    assert bash.run("bash -c 'declare -F'").out.split()[2::3] == ["clearLmod", "clearMT", "ml", "module"]


def test_no_start_up_file_is_forced_upon_scripts(bash):
    """BASH_ENV and ENV are the user's."""
    assert bash.run("echo ${BASH_ENV-none} ${ENV-none}").out == "none none\n"


def test_the_first_shell_reads_the_list_of_trees(shell, tmp_path):
    """Comments go, patterns are expanded, what does not exist is left out, and blanks may be part of a path."""
    for name in "core", "apps/a", "apps/b", "with blank":
        (tmp_path / "trees" / name).mkdir(parents=True)
    trees = tmp_path / "trees"
    listing = tmp_path / "list"
    listing.write_text(
        f"# trees\n{trees}/core  # the base\n\n\t{trees}/apps/*\n{trees}/gone\n{trees}/with blank\n{trees}/co[r]e#x"
    )

    done = shell.bare(f"set -f; {shell.source}; sh -c 'echo $MODULEPATH'", LMOD_MODULEPATH_INIT=str(listing))

    found = [f"{trees}/{name}" for name in ("core", "apps/a", "apps/b", "with blank", "core")]
    assert done == (":".join(found) + "\n", "", 0)


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({}, "none"),
        ({"MODULEPATH_ROOT": "{home}/site"}, "{home}/site/Linux:{home}/site/Core"),
        ({"MODULEPATH_ROOT": "{home}/site", "LMOD_sys": "Other"}, "{home}/site/Core"),
        ({"LMOD_SITE_MODULEPATH": "/site:/more"}, "/site:/more"),
        (
            {"LMOD_SITE_MODULEPATH": "/first", "MODULEPATH_ROOT": "{home}/site"},
            "/first:{home}/site/Linux:{home}/site/Core",
        ),
        ({"LMOD_SITE_MODULEPATH": "/first", "MODULEPATH": "/inherited"}, "/inherited"),
        ({"MODULEPATH_ROOT": "{home}/site", "MODULEPATH": ""}, ""),
    ],
)
def test_module_path_comes_from_the_site_unless_inherited(shell, given, result):
    """A session starts with the trees of the site; whoever has a MODULEPATH keeps it, an empty one too."""
    for name in "Linux", "Core":
        (shell.home / "site" / name).mkdir(parents=True)
    values = {name: value.format(home=shell.home) for name, value in given.items()}

    done = shell.bare(f"set -u; {shell.source}; echo ${{MODULEPATH-none}}", **values)

    assert done == (result.format(home=shell.home) + "\n", "", 0)


def test_clear_mt_forgets_what_is_loaded(shell):
    """clearMT takes the state and leaves the environment and the commands."""
    state = {"__LMODPY_STATE": "x", "LOADEDMODULES": "gcc/1", "_LMFILES_": "/m/gcc/1.lua"}
    done = shell.run('clearMT; module load gcc; env | grep -cE "^(__LMODPY_STATE|LOADEDMODULES|_LMFILES_)="', **state)

    assert done == ("0\n", "", 1)


def test_clear_lmod_takes_everything_back(shell):
    """clearLmod purges, then removes its variables and itself."""
    script = "LMOD_CMD=$SHOWING; clearLmod; env | grep -E '^LMOD|^MODULE'; command -v module ml clearMT clearLmod"
    done = shell.run(script, MODULEPATH="/trees", SHOWING=showing(shell), LMOD_MODULEPATH_INIT="")

    assert done.err.endswith("[--force][purge]")
    assert done.out in {"", "LMOD_MODULEPATH_INIT=\n"}


class Terminal:
    """An interactive shell on a terminal of its own."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, env)

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + 20
        while text.encode() not in self.seen:
            assert time.monotonic() < until, self.seen.decode(errors="replace")
            if select.select([self.fd], [], [], 0.2)[0]:
                self.seen += os.read(self.fd, 65536)
        self.seen = self.seen.partition(text.encode())[2]

    def close(self) -> None:
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def test_an_interrupted_command_leaves_the_shell_unharmed(shell, tmp_path):
    """Ctrl-C ends the command that waits; the shell, its variables and the next command are as before."""
    started = tmp_path / "started"
    env = shell.environment(STARTED=str(started), TERM="dumb")
    terminal = Terminal([*shell.command, "-i"], env)
    try:
        terminal.type(f"{shell.source}; echo rea''dy\n")
        terminal.wait_for("ready")
        terminal.type("module slow\n")
        until = time.monotonic() + 20
        while not started.exists():
            assert time.monotonic() < until
            time.sleep(0.01)
        terminal.type("\x03")
        time.sleep(0.2)  # what is typed while the signal is on its way, a terminal discards
        terminal.type('module load gcc; echo "lo""aded=$LOADED ${__lmodpy_text-cl}""ean"\n')
        terminal.wait_for("loaded=gcc clean")
    finally:
        terminal.type("exit\n")
        terminal.close()
