"""What sites write in Python: site.py and packages."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import lmodpy
from tests.launcher import lmodpy_cmd


@pytest.fixture
def cluster(site):
    """A site with a module and a directory for its own files."""
    site.modulefile("Core/foo/1.lua", 'setenv("FOO", "1")')
    site.modulefile("Core/bar/1.lua", "")
    site.env["LMOD_CONFIG_DIR"] = str(site.root / "etc")
    return site


def code(site, text, name="etc/site.py"):
    """Write the site's file."""
    return site.modulefile(name, text)


def test_hooks_in_python(cluster):
    """They hear what those in Lua hear, and may say the words of modulefiles."""
    code(
        cluster,
        """
def register(site):
    @site.on("load")
    def loaded(module):
        site.do("setenv", "SEEN", module["modFullName"] + " " + site.getenv("FOO"))
        site.tell(f"{module['mname']['sn']} is loaded: {site.is_loaded('foo')}")

    site.register("unload", lambda module: site.warn("gone: " + module["fn"]))
    site.at_end(lambda: site.tell("the end"))
""",
    )
    before = dict(cluster.env)
    cluster.load("foo")
    assert cluster.env["SEEN"] == "foo/1 1"
    assert cluster.err == "foo is loaded: True\nthe end\n"
    cluster.unload("foo")
    assert f"lmodpy: warning: gone: {cluster.root}/Core/foo/1.lua" in cluster.err
    assert cluster.env == before


def test_lists_and_tables_in_python(cluster):
    """Lists are lists; what is edited in place or returned counts."""
    code(
        cluster,
        """
def register(site):
    @site.on("msgHook")
    def written(kind, lines):
        return [f"this is {kind}\\n", *lines]

    @site.on("listHook")
    def listed(modules):
        return [module for module in modules if module["sn"] != "bar"]

    @site.on("isVisibleHook")
    def visible(module):
        module["isVisible"] = module["sn"] != "bar"

    @site.on("avail")
    def titles(roots):
        for root in roots:
            roots[root] = "everything"
""",
    )
    cluster.load("foo", "bar/1").module("list")
    assert cluster.err.startswith("this is list\n")
    assert "bar" not in cluster.err
    cluster.module("--style", "ours", "avail")
    assert "- everything -" in cluster.err
    assert "foo/1" in cluster.err
    assert "bar" not in cluster.err


def test_settings_and_words_in_python(cluster):
    """As cosmic:assign and sandbox_registration do it in Lua."""
    code(
        cluster,
        """
def register(site):
    site.set("LMOD_PIN_VERSIONS", "yes")
    site.word("twice", lambda number: [number, 2 * number])
""",
    )
    cluster.modulefile("Core/two/1.lua", 'local pair = twice(21) setenv("TWO", pair[1] .. " " .. pair[2])')
    assert cluster.load("two").env["TWO"] == "21 42"
    cluster.module("config", "LMOD_PIN_VERSIONS")
    assert "LMOD_PIN_VERSIONS=yes  (site.py" in cluster.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def register(site:", "SyntaxError"),
        ("import no_such_module", "ROOT/etc/site.py:1: ModuleNotFoundError"),
        ("x = 1", "has no function `register(site)`"),
        ("def register(site):\n    site.register('lode', print)", "there is no hook `lode`"),
        ("def register(site):\n    1 / 0", "ROOT/etc/site.py:2: ZeroDivisionError"),
        ("def register(site):\n    site.on('load')(lambda m:\n        1 / 0)", "site.py:3): ZeroDivisionError"),
        (
            "def register(site):\n    site.on('load')(lambda m: site.do('setenv', 'A'))",
            "`setenv` takes 2 to 3 arguments",
        ),
        ("def register(site):\n    site.set('NO_SUCH', '1')", "there is no setting NO_SUCH"),
        ("def register(site):\n    site.on('load')(lambda m: exit('by design'))", "ROOT/etc/site.py:2): SystemExit"),
        (
            "def register(site):\n    @site.on('load')\n    def f(module):\n        while True: pass",
            "hook load fails (ROOT/etc/site.py:4): it has not come to its end within 0.25 seconds",
        ),
        ("def register(site):\n    while True: pass", "site.py:2: it has not come to its end within 0.25 seconds"),
        (
            "def register(site):\n    site.on('SiteName')(lambda: [1, 2])",
            "hook SiteName fails (ROOT/etc/site.py:2): it answers with a table, and not with a text",
        ),
        ("def register(site):\n    site.on('load')(lambda m: site.do('set_env'))", "there is no word `set_env` to do"),
    ],
)
def test_what_fails_is_reported_with_its_place(cluster, text, said):
    """And takes nothing down."""
    code(cluster, text)
    cluster.env["LMODPY_EVAL_TIMEOUT"] = "0.5"
    cluster.load("foo")
    assert cluster.env["FOO"] == "1"
    assert "lmodpy: warning: " in cluster.err
    assert said.replace("ROOT", str(cluster.root)) in cluster.err


