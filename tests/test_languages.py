"""What is rendered for program languages does in their real interpreters what it says, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lmodpy.cli.main import run
from lmodpy.env.diff import Diff
from lmodpy.errors import LmodError
from lmodpy.shells.base import shell
from lmodpy.shells.languages import LANGUAGES
from tests.needs import needs
from tests.test_shells import NASTY, PIECES, diff_of


class Real(NamedTuple):
    """An interpreter: how it runs a file, and a program that evaluates TEXT, then tells its status and environment."""

    command: tuple[str, ...]
    program: str


ENV = "/usr/bin/env -0"
REAL = {
    "python": Real(
        ("python3", "-I", "-B"),
        """\
import os, subprocess, sys
left = {}
exec(open("TEXT", encoding="utf-8").read(), left)
sys.stdout.write(str(left["_mlstatus"]) + "\\0")
sys.stdout.flush()
os.execv("/usr/bin/env", ["env", "-0"])
""",
    ),
    "perl": Real(
        ("perl", "-w"),
        f"""\
use strict;
open(my $file, "<", "TEXT"); local $/; my $text = <$file>; our $_mlstatus;
eval $text; die $@ if $@;
$| = 1; print $_mlstatus ? "True" : "False", "\\0";
exec("{ENV}");
""",
    ),
    "ruby": Real(
        ("ruby", "-w"),
        f"""\
status = eval(File.read("TEXT"))
$stdout.write(status ? "True" : "False", "\\0"); $stdout.flush
exec("{ENV}")
""",
    ),
    "r": Real(
        ("Rscript", "--vanilla"),
        f"""\
eval(parse("TEXT"))
cat(if (mlstatus) "True" else "False")
system("printf '\\\\0'; {ENV}")
""",
    ),
    "cmake": Real(
        ("cmake", "-P"),
        f"""\
cmake_minimum_required(VERSION 3.13)
include(TEXT)
if(_mlstatus)
  execute_process(COMMAND printf "True\\\\0")
else()
  execute_process(COMMAND printf "False\\\\0")
endif()
execute_process(COMMAND {ENV})
""",
    ),
    "lisp": Real(
        ("emacs", "-Q", "--batch", "-l"),
        """\
(princ (if (eval (with-temp-buffer (insert-file-contents "TEXT") (read (concat "(progn " (buffer-string) ")"))))
  "True" "False"))
