"""What people read is laid out well; what programs read has the form they expect."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmodpy.errors import LmodError, ModulefileError, ModuleNotFound
from lmodpy.modulefile.operations import Call
from lmodpy.modulefile.properties import Mark
from lmodpy.names.request import Request, atleast, between, latest
from lmodpy.report.details import call_line, help_text, show_text, whatis_text
from lmodpy.report.listing import Block, Entry, avail_list, changes_text, loaded_list, terse_avail, terse_list
from lmodpy.report.text import PLAIN, Style, columns, error_text, rule, visible, warning_text, wrap
from lmodpy.session.loaded import Changes
from tests.needs import needs

COLOURED = Style(colour=True)


# Text


def test_columns_are_read_downwards():
    """Items fill the first column before the second, in as few rows as the width allows."""
    assert columns(["a", "bb", "ccc", "d", "e"], 14) == "a    ccc   e\nbb   d\n"
    assert columns(["a", "bb", "ccc", "d", "e"], 80) == "a   bb   ccc   d   e\n"
    assert columns(["a", "bb"], 1) == "a\nbb\n"
    assert columns(["a", "bb"], 80, "    ") == "    a   bb\n"
    assert columns([], 80) == ""


def test_colours_take_no_room():
    """Coloured items stand where plain ones would."""
    items = ["gcc/12.2", "clang/16", "cmake/3.28", "python/3.11"]
    coloured = [COLOURED.green(item) if i % 2 else item for i, item in enumerate(items)]

    for width in range(8, 60):
        stripped = re.sub(r"\033\[[0-9;]*m", "", columns(coloured, width))
        assert stripped == columns(items, width)


@given(st.lists(st.text("ab/.1", min_size=1, max_size=30), max_size=60), st.integers(1, 120))
def test_columns_fit_and_lose_nothing(items, width):
    """No line is wider than the terminal, unless one item alone is; all items are there, in order."""
    lines = columns(items, width).splitlines()

    assert all(len(line) <= width for line in lines) or len(lines) == len(items)
    rows = [line.split() for line in lines]
    longest = max(map(len, rows), default=0)
    assert [row[column] for column in range(longest) for row in rows if column < len(row)] == items


def test_a_style_without_colour_changes_nothing():
    """Text is the same without colours, and has codes only where colours are wanted."""
    for ink in "bold", "faint", "red", "green", "yellow":
        assert getattr(PLAIN, ink)("text") == "text"
        assert getattr(COLOURED, ink)("text") != "text"
        assert visible(getattr(COLOURED, ink)("text")) == 4
        assert getattr(COLOURED, ink)("") == ""


WRAPPED = [
    ("one two three", 7, "one two\nthree\n"),
    ("one two three", 80, "one two three\n"),
    ("type `module load gcc` now", 12, "type\n`module load gcc`\nnow\n"),
    ("a-word-that-does-not-fit x", 5, "a-word-that-does-not-fit\nx\n"),
    ("one\n\n  kept   as it is\ntwo", 8, "one\n\n  kept   as it is\ntwo\n"),
    ("", 80, ""),
]


@pytest.mark.parametrize(("text", "width", "wrapped"), WRAPPED)
def test_long_lines_are_broken_between_words(text, width, wrapped):
    """Lines are broken where it does no harm: not in a command, nor where someone laid out the text."""
    assert wrap(text, width) == wrapped


def test_wrapped_text_may_be_indented():
    """The indent counts for the width."""
    assert wrap("one two three", 9, "  ") == "  one two\n  three\n"


def test_a_rule_has_its_title_in_the_middle():
    """The line reaches across, whatever the title's length."""
    assert rule("x", 13) == "----- x -----"
    assert rule("", 9) == "---------"
    assert rule("longer than that", 9) == "---- longer than that ----"


# Errors


def test_an_error_says_what_where_and_what_next(tmp_path):
    """A failing modulefile is named with its line, the line is shown, and what to type is below."""
    path = tmp_path / "12.2.lua"
    path.write_text('whatis("x")\n  setenv("A")\n')

    text = error_text(
        ModulefileError("`setenv` takes 2 arguments", f"{path}:2", hint="`module show gcc` shows it"), PLAIN
    )

    assert text.splitlines() == [
        "lmodpy: error: `setenv` takes 2 arguments",
        f"  in {path}:2",
        '    2 | setenv("A")',
        "  hint: `module show gcc` shows it",
    ]


