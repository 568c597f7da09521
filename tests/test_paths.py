"""Path-like variables: tables of what an edit does, then sessions in which modules are loaded and unloaded.

The reference is what Lmod does. Where exact undo leaves something else behind, the session is played both ways.
"""

import pytest

from lmodpy.env.pathlist import _EDITS, PathList, parse, tidy
from lmodpy.env.rules import Rules

USUAL = Rules(home="/home/user")
TMOD = Rules(stay=True)
DUPLICATES = Rules(duplicates=True)
VERBS = {"+": "prepend", ">": "append", "-": "remove", "x": "expel", "p": "unprepend", "a": "unappend"}


def edited(before, edits, rules=USUAL, sep=":"):
    """Apply edits, written `+/a` or `+/a@10` with a priority, and return the list: at once or in turn, it is one."""
    value = parse(before, sep, rules, merge=not rules.duplicates)
    split = [(edit[0], *edit[1:].partition("@")) for edit in edits.split()]
    all_edits = [(VERBS[verb], path, sep, int(priority or 0)) for verb, path, _, priority in split]
    at_once = value.edited(all_edits, rules)
    for edit in all_edits:
        value = value.edited([edit], rules)
    assert value == at_once
    return value


def counts(value):
    """Return the counts as Lmod writes them."""
    return ";".join(f"{path}:{times}" for path, times, _ in value.entries)


@pytest.mark.parametrize(
    ("before", "edits", "after", "counted"),
    [
        # A new entry goes to its end of the list and counts 1.
        (None, "+/a", "/a", "/a:1"),
        ("", "+/a", "/a", "/a:1"),
        ("/z", "+/a", "/a:/z", "/a:1;/z:1"),
        ("/z", ">/a", "/z:/a", "/z:1;/a:1"),
        ("/z", "+/a +/b", "/b:/a:/z", "/b:1;/a:1;/z:1"),
        # One that is there moves to the new end and counts one more.
        ("/z:/a:/y", "+/a", "/a:/z:/y", "/a:2;/z:1;/y:1"),
        ("/z:/a:/y", ">/a", "/z:/y:/a", "/z:1;/y:1;/a:2"),
        (None, "+/a +/a", "/a", "/a:2"),
        # One that stands there more than once is merged into the first place.
        ("/z:/a:/z:/a", "+/b", "/b:/z:/a", "/b:1;/z:2;/a:2"),
        ("/z:/a:/z:/a", "+/a", "/a:/z", "/a:3;/z:2"),
        # Taking away counts down and leaves the place; the last one takes the entry out.
        ("/z:/a", "+/a -/a", "/a:/z", "/a:1;/z:1"),
        ("/z:/a", "+/a p/a", "/a:/z", "/a:1;/z:1"),
        ("/z:/a", ">/a a/a", "/z:/a", "/z:1;/a:1"),
        ("/z:/a", "-/a", "/z", "/z:1"),
        ("/z:/a:/a", "-/a", "/z:/a", "/z:1;/a:1"),
        ("/z", "-/unknown", "/z", "/z:1"),
        ("/a", "-/a", "", ""),
        (None, "-/a", "", ""),
        # `unuse` takes out whatever the count is.
        ("/a:/z", "+/a +/a x/a", "/z", "/z:1"),
    ],
)
def test_an_entry_stands_once_and_is_counted(before, edits, after, counted):
    """Without duplicates an entry moves, counts up, counts down, and goes with the last request."""
    value = edited(before, edits)
    assert str(value) == after
    assert counts(value) == counted


@pytest.mark.parametrize(
    ("before", "edits", "after", "counted"),
    [
        ("/z:/a:/y", "+/a", "/z:/a:/y", "/z:1;/a:2;/y:1"),
        ("/z:/a:/y", ">/a", "/z:/a:/y", "/z:1;/a:2;/y:1"),
        ("/z", "+/a", "/a:/z", "/a:1;/z:1"),
        ("/z:/a", "+/a -/a", "/z:/a", "/z:1;/a:1"),
    ],
)
def test_the_tmod_rule_lets_entries_stay(before, edits, after, counted):
    """With LMOD_TMOD_PATH_RULE an entry that is there counts up where it stands."""
    value = edited(before, edits, TMOD)
    assert str(value) == after
    assert counts(value) == counted


