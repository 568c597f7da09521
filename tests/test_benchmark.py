"""The benchmark kit: the sites it makes are what they say, and its tables cannot praise what was not measured."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from typer.testing import CliRunner

from lmodpy.cli import admin
from lmodpy.cli.main import run
from tests.differential.tools import LMOD
from tests.launcher import CLONE, lmodpy_cmd
from tests.needs import needs
from tests.prompt import Prompt

KIT = os.path.join(CLONE, "benchmarks")


@pytest.fixture
def kit(monkeypatch):
    """Return a function that imports a program of the kit, as `benchmarks/run` does."""
    monkeypatch.syspath_prepend(KIT)
    return importlib.import_module


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Return the directory of the sites that no test changes."""
    return str(tmp_path_factory.mktemp("sites"))


def modulefiles(root: str) -> dict[str, str]:
    """Return the text of every modulefile below a directory, by its path there."""
    found = {}
    for folder, _, files in os.walk(root):
        for name in files:
            path = os.path.join(folder, name)
            if name.endswith(".lua") and name != ".modulerc.lua" and not os.path.islink(path):
                with open(path, encoding="utf-8") as file:
                    found[os.path.relpath(path, root)] = file.read()
    return found


def prompt_at(site: Any) -> Prompt:
    """Return a prompt of a user of a site."""
    return Prompt({"HOME": "/nowhere", "PATH": "/usr/bin:/bin", "MODULEPATH": site.modulepath})


@pytest.mark.parametrize("layout", ["hierarchical", "flat"])
@pytest.mark.parametrize("size", [50, 1_000])
def test_a_site_has_what_it_says_and_can_be_used(kit, kept, layout, size):
    """There are exactly so many modulefiles, and the usual stack loads and goes without a trace."""
    site = kit("sites").site(kept, layout, size)
    assert len(modulefiles(site.root)) == size
    prompt = prompt_at(site)
    before = prompt.everything()
    assert prompt.type("load", "gcc", "openmpi", "hdf5") == 0, prompt.err
    assert [name for name in prompt.loaded if name.startswith(("gcc", "openmpi", "hdf5"))] == [
        "gcc/13.2.0",
        "openmpi/4.1.6",
        "hdf5/1.14.3",
    ]
    assert prompt.type("purge") == 0
    assert prompt.everything() == before


@pytest.mark.parametrize("layout", ["hierarchical", "flat"])
def test_what_modules_need_is_there(kit, kept, layout):
    """Each module that another depends on can be found where everybody begins."""
    site = kit("sites").site(kept, layout, 1_000)
    needed = {
        line.split('"')[1]
        for text in modulefiles(site.root).values()
        for line in text.splitlines()
        if line.startswith("depends_on")
    }
    assert needed
    assert {name for name in needed if not os.path.isfile(os.path.join(site.modulepath, f"{name}.lua"))} == set()


def test_a_site_has_what_real_ones_have(kit, kept):
    """Default marks of each kind, hidden versions and extensions, and both ways of writing modulefiles."""
    site = kit("sites").site(kept, "flat", 1_000)
    files = {name for _, _, files in os.walk(site.root) for name in files}
    assert {"default", ".version", ".modulerc.lua"} <= files
    texts = modulefiles(site.root)
    assert any("/." in path for path in texts)
    assert any("extensions(" in text for text in texts.values())
    assert {text.startswith("help(") for text in texts.values()} == {True, False}


def test_every_machine_has_the_same_site(kit, kept, tmp_path):
    """Two sites of one kind differ in nothing but the directory they lie in."""
    sites = kit("sites")
    first, second = (sites.site(place, "hierarchical", 1_000) for place in (kept, str(tmp_path)))
    told = [
        {path: text.replace(site.root, "") for path, text in modulefiles(site.root).items()} for site in (first, second)
    ]
    assert told[0] == told[1]


def test_a_site_is_kept_until_its_programs_change(kit, tmp_path, monkeypatch):
    """A site that is there is taken as it is; one made by another state of the programs makes room."""
    sites = kit("sites")
    first = sites.site(str(tmp_path), "flat", 50)
    mark = os.path.join(first.root, "mark")
    with open(mark, "w", encoding="utf-8"):
        pass
    assert sites.site(str(tmp_path), "flat", 50) == first
    assert os.path.exists(mark)

    monkeypatch.setattr(sites, "_state", lambda: "another")
    second = sites.site(str(tmp_path), "flat", 50)
    assert os.listdir(tmp_path) == [os.path.basename(second.root)]
    assert len(modulefiles(second.root)) == 50


# lmodpy's cost, what a row says besides, and whether the promise is kept. CPU time and wall time both count.
VERDICTS = [
    ((40, 40), {"lmod": (100, 100), "target": 0.5}, True),
    ((40, 60), {"lmod": (100, 100), "target": 0.5}, False),
    ((60, 40), {"lmod": (100, 100), "target": 0.5}, False),
    ((90, 40), {"lmod": (100, 100), "target": 0.5, "by": ("wall",)}, True),
    ((110, 110), {"against": (100, 100), "target": 1.2}, True),
    ((130, 110), {"against": (100, 100), "lmod": (9000, 9000), "target": 1.2}, False),
    ((2900, 2900), {"lmod": (100, 100), "limit": 3000}, True),
    ((2900, 3100), {"lmod": (100, 100), "limit": 3000}, False),
    ((40, 40), {"lmod": (100, 100)}, None),
    ((40, 40), {"target": 0.5}, None),
    (None, {"lmod": (100, 100), "target": 0.5, "limit": 3000, "note": "not there yet"}, None),
]


