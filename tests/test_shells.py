"""What is rendered for the sh family does in real shells what it says, and nothing else."""

from __future__ import annotations

import os
import subprocess
import time
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lmodpy.env.diff import Diff
from lmodpy.errors import LmodError, UsageError
from lmodpy.shells.base import NAMES, shell
from lmodpy.shells.posix import quoted
from tests.needs import needs


class Real(NamedTuple):
    """A shell as installed: how we call it, which program it is, and what makes it behave as when typed into."""

    name: str
    program: tuple[str, ...]
    interactive: str = ":"


REAL = [
    Real("bash", ("bash", "--norc"), "shopt -s expand_aliases"),
    Real("zsh", ("zsh", "-f"), "setopt aliases rc_quotes extended_glob magic_equal_subst"),
    Real("dash", ("dash",)),
    Real("ksh", ("ksh",)),
    Real("mksh", ("mksh",)),
    Real("sh", ("dash",)),
    Real("sh", ("bash", "--norc", "--posix"), "shopt -s expand_aliases"),
]
everywhere = pytest.mark.parametrize("real", REAL, ids=lambda real: f"{real.name}-by-{' '.join(real.program)}")

HARSH = "set -euf; IFS='abc=\\'"
"""A shell whose user has set what trips careless text."""


@pytest.fixture
def evaluate(tmp_path):
    """Evaluate a rendered difference in a real shell: its output, then the environment that is left."""

    def run(real, diff, *, before="", after="", env=(), harsh=True):
        text = tmp_path / "text"
        text.write_bytes(os.fsencode(shell(real.name).render(diff)))
        lines = [real.interactive, before, HARSH if harsh else ":", f'eval "$(/bin/cat {text})"', after]
        script = tmp_path / "script"
        script.write_text("\n".join([*lines, "printf '\\0'", "exec /usr/bin/env -0"]))
        program = [needs(real.program[0]), *real.program[1:], str(script)]
        bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(program, env=bare | dict(env), capture_output=True, check=False, timeout=60)
        assert done.stderr == b""
        assert done.returncode == 0
        output, *left = done.stdout.split(b"\0")
        return output.decode(), dict(line.split(b"=", 1) for line in left if line)

    return run


def diff_of(values):
    """Return a difference that sets one variable to each of the values."""
    return Diff(variables={f"V{i}": os.fsdecode(value) for i, value in enumerate(values)})


# Every byte alone, at the front and at the end; every pair and triple of what means something to a shell.
PIECES = [
    b"'",
    b'"',
    b"\\",
    b"$",
    b"`",
    b"!",
    b"\n",
    b" ",
    b"\t",
    b"~",
    b"=",
    b":",
    b";",
    b"\r",
    b"\x81",
    b"\xff",
    b"{a,b}",
]
NASTY = [
    b"",
    *(bytes([byte]) for byte in range(1, 256)),
    *(bytes([byte]) + b"x" for byte in range(1, 256)),
    *(b"x" + bytes([byte]) for byte in range(1, 256)),
    *(a + b for a in PIECES for b in PIECES),
    *(a + b + c for a in PIECES for b in PIECES for c in PIECES),
    *b"=ls|/a:=ls|~|~root/x:~root|!!|!ls|$(echo x)|${HOME}|$((1+1))|*|/*|-n|--|#x|x #y|%1|[a-z]|?|<x|>x|a&b".split(
        b"|"
    ),
    *"é|é ü|日本語|\u00a0|\u3000|\u2028|\U0001f600|a\u0301|é$x|é\\|'é'".encode().split(b"|"),
    b"two\nlines",
    b"ends in lines\n\n\n",
    b"$(printf x; exit 3)`exit 3`",
    b"x" * 100_000,
    b"' \" " * 5_000,
]


@everywhere
def test_nasty_values_survive(evaluate, real):
    """Each value that ever broke a shell arrives byte for byte."""
    _, left = evaluate(real, diff_of(NASTY))

    assert [value for i, value in enumerate(NASTY) if left.get(b"V%d" % i) != value] == []


@everywhere
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.binary(max_size=30).map(lambda value: value.replace(b"\0", b"")), min_size=40, max_size=200))
def test_any_value_survives(evaluate, real, values):
    """Whatever bytes a value has, they arrive."""
    _, left = evaluate(real, diff_of(values))

    assert [left.get(b"V%d" % i) for i in range(len(values))] == values


