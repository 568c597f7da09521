"""Looking names up in odd, broken, hostile and very large trees."""

import os
import random
import sys

import pytest

from lmodpy import system
from lmodpy.names.request import Request
from lmodpy.tree.directory import ignored_by_default
from lmodpy.tree.tree import Tree
from tests.trees import TCL, Trees


@pytest.fixture
def trees(tmp_path):
    return Trees(tmp_path)


@pytest.mark.parametrize(
    ("name", "ignored"),
    [
        (".version-old", True),
        (".modulerc.bak", True),
        ("x.version_1", True),
        ("1.0", False),
        (".version", False),
        ("my.versions", False),
        ("module.version", False),
    ],
)
def test_copies_of_rc_files(name, ignored):
    """A copy of an rc file under another name is no modulefile."""
    assert ignored_by_default(name) is ignored


def test_odd_names_of_files(trees):
    """Backups, swap files, names with blanks at an end, and directories called like files are no modules."""
    for name in (".git/1", "__y", "#a#", "a~", ".a.swp", ".#b", ".version-1", "b.modulerc_x", " 13", "15 ", "nl\n1"):
        trees.text(f"A/x/{name}.lua" if name == " 13" else f"A/x/{name}", TCL)
    trees.write(
        "A/x/.lua",
        "A/x/..lua",
        "A/x/...lua",
        "A/ sp/1.lua",
        "A/__z/1.lua",
        "A/x/12 a.lua",
        "A/x/f#.lua",
        "A/d.lua/1.lua",
    )
    os.mkfifo(trees.base / "A/x/7")
    (trees.base / "A/x/8.lua").symlink_to("gone.lua")
    names = [module.full_name for module in trees.tree().all(trees.roots()[0])]
    assert names == ["d.lua/1", "x/f#", "x/12 a"]
    for asked in (" sp", " sp/1", "__z/1", "x/.", "x/..", "x/8", "x/7", "x/__y", "x/ 13", ".git"):
        assert trees.find(asked) is None


def test_what_only_root_could_read(trees):
    """Root sees what users see: not what belongs to root and is closed to others, but for roots of MODULEPATH."""
    trees.write("A/x/1.lua", "A/x/2.lua", "A/x/3", "A/y/1.lua", "A/c/z/1.lua", "A/t.lua", "A/n/v/1.lua", "A/n/w/1.lua")
    trees.text("A/n/.version", "")
    for path in "A/x/2.lua", "A/x/3", "A/t.lua":
        (trees.base / path).chmod(0o640)
    for path in "A/y", "A/c", "A/n/w", "A":
        (trees.base / path).chmod(0o711)
    tree, roots = trees.tree(), trees.roots()
    if not system.ROOT:
        pytest.skip("only root can read what others cannot")
    assert [module.full_name for module in tree.all(roots[0])] == ["n/v/1", "x/1"]
    asked = "x", "x/2", "x/3", "y", "y/1", "c/z", "c/z/1", "t", "n", "n/w"
    assert {name: trees.find(name) for name in asked} == dict.fromkeys(asked) | {"x": "x/1", "n": "n/v/1"}


def test_many_files_that_are_no_modulefiles(trees):
    """More than a hundred in a tree leave a warning where all are looked at; hidden ones and rc files do not count."""
    trees.write("A/x/1.lua")
    for n in range(101):
        trees.text(f"A/x/data.{n}", "data")
        trees.text(f"A/x/.data.{n}", "data")
        if n < 100:
            trees.text(f"B/x/data.{n}", "data")
    trees.write("B/x/1.lua")
    tree = trees.tree()
    for root in trees.roots("A:B"):
        tree.all(root)
        tree.all(root)
    assert tree.warnings == [
        f"{trees.base}/A holds 101 files that are no modulefiles; each is opened to see that",
    ]


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "/",
        ".",
        "..",
        "../A/x",
        "x/../x",
        "./x",
        "x/.",
        "x//1",
        "/etc/passwd",
        "{base}/A/x/1",
        "../secret/1",
        "x\0y",
    ],
)
def test_names_that_leave_the_tree(trees, asked):
    """No name leads out of a root: not upwards, not from the top, not through an alias."""
    trees.write("A/x/1.lua", "secret/1.lua")
    asked = asked.format(base=trees.base)
    tree = trees.tree()
    assert tree.find(Request(asked), trees.roots()) is None
    trees.user = [
        trees.text("home/.modulerc.lua", 'module_alias("out", "../secret/1") module_alias("top", "/etc/passwd")')
    ]
    assert trees.find("out") is None
    assert trees.find("top") is None


