"""Whatever happens to the caches - kills, crowds, damage, clocks, disks - users hear what they would hear without.

`lmodpy cache build` fills a site's directory, commands fill the user's own; each answer is compared with that of `-I`.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import resource
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from lmodpy.cli import admin
from lmodpy.cli import beside as besides
from lmodpy.cli.cacheupdate import update
from lmodpy.cli.main import run
from lmodpy.errors import LmodError
from lmodpy.spider import index as indexes
from lmodpy.spider import memory as memories
from lmodpy.spider import stamps, store
from tests.launcher import CLONE, lmodpy_cmd
from tests.needs import needs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

QUESTIONS = ("-t spider", "spider hdf5/1", "-t avail", "avail", "--json spider", "keyword format", "spider nothing")
SITE = {"LMOD_SPIDER_CACHE_DIRS": "ROOT/cache", "XDG_CACHE_HOME": "ROOT/home/.here"}  # no directory
VOUCHED = {**SITE, "LMODPY_CACHE_VOUCHED": "yes"}
USERS = {"own files": {}, "the site's files": SITE, "the site vouches": VOUCHED}
DESCRIBED = 'whatis("Description: data format") add_property("state", "testing") extensions("h5py/3")'


class Cluster:
    """A hierarchy, its cache, and users of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.put("Core/gcc/1.lua", 'family("compiler") prepend_path("MODULEPATH", "ROOT/gcc")')
        self.put("gcc/mpi/1.lua", 'family("mpi") prepend_path("MODULEPATH", "ROOT/mpi")')
        self.put("Core/cmake/3.lua", 'whatis("Description: builds")')
        self.put("mpi/hdf5/1.lua", DESCRIBED)
        self.put("mpi/hdf5/2.lua", 'whatis("Description: another format")')
        self.put("home/.here")
        self.core, self.place = f"{root}/Core", f"{root}/cache"
        self.environ = {"HOME": f"{root}/home", "PATH": "/usr/bin:/bin", "MODULEPATH": self.core}

    def put(self, path: str, text: str = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("ROOT", str(self.root)))
        return file

    def env(self, more: dict[str, str]) -> dict[str, str]:
        return {**self.environ, **{name: value.replace("ROOT", str(self.root)) for name, value in more.items()}}

    def ask(self, question: str, more: dict[str, str]) -> tuple[str, str, int]:
        outcome = run(["bash", *question.split()], self.env(more), say=lambda _: None)
        assert "unexpectedly" not in outcome.err, outcome.err
        return outcome.out, outcome.err, outcome.status

    def answers(self, more: dict[str, str], *options: str) -> list[tuple[str, str, int]]:
        return [self.ask(" ".join((*options, question)), more) for question in QUESTIONS]

    def cache(self, *words: str) -> str:
        """Run `lmodpy cache WORDS`, which must succeed."""
        done = CliRunner().invoke(admin.app, ["cache", *words, "--dir", self.place], env=self.environ)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout

    def build(self) -> str:
        return self.cache("build", "--jobs", "1", self.core)

    @property
    def site_files(self) -> list[Path]:
        return sorted((self.root / "cache").iterdir())

    @property
    def own_files(self) -> list[Path]:
        return sorted((self.root / "home/.cache/lmodpy").iterdir())


@pytest.fixture
def eager(monkeypatch):
    """Everything is kept, however small it is, and time stamps are always old enough."""
    monkeypatch.setattr(indexes, "WORTHWHILE", 1)
    monkeypatch.setattr(memories, "FEW", 1)
    monkeypatch.setattr(memories, "MANY", 1)
    monkeypatch.setattr(stamps, "TICK", -(10**18))
    monkeypatch.setattr(besides, "ENOUGH", 1)


@pytest.fixture
def cluster(tmp_path, eager):
    return Cluster(tmp_path)


@pytest.fixture
def right(cluster):
    """What everybody must hear: `avail` shows properties and extensions once something has read them."""
    right = cluster.answers({}, "-I")
    cluster.build()
    for more in USERS.values():
        assert cluster.answers(more)[:3] == right[:3]
    return cluster.answers(SITE)


def forked(act, *given) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("fork").Process(target=act, args=given)
    process.start()
    return process


def build_and_ask(cluster: Cluster, rounds: int) -> None:
    """Fill both caches anew, again and again."""
    for number in range(rounds):
        if number % 2:
            cluster.cache("clear")
            for file in (cluster.root / "home/.cache/lmodpy").glob("*.facts"):
                file.unlink(missing_ok=True)
        cluster.build()
        cluster.ask("spider", {})


