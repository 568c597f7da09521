"""`spider` finds whatever could be loaded, however deep it lies, and what it says to type works."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time

import jsonschema
import pytest

from lmodpy import system
from lmodpy.spider import index as indexes
from lmodpy.spider import memory as memories
from lmodpy.spider import stamps
from tests.differential.generate import case
from tests.differential.tools import LMOD
from tests.launcher import CLONE, lmodpy_cmd
from tests.needs import needs

CORE = os.path.join(CLONE, "examples", "modulefiles", "Core")


@pytest.fixture(autouse=True, params=["evaluated", "kept"])
def memory(request, monkeypatch):
    """All answers are the same, whether everything is evaluated in each command or kept from the one before."""
    if request.param == "kept":
        monkeypatch.setattr(indexes, "WORTHWHILE", 1)
        monkeypatch.setattr(memories, "FEW", 1)
        monkeypatch.setattr(memories, "MANY", 1)
        monkeypatch.setattr(stamps, "TICK", -(10**19))


@pytest.fixture
def hierarchy(site):
    """Two compilers, an MPI for each, and what is built with them."""
    for compiler in "gcc/12", "gcc/13", "clang/17":
        name = compiler.replace("/", "")
        site.modulefile(
            f"Core/{compiler}.lua",
            f'family("compiler") whatis("Description: compiler {name}") prepend_path("MODULEPATH", ROOT.."/{name}")',
        )
        site.modulefile(f"{name}/mpi/4.lua", f'family("mpi") prepend_path("MODULEPATH", ROOT.."/{name}mpi")')
        site.modulefile(f"{name}mpi/heat/1.2.lua", 'whatis("Description: a rod") help("Run heat STEPS.")')
    site.modulefile("gcc13/hdf5/1.14.lua", 'whatis("Description: data format")')
    site.modulefile("gcc13mpi/hdf5/1.14.lua", 'setenv("PARALLEL", "1")')
    site.modulefile("Core/cmake/3.29.lua", 'whatis("Category: tools") add_property("state", "testing")')
    return site


def commands(text: str) -> list[list[str]]:
    """Return what a text tells the user to type, as words behind `module`."""
    return [found.split() for found in re.findall(r"module (load [^`\n]+)", text)]


def ways(site, name: str) -> list[str]:
    """Return the lines of `-t spider NAME/VERSION`, without the empty one in front."""
    first, *lines = site.module("-t", "spider", name).err.split("\n")[:-1]
    assert first == ""
    return lines


# Everything


def test_everything_is_listed_with_a_line_about_it(hierarchy):
    """Names of all trees are there, sorted, with versions and what the highest says about itself."""
    text = hierarchy.module("spider").err

    assert re.findall(r"^  (\w+):", text, re.MULTILINE) == ["clang", "cmake", "gcc", "hdf5", "heat", "mpi"]
    assert "  gcc: gcc/12, gcc/13\n    compiler gcc13\n" in text
    assert "a rod" in text


def test_the_terse_list_is_for_programs(hierarchy):
    """Each name stands above its full names; a module without version stands alone; nothing else is said."""
    hierarchy.modulefile("Core/meta.lua")
    hierarchy.modulefile("Core/broken/1.lua", "no lua")

    assert hierarchy.module("-t", "spider").err.split() == [
        "broken/",
        "broken/1",
        "clang/",
        "clang/17",
        "cmake/",
        "cmake/3.29",
        "gcc/",
        "gcc/12",
        "gcc/13",
        "hdf5/",
        "hdf5/1.14",
        "heat/",
        "heat/1.2",
        "meta",
        "mpi/",
        "mpi/4",
    ]


def test_spider_changes_nothing(hierarchy):
    """Reading all modulefiles leaves no trace in the session, whatever they say."""
    hierarchy.modulefile(
        "Core/odd/1.lua", 'setenv("ODD", "1") pushenv("ODD2", false) print("x") execute{cmd="false", modeA={"all"}}'
    )
    hierarchy.modulefile("Core/loud/1.lua", 'LmodMessage("hello") io.stderr:write("hello") LmodWarning("hello")')
    before = dict(hierarchy.load("gcc/12").env)

    for words in ([], ["heat"], ["odd"], ["loud/1"]):
        hierarchy.module("spider", *words)
        assert "hello" not in hierarchy.err
        assert hierarchy.env == before
    hierarchy.fails("load", "nothing-like-this")


# How to load it


@pytest.mark.parametrize("loaded", [[], ["gcc/12"], ["gcc/13", "mpi"], ["clang", "mpi"], ["gcc/12", "mpi", "heat"]])
@pytest.mark.parametrize("name", ["heat", "heat/1.2", "hdf5/1.14", "mpi", "gcc", "cmake", "clang/17"])
def test_what_it_says_to_type_works(hierarchy, name, loaded):
    """Whatever is loaded, each command that is shown loads the module that it is shown for."""
    if loaded:
        hierarchy.load(*loaded)
    before = dict(hierarchy.env)

    typed = commands(hierarchy.module("spider", name).err)

    assert typed or any(full_name.startswith(name) for full_name in hierarchy.loaded)
    for words in typed:
        hierarchy.env = dict(before)
        assert words[-1] in hierarchy.module(*words).loaded


def test_every_way_is_shown(hierarchy):
    """A module that needs others has a line for each chain of them, the outermost first."""
    assert ways(hierarchy, "heat/1.2") == ["clang/17  mpi/4", "gcc/12  mpi/4", "gcc/13  mpi/4"]
    assert ways(hierarchy, "hdf5/1.14") == ["gcc/13", "gcc/13  mpi/4"]

    text = hierarchy.module("spider", "heat/1.2").err
    assert all(f"    {way}\n" in text for way in ways(hierarchy, "heat/1.2"))
    assert "a rod" in text
    assert "Run heat STEPS." in text


def test_what_is_loaded_does_not_change_the_ways(hierarchy):
    """The ways lead from what the site offers, not from what happens to be loaded; the command does."""
    before = ways(hierarchy, "heat/1.2")
    hierarchy.load("gcc/12")

    assert ways(hierarchy, "heat/1.2") == before
    assert commands(hierarchy.module("spider", "heat/1.2").err) == [["load", "mpi/4", "heat/1.2"]]


def test_a_full_name_tells_all_about_it(hierarchy):
    """Category and properties are shown; there is nothing to choose, so no version is asked for."""
    text = hierarchy.module("spider", "cmake").err

    assert "cmake/3.29" in text.splitlines()[0]
    assert "Category: tools" in text
    assert "Properties: is being tested" in text
    assert "module load cmake/3.29\n" in text


def test_versions_stand_with_what_loads_them(hierarchy):
    """A name with several versions is a table: what there is, and what to type for it."""
    text = hierarchy.module("spider", "gcc").err
    assert re.findall(r"^    (gcc/\d+) +(.*)$", text, re.MULTILINE) == [
        ("gcc/12", "module load gcc/12"),
        ("gcc/13", "module load gcc/13"),
    ]
    assert "`module spider gcc/13`" in text


def test_a_module_that_another_replaces_is_not_on_the_way(site):
    """Two versions of a name, or two of a family, cannot both be loaded, so no way has both."""
    site.modulefile("Core/gcc/1.lua", 'family("c") prepend_path("MODULEPATH", ROOT.."/one")')
    site.modulefile("one/gcc/2.lua", 'family("c") prepend_path("MODULEPATH", ROOT.."/two")')
    site.modulefile("one/clang/2.lua", 'family("c") prepend_path("MODULEPATH", ROOT.."/three")')
    site.modulefile("one/ok/2.lua", 'prepend_path("MODULEPATH", ROOT.."/two")')
    site.modulefile("two/app/1.lua")
    site.modulefile("three/lost/1.lua")

    assert ways(site, "app/1") == ["gcc/1  ok/2"]
    assert ways(site, "lost/1") == []
    assert "no way to load it" in site.module("spider", "lost/1").err


def test_a_covered_module_is_not_on_the_way(site):
    """Of two modules of one full name only the first can be loaded, so only its tree can be had."""
    site.modulefile("Core/gcc/1.lua", 'prepend_path("MODULEPATH", ROOT.."/one")')
    site.modulefile("More/gcc/1.lua", 'prepend_path("MODULEPATH", ROOT.."/two")')
    site.modulefile("one/app/1.lua")
    site.modulefile("two/app/2.lua")
    site.env["MODULEPATH"] += f":{site.root}/More"

    assert ways(site, "app/1") == ["gcc/1"]
    assert ways(site, "app/2") == []


def test_a_forbidden_module_is_not_on_the_way(site):
    """A module that may not be loaded opens nothing; asked for, it says why it cannot be had."""
    site.modulefile("Core/.modulerc.lua", 'forbid{name="gcc/1", message="too old"}')
    site.modulefile("Core/gcc/1.lua", 'prepend_path("MODULEPATH", ROOT.."/one")')
    site.modulefile("Core/gcc/2.lua", 'prepend_path("MODULEPATH", ROOT.."/one")')
    site.modulefile("one/app/1.lua")

    assert ways(site, "app/1") == ["gcc/2"]
    text = site.module("spider", "gcc/1").err
    assert "(F)" in text
    assert "too old" in text
    assert "module load" not in text


def test_modules_that_open_each_other_in_a_circle(site):
    """The walk comes to its end, and so do the ways."""
    site.modulefile(
        "Core/a/1.lua", 'prepend_path("MODULEPATH", ROOT.."/one") prepend_path("MODULEPATH", ROOT.."/Core")'
    )
    site.modulefile("one/b/1.lua", 'prepend_path("MODULEPATH", ROOT.."/two") prepend_path("MODULEPATH", ROOT.."/Core")')
    site.modulefile("two/c/1.lua", 'prepend_path("MODULEPATH", ROOT.."/one") append_path("MODULEPATH", ROOT.."/two")')

    assert site.module("-t", "spider").err.split() == ["a/", "a/1", "b/", "b/1", "c/", "c/1"]
    assert ways(site, "c/1") == ["a/1  b/1"]
    assert ways(site, "b/1") == ["a/1"]


def test_a_directory_has_one_name(site):
    """A slash at the end of an entry of MODULEPATH makes no other directory of it."""
    site.modulefile(
        "Core/a/1.lua", 'prepend_path("MODULEPATH", ROOT.."/one/") append_path("MODULEPATH", ROOT.."/Core")'
    )
    site.modulefile("one/b/1.lua", 'prepend_path("MODULEPATH", ROOT.."/one")')
    site.env["MODULEPATH"] += "/"

    (name,) = json.loads(site.module("--json", "spider", "a").err)["modules"]
    assert (name["versions"][0]["ways"], len(name["versions"][0]["paths"])) == ([[]], 1)
    assert ways(site, "b/1") == ["a/1"]
    assert ways(site.load("a"), "b/1") == ["a/1"]


def test_any_depth(site):
    """Twelve modules that open one tree after the other are all found, and the last one can be loaded."""
    for level in range(12):
        tree = "Core" if level == 0 else f"tree{level}"
        site.modulefile(f"{tree}/m{level}/1.lua", f'prepend_path("MODULEPATH", ROOT.."/tree{level + 1}")')

    (typed,) = commands(site.module("spider", "m11/1").err)
    assert typed == ["load", *(f"m{level}/1" for level in range(12))]
    assert site.module(*typed).loaded[-1] == "m11/1"


def test_where_everything_opens_everything_the_search_ends(site):
    """Of all the ways those that need no more than another are shown, and the others do not cost the user's day."""
    for tree in range(14):
        opens = "".join(f'prepend_path("MODULEPATH", ROOT.."/tree{other}") ' for other in range(14))
        site.modulefile(f"{'Core' if tree < 2 else f'tree{tree}'}/m{tree}/1.lua", opens)
    started = time.monotonic()

    assert ways(site, "m9/1") == ["m0/1", "m1/1"]
    assert time.monotonic() - started < 10


