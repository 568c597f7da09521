"""What TAB offers: as a table of half-typed lines, and by pressing it in the real shells."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from lmodpy.cli import aside, completion
from lmodpy.cli.main import run
from lmodpy.tree.directory import Folders
from tests.launcher import CLONE, lmodpy_cmd
from tests.needs import needs

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES = """gcc/9.4 gcc/12.2 gcc/13.1 gcc/.beta git chem/orca/6.0 chem/vasp/6.4 .mine/1.0 hdf5/1.14@gcc odd/a$b
secret/1.0 secret/2.0 mpich/4"""
BROKEN = 'this is not Lua, and os.execute("touch evaluated") never happens\n'


@pytest.fixture
def user(tmp_path):
    """The environment of a user with some modules, two of them loaded; each modulefile would fail if it were run."""
    core = tmp_path / "Core"
    for path in MODULES.split():
        (core / f"{path}.lua").parent.mkdir(parents=True, exist_ok=True)
        (core / f"{path}.lua").write_text(BROKEN)
    (core / "gone").mkdir()
    (core / "README").write_text("Read me")
    (core / "tool").write_text("#%Module\n")
    (core / ".version").write_text("#%Module\n")
    (core / "gcc" / "notes").write_text("no modulefile")
    (core / ".modulerc.lua").write_text(
        'module_alias("mpi", "mpich/4") module_version("mpich/4", "stable") hide_version("secret/2.0")'
    )
    (tmp_path / "My Files").mkdir()
    saved = tmp_path / ".config" / "lmod"
    saved.mkdir(parents=True)
    for name in "work", "weekend", "work~", ".hidden":
        (saved / name).write_text("")
    return {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "MODULEPATH": f"{core}:{tmp_path}/nowhere",
        "LOADEDMODULES": "gcc/12.2:git",
        "INCLUDE": "/usr/include:/opt/include",
    }


def offered(line: str, environ: dict[str, str], shell: str = "fish") -> list[str]:
    """Return what is offered at the end of a line."""
    words, _ = completion.split(line)
    text, status = completion.answer(shell, words, environ)
    assert status == 0
    return text.splitlines()


LINES = {
    # Names go on step by step, in the order of versions.
    "module load g": ["gcc/"],
    "module load gcc/": ["gcc/9.4", "gcc/13.1"],
    "module load gcc/1": ["gcc/13.1"],
    "module load ch": ["chem/"],
    "module load chem/o": ["chem/orca/"],
    "module load chem/orca/": ["chem/orca/6.0"],
    "module load too": ["tool"],
    "module load READ": [],
    "module load gon": [],
    "module load nothing/": [],
    "module load ../": [],
    "module load /": [],
    # What is loaded is offered for unloading and asking, not for loading.
    "module show gcc/": ["gcc/9.4", "gcc/12.2", "gcc/13.1"],
    "module help gi": ["git"],
    "module whatis gi": ["git"],
    "module unload g": ["gcc/12.2", "git"],
    "module unload git ": ["gcc/12.2"],
    "module swap g": ["gcc/12.2", "git"],
    "module swap gcc/12.2 gcc/": ["gcc/9.4", "gcc/13.1"],
    "module swap gcc/12.2 gcc/13.1 g": [],
    "module load mpich/4 mpi": ["mpi", "mpich/"],
    "module is-avail mpich/": ["mpich/4", "mpich/stable"],
    "module load -g": ["-gcc/12.2", "-git"],
    "ml -g": ["-gcc/12.2", "-git"],
    "ml gcc/13.1 -g": ["-gcc/12.2", "-git"],
    # Hidden ones only if one asks.
    "module load .": [".mine/"],
    "module load gcc/.": ["gcc/.beta"],
    "module load secret/": ["secret/1.0"],
    "module -A load secret/": ["secret/1.0", "secret/2.0"],
    "module load --show_hidden secret/": ["secret/1.0", "secret/2.0"],
    # Sub-commands; other spellings where nothing else fits. Abbreviations are understood.
    "module una": [],
    "module unl": ["unload"],
    "module swi": ["switch"],
    "module wh": ["whatis", "whence"],
    "module -t lis": ["list"],
    "module -w 80 lis": ["list"],
    "module -w ": [],
    "module --width=": [],
    "module ad gi": [],
    "module sh gi": ["git"],
    "module ml sh": ["sh-to-mod", "show"],
    "ml sh": ["sh-to-mod", "show"],
    "ml show gi": ["git"],
    "ml gi": [],
    "ml sec": ["secret/"],
    "module nonsense g": [],
    "module purge g": [],
    # Options.
    "module --ver": ["--version"],
    "module list --brie": ["--brief"],
    "module use --pri": ["--priority"],
    "module use --priority ": [],
    "ml --brie": ["--brief"],
    # What is no module.
    "module restore w": ["work", "weekend"],
    "module restore sys": ["system"],
    "module describe wo": ["work"],
    "module prepend-path INCL": ["INCLUDE"],
    "module remove-path INCLUDE /": ["/usr/include", "/opt/include"],
    "module config quar": ["quarantine"],
    "module mod-to-sh zs": ["zsh"],
    "module sh-to-mod tc": ["tcsh"],
    # Only the last command of a line counts.
    "cd x && module load g": ["gcc/"],
    "echo 'a; b' | ml gcc/9": ["gcc/9.4"],
}


@pytest.mark.parametrize("line", LINES)
def test_what_is_offered(user, line):
    """A half-typed line is offered what can stand there, and nothing else."""
    assert sorted(offered(line, user)) == sorted(LINES[line])


def test_versions_come_in_their_order(user):
    """gcc/9.4 stands before gcc/12.2."""
    assert offered("module show gcc/", user) == ["gcc/9.4", "gcc/12.2", "gcc/13.1"]


def test_entries_of_modulepath_are_offered_for_unuse(user):
    """`unuse` takes what `use` has put there, whether it exists or not."""
    assert offered("module unuse ", user) == user["MODULEPATH"].split(":")


@pytest.mark.parametrize("line", ["module use /u", "module use -a /u", "ml use ", "module append-path INCLUDE /u"])
def test_directories_are_left_to_the_shell(user, line):
    """The shell is told to complete directories in its own way."""
    words, _ = completion.split(line)
    assert completion.answer("bash", words, user) == ("", completion.DIRECTORIES)


def test_no_modulefile_is_evaluated(user, tmp_path, monkeypatch):
    """Modulefiles are not even opened."""
    monkeypatch.setattr("lmodpy.modulefile.lua.LuaEvaluator.run", lambda *_: pytest.fail("a modulefile was run"))
    for line in "module load ", "ml ", "module show gcc/", "module spider ", "module load mpi":
        assert offered(line, user)
    assert not (tmp_path / "evaluated").exists()


def test_only_what_begins_as_typed_is_looked_into(user, monkeypatch):
    """However large a tree is, a few typed letters lead to few directories."""
    listed = []
    read = Folders._read
    monkeypatch.setattr(Folders, "_read", lambda folders, path: listed.append(path) or read(folders, path))
    assert offered("module load gc", user) == ["gcc/"]
    assert {path.rpartition("/")[2] for path in listed} == {"gcc"}


def test_all_names_are_offered_where_there_are_many(user, tmp_path):
    """A tree of many names is listed as it is, so that its size does not matter."""
    for number in range(300):
        (tmp_path / "Core" / f"p{number:03}").mkdir()
    assert len(offered("module load p", user)) == 300
    assert {"gcc/", "git.lua", ".mine/"} & {*offered("module show ", user)} == {"gcc/"}


@pytest.mark.parametrize(
    ("line", "words", "quote"),
    [
        ("", [""], ""),
        ("module", ["module"], ""),
        ("module ", ["module", ""], ""),
        ("module  load\tgcc", ["module", "load", "gcc"], ""),
        ("module use a\\ b", ["module", "use", "a b"], ""),
        ("module use 'a b", ["module", "use", "a b"], "'"),
        ('module use "a \\"b', ["module", "use", 'a "b'], '"'),
        ("a;b|c&&module x", ["module", "x"], ""),
        ("module 'a;b' ", ["module", "a;b", ""], ""),
        ("module \\", ["module", ""], ""),
    ],
)
def test_lines_are_split_as_shells_do(line, words, quote):
    """Words are what the shell makes of them; the last one may be open."""
    assert completion.split(line) == (words, quote)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("module load odd/", "odd/a\\$b"),
        ("module load 'odd/", "odd/a$b"),
        ('module load "odd/', ""),
        ("module load hdf5/", "hdf5/1.14@gcc"),
        ("module load hdf5/1.14@", "gcc"),
        ("module load 'hdf5/1.14@", "hdf5/1.14@gcc"),
        ("module load g", "gcc/"),
    ],
)
def test_names_reach_bash_as_its_line_needs_them(user, line, reply):
    """Signs of the shell are quoted, unless a quote is open, and only the part behind a word break is replaced."""
    environ = {**user, "COMMAND_LINE": line, "COMP_WORDBREAKS": " \t\n\"'@><=;|&(:"}
    assert completion.answer("bash", [], environ)[0].strip() == reply


def test_tcsh_is_not_offered_what_needs_quotes(user):
    """tcsh puts a name on its line as it is."""
    assert offered("module load odd/", user, "tcsh") == []
    assert offered("module load odd/", user, "zsh") == ["odd/a$b"]


@pytest.mark.parametrize(
    "change",
    [
        {"MODULEPATH": ""},
        {"MODULEPATH": "/dev/null:relative:\udcff"},
        {"__LMODPY_STATE": "damaged"},
        {"LMOD_FILE_IGNORE_PATTERNS": "{"},
        {"HOME": ""},
        {"LMOD_QUIET": "yes"},
        {"LMOD_MODULERC": "/nonexistent"},
    ],
)
def test_trouble_is_never_shown(user, change, capfd):
    """Whatever the environment is like, there are candidates or there are none, and not a word besides."""
    environ = {**user, **change}
    for words in (["module", "load", ""], ["module", "restore", ""], ["ml", ""], ["\udcff"], [""], []):
        text, status = aside.quietly("completion", "zsh", words, environ)
        assert status in {0, 1}
        assert text == "" or text.endswith("\n")
    assert capfd.readouterr() == ("", "")


def test_a_broken_rc_file_is_passed_over(user, tmp_path):
    """An rc file that fails costs its own aliases, nothing else."""
    (tmp_path / "Core" / ".modulerc.lua").write_text("nonsense(")
    assert offered("module load mpi", user) == ["mpich/"]


def asked(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run the real command, as a shell does."""
    command = [lmodpy_cmd(), "--complete", "bash", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)


