"""Promises that hold whatever modulefiles say and whatever the user has: hypothesis looks for a counterexample.

The engine is the real one; the difference is applied without a shell, for speed. What is not promised: a module that
replaces another version, or another member of its family, does not bring it back, and neither does `unload`.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmodpy.cli.main import run
from lmodpy.env.history import Assign, Found, History
from lmodpy.env.pathlist import tidy
from lmodpy.env.rules import Rules
from lmodpy.session import codec
from lmodpy.session.loaded import Loaded
from lmodpy.session.session import Session
from lmodpy.session.state import State
from tests.prompt import Prompt


def promise(usual: int, thorough: int, **strategies):
    """Check a promise on the same examples each time, and behind the marker `soak` on many more, ever new ones."""

    def both(check):
        def test(examples):
            once = settings(max_examples=examples, deadline=None, derandomize=examples == usual, database=None)
            once(given(**strategies)(check))()

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return pytest.mark.parametrize("examples", [usual, pytest.param(thorough, marks=pytest.mark.soak)])(test)

    return both


# What modulefiles say.

LETTERS = "ab/:;, $`\"'\\\n\t!{}~=%é\udcff\udc80\x01\x02\x03"
TEXTS = st.text(LETTERS, max_size=5) | st.sampled_from(["", "1", "/a:/b", "/a", ":", "two words"])
ENTRIES = st.sampled_from(
    [
        "/a",
        "/b",
        "/c",
        "/a/",
        "//a",
        "./r",
        "r",
        "..",
        "~/x",
        "~",
        "/a:/b",
        "/c:/a",
        "x y",
        "\udcfe",
        "/é",
        "/a//",
        "-n",
    ]
)
PLAIN = st.sampled_from(["A", "B", "CC"])
LISTS = st.sampled_from(["P", "Q", "MANPATH", "PATH", "LD_LIBRARY_PATH"])
NAMES = PLAIN | LISTS
PATH_WORDS = st.sampled_from(["prepend_path", "append_path", "prepend_path", "append_path", "remove_path"])


def lua(text: str) -> str:
    """Write a text of any bytes as a Lua string."""
    return '"' + "".join(chr(b) if chr(b).isalnum() and b < 128 else f"\\{b:03}" for b in os.fsencode(text)) + '"'


def quoted(strategy):
    return strategy.map(lua)


def saying(form: str, *strategies):
    """Return a strategy for statements: a form with places for drawn texts."""
    return st.tuples(*strategies).map(lambda drawn: form.format(*drawn))


STATEMENTS = st.one_of(
    saying("setenv({}, {})", quoted(NAMES), quoted(TEXTS)),
    saying("setenv({}, {}, true)", quoted(NAMES), quoted(TEXTS)),
    saying("setenv{{{}, {}, modeA={{'load'}}}}", quoted(NAMES), quoted(TEXTS)),
    saying("setenv({}, (os.getenv({}) or 'none')..'+')", quoted(NAMES), quoted(NAMES)),
    saying("pushenv({}, {})", quoted(NAMES), quoted(TEXTS) | st.just("false")),
    saying("unsetenv({})", quoted(NAMES)),
    saying("{}({}, {})", PATH_WORDS, quoted(LISTS), quoted(ENTRIES)),
    saying("{}({}, {})", PATH_WORDS, quoted(LISTS), quoted(ENTRIES)),
    saying("{}({}, '')", PATH_WORDS, st.sampled_from(["'P'", "'Q'", "'MANPATH'"])),
    saying(
        "{}({}, {}, {})",
        PATH_WORDS,
        quoted(LISTS),
        quoted(ENTRIES),
        quoted(st.sampled_from([";", ",", " ", "--", "."])),
    ),
    saying("{}{{{}, {}, priority={}}}", PATH_WORDS, quoted(LISTS), quoted(ENTRIES), st.sampled_from([-10, 0, 5, 10])),
    saying("set_alias({}, {})", st.sampled_from(["'ll'", "'g+'"]), quoted(TEXTS)),
    saying("set_shell_function({}, {}, {})", st.sampled_from(["'go'", "'ll'"]), quoted(TEXTS), quoted(TEXTS)),
    saying("if mode() == {} then prepend_path('P', {}) end", st.sampled_from(["'load'", "'unload'"]), quoted(ENTRIES)),
    saying("if isloaded({}) then setenv('A', 'with') end", st.sampled_from(["'m1'", "'m3'"])),
    st.sampled_from(
        [
            "whatis('Name: x')",
            "unset_alias('ll')",
            "unset_shell_function('go')",
            "add_property('lmod', 'gpu')",
            "LmodMessage('hello')",
        ]
    ),
)


@st.composite
def module_sets(draw, count: int = 4):
    """Draw the bodies of m0, m1…; each may load or need later ones."""
    bodies = []
    for number in range(count):
        statements = draw(st.lists(STATEMENTS, min_size=2, max_size=8))
        for other in draw(st.lists(st.integers(number + 1, count), max_size=2)):
            word = draw(st.sampled_from(["load", "depends_on", "try_load", "load_any", "depends_on_any"]))
            if other < count:
                statements.insert(draw(st.integers(0, len(statements))), f"{word}('m{other}')")
        bodies.append("\n".join(statements))
    return bodies


ENVIRONMENTS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(["A", "B", "CC"], TEXTS),
        **dict.fromkeys(
            ["P", "Q", "MANPATH", "PATH", "LD_LIBRARY_PATH"],
            st.lists(ENTRIES | st.just(""), max_size=6).map(":".join) | TEXTS,
        ),
        "LMOD_DUPLICATE_PATHS": st.just("yes"),
        "LMOD_TMOD_PATH_RULE": st.just("yes"),
        "LMOD_PREPEND_BLOCK": st.just("reverse"),
    },
)


@contextmanager
def prompt_on(environ: dict[str, str], files: dict[str, str]):
    """Give a prompt on a tree of modulefiles, named by their path below the root; ROOT in them is the root."""
    with tempfile.TemporaryDirectory() as root:
        for name, body in {"Core/there/1": "", **files}.items():
            path = f"{root}/{name}.lua"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(f"local ROOT = {lua(root)}\n{body}\n")
        yield Prompt({"HOME": "/home/user", **environ, "MODULEPATH": f"{root}/Core"})


def files_of(prompt: Prompt) -> list[tuple[str, int, int]]:
    """Return path, size and time of every file of the tree."""
    root = os.path.dirname(prompt.env["MODULEPATH"])
    paths = sorted(os.path.join(place, file) for place, _, files in os.walk(root) for file in files)
    return [(path, os.stat(path).st_size, os.stat(path).st_mtime_ns) for path in paths]


def core(bodies: list[str]) -> dict[str, str]:
    return {f"Core/m{number}/1": body for number, body in enumerate(bodies)}


BROKEN = st.sampled_from(["this is not Lua", "error('oh')", "LmodError('no')", "setenv('A')", "local x = nil + 1"])


# Undo.


@promise(100, 3000, environ=ENVIRONMENTS, bodies=module_sets(), between=st.sampled_from(["list", "refresh", "update"]))
def test_load_then_unload_is_the_identity(environ, bodies, between):
    """Whatever a modulefile does to whatever environment, unloading it brings everything back, byte for byte."""
    with prompt_on(environ, core(bodies)) as prompt:
        before = prompt.everything()
        if prompt.type("load", "m0") == 0:
            assert prompt.type(between) == 0, prompt.err
            assert prompt.type("unload", "m0") == 0, prompt.err
        assert prompt.everything() == before


@promise(100, 3000, environ=ENVIRONMENTS, bodies=module_sets(), data=st.data())
def test_the_same_with_others_loaded(environ, bodies, data):
    """What was loaded before is left as it was, down to the bookkeeping."""
    earlier = data.draw(st.lists(st.sampled_from(["m1", "m2", "m3"]), min_size=1, unique=True))
    with prompt_on(environ, core(bodies)) as prompt:
        prompt.type("load", *earlier)
        before = prompt.everything()
        if prompt.type("load", "m0") == 0:
            assert prompt.type("unload", "m0") == 0, prompt.err
        assert prompt.everything() == before


@promise(100, 3000, environ=ENVIRONMENTS, bodies=module_sets(), data=st.data())
def test_any_order_of_unloading_ends_where_it_began(environ, bodies, data):
    """Modules can go in any order, one by one or several in a command: in the end nothing is left of them."""
    names = [f"m{number}" for number in range(len(bodies))]
    with prompt_on(environ, core(bodies)) as prompt:
        before = prompt.everything()
        for name in data.draw(st.permutations(names)):
            prompt.type("load", name)
        order = data.draw(st.permutations(names))
        cut = data.draw(st.integers(0, len(order)))
        for words in [*([name] for name in order[:cut]), order[cut:]]:
            if words:
                assert prompt.type("unload", *words) == 0, prompt.err
        assert prompt.loaded == []
        assert prompt.everything() == before


@promise(100, 2000, environ=ENVIRONMENTS, bodies=module_sets(), now=st.none() | BROKEN | module_sets(1).map("".join))
def test_what_became_of_the_modulefile_does_not_matter(environ, bodies, now):
    """A modulefile may say something else by the time of unloading, be broken, or be gone: what was done is undone."""
    with prompt_on(environ, core(bodies)) as prompt:
        before = prompt.everything()
        if prompt.type("load", "m0") == 0:
            file = prompt.env["MODULEPATH"].split(":")[0] + "/m0/1.lua"
            os.unlink(file)
            if now is not None:
                with open(file, "w", encoding="utf-8", errors="surrogateescape") as edited:
                    edited.write(now)
            assert prompt.type("unload", "m0") == 0, prompt.err
        assert prompt.everything() == before


@promise(60, 1000, environ=ENVIRONMENTS, bodies=module_sets(2), value=TEXTS, name=NAMES)
def test_what_the_user_sets_in_between_is_not_lost(environ, bodies, value, name):
    """A variable that no module touched keeps the user's later value, and nothing of ours stays in the environment."""
    with prompt_on(environ, core(bodies)) as prompt:
        before = dict(prompt.env)
        if prompt.type("load", "m0") != 0:
            return
        touched = prompt.env.get(name) != before.get(name) or name in " ".join(bodies)
        prompt.env[name] = value
        assert prompt.type("unload", "m0") == 0, prompt.err
        assert touched or prompt.env[name] == value
        assert sorted(set(prompt.env) - set(before) - {name}) == []