def test_a_hook_in_python_may_refuse(cluster):
    """Then nothing has changed."""
    code(cluster, "def register(site):\n    site.register('load', lambda module: site.refuse('not on this node'))")
    assert "not on this node" in cluster.fails("load", "foo")


def test_both_languages(cluster):
    """site.py comes after SitePackage.lua, so it can append to what that registers."""
    cluster.modulefile(
        "etc/SitePackage.lua", 'require("Hook").register("load", function() LmodMessage("from Lua") end)'
    )
    code(cluster, "def register(site):\n    site.register('load', lambda module: site.tell('from Python'), 'append')")
    assert cluster.load("foo").err == "from Lua\nfrom Python\n"


def test_packages_that_the_site_names(cluster, monkeypatch):
    """Entry points of the group lmodpy.hooks count if LMODPY_PLUGINS names them, and not otherwise."""
    package = cluster.root / "packages"
    info = package / "ours-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lmodpy.hooks]\nours = ours_of_site:register\nbad = ours_of_site:nothing\n")
    (package / "ours_of_site.py").write_text(
        "def register(site):\n    site.register('load', lambda module: site.tell('ours: ' + module['modFullName']))\n"
    )
    monkeypatch.syspath_prepend(str(package))

    assert cluster.load("foo").err == ""
    cluster.env["LMODPY_PLUGINS"] = "ours"
    assert cluster.load("bar").err == "ours: bar/1\n"
    cluster.env["LMODPY_PLUGINS"] = "bad:theirs"
    cluster.load("foo")
    assert "LMODPY_PLUGINS: bad: AttributeError" in cluster.err
    assert "there is no entry point `theirs` of the group lmodpy.hooks; there are bad, ours" in cluster.err
    monkeypatch.delitem(sys.modules, "ours_of_site")


def test_what_site_py_prints_is_no_code(cluster):
    """Stdout belongs to the shell, which would run it."""
    code(cluster, "def register(site):\n    site.register('load', lambda m: print('touch', 'x' * 10_000))")
    command = [lmodpy_cmd(), "bash", "load", "foo"]
    done = subprocess.run(command, env=cluster.env, capture_output=True, text=True, check=True)
    assert "touch" not in done.stdout
    assert done.stderr == f"touch {'x' * 10_000}\n"


def test_site_py_in_a_real_process(cluster):
    """The bare Python that commands run in has what site.py imports."""
    code(
        cluster,
        """
import json, re
from lmodpy import SiteHooks

def register(site: SiteHooks) -> None:
    site.register("startup", lambda command: site.tell(json.dumps([re.sub("l", "L", command)])))
""",
    )
    command = [lmodpy_cmd(), "bash", "load", "foo"]
    done = subprocess.run(command, env=cluster.env, capture_output=True, text=True, check=True)
    assert json.loads(done.stderr) == ["Load"]
    assert "FOO=1;" in done.stdout
    assert lmodpy.SiteHooks.__doc__
