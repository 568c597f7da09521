"""`lmodpy cache`: what a site's cron job builds for everybody, how it says what it did, and what users have of it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from lmodpy.cli import admin, walk
from lmodpy.cli.cacheupdate import update
from lmodpy.cli.evaluating import Pool
from lmodpy.cli.main import run
from lmodpy.spider import memory
from lmodpy.tree.directory import Modulefile
from tests.launcher import CLONE

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


class Cluster:
    """A small hierarchy, its admin, and a user."""

    def __init__(self, root) -> None:
        self.root = root
        self.core, self.place = str(root / "Core"), str(root / "cache")
        self.environ = {
            "HOME": str(root / "home"),
            "PATH": "/usr/bin:/bin",
            "MODULEPATH": self.core,
            "LMOD_SPIDER_CACHE_DIRS": self.place,
            "XDG_CACHE_HOME": "",
        }
        self.module("Core/gcc/13.lua", 'family("compiler") prepend_path("MODULEPATH", "ROOT/gcc13")')
        self.module("Core/cmake/3.lua")
        self.module("gcc13/hdf5/1.14.lua")

    def module(self, path: str, text: str = "") -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("ROOT", str(self.root)))

    def cache(self, *words: str):
        return CliRunner().invoke(admin.app, ["cache", *words], env=self.environ)

    def build(self, *words: str):
        """Return what a build says of itself as JSON; it must succeed."""
        done = self.cache("build", "--json", *words)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def status(self):
        return json.loads(self.cache("status", "--json").stdout)

    def user(self, *words: str, **more: str) -> str:
        done = run(["bash", *words], {**self.environ, **more}, say=lambda _: None)
        assert done.status == 0, done.err
        return done.err

    def files(self) -> dict[str, bytes]:
        return {name: (self.root / "cache" / name).read_bytes() for name in os.listdir(self.place)}


@pytest.fixture
def cluster(tmp_path):
    return Cluster(tmp_path)


def age(cluster: Cluster) -> None:
    """Let everything be a while ago, so that time stamps tell."""
    then = 1_600_000_000
    for folder, _, names in os.walk(cluster.root):
        for path in (*(os.path.join(folder, name) for name in names), folder):
            os.utime(path, (then, then))


def test_a_build_says_what_is_new_changed_removed_and_broken(cluster):
    """In the trees that modules open, too; what has not changed is not written again."""
    age(cluster)
    first = cluster.build()
    assert first == {"modules": 3, "directories": 2, "new": 3, "changed": 0, "removed": 0, "written": 2, "broken": []}
    assert cluster.build()["written"] == 0

    age(cluster)
    cluster.module("gcc13/hdf5/1.15.lua")
    cluster.module("Core/cmake/3.lua", 'setenv("A"')
    (cluster.root / "Core/gcc/13.lua").rename(cluster.root / "Core/gcc/14.lua")
    second = cluster.build()

    (broken,) = second.pop("broken")
    assert second == {"modules": 4, "directories": 2, "new": 2, "changed": 1, "removed": 1, "written": 2}
    assert broken.startswith("cmake/3 cannot be read: ")
    assert broken.endswith(f"({cluster.core}/cmake/3.lua:1)")


def test_one_process_is_enough(cluster):
    """On a machine with one processor, with fewer modulefiles left than a process is given at once."""
    for number in range(9):
        cluster.module(f"Core/tool/{number}.lua")
    assert cluster.build("--jobs", "1")["modules"] == 12


def evaluated(monkeypatch) -> list[str]:
    """The names of the modulefiles that builds evaluate from now on."""
    seen: list[str] = []
    answers = Pool.answers

    def noted(pool, modules):
        modules = list(modules)
        seen.extend(module.full_name for module in modules)
        return answers(pool, modules)

    monkeypatch.setattr(Pool, "answers", noted)
    return seen


def test_a_build_evaluates_what_has_changed(cluster, monkeypatch):
    """And what was broken, which may have had a reason elsewhere; users find all of it in the site's files."""
    cluster.module("Core/broken/1.lua", "no lua")
    age(cluster)
    cluster.build()
    seen = evaluated(monkeypatch)
    cluster.module("gcc13/hdf5/1.14.lua", 'whatis("Description: another one")')

    told = cluster.build()

    assert sorted(seen) == ["broken/1", "hdf5/1.14"]
    assert (told["changed"], told["written"], len(told["broken"])) == (1, 1, 1)
    read = []
    monkeypatch.setattr(walk, "_facts", lambda *given: read.append(given))
    assert "another one" in cluster.user("spider", LMODPY_CACHE_VOUCHED="yes")
    assert "module load gcc/13 hdf5/1.14" in cluster.user("spider", "hdf5", LMODPY_CACHE_VOUCHED="yes")
    assert read == []


