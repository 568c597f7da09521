"""Which modulefile a name means, in trees made for the purpose."""

import os

import pytest

from lmodpy.names.request import Request, atleast, atmost, between, latest
from tests.trees import TCL, Trees


@pytest.fixture
def trees(tmp_path):
    return Trees(tmp_path)


def test_names_and_versions(trees):
    """A name alone means its highest version; more text chooses among the versions at a boundary."""
    trees.write("A/x/1.9.lua", "A/x/1.10.lua", "A/x/17.0.1.lua", "A/x/17.0.10.lua", "A/x/170.lua", "A/x/foobar.lua")
    rows = {
        "x": "x/170",
        "x/": "x/170",
        "x/default": "x/170",
        "x/1": "x/1.10",
        "x/17": "x/17.0.10",
        "x/1.1": None,
        "x/1.": "x/1.10",
        "x/fo": "x/foobar",
        "x/170": "x/170",
        "x/170.lua": "x/170",
        "x/171": None,
        "X": None,
        "y": None,
    }
    assert {asked: trees.find(asked) for asked in rows} == rows


def test_layouts(trees):
    """A module without version, in a category, and beside directories of modules."""
    trees.write("A/tool.lua", "A/cat/fft/3.1.lua", "A/mix/1.0.lua", "A/mix/64/2.0.lua", "A/tcl/1")
    rows = {
        "tool": "A/tool.lua",
        "tool/1": None,
        "cat": None,
        "cat/fft": "A/cat/fft/3.1.lua",
        "cat/fft/3": "A/cat/fft/3.1.lua",
        "fft": None,
        "mix": None,
        "mix/1.0": "A/mix/1.0.lua",
        "mix/64": "A/mix/64/2.0.lua",
        "tcl": "A/tcl/1",
    }
    assert {asked: trees.file(asked) for asked in rows} == rows
    assert trees.tree().find(Request("cat/fft"), trees.roots())[:2] == ("cat/fft", "3.1")
    assert trees.tree().find(Request("mix/1.0"), trees.roots())[:2] == ("mix/1.0", "")


def test_a_module_with_versions_beats_one_without(trees):
    """In one directory `z/1.0.lua` hides `z.lua`; between directories the one without version counts more."""
    trees.write("A/z.lua", "A/z/1.0.lua", "B/z.lua")
    assert trees.file("z") == "A/z/1.0.lua"
    assert [m.full_name for m in trees.tree().all(trees.roots()[0])] == ["z/1.0"]
    assert trees.file("z", "A:B") == "B/z.lua"
    trees.link("A/z/default", "1.0.lua")
    assert trees.file("z", "A:B") == "A/z/1.0.lua"


def test_a_default_file_makes_a_directory_a_module(trees):
    """With an empty `.version`, what would be a category is a module whose versions have directories."""
    trees.write("A/comp/gcc/5.1.lua", "A/comp/gcc/6.1.lua", "A/comp/llvm/15.lua")
    assert trees.find("comp") is None
    trees.text("A/comp/.version", "")
    rows = {
        "comp": "comp/llvm/15",
        "comp/gcc": "comp/gcc/6.1",
        "comp/gcc/5": "comp/gcc/5.1",
        "comp/g": "comp/gcc/6.1",
        "comp/icc": None,
    }
    assert {asked: trees.find(asked) for asked in rows} == rows
    assert trees.tree().find(Request("comp"), trees.roots())[:2] == ("comp", "llvm/15")


def test_maximal_depth(trees):
    """LMOD_MAXDEPTH ends a short name at a level."""
    trees.write("A/a/b/c/1.0.lua", "A/d/1.lua")
    assert trees.tree().find(Request("a/b/c"), trees.roots()).name == "a/b/c"
    assert trees.find("a") is None
    depth = {trees.roots()[0] + "/": 1}
    assert trees.tree(max_depth=depth).find(Request("a"), trees.roots())[:2] == ("a", "b/c/1.0")
    assert trees.find("d", max_depth=depth) == "d/1"


