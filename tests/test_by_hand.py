"""The sub-commands of Environment Modules: questions, paths by hand, modules for one command."""

from __future__ import annotations

import json
import os
import subprocess

import jsonschema
import pytest

from lmodpy.cli.main import run
from tests.conftest import NOT_OURS
from tests.launcher import CLONE
from tests.needs import needs


@pytest.fixture
def stack(site):
    """A site with two versions of a compiler and what one of them opens."""
    site.modulefile(
        "Core/gcc/12.lua", 'family("compiler") prepend_path("MODULEPATH", ROOT.."/gcc") setenv("CC", "gcc")'
    )
    site.modulefile("Core/gcc/13.lua", 'family("compiler") setenv("CC", "gcc")')
    site.modulefile("gcc/mpi/4.lua", 'prepend_path("PATH", "/opt/mpi/bin") setenv("QUOTED", "it\'s $HOME\\n`x`")')
    site.modulefile("Core/broken/1.lua", 'setenv("HALF", "1") error("no")')
    return site


def asked(site, *words: str) -> str:
    """Return what `module WORDS` prints to stdout in the user's shell, which it must leave as it is."""
    outcome = run([site.shell, *words], dict(site.env), say=lambda _: None)
    options = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"]}[site.shell]
    script = 'eval "$1"; left=$?; /usr/bin/env -0 >"$2"; exit $left'
    left = site.root / "environment"
    command = [needs(site.shell), *options, "-c", script, "x", outcome.out, str(left)]
    done = subprocess.run(command, env=site.env, capture_output=True, text=True, check=False)
    pairs = (item.partition("=") for item in left.read_text().split("\0") if item)
    assert {name: value for name, _, value in pairs if name not in NOT_OURS} == site.env
    site.status, site.err = done.returncode, outcome.err + done.stderr
    return done.stdout


# Questions.


def test_is_used(stack, monkeypatch):
    """Status 0 if one of the directories is in MODULEPATH, however it is written; without any, if one is."""
    (stack.root / "other").mkdir()
    monkeypatch.chdir(stack.root)
    status = {
        words: stack.type("is-used", *words).status
        for words in [(), ("Core",), (f"{stack.root}/Core/",), (f"/x:{stack.root}/Core",), ("other",), ("/x", "Core")]
    }
    assert list(status.values()) == [0, 0, 0, 0, 1, 0]
    assert stack.err == stack.out == ""
    del stack.env["MODULEPATH"]
    assert stack.type("is-used").status == 1


def test_info_loaded(stack):
    """The full names of what is loaded, on stdout; status 1 if nothing is."""
    stack.load("gcc/12", "mpi")
    assert asked(stack, "info-loaded", "gcc") == "gcc/12\n"
    assert asked(stack, "info-loaded") == "gcc/12 mpi/4\n"
    assert asked(stack, "info-loaded", "mpi/4", "gcc/12") == "gcc/12 mpi/4\n"
    assert stack.status == 0
    assert asked(stack, "info-loaded", "gcc/13") == ""
    assert stack.status == 1
    assert json.loads(stack.module("info-loaded", "--json", "gcc").err)["answer"] == ["gcc/12"]


def test_path_and_paths(stack):
    """The file that would be loaded, and all files of a name, on stdout; a name that means nothing is an error."""
    core = stack.root / "Core"
    assert asked(stack, "path", "gcc") == f"{core}/gcc/13.lua\n"
    assert asked(stack, "path", "gcc/12") == f"{core}/gcc/12.lua\n"
    assert asked(stack, "paths", "gcc") == f"{core}/gcc/12.lua\n{core}/gcc/13.lua\n"
    assert asked(stack, "paths", "nothing") == ""
    assert stack.status == 1
    assert "module load gcc/12 mpi" in stack.fails("path", "mpi")
    assert "did you mean" in stack.fails("path", "gc")


def test_test_says_that_there_is_none(stack):
    """A modulefile in Lua has no test, and a module that is not there is another trouble."""
    assert "gcc/12 has no test" in stack.fails("test", "gcc/12")
    assert "no module `nope`" in stack.fails("test", "nope")


def test_state_tells_what_is_remembered(stack):
    """Modules with what is odd about them, and whose the variables are; as data everything."""
    stack.load("gcc/12", "mpi")
    told = stack.module("state").err
    assert f"  mpi/4  {stack.root}/gcc/mpi/4.lua  asked for as mpi\n" in told
    assert "  PATH: changed by mpi\n" in told
    assert stack.module("state", "shell").err == f"shell:\n  {stack.shell}\n"
    answer = json.loads(stack.module("--json", "state", "modules", "variables").err)
    assert [module["name"] for module in answer["modules"]] == ["gcc", "mpi"]
    assert answer["variables"]["CC"] == ["gcc"]
    assert "it has shell, modulepath" in stack.fails("state", "nope")


# MODULEPATH.


def test_use_alone_shows_modulepath(stack):
    """One directory a line, in order; `use` of an empty word does nothing."""
    stack.module("use", "-a", f"{stack.root}/gcc")
    assert stack.module("use").err == f"{stack.root}/Core\n{stack.root}/gcc\n"
    assert stack.module("use", "").err == ""
    assert json.loads(stack.module("use", "--json").err)["modulepath"] == [f"{stack.root}/Core", f"{stack.root}/gcc"]


