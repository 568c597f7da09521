"""What modulefiles have said is kept: the answer is what it would be without, and only what changed is evaluated."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmodpy.cli import walk
from lmodpy.cli.indexing import named
from lmodpy.cli.main import run
from lmodpy.config import Settings
from lmodpy.report.text import filled, wrap
from lmodpy.spider import index as indexes
from lmodpy.spider import memory as memories
from lmodpy.spider import rows, stamps
from lmodpy.spider.facts import EXTENSIONS, OPEN, VARIES, Facts
from lmodpy.spider.promises import promises
from lmodpy.spider.remarks import remarks
from lmodpy.tree.tree import Options
from tests.launcher import lmodpy_cmd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

QUESTIONS = (
    "spider",
    "spider hdf5",
    "spider hdf5/1",
    "spider numpy",
    "spider mp",
    "spider nothing",
    "-t spider",
    "-t spider hdf5/1",
    "--json spider",
    "--json spider mpi",
    "-r spider ^h",
    "-A spider",
    "keyword format",
    "category",
    "whence mpicc",
    "load hdf5/2",
)


class Cluster:
    """A small hierarchy and its user, who has a cache."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = itertools.count(10**18, 10**9)
        (root / "home").mkdir(parents=True, exist_ok=True)
        self.env = {"HOME": str(root / "home"), "PATH": "/usr/bin:/bin", "MODULEPATH": str(root / "Core")}
        (root / "Core").mkdir()
        (root / "bin").mkdir()
        (root / "bin/mpicc").touch(mode=0o755)

    def put(self, path: str, text: str = "") -> None:
        """Write a file; one that is there already is written in place."""
        file = self.root / path
        changed = [file, *(above.parent for above in (file, *file.parents) if not above.exists())]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'local ROOT = "{self.root}"\n{text}\n' if path.endswith(".lua") else text)
        self.touch(*changed)

    def remove(self, path: str) -> None:
        file = self.root / path
        if file.exists():
            file.unlink()
            self.touch(file.parent)

    def touch(self, *changed: Path) -> None:
        """Give what has changed new times, as a file system does, but without waiting for its clock."""
        for each in changed:
            stamp = next(self.now)
            os.utime(each, ns=(stamp, stamp))

    def ask(self, *words: str, **more: str) -> tuple[str, str, int]:
        outcome = run(["bash", *words], {**self.env, **more}, say=lambda _: None)
        assert "unexpectedly" not in outcome.err, outcome.err
        return outcome.out, outcome.err, outcome.status

    def answers(self, *options: str) -> list[tuple[str, str, int]]:
        return [self.ask(*options, *question.split()) for question in QUESTIONS]

    @property
    def files(self) -> list[Path]:
        return sorted((self.root / "home/.cache/lmodpy").glob("*.facts"))


TEXTS = {
    "plain": "",
    "described": 'whatis("Description: data format") whatis("Category: tools, io")',
    "described anew": 'whatis("Description: file format") family("io") help("Two\\nlines, a tab\\tand \\\\n")',
    "gcc": 'family("compiler") prepend_path("MODULEPATH", ROOT.."/gcc")',
    "both": 'prepend_path("MODULEPATH", ROOT.."/gcc") append_path("MODULEPATH", ROOT.."/mpi")',
    "mpi": 'family("mpi") prepend_path("MODULEPATH", ROOT.."/mpi") prepend_path("PATH", ROOT.."/bin")',
    "brings": 'extensions("numpy/1.2, scipy/3") add_property("state", "testing")',
    "varies": 'if os.getenv("WISH") then prepend_path("MODULEPATH", ROOT.."/gcc") end',
    "varies too": 'prepend_path("PATH", pathJoin(os.getenv("WISH") or "/nowhere", "bin"))',
    "broken": 'whatis("Description: it breaks") error("broken")',
    "broken opener": 'prepend_path("MODULEPATH", ROOT.."/mpi") setenv("A"',
    "elsewhere": 'loadfile(ROOT.."/common")()',
}
PATHS = [
    f"{tree}/{name}.lua" for tree in ("Core", "gcc", "mpi") for name in ("gcc/1", "mpi/1", "hdf5/1", "hdf5/2", "x")
]