# Cases that were once found wanting.

DEFINING = {
    "Core/one/1": "set_alias('ll', 'ls') set_shell_function('go', 'a', 'b')",
    "Core/two/1": "set_alias('ll', 'ls') set_shell_function('go', 'a', 'c')",
    "Core/three/1": "set_alias('ll', 'dir') set_shell_function('go', 'x', 'c')",
    "Core/none/1": "unset_alias('ll') unset_shell_function('go')",
    "Core/both/1": "set_alias('ll', 'ls') unset_alias('ll')",
}


@pytest.mark.parametrize("names", [["one", "none"], ["both"]])
def test_refresh_does_not_bring_back_what_was_taken_away(names):
    """An alias that is not valid any more stays away."""
    with prompt_on({}, DEFINING) as prompt:
        prompt.type("load", *names)
        prompt.type("refresh")
        assert prompt.everything()[1:] == ({}, {})
        prompt.type("unload", *names)
        assert prompt.everything()[1:] == ({}, {})


@pytest.mark.parametrize("first", ["one", "two"])
def test_two_modules_define_the_same_alias(first):
    """An alias or function stays as long as a module that defines it, and for csh too it is that module's own."""
    other = {"one": "two", "two": "one"}[first]
    with prompt_on({}, DEFINING) as prompt:
        prompt.type("load", "one", "two")
        assert prompt.everything()[1:] == ({"ll": "ls"}, {"go": ("a", "c")})
        prompt.type("unload", first)
        assert prompt.everything()[1:] == ({"ll": "ls"}, {"go": ("a", {"one": "b", "two": "c"}[other])})
        prompt.type("unload", other)
        assert prompt.everything()[1:] == ({}, {})