# What a word means


def test_a_name_comes_before_a_part_of_a_name(hierarchy):
    """The exact name is told of; other names with the word in them are only named."""
    hierarchy.modulefile("Core/hdf5-tools/1.lua")
    hierarchy.modulefile("Core/xHDF5/1.lua")

    text = hierarchy.module("spider", "hdf5").err
    assert "hdf5/1.14" in text.splitlines()[0]
    assert "hdf5-tools, xHDF5" in text
    assert hierarchy.module("-t", "spider", "hdf").err.split() == ["hdf5/1.14", "hdf5-tools/1", "xHDF5/1"]
    assert hierarchy.module("-t", "spider", "hdf5/1.1").err.split() == ["hdf5/1.14"]


def test_lua_patterns(hierarchy):
    """With -r a word is a pattern, in which capitals matter."""
    assert hierarchy.module("-t", "-r", "spider", "^h.+").err.split() == ["hdf5/1.14", "heat/1.2"]
    assert hierarchy.module("-t", "-r", "spider", "^H").err.split() == []
    assert "no Lua pattern" in hierarchy.fails("-r", "spider", "[")


def test_several_words(hierarchy):
    """Each is answered, and one that nothing is called by is an error that says so."""
    assert hierarchy.module("-t", "spider", "gcc", "heat").err.split() == ["gcc/12", "gcc/13", "heat/1.2"]
    assert "`nope`" in hierarchy.fails("spider", "gcc", "nope")