@pytest.mark.parametrize("where", ["/gone/12.2.lua:3", "/gone/12.2.lua", "12", ":1", "/:1", "/gone/a:b"])
def test_a_place_that_cannot_be_read_is_still_named(where):
    """The file may be gone, or the line unknown."""
    assert error_text(ModulefileError("bad", where), PLAIN) == f"lmodpy: error: bad\n  in {where}\n"


def test_a_line_beyond_the_end_or_of_any_bytes_does_no_harm(tmp_path):
    """The file may have changed since, or hold anything."""
    path = tmp_path / "1.lua"
    path.write_bytes(b"\xff\xfe\n")

    assert error_text(ModulefileError("bad", f"{path}:7"), PLAIN) == f"lmodpy: error: bad\n  in {path}:7\n"
    assert "    1 | \udcff\udcfe\n" in error_text(ModulefileError("bad", f"{path}:1"), PLAIN)


def test_a_simple_error_is_a_line_or_two():
    """Without a place and without a hint, nothing stands for them."""
    assert error_text(LmodError("no"), PLAIN) == "lmodpy: error: no\n"
    assert error_text(ModuleNotFound("no", hint="a\nb"), PLAIN) == "lmodpy: error: no\n  hint: a\n    b\n"


def test_lines_of_a_message_stay_together():
    """What a modulefile says in several lines hangs under the first."""
    assert error_text(LmodError("one\ntwo\n"), PLAIN) == "lmodpy: error: one\n    two\n"
    assert warning_text("one\ntwo\n", PLAIN) == "lmodpy: warning: one\n    two\n"


def test_colours_only_colour():
    """An error reads the same without colours."""
    error = ModulefileError("bad", "/x.lua:1", hint="do")

    assert re.sub(r"\033\[[0-9;]*m", "", error_text(error, COLOURED)) == error_text(error, PLAIN)
    assert "\033[" in error_text(error, COLOURED)


EASYBUILD_ERROR = re.compile(r"^\S+:(\w+):(\d+):\s", re.MULTILINE)
JUPYTER_MODULE = re.compile(r"^[\w\-_+.\/]{1,}[^\/:]$", re.MULTILINE)


def test_clients_take_no_line_of_a_message_for_something_else():
    """Neither EasyBuild's pattern of errors nor jupyterlmod's of modules matches what we say."""
    texts = [
        error_text(ModulefileError("text", "/x/1.lua:12", hint="word"), PLAIN),
        warning_text("one\nword", PLAIN),
        changes_text(Changes(("a",), ("b",), ("c",), (("d", "e"),), (("f", "g"),)), 80, PLAIN),
    ]

    assert not any(EASYBUILD_ERROR.search(text) or JUPYTER_MODULE.search(text) for text in texts)


# Lists

GCC = Entry("gcc/12.2", ("L", "D"), "gcc", ("lts", "old"))
SITE = [
    Block("/opt/Core", (Entry("gcc/11.3", (), "gcc"), GCC, Entry("tool", ("H",)))),
    Block("/opt/empty", ()),
    Block("/opt/gcc", (Entry("mpi/4.1", ("F",), "mpi"), Entry("py/3", (), "py", extensions=("numpy/1.26", "six/1")))),
]


def test_what_can_be_loaded_is_listed_by_directory():
    """Directories that offer something head their modules; the marks that occur are explained, then how to search."""
    assert avail_list(SITE, 60, PLAIN, aliases=[("mpicc", "mpi/4.1"), ("lost", "")]).splitlines() == [
        "----------------------- other names ------------------------",
        "  mpicc -> mpi/4.1   lost -> (N/A)",
        "",
        "------------------------ /opt/Core -------------------------",
        "  gcc/11.3   gcc/12.2 (L,D,lts:old)   tool (H)",
        "",
        "------------------------- /opt/gcc -------------------------",
        "  mpi/4.1 (F)   py/3",
        "",
        "  L  is loaded",
        "  D  is the default: loaded if no version is given",
        "  H  is hidden; shown since hidden modules were asked for",
        "  F  is forbidden: loading it is refused",
        "",
        "`module avail WORD` lists only names that contain the word;",
        "`module whatis NAME` describes a module.",
    ]


def test_without_marks_there_is_no_legend():
    """Only what occurs is explained, properties too."""
    plain = avail_list([Block("/r", (Entry("a/1"),))], 20, PLAIN)
    assert plain.startswith("-------- /r --------\n  a/1\n\n`module avail")

    marked = avail_list([Block("/r", (Entry("a/1", (Mark("g", "is built for GPUs"), "L")),))], 20, PLAIN)
    assert marked.startswith("-------- /r --------\n  a/1 (g,L)\n\n  L  is loaded\n  g  is built for GPUs\n\n`module")


