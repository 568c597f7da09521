"""Scripts to modulefiles: what is written says what the script did, and loads back to that."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lmodpy import system
from lmodpy.cli.admin import app
from lmodpy.cli.main import run
from lmodpy.errors import LmodError
from lmodpy.report.modulefiles import WRITERS
from tests.launcher import CLONE
from tests.needs import needs
from tests.test_scripts import HARD, SCRIPTS

FILES = {"lua": "m/1.lua", "tcl": "m/1"}


class Made:
    """A tree with one modulefile, and a user without a shell: what loading does comes as data."""

    def __init__(self, root, language):
        self.language = language
        self.path = root / FILES[language]
        self.env = {"HOME": "/", "PATH": "/usr/bin:/bin", "MODULEPATH": str(root), "GONE": "x", "LMOD_TCLSH": "library"}
        self.write = WRITERS[language]
        self.path.parent.mkdir()

    def load(self, said):
        """Write words as a modulefile and load that."""
        self.path.write_bytes(system.encode(self.write(said)))
        return self.loaded()

    def loaded(self):
        """Load the modulefile; return all that changes, but for what modules are loaded."""
        outcome = run(["json", "load", "m"], dict(self.env), say=lambda _: None)
        assert outcome.status == 0, outcome.err
        found = json.loads(outcome.out)
        own = ("LMOD", "__LMOD", "_LM", "_Mod", "LOADEDMODULES")
        found["env"] = {name: value for name, value in found["env"].items() if not name.startswith(own)}
        return found


@pytest.fixture(params=FILES)
def made(request, tmp_path):
    """An empty tree for modulefiles in one of the languages."""
    if request.param == "tcl":
        pytest.importorskip("_tkinter")
    return Made(tmp_path, request.param)


NASTY = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    st.text("{}[]\\\"'$;#\n\r\t \x1a\x7f\udcff\udc80a1\u2028", max_size=12),
    st.sampled_from([HARD, "--", "-d", "5", "{", "}", "\\", "a\\\n b", "]]", "\\{", "\n"]),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.tuples(*[NASTY] * 4))
def test_any_text_is_written_so_that_it_is_read_again(made, texts):
    """Values, aliases, functions and completions are what they were, whatever is in them."""
    value, alias, function, completion = texts
    found = made.load(
        [
            ("setenv", ("V", value)),
            ("set_alias", ("a", alias)),
            ("set_shell_function", ("f", function, "")),
            ("complete", ("json", "c", completion)),
        ]
    )
    assert found["env"] == {"V": value}
    assert found["alias"] == {"a": alias}
    assert found["shellFunc"] == {"f": [function, ""]}
    assert found.get("complete", {"c": ""}) == {"c": completion.strip()}


ENTRY = NASTY.map(lambda text: text.replace(":", "").replace("/", ""))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(front=ENTRY, back=ENTRY)
def test_any_entry_is_written_so_that_it_is_read_again(made, front, back):
    """Entries of paths come to their places and go, and so do variables."""
    made.env["P"] = "/was:/gone"
    found = made.load(
        [
            ("remove_path", ("P", "/gone")),
            ("prepend_path", ("P", f"/f{front}")),
            ("append_path", ("P", f"/b{back}")),
            ("unsetenv", ("GONE",)),
        ]
    )
    assert found["env"] == {"P": f"/f{front}:/was:/b{back}"}
    assert found["unset"] == ["GONE"]


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_script_and_its_modulefile_do_the_same(made, shell, tmp_path, monkeypatch):
    """What a modulefile made of a script does is what the script does by `source_sh`, and it goes where that went."""
    needs(shell)
    for name in {*os.environ} - {"HOME", "LC_ALL", "LANG"}:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", made.env["PATH"])
    script = tmp_path / "script"
    script.write_text(SCRIPTS[shell] + f"\ncd {tmp_path}/m\n", errors="surrogateescape")
    given = ["convert", str(script), "it's x", "--from", shell, "--to", made.language, "-o", str(made.path)]
    done = CliRunner().invoke(app, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found = made.loaded()
    made.path.unlink()
    (tmp_path / "m/1.lua").write_text(f"source_sh('{shell}', [==['{script}' \"it's x\"]==])")
    directly = made.loaded()
    assert found.pop("execute") == [f"cd '{tmp_path}/m'"]
    assert found["env"]["ARG"] == "it's x"
    if made.language == "tcl":
        directly.pop("exportedFunc", None)  # which Tcl can say only to bash: see below
    assert found == directly


@pytest.mark.parametrize("language", FILES)
def test_bash_hands_on_a_function_that_the_script_exports(site, tmp_path, language):
    """What a script exports for the children of bash, the modulefile does too, and other shells do not mind."""
    text = WRITERS[language]([("set_shell_function", ("f", 'echo "f $1"', "")), ("export_shell_function", ("f",))])
    site.modulefile(f"Core/{FILES[language]}", text)
    site.load("m")
    handed_on = [name for name in site.env if "_f" in name or name.startswith("BASH_FUNC")]
    assert bool(handed_on) == (site.shell == "bash")
    site.unload("m")
    assert not [name for name in site.env if name.startswith("BASH_FUNC")]


WAYS = {
    "a plain name": ["script.sh"],
    "a whole path": ["ROOT/script.sh"],
    "arguments that look like options": ["script.sh", "--json", "-q"],
}


@pytest.mark.parametrize("way", WAYS)
def test_sh_to_mod_prints_tcl(site, monkeypatch, way):
    """`module sh-to-mod` prints a modulefile in Tcl and changes nothing; what follows the script is the script's."""
    site.modulefile("script.sh", 'export GOT="$*" PATH=/n:$PATH\n')
    monkeypatch.chdir(site.root)
    before = dict(site.env)
    text = json_text(site, WAYS[way])
    arguments = " ".join(WAYS[way][1:])
    assert site.module("sh-to-mod", "bash", "script.sh").env == before
    assert "#%Module" in site.out
    assert text == f"#%Module\nsetenv GOT {{{arguments}}}\nprepend-path PATH /n\n"


