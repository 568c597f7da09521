"""Rc files in Tcl: read without Tcl where they are lists of names, else by Tcl, and both say the same."""

import re
import time

import pytest

from lmodpy import system
from lmodpy.cli.main import run
from lmodpy.errors import ModulefileError
from lmodpy.modulefile import statements as say
from lmodpy.names.terms import Terms, moment
from lmodpy.tree.tclrc import NeedsTclError, tcl_statements

TCL = "#%Module\n"
DAY = 86400
ME = system.user()[0]

PLAIN = [
    ("module-version x/1 a b", say.ModuleVersion("x/1", ("a", "b"))),
    ('module-version "x/1" {default}; ', say.ModuleVersion("x/1", ("default",))),
    ("set ModulesVersion 1.0", say.ModuleVersion("1.0", ("default",))),
    ('set ModulesVersion "1.0"\r', say.ModuleVersion("1.0", ("default",))),
    ("module-alias k x/1", say.ModuleAlias("k", "x/1")),
    ("module-virtual v/1 x/.1", say.ModuleVirtual("v/1", "x/.1")),
    ("hide-version x/1 x/2", say.Hide(("x/1", "x/2"))),
    ("module-hide --soft --hidden-loaded x/1", say.Hide(("x/1",), "soft", unlisted=True)),
    ("module-hide --hard --user {ann bob} x", say.Hide(("x",), "hard", terms=Terms(users=("ann", "bob")))),
    ("module-hide --not-group=a x@:2", say.Hide(("x@:2",), terms=Terms(not_groups=("a",)))),
    ("module-hide-regex {^x/[0-9]$}", say.Hide(("^x/[0-9]$",), patterns=True)),
    (
        "module-forbid --after 2026-01-31T12:00 --message {not yet [sorry]} --nearly-message soon x/1",
        say.Forbid(("x/1",), "not yet [sorry]", "soon", terms=Terms(after=moment("2026-01-31T12:00"))),
    ),
    ("module-tag --group g licensed x y/1", say.Tag(("x", "y/1"), ("licensed",), Terms(groups=("g",)))),
    ('module-warn --message "is old" x', say.Warn(("x",), "is old")),
    (
        "module-deprecate --use x/2 --warn 2026-01-31 --refuse 2026-06-30 --message {no OpenMP} --group g x/1",
        say.Forbid(
            ("x/1",),
            "no OpenMP",
            terms=Terms(after=moment("2026-06-30"), groups=("g",)),
            old=True,
            use="x/2",
            warn=moment("2026-01-31"),
        ),
    ),
]


@pytest.mark.parametrize(("line", "statement"), PLAIN, ids=[row[0] for row in PLAIN])
def test_what_needs_no_tcl(line, statement):
    """Literal words are understood as Tcl would understand them, whatever they are quoted by."""
    assert tcl_statements(f"{TCL}# a remark\n\n{line}\n") == [statement]


NEEDS = [
    "set ModulesVersion $env(V)",
    "if {1} { module-version x/1 default }",
    "module-version x/[info] default",
    "module-version x/1 default; puts hi",
    "module-version x/1 \\\n default",
    'set ModulesVersion "1',
    'set ModulesVersion "$v"',
    "set ModulesVersion {1}2",
    "set other 1",
    "# goes on \\\nset ModulesVersion 1",
    "eval x",
    "module-alias {*}k x",
    "module-alias k {a {b}}",
    'module-alias k a"b"',
    "{\nset ModulesVersion 1\n}",
]


@pytest.mark.parametrize("line", NEEDS)
def test_what_needs_tcl(line):
    """Whatever could mean something else to Tcl is left to Tcl, with the whole file."""
    with pytest.raises(NeedsTclError):
        tcl_statements(f"{TCL}module-version x/1 default\n{line}\n")


WRONG = [
    ("module-version", "takes 1 or more"),
    ("module-alias k", "takes 2 arguments"),
    ("module-hide --nope x", "does not know --nope"),
    ("module-hide --soft", "the names of modules"),
    ("module-tag sticky", "takes tag and the names of modules"),
    ("module-hide --before 31.1.2026 x", "takes a date"),
    ("module-forbid --message", "takes a value behind --message"),
    ("module-deprecate --refuse soon x/1", "takes a date as refuse"),
]


