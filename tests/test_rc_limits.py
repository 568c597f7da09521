"""What rc files hide and forbid, from whom and from when on, and what the user sees of it."""

import re
import time

import pytest

from lmodpy import system
from lmodpy.names.terms import Terms, date, moment

DAY = 86400


def days(number):
    """Return the date so many days from now, as an rc file has it."""
    return time.strftime("%Y-%m-%dT%H:%M", time.localtime(time.time() + number * DAY))


@pytest.fixture
def rc(site):
    """A site with h/1, h/2 and fb/1.0, fb/2.0, and what writes the site's rc file."""
    for name in "h/1", "h/2", "fb/1.0", "fb/2.0":
        site.modulefile(f"Core/{name}.lua", f'whatis("{name}")')
    site.env["LMOD_MODULERC"] = str(site.root / "etc/rc.lua")

    def write(text, path="etc/rc.lua"):
        file = site.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return site

    return write


def taken(site, *names):
    """Return what each name loads, in a session of its own; None for what cannot be loaded."""
    before, found = dict(site.env), {}
    for name in names:
        site.type("load", name)
        found[name] = site.loaded[-1] if site.status == 0 else None
        site.env = dict(before)
    return found


def listed(site, *words):
    site.module("-t", *words, "avail")
    return [line for line in site.err.split() if line[0] not in "/<" and not line.endswith("/")]


KINDS = {
    "": ({"h": "h/1", "h/2": "h/2"}, "h/1", "h/1 h/2", "h/2"),
    'kind="normal"': ({"h": "h/2", "h/2": "h/2"}, "h/1 h/2", "h/1 h/2", "h/2"),
    'kind="soft"': ({"h": "h/2", "h/2": "h/2"}, "h/1", "h/1 h/2", "h/2"),
    'kind="hidden"': ({"h": "h/1", "h/2": "h/2"}, "h/1", "h/1 h/2", "h/2"),
    'kind="hard"': ({"h": "h/1", "h/2": None}, "h/1", "h/1", "h/1"),
}


@pytest.mark.parametrize("word", ["hide", "hideRegex"])
@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_hiding(rc, kind, word):
    """Who is hidden is not listed; but for soft ones not chosen either; a hard one cannot be loaded at all."""
    loads, avail, everything, chosen = KINDS[kind]
    site = rc(f'{word}{{name="h/2", {kind}}}')
    assert taken(site, "h", "h/2") == loads
    assert " ".join(name for name in listed(site) if name[0] == "h") == avail
    assert " ".join(name for name in listed(site, "-A") if name[0] == "h") == everything
    assert site.module("-A", "load", "h").loaded == [chosen]


@pytest.mark.parametrize(("kind", "chosen"), [("soft", "h/1"), ("hidden", "h/1"), ("hard", "h/2")])
def test_what_is_hidden_and_marked(rc, kind, chosen):
    """A mark makes a hidden version the default, but never one that nobody may load."""
    site = rc(f'module_version("h/1","default") hide{{name="h/1", kind="{kind}"}}')
    assert taken(site, "h") == {"h": chosen}


NAMES = [
    '"h/2"',
    '{"x/1","h/2"}',
    '"h/two"',
    '"other"',
    'pathJoin(os.getenv("TREE"),"h/2")',
    'pathJoin(os.getenv("TREE"),"h/2.lua")',
]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_module_may_be_called(rc, name):
    """By full name, path, path without .lua, symbolic version or alias, said before or after."""
    site = rc(f'hide{{name={name}}} module_version("h/2","two") module_alias("other","h/2")')
    site.env["TREE"] = str(site.root / "Core")
    assert taken(site, "h") == {"h": "h/1"}


def test_a_whole_module_but_for_one_version(rc):
    """Among names the narrowest decides, and of two statements about one the last."""
    site = rc('hide{name="h", kind="hard"} hide{name="h/1", kind="soft"} hide{name="h/1", kind="normal"}')
    assert taken(site, "h", "h/1", "h/2") == {"h": "h/1", "h/1": "h/1", "h/2": None}


