"""The guides for sites that come from another tool: each command of theirs is run, beside that tool."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.differential.tools import LMOD
from tests.launcher import CLONE
from tests.needs import needs

DEBIAN = "/usr/lib/x86_64-linux-gnu/modulecmd.tcl"
MODULES = os.environ.get("MODULES_PEER", DEBIAN)


def console(guide: str) -> list[tuple[str, str]]:
    """Return the commands of a guide, each with what the guide says it prints."""
    with open(os.path.join(CLONE, "docs", guide), encoding="utf-8") as file:
        blocks = re.findall(r"^```console\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)
    steps: list[tuple[str, str]] = []
    for line in "".join(blocks).splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], ""))
        elif line.startswith("> "):
            steps[-1] = (f"{steps[-1][0]}\n{line[2:]}", "")
        else:
            steps[-1] = (steps[-1][0], f"{steps[-1][1]}{line}\n")
    return steps


def played(steps: list[tuple[str, str]], places: dict[str, str], home: str) -> list[str]:
    """Run commands in one bash, with the places of this machine for those of a guide; return what each prints."""
    script = "exec 2>&1\n"
    for command, _ in steps:
        script += f"{command}\n{{ left=$?; [ $left = 0 ] || echo \"[status $left]\"; printf '\\036'; }}\n"
    for place, here in places.items():
        script = script.replace(place, here)
    done = subprocess.run(
        [needs("bash"), "--norc", "--noprofile", "-c", script],
        env={"HOME": home, "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    text = done.stdout
    for place, here in places.items():
        text = text.replace(here, place)
    return text.split("\036")[:-1]


def check(guide: str, tmp_path, **places: str) -> None:
    """Compare what a guide says with what happens."""
    (tmp_path / "profile.d").mkdir()
    prefix = os.path.abspath(sys.prefix)
    known = {"/opt/lmodpy": prefix, "/etc/profile.d": str(tmp_path / "profile.d"), **places}
    steps = console(guide)
    answers = played(steps, known, str(tmp_path))
    assert len(answers) == len(steps), f"the shell has ended at {steps[len(answers)][0]}"
    for (command, said), answer in zip(steps, answers, strict=True):
        assert (command, answer) == (command, said)


def test_what_the_guide_for_lmod_says_happens(tmp_path):
    """A site comes from Lmod, keeps both, and goes back."""
    needs(LMOD)
    core = os.path.join(CLONE, "examples", "modulefiles", "Core")
    check("migrating-from-lmod.md", tmp_path, **{"/opt/modulefiles/Core": core})


def test_what_the_guide_for_environment_modules_says_happens(tmp_path):
    """A site comes from Environment Modules, keeps both, and goes back."""
    if not os.path.exists(MODULES):
        leave = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        leave("MODULES_PEER names no modulecmd.tcl of Environment Modules")
    places = {"/opt/tclmodules": str(tmp_path / "tclmodules"), DEBIAN: MODULES}
    check("migrating-from-environment-modules.md", tmp_path, **places)