CHANGES = {
    "plain": ("Core/cmake/3.lua", 'whatis("Description: another\\none") help("a\tb\\\\c")'),
    "broken": ("Core/cmake/3.lua", 'whatis("a") error("no")'),
    "varying": ("Core/cmake/3.lua", 'whatis(os.getenv("HOME"))'),
    "bringing": ("Core/cmake/3.lua", 'extensions("numpy/1.26, cmake/4")'),
    "marked": ("Core/cmake/3.lua", 'add_property("state", "testing")'),
    "opening": ("Core/cmake/3.lua", 'prepend_path("MODULEPATH", "ROOT/gcc13")'),
    "brought": ("Core/numpy/1.lua", 'whatis("Description: another one")'),
    "bringer": ("Core/python/3.lua", 'whatis("Description: another one")'),
    "opener": ("Core/gcc/13.lua", 'whatis("Description: another one")'),
    "hidden": ("Core/cmake/.4.lua", 'whatis("Description: another one")'),
    "odd": ("Core/cmake/3.lua", 'whatis("`\\1\\31`")'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_brought_up_to_date_is_as_one_that_is_new(cluster, change):
    """Byte for byte: whatever has changed, and though most of it is copied."""
    cluster.module("Core/python/3.lua", 'extensions("numpy/1.26")')
    cluster.module("Core/cmake/.4.lua")
    cluster.module("Core/numpy/1.lua")
    age(cluster)
    cluster.build()
    path, text = CHANGES[change]
    cluster.module(path, text)
    os.utime(cluster.root / path, (1_600_000_100, 1_600_000_100))
    assert cluster.build()["changed"] == 1
    updated = cluster.files()
    cluster.cache("clear")
    cluster.build()
    assert cluster.files().items() <= updated.items()  # what is no longer reached is still there


def test_of_a_file_that_is_brought_up_to_date_most_is_copied(cluster, monkeypatch):
    """Where what has changed leads nowhere."""
    age(cluster)
    cluster.build()
    cluster.module("Core/cmake/3.lua", 'whatis("Description: another one")')
    monkeypatch.delattr(memory._Shelf, "_sections")
    assert cluster.build()["changed"] == 1
    assert "another one" in cluster.user("whatis", "cmake")


def test_builds_know_the_words_of_the_site(cluster):
    """What SitePackage.lua defines can be said in modulefiles; when it changes, they are evaluated again."""
    cluster.module("site/SitePackage.lua", 'sandbox_registration{say = function() whatis("Description: ours") end}')
    cluster.environ["LMOD_PACKAGE_PATH"] = str(cluster.root / "site")
    cluster.module("Core/special/1.lua", "say()")
    age(cluster)

    assert cluster.build()["broken"] == []
    assert "ours" in cluster.user("spider", "special", LMODPY_CACHE_VOUCHED="yes")
    cluster.module("site/SitePackage.lua", 'sandbox_registration{say = function() whatis("Description: new") end}')
    assert "new" in cluster.user("spider", "special", LMODPY_CACHE_VOUCHED="yes")


def test_the_summary_is_for_people_and_cron(cluster):
    """Two lines, and one for each modulefile that is broken; that is a failure only for who wants it."""
    cluster.module("Core/broken/1.lua", "no lua")

    done = cluster.cache("build")
    assert done.exit_code == 0
    assert done.stdout.startswith(
        "4 modules in 2 directories: 4 new, 0 changed, 0 removed, 1 broken\n2 of 2 directories written\n"
    )
    assert "broken: broken/1 cannot be read" in done.stdout
    assert cluster.cache("build", "--strict").exit_code == 1


def test_users_are_served_by_what_the_site_has_built(cluster):
    """A site that vouches for it spares its users the look: they see what was there at the last build."""
    cluster.build()
    cluster.module("Core/fresh/1.lua")

    assert "fresh/1" in cluster.user("-t", "avail")
    assert "fresh/1" not in cluster.user("-t", "avail", LMODPY_CACHE_VOUCHED="yes")
    cluster.build()
    assert "fresh/1" in cluster.user("-t", "avail", LMODPY_CACHE_VOUCHED="yes")


def test_the_job_of_lmod_builds_it_too(cluster):
    """A site that goes on calling update_lmod_system_cache_files has our files beside Lmod's."""
    update(["-d", cluster.place, cluster.core], cluster.environ)
    cluster.module("Core/fresh/1.lua")

    assert "cmake/3" in cluster.user("-t", "avail", LMODPY_CACHE_VOUCHED="yes")
    assert "fresh/1" not in cluster.user("-t", "avail", LMODPY_CACHE_VOUCHED="yes")


def test_status_tells_who_serves_a_directory(cluster):
    """By which file, how old, of how many modules; and how much of it each command has to look at again."""
    assert cluster.status() == [{"root": cluster.core, "by": "", "owner": "", "age": 0, "modules": 0, "stale": 0}]

    age(cluster)
    cluster.build()
    (row,) = cluster.status()
    assert (row["owner"], row["modules"], row["stale"]) == ("site", 2, 0)
    assert os.path.dirname(row["by"]) == cluster.place
    assert 0 <= row["age"] < 60
    assert f"{cluster.core}: 2 modules, up to date; the site's {row['by']}, " in cluster.cache("status").stdout

    cluster.module("Core/cmake/4.lua")
    assert cluster.status()[0]["stale"] == 1
    assert "1 changed since" in cluster.cache("status").stdout


def test_the_user_has_files_of_his_own(cluster):
    """Without a site's directory, builds go where commands keep what they have seen, and `clear` takes them away."""
    cluster.environ["LMOD_SPIDER_CACHE_DIRS"] = ""
    cluster.build()
    own = cluster.root / "home/.cache/lmodpy"
    (cluster.root / "home/.cache/lmodpy/other").write_text("not ours")

    assert cluster.status()[0]["owner"] == "user"
    assert cluster.cache("clear").stdout == f"4 files taken away from {own}\n"
    assert json.loads(cluster.cache("clear", "--json").stdout) == {"directory": str(own), "removed": 0}
    assert os.listdir(own) == ["other"]


@pytest.mark.parametrize(("words", "told"), [
    (["build", "relative"], "`relative` is no absolute path"),
    (["build", "/nonexistent"], "there is no module in /nonexistent, so nothing was written"),
    (["build", "--dir", "/proc/here"], "cannot write /proc/here: "),
], ids=["relative", "empty", "unwritable"])  # fmt: skip
def test_a_build_that_cannot_be_is_refused(cluster, words, told):
    """It says why, and cron hears of it by the exit status; what was there stays."""
    cluster.build()
    before = cluster.files()

    done = cluster.cache(*words)

    assert told in done.exception.text
    assert done.exception.status == 1
    assert cluster.files() == before


def test_several_places_or_none_are_asked_back(cluster):
    """Nothing is guessed about where files go."""
    cluster.environ["LMOD_SPIDER_CACHE_DIRS"] = f"{cluster.place}:/other"
    assert "several directories" in cluster.cache("build").exception.text
    cluster.environ |= {"LMOD_SPIDER_CACHE_DIRS": "", "HOME": ""}
    assert "where are the index files to be?" in cluster.cache("build").exception.text


SCRIPT = "from lmodpy.cli.entry import main; main()"


def started(cluster: Cluster, *words: str) -> subprocess.Popen[bytes]:
    """Start `lmodpy cache` as a process group of its own."""
    environ = {**cluster.environ, "PYTHONPATH": CLONE}
    command = [sys.executable, "-c", SCRIPT, "cache", *words]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, start_new_session=True)


def test_whatever_happens_to_a_build_users_see_what_is_there(cluster):
    """Killed at any moment, or several at once: a user sees each module, and the next build is whole."""
    draw = random.Random(5)
    for number in range(8):
        cluster.module(f"Core/tool/{number}.lua")
        build = started(cluster, "build")
        time.sleep(draw.uniform(0.05, 0.5))
        os.killpg(build.pid, signal.SIGKILL)
        build.wait()
        assert f"tool/{number}\n" in cluster.user("-t", "avail")

    cluster.module("cache/killed.names.1.new")  # what was being written when it was killed
    for name in os.listdir(cluster.place):
        if name.endswith(".new"):
            os.utime(cluster.root / "cache" / name, (0, 0))
    builds = [started(cluster, "build", "--jobs", "2") for _ in range(4)]
    assert [build.wait(timeout=60) for build in builds] == [0, 0, 0, 0]
    assert cluster.build()["new"] == 0
    assert [name for name in os.listdir(cluster.place) if not name.endswith((".names", ".facts"))] == []
    assert "tool/7\n" in cluster.user("-t", "avail", LMODPY_CACHE_VOUCHED="yes")


class Read(NamedTuple):
    """What a process tells of a modulefile: which one it has read, and that it was asked."""

    path: str
    times: int


def evaluator(counter) -> Pool:
    def read(module):
        if module.name == "killer":
            os.kill(os.getpid(), signal.SIGKILL)
        counter.write(b".")
        return Read(module.path, 1)

    return Pool(read, Read, lambda text: Read(text, 0), 2, 30)


@pytest.mark.parametrize("killer", [None, 0, 49, 70, 119])
@pytest.mark.parametrize("offered", [0, 30, 50, 130])
def test_what_is_offered_is_evaluated_once_and_only_what_is_asked_for_is_answered(tmp_path, offered, killer):
    """Work begins while there is still more to be found; whoever ends a process costs only itself."""
    files = [
        Modulefile("killer" if number == killer else "m", str(number), f"/p/{number}", "/p", "", "")
        for number in range(150)
    ]
    asked = files[:120]
    with open(tmp_path / "counter", "wb", buffering=0) as counter:
        pool = evaluator(counter)
        try:
            for file in files[:offered]:
                pool.offer([file])
            told = list(pool.answers(asked))
            assert list(pool.answers([])) == []
        finally:
            pool.close()
    assert sorted(module.path for module, _ in told) == sorted(module.path for module in asked)
    assert all(answer.path == module.path for module, answer in told if module.name == "m")
    lost = [answer.path for module, answer in told if module.name == "killer"]
    assert ["ended the process that read it" in text for text in lost] == [True] * (killer is not None)
    if killer is None:
        assert len(asked) <= (tmp_path / "counter").stat().st_size <= max(len(asked), offered)


@pytest.mark.parametrize(
    "words",
    ["", "--json", "--strict", "--jobs 1 --json", "-j 2", "--jobs=2", "-j two", "--jason", "relative", "-- x"],
)
def test_a_build_from_a_job_says_what_one_that_is_typed_says(cluster, tmp_path, words):
    """Plain words are understood without what reads command lines for people, all others with it."""
    cluster.module("Core/wrong/1.lua", "family(")
    at_once, typed = (
        subprocess.run(
            [sys.executable, "-c", program, "cache", "build", *words.split(), "--dir", str(tmp_path / place)],
            env={**cluster.environ, "PYTHONPATH": CLONE},
            capture_output=True,
            text=True,
            check=False,
        )
        for place, program in (
            ("one", "from lmodpy.cli.entry import main; main()"),
            ("other", "from lmodpy.cli import building, entry; building.at_once = len; entry.main()"),
        )
    )
    assert at_once.returncode == typed.returncode
    assert at_once.stdout == typed.stdout
    assert at_once.stderr == typed.stderr
    assert bool(at_once.stdout) == (at_once.returncode == 0 or words == "--strict")
