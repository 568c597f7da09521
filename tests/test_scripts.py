"""`source_sh`: what a script does is done, kept on record, and undone without the script."""

import os
import tempfile
import time

import pytest

from lmodpy.modulefile.scripts import Snapshot, words
from lmodpy.modulefile.snapshots import snapshots
from tests.needs import needs

# What a script did to one variable, and the words that do the same.
VARIABLES = [
    (None, "new", [("setenv", ("V", "new"))]),
    (None, "/a:/b", [("setenv", ("V", "/a:/b"))]),
    ("old", "new", [("setenv", ("V", "new"))]),
    ("old", None, [("unsetenv", ("V",))]),
    ("same", "same", []),
    ("/a", "/n:/a", [("prepend_path", ("V", "/n"))]),
    ("/a:/b", "/m:/n:/a:/b:/z", [("prepend_path", ("V", "/m:/n")), ("append_path", ("V", "/z"))]),
    ("/a:/b", "/a:/n:/b", [("append_path", ("V", "/n"))]),
    ("/a:/b:/c", "/a:/c", [("remove_path", ("V", "/b"))]),
    ("/a:/b", "/n/:/b", [("remove_path", ("V", "/a")), ("prepend_path", ("V", "/n/"))]),
    ("/a:/b", "/b:/a", [("setenv", ("V", "/b:/a"))]),
    ("/a:/b", "/a:/a:/b", [("prepend_path", ("V", "/a"))]),
    ("/a:/b", "/b:/n:/a:/b", [("prepend_path", ("V", "/b:/n"))]),
    ("http://x", "http://y", [("setenv", ("V", "http://y"))]),
    ("http://x", "http://y:http://x", [("setenv", ("V", "http://y:http://x"))]),
    ("-O2 -g", "-O2 -g -Wall", [("setenv", ("V", "-O2 -g -Wall"))]),
    ("/a", "", [("setenv", ("V", ""))]),
]


@pytest.mark.parametrize(("before", "after", "said"), VARIABLES)
def test_a_changed_variable_becomes_words(before, after, said):
    """A path-like variable is edited where that leads to the same entries; every other one is set."""
    both = [Snapshot({} if value is None else {"V": value}) for value in (before, after)]
    assert words(*both, "bash") == said


def test_everything_else_becomes_words_too():
    """Aliases, functions, exported functions and completions are compared like variables; a shell's own are not."""
    before = Snapshot({"PWD": "/", "LMOD_X": "1"}, {"gone": "a", "kept": "b"}, {"f": "old"}, {"c": "-W x"})
    after = Snapshot(
        {"PWD": "/tmp", "SHLVL": "2"}, {"kept": "b", "new": "c"}, {"f": "new"}, {"c": "-W y"}, frozenset(["f"])
    )
    assert words(before, after, "bash") == [
        ("unset_alias", ("gone",)),
        ("set_alias", ("new", "c")),
        ("set_shell_function", ("f", "new", "")),
        ("export_shell_function", ("f",)),
        ("complete", ("bash", "c", "-W y")),
    ]


def test_names_that_none_may_use_are_left_out():
    """What a modulefile could not say, such as a completion for every command, is not said."""
    functions = {"[": "x", "module": "the user's own must stay"}
    after = Snapshot({"BASH_FUNC_x%%": "x"}, {"..": "cd ..", "!": "x"}, functions, {"-D": "-F load", "ok": "-W x"})
    said = words(Snapshot(), after, "bash")
    assert said == [("set_alias", ("..", "cd ..")), ("complete", ("bash", "ok", "-W x"))]