def test_roots_that_are_none(trees, monkeypatch):
    """Empty, relative, absent and impossible entries of MODULEPATH do no harm."""
    trees.write("A/x/1.lua")
    trees.text("file", "")
    monkeypatch.chdir(trees.base)
    tree = trees.tree()
    roots = ["", "/nonexistent", f"{trees.base}/file", "a" * 5000, *trees.roots("A")]
    assert tree.find(Request("x"), roots).full_name == "x/1"
    assert tree.find(Request("y"), roots) is None
    assert tree.find(Request("x"), ["A"]).path == "A/x/1.lua"
    assert [len(tree.all(root)) for root in roots] == [0, 0, 0, 0, 1]
    assert tree.similar("xx", roots) == ["x"]
    assert tree.aliases(roots) == {}
    assert tree.next_same("x/1", f"{trees.base}/A/x/1.lua", roots) is None


def test_links_that_go_round(trees):
    """A link back to a directory above is not followed; one to elsewhere is."""
    trees.write("A/x/1.lua", "A/y/1.lua", "far/2.lua")
    trees.link("A/x/loop", ".")
    trees.link("A/x/up", "..")
    trees.link("A/y/self", "self")
    trees.link("A/z", f"{trees.base}/far")
    trees.link("A/p/q", "../r")
    trees.link("A/r/s", "../p")
    assert {asked: trees.find(asked) for asked in "xyz"} == {"x": "x/1", "y": "y/1", "z": "z/2"}
    assert [module.full_name for module in trees.tree().all(trees.roots()[0])] == ["x/1", "y/1", "z/2"]


def test_a_very_deep_tree(trees):
    """Directories beyond any reason are left alone."""
    deep = "A/" + "d/" * 400
    trees.write("A/x/1.lua", deep + "1.lua")
    assert [module.full_name for module in trees.tree().all(trees.roots()[0])] == ["x/1"]
    assert trees.find("d") is None


