"""The options, each by what it does; how they are spelt is in test_arguments.py."""

from __future__ import annotations

import json

import pytest

import lmodpy


@pytest.fixture
def stack(site):
    """A site with a compiler and an MPI that it opens."""
    site.modulefile(
        "Core/gcc/12.lua", 'family("compiler") prepend_path("MODULEPATH", ROOT.."/gcc") setenv("CC", "gcc")'
    )
    site.modulefile("gcc/mpi/4.lua", 'depends_on("zlib")')
    site.modulefile("Core/zlib/1.lua", 'setenv("ZLIB", "1")')
    site.modulefile("Core/clang/17.lua", 'family("compiler") setenv("CC", "clang")')
    return site


# What happens, as it happens.


@pytest.mark.parametrize("option", ["-T", "--trace", "LMOD_TRACING=yes"])
def test_trace_tells_what_is_loaded_from_where(stack, option):
    """Each modulefile is named with its path before it runs, indented below the one that loads it."""
    words = [option]
    if "=" in option:
        words, stack.env["LMOD_TRACING"] = [], "yes"
    stack.module(*words, "load", "gcc", "mpi")
    told = [line for line in stack.err.splitlines() if "loading" in line]
    assert told == [
        f"  loading gcc/12 (file: {stack.root}/Core/gcc/12.lua, asked for as gcc)",
        f"  loading mpi/4 (file: {stack.root}/gcc/mpi/4.lua, asked for as mpi)",
        f"    loading zlib/1 (file: {stack.root}/Core/zlib/1.lua, asked for as zlib)",
    ]
    assert stack.loaded == ["gcc/12", "zlib/1", "mpi/4"]


@pytest.mark.parametrize("options", [["-D"], ["--debug", "1"], ["--debug=2"]])
def test_debug_also_tells_what_modulefiles_say(stack, options):
    """Every word of a modulefile is shown as `show` writes it."""
    stack.module(*options, "load", "gcc")
    assert '    setenv("CC","gcc")\n' in stack.err
    assert stack.err.startswith(f"Lmod version: {lmodpy.LMOD_VERSION}")
    assert f"\nlmod({' '.join(options)} load gcc){{\n" in stack.err


def test_trace_is_told_in_quiet(stack):
    """Who looks for a fault hears of it, even where messages are off; debug level 0 is none."""
    assert "loading zlib/1" in stack.module("-q", "-T", "load", "zlib").err
    stack.env["LMOD_DEBUG"] = "0"
    assert stack.load("gcc").err == ""


def test_timer_tells_how_long_it_took(stack):
    """The time of all modulefiles and of the whole command, in milliseconds."""
    stack.module("--timer", "load", "gcc", "mpi")
    files, everything = stack.err.splitlines()
    assert files.split()[0] == "modulefiles"
    assert files.endswith("(3 read)")
    assert 0 < float(files.split()[1]) < float(everything.split()[2])


# Who is told how much.


def test_expert(stack):
    """An expert gets no hints, no messages, and two members of a family."""
    text = stack.fails("--expert", "load", "mpi")
    assert "hint" not in text
    stack.module("--expert", "load", "gcc", "clang")
    assert stack.loaded == ["gcc/12", "clang/17"]
    assert (stack.env["CC"], stack.env["LMOD_FAMILY_COMPILER"]) == ("clang", "clang")
    assert stack.err == ""


def test_novice_is_told_everything(stack):
    """`--novice` outdoes LMOD_EXPERT and LMOD_QUIET."""
    stack.env |= {"LMOD_EXPERT": "1", "LMOD_QUIET": "yes"}
    assert "hint" not in stack.fails("load", "mpi")
    assert "module load gcc/12 mpi" in stack.fails("--novice", "load", "mpi")
    stack.load("gcc")
    assert "gcc/12 => clang/17" in stack.module("--novice", "load", "clang").err


@pytest.mark.parametrize("option", ["-q", "--quiet", "--silent", "--initial_load", "LMOD_QUIET", "LMOD_EXPERT"])
def test_quiet(stack, option):
    """What modulefiles and lmodpy have to say is left out."""
    stack.modulefile("Core/loud/1.lua", 'LmodMessage("LOUD") unload("nothing")')
    words = [option] if option.startswith("-") else []
    if not words:
        stack.env[option] = "1"
    assert stack.module(*words, "load", "loud").err == ""
    assert stack.module(*words, "unload", "nothing").err == ""


# Values that are not understood.


