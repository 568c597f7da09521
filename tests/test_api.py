"""Modules for Python programs: `from lmodpy import Modules`."""

from __future__ import annotations

import doctest
import os
import subprocess
import sys
import threading
import time

import pytest

import lmodpy
from lmodpy import Leave, LmodError, ModulefileError, ModuleNotFound, Modules, Refused, UsageError, patience
from tests.launcher import CLONE

EXAMPLES = os.path.join(CLONE, "examples", "modulefiles", "Core")


@pytest.fixture
def tree(tmp_path):
    """A function that writes modulefiles, and returns the session of a user who has them."""

    def write(**files: str) -> Modules:
        for name, body in files.items():
            path = tmp_path / "tree" / name / "1.0.lua"
            path.parent.mkdir(parents=True)
            path.write_text(body)
        return Modules({"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "MODULEPATH": str(tmp_path / "tree")})

    return write


def test_the_examples_of_the_documentation(monkeypatch):
    """docs/python.md shows what happens."""
    for name in [*os.environ]:
        if name.startswith(("LMOD", "__LMOD", "LOADED", "_LM")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(os, "environ", {**os.environ, "MODULEPATH": EXAMPLES})
    known = {"os": os, "subprocess": subprocess}
    failed, tried = doctest.testfile(os.path.join(CLONE, "docs", "python.md"), module_relative=False, globs=known)
    assert (failed, tried > 15) == (0, True)


def test_commands_follow_each_other_and_nothing_else_changes(tree):
    """Each command sees what the last one left; the process has nothing of it before `apply`."""
    outside = dict(os.environ)
    m = tree(a='setenv("A", "1") prepend_path("PATH", "/a")', b='setenv("B", os.getenv("A"))')
    first, second = m.load("a"), m.load("b")

    assert first.changes.variables["A"] == "1"
    assert "A" not in second.changes.variables
    assert second.changes.variables["B"] == "1"
    assert second.loaded == m.loaded == ("a/1.0", "b/1.0")
    assert m.environ["PATH"] == "/a:/usr/bin:/bin"
    assert dict(os.environ) == outside


def test_what_is_applied_is_all_that_changed(tree):
    """`apply` brings another environment to where the session is, and back again after a purge."""
    m = tree(a='setenv("A", "1") unsetenv("GONE")')
    target = {**m.environ, "GONE": "x", "MINE": "kept"}
    m = Modules(target)
    before = dict(target)

    m.load("a").apply(target)
    assert target == m.environ
    assert "GONE" not in target
    assert target["A"] == "1"

    m.purge()
    m.apply(target)
    assert m.changes.variables == {}
    Modules(target).purge().apply(target)
    assert target == before


def test_a_session_goes_on_from_an_environment(tree):
    """What one session has loaded, another one that begins with its environment can unload."""
    m = tree(a='setenv("A", "1")')
    m.load("a")
    other = Modules(m.environ)
    assert other.loaded == ("a/1.0",)
    assert other.unload("a").changes.variables["A"] is None
    assert m.is_loaded("a")
    assert not other.is_loaded("a")


def test_aliases_and_functions_are_told(tree):
    """What only a shell can have is there for whoever has one."""
    m = tree(a='set_alias("ll", "ls -l") set_shell_function("f", "echo f", "echo f") execute{cmd="go", modeA={"load"}}')
    done = m.load("a")
    assert (done.changes.aliases, done.changes.functions) == ({"ll": "ls -l"}, {"f": "echo f"})
    assert done.commands == ("go",)
    m.unload("a")
    assert (m.changes.aliases, m.changes.functions) == ({"ll": None}, {"f": None})


def test_messages_are_returned_and_not_printed(tree, capfd):
    """What modulefiles say to people is in the result, also when the program has a terminal with colours."""
    m = tree(a='LmodMessage("hello") LmodWarning("beware")')
    done = m.load("a")
    assert "hello" in done.messages
    assert "beware" in done.messages
    assert "\033" not in Modules({**m.environ, "LMOD_COLORIZE": "force"}).module("avail").listing
    assert capfd.readouterr() == ("", "")


FAILURES = {
    "nothing": (ModuleNotFound, "nothing"),
    "broken": (ModulefileError, "nonsense"),
    "refuses": (Refused, "not here"),
    "leaves": (Leave, "^$"),
    "huge": (LmodError, "bytes"),
    "odd": (LmodError, "name of a variable"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_changes_nothing(tree, name):
    """An exception says what is wrong, and the session is as it was."""
    m = tree(
        good='setenv("GOOD", "1")',
        broken='setenv("X", "1") nonsense()',
        refuses='LmodError("not here")',
        leaves="os.exit(3)",
        huge='setenv("HUGE", string.rep("x", 200000))',
        odd='setenv("A B", "1")',
    )
    m.load("good")
    before = dict(m.environ)
    kind, text = FAILURES[name]
    with pytest.raises(kind, match=text) as caught:
        m.load(name)
    assert isinstance(caught.value, LmodError)
    assert dict(m.environ) == before
    assert m.load("good").loaded == ("good/1.0",)


@pytest.mark.parametrize("name", [None, 5, ["a"]])
def test_what_is_no_text_is_no_name(tree, name):
    """As a setting that a program did not find."""
    with pytest.raises(TypeError, match="`load` takes text, not "):
        tree(a="").load(name)


def test_errors_tell_where_and_what_to_do(tree):
    """Programs find the file and the line, the names and the status in the exception."""
    m = tree(broken="\n\nnonsense()", leaves="os.exit(3)")
    with pytest.raises(ModulefileError) as caught:
        m.load("broken")
    assert caught.value.where.endswith("broken/1.0.lua:3")
    with pytest.raises(Leave) as left:
        m.load("leaves")
    assert left.value.status == 3
    with pytest.raises(ModuleNotFound) as missing:
        m.load("brokn")
    assert missing.value.names == ("brokn",)
    assert "broken" in missing.value.hint
    for words in ["nonsense"], ["load"], ["--nonsense"]:
        with pytest.raises(UsageError):
            m.module(*words)


def test_each_command(tree, tmp_path):
    """The methods do what their sub-commands do."""
    m = tree(a='setenv("A", "1")', b='depends_on("a")', c="", s='add_property("lmod", "sticky")')
    assert m.load("b").loaded == ("a/1.0", "b/1.0")
    assert m.try_load("nothing", "s").loaded == ("a/1.0", "b/1.0", "s/1.0")
    assert m.unload("b").loaded == ("s/1.0",)
    assert m.load("a", "b").loaded == ("s/1.0", "a/1.0", "b/1.0")
    assert m.swap("b", "c").loaded == ("s/1.0", "a/1.0", "c/1.0")
    assert m.update().loaded == ("s/1.0", "a/1.0", "c/1.0")
    assert m.purge().loaded == ("s/1.0",)
    assert m.purge(force=True).loaded == ()
    assert m.load("a", latest=True).loaded == ("a/1.0",)
    more = tmp_path / "more"
    (more / "d").mkdir(parents=True)
    (more / "d" / "1.lua").write_text("")
    assert m.use(more).changes.variables["MODULEPATH"] == f"{more}:{tmp_path}/tree"
    assert m.is_avail("d")
    assert m.unuse(more).changes.variables["MODULEPATH"] == f"{tmp_path}/tree"
    assert m.use(more, append=True).changes.variables["MODULEPATH"] == f"{tmp_path}/tree:{more}"
    assert m.module("load", "--latest", "d").loaded == ("a/1.0", "d/1")


def test_reset_goes_back_to_the_site(tree):
    """The settings are those of the session's environment."""
    m = Modules({**tree(a="", b="").environ, "LMOD_SYSTEM_DEFAULT_MODULES": "a"})
    assert m.load("b").loaded == ("b/1.0",)
    assert m.reset().loaded == ("a/1.0",)


def test_any_answer_for_programs(tree):
    """`ask` returns what `--json` prints, whatever there is to warn of besides."""
    m = Modules({**tree(a='whatis("Name: a")').environ, "LMOD_NEARLY_FORBIDDEN_DAYS": "soon"})
    assert m.ask("spider", "a")["modules"][0]["name"] == "a"
    assert m.ask("path", "a")["command"] == "path"
    assert m.module("-t", "avail").listing.splitlines()[-1] == "a/1.0"


def test_directories_are_where_the_program_is(tree, tmp_path, monkeypatch):
    """A relative directory is that of the process, whatever PWD says."""
    monkeypatch.chdir(tmp_path)
    m = Modules({**tree(a="").environ, "PWD": "/elsewhere"})
    assert m.use("more").changes.variables["MODULEPATH"].split(":")[0] == str(tmp_path / "more")


def test_questions_change_nothing(tree):
    """Asking does not load, and tells what there is."""
    m = tree(a='help("How to use it") whatis("Name: a") whatis("More") setenv("A", "1")', b="")
    before = dict(m.environ)
    assert m.avail() == ("a/1.0", "b/1.0")
    assert m.avail("A/") == ("a/1.0",)
    assert m.whatis("a") == ("Name: a", "More")
    assert m.help("a") == "How to use it"
    assert m.path("a").endswith("tree/a/1.0.lua")
    assert ("setenv", ("A", "1")) in m.show("a")
    assert (m.is_loaded("a"), m.is_avail("a", "b"), m.is_avail("a", "c")) == (False, True, False)
    for ask in m.show, m.whatis, m.help, m.path:
        with pytest.raises(ModuleNotFound):
            ask("nothing")
    assert dict(m.environ) == before


def test_threads_take_turns(tree):
    """Many sessions in many threads each have their own, also where modulefiles start programs."""
    m = tree(a='setenv("A", os.getenv("WHO")) setenv("B", capture("printf %s $WHO"))')
    found = {}

    def work(who: str) -> None:
        mine = Modules({**m.environ, "WHO": who})
        for _ in range(3):
            mine.load("a")
            found[who] = (mine.environ["A"], mine.environ["B"])
            mine.purge()

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {str(number): (str(number), str(number)) for number in range(8)}


def test_the_process_is_as_before(tree, tmp_path):
    """Directory, recursion limit and handlers are the program's own again; no time limit would end it."""
    import signal  # noqa: PLC0415

    m = tree(a=f'local lfs = require("lfs"); lfs.chdir("{tmp_path}") setenv("HERE", lfs.currentdir()) capture("true")')
    before = os.getcwd(), sys.getrecursionlimit(), signal.getsignal(signal.SIGINT), patience.watch
    m.load("a")
    assert m.environ["HERE"] == str(tmp_path)
    assert (os.getcwd(), sys.getrecursionlimit(), signal.getsignal(signal.SIGINT), patience.watch) == before


def test_a_slow_modulefile_does_not_end_the_program(tree):
    """LMODPY_EVAL_TIMEOUT is for `module` commands, which it ends; a program goes on."""
    m = Modules({**tree(a='local t = os.time(); while os.time() < t + 2 do end setenv("A", "1")').environ})
    m = Modules({**m.environ, "LMODPY_EVAL_TIMEOUT": "0.2"})
    started = time.monotonic()
    assert m.load("a").loaded == ("a/1.0",)
    assert time.monotonic() - started >= 0.5


def test_any_bytes_pass(tree):
    """Values that are no text survive, as `os.environ` knows them."""
    m = tree(a='setenv("A", "\\255\\1 é")')
    target = {}
    m.load("a").apply(target)
    assert os.fsencode(target["A"]) == b"\xff\x01 \xc3\xa9"


def test_importing_lmodpy_costs_commands_nothing():
    """The package fetches what programs import only when they do; what does not exist is not there."""
    code = "import sys, lmodpy; assert 'lmodpy.api' not in sys.modules; lmodpy.LmodError; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {CLONE!r})\n{code}"],
        capture_output=True,
        text=True,
    )
    assert "lmodpy.errors" in done.stdout.split(), done.stderr
    assert {"lmodpy.api", "json", "threading"} & {*done.stdout.split()} == set()
    with pytest.raises(AttributeError):
        lmodpy.Nonsense  # noqa: B018
    for name in lmodpy.__all__:
        assert getattr(lmodpy, name)


def test_a_program_that_uses_lupa_keeps_it(tree):
    """Lua is imported in the ordinary way, so the program's own use of lupa goes on working."""
    script = f"""
import sys; sys.path.insert(0, {CLONE!r})
from lmodpy import Modules
m = Modules({dict(tree(a='setenv("A", "1")').environ)!r})
assert m.load("a").loaded == ("a/1.0",)
import lupa, functools, collections.abc
from lupa import LuaRuntime, LuaError
assert LuaRuntime().eval("1 + 1") == 2
print(functools.wraps.__module__, lupa.__file__.endswith("__init__.py"))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "functools True\n", done.stderr
