"""Variants: one modulefile, loaded in the way that the user asks for."""

import json

import pytest

from lmodpy.names.request import Request, requests
from lmodpy.session.variants import has

LUA = """
variant{"mpi", boolean=true, default=true}
variant{"build", "release", "debug", default="release"}
setenv("MPI", tostring(getvariant("mpi")))
setenv("BUILD", getvariant("build"))
setenv("NONE", getvariant("none", "nothing"))
prepend_path("PATH", "/opt/foo-"..getvariant("build"))
"""
TCL = """#%Module
variant --boolean --default on mpi
variant --default release build release debug
if {[getvariant mpi]} { setenv MPI true } else { setenv MPI false }
setenv BUILD $ModuleVariant(build)
setenv NONE [getvariant none nothing]
prepend-path PATH /opt/foo-[getvariant --return-value build]
"""

WORDS = [
    ("foo", [Request("foo")]),
    ("foo +mpi", [Request("foo", variants=("+mpi",))]),
    (
        "foo@1.2: ~mpi build=debug bar",
        [Request("foo", versions="1.2:", variants=("~mpi", "build=debug")), Request("bar")],
    ),
    ("+foo bar", [Request("foo"), Request("bar")]),
    ("foo a/b=c", [Request("foo"), Request("a/b=c")]),
    ("build=debug", [Request("build=debug")]),
]


@pytest.mark.parametrize(("typed", "meant"), WORDS, ids=[row[0] for row in WORDS])
def test_words(typed, meant):
    """Words behind a name that look like variants belong to it."""
    assert requests(typed.split()) == meant


def test_a_request_as_one_text():
    """In a modulefile a request is one text; a name may have blanks, too."""
    assert Request.parse("foo@2 +mpi build=debug") == Request("foo", versions="2", variants=("+mpi", "build=debug"))
    assert Request.parse("foo/12 a") == Request("foo/12 a")
    assert str(Request.parse("foo@2 +mpi build=debug")) == "foo@2 +mpi build=debug"


HAS = [("+mpi", True), ("~mpi", False), ("mpi=yes", True), ("mpi=0", False), ("build=debug", True), ("x=1", False)]


@pytest.mark.parametrize(("word", "expected"), HAS)
def test_what_a_module_has(word, expected):
    """A switch answers to all its spellings."""
    assert has(["lmod:sticky", "+mpi", "=build=debug"], [word]) == expected


@pytest.fixture(params=["Lua", "Tcl"])
def foo(site, request):
    """A site with foo/1, which has the variants mpi and build."""
    site.modulefile(
        "Core/foo/1.lua" if request.param == "Lua" else "Core/foo/1", LUA if request.param == "Lua" else TCL
    )
    return site


LOADS = [
    ("foo", "true release"),
    ("foo +mpi", "true release"),
    ("foo ~mpi", "false release"),
    ("foo mpi=off build=debug", "false debug"),
    ("foo mpi=off +mpi", "true release"),
    ("foo/1 build=debug", "true debug"),
]


@pytest.mark.parametrize(("typed", "values"), LOADS, ids=[row[0] for row in LOADS])
def test_loading_and_unloading(foo, typed, values):
    """A module does what its variants say, and unloading leaves nothing of it."""
    before = dict(foo.env)
    foo.load(*typed.split())
    assert f"{foo.env['MPI']} {foo.env['BUILD']} {foo.env['NONE']}" == f"{values} nothing"
    assert foo.env["PATH"].startswith(f"/opt/foo-{values.split()[1]}:")
    assert foo.loaded == ["foo/1"]
    assert foo.unload("foo").env == before


WRONG = [
    ("foo build=fast", "the variant `build` cannot be `fast`; it takes release, debug"),
    ("foo mpi=maybe", "the variant `mpi` cannot be `maybe`; it takes on, off"),
    ("foo x=1", "there is no variant `x`: it has build, mpi"),
    ("foo +x", "there is no variant `x`: it has build, mpi"),
]


@pytest.mark.parametrize(("typed", "told"), WRONG, ids=[row[0] for row in WRONG])
def test_what_cannot_be(foo, typed, told):
    """One is told which variants there are, and what they can be."""
    assert told in " ".join(foo.fails("load", *typed.split()).split())


def test_what_must_be_chosen(site):
    """A variant without a default has to be named."""
    site.modulefile("Core/a/1.lua", 'variant{"gpu", boolean=true}')
    site.modulefile("Core/b/1.lua", 'variant("arch", "x86", "arm") setenv("ARCH", getvariant("arch"))')
    site.modulefile("Core/c/1.lua", 'variant("any") setenv("ANY", getvariant("any"))')
    assert "module load a +gpu" in site.fails("load", "a")
    assert "module load b arch=x86" in site.fails("load", "b")
    site.load("c", "any=a,b", "b", "arch=arm")
    assert (site.env["ANY"], site.env["ARCH"]) == ("a,b", "arm")