@everywhere
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=20, max_size=100))
@example(values=["$(exit 3)", "`exit 3`", "'; exit 3; '", '"; exit 3; "', "\\'; exit 3", "\n exit 3\n"])
def test_any_text_survives_as_a_value_and_as_an_alias(evaluate, real, values):
    """Text neither runs nor changes, be it the value of a variable or what an alias stands for."""
    values = [value.replace("\0", "") for value in values]
    diff = diff_of(value.encode() for value in values)._replace(aliases={f"a{i}": v for i, v in enumerate(values)})

    output, left = evaluate(real, diff)

    assert output == ""
    assert [left.get(b"V%d" % i) for i in range(len(values))] == [value.encode() for value in values]


FORMS = [
    ("", ""),
    ("/usr/bin:/bin", "/usr/bin:/bin"),
    ("-O2", "-O2"),
    ("a b", '"a b"'),
    ("=ls", '"=ls"'),
    ("~", '"~"'),
    ("it's", '"it\'s"'),
    ("é", '"é"'),
    ("$HOME", "\\$HOME"),
    ("./?.lua;;", "./\\?.lua\\;\\;"),
    ("é$x", "'é$x'"),
    ("\\", "'\\'"),
    ("$x ", "'$x '"),
    ("it's\n", "'it'\\''s\n'"),
    ("\udcff", "'\udcff'"),
]


@pytest.mark.parametrize(("text", "word"), FORMS)
def test_the_simplest_form_is_chosen(text, word):
    """A word is written as plainly as is safe."""
    assert quoted(text) == word


def test_no_byte_swallows_a_quote_where_the_locale_is_not_utf8(monkeypatch):
    """Where names are decoded as SJIS, a letter may end in the byte of a backslash: single quotes hold it."""
    monkeypatch.setattr("lmodpy.shells.posix._UTF8", False)

    assert quoted("表") == "'表'"


def test_one_statement_stands_on_a_line():
    """The text for sh is sorted, and in the form that clients read line by line."""
    diff = Diff(variables={"PATH": "/opt/bin:/bin", "CC": None, "B": "x y"})

    assert shell("sh").render(diff) == 'B="x y";\nexport B;\nunset CC;\nPATH=/opt/bin:/bin;\nexport PATH;\n'


CMAKE = """\
cmake_minimum_required(VERSION 3.21)
set(EnvModules_COMMAND "{lmod}")
find_package(EnvModules REQUIRED)
env_module(load x)
execute_process(COMMAND env -0 OUTPUT_FILE "{out}")
"""