def test_directories_of_one_title_are_one_block():
    """They stand where the first of them is; others keep their own names."""
    text = avail_list(
        [*SITE, Block("/opt/more", (Entry("zlib/1"),))], 60, PLAIN, titles={"/opt/gcc": "MPI", "/opt/more": "MPI"}
    )

    assert [line.strip("- ") for line in text.splitlines() if line.startswith("---")] == ["/opt/Core", "MPI"]
    assert "  mpi/4.1 (F)   py/3   zlib/1\n" in text


def test_nested_versions_are_remarked_on():
    """For such a name the first directory decides, which is worth knowing only if there are several."""
    nested = Block("/opt/a", (Entry("mpi/64/4", (), "mpi"), Entry("x/1", (), "x")))

    assert "Of mpi there are nested versions" in avail_list([nested, SITE[2]], 60, PLAIN)
    assert "nested" not in avail_list([nested], 60, PLAIN)
    assert "nested" not in avail_list(SITE, 60, PLAIN)


def test_nothing_found_says_where_else_to_look():
    """An empty list is a sentence and a command."""
    text = avail_list([Block("/opt/Core", ())], 80, PLAIN)

    assert text.startswith("No module that can be loaded now matches.\n")
    assert "`module avail WORD`" in text


def test_colours_do_not_move_the_lists():
    """Both lists read the same without colours."""
    for make in (
        lambda style: avail_list(SITE, 60, style),
        lambda style: loaded_list([GCC, Entry("zlib/1", ("dep",))], ["mpi"], 60, style),
    ):
        assert "\033[" in make(COLOURED)
        assert re.sub(r"\033\[[0-9;]*m", "", make(COLOURED)) == make(PLAIN)


def test_loaded_modules_are_numbered_in_load_order():
    """Order is what is shown; what came as a dependency is marked, inactive modules stand apart."""
    modules = [Entry(f"m{i}/1") for i in range(1, 9)] + [Entry("zlib/1.3", ("dep",)), Entry("gcc/12.2", alias="cc")]

    assert loaded_list(modules, ["openmpi", "hdf5/1.14"], 60, PLAIN).splitlines() == [
        "Loaded, in this order:",
        "   1) m1/1    5) m5/1    9) zlib/1.3 (dep)",
        "   2) m2/1    6) m6/1   10) cc -> gcc/12.2",
        "   3) m3/1    7) m7/1",
        "   4) m4/1    8) m8/1",
        "",
        "Inactive, since MODULEPATH does not offer them now:",
        "  1) openmpi   2) hdf5/1.14",
        "",
        "  dep  was not asked for; another module needs it",
    ]


def test_nothing_loaded_begins_with_words_that_programs_know():
    """CMake and jupyterlmod look for them, in the terse and the normal list."""
    assert terse_list([]) == "No modules loaded\n"
    assert loaded_list([], [], 80, PLAIN) == "No modules loaded\n"
    assert loaded_list([], ["mpi"], 80, PLAIN).startswith("No modules loaded\n\nInactive")


def test_nextflow_finds_the_loaded_version():
    """It searches the list for name and version, and cuts them out."""
    text = loaded_list([Entry("gcc/12.2", ("dep",)), Entry("openmpi/4.1.5")], [], 80, PLAIN)

    assert re.findall(r"openmpi/\S+", text) == ["openmpi/4.1.5"]


def test_the_terse_list_has_a_module_on_a_line():
    """An alias has a line of its own; decorations come only when wanted."""
    modules = [Entry("gcc/12.2", ("L",)), Entry("mpi/4.1", ("L",), alias="mpicc"), Entry(".x/1", ("H",))]

    assert terse_list(modules) == "gcc/12.2\nmpi/4.1\nmpicc\n.x/1\n"
    assert terse_list(modules, decorate=True) == "gcc/12.2\nmpi/4.1\nmpicc\n.x/1 <H>\n"


TERSE = """\
cc(@gcc/12.2)
/opt/Core:
gcc/
gcc/11.3
gcc/lts(@gcc/12.2)
gcc/old(@gcc/12.2)
gcc/12.2
tool
/opt/gcc:
mpi/
mpi/4.1
py/
py/3
"""


def test_terse_avail_is_what_programs_read():
    """Names, symbolic versions and versions stand on lines of their own, under their directory."""
    assert terse_avail(SITE, aliases=[("cc", "gcc/12.2")]) == TERSE
    assert terse_avail(SITE[2:], names=False) == "/opt/gcc:\nmpi/4.1\npy/3\n"
    assert terse_avail(SITE[2:], names=False, extensions=True).endswith("py/3\n#    numpy/1.26\n#    six/1\n")
    assert terse_avail(SITE[2:], names=False, decorate=True) == "/opt/gcc:\nmpi/4.1 <F>\npy/3\n"
    assert terse_avail([]) == ""


