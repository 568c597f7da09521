"""What the programs `spider` and `update_lmod_system_cache_files` write for others, who know it from Lmod."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lmodpy.cli.cacheupdate import update
from lmodpy.cli.spiderprogram import answer
from lmodpy.errors import LmodError, UsageError
from lmodpy.report.software import STYLES
from lmodpy.session.luadata import assignments
from tests.differential.tools import LMOD
from tests.launcher import CLONE
from tests.needs import needs

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
LIBEXEC = os.path.dirname(LMOD)
EXAMPLES = os.path.join(CLONE, "examples", "modulefiles", "Core")
ENVIRON = {"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}


class Tree:
    """A hierarchy with all that modulefiles and rc files say for others."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.core = str(root / "Core")

    def write(self, path: str, text: str = "") -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("ROOT", str(self.root)))

    def spider(self, style: str, *words: str) -> str:
        return answer(["-o", style, *words, self.core], ENVIRON)

    def data(self, style: str):
        return read(self.spider(style))

    def lmod(self, style: str):
        program = needs(os.path.join(LIBEXEC, "spider"))
        done = subprocess.run(
            [program, "-o", style, self.core], env=ENVIRON, capture_output=True, text=True, check=True
        )
        return read(done.stdout)


@pytest.fixture
def tree(tmp_path):
    """A compiler, an MPI in it, a library in that; versions of every sort; hidden, marked, renamed and broken ones."""
    tree = Tree(tmp_path)
    for name in "gcc", "boost":
        for kind in "bin", "lib":
            (tmp_path / "sw" / name / kind).mkdir(parents=True)
    for library in "libboost.so", "libboost.a", "libboost.so.1", "notes.txt":
        tree.write(f"sw/boost/lib/{library}")
    (tmp_path / "sw/gcc-link").symlink_to("gcc")
    tree.write("Core/gcc/5.lua", GCC)
    tree.write("Core/gcc/4.9.lua", 'whatis("URL: http://gcc.org") prepend_path("MODULEPATH", "ROOT/nowhere")')
    tree.write("Core/gcc/.modulerc.lua", 'module_version("gcc/4.9", "default", "old") hide_version("gcc/3")')
    tree.write("Core/gcc/3.lua", 'whatis("Description: worn out")')
    tree.write("Core/.modulerc.lua", 'module_alias("compilers", "gcc")')
    tree.write("gcc5/meta.lua", 'help("alone")')
    tree.write("Core/broken/1.lua", 'whatis("Description: so far")\nsetenv("A"')
    tree.write("Core/deep/64/2.0/x.lua")
    tree.write("Core/deep/64/1.0.lua")
    tree.write("Core/deep/32/1.0.lua")
    tree.write("Core/marked/1.lua")
    tree.write("Core/marked/2.lua")
    (tmp_path / "Core/marked/default").symlink_to("1.lua")
    tree.write("Core/marked/.version", '#%Module\nset ModulesVersion "2"\n')
    tree.write(
        "gcc5/mpich/3.lua", 'family("mpi") prepend_path("MODULEPATH", "ROOT/gcc5mpich") extensions("one/1, two")'
    )
    tree.write("gcc5mpich/boost/1.70.lua", BOOST)
    (tmp_path / "gcc5/empty").mkdir()
    return tree


GCC = """
help([[Help of two
lines, with "quotes"]])
whatis("Name: GCC")
whatis("Version: 5.0-x")
whatis("Category: compiler, core")
whatis("Keyword: c, fortran")
whatis("URL: http://gcc")
whatis("Description: not this")
whatis("Description: The compilers")
family("compiler")
add_property("lmod", "sticky")
prepend_path("PATH", "ROOT/sw/gcc/bin")
append_path("PATH", "ROOT/sw/gcc-link/bin:/usr/bin")
append_path("PATH", ".")
prepend_path("LD_LIBRARY_PATH", "ROOT/sw/gcc/lib")
prepend_path("CPATH", "ROOT/sw/gcc/lib")
setenv("LMOD_GCC_DIR", "ROOT/sw/gcc")
setenv("LMOD_GCC_LIB", "ROOT/sw/gcc/lib")
setenv("OTHER_GCC_DIR", "ROOT/sw/other")
prepend_path("MODULEPATH", "ROOT/gcc5")
extensions("one/1")
"""
BOOST = """
whatis("C++ libraries")
prepend_path("PKG_CONFIG_PATH", "ROOT/sw/boost/lib/pkgconfig")
prepend_path("PATH", "ROOT/sw/boost/bin")
pushenv("LMOD_BOOST_DIR", "ROOT/sw/elsewhere")
"""


