"""SitePackage.lua and what stands beside it: hooks, settings, words of the site."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def cluster(site):
    """A site with two modules and a directory for its own files."""
    site.modulefile("Core/foo/1.lua", 'setenv("FOO", "1") whatis("Category: tools")')
    site.modulefile("Core/bar/1.lua", 'depends_on("foo")')
    site.modulefile("Core/bar/2.lua", 'depends_on("foo")')
    site.env["LMOD_PACKAGE_PATH"] = str(site.root / "site")
    return site


def package(site, text):
    """Write the site's SitePackage.lua."""
    return site.modulefile("site/SitePackage.lua", f'local hook = require("Hook")\n{text}')


def told(site):
    """Return what hooks have said with say()."""
    return re.findall(r"^HOOK (.*)$", site.err, re.MULTILINE)


SAY = 'local function say(...) LmodMessage("HOOK " .. table.concat({...}, " ")) end\n'


def test_a_site_hears_what_is_loaded_and_unloaded(cluster):
    """Each module, once it is there or gone, with its file."""
    package(
        cluster,
        SAY
        + """
        hook.register("load", function(t) say("load", t.modFullName, t.mname:userName(), mode(), t.fn) end)
        hook.register("unload", function(t) say("unload", t.modFullName, mode()) end)
        """,
    )
    core = f"{cluster.root}/Core"
    cluster.load("bar/1")
    assert told(cluster) == [f"load foo/1 foo load {core}/foo/1.lua", f"load bar/1 bar/1 load {core}/bar/1.lua"]
    cluster.load("bar")
    assert told(cluster) == [
        "unload foo/1 unload",
        "unload bar/1 unload",
        f"load foo/1 foo load {core}/foo/1.lua",
        f"load bar/2 bar load {core}/bar/2.lua",
    ]
    cluster.module("save")
    cluster.module("purge")
    assert told(cluster) == ["unload foo/1 unload", "unload bar/2 unload"]
    cluster.module("restore")
    assert told(cluster) == [f"load foo/1 foo load {core}/foo/1.lua", f"load bar/2 bar load {core}/bar/2.lua"]


def test_what_a_load_hook_sets_goes_with_the_module(cluster):
    """It speaks for the module that was loaded, so unloading leaves no trace."""
    package(cluster, 'hook.register("load", function(t) setenv("LAST", t.modFullName) end)')
    before = dict(cluster.env)
    assert cluster.load("foo").env["LAST"] == "foo/1"
    assert cluster.unload("foo").env == before


def test_a_hook_may_refuse(cluster):
    """LmodError ends the command, and nothing has changed."""
    package(
        cluster,
        'hook.register("load", function(t) if t.modFullName == "bar/2" then LmodError("bar/2 has no licence") end end)',
    )
    before = dict(cluster.env)
    assert "bar/2 has no licence" in cluster.fails("load", "bar")
    assert cluster.env == before
    cluster.load("bar/1")


def test_a_broken_hook_does_not_take_the_command_down(cluster):
    """It is reported with its place, and the rest goes on."""
    path = package(cluster, 'hook.register("load", function(t)\n  local x = t.nothing.more\nend)')
    cluster.load("foo")
    assert cluster.env["FOO"] == "1"
    assert f"hook load fails ({path}:4)" in cluster.err
    assert "nil value" in cluster.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('hook.register("lode", print)', "SitePackage.lua:3: there is no hook `lode`"),
        ('hook.register("load", print, "instead")', "replace, append, prepend, not 'instead'"),
        ("local x = ", "SitePackage.lua:4"),
        ("nothing.at = all", "SitePackage.lua:3"),
        ('setenv("A")', "`setenv` takes 2 to 3 arguments, not 1"),
        ('LmodError("not today")', "not today"),
        ('require("Hooks")', "no module `Hooks`"),
        ('cosmic:assign("LMOD_NO_SUCH", "yes")', "there is no setting LMOD_NO_SUCH"),
        ("error({})", "an error that is not a text"),
    ],
)
def test_a_broken_site_package_is_warned_of(cluster, text, said):
    """With file and line; modules can be loaded all the same."""
    package(cluster, text)
    cluster.load("foo")
    assert cluster.env["FOO"] == "1"
    assert "lmodpy: warning: " in cluster.err
    assert said in cluster.err


