"""What a command costs, counted rather than timed: modules imported, and files and directories touched."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

import lmodpy
from tests.launcher import CLONE
from tests.needs import needs
from tests.prompt import Prompt

CORE = os.path.join(CLONE, "examples", "modulefiles", "Core")
PLACES = [os.path.dirname(os.path.dirname(p)) for p in (importlib.util.find_spec("lupa").origin, lmodpy.__file__)]

# Runs in a bare Python, as the launcher starts it. Every question to the file system goes through one of these
# functions or is an `open`; they are counted before anything of ours is imported.
CHILD = """
import os, sys
touched = []

def watched(module, name):
    real = getattr(module, name)
    def ask(path=".", *args, **keys):
        touched.append([name, os.fsdecode(path) if not isinstance(path, int) else ""])
        return real(path, *args, **keys)
    setattr(module, name, ask)

import posix
for module in (posix, os):
    for name in ("stat", "lstat", "access", "readlink", "scandir", "listdir"):
        watched(module, name)
sys.addaudithook(lambda event, args: touched.append([event, str(args[0])]) if event == "open" else None)
sys.path += sys.argv[1].split(":")
before = set(sys.modules)

from lmodpy.cli.main import environment, run

outcome = run(["bash", *sys.argv[2:]], environment(os.environ), say=lambda text: None)
imported = sorted(sys.modules)
seen = list(touched)

import json
print(json.dumps({"status": outcome.status, "err": outcome.err, "imported": imported, "touched": seen}))
"""

# What Python itself brings for the few modules that the hot path may use, and what the Lua extension wants.
FLOOR = """
import os, binascii, zlib, time, sys
sys.path += sys.argv[1].split(":")
if len(sys.argv) > 2:
    sys.modules["lupa"] = package = type(sys)("lupa")
    package.__path__ = [sys.path[-2] + "/lupa"]
    import lupa.lua54
