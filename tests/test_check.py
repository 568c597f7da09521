"""`lmodpy check`: faults that were planted are found, and nothing else."""

from __future__ import annotations

import json
import os
import sys
import xml.etree.ElementTree as ET
from collections import Counter

import pytest
from typer.testing import CliRunner

from lmodpy.cli.admin import app
from lmodpy.cli.checkadmin import syntax
from lmodpy.errors import LmodError
from lmodpy.report.findings import KINDS
from tests.launcher import CLONE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

FAULTS = {
    # Does not evaluate.
    "Core/syntax/1.lua": ("error", 'setenv("A"'),
    "Core/undefined/1.lua": ("error", 'stenv("A", "1")'),
    "Core/argument/1.lua": ("error", 'setenv("A")'),
    "Core/runtime/1.lua": ("error", "local x = nil\nsetenv('A', x.y)"),
    "Core/refuses/1.lua": ("error", 'LmodError("not today")'),
    "Core/tclsyntax/1": ("error", "#%Module\nsetenv A {"),
    "Core/tclunknown/1": ("error", "#%Module\nno-such-word A"),
    "Core/badname/1.lua": ("error", 'setenv("A-B", "1")'),
    "Core/property/1.lua": ("error", 'add_property("colour", "red")'),
    # What it needs.
    "Core/needs/1.lua": ("needs", 'depends_on("nowhere")'),
    "Core/loads/1.lua": ("needs", 'load("nowhere/2")'),
    "Core/prereq/1.lua": ("needs", 'prereq("nowhere")'),
    "Core/prereq/2.lua": ("needs", 'prereq("good@9:")'),
    "Core/tclprereq/1": ("needs", "#%Module\nprereq nowhere neither"),
    "Compiler/a/app/1.lua": ("needs", 'depends_on("onlyb")'),
    # Paths.
    "Core/missing/1.lua": ("missing", 'prepend_path("PATH", "/nowhere/bin")'),
    "Core/missing/2.lua": ("missing", 'append_path("LD_LIBRARY_PATH", "/nowhere/lib")'),
    "Core/missingtree/1.lua": ("missing", 'prepend_path("MODULEPATH", "/nowhere/modules")'),
    "Core/tclmissing/1": ("missing", "#%Module\nprepend-path MANPATH /nowhere/man"),
    "Core/relative/1.lua": ("relative", 'prepend_path("PATH", "bin")'),
    "Core/mixed/1.lua": ("mixed", 'setenv("LD_LIBRARY_PATH", "/usr/lib:" .. os.getenv("PATH"))'),
    "Core/mixed/2.lua": ("mixed", 'prepend_path("LD_LIBRARY_PATH", os.getenv("LIBRARY_PATH"))'),
    "Core/overwritten/1.lua": ("overwritten", 'setenv("PATH", "/usr/bin:/bin")'),
    "Core/overwritten/2.lua": ("overwritten", 'pushenv("PYTHONPATH", "/usr/lib")'),
    # Undo, families, scripts.
    "Core/trace/1.lua": ("trace", 'if mode() == "load" then setenv("LEFT", "1") end'),
    "Core/trace/2.lua": ("trace", 'remove_path("PATH", "/usr/bin")'),
    "Core/family/1.lua": ("family", 'family("f") load("other")'),
    "Core/script/1.lua": ("interpreter", 'prepend_path("PATH", "ROOT/bin")'),
    # The tree.
    "Core/rc/.modulerc.lua": ("rc", "module_version("),
    "Core/.modulerc.lua": ("rc", 'hide{name="x", colour="red"}'),
}
GOOD = {
    "Core/good/1.lua": 'help("x") whatis("Description: y") setenv("G", "1") prepend_path("PATH", "ROOT/fine")',
    "Core/good/2.lua": 'pushenv("G", "2") prepend_path{"MANPATH", "/usr/share/man", delim=":"} setenv("MY_P", "a/b")',
    "Core/tcl/1": "#%Module\nsetenv T 1\nprepend-path PATH ROOT/fine",
    "Core/tclneeds/1": "#%Module\nprereq nowhere tcl\nprereq tcl/1",
    "Core/tclrange/1": "#%Module\nprereq tcl@:2\nprereq nowhere good@1,7",
    "Core/range/1.lua": 'prereq("good@2:") prereq(atleast("tcl", "0.5"))',
    "Core/other/1.lua": 'family("f")',
    "Core/a/1.lua": 'family("compiler") prepend_path("MODULEPATH", "ROOT/Compiler/a")',
    "Core/b/1.lua": 'family("compiler") prepend_path("MODULEPATH", "ROOT/Compiler/b")',
    "Compiler/a/lib/1.lua": "",
    "Compiler/b/lib/1.lua": "",
    "Compiler/b/onlyb/1.lua": "",
    "Compiler/b/app/1.lua": 'depends_on("onlyb", "lib")',
    "Core/rc/1.lua": "",
    "Core/marked/1.lua": "",
    "Core/marked/2.lua": "",
    "Core/marked/.version": "#%Module\nset ModulesVersion 1",
    "Core/gone/1.lua": "",
    "Core/blank /1.lua": "",
}