@pytest.fixture
def eager(monkeypatch):
    """Everything is kept, however small it is, and time stamps are always old enough."""
    monkeypatch.setattr(indexes, "WORTHWHILE", 1)
    monkeypatch.setattr(memories, "FEW", 1)
    monkeypatch.setattr(memories, "MANY", 1)
    monkeypatch.setattr(stamps, "TICK", -(10**19))


@pytest.fixture
def cluster(tmp_path, eager):
    """A compiler, an MPI, what is built with them, and a module that brings extensions."""
    made = Cluster(tmp_path)
    made.put("Core/gcc/1.lua", TEXTS["gcc"])
    made.put("gcc/mpi/1.lua", TEXTS["mpi"])
    made.put("mpi/hdf5/1.lua", TEXTS["described"])
    made.put("mpi/hdf5/2.lua", TEXTS["described anew"])
    made.put("Core/python/3.lua", TEXTS["brings"])
    made.put("Core/own/1.lua", TEXTS["varies too"])
    return made


@pytest.fixture
def evaluated(monkeypatch):
    """The modulefiles that are evaluated from now on, by full name."""
    seen: list[str] = []
    facts = walk._facts
    monkeypatch.setattr(
        walk, "_facts", lambda reader, module, *rest: seen.append(module.full_name) or facts(reader, module, *rest)
    )
    return seen


def test_nothing_is_evaluated_twice(cluster, evaluated):
    """The second command of a kind evaluates only what may say something else each time."""
    for question in QUESTIONS:
        first = cluster.ask(*question.split())
        evaluated.clear()
        assert cluster.ask(*question.split()) == first
        assert set(evaluated) <= {"own/1"}, question
    assert len(cluster.files) == 3


def test_only_what_has_changed_is_evaluated_again(cluster, evaluated):
    """Edited in place, replaced or new: that one, and no other."""
    cluster.ask("keyword", "x")
    evaluated.clear()
    cluster.put("mpi/hdf5/1.lua", 'whatis("Description: changed")')
    cluster.put("gcc/zlib/1.lua")

    assert "changed" in cluster.ask("spider", "hdf5/1")[1]
    cluster.ask("keyword", "x")

    assert sorted({*evaluated}) == ["hdf5/1", "zlib/1"]


def test_an_opener_that_changes_opens_something_else(cluster):
    """Who asks for one module does not compare all of them, but those that open directories."""
    assert "module load gcc/1 mpi/1 hdf5/2" in cluster.ask("spider", "hdf5/2")[1]
    cluster.put("Core/gcc/1.lua", TEXTS["both"])
    assert "module load gcc/1 hdf5/2" in cluster.ask("spider", "hdf5/2")[1]
    cluster.put("Core/gcc/1.lua")
    assert cluster.ask("spider", "hdf5/2")[2] == 1


def test_a_file_that_becomes_an_opener_in_place(cluster):
    """Its directory does not tell, so that `spider NAME` knows when the next `spider` has compared all files."""
    cluster.put("Core/other/1.lua")
    cluster.ask("spider")
    folder = cluster.root / "Core/other"
    times = os.stat(folder).st_mtime_ns, os.stat(cluster.root / "Core").st_mtime_ns
    cluster.put("Core/other/1.lua", 'prepend_path("MODULEPATH", ROOT.."/more")')
    cluster.put("more/inner/1.lua")
    os.utime(folder, ns=(times[0],) * 2)
    os.utime(cluster.root / "Core", ns=(times[1],) * 2)

    assert cluster.ask("spider", "inner")[2] == 1
    assert "inner" in cluster.ask("spider")[1]
    assert "module load other/1 inner/1" in cluster.ask("spider", "inner")[1]


@pytest.mark.parametrize("thorough", ["keyword x", "--json spider"])
def test_a_lower_version_that_becomes_an_opener_in_place(cluster, thorough):
    """An overview goes by the versions that it describes; that it opens something is known when all were compared."""
    cluster.put("Core/other/1.lua")
    cluster.put("Core/other/2.lua", TEXTS["described"])
    cluster.put("more/inner/1.lua")
    cluster.ask("spider")
    (cluster.root / "Core/other/1.lua").write_text(f'prepend_path("MODULEPATH", "{cluster.root}/more")')

    assert "inner" not in cluster.ask("spider")[1]
    cluster.ask(*thorough.split())
    assert "inner" in cluster.ask("spider")[1]