def test_lua_beside_tcl(trees):
    """Of `1.0` and `1.0.lua` the Lua one is taken, and a file that does not begin like a module is none."""
    trees.write("A/x/1.0", "A/x/1.0.lua", "A/x/2.0")
    trees.text("A/x/3.0", "hello")
    trees.text("A/x/4.0", " #%Module\n")
    assert trees.file("x/1.0") == "A/x/1.0.lua"
    assert trees.file("x") == "A/x/2.0"
    assert trees.file("x/3.0") is None
    assert trees.file("x", allow_tcl=False) == "A/x/1.0.lua"


def test_a_partial_version_that_is_a_stray_file(trees):
    """A file that is no modulefile does not stand in the way of the versions that continue its name."""
    trees.write("A/x/1.5.lua")
    trees.text("A/x/1", "notes")
    assert trees.find("x/1") == "x/1.5"


MARKS = {
    "default link": {"A/x/default": ("1.0.lua",)},
    "default link through a directory": {"A/x/default": ("../x/1.0",)},
    "modulerc.lua, short": {"A/x/.modulerc.lua": 'module_version("/1.0","default")'},
    "modulerc.lua, full": {"A/x/.modulerc.lua": 'module_version("x/1.0","default")'},
    "modulerc.lua, bare": {"A/x/.modulerc.lua": 'module_version("1.0","default")'},
    "modulerc.lua, the last wins": {
        "A/x/.modulerc.lua": 'module_version("x/3.0","default") module_version("x/1.0","a","default")'
    },
    "modulerc.lua, by symbol": {"A/x/.modulerc.lua": 'module_version("x/1.0","old") module_version("x/old","default")'},
    "modulerc": {"A/x/.modulerc": TCL + "module-version x/1.0 default\n"},
    "modulerc, quoted": {"A/x/.modulerc": TCL + '# old\n\n  module-version "x/1.0" {default}\n'},
    "version": {"A/x/.version": TCL + 'set ModulesVersion "1.0"\n'},
    "version, other variable": {"A/x/.version": TCL + "set ModuleVersion {1.0}\n"},
    "version, variable wins": {"A/x/.version": TCL + "set ModulesVersion 1.0\nmodule-version x/2.0 default\n"},
    "modulerc without cookie": {
        "A/x/.modulerc": "set ModulesVersion 2.0\n",
        "A/x/.version": TCL + "set ModulesVersion 1.0\n",
    },
    "the best-ranked only": {
        "A/x/default": ("1.0.lua",),
        "A/x/.modulerc.lua": 'module_version("x/2.0","default")',
        "A/x/.version": TCL + "set ModulesVersion 2.0\n",
    },
}


@pytest.mark.parametrize("marks", MARKS.values(), ids=MARKS)
def test_ways_to_mark_a_default(trees, marks):
    """However it is marked, the marked version is what the name alone, or a part of its version, means."""
    trees.write("A/x/1.0.lua", "A/x/1.5.lua", "A/x/2.0.lua", "A/x/3.0.lua")
    for path, what in marks.items():
        trees.link(path, *what) if isinstance(what, tuple) else trees.text(path, what)
    assert trees.file("x") == "A/x/1.0.lua"
    assert trees.file("x/1") == "A/x/1.0.lua"
    assert trees.file("x/2") == "A/x/2.0.lua"
    assert trees.warnings == []


@pytest.mark.parametrize("target", ["nowhere", "default", "/", "7.0.lua", ".", "../../B/x/2.0"])
def test_a_default_link_to_no_version(trees, target):
    """A link that marks nothing leaves the highest version, and no other default file is read."""
    trees.write("A/x/1.0.lua", "A/x/3.0.lua")
    trees.link("A/x/default", target)
    trees.text("A/x/.modulerc.lua", 'module_version("x/1.0","default")')
    assert trees.find("x") == "x/3.0"