def test_cmake_reads_the_text_for_sh(tmp_path):
    """CMake's FindEnvModules, which has a parser of its own for sh, sets and unsets what it should."""
    values = {
        "PLAIN": "/opt/gcc/12:/bin",
        "BLANKS": " a  b ",
        "LUA_PATH": "./?.lua;/opt/?.lua;;",
        "CODE": 'echo "$HOME" `ls` ${X} a\\b it\'s!',
        "LETTERS": "é/ü",
        "ASSIGNED": "a=b==",
    }
    diff = Diff({**values, "GONE": None}, {"k": 'ls "x"'}, {"f": ('echo "$1"', ""), "g": None})
    (tmp_path / "answer").write_text(shell("sh").render(diff))
    lmod = tmp_path / "lmod"
    lmod.write_text(f"#!/bin/sh\nexec cat {tmp_path}/answer\n")
    lmod.chmod(0o755)
    script = tmp_path / "main.cmake"
    script.write_text(CMAKE.format(lmod=lmod, out=tmp_path / "env"))

    bare = {"PATH": "/usr/bin:/bin", "GONE": "1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([needs("cmake"), "-P", script], env=bare, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    left = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().split("\0") if line)
    assert {name: left.get(name) for name in values} == values
    assert "GONE" not in left


@everywhere
def test_a_variable_goes_and_its_namesakes_stay(evaluate, real):
    """Taking a variable away touches neither an alias nor a function of that name."""
    diff = Diff(variables={"GONE": None, "ABSENT": None}, functions={"GONE": ("echo still here", "")})

    output, left = evaluate(real, diff, env={"GONE": "1"}, after="GONE")

    assert output == "still here\n"
    assert b"GONE" not in left


NAMES_OF_ALIASES = ["ll", "l-l", "g++", "l.l", "l:l", "l@l", "l%l", "l,l", "2to3", "_x", "A_1", "..", ".x"]


@everywhere
def test_aliases_work_and_go(evaluate, real):
    """An alias stands for its text, whatever its name has in it, and is gone when taken away, twice even."""
    defined = Diff(aliases={name: f"""echo 'as "{name}"' $((1+1)) \\$x""" for name in NAMES_OF_ALIASES})
    removed = Diff(aliases=dict.fromkeys(NAMES_OF_ALIASES))
    uses = "\n".join(f"eval '{name} end'" for name in NAMES_OF_ALIASES)

    output, _ = evaluate(real, defined, after=uses)
    assert output.splitlines() == [f'as "{name}" 2 $x end' for name in NAMES_OF_ALIASES]

    again = f"{shell(real.name).render(defined)}\n{shell(real.name).render(removed)}"
    output, _ = evaluate(real, removed, before=again, after="\\alias ll >/dev/null 2>&1 || echo gone")
    assert output == "gone\n"


BODIES = {
    "plain": ("echo got $1", "got it"),
    "closed": ("echo got $1;", "got it"),
    "lines": ("if true; then\n  echo got $1\nfi\n", "got it"),
    "commented": ("echo got $1 # and that is all", "got it"),
    "background": ("true &\nwait; echo got $1", "got it"),
    "here": ("cat <<END\ngot $1\nEND", "got it"),
    "quotes": ("""echo 'g'"ot" `echo $1`""", "got it"),
    "empty": ("", ""),
    "comment_only": ("  # nothing yet\n\n# really", ""),
}


@everywhere
def test_functions_work_and_go(evaluate, real):
    """A body runs as it was written, in whatever way it ends, and is gone when taken away, twice even."""
    defined = Diff(functions={name: (body, "csh only") for name, (body, _) in BODIES.items()})
    removed = Diff(functions=dict.fromkeys(BODIES))

    output, _ = evaluate(real, defined, after="\n".join(f"{name} it" for name in BODIES), harsh=False)
    assert output.splitlines() == [answer for _, answer in BODIES.values() if answer]

    again = shell(real.name).render(defined) + shell(real.name).render(removed)
    output, _ = evaluate(real, removed, before=again, after="command -v plain || echo gone")
    assert output == "gone\n"


@everywhere
def test_aliases_of_the_user_do_not_rewrite_the_text(evaluate, real):
    """Neither an alias named as a builtin nor one named as a new function gets into the way."""
    users = "alias alias='echo BAD' unalias='echo BAD' f='echo OLD' g='echo OLD' true='echo BAD'"
    if real.name != "sh":
        users += " export='echo BAD' unset='echo BAD'"
    diff = Diff(
        {"V": "1", "W": None}, {"k": "echo alias", "g": "echo newer", "l": None}, {"f": ("echo new", ""), "h": None}
    )

    output, left = evaluate(real, diff, env={"W": "1"}, before=f"\\{users}", after="\\f\neval k\neval g")

    assert output == "new\nalias\nnewer\n"
    assert left[b"V"] == b"1"
    assert b"W" not in left


@everywhere
def test_an_alias_and_a_function_may_share_a_name(evaluate, real):
    """Both are there after the text was evaluated twice, as `refresh` does."""
    diff = Diff(aliases={"both": "echo alias"}, functions={"both": ("echo function", "")})

    output, _ = evaluate(real, diff, before=shell(real.name).render(diff), after="eval both\n\\both")

    assert output == "alias\nfunction\n"


@everywhere
def test_a_function_that_the_shell_cannot_have_is_left_out(evaluate, real):
    """A dash in a function's name costs only that function, and only where it must, and can be asked for."""
    diff = Diff(
        variables={"AFTER": "1"}, functions={"a-b": ("echo dashed", ""), "c.d": None, "plain": ("echo plain", "")}
    )
    able = real.name in {"bash", "zsh", "mksh"}

    output, left = evaluate(real, diff, after="a-b\nplain" if able else "plain")

    assert output == ("dashed\nplain\n" if able else "plain\n")
    assert left[b"AFTER"] == b"1"
    assert shell(real.name).left_out(diff) == (() if able else ("a-b", "c.d"))


@everywhere
def test_text_comes_first_and_commands_last(evaluate, real):
    """What was written to stdout may prepare the ground, and what is executed sees everything."""
    diff = Diff(
        variables={"V": "1"},
        functions={"f": ("echo f $V", "")},
        commands=("f", "echo one;;", "echo 'two # three'", "wait &", "cat <<END\nfour\nEND", "  ;"),
        text="echo ${V:-none}",
    )

    output, _ = evaluate(real, diff, harsh=False)

    assert output == "none\nf 1\none\ntwo # three\nfour\n"


@pytest.mark.parametrize("real", [real for real in REAL if real.name == "bash"], ids=["bash"])
def test_commands_survive_an_eval_that_joins_the_lines(real):
    """Old start-up files evaluate without quotes: the statements are still apart."""
    text = shell("bash").render(Diff(variables={"A": "1", "B": None}, commands=("echo $A", "echo two")))

    done = subprocess.run(
        [needs("bash"), "-c", f"eval {quoted(text.replace(chr(10), ' '))}"], capture_output=True, check=False
    )

    assert done.stdout == b"1\ntwo\n"


@everywhere
def test_failure_makes_eval_fail_and_success_does_not(real):
    """The status of `eval` is that of the command."""
    speaker = shell(real.name)
    for text, status in (speaker.failure(), 1), (speaker.success(), 0):
        program = [needs(real.program[0]), *real.program[1:], "-c", f"eval {quoted(text) or quoted(' ')}"]
        assert subprocess.run(program, check=False).returncode == status


NO_VARIABLES = ["", "a-b", "a.b", "1a", "a b", "a=b", "é", "x;y", "$(x)", "a\n", "[0]", "a[0]", "BASH_FUNC_x%%"]
NO_COMMANDS = [
    "",
    "-a",
    "+x",
    ".",
    "a b",
    "a;b",
    "a\n",
    "a=b",
    "a/b",
    "$(x)",
    "é",
    "a'",
    "a*",
    "~",
    "!",
    "{",
    "a\\",
    "a&",
]


@pytest.mark.parametrize("name", list(NAMES))
def test_a_name_never_becomes_code(name):
    """What is not plainly a name is refused, whether to be defined or to be taken away."""
    for bad in NO_VARIABLES:
        for value in "1", None:
            with pytest.raises(LmodError, match="name of a variable"):
                shell(name).render(Diff(variables={bad: value}))
    for bad in NO_COMMANDS:
        for text in "1", None:
            with pytest.raises(LmodError, match="name of an alias"):
                shell(name).render(Diff(aliases={bad: text}))
            with pytest.raises(LmodError, match="name of a shell function"):
                shell(name).render(Diff(functions={bad: text and (text, text)}))


@pytest.mark.parametrize("word", ["if", "done", "in", "time", "function", "export", "eval", "foreach"])
def test_a_word_of_the_language_cannot_name_a_function(word):
    """A definition that no shell can read is refused; taking such a name away is harmless."""
    with pytest.raises(LmodError, match="the shell's own language"):
        shell("bash").render(Diff(functions={word: ("echo", "")}))

    assert shell("bash").render(Diff(functions={word: None}))


@everywhere
def test_every_other_name_of_a_function_can_be_read(evaluate, real):
    """Commands that shells bring along may be replaced, as users do with `cd`."""
    ordinary = [
        "cd",
        "echo",
        "test",
        "alias",
        "command",
        "module",
        "always",
        "enum",
        "x",
        "e2e",
        "_f",
        "foo_bar",
        "open",
    ]

    output, _ = evaluate(
        real, Diff(functions=dict.fromkeys(ordinary, ("printf called,", ""))), after="cd\nfoo_bar\ntest"
    )
    assert output == "called,called,called,"


def test_a_nul_byte_is_refused():
    """No shell can hold a NUL, so it is not cut off in silence."""
    with pytest.raises(LmodError, match="NUL"):
        shell("bash").render(Diff(variables={"V": "a\0b"}))


def test_an_unknown_shell_is_an_error_with_near_names():
    """A mistyped shell gets a suggestion, any other word the list."""
    with pytest.raises(UsageError, match="no shell `bsh`") as mistyped:
        shell("bsh")
    assert "`bash`" in mistyped.value.hint

    with pytest.raises(UsageError) as unknown:
        shell("gibberish-word")
    assert unknown.value.hint.startswith("known are ")
    assert {"bash,", "python,", "zsh"} <= set(unknown.value.hint.split())


@pytest.mark.parametrize("name", list(NAMES))
def test_every_name_in_the_table_is_spoken(name):
    """Each row of the table leads to a shell of that name."""
    speaker = shell(name)

    assert speaker.name == ("r" if name == "R" else name)
    assert NAMES[name][0] != "posix" or speaker.kind == "sh"


def test_nothing_to_say_is_no_text():
    """An empty difference is empty text."""
    assert shell("bash").render(Diff()) == ""


def test_rendering_is_quick():
    """A large difference costs a small part of a command."""
    diff = Diff(variables={f"V{i}": f"/opt/software/package-{i}/bin:" * 8 for i in range(60)})
    render = shell("bash").render

    def once():
        begin = time.process_time()
        render(diff)
        return time.process_time() - begin

    assert min(once() for _ in range(20)) < 0.001