HARD = 'a\\b \udcff\nit\'s "$X" `x` ä'
"""A value that trips careless text: a byte that is no UTF-8, a line break, and what shells find special."""
QUOTED = "'" + HARD.replace("'", "'\\''") + "'"
POSIX = (
    f"export V={QUOTED} ARG=\"$1\"\nexport PATH=/n:$PATH\nalias ll='ls -l' two='a\nb'\necho to stdout\ncd /\nset -C\n"
)
FUNCTION = "foo() {\n  cat <<EOF\n}\n$1\nEOF\n}\n"
SCRIPTS = {
    "sh": POSIX,
    "dash": POSIX,
    "ksh": POSIX + FUNCTION,
    "zsh": POSIX + FUNCTION,
    "bash": POSIX + FUNCTION + "export -f foo\ncomplete -W 'x y' foo\nset -eu; IFS=x",
    "csh": "setenv V 'a b'\nset path = (/n $path)\nalias ll 'ls -l'\nsetenv ARG \"$1\"\necho to stdout",
    "fish": "set -gx V 'a b'\nset -gx PATH /n $PATH\nalias ll 'ls -l'\nset -gx ARG $argv[1]\necho to stdout",
}
SCRIPTS["tcsh"] = SCRIPTS["csh"] + "\ncomplete foo 'p/1/(a b)/'"


def read(tmp_path, shell, text, seconds=20.0, arguments=""):
    """Let a real shell read a script; return the words for what it did, by word and name."""
    script = tmp_path / "script"
    script.write_text(text, errors="surrogateescape")
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    before, after = snapshots(shell, f"{script} {arguments}", environ, seconds)
    return {(word, args[0] if word != "complete" else args[1]): args[-1] for word, args in words(before, after, shell)}


@pytest.mark.parametrize("shell", SCRIPTS)
def test_every_shell_is_understood(tmp_path, monkeypatch, shell):
    """What a script does in a real shell comes out whole, any bytes included, and so do its arguments."""
    needs(shell)
    (tmp_path / "it's $x").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "it's $x"))
    done = read(tmp_path, shell, SCRIPTS[shell], arguments="'one two'")
    assert done.pop(("setenv", "V")) == ("a b" if shell in {"csh", "tcsh", "fish"} else HARD)
    assert done.pop(("setenv", "ARG")) == "one two"
    assert done.pop(("prepend_path", "PATH")) == "/n"
    assert done.pop(("set_alias", "ll")) == "ls -l"
    if shell not in {"csh", "tcsh", "fish"}:
        assert done.pop(("set_alias", "two")) == "a\nb"
    rest = {
        "bash": {("set_shell_function", "foo"), ("export_shell_function", "foo"), ("complete", "foo")},
        "zsh": {("set_shell_function", "foo")},
        "ksh": {("set_shell_function", "foo")},
        "tcsh": {("complete", "foo")},
    }
    assert set(done) == rest.get(shell, set())


@pytest.mark.parametrize("shell", ["sh", "dash", "ksh", "zsh", "bash"])
def test_a_script_may_leave_its_shell(tmp_path, shell):
    """`exit 0` ends a script like its last line does."""
    needs(shell)
    assert read(tmp_path, shell, "export A=1\nexit 0\n") == {("setenv", "A"): "1"}


FAILING = {
    "a false last line": ("export A=1\nfalse\n", "ends with status 1"),
    "an exit": ("exit 3\n", "ends with status 3"),
    "what the script says": ("echo the license is gone >&2; exit 3\n", "the license is gone"),
    "a trap of its own": ("trap : 0; exit 0\n", "ends its shell before anyone can see"),
    "an endless loop": ("while :; do :; done\n", "was not done after 0.45 seconds"),
    "a wait": ("sleep 100\n", "was not done after 0.45 seconds"),
    "no script": (None, "there is no script"),
}


@pytest.mark.parametrize("how", FAILING)
def test_a_failing_script_fails_the_load(site, how):
    """A script that fails, hangs or is not there ends the load, with its own words and the line of the modulefile."""
    text, told = FAILING[how]
    if text is not None:
        site.modulefile("script.sh", text)
    site.modulefile("Core/m/1.lua", 'source_sh("bash", ROOT .. "/script.sh")')
    site.env["LMODPY_EVAL_TIMEOUT"] = "0.5"
    begun = time.monotonic()
    error = site.fails("load", "m")
    assert told in error
    assert "m/1 cannot be loaded" in error
    assert "Core/m/1.lua:2" in error
    assert time.monotonic() - begun < 20


