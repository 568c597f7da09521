"""Versions behind an `@`: `foo@1.2`, `foo@1.2,1.4`, `foo@1.2:`, `foo@:1.4`, `foo@default`."""

import pytest

from lmodpy.errors import UsageError
from lmodpy.names.request import Request, satisfies
from lmodpy.names.specifiers import admits, among, fits

VERSIONS = ("1.1", "1.2", "1.2.3", "1.4", "1.4.2", "2.0", "3.0rc1")
MEANT = [
    ("1.2", "1.2"),
    ("1", "1.1 1.2 1.2.3 1.4 1.4.2"),
    ("2", "2.0"),
    ("=1", ""),
    ("=1.2", "1.2"),
    ("1.2,2", "1.2 2.0"),
    ("1.3", ""),
    ("1.4:", "1.4 1.4.2 2.0 3.0rc1"),
    (":1.2", "1.1 1.2 1.2.3"),
    ("1.1:1.2", "1.1 1.2 1.2.3"),
    ("1.2.3:1.4.1", "1.2.3 1.4"),
    ("1.1,2:", "1.1 2.0 3.0rc1"),
    ("3:", ""),
    ("2:1.4,:1.1", None),
    ("1.4:1.4", "1.4 1.4.2"),
    (":", None),
    ("1:2:3", None),
    (",1", None),
    ("1,", None),
]


@pytest.mark.parametrize(("versions", "meant"), MEANT, ids=[row[0] for row in MEANT])
def test_which_versions_are_meant(versions, meant):
    """A version also stands for those that continue it, a range includes both its ends; nonsense is an error."""
    if meant is None:
        with pytest.raises(UsageError):
            among(versions, VERSIONS)
        return
    assert sorted(among(versions, VERSIONS)) == meant.split()
    assert {version for version in VERSIONS if admits(versions, version)} >= {*meant.split()}


def test_partial_versions_can_be_forbidden():
    """Where versions must be given in full, an end of a range means only itself, too."""
    assert among("1", VERSIONS, partial=False) == set()
    assert sorted(among("1.1:1.2", VERSIONS, partial=False)) == ["1.1", "1.2"]


ANSWERS = [
    ("x@1.10", True),
    ("x@1", True),
    ("x@1.1", False),
    ("x@:1.9", False),
    ("x@1.9:", True),
    ("x@=1.10", True),
    ("x@=1", False),
    ("y@1", False),
]