def test_a_mistyped_name(hierarchy):
    """The nearest name is offered, wherever it is; for programs nothing found is an empty line."""
    assert "did you mean `heat`?" in hierarchy.fails("spider", "haet")
    assert hierarchy.module("-t", "spider", "haet").err == "\n"
    hierarchy.env.pop("MODULEPATH")
    assert "module use" in hierarchy.fails("spider")


def test_other_names_of_modules(hierarchy):
    """An alias and a symbolic version lead to the module behind them."""
    hierarchy.modulefile("Core/gcc/.modulerc.lua", 'module_version("gcc/12", "old") module_alias("cc", "gcc/13")')

    for name, meant in ("gcc/old", "gcc/12"), ("cc", "gcc/13"):
        assert hierarchy.module("-t", "spider", name).err.split() == [meant]
        assert commands(hierarchy.module("spider", name).err) == [["load", meant]]


def test_hidden_modules(hierarchy):
    """They are left out, unless one asks for them with -A or LMOD_SHOW_HIDDEN."""
    hierarchy.modulefile("Core/gcc/.modulerc.lua", 'hide_version("gcc/12")')
    hierarchy.modulefile("gcc13/.secret/1.lua")

    assert "secret" not in hierarchy.module("spider").err
    assert hierarchy.module("-t", "spider", "gcc").err.split() == ["gcc/13"]
    hierarchy.fails("spider", ".secret")
    assert "gcc/12 (H)" in hierarchy.module("-A", "spider", "gcc").err
    assert commands(hierarchy.module("-A", "spider", ".secret").err) == [["load", "gcc/13", ".secret/1"]]
    hierarchy.env["LMOD_SHOW_HIDDEN"] = "spider"
    assert hierarchy.module("-t", "spider", "gcc").err.split() == ["gcc/12", "gcc/13"]