def test_an_rc_file_without_end_does_not_hold_the_user(user, tmp_path):
    """The prompt comes back after some seconds, silently."""
    (tmp_path / "Core" / ".modulerc.lua").write_text("while true do end")
    started = time.monotonic()
    done = asked(user, "module", "load", "g")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 1)
    assert time.monotonic() - started < completion.SECONDS + 5


def test_the_command_answers_in_a_process(user):
    """Words are taken as arguments or, as they were typed, from COMMAND_LINE; nothing at all is no trouble."""
    for environ, words in ({}, ["module", "load", "gcc/1"]), ({"COMMAND_LINE": "module load gcc/1"}, []):
        done = asked({**user, **environ}, *words)
        assert (done.stdout, done.stderr, done.returncode) == ("gcc/13.1\n", "", 0)
    assert asked(user).stdout == ""
    assert asked(user).stderr == ""


def test_the_option_is_for_shells_alone(user):
    """Where a user might type it, it is an option like any unknown one."""
    for words in ["load", "--complete"], ["--complete", "module", ""]:
        assert run(["bash", *words], user, say=lambda _: None)[::2] == ("false\n", 1)


# In the shells.


class Screen:
    """A shell in a terminal that tmux draws: what one types, and what one then sees."""

    def __init__(self, command: list[str], environ: dict[str, str], place: str) -> None:
        self._socket = f"{place}/tmux"
        self.shell = command[0].rpartition("/")[2]
        variables = [f"{name}={value}" for name, value in environ.items()]
        self._tmux("new-session", "-d", "-x", "120", "-y", "50", "-c", place, "env", "-i", *variables, *command)

    def _tmux(self, *words: str) -> str:
        command = [needs("tmux"), "-S", self._socket, "-f", "/dev/null", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout

    def type(self, *keys: str) -> Screen:
        """Press keys: words of tmux such as Tab, or text."""
        for key in keys:
            self._tmux("send-keys", *([] if key in {"Tab", "Enter", "C-u"} else ["-l", "--"]), key)
        return self

    def line(self, expected: str) -> str:
        """Return the last line on the screen, without blanks at its end: the expected one, if it comes in time."""
        return self._awaited(lambda seen: seen.rpartition("\n")[2], expected.__eq__)

    def seen(self, expected: str) -> str:
        """Return all that is on the screen; with the expected text in it, if it comes in time."""
        return self._awaited(lambda seen: seen, lambda seen: expected in seen)

    def _awaited(self, part: Callable[[str], str], is_it: Callable[[str], bool]) -> str:
        until = time.monotonic() + 20
        while True:
            drawn = self._tmux("capture-pane", "-p").splitlines()
            found = part("\n".join(line.rstrip() for line in drawn).rstrip())
            if is_it(found) or time.monotonic() > until:
                return found
            time.sleep(0.05)

    def close(self) -> None:
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], capture_output=True, timeout=20)