@pytest.mark.parametrize(("typed", "expected"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_which_loaded_module_answers(typed, expected):
    """Every question about loaded modules takes versions in the same way."""
    for how in "isloaded", "prereq", "conflict", "unload":
        assert satisfies(Request.parse(typed), "x", "1.10", how) == expected
    assert not satisfies(Request.parse(typed), "x", "", "isloaded")


def test_words_of_searches():
    """What stands before the `@` need only be a part of the name."""
    assert fits("py@3.9:", "lang/Python/3.10")
    assert not fits("py@3.9:", "lang/Python/3.8")
    assert fits("user@site", "user@site/1.0")
    assert not fits("gcc@12", "gcc")


@pytest.fixture
def foo(site):
    """A site with versions of foo of which 1.4 is the default, and with bar and user@host."""
    for version in VERSIONS:
        site.modulefile(f"Core/foo/{version}.lua", f'setenv("FOO", "{version}")')
    site.modulefile("Core/foo/.modulerc.lua", 'module_version("foo/1.4","default") module_version("foo/1.2","lts")')
    site.modulefile("Core/bar/1.lua")
    site.modulefile("Core/user@host/1.0.lua")
    site.modulefile("Core/user@host/2.0.lua")
    return site


LOADS = [
    ("foo@1.2", "foo/1.2"),
    ("foo@1", "foo/1.4"),
    ("foo@", "foo/1.4"),
    ("foo@1.2,1.4", "foo/1.4"),
    ("foo@1.1,1.2", "foo/1.2"),
    ("foo@1.5:", "foo/3.0rc1"),
    ("foo@:1.3", "foo/1.2.3"),
    ("foo@1.1:1.2", "foo/1.2.3"),
    ("foo@1.1:2", "foo/1.4"),
    ("foo@default", "foo/1.4"),
    ("foo@latest", "foo/3.0rc1"),
    ("foo@latest,1.1", "foo/3.0rc1"),
    ("foo@lts", "foo/1.2"),
    ("foo@lts,1.1", "foo/1.2"),
    ("user@host", "user@host/2.0"),
    ("user@host/1.0", "user@host/1.0"),
    ("user@host@:1", "user@host/1.0"),
]


@pytest.mark.parametrize(("typed", "loaded"), LOADS, ids=[row[0] for row in LOADS])
def test_what_is_loaded(foo, typed, loaded):
    """Of the versions that are meant the default wins, else the highest; a name that has an `@` in it is a name."""
    foo.load(typed)
    assert foo.loaded == [loaded]
    foo.module("is-loaded", typed).module("is-avail", typed)
    foo.unload(typed)
    assert foo.loaded == []
    assert foo.env.get("FOO") is None


def test_what_is_loaded_already(foo):
    """`foo@loaded` is the version that is loaded, whatever the default is."""
    assert "no module `foo@loaded`" in foo.fails("load", "foo@loaded")
    foo.load("foo/1.1").load("foo@loaded")
    assert foo.loaded == ["foo/1.1"]
    foo.module("is-loaded", "foo@loaded")
    foo.fails("is-loaded", "foo@default")
    foo.fails("is-loaded", "foo@1.2:")
    foo.unload("foo@1.2:")
    assert foo.loaded == ["foo/1.1"]
    assert "foo@1.2:" in foo.err
    assert foo.module("swap", "foo@:2", "foo@2:").loaded == ["foo/3.0rc1"]


def test_what_is_not_there(foo):
    """One is told which versions there are, and how ranges are written."""
    told = foo.fails("load", "foo@9:")
    assert "no module `foo@9:` can be loaded now" in told
    assert "foo/1.1, foo/1.2" in told
    told = foo.fails("load", "foo@2:1")
    assert "`@2:1` names no versions" in told
    assert "NAME@1.2:1.4" in told
    assert "`foo`" in foo.fails("load", "fooo@1")


WORDS = [
    # the word in a modulefile             foo/1.2  foo/2.0
    ('prereq("foo@1.1:1.4")', True, False),
    ('prereq("foo@2:")', False, True),
    ('prereq_any("foo@2:", "foo@1.1")', False, True),
    ('conflict("foo@2:")', True, False),
    ('if isloaded("foo@2") then setenv("SEEN", "2") end', True, True),
]


@pytest.mark.parametrize(("body", "first", "second"), WORDS, ids=[row[0] for row in WORDS])
def test_words_that_ask(foo, body, first, second):
    """Modulefiles ask for versions as users do."""
    foo.modulefile("Core/m/1.lua", body)
    for version, fits_ in (("1.2", first), ("2.0", second)):
        foo.module("purge").load(f"foo/{version}")
        if fits_:
            foo.load("m")
            assert (foo.env.get("SEEN") == "2") == ("SEEN" in body and version == "2.0")
        else:
            assert "m/1" in foo.fails("load", "m")


@pytest.mark.parametrize("word", ["load", "try_load", "depends_on", "always_load", "load_any"])
def test_words_that_load(foo, word):
    """Words that load take what there is within the versions."""
    foo.modulefile("Core/m/1.lua", f'{word}("foo@:1.3")')
    assert foo.load("m").loaded == ["foo/1.2.3", "m/1"]
    if word != "always_load":
        assert foo.unload("m").loaded == []


def test_a_dependency_that_is_there(foo):
    """What is loaded and within the versions stays; what is not is replaced."""
    foo.modulefile("Core/m/1.lua", 'depends_on("foo@1.2:")')
    assert foo.load("foo/1.4.2", "m").loaded == ["foo/1.4.2", "m/1"]
    assert foo.module("purge").load("foo/1.1", "m").loaded == ["foo/1.4", "m/1"]


def test_a_name_with_an_at_that_a_module_brings(foo):
    """Such a module goes with the one that brought it."""
    foo.modulefile("Core/m/1.lua", 'load("user@host/1.0")')
    assert foo.load("m").loaded == ["user@host/1.0", "m/1"]
    assert foo.unload("m").loaded == []


def listed(foo, *words):
    foo.module("-t", *words)
    return [line for line in foo.err.split() if line[0] not in "/<" and not line.endswith(("/", ")"))]


@pytest.mark.parametrize("command", ["avail", "spider", "list"])
def test_lists(foo, command):
    """Lists show what has the word before the `@` in its name, and one of the versions."""
    if command == "list":
        foo.load("foo/1.4.2", "bar")
        assert listed(foo, "list", "fo@1.4:") == ["foo/1.4.2"]
        assert listed(foo, "list", "fo@2:") == []
        return
    assert listed(foo, command, "fo@1.4:2") == ["foo/1.4", "foo/1.4.2", "foo/2.0"]
    assert listed(foo, command, "foo@latest") == ["foo/3.0rc1"]
    assert listed(foo, command, "foo@lts,1.1") == ["foo/1.1", "foo/1.2"]
    assert listed(foo, command, "user@host") == ["user@host/1.0", "user@host/2.0"]


def test_other_commands(foo):
    """What shows one module, and what names loaded ones, takes versions, too."""
    assert "foo/1.2.3.lua" in foo.module("--location", "show", "foo@:1.3").err
    foo.load("foo@:1.3")
    assert foo.module("info-loaded", "foo@1.2:").status == 0
    assert foo.type("info-loaded", "foo@2:").status == 1
    assert "1.4.2.lua" in foo.module("path", "foo@1.4.1:1.4").out
    assert "1.4.2.lua" in foo.module("paths", "foo@1.4:").out