def test_several_functions_of_a_hook(cluster):
    """One replaces the others, or stands before or behind them; the last one's answer counts."""
    package(
        cluster,
        SAY
        + """
        local function named(name) return function() say(name) return name end end
        hook.register("startup", named("gone"))
        hook.register("startup", named("b"))
        hook.register("startup", named("c"), "append")
        hook.register("startup", named("a"), "prepend")
        hook.register("SiteName", named("first"))
        hook.register("SiteName", named("last"), "append")
        """,
    )
    cluster.modulefile("Core/fam/1.lua", 'family("compiler")')
    cluster.load("fam")
    assert told(cluster) == ["first", "last", "a", "b", "c"]
    assert cluster.env["last_FAMILY_COMPILER"] == "fam"


def test_the_beginning_and_the_end_of_a_command(cluster):
    """startup, finalize, then what was registered with ExitHookA; not after a failure."""
    package(
        cluster,
        SAY
        + """
        hook.register("startup", function(cmd) say("startup", cmd) end)
        hook.register("finalize", function(cmd) say("finalize", cmd) end)
        ExitHookA.register(function() say("exit", os.getenv("HOME")) end)
        """,
    )
    cluster.load("foo")
    assert told(cluster) == ["startup load", "finalize load", f"exit {cluster.root}/home"]
    cluster.fails("load", "nope")
    assert told(cluster) == ["startup load"]


def test_titles_in_avail(cluster):
    """A style that the site has; not the system's own."""
    package(
        cluster,
        """
        hook.register("avail", function(t)
          for path in pairs(t) do t[path] = "Everything (" .. masterTbl().availStyle .. ")" end
        end)
        """,
    )
    assert "Everything" not in cluster.module("avail").err
    cluster.env["LMOD_AVAIL_STYLE"] = "system:<grouped>"
    assert "--- Everything (grouped) ---" in cluster.module("avail").err
    assert "Everything" not in cluster.module("--style=system", "avail").err
    assert f"{cluster.root}/Core:\n" in cluster.module("-t", "avail").err


def test_lists_as_the_site_wants_them(cluster):
    """Text around them, other modules in them, names in them."""
    package(
        cluster,
        """
        hook.register("msgHook", function(kind, a)
          table.insert(a, 1, "before " .. kind .. "\\n")
          a[#a + 1] = "after\\n"
          return a
        end)
        hook.register("listHook", function(list)
          local kept = {}
          for _, m in ipairs(list) do if m.sn ~= "foo" then kept[#kept + 1] = m end end
          return kept
        end)
        hook.register("colorize_fullName", function(full, sn) return full:upper() .. "@" .. sn end)
        """,
    )
    cluster.load("bar")
    assert cluster.module("list").err == "before list\nLoaded, in this order:\n  1) BAR/2@bar\nafter\n"
    assert cluster.module("-t", "list").err == "bar/2\n"
    shown = cluster.module("avail").err
    assert shown.startswith("before avail\n")
    assert "BAR/1@bar" in shown


def test_who_sees_what(cluster):
    """isVisibleHook hides, from avail, spider and the choice of a default; a full name still loads."""
    package(
        cluster,
        """
        hook.register("isVisibleHook", function(t)
          local named = t.fullName == "bar/2" and t.sn == "bar"
          if named and t.fn:find("Core/bar/2.lua", 1, true) then t.isVisible = false end
        end)
        """,
    )
    assert cluster.module("-t", "avail", "bar").err.split() == [f"{cluster.root}/Core:", "bar/1"]
    assert "bar/2" not in cluster.module("-t", "spider", "bar").err
    assert "bar/2 <H>" in cluster.module("-t", "-A", "avail", "bar").err
    assert cluster.load("bar").loaded == ["foo/1", "bar/1"]
    assert cluster.load("bar/2").loaded == ["foo/1", "bar/2"]


