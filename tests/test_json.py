"""`--json` answers with one object, which is what its schema says; errors too, and any bytes."""

from __future__ import annotations

import json
import os

import jsonschema
import pytest

from tests.launcher import CLONE

SCHEMAS = os.path.join(CLONE, "docs", "schema")


def schema(name: str) -> dict:
    """Return the schema of an answer."""
    with open(os.path.join(SCHEMAS, f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)


@pytest.fixture
def stack(site):
    """A small hierarchy, with something of everything that answers tell."""
    site.modulefile(
        "Core/gcc/12.lua",
        """
        whatis("Description: compiler") whatis("Category: compilers, languages") help("Use it.", "Well.")
        family("compiler")
        prepend_path("MODULEPATH", ROOT.."/gcc12")
        setenv("CC", "gcc")
        setenv{"CC_ONCE", 1.5, modeA={"load"}}
        prepend_path{"XP", "/x", delim=";", priority=10}
        extensions("libgomp/1, libgcc/12")
        """,
    )
    site.modulefile("Core/gcc/13.lua")
    site.modulefile("Core/gcc/.14.lua")
    site.modulefile("Core/zlib/1.lua", 'add_property("lmod", "sticky")')
    site.modulefile("gcc12/mpi/4.lua", 'depends_on(atleast("zlib", "1"))')
    site.modulefile("gcc12/solo.lua")
    site.modulefile("Core/broken/1.lua", 'setenv("A"')
    site.modulefile(
        "Core/.modulerc.lua",
        'module_alias("cc", "gcc/12") module_alias("gone", "nothing/1") module_version("gcc/12", "lts")\n'
        'forbid{name="gcc/13"} hide{name="zlib/1", kind="soft"}',
    )
    site.modulefile("Core/gcc/.modulerc.lua", 'module_version("gcc/12", "default")')
    return site


QUESTIONS = [
    "list",
    "list nothing",
    "-b list",
    "avail",
    "avail mpi nothing",
    "--all avail",
    "-d avail",
    "show gcc/12",
    "show gcc/12 mpi",
    "--raw show gcc/12",
    "whatis gcc/12 nope",
    "help gcc/12 solo",
    "overview",
    "category",
    "category lang",
    "keyword compiler",
    "search libg",
    "aliases",
    "aliases nothing",
    "tablelist",
    "last-error",
]


@pytest.mark.parametrize("words", QUESTIONS)
def test_every_answer_is_what_its_schema_says(stack, words):
    """One object and nothing else, with and without something loaded."""
    command = next(word for word in words.split() if not word.startswith("-"))
    expected = schema({"search": "keyword"}.get(command, command))
    jsonschema.Draft202012Validator.check_schema(expected)
    for loading in (["gcc/12", "mpi", "solo"], ["-gcc"]):
        stack.load(*loading)
        if "mpi" in words and loading == ["-gcc"] and command == "show":
            continue  # it cannot be loaded now
        answer = json.loads(stack.module("--json", *words.split()).err)
        jsonschema.validate(answer, expected)
        assert answer["command"] == command


def test_every_schema_is_valid_and_named_in_the_manual():
    """Each schema is valid, and docs/json.md names it."""
    with open(os.path.join(CLONE, "docs", "json.md"), encoding="utf-8") as file:
        manual = file.read()
    for name in sorted(os.listdir(SCHEMAS)):
        jsonschema.Draft202012Validator.check_schema(schema(name.removesuffix(".json")))
        assert f"(schema/{name})" in manual


def test_an_answer_has_all_that_people_see(stack):
    """What is marked in a list has a key of its own."""
    stack.load("gcc/12", "mpi")
    listed = {each["name"]: each for each in json.loads(stack.module("--json", "list").err)["modules"]}
    assert list(listed) == ["gcc", "zlib", "mpi"]
    assert listed["mpi"]["needs"] == ["zlib"]
    assert [listed[name]["wanted"] for name in listed] == [True, False, True]
    assert listed["zlib"]["properties"] == ["lmod:sticky"]

    answer = json.loads(stack.module("--json", "--all", "avail").err)
    roots = [directory["root"] for directory in answer["directories"]]
    assert roots == stack.env["MODULEPATH"].split(":")
    core = {each["fullName"]: each for each in answer["directories"][1]["modules"]}
    assert core["gcc/12"] | {"path": ""} == {
        "fullName": "gcc/12",
        "name": "gcc",
        "version": "12",
        "path": "",
        "loaded": True,
        "default": True,
        "hidden": None,
        "forbidden": None,
        "symbols": ["lts"],
        "properties": [],
    }
    assert (core["gcc/13"]["forbidden"], core["gcc/.14"]["hidden"], core["zlib/1"]["hidden"]) == (
        "now",
        "hidden",
        "soft",
    )
    assert answer["aliases"] == [{"name": "cc", "target": "gcc/12"}, {"name": "gone", "target": None}]


def test_inactive_modules_stand_apart(stack):
    """They are no answer to the question what is loaded."""
    stack.load("gcc/12", "mpi").unload("gcc")
    answer = json.loads(stack.module("--json", "list").err)
    assert [each["fullName"] for each in answer["inactive"]] == ["mpi/4"]
    assert "mpi/4" not in [each["fullName"] for each in answer["modules"]]


def test_calls_keep_their_arguments(stack):
    """Text, numbers, tables and ranges come as what they are."""
    (module,) = json.loads(stack.load("gcc/12").module("--json", "show", "gcc").err)["modules"]
    calls = {call["word"]: call["args"] for call in module["calls"]}
    assert ["CC", "gcc"] in [call["args"] for call in module["calls"]]
    assert calls["setenv"] == [{"1": "CC_ONCE", "2": 1.5, "modeA": ["load"]}]
    assert calls["prepend_path"] == [{"1": "XP", "2": "/x", "delim": ";", "priority": 10}]
    assert calls["help"] == ["Use it.", "Well."]

    (module,) = json.loads(stack.module("--json", "show", "mpi").err)["modules"]
    assert module["calls"] == [{"word": "depends_on", "args": ['atleast("zlib","1")']}]


def test_what_is_inherited_stands_within_the_call(site):
    """`inherit` tells which modulefile it read, and what that one says."""
    below = site.modulefile("Core/x/1.lua", 'setenv("A", "1")')
    site.modulefile("top/x/1.lua", "inherit()")
    site.module("use", str(site.root / "top"))
    (module,) = json.loads(site.module("--json", "show", "x").err)["modules"]
    inherited = {"path": str(below), "calls": [{"word": "setenv", "args": ["A", "1"]}]}
    assert module["calls"] == [{"word": "inherit", "args": [], **inherited}]
    jsonschema.validate(json.loads(site.err), schema("show"))


FAILING = [
    ("load gc", "load", "did you mean `gcc`?"),
    ("load broken", "load", ""),
    ("show nope", "show", ""),
    ("swap nope gcc/12", "swap", "module load gcc/12"),
    ("whatis", "whatis", "`module avail`"),
    ("lod gcc", "", "did you mean `load`"),
    ("--ters list", "", "did you mean `--terse`"),
    ("-r avail [", "avail", ""),
    ("show broken", "show", ""),
]


@pytest.mark.parametrize(("words", "command", "hint"), FAILING)
def test_errors_are_answers_too(stack, words, command, hint):
    """Whatever fails, a program reads what, and nothing has changed."""
    answer = json.loads(stack.fails("--json", *words.split()))
    jsonschema.validate(answer, schema("error"))
    assert answer["command"] == command
    assert answer["status"] == 1
    assert answer["error"]["hint"].startswith(hint)


def test_an_error_names_module_file_and_line(stack):
    """An editor can jump there."""
    error = json.loads(stack.fails("load", "broken", "--json"))["error"]
    assert (error["module"], error["line"]) == ("broken/1", 3)
    assert error["file"] == str(stack.root / "Core/broken/1.lua")


def test_warnings_are_part_of_the_answer(stack):
    """Nothing stands around the object, even where people would be warned; with -q, too."""
    for options in [], ["-q"]:
        answer = json.loads(stack.module(*options, "--json", "whatis", "nope", "gcc/12").err)
        assert answer["warnings"] == ["no module `nope` can be found now"]


def test_any_bytes_survive(site):
    """A byte that is not UTF-8 comes as an escape, from which it can be made again."""
    value = 'ä \udcff " \\ \n \x01 \u2028'
    site.modulefile("Core/x/1.lua", f"setenv('V', [==[{value}]==])")
    (site.root / "Core" / "b\udcfex").mkdir()
    (site.root / "Core" / "b\udcfex" / "1.lua").touch()

    text = site.module("--json", "avail").err
    assert text.isascii()
    names = [module["name"] for module in json.loads(text)["directories"][0]["modules"]]
    assert sorted(names) == ["b\udcfex", "x"]
    (call,) = json.loads(site.module("--json", "show", "x").err)["modules"][0]["calls"]
    assert os.fsencode(call["args"][1]) == os.fsencode(value)


def test_an_answer_can_be_redirected(stack):
    """It is printed by the shell, on stdout, as one line."""
    stack.module("--redirect", "--json", "list")
    assert stack.err == ""
    assert "schema" in stack.out
    assert stack.type("--redirect", "--json", "load", "nope").err == ""
    assert stack.out.endswith("false\n")
    assert "nope" in stack.out