def test_jupyter_and_reframe_pick_the_modules_from_terse_avail():
    """Their patterns leave names and directories aside."""
    text = terse_avail(SITE)

    assert [line for line in text.splitlines() if JUPYTER_MODULE.match(line)] == [
        "gcc/11.3",
        "gcc/12.2",
        "tool",
        "mpi/4.1",
        "py/3",
    ]
    reframe = [line.split("(")[0] for line in text.splitlines() if line and not line.endswith((":", "/"))]
    assert set(reframe) == {"gcc/11.3", "gcc/lts", "gcc/old", "gcc/12.2", "tool", "mpi/4.1", "py/3"}


def test_changes_are_told_by_what_they_mean():
    """Each kind of change has a title that says why; without changes there is nothing to say."""
    changes = Changes(
        inactive=("hdf5",),
        activated=("fftw/3",),
        reloaded=("zlib/1",),
        versions=(("mpi/4.0", "mpi/4.1"),),
        replaced=(("gcc/12.2", "clang/16"),),
    )

    assert changes_text(changes).splitlines() == [
        "Replaced (only one of a family can be loaded):",
        "  gcc/12.2 => clang/16",
        "Now in another version (a name has one loaded version at a time):",
        "  mpi/4.0 => mpi/4.1",
        "Reloaded (the same module, from another directory of MODULEPATH):",
        "  zlib/1",
        "Active again (MODULEPATH offers them once more):",
        "  fftw/3",
        "Inactive (MODULEPATH does not offer them now; they return when it does):",
        "  hdf5",
    ]
    assert changes_text(Changes()) == ""


# One module


def call(word, *args):
    """Return a call whose operation plays no part here."""
    return Call(word, args, None)


LINES = [
    (call("setenv", "A", "b c"), 'setenv("A","b c")'),
    (call("setenv", "A", ""), 'setenv("A","")'),
    (call("setenv", "A", 'say "hi"\\n'), 'setenv("A","say "hi"\\n")'),
    (call("setenv", "A", 10), 'setenv("A","10")'),
    (call("setenv", "A", -3), 'setenv("A","-3")'),
    (call("setenv", "A", 1.5), 'setenv("A","1.5")'),
    (call("setenv", "A", 1e10), 'setenv("A","10000000000.0")'),
    (call("setenv", "A", 1e20), 'setenv("A","1e+20")'),
    (call("setenv", "A", True), 'setenv("A",true)'),
    (call("setenv", "A", "b", "respect"), 'setenv("A","b")'),
    (call("setenv", {1: "A", 2: "b", "modeA": {1: "load"}}), 'setenv{"A","b",modeA={"load"}}'),
    (call("setenv", {1: "A", 2: "b", "modeA": ("normal",)}), 'setenv("A","b")'),
    (call("setenv", {1: "A", 2: "b", "mode": ("load", "unload")}), 'setenv{"A","b",mode={"load","unload"}}'),
    (call("pushenv", "A", False), 'pushenv("A",false)'),
    (call("unsetenv", "A"), 'unsetenv("A")'),
    (call("prepend_path", "P", "/x"), 'prepend_path("P","/x")'),
    (call("prepend_path", "P", "/x", ":"), 'prepend_path("P","/x")'),
    (call("prepend_path", "P", "/x", ";"), 'prepend_path{"P","/x",delim=";"}'),
    (
        call("append_path", {1: "P", 2: "/x", "priority": 10, "delim": ":"}),
        'append_path{"P","/x",priority="10"}',
    ),
    (
        call("prepend_path", {1: "P", 2: "/x", "priority": 10, "delim": ";", "modeA": ("load",)}),
        'prepend_path{"P","/x",delim=";",modeA={"load"},priority="10"}',
    ),
    (call("remove_path", "P", "/x"), 'remove_path("P","/x")'),
    (call("load", "gcc", atleast("mpi", "4")), 'load("gcc",atleast("mpi","4"))'),
    (call("try_load", between("b", "1<", "2"), latest("c")), 'try_load(between("b","1<","2"),latest("c"))'),
    (call("depends_on", Request("gcc/12")), 'depends_on("gcc/12")'),
    (call("load", {1: "a", 2: "b", "n": 2}), 'load("a","b")'),
    (call("conflict", "q", "r/1"), 'conflict("q","r/1")'),
    (call("help", "one\ntwo"), "help([[one\ntwo]])"),
    (call("help", "one", "two"), "help([[one]], [[two]])"),
    (call("help"), "help()"),
    (call("whatis", "Name: x"), 'whatis("Name: x")'),
    (call("family", None), "family(nil)"),
    (call("set_shell_function", "f", "a\nb", "c"), 'set_shell_function("f","a\nb","c")'),
    (call("execute", {"cmd": "x", "modeA": {1: "load", 2: "unload"}}), 'execute{cmd="x", modeA={"load", "unload"}}'),
    (call("source_sh", "bash", "/x.sh a"), '--source_sh("bash","/x.sh a")'),
]