def test_a_malformed_setting_is_mentioned_once(stack):
    """A number that is none counts as the default, a flag that is neither yes nor no as yes; both are said."""
    stack.env |= {"LMOD_NEARLY_FORBIDDEN_DAYS": "soon", "LMOD_EXACT_MATCH": "nope", "LMOD_TERM_WIDTH": "wide"}
    stack.load("zlib/1", "gcc/12")
    for name, what in (("LMOD_NEARLY_FORBIDDEN_DAYS", "counts as 14"), ("LMOD_EXACT_MATCH", "counts as yes")):
        [line] = [line for line in stack.err.splitlines() if name in line]
        assert what in line
    assert stack.loaded == ["zlib/1", "gcc/12"]
    assert "LMOD_TERM_WIDTH: `wide` is no number" in stack.module("list").err
    assert "LMOD_" not in stack.module("-q", "load", "clang/17").err


# Settings that options make, for one command.


def test_auto_and_no_auto(stack):
    """`--auto` loads what `prereq` names; `--no_auto` does not, whatever MODULES_AUTO_HANDLING says."""
    stack.modulefile("Core/app/1.lua", 'prereq("zlib")')
    assert "module load zlib app" in stack.fails("load", "app")
    stack.module("load", "--auto", "app")
    assert stack.loaded == ["zlib/1", "app/1"]
    stack.module("purge")
    stack.env["MODULES_AUTO_HANDLING"] = "yes"
    stack.fails("load", "--no-auto", "app")
    assert stack.load("app").loaded == ["zlib/1", "app/1"]


@pytest.mark.parametrize("option", ["--ignore_user_rc", "--ignore-user-rc", "MODULES_IGNORE_USER_RC"])
def test_the_users_rc_file_can_be_passed_over(stack, option):
    """What ~/.modulerc.lua says does not count then."""
    stack.modulefile("Core/zlib/2.lua")
    stack.modulefile("home/.modulerc.lua", 'module_version("zlib/1", "default")')
    assert stack.load("zlib").loaded == ["zlib/1"]
    if option.startswith("-"):
        stack.module(option, "load", "zlib")
    else:
        stack.env[option] = "yes"
        stack.load("zlib")
    assert stack.loaded == ["zlib/2"]


@pytest.mark.parametrize(
    ("options", "coloured"), [(["--color=always"], True), (["--color", "never"], False), ([], True)]
)
def test_colours(stack, options, coloured):
    """`--color` outdoes LMOD_COLORIZE."""
    stack.env["LMOD_COLORIZE"] = "force"
    stack.module(*options, "unload", "nothing")
    assert ("\033[" in stack.err) == coloured


@pytest.mark.parametrize("options", [["-w", "40"], ["--width=40"], ["LMOD_TERM_WIDTH"], ["COLUMNS"]])
def test_width(stack, options):
    """Lists are as wide as the option or the variables say."""
    for number in range(9):
        stack.modulefile(f"Core/package{number}/1.0.lua")
    if options[0].startswith("-"):
        stack.module(*options, "avail")
    else:
        stack.env[options[0]] = "40"
        stack.module("avail")
    rows = [line for line in stack.err.splitlines() if "package" in line]
    assert len(rows) > 3
    assert max(map(len, rows)) <= 40


def test_latest(stack):
    """`--latest` takes the highest version, whatever is marked."""
    stack.modulefile("Core/zlib/2.lua")
    stack.modulefile("Core/zlib/.modulerc.lua", 'module_version("zlib/1", "default")')
    assert stack.load("zlib").loaded == ["zlib/1"]
    assert stack.module("--latest", "load", "zlib").loaded == ["zlib/2"]
    assert stack.load("zlib").module("-L", "load", "zlib").loaded == ["zlib/2"]


# Options that answer.


def test_version_in_the_words_that_programs_look_for(stack):
    """`--version` names Lmod's version on stderr; so do `-v`, `-V`, and behind a sub-command."""
    for words in (["--version"], ["-v"], ["-V"], ["list", "--version"], ["ml", "--versoin"], ["-q", "-v"]):
        lines = stack.module(*words).err.splitlines()
        assert lines[1] == f"Modules based on Lua: Version {lmodpy.LMOD_VERSION}"
        assert f"lmodpy {lmodpy.__version__}" in lines[2]
        assert (lines[0], lines[-1]) == ("", "")