STARTS = {
    "bash": [".bashrc", "bash", "-i"],
    "zsh": [".zshrc", "zsh", "-i"],
    "fish": ["fish.rc", "fish", "--no-config", "-C", "source fish.rc"],
    "tcsh": [".tcshrc", "tcsh"],
}
FILES = {
    "bash": """
. '{clone}/init/bash'
PS1='> '
""",
    # The completion system is started after us, as a user's own file does who has us from the site's.
    "zsh": """
. '{clone}/init/zsh'
autoload -Uz compinit; compinit -u -D
PS1='> '
""",
    "fish": """
source '{clone}/init/fish'; function fish_prompt; echo '> '; end
set -g fish_greeting; set -g fish_autosuggestion_enabled 0
""",
    "tcsh": """
setenv LMOD_PKG '{clone}'
source '{clone}/init/csh'
set prompt='> '
set autolist
""",
}


@pytest.fixture
def screen(user, tmp_path, request):
    """A shell at its prompt, in the home of the user, who has real modules."""
    file, *command = STARTS[request.param]
    core = tmp_path / "real"
    for version in "12.2", "13.1":
        (core / "gcc").mkdir(parents=True, exist_ok=True)
        (core / "gcc" / f"{version}.lua").write_text('setenv("CC", "gcc")\n')
    (core / "hdf5").mkdir()
    (core / "hdf5" / "1.14@gcc.lua").write_text("")
    (tmp_path / file).write_text(FILES[request.param].format(clone=CLONE))
    (tmp_path / "load").mkdir()  # must not make a path of the sub-command
    environ = {name: user[name] for name in ("HOME", "PATH")}
    environ |= {"MODULEPATH": str(core), "LMOD_CMD": lmodpy_cmd(), "TERM": "screen", "LC_ALL": "C.UTF-8"}
    shown = Screen([needs(command[0]), *command[1:]], environ, str(tmp_path))
    try:
        assert shown.line(">") == ">"
        yield shown
    finally:
        shown.close()


