"""Every hook, in one SitePackage.lua: when it is called and with what, what its answer does, and what its faults do."""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest

from lmodpy.cli.cacheupdate import update
from lmodpy.cli.main import run as main_run
from lmodpy.cli.spiderprogram import answer
from lmodpy.modulefile.hooks import HOOKS
from tests.launcher import lmodpy_cmd
from tests.needs import needs

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
LMOD = os.environ.get("LMOD_PEER", "/usr/share/lmod/lmod/libexec/lmod")

# Each hook tells its name and arguments, and then does what the table `does` has for it.
PACKAGE = """
local hook = require("Hook")
local function text(value)
  if type(value) ~= "table" then return tostring(value) end
  local list = {}
  for key, item in pairs(value) do
    list[#list + 1] = tostring(key) .. "=" .. ((key == "mt" or key == "mname") and key or text(item))
  end
  table.sort(list)
  return "{" .. table.concat(list, ",") .. "}"
end
local does = {}
local log = io.open(os.getenv("HOOKLOG"), "a")
log:setvbuf("line")
for _, name in ipairs{HOOKS} do
  hook.register(name, function(...)
    local list = {}
    for n = 1, select("#", ...) do list[n] = text((select(n, ...))) end
    log:write("HOOK " .. name .. " " .. table.concat(list, " "):gsub("\\n", "|") .. "\\n")
    if does[name] then return does[name](...) end
  end)
end
"""


NEW = frozenset(("category", "colorize_fullName", "decorate_module", "isForbiddenHook"))
"""What Lmod has had only since 8.7."""


@pytest.fixture
def cluster(site):
    """A site with packages, a forbidden module, two categories and a cache."""
    for kind in ("bin", "lib"):
        (site.root / f"sw/foo/{kind}").mkdir(parents=True)
    site.modulefile("Core/foo/1.lua", FOO)
    site.modulefile("Core/bar/1.lua", 'whatis("Category: libraries")')
    site.modulefile("Core/bar/2.lua", 'whatis("Category: libraries")')
    site.modulefile("Core/.modulerc.lua", 'forbid{name="bar/2", message="too new"}')
    (site.root / "cache/gpu").mkdir(parents=True)
    (site.root / "stamp").touch()
    os.utime(site.root / "stamp", (1_700_000_000, 1_700_000_000))
    site.modulefile("lmodrc.lua", 'scDescriptT = {{dir = ROOT .. "/cache", timestamp = ROOT .. "/stamp"}}')
    site.env |= {
        "LMOD_PACKAGE_PATH": f"{site.root}/site",
        "LMOD_RC": f"{site.root}/lmodrc.lua",
        "LMOD_AVAIL_STYLE": "ours",
    }
    site.env["HOOKLOG"] = f"{site.root}/hooks.log"
    return site


FOO = """
whatis("Category: tools")
setenv("LMOD_FOO_DIR", ROOT .. "/sw/foo")
setenv("SITE_FOO_HOME", ROOT .. "/sw")
prepend_path("PATH", ROOT .. "/sw/foo/bin")
prepend_path("LD_LIBRARY_PATH", ROOT .. "/sw/foo/lib")
"""


def package(site, more="", hooks=HOOKS):
    """Write the SitePackage.lua that registers hooks."""
    names = ", ".join(f'"{name}"' for name in sorted(hooks))
    site.modulefile("site/SitePackage.lua", PACKAGE.replace("{HOOKS}", f"{{{names}}}") + more)


def calls(site):
    """Return what hooks have told since this was last asked, one after the other, as `name arguments`."""
    log = site.root / "hooks.log"
    text = log.read_text() if log.exists() else ""
    log.unlink(missing_ok=True)
    return re.findall(r"^HOOK (.*)$", text.replace(str(site.root), "ROOT"), re.MULTILINE)


def called(site, *names):
    """Return those of some hooks, each once."""
    return list(dict.fromkeys(call for call in calls(site) if call.partition(" ")[0] in names))


def mapped(site, environ=None):
    """Return what `spider` says about the directories of the modules."""
    return json.loads(answer(["-o", "jsonReverseMapT", f"{site.root}/Core"], environ or site.env))["reverseMapT"]