def read(text: str):
    """Return what a text of one of the styles says; nothing in it is executed."""
    text = text.strip()
    if text.startswith("/"):
        return text.split("\n")
    return json.loads(text) if text[:1] in "[{" else assignments(text)


def plain(data, dropped: frozenset[str] = frozenset()):
    """Return data in a form that is the same for both: lists sorted, since Lmod's have no order."""
    if isinstance(data, dict) and data and all(isinstance(key, int) for key in data):
        data = list(data.values())
    if isinstance(data, dict):
        return {key: plain(value, dropped) for key, value in data.items() if key not in dropped} or None
    if isinstance(data, list):
        return sorted((plain(value, dropped) for value in data), key=lambda item: json.dumps(item, sort_keys=True))
    return data or None


def pages(data, style: str):
    """Return the packages of a page by name, each with the names of its versions and what is known of those."""
    packages = data["spA"].values() if style.endswith("Lua") else data
    return {
        package["package"]: (package["defaultVersionName"], plain(list(package["versions"]), frozenset()))
        for package in packages
    }


@pytest.mark.parametrize("place", ["tree", "examples"])
@pytest.mark.parametrize("style", ["list", "spiderT", "moduleT", "dbT", "spider-json"])
def test_others_read_what_lmod_would_have_written(tree, style, place):
    """The cache and the databases have the same data in them as those of the installed Lmod."""
    tree.core = EXAMPLES if place == "examples" else tree.core
    since_8_7 = frozenset(["changeMPATH"])

    assert plain(tree.data(style), since_8_7) == plain(tree.lmod(style))


@pytest.mark.parametrize("place", ["tree", "examples"])
@pytest.mark.parametrize("style", ["reverseMapT", "jsonReverseMapT", "xalt_rmapT"])
def test_directories_lead_to_modules_as_with_lmod(tree, style, place):
    """The maps know the same directories and libraries; in the examples Lmod leaves it to chance which module it is."""
    ours, theirs = tree.data(style), tree.lmod(style)
    assert plain(ours) == plain(theirs)

    tree.core = EXAMPLES
    assert {*tree.data(style)["reverseMapT"]} == {*tree.lmod(style)["reverseMapT"]}


@pytest.mark.parametrize("place", ["tree", "examples"])
@pytest.mark.parametrize("style", ["softwarePage", "jsonSoftwarePage", "softwarePageLua"])
def test_pages_about_software_are_as_lmod_makes_them(tree, style, place):
    """Each package has the same versions, and each version the same data; what a package has is tested below."""
    tree.core = EXAMPLES if place == "examples" else tree.core
    ours, theirs = pages(tree.data(style), style), pages(tree.lmod(style), style)

    assert ours == theirs


def test_a_package_is_described_by_its_highest_version_that_says_something(tree):
    """Keywords and the name for people are there too; a package whose versions are all hidden is not."""
    tree.write("Core/secret/.1.lua")
    packages = {package["package"]: package for package in tree.data("jsonSoftwarePage")}

    gcc = packages["gcc"]
    del gcc["versions"]
    assert gcc == {
        "package": "gcc",
        "displayName": "GCC",
        "description": "The compilers",
        "url": "http://gcc.org",
        "categories": "compiler, core",
        "keywords": "c, fortran",
        "defaultVersionName": "4.9",
    }
    assert "secret" not in packages


def test_of_several_modules_the_one_easiest_to_load_has_a_directory(tree):
    """A default comes before other versions, and what can be loaded at once before what needs others."""
    for name in "Core/tool/1", "Core/tool/2", "gcc5/atool/3":
        tree.write(f"{name}.lua", 'prepend_path("PATH", "ROOT/sw/boost/bin")')
    tree.write("Core/tool/.modulerc.lua", 'module_version("tool/1", "default")')

    row = tree.data("jsonReverseMapT")["reverseMapT"][f"{tree.root}/sw/boost/bin"]
    assert (row["pkg"], row["flavor"]) == ("tool/1", ["default", "default:gcc/5", "default:gcc/5:mpich/3"])
    assert tree.data("xalt_rmapT")["reverseMapT"][f"{tree.root}/sw/boost/lib"] == "boost/1.70(gcc/5:mpich/3)"


