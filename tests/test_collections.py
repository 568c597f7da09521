"""Collections and stashes: what is saved comes back, or it is said why not."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest

from lmodpy.errors import LmodError
from lmodpy.session.collection import read
from lmodpy.session.luadata import assignments
from tests.differential.tools import LMOD
from tests.launcher import CLONE
from tests.needs import needs

BOOKKEEPING = ("__LMODPY_STATE", "__LMOD_DEFAULT_MODULES_LOADED__")


@pytest.fixture
def user(site):
    """A user of a site with a compiler that opens a tree, and an application with a dependency."""
    for version in ("12", "13"):
        site.modulefile(
            f"Core/gcc/{version}.lua",
            f'setenv("CC", "gcc-{version}")\nprepend_path("MODULEPATH", ROOT .. "/gcc/{version}")',
        )
        site.modulefile(f"gcc/{version}/mpi/4.lua", 'prepend_path("PATH", "/mpi/bin")')
        site.modulefile(f"gcc/{version}/app/1.lua", 'depends_on("mpi")\nload("tool")\nprepend_path("PATH", "/app/bin")')
    site.modulefile("Core/tool/1.lua", 'pushenv("TOOL", "1")')
    site.modulefile("Core/tool/2.lua", 'pushenv("TOOL", "2")')
    site.modulefile("Mine/own/1.lua", 'setenv("OWN", "1")')
    return site


def environment(site):
    return {name: value for name, value in site.env.items() if name not in BOOKKEEPING}


def file_of(site, name):
    return site.root / "home/.config/lmod" / name


def test_save_and_restore(user):
    user.load("gcc/12", "app").module("save", "work")
    assert "gcc/12" in user.err
    assert "work" in user.err
    before, listed = environment(user), user.module("list").err
    user.module("purge").module("restore", "work")
    assert environment(user) == before
    assert user.module("list").err == listed
    user.module("restore", "work")
    assert environment(user) == before
    user.unload("app")
    assert user.loaded == ["gcc/12"], "what only app needed goes with it"
    user.module("purge")
    assert "CC" not in user.env
    assert user.paths == ["Core"]


def test_the_default_collection(user):
    user.load("tool/1").module("save").module("purge").module("restore")
    assert user.loaded == ["tool/1"]
    assert user.env["__LMOD_DEFAULT_MODULES_LOADED__"] == "1"
    assert user.module("-t", "savelist").err == "default\n"
    user.module("purge").module("getdefault")
    assert user.loaded == ["tool/1"]


def test_what_is_loaded_now_goes(user):
    user.load("tool").module("save", "one").load("gcc").module("restore", "one")
    assert user.loaded == ["tool/2"]


def test_a_name_without_version_means_the_default_of_now(user):
    user.load("tool").module("save", "some").module("purge")
    user.modulefile("Core/tool/3.lua", 'pushenv("TOOL", "3")')
    user.module("restore", "some")
    assert user.loaded == ["tool/3"]
    assert "tool/2 was saved" in user.err
    user.module("--pin_versions", "restore", "some")
    assert user.loaded == ["tool/2"]
    user.env["LMOD_PIN_VERSIONS"] = "yes"
    user.module("restore", "some")
    assert user.loaded == ["tool/2"]


def test_directories_of_the_user_come_back_where_they_were(user):
    mine, behind = str(user.root / "Mine"), str(user.root / "Behind")
    user.modulefile("Behind/b/1.lua")
    user.load("gcc").module("use", mine).load("own", "mpi").module("use", "--append", behind).module("save", "x")
    before = environment(user)
    user.module("purge").module("unuse", mine, behind)
    user.module("restore", "x")
    assert environment(user) == before
    assert user.paths == ["Mine", "gcc/13", "Core", "Behind"]
    assert user.module("-t", "describe", "x").err == f"module use {mine}\nmodule use {behind}\ngcc\nown\nmpi\n"


def test_a_module_that_has_changed_without_consequences_is_restored_as_it_is_now(user):
    user.load("tool").module("save", "x").module("purge")
    user.modulefile("Core/tool/2.lua", 'pushenv("TOOL", "new")')
    assert user.module("restore", "x").env["TOOL"] == "new"


def test_a_module_that_loads_something_else_now_is_refused_and_said_how(user):
    user.load("gcc", "app").module("save", "x").module("save").module("purge").load("tool/1")
    user.modulefile("gcc/13/app/1.lua", 'depends_on("mpi")\ndepends_on("tool/1")')
    text = user.fails("restore", "x")
    assert 'in app/1 `depends_on("tool/1")` is new, `load("tool")` is gone' in text
    assert "module --force restore x" in text
    user.env["LMOD_SYSTEM_DEFAULT_MODULES"] = "tool/2"
    user.module("restore")
    assert user.loaded == ["tool/2"]
    assert "does not fit any more" in user.err
    user.module("--force", "restore", "x")
    assert user.loaded == ["gcc/13", "mpi/4", "tool/2", "app/1"]


def test_a_module_that_is_gone_is_named(user):
    user.load("gcc", "tool").module("save", "x").module("purge")
    (user.root / "Core/tool/1.lua").unlink()
    (user.root / "Core/tool/2.lua").unlink()
    user.module("restore", "x")
    assert user.loaded == ["gcc/13"]
    assert "not restored: tool/2" in user.err


def test_another_modulepath_at_the_beginning_of_the_session(user):
    user.load("tool").module("save", "x").module("purge")
    user.env["MODULEPATH"] = str(user.root / "Mine")
    text = user.fails("restore", "x")
    assert str(user.root / "Core") in text
    assert str(user.root / "Mine") in text
    assert user.module("--force", "restore", "x").loaded == ["tool/2"]
    assert user.paths == ["Core"]


def test_inactive_modules_are_saved_and_not_restored(user):
    user.load("gcc/12", "mpi").module("unuse", str(user.root / "gcc/12"))
    assert user.loaded == ["gcc/12"]
    user.module("save", "x").module("purge").module("restore", "x")
    assert user.loaded == ["gcc/12"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("system", "site's default"),
        ("a.b", "dot"),
        ("a~", "never listed"),
        ("__a", "never listed"),
        ("nothing", "nothing is loaded"),
    ],
)
def test_names_that_nothing_is_saved_under(user, name, reason):
    if name != "nothing":
        user.load("tool")
    user.module("save", name)
    assert reason in user.err
    assert not file_of(user, name).exists()


def test_an_empty_collection_is_saved_if_it_is_meant(user):
    user.module("--force", "save", "none").load("tool").module("restore", "none")
    assert user.loaded == []


def test_one_that_is_not_there(user):
    user.load("tool").module("save", "working")
    assert "did you mean `working`" in user.fails("restore", "workin")
    user.module("describe", "nope")
    assert "no collection `nope`" in user.err


def test_system_is_reset(user):
    user.env["LMOD_SYSTEM_DEFAULT_MODULES"] = "tool/1"
    user.load("gcc").module("restore", "system")
    assert user.loaded == ["tool/1"]
    user.load("gcc").module("restore")
    assert user.loaded == ["tool/1"], "there is no default collection"


def test_at_login_without_a_word(user):
    user.env["LMOD_SYSTEM_DEFAULT_MODULES"] = "tool/1"
    user.module("--initial_load", "restore")
    assert user.loaded == ["tool/1"]
    assert user.err == ""


def test_listing_and_describing(user):
    user.module("savelist")
    assert "no collections" in user.err
    user.load("gcc", "tool/1").module("save", "b").module("save", "a")
    assert user.module("-t", "savelist").err == "a\nb\n"
    assert "1) a" in user.module("savelist").err
    assert user.module("savelist", "A").module("-t", "savelist", "A").err == "a\n"
    assert user.module("-t", "describe", "a").err == "gcc\ntool/1\n"
    assert "1) gcc" in user.module("describe", "a").err
    assert user.module("-t", "saveshow", "a").err == "gcc\ntool/1\n"


@pytest.mark.parametrize("words", ["savelist", "describe a", "stashlist", "stashshow 0"])
def test_answers_for_programs(user, words):
    user.load("gcc", "tool").module("save", "a").module("stash")
    answer = json.loads(user.module("--json", *words.split()).err)
    kind = {"stashshow": "describe"}.get(answer["command"], answer["command"])
    jsonschema.validate(answer, json.loads(Path(CLONE, "docs", "schema", f"{kind}.json").read_text()))
    assert str(user.root / "home") in json.dumps(answer)
    if kind == "describe":
        assert [module["asked"] for module in answer["modules"]] == ["gcc", "tool"]


def test_the_status_says_what_is_saved(user):
    assert user.type("is-saved").status == 1
    user.load("tool").module("save", "a").module("is-saved").module("is-saved", "a")
    assert user.type("is-saved", "a", "b").status == 1


def test_what_is_disabled_is_kept_and_not_listed(user):
    user.load("tool").module("save", "a").module("saverm", "a")
    assert file_of(user, "a~").exists()
    assert user.module("-t", "savelist").err == ""
    user.module("disable", "a")
    assert "no collection `a`" in user.err


def test_the_file_of_before_is_kept(user):
    user.load("tool/1").module("save", "a").load("tool/2").module("save", "a")
    assert read(str(file_of(user, "a~"))).modules[0].full_name == "tool/1"
    assert read(str(file_of(user, "a"))).modules[0].full_name == "tool/2"


def test_systems_that_share_a_home_directory(user):
    user.env["LMOD_SYSTEM_NAME"] = "big"
    user.load("tool").module("save", "a")
    assert file_of(user, "a.big").exists()
    assert user.module("-t", "savelist").err == "a.big\n"
    for name in "a", "a.big":
        user.module("purge").module("restore", name)
        assert user.loaded == ["tool/2"]
    user.env["LMOD_SYSTEM_NAME"] = "small"
    assert user.module("-t", "savelist").err == ""
    user.fails("restore", "a")


def test_a_collection_by_its_path(user):
    team = user.root / "team/stack"
    user.load("gcc").module("save", str(team)).module("purge").module("restore", str(team))
    assert user.loaded == ["gcc/13"]


def test_a_collection_in_a_sub_directory(user):
    """What lies in a sub-directory is listed with it, and restored, saved and disabled by that name."""
    user.load("tool").module("save", "a")
    (user.root / "home/.config/lmod/team").mkdir()
    file_of(user, "a").rename(file_of(user, "team/a"))
    assert user.module("-t", "savelist").err == "team/a\n"
    user.module("purge").module("restore", "team/a")
    assert user.loaded == ["tool/2"]
    user.load("tool/1").module("save", "team/a").module("purge").module("restore", "team/a")
    assert user.loaded == ["tool/1"]
    assert user.module("disable", "team/a").module("-t", "savelist").err == ""


def test_a_collection_behind_a_symbolic_link_stays_behind_it(user):
    """Who keeps collections elsewhere, and links to them, goes on doing so."""
    user.load("tool").module("save", "a")
    file_of(user, "a").rename(user.root / "elsewhere")
    file_of(user, "a").symlink_to(user.root / "elsewhere")
    user.load("tool/1").module("save", "a")
    assert file_of(user, "a").is_symlink()
    assert read(str(user.root / "elsewhere")).modules[0].full_name == "tool/1"


def test_who_needs_whom_is_kept_in_any_order(user):
    """A dependency that the user loaded again stands behind its dependent, also after `restore`."""
    user.load("gcc", "app").load("mpi").module("save", "x")
    assert user.loaded == ["gcc/13", "tool/2", "app/1", "mpi/4"]
    listed = user.module("--json", "list").err
    user.module("purge").module("restore", "x")
    assert user.module("--json", "list").err == listed


def test_a_directory_that_is_opened_in_one_mode_only_belongs_to_its_module(user):
    """What a module has opened goes with it, however its modulefile puts that."""
    user.modulefile("Core/gcc/14.lua", 'if mode() ~= "spider" then prepend_path("MODULEPATH", ROOT .. "/gcc/13") end')
    user.load("gcc/14", "mpi").module("save", "x").module("purge").module("restore", "x")
    state = user.env["__LMODPY_STATE"]
    assert user.module("restore", "x").env["__LMODPY_STATE"] == state, "restoring again adds nothing"
    assert user.module("purge").paths == ["Core"]


def test_what_the_user_did_to_the_directories_of_the_site_is_kept(user):
    """Directories that were used twice, or taken out of MODULEPATH, are so again."""
    user.modulefile("Behind/b/1.lua")
    user.env["MODULEPATH"] += f":{user.root}/Behind:{user.root}/Mine"
    user.module("use", str(user.root / "Mine")).module("unuse", str(user.root / "Behind")).load("tool")
    before = environment(user.module("save", "x"))
    assert environment(user.module("purge").module("restore", "x")) == before
    assert user.paths == ["Mine", "Core"]


def test_a_module_whose_file_is_gone_can_be_saved(user):
    """It is said that its file cannot be read, and the rest is saved."""
    user.load("tool/1", "gcc")
    (user.root / "Core/tool/1.lua").unlink()
    user.module("save", "x")
    assert "Core/tool/1.lua cannot be read" in user.err
    user.module("purge").module("restore", "x")
    assert user.loaded == ["gcc/13"]


def test_modules_speak_once(user):
    """What a modulefile says is heard when it is loaded, not when its lines are compared."""
    user.modulefile("Core/loud/1.lua", 'LmodWarning("careful") io.stderr:write("hello\\n") LmodMessage("dear")')
    user.load("loud").module("save", "x")
    assert "careful" not in user.err
    assert "hello" not in user.err
    user.module("purge").module("restore", "x")
    assert [user.err.count(word) for word in ("careful", "hello", "dear")] == [1, 1, 1]


def test_a_collection_runs_no_file_but_those_in_its_directories(user):
    """The paths of modulefiles in a collection are compared, not run."""
    user.load("tool").module("save", "x").module("purge")
    evil = user.root / "evil.lua"
    evil.write_text(f'os.execute("touch {user.root}/here")')
    for lines in "", "actionA":
        text = file_of(user, "x").read_text().replace(f"{user.root}/Core/tool/2.lua", str(evil))
        file_of(user, "x").write_text(text.replace("actionA", lines or "nothing"))
        user.module("restore", "x")
        assert user.loaded == ["tool/2"]
    assert not (user.root / "here").exists()


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("systemBaseMPATH = ", "systemBaseMPATH = 5, old = "),
        ("mpathRefCountT = {", "mpathRefCountT = { a = 1e999,"),
        ("mpathA = {", "mpathA = { {},"),
        ('fullName = "tool/2"', 'fullName = ""'),
        ('userName = "tool"', "userName = {1}"),
        ("    tool = {", "    [1] = {"),
    ],
)
def test_a_collection_with_values_of_another_kind(user, there, instead):
    """What no module command writes is an error, for `describe` as for `restore`."""
    user.load("tool").module("save", "x").module("purge")
    text = file_of(user, "x").read_text()
    assert there in text
    file_of(user, "x").write_text(text.replace(there, instead))
    for command in "restore", "describe":
        assert "is no collection" in user.fails(command, "x")


def test_xdg_and_the_older_directory(user):
    user.env["XDG_CONFIG_HOME"] = str(user.root / "xdg")
    user.load("tool").module("save", "a")
    old = user.root / "home/.lmod.d/old"
    old.parent.mkdir()
    old.write_bytes((user.root / "xdg/lmod/a").read_bytes())
    assert user.module("-t", "savelist").err == "a\nold\n"
    user.module("purge").module("restore", "old")
    assert user.loaded == ["tool/2"]


def test_the_newer_of_two_wins(user):
    user.load("tool/1").module("save", "a")
    old = user.root / "home/.lmod.d/a"
    old.parent.mkdir()
    user.load("tool/2").module("save", "b")
    old.write_bytes(file_of(user, "b").read_bytes())
    os.utime(file_of(user, "a"), (1, 1))
    user.module("restore", "a")
    assert user.loaded == ["tool/2"]


def test_a_collection_of_environment_modules(user):
    place = user.root / "home/.module/em"
    place.parent.mkdir()
    place.write_text(
        f"#%Module\nmodule use --append {user.root}/Core\nmodule load gcc/12\nmodule load --notuasked mpi/4\n"
    )
    user.module("restore", "em")
    assert user.loaded == ["gcc/12", "mpi/4"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("os.execute('touch /tmp/x')", "neither"),
        ('_ModuleTable_ = os.execute("rm")', "is not data"),
        ("_ModuleTable_ = {", "line 1"),
        ("_ModuleTable_ = {}", "missing"),
        ("_ModuleTable_ = { mT = 5 }", "missing"),
        ("_ModuleTable_ = " + "{" * 200 + "}" * 200, "nested"),
        ("", "nothing"),
        ("\0\1\2", "neither"),
    ],
)
def test_what_is_no_collection(user, text, reason):
    file = file_of(user, "bad")
    file.parent.mkdir(parents=True)
    file.write_text(text)
    told = user.fails("restore", "bad")
    assert str(file) in told
    assert reason in told


def test_a_truncated_collection_at_any_place(user):
    user.load("gcc", "tool").module("save", "x").module("purge")
    whole = file_of(user, "x").read_text()
    for end in range(0, len(whole) - 3, 97):
        file_of(user, "x").write_text(whole[:end])
        user.fails("restore", "x")


def test_a_disk_that_cannot_be_written(user):
    (user.root / "home/.config").write_text("a file")
    user.load("tool")
    assert "cannot be written" in user.fails("save", "a")


def test_no_home(user):
    user.env["HOME"] = ""
    user.load("tool")
    assert "HOME" in user.fails("save", "a")


def test_names_with_shell_characters(user):
    user.load("tool").module("save", "$(touch x)'").module("purge").module("restore", "$(touch x)'")
    assert user.loaded == ["tool/2"]


def test_put_away_and_brought_back(user):
    user.load("gcc/12", "app").module("use", str(user.root / "Mine")).load("own")
    before = environment(user)
    user.module("stash")
    assert user.loaded == []
    assert user.paths == ["Core"]
    user.load("tool/1").module("stash")
    assert len(user.module("-t", "stashlist").err.split()) == 2
    assert "0 " in user.module("stashlist").err
    assert user.module("-t", "stashshow", "0").err == "tool/1\n"
    user.module("stashpop", "1")
    assert environment(user) == before
    user.module("stashpop")
    assert user.loaded == ["tool/1"]
    assert "nothing is put away" in user.fails("stashpop")


def test_what_is_inactive_is_put_away_and_brought_back_with_the_rest(user):
    """An inactive module is inactive again after `stashpop`, and comes back with its tree."""
    user.load("gcc/12", "mpi").module("unload", "gcc").module("stash").module("stashpop")
    assert "mpi" in user.module("list").err
    assert user.load("gcc/13").loaded == ["gcc/13", "mpi/4"]


def test_a_stash_is_not_lost_where_modulepath_has_changed(user):
    """`stashpop` refuses if MODULEPATH began otherwise; with --force everything comes back as it was."""
    user.load("tool").module("stash")
    user.env["MODULEPATH"] = f"{user.root}/Mine:{user.root}/Core"
    assert "MODULEPATH began as" in user.fails("stashpop")
    assert user.module("--force", "stashpop").loaded == ["tool/2"]
    assert user.paths == ["Core"]


def test_stashes_are_forgotten(user):
    user.load("tool").module("stash").load("gcc").module("stash")
    user.module("stashrm").module("-t", "stashlist")
    assert len(user.err.split()) == 1
    user.module("stashclear").module("stashlist")
    assert "Nothing is put away" in user.err


def test_data_of_lua():
    text = """-- a remark
    a = { 1, "two", [3]='three', key = { nested = true, }, ["with blank"] = -1.5; nil } --[[ long
    remark ]] b = [==[ any ]] text]==]
    c = "\\065\\n\\"\\\\" d = {}"""
    assert assignments(text) == {
        "a": {1: 1, 2: "two", 3: None, "key": {"nested": True}, "with blank": -1.5},
        "b": " any ]] text",
        "c": 'A\n"\\',
        "d": {},
    }
    with pytest.raises(LmodError, match="line 2"):
        assignments("a = 1\nb = f()")