def test_a_regular_file_called_default(trees):
    """A Tcl file called `default` is a version and the default; `default.lua` is just a version."""
    trees.write("A/x/default", "A/x/9", "A/y/default.lua", "A/y/9.lua")
    assert trees.find("x") == "x/default"
    assert trees.find("y") == "y/9"
    assert trees.find("y/default") == "y/default"
    trees.text("A/z/default", "no modulefile")
    trees.write("A/z/1.lua")
    assert trees.find("z") == "z/1"


def test_nested_versions_are_marked_level_by_level(trees):
    """Each directory of versions has its own default, and a higher level decides first."""
    trees.write("A/f/64/1.0.lua", "A/f/64/2.0.lua", "A/f/32/3.0.lua", "A/f/32/4.0.lua")
    trees.text("A/f/64/.modulerc.lua", 'module_version("/1.0","default","old")')
    trees.link("A/f/32/default", "3.0.lua")
    trees.text("A/f/.version", "")
    assert trees.find("f") == "f/64/1.0"
    assert trees.find("f/32") == "f/32/3.0"
    assert trees.find("f/64/old") == "f/64/1.0"
    trees.text("A/f/.version", TCL + "set ModulesVersion 32\n")
    assert trees.find("f") == "f/32/3.0"


def test_marks_of_user_and_system(trees):
    """What the user marks comes before what the system marks, and that before the tree and the version."""
    trees.write("A/x/1.0.lua", "A/x/2.0.lua", "A/x/3.0.lua", "A/x/4.0.lua")
    trees.link("A/x/default", "3.0.lua")
    assert trees.find("x") == "x/3.0"
    rc = 'module_version("x/1.0","default") module_version("x/2.0","default")'
    trees.system = [trees.text("etc/one.lua", rc), trees.text("etc/nothing.lua", "")]
    assert trees.find("x") == "x/2.0", "of several marks of the system, the highest version"
    trees.user = [trees.text("home/.modulerc", TCL + "module-version x/1.0 default\n")]
    assert trees.find("x") == "x/1.0"


def test_a_directory_of_system_rc_files(trees):
    """Each file in it is read but for backups; what does not exist is no trouble."""
    trees.write("A/x/1.0.lua")
    trees.text("etc/rc/a.lua", 'module_alias("ex","x")')
    trees.text("etc/rc/b.lua~", 'module_alias("why","x")')
    trees.system = [f"{trees.base}/etc/rc", f"{trees.base}/absent", ""]
    assert trees.find("ex") == "x/1.0"
    assert trees.find("why") is None
    assert trees.tree().warnings == []


def test_rc_files_at_the_root(trees):
    """All of them are read: aliases, symbols and hiding count, default marks do not."""
    trees.write("A/x/1.9.lua", "A/x/170.lua", "A/x/200.lua")
    trees.text("A/.modulerc.lua", 'module_version("x/1.9","default","nn") hide_version("x/200")')
    trees.text("A/.modulerc", TCL + "module-alias zz x/1.9\n")
    rows = {"x": "x/170", "x/nn": "x/1.9", "x/200": "x/200", "x/20": None, "zz": "x/1.9"}
    assert {asked: trees.find(asked) for asked in rows} == rows


def test_aliases(trees):
    """An alias may lead to a name, a symbol or an alias, and its own rc file may lie anywhere in a tree."""
    trees.write("A/x/1.0.lua", "A/x/2.0.lua")
    trees.text(
        "A/x/.modulerc.lua",
        'module_version("x/1.0","old") module_alias("one","x/old") module_alias("x/two","one") module_alias("/me","x")'
        ' module_alias("x/rel","/1.0") module_alias("x/dot","./1.0") module_alias("dead","x/7")',
    )
    rows = {"one": "x/1.0", "x/two": "x/1.0", "x/me": "x/2.0", "x/rel": "x/1.0", "x/dot": "x/1.0", "dead": None}
    assert {asked: trees.find(asked) for asked in rows} == rows
    assert trees.tree().resolve("one", trees.roots()) == "x/1.0"
    assert trees.tree().resolve("x", trees.roots()) == "x"
    assert trees.tree().find(Request("one"), trees.roots(), far=False) is None


