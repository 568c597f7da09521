"""Modulefiles in Tcl: the same words, modes and undo as in Lua, with Tcl in a process of its own and within ours."""

from __future__ import annotations

import pytest

from tests.needs import needs


@pytest.fixture(params=["tclsh", "library"])
def tcl(request, site):
    """A site where Tcl runs in one of the two ways."""
    if request.param == "library":
        pytest.importorskip("_tkinter")
    else:
        needs("tclsh")
    site.env["LMOD_TCLSH"] = request.param
    return site


def write(site, path, text=""):
    """Write a Tcl modulefile."""
    return site.modulefile(path, f"#%Module\n{text}\n")


def said(site, *lines):
    """Load a Tcl modulefile that consists of some lines, and return what it writes."""
    write(site, "Core/m/1", "\n".join(lines))
    return site.load("m").err


def test_load_and_unload_leave_no_trace(tcl):
    """What a Tcl modulefile does is done and undone as in Lua."""
    write(
        tcl,
        "Core/m/1",
        """setenv A 1
        pushenv HOME /elsewhere
        prepend-path PATH /opt/m/bin
        append-path -d , LIST one
        unsetenv LOGNAME
        set-alias m {echo m}
        module-whatis "a tool"
        """,
    )
    before = dict(tcl.env)
    tcl.load("m")
    assert (tcl.env["A"], tcl.env["HOME"], tcl.env["LIST"]) == ("1", "/elsewhere", "one")
    assert tcl.env["PATH"].startswith("/opt/m/bin:")
    assert "LOGNAME" not in tcl.env
    assert "alias m=" in tcl.out
    assert tcl.loaded == ["m/1"]
    assert tcl.unload("m").env == before


def test_lua_and_tcl_load_each_other(tcl):
    """A module sees at once what one of the other language has done that it loads; any depth, one hierarchy."""
    tcl.modulefile("Core/lua/1.lua", 'load("inner") setenv("LUA", os.getenv("INNER") .. "+lua")')
    write(tcl, "Core/outer/1", "module load lua\nsetenv OUTER $env(LUA)+outer")
    write(tcl, "Core/inner/1", f"setenv INNER inner\nmodule use {tcl.root}/More")
    write(tcl, "More/deep/1", "setenv DEEP 1")
    before = dict(tcl.env)
    tcl.load("outer", "deep")
    assert tcl.env["OUTER"] == "inner+lua+outer"
    assert tcl.loaded == ["inner/1", "lua/1", "outer/1", "deep/1"]
    assert tcl.module("purge").env == before


def test_nothing_leaks_from_one_file_into_the_next(tcl):
    """Variables, procedures and redefined commands end with their file."""
    write(tcl, "Core/a/1", "set x 1\nproc f {} {}\nproc setenv args {}\nrename puts gone\nnamespace eval n {}")
    write(
        tcl,
        "Core/b/1",
        "puts stderr [list [info exists x] [info procs f] [namespace exists n] [info vars x*]]; setenv B 1",
    )
    assert tcl.load("a", "b").err == "0 {} 0 {}\n"
    assert tcl.env["B"] == "1"


def test_the_array_env(tcl):
    """It has what was set a line before; what is assigned to it is seen by the file and its programs only."""
    tcl.env["OLD"] = "old"
    err = said(
        tcl,
        "setenv NEW new",
        "set env(MINE) mine",
        "unset env(OLD)",
        "proc look {} {global env; return $env(NEW)}",
        "puts stderr [list [look] $::env(MINE) [info exists env(OLD)] [info exists env(NEVER)]]",
        "puts stderr [exec sh -c {echo $NEW $MINE ${OLD-gone}}]",
        "puts stderr [lsort [array names env ?E?]]",
        "foreach {name value} [array get env NEW] {puts stderr $name=$value}",
    )
    assert err == "new mine 0 0\nnew mine gone\nNEW\nNEW=new\n"
    assert "MINE" not in tcl.env
    assert tcl.env["OLD"] == "old"


@pytest.mark.parametrize("value", ["grüße ☃ 😀", "\udcff\udcfe", "a\nb", "$(x) `y` ; {", '"', "{ \\", ""])
def test_any_value_arrives(tcl, value):
    """Text of any kind, and bytes that are no text, go to Tcl and back."""
    tcl.env["GIVEN"] = value
    said(tcl, "setenv GOT $env(GIVEN)", "setenv UPPER [string toupper grüße]")
    assert tcl.env["GOT"] == value
    assert tcl.env["UPPER"] == "GRÜSSE".replace("SS", "ß")


ERRORS = {
    "set x $nope": ('can\'t read "nope": no such variable', 3),
    "if {1} {\n\n  nope\n}": ('invalid command name "nope"', 5),
    "proc f {} {\n nope\n}\nf": ('invalid command name "nope"', 6),
    "setenv A": ("`setenv` takes 2 to 3 arguments, not 1", 3),
    "setenv {A B} 1": ("`setenv` takes the name of a variable", 3),
    "append-path A": ("`append-path` takes the name of a variable and at least one value", 3),
    "prepend-path --nope A /a": ("`prepend-path` does not know --nope", 3),
    "prereq other": ("other must be loaded first", 3),
    "module nope": ("`module` does not know `nope` in a modulefile", 3),
    'reportError "not here"': ("not here", 3),
    "set x {": ("missing close-brace", 3),
}