FORBIDDEN = (
    "forbiddenState=forbid,fullName=bar/2,message=too new,mname=mname,mpath=ROOT/Core,mt=mt,nearlymessage=too new"
)
# By hook: the command that calls it, and what it is called with: all that begins so.
CALLS = {
    "load": ("load foo", ["{fn=ROOT/Core/foo/1.lua,mname=mname,modFullName=foo/1}"]),
    "unload": ("unload foo", ["{fn=ROOT/Core/foo/1.lua,mname=mname,modFullName=foo/1}"]),
    "load_spider": ("spider foo", ["{fn=ROOT/Core/foo/1.lua,modFullName=foo/1,sn=foo}"]),
    "startup": ("list", ["list"]),
    "finalize": ("list", ["list"]),
    "restore": ("restore", ["{collection=default,fn=ROOT/home/.config/lmod/default,name=default}"]),
    "msgHook": ("list", ["list {1=Loaded, in this order:|,2=  1) foo/1|}"]),
    "errWarnMsgHook": ("describe no", ["lmodwarning w_No_Coll there is no collection `no`"]),
    "avail": ("avail", ["{ROOT/Core=ROOT/Core}"]),
    "category": ("category", ["simple {1=libraries,2=tools}"]),
    "listHook": ("list", ["{1={"]),
    "isVisibleHook": (
        "avail foo",
        ["{fn=ROOT/Core/foo/1.lua,fullName=foo/1,isVisible=true,mname=mname,mpath=ROOT/Core,mt=mt,sn=foo}"],
    ),
    "isForbiddenHook": ("avail", ["{fn=ROOT/Core/bar/2.lua," + FORBIDDEN + ",sn=bar}"]),
    "colorize_fullName": ("list", ["foo/1 foo"]),
    "spider_decoration": ("spider bar", [f"{{Category=libraries,fullName=bar/{n},propT={{}}}}" for n in (1, 2)]),
    "SiteName": ("list", [""]),
    "groupName": ("spider foo", ["spiderT.lua"]),
    "parse_updateFn": ("spider foo", ["ROOT/stamp {lastUpdateEpoch=1700000000}"]),
    "writeCache": ("spider foo", ["{}"]),
    "packagebasename": ("spider foo", ["{patDir=^LMOD_.*_DIR,patLib=^LMOD_.*_LIB}"]),
    "decorate_module": ("load foo", ["{contents=local ROOT = "]),
    "reverseMapPathFilter": ("", [""]),
}


def run(site, hook):
    """Run the command that calls a hook, as it is run where foo is loaded and saved; return what a person reads."""
    command = CALLS[hook][0].split()
    if not command:
        mapped(site)
        return ""
    return site.module(*command).err


def usually(site, hook):
    """Return what is read where there is no hook; nothing has changed then."""
    before = site.env
    text = run(site, hook)
    site.env = before
    return text


@pytest.fixture
def prepared(cluster):
    """The site, with a module loaded and saved before there was a hook."""
    cluster.env["LMODPY_EVAL_TIMEOUT"] = "0.5"
    cluster.load("foo").module("save")
    return cluster


def test_every_hook_has_a_command_that_calls_it():
    """As many as Lmod has."""
    assert {*CALLS} == HOOKS
    assert len(HOOKS) == 22


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_what_a_hook_is_called_with(prepared, hook):
    """In a SitePackage.lua that registers all of them."""
    package(prepared)
    run(prepared, hook)
    found = called(prepared, hook)
    wanted = [f"{hook} {begin}" for begin in CALLS[hook][1]]
    found = [call for call in found if hook != "isVisibleHook" or "fullName=foo" in call]
    assert [call.startswith(begin) for call, begin in zip(found, wanted, strict=True)] == [True] * len(wanted), found