@pytest.mark.parametrize("screen", ["bash", "zsh", "fish"], indirect=True)
def test_tab_in_an_interactive_session(screen):
    """One types a few letters and TAB: the sub-command, the name, the version; what one gets is then loaded."""
    assert screen.type("module try", "Tab").line("> module try-load") == "> module try-load"
    assert screen.type("g", "Tab").line("> module try-load gcc/") == "> module try-load gcc/"
    assert "> module try-load gcc/1" in screen.type("Tab").seen("> module try-load gcc/1")
    # bash and zsh list what there is when one presses again; fish has already.
    listed = screen.type(*["Tab"] * {"bash": 2, "zsh": 1}.get(screen.shell, 0)).seen("gcc/13.1")
    assert "gcc/12.2" in listed
    assert "gcc/13.1" in listed
    assert "> module try-load gcc/13.1" in screen.type("3", "Tab").seen("> module try-load gcc/13.1")
    assert screen.type("Enter").line(">") == ">"
    assert "\ngcc/13.1\n" in screen.type("sh -c 'echo $LOADEDMODULES'", "Enter").seen("\ngcc/13.1\n")
    assert screen.type("ml -g", "Tab").line("> ml -gcc/13.1") == "> ml -gcc/13.1"
    assert screen.type("Enter").line(">") == ">"
    assert "\nleft=.\n" in screen.type("sh -c 'echo left=$LOADEDMODULES.'", "Enter").seen("\nleft=.\n")


