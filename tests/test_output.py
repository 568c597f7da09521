"""Where text goes and how it looks: channels, pager, colours, and what each list shows to whom."""

from __future__ import annotations

import os
import pty
import re
import subprocess

import pytest
from lupa.lua54 import LuaRuntime

from lmodpy.shells.base import NAMES, shell
from tests.launcher import lmodpy_cmd
from tests.needs import needs

NASTY = """plain
  two  blanks, a\ttab, and one at the end\x20
'single' "double" `back` $HOME $(false) \\n \\\\ \\c %s %% !! # ~ * ? [a] {b,c} = ; & | < > ( )
-n
-e x

\x1b[1;32mgreen\x1b[0m umlaut ä \udcff
last line without an end"""


@pytest.fixture
def tools(site):
    """Two versions of a compiler, a hidden one, and a library of each kind."""
    site.modulefile("Core/gcc/12.lua", 'whatis("Description: the compiler") whatis("Category: compilers, languages")')
    site.modulefile("Core/gcc/13.lua", 'whatis("Category: compilers") prepend_path("MODULEPATH", ROOT.."/gcc13")')
    site.modulefile("Core/gcc/.14.lua")
    site.modulefile("Core/Zlib/1.lua", 'whatis("Keywords: compression")')
    site.modulefile("Core/app/2.lua", 'depends_on("Zlib") add_property("state", "testing")')
    site.modulefile("Core/py/3.lua", 'extensions("numpy/1.26, six/1")')
    site.modulefile("gcc13/mpi/4.lua", 'whatis("Name: mpi") whatis("Category: MPI")')
    site.modulefile("Core/.modulerc.lua", 'module_alias("cc", "gcc/12") module_version("gcc/12", "lts")')
    return site


# Channels


@pytest.mark.parametrize("name", ["bash", "zsh", "dash", "ksh", "mksh", "sh", "fish", "rc"])
def test_a_redirected_list_is_printed_byte_for_byte(name):
    """The shell prints exactly what would have stood on stderr, whatever it is."""
    nasty = NASTY.replace("\udcff", "\udcfe") if name == "rc" else NASTY  # rc takes that byte for the end of a file
    for text in nasty, f"{nasty}\n", "\n\n", "x":
        script = shell(name).echo(text)
        done = subprocess.run([needs(name), "-c", os.fsencode(script)], capture_output=True, check=True)
        assert done.stdout == os.fsencode(text)
        assert done.stderr == b""


def test_every_shell_knows_whether_it_prints():
    """Those of the sh family do; where Lmod ignores --redirect, so does lmodpy."""
    silent = {name for name in NAMES if shell(name).echo("x") is None}
    assert {"python", "perl", "ruby", "r", "cmake", "json"} <= silent
    assert {"bash", "zsh", "sh", "dash", "ksh"}.isdisjoint(silent)


CHANNELS = [
    # options, environment, whether the list comes on stdout
    (["list"], {}, False),
    (["--redirect", "list"], {}, True),
    (["list", "--redirect"], {}, True),
    (["list"], {"LMOD_REDIRECT": "yes"}, True),
    (["--no_redirect", "list"], {"LMOD_REDIRECT": "yes"}, False),
    (["list"], {"LMOD_REDIRECT": "no"}, False),
]


@pytest.mark.parametrize(("words", "variables", "redirected"), CHANNELS)
def test_lists_go_where_they_are_wanted(tools, words, variables, redirected):
    """To stderr, unless the user or the site says otherwise."""
    tools.load("gcc/12")
    tools.env |= variables
    tools.module(*words)
    assert ("gcc/12" in tools.out) == redirected
    assert ("gcc/12" in tools.err) != redirected


@pytest.mark.parametrize(
    "words", ["avail", "show gcc", "whatis gcc", "help gcc", "overview", "keyword gcc", "-t aliases"]
)
def test_what_was_asked_for_is_redirected(tools, words):
    """Every command that shows something shows it there; what is left for stderr is nothing."""
    tools.env["LMOD_REDIRECT"] = "yes"
    tools.module(*words.split())
    assert "gcc" in tools.out
    assert tools.err == ""


