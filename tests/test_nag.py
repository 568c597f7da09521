"""What the site says about modules when they are loaded."""

from __future__ import annotations

import pytest

from lmodpy.cli.nag import paragraphs

LIST = """\
# what users should know
foo/1 | qux:  foo/1 goes
    in May.

bar/%d+%.0:
use bar/3
see ROOT: there

ROOT/Core/by/path: found by its file
bar: never reached for 2.0
"""


@pytest.fixture
def told(site):
    """A site with a list, and modules that it is about."""
    for name in ("foo/1", "foo/2", "bar/1", "bar/2.0", "by/path"):
        site.modulefile(f"Core/{name}.lua", "")
    site.modulefile("Core/all/1.lua", 'load("foo/1", "bar/1")')
    site.env["LMOD_ADMIN_FILE"] = str(site.modulefile("admin.list", LIST.replace("ROOT", str(site.root))))
    return site


def test_a_module_that_is_loaded_is_spoken_of(told):
    """Once, when it comes; whoever loaded it. The first paragraph that fits counts."""
    said = told.load("foo/1").err
    assert "foo/1:\n  foo/1 goes\n    in May.\n" in said
    assert "bar" not in said
    assert told.load("bar/2.0").err.count("use bar/3") == 1
    assert "in May" not in told.err
    told.module("purge")
    assert "in May" in told.load("all").err


def test_what_is_not_loaded_is_not_spoken_of(told):
    """Neither what is listed, shown, refused, or there already; nor in quiet mode."""
    assert "May" not in told.module("show", "foo/1").err
    assert "May" not in told.module("avail").err
    assert "May" not in told.load("foo/2").err
    assert told.module("-q", "load", "foo/1").err == ""
    assert "May" not in told.module("list").err
    told.fails("load", "bar/2.0", "nope")
    assert "use bar/3" not in told.err


def test_a_list_in_the_usual_place(told):
    """Without a variable, `etc/admin.list` where LMOD_ROOT is."""
    del told.env["LMOD_ADMIN_FILE"]
    told.modulefile("pkg/etc/admin.list", "foo: always\n")
    told.env["LMOD_ROOT"] = f"{told.root}/pkg"
    assert "always" in told.load("foo").err


def test_a_bad_pattern_is_warned_of_once(told):
    """With the file; the other paragraphs count."""
    told.modulefile("admin.list", "foo/[: broken\n\nfoo: fine\n")
    said = told.load("foo", "bar/1").err
    assert said.count("admin.list") == 1
    assert "fine" in said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("a: b", [(["a"], " b")]),
        ("a | b|c:\nx\ny\n\n\n\nd:z", [(["a", "b", "c"], "x\ny"), (["d"], "z")]),
        ("# a: b\na: c\n# d\ne", [(["a"], " c\ne")]),
        ("no colon\n\n: no key\n\n|:x", []),
    ],
)
def test_paragraphs(text, found):
    """Patterns, a colon, text to the next empty line."""
    assert list(paragraphs(text)) == found