def test_what_is_only_looked_at(site):
    """Looking at a module of which a variant must be chosen is no trouble, with or without a choice."""
    site.modulefile("Core/a/1.lua", 'variant{"gpu", boolean=true} setenv("GPU", getvariant("gpu"))')
    site.modulefile("Core/b/1.lua", 'variant("arch", "x86", "arm") setenv("ARCH", getvariant("arch")) whatis("fast")')
    site.modulefile("Core/c/1", "#%Module\nvariant any\nsetenv ANY [getvariant any]\n")
    for words in ["spider"], ["-t", "spider", "b"], ["whatis", "b"], ["show", "c"], ["keyword", "fast"]:
        site.module(*words)
        assert "error" not in site.err
        assert "warning" not in site.err
    assert 'setenv("GPU",true)' in site.module("show", "a", "+gpu").err
    assert 'setenv("GPU",false)' in site.module("show", "a").err


def test_plus_is_also_a_name(foo):
    """What the module in front does not have as a variant is a module to load after it, as with Lmod."""
    foo.modulefile("Core/bar/1.lua")
    assert foo.load("foo", "+bar", "~mpi").loaded == ["foo/1", "bar/1"]
    assert foo.env["MPI"] == "false"


def test_questions_and_lists(foo):
    """Loaded modules are listed with their variants, and one can ask for these; terse lists are as ever."""
    foo.load("foo", "~mpi")
    assert "foo/1 ~mpi build=release" in foo.module("list").err
    assert foo.module("-t", "list").err == "foo/1\n"
    foo.module("is-loaded", "foo", "~mpi").module("is-loaded", "foo", "mpi=no", "build=release")
    assert foo.type("is-loaded", "foo", "+mpi").status == 1
    answer = json.loads(foo.module("--json", "list").err)
    assert answer["modules"][0]["variants"] == ["~mpi", "build=release"]
    assert answer["modules"][0]["properties"] == []
    assert "foo" in foo.unload("foo", "+mpi").err
    assert foo.loaded == ["foo/1"]


def test_they_are_kept(foo):
    """A module that is loaded again, for whatever reason, is loaded with the same variants."""
    foo.load("foo", "~mpi", "build=debug")
    for words in (["update"], ["refresh"], ["save", "mine"], ["purge"], ["restore", "mine"]):
        foo.module(*words)
        if words != ["purge"]:
            assert (foo.env["MPI"], foo.env["BUILD"]) == ("false", "debug"), words
    assert "~mpi build=debug" in foo.module("describe", "mine").err
    path = foo.env["MODULEPATH"]
    foo.module("unuse", path).module("use", path)
    assert (foo.env["MPI"], foo.env["BUILD"]) == ("false", "debug")


def test_modulefiles_ask_for_them(foo):
    """Modulefiles name variants as users do: what is loaded in another way is no answer."""
    foo.modulefile("Core/p/1.lua", 'prereq("foo ~mpi")')
    foo.modulefile("Core/d/1.lua", 'depends_on("foo ~mpi")')
    foo.modulefile("Core/l/1", "#%Module\nmodule load foo ~mpi build=debug\n")
    assert "foo ~mpi must be loaded first" in foo.load("foo").fails("load", "p")
    assert foo.load("d").env["MPI"] == "false"
    assert foo.load("p").loaded == ["foo/1", "d/1", "p/1"]
    assert foo.module("purge").load("l").env["BUILD"] == "debug"
    assert foo.unload("l").loaded == []


def test_show(foo):
    """`show` prints what there is to choose, and evaluates with what was asked for."""
    told = foo.module("show", "foo", "~mpi").err
    assert 'setenv("MPI","false")' in told
    assert "variant" in told


MISTAKES = [
    ('variant{"mpi", "x", boolean=true}', "takes no values for a boolean variant"),
    ('variant{"b", "x", default="y"}', "takes one of x as default of `b`"),
    ("variant{}", "takes the name of a variant"),
    ('variant{"b", nope=1}', "does not know `nope`"),
]


@pytest.mark.parametrize(("body", "told"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_mistakes_of_modulefiles(site, body, told):
    """A variant that makes no sense is an error with file and line."""
    file = site.modulefile("Core/m/1.lua", body)
    said = " ".join(site.fails("load", "m").split())
    assert told in said
    assert f"{file}:2" in said


def test_nothing_is_remembered_where_there_are_none(site):
    """The bookkeeping of modules without variants is what it was."""
    site.modulefile("Core/a/1.lua", 'setenv("A", "1")')
    site.load("a")
    state = site.env["__LMODPY_STATE"]
    site.modulefile("Core/a/1.lua", 'setenv("A", "1") getvariant("x")')
    assert site.load("a").env["__LMODPY_STATE"] == state