@pytest.mark.parametrize(
    ("before", "edits", "after"),
    [
        ("/z:/a", "+/a", "/a:/z:/a"),
        ("/z:/a", "+/a >/a", "/a:/z:/a:/a"),
        ("/z:/a", "+/a >/a p/a", "/z:/a:/a"),
        ("/a:/z:/a", "p/a", "/z:/a"),
        ("/a:/z:/a", "a/a", "/a:/z"),
        ("/a:/z:/a", "-/a", "/z"),
        ("/z:/z", "+/a", "/a:/z:/z"),
        ("/z:/a", "p/unknown", "/z:/a"),
        # Entries with a priority stay unique, and only the same priority takes them out.
        ("/z", "+/a@10 +/a@10", "/a:/z"),
        ("/z", "+/a@10 p/a@10", "/z"),
        ("/z", "+/a@10 p/a", "/a:/z"),
    ],
)
def test_duplicates_go_by_position(before, edits, after):
    """With LMOD_DUPLICATE_PATHS each request adds an entry, and its reverse takes the nearest one."""
    assert str(edited(before, edits, DUPLICATES)) == after


@pytest.mark.parametrize(
    ("before", "edits", "after"),
    [
        ("/z", "+/a@10 +/b", "/a:/b:/z"),
        ("/z", "+/a@10 +/b@20", "/b:/a:/z"),
        ("/z", "+/b@20 +/a@10", "/b:/a:/z"),
        ("/z", ">/a@10 >/b", "/z:/b:/a"),
        ("/z", ">/a@20 >/b@10", "/z:/b:/a"),
        ("/z", "+/a@10 +/b@10", "/b:/a:/z"),
        ("/z", ">/a@10 >/b@10", "/z:/a:/b"),
        # A negative number pushes a prepended entry to the back.
        ("/z", "+/a@-10", "/z:/a"),
        ("/z", ">/a@-10", "/a:/z"),
        # The stronger of two priorities stays, but a plain request drops it.
        ("/z", "+/a@10 +/a@20 +/b@15", "/a:/b:/z"),
        ("/z", "+/a@20 +/a@10 +/b@15", "/a:/b:/z"),
        ("/z", "+/a@10 +/b@5 +/a", "/b:/a:/z"),
        # However many plain entries there are, a priority outranks them.
        (":".join(f"/{n}" for n in range(300)), "+/a@1 +/b", "/a:/b:" + ":".join(f"/{n}" for n in range(300))),
    ],
)
def test_a_priority_outranks_the_order_of_requests(before, edits, after):
    """Entries are sorted by priority, and by the order of requests where it is equal."""
    assert str(edited(before, edits)) == after


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("/a", "/a"),
        ("/a:", "/a::"),
        ("/a::", "/a::"),
        ("/a:::", "/a::"),
        ("/a:::::", "/a::"),
        (":", "::"),
        ("::", "::"),
        (":/a", ":/a"),
        ("/a::/b", "/a::/b"),
        ("/b:/b:/a", "/b:/a"),
        ("", ""),
    ],
)
def test_empty_entries_are_entries(value, written):
    """An empty entry is kept once; at the end it is written as a doubled separator."""
    assert str(parse(value, ":", USUAL, merge=True)) == written


@pytest.mark.parametrize("sep", [":", ";", ",", " ", "--"])
def test_any_text_can_separate(sep):
    """Entries are split and joined by the separator that was named, taken literally."""
    value = parse(f"/z{sep}/y", sep, USUAL, merge=True)
    value = value.edited([("prepend", "/a", sep, 0), ("append", "/b.*", sep, 0)], USUAL)
    assert str(value) == sep.join(("/a", "/z", "/y", "/b.*"))