def test_only_ways_that_work_lead_to_a_module(tree):
    """Members of one family are not loaded one after the other, nor two versions of a name; circles end."""
    tree.write("gcc5/icc/1.lua", 'family("compiler") prepend_path("MODULEPATH", "ROOT/gcc5mpich")')
    tree.write("gcc5mpich/gcc/6.lua", 'prepend_path("MODULEPATH", "ROOT/gcc5mpich", "ROOT/gcc5")')

    boost = tree.data("spider-json")["boost"][f"{tree.root}/gcc5mpich/boost/1.70.lua"]
    assert boost["parentAA"] == [["gcc/5", "mpich/3"]]


def test_the_time_stamp_is_named(tree):
    """Who reads the cache learns which file it must be newer than."""
    assert list(assignments(tree.spider("dbT", "--timestampFn", "/x/stamp"))["timestampFn"].values()) == ["/x/stamp"]
    assert json.loads(tree.spider("jsonReverseMapT", "--timestampFn", "/x/stamp"))["timestampFn"] == "/x/stamp"


@pytest.mark.parametrize(("words", "told"), [
    (["-o", "xmlSoftwarePage", "/x"], "no style `xmlSoftwarePage`"),
    (["-o", "list", "/x:modules"], "`modules` is no absolute path"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(words, told):
    """A style that is not there and a path that means something else elsewhere are named."""
    with pytest.raises(UsageError, match=told) as refused:
        answer(words, ENVIRON)
    assert refused.value.hint


def test_the_session_of_who_asks_does_not_count(tree):
    """Neither loaded modules nor the user's rc file change what a site has."""
    tree.write("home/.modulerc.lua", 'module_alias("mine", "gcc") hide_version("gcc/5")')
    environ = {**ENVIRON, "HOME": str(tree.root / "home"), "LOADEDMODULES": "gcc/5", "MODULEPATH": "/else"}

    assert answer(["-o", "spiderT", tree.core], environ) == tree.spider("spiderT")


# Modulefiles that do harm


HARMFUL = {
    "endless": "while true do end",
    "patient": "while true do pcall(function() while true do end end) end",
    "greedy": 'local s = ("x"):rep(1 << 30)',
    "fatal": "os.exit(3)",
    "late": 'whatis("Description: as far as here") setenv("A", nil .. 1)',
}


def test_one_modulefile_does_not_keep_others_from_being_listed(tree, capfd):
    """What never ends, fills the memory or leaves is named, with its line where there is one; all else is there."""
    for name, text in HARMFUL.items():
        tree.write(f"Core/{name}/1.lua", text)

    text = answer(["-v", "-o", "spider-json", tree.core], {**ENVIRON, "LMODPY_EVAL_TIMEOUT": "1"})

    told = capfd.readouterr().err
    for name in "endless", "patient":
        assert f"{name}/1 has not come to its end within 1 seconds" in told
    assert f"greedy/1 cannot be read: not enough memory ({tree.core}/greedy/1.lua" in told
    assert f"({tree.core}/late/1.lua:1)" in told
    assert f"({tree.core}/broken/1.lua:2)" in told
    assert {*HARMFUL, "gcc", "boost"} <= {*json.loads(text)}
    assert json.loads(text)["late"][f"{tree.core}/late/1.lua"]["Description"] == "as far as here"


@pytest.mark.parametrize("allowed", ["no", "yes"])
def test_no_program_runs_unless_the_site_wants_that(tree, allowed):
    """Where it does not, a modulefile goes on as if the program had said nothing."""
    line = "touch ROOT/ran.{0} && echo found"
    tree.write(
        "Core/caller/1.lua",
        f"""local said = capture("{line.format(1)}") .. subprocess("{line.format(2)}")
        said = said .. (io.popen("{line.format(3)}"):read("a") or "")
        assert(os.execute("{line.format(4)}"))
        execute{{cmd="{line.format(5)}", modeA={{"load"}}}}
        whatis("Description: " .. said:gsub("%s", "") .. ".")""",
    )

    text = answer(["-o", "spider-json", tree.core], {**ENVIRON, "LMODPY_SPIDER_PROGRAMS": allowed})

    said = json.loads(text)["caller"][f"{tree.core}/caller/1.lua"]["Description"]
    ran = sorted(path.name for path in tree.root.glob("ran.*"))
    assert (said, ran) == {"no": (".", []), "yes": ("found" * 3 + ".", [f"ran.{n}" for n in range(1, 5)])}[allowed]


# Lmod's cache


def lmod(tree: Tree, *words: str) -> str:
    """Return what the installed Lmod answers that has our cache."""
    rc = tree.root / "lmodrc.lua"
    rc.write_text(f'scDescriptT = {{ {{dir="{tree.root}/cache", timestamp="{tree.root}/stamp"}} }}')
    environ = {**ENVIRON, "LMOD_RC": str(rc), "MODULEPATH": tree.core, "LC_ALL": "C.UTF-8"}
    done = subprocess.run([needs(LMOD), "bash", *words], env=environ, capture_output=True, text=True, check=True)
    return done.stderr


def build(tree: Tree, *words: str) -> None:
    update(["-d", str(tree.root / "cache"), "-t", str(tree.root / "stamp"), *words, tree.core], ENVIRON)


def for_lmod(tree: Tree) -> list[str]:
    """Return the names of the files that are there for Lmod; ours lie beside them."""
    return sorted(name for name in os.listdir(tree.root / "cache") if name.startswith("spiderT"))


@pytest.mark.parametrize("words", [["-t", "spider"], ["spider", "boost/1.70"], ["spider", "gcc"], ["avail"]], ids=str)
def test_lmod_believes_the_cache_and_answers_as_without(tree, words):
    """A site can have both for a while: what Lmod finds in the cache is what it finds in the trees."""
    build(tree)
    assert lmod(tree, *words) == lmod(tree, "--ignore_cache", *words)

    tree.write("Core/unknown/1.lua")
    assert "unknown/1" in lmod(tree, "--ignore_cache", "-t", "spider")
    assert "unknown/1" not in lmod(tree, "-t", "spider")  # so it was the cache that it had read


def test_maps_are_written_beside_the_cache(tree):
    """With -r, -J and -K; what was there before keeps another name, and what Lmod had compiled goes."""
    tree.write("cache/spiderT.luac_5.3", "old")
    build(tree, "-r", "-J", "-K")
    first = (tree.root / "cache/spiderT.lua").read_text()
    tree.write("Core/more/1.lua")
    build(tree, "-J", "-R", str(tree.root / "maps"))

    assert for_lmod(tree) == ["spiderT.lua", "spiderT.old.lua"]
    assert (tree.root / "cache/spiderT.old.lua").read_text() == first
    assert sorted(os.listdir(tree.root / "reverseMapD")) == [
        "jsonReverseMapT.json",
        "reverseMapT.lua",
        "xalt_rmapT.json",
    ]
    assert sorted(os.listdir(tree.root / "maps")) == ["jsonReverseMapT.json", "reverseMapT.lua"]
    stamp, cache = (os.stat(tree.root / name).st_mtime_ns for name in ("stamp", "cache/spiderT.lua"))
    assert stamp <= cache


def test_a_cache_of_nothing_does_not_replace_a_good_one(tree):
    """If the trees cannot be seen, as when a file system is gone, the cache stays, and cron hears of it."""
    build(tree)
    before = (tree.root / "cache/spiderT.lua").read_text()
    (tree.root / "Core").rename(tree.root / "away")

    with pytest.raises(LmodError, match="there is no module in"):
        build(tree)
    assert (tree.root / "cache/spiderT.lua").read_text() == before
    assert for_lmod(tree) == ["spiderT.lua"]


def test_the_cache_goes_where_the_site_has_one(tree):
    """Without -d, LMOD_SPIDER_CACHE_DIRS says where, if it names one directory; if not, that is asked for."""
    place = str(tree.root / "site")
    update([tree.core], {**ENVIRON, "LMOD_SPIDER_CACHE_DIRS": place})
    assert "spiderT.lua" in os.listdir(place)

    with pytest.raises(UsageError, match="where is the cache to be"):
        update([tree.core], {**ENVIRON, "LMOD_SPIDER_CACHE_DIRS": f"{place}:/other"})


def test_the_programs_lie_beside_the_command(tree):
    """As EasyBuild calls it: beside the command that LMOD_CMD names; it wants an answer, and nothing on stderr."""
    beside = os.path.dirname(shutil.which("lmodpy-cmd", path=os.path.dirname(sys.executable)) or "")
    spider = [os.path.join(beside, "spider"), "-o", "moduleT", tree.core]
    done = subprocess.run(spider, env=ENVIRON, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (tree.spider("moduleT"), "")

    program = os.path.join(beside, "update_lmod_system_cache_files")
    done = subprocess.run([program, "-d", tree.root / "c", "relative"], env=ENVIRON, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "`relative` is no absolute path" in done.stderr


def test_every_style_is_one_that_a_table_names():
    """docs/caches.md says of each style who reads it."""
    text = Path(CLONE, "docs", "caches.md").read_text()
    assert [style for style in STYLES if f"`{style}`" not in text] == []