def test_a_circle_of_aliases(trees):
    """Aliases that lead back to themselves mean what was typed."""
    trees.write("A/x/1.0.lua")
    trees.text("A/.modulerc.lua", 'module_alias("x","y") module_alias("y","x") module_alias("z","z")')
    assert {asked: trees.find(asked) for asked in "xyz"} == {"x": "x/1.0", "y": None, "z": None}


def test_whose_alias_counts(trees):
    """The user's comes first, then the system's, then those of the roots in their order."""
    trees.write(*(f"A/x/{n}.lua" for n in range(1, 5)))
    trees.text("A/.modulerc.lua", 'module_alias("k","x/1")')
    trees.text("B/.modulerc.lua", 'module_alias("k","x/2")')
    assert trees.find("k", "A:B") == "x/1"
    assert trees.find("k", "B:A") == "x/2"
    trees.system = [trees.text("etc/rc.lua", 'module_alias("k","x/3")')]
    assert trees.find("k", "A:B") == "x/3"
    trees.user = [trees.text("home/.modulerc.lua", 'module_alias("k","x/4")')]
    assert trees.find("k", "A:B") == "x/4"


def test_find_best(trees):
    """With names and versions the best of all roots is taken; of equals, the one that comes first."""
    trees.write("A/foo/1.0.lua", "A/foo/2.0.lua", "B/foo/1.0.lua", "B/foo/3.0.lua")
    assert trees.file("foo", "A:B") == "B/foo/3.0.lua"
    assert trees.file("foo/1.0", "A:B") == "A/foo/1.0.lua"
    assert trees.file("foo/1.0", "B:A") == "B/foo/1.0.lua"
    trees.link("B/foo/default", "1.0.lua")
    assert trees.file("foo", "A:B") == "B/foo/1.0.lua"
    assert trees.file("foo/1.0", "A:B") == "B/foo/1.0.lua"
    trees.text("B/foo/4.0", "not a modulefile")
    assert trees.file("foo/4.0", "A:B") is None


def test_find_first(trees):
    """When asked to, or with nested versions, the first root that has the name decides, what it lacks comes later."""
    trees.write("A/foo/1.0.lua", "A/foo/2.0.lua", "B/foo/1.0.lua", "B/foo/3.0.lua")
    assert trees.file("foo", "A:B", find_first=True) == "A/foo/2.0.lua"
    assert trees.file("foo/3", "A:B", find_first=True) == "B/foo/3.0.lua"
    trees.write("A/icr/64/3.9.lua", "B/icr/64/4.0.lua", "B/icr/32/1.lua")
    trees.text("A/icr/.version", "")
    trees.text("B/icr/.version", "")
    assert trees.file("icr", "A:B") == "A/icr/64/3.9.lua"
    assert trees.file("icr/64/4.0", "A:B") == "B/icr/64/4.0.lua"
    assert trees.file("icr/32", "A:B") == "B/icr/32/1.lua"
    assert trees.file("foo", "A:B") == "B/foo/3.0.lua", "nested versions of icr do not change how foo is found"


def test_a_directory_without_modulefiles_is_no_module(trees):
    """What lies beside a module without version, or where another root has a version, does not get in its way."""
    trees.write("A/tool.lua", "A/foo/bar.lua")
    trees.text("A/tool/README", "notes")
    trees.text("B/foo/bar/README", "notes")
    assert trees.file("tool") == "A/tool.lua"
    assert trees.file("foo/bar", "A:B") == "A/foo/bar.lua"
    assert trees.find("tool/README") is None


def test_the_longest_name_wins(trees):
    """What is a version in one root and a name in another is looked up as the name."""
    trees.write("A/foo/bar.lua", "B/foo/bar/2.0.lua")
    assert trees.file("foo/bar", "A:B") == "B/foo/bar/2.0.lua"
    assert trees.file("foo", "A:B") == "A/foo/bar.lua"