@pytest.mark.parametrize(
    ("path", "tidied"),
    [
        ("/a//b/./c/", "/a/b/c"),
        ("/a", "/a"),
        ("/a/", "/a"),
        ("/a/.", "/a"),
        ("/a/..", "/a/.."),
        ("./rel", "rel"),
        ("rel2/../x", "rel2/../x"),
        ("rel/", "rel"),
        ("/a//", "/a//"),
        ("/a///", "/a//"),
        ("//", "/"),
        ("/", "/"),
        (".", "."),
        ("./", "."),
        ("..", ".."),
        ("", ""),
        ("~", "/home/user"),
        ("~/bin", "/home/user/bin"),
        ("~other/bin", "~other/bin"),
        ("/a/~/b", "/a/~/b"),
        ("a b/ c", "a b/ c"),
        (".../x", ".../x"),
    ],
)
def test_entries_are_written_in_their_usual_form(path, tidied):
    """Slashes and dots that mean nothing go; `..`, a final `//` and other people's `~` stay."""
    assert tidy(path, "/home/user") == tidied
    assert tidy(tidied, "/home/user") == tidied


# Sessions. P1 and the others are those of the reference.

P1 = 'prepend_path("XP", "/a")'
P2 = 'prepend_path("XP", "/a") prepend_path("XP", "/b")'
AP = 'append_path("XP", "/a")'
COUNTS, RANKS = "__LMOD_REF_COUNT_XP", "__LMOD_Priority_XP"

exact_and_lmod = pytest.mark.parametrize("undo", ["exact", "lmod"])


@pytest.fixture
def user(site):
    """A site with the modules of the reference."""
    for name, body in {"p1": P1, "p2": P2, "ap": AP}.items():
        site.modulefile(f"Core/{name}/1.lua", body)
    return site


@exact_and_lmod
def test_requests_are_counted(user, undo):
    """Row 1: an entry that two modules want stays until both are gone."""
    user.env["LMODPY_UNDO"] = undo
    before = dict(user.env)
    assert user.load("p1", "p2").env["XP"] == "/b:/a"
    assert user.env.get(COUNTS) == (None if undo == "exact" else "/a:2")
    assert user.unload("p1").env["XP"] == "/b:/a"
    assert COUNTS not in user.env
    assert user.unload("p2").env == before


@pytest.mark.parametrize(("undo", "left"), [("exact", "/z:/a:/y"), ("lmod", "/a:/z:/y")])
def test_the_position_is_restored(user, undo, left):
    """Row 2: an entry that the user had returns to its place; Lmod leaves it in front."""
    user.env.update(XP="/z:/a:/y", LMODPY_UNDO=undo)
    assert user.load("p1").env["XP"] == "/a:/z:/y"
    assert user.unload("p1").env["XP"] == left
    assert COUNTS not in user.env


@pytest.mark.parametrize(
    ("undo", "during", "left", "counted"),
    [("exact", None, "/z:/a:/z:/a", None), ("lmod", "/a:3;/z:2", "/a:/z", "/a:2;/z:2")],
)
def test_the_users_duplicates_come_back(user, undo, during, left, counted):
    """Row 3: what the user had twice is merged while a module is loaded; Lmod leaves it merged."""
    user.env.update(XP="/z:/a:/z:/a", LMODPY_UNDO=undo)
    assert user.load("p1").env["XP"] == "/a:/z"
    assert user.env.get(COUNTS) == during
    assert user.unload("p1").env["XP"] == left
    assert user.env.get(COUNTS) == counted


@pytest.mark.parametrize(("undo", "left"), [("exact", "/a:/b"), ("lmod", "/b:/a")])
def test_appending_moves_to_the_end(user, undo, left):
    """Row 4: appending an entry that is there moves it to the end; it comes back, but not with Lmod."""
    user.env.update(XP="/a:/b", LMODPY_UNDO=undo)
    assert user.load("ap").env["XP"] == "/b:/a"
    assert user.unload("ap").env["XP"] == left


@pytest.mark.parametrize(
    ("block", "order"), [(None, "/m1:/m2"), ("reverse", "/m2:/m1"), ("no", "/m2:/m1"), ("normal", "/m1:/m2")]
)
@exact_and_lmod
def test_several_paths_keep_their_order(user, block, order, undo):
    """Row 5: several paths in one call stay in order, unless LMOD_PREPEND_BLOCK turns them round."""
    user.modulefile("Core/p3/1.lua", 'prepend_path("XP", "/m1:/m2")')
    user.env.update(XP="/z", LMODPY_UNDO=undo)
    if block:
        user.env["LMOD_PREPEND_BLOCK"] = block
    before = dict(user.env)
    assert user.load("p3").env["XP"] == f"{order}:/z"
    assert user.unload("p3").env == before


