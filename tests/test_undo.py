"""Unloading leaves no trace: the environment is byte for byte what it was."""

import pytest

FULL = """
setenv("TOOL_HOME", ROOT.."/tool")
setenv("EDITOR", "tool-edit")
pushenv("CC", "toolcc")
prepend_path("PATH", ROOT.."/tool/bin")
append_path("MANPATH", ROOT.."/tool/man")
prepend_path{"LIST", "b", delim=",", priority=10}
remove_path("LIST", "z", ",")
unsetenv("UNWANTED")
"""


def test_load_then_unload_leaves_no_trace(site):
    """Every kind of change goes away with the module, and what it replaced comes back."""
    site.modulefile("Core/tool/1.lua", FULL)
    site.env.update(EDITOR="vi", CC="cc", UNWANTED="yes", LIST="a,z,a", MANPATH=":")
    before = dict(site.env)

    site.load("tool")
    assert site.env["EDITOR"] == "tool-edit"
    assert site.env["LIST"] == "b,a"
    assert site.env["MANPATH"] == f":{site.root}/tool/man"
    assert "UNWANTED" not in site.env

    assert site.unload("tool").env == before


@pytest.mark.parametrize("now", ["", 'setenv("OTHER", "2") prepend_path("PATH", "/elsewhere")', "this is not Lua"])
def test_a_modulefile_may_be_edited_while_it_is_loaded(site, now):
    """What was done is undone, not what the modulefile says by now."""
    site.modulefile("Core/tool/1.lua", FULL)
    before = dict(site.env)
    site.load("tool").modulefile("Core/tool/1.lua", now)
    assert site.unload("tool").env == before


def test_a_modulefile_may_be_gone(site):
    """A module can be unloaded when its file, and even its whole tree, is gone."""
    site.modulefile("Core/dep/1.lua", 'setenv("DEP", "1")')
    file = site.modulefile("Core/tool/1.lua", FULL + 'depends_on("dep")')
    before = dict(site.env)
    site.load("tool")
    file.unlink()
    assert site.unload("tool").env == before

    site.modulefile("Core/tool/1.lua", FULL)
    site.load("tool")
    (site.root / "Core").rename(site.root / "moved")
    assert site.unload("tool").env == before


@pytest.mark.parametrize("first", ["one", "two"])
def test_two_modules_set_the_same_variable(site, first):
    """Whichever is unloaded first, the other's value stays, and in the end the user's comes back."""
    for name in "one", "two":
        site.modulefile(f"Core/{name}/1.lua", f'setenv("SHARED", "{name}") pushenv("PUSHED", "{name}")')
    site.env.update(SHARED="mine")
    before = dict(site.env)
    other = {"one": "two", "two": "one"}[first]

    site.load("one", "two").unload(first)
    assert site.env["SHARED"] == other
    assert site.env["PUSHED"] == other
    assert site.unload(other).env == before


def test_a_value_changed_by_hand_stays(site):
    """What the user sets after a load is the user's, and the user is told."""
    site.modulefile("Core/tool/1.lua", 'setenv("EDITOR", "tool-edit")')
    site.env["EDITOR"] = "vi"
    site.load("tool")
    site.env["EDITOR"] = "nano"

    site.unload("tool")
    assert site.env["EDITOR"] == "nano"
    assert "EDITOR was changed after tool/1 had set it" in site.err
    assert "__LMODPY_STATE" not in site.env


@pytest.mark.parametrize(
    ("edit", "left"),
    [
        ("/mine:{}", "/mine:/usr/bin:/bin:/sbin"),
        ("{}:/mine", "/usr/bin:/bin:/sbin:/mine"),
        ("/mine:{}:/yours", "/mine:/usr/bin:/bin:/sbin:/yours"),
        ("/usr/bin:/mine:/bin:/sbin", "/usr/bin:/mine:/bin:/sbin"),
    ],
)
def test_what_was_added_to_path_by_hand_stays(site, edit, left):
    """Entries that the user puts into PATH by hand survive loading and unloading around them."""
    site.modulefile("Core/tool/1.lua", 'prepend_path("PATH", "/tool/bin")')
    site.modulefile("Core/late/1.lua", 'prepend_path("PATH", "/late/bin")')
    site.load("tool")
    site.env["PATH"] = edit.format(site.env["PATH"])

    by_hand = site.env["PATH"]
    assert site.load("late").env["PATH"] == f"/late/bin:{by_hand}"
    assert site.unload("late").env["PATH"] == by_hand
    assert site.unload("tool").env["PATH"] == left