@pytest.mark.parametrize(("made", "line"), LINES, ids=[line for _, line in LINES])
def test_show_writes_calls_as_lmod_does(made, line):
    """Quotes, numbers, booleans, tables and requests have the form that clients parse."""
    assert call_line(made) == line


def test_show_begins_with_the_path_between_two_lines():
    """The border is four narrower than the terminal, and an empty line ends it all."""
    assert show_text("/m/a/1.lua", [call("family", "a")], 24) == (
        f'{"-" * 20}\n   /m/a/1.lua:\n{"-" * 20}\nfamily("a")\n\n'
    )


def test_easybuild_and_reframe_read_show():
    """Path, settings and conflicts are found by their patterns."""
    calls = [
        call("conflict", "gcc"),
        call("conflict", "b/1"),
        call("setenv", "EBROOTGCC", "/opt/gcc"),
        call("setenv", "E", ""),
    ]
    text = show_text("/opt/m/gcc/12.2.lua", calls)

    first = next(line for line in text.splitlines() if line.strip() and not line.startswith("---"))
    assert re.match(r"\s*/.+:\s*", first)
    assert re.search(r"^\s*(?P<modpath>[^/\n]*/[^\s]+):$", text, re.MULTILINE)["modpath"] == "/opt/m/gcc/12.2.lua"
    assert re.search(r'^setenv\("EBROOTGCC",\s*"(?P<value>.*)"\)', text, re.MULTILINE)["value"] == "/opt/gcc"
    assert [found.strip("()\"'") for found in re.findall(r"conflict\s*(\S+)", text)] == ["gcc", "b/1"]


LMOD = os.environ.get("LMOD_PEER", "/usr/share/lmod/lmod/libexec/lmod")
SHOWN_ALIKE = [
    made
    for made, line in LINES
    if made.word
    in {"setenv", "pushenv", "unsetenv", "append_path", "remove_path", "try_load", "load", "whatis", "help"}
    and "mode" not in line
    and not line.startswith(("pushenv", "try_load", 'load("a"', 'setenv("A","b")', 'setenv("A","say'))
]


def lua(value):
    """Write a value in Lua."""
    if isinstance(value, dict):
        listed = [lua(item) for key, item in value.items() if isinstance(key, int)]
        return "{" + ",".join(listed + [f"{k}={lua(v)}" for k, v in value.items() if isinstance(k, str)]) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"[==[{value}]==]"
    return str(value)


def test_lmod_shows_the_same(tmp_path):
    """The installed Lmod, given the same calls, prints the same text."""
    needs(LMOD)
    path = tmp_path / "m" / "a" / "1.lua"
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{made.word}({','.join(map(lua, made.args))})\n" for made in SHOWN_ALIKE))
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "MODULEPATH": f"{tmp_path}/m", "LMOD_PAGER": "none"}

    theirs = subprocess.run([LMOD, "bash", "show", "a"], env=env, capture_output=True, text=True, check=True).stderr

    assert len(SHOWN_ALIKE) > 15
    assert theirs == show_text(str(path), SHOWN_ALIKE, 80)


def test_descriptions_stand_behind_the_name():
    """Each line repeats the name, in a column of its own."""
    assert whatis_text("gcc/12.2", ["Name: gcc", "URL: x"]) == (
        "gcc/12.2            : Name: gcc\ngcc/12.2            : URL: x\n"
    )
    assert whatis_text("a-rather-long-name/1.2.3", ["x"]) == "a-rather-long-name/1.2.3: x\n"
    assert whatis_text("gcc/12.2", []) == ""


def test_help_is_given_or_its_absence_told():
    """The text follows a line with the name; without a text there is a command to type."""
    assert help_text("a/1", "Use it.", 30) == "-------- help for a/1 --------\nUse it.\n\n"
    assert help_text("a/1", "Use it.\n", 30).endswith("Use it.\n\n")
    assert "`module show a/1`" in help_text("a/1", " \n")