@exact_and_lmod
def test_a_plain_request_drops_the_priority(user, undo):
    """Row 6: a priority holds until the entry is asked for without one."""
    user.modulefile("Core/pr/1.lua", 'prepend_path{"XP", "/a", priority=50} prepend_path("XP", "/b")')
    user.modulefile("Core/pr2/1.lua", 'prepend_path("XP", "/a") prepend_path("XP", "/c")')
    user.env["LMODPY_UNDO"] = undo
    before = dict(user.env)
    assert user.load("pr").env["XP"] == "/a:/b"
    assert user.env[RANKS] == "/a:-50"
    assert user.load("pr2").env["XP"] == "/c:/a:/b"
    assert RANKS not in user.env
    assert user.env.get(COUNTS) == (None if undo == "exact" else "/a:2")
    assert user.module("purge").env == before


def test_a_priority_comes_back_with_its_module(user):
    """Without the module that dropped a priority, the priority counts again."""
    user.modulefile("Core/pr/1.lua", 'prepend_path{"XP", "/a", priority=50} prepend_path("XP", "/b")')
    before = dict(user.load("pr").env)
    assert user.env["XP"] == "/a:/b"
    assert user.load("p2").env["XP"] == "/b:/a"
    assert user.unload("p2").env == before


@pytest.mark.parametrize(("undo", "left"), [("exact", "/b:/a"), ("lmod", "/b")])
def test_what_was_removed_comes_back(user, undo, left):
    """Row 7: remove_path takes one request away, and gives it back; with Lmod it takes a second one on unload."""
    user.modulefile("Core/rm/1.lua", 'remove_path("XP", "/a")')
    user.env.update(XP="/b", LMODPY_UNDO=undo)
    user.load("p1", "p2")
    assert user.env["XP"] == "/b:/a"
    assert user.load("rm").env["XP"] == "/b:/a"
    assert user.env.get(COUNTS) == (None if undo == "exact" else "/b:2")
    assert user.unload("rm").env["XP"] == left
    assert user.env.get(COUNTS) == (None if undo == "exact" else "/b:2")


@pytest.mark.parametrize(("undo", "during"), [("exact", None), ("lmod", "/a:2")])
def test_the_tmod_rule_counts_without_moving(user, undo, during):
    """Row 8: with LMOD_TMOD_PATH_RULE an entry stays where it is."""
    user.env.update(XP="/z:/a:/y", LMOD_TMOD_PATH_RULE="yes", LMODPY_UNDO=undo)
    before = dict(user.env)
    assert user.load("p1").env["XP"] == "/z:/a:/y"
    assert user.env.get(COUNTS) == during
    assert user.unload("p1").env == before


@exact_and_lmod
def test_the_tmod_rule_forbids_duplicates(user, undo):
    """LMOD_TMOD_PATH_RULE switches LMOD_DUPLICATE_PATHS off."""
    user.env.update(XP="/z:/a", LMOD_TMOD_PATH_RULE="yes", LMOD_DUPLICATE_PATHS="yes", LMODPY_UNDO=undo)
    assert user.load("p1").env["XP"] == "/z:/a"


@pytest.mark.parametrize(("undo", "left"), [("exact", "/z:/a:/a"), ("lmod", "/z:/a:/a")])
def test_duplicates_are_removed_by_position(user, undo, left):
    """Row 9: with LMOD_DUPLICATE_PATHS each module has its own entry, and nothing is counted."""
    user.env.update(XP="/z:/a", LMOD_DUPLICATE_PATHS="yes", LMODPY_UNDO=undo)
    before = dict(user.env)
    assert user.load("p1", "ap").env["XP"] == "/a:/z:/a:/a"
    assert COUNTS not in user.env
    assert user.unload("p1").env["XP"] == left
    assert user.unload("ap").env == before