def test_an_entry_that_was_moved_goes_back(site):
    """An entry that a module moved to the front returns to its old place, past entries added by hand."""
    site.modulefile("Core/tool/1.lua", 'prepend_path("PATH", "/bin")')
    site.load("tool")
    assert site.env["PATH"] == "/bin:/usr/bin:/sbin"
    site.env["PATH"] = "/mine:" + site.env["PATH"]
    assert site.unload("tool").env["PATH"] == "/mine:/usr/bin:/bin:/sbin"


def test_modules_can_be_unloaded_in_any_order(site):
    """The order of unloading makes no difference to what is left."""
    for name in "abc":
        site.modulefile(f"Core/{name}/1.lua", f'prepend_path("PATH", "/{name}") prepend_path("PATH", "/shared")')
    before = dict(site.env)
    site.load("a", "b", "c")
    assert site.env["PATH"] == "/shared:/c:/b:/a:/usr/bin:/bin:/sbin"
    assert site.unload("b").env["PATH"] == "/shared:/c:/a:/usr/bin:/bin:/sbin"
    assert site.unload("a").env["PATH"] == "/shared:/c:/usr/bin:/bin:/sbin"
    assert site.unload("c").env == before


def test_what_was_loaded_before_stays_loaded(site):
    """Unloading takes out what only this module brought, not what the user had loaded himself."""
    site.modulefile("Core/lib/1.lua", 'setenv("LIB", "1")')
    site.modulefile("Core/app/1.lua", 'load("lib")')
    before = dict(site.load("lib").env)
    site.load("app")
    assert site.loaded == ["lib/1", "app/1"]
    assert site.unload("app").env == before


def test_lmods_way_of_undo_can_be_asked_for(site):
    """With LMODPY_UNDO=lmod what is left behind is what Lmod leaves behind."""
    site.modulefile(
        "Core/tool/1.lua", 'setenv("EDITOR", "tool") prepend_path("PATH", "/bin") pushenv("CC", "x") unsetenv("U")'
    )
    site.env.update(EDITOR="vi", LMODPY_UNDO="lmod", U="1", CC="cc")
    site.load("tool")
    assert site.env["__LMOD_STACK_CC"] == "Y2M="
    site.unload("tool")
    assert "EDITOR" not in site.env
    assert "U" not in site.env
    assert site.env["PATH"] == "/bin:/usr/bin:/sbin"
    assert site.env["CC"] == "cc"
    assert "__LMOD_STACK_CC" not in site.env


def test_edits_by_hand_between_loads_do_not_confuse_the_record(site):
    """However often the user rearranges a path, each module takes out what it put in, and nothing else."""
    site.modulefile("Core/a/1.lua", 'prepend_path("PATH", "/aaa")')
    site.modulefile("Core/b/1.lua", 'prepend_path("PATH", "/bbb")')
    site.load("a")
    site.env["PATH"] = "/usr/bin:/aaa:/bin:/sbin"
    site.load("b")
    site.env["PATH"] += ":/z"
    assert site.unload("b").env["PATH"] == "/usr/bin:/aaa:/bin:/sbin:/z"
    assert site.unload("a").env["PATH"] == "/usr/bin:/bin:/sbin:/z"


@pytest.mark.parametrize(
    ("before", "edit", "left"),
    [
        ("/a:/b:/c", "/u:{}", "/u:/a:/b:/c"),
        ("/a:/b:/c", "{}:/u", "/a:/b:/c:/u"),
        ("/a:/b:/c", "/a:/u:/c", "/a:/b:/u:/c"),
        ("/a:/b:/c", "/a:/b:/c", "/a:/b:/c"),
        ("/a/:/b//c:/b", "/u:{}", "/u:/a/:/b//c:/b"),
        ("/a:/a:/b:/c", "{}:/u", "/a:/a:/b:/c:/u"),
    ],
)
def test_what_was_removed_from_a_path_comes_back_around_edits_by_hand(site, before, edit, left):
    """An entry that the module took out returns to its place, with what the user did since left as it is."""
    site.env["P"] = before
    site.modulefile("Core/rm/1.lua", 'remove_path("P", "/b")')
    site.load("rm")
    site.env["P"] = edit.format(site.env["P"])
    assert site.unload("rm").env["P"] == left