@pytest.mark.parametrize(("cost", "said", "met"), VERDICTS)
def test_a_promise_is_kept_broken_or_unknown(kit, cost, said, met):
    """A row is met only if everything that was promised was measured and kept."""
    speed, measure = kit("speed"), kit("measure")
    costs = {key: measure.Cost(*said.get(key)) if said.get(key) else None for key in ("lmod", "against")}
    row = speed.Row("case", "title", measure.Cost(*cost) if cost else None, **{**said, **costs})
    assert row.met is met
    assert kit("tables").time_line(row).split("|")[-2].strip() == said.get(
        "note", {True: "met", False: "MISSED"}.get(met, "")
    )


def test_every_case_is_documented(kit):
    """What can be asked for with --only is told in docs/benchmark.md."""
    with open(os.path.join(CLONE, "docs", "benchmark.md"), encoding="utf-8") as file:
        told = file.read()
    assert [name for name in (*kit("speed").CASES, *kit("scale").NAMES) if f"\n| `{name}` " not in told] == []


def program(path: Any, script: str) -> str:
    """Write a program and return its path."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_what_is_not_there_yet_is_told_from_what_fails(kit, tmp_path):
    """A missing command is noted; one that fails, or answers something else, ends the benchmark."""
    scale, measure = kit("scale"), kit("measure")

    def absence(script: str) -> str:
        return scale._absence(measure.Command((program(tmp_path / "tool", script),), {"PATH": "/usr/bin:/bin"}), "hdf5")

    assert absence("echo hdf5 >&2") == ""
    assert absence("echo 'is a word of Lmod that lmodpy does not have yet' >&2; exit 1") == "not there yet"
    assert scale._absence(measure.Command((str(tmp_path / "absent"),), {}), "hdf5") == "no absent"
    for failing in ("echo hdf5; exit 1", "echo fftw"):
        with pytest.raises(measure.MeasureError):
            absence(failing)


def test_memory_and_calls_are_those_of_the_command(kit, tmp_path):
    """A program that fills 50 MB is seen to, and each look at a file inside the tree is counted, no other."""
    measure = kit("measure")
    env = {"PATH": "/usr/bin:/bin"}
    fill = measure.Command((sys.executable, "-I", "-S", "-c", "x = b'x' * 50_000_000"), env)
    assert 50 < measure.needs(fill).megabytes < 100
    looks = f"import os\nfor n in range(7): os.path.exists('{tmp_path}/%d' % n)\nos.path.exists('/nothing')"
    look = measure.Command((sys.executable, "-I", "-S", "-c", looks), env)
    assert measure.needs(look, str(tmp_path)).calls in {7, None}


def test_it_runs(tmp_path):
    """One quick series in a real process: tables on stdout, figures for programs, the verdict as exit status."""
    figures = tmp_path / "figures.json"
    words = ["--runs", "1", "--size", "50", "--layout", "hierarchical", "--only", "pair", "--lmodpy", lmodpy_cmd()]
    places = ["--sites", str(tmp_path / "sites"), "--json", str(figures)]
    done = subprocess.run(
        [sys.executable, os.path.join(KIT, "run"), *words, *places], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(figures.read_text())
    assert [(row["site"], row["case"]) for row in told["rows"]] == [("hierarchical, 50 modulefiles", "pair")]
    assert told["rows"][0]["lmodpy"]["cpu"] > 1
    assert told["needs"][0]["met"] in {True, None}
    assert "| `load gcc openmpi`  " in done.stdout


# Beside Lmod


def told_by_lmod(words: str, env: dict[str, str]) -> list[str]:
    """Return the lines that the installed Lmod writes, without a cache."""
    argv, env = [needs(LMOD), "bash", *words.split()], {**env, "LMOD_IGNORE_CACHE": "yes"}
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=True).stderr.splitlines()


LISTS = ("-t avail", "-t -d avail", "-t avail hdf5", "-t spider", "-t spider hdf5", "--show_hidden -t spider")


@pytest.mark.parametrize("layout", ["hierarchical", pytest.param("flat", marks=pytest.mark.soak)])
def test_lists_of_a_whole_site_are_those_of_lmod(kit, kept, layout, tmp_path):
    """Of a thousand modulefiles: without a cache, with the user's own, and with what the site has built."""
    site = kit("sites").site(kept, layout, 1_000)
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MODULEPATH": site.modulepath}
    theirs = [told_by_lmod(words, env) for words in LISTS]
    built = str(tmp_path / "built")
    done = CliRunner().invoke(admin.app, ["cache", "build", "--dir", built, site.modulepath], env=env)
    assert done.output.startswith("1000 modules in "), done.output
    assert len(theirs[3]) > 450

    served = {"LMOD_SPIDER_CACHE_DIRS": built, "LMODPY_CACHE_VOUCHED": "yes"}
    for more in {"LMOD_IGNORE_CACHE": "yes"}, {}, {}, served:
        answers = (run(["bash", *words.split()], {**env, **more}, say=lambda _: None) for words in LISTS)
        ours = [answer.err.splitlines() for answer in answers]
        for words, mine, lmods in zip(LISTS, ours, theirs, strict=True):
            assert sorted(mine) == sorted(lmods), words
            if "avail" in words:  # see the row on the order of `-t spider` in docs/differences.md
                assert mine == lmods, words
        for before, line in itertools.pairwise(ours[3]):
            assert line.endswith("/") or line.partition("/")[0] == before.partition("/")[0]
    assert len(os.listdir(tmp_path / ".cache/lmodpy")) > 1
