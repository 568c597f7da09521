"""Properties that a site declares in lmodrc files, and how they look."""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest

from tests.needs import needs

LMOD = os.environ.get("LMOD_PEER", "/usr/share/lmod/lmod/libexec/lmod")

RC = """
local short = "(li)"
propT = {
  licence = {
    validT = { free = 1, paid = 1 },
    displayT = {
      free = { short = short, color = "green", doc = "costs " .. os.getenv("PRICE") },
      ["free:paid"] = { short = "(fp)", color = "blue", doc = "costs something", full_color = true },
    },
  },
}
"""


@pytest.fixture
def licensed(site):
    """A site whose lmodrc.lua declares a property, and three modules that have it."""
    site.env["PRICE"] = "nothing"
    site.modulefile("home/.lmodrc.lua", RC)
    for name, value in {"free": "free", "both": "free:paid", "paid": "paid"}.items():
        site.modulefile(f"Core/{name}/1.lua", f'add_property("licence", "{value}")')
    return site


def test_marks_stand_behind_names_with_their_meanings(licensed):
    """By all values of a module together; one without a mark has none."""
    licensed.load("free", "both", "paid")
    licensed.module("list")
    assert "1) free/1 (li)   2) both/1 (fp)   3) paid/1\n" in licensed.err
    assert "  fp  costs something\n  li  costs nothing\n" in licensed.err


def test_marks_have_the_colours_that_the_file_gives(licensed):
    """The mark alone, or the name as well."""
    licensed.load("free", "both")
    licensed.env["LMOD_COLORIZE"] = "force"
    licensed.module("list")
    assert "free/1 (\033[1;32mli\033[0m)" in licensed.err
    assert "\033[1;34mboth/1\033[0m (\033[1;34mfp\033[0m)" in licensed.err


def test_what_is_declared_is_known_to_programs(licensed):
    """--config_json lists files and properties."""
    licensed.module("--config_json")
    told = json.loads(licensed.err)
    assert told["rcfileA"] == [f"{licensed.env['HOME']}/.lmodrc.lua"]
    assert told["propT"]["licence"]["validT"] == {"free": 1, "paid": 1}
    assert told["propT"]["licence"]["displayT"]["free"]["doc"] == "costs nothing"
    assert told["propT"]["lmod"]["validT"] == {"sticky": 1}


def test_a_value_that_is_not_declared_is_refused(licensed):
    """With those that are."""
    licensed.modulefile("Core/dear/1.lua", 'add_property("licence", "stolen")')
    error = licensed.fails("load", "dear")
    assert "no property `licence` with the value `stolen`" in error
    assert "licence:free, licence:paid" in error


def test_later_files_count_more(site, tmp_path):
    """The site's directory, the user's file, then those of LMOD_RC."""
    site.modulefile("Core/m/1.lua", 'add_property("p", "v")')
    told = 'propT = {p = {validT = {v = 1}, displayT = {v = {short = "(%s)", doc = "from %s"}}}}'
    places = {"etc": tmp_path / "etc/lmodrc.lua", "home": site.root / "home/.lmodrc.lua", "more": tmp_path / "more.lua"}
    site.env["LMOD_CONFIG_DIR"] = str(tmp_path / "etc")
    for name, path in places.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(told % (name, name))
        if name == "more":
            site.env["LMOD_RC"] = f"/nowhere.lua:{path}"
        site.load("m")
        site.module("list")
        assert f"m/1 ({name})" in site.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("propT = {", ".lmodrc.lua"),
        ("propT = 3", "propT is no table"),
        ("propT = {p = {validT = 1}}", "propT.p.validT is no table"),
        ("propT = {p = 4}", "propT has 4 where a table is wanted, at 'p'"),
        ("local x = nil\nx.y = 1", ".lmodrc.lua:3"),
        ('setenv("A", "1")', "`setenv` is for modulefiles"),
        ("scDescriptT = {1}", "scDescriptT has 1"),
        ("propT = {} propT.p = propT", "there is a table that holds itself"),
        ("propT = {[{}] = {}}", "has a table for a key"),
    ],
)
def test_a_broken_file_is_warned_of(site, text, said):
    """Nothing else stops working."""
    site.modulefile("Core/m/1.lua", 'add_property("lmod", "sticky")')
    site.modulefile("home/.lmodrc.lua", text)
    site.load("m")
    site.module("list")
    assert "m/1 (S)" in site.err
    assert "lmodpy: warning: " in site.err
    assert said in site.err