def test_exact_names_come_before_patterns_and_the_site_before_the_tree(rc):
    """What is said by name counts more than what a pattern says, what the site says more than what a directory says."""
    site = rc('hideRegex{name="^h/", kind="hard"} hide{name="h/2", kind="normal"}')
    rc('hide{name={"h/1","/2"}, kind="soft"}', "Core/h/.modulerc.lua")
    assert taken(site, "h", "h/1", "h/2") == {"h": "h/2", "h/1": "h/1", "h/2": "h/2"}


def test_patterns_are_those_of_lua(rc):
    """They may stand for any part of a name, unless they are anchored."""
    site = rc('hideRegex{name={"^fb/%d%.0$"}} hideRegex{name="^b/"}')
    assert listed(site) == ["h/1", "h/2"]
    assert taken(site, "fb", "fb/1.0") == {"fb": None, "fb/1.0": "fb/1.0"}


def test_hidden_while_loaded(rc):
    """A loaded module that is hidden is marked; with hidden_loaded it is only counted, but for programs."""
    site = rc('hide{name="h/1"} hide{name="fb/1.0", kind="soft", hidden_loaded=true}').load("h/1", "fb/1.0")
    (site.root / "etc/rc.lua").unlink()
    site.module("list")
    assert "1) h/1 (H)" in site.err
    assert "fb" not in site.err
    assert "1 more not shown" in site.err
    assert "2) fb/1.0 (s)" in site.module("-A", "list").err
    assert site.module("-t", "list").err == "h/1 <H>\nfb/1.0 <H>\n"
    site.env["LMOD_TERSE_DECORATIONS"] = "no"
    assert site.module("-t", "list").err == "h/1\nfb/1.0\n"
    site.env["LMOD_SHOW_HIDDEN"] = "list"
    assert "fb/1.0" in site.module("list").err


SHOWN = {
    "no": (False, "h/1"),
    "yes": (True, "h/2"),
    "all": (True, "h/2"),
    "avail": (True, "h/1"),
    "list": (False, "h/1"),
}


@pytest.mark.parametrize("value", [*SHOWN, "spider:list", "spider:avail"])
def test_show_hidden(rc, value):
    """LMOD_SHOW_HIDDEN names the lists that show hidden modules; in general they are also chosen."""
    shown, chosen = SHOWN.get(value) or SHOWN[value.rpartition(":")[2]]
    site = rc('hide{name="h/2"}')
    site.env["LMOD_SHOW_HIDDEN"] = value
    assert ("h/2" in listed(site)) == shown
    assert site.load("h").loaded == [chosen]


def test_forbidden(rc):
    """Loading fails with the site's words, and the default is not another one for it; reading is allowed."""
    site = rc('forbid{name="fb/2.0", message="It computes nonsense.\\nUse 1.0."}')
    err = site.fails("load", "h", "fb")
    assert "fb/2.0 is forbidden: It computes nonsense.\n    Use 1.0." in err
    assert "module avail fb" in err
    site.fails("load", "fb/2.0")
    assert site.load("fb/1.0").loaded == ["fb/1.0"]
    site.fails("swap", "fb/1.0", "fb/2.0")
    assert "fb/2.0" in site.module("whatis", "fb/2.0").err
    assert site.module("is-avail", "fb/2.0").status == 0
    assert "fb/2.0 (F,D)" in site.module("avail").err
    site.module("-t", "avail")
    assert "fb/1.0\nfb/2.0 <F>\n" in site.err


def test_a_module_that_loads_a_forbidden_one(rc):
    """It fails, and says which one is forbidden; try_load gets no further."""
    site = rc('forbid{name="fb", message="No."}')
    for word in "load", "try_load", "depends_on":
        site.modulefile("Core/top/1.lua", f'{word}("fb")')
        assert "fb/2.0 is forbidden: No." in site.fails("load", "top")


def test_a_module_that_becomes_forbidden(rc):
    """Loaded, it stays until it is unloaded; after a change of MODULEPATH it is not loaded again."""
    site = rc("").load("fb/1.0")
    site.modulefile("Other/fb/1.0.lua")
    rc('forbid{name="fb/1.0"}')
    site.module("use", str(site.root / "Other"))
    assert site.loaded == []
    assert "fb/1.0 is forbidden" in site.err