def test_extensions_lead_to_who_brings_them(hierarchy):
    """A package is found by its name, and what loads it is a module that brings it."""
    hierarchy.modulefile("gcc12/python/3.11.lua", 'extensions("numpy/1.9, numpy/1.26", "scipy/1.4")')
    hierarchy.modulefile("Core/python/3.12.lua", 'extensions("numpy/1.26")')

    assert commands(hierarchy.module("spider", "scipy").err) == [["load", "gcc/12", "python/3.11"]]
    assert commands(hierarchy.module("spider", "numpy/1.26").err) == [["load", "python/3.12"]]
    assert ways(hierarchy, "numpy/1.26") == ["gcc/12  python/3.11", "python/3.12"]
    assert hierarchy.module("-t", "spider", "numpy").err == "\n"
    assert "numpy/\nnumpy/1.9\nnumpy/1.26\n" in hierarchy.module("-t", "spider").err
    assert "numpy/1.9, numpy/1.26, scipy/1.4" in hierarchy.module("spider", "python/3.11").err
    assert "(L,E)" in hierarchy.load("python/3.12").module("spider", "numpy/1.26").err


# Trouble


def test_a_broken_modulefile_hides_nothing(hierarchy):
    """It is still listed, so is what it opens before it fails, and the user is told where it is broken."""
    hierarchy.modulefile("Core/broken/1.lua", "no lua")
    hierarchy.modulefile("Core/half/1.lua", 'prepend_path("MODULEPATH", ROOT.."/deep") error("later")')
    hierarchy.modulefile("deep/below/1.lua")

    text = hierarchy.module("spider").err
    assert re.findall(r"^  (broken|half|below|heat):", text, re.MULTILINE) == ["below", "broken", "half", "heat"]
    assert "Core/broken/1.lua:2" in text
    assert "Core/half/1.lua:2" in text
    assert ways(hierarchy, "below/1") == ["half/1"]