@pytest.mark.parametrize(
    ("undo", "found", "during", "left"),
    [
        ("exact", ":", "/opt/man::", ":"),
        ("lmod", ":", "/opt/man::", "::"),
        ("exact", None, "/opt/man", None),
        ("lmod", None, "/opt/man", None),
        ("exact", "/usr/man:", "/opt/man:/usr/man::", "/usr/man:"),
        ("lmod", "/usr/man:", "/opt/man:/usr/man::", "/usr/man::"),
        ("exact", ":/usr/man", "/opt/man::/usr/man", ":/usr/man"),
        ("exact", "/usr/man::/x", "/opt/man:/usr/man::/x", "/usr/man::/x"),
        ("exact", "", "/opt/man", ""),
    ],
)
def test_the_empty_entry_of_manpath(user, undo, found, during, left):
    """Row 10: the empty entry, which stands for the system's manual, is kept; it comes back as it was written."""
    user.modulefile("Core/mp/1.lua", 'prepend_path("MANPATH", "/opt/man")')
    user.env["LMODPY_UNDO"] = undo
    if found is not None:
        user.env["MANPATH"] = found
    assert user.load("mp").env["MANPATH"] == during
    assert user.unload("mp").env.get("MANPATH") == left


@exact_and_lmod
def test_an_empty_entry_can_be_asked_for(user, undo):
    """An empty path is an entry of an ordinary variable."""
    user.modulefile("Core/empty/1.lua", 'prepend_path("XP", "")')
    user.env["LMODPY_UNDO"] = undo
    before = dict(user.env)
    assert user.load("empty").env["XP"] == "::"
    assert user.unload("empty").env == before