(with-temp-buffer
  (set-buffer-multibyte nil)
  (let ((coding-system-for-read 'no-conversion)) (call-process "/usr/bin/env" nil t nil "-0"))
  (let ((coding-system-for-write 'no-conversion)) (write-region (point-min) (point-max) "TEXT.env" nil 'quiet)))
""",
    ),
    "tcl": Real(
        ("tclsh",),
        f"""\
set file [open TEXT]
eval [read $file]
puts -nonewline [expr {{$_mlstatus ? "True" : "False"}}]
puts -nonewline \\0
flush stdout
exec {ENV} >@stdout
""",
    ),
    "lua": Real(
        ("lua",),
        f"""\
dofile("TEXT")
io.write(_mlstatus and "True" or "False", "\\0")
io.flush()
os.execute("{ENV}")
""",
    ),
}
everywhere = pytest.mark.parametrize("language", REAL)


@pytest.fixture
def evaluate(tmp_path):
    """Evaluate text in a real interpreter: the status it was told, then the environment that is left."""

    def evaluated(language, text, **more):
        real = REAL[language]
        (tmp_path / "TEXT").write_bytes(os.fsencode(text))
        program = tmp_path / "program"
        program.write_text(real.program.replace("TEXT", str(tmp_path / "TEXT")))
        bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", **more}
        done = subprocess.run(
            [needs(real.command[0]), *real.command[1:], str(program)],
            env=bare,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (done.stderr, done.returncode) == (b"", 0)
        if language == "lisp":
            done.stdout += b"\0" + (tmp_path / "TEXT.env").read_bytes()
        status, *left = done.stdout.split(b"\0")
        return status.decode(), dict(line.split(b"=", 1) for line in left if line)

    return evaluated


def said(language, diff, *, well=True):
    speaker = shell(language)
    return speaker.render(diff) + (speaker.success() if well else speaker.failure())


def kept(language, values):
    """What of the values a language can hold: to CMake, no value and an empty one are the same."""
    return [value for value in values if value or language != "cmake"]


@everywhere
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_nasty_values_survive(evaluate, language, locale):
    """Each value that ever broke a shell arrives byte for byte in a child of the program, whatever the locale."""
    values = [value for value in kept(language, NASTY) if locale != "C" or not value.isascii()]

    status, left = evaluate(language, said(language, diff_of(values)), LC_ALL=locale)

    assert status == "True"
    assert [value for i, value in enumerate(values) if left.get(b"V%d" % i) != value] == []


@everywhere
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        st.lists(st.sampled_from([*PIECES, b"#{", b"@", b"]", b"x", b"7", "é".encode()]) | st.binary(max_size=9)).map(
            lambda parts: b"".join(parts).replace(b"\0", b"")
        ),
        min_size=100,
        max_size=400,
    )
)
def test_any_value_survives(evaluate, language, values):
    """Whatever bytes a value has, they arrive."""
    values = kept(language, values)

    _, left = evaluate(language, said(language, diff_of(values)))

    assert [left.get(b"V%d" % i) for i in range(len(values))] == values


@everywhere
def test_a_variable_goes(evaluate, language):
    """What is to be taken away is gone, whether it was there or not."""
    _, left = evaluate(language, said(language, Diff({"GONE": None, "ABSENT": None, "V": "1"})), GONE="1")

    assert left[b"V"] == b"1"
    assert {b"GONE", b"ABSENT"}.isdisjoint(left)


@everywhere
@pytest.mark.parametrize("diff", [Diff(), Diff({"V": "1"})], ids=["nothing to do", "something to do"])
@pytest.mark.parametrize("well", [True, False])
def test_one_line_tells_how_it_went(evaluate, language, diff, well):
    """The program is told success or failure once, whatever stands before it."""
    text = said(language, diff, well=well)

    assert text.count("mlstatus") == (language != "lisp")
    assert evaluate(language, text)[0] == str(well)


# What Lmod says, to the letter where clients have been seen to look at it.
SAID = {
    "python": 'import os\nos.environ["A"] = "x \\"y\\""\nos.environ["B"] = ""; del os.environ["B"]\n_mlstatus = True\n',
    "perl": '$ENV{A} = "x \\"y\\"";\ndelete $ENV{B};\n$_mlstatus = 1;\n',
    "ruby": 'ENV["A"] = "x \\"y\\""\nENV["B"] = nil\n_mlstatus = true\n',
    "r": 'Sys.setenv("A"="x \\"y\\"");\nSys.unsetenv("B");\nmlstatus <- TRUE\n',
    "cmake": 'set(ENV{A} "x \\"y\\"")\nunset(ENV{B})\nset(_mlstatus TRUE)\n',
    "lisp": '(setenv "A" "x \\"y\\"")\n(setenv "B" nil)\nt\n',
    "bare": 'A: x "y"\nB: false\n',
}


@pytest.mark.parametrize("language", SAID)
def test_one_statement_stands_on_a_line(language):
    """The text is sorted, and in the form that Lmod has."""
    assert said(language, Diff({"B": None, "A": 'x "y"'})) == SAID[language]


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_language_has_no_use_for_a_shells_things(name):
    """Aliases, functions and commands are left out without a word, but what a modulefile has written is handed on."""
    everything = Diff(
        {"V": "1"}, {"a": "b"}, {"f": ("c", "d")}, ("date",), "# by the modulefile", {"e": "-W g"}, {"f": "1"}
    )

    text = said(name, everything)

    assert text == "# by the modulefile\n" + said(name, Diff({"V": "1"}))
    assert shell(name).left_out(everything) == ()


@pytest.mark.parametrize("name", [*LANGUAGES, "json"])
def test_a_nul_byte_is_refused(name):
    """No variable can hold a NUL, so it is not cut off in silence; the text for one is no NUL."""
    with pytest.raises(LmodError, match="NUL"):
        said(name, Diff({"V": "a\0b"}))
    assert said(name, Diff({"V": "\\u0000 \\0"}))


# JSON.


def test_json_is_one_object_with_everything():
    """Each effect is data, and what is to be taken away is `false` or listed."""
    diff = Diff(
        {"B": "é\udcff", "A": None}, {"a": "ls", "b": None}, {"f": ("sh", "csh"), "g": None},
        ("date",), "echo", {"c": "-W x", "d": None}, {"f": "1"},
    )  # fmt: skip

    assert json.loads(said("json", diff)) == {
        "env": {"B": "é\udcff"},
        "unset": ["A"],
        "alias": {"a": "ls", "b": False},
        "shellFunc": {"f": ["sh", "csh"], "g": False},
        "complete": {"c": "-W x", "d": False},
        "exportedFunc": {"f": True},
        "execute": ["date"],
        "stdout": "echo",
        "_mlstatus": True,
    }


def test_json_of_nothing_is_an_object_with_empty_ones():
    """A reader finds each kind, and its type does not change when it is empty."""
    empty = {"env": {}, "unset": [], "alias": {}, "shellFunc": {}}

    assert json.loads(said("json", Diff())) == empty | {"_mlstatus": True}
    assert json.loads(said("json", Diff(), well=False)) == empty | {"_mlstatus": False}
    assert shell("json").failure() == '{"_mlstatus": false}\n'


@given(st.binary().map(lambda value: value.replace(b"\0", b"")))
def test_json_holds_any_value(value):
    """Whatever bytes a value has, Python reads them back."""
    text = said("json", Diff({"V": os.fsdecode(value)}))

    assert text.isascii()
    assert os.fsencode(json.loads(text)["env"]["V"]) == value


# Commands.


@pytest.fixture
def command(tmp_path):
    """Run lmodpy-cmd in this process: what it writes to stdout and to stderr, and the status."""
    (tmp_path / "tree/gcc").mkdir(parents=True)
    (tmp_path / "tree/gcc/1.lua").write_text(
        'setenv("IN", myShellName() .. "/" .. myShellType()) set_alias("a", "b") set_shell_function("a-b", "c", "d")\n'
        'whatis("a compiler") help("a compiler")'
    )
    (tmp_path / "tree/bad.lua").write_text('setenv("BAD", "1") LmodError("no")')
    env = {"MODULEPATH": str(tmp_path / "tree"), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}

    def ran(*words, **more):
        told = []
        outcome = run(words, env | more, say=told.append)
        return outcome.out, "".join(told) + outcome.err, outcome.status

    return ran


KINDS = {"R": "r/r", "emacs": "emacs/lisp", **{name: f"{name}/{name}" for name in LANGUAGES if name not in "Remacs"}}


@pytest.mark.parametrize("name", [*LANGUAGES, "json"])
def test_a_modulefile_knows_the_language(command, name):
    """`myShellName()` and `myShellType()` are Lmod's, and nothing is said about aliases that a program cannot have."""
    out, err, status = command(name, "load", "gcc")

    assert KINDS.get(name, f"{name}/{name}") in out
    assert (err, status) == ("", 0)


@pytest.mark.parametrize("name", [*LANGUAGES, "json"])
def test_a_failing_command_says_only_that(command, name):
    """Nothing but the one line of failure is left of a load that fails, be it the name or the modulefile."""
    for words in ["load", "nope"], ["load", "gcc", "bad"], ["no-such-command"]:
        out, err, status = command(name, *words)
        assert (out, status) == (shell(name).failure(), 1)
        assert err


@pytest.mark.parametrize("name", [*LANGUAGES, "json"])
def test_a_listing_never_goes_to_a_program(command, name):
    """LMOD_REDIRECT is for people: what a program evaluates has no listing in it."""
    for words in ["-t", "avail"], ["list"], ["show", "gcc"], ["whatis", "gcc"], ["help", "gcc"], ["--version"]:
        out, err, status = command(name, *words, LMOD_REDIRECT="yes")
        assert out == said(name, Diff())
        assert (bool(err), status) == (True, 0)


def test_a_negative_answer_is_one_object(command):
    """`is-loaded` of what is not has the status 1 and says so to a program."""
    assert command("python", "is-loaded", "gcc") == ("_mlstatus = False\n", "", 1)
    assert json.loads(command("json", "is-loaded", "gcc")[0])["_mlstatus"] is False