def test_a_complex_category_and_ways_in_a_decoration(cluster):
    """Names with modules and versions; and what has to be loaded before."""
    cluster.modulefile("Core/gcc/1.lua", 'prepend_path("MODULEPATH", ROOT .. "/gcc")')
    for version in (1, 2):
        cluster.modulefile(f"gcc/hdf5/{version}.lua")
    package(cluster)
    cluster.module("category", "tools")
    assert called(cluster, "category") == ["category complex {tools={foo=1}}"]
    cluster.module("spider", "hdf5")
    assert called(cluster, "spider_decoration")[0].endswith(
        " {Category=,fullName=hdf5/1,parentAA={1={1=gcc/1}},propT={}}"
    )


FAULTS = {
    "error": "does.HOOK = function() error('by design') end",
    "loop": "does.HOOK = function() while true do end end",
}


@pytest.mark.parametrize("hook", sorted(HOOKS))
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_hook_that_fails_or_never_ends(prepared, capfd, hook, fault):
    """It is reported with its place, once, and the command succeeds as if there were no hook."""
    said = FAULTS[fault].replace("HOOK", hook)
    usual = usually(prepared, hook)
    package(prepared, said, {hook})
    line = 3 + PACKAGE.count("\n") - 1
    text = run(prepared, hook) + capfd.readouterr().err
    what = "by design" if fault == "error" else "it has not come to its end within 0.25 seconds"
    warning = f"lmodpy: warning: hook {hook} fails ({prepared.root}/site/SitePackage.lua:{line}): {what}\n"
    assert text.count(warning) == 1, text
    assert text.replace(warning, "") == usual


# Of a wrong kind: what a hook answers with, or changes in what it is given; and what is said about it.
WRONG = {
    "msgHook": ("return 1", "it answers with 1, and not with a list of texts"),
    "errWarnMsgHook": ("return {}", "it answers with a table, and not with a text"),
    "listHook": ("return {1, 2}", "it answers with a table, and not with a list of modules"),
    "colorize_fullName": ("return true", "it answers with True, and not with a text"),
    "spider_decoration": ("return 7", "it answers with 7, and not with a text"),
    "SiteName": ("return {}", "it answers with a table, and not with a text"),
    "groupName": ("return 1", "it answers with 1, and not with a text"),
    "category": ("return 'tools'", "it answers with 'tools', and not with a list of names, or a table of tables"),
    "decorate_module": ("return 'setenv()'", "it answers with 'setenv()', and not with a list of texts"),
    "reverseMapPathFilter": ("return 1, 2", "it answers with a table, and not with two lists of texts"),
    "avail": (
        "for path in pairs((...)) do (...)[path] = 3 end",
        "it sets ROOT/Core to 3, and not to a text",
    ),
    "isForbiddenHook": (
        "(...).forbiddenState = 'perhaps'",
        "it sets forbiddenState to 'perhaps', and not to forbid, nearly, normal",
    ),
    "packagebasename": ("(...).patDir = 1", "it sets patDir to 1, and not to a text"),
    "parse_updateFn": ("select(2, ...).hostType = {}", "it sets hostType to a table, and not to a text"),
}
"""Whatever the others answer is right: nothing, or what is true or not."""


@pytest.mark.parametrize("hook", sorted(WRONG))
def test_an_answer_of_a_wrong_kind(prepared, capfd, hook):
    """It is reported with the place where the hook is registered, and does not count."""
    usual = usually(prepared, hook)
    package(prepared, f"does.{hook} = function(...) {WRONG[hook][0]} end", {hook})
    text = run(prepared, hook) + capfd.readouterr().err
    line = 3 + PACKAGE[: PACKAGE.index("hook.register")].count("\n") - 1
    said = WRONG[hook][1].replace("ROOT", str(prepared.root))
    warning = f"lmodpy: warning: hook {hook} fails ({prepared.root}/site/SitePackage.lua:{line}): {said}\n"
    assert text.count(warning) == 1, text
    assert text.replace(warning, "") == usual


# What reverseMapPathFilter answers, and which directories of foo are told of then.
FILTERS = {
    "{}, {}": ["", "/bin", "/lib"],
    '{}, {"ROOT/sw/foo/l"}': ["", "/bin"],
    '{"ROOT/sw/foo/lib"}, {"ROOT"}': ["/lib"],
    '{"ROOT/sw/foo/l"}, {"ROOT/sw/foo/l"}': ["", "/bin", "/lib"],
    '{}, {"sw/foo", ".*"}': ["", "/bin", "/lib"],
    '{"/nowhere"}, {"ROOT/sw/foo/bin"}': ["", "/lib"],
}