@pytest.mark.parametrize("kills", [12, pytest.param(200, marks=pytest.mark.soak)])
def test_killed_at_any_moment(cluster, right, kills):
    """The next reader is right, whoever is asked, and the next build is whole; no process of a build stays."""
    chance = random.Random(kills)
    for number in range(kills):
        alive, held = os.pipe()
        builder = forked(build_and_ask, cluster, 1000)
        os.close(held)
        time.sleep(chance.random() * 0.12)
        os.kill(builder.pid, signal.SIGKILL)
        builder.join()
        assert cluster.answers(list(USERS.values())[number % 3]) == right, number
        assert select.select([alive], [], [], 10)[0], "a process that a build has started goes on"
        os.close(alive)
    cluster.build()
    assert cluster.build().endswith("0 of 3 directories written\n")
    assert cluster.answers(VOUCHED) == right


def reads(cluster: Cluster, right: list[tuple[str, str, int]], number: int) -> None:
    more = list(USERS.values())[number % 3]
    for place in range(len(QUESTIONS)):
        which = (place + number) % len(QUESTIONS)
        if cluster.ask(QUESTIONS[which], more) != right[which]:
            os._exit(1)


def test_ten_builders_and_fifty_readers(cluster, right):
    """All at once: every answer is right, every build ends well, and what they leave is whole."""
    builders = [forked(build_and_ask, cluster, 4) for _ in range(10)]
    readers = [forked(reads, cluster, right, number) for number in range(50)]
    for process in (*builders, *readers):
        process.join(timeout=120)
    assert [process.exitcode for process in builders] == [0] * 10
    assert [process.exitcode for process in readers] == [0] * 50
    cluster.build()
    assert cluster.build().endswith("0 of 3 directories written\n")
    assert {file.suffix for file in (*cluster.site_files, *cluster.own_files)} <= {".names", ".facts"}


def content(file: Path) -> tuple[str, dict[str, str]]:
    """Return all that can be read in a file; raises Damaged."""
    reader = store.Reader(str(file))
    try:
        return reader.key, {name: reader.text(name) for name in reader._sections}
    finally:
        reader.close()


def cut(whole: bytes, place: int, other: bytes, chance: random.Random) -> bytes:
    return whole[:place]


def turned(whole: bytes, place: int, other: bytes, chance: random.Random) -> bytes:
    return whole[:place] + bytes([whole[place] ^ (1 << chance.randrange(8))]) + whole[place + 1 :]


def mixed(whole: bytes, place: int, other: bytes, chance: random.Random) -> bytes:
    return whole[:place] + other[place:]


def foreign(whole: bytes, place: int, other: bytes, chance: random.Random) -> bytes:
    return other


def longer(whole: bytes, place: int, other: bytes, chance: random.Random) -> bytes:
    return whole[:place] + other[: chance.randrange(len(other))] + whole[place:]


HARM = (cut, turned, mixed, foreign, longer)


@pytest.mark.parametrize("harms", [30, pytest.param(200, marks=pytest.mark.soak)])
@pytest.mark.parametrize("user", USERS)
def test_any_harm_to_a_file_is_noticed_and_made_good(cluster, right, user, harms):
    """Cut off, a bit turned, mixed with another one, replaced by it: no answer changes; then it is as it was."""
    more = USERS[user]
    files = cluster.site_files if more else cluster.own_files
    wholes = {file: file.read_bytes() for file in files}
    before = {file: content(file) for file in files}
    chance = random.Random(harms)
    for number in range(harms):
        file = chance.choice(files)
        other = chance.choice([each for each in files if each != file])
        whole = wholes[file]
        file.write_bytes(chance.choice(HARM)(whole, chance.randrange(len(whole)), wholes[other], chance))
        which = number % len(QUESTIONS)
        assert cluster.ask(QUESTIONS[which], more) == right[which], (file, number)
        if more:
            cluster.build()
        else:
            cluster.ask("keyword the", more)
        assert content(file) == before[file], (file, number)


CLOCK = 1_700_000_000 * 10**9
SECOND = 10**9
SAID = [f'whatis("Description: format {letter}")' for letter in "abc"]  # of one length