@pytest.mark.parametrize("screen", STARTS, indirect=True)
def test_tab_in_every_shell(screen):
    """Sub-commands, names with and without odd signs, and directories with blanks in them."""
    for keys, line in (
        (["module pur", "Tab"], "> module purge"),
        (["ml hd", "Tab", "Tab"], "> ml hdf5/1.14@gcc"),
        (["module load gcc/13", "Tab"], "> module load gcc/13.1"),
        (["module use My", "Tab"], "> module use My\\ Files/"),
        (["module load nothing-like-it", "Tab", "x"], "> module load nothing-like-itx"),
    ):
        assert screen.type(*keys).line(line) == line
        screen.type("C-u")


@pytest.mark.parametrize("screen", ["bash", "zsh"], indirect=True)
def test_tab_with_strict_options(screen):
    """A user who has `set -u` and IFS changed is still offered names, and his shell lives on."""
    assert screen.type("set -u; IFS=g/; LMOD_OLD=$LMOD_CMD", "Enter").line(">") == ">"
    assert screen.type("module load gcc/13", "Tab").line("> module load gcc/13.1") == "> module load gcc/13.1"
    assert screen.type("C-u", "unset LMOD_CMD", "Enter").line(">") == ">"
    assert screen.type("module load gcc/12", "Tab", "x").line("> module load gcc/12x") == "> module load gcc/12x"


def test_completion_costs_scripts_nothing(user):
    """A shell without a user does not even read the file."""
    for shell, words in ("bash", ["--norc"]), ("zsh", ["-f"]):
        script = f". '{CLONE}/init/{shell}'; typeset -f __lmodpy_complete >/dev/null && echo defined; echo done"
        done = subprocess.run([needs(shell), *words, "-c", script], env=user, capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("done\n", "")


def test_fish_offers_them_to_programs(user):
    """`complete -C` answers in a script, too."""
    script = f"source '{CLONE}/init/completions/fish'; complete -C 'module show gcc/'"
    environ = {**user, "LMOD_CMD": lmodpy_cmd()}
    done = subprocess.run([needs("fish"), "--no-config", "-c", script], env=environ, capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == (["gcc/9.4", "gcc/12.2", "gcc/13.1"], "")


def test_the_files_are_where_the_init_files_look():
    """Each shell with completion has a file of its own."""
    assert {*os.listdir(os.path.join(CLONE, "init", "completions"))} == {*STARTS}