@pytest.mark.parametrize("lists", sorted(FILTERS))
def test_what_reverse_maps_leave_out(cluster, lists):
    """What a path begins with decides, as text; what is to be kept beats what is to be ignored. So it is with Lmod."""
    cluster.modulefile("Core/.modulerc.lua")
    answers = lists.replace("ROOT", str(cluster.root))
    package(cluster, f"does.reverseMapPathFilter = function() return {answers} end", {"reverseMapPathFilter"})
    wanted = [f"{cluster.root}/sw/foo{end}" for end in FILTERS[lists]]
    assert sorted(mapped(cluster)) == wanted
    command = [os.path.join(os.path.dirname(needs(LMOD)), "spider"), "-o", "jsonReverseMapT", f"{cluster.root}/Core"]
    done = subprocess.run(command, env=cluster.env, capture_output=True, text=True, check=True)
    assert sorted(json.loads(done.stdout)["reverseMapT"]) == wanted


def test_directories_of_the_system_are_no_packages(cluster):
    """Without the hook; with it the site decides alone."""
    cluster.modulefile("Core/sys/1.lua", 'prepend_path("PATH", "/usr/bin") prepend_path("PATH", "/usr/share")')
    assert {"/usr/bin", "/usr/share"} & {*mapped(cluster)} == {"/usr/share"}
    package(cluster, "does.reverseMapPathFilter = function() return {}, {} end", {"reverseMapPathFilter"})
    assert {"/usr/bin", "/usr/share"} <= {*mapped(cluster)}


def test_variables_by_which_packages_tell_where_they_lie(cluster):
    """packagebasename: with the patterns of the site, whatever was known with others before."""
    home = f"{cluster.root}/sw"
    assert mapped(cluster)[f"{home}/foo"]["kind"] == "dir"
    package(cluster, "does.packagebasename = function(t) t.patDir = '^SITE_.*_HOME$' end", {"packagebasename"})
    assert sorted(mapped(cluster)) == [home, f"{home}/foo/bin", f"{home}/foo/lib"]
    package(cluster, "does.packagebasename = function(t) t.patDir = '[' end", {"packagebasename"})
    assert f"{home}/foo" not in mapped(cluster)


def test_where_users_keep_what_is_known(cluster):
    """groupName names the cache, so that machines with one home directory have each their own."""
    for number in range(30):
        cluster.modulefile(f"Core/m{number}/1.lua")
    package(cluster, "does.groupName = function(name) return 'big.' .. name end", {"groupName"})
    cluster.module("spider", "foo")
    [place] = (cluster.root / "home/.cache").iterdir()
    assert place.name == "lmodpy-big.spiderT"
    assert any(path.suffix == ".names" for path in place.iterdir())


def test_caches_by_kind_of_machine(cluster):
    """parse_updateFn: hostType names a directory in that of the cache, where there is one."""

    def caches():
        told = json.loads(cluster.module("--config_json").err)["cache"]
        return [directory.removeprefix(f"{cluster.root}/") for directory, _ in told]

    assert caches() == ["cache"]
    package(cluster, "does.parse_updateFn = function(fn, t) t.hostType = 'gpu' end", {"parse_updateFn"})
    assert caches() == ["cache/gpu"]
    package(cluster, "does.parse_updateFn = function(fn, t) t.hostType = 'cpu' end", {"parse_updateFn"})
    assert caches() == ["cache"]


def test_a_cache_that_the_site_answers_for_until_its_time_stamp_changes(cluster):
    """With LMODPY_CACHE_VOUCHED nothing is compared, unless the cache is older than the site says it must be."""
    update(["-d", f"{cluster.root}/cache", f"{cluster.root}/Core"], cluster.env)
    cluster.env["LMODPY_CACHE_VOUCHED"] = "yes"
    cluster.modulefile("Core/fresh/1.lua")
    assert "fresh/1" not in cluster.module("-t", "avail").err
    os.utime(cluster.root / "stamp", (2_000_000_000, 2_000_000_000))
    assert "fresh/1" in cluster.module("-t", "avail").err
    package(cluster, "does.parse_updateFn = function(fn, t) t.lastUpdateEpoch = 1 end", {"parse_updateFn"})
    assert "fresh/1" not in cluster.module("-t", "avail").err