@pytest.mark.parametrize("user", ["own files", "the site's files"])
def test_clocks_that_tick_slowly_and_go_back(cluster, user, monkeypatch):
    """Time stamps of whole seconds, several changes in one of them, and a clock that is set back by hours."""
    monkeypatch.setattr(stamps, "TICK", 2 * SECOND)
    now = [CLOCK]
    monkeypatch.setattr(time, "time_ns", lambda: now[0])
    chance = random.Random(user)
    files = ["mpi/hdf5/1.lua", "mpi/hdf5/2.lua", "Core/cmake/3.lua", "gcc/new/1.lua", "Core/gcc/1.lua"]
    opens = ['prepend_path("MODULEPATH", "ROOT/gcc")', 'prepend_path("MODULEPATH", "ROOT/mpi")']

    def stamped(path: Path) -> None:
        second = now[0] // SECOND * SECOND
        os.utime(path, ns=(second, second))

    def change() -> None:
        path = chance.choice(files)
        there = (cluster.root / path).exists()
        if there and chance.random() < 0.3 and path == "gcc/new/1.lua":
            (cluster.root / path).unlink()
        else:
            stamped(cluster.put(path, chance.choice(opens if path == "Core/gcc/1.lua" else SAID)))
        stamped((cluster.root / path).parent)

    for path in cluster.root.rglob("*"):
        stamped(path)
    for number in range(60):
        now[0] += chance.choice([0, SECOND // 3, 3 * SECOND, 3600 * SECOND, -chance.randrange(7200 * SECOND)])
        change()
        if user != "own files" and number % 5 == 0:
            cluster.build()
        for question in chance.sample(["-t spider", "spider hdf5/1", "-t avail", "keyword format"], 2):
            assert cluster.ask(question, USERS[user]) == cluster.ask(f"-I {question}", {}), number


def test_changes_in_quick_succession(tmp_path, monkeypatch):
    """With the clock of this machine as it is: what has just come, changed or gone is so in the next answer."""
    monkeypatch.setattr(indexes, "WORTHWHILE", 1)
    monkeypatch.setattr(memories, "FEW", 1)
    cluster = Cluster(tmp_path)
    for number, (more, text) in enumerate(itertools.product([{}, SITE] * 3, SAID)):
        if number % 6 == 0:
            cluster.build()
        file = cluster.put("mpi/hdf5/1.lua", text)
        cluster.put("Core/tool/1.lua")
        assert text[21:-2] in cluster.ask("spider hdf5/1", more)[1]
        assert "tool/1\n" in cluster.ask("-t avail", more)[1]
        (cluster.root / "Core/tool/1.lua").unlink()
        assert "tool/1\n" not in cluster.ask("-t spider", more)[1]
        assert file.read_text() == text


def many(root: Path) -> Cluster:
    """So many modules that commands keep something, and it does not fit."""
    cluster = Cluster(root)
    for number in range(80):
        cluster.put(f"Core/tool{number}/1.lua", 'whatis("Description: one of many")')
    return cluster


def must_not_grow(cluster: Cluster) -> None:
    """Ask and build where no file may be longer than a little; ends with status 0 if all was right."""
    sys.dont_write_bytecode = True  # Python itself does not notice that it wrote only a part
    questions = "-t spider", "spider tool7", "-t avail"
    right = [cluster.ask(f"-I {question}", {}) for question in questions]
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
    assert [cluster.ask(question, {}) for question in questions] == right
    assert cluster.own_files == []
    told = CliRunner().invoke(admin.app, ["cache", "build", "--dir", cluster.place], env=cluster.environ).exception
    assert isinstance(told, LmodError)
    assert told.text.startswith(f"cannot write {cluster.place}/")
    assert told.text.endswith(".names: File too large")
    with pytest.raises(OSError, match=f"File too large: '{cluster.place}/spiderT.lua'"):
        update(["-d", cluster.place, "-t", f"{cluster.root}/stamp", cluster.core], cluster.environ)
    assert cluster.site_files == []
    assert list(cluster.root.glob("stamp*")) == []


def test_files_that_must_not_grow(tmp_path):
    """The quota is used up: commands answer and leave no half of a file; a build says why it cannot be, and where."""
    user = forked(must_not_grow, many(tmp_path))
    user.join(timeout=60)
    assert user.exitcode == 0


def may_mount() -> None:
    """Skip where users may have no file systems of their own, as in many containers."""
    if subprocess.run([needs("unshare"), "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs user namespaces")


BUILD = (sys.executable, "-c", "from lmodpy.cli.entry import main; main()", "cache", "build")
FULL = """
set -e
mount -t tmpfs -o size=12k none "$HOME"
for round in 1 2; do
    lmodpy-cmd bash -t spider
    lmodpy-cmd bash -t avail
    if "$@"; then echo it could not be built; fi
    ls -A "$HOME" "$HOME/.cache/lmodpy" "$HOME/cache" 2>/dev/null
    mount -o remount,ro "$HOME"
done
"""


def test_a_disk_that_is_full_and_one_that_must_not_be_written(tmp_path):
    """Neither costs an answer, and neither is left with half of a file."""
    may_mount()
    cluster = many(tmp_path)
    path = f"{os.path.dirname(lmodpy_cmd())}:{os.path.dirname(sys.executable)}:/usr/bin:/bin"
    env = {**cluster.environ, "PYTHONPATH": CLONE, "PATH": path}
    build = (*BUILD, "--dir", f"{tmp_path}/home/cache")
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", FULL, "sh", *build], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    spider, avail = (cluster.ask(f"-I {question}", {})[1] for question in ("-t spider", "-t avail"))
    refused = [line for line in done.stderr.splitlines() if line.startswith("lmodpy: ")]
    assert [line.rpartition(": ")[2] for line in refused] == ["No space left on device", "Read-only file system"]
    told = "".join(line for line in done.stderr.splitlines(keepends=True) if not line.startswith("lmodpy: "))
    assert told == (spider + avail) * 2
    assert ".new" not in done.stdout