@pytest.mark.parametrize(("line", "wrong"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_wrong(site, line, wrong):
    """A mistake is told with its place, the same with and without Tcl, and the file counts as empty."""
    with pytest.raises(ModulefileError, match=wrong):
        tcl_statements(f"{TCL}\n{line}\n")
    site.modulefile("Core/x/1.lua")
    for text in line, f"if 1 {{}}\n{line}":
        rc = site.modulefile("Core/.modulerc", f"{TCL}module-alias k x/1\n{text}\n")
        told = " ".join(run(["bash", "avail"], dict(site.env), say=lambda _: None).err.split())
        assert f"{rc}:{3 + text.count(chr(10))}: `" in told
        assert wrong in told
        assert "k ->" not in told


@pytest.fixture(params=["by itself", "in Tcl"])
def rc(site, request):
    """A site with x/1, x/2 and x/3, and what writes its rc file: a list of names, or the same where Tcl is needed."""
    for version in 1, 2, 3:
        site.modulefile(f"Core/x/{version}.lua", f'setenv("X", "{version}")')
    site.env["MODULERCFILE"] = str(site.root / "etc/rc")
    if request.param == "by itself":
        site.env["LMOD_TCLSH"] = "/nonexistent"  # would be an error if it were looked for

    def write(text, path="etc/rc"):
        body = text if request.param == "by itself" else f"if {{[info exists tcl_version]}} {{\n{text}\n}}"
        site.modulefile(path, f"{TCL}{body}\n")
        return site

    return write


def taken(site, *names):
    """Return what each name loads, in a session of its own; None for what cannot be loaded."""
    return [loaded(run(["bash", "load", name], dict(site.env), say=lambda _: None).out) for name in names]


def loaded(text):
    """Return the module that a text for bash says is loaded."""
    found = re.search(r"LOADEDMODULES='?([^;']*)", text)
    return found and found[1]


NAMES = [
    # what the file says                     x      x/2    x/a    k
    ("module-version x/2 default a", "x/2", "x/2", "x/2", None),
    ("module-alias k x/1", "x/3", "x/2", None, "x/1"),
    ("module-virtual x/a x/1", "x/a", "x/2", "x/a", None),
    ("hide-version x/3", "x/2", "x/2", None, None),
    ("module-hide x/3", "x/2", "x/2", None, None),
    ("module-hide --soft x/3", "x/3", "x/2", None, None),
    ("module-hide --hard x@2:", "x/1", None, None, None),
    ("module-hide-regex {^x/[23]}", "x/1", "x/2", None, None),
    ("module-forbid x@:2", "x/3", None, None, None),
    ("module-forbid-regex {2$}", "x/3", None, None, None),
    (f"module-forbid --user {{nobody-else {ME}}} x/2", "x/3", None, None, None),
    (f"module-forbid --not-user {ME} x/2", "x/3", "x/2", None, None),
    ("module-forbid --before 2001-01-01 x/2", "x/3", "x/2", None, None),
]


@pytest.mark.parametrize("row", NAMES, ids=[row[0] for row in NAMES])
def test_names(rc, row):
    """What names mean, and who is hidden or forbidden, is as the site's rc file says."""
    site = rc(row[0])
    expected = [*row[1:]]
    if row[0].startswith("module-virtual"):
        expected[0] = "x/3"  # a virtual version takes part only where it is marked, or there is nothing real
    assert taken(site, "x", "x/2", "x/a", "k") == expected


def test_all_places(rc):
    """The user's file beats the site's, and this the tree's; in a module's directory names may be its own."""
    site = rc("set ModulesVersion 1", "Core/x/.version")
    assert taken(site, "x") == ["x/1"]
    rc("module-version /2 default", "Core/x/.modulerc")
    assert taken(site, "x") == ["x/2"]
    rc("module-version x/3 default")
    assert taken(site, "x") == ["x/3"]
    rc("module-version x/1 default", "home/.modulerc")
    assert taken(site, "x") == ["x/1"]
    rc("module-alias root x/2", "Core/.modulerc")
    assert taken(site, "root") == ["x/2"]


def test_messages(rc):
    """What the site says about a module is told when it is loaded."""
    soon = time.strftime("%Y-%m-%d", time.localtime(time.time() + 3 * DAY))
    site = rc(
        "module-forbid --message {has a licence} x/1\n"
        f"module-forbid --after {soon} --nearly-message {{will go}} x/2\n"
        "module-warn --message {is slow} x/3"
    )
    assert "x/1 is forbidden: has a licence" in " ".join(site.fails("load", "x/1").split())
    assert f"x/2 will be forbidden from {soon} on: will go" in " ".join(site.load("x/2").err.split())
    assert "x/3: is slow" in site.load("x/3").err
    assert site.loaded == ["x/3"]


def test_tags_are_properties(rc):
    """A tag is a property: shown in lists, and obeyed."""
    site = rc("module-tag sticky x/1\nmodule-tag experimental x/1 x/2\nmodule-tag licensed x/2\nmodule-warn x/3")
    site.module("avail")
    listing = " ".join(site.err.split())
    assert "x/1 (S,E)" in listing.replace("(E,S)", "(S,E)")
    assert "x/2 (E,licensed)" in listing
    assert "x/3 (W,D)" in listing
    assert "is a tag of the site's" in listing
    site.load("x/1").module("purge")
    assert site.loaded == ["x/1"]
    assert site.module("--force", "purge").loaded == []
    site.load("x/2").module("list")
    assert "(E,licensed)" in site.err


def test_tags_that_keep(rc):
    """What is super-sticky stays even if forced; what is to be kept stays when nobody needs it any more."""
    site = rc("module-tag super-sticky x/1\nmodule-tag keep-loaded x/2")
    site.modulefile("Core/m/1.lua", 'depends_on("x/2")')
    site.load("x/1").module("--force", "purge")
    assert site.loaded == ["x/1"]
    assert "x/1" in site.unload("x/1").err
    assert site.loaded == ["x/1"]
    site.modulefile("Core/y/1.lua", 'add_property("tag", "super-sticky")')
    assert site.load("y").module("--force", "purge").loaded == ["x/1", "y/1"]
    site.env.pop("__LMODPY_STATE"), site.env.pop("LOADEDMODULES"), site.env.pop("_LMFILES_")
    assert site.load("m").unload("m").loaded == ["x/2"]


def test_the_same_in_lua(site):
    """Rc files in Lua can tag and warn, too."""
    for version in 1, 2:
        site.modulefile(f"Core/x/{version}.lua")
    site.modulefile(
        "Core/.modulerc.lua",
        'tag{name="x@:1", tag={"sticky", "licensed"}} warn{name="x/2", message="be careful", notUserA={"nobody"}}',
    )
    assert site.load("x/1").module("purge").loaded == ["x/1"]
    assert "licensed" in site.module("list").err
    assert "x/2: be careful" in site.load("x/2").err
    site.modulefile("Core/.modulerc.lua", 'tag{name="x/1"}')
    assert "needs a tag" in site.module("avail").err


PROGRAMS = [
    ('if {[module-info username] ne ""} { module-version x/1 default }', "x/1"),
    ("if {[module-info usergroups no-such-group]} { module-version x/1 default }", "x/3"),
    ("set ModulesVersion $env(WANTED)", "x/2"),
    ("if {[getenv NOT_THERE none] eq {none}} { set ModulesVersion 1 }", "x/1"),
    ("foreach v {1 2} { module-version x/$v default }", "x/2"),
    ("if {[is-loaded other]} { set ModulesVersion 1 } else { set ModulesVersion 2 }", "x/2"),
    ("if {[versioncmp 1.10 1.9] > 0} { set ModulesVersion 1 }", "x/1"),
    ("set env(WANTED) 1\nset ModulesVersion $env(WANTED)", "x/1"),
    ("set ModulesVersion 1\nexit", "x/1"),
    ('puts stderr "hello"\nset ModulesVersion [file tail [file rootname /a/2.lua]]', "x/2"),
    ("set ModulesVersion [file tail [file dirname $ModulesCurrentModulefile]]", "x/3"),
]


@pytest.mark.parametrize(("text", "expected"), PROGRAMS, ids=[row[0] for row in PROGRAMS])
def test_files_that_are_programs(site, text, expected):
    """An rc file is a program where it wants to be one; what it writes goes to the user."""
    for version in 1, 2, 3:
        site.modulefile(f"Core/x/{version}.lua")
    site.env["WANTED"] = "2"
    site.modulefile("Core/x/.modulerc", f"{TCL}{text}\n")
    said = []
    outcome = run(["bash", "load", "x"], dict(site.env), say=said.append)
    assert loaded(outcome.out) == expected
    assert said == (["hello\n"] if "hello" in text else [])


def test_a_program_that_fails(site):
    """Tcl's own message is a warning with file and line, and the file counts as empty."""
    site.modulefile("Core/x/1.lua")
    rc = site.modulefile("Core/x/.modulerc", f"{TCL}module-version x/1 a\nif {{$nope}} {{}}\n")
    site.load("x")
    assert site.loaded == ["x/1"]
    told = " ".join(site.err.split())
    assert f'{rc}:3: can\'t read "nope": no such variable; this rc file is ignored' in told
    site.modulefile("Core/x/.modulerc", f"{TCL}frobnicate x/1\n")
    assert 'invalid command name "frobnicate"' in site.load("x").err


def test_without_tcl(site):
    """Where there is no Tcl, a warning names the file that wants it, and everything else works."""
    site.modulefile("Core/x/1.lua")
    rc = site.modulefile("Core/x/.modulerc", f"{TCL}if 1 {{}}\n")
    site.env |= {"LMOD_TCLSH": "no-such-program", "LMOD_FAST_TCL_INTERP": "no"}
    site.type("load", "x")
    assert site.status == 0
    assert f"{rc}" in site.err
    assert "Tcl" in site.err


@pytest.mark.parametrize("target", ["{root}/Core/x/.impl.lua", ".impl.lua", "x/.impl"])
def test_virtual_modules_by_path(site, target):
    """The file behind a virtual module may be told by its path, as in Environment Modules, or by its name."""
    site.modulefile("Core/x/.impl.lua", 'setenv("X", myModuleFullName())')
    site.modulefile("Core/x/.modulerc", f"{TCL}module-virtual x/9 {target.format(root=site.root)}\n")
    assert site.load("x/9").loaded == ["x/9"]


@pytest.mark.parametrize("target", ["{root}/apart/script", "../../apart/script", "{root}/Core/y/.impl.lua"])
def test_a_virtual_module_whose_file_lies_elsewhere(site, target):
    """Outside of the rc file's directory, or of MODULEPATH: it is listed, found, loaded and unloaded by its name."""
    site.modulefile("apart/script", f"{TCL}setenv X [module-info name]\n")
    site.modulefile("Core/y/.impl.lua", 'setenv("X", myModuleFullName())')
    site.modulefile("Core/x/.modulerc", f"{TCL}module-virtual x/9 {target.format(root=site.root)}\n")
    assert "x/9\n" in site.module("-t", "avail").err
    before = dict(site.env)
    assert site.load("x/9").loaded == ["x/9"]
    assert site.env["X"] == "x/9"
    assert site.unload("x").env == before
    assert site.load("x").loaded == ["x/9"]


def test_labels_of_directories(site):
    """They stand above the modules in `avail`, wherever an rc file says so; two of one label stand together."""
    site.modulefile("Core/x/1.lua")
    more = site.modulefile("More/y/1.lua").parents[1]
    site.env["MODULEPATH"] += f":{more}"
    site.modulefile("Core/.modulerc", f"{TCL}modulepath-label {site.root}/Core/ {{Our tools}}\n")
    assert "- Our tools -" in site.module("avail").err
    assert f"{site.root}/Core:\n" in site.module("-t", "avail").err
    site.modulefile("More/.modulerc", f"{TCL}modulepath-label {more} {{Our tools}}\n")
    assert " ".join(site.module("avail").err.split()).count("Our tools") == 1
    site.modulefile("More/.modulerc", f"{TCL}modulepath-label x\n")
    assert "`modulepath-label` takes 2 arguments, not 1" in site.module("avail").err


def test_the_index_keeps_what_is_the_same_for_all(site):
    """What depends on users and dates is read anew by each command, whatever the index knows."""
    for version in 1, 2:
        site.modulefile(f"Core/x/{version}.lua")
    site.modulefile("Core/x/.modulerc", f"{TCL}module-tag licensed x/1\nmodule-version x/1 default\n")
    for _ in range(2):
        site.module("avail")
        assert "x/1 (licensed,D)" in " ".join(site.err.split())