# By command: hooks that only Lmod calls, and hooks that only lmodpy calls, as docs/differences.md has it.
SESSION: dict[str, tuple[list[str], list[str]]] = {
    "load foo": ([], []),
    "list": ([], []),
    "save": ([], []),
    "unload foo": ([], []),
    "restore": ([], ["errWarnMsgHook lmodmessage m_Restore_Coll"]),
    "avail": ([], []),
    "overview": ([], ["msgHook overview"]),
    "spider foo": ([], ["finalize spider"]),
    "spider bar": ([], ["finalize spider"]),
    "load bar/1": ([], []),
    "swap bar foo": ([], []),
    "purge": ([], []),
    "show foo": ([], []),
    "whatis foo": ([], []),
    "is-loaded foo": ([], []),
    "is-avail foo": ([], []),
    "try-load foo": ([], []),
    "describe nothing": (["errWarnMsgHook lmodwarning w_No_Coll"], ["errWarnMsgHook lmodwarning w_No_Coll"]),
}
# Called when and as often as a tool needs it.
AS_NEEDED = {"SiteName", "groupName", "parse_updateFn", "packagebasename", "load_spider", "writeCache", "isVisibleHook"}
ALIKE = {
    r"(listHook|restore) .*": r"\1",
    r"(msgHook \w+|errWarnMsgHook \w+ \w+) .*": r"\1",
    r" ?mname=mname,": "",
    r",mpath=[^,]*": "",
    r",propT=\{\}": "",
    r"groupName spiderT.luac.*": "groupName spiderT.lua",
}
"""What is left out: texts, what Lmod has told of a module since 9, and the compiled form of the cache."""


def alike(found):
    """Return calls as they can be compared, without those that may come at any time; and the latter."""
    for pattern, text in ALIKE.items():
        found = [re.sub(pattern, text, call) for call in found]
    usual = [call for call in found if call.split()[0] not in AS_NEEDED]
    return usual, {call for call in found if call.split()[0] in AS_NEEDED}


def without(calls, some):
    """Return calls without some, each of which must be among them."""
    for each in some:
        calls.remove(each)
    return calls


def test_lmod_calls_the_same_hooks(cluster, tmp_path):
    """With the same SitePackage.lua: the same names in the same order with the same arguments."""
    program = needs(LMOD)
    cluster.modulefile("Core/.modulerc.lua")
    said = 'does.SiteName = function() return "SITE" end does.reverseMapPathFilter = function() return {}, {} end'
    package(cluster, said, HOOKS - NEW)
    environ = {**cluster.env, "HOME": f"{cluster.root}/other", "LC_ALL": "C.UTF-8"}
    os.mkdir(environ["HOME"])
    for words, (theirs, ours) in SESSION.items():
        script = f'exec 3>"{tmp_path}/env"; eval "$({program} bash {words})"; env -0 >&3'
        subprocess.run(["bash", "--norc", "-c", script], env=environ, capture_output=True, check=True)
        pairs = (item.partition("=") for item in (tmp_path / "env").read_text().split("\0") if item)
        environ = {name: value for name, _, value in pairs}
        called, needed = alike(calls(cluster))
        cluster.type(*words.split())
        called_too, needed_too = alike(calls(cluster))
        assert without(called_too, ours) == without(called, theirs), words
        if words == "avail":
            assert needed_too == needed