def test_each_modulefile_is_evaluated_once(site):
    """However many ways lead to it, and whatever is asked."""
    note = 'local f = io.open(ROOT.."/notes", "a") f:write(myModuleFullName().."\\n") f:close() '
    opens = 'prepend_path("MODULEPATH", ROOT.."/one") prepend_path("MODULEPATH", ROOT.."/Core") extensions("e/1")'
    for name in "a", "b":
        site.modulefile(f"Core/{name}/1.lua", note + opens)
    site.modulefile("one/c/1.lua", note + opens)

    for words in ([], ["c/1"], ["e"], ["a", "b", "c"]):
        site.module("spider", *words)
        notes = site.root / "notes"
        assert sorted(notes.read_text().split()) == ["a/1", "b/1", "c/1"]
        notes.unlink()


def test_many_broken_modulefiles_are_counted(site):
    """Three are named, the others are a number."""
    for version in range(9):
        site.modulefile(f"Core/b{version}/1.lua", "no lua")

    assert site.module("spider").err.count("cannot be read") == 3
    assert "and 6 more" in site.err


def test_modulefiles_are_read_as_if_nothing_were_loaded(site):
    """What a module is said to open does not depend on what the user has loaded."""
    site.modulefile("Core/a/1.lua", 'if not isloaded("b") then prepend_path("MODULEPATH", ROOT.."/one") end')
    site.modulefile("Core/b/1.lua")
    site.modulefile("one/c/1.lua")

    assert ways(site.load("b"), "c/1") == ["a/1"]


def test_a_limit_on_the_time(hierarchy):
    """A search that takes too long ends, and says that there may be more."""
    assert "there may be more" in hierarchy.module("--spider_timeout", "0", "spider").err
    assert "there may be more" not in hierarchy.module("--spider_timeout", "60", "spider").err
    assert "--spider_timeout" in hierarchy.fails("--spider_timeout", "soon", "spider")


def test_progress_is_shown_to_who_waits(hierarchy, monkeypatch):
    """On a terminal a line says how far the search has come, and is taken away before the answer."""
    monkeypatch.setattr("lmodpy.cli.walk.PATIENCE", 0)
    assert "\r" not in hierarchy.module("spider").err

    monkeypatch.setattr(system, "isatty", lambda channel: channel == 2)
    text = hierarchy.module("-I", "spider").err
    shown, erased, answer = text.rpartition("\r\033[K")
    assert "modulefiles read" in shown
    assert erased
    assert "\r" not in answer
    assert "\r" not in hierarchy.module("-t", "spider").err