def test_who_may_load_what(cluster):
    """isForbiddenHook has the last word about what rc files forbid."""
    cluster.modulefile("Core/.modulerc.lua", 'forbid{name="bar/2", message="too new"} forbid{name="bar/1"}')
    package(
        cluster,
        """
        hook.register("isForbiddenHook", function(t)
          if t.fullName == "bar/1" then t.forbiddenState = "normal" end
          if t.fullName == "bar/2" then t.message = t.message .. ", ask us" end
        end)
        """,
    )
    cluster.load("bar/1")
    assert "too new, ask us" in cluster.fails("load", "bar/2")


def test_settings_of_the_site(cluster):
    """cosmic:assign comes before the environment, and `config` says where a value came from."""
    cluster.modulefile("etc/lmod_config.lua", 'cosmic:assign("LMOD_EXACT_MATCH", "yes")')
    package(cluster, 'require("Cosmic"):singleton():assign("LMOD_PIN_VERSIONS", "yes")')
    cluster.env |= {"LMOD_CONFIG_DIR": str(cluster.root / "etc"), "LMOD_EXACT_MATCH": "no"}
    assert "foo" in cluster.fails("load", "foo")
    cluster.load("foo/1")
    assert "lmod_config" in cluster.module("config", "exact_match").err
    assert "SitePackage" in cluster.module("config", "pin_versions").err


def test_words_of_the_site_in_modulefiles(cluster):
    """sandbox_registration adds them; decorate_module adds lines to each modulefile."""
    package(
        cluster,
        """
        local function answer() return "42" end
        sandbox_registration{answer = answer}
        hook.register("decorate_module", function(t)
          return {'setenv("DECORATED", "' .. t.name .. " " .. t.version .. '")', 'setenv("LINES", "2")'}
        end)
        """,
    )
    cluster.modulefile("Core/m/1.lua", 'setenv("ANSWER", answer())')
    before = dict(cluster.env)
    cluster.load("m")
    assert [cluster.env[name] for name in ("ANSWER", "DECORATED", "LINES")] == ["42", "m 1", "2"]
    assert cluster.unload("m").env == before


def test_messages_in_the_words_of_the_site(cluster):
    """errWarnMsgHook gets Lmod's name of the message, its text and what it is about."""
    cluster.modulefile("Core/no/1.lua", 'conflict("foo")')
    package(
        cluster,
        """
        hook.register("errWarnMsgHook", function(kind, id, text, t)
          return kind .. "/" .. id .. "/" .. text .. "/" .. t.module_list .. "\\nask the desk"
        end)
        """,
    )
    error = cluster.fails("load", "nope")
    assert "lmoderror/e_Failed_Load/no module `nope` can be loaded now/nope" in error
    assert "ask the desk" in error
    cluster.load("foo")
    assert "lmoderror/e_Conflict/" in cluster.fails("load", "no")


def test_spider_and_category(cluster):
    """What a site adds to versions, leaves out of categories, and hears of what was read."""
    package(
        cluster,
        SAY
        + """
        hook.register("spider_decoration", function(t) return t.Category end)
        hook.register("category", function(kind, t)
          if kind == "simple" then t[#t + 1] = "more" else t.more = {foo = 3} end
          return t
        end)
        hook.register("load_spider", function(t)
          io.open(os.getenv("HOME") .. "/seen", "a"):write(t.modFullName, " ", t.sn, "\\n")
          say("nobody hears this")
        end)
        hook.register("writeCache", function(t) t.dontWriteCache = true end)
        """,
    )
    cluster.modulefile("Core/foo/2.lua", "")
    assert "foo/1 (tools)" in cluster.module("spider", "foo").err
    shown = cluster.module("category").err
    assert "more" in shown
    assert told(cluster) == []
    assert {"foo/1 foo", "bar/2 bar"} <= {*(cluster.root / "home/seen").read_text().splitlines()}
    assert "foo (3)" in cluster.module("category", "o").err