@pytest.mark.parametrize("opening", ["--[[\n", "[=[", "--[==["])
def test_what_is_never_closed_is_found_out_at_once(opening):
    """The time to refuse a text grows with its length, not with the square of it."""
    start = time.process_time()
    with pytest.raises(LmodError, match="never closed"):
        assignments("a = { " + opening * 30_000)
    assert time.process_time() - start < 2


# Beside Lmod.

CORE = f"{CLONE}/examples/modulefiles/Core"


def lmod(home, *commands):
    needs(LMOD)
    script = "".join(f'eval "$({LMOD} bash {command} 2>>{home}/err)"\n' for command in commands)
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "MODULEPATH": CORE}
    done = subprocess.run(
        ["bash", "-c", f'{script} echo "$LOADEDMODULES"; echo "$MODULEPATH"'],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.split("\n")[:2]


@pytest.mark.parametrize("names", ["gcc openmpi hdf5", "gcc/14.1.0 openmpi heat", "clang/17 cmake", "python"])
def test_lmod_restores_what_lmodpy_has_saved_and_the_other_way(site, names):
    site.env["MODULEPATH"] = CORE
    home = site.root / "home"
    there = lmod(home, f"load {names}", "save theirs")
    site.load(*names.split()).module("save", "ours").module("purge")
    (home / ".lmod.d/ours").write_bytes(file_of(site, "ours").read_bytes())
    assert lmod(home, "restore ours") == there, (home / "err").read_text()
    site.module("restore", "theirs")
    assert [":".join(site.loaded), site.env["MODULEPATH"]] == there
    assert "does not fit" not in site.err
    theirs, ours = read(str(home / ".lmod.d/theirs")), read(str(file_of(site, "ours")))
    assert [(m.full_name, m.digest, m.wanted) for m in theirs.modules] == [
        (m.full_name, m.digest, m.wanted) for m in ours.modules
    ]
    assert (theirs.roots, theirs.base, theirs.counts) == (ours.roots, ours.base, ours.counts)