def test_what_may_not_be_read(trees, monkeypatch):
    """Unreadable files and directories are passed over; an unreadable rc file leaves a warning."""
    trees.write("A/x/1.lua", "A/x/2.lua", "A/y/1.lua", "A/z/1.lua")
    rc = trees.text("A/z/.modulerc.lua", "")
    scandir = os.scandir

    def closed(path):
        if path.endswith("/y"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    def unreadable(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(system, "scandir", closed)
    monkeypatch.setattr(system, "ROOT", False)
    monkeypatch.setattr(system, "access", lambda path, _mode: not path.endswith("x/2.lua"))
    tree, roots = Tree(unreadable), trees.roots()
    assert tree.find(Request("x"), roots).full_name == "x/1"
    assert tree.find(Request("y"), roots) is None
    assert tree.find(Request("z"), roots).full_name == "z/1"
    assert [module.full_name for module in tree.all(roots[0])] == ["x/1", "z/1"]
    assert tree.warnings == [f"{rc}: Permission denied; this rc file is ignored"]


def test_what_vanishes_while_looking(trees, monkeypatch):
    """A directory that goes away between two looks counts as empty."""
    trees.write("A/x/1.lua")

    def gone(path):
        raise FileNotFoundError(2, "gone", path)

    monkeypatch.setattr(system, "scandir", gone)
    assert trees.find("x") is None


def test_a_broken_rc_file(trees):
    """It leaves a warning with its place, and is otherwise as if it were empty."""
    trees.write("A/x/1.lua", "A/x/2.lua", "A/y/1.lua")
    rc = trees.text("A/x/.modulerc.lua", 'module_version("x/1","default")\nnonsense()')
    assert trees.file("x") == "A/x/2.lua"
    assert len(trees.warnings) == 1
    assert f"{rc}:2" in trees.warnings[0]


def test_plain_tcl_statements(trees):
    """Aliases, symbols and hiding in their plain Tcl forms say what the Lua ones say."""
    trees.write("A/x/1.lua", "A/x/2.lua", "A/x/3.lua", "A/x/4.lua")
    trees.text(
        "A/x/.modulerc",
        f"#%Module1.0\r\n# note\nmodule-alias k x/1\nmodule-version /1 a b\nhide-version x/4\n"
        f"hide-modulefile {trees.base}/A/x/3.lua\n",
    )
    rows = {"x": "x/2", "k": "x/1", "x/a": "x/1", "x/b": "x/1", "x/4": "x/4"}
    assert {asked: trees.find(asked) for asked in rows} == rows


class Looks:
    """Counts which directories are listed and which files are opened, by the interpreter's own audit events."""

    def __init__(self):
        self.on = False
        self.listed = []
        self.opened = []
        sys.addaudithook(self._note)

    def _note(self, event, args):
        if self.on and event in {"os.scandir", "os.listdir"}:
            self.listed.append(str(args[0]))
        elif self.on and event == "open" and isinstance(args[0], str):
            self.opened.append(args[0])

    def __enter__(self):
        self.listed, self.opened, self.on = [], [], True
        return self

    def __exit__(self, *_):
        self.on = False


@pytest.fixture(scope="module")
def looks():
    return Looks()


@pytest.fixture(scope="module", params=[10, 1000])
def crowded(tmp_path_factory, request):
    """Two roots with many modules of both kinds."""
    trees = Trees(tmp_path_factory.mktemp("crowd"))
    for root in "AB":
        trees.write(
            f"{root}/gcc/11.lua", f"{root}/gcc/12.2.lua", f"{root}/cat/name/1.0.lua", f"{root}/tcl/1", f"{root}/tcl/2"
        )
        for n in range(request.param // 2):
            trees.write(f"{root}/m{n}/1.lua", f"{root}/cat/n{n}/1.0")
    return trees


@pytest.mark.parametrize("asked", ["gcc", "gcc/12.2", "gcc/12", "cat/name/1.0", "cat/name", "tcl", "tcl/1"])
def test_looks_only_where_the_name_could_be(crowded, looks, asked):
    """In a tree of any size the directory of the name is listed once, and a Tcl file is opened only if it wins."""
    tree, roots = crowded.tree(), crowded.roots("A:B")
    with looks:
        found = tree.find(Request(asked), roots)
        again = tree.find(Request(asked), roots)
    name = "cat/name" if asked.startswith("cat") else asked.split("/")[0]
    assert found == again
    assert len(looks.listed) == len(set(looks.listed))
    assert {f"{root}/{name}" for root in roots} <= set(looks.listed)
    assert set(looks.listed) <= {f"{root}/{way}" for root in roots for way in (name, asked)}
    assert len(looks.opened) == len(set(looks.opened)) <= (4 if name == "tcl" else 0)


def test_a_name_that_is_nowhere_costs_nothing_when_known_to_be_real(crowded, looks):
    """The search for aliases in other directories can be spared: only the name's own place is looked at."""
    tree, roots = crowded.tree(), crowded.roots("A:B")
    with looks:
        assert tree.find(Request("absent/1"), roots, far=False) is None
    assert looks.listed == [f"{root}/absent" for root in roots]


def test_no_directory_is_listed_twice(crowded, looks):
    """Listing everything, looking for aliases and for similar names look into each directory once."""
    tree, roots = crowded.tree(), crowded.roots("A:B")
    with looks:
        for root in roots:
            tree.all(root)
        tree.find(Request("absent"), roots)
        tree.similar("gccc", roots)
        tree.symbols(roots[0], roots)
        tree.aliases(roots)
    assert len(looks.listed) == len(set(looks.listed))


@pytest.mark.parametrize("seed", range(20))
def test_every_module_listed_is_found_by_its_full_name(trees, seed):
    """In random trees, what `all` lists is what `find` takes for the full name, and the default is one of them."""
    pick = random.Random(seed)
    versions = ["1.0", "1.10", "2.0rc1", "17", "170", "dev", ".hid", "1.2-foss-2020a", "12 a"]
    for name in ("gcc", "cat/fft", "cat/io", "lib"):
        for folder in ("", "64/", "gnu/")[: pick.randint(1, 3)]:
            for version in pick.sample(versions, pick.randint(1, 4)):
                trees.write(f"A/{name}/{folder}{version}" + pick.choice(["", ".lua"]))
        if pick.random() < 0.5:
            trees.text(f"A/{name}/.version", TCL + f"set ModulesVersion {pick.choice(['17', '64', 'gnu'])}\n")
    tree, roots = trees.tree(), trees.roots()
    modules = tree.all(roots[0])
    assert modules
    for module in modules:
        assert trees.tree().find(Request(module.full_name), roots) == module
    for name in {module.name for module in modules if not module.hidden}:
        assert sum(tree.is_default(module, roots) for module in modules if module.name == name) == 1