def test_where_the_files_lie(cluster):
    """First those named, then the site's directory, whose SitePackage.lua beats those of LMOD_PACKAGE_PATH."""
    say = 'io.stderr:write("HOOK %s\\n")'
    cluster.modulefile("etc/lmod_config.lua", say % "config")
    cluster.modulefile("one.lua", say % "one")
    cluster.modulefile("site/SitePackage.lua", say % "site")
    cluster.modulefile("other/SitePackage.lua", say % "other" + '\nrequire("beside")')
    cluster.modulefile("other/beside.lua", say % "beside")
    cluster.env["LMOD_SITEPACKAGE_PREPEND"] = f"{cluster.root}/one.lua:/nowhere.lua"
    cluster.env["LMOD_CONFIG_DIR"] = str(cluster.root / "etc")
    assert told(cluster.module("list")) == ["one", "config", "site"]
    cluster.env["LMOD_PACKAGE_PATH"] += f":{cluster.root}/other"
    assert told(cluster.module("list")) == ["one", "config", "other", "beside"]
    cluster.modulefile("etc/SitePackage.lua", say % "etc")
    assert told(cluster.module("list")) == ["one", "config", "etc"]


def test_words_outside_of_modules(cluster):
    """What files, startup, finalize and the last functions say happens, and no unload undoes it."""
    package(
        cluster,
        """
        setenv("FROM_FILE", "1")
        hook.register("startup", function() prepend_path("FROM_STARTUP", "/a") end)
        hook.register("finalize", function() setenv("FROM_FINALIZE", os.getenv("A") or "none") end)
        ExitHookA.register(function() setenv("FROM_END", tostring(isloaded("a"))) end)
        """,
    )
    cluster.modulefile("Core/a/1.lua", 'setenv("A", "of a")')
    cluster.load("a").unload("a")
    assert {name: cluster.env.get(f"FROM_{name}") for name in ("FILE", "STARTUP", "FINALIZE", "END")} == {
        "FILE": "1",
        "STARTUP": "/a",
        "FINALIZE": "none",
        "END": "false",
    }
    assert cluster.load("a").env["FROM_FINALIZE"] == "of a"


MESSAGES = """
return {
  site = {
    e_Conflict = "%{name} and %{module_list} do not go together; %{unknown}",
    m_Family_Swap = "%{newFullName} in place of %{oldFullName}.\\n",
    w_No_Coll = "No such thing as %{collection}.",
    m_Save_Coll = "Kept: %{a}",
  },
  de = { w_No_Coll = "Es gibt kein %{collection}." },
}
"""


@pytest.fixture
def worded(cluster):
    """A site with a file of messages, and modules that have something to tell."""
    cluster.env["LMOD_SITE_MSG_FILE"] = str(cluster.modulefile("site/messages.lua", MESSAGES))
    cluster.modulefile("Core/no/1.lua", 'conflict("foo")')
    for name in ("gcc", "clang"):
        cluster.modulefile(f"Core/{name}/1.lua", 'family("compiler")')
    return cluster


def test_a_file_of_messages(worded):
    """By Lmod's names for messages and for what they are about; what is not known there stays as it is."""
    worded.load("foo")
    assert "lmodpy: error: no/1 and foo/1 do not go together; %{unknown}\n" in worded.fails("load", "no")
    assert "clang/1 in place of gcc/1.\n" in worded.load("gcc").load("clang").err
    assert "warning: No such thing as mine.\n" in worded.module("describe", "mine").err
    assert "Kept: mine\n" in worded.module("save", "mine").err
    assert "no module `nope` can be loaded now" in worded.fails("load", "nope")


def test_messages_in_the_users_language(worded):
    """LMOD_LANG, else what LANG begins with; the site's where there is none."""
    worded.env["LANG"] = "de_AT.UTF-8"
    assert "Es gibt kein mine." in worded.module("describe", "mine").err
    worded.env["LMOD_LANG"] = "fr"
    assert "No such thing as mine." in worded.module("describe", "mine").err