def plant(root: Path, files: dict[str, str]) -> None:
    """Write files below a directory; ROOT in them is that directory."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("ROOT", str(root)) + "\n")


def checked(root: Path, *options: str, status: int = 1, tree: str = "", **variables: str) -> str:
    """Return what `lmodpy check` says about the trees below a directory."""
    environ = {"HOME": str(root), "PATH": os.environ["PATH"], "LMOD_CONFIG_DIR": str(root), **variables}
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    try:
        done = CliRunner().invoke(app, ["check", f"{tree or root}/Core", *options], catch_exceptions=False)
    finally:
        os.environ.clear()
        os.environ.update(kept)
    assert done.exit_code == status, done.output
    return done.stdout


def test_thirty_faults_are_found_and_nothing_else(tmp_path):
    """Each of its kind, at its file; the good modules stay unmentioned."""
    plant(tmp_path, GOOD | {path: text for path, (_, text) in FAULTS.items()})
    plant(
        tmp_path, {"bin/tool": "#!/nowhere/python3", "bin/fine": "#!/bin/sh", "bin/data": "#!/nowhere/x", "fine/x": ""}
    )
    for name in "tool", "fine":
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "Core/marked/default").symlink_to("2.lua")
    (tmp_path / "Core/gone/default").symlink_to("3.lua")
    expected = Counter((kind, str(tmp_path / path)) for path, (kind, _) in FAULTS.items() if kind != "interpreter")
    expected[("interpreter", str(tmp_path / "bin/tool"))] = 1
    expected[("default", str(tmp_path / "Core/marked"))] = 1
    expected[("default", str(tmp_path / "Core/gone/default"))] = 1
    expected[("name", str(tmp_path / "Core/blank "))] = 1

    found = json.loads(checked(tmp_path, "--json"))["findings"]
    assert Counter((each["kind"], each["path"]) for each in found) == expected
    assert len(found) >= 30
    lines = {each["path"].removeprefix(f"{tmp_path}/"): each["line"] for each in found}
    assert lines["Core/runtime/1.lua"] == 2
    assert lines["Core/tclunknown/1"] == 2
    assert {each["kind"] for each in found} <= set(KINDS)


def test_the_examples_are_in_order(tmp_path):
    """Nothing is wrong with the modulefiles that come with lmodpy."""
    examples = os.path.join(CLONE, "examples", "modulefiles")
    assert "nothing is wrong" in checked(tmp_path, status=0, tree=examples)


def test_findings_for_people_and_for_ci(tmp_path):
    """A line each under the file; JUnit has a test for each module."""
    plant(tmp_path, {path: FAULTS[path][1] for path in ("Core/runtime/1.lua", "Core/relative/1.lua")})
    plant(tmp_path, {"Core/good/1.lua": ""})
    shown = checked(tmp_path, "--junit", str(tmp_path / "report.xml"))
    assert f"{tmp_path}/Core/runtime/1.lua:\n  error: line 2: runtime/1 cannot be loaded" in shown
    assert "  relative: PATH gets `bin`\n    write the whole path\n" in shown
    assert shown.endswith("3 modules: 2 findings\n")
    suite = ET.parse(tmp_path / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["relative/1", "runtime/1"]


def test_lmods_spelling(tmp_path, monkeypatch, capsys):
    """`check_module_tree_syntax` knows what Lmod's looks for, and nothing more."""
    plant(tmp_path, {"Core/bad/1.lua": "stenv()", "Core/fine/1.lua": FAULTS["Core/relative/1.lua"][1]})
    for words, status, said in [
        (["Core"], 1, "bad/1.lua:\n  error: line 1"),
        (["Core/fine"], 0, "nothing is wrong"),
        ([], 2, "usage"),
        (["--help"], 2, "usage"),
        (["nowhere"], 2, "is no directory"),
    ]:
        monkeypatch.setattr(sys, "argv", ["x", *(word if word[:1] == "-" else str(tmp_path / word) for word in words)])
        with pytest.raises(SystemExit) as ended:
            syntax()
        assert ended.value.code == status
        shown = capsys.readouterr()
        assert said in shown.err
        assert shown.out == ""


def test_kinds_can_be_chosen(tmp_path):
    """Some only, or all but some; a kind that there is not is an error."""
    plant(tmp_path, {path: FAULTS[path][1] for path in ("Core/runtime/1.lua", "Core/relative/1.lua")})
    assert "relative" not in checked(tmp_path, "--only", "error")
    assert "1 finding\n" in checked(tmp_path, "--skip", "error")
    checked(tmp_path, "--skip", "error", "--skip", "relative", status=0)


def test_what_kills_its_process_is_named(tmp_path):
    """And the others are checked all the same."""
    plant(
        tmp_path, {"Core/endless/1.lua": "while true do end", "Core/relative/1.lua": FAULTS["Core/relative/1.lua"][1]}
    )
    shown = checked(tmp_path, LMODPY_EVAL_TIMEOUT="1")
    assert "has not come to its end within 1 seconds" in shown
    assert "relative/1.lua" in shown


def test_links_that_lead_in_circles_are_followed_once(tmp_path):
    """Else two of them in one directory would take for ever."""
    plant(tmp_path, {"Core/good/1.lua": "", "Core/good/.version": "#%Module\nset ModulesVersion 1"})
    for name in "p", "q", "good/up":
        (tmp_path / "Core" / name).symlink_to(tmp_path / "Core")
    (tmp_path / "Core/good/gone.lua").symlink_to("nowhere")

    found = json.loads(checked(tmp_path, "--json", "--only", "link"))["findings"]
    assert [finding["path"] for finding in found] == [f"{tmp_path}/Core/good/gone.lua"]


def test_a_report_that_cannot_be_written(tmp_path):
    """Is an error of its own, and no traceback."""
    plant(tmp_path, {"Core/good/1.lua": ""})
    with pytest.raises(LmodError, match="cannot be written: No such file or directory") as told:
        checked(tmp_path, "--junit", "/nowhere/report.xml")
    assert told.value.status == 2