@pytest.mark.parametrize("line", ERRORS)
def test_an_error_names_module_file_and_line(tcl, line):
    """Tcl's own message stands there, and nothing was changed."""
    text, number = ERRORS[line]
    file = write(tcl, "Core/m/1", f"setenv GOOD 1\n{line}")
    err = tcl.fails("load", "m")
    assert "m/1 cannot be loaded: " in err
    assert text in err
    assert f"{file}:{number}" in err


def test_what_a_file_may_catch(tcl):
    """A wrong use is an error in Tcl, which may be caught; a refusal stays one."""
    assert said(tcl, "puts stderr [catch {setenv A} text]=$text", "setenv B 1").endswith(
        "takes 2 to 3 arguments, not 1\n"
    )
    assert tcl.env["B"] == "1"
    write(tcl, "Core/n/1", "catch {prereq other}")
    assert "other must be loaded first" in tcl.fails("load", "n")


def test_ends_of_a_file(tcl):
    """`return` and `continue` end it, `break` forgets it, `exit` ends the command."""
    for end in "return", "continue", "break", "exit 3":
        write(tcl, "Core/m/1", f"setenv A 1\n{end}\nsetenv B 1")
        before = dict(tcl.env)
        tcl.type("load", "m")
        assert "B" not in tcl.env
        assert tcl.status == (3 if end == "exit 3" else 0)
        assert (tcl.env == before) == (end in ("break", "exit 3"))
        tcl.type("purge")


def test_a_cookie_that_asks_for_more(tcl):
    """A file for a later version of Environment Modules is refused in a word."""
    tcl.modulefile("Core/m/1", "#%Module5.6\nsetenv A 1")
    tcl.modulefile("Core/m/2", "#%Module99.1\nsetenv A 1")
    assert tcl.load("m/1").env["A"] == "1"
    assert "is written for version 99.1 of Environment Modules" in tcl.fails("load", "m/2")


def test_an_entry_may_stand_twice_where_the_modulefile_wants_it(tcl):
    """--duplicates puts an entry in once more; unloading takes out just that one, also with another in between."""
    write(tcl, "Core/m/1", "prepend-path --duplicates V /a\nappend-path --duplicates V /b")
    write(tcl, "Core/n/1", "prepend-path --duplicates V /a\nprepend-path V /b")
    tcl.modulefile("Core/lua/1.lua", 'prepend_path{"V", "/a", duplicates=true}')
    tcl.env["V"] = "/a:/b"
    assert tcl.load("m").env["V"] == "/a:/a:/b:/b"
    assert tcl.load("lua").env["V"] == "/a:/a:/a:/b:/b"
    assert tcl.unload("m").env["V"] == "/a:/a:/b"
    assert tcl.load("n").env["V"] == "/b:/a:/a:/a"
    assert tcl.unload("lua", "n").env["V"] == "/a:/b"


def test_tags_are_given_to_what_is_loaded(tcl):
    """By the modulefile that needs it, or on the command line; they are kept, and shown."""
    write(tcl, "Core/foo/1", "puts stderr [module-info tags]")
    write(tcl, "Core/m/1", "depends-on --tag mine:sticky foo")
    write(tcl, "Core/n/1", "module load --tag=licensed foo")
    assert "foo/1 (S,mine,dep)" in tcl.load("m").module("list").err
    assert "loaded auto-loaded mine sticky" in tcl.unload("m").err
    assert "foo/1 (licensed" in tcl.load("n").module("list").err
    assert "m/1 (mine)" in tcl.module("load", "--tag", "mine", "m").module("list").err
    assert tcl.module("swap", "--tag=other,third", "m", "foo").module("list").err.count("foo/1 (other,third)") == 1


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        ("A", {"B": "2", "alias": True}),
        ("envvar", {"alias": True}),
        ("alias:B", {"A": "1"}),
        ("alias,envvar", {}),
        ("chdir", {"A": "1", "B": "2", "alias": True}),
    ],
)
def test_a_script_is_read_without_what_is_to_be_ignored(tcl, ignored, left):
    """Kinds, or names of variables."""
    (tcl.root / "env.sh").write_text("export A=1 B=2\nalias a_of_mine=ls\n")
    write(tcl, "Core/m/1", f"source-sh --ignore {ignored} bash {tcl.root}/env.sh")
    tcl.load("m")
    assert {name: tcl.env[name] for name in "AB" if name in tcl.env} == {n: v for n, v in left.items() if n != "alias"}
    assert ("a_of_mine" in tcl.out) is left.get("alias", False)


def test_what_is_known_of_a_module_while_it_is_evaluated(tcl):
    """Its symbolic versions, among them `default` if it was marked so, and how it is loaded."""
    for version in ("1", "2"):
        write(tcl, f"Core/foo/{version}", 'puts stderr "[module-info symbols] [module-info tags]."')
    tcl.modulefile("Core/foo/.version", "#%Module\nmodule-version /1 old default\n")
    write(tcl, "Core/m/1", "depends-on foo/1")
    assert "default:old ." in tcl.load("foo/1").err
    assert "default:old loaded." in tcl.unload("foo/1").err
    assert " ." in tcl.load("foo/2").err
    assert "default:old auto-loaded." in tcl.unload("foo/2").load("m").err
