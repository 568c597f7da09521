"""lmodpy.toml: where modulefiles are, for whom and on which machines, and what stands above them."""

from __future__ import annotations

import os
import subprocess

import pytest

from lmodpy import system
from lmodpy.cli.sitepath import FACTS, declared
from lmodpy.config import Settings
from tests.launcher import CLONE, lmodpy_cmd
from tests.needs import needs

ME, MINE = system.user()
HOST = os.uname().nodename


@pytest.fixture
def toml(site):
    """A site with three directories of modulefiles, and what writes its file."""
    for name in ("Core", "gpu", "physics"):
        site.modulefile(f"{name}/of_{name}/1.lua", "")
    site.env["LMOD_CONFIG_DIR"] = str(site.root / "etc")
    site.env["STACK"] = str(site.root)

    def write(text):
        site.modulefile("etc/lmodpy.toml", text)
        return site

    return write


def roots(site):
    """Return what counts here, as paths below the root."""
    found = declared(Settings(site.env), site.env)
    assert found.problems == ()
    return [root.removeprefix(f"{site.root}/") for root in found.roots]


CONDITIONS = {
    "": True,
    f'host = "{HOST[:2]}*"': True,
    'host = ["login*-there", "nowhere"]': False,
    f'user = "{ME}"': True,
    f'group = ["no-such", "{min(MINE)}"]': True,
    'group = "no-such"': False,
    f'arch = "{os.uname().machine}"': True,
    'arch = "sparc"': False,
    'os = "Linux"': True,
    'os = "Solaris"': False,
    f'os = "Linux", user = "{ME}"': True,
    'os = "Linux", user = "nobody-here"': False,
}


@pytest.mark.parametrize("when", CONDITIONS)
def test_conditions(toml, when):
    """All of an entry must hold; of several patterns one."""
    site = toml(
        f'[[modulepath]]\npath = "${{STACK}}/Core"\n[[modulepath]]\npath = "${{STACK}}/gpu/"\nwhen = {{ {when} }}\n'
    )
    assert roots(site) == ["Core", "gpu"][: 1 + CONDITIONS[when]]


def test_every_fact_has_an_answer():
    """On any machine."""
    assert all(isinstance(text, str) and text for ask in FACTS.values() for text in ask())


def test_what_is_not_there_does_not_count(toml):
    """So one file serves machines that have not all of it."""
    site = toml('[[modulepath]]\npath = ["${STACK}/none", "${STACK}/Core", "~"]')
    assert roots(site) == ["Core", "home"]


def test_titles_in_lists(toml):
    """In avail and overview, for directories of one title together; not in the style `system`."""
    site = toml("""
[[modulepath]]
path = ["${STACK}/gpu", "${STACK}/physics"]
label = "For some"
when = { host = "nowhere" }
[[modulepath]]
path = "${STACK}/Core"
""")
    site.env["MODULEPATH"] = f"{site.root}/gpu:{site.root}/Core:{site.root}/physics"
    for command in ("avail", "overview"):
        text = site.module(command).err
        assert text.count("- For some -") == 1, text
        assert f"- {site.root}/Core -" in text
        assert "- For some -" not in site.module("--style", "system", command).err
    site.modulefile(
        "etc/SitePackage.lua",
        'require("Hook").register("avail", function(t) for k, v in pairs(t) do t[k] = v:upper() end end)',
    )
    assert "- FOR SOME -" in site.module("--style", "loud", "avail").err


def test_config_explains_it(toml):
    """Each directory, whether it counts here, and why not."""
    site = toml("""
[[modulepath]]
path = "${STACK}/Core"
label = "All"
[[modulepath]]
path = "${STACK}/gpu"
when = { host = ["gpu-there*", "big"], os = "Linux" }
""")
    text = site.module("config").err
    lines = [line.split("  ") for line in text.partition("lmodpy.toml:\n")[2].splitlines()]
    rows = [[cell.strip() for cell in line if cell.strip()] for line in lines if len(line) > 1]
    assert rows[2] == [f"{site.root}/Core", "All", "yes"]
    assert rows[3][:2] == [f"{site.root}/gpu", "host is gpu-there* or big, os is Linux"]
    assert rows[3][2].startswith(f"no: host is {HOST}")
    assert "lmodpy.toml" in site.module("--config").err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[modulepath]", "lmodpy.toml cannot be read"),
        ("modulepath = 3", "is written [[modulepath]]"),
        ("[colours]", "`colours` is not known"),
        ("[[modulepath]]\nlabel = 'x'", "number 1 needs a path"),
        ("[[modulepath]]\npath = '/a'\nlabel = 3", "a label that is no text"),
        ("[[modulepath]]\npath = '/a'\nif = 3", "has `if`; there are path, label, when"),
        ("[[modulepath]]\npath = '/a'\nwhen = {node = 'x'}", "the condition `node`; there are group, user, host"),
        ("[[modulepath]]\npath = '/a'\nwhen = {host = 3}", "has a `when` that is not like"),
        ("[[modulepath]]\npath = '/a'\nwhen = 'x'", "has a `when` that is not like"),
    ],
)
def test_a_broken_file_is_warned_of(toml, text, said):
    """Lists are shown all the same."""
    site = toml(text)
    site.module("avail")
    assert "of_Core/1" in site.err
    assert "lmodpy: warning: " in site.err
    assert said in site.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash", "fish"])
def test_a_session_begins_with_it(toml, shell):
    """Between LMOD_SITE_MODULEPATH and the list of directories; a shell that inherits MODULEPATH keeps that."""
    site = toml('[[modulepath]]\npath = ["${STACK}/gpu", "${STACK}/none"]\n[[modulepath]]\npath = "${STACK}/Core"')
    listing = site.modulefile("etc/.modulespath", f"{site.root}/physics\n")
    init = {"dash": "sh"}.get(shell, shell)
    script = f". {CLONE}/init/{init}; printenv MODULEPATH"
    environ = {**site.env, "LMOD_MODULEPATH_INIT": str(listing), "LMOD_CMD": lmodpy_cmd(), "LMOD_PKG": CLONE}
    del environ["MODULEPATH"]

    def begun(**more):
        done = subprocess.run(
            [needs(shell), "-c", script], env={**environ, **more}, capture_output=True, text=True, check=True
        )
        return done.stdout.strip().replace(f"{site.root}/", "")

    assert begun() == "gpu:Core:physics"
    assert begun(LMOD_SITE_MODULEPATH="/first") == "/first:gpu:Core:physics"
    if shell != "fish":
        assert begun(MODULEPATH="/mine") == "/mine"