@pytest.mark.parametrize("changed", ["1", "2"])
def test_a_description_is_the_one_that_the_highest_version_gives_now(cluster, changed):
    """Whether that version is written to in place, or the one that had none."""
    cluster.put("Core/other/1.lua", TEXTS["described"])
    cluster.put("Core/other/2.lua", TEXTS["described"] if changed == "2" else "")
    assert "data format" in cluster.ask("spider")[1]
    file = cluster.root / f"Core/other/{changed}.lua"
    file.write_text('whatis("Description: quite something else")')
    assert "quite something else" in cluster.ask("spider")[1]


def test_what_depends_on_who_asks_is_asked_each_time(cluster):
    """What opens directories for some only, or puts something of the user's into PATH."""
    cluster.put("Core/gcc/1.lua", TEXTS["varies"])
    assert cluster.ask("spider", "hdf5")[2] == 1
    assert cluster.ask("spider", "mpi", WISH="yes")[2] == 0
    assert cluster.ask("spider", "mpi")[2] == 1
    assert "own/1" not in cluster.ask("-t", "whence", "mpicc")[1]
    assert "own/1" in cluster.ask("-t", "whence", "mpicc", WISH=str(cluster.root))[1]


def test_changes_within_a_tick_and_clocks_that_go_back(cluster, monkeypatch):
    """A file that is younger than the tick of a clock, or lies in the future, is evaluated in each command."""
    monkeypatch.setattr(stamps, "TICK", 2 * 10**9)
    for stamp in time.time_ns(), time.time_ns() + 10**15:
        for text in "one", "two":  # of the same length, too
            cluster.put("mpi/hdf5/1.lua", f'whatis("Description: {text}")')
            for path in cluster.root.rglob("*"):
                os.utime(path, ns=(stamp, stamp))
            assert text in cluster.ask("spider", "hdf5/1")[1]
            cluster.ask("spider")


def test_what_a_search_has_learned_is_kept_even_if_it_finds_nothing(cluster, evaluated):
    """An error ends the command, and the next one is fast all the same."""
    assert cluster.ask("spider", "nothing")[2] == 1
    evaluated.clear()
    cluster.ask("spider", "nothing")
    assert evaluated == []


@pytest.mark.parametrize("shell_waits", [False, True], ids=["alone", "twice"])
def test_what_an_interrupted_search_has_learned_is_kept(tmp_path, shell_waits):
    """Ctrl-C ends it at once, even in an endless loop, and what was evaluated before that is in a file."""
    cluster, mark = Cluster(tmp_path), tmp_path / "begun"
    for number in range(60):
        cluster.put(f"Core/a{number}/1.lua", 'whatis("Description: one of many")')
    cluster.put("Core/slow/1.lua", f'io.open("{mark}", "w"):close() while true do end')
    with subprocess.Popen([lmodpy_cmd(), "bash", "spider"], env=cluster.env, stderr=subprocess.PIPE) as search:
        while not mark.exists() and search.poll() is None:
            time.sleep(0.01)
        for _ in range(1 + shell_waits):
            search.send_signal(signal.SIGINT)
        _, err = search.communicate(timeout=5)
    assert (err, search.returncode) == (b"", -signal.SIGINT)
    if not shell_waits:
        (file,) = cluster.files
        assert file.read_text().count("Description: one of many") == 60
        assert list(tmp_path.glob("home/.cache/lmodpy/*.facts*")) == [file]


def test_nothing_is_kept_for_who_wants_no_cache(cluster):
    """-I reads nothing and writes nothing."""
    assert cluster.ask("-I", "spider") == cluster.ask("spider", LMOD_IGNORE_CACHE="yes")
    assert cluster.files == []


def remarked(cluster: Cluster, tree: str) -> dict[str, tuple]:
    index = indexes.Index(
        indexes.Places(str(cluster.root / "home/.cache/lmodpy")), Options(), named(Settings(cluster.env))
    )
    found = remarks(index, f"{cluster.root}/{tree}")
    return {os.path.relpath(path, cluster.root): (*said,) for path, said in found.items()}