def test_refresh_tells_everything_again_and_leaves_no_trace():
    """A sub-shell gets the aliases and functions that are valid, and they go with their modules all the same."""
    with prompt_on({}, DEFINING) as prompt:
        prompt.type("load", "one", "three")
        valid = prompt.everything()
        prompt.aliases, prompt.functions = {}, {}
        prompt.type("refresh")
        assert prompt.everything() == valid
        prompt.type("unload", "one", "three")
        assert prompt.everything()[1:] == ({}, {})


def test_an_alias_comes_back_that_another_module_took_away():
    """What unset_alias and unset_shell_function take from another module comes back to it."""
    with prompt_on({}, DEFINING) as prompt:
        prompt.type("load", "one")
        before = prompt.everything()
        prompt.type("load", "none")
        assert prompt.everything()[1:] == ({}, {})
        prompt.type("unload", "none")
        assert prompt.everything() == before


# Failing commands.

RIVALRY = st.sampled_from(["", "pcall(load, 'bad')", "setenv('R', '1') LmodBreak()", "os.exit(3)"])
REST = st.lists(STATEMENTS, max_size=3).map("\n".join)
USUAL_NAMES = [
    "rival",
    "gcc",
    "gcc/1",
    "gcc/2",
    "clang",
    "mpi",
    "mpi/4",
    "mpich",
    "lib",
    "lib/1",
    "app",
    "bad",
    "late",
    "rival",
    "kept",
]
WORDS = st.sampled_from(
    [
        *(("load", name) for name in USUAL_NAMES),
        *(("unload", name) for name in USUAL_NAMES if "/" not in name),
        ("load", "gcc", "mpi", "lib", "app"),
        ("load", "gcc/1", "lib", "mpich"),
        ("load", "clang", "mpi", "lib"),
        ("load", "kept", "clang/1", "lib"),
        ("load", "gcc", "nothing"),
        ("load", "lib", "-gcc"),
        ("load", "app", "bad"),
        ("swap", "gcc", "clang"),
        ("swap", "clang", "gcc/2"),
        ("swap", "lib"),
        ("swap", "mpi", "nothing"),
        ("try-load", "mpi", "nothing"),
        ("try-load", "late"),
        ("purge",),
        ("update",),
        ("refresh",),
        ("list",),
        ("avail",),
        ("show", "gcc"),
        ("is-loaded", "gcc", "lib"),
        ("is-avail", "lib"),
        ("reset",),
        ("nonsense",),
        ("load",),
    ]
)


