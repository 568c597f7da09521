"""What is rendered for shells that are not of the sh family does in the real ones what it says, and nothing else."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lmodpy.env.diff import Diff
from lmodpy.errors import LmodError
from lmodpy.shells.base import shell
from tests.other_shells import SHELLS, seen_by_a_child
from tests.test_shells import NASTY, diff_of

everywhere = pytest.mark.parametrize("real", SHELLS, ids=lambda real: real.name)
LONGEST = {"csh": 8000}


@pytest.fixture
def evaluate(tmp_path):
    """Evaluate a rendered difference in a real shell: its output, then the environment that a child then sees."""

    def run(real, diff, *, before="", after="", **env):
        text, seen = tmp_path / "text", tmp_path / "seen"
        text.write_bytes(os.fsencode(shell(real.name).render(diff)))
        answer = tmp_path / "text.answer"  # for the shell that reads it from a command
        answer.write_text(f"#!/bin/sh\nexec cat {text}\n")
        answer.chmod(0o755)
        evaluating = real.evaluate.format(text)
        done = real.run(
            "\n".join([real.before, before, evaluating, after, real.environment.format(seen)]), str(tmp_path), **env
        )
        assert done.stderr == b""
        return done.stdout.decode(), seen_by_a_child(str(seen))

    return run


def wrong(values, left):
    """Return the values that did not arrive, with what arrived instead."""
    found = [(value, left.get(f"V{i}")) for i, value in enumerate(values)]
    return [
        (value, os.fsencode(there) if there else there)
        for value, there in found
        if os.fsencode(there or "") != value or there is None
    ]


def fits(real, value):
    own = real.name == "rc" and set(value) & {1, 2, 255}
    return len(value) <= LONGEST.get(real.name, 1 << 17) and (real.bytes or is_utf8(value)) and not own


def is_utf8(value):
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


@everywhere
def test_nasty_values_survive(evaluate, real):
    """Each value that ever broke a shell arrives byte for byte."""
    values = [value for value in NASTY if fits(real, value)]

    _, left = evaluate(real, diff_of(values))

    assert wrong(values, left) == []


@everywhere
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.binary(max_size=30).map(lambda value: value.replace(b"\0", b"")), min_size=100, max_size=300))
@example(values=[b"\\\n!\\!", b"\\'\\\\", b"'\n'", b"a\\\nb\\\n\n", b"!!'!'\\"])
def test_any_value_survives(evaluate, real, values):
    """Whatever bytes a value has, they arrive, if this shell can hold them."""
    values = [value for value in values if fits(real, value)]
    _, left = evaluate(real, diff_of(values))

    assert wrong(values, left) == []


@everywhere
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\1\2")), min_size=50, max_size=150))
@example(values=["$(exit 3)", "`exit 3`", "'; exit 3; '", '"; exit 3; "', "\\'; exit 3", "\n exit 3\n"])
def test_any_text_survives(evaluate, real, values):
    """Text neither runs nor changes."""
    values = [value.replace("\0", "").encode() for value in values]
    output, left = evaluate(real, diff_of(values))

    assert output == ""
    assert wrong(values, left) == []


@everywhere
def test_path_variables_arrive_as_they_are(evaluate, real):
    """Empty entries, blanks and what looks like a home directory stay, where a shell makes lists of such variables."""
    values = {"MANPATH": ":/a::b:", "LD_LIBRARY_PATH": "~/x:$HOME/y:/opt/a b", "FPATH": "", "XDG_DIRS": "/a:~/b"}

    _, left = evaluate(real, Diff({**values, "PATH": "/opt/a b/bin:/usr/bin:/bin"}))

    assert {name: left.get(name) for name in values} == values
    assert left["PATH"] == "/opt/a b/bin:/usr/bin:/bin"


@everywhere
def test_a_variable_goes(evaluate, real):
    """What is taken away is gone, and what was never there disturbs nobody."""
    _, left = evaluate(real, Diff({"GONE": None, "ABSENT": None, "STAYS": "1"}), GONE="1")

    assert "GONE" not in left
    assert left["STAYS"] == "1"


DEFINING = [real for real in SHELLS if real.name not in {"elvish", "nushell"}]
defining = pytest.mark.parametrize("real", DEFINING, ids=lambda real: real.name)
SOME = Diff(
    aliases={"plain": "echo as", "g++": "echo plus", "quoted": "echo 'a  b' \"c\"", "expr": "expr 1 +"},
    functions={"f": ('echo "f $1 $2"', "echo f $1 $2"), "lines": ("echo one\necho $1", "echo one\necho $1")},
)


@defining
def test_aliases_and_functions_work(evaluate, real):
    """An alias and a function stand for what the modulefile said, with the words of the line."""
    uses = ["plain end", "g++ end", "quoted end", "expr 2", "f x y", "lines two"]

    output, _ = evaluate(real, SOME, after="\n".join(uses))

    assert output.splitlines() == ["as end", "plus end", "a  b c end", "3", "f x y", "one", "two"]


@defining
def test_aliases_and_functions_go(evaluate, real):
    """What is taken away is gone, twice even, and quietly."""
    gone = Diff(aliases=dict.fromkeys(SOME.aliases), functions=dict.fromkeys(SOME.functions), variables={"V": "1"})
    _, left = evaluate(real, gone)

    assert left["V"] == "1"


def test_an_alias_of_csh_takes_the_words_of_its_line():
    """Arguments in the manner of sh become those of csh, and other exclamation marks stay what they are."""
    text = shell("tcsh").render(Diff(aliases={"a": 'ls $1 "$@" $*', "b": "echo hi!", "c": "cd !*"}))

    assert text == ("alias a 'ls '\\!':1 '\\!'* '\\!'*';\nalias b 'echo hi'\\\\''\\!'';\nalias c 'cd '\\!'*';\n")


@pytest.mark.parametrize("real", [SHELLS[0]], ids=["tcsh"])
def test_completions_of_tcsh(evaluate, real):
    """A completion is defined as written, or as one word, and is taken away."""
    output, _ = evaluate(
        real, Diff(completions={"foo": "p/1/(a b)/", "bar": "'n/-f/f/' 'p/*/d/'", "baz": None}), after="complete"
    )

    assert output == "bar\t'n/-f/f/' 'p/*/d/'\nfoo\t'p/1/(a b)/'\n"


@everywhere
def test_what_cannot_be_defined_is_named(real):
    """The user is told what a shell cannot have."""
    diff = Diff(aliases={"a": "ls", "gone": None}, functions={"f": ("ls", ""), "g": ("ls", "ls")})
    missing = {"tcsh": ("f",), "csh": ("f",), "elvish": ("a", "f", "g"), "nushell": ("a", "f", "g")}

    assert shell(real.name).left_out(diff) == missing.get(real.name, ())


REFUSED = [
    ("csh", {"V": "x" * 8001}, "csh cannot hold more than 8000"),
    ("tcsh", {"V": "\udcff"}, "V is no UTF-8, so tcsh"),
    ("nushell", {"V": "\udcff"}, "V is no UTF-8, so nushell"),
    ("pwsh", {"V": "\udcff"}, "V is no UTF-8, so PowerShell"),
    ("rc", {"V": "\udcff"}, "V has a byte 1, 2 or 255"),
    ("rc", {"path": "x"}, "rc keeps the variable path"),
    ("fish", {"status": "x"}, "fish keeps the variable status"),
    ("nushell", {"config": "x"}, "nushell keeps the variable config"),
    *((name, {"V": "a\0b"}, "NUL") for name in ("csh", "fish", "rc", "xonsh", "elvish", "nushell", "pwsh")),
]


@pytest.mark.parametrize(("name", "variables", "told"), REFUSED)
def test_what_a_shell_cannot_hold_is_refused(name, variables, told):
    """Nothing is cut off or changed in silence."""
    with pytest.raises(LmodError, match=told):
        shell(name).render(Diff(variables))


def powershell_reads(word: str) -> str:
    """Read a string of PowerShell as its language says, in as far as we write it."""
    quote, text = word[0], word[1:-1]
    assert word[-1] == quote
    assert all(" " <= character <= "~" for character in word)
    if quote == "'":
        assert "'" not in text.replace("''", "")
        return text.replace("''", "'")
    pieces, i = [], 0
    while i < len(text):
        assert text[i] not in '"$'
        if text[i] != "`":
            pieces.append(text[i])
        elif text[i + 1] == "u":
            end = text.index("}", i)
            pieces.append(chr(int(text[i + 3 : end], 16)))
            i = end
        else:
            i += 1
            pieces.append(text[i])
        i += 1
    return "".join(pieces)


@given(value=st.text(st.characters(codec="utf-8", exclude_characters="\0")))
@example(value="\u2018\u2019\u201a\u201b\u201c\u201d\u201e$(x)`n'\"\r\n")
def test_powershell_would_read_any_text(value):
    """A value is one string, in which nothing is expanded; no PowerShell is at hand, so a parser reads it."""
    line = shell("pwsh").render(Diff({"V": value}))

    assert line.startswith("$env:V = ")
    assert line.endswith("\n")
    assert powershell_reads(line[9:-1]) == value