def test_what_is_shown_beside_names_is_known_without_evaluating(cluster):
    """Properties and extensions of what some command has evaluated, as long as the files are as they were."""
    assert remarked(cluster, "Core") == {}
    cluster.ask("keyword", "x")
    assert remarked(cluster, "Core") == {"Core/python/3.lua": (("state:testing",), ("numpy/1.2", "scipy/3"))}
    assert remarked(cluster, "mpi") == {}
    cluster.put("Core/python/3.lua", 'add_property("arch", "gpu")')
    assert remarked(cluster, "Core") == {}
    cluster.ask("keyword", "x")
    assert remarked(cluster, "Core") == {"Core/python/3.lua": (("arch:gpu",), ())}


ACTS = st.tuples(st.sampled_from(PATHS), st.sampled_from(["", *TEXTS]))


@settings(deadline=None, max_examples=12)
@given(first=st.lists(ACTS, min_size=3, max_size=10), then=st.lists(st.lists(ACTS, min_size=1, max_size=2), max_size=3))
def test_the_answers_are_those_without(tmp_path_factory, first, then):
    """Whatever changes between commands: after a `spider` all questions are answered as if nothing were kept."""
    with pytest.MonkeyPatch.context() as patch:
        eager.__wrapped__(patch)
        cluster = Cluster(tmp_path_factory.mktemp("any") / "site")
        cluster.put("common", TEXTS["brings"])
        for acts in (first, *then):
            for path, text in acts:
                if text:
                    cluster.put(path, TEXTS[text])
                    if path.endswith("hdf5/1.lua"):  # a lower version, which is replaced rather than written to
                        cluster.touch((cluster.root / path).parent)
                else:
                    cluster.remove(path)
            assert cluster.answers() == cluster.answers("-I")
            assert cluster.ask("spider", "mpi", WISH="yes") == cluster.ask("-I", "spider", "mpi", WISH="yes")


def test_who_asks_for_a_name_waits_only_for_what_has_to_do_with_it(cluster, monkeypatch):
    """Of two hundred directories, those are compared that can have the name, and those that lead to others."""
    for number in range(200):
        cluster.put(f"Core/other{number}/1.lua", TEXTS["described"])
    cluster.ask("spider")
    right, compared = cluster.ask("spider", "hdf5"), []
    for module in (stamps, memories):
        look = module.stamps_of
        monkeypatch.setattr(
            module, "stamps_of", lambda base, paths, look=look: compared.extend(paths) or look(base, paths)
        )
    assert cluster.ask("spider", "hdf5") == right
    assert len(compared) < 30
    cluster.ask("spider", "df5")
    assert len(compared) > 200, "part of a name may stand anywhere"


@pytest.mark.parametrize("word", ["hdf5", "hdf5/1", "hdf", "numpy"])
@pytest.mark.parametrize(
    "change",
    {
        "a version": lambda it: it.put("mpi/hdf5/3.lua", TEXTS["described"]),
        "a version that is gone": lambda it: it.remove("mpi/hdf5/1.lua"),
        "a name": lambda it: it.put("Core/hdf5/1.lua", TEXTS["plain"]),
        "a name in a category": lambda it: it.put("Core/io/hdf5/1.lua", TEXTS["plain"]),
        "another name in a category": lambda it: it.put("Core/group/hdf5-tools/1.lua", TEXTS["plain"]),
        "a text": lambda it: it.put("mpi/hdf5/2.lua", TEXTS["described"]),
        "a way": lambda it: it.put("Core/llvm/1.lua", TEXTS["gcc"]),
        "a way beside another": lambda it: it.put("Core/gcc/2.lua", TEXTS["gcc"]),
        "a way that is gone": lambda it: it.put("gcc/mpi/1.lua", TEXTS["plain"]),
        "an extension beside another": lambda it: it.put("Core/python/4.lua", TEXTS["brings"]),
        "a rule": lambda it: it.put("mpi/hdf5/.modulerc.lua", 'hide_version("hdf5/2")'),
    }.values(),
)
def test_what_has_to_do_with_a_name_is_seen_at_once(cluster, change, word):
    """By the first command after the change."""
    cluster.put("Core/group/inner/1.lua", TEXTS["described"])
    cluster.ask("spider")
    cluster.ask("spider", word)
    change(cluster)
    assert cluster.ask("spider", word) == cluster.ask("-I", "spider", word)