@st.composite
def hierarchies(draw):
    """Draw a hierarchy with families, rivals, a sticky module and broken files; all bodies go on in drawn ways."""
    files = {}
    for compiler in "gcc/1", "gcc/2", "clang/1":
        tree = compiler.replace("/", "")
        files[f"Core/{compiler}"] = f"family('compiler') prepend_path('MODULEPATH', ROOT..'/{tree}')\n" + draw(REST)
        for name, body in {
            "mpi/4": "family('mpi')",
            "mpich/3": "family('mpi') conflict('rival')",
            "lib/1": f"setenv('LIB', '{tree}') prepend_path('P', '/{tree}')",
            "app/2": "depends_on('lib', 'mpi')",
        }.items():
            if draw(st.integers(0, 6)):
                files[f"{tree}/{name}"] = f"{body}\n" + (draw(BROKEN) if draw(st.integers(0, 12)) == 12 else draw(REST))
    files["Core/lib/0"] = draw(REST)
    files["Core/bad/1"] = f"setenv('B', 'bad') load('lib')\n{draw(BROKEN)}"
    files["Core/late/1"] = (
        f"{draw(REST)}\nif mode() == 'unload' then\n{draw(BROKEN.filter(lambda b: 'not' not in b))}\nend"
    )
    files["Core/rival/1"] = f"conflict('lib') {draw(REST)}\n{draw(RIVALRY)}\n{draw(REST)}"
    files["Core/kept/1"] = "add_property('lmod', 'sticky')\n" + draw(REST)
    return files


def check_consistency(prompt: Prompt) -> None:
    """Check that the variables that other tools read agree, and that the state is read without complaint."""
    files = [path for path in prompt.env.get("_LMFILES_", "").split(":") if path]
    assert all(path.endswith(f"/{name}.lua") for path, name in zip(files, prompt.loaded, strict=True))
    holders = {value for name, value in prompt.env.items() if name in {"LMOD_FAMILY_COMPILER", "LMOD_FAMILY_MPI"}}
    assert holders <= {name.partition("/")[0] for name in prompt.loaded}
    assert prompt.type("-t", "list") == 0
    assert "is lost" not in prompt.err


@promise(70, 1500, environ=ENVIRONMENTS, files=hierarchies(), lines=st.lists(WORDS, min_size=5, max_size=12))
def test_a_failing_command_changes_nothing(environ, files, lines):
    """Each command happens entirely or not at all, and after any number of them a purge leads back to the start."""
    with prompt_on(environ, files) as prompt:
        start, tree = prompt.everything(), files_of(prompt)
        for words in lines:
            before = prompt.everything()
            if prompt.type(*words) != 0:
                assert prompt.everything() == before
            check_consistency(prompt)
        assert prompt.type("--force", "purge") == 0
        assert prompt.everything() == start
        assert files_of(prompt) == tree


@promise(
    40,
    1000,
    environ=ENVIRONMENTS,
    files=hierarchies(),
    lines=st.lists(WORDS, min_size=2, max_size=5),
    at=st.integers(1, 8),
)
def test_an_interrupted_command_changes_nothing(environ, files, lines, at):
    """Whenever Ctrl-C comes, the shell is told of a failure and of nothing else."""
    with prompt_on(environ, files) as prompt:
        for words in lines[:-1]:
            prompt.type(*words)
        with interrupted(at) as reached:
            outcome = run(["bash", *lines[-1]], dict(prompt.env), say=lambda _: None)
        if reached():
            assert outcome.status == 130
            assert outcome.out == "false\n"