print("\\n".join(sys.modules))
"""

COSTLY = """argparse base64 contextlib dataclasses enum hashlib inspect json logging pathlib re rich shlex sqlite3
subprocess tempfile textwrap typer typing"""


def bare_python(script: str, *words: str, environ: dict[str, str]) -> str:
    """Run a script as the launcher runs lmodpy, and return what it prints."""
    command = [sys.executable, "-I", "-S", "-X", "utf8", "-c", script, ":".join(PLACES), *words]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def command(words: str, environ: dict[str, str]) -> dict:
    """Run a command that must succeed; return what it imported and touched."""
    told = json.loads(bare_python(CHILD, *words.split(), environ=environ))
    assert told["status"] == 0, told["err"]
    return told


def session(modulepath: str, *commands: str) -> dict[str, str]:
    """Return the environment after some commands."""
    prompt = Prompt({"HOME": "/nowhere", "PATH": "/usr/bin:/bin", "MODULEPATH": modulepath})
    for words in commands:
        assert prompt.type(*words.split()) == 0, prompt.err
    return prompt.env


HOT = {
    "load gcc openmpi": [],
    "load gcc openmpi hdf5": ["load clang openmpi hdf5"],
    "load clang": ["load gcc openmpi"],
    "unload openmpi": ["load gcc openmpi"],
    "unload gcc": ["load gcc openmpi"],
    "purge": ["load gcc openmpi hdf5"],
    "list": ["load gcc openmpi"],
    "-t list": ["load gcc openmpi"],
    "is-loaded gcc": ["load gcc"],
}


@pytest.mark.parametrize("words", HOT)
def test_nothing_costly_is_imported(words):
    """The commands of every day get by with what an empty Python has, a few small modules and the Lua extension."""
    told = command(words, session(CORE, *HOT[words]))
    assert sorted({*COSTLY.split()} & {*told["imported"]}) == []

    floor = {*bare_python(FLOOR, "lua", environ={}).split(), "_collections", "__future__"}
    others = [name for name in told["imported"] if name.split(".")[0] not in {"lmodpy", "lupa"}]
    assert sorted(set(others) - floor) == []


def test_modulefiles_in_tcl_need_nothing_costly(tmp_path):
    """Tcl runs in another process, which is started and spoken to without any library; Lua is not there."""
    needs("tclsh")
    (tmp_path / "m").write_text("#%Module\nprepend-path PATH /opt/m/bin\nif {[module-info mode load]} {setenv M 1}\n")
    told = command("load m", session(str(tmp_path)))
    assert sorted({*COSTLY.split(), "lupa"} & {*told["imported"]}) == []


@pytest.mark.parametrize("words", ["list", "-t list", "is-loaded gcc"])
def test_asking_what_is_loaded_needs_no_lua(words):
    """Lua is not even imported where no modulefile must run, and no modulefile or directory of them is touched."""
    told = command(words, session(CORE, "load gcc openmpi"))
    assert [
        name for name in told["imported"] if name.startswith(("lupa", "lmodpy.modulefile.lua", "lmodpy.spider"))
    ] == []
    assert [path for _, path in told["touched"] if path.startswith(os.path.dirname(CORE))] == []


@pytest.mark.parametrize("words", ["avail", "-t avail", "avail m1", "spider", "-t spider", "spider m1", "spider m1/1"])
def test_searches_of_what_is_known_need_nothing_costly(tmp_path, words):
    """What lists and searches show of a site that earlier commands have seen needs no Lua, library or session."""
    root = tmp_path / "modules"
    for number in range(30):
        (root / f"m{number}").mkdir(parents=True)
        (root / f"m{number}" / "1.lua").write_text(f'whatis("Description: the tool {number}")\n')
    for path in (root, *root.rglob("*")):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    environ = {**session(str(root)), "HOME": str(tmp_path)}
    command("spider", environ)

    told = command(words, environ)
    assert sorted({*COSTLY.split(), "lupa", "collections", "difflib", "functools"} & {*told["imported"]}) == []
    changing = {f"lmodpy.{name}" for name in ("env.environment", "session.session", "modulefile.words")}
    assert changing & {*told["imported"]} == set()


SELDOM = """names.spelling names.terms modulefile.rcwords modulefile.statements session.admission
tree.limits tree.meanings tree.tclrc tree.virtual"""


@pytest.mark.parametrize("words", ["load gcc openmpi", "is-avail gcc"])
def test_rules_cost_nothing_where_there_are_none(words):
    """What reads and applies rc files is only imported when there is one."""
    told = command(words, session(CORE))
    assert {f"lmodpy.{name}" for name in SELDOM.split()} & {*told["imported"]} == set()


def test_the_watch_sees_what_is_touched():
    """The counting itself works: a listing of everything is seen to touch every directory."""
    told = command("avail", session(CORE))
    assert ["scandir", CORE] in told["touched"]
    assert {f"{CORE}/{name}" for name in os.listdir(CORE)} <= {
        path for event, path in told["touched"] if event == "scandir"
    }


def grown_tree(root, size: int) -> str:
    """Write a hierarchy with `size` modulefiles and return its MODULEPATH."""

    def modulefile(path: str, body: str) -> None:
        file = root / f"{path}.lua"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body)

    for version in "12.2", "13.1":
        modulefile(f"Core/gcc/{version}", f'prepend_path("MODULEPATH", "{root}/gcc/{version}") setenv("CC", "gcc")')
        modulefile(f"gcc/{version}/openmpi/4.1", 'prepend_path("PATH", "/opt/openmpi/bin") family("mpi")')
        modulefile(f"gcc/{version}/openmpi/5.0", 'prepend_path("PATH", "/opt/openmpi/bin") family("mpi")')
    for number in range(size - 6):
        branch = ("Core", "gcc/12.2", "gcc/13.1")[number % 3]
        modulefile(f"{branch}/package{number // 6}/{number % 6}.0", 'setenv("PACKAGE", "1")')
    return f"{root}/Core"


COULD_MATCH = {"gcc", "gcc.lua", "openmpi", "openmpi.lua", "default", ".modulerc", ".modulerc.lua", ".version"}


def touched_below(root, words: str, *before: str) -> list[list[str]]:
    """Return what a command touches in a tree, as paths in it."""
    told = command(words, session(f"{root}/Core", *before))
    pairs = [[event, os.path.relpath(path, root)] for event, path in told["touched"] if path.startswith(f"{root}/")]
    return [pair for pair in pairs if pair[1] != "."]


def test_only_what_could_match_is_touched(tmp_path):
    """In a tree of 1,000 modules a load looks at nothing that its names could not mean."""
    grown_tree(tmp_path, 1000)
    pairs = touched_below(tmp_path, "load gcc openmpi")
    names = {path.removeprefix("gcc/13.1/").removeprefix("Core/").split("/")[0] for _, path in pairs}
    assert names <= COULD_MATCH
    listed = {path for event, path in pairs if event in {"scandir", "listdir"}}
    assert (
        {"Core/gcc", "gcc/13.1/openmpi"} <= listed <= {"Core/gcc", "gcc/13.1/openmpi", "Core/openmpi", "gcc/13.1/gcc"}
    )
    assert [path for event, path in pairs if event == "open"] == ["Core/gcc/13.1.lua", "gcc/13.1/openmpi/5.0.lua"]


@pytest.mark.parametrize(
    ("words", "before"),
    [
        ("load gcc openmpi", []),
        ("load gcc/12.2", ["load gcc openmpi"]),
        ("unload gcc", ["load gcc openmpi"]),
        ("unload openmpi", ["load gcc openmpi"]),
        ("swap gcc/12.2", ["load gcc openmpi"]),
        ("purge", ["load gcc openmpi"]),
        ("is-avail openmpi", ["load gcc"]),
    ],
)
def test_the_size_of_the_tree_does_not_matter(tmp_path, words, before):
    """A command touches the same files and directories in a tree of 50 modules and in one of 1,000."""
    for size in 50, 1000:
        (tmp_path / f"{size}").mkdir()
        grown_tree(tmp_path / f"{size}", size)
    small, large = (touched_below(tmp_path / size, words, *before) for size in ("50", "1000"))
    assert small
    assert small == large
    assert len(small) <= 80


def test_directories_are_listed_once(tmp_path):
    """No directory is listed, and no modulefile opened, twice in one command."""
    grown_tree(tmp_path, 50)
    pairs = touched_below(tmp_path, "load gcc openmpi")
    dear = [(event, path) for event, path in pairs if event in {"scandir", "listdir", "open"}]
    assert len(dear) == len(set(dear))