def test_hidden(trees):
    """A hidden version is loaded by its full name or when it is marked, and never chosen otherwise."""
    trees.write("A/x/1.0.lua", "A/x/2.0.lua", "A/x/.3.0.lua", "A/.y/1.lua", "A/.m.lua", "A/w/.1.lua")
    hidden = f'hide_modulefile("{trees.base}/A/x/2.0")'
    for statement in ('hide_version("x/2.0")', 'module_version("x/2.0","n") hide_version("x/n")', hidden):
        trees.text("A/x/.modulerc.lua", statement)
        rows = {"x": "x/1.0", "x/2.0": "x/2.0", "x/2": None, "x/.3.0": "x/.3.0", "x/.3": None}
        assert {asked: trees.find(asked) for asked in rows} == rows
    rows = {".y": None, ".y/1": ".y/1", ".m": ".m", "w": None, "w/.1": "w/.1"}
    assert {asked: trees.find(asked) for asked in rows} == rows
    assert trees.find("x", show_hidden=True) == "x/2.0"
    flags = {module.full_name: module.hidden for module in trees.tree().all(trees.roots()[0])}
    assert flags == {".m": True, ".y/1": True, "w/.1": True, "x/.3.0": True, "x/1.0": False, "x/2.0": True}
    trees.link("A/w/default", ".1.lua")
    assert trees.find("w") == "w/.1"


def test_hiding_applies_to_its_root(trees):
    """A tree hides its own modules, not those of the next one."""
    trees.write("A/x/2.lua", "B/x/2.lua", "B/x/1.lua")
    trees.text("A/x/.modulerc.lua", 'hide_version("x/2")')
    assert trees.file("x", "A:B") == "B/x/2.lua"
    trees.system = [trees.text("etc/rc.lua", 'hide_version("x/2")')]
    assert trees.file("x", "A:B") == "B/x/1.lua"


def test_ranges(trees):
    """Inside the bounds a marked default is preferred; `latest` knows no marks; hidden ones come last."""
    trees.write("A/x/1.9.lua", "A/x/1.10.lua", "A/x/2.0.lua", "A/x/2.0rc1.lua", "A/m.lua")
    rows = [
        (atleast("x", "1.9"), "x/2.0"),
        (between("x", "1.9<", "2.0<"), "x/2.0rc1"),
        (between("x", ">1.9", "1.10"), "x/1.10"),
        (atmost("x", "1.9"), "x/1.9"),
        (atleast("x/1", "1.0"), "x/1.10"),
        (atleast("x", "3.0"), None),
        (latest("x"), "x/2.0"),
        (latest("x/1"), "x/1.10"),
        (atleast("m", "1.0"), "m"),
    ]
    assert [(request, trees.find(request)) for request, _ in rows] == rows
    trees.link("A/x/default", "1.9.lua")
    assert trees.find(atleast("x", "1.0")) == "x/1.9"
    assert trees.find(atleast("x", "1.10")) == "x/2.0"
    assert trees.find(latest("x")) == "x/2.0"
    trees.text("A/.modulerc.lua", 'hide_version("x/2.0") module_alias("k","x")')
    assert trees.find(atleast("x", "1.10")) == "x/2.0rc1"
    assert trees.find(atleast("k", "2.0")) == "x/2.0"
    assert trees.find(latest("x")) == "x/2.0rc1"


def test_exact_match_and_extended_default(trees):
    """Two settings decide whether a name without version, and a part of a version, mean something."""
    trees.write("A/x/1.0.lua", "A/x/2.0.lua", "A/m.lua")
    trees.link("A/x/default", "1.0.lua")
    rows = {"x": None, "x/1": None, "x/1.0": "x/1.0", "m": "m"}
    assert {asked: trees.find(asked, exact_match=True) for asked in rows} == rows
    rows = {"x": "x/1.0", "x/1": None, "x/1.0": "x/1.0", "x/default": "x/1.0"}
    assert {asked: trees.find(asked, extended_default=False) for asked in rows} == rows
    trees.write("A/f/64/1.0.lua", "A/f/64/2.0.lua")
    trees.text("A/f/.version", "")
    assert trees.find("f/64", extended_default=False) == "f/64/2.0", "a directory of versions is no part of a version"
    assert trees.find("f/6", extended_default=False) is None