def test_pcall_does_not_swallow_an_interrupt():
    """Ctrl-C ends the command even where a modulefile goes on after whatever goes wrong."""
    with prompt_on({}, {"Core/one/1": "pcall(load, 'there') setenv('ONE', '1')"}) as prompt, interrupted(2):
        outcome = run(["bash", "load", "one"], prompt.env, say=lambda _: None)
    assert (outcome.out, outcome.status) == ("false\n", 130)


@contextmanager
def interrupted(at: int):
    """Let the evaluation of modulefiles be interrupted when the one with this number begins."""
    real, left = Session.evaluate, [at]

    def evaluate(session, path, host):
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        real(session, path, host)

    Session.evaluate = evaluate
    try:
        yield lambda: left[0] <= 0
    finally:
        Session.evaluate = real


# The state variable.

MODULE_NAMES = st.lists(st.sampled_from(["a", "b", "c", "cat/d", "é", "x+y", "n-1"]), unique=True, max_size=6)
ANY_TEXT = st.text(LETTERS + "xyz019", max_size=8)
HOME = "/home/user"
EDITS = st.tuples(
    st.sampled_from(["prepend", "append", "remove", "expel", "unprepend", "unappend"]),
    ANY_TEXT.map(lambda path: tidy(path, HOME)).filter(lambda path: path[:1] != "~"),  # as all words give them
    st.sampled_from([":", ":", ";", ",", "--"]),
    st.integers(-100, 100),
)
FOUND = st.builds(
    Found,
    st.none() | ANY_TEXT,
    st.lists(st.tuples(ANY_TEXT, st.integers(1, 9), st.integers(-9, 9)), max_size=2).map(tuple),
)


@st.composite
def states(draw):
    """Draw a state, of modules that are or were loaded and of variables with a past."""
    names = draw(MODULE_NAMES)
    known = st.lists(st.sampled_from([*names, "gone"]), max_size=3, unique=True).map(tuple)
    modules = []
    for name in names:
        version = draw(st.sampled_from(["", "1.0", "1/2", "é", "64/1/2"]))
        active = draw(st.booleans())
        module = Loaded(
            name,
            version,
            f"/r/{name}/{version}.lua",
            draw(st.sampled_from([name, f"{name}/{version}", "other"])),
            wanted=draw(st.booleans()),
            brings=draw(known) if active else (),
            needs=draw(known) if active else (),
            properties=draw(st.lists(st.sampled_from(["lmod:sticky", "arch:gpu", "é:x"]), max_size=2).map(tuple)),
            active=active,
            recorded=draw(st.booleans()),
        )
        modules.append(module)
    owners = st.sampled_from(["", *(module.name for module in modules if module.active)])
    steps = st.lists(st.tuples(owners, EDITS | st.builds(Assign, st.none() | ANY_TEXT) | FOUND), min_size=1, max_size=5)
    histories = {}
    for name in draw(st.lists(st.sampled_from(["PATH", "P", "A", "MODULEPATH", "FPATH"]), unique=True)):
        base = draw(st.none() | ANY_TEXT)
        histories[name] = (base, tuple(draw(steps)))
    system = draw(st.none() | ANY_TEXT)
    return tuple(modules), histories, system


RULES = st.builds(Rules, duplicates=st.booleans(), stay=st.booleans(), home=st.just(HOME))


@promise(200, 6000, parts=states(), rules=RULES, short=st.sampled_from([0, 1500, 1 << 20]))
def test_what_is_decoded_is_what_was_encoded(parts, rules, short):
    """The state survives the way through the environment, whatever modules are called and values hold."""
    modules, pasts, system = parts
    histories = {name: History(base, steps, rules.of(name)) for name, (base, steps) in pasts.items()}
    active = [module for module in modules if module.active]
    loaded = ":".join(module.full_name for module in active)
    texts = {name: history.text(clean=name == "PATH") for name, history in histories.items()}
    found = {name: text for name, text in texts.items() if text is not None}
    found.update(LOADEDMODULES=loaded, _LMFILES_=":".join(module.path for module in active))

    with mock.patch.object(codec, "SHORT", short):
        text = codec.encode(State(modules, histories, system), loaded)
    if text is None:
        assert (modules, histories, system) == ((), {}, None)
        return
    assert text.isascii()
    assert text.isprintable()
    read = codec.decode(text, found, rules)
    assert read.modules == modules
    assert read.system_path == system
    assert {name: (history.base, history.steps) for name, history in read.histories.items()} == pasts
    assert {name: history.text(clean=name == "PATH") for name, history in read.histories.items()} == texts
