"""The settings: the table is complete and true, and what shows it says where each value comes from."""

from __future__ import annotations

import json
import os
import re

import pytest
from typer.testing import CliRunner

import lmodpy
from lmodpy.cli.admin import app
from lmodpy.config import ROWS, Settings
from tests.launcher import CLONE

# What Lmod's own report has, by its short name.
IDS = """
allowRoot allowTCL autoSwap avail_style case colorize configDir disable1N disp_av_ext dsConflicts
dupPaths dynamicC exactMatch expMCmd extendDflt fastTCL fastTCLUsing fileIgnPatt hiddenItalic
ksh_support lang lang_site ld_lib_path ld_preload lmod_branch lmod_cfg lua_term mAutoHndl modRC
mpath_av mpath_init mpath_root nag pager pager_opts path_hash path_lua pin_v prefix_site prpnd_blk
rc redirect settarg siteName sitePkg sitePkgPrepend spdr_ignore spdr_loads sysDfltM sysName syshost
terse_decorate tm_ancient tm_short tm_threshold tmod_find1st tmod_rule tracing dotConfOnly
lmodV luaV lfsV lua_path lua_cpath lua_term_A numSC os_name pkg prefix shell tcl_version uname
usrCacheDir z01_admin
"""


def sources() -> str:
    """Return the text of everything that could read a setting."""
    text = ""
    for folder in "lmodpy", "init", "bin":
        for place, _, files in os.walk(os.path.join(CLONE, folder)):
            for file in files:
                if not file.endswith((".pyc", "config.py")) and "__pycache__" not in place:
                    with open(os.path.join(place, file), encoding="utf-8", errors="replace") as opened:
                        text += opened.read()
    return text


def test_every_setting_is_read_or_says_that_it_is_not():
    """What the table calls a setting with an effect is read by its name somewhere, and what is idle is nowhere."""
    text = sources()
    by_name = {*re.findall(r'(?:text|flag|number)\("(\w+)"\)', text)}
    lists = re.findall(r"settings\.text\(name\) for name in \(([^)]*)\)", text)
    by_name |= {name for listed in lists for name in re.findall(r'"(\w+)"', listed)}
    special = {"show_hidden", "system_rc", "system_rc_file", "tmod_rc_file", "prefix", "prepend_block"}  # by config.py
    special |= {"package_path", "site_package_first", "more_rc"}
    special |= {"config_file", "site_package"}  # tell something, as test_which_files_were_read has it
    used = {name for name, variable, *_ in ROWS if name in by_name | special or re.search(rf"\b{variable}\b", text)}
    idle = {name for name, *_, meaning in ROWS if meaning.startswith("none")}
    shown_only = {"admin_file"}
    coming: set[str] = set()
    assert {name for name, *_ in ROWS} - idle - used <= coming
    assert (idle & by_name) - shown_only == set()


