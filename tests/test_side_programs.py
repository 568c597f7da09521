"""`addto` and `clearLMOD_cmd`: what start-up files of sites call."""

from __future__ import annotations

import subprocess

import pytest

from lmodpy.cli.sideprograms import added, cleared
from lmodpy.errors import LmodError
from tests.needs import needs

ADDED = [
    (None, "V", ""),
    (None, "V /a", "/a"),
    (None, "V :", ""),
    ("/a:/b", "V", "/a:/b"),
    ("/a:/b", "V /c /d", "/d:/c:/a:/b"),
    ("/a:/b", "V /c:/d", "/d:/c:/a:/b"),
    ("/a:/b", "--append V /c /d", "/a:/b:/c:/d"),
    ("/a:/b", "V /b", "/b:/a"),
    ("/a:/b", "--append V /a", "/b:/a"),
    ("/a:/b", "V :", ":/a:/b"),
    ("/a:/b/", "--clean V /e//f/", "/e/f:/a:/b"),
    ("/a:/b", "--clean V /", "/:/a:/b"),
    ("a;b", "--sep ; V c", "c;a;b"),
    ("a:a:b::", "V z", "z:a:a:b::"),
    ("/a", "-e V /usr /nowhere", "/usr:/a"),
    ("/a:/b:/a", "-d /a V /c", "/c:/b"),
]


@pytest.mark.parametrize(("value", "line", "answer"), ADDED)
def test_addto_prints_the_variable_with_directories_added(value, line, answer):
    """Each goes to the front or the end, and is not there twice; what was there otherwise stays."""
    assert added(line.split(), {} if value is None else {"V": value}) == f"{answer}\n"


@pytest.mark.parametrize("line", ["", "--nonsense V", "--sep  V"])
def test_addto_refuses_what_it_does_not_understand(line, capsys):
    """A wrong line has status 2 and prints no value that a start-up file could take for PATH."""
    with pytest.raises(SystemExit) as left:
        added(line.split(" ") if line else [], {"V": "/a"})
    assert left.value.code == 2
    assert capsys.readouterr().out == ""


def in_shell(site, text):
    """Evaluate a text in the user's shell and return what it has then."""
    script = 'module() { :; }; eval "$(/bin/cat)"; /usr/bin/env; command -v module || echo NO-MODULE'
    options = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"]}[site.shell]
    done = subprocess.run(
        [needs(site.shell), *options, "-c", script],
        input=text,
        env=site.env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_clearing_simply_forgets_what_is_loaded_and_leaves_the_rest(site):
    """The state of lmodpy and of Lmod goes; variables of modules, MODULEPATH and `module` stay."""
    site.modulefile("Core/a/1.lua", 'setenv("A", "1")')
    site.load("a")
    site.env |= {"_ModuleTable001_": "x", "_ModuleTable_Sz_": "1", "__LMOD_REF_COUNT_PATH": "/a:1"}
    left = in_shell(site, cleared(["--shell", site.shell, "--simple"], site.env))
    names = {line.partition("=")[0] for line in left}
    assert {"A", "MODULEPATH", "module"} <= names
    gone = ("__LMODPY_STATE", "LOADEDMODULES", "_LMFILES_", "_ModuleTable", "__LMOD_REF")
    assert not [name for name in names if name.startswith(gone)]


def test_clearing_fully_unloads_even_sticky_modules_and_takes_module_away(site, capsys):
    """Nothing is left that says anything about modules."""
    site.modulefile("Core/a/1.lua", 'setenv("A", "1") add_property("lmod", "sticky")')
    site.load("a")
    site.env |= {"LMOD_CMD": "/nowhere", "LMOD_PAGER": "none", "MODULESHOME": "/nowhere"}
    left = in_shell(site, cleared(["--shell", site.shell, "--full"], site.env))
    names = {line.partition("=")[0] for line in left}
    assert "NO-MODULE" in names
    assert not [name for name in names if name.startswith(("A", "LMOD", "MODULE", "LOADED", "__LMOD", "_LM"))]
    assert "`module`" in capsys.readouterr().err
    cleared(["--shell", site.shell, "--full", "-q"], site.env)
    assert capsys.readouterr().err == ""


def test_clearing_speaks_other_languages():
    """csh has aliases to take away, Python only variables; a shell that nobody knows is refused."""
    environ = {"LOADEDMODULES": "", "PATH": "/usr/bin:/bin"}
    assert "unsetenv LOADEDMODULES" in cleared(["--shell", "csh", "--simple"], environ)
    assert "unalias module" in cleared(["--shell", "csh", "--full", "-q"], environ)
    assert "LOADEDMODULES" in cleared(["--shell", "python", "--simple"], environ)
    with pytest.raises(LmodError, match="nosh"):
        cleared(["--shell", "nosh", "--simple"], environ)