@pytest.mark.parametrize("name", ["PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "MODULEPATH"])
def test_no_module_puts_the_current_directory_first(user, name):
    """An empty entry in a variable where it means the current directory is refused."""
    user.modulefile("Core/bad/1.lua", f'prepend_path("{name}", "")')
    assert name in user.fails("load", "bad")


@pytest.mark.parametrize("path", ["/usr/bin:/bin::", ":/usr/bin:/bin", "/usr/bin::/bin", "/usr/bin:/bin:"])
def test_path_is_cleaned_while_a_module_has_a_part_in_it(user, path):
    """Empty entries of PATH are left out while modules are loaded, and return."""
    user.modulefile("Core/tool/1.lua", 'prepend_path("PATH", "/tool")')
    user.env["PATH"] = path
    assert user.load("tool").env["PATH"] == "/tool:/usr/bin:/bin"
    assert user.unload("tool").env["PATH"] == path


@pytest.mark.parametrize(("undo", "between", "left"), [("exact", "2", "user"), ("lmod", None, None)])
def test_what_setenv_replaced_comes_back(user, undo, between, left):
    """Row 11: the value of the other module, and in the end the user's, comes back; Lmod unsets it at once."""
    for number in "12":
        user.modulefile(f"Core/s{number}/1.lua", f'setenv("SAME", "{number}")')
    user.env.update(SAME="user", LMODPY_UNDO=undo)
    assert user.load("s1", "s2").env["SAME"] == "2"
    assert user.unload("s1").env.get("SAME") == between
    assert user.unload("s2").env.get("SAME") == left


@pytest.mark.parametrize(("undo", "stack"), [("exact", None), ("lmod", "bw==")])
def test_false_means_unset_for_pushenv_only(user, undo, stack):
    """Row 12: setenv makes a text of false, pushenv takes the variable away."""
    user.modulefile("Core/f/1.lua", 'setenv("SF", false) pushenv("SP", false)')
    user.env.update(SP="o", LMODPY_UNDO=undo)
    before = dict(user.env)
    assert user.load("f").env["SF"] == "false"
    assert "SP" not in user.env
    assert user.env.get("__LMOD_STACK_SP") == stack
    assert user.unload("f").env == before


@pytest.mark.parametrize(
    ("undo", "stacks", "between"),
    [("exact", (None, None), "icc"), ("lmod", ("Z2Nj:b3JpZw==", "b3JpZw=="), "gcc")],
)
def test_pushenv_gives_back_its_own(user, undo, stacks, between):
    """Row 13: a module takes its own value away; with Lmod whichever module goes first pops the newest."""
    for number, compiler in ("1", "gcc"), ("2", "icc"):
        user.modulefile(f"Core/c{number}/1.lua", f'pushenv("CC", "{compiler}")')
    user.env.update(CC="orig", LMODPY_UNDO=undo)
    before = dict(user.env)
    assert user.load("c1", "c2").env["CC"] == "icc"
    assert user.env.get("__LMOD_STACK_CC") == stacks[0]
    assert user.unload("c1").env["CC"] == between
    assert user.env.get("__LMOD_STACK_CC") == stacks[1]
    assert user.unload("c2").env == before


@pytest.mark.parametrize(("undo", "left"), [("exact", "1"), ("lmod", None)])
def test_what_unsetenv_took_comes_back(user, undo, left):
    """Row 14: a variable that a module takes away comes back with exact undo only."""
    user.modulefile("Core/un/1.lua", 'unsetenv("ZZ")')
    user.env.update(ZZ="1", LMODPY_UNDO=undo)
    assert "ZZ" not in user.load("un").env
    assert user.unload("un").env.get("ZZ") == left


@exact_and_lmod
@pytest.mark.parametrize(
    ("delim", "found", "during"),
    [(";", "z;y", "a;b;z;y"), (",", None, "a,b"), (" ", "-O2", "a b -O2"), (".", "z", "a.b.z"), ("%", "z", "a%b%z")],
)
def test_other_separators(user, delim, found, during, undo):
    """A separator is taken literally, both ways of giving it mean the same, and undo knows it."""
    user.modulefile("Core/one/1.lua", f'prepend_path("OPTS", "a{delim}b", "{delim}")')
    user.modulefile("Core/two/1.lua", f'prepend_path{{"OPTS", "a{delim}b", delim="{delim}"}}')
    user.env["LMODPY_UNDO"] = undo
    if found:
        user.env["OPTS"] = found
    before = dict(user.env)
    for name in "one", "two":
        assert user.load(name).env["OPTS"] == during
        assert user.unload(name).env == before


@exact_and_lmod
def test_setenv_on_a_path_variable_replaces_it(user, undo):
    """After setenv the variable is plain; the next prepend_path of the same modulefile splits it again."""
    user.modulefile("Core/mixed/1.lua", 'setenv("XP", "/s:/t") prepend_path("XP", "/t")')
    user.env["LMODPY_UNDO"] = undo
    before = dict(user.env)
    assert user.load("mixed").env["XP"] == "/t:/s"
    assert user.unload("mixed").env == before


@exact_and_lmod
def test_entries_are_tidied_on_their_way_in_and_out(user, undo):
    """An entry is found again however it is spelt."""
    user.modulefile("Core/odd/1.lua", 'prepend_path("XP", "/x//y/./z/") prepend_path("XP", "~/bin")')
    user.env["LMODPY_UNDO"] = undo
    before = dict(user.env)
    assert user.load("odd").env["XP"] == f"{user.root}/home/bin:/x/y/z"
    assert user.unload("odd").env == before


def test_modulepath_never_has_duplicates(user):
    """Not even with LMOD_DUPLICATE_PATHS does a directory stand in MODULEPATH twice."""
    user.modulefile("Core/opens/1.lua", 'prepend_path("MODULEPATH", ROOT.."/Core")')
    user.env["LMOD_DUPLICATE_PATHS"] = "yes"
    before = dict(user.env)
    assert user.load("opens").paths == ["Core"]
    assert user.unload("opens").env == before


def test_what_the_user_took_out_stays_out(user):
    """An entry that the user removed by hand is not counted on, and does not come back."""
    user.load("p1", "p2")
    user.env["XP"] = "/b"
    assert user.unload("p1").env["XP"] == "/b"
    assert "XP" not in user.unload("p2").env


@pytest.mark.parametrize("times", [1, 2])
def test_many_prepends_at_once_do_what_each_does(times):
    """Also with an entry that is there twice: its counts are added up."""
    found = PathList((("/a", times, 0), ("/b", 1, 0), ("/a", 1, 0)))
    edits = [("prepend", path, ":", 0) for path in ("/b", "/a", "/c", "/a")]
    expected = found
    for _, path, _, priority in edits:
        expected = PathList(_EDITS["prepend"](expected.entries, path, priority, Rules()))
    assert found.edited(edits, Rules()) == expected
