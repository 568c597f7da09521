"""Random sessions on random sites, with an installed Lmod and with lmodpy: what the user has must be the same.

`make differential SEEDS=1000` plays many; FIRST is the seed to begin with, so `FIRST=17 SEEDS=1` plays one again.
"""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.differential.case import Case, File, shrunk
from tests.differential.compare import play, smallest
from tests.differential.generate import case
from tests.differential.known import KNOWN
from tests.differential.tcl import with_tcl
from tests.differential.tools import LMOD, read_bash
from tests.needs import needs

FIRST, SEEDS = int(os.environ.get("FIRST", "0")), int(os.environ.get("SEEDS", "45"))


@pytest.fixture(scope="session", autouse=True)
def peer():
    needs(LMOD)


@pytest.mark.differential
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_a_random_session_goes_as_with_lmod(seed):
    """Exit status, environment, aliases, functions and terse listings are Lmod's after every command."""
    played = case(seed)
    difference = play(played)
    if difference:
        least, shown = smallest(played, difference)
        pytest.fail(f"seed {seed} comes down to\n\n{least}\n\n{shown}\n", pytrace=False)


@pytest.mark.differential
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS // 3))
def test_a_random_session_on_files_in_tcl_goes_as_with_lmod(seed):
    """The same holds where some of the modulefiles are written in Tcl."""
    played = with_tcl(case(seed), seed)
    difference = play(played)
    if difference:
        least, shown = smallest(played, difference)
        pytest.fail(f"seed {seed}, in Tcl, comes down to\n\n{least}\n\n{shown}\n", pytrace=False)


PRINTED = r"""
setenv("PLAIN", "a b") setenv("EMPTY", "") setenv("ODD", [[é*?[]{}<>|&;()#~!'"$`\ =x]]) setenv("TAB", "a\tb")
prepend_path("PATH", "/with space") unsetenv("BEFORE") pushenv("PUSHED", "$HOME")
set_alias("ll", [[ls -l 'x y' "$1"]]) unset_alias("old")
set_shell_function("go", "echo $1;\n    ls", "x") unset_shell_function("gone")
"""
ASK = "env -0; printf '\\1'; alias ll; alias old; declare -f go; declare -f gone"


def test_what_lmod_prints_is_read_as_bash_reads_it(tmp_path):
    """The reader that stands in for bash finds the variables, aliases and functions that bash has."""
    site = str(tmp_path)
    env = Case((File("Core/all/1.lua", (PRINTED,)),), (("BEFORE", "x"),), ()).write(site)
    text = subprocess.run([LMOD, "bash", "load", "all"], env=env, capture_output=True, check=True).stdout
    script = f"old() {{ :; }}; gone() {{ :; }}; shopt -s expand_aliases; alias old=x\n{os.fsdecode(text)}\n{ASK}"
    argv = ["bash", "--norc", "--noprofile", "-c", script]
    said = os.fsdecode(subprocess.run(argv, env=env, capture_output=True, check=False).stdout)

    aliases, functions = {"old": "x"}, {"gone": ":"}
    read_bash(os.fsdecode(text), env, aliases, functions)

    variables, _, defined = said.partition("\1")
    pairs = dict(pair.split("=", 1) for pair in variables.split("\0") if pair)
    assert env == {name: value for name, value in pairs.items() if name not in {"_", "SHLVL", "PWD", "OLDPWD"}}
    assert defined.startswith("alias ll='ls -l '\\''x y'\\'' \"$1\"'\ngo ()")
    assert (aliases, functions) == ({"ll": "ls -l 'x y' \"$1\""}, {"go": "echo $1;\n    ls"})


def test_a_seed_means_one_case():
    """The same seed makes the same case each time, and another seed another."""
    assert case(7) == case(7) != case(8)


def test_a_case_shrinks_to_what_matters():
    """Everything that can be left out is left out: files, lines, variables, commands and their words."""
    full = case(3)
    needed = full.files[0].path

    def fails(less: Case) -> bool:
        return any(file.path == needed for file in less.files) and any("load" in words for words in less.commands)

    least = shrunk(full._replace(commands=(("list",), ("load", "a", "b"), ("purge",))), fails)

    assert least == Case((File(needed),), (), (("load", "a"),))


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.reason)
def test_a_known_difference_is_one_still(row):
    """Each difference that is let pass can be seen in its own case; one that is gone must leave the table."""
    assert play(row.case, rows=()) is not None
    assert play(row.case) is None
