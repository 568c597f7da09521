"""Words that wait in Lua and are said together mean what they mean one by one."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lmodpy.cli.main import run
from lmodpy.cli.sitewide import context
from lmodpy.cli.walk import reader
from lmodpy.env.environment import Environment
from lmodpy.env.rules import Rules
from lmodpy.modulefile.lua import LuaEvaluator
from lmodpy.names.request import Request

NAMES = st.sampled_from(["A", "PATH", "MODULEPATH", "_x1", "2A", "A B", " A ", "", "Ä", "LD_LIBRARY_PATH"])
TEXTS = st.sampled_from(["", "/a", "/b/", "/a:/b", ":", "a//b", "~/x", "ä", "\\xff", "a\\0b", "x y", "'$(z)\\n", "/a"])
QUOTED = st.builds('"{}"'.format, NAMES | TEXTS)
ARGUMENTS = st.lists(QUOTED | st.sampled_from(["nil", "1", "true", "{}", "os.getenv('A')"]), min_size=1, max_size=3)
WORDS = st.sampled_from(["setenv", "prepend_path", "append_path", "remove_path", "pushenv"])
USUAL = st.builds('{}("{}", "{}")'.format, WORDS, NAMES, TEXTS)
UNUSUAL = st.builds("pcall({}, {})".format, WORDS, ARGUMENTS.map(", ".join))
QUESTIONS = st.sampled_from(['setenv("SEEN", os.getenv("A") or "none")', 'load("other")', "print(os.getenv('PATH'))"])
END = st.sampled_from(
    ["", 'error("no")', "LmodBreak()", 'LmodError("no")', "for n = 1, 250 do setenv('N', n .. '') end"]
)


def say_at_once(patched):
    """Let no word wait."""
    usual = LuaEvaluator._evaluate
    at_once = lambda self, text, path, **how: usual(self, text, path, **{**how, "plain": False})  # noqa: E731
    patched.setattr(LuaEvaluator, "_evaluate", at_once)


def outcome(core, monkeypatch, *, waiting):
    """Load the module in a process of its own mind: words wait, or each is said at once."""
    with monkeypatch.context() as patched:
        if not waiting:
            say_at_once(patched)
        environ = {"MODULEPATH": str(core), "HOME": "/home/me", "A": "mine", "PATH": "/usr/bin:/bin"}
        said = []
        return *run(["bash", "load", "tool"], environ, say=said.append), said


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(USUAL | USUAL | UNUSUAL | QUESTIONS, max_size=8), end=END)
@example(lines=['setenv("A", "1")', 'load("other")', 'prepend_path("A", "2")'], end="")
@example(lines=['setenv("A", "1")', 'pcall(setenv, "2A", "x")', 'setenv("A", "2")'], end="")
def test_words_that_wait_do_the_same(tmp_path_factory, lines, end):
    """Whatever a modulefile says, in whatever order, and wherever it fails."""
    core = tmp_path_factory.mktemp("site") / "Core"
    core.mkdir()
    (core / "other.lua").write_text('setenv("A", (os.getenv("A") or "") .. "+") append_path("PATH", "/other")')
    (core / "tool.lua").write_text("\n".join([*lines, end]))
    with pytest.MonkeyPatch.context() as monkeypatch:
        expected = outcome(core, monkeypatch, waiting=False)
        assert outcome(core, monkeypatch, waiting=True) == expected


TOLD = st.sampled_from(
    ["whatis", "help", "load", "depends_on", "conflict", "prereq", "prereq_any", "try_load", "always_load", "family"]
)
TELLING = st.builds("{}({})".format, TOLD, st.lists(QUOTED, min_size=1, max_size=2).map(", ".join))
PLACES = st.sampled_from(["A_DIR", "PATH", "MANPATH", "MODULEPATH", "LD_LIBRARY_PATH"])
LEADING = st.builds(
    '{}("{}", "{}"{})'.format, WORDS, PLACES, TEXTS, st.sampled_from(["", ', ":"', ', ";"', ", nil", ", 1"])
)
ODD = st.builds("pcall({}, {})".format, TOLD | WORDS, ARGUMENTS.map(", ".join))
HEARING = st.sampled_from(
    ['whatis(os.getenv("A_DIR") or "none")', 'whatis(tostring(load("x")), select("#", help("y")))']
)


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(TELLING | LEADING | ODD | HEARING, max_size=8), end=END)
@example(lines=['setenv("A_DIR", "/a")', 'whatis(os.getenv("A_DIR"))', 'whatis("b", "c")', 'whatis("d")'], end="")
@example(lines=['prepend_path("PATH", "/a", ":")', 'prepend_path("PATH", "/b")', 'help("a")', 'help("b", "c")'], end="")
def test_words_that_wait_tell_the_same(tmp_path_factory, lines, end):
    """Whatever a modulefile that is only read says about itself."""
    core = tmp_path_factory.mktemp("site")
    (core / "tool.lua").write_text("\n".join([*lines, end]))
    told = []
    for waiting in (False, True):
        admin = context([str(core)], {"HOME": "/home/me", "A_DIR": "mine"}, print)
        with pytest.MonkeyPatch.context() as patched:
            if not waiting:
                say_at_once(patched)
            told.append(reader(admin)(admin.session.find(Request("tool"))))
    assert told[0] == told[1]


def test_words_do_wait(tmp_path, monkeypatch):
    """The plain words of a modulefile leave Lua at once, and before a question is answered."""
    told = []
    usual = LuaEvaluator._say_plainly
    monkeypatch.setattr(LuaEvaluator, "_say_plainly", lambda self, text: (told.append(text), usual(self, text))[1])
    text = 'setenv("A", "1") prepend_path("B", "/b") setenv("C", os.getenv("A")) append_path("PATH", "/p")'
    (tmp_path / "tool.lua").write_text(text)
    out = run(["bash", "load", "tool"], {"MODULEPATH": str(tmp_path), "PATH": "/bin"}, say=print).out
    assert told == ["set\0A\0" + "1\0prepend\0B\0/b", "set\0C\0" + "1\0append\0PATH\0/p"]
    assert "C=1;" in out


def test_words_wait_where_a_modulefile_is_only_read(tmp_path, monkeypatch):
    """What it asks of other modules never leaves Lua."""
    told = []
    usual = LuaEvaluator._say_plainly
    monkeypatch.setattr(LuaEvaluator, "_say_plainly", lambda self, text: (told.append(text), usual(self, text))[1])
    monkeypatch.setattr(LuaEvaluator, "_speaker", lambda *_: pytest.fail)
    text = 'whatis("a") help("b") depends_on("c") conflict("d") prepend_path("PATH", "/e", ":") setenv("F", "g")'
    (tmp_path / "tool.lua").write_text(text)
    admin = context([str(tmp_path)], {}, print)
    facts = reader(admin)(admin.session.find(Request("tool")))
    assert (facts.whatis, facts.help, facts.paths, facts.broken) == (("a",), "b", (("PATH", "/e"),), "")
    assert told == ["whatis\0a\0\0help\0b\0\0prepend\0PATH\0/e\0set\0F\0g"]


VARIABLES = st.sampled_from(["PATH", "A", "B"])
BATCHES = st.lists(st.tuples(st.sampled_from(["set", "prepend", "append"]), VARIABLES, st.sampled_from(["/a", "/b"])))
STEPS = st.lists(
    st.tuples(st.just("say"), st.sampled_from(["m", "n"]), BATCHES.filter(bool))
    | st.tuples(st.sampled_from(["look", "retract"]), VARIABLES | st.just("m"), st.none())
    | st.tuples(st.sampled_from(["mark", "back"]), st.none(), st.none()),
    max_size=15,
)


def left_by(steps, *, at_once):
    """Return what an environment holds after some steps; `at_once`: whatever is said is looked at."""
    env = Environment({"PATH": "/usr/bin:/a", "B": "mine"}, {}, Rules())
    marks, seen = [env.mark()], []
    for step, what, batch in steps:
        if step == "say":
            env.change("\0".join(text for word in batch for text in word), what)
        elif step == "look":
            seen.append(env.get(what))
        elif step == "retract":
            seen.append(env.retract("m"))
        elif step == "mark":
            marks.append(env.mark())
        else:
            env.rollback(marks.pop() if marks[1:] else marks[0])
        if at_once:
            env.changed()
    return env.diff(), {name: history.steps for name, history in env.recorded().items()}, seen, env.changed()


@given(STEPS)
@example([("say", "m", [("set", "A", "1")]), ("mark", None, None), ("look", "A", None), ("back", None, None)])
@example(
    [("say", "m", [("set", "A", "1")]), ("mark", None, None), ("say", "n", [("set", "A", "2")]), ("look", "A", None)]
    + [("back", None, None), ("look", "A", None)] * 2
)
def test_what_waits_is_forgotten_and_done_like_all_else(steps):
    """An environment that puts off what many words say can be taken back to any moment, and nobody notices."""
    assert left_by(steps, at_once=False) == left_by(steps, at_once=True)
