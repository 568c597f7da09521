"""The index: what it answers is always what the file system answers, only sooner."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmodpy.errors import LmodError
from lmodpy.spider import index as indexes
from lmodpy.spider import stamps
from lmodpy.spider import survey as surveys
from lmodpy.spider.index import Index, Places
from lmodpy.spider.plainrc import statements
from lmodpy.tree.tree import Options, Tree


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A small tree, an index that thinks it worthwhile, and time stamps that are always old enough."""
    monkeypatch.setattr(indexes, "WORTHWHILE", 1)
    monkeypatch.setattr(stamps, "TICK", -(10**18))
    place = tmp_path / "modules"
    for name in ("gcc/12.2.lua", "gcc/13.1.lua", "hdf5/1.14.lua", "bio/blast/2.lua", "bio/hmmer/3.lua", "tool.lua"):
        put(place / name)
    return place


def put(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def read_rc(path):
    return statements(Path(path).read_text())


def listed(root, index=None, **files):
    """All that `avail` needs to know of a root."""
    tree = Tree(read_rc, Options(), files.get("system", ()), files.get("user", ()), index.found if index else None)
    roots = [str(root)]
    modules = tree.all(str(root))
    marks = {(m.full_name, m.path) for m in modules if tree.is_default(m, roots)}
    return modules, marks, tree.symbols(str(root), roots), tree.aliases(roots), [bool(tree.ban(m)) for m in modules]


def asked(root, tmp_path, **files):
    """What a command finds that uses the index in the user's directory, and then leaves it behind."""
    index = Index(Places(str(tmp_path / "cache")), Options())
    found = listed(root, index, **files)
    index.save()
    return found


def surveys_of(monkeypatch):
    """The parts that are looked at from now on."""
    seen = []
    look = surveys.survey
    monkeypatch.setattr(
        surveys, "survey", lambda root, options, parts, tell: seen.append(parts) or look(root, options, parts, tell)
    )
    return seen


def test_what_has_not_changed_is_not_looked_at_again(root, tmp_path, monkeypatch):
    first = asked(root, tmp_path)
    assert [m.full_name for m in first[0]] == [
        "bio/blast/2",
        "bio/hmmer/3",
        "gcc/12.2",
        "gcc/13.1",
        "hdf5/1.14",
        "tool",
    ]
    seen = surveys_of(monkeypatch)
    assert asked(root, tmp_path) == first == listed(root)
    assert seen == []


def rename(root):
    (root / "gcc").rename(root / "gnu")


CHANGES = {
    "a version is added": lambda root: put(root / "gcc/14.lua"),
    "a version goes": lambda root: (root / "gcc/13.1.lua").unlink(),
    "a module is added": lambda root: put(root / "new/1.lua"),
    "a module goes": lambda root: shutil.rmtree(root / "hdf5"),
    "a module of a category is added": lambda root: put(root / "bio/samtools/1.lua"),
    "a version of a category's module is added": lambda root: put(root / "bio/blast/3.lua"),
    "a file beside the directories is added": lambda root: put(root / "other.lua"),
    "a file beside the directories goes": lambda root: (root / "tool.lua").unlink(),
    "a file becomes a directory": lambda root: ((root / "tool.lua").unlink(), put(root / "tool/1.lua")),
    "a directory gets another name": rename,
    "a version of two parts": lambda root: put(root / "gcc/arm/14.lua"),
    "a default is marked": lambda root: put(root / "gcc/.modulerc.lua", 'module_version("gcc/12.2", "default")'),
    "a default by a link": lambda root: (root / "gcc/default").symlink_to("12.2.lua"),
    "a default in Tcl": lambda root: put(root / "gcc/.version", '#%Module\nset ModulesVersion "12.2"\n'),
    "an alias": lambda root: put(root / ".modulerc.lua", 'module_alias("cc", "gcc/12.2")'),
    "a module is hidden": lambda root: put(root / ".modulerc.lua", 'hide_version("gcc/12.2")'),
    "a Tcl modulefile": lambda root: put(root / "gcc/15", "#%Module1.0\n"),
    "a stray file": lambda root: put(root / "gcc/README", "read me"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_has_changed_is_seen_at_once(change, root, tmp_path):
    before = asked(root, tmp_path)
    change(root)
    assert asked(root, tmp_path) == listed(root)
    assert asked(root, tmp_path) == listed(root)
    shutil.rmtree(root)
    put(root / "gcc/12.2.lua")
    assert asked(root, tmp_path) == listed(root) != before


def test_only_the_part_that_has_changed_is_looked_at(root, tmp_path, monkeypatch):
    asked(root, tmp_path)
    put(root / "gcc/14.lua")
    seen = surveys_of(monkeypatch)
    asked(root, tmp_path)
    assert seen == [{"gcc"}]


def test_an_rc_file_that_is_edited_in_place(root, tmp_path):
    rc = root / "gcc/.modulerc.lua"
    put(rc, 'module_version("gcc/12.2", "default")')
    asked(root, tmp_path)
    put(rc, 'module_version("gcc/13.1", "default", "new")')
    assert asked(root, tmp_path) == listed(root)


def test_a_stray_file_that_becomes_a_modulefile_in_place(root, tmp_path):
    put(root / "gcc/15", "not yet")
    assert "gcc/15" not in {m.full_name for m in asked(root, tmp_path)[0]}
    put(root / "gcc/15", "#%Module\n")
    assert "gcc/15" in {m.full_name for m in asked(root, tmp_path)[0]}


def test_rules_of_users_count_when_modules_are_listed(root, tmp_path):
    asked(root, tmp_path)
    rc = tmp_path / "user.lua"
    put(rc, 'module_version("gcc/12.2", "default")\nhide_version("hdf5/1.14")')
    assert asked(root, tmp_path, user=[str(rc)]) == listed(root, user=[str(rc)])
    assert asked(root, tmp_path, system=[str(rc)]) == listed(root, system=[str(rc)])
    assert asked(root, tmp_path) == listed(root)


def test_an_rc_file_that_can_say_something_else_to_someone_else_is_read_each_time(root, tmp_path, monkeypatch):
    put(root / "gcc/.modulerc.lua", 'if os.getenv("USER") == "me" then module_version("gcc/12.2", "default") end')
    said = ['module_version("gcc/12.2", "default")']
    monkeypatch.setitem(globals(), "read_rc", lambda _path: statements(said[0]))
    first = asked(root, tmp_path)
    said[0] = 'module_version("gcc/13.1", "default")'
    assert asked(root, tmp_path) == listed(root) != first
    assert surveys.survey(str(root), Options()).ruled == {}, "it is among the live parts, and read there"


def test_what_only_a_group_may_read_is_looked_at_each_time(root, tmp_path):
    (root / "gcc/12.2.lua").chmod(0o640)
    (root / "hdf5").chmod(0o750)
    found = surveys.survey(str(root), Options())
    assert found.live == ("gcc", "hdf5")
    assert asked(root, tmp_path) == asked(root, tmp_path) == listed(root)


def test_a_change_within_one_tick_of_the_clock_is_seen(root, tmp_path, monkeypatch):
    monkeypatch.setattr(stamps, "TICK", 2 * 10**9)
    asked(root, tmp_path)
    stamp = os.stat(root / "gcc").st_mtime_ns
    put(root / "gcc/14.lua")
    os.utime(root / "gcc", ns=(stamp, stamp))
    assert asked(root, tmp_path) == listed(root)


def test_a_clock_that_goes_back(root, tmp_path, monkeypatch):
    monkeypatch.setattr(stamps, "TICK", 2 * 10**9)
    future = time.time_ns() + 10**12
    os.utime(root / "gcc", ns=(future, future))
    asked(root, tmp_path)
    put(root / "gcc/14.lua")
    os.utime(root / "gcc", ns=(future, future))
    assert asked(root, tmp_path) == listed(root)
    assert asked(root, tmp_path) == listed(root)


def test_a_tree_that_has_gone(root, tmp_path):
    asked(root, tmp_path)
    shutil.rmtree(root)
    assert asked(root, tmp_path)[0] == []


def the_file(tmp_path) -> Path:
    (file,) = (tmp_path / "cache").iterdir()
    return file


def test_any_damage_to_the_file_is_noticed(root, tmp_path):
    right = asked(root, tmp_path)
    file = the_file(tmp_path)
    whole = file.read_bytes()
    chance = random.Random(5)
    for _ in range(200):
        place = chance.randrange(len(whole))
        broken = whole[:place] + (bytes([whole[place] ^ (1 << chance.randrange(8))]) + whole[place + 1 :]) * (
            chance.random() < 0.7
        )
        file.write_bytes(broken)
        assert asked(root, tmp_path) == right


def test_a_file_about_another_tree_is_not_believed(root, tmp_path):
    asked(root, tmp_path)
    other = tmp_path / "other"
    put(other / "x/1.lua")
    mine = the_file(tmp_path)
    asked(other, tmp_path)
    (foreign,) = set((tmp_path / "cache").iterdir()) - {mine}
    mine.write_bytes(foreign.read_bytes())
    assert asked(root, tmp_path) == listed(root)


def test_other_options_have_files_of_their_own(root, tmp_path):
    put(root / "gcc/15", "#%Module\n")
    asked(root, tmp_path)
    index = Index(Places(str(tmp_path / "cache")), Options(allow_tcl=False), "no tcl")
    tree = Tree(read_rc, Options(allow_tcl=False), found=index.found)
    assert "gcc/15" not in {m.full_name for m in tree.all(str(root))}


def test_where_nothing_can_be_written_nothing_is_lost(root, tmp_path):
    (tmp_path / "cache").write_text("a file where the directory should be")
    assert asked(root, tmp_path) == listed(root)
    assert (tmp_path / "cache").read_text() == "a file where the directory should be"


def test_a_file_of_the_site_serves_users_who_have_none(root, tmp_path, monkeypatch):
    site = tmp_path / "site"
    builder = Index(Places(str(site)), Options())
    listed(root, builder)
    builder.save()
    seen = surveys_of(monkeypatch)
    index = Index(Places(str(tmp_path / "mine"), (str(site),)), Options())
    assert listed(root, index) == listed(root)
    assert seen == []
    index.save()
    assert not (tmp_path / "mine").exists()
    put(root / "gcc/14.lua")
    assert listed(root, Index(Places("", (str(site),)), Options())) == listed(root)
    assert seen == [{"gcc"}]


def test_a_site_that_vouches_for_its_files_is_believed(root, tmp_path):
    site = tmp_path / "site"
    builder = Index(Places(str(site)), Options())
    before = listed(root, builder)
    builder.save()
    put(root / "gcc/14.lua")
    assert listed(root, Index(Places("", (str(site),), vouched=True), Options())) == before


def test_the_oldest_files_go_when_there_are_too_many(root, tmp_path, monkeypatch):
    asked(root, tmp_path)
    first = the_file(tmp_path)
    os.utime(first, (1, 1))
    monkeypatch.setattr(indexes, "MOST_BYTES", first.stat().st_size + 10)
    put(tmp_path / "other/y/1.lua")
    asked(tmp_path / "other", tmp_path)
    assert not first.exists()
    assert the_file(tmp_path).stat().st_size > 0


def test_what_a_killed_command_was_writing_goes_when_another_writes(root, tmp_path):
    asked(root, tmp_path)
    left, written = (the_file(tmp_path).with_name(f"x.facts.{number}.new") for number in (1, 2))
    for file in (left, written):
        file.touch()
    os.utime(left, (1, 1))
    put(root / "gcc/15.lua")
    asked(root, tmp_path)
    assert (left.exists(), written.exists()) == (False, True), "the other may still be at it"


NAMES = st.sampled_from(["gcc", "gcc/12", "gcc/arm/1", "a-b", "a", "a/b/c", "a/b", ".x", "z/1.0~1"])
ACTS = st.one_of(
    st.tuples(st.just("put"), NAMES, st.sampled_from([".lua", "", "/1.lua", "/2.lua", "/.version", "/.modulerc.lua"])),
    st.tuples(st.just("remove"), NAMES, st.sampled_from(["", ".lua", "/1.lua"])),
)
TEXTS = {
    ".version": "#%Module\nset ModulesVersion 1\n",
    ".modulerc.lua": 'module_version("/1", "default", "lts")\nmodule_alias("nick", "gcc/12")',
}


def act(root: Path, what: str, name: str, ending: str) -> None:
    path = root / f"{name}{ending}"
    try:
        if what == "put":
            put(path, TEXTS.get(path.name, "#%Module\n"))
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError:
        return  # a file is where a directory would be


@settings(deadline=None, max_examples=60)
@given(first=st.lists(ACTS, max_size=8), then=st.lists(st.lists(ACTS, min_size=1, max_size=3), max_size=4))
def test_it_always_answers_what_the_file_system_answers(tmp_path_factory, first, then):
    tmp_path = tmp_path_factory.mktemp("any")
    root = tmp_path / "modules"
    root.mkdir()
    before = indexes.WORTHWHILE
    indexes.WORTHWHILE = 1
    try:
        for acts in (first, *then):
            for each in acts:
                act(root, *each)
            assert asked(root, tmp_path) == listed(root)
    finally:
        indexes.WORTHWHILE = before


@pytest.mark.parametrize(
    "text",
    [
        'module_version("a/1", "default", "lts")',
        '  module_alias ( "x" , "y/1" ) ;  -- for old scripts',
        "",
        "-- nothing",
        'hide_version("a/1")\nhide_modulefile("/p/a/2.lua")\n',
    ],
)
def test_rc_files_that_are_lists_of_names(text):
    assert len(statements(text)) == sum("(" in line for line in text.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        'if true then module_version("a/1", "default") end',
        "module_version(name, 'x')",
        'module_version("a/1" .. x, "default")',
        "--[[ module_version(",
        'hide{name="a/1", before="2020-01-01"}',
        'x = 1; module_alias("a", "b")',
        'module_alias("a\\n", "b")',
        'module_alias("a")',
        'module_alias("a", "b", "c")',
        'module_version("a/1", "default") end',
        'module_version("a/1" "default")',
        'module_version("a/1", "default"',
        'x"a"',
    ],
)
def test_rc_files_that_are_programs(text):
    with pytest.raises(LmodError):
        statements(text)


def build(root: str, place: str, rounds: int) -> None:
    indexes.WORTHWHILE = 1
    stamps.TICK = -(10**18)
    for _ in range(rounds):
        index = Index(Places(place), Options())
        index._news[root] = surveys.survey(root, Options())
        index.save()


def test_ten_who_write_and_others_who_read(root, tmp_path):
    right = listed(root)
    place = str(tmp_path / "cache")
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=build, args=(str(root), place, 20)) for _ in range(10)]
    for writer in writers:
        writer.start()
    for _ in range(50):
        assert listed(root, Index(Places(place), Options())) == right
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert listed(root, Index(Places(place), Options())) == right
    assert len(os.listdir(place)) == 1


def test_writers_that_are_killed_at_any_moment(root, tmp_path):
    right = listed(root)
    place = str(tmp_path / "cache")
    context = multiprocessing.get_context("fork")
    chance = random.Random(3)
    for _ in range(200):
        writer = context.Process(target=build, args=(str(root), place, 1000))
        writer.start()
        time.sleep(chance.random() * 0.008)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        assert listed(root, Index(Places(place), Options())) == right


def test_a_home_that_is_not_there_is_not_made(site):
    """An index file is not worth a directory for somebody else's home."""
    for number in range(30):
        site.modulefile(f"Core/m{number}/1.lua", "")
    site.env["HOME"] = f"{site.root}/gone"
    site.module("avail")
    site.module("spider")
    assert not os.path.exists(site.env["HOME"])