@pytest.mark.parametrize(
    ("words", "order"),
    [
        ("use A B", "B A Core"),
        ("use A:B", "B A Core"),
        ("use -a A B", "Core A B"),
        ("use A --append", "Core A"),
        ("use -append A", "Core A"),
        ("use -a -p A", "A Core"),
        ("use --prepend A", "A Core"),
        ("use A/", "A Core"),
        ("use ~/A", "home/A Core"),
    ],
)
def test_use_puts_directories(stack, monkeypatch, words, order):
    """At the front, or with -a at the end, several in the order in which they are named."""
    for name in "A", "B", "home/A":
        (stack.root / name).mkdir()
    monkeypatch.chdir(stack.root)
    before = dict(stack.env)
    stack.module(*words.split())
    assert stack.paths == order.split()
    assert stack.err == ""
    stack.module("unuse", *(word for word in words.split()[1:] if not word.startswith("-")))
    assert stack.env == before


def test_a_priority_holds_against_later_directories(stack):
    """What was used with a priority stays in front of what is used after it."""
    for name in "A", "B":
        (stack.root / name).mkdir()
    stack.module("use", "--priority", "10", f"{stack.root}/A").module("use", f"{stack.root}/B")
    assert stack.paths == ["A", "B", "Core"]
    stack.module("use", "-a", "--priority=10", f"{stack.root}/B")
    assert stack.paths == ["A", "Core", "B"]


# Paths by hand.


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("prepend-path V /n", "/n:/a:/b"),
        ("prepend-path V /m /n", "/m:/n:/a:/b"),
        ("prepend-path V /m:/n", "/m:/n:/a:/b"),
        ("append-path V /m /n", "/a:/b:/m:/n"),
        ("append-path V /a", "/b:/a"),
        ("append-path --priority 5 V /n", "/a:/b:/n"),
        ("remove-path V /a", "/b"),
        ("remove-path V /a /b", None),
        ("remove-path V /x", "/a:/b"),
        ("prepend-path -d , V x", "x,/a:/b"),
        ("prepend-path V --delim=, x", "x,/a:/b"),
        ("prepend-path NEW /n", "/a:/b"),
    ],
)
def test_paths_by_hand(stack, words, value):
    """The three commands do what the words of a modulefile do."""
    stack.env["V"] = "/a:/b"
    stack.module(*words.split())
    assert stack.env.get("V") == value
    assert stack.env.get("NEW") == ("/n" if "NEW" in words else None)


def test_what_was_put_by_hand_stays(stack):
    """It belongs to the user: neither unloading nor purging takes it away."""
    stack.load("gcc/12", "mpi").module("prepend-path", "PATH", "/mine/bin").module("append-path", "PATH", "/last")
    assert stack.env["PATH"] == "/mine/bin:/opt/mpi/bin:/usr/bin:/bin:/sbin:/last"
    stack.module("purge")
    assert stack.env["PATH"] == "/mine/bin:/usr/bin:/bin:/sbin:/last"


def test_modulepath_by_hand_moves_modules(stack):
    """A change of MODULEPATH has the consequences that it always has, and `reset` knows the site's value."""
    stack.module("prepend-path", "MODULEPATH", f"{stack.root}/gcc").load("mpi")
    stack.module("remove-path", "MODULEPATH", f"{stack.root}/gcc")
    assert stack.loaded == []
    assert "mpi" in stack.err


def test_paths_by_hand_refused(stack):
    """Too few words, no name, an empty entry of PATH: as for a modulefile, and said of the command."""
    assert "module prepend-path PATH DIR" in stack.fails("prepend-path", "PATH")
    assert "append-path" in stack.fails("append-path", "no name", "/x")
    assert "prepend-path" in stack.fails("prepend-path", "PATH", "")


# What is loaded.


def test_load_any(stack):
    """The first that can be loaded is; what fails leaves nothing; one that is loaded is enough."""
    stack.module("load-any", "nope", "broken", "gcc/12", "gcc/13")
    assert stack.loaded == ["gcc/12"]
    assert "HALF" not in stack.env
    assert "broken/1" in stack.err
    before = dict(stack.env)
    assert stack.module("add-any", "mpi", "gcc").env == before
    assert "none of nope, broken can be loaded" in stack.fails("load-any", "nope", "broken")


def test_clear_forgets_and_leaves(stack):
    """Nothing is loaded any more, and what the modules have set stays; only with --force."""
    stack.load("gcc/12", "mpi")
    assert "module clear --force" in stack.fails("clear")
    left = {name: value for name, value in stack.env.items() if name not in ("LOADEDMODULES", "_LMFILES_")}
    left = {name: value for name, value in left.items() if not name.startswith("__LMODPY")}
    assert stack.module("clear", "-f").env == left
    assert stack.module("-t", "list").err == "No modules loaded\n"


# One command with modules.