def test_a_new_way_where_there_was_none_is_seen_by_whoever_looks_at_all(cluster):
    """The price of it: a directory that led nowhere and has another name is not looked into for one name."""
    cluster.ask("spider")
    before = cluster.ask("spider", "hdf5")
    cluster.put("Core/own/2.lua", 'prepend_path("MODULEPATH", ROOT.."/mpi")')
    assert cluster.ask("spider", "hdf5") == before
    cluster.ask("spider")
    assert cluster.ask("spider", "hdf5") == cluster.ask("-I", "spider", "hdf5") != before


@pytest.mark.parametrize("options", [[], ["-t"]])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("mpi/hdf5/2.lua", "described"),
        ("mpi/hdf5/1.lua", "broken"),
        ("Core/own/1.lua", "brings"),
        ("Core/python/3.lua", "plain"),
        ("Core/own/2.lua", "gcc"),
        ("Core/numpy/2.lua", "described"),
        ("Core/own/.2.lua", "plain"),
    ],
)
def test_an_overview_shows_what_is_there_now(cluster, evaluated, path, text, options):
    """Though it is kept ready, and only what has changed is evaluated."""
    cluster.ask("spider")
    cluster.put(path, TEXTS[text])
    evaluated.clear()
    shown = cluster.ask(*options, "spider")
    assert set(evaluated) <= {path.partition("/")[2].removesuffix(".lua"), "own/1"}
    assert shown == cluster.ask(*options, "-I", "spider")


@given(st.text(st.sampled_from("ab-é` "), max_size=60), st.integers(1, 30))
def test_lines_are_filled_as_words_are_wrapped(text, width):
    """Of tidy texts, the fast way gives the same."""
    tidy = " ".join(text.replace("`", "").split())
    assert filled(tidy, width, "  ") == (wrap(tidy, width, "  ") or "  \n")


def test_any_damage_is_noticed(cluster):
    """A bit that has turned over, or a file that was cut off, changes no answer."""
    right = cluster.answers()
    chance = random.Random(7)
    wholes = {path: path.read_bytes() for path in cluster.files}
    for number in range(200):
        path, whole = chance.choice(list(wholes.items()))
        place = chance.randrange(len(whole))
        turned = bytes([whole[place] ^ (1 << chance.randrange(8))]) + whole[place + 1 :]
        path.write_bytes(whole[:place] + turned * (chance.random() < 0.7))
        which = number % 4
        assert cluster.ask(*QUESTIONS[which].split()) == right[which]
        path.write_bytes(whole)


@pytest.mark.parametrize(("text", "found"), [
    ('whatis("no")', set()),
    ('prepend_path("MODULEPATH", "/a")', {OPEN}),
    ('prepend_path("MODULEPATH", os.getenv("A"))', {OPEN, VARIES}),
    ('prepend_path("MODULEPATH", "~/a")', {OPEN, VARIES}),
    ('local o = os; prepend_path("MODULEPATH", o["getenv"]("A"))', {OPEN, VARIES}),
    ('extensions("a/1")', {EXTENSIONS}),
    ('if userInGroup("a") then extensions("a/1") end', {EXTENSIONS, VARIES}),
    ('setenv("A", capture("date"))', {VARIES}),
    ('whatis("an open format; see the latest at https://a.github.io.")', set()),
    ("inherit()", {OPEN, EXTENSIONS, VARIES}),
    ('whatis("it inherits, and requires much")', set()),
    ("#%Module\nmodule use $env(HOME)/a", {OPEN, VARIES}),
    ("#%Module\nmodule use /a", {OPEN}),
])  # fmt: skip
def test_what_a_text_promises(text, found):
    """From a look at the words: no more than need be is evaluated, or evaluated again."""
    assert promises(text.encode()) == found


NASTY = st.text(st.characters(codec="utf-8"), max_size=6)
LISTS = st.lists(NASTY, max_size=3).map(tuple)


@given(st.builds(Facts, LISTS, NASTY, LISTS, LISTS, LISTS, LISTS, LISTS, st.booleans(), NASTY))
def test_facts_come_back_as_they_were(facts):
    """Whatever is in them; or they are not kept at all."""
    kept = rows.text_of(facts)
    assert kept == "" or rows.facts_in(kept) == facts
    assert kept or any("\x1f" in item for field in facts if isinstance(field, tuple) for item in field)