def test_the_table_is_well_formed():
    """Names and variables are unique; defaults fit their kinds; each short name of Lmod's occurs once."""
    assert len({row[0] for row in ROWS}) == len({row[1] for row in ROWS}) == len(ROWS)
    for name, _, default, kind, _, _ in ROWS:
        fits = {"flag": default in ("yes", "no"), "number": default.isdecimal(), "text": True}
        assert fits.get(kind, default in kind.split("|")), name
    ids = [row[4] for row in ROWS if row[4]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("text", ["", "0", "no", "No", "OFF"])
def test_what_means_no(text):
    """Empty, 0, no and off, in any case."""
    settings = Settings({"LMOD_QUIET": text})
    assert not settings.flag("quiet")
    assert settings.doubts == {}


@pytest.mark.parametrize(("text", "doubted"), [("yes", False), ("1", False), ("On", False), ("false", True)])
def test_what_means_yes(text, doubted):
    """Everything else does, as in Lmod; what does not look like a yes is remarked on."""
    settings = Settings({"LMOD_QUIET": text})
    assert settings.flag("quiet")
    assert bool(settings.doubts) == doubted


# `--config`, `--miniConfig`, `--config_json`.


def test_config_says_what_is_not_as_by_default_and_why(site):
    """All settings, then those that differ: default, value, and whether a variable or an option made it."""
    site.env |= {"LMOD_PIN_VERSIONS": "yes", "LMOD_COLORIZE": "no"}
    site.module("--redirect", "--config")
    everything, _, changes = site.err.partition("default  value")
    assert re.search(r"^LMOD_PIN_VERSIONS +yes +environment$", everything, re.MULTILINE)
    assert re.search(r"^LMOD_AUTO_SWAP +yes +default$", everything, re.MULTILINE)
    rows = [line.split(maxsplit=3) for line in changes.splitlines()[2:] if line]
    assert rows == [
        ["LMOD_COLORIZE", "yes", "no", "environment"],
        ["LMOD_PIN_VERSIONS", "no", "yes", "environment"],
        ["LMOD_REDIRECT", "no", "yes", "command line"],
    ]
    mini = site.module("--miniConfig").err
    assert "LMOD_AUTO_SWAP" not in mini
    assert "LMOD_PIN_VERSIONS" in mini


def test_config_json_has_the_shape_of_lmods(site):
    """One object on stderr, whatever is redirected; configT has all short names of Lmod's, flags as yes and no."""
    site.env |= {"LMOD_PIN_VERSIONS": "1", "LMOD_ANCIENT_TIME": "oops", "LMOD_REDIRECT": "yes"}
    told = json.loads(site.module("--config_json").err)
    assert {"configT", "rcfileA", "propT"} <= set(told)
    config = told["configT"]
    assert set(IDS.split()) - set(config) == set()
    assert (config["pin_v"], config["autoSwap"], config["redirect"]) == ("yes", "yes", "yes")
    assert (config["tm_ancient"], config["numSC"]) == (86400, 0)
    assert config["siteName"] == "<empty>"
    assert config["lmodV"] == lmodpy.LMOD_VERSION
    assert config["luaV"].startswith("Lua 5.")
    assert config["shell"] == site.shell
    assert told["propT"]["lmod"]["validT"] == {"sticky": 1}
    assert told["propT"]["state"]["displayT"]["testing"]["short"] == "(T)"
    assert "cache" not in told


# `module config`.


@pytest.mark.parametrize("name", ["pin_versions", "LMOD_PIN_VERSIONS", "pin_v", "collection_pin_version"])
def test_a_setting_is_known_by_several_names(site, name):
    """Ours, the variable, Lmod's short name, and that of Environment Modules."""
    assert site.module("config", name).err.startswith("LMOD_PIN_VERSIONS=no  (default; ")
    assert site.module("-t", "config", name).err == "pin_versions no\n"


def test_a_setting_can_be_set_for_the_session(site):
    """`config NAME VALUE` sets the variable, `config --reset NAME` takes it away."""
    before = dict(site.env)
    site.module("config", "quiet", "on")
    assert site.env == {**before, "LMOD_QUIET": "yes"}
    assert "environment" in site.module("config", "quiet").err
    assert site.module("config", "--reset", "quiet").env == before


def test_what_does_not_fit_is_refused(site):
    """No setting of that name, no value of that kind, too many words."""
    assert "did you mean `pin_versions`?" in site.fails("config", "pin_version", "yes")
    assert "yes or no, not `perhaps`" in site.fails("config", "quiet", "perhaps")
    assert "a number, not `x`" in site.fails("config", "width", "x")
    assert "exact or lmod, not `x`" in site.fails("config", "undo", "x")
    assert "`module config` takes" in site.fails("config", "a", "b", "c")
    assert "`module config` takes" in site.fails("config", "--reset")
    assert "module state" in site.fails("config", "--dump-state")


def test_settings_as_data(site):
    """`--json config` has every setting, with its value, where it comes from, and its default."""
    site.env["LMOD_TERM_WIDTH"] = "90"
    told = json.loads(site.module("--json", "config").err)
    assert (told["schema"], told["command"]) == (1, "config")
    assert {name: row["variable"] for name, row in told["settings"].items()} == {row[0]: row[1] for row in ROWS}
    width = {"variable": "LMOD_TERM_WIDTH", "value": 90, "origin": "environment", "default": "0", "kind": "number"}
    assert told["settings"]["width"] == width
    assert list(json.loads(site.module("config", "--json", "width").err)["settings"]) == ["width"]


# `lmodpy config`.


def run(*words: str, **variables: str) -> str:
    """Run `lmodpy config` and return what it prints."""
    done = CliRunner().invoke(app, ["config", *words], env=variables)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_admin_command_lists_settings():
    """As text and as data."""
    assert re.search(r"^LMOD_PIN_VERSIONS +yes +environment$", run(LMOD_PIN_VERSIONS="yes"), re.MULTILINE)
    assert json.loads(run("--json", LMOD_PIN_VERSIONS="yes"))["settings"]["pin_versions"]["value"] == "yes"


def test_the_reference_page_is_up_to_date():
    """docs/settings.md is what `lmodpy config --markdown` prints, whatever is set here."""
    with open(os.path.join(CLONE, "docs", "settings.md"), encoding="utf-8") as file:
        assert file.read() == run("--markdown", LMOD_PIN_VERSIONS="yes")