def test_run_lends_modules_to_a_command(stack):
    """The command has the environment, the session has not; arguments arrive as they were typed."""
    script = 'printf "%s|" "$CC" "$LOADEDMODULES" "$QUOTED" "$@"'
    said = asked(stack, "run", "gcc/12", "mpi", "--", "/bin/sh", "-c", script, "x", "a  b", "-t", "it's")
    assert said == "gcc|gcc/12:mpi/4|it's $HOME\n`x`|a  b|-t|it's|"


def test_run_can_unload_and_gives_the_status(stack):
    """`-name` takes a module away for the command; its exit status is that of `run`."""
    stack.load("gcc/12")
    assert asked(stack, "run", "-gcc", "--", "/bin/sh", "-c", 'echo "${CC-none}"') == "none\n"
    assert stack.loaded == ["gcc/12"]
    assert asked(stack, "run", "gcc/13", "--", "/bin/sh", "-c", "echo $CC; exit 7") == "gcc\n"
    assert stack.status == 7


SHELLS = {
    "sh": ["sh"],
    "dash": ["dash"],
    "ksh": ["ksh"],
    "tcsh": ["tcsh", "-f"],
    "fish": ["fish", "--no-config"],
    "rc": ["rc"],
    "elvish": ["elvish", "-norc"],
    "xonsh": ["xonsh", "--no-rc"],
}
HIDE_THE_STATUS = ("elvish", "xonsh")  # of the last command in a script


@pytest.mark.parametrize("name", SHELLS)
def test_run_in_other_shells(tmp_path, name):
    """Arguments and values with anything in them arrive, and the status is the program's."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "1.lua").write_text("setenv('ODD', [[it's $HOME `x` \\n ! \"*\" ~;&]])")
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "MODULEPATH": str(tmp_path)}
    script = 'printf "%s|" "$ODD" "$@"; exit 7'
    words = ["run", "app", "--", "/bin/sh", "-c", script, "x", "a  b", "$HOME", "it's", "", "!!", "\\", "é"]
    outcome = run([name, *words], environ, say=lambda _: None)
    assert outcome.status == 0, outcome.err
    (tmp_path / "script").write_text(outcome.out)
    program, *options = SHELLS[name]
    command = [needs(program), *options, str(tmp_path / "script")]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "it's $HOME `x` \\n ! \"*\" ~;&|a  b|$HOME|it's||!!|\\|é|"
    assert done.returncode == 7 or name in HIDE_THE_STATUS


def test_run_refused(stack):
    """No command, a module that is not there: nothing runs."""
    assert "module run gcc -- gcc --version" in stack.fails("run", "gcc")
    assert "no module `nope`" in stack.fails("run", "nope", "--", "true")
    assert "no module `nope`" in stack.fails("mod-to-sh", "bash", "nope")
    outcome = run(["python", "run", "gcc", "--", "true"], dict(stack.env), say=lambda _: None)
    assert "is for shells" in outcome.err
    assert outcome.out == "_mlstatus = False\n"


def test_mod_to_sh_is_what_load_would_evaluate(stack):
    """The text gives the same environment as `load`, in any shell, and nothing is loaded."""
    before = dict(stack.env)
    assert 'os.environ["CC"] = "gcc"' in asked(stack, "mod-to-sh", "python", "gcc/12")
    text = asked(stack, "mod-to-sh", "bash", "gcc/12", "mpi")
    done = subprocess.run(
        [needs("bash"), "--norc", "--noprofile", "-c", f"{text}\n/usr/bin/env -0"],
        env=before,
        capture_output=True,
        check=False,
    )
    found = dict(item.split("=", 1) for item in done.stdout.decode().split("\0") if item)
    stack.load("gcc/12", "mpi")
    assert {name: found.get(name) for name in stack.env} == stack.env
    assert "no shell `nosh`" in stack.fails("mod-to-sh", "nosh", "gcc/12")
    assert "module mod-to-sh bash" in stack.fails("mod-to-sh", "bash")


@pytest.mark.parametrize("variable", ["MODULES_EDITOR", "VISUAL", "EDITOR"])
def test_edit_opens_the_file(stack, variable):
    """The editor that the variables name gets the file of the module; the session does not change."""
    stack.env[variable] = "echo -x"
    assert asked(stack, "edit", "gcc/12") == f"-x {stack.root}/Core/gcc/12.lua\n"
    assert "no module `nope`" in stack.fails("edit", "nope")


# Data.

DATA = {
    "config": ["config", "config width"],
    "state": ["state", "state modules", "state shell variables"],
    "use": ["use"],
    "version": ["--version"],
    "path": ["path gcc", "paths gcc", "paths nope", "info-loaded gcc", "info-loaded nope"],
    "mod-to-sh": ["mod-to-sh bash gcc/12", "mod-to-sh python mpi"],
}


@pytest.mark.parametrize("name", DATA)
def test_data_has_the_shape_that_is_documented(stack, name):
    """What `--json` prints is one object that its schema describes."""
    with open(os.path.join(CLONE, "docs", "schema", f"{name}.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    stack.load("gcc/12", "mpi")
    for words in DATA[name]:
        jsonschema.validate(json.loads(stack.type("--json", *words.split()).err), schema)
