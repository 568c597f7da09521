"""`lmodpy doctor`: what is wrong is found, with what to do; where nothing is wrong it says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest
from typer.testing import CliRunner

from lmodpy.cli import diagnosis, entry
from lmodpy.cli.admin import app
from lmodpy.cli.diagnosis import Patient, facts, findings
from lmodpy.errors import LmodError
from lmodpy.report.diagnosis import KINDS
from tests.needs import needs
from tests.prompt import Prompt

BLOCK = "# mine\n\n# >>> conda initialize >>>\n__conda_setup=...\n# <<< conda initialize <<<\n"


@pytest.fixture
def node(tmp_path):
    """A user on a machine where all is well."""
    for directory in ("home", "modules/gcc", "etc/profile.d", "bin"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "modules/gcc/12.lua").write_text(f'prepend_path("PATH", "{tmp_path}/bin")')
    return Node(tmp_path)


class Node:
    def __init__(self, root):
        self.root = root
        self.env = {"HOME": f"{root}/home", "PATH": "/usr/bin:/bin", "MODULEPATH": f"{root}/modules"}
        self.env["LMOD_CMD"] = entry.launcher(entry.package_directory())

    def put(self, path, text=""):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def use(self, *paths):
        self.env["MODULEPATH"] = ":".join(f"{self.root}/{path}" for path in paths)

    def load(self, *names):
        prompt = Prompt(self.env)
        prompt.type("load", *names)
        self.env = prompt.env
        assert self.env["LOADEDMODULES"] == ":".join(names)

    @property
    def found(self):
        return findings(Patient(self.env, f"{self.root}/etc"))


def test_where_nothing_is_wrong_nothing_is_found(node):
    assert node.found == []


@pytest.mark.parametrize(
    ("kind", "about", "change"),
    [
        ("modulepath", "", lambda it: it.env.update(MODULEPATH=f"{it.root}/modules::{it.root}/modules")),
        ("modulepath", "some/where", lambda it: it.env.update(MODULEPATH="some/where")),
        ("modulepath", "/nowhere", lambda it: it.env.update(MODULEPATH="/nowhere")),
        ("modulepath", "{it.root}/bin", lambda it: it.env.update(MODULEPATH=f"{it.root}/bin")),
        ("modulepath", "{it.root}/modules/gcc/12.lua", lambda it: it.use("modules/gcc/12.lua")),
        ("modulepath", "{it.root}/./modules", lambda it: it.use("modules", "./modules")),
        ("tools", "LMOD_CMD", lambda it: it.env.update(LMOD_CMD="/nowhere/lmod")),
        ("tools", "LMOD_CMD", lambda it: it.env.update(LMOD_CMD="/bin/sh")),
        ("tools", "MODULES_CMD", lambda it: it.env.update(MODULES_CMD="/usr/lib/modulecmd.tcl")),
        ("tools", "_ModuleTable001_", lambda it: it.env.update(_ModuleTable001_="X", __LMODPY_STATE="")),
        ("conda", "{it.root}/home/.bashrc", lambda it: it.put("home/.bashrc", BLOCK)),
        ("conda", "{it.root}/home/.config/fish/config.fish", lambda it: it.put("home/.config/fish/config.fish", BLOCK)),
        ("cache", "/nowhere", lambda it: it.env.update(LMOD_SPIDER_CACHE_DIRS="/nowhere")),
        ("cache", "{it.root}/bin", lambda it: it.env.update(LMOD_SPIDER_CACHE_DIRS=f"{it.root}/bin")),
        ("cache", "{it.root}/home/.cache/lmodpy/a.names", lambda it: it.put("home/.cache/lmodpy/a.names", "x")),
        ("environment", "LONG", lambda it: it.env.update(LONG="x" * 70_000)),
        ("environment", "A10, A11, A12", lambda it: it.env.update({f"A{n}": "x" * 60_000 for n in range(10, 28)})),
        ("setting", "LMOD_PAGR", lambda it: it.env.update(LMOD_PAGR="less")),
        ("setting", "LMODPY_EVAL_TIMEOUT", lambda it: it.env.update(LMODPY_EVAL_TIMEOUT="soon")),
        ("setting", "LMOD_AUTO_SWAP", lambda it: it.env.update(LMOD_AUTO_SWAP="perhaps")),
        ("setting", "LMOD_COLORIZE", lambda it: it.env.update(LMOD_COLORIZE="always")),
        ("state", "__LMODPY_STATE", lambda it: it.env.update(LOADEDMODULES="gcc/12", __LMODPY_STATE="damaged")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(node, monkeypatch, kind, about, change):
    """One thing at a time, and nothing besides; each with something to do."""
    monkeypatch.setattr(os, "sysconf", lambda _: 4_000_000)
    change(node)
    (finding,) = [each for each in node.found if each.kind == kind][:1] or [None]
    assert (finding.kind, finding.about) == (kind, about.format(it=node))
    assert finding.kind in KINDS
    assert finding.text
    assert finding.advice
    assert {each.kind for each in node.found} == {kind}


def test_two_tools_for_everybody_are_named_with_their_files(node):
    node.put("etc/profile.d/lmodpy.sh", ". /opt/lmodpy/share/lmodpy/init/sh\n")
    node.put("etc/profile.d/old.sh", "# /usr/share/lmod/lmod/init was here\n")
    assert node.found == []
    node.put("etc/profile.d/z00_lmod.sh", ". /usr/share/lmod/lmod/init/bash\n")
    (finding,) = node.found
    assert f"Lmod in {node.root}/etc/profile.d/z00_lmod.sh" in finding.text
    assert f"lmodpy in {node.root}/etc/profile.d/lmodpy.sh" in finding.text


def test_a_modulefile_that_is_not_on_this_machine(node):
    node.load("gcc/12")
    assert node.found == []
    (node.root / "modules/gcc/12.lua").rename(node.root / "modules/gcc/13.lua")
    node.env["HOSTNAME"] = "login1"
    (finding,) = node.found
    assert (finding.kind, finding.about) == ("state", f"{node.root}/modules/gcc/12.lua")
    assert "gcc/12" in finding.text
    assert "login1" in finding.text


def test_conda_in_front_of_a_module(node):
    node.load("gcc/12")
    node.env |= {"CONDA_PREFIX": "/opt/conda", "PATH": f"{node.env['PATH']}:/opt/conda/bin"}
    assert node.found == []
    node.env["PATH"] = f"/opt/conda/bin:{node.env['PATH']}"
    (finding,) = node.found
    assert "/opt/conda/bin stands on PATH in front of gcc/12" in finding.text


def test_an_index_of_the_site_that_is_out_of_date(node):
    for number in range(30):
        node.put(f"modules/m{number}/1.lua")
    node.put("index/keep")
    built = CliRunner().invoke(
        app, ["cache", "build", "--dir", f"{node.root}/index", node.env["MODULEPATH"]], env=node.env
    )
    assert built.exit_code == 0
    node.env["LMOD_SPIDER_CACHE_DIRS"] = f"{node.root}/index"
    old = node.root / "modules"
    os.utime(old, (1, 1))
    (finding,) = node.found
    assert (finding.kind, finding.about) == ("cache", f"{node.root}/modules")


def test_slow_directories_are_measured_and_dead_ones_not_waited_for(node, monkeypatch):
    """A directory that never answers costs a moment, and the others are looked at as always."""
    dead, slow = f"{node.root}/dead", f"{node.root}/slow"
    never, look = threading.Event(), diagnosis._listed
    monkeypatch.setattr(diagnosis, "DEAD", 0.2)
    monkeypatch.setattr(
        diagnosis,
        "_listed",
        lambda path: never.wait() and 0.0 if path == dead else 0.15 if path == slow else look(path),
    )
    node.env["MODULEPATH"] += f":{dead}"
    node.env["PATH"] += f":{slow}"
    assert [(each.kind, each.about) for each in node.found] == [("slow", dead), ("slow", slow)]
    assert "150 ms" in node.found[1].text
    never.set()


def test_without_lua(node, monkeypatch):
    def missing():
        raise LmodError("Lua modulefiles cannot be read", "pip install lupa")

    monkeypatch.setattr(diagnosis, "lua_runtime", missing)
    (finding,) = node.found
    assert (finding.kind, finding.advice) == ("lua", "`pip install lupa`")
    assert facts(Patient(node.env))["lua"] == "none"


def test_without_tcl_it_matters_where_there_are_tcl_modulefiles(node, monkeypatch):
    monkeypatch.setattr(diagnosis, "tclsh", lambda *_: "")
    monkeypatch.setattr(diagnosis, "python", list)
    assert node.found == []
    node.put("modules/old/1", "#%Module\n")
    (finding,) = node.found
    assert (finding.kind, finding.about) == ("tcl", f"{node.root}/modules/old/1")


def test_the_page_and_the_data(node):
    """For people, and for programs that compare nodes; the status says whether there is something to do."""
    node.env["LMOD_PAGR"] = "less"
    environ = {name: "" for name in os.environ if name.startswith(("LMOD", "MODULE", "__LMOD", "CONDA"))} | node.env
    environ = {name: value or None for name, value in environ.items()}
    page = CliRunner().invoke(app, ["doctor"], env=environ)
    assert "setting: lmodpy knows no LMOD_PAGR\n    did you mean LMOD_PAGER?\n" in page.output
    assert page.exit_code == 1
    data = json.loads(CliRunner().invoke(app, ["doctor", "--json"], env=environ).output)
    assert (data["schema"], data["command"]) == (1, "doctor")
    assert data["facts"]["MODULEPATH"] == f"{node.root}/modules"
    assert [each["kind"] for each in data["findings"] if each["about"] == "LMOD_PAGR"] == ["setting"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_tab_completes_the_command(shell, real_shells_complete):
    """In a real shell, with what `lmodpy completion` prints."""
    assert real_shells_complete(shell) >= {"cache", "check", "completion", "config", "convert"}


@pytest.fixture
def real_shells_complete(tmp_path):
    """What a shell offers after `lmodpy c`, by the functions that it has taken up."""
    scripts = {
        "bash": 'eval "$(lmodpy completion bash)"; COMP_WORDS=(lmodpy c) COMP_CWORD=1; _lmodpy_completion lmodpy; '
        'printf "%s\\n" "${COMPREPLY[@]}"',
        "zsh": 'compdef() { :; }; _arguments() { :; }; eval "$(lmodpy completion zsh)"; '
        '_TYPER_COMPLETE_ARGS="lmodpy c" _LMODPY_COMPLETE=complete_zsh lmodpy | tr "\\"" "\\n" | cut -d: -f1',
        "fish": "lmodpy completion fish | source; complete -C 'lmodpy c' | string split -f1 \\t",
    }

    def offered(shell):
        env = {"PATH": f"{os.path.dirname(sys.executable)}:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        said = subprocess.run([needs(shell), "-c", scripts[shell]], env=env, capture_output=True, text=True, timeout=60)
        return set(said.stdout.split())

    return offered