def test_next_of_the_same_name(trees):
    """`inherit` goes on with the file of the same full name further along."""
    trees.write("A/x/1.lua", "B/x/2.lua", "C/x/1.lua", "C/x/2.lua", "D/x/1")
    tree, roots = trees.tree(), trees.roots("A:B:C:D")
    paths, found = [], tree.find(Request("x/1"), roots)
    while found:
        paths.append(os.path.relpath(found.path, trees.base))
        found = tree.next_same("x/1", found.path, roots)
    assert paths == ["A/x/1.lua", "C/x/1.lua", "D/x/1"]
    assert tree.next_same("x/1", "/nowhere/x/1.lua", roots) is None


def test_all_modules_in_the_order_of_avail(trees):
    """Modules are ordered by name and then by version, as Lmod orders its terse list."""
    trees.write(
        "A/Z/1.lua", "A/c/m.lua", "A/c/z/1.lua", "A/f/gnu/1.lua", "A/f/7.lua", "A/f/64/2.0.lua", "A/f/64/10.lua"
    )
    trees.write(
        "A/z+/1.lua", "A/z-a/1.lua", "A/z/dev.lua", "A/z/.2.lua", "A/z/1.0", "A/z/0.9rc1.lua", "A/za/1.lua", "A/zz.lua"
    )
    trees.text("A/f/.version", "")
    trees.text("A/z/README", "no module")
    names = [module.full_name for module in trees.tree().all(trees.roots()[0] + "/")]
    expected = "Z/1 c/m c/z/1 f/gnu/1 f/7 f/64/2.0 f/64/10 z+/1 z-a/1 z/dev z/.2 z/0.9rc1 z/1.0 za/1 zz"
    assert " ".join(names) == expected


def test_symbols_aliases_and_defaults_for_avail(trees):
    """A listing can show the further names of a version, all aliases, and which version is the default."""
    trees.write("A/z/1.lua", "A/z/2.lua", "A/z/3.lua", "A/y/1.lua")
    trees.text(
        "A/z/.modulerc.lua", 'module_version("z/1","default","b","a") module_alias("k","z/a") module_alias("n","q/1")'
    )
    trees.text("A/.modulerc.lua", 'module_version("y/1","ya")')
    trees.system = [trees.text("etc/rc.lua", 'module_version("z/2","s") module_alias("g","z")')]
    tree, roots = trees.tree(), trees.roots()
    symbols = tree.symbols(roots[0], roots)
    assert symbols == {"z/1": ("z/a", "z/b"), "z/2": ("z/s",), "y/1": ("y/ya",)}
    assert tree.aliases(roots) == {"g": "z", "k": "z/1", "n": "q/1"}
    assert [module.full_name for module in tree.all(roots[0]) if tree.is_default(module, roots)] == ["y/1", "z/1"]


def test_similar_names(trees):
    """After a failure, names a letter or two away are offered, the closest first."""
    trees.write("A/openmpi/4.lua", "A/openblas/1.lua", "A/gcc/1.lua", "A/cat/fftw/3.lua", "A/.opnmpi/1.lua")
    tree, roots = trees.tree(), trees.roots()
    rows = {
        "openmp": ["openmpi"],
        "opnempi/4.0": ["openmpi"],
        "GCC": ["gcc"],
        "gc": ["gcc"],
        "cat/ftfw": ["cat/fftw"],
        "tensorflow": [],
        "": [],
    }
    assert {text: tree.similar(text, roots) for text in rows} == rows