def test_a_broken_file_of_messages(worded):
    """It is warned of, and messages are as usual."""
    worded.modulefile("site/messages.lua", "return {")
    worded.module("describe", "mine")
    assert "there is no collection `mine`" in worded.err
    assert "messages.lua" in worded.module("describe", "mine").err


def test_warnings_and_notes_in_the_words_of_the_site(cluster):
    """errWarnMsgHook hears of them as of errors, with their kinds."""
    package(
        cluster,
        """
        hook.register("errWarnMsgHook", function(kind, id, text, t)
          return kind .. " " .. id .. " " .. (t.collection or t.a or t.name or t.module_list)
        end)
        """,
    )
    assert "lmodwarning w_No_Coll mine" in cluster.module("describe", "mine").err
    assert "lmodmessage m_Save_Coll mine" in cluster.load("foo").module("save", "mine").err
    assert "lmodmessage m_Restore_Coll mine" in cluster.module("restore", "mine").err
    assert "lmoderror e_Unknown_Coll no" in cluster.fails("restore", "no")
    assert "lmoderror e_Swap_Failed no" in cluster.fails("swap", "no", "foo")
    assert "lmoderror e_Failed_2_Find no" in cluster.fails("spider", "no")
    cluster.modulefile("Core/.modulerc.lua", 'forbid{name="bar/2"}')
    assert "lmoderror e_Forbidden bar/2" in cluster.fails("load", "bar/2")


def test_the_order_and_what_is_loaded_meanwhile(cluster):
    """As with Lmod: a module that was unloaded is not loaded, and lists are finished before the end of commands."""
    package(
        cluster,
        SAY
        + """
        hook.register("unload", function(t) say(t.modFullName, tostring(isloaded(t.mname:sn()))) end)
        hook.register("msgHook", function(kind, lines) say("msgHook") return lines end)
        hook.register("SiteName", function(...) say("SiteName", select("#", ...)) end)
        hook.register("finalize", function() say("finalize") end)
        """,
    )
    cluster.load("foo").module("list")
    assert told(cluster) == ["SiteName 0", "msgHook", "finalize"]
    cluster.unload("foo")
    assert told(cluster) == ["SiteName 0", "foo/1 false", "finalize"]


def test_what_sites_ask_for_with_require(cluster):
    """Lmod's own files are there as far as sites use them; another is named once, with the line that wants it."""
    package(
        cluster,
        SAY
        + """
        for name in ("strict string_utils utils sandbox fileOps lmod_system_execute"):split() do require(name) end
        local dbg, posix, lfs = require("Dbg"):dbg(), require("posix"), require("lfs")
        dbg.start{"here"}
        say(("  a "):trim(), tostring(posix.uname("%s")), lfs.attributes("/", "mode"), capture("echo hi"))
        lmod_system_execute("echo run")
        dbg.fini()
        require("nowhere")
        """,
    )
    text = cluster.load("foo").err
    assert "HOOK a Linux directory hi\n" in text
    assert "run\n" in text
    assert f"warning: {cluster.root}/site/SitePackage.lua:11: no module `nowhere`" in text


CIRCLE = "local t = {} t.t = t return t"


@pytest.mark.parametrize(("hook", "body", "words", "seen"), [
    ("listHook", 'return {x = 1, [1] = "foo", [2] = t[1]}', "list", "1) foo/1"),
    ("listHook", CIRCLE, "list", "hook listHook fails"),
    ("msgHook", "return {x = 1, 'all of it'}", "list", "foo"),
    ("msgHook", "return {[{}] = 1}", "list", "1) foo/1"),
    ("category", "return {x = 1, 'ours'}", "category", "tools"),
    ("category", "return {ours = {foo = 7}, theirs = 3}", "category tools", "foo (1)"),
    ("load", "t.t = t", "load bar/1", "hook load fails"),
], ids=str)  # fmt: skip
def test_answers_of_no_use_are_passed_over(cluster, hook, body, words, seen):
    """A hook that answers with anything else than a list or table of the kind never stands in the way of a command."""
    cluster.load("foo")
    package(cluster, f'hook.register("{hook}", function(t) {body} end)')
    assert seen in cluster.module(*words.split()).err