PERIODS = {
    "": "F",
    f'after="{days(-1)}"': "F",
    f'after="{days(10)}"': "NF",
    f'after="{days(20)}"': "",
    f'before="{days(1)}"': "F",
    f'before="{days(-1)}"': "",
    f'after="{days(-2)}", before="{days(2)}"': "F",
    f'after="{days(-2)}", before="{days(-1)}"': "",
    'after="2001-01-31"': "F",
    'before="2001-01-31"': "",
}


@pytest.mark.parametrize("word", ["forbid", "forbidRegex"])
@pytest.mark.parametrize("period", PERIODS)
def test_forbidden_for_a_time(rc, word, period):
    """Between the dates it is refused, some days before there is a notice, else nothing is said."""
    site = rc(f'{word}{{name="fb/2.0", message="Gone.", nearly_message="Going.", {period}}}')
    site.module("avail")
    mark = PERIODS[period]
    assert f"fb/2.0 ({mark + ',' if mark else ''}D)" in site.err
    site.type("load", "fb")
    assert (site.status, "Gone." in site.err, "Going." in site.err) == (int(mark == "F"), mark == "F", mark == "NF")
    if mark == "NF":
        assert "fb/2.0 will be forbidden from" in site.err
        assert site.module("-t", "list").err == "fb/2.0 <NF>\n"


def test_how_early_a_ban_is_told(rc):
    """LMOD_NEARLY_FORBIDDEN_DAYS days before; the ordinary message serves where there is no other."""
    site = rc(f'forbid{{name="fb", after="{days(20)}", message="Gone."}}')
    site.env["LMOD_NEARLY_FORBIDDEN_DAYS"] = "30"
    assert "Gone." in site.load("fb").err