def test_parts_of_the_version(stack):
    """Programs get them bare; `--dumpversion` and `--dumpname` go where lists go."""
    assert stack.module("--gitversion").err == f"{lmodpy.LMOD_VERSION}\n"
    assert stack.module("--dumpversion").err == lmodpy.LMOD_VERSION
    assert stack.module("--dumpname").err == "Lmod\n"
    assert lmodpy.LMOD_VERSION in stack.module("--redirect", "--dumpversion").out
    assert stack.err == ""
    answer = json.loads(stack.module("--json", "--version").err)
    assert (answer["lmod"], answer["lmodpy"]) == (lmodpy.LMOD_VERSION, lmodpy.__version__)


def test_check_syntax_changes_nothing_and_goes_with_load(stack):
    """A broken modulefile fails, a good one says nothing; other sub-commands are refused."""
    stack.modulefile("Core/broken/1.lua", "setenv(")
    before = dict(stack.env)
    assert stack.module("--check_syntax", "load", "gcc").err == ""
    assert stack.env == before
    assert "broken/1" in stack.fails("--checkSyntax", "load", "broken")
    assert "goes with `load`" in stack.fails("--check_syntax", "purge")


def test_raw_and_location(stack):
    """`show --raw` prints the file, `show --location` its path."""
    path = stack.root / "Core/zlib/1.lua"
    assert stack.module("--raw", "show", "zlib").err == path.read_text()
    assert stack.module("show", "--loc", "zlib").err == f"{path}\n"


@pytest.mark.parametrize("words", [["-h"], ["-?"], ["--help"], ["-H", "list"], ["help"], ["ml", "--help"]])
def test_help(stack, words):
    """Each way to ask for help shows the usage text."""
    assert stack.module(*words).err.startswith("usage: module")


def test_no_sub_command(stack):
    """`module` alone shows the usage text, and fails."""
    assert stack.fails().startswith("usage: module")


# `ml` and LMOD_OPTIONS.


def test_ml_can_show_its_line(stack):
    """`--show` only shows the line of `module`, `--Verbose` also runs it."""
    stack.module("ml", "--show", "gcc", "-zlib")
    assert stack.err == "module load 'gcc' '-zlib'\n"
    assert stack.loaded == []
    stack.module("ml", "--Verbose", "-t", "list")
    assert sorted(stack.err.splitlines()) == ["No modules loaded", "module --terse list"]
    stack.module("ml", "--Verbose", "gcc")
    assert stack.loaded == ["gcc/12"]
    stack.module("ml", "--old_style", "-gcc", "zlib")
    assert stack.loaded == ["zlib/1"]


def test_options_in_a_variable(stack):
    """LMOD_OPTIONS comes in front of each line; words with blanks in them can be quoted."""
    stack.load("gcc")
    stack.env["LMOD_OPTIONS"] = "-t -w '60'"
    assert stack.module("list").err == "gcc/12\n"
    stack.env["LMOD_OPTIONS"] = "-w '60"
    assert "LMOD_OPTIONS cannot be read" in stack.fails("list")
    stack.env["LMOD_OPTIONS"] = "--ters"
    assert "`--terse`" in stack.fails("list")


# Variables that keep modules from something.


def test_quarantined_variables_are_left_alone(stack):
    """No module sets or unsets them, path-like ones aside; a modulefile itself sees what it has set."""
    stack.modulefile(
        "Core/app/1.lua", 'setenv("KEEP", "app") setenv("SEEN", os.getenv("KEEP")) prepend_path("KEEP_PATH", "/app")'
    )
    stack.env |= {"LMOD_QUARANTINE_VARS": "KEEP:KEEP_PATH", "KEEP": "mine"}
    before = dict(stack.env)
    stack.load("app")
    assert (stack.env["KEEP"], stack.env["SEEN"], stack.env["KEEP_PATH"]) == ("mine", "app", "/app")
    stack.unload("app")
    assert stack.env == before
    assert stack.err == ""


def test_families_are_told_under_the_sites_name_too(stack):
    """LMOD_SITE_NAME gives the variables of families a second name."""
    stack.env["LMOD_SITE_NAME"] = "TACC"
    before = dict(stack.env)
    stack.load("gcc")
    assert (stack.env["TACC_FAMILY_COMPILER"], stack.env["TACC_FAMILY_COMPILER_VERSION"]) == ("gcc", "12")
    assert stack.env["LMOD_FAMILY_COMPILER"] == "gcc"
    stack.load("clang")
    assert stack.env["TACC_FAMILY_COMPILER"] == "clang"
    assert stack.unload("clang").env == before
