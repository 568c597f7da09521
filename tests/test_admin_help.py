"""The admin's command explains itself: each sub-command has examples in its help, and they are understood."""

from __future__ import annotations

import json
import shlex

import pytest
import typer
from typer.testing import CliRunner

from lmodpy.cli.admin import app

PRINTS_FOR_SHELLS = ("init", "completion")


def commands(group, above=""):
    """All commands by what is typed for them."""
    found = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, f"{above}{name} ")
        else:
            found[above + name] = command
    return found


ALL = commands(typer.main.get_command(app))


def examples(command):
    """The indented lines of a help text; what stands in quotes is what is run."""
    lines = (line for line in (command.help or "").splitlines() if line.startswith("    "))
    return [line.strip() for line in lines]


def test_the_commands_there_are():
    assert sorted(ALL) == sorted(
        [
            "cache build",
            "cache clear",
            "cache status",
            "check",
            "completion",
            "config",
            "convert",
            "doctor",
            "init",
            "version",
        ]
    )


@pytest.mark.parametrize("name", ALL)
def test_each_has_examples_that_are_understood(name):
    """Options and arguments of each example fit the command; nothing is run."""
    shown = examples(ALL[name])
    assert shown
    for line in shown:
        text = line[line.index("lmodpy ") :].split("|")[0]
        words = shlex.split(text.split(")")[0].rstrip("'\""))
        assert words[: 1 + len(name.split())] == ["lmodpy", *name.split()]
        ALL[name].make_context(name, words[1 + len(name.split()) :], resilient_parsing=False)


@pytest.mark.parametrize("name", sorted({*ALL} - {*PRINTS_FOR_SHELLS}))
def test_each_answers_programs_with_json(name):
    assert any("--json" in parameter.opts for parameter in ALL[name].params)


def test_what_was_new_in_json(tmp_path):
    """`version` and `convert` say the same as to people."""
    told = json.loads(CliRunner().invoke(app, ["version", "--json"]).output)
    assert told["answers as Lmod"] in CliRunner().invoke(app, ["version"]).output
    script = tmp_path / "env.sh"
    script.write_text("export A_OF_MINE=1\n")
    told = json.loads(CliRunner().invoke(app, ["convert", "--json", str(script)]).output)
    assert {"word": "setenv", "arguments": ["A_OF_MINE", "1"]} in told["words"]
    assert told["file"] is None
    made = tmp_path / "m.lua"
    told = json.loads(CliRunner().invoke(app, ["convert", "--json", str(script), "-o", str(made)]).output)
    assert told["file"] == str(made)
    assert 'setenv("A_OF_MINE","1")' in made.read_text()
