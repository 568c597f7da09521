"""The file that the index is kept in: right, or known to be wrong."""

from __future__ import annotations

import os
import posix
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmodpy.spider import store
from lmodpy.spider.store import Damaged, Reader, table, write

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "index")


def saved(path, rows, key="a tree"):
    write(path, key, {"names": ["one", "two"], "modules": table(rows), "last": []})
    return Reader(path)


ROWS = [["gcc/12.2", "twelve"], ["gcc/13.1", "a\tb\nc\\n"], ["gccmakedep/1", ""], ["hdf5/1.14", "h" * 9000]]


def test_what_was_written_is_read(path):
    reader = saved(path, reversed(ROWS))
    assert reader.key == "a tree"
    assert reader.lines("names") == ["one", "two"]
    assert reader.rows("modules") == ROWS
    assert reader.lines("last") == []


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("gcc/", ROWS[:2]),
        ("gcc/13.1\t", ROWS[1:2]),
        ("gcc", ROWS[:3]),
        ("hdf5", ROWS[3:]),
        ("", ROWS),
        ("a", []),
        ("gcc/12.3", []),
        ("z", []),
    ],
)
def test_rows_are_found_by_how_they_begin(path, prefix, found):
    assert list(saved(path, ROWS).starting("modules", prefix)) == found


@given(rows=st.lists(st.tuples(TEXTS, TEXTS), max_size=40), prefix=TEXTS.filter(lambda text: "\t" not in text))
def test_looking_up_is_the_same_as_reading_all(tmp_path_factory, rows, prefix):
    reader = saved(str(tmp_path_factory.mktemp("index") / "x"), rows)
    everything = reader.rows("modules")
    assert sorted(map(tuple, everything)) == sorted(rows)
    assert list(reader.starting("modules", prefix)) == [row for row in everything if row[0].startswith(prefix)]
    reader.close()


def test_a_look_up_in_a_large_file_reads_little_of_it(path, monkeypatch):
    reader = saved(path, [(f"name{i:05d}/1.0", "x" * 100) for i in range(50_000)])
    read = []
    pread = os.pread
    monkeypatch.setattr(posix, "pread", lambda file, size, at: read.append(size) or pread(file, size, at))
    assert [row[0] for row in reader.starting("modules", "name31415/")] == ["name31415/1.0"]
    assert sum(read) < 200_000


@given(st.lists(st.integers(-1, 3000), max_size=12))
def test_many_look_ups_find_what_each_would_alone(tmp_path_factory, places):
    """What was looked up before, near or far, does not matter; lines may be longer than what is read."""
    rows = [[f"name{place:04d}", "x" * (9000 if place % 500 == 0 else place % 300)] for place in range(0, 3000, 2)]
    reader = saved(str(tmp_path_factory.mktemp("index") / "x"), rows)
    for place in places:
        assert list(reader.starting("modules", f"name{place:04d}\t")) == rows[place // 2 : place // 2 + 1 - place % 2]
    reader.close()


def test_what_is_near_is_found_with_little_more(path, monkeypatch):
    reader = saved(path, [(f"name{i:05d}/1.0", "x" * 100) for i in range(50_000)])
    assert [row[0] for row in reader.starting("modules", "name31415/")] == ["name31415/1.0"]
    read = []
    pread = os.pread
    monkeypatch.setattr(posix, "pread", lambda file, size, at: read.append(size) or pread(file, size, at))
    assert [row[0] for row in reader.starting("modules", "name31416/")] == ["name31416/1.0"]
    assert sum(read) < 30_000


def test_any_damage_is_noticed_or_does_no_harm(path):
    rows = [[f"m{i}/{i % 7}", "text" * (i % 5)] for i in range(300)]
    saved(path, rows).close()
    right = {prefix: [row for row in sorted(rows) if row[0].startswith(prefix)] for prefix in ("m1", "m299/", "q")}
    whole = Path(path).read_bytes()
    chance = random.Random(1)
    noticed = 0
    for _ in range(200):
        place = chance.randrange(len(whole))
        broken = whole[:place]
        if chance.random() < 0.7:
            broken = whole[:place] + bytes([whole[place] ^ (1 << chance.randrange(8))]) + whole[place + 1 :]
        Path(path).write_bytes(broken)
        try:
            reader = Reader(path)
        except Damaged:
            noticed += 1
            continue
        for prefix, expected in right.items():
            try:
                assert list(reader.starting("modules", prefix)) == expected
            except Damaged:
                noticed += 1
        with pytest.raises(Damaged):
            assert [reader.rows("modules"), reader.lines("names")] == []
        reader.close()
    assert noticed > 50


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"lmodpy-index 1 \n\n", b"lmodpy-index 2 x\n00000000\n\n"])
def test_another_kind_of_file_is_not_believed(path, content):
    Path(path).write_bytes(content)
    with pytest.raises(Damaged):
        Reader(path)


def test_a_reader_keeps_what_it_opened_while_the_file_is_replaced(path):
    reader = saved(path, ROWS)
    saved(path, [["other/1", ""]]).close()
    assert [row[0] for row in reader.starting("modules", "gcc/12")] == ["gcc/12.2"]
    reader.close()


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(path, tmp_path):
    saved(path, ROWS).close()
    with pytest.raises(TypeError):
        write(path, "x", {"names": [1, None + 1]})
    os.mkdir(tmp_path / "sub")
    with pytest.raises(OSError, match="sub"):
        write(str(tmp_path / "sub"), "x", {})
    assert sorted(os.listdir(tmp_path)) == ["index", "sub"]
    assert Reader(path).rows("modules") == ROWS


def test_blocks_are_found_by_their_labels(tmp_path):
    """Only what lies under a label with the text in it is read, and checked; a line break ends up in no other block."""
    blocks = [("gcc", ["gcc 12", "gcc 13"]), ("hdf5/a\tb\nc", ["hdf5 1"]), ("HDF5-tools", ["tools é", "tools 2"])]
    path = str(tmp_path / "index")
    store.write(path, "k", store.labelled("modules", blocks))
    with store.Reader(path) as reader:
        assert reader.blocks("modules", "hdf5") == "hdf5 1\ntools é\ntools 2\n"
        assert reader.blocks("modules", "B\nC") == reader.blocks("modules", "none") == ""
        assert reader.text("modules") == "gcc 12\ngcc 13\nhdf5 1\ntools é\ntools 2\n"

    content = (tmp_path / "index").read_bytes()
    (tmp_path / "index").write_bytes(content.replace(b"tools 2", b"tools 3"))
    with store.Reader(path) as reader:
        assert reader.blocks("modules", "gcc") == "gcc 12\ngcc 13\n"
        with pytest.raises(store.Damaged):
            reader.blocks("modules", "tools")


def test_what_is_read_later_is_from_the_same_file_or_damaged(tmp_path):
    """A reader that was closed opens the file for as long; what somebody has replaced meanwhile is not mixed in."""
    path = str(tmp_path / "index")
    long = ["x" * 70_000]
    store.write(path, "k", {"first": long, "second": ["one"]})
    with store.Reader(path) as reader:
        pass
    assert reader.text("second") == "one\n"
    store.write(path, "k", {"first": long, "second": ["two"]})
    with pytest.raises(store.Damaged):
        reader.text("second")
    (tmp_path / "index").unlink()
    with pytest.raises(store.Damaged):
        reader.text("second")