def test_nobody_reads_the_file_who_needs_no_property(site):
    """A load of modules without properties, or with those that are everywhere, looks for none."""
    site.modulefile("home/.lmodrc.lua", "LmodError('read')")
    site.modulefile("Core/m/1.lua", 'add_property("state", "testing")')
    assert "warning" not in site.load("m").err
    assert "warning" in site.module("list").err


def test_the_caches_of_the_site_may_be_named_there(site):
    """As `dir` of the rows of scDescriptT."""
    site.modulefile("Core/m/1.lua", "")
    cache = site.root / "cache"
    site.modulefile("home/.lmodrc.lua", f'scDescriptT = {{{{dir = "{cache}", timestamp = "{cache}/stamp"}}}}')
    site.module("--config_json")
    assert json.loads(site.err)["cache"] == [[str(cache), f"{cache}/stamp"]]


def test_lmod_shows_the_same_marks(licensed):
    """Letters behind the names, and what may be said."""
    environ = {**licensed.env, "LC_ALL": "C.UTF-8"}
    script = f'eval "$({needs(LMOD)} bash load free both paid)"; {LMOD} bash list; {LMOD} bash --config_json'
    done = subprocess.run(["bash", "--norc", "-c", script], env=environ, capture_output=True, text=True, check=True)
    listed, _, told = done.stderr.partition("\n{")
    theirs = json.loads("{" + told)["propT"]["licence"]
    marks = re.compile(r"\d\) (\S+)(?: \((\w+)\))?")

    licensed.load("free", "both", "paid")
    licensed.module("list")
    assert marks.findall(licensed.err) == marks.findall(listed)
    licensed.module("--config_json")
    ours = json.loads(licensed.err)["propT"]["licence"]
    assert ours["validT"] == theirs["validT"]
    assert ours["displayT"]["free"]["color"] == theirs["displayT"]["free"]["color"]


def test_avail_marks_what_is_not_loaded(licensed):
    """As Lmod does; terse lists have no marks."""
    licensed.module("avail")
    assert "both/1 (fp)   free/1 (li)   paid/1\n" in licensed.err
    assert "  fp  costs something\n" in licensed.err
    licensed.load("free")
    assert "free/1 (li,L)" in licensed.module("avail", "free").err
    assert "(" not in licensed.module("-t", "avail").err
    told = json.loads(licensed.module("--json", "avail", "both").err)
    assert told["directories"][0]["modules"][0]["properties"] == ["licence:free", "licence:paid"]


def test_avail_lists_extensions(site):
    """Of the modules there are, by name; filtered as modules are, and left out on demand."""
    site.modulefile("Core/py/3.lua", 'extensions("numpy/1.26, scipy/1.11")')
    site.modulefile("Core/py/2.lua", 'extensions("numpy/1.16")')
    site.modulefile("Core/.secret/1.lua", 'extensions("hush/1")')
    assert "numpy   scipy\n" in site.module("avail").err
    assert "hush" not in site.err
    assert "hush" in site.module("-A", "avail").err
    shown = site.module("avail", "SCI").err
    assert "scipy" in shown
    assert "numpy" not in shown
    assert "scipy" not in site.module("avail", "py/3").err
    assert "numpy" not in site.module("--nx", "avail").err
    site.env["LMOD_AVAIL_EXTENSIONS"] = "no"
    assert "numpy" not in site.module("avail").err


def test_avail_runs_no_large_tree(site):
    """Of many modules it shows what is known: once `spider` has read them."""
    for number in range(201):
        file = site.modulefile(f"Core/m{number}/1.lua", 'add_property("state", "testing") LmodMessage("ran")')
        os.utime(file, (1, 1))  # a file that was written a moment ago is read each time
    assert "(T)" not in site.module("avail").err
    site.module("spider")
    assert "m1/1 (T)" in site.module("avail").err


def test_a_broken_modulefile_spoils_no_list(site):
    """It has no properties then."""
    site.modulefile("Core/bad/1.lua", 'add_property("lmod", "sticky") extensions("x/1") nothing.at = all')
    site.modulefile("Core/good/1.lua", 'add_property("lmod", "sticky")')
    shown = site.module("avail").err
    assert "good/1 (S)" in shown
    assert "bad/1" in shown