STAGES = {
    "": (0, "old", "instead: module load h/2"),
    f'warn="{days(9)}"': (0, "old", ""),
    f'warn="{days(-9)}"': (0, "old", "h/1 is deprecated; Has bugs.; instead"),
    f'refuse="{days(30)}"': (0, "old", f"it will be refused from {days(30)} on"),
    f'warn="{days(-9)}", refuse="{days(-1)}"': (1, "F", "hint: module load h/2"),
    'userA="somebody"': (0, "", ""),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("language", ["Lua", "Tcl"])
def test_deprecated(rc, stage, language):
    """Marked, then warned of, then refused, each time with what to use instead."""
    site = rc(f'deprecate{{name="h/1", use="h/2", message="Has bugs.", {stage}}}')
    if language == "Tcl":
        options = re.sub(r'(\w+?)A?="([^"]*)",?', r"--\1 \2", stage)
        rc(f"#%Module\nmodule-deprecate --use h/2 --message {{Has bugs.}} {options} h/1\n", "etc/rc")
        site.env["LMOD_MODULERC"] = f"{site.root}/etc/rc"
    status, mark, said = STAGES[stage]
    site.module("avail")
    assert f"h/1{f' ({mark})' if mark else ''}" in site.err
    site.type("load", "h/1")
    assert site.status == status
    assert said in site.err if said else site.err == ""
    site.module("spider", "h/1")
    assert ("Deprecated: Has bugs.; " in site.err) == (mark == "old")
    assert "warning" not in site.load("h/2").err


ME, MINE = system.user()
GROUP = min(MINE)
USERS = {
    "": True,
    f'userA={{"{ME}"}}': True,
    f'userA="{ME}"': True,
    'userA={"somebody"}': False,
    f'groupA={{"x","{GROUP}"}}': True,
    f'userA={{"somebody"}}, groupA={{"{GROUP}"}}': True,
    'groupA={"no-such-group"}': False,
    f'notUserA={{"{ME}"}}': False,
    'notUserA={"somebody"}': True,
    f'notGroupA={{"{GROUP}"}}': False,
    f'notUserA={{"somebody"}}, notGroupA={{"{GROUP}"}}': False,
    f'userA={{"{ME}"}}, notUserA={{"{ME}"}}': True,
}


@pytest.mark.parametrize("users", USERS)
def test_forbidden_for_some(rc, users):
    """Those named are concerned; where nobody is named, all but those left out."""
    site = rc(f'forbid{{name="fb", {users}}} hide{{name="h", {users}}}')
    site.type("load", "fb")
    assert site.status == USERS[users]
    assert ("h/1" not in listed(site)) == USERS[users]


def test_two_groups_have_two_rules(rc):
    """A statement that concerns somebody else does not end the search."""
    site = rc(f'forbid{{name="fb", userA="{ME}", message="You."}} forbid{{name="fb", userA="somebody"}}')
    assert "You." in site.fails("load", "fb")


WRONG = {
    'hide{name="h/1", sort="soft"}': "`sort`",
    'hide{name="h/1", message="no"}': "`message`",
    'forbid{name="h/1", kind="soft"}': "`kind`",
    'hide{name="h/1", kind="invisible"}': "normal, soft, hidden, hard as kind, not 'invisible'",
    "hide{name=7}": "name",
    'hide{kind="soft"}': "needs the name",
    'hide("h/1")': "takes one table",
    "hide()": "takes one table",
    'forbid{name="h/1", message={}}': "message, not a table",
    'forbid{name="h/1", userA={7}}': "userA",
    'hide{name="h/1", hidden_loaded="yes"}': "true or false as hidden_loaded",
    'forbid{name="h/1", after="31.1.2026"}': "2026-01-31",
    'forbid{name="h/1", before="2026-02-30"}': "2026-01-31",
    'hideRegex{name="[h"}': "no Lua pattern",
    'module_alias("a")': "takes 2 arguments",
    'module_version("h/1", 7)': "takes text",
    "module_version()": "1 or more",
    'module_virtual("h/3")': "takes 2 arguments",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_an_rc_file_says_wrongly(rc, text):
    """A key, a type, a kind or a date that cannot be is told with file and line, and nothing of the file counts."""
    site = rc(f'hide{{name="h/2"}}\n{text}').load("h")
    assert f"{site.root}/etc/rc.lua:2: " in site.err
    assert WRONG[text] in site.err
    assert site.loaded == ["h/2"]


def test_a_pattern_that_turns_out_to_be_none(rc):
    """Some mistakes show only when the pattern meets a name; then it matches nothing, with a warning."""
    site = rc('hideRegex{name="(h"} hide{name="h/1"}').load("h")
    assert site.loaded == ["h/2"]
    assert site.err.count("'(h' is no Lua pattern: unfinished capture") == 1


WORDS = "module_version module_alias module_virtual hide_version hide_modulefile hide hideRegex forbid forbidRegex"
OTHERS = "myConfig pathJoin isDir isFile loadfile os io"
ABSENT = "type pairs ipairs string table setenv load print tostring error prepend_path lfs posix math mode capture"


def test_what_an_rc_file_has(rc):
    """The words of rc files and a few others; nothing else of Lua, and no word of modulefiles."""
    inside = ["os.getenv", "os.time", "os.date", "os.clock", "os.difftime", "os.execute", "io.stderr", "io.open"]
    outside = [*ABSENT.split(), "os.exit", "os.remove", "io.popen", "io.stdout"]
    tests = [f'if not {name} then hide{{name="{name}"}} end' for name in (*WORDS.split(), *OTHERS.split(), *inside)]
    tests += [f'if {name} then hide{{name="{name}"}} end' for name in outside]
    site = rc('hide = nil or hide hide{name="h/1"}' + "\n".join(tests) + '\nhide{name="h/2"}')
    assert listed(site) == ["fb/1.0", "fb/2.0"]
    told = [test.partition('"')[2].partition('"')[0] for test in tests]
    for name in told:
        site.modulefile(f"Core/{name}.lua")
    assert set(told) <= set(listed(site)), "none was hidden"


def test_what_a_modulefile_has_not(rc):
    """The words of rc files are none of a modulefile's."""
    site = rc("")
    tests = "".join(f'if {word} then LmodError("{word}") end ' for word in WORDS.split())
    site.modulefile("Core/x/1.lua", tests)
    assert site.load("x").loaded == ["x/1"]


def test_what_an_rc_file_can_ask(rc):
    """The environment, the user, files, and code in other files."""
    site = rc('hide{name="fb/1.0"}', "etc/more.lua")
    rc(
        f'local etc = "{site.root}/etc" '
        f'if os.getenv("CLUSTER") == "big" and myConfig("username") == "{ME}" then hide{{name="h/1"}} end '
        'if isFile(pathJoin(etc, "more.lua")) and isDir(etc) then loadfile(pathJoin(etc, "more.lua"))() end '
        'io.stderr:write("read\\n") io.write("written\\n")'
    )
    site.env["CLUSTER"] = "big"
    assert listed(site)[-2:] == ["fb/2.0", "h/2"]
    assert "read\nwritten\n" in site.err
    assert "written" not in site.out


@pytest.mark.parametrize("variable", ["LMOD_MODULERC", "LMOD_MODULERCFILE", "MODULERCFILE"])
def test_where_the_sites_rc_file_is(rc, variable):
    """Three variables name it, the first that is set counts; a list of files and directories."""
    site = rc('hide{name="h/2"}')
    rc('hide{name="fb/2.0"}', "etc/more/one.lua")
    rc('hide{name="fb/1.0"}', "etc/more/one.lua~")
    site.env[variable] = f"{site.root}/etc/rc.lua:{site.root}/etc/more:{site.root}/absent"
    if variable != "LMOD_MODULERC":
        del site.env["LMOD_MODULERC"]
    assert taken(site, "h", "fb") == {"h": "h/1", "fb": "fb/1.0"}


@pytest.mark.parametrize("name", ["rc.lua", "rc"])
def test_the_usual_place_of_the_sites_rc_file(rc, name):
    """Where no variable names it, it is in `etc` beside the directory of lmodpy."""
    text = {"rc.lua": 'hide_version("h/2")', "rc": "#%Module\nhide-version h/2\n"}[name]
    site = rc(text, f"opt/etc/{name}")
    del site.env["LMOD_MODULERC"]
    site.env["LMOD_ROOT"] = str(site.root / "opt")
    assert taken(site, "h") == {"h": "h/1"}


def test_a_module_that_names_another_rc_file(rc):
    """It counts at once, for what is loaded next; unloading goes back to the first."""
    site = rc('hide{name="h/2"}')
    other = rc('hide{name="fb/2.0"} module_alias("other","h/2")', "etc/other.lua").root / "etc/other.lua"
    site.modulefile("Core/change/1.lua", f'setenv("LMOD_MODULERC", "{other}")')
    assert site.load("h", "change", "fb", "other").loaded == ["change/1", "fb/1.0", "h/2"]
    site.unload("change")
    assert taken(site, "h", "fb") == {"h": "h/1", "fb": "fb/2.0"}


@pytest.mark.parametrize("where", ["etc/rc.lua", "Core/.modulerc.lua", "Core/h/.modulerc.lua", "home/.modulerc.lua"])
def test_a_virtual_module(rc, where):
    """It is listed and loaded by its name, and the module behind it is hidden."""
    site = rc('module_virtual("h/3","h/.impl")', where)
    site.modulefile("Core/h/.impl.lua", 'setenv("FROM", myFileName():match("[^/]+$"))')
    assert [name for name in listed(site) if name[0] == "h"] == ["h/1", "h/2", "h/3"]
    assert taken(site, "h", "h/3", "h/.impl") == {"h": "h/2", "h/3": "h/3", "h/.impl": "h/.impl"}
    site.load("h/3")
    assert site.env["FROM"] == ".impl.lua"
    assert site.module("-t", "list").err == "h/3 <H>\n"
    site.module("use", str(site.root / "Core2")).module("update")
    assert site.loaded == ["h/3"]
    site.unload("h/3")
    assert "FROM" not in site.env


def test_a_virtual_module_among_others(rc):
    """A marked one is the default; with nothing else to choose, so is the highest one that has a file behind it."""
    site = rc('module_virtual("h/0.5","h/1") module_version("h/0.5","default")')
    assert taken(site, "h", "h/1", "h/0.5") == {"h": "h/0.5", "h/1": "h/1", "h/0.5": "h/0.5"}
    assert "h/0.5 (D)" in site.module("avail").err
    site.modulefile("Core/v/.one.lua")
    rc('module_virtual("v/2.9","v/.one") module_virtual("v/2.10","v/.one")')
    assert taken(site, "v") == {"v": "v/2.10"}
    rc('module_virtual("v/2.9","v/.one") module_virtual("v/2.10","v/.one") hide{name="v/2.10"} forbid{name="v/2.9"}')
    assert "v/2.9 is forbidden" in site.fails("load", "v")
    rc('module_virtual("h/3","h/.gone") module_version("h/3","default")')
    assert taken(site, "h", "h/3") == {"h": "h/2", "h/3": None}
    rc('module_virtual("v/3","v/.gone") module_virtual("v/2","v/.one")')
    assert taken(site, "v") == {"v": "v/2"}


def test_a_hidden_version_without_its_dot(rc):
    """With LMOD_DOT_HIDDEN_LOAD_ALIAS, `h/3` finds h/.3, unless there are two such."""
    site = rc("")
    site.modulefile("Core/h/.3.lua", 'setenv("NAMES", table.concat({myModuleUsrAndAliasName()}, " "))')
    assert taken(site, "h/3") == {"h/3": None}
    site.env["LMOD_DOT_HIDDEN_LOAD_ALIAS"] = "yes"
    assert taken(site, "h/3", "h", "h/2") == {"h/3": "h/.3", "h": "h/2", "h/2": "h/2"}
    assert site.load("h/3").env["NAMES"] == "h/3 h/.3"
    site.modulefile("Core/h/..3.lua")
    assert taken(site, "h/3") == {"h/3": None}


def test_loaded_by_an_alias(rc):
    """The list shows both names; questions about what is loaded know the real one only."""
    site = rc('module_alias("zz","h/1") module_alias("best","fb") module_version("h/1","old")')
    site.load("zz")
    assert site.loaded == ["h/1"]
    assert site.module("-t", "list").err == "h/1\nzz\n"
    assert "zz -> h/1" in site.module("list").err
    assert site.type("is-loaded", "zz").status == 1
    assert site.module("unload", "zz").loaded == ["h/1"]
    assert site.load("best").loaded == ["h/1", "fb/2.0"]
    site.modulefile("More/fb/3.0.lua")
    site.module("use", str(site.root / "More"))
    assert site.loaded == ["h/1", "fb/3.0"], "the alias of a short name moves on to another version"
    assert site.module("-t", "list").err == "h/1\nzz\nfb/3.0\nbest\n"


def test_aliases_in_avail(rc):
    """All aliases stand above the list, with what they load now."""
    site = rc('module_alias("zz","h/1") module_alias("gone","q/1") module_alias("best","fb")')
    site.module("avail")
    assert site.err.split("\n")[1].split("  ")[1:] == ["best -> fb/2.0", " gone -> (N/A)", " zz -> h/1"]
    assert site.module("-t", "avail").err.startswith("best(@fb)\ngone(@q/1)\nzz(@h/1)\n/")


def test_patterns_of_files_to_ignore(rc):
    """LMOD_FILE_IGNORE_PATTERNS is a Lua table of patterns, in place of the usual ones."""
    site = rc("")
    site.modulefile("Core/h/.version-old.lua")
    site.modulefile("Core/h/9-not.yet.lua")
    assert taken(site, "h", "h/.version-old") == {"h": "h/9-not.yet", "h/.version-old": None}
    site.env["LMOD_FILE_IGNORE_PATTERNS"] = '{ "%.yet%.lua$", "^fb$" }'
    assert taken(site, "h", "h/.version-old", "fb") == {"h": "h/2", "h/.version-old": "h/.version-old", "fb": None}
    site.env["LMOD_FILE_IGNORE_PATTERNS"] = "nonsense("
    assert "LMOD_FILE_IGNORE_PATTERNS" in site.fails("load", "h")


TERMS = [
    (Terms(), True, True),
    (Terms(after=100), True, True),
    (Terms(after=101), True, False),
    (Terms(before=100), True, True),
    (Terms(before=99), True, False),
    (Terms(users=("me",)), True, True),
    (Terms(users=("you",)), False, True),
    (Terms(groups=("us",)), True, True),
    (Terms(not_groups=("us",)), False, True),
    (Terms(not_users=("you",), not_groups=("them",)), True, True),
]


@pytest.mark.parametrize(("terms", "concern", "hold"), TERMS)
def test_terms(terms, concern, hold):
    """Bounds belong to the time; lists name users or leave them out."""
    assert terms.concern("me", {"us", "all"}) is concern
    assert terms.hold_at(100) is hold


@pytest.mark.parametrize("text", ["2026-01-31", "2026-07-31T23:59"])
def test_dates_are_local_and_come_back(text):
    """A date is midnight here; it is told as it was written."""
    assert date(moment(text)) == text
    assert time.localtime(moment(text)).tm_hour == (23 if "T" in text else 0)