def test_messages_stay_on_stderr(tools):
    """Warnings, errors, changes and tables are not for a pipe."""
    tools.env["LMOD_REDIRECT"] = "yes"
    assert "nope" in tools.module("whatis", "nope", "gcc").err
    assert "nope" in tools.fails("load", "nope")
    assert "activeList" in tools.module("tablelist").err
    assert "_ModuleTable_" in tools.module("--mt").err
    tools.load("gcc/12")
    assert "gcc/12 => gcc/13" in tools.load("gcc/13").err or tools.loaded == ["gcc/13"]


# A terminal


def on_terminal(words: list[str], environ: dict[str, str]) -> tuple[bytes, bytes, int]:
    """Run a command with stderr on a terminal of 24 lines; return stdout, what the terminal got, and the status."""
    ours, theirs = pty.openpty()
    subprocess.run(["stty", "rows", "24", "cols", "80"], stdin=theirs, check=True)
    command = subprocess.Popen(
        [lmodpy_cmd(), "bash", *words], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=environ
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    out = command.stdout.read()
    command.stdout.close()
    os.close(ours)
    return out, shown.replace(b"\r\n", b"\n"), command.wait(timeout=20)


@pytest.fixture
def terminal(tmp_path):
    """A site with more modules than a screen has lines, and a pager that leaves a trace."""
    for number in range(60):
        (tmp_path / "mf" / f"some-very-long-name-of-a-module-{number}").mkdir(parents=True)
        (tmp_path / "mf" / f"some-very-long-name-of-a-module-{number}" / "1.lua").touch()
    pager = tmp_path / "pager"
    pager.write_text('#!/bin/sh\\nprintf "PAGED %s %s<" "$LESS" "$*"; cat; echo ">"\\n'.replace("\\n", "\n"))
    pager.chmod(0o755)
    return {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "MODULEPATH": str(tmp_path / "mf"),
        "LMOD_PAGER": "pager",
        "TERM": "xterm",
    }


@pytest.mark.parametrize("words", [["avail"], ["list"]])
def test_a_pager_shows_lists_on_a_terminal(terminal, words):
    """It gets the list and its options; what the shell is told comes as ever."""
    out, shown, status = on_terminal(words, terminal | {"LMOD_PAGER": "pager -x", "LMOD_PAGER_OPTS": "-Z"})
    assert re.fullmatch(rb"PAGED -Z -x<.*(module-59/1|No modules loaded).*>\n", shown, re.DOTALL)
    assert (out, status) == (b"", 0)


@pytest.mark.parametrize("pager", ["none", "", "not-there-at-all", "/dev/null"])
def test_without_a_pager_the_list_is_just_printed(terminal, pager):
    """No pager is wanted, or there is none."""
    _, shown, status = on_terminal(["avail"], terminal | {"LMOD_PAGER": pager})
    assert b"module-59/1" in shown
    assert b"PAGED" not in shown
    assert status == 0


def test_options_choose_the_pager(terminal):
    """--no-pager does without it for once."""
    assert b"PAGED" not in on_terminal(["--no-pager", "avail"], terminal)[1]


def test_errors_are_not_paged(terminal):
    """A pager is for what one asked for."""
    _, shown, status = on_terminal(["load", "nope"], terminal)
    assert b"PAGED" not in shown
    assert status == 1


def test_a_pager_may_be_left_early(terminal, tmp_path):
    """Who has seen enough leaves; the command goes on as if all had been read."""
    for number in range(3000):
        (tmp_path / "mf" / f"m{number:04}.lua").touch()
    (tmp_path / "pager").write_text("#!/bin/sh\necho ENOUGH\n")
    _, shown, status = on_terminal(["-t", "avail"], terminal)
    assert (shown, status) == (b"ENOUGH\n", 0)


def test_less_is_not_started_for_what_fits(terminal, tmp_path):
    """With -F it would end at once; so a short list costs no further process, and a long one is shown by it."""
    (tmp_path / "pager").rename(tmp_path / "less")
    with_less = terminal | {"LMOD_PAGER": "less"}
    assert on_terminal(["list"], with_less)[1] == b"No modules loaded\n"
    assert b"PAGED -XqMREF" in on_terminal(["avail"], with_less)[1]
    assert b"PAGED -R" in on_terminal(["list"], with_less | {"LMOD_PAGER_OPTS": "-R"})[1]


COLOURS = [
    ({}, [], True),
    ({"TERM": "dumb"}, [], False),
    ({"TERM": ""}, [], False),
    ({"NO_COLOR": "1"}, [], False),
    ({"NO_COLOR": ""}, [], True),
    ({"LMOD_COLORIZE": "no"}, [], False),
    ({"LMOD_COLORIZE": "force", "NO_COLOR": "1"}, [], True),
    ({"LMOD_COLORIZE": "no"}, ["--color=always"], True),
    ({}, ["--color=never"], False),
]


@pytest.mark.parametrize(("variables", "options", "coloured"), COLOURS)
def test_colours_on_a_terminal(terminal, variables, options, coloured):
    """They are there unless the user, the site or the terminal says no: in lists and in errors."""
    environ = terminal | {"LMOD_PAGER": "none"} | variables
    for words in ["avail"], ["load", "nope"]:
        assert (b"\033[" in on_terminal([*options, *words], environ)[1]) == coloured


def test_colours_elsewhere_only_by_force(tools):
    """A file or a program gets none, unless it wants some."""
    assert "\033[" not in tools.module("avail").err
    tools.env["LMOD_COLORIZE"] = "force"
    assert "\033[" in tools.module("avail").err
    assert "\033[" in tools.module("--redirect", "avail").out


def test_hidden_modules_may_be_in_italics(tools):
    """LMOD_HIDDEN_ITALIC chooses how they differ."""
    tools.env["LMOD_COLORIZE"] = "force"
    assert "\033[2mgcc/.14 (H)\033[0m" in tools.module("--all", "avail").err
    tools.env["LMOD_HIDDEN_ITALIC"] = "yes"
    assert "\033[3mgcc/.14 (H)\033[0m" in tools.module("--all", "avail").err


# Lists


def test_marks_tell_properties(tools):
    """What a loaded module says of itself is marked and explained, in both lists."""
    tools.load("app")
    assert "app/2 (T)" in tools.module("list").err
    assert "  T  is being tested\n" in tools.err
    assert "app/2 (T,L)" in tools.module("avail").err


TERSE = [
    ("-t avail gcc", {}, "cc(@gcc/12) CORE: gcc/lts(@gcc/12) gcc/12 gcc/13"),
    ("-t -r avail ^g.*3$", {}, "CORE: gcc/13"),
    ("-t -r avail ^G", {}, ""),
    ("-t avail --latest", {}, "cc(@gcc/12) CORE: Zlib/ Zlib/1 app/ app/2 gcc/ gcc/13 py/ py/3"),
    ("-t avail z", {"LMOD_CASE_INDEPENDENT_SORTING": "yes"}, "CORE: Zlib/1"),
    ("-t -d avail", {"LMOD_CASE_INDEPENDENT_SORTING": "yes"}, "cc(@gcc/12) CORE: app/2 gcc/13 py/3 Zlib/1"),
    ("-t -d avail", {}, "cc(@gcc/12) CORE: Zlib/1 app/2 gcc/13 py/3"),
    ("-t -d avail /core", {}, ""),
    ("-t -d avail /core", {"LMOD_MPATH_AVAIL": "yes"}, "CORE: Zlib/1 app/2 gcc/13 py/3"),
    ("-t --all avail gcc/.", {}, "CORE: gcc/.14 <H>"),
    ("-t avail gcc/.", {"LMOD_SHOW_HIDDEN": "avail"}, "CORE: gcc/.14 <H>"),
    ("-t avail gcc/.", {"LMOD_SHOW_HIDDEN": "list"}, ""),
    ("--terse_show_extensions avail py", {}, "CORE: py/3 #    numpy/1.26 #    six/1"),
    ("-t avail py", {}, "CORE: py/3"),
    ("-t aliases", {}, "cc(@gcc/12) CORE: gcc/lts(@gcc/12)"),
    ("-t aliases nothing", {}, ""),
    ("-t category", {}, "MPI compilers languages"),
    ("-t category comp", {}, "compilers: gcc"),
    ("-t -r category ^c", {}, "compilers: gcc"),
    ("-t keyword COMPRESS", {}, "Zlib/ Zlib/1"),
    ("-t keyword mpi", {}, "gcc/ gcc/12 gcc/13 mpi/ mpi/4"),
    ("-t keyword numpy six", {}, "numpy/ numpy/1.26 six/ six/1"),
    ("-t keyword 'not there'", {}, ""),
]


@pytest.mark.parametrize(("words", "variables", "lines"), TERSE)
def test_terse_lists(tools, words, variables, lines):
    """What programs read, line by line."""
    tools.env |= variables
    told = tools.module(*words.replace("'not there'", "not-there").split()).err
    assert told.replace(f"{tools.root}/Core", "CORE").splitlines() == lines.split(" ") or (
        told.replace(f"{tools.root}/Core", "CORE").split() == lines.split()
    )


def test_list_finds_other_names(tools):
    """A word may be in the name by which a module was loaded; with -r it is a pattern."""
    tools.load("cc", "app")
    assert tools.module("-t", "list", "cc").err.split() == ["gcc/12", "cc"]
    assert tools.module("-t", "-r", "list", "^a").err.split() == ["app/2"]
    assert tools.module("-t", "-r", "list", "^cc$").err.split() == ["gcc/12", "cc"]
    assert tools.module("-t", "-b", "list").err.split() == ["gcc/12", "cc", "app/2"]


def test_a_bad_pattern_is_an_error(tools):
    """It says what is wrong with it."""
    for words in ["avail", "["], ["list", "["], ["keyword", "["]:
        assert "is no Lua pattern" in tools.fails("-r", *words)


def test_the_tree_shows_who_needs_whom(site):
    """What several need is told in full once; what has gone is named."""
    site.modulefile("Core/zlib/1.lua")
    site.modulefile("Core/hdf5/2.lua", 'depends_on("zlib")')
    site.modulefile("Core/netcdf/3.lua", 'depends_on("hdf5")')
    site.modulefile("Core/app/4.lua", 'depends_on("netcdf", "hdf5")')
    site.load("app", "zlib")

    assert site.module("list", "--tree").err.splitlines() == [
        "app/4",
        "├── netcdf/3",
        "│   └── hdf5/2",
        "│       └── zlib/1",
        "└── hdf5/2 …",
        "zlib/1",
    ]
    site.unload("zlib")
    assert "hdf5/2\n│       └── zlib (not loaded)" in site.module("list", "--tree").err
    assert site.module("purge").module("list", "--tree").err == "No modules loaded\n"


def test_overview_counts_versions(tools):
    """Names with numbers, directory by directory; hidden versions count for those who see them."""
    tools.load("gcc/13")
    lines = tools.module("overview").err.splitlines()
    assert lines[2] == "mpi (1)"
    assert lines[5] == "Zlib (1)   app (1)   gcc (2)   py (1)"
    assert "gcc (3)" in tools.module("--all", "overview", "gcc").err
    assert tools.module("overview", "nothing").err == ""


def test_keyword_tells_what_was_found(tools):
    """People get a line about each; `search` and `apropos` are other words for it."""
    text = tools.module("keyword", "compiler").err
    assert "gcc/12, gcc/13" in text
    assert "the compiler" in text
    assert tools.module("search", "compiler").err == tools.module("apropos", "compiler").err == text
    assert "takes a word" in tools.fails("keyword")
    assert tools.module("keyword", "nothing-at-all").err.startswith("No module has nothing-at-all in its name")


def test_last_error_is_what_lmod_left(tools):
    """lmodpy leaves none, and says so."""
    assert "a command that fails changes nothing" in tools.module("last-error").err
    tools.env["__LMOD_LAST_ERROR"] = "it was the weather"
    assert tools.module("last-error").err == "it was the weather\n"


def test_tables_are_lua(tools):
    """Lua reads them, and finds what is loaded."""
    tools.modulefile('Core/my-"x"/1.lua')
    tools.env["LMOD_FAMILY_COMPILER"] = "gcc"
    tools.load("app", "gcc/13", 'my-"x"')
    lua = LuaRuntime()
    lua.execute(tools.module("tablelist").err + tools.module("--mt").err)
    known, table = lua.globals().activeList, lua.globals()._ModuleTable_

    assert dict(known.items()) == {"Zlib": "1", "app": "2", "gcc": "13", 'my-"x"': "1"}
    assert list(table.mpathA.values()) == tools.env["MODULEPATH"].split(":")
    assert table.family.compiler == "gcc"
    assert [table.mT[name].loadOrder for name in ("Zlib", "app", "gcc", 'my-"x"')] == [1, 2, 3, 4]
    assert (table.mT.Zlib.ref_count, table.mT.Zlib.stackDepth, table.mT.app.stackDepth) == (1, 1, 0)
    assert table.mT.app.propT.state.testing == 1