def test_lmod_calls_the_same_hooks_for_maps(cluster):
    """Those of the program `spider`, with the same arguments and the same effect."""
    program = os.path.join(os.path.dirname(needs(LMOD)), "spider")
    cluster.modulefile("Core/.modulerc.lua")
    said = """
    does.packagebasename = function(t) t.patDir = "^SITE_.*_HOME" end
    does.reverseMapPathFilter = function() return {}, {} end
    """
    package(cluster, said, {"packagebasename", "reverseMapPathFilter", "load_spider"})
    maps = mapped(cluster)
    ours = {*calls(cluster)}
    done = subprocess.run(
        [program, "-o", "jsonReverseMapT", f"{cluster.root}/Core"], env=cluster.env, capture_output=True, check=True
    )
    assert json.loads(done.stdout)["reverseMapT"] == maps
    assert {*calls(cluster)} == ours


def test_which_files_were_read(cluster):
    """`config` tells, as Lmod does."""
    program = needs(LMOD)
    cluster.modulefile("Core/.modulerc.lua")
    cluster.modulefile("etc/lmod_config.lua")
    cluster.env["LMOD_CONFIG_DIR"] = f"{cluster.root}/etc"
    for there in (False, True):
        if there:
            package(cluster, hooks=set())
        ours = json.loads(cluster.module("--config_json").err)["configT"]
        done = subprocess.run([program, "bash", "--config_json"], env=cluster.env, capture_output=True, check=True)
        assert ours["sitePkg"] == json.loads(done.stderr)["configT"]["sitePkg"]
        assert ours["sitePkg"] == (f"{cluster.root}/site/SitePackage.lua" if there else "standard")
        assert ours["lmod_cfg"] == f"{cluster.root}/etc/lmod_config.lua"


ASKED = """
require("strict")
local FrameStk = require("FrameStk")
local log = io.open(os.getenv("HOOKLOG"), "a")
local function say(...)
  local list = table.pack(...)
  for n = 1, list.n do
    local item = list[n]
    list[n] = type(item) == "table" and serializeTbl{name = "", value = item} or tostring(item)
  end
  log:write("HOOK ", (table.concat(list, " ", 1, list.n):gsub("%s+", " ")), "\\n")
  log:flush()
end
say(("!'a b$c"):multiEscaped(), ("a-1"):caseIndependent(), parseVersion("1.9") < parseVersion("1.10"))
say(serializeTbl{name = "x", indent = true, value = {a = 1, ["b c"] = 'q"', e = {}, t = {true, 1.5}, u = {{z = 1}}}})
require("Hook").register("load", function(t)
  local stack = require("FrameStk"):singleton()
  local mt = FrameStk:singleton():mt()
  say(stack:atTop(), stack:empty(), stack:sn(), stack:fullName(), stack:userName(), stack:version(), stack:fn())
  say(mt:exists("foo"), mt:exists("no"), mt:have("foo", "active"), mt:have("foo", "inactive"), mt:fullName("no") == nil)
  say(mt:fullName("foo"), mt:version("foo"), mt:userName("foo"), mt:status("foo"), mt:stackDepth("foo"), mt:fn("foo"))
  say(mt:haveProperty("foo", "arch", "gpu"), mt:haveProperty("foo", "lmod", "sticky"), mt:haveProperty("no", "a", "b"))
  for _, kind in ipairs{"fullName", "userName", "short", "sn", "both", "fn"} do
    for _, status in ipairs{"any", "active", "inactive"} do say(kind, status, mt:list(kind, status)) end
  end
  local name = require("MName"):new("mt", t.modFullName)
  say(name:sn(), name:version(), name:fullName(), name:fn(), name:userName())
  require("Exec"):exec():register("echo brought " .. t.modFullName)
end)
"""


def test_what_is_asked_of_lmods_own_parts(cluster):
    """Sites ask for what is loaded and what is at work, and have programs run; Lmod answers the same."""
    cluster.modulefile("Core/.modulerc.lua")
    cluster.modulefile("Core/foo/1.lua", 'add_property("arch", "gpu") setenv("A", "1")')
    cluster.modulefile("Core/top/1.lua", 'load("foo")')
    marks = 'propT = {arch = {validT = {gpu = 1}, displayT = {gpu = {short = "(g)", color = "blue", doc = "x"}}}}\n'
    cluster.modulefile("lmodrc.lua", marks)
    (cluster.root / "site").mkdir()
    (cluster.root / "site/SitePackage.lua").write_text(ASKED)
    done = subprocess.run(
        [needs(LMOD), "bash", "load", "top"], env=cluster.env, capture_output=True, text=True, check=True
    )
    theirs = calls(cluster)
    outcome = main_run(["bash", "load", "top"], cluster.env, say=lambda _: None)
    assert calls(cluster) == theirs
    assert len(theirs) == 48
    for text in (done.stdout, outcome.out):
        assert re.findall(r"echo brought (\S+?);?$", text, re.MULTILINE) == ["foo/1", "top/1"]