def test_it_can_be_interrupted(site):
    """Ctrl-C ends a search at once, and the shell gets nothing to evaluate."""
    mark = site.root / "begun"
    site.modulefile("Core/slow/1.lua", f'io.open("{mark}", "w"):close() while true do end')
    command = [lmodpy_cmd(), "bash", "spider"]
    with subprocess.Popen(command, env=site.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as search:
        while not mark.exists() and search.poll() is None:
            time.sleep(0.01)
        search.send_signal(signal.SIGINT)
        out, err = search.communicate(timeout=10)

    assert (out, err, search.returncode) == (b"", b"", -signal.SIGINT)


# For programs


@pytest.mark.parametrize("words", ["", "heat", "hdf5 gcc/12", "numpy", "-r .", "nope"])
def test_json_is_what_the_schema_says(hierarchy, words):
    """Every answer fits the schema, whatever was asked."""
    hierarchy.modulefile("Core/python/3.12.lua", 'extensions("numpy/1.26", "pip")')
    hierarchy.modulefile("Core/broken/1.lua", "no lua")
    with open(os.path.join(CLONE, "docs", "schema", "spider.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)

    hierarchy.type("--json", "spider", *words.split())

    if hierarchy.status == 0:
        jsonschema.validate(json.loads(hierarchy.err), schema)
    else:
        assert words == "nope"


def test_json_has_all_that_people_see(hierarchy):
    """Versions, ways, the command from here, and what the modulefile says about itself."""
    hierarchy.load("gcc/13")
    answer = json.loads(hierarchy.module("--json", "spider", "heat/1.2").err)

    assert (answer["schema"], answer["command"], answer["complete"], answer["broken"]) == (1, "spider", True, [])
    (name,) = answer["modules"]
    (version,) = name["versions"]
    assert version["fullName"] == "heat/1.2"
    assert version["command"] == "module load mpi/4 heat/1.2"
    assert version["ways"] == [["clang/17", "mpi/4"], ["gcc/12", "mpi/4"], ["gcc/13", "mpi/4"]]
    assert version["description"] == "a rod"
    assert version["help"] == "Run heat STEPS."
    assert len(version["paths"]) == 3


# Beside Lmod


ASKED = (
    "-t spider",
    "-t spider gcc",
    "-t spider hdf5",
    "-t spider openmpi",
    "-t spider gcc clang",
    "-t -r spider ^[cg].*[cg]$",
)


def said(tool: str, words: str, env: dict[str, str]) -> str:
    """Return what a tool tells the user, who has loaded nothing."""
    usual = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([tool, "bash", *words.split()], env={**env, **usual}, capture_output=True, check=False)
    return os.fsdecode(done.stderr)


def told_by_lmod(full_name: str, env: dict[str, str]) -> list[str] | None:
    """Return the ways to a module in what 8.6 tells, which is the same for programs; None: it can be loaded at once."""
    text = said(needs(LMOD), f"-t spider {full_name}", env)
    found = re.findall(r"^ {6}(\S+/\S+(?:  \S+/\S+)*)$", text, re.MULTILINE)
    assert found or "directly" in text
    return None if "directly" in text else found


@pytest.mark.parametrize("words", ASKED)
def test_terse_answers_are_those_of_lmod(words, tmp_path):
    """What scripts read is the same, byte for byte."""
    env = {"HOME": str(tmp_path), "MODULEPATH": CORE}
    assert said(lmodpy_cmd(), words, env) == said(needs(LMOD), words, env)


@pytest.mark.parametrize("word", ["compiler", "library", "python", "hdf5 gcc", "nothing-like-this"])
def test_keywords_are_those_of_lmod(word, tmp_path):
    """What is found in names and descriptions of all trees is the same; 8.6 does not end its last line."""
    env = {"HOME": str(tmp_path), "MODULEPATH": CORE}
    assert said(lmodpy_cmd(), f"-t keyword {word}", env).rstrip("\n") == said(needs(LMOD), f"-t keyword {word}", env)


@pytest.mark.parametrize("name", ["heat/1.2", "hdf5/1.14.4", "hdf5/1.12.3", "gsl/2.8", "mpich/4.2.1", "openmpi/4.1.6"])
def test_the_ways_are_those_of_lmod(name, tmp_path):
    """Each full name is reached over the same modules."""
    env = {"HOME": str(tmp_path), "MODULEPATH": CORE}
    assert said(lmodpy_cmd(), f"-t spider {name}", env).splitlines() == ["", *told_by_lmod(name, env)]


@pytest.mark.parametrize("seed", range(8))
def test_in_drawn_trees_all_is_as_with_lmod(seed, site):
    """Names, versions and ways are Lmod's in trees as odd as sites have them."""
    env = site.env = case(seed).write(str(site.root))
    env["MODULEPATH"] += f":{site.root}/Extra"

    listed = site.module("-t", "spider").err
    assert listed == said(needs(LMOD), "-t spider", env)
    for full_name in [name for name in listed.split() if name[-1] != "/"][-5:]:
        answer = site.module("-t", "spider", full_name).err
        ways = told_by_lmod(full_name, env)
        assert answer.splitlines() == ([full_name, ""] if ways is None else ["", *ways])


def test_what_to_type_next_can_be_typed(hierarchy):
    """Also after a word that means something to the shell."""
    assert "module keyword 'x; ls $HOME'" in hierarchy.fails("spider", "x; ls $HOME")