def test_temporary_files_may_lie_anywhere(tmp_path, monkeypatch):
    """The name of their directory is no part of what the shell is told to do."""
    place = tmp_path / "DIR and 'SCRIPT'"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    assert read(tmp_path, "bash", "export A=1\n") == {("setenv", "A"): "1"}


def test_a_script_that_leaves_something_running_is_not_waited_for(tmp_path):
    """A program in the background does not hold up the load."""
    begun = time.monotonic()
    assert read(tmp_path, "bash", "sleep 30 & export A=$!\n")
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ('source_sh("bash")', "takes 2 arguments, not 1"),
        ('source_sh("elvish", "/a.sh")', "knows sh, dash, bash"),
        ('source_sh("bash", "")', "takes the path of a script"),
        ('source_sh("bash", "\'/a.sh")', "No closing quotation"),
    ],
)
def test_a_wrong_call_is_explained(site, call, told):
    """What cannot be a shell or a script is said to be none."""
    site.modulefile("Core/m/1.lua", call)
    assert told in site.fails("load", "m")


SCRIPT = """
export SVX=changed ONCE=$$
export PATH=/sc/bin:$PATH
unset GONE
hello() { echo "hello $1"; }
alias hey='echo hey'
echo noise
"""


@pytest.mark.parametrize("undo", ["exact", "lmod"])
def test_unloading_undoes_what_is_on_record(site, undo):
    """What a script did is undone without it, and what it covered comes back."""
    site.env |= {"SVX": "orig", "GONE": "x", "LMODPY_UNDO": undo}
    before = dict(site.env)
    script = site.modulefile("script.sh", SCRIPT)
    site.modulefile("Core/m/1.lua", 'source_sh("bash", ROOT .. "/script.sh") setenv("SEEN", os.getenv("SVX"))')
    site.load("m")
    assert site.env["SVX"] == site.env["SEEN"] == "changed"
    assert site.env["PATH"].startswith("/sc/bin:")
    assert "GONE" not in site.env
    assert "hello" in site.out
    os.unlink(script)
    site.unload("m")
    assert site.err == ""
    assert site.env == before


def test_what_is_not_on_record_stays(site):
    """In a session that another tool began nobody knows what the script did; that is said."""
    site.modulefile("script.sh", SCRIPT)
    file = site.modulefile("Core/m/1.lua", 'source_sh("bash", ROOT .. "/script.sh")')
    site.env |= {"LOADEDMODULES": "m/1", "_LMFILES_": str(file), "SVX": "changed"}
    site.unload("m")
    assert "is not on record, so it stays" in site.err
    assert site.env["SVX"] == "changed"


def test_what_sub_shells_do_not_inherit_is_defined_again(site):
    """`refresh` tells a sub-shell of aliases and functions, from the record."""
    site.modulefile("script.sh", SCRIPT)
    site.modulefile("Core/m/1.lua", 'source_sh("bash", ROOT .. "/script.sh")')
    site.load("m").module("refresh")
    assert "hello" in site.out
    assert "hey" in site.out
    assert "SVX" not in site.out


def test_show_writes_the_call_and_what_it_comes_to(site):
    """`show` prints the call as a comment, then the calls that do the same."""
    site.modulefile("script.sh", "export A=1 PATH=/n:$PATH\nalias x=y")
    site.modulefile("Core/m/1.lua", 'source_sh("bash", ROOT .. "/script.sh")')
    site.module("show", "m")
    lines = site.err.splitlines()
    start = lines.index(f'--source_sh("bash","{site.root}/script.sh")')
    assert lines[start + 1 : start + 4] == ['setenv("A","1")', 'prepend_path("PATH","/n")', 'set_alias("x","y")']