VUB = """
local hook = require("Hook")
hook.register("load", function(t)
  if require("FrameStk"):singleton():atTop() then LmodWarning{msg = "old_module", fullName = t.modFullName} end
  LmodMessage{msg = "seen_module", fullName = t.modFullName}
  local record = require("FrameStk"):singleton():mt()["mT"][t.modFullName:match("[^/]+")]
  local marks = {}
  for name in pairs(record.propT and record.propT.type_ or {}) do marks[#marks + 1] = name end
  table.sort(marks)
  io.open(os.getenv("HOOKLOG"), "a"):write("HOOK ", t.modFullName, " ", table.concat(marks, ","), "\\n")
end)
hook.register("load_spider", function(t)
  if t.sn == "foo" then
    add_property("type_", "tools")
    whatis("URL: https://example.org/" .. t.modFullName)
  end
end)
"""
MARKS = """
propT = {type_ = {validT = {tools = 1, bio = 1}, displayT = {tools = {short = "(T)", color = "blue", doc = "Tools"}}}}
"""


def test_what_large_sites_do(cluster):
    """Messages of their own, in the words of their file; a look into Lmod's record; marks for what is only listed."""
    cluster.modulefile("Core/foo/1.lua", 'add_property("type_", "tools") add_property("type_", "bio")')
    cluster.modulefile("Core/foo/2.lua")
    cluster.modulefile("Core/.modulerc.lua")
    cluster.modulefile("Core/top/1.lua", 'load("foo/1")')
    cluster.modulefile("lmodrc.lua", MARKS)
    texts = 'return {site = {old_module = "%{fullName} is old.", seen_module = "There is %{fullName}."}}'
    cluster.env["LMOD_SITE_MSG_FILE"] = str(cluster.modulefile("texts.lua", texts))
    cluster.modulefile("site/SitePackage.lua", VUB)
    told = cluster.load("top").err
    assert "lmodpy: warning: top/1: top/1 is old." in told
    assert "There is foo/1.\n" in told
    assert "foo/1 is old." not in told
    assert calls(cluster) == ["foo/1 bio,tools", "top/1 "]
    cluster.module("purge")
    assert "foo/2 (T,D)" in cluster.module("avail").err
    assert "https://example.org/foo/2" in cluster.module("spider", "foo/2").err
    rows = json.loads(answer(["-o", "spider-json", f"{cluster.root}/Core"], cluster.env))["foo"]
    assert {row["fullName"]: row["URL"] for row in rows.values()} == {
        f"foo/{n}": f"https://example.org/foo/{n}" for n in (1, 2)
    }
    script = f'eval "$({needs(LMOD)} bash load top)"'
    done = subprocess.run(  # a warning is status 1 there, before Lmod 9
        ["bash", "--norc", "-c", script], env=cluster.env, capture_output=True, text=True, check=False
    )
    assert sorted(calls(cluster)) == ["foo/1 bio,tools", "top/1 "]
    assert "top/1 is old." in done.stderr
    assert "There is foo/1." in done.stderr


def test_what_a_hook_writes_is_there(cluster):
    """Even if it never closes the file, since the command ends without tidying up."""
    said = """
    local function note(t) io.open(os.getenv("HOOKLOG"), "a"):write("HOOK ", t.modFullName, "\\n") end
    require("Hook").register("load", note)
    """
    cluster.modulefile("site/SitePackage.lua", said)
    subprocess.run([lmodpy_cmd(), "bash", "load", "foo", "bar/1"], env=cluster.env, capture_output=True, check=True)
    assert calls(cluster) == ["foo/1", "bar/1"]
