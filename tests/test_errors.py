"""What goes wrong is told: what happened, to which module, in which file and line, and what to type next."""

import os
import subprocess

import pytest

from tests.launcher import lmodpy_cmd

BROKEN = {
    "syntax": ('setenv("A", "1"\nsetenv("B", "2")', 3, "')' expected"),
    "run time": ('local x = nil\nsetenv("A", x .. "b")', 3, "attempt to concatenate a nil value"),
    "nil argument": ('\nsetenv("A", nil)', 3, "`setenv` takes text or a number, not nil"),
    "count": ('setenv("A")', 2, "`setenv` takes 2 to 3 arguments, not 1"),
    "variable name": ('setenv("A;rm -rf /", "x")', 2, "not 'A;rm -rf /'"),
    "alias name": ('set_alias("a b", "x")', 2, "not 'a b'"),
    "function name": ('set_shell_function("f;x", "y", "z")', 2, "not 'f;x'"),
    "family name": ('family("c d")', 2, "not 'c d'"),
    "empty path": ('prepend_path("PATH", "")', 2, "empty entry"),
    "priority": ('prepend_path{"P", "/x", priority="high"}', 2, "not 'high'"),
    "unknown key": ('prepend_path{"P", "/x", prioritty=3}', 2, "does not know `prioritty`"),
    "modeA": ('setenv{"P", "/x", modeA={"sometimes"}}', 2, "not 'sometimes'"),
    "unknown word": ('prependpath("P", "/x")', 2, "prependpath"),
    "error with a table": ("error({})", 2, "not a text"),
    "question": ("dirname(nil)", 2, "`dirname` cannot do with (nil)"),
    "library": ("lfs.rmdir(nil)", 2, "`lfs.rmdir` cannot do with (nil)"),
    "directory": ('lfs.dir("/nope")', 2, "`lfs.dir` cannot open /nope: No such file"),
    "program": ("io.popen(nil)", 2, "`io.popen` and `os.execute` take a command as text"),
    "recursion": ("local function f() return 1 + f() end f()", 2, "stack overflow"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_modulefile_is_pointed_at(site, what):
    """The error names the module, file and line, and shows the line; nothing is changed."""
    body, line, text = BROKEN[what]
    file = site.modulefile("Core/bad/1.lua", body)
    told = site.fails("load", "bad")
    assert "bad/1 cannot be loaded" in told
    assert f"{file}:{line}" in told
    assert text in told
    assert body.splitlines()[line - 2].strip() in told


def test_a_broken_modulefile_does_not_keep_others_from_view(site):
    """What cannot be evaluated is still listed, and the rest can be loaded."""
    site.modulefile("Core/bad/1.lua", "this is not Lua")
    site.modulefile("Core/good/1.lua")
    site.module("-t", "avail")
    assert "bad/1" in site.err
    assert site.load("good").loaded == ["good/1"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("$(touch x)", "no module"), ("a'b", "no module"), ("../etc", "no module"), ("-", "lone"), ("\n", "no module")],
)
def test_odd_names_are_only_names(site, name, text):
    """A name with shell characters, or one that leads out of the tree, is a module that does not exist."""
    site.modulefile("Core/x/1.lua")
    assert text in site.fails("load", name)
    assert sorted(path.name for path in site.root.iterdir()) == ["Core", "home"]


@pytest.mark.parametrize("name", ["", " "])
def test_a_variable_that_is_not_set_leaves_an_empty_name(site, name):
    """As in `module load "$MPI" hdf5`."""
    site.modulefile("Core/hdf5/1.lua", "")
    assert "is there a variable in the command that is not set?" in site.fails("load", name, "hdf5")


def test_a_misspelt_name_is_answered_with_near_ones(site):
    """A name that is nearly right is suggested."""
    site.modulefile("Core/openmpi/4.lua")
    assert "did you mean `openmpi`?" in site.fails("load", "opnmpi")


@pytest.mark.parametrize(("words", "near"), [("lod x", "load"), ("purg3", "purge"), ("--ters list", "--terse")])
def test_a_guess_is_never_run(site, words, near):
    """A misspelt sub-command or option does nothing but name what could have been meant."""
    site.modulefile("Core/x/1.lua")
    site.load("x")
    assert f"did you mean `{near}`" in site.fails(*words.split())


def test_directories_that_are_not_there(site):
    """Missing, unreadable or odd entries of MODULEPATH are passed over."""
    site.modulefile("Core/x/1.lua")
    site.env["MODULEPATH"] = f"/nowhere:{site.root}/Core:{__file__}::relative"
    assert site.load("x").loaded == ["x/1"]
    assert site.module("avail").status == 0
    del site.env["MODULEPATH"]
    assert "MODULEPATH is not set" in site.fails("avail")


def test_any_bytes_pass_through_a_modulefile(site):
    """Values that are no text in any encoding reach the shell, and come back out, unharmed."""
    odd = bytes(range(1, 256)).decode(errors="surrogateescape")
    site.env["ODD"] = odd
    site.modulefile("Core/by/1.lua", 'setenv("COPY", os.getenv("ODD")) prepend_path("P", "/\udcff\udce4")')
    site.load("by")
    assert site.env["COPY"] == odd
    assert site.env["P"] == "/\udcff\udce4"
    site.unload("by")
    assert "COPY" not in site.env


def test_a_full_disk_is_an_error():
    """Where the text for the shell cannot be written, the command fails and says so."""
    with open("/dev/full", "w") as full:
        argv = [lmodpy_cmd(), "bash", "use", "/tmp"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, env={"PATH": os.defpath}, check=False)
    assert done.returncode == 1
    assert b"cannot write to the shell: No space left on device" in done.stderr


def test_a_reader_that_goes_away_is_no_traceback():
    """`module avail 2>&1 | head` ends quietly."""
    line = f"{lmodpy_cmd()} bash --version 2>&1 >/dev/null | true"
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=False)
    assert b"Traceback" not in done.stderr


def test_what_other_tools_read_from_the_version(site):
    """EasyBuild and ReFrame find the version of Lmod where they look for it, also without a shell's name."""
    site.type("--version")
    assert "\nModules based on Lua: Version 9.2.9\n" in site.err
    done = subprocess.run([lmodpy_cmd(), "--version"], capture_output=True, text=True, check=True)
    assert done.stderr == site.err


def test_a_variable_longer_than_the_system_can_pass_on_is_refused(site):
    """With it not even `module unload` could be started; one byte less is fine."""
    site.modulefile("Core/big/1.lua", f'setenv("BIG", string.rep("é", {131_072 // 2 - 2}))')
    site.modulefile("Core/big/2.lua", f'setenv("BIG", string.rep("é", {131_072 // 2 - 3}))')
    site.fails("load", "big/1")
    assert "BIG would be set, most recently by big/1 to 131,073 bytes" in site.err
    assert site.load("big/2").env["BIG"].startswith("éé")
    assert "BIG" not in site.unload("big").env


def test_a_sub_command_misspelt_after_ml_is_recognised(site):
    """`ml laod gcc` asks for a module called laod, and nobody has one."""
    site.modulefile("Core/gcc/1.lua")
    site.fails("ml", "laod", "gcc")
    assert "did you mean `ml load`?" in site.err
    site.fails("ml", "gccc", "gcc")
    assert "did you mean `gcc`?" in site.err


def test_a_wrong_way_of_undoing_is_mentioned(site):
    """A misspelt setting must not silently do something else."""
    site.modulefile("Core/a/1.lua")
    site.env["LMODPY_UNDO"] = "lmdo"
    assert "LMODPY_UNDO is 'lmdo'" in site.load("a").err