def json_text(site, words):
    """Return the modulefile that `--json` answers with, which is what its schema says."""
    with open(os.path.join(CLONE, "docs", "schema", "sh-to-mod.json"), encoding="utf-8") as file:
        schema = json.load(file)
    words = [word.replace("ROOT", str(site.root)) for word in words]
    answer = json.loads(site.module("--json", "sh-to-mod", "bash", *words).err)
    jsonschema.validate(answer, schema)
    return answer["text"]


def test_sh_to_mod_refuses(site):
    """No script, a script that is not there or fails, a shell that is none: it says so."""
    site.modulefile("script.sh", "echo no license >&2; exit 3\n")
    assert "module sh-to-mod bash SCRIPT" in site.fails("sh-to-mod", "bash")
    assert "there is no script /nope/x" in site.fails("sh-to-mod", "bash", "/nope/x")
    assert "no license" in site.fails("sh-to-mod", "bash", f"{site.root}/script.sh")
    assert "no shell 'nosh'" in site.fails("sh-to-mod", "nosh", f"{site.root}/script.sh")


def program(*words, **env):
    """Run the program `sh_to_modulefile`."""
    beside = os.path.join(os.path.dirname(sys.executable), "sh_to_modulefile")
    return subprocess.run([beside, *words], env={**os.environ, **env}, capture_output=True, text=True, check=False)


def test_the_program_as_lmod_has_it(tmp_path):
    """Its options stand in front of the script; without a directory to go to; status 1 if the script fails."""
    script = tmp_path / "script.sh"
    script.write_text('export GOT="$1$MINE"\nalias hi="echo hi"\ncd /\n')
    done = program("--to", "TCL", "--cleanEnv", str(script), "--to", MINE="mine")
    assert done.stdout == "#%Module\nsetenv GOT --to\nset-alias hi {echo hi}\n", done.stderr
    done = program("-o", str(tmp_path / "m.lua"), str(script), "-x", MINE="mine")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "m.lua").read_text() == 'setenv("GOT","-xmine")\nset_alias("hi","echo hi")\n'
    script.write_text("false\n")
    done = program("-o", str(tmp_path / "n.lua"), str(script))
    assert done.returncode == 1
    assert "ends with status 1" in done.stderr
    assert not (tmp_path / "n.lua").exists()
    for words, told in (
        (["--to", "C", str(script)], "no language `c`"),
        (["--from", "C", str(script)], "no shell 'C'"),
    ):
        done = program(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert told in done.stderr


def test_the_name_of_the_file_tells_the_language(tmp_path):
    """`-o` with a name that does not end in .lua asks for Tcl."""
    script = tmp_path / "script.sh"
    script.write_text("export A=1\n")
    for name, text in (("1.lua", 'setenv("A","1")\n'), ("1.0", "#%Module\nsetenv A 1\n")):
        done = CliRunner().invoke(app, ["convert", str(script), "-o", str(tmp_path / name)], catch_exceptions=False)
        assert done.exit_code == 0
        assert (tmp_path / name).read_text() == text


def test_what_cannot_be_written_stays_as_it_was(tmp_path, monkeypatch):
    """A disk that is full costs no modulefile; nothing is left beside it."""
    script, output = tmp_path / "script.sh", tmp_path / "1.lua"
    script.write_text("export A=1\n")
    output.write_text("the one before")

    def full(_old: str, _new: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(LmodError, match=r"1\.lua cannot be written: No space left on device"):
        CliRunner().invoke(app, ["convert", str(script), "-o", str(output)], catch_exceptions=False)
    assert output.read_text() == "the one before"
    assert sorted(os.listdir(tmp_path)) == ["1.lua", "script.sh"]
