"""The state between commands: what becomes of a damaged one, of a session another tool began, and how large it is."""

import binascii
import os
import subprocess
import tempfile
import tracemalloc
import zlib

import pytest

from benchmarks import trees
from lmodpy.cli.main import Outcome
from lmodpy.env.rules import Rules
from lmodpy.session import codec
from tests.needs import needs
from tests.prompt import Prompt

STATE = "__LMODPY_STATE"
LMOD = os.environ.get("LMOD_PEER", "/usr/share/lmod/lmod/libexec/lmod")
FILES = {
    "Core/tool/1.lua": 'setenv("TOOL", "1") prepend_path("PATH", "/tool/bin") append_path("LIST", "/tool")',
    "Core/lib/2.0.lua": 'setenv("LIB", "lib") prepend_path("PATH", "/lib/bin") pushenv("CC", "libcc")',
    "Core/app/1.lua": 'depends_on("lib") setenv("APP", "1")',
}


def prompt_on(root, *commands: str, **environ: str) -> Prompt:
    """Return a prompt on a tree with the three modules, after some commands."""
    for name, body in FILES.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body)
    prompt = Prompt({"HOME": "/nowhere", "PATH": "/usr/bin:/bin", "MODULEPATH": f"{root}/Core", **environ})
    for words in commands:
        assert prompt.type(*words.split()) == 0, prompt.err
    return prompt


def terse_list(prompt: Prompt) -> list[str]:
    """Return what `module -t list` lists; its status is always 0 and it never fails unexpectedly."""
    assert prompt.type("-t", "list") == 0
    assert "Traceback" not in prompt.err
    return [line for line in prompt.err.splitlines() if line in {"tool/1", "lib/2.0", "app/1"}]


def check_recovered(prompt: Prompt, start: dict[str, str]) -> None:
    """Check that a damaged session is reported once, and that its modules can be listed and got rid of."""
    assert terse_list(prompt) == ["tool/1", "lib/2.0"]
    assert f"the state of this session ({STATE}) is lost: " in prompt.err
    assert "2 loaded modules are known from LOADEDMODULES" in prompt.err
    assert terse_list(prompt) == ["tool/1", "lib/2.0"]
    assert "is lost" not in prompt.err
    assert prompt.type("unload", "tool") == 0
    assert prompt.loaded == ["lib/2.0"]
    assert prompt.type("purge") == 0
    assert {name: prompt.env.get(name) for name in ("TOOL", "LIB", "PATH", "LIST")} == {
        "TOOL": None,
        "LIB": None,
        "PATH": start["PATH"],
        "LIST": None,
    }
    assert sorted(set(prompt.env) - set(start)) == []


@pytest.fixture(params=["as it is", "deflated"])
def written(request, monkeypatch):
    """Both ways in which a state can be written down."""
    if request.param == "deflated":
        monkeypatch.setattr(codec, "SHORT", 0)
    return request.param


def test_a_state_cut_off_anywhere_is_noticed(tmp_path, written):
    """Wherever the state is cut off, the user is told, and the modules are still known."""
    whole = prompt_on(tmp_path, "load tool lib").env
    start = prompt_on(tmp_path).env
    for size in range(1, len(whole[STATE])):
        prompt = Prompt({**whole, STATE: whole[STATE][:size]})
        check_recovered(prompt, start)


def test_a_state_with_any_letter_changed_is_noticed(tmp_path, written):
    """Whichever letter of the state is changed, it is noticed, or it makes no difference."""
    whole = prompt_on(tmp_path, "load tool lib").env
    start = prompt_on(tmp_path).env
    same = 0
    for place, letter in enumerate(whole[STATE]):
        for other in {chr(ord(letter) ^ bit) for bit in (1, 2, 4, 8, 16, 32)}:
            changed = whole[STATE][:place] + other + whole[STATE][place + 1 :]
            prompt = Prompt({**whole, STATE: changed})
            try:
                codec.decode(changed, prompt.env, Rules(home="/nowhere"))
            except codec.Damaged:
                check_recovered(prompt, start)
            else:
                same += 1
                assert terse_list(prompt) == ["tool/1", "lib/2.0"]
                assert prompt.type("purge") == 0
                assert prompt.env == start
    unused = {"as it is": 0, "deflated": 14}  # the bits that pad the last letter and the last deflated byte
    assert same <= unused[written]


@pytest.mark.parametrize(
    "garbage",
    [
        "1",
        "11",
        "1====",
        "1AAAA",
        "garbage",
        "1 2 3",
        "1é",
        "2",
        "2:",
        "20:",
        "2:%",
        "2é:é",
        "1\udcff",
        "\n",
        "1" + "A" * 100_000,
        "$(touch /)",
        "-1",
        "0",
    ],
)
def test_garbage_is_no_state(tmp_path, garbage):
    """Any text at all may stand in the variable."""
    prompt = prompt_on(tmp_path, "load tool lib")
    prompt.env[STATE] = garbage
    check_recovered(prompt, prompt_on(tmp_path).env)


@pytest.mark.parametrize("version", ["3", "0", "a", "é"])
def test_the_state_of_another_version_is_not_guessed_at(tmp_path, version):
    """What another version of lmodpy wrote is named as that."""
    prompt = prompt_on(tmp_path, "load tool lib")
    prompt.env[STATE] = version + prompt.env[STATE][1:]
    assert terse_list(Prompt(prompt.env)) == ["tool/1", "lib/2.0"]
    assert prompt.type("list") == 0
    assert "it was written by another version of lmodpy" in prompt.err


def test_a_bomb_does_not_explode(tmp_path):
    """A state that would unpack to half a gigabyte is refused before it takes the memory."""
    prompt = prompt_on(tmp_path, "load tool lib")
    packer = zlib.compressobj(1, zlib.DEFLATED, -15, 9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush() + bytes(4)
    prompt.env[STATE] = "1" + binascii.b2a_base64(packed, newline=False).decode()
    tracemalloc.start()
    try:
        assert terse_list(prompt) == ["tool/1", "lib/2.0"]
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()
    assert "is lost" in prompt.err


@pytest.mark.parametrize(
    ("names", "files", "listed"),
    [
        ("tool/1", "{core}/tool/1.lua", ["tool/1"]),
        (
            "tool/1:lib/2.0:app/1",
            "{core}/tool/1.lua:{core}/lib/2.0.lua:{core}/app/1.lua",
            ["tool/1", "lib/2.0", "app/1"],
        ),
        ("lib/2.0:tool/1", "{core}/lib/2.0.lua:{core}/tool/1.lua", ["lib/2.0", "tool/1"]),
        ("tool/1:lib/2.0", "{core}/tool/1.lua", ["tool/1", "lib/2.0"]),
        ("tool/1:lib/2.0", None, ["tool/1", "lib/2.0"]),
        ("tool/1:lib/2.0:gone/1", None, ["tool/1", "lib/2.0"]),
        ("tool/1::lib/2.0:", "{core}/tool/1.lua", ["tool/1", "lib/2.0"]),
        ("gone/1", None, []),
        (":", ":", []),
        ("", "", []),
        (None, None, []),
        (None, "{core}/tool/1.lua", []),
    ],
)
def test_loadedmodules_changed_behind_our_back(tmp_path, names, files, listed):
    """LOADEDMODULES is believed: what it names is loaded, as far as a modulefile for it can be found."""
    prompt = prompt_on(tmp_path, "load tool lib")
    for name, value in ("LOADEDMODULES", names), ("_LMFILES_", files):
        prompt.env.pop(name)
        if value is not None:
            prompt.env[name] = value.format(core=tmp_path / "Core")
    assert terse_list(prompt) == listed
    assert f"the state of this session ({STATE}) is lost: " in prompt.err
    assert terse_list(prompt) == listed
    assert prompt.type("purge") == 0
    assert [name for name in (STATE, "LOADEDMODULES", "_LMFILES_") if prompt.env.get(name)] == []


@pytest.mark.parametrize("files", [None, "", "{core}/tool/1.lua", "{core}/tool/1.lua:{core}/lib/2.0.lua:/extra"])
def test_lmfiles_does_not_fit(tmp_path, files):
    """A _LMFILES_ that does not fit LOADEDMODULES is noticed, and made new."""
    prompt = prompt_on(tmp_path, "load tool lib")
    right = prompt.env.pop("_LMFILES_")
    if files is not None:
        prompt.env["_LMFILES_"] = files.format(core=tmp_path / "Core")
    assert terse_list(prompt) == ["tool/1", "lib/2.0"]
    assert "LOADEDMODULES and _LMFILES_ do not agree" in prompt.err
    assert prompt.env["_LMFILES_"] == right


def test_a_damaged_state_does_not_hinder_loading(tmp_path):
    """After damage, modules are loaded and unloaded as ever; those loaded now are undone exactly."""
    prompt = prompt_on(tmp_path, "load tool", LIST="/mine", CC="mine")
    prompt.env[STATE] = "damaged"
    assert prompt.type("list") == 0
    before = dict(prompt.env)
    assert prompt.type("load", "app") == 0
    assert prompt.loaded == ["tool/1", "lib/2.0", "app/1"]
    assert prompt.type("unload", "app") == 0
    assert prompt.env == before


# Nothing loaded, nothing carried.


@pytest.mark.parametrize(
    "words",
    [
        "list",
        "avail",
        "-t avail",
        "purge",
        "unload tool",
        "is-avail tool",
        "show tool",
        "refresh",
        "update",
        "try-load nothing",
    ],
)
def test_an_empty_session_carries_nothing(tmp_path, words):
    """Where nothing is loaded, no command leaves anything in the environment."""
    prompt = prompt_on(tmp_path)
    before = dict(prompt.env)
    assert prompt.type(*words.split()) == 0, prompt.err
    assert prompt.env == before


@pytest.mark.parametrize("last", ["unload tool lib app", "unload app lib tool", "purge"])
def test_nothing_is_carried_after_the_last_unload(tmp_path, last):
    """The last module that goes takes all bookkeeping along."""
    before = prompt_on(tmp_path, LIST="/mine", CC="mine").env
    assert prompt_on(tmp_path, "load app tool", last, LIST="/mine", CC="mine").env == before


def test_use_is_remembered_only_as_long_as_it_differs(tmp_path):
    """A directory that was put into MODULEPATH and taken out leaves MODULEPATH as it was."""
    (tmp_path / "More").mkdir()
    before = prompt_on(tmp_path).env
    after = prompt_on(tmp_path, f"use {tmp_path}/More", f"unuse {tmp_path}/More").env
    assert after["MODULEPATH"] == before["MODULEPATH"]
    assert sorted(set(after) - set(before) - {STATE}) == []


BOOKKEEPING = ("__LMOD", "LOADEDMODULES", "_LMFILES_", "LMOD_FAMILY_")


def test_a_home_with_a_colon_in_it(tmp_path):
    """What `~` stands for is one entry, though it reads as two: from command to command, and when it goes."""
    prompt = prompt_on(tmp_path, HOME="/ho:me")
    for name in "one", "two":
        (tmp_path / f"Core/{name}.lua").write_text(f'prepend_path("OWN", "~/{name}")')
    before = prompt.everything()
    assert prompt.type("load", "one") == prompt.type("load", "two") == 0
    assert prompt.env["OWN"] == "/ho:me/two:/ho:me/one"
    assert prompt.type("unload", "one") == 0
    assert prompt.env["OWN"] == "/ho:me/two"
    assert prompt.type("unload", "two") == 0
    assert prompt.everything() == before


def test_sixty_modules_need_little_bookkeeping():
    """With sixty everyday modules, whose own settings are 8 kB, what lmodpy keeps is 6.4 kB at most."""
    with tempfile.TemporaryDirectory(prefix="mod", dir="/tmp") as root:  # as long as /opt/modulefiles
        names = trees.sixty(root)
        prompt = Prompt({"HOME": "/nowhere", "PATH": "/usr/bin:/bin", "MODULEPATH": f"{root}/Core"})
        before = dict(prompt.env)
        assert prompt.type("load", *names) == 0, prompt.err
        assert len(prompt.loaded) == 60
        sizes = {
            name: len(os.fsencode(f"{name}={value}")) + 1
            for name, value in prompt.env.items()
            if before.get(name) != value
        }
        kept = sum(size for name, size in sizes.items() if name.startswith(BOOKKEEPING))
        assert kept <= 6400
        assert sum(sizes.values()) - kept > 7000
        assert prompt.type("purge") == 0
        assert prompt.env == before


# Sessions that others began.


@pytest.fixture
def session_of_lmod(site):
    """A session in which the real Lmod has loaded two modules; also the environment from before."""
    for name, body in FILES.items():
        site.modulefile(name, body)
    site.env.update(LIST="/mine")
    before = dict(site.env)
    lmod(site, "load", "tool", "app")
    assert site.loaded == ["tool/1", "lib/2.0", "app/1"]
    assert "_ModuleTable_Sz_" in site.env
    return site, before


def lmod(site, *words: str) -> None:
    """Let the installed Lmod run a command in the session."""
    done = subprocess.run([needs(LMOD), site.shell, *words], env=site.env, capture_output=True, text=True, check=True)
    site.env = site._evaluated(Outcome(done.stdout))


def ours(env: dict[str, str]) -> dict[str, str]:
    """Return an environment without the settings that Lmod puts into it for itself."""
    return {
        name: value for name, value in env.items() if name not in {"LMOD_CMD", "LMOD_DIR", "LMOD_PKG", "LMOD_VERSION"}
    }


def test_a_session_of_lmod_is_taken_over(session_of_lmod):
    """What Lmod loaded is listed, without a complaint, and Lmod's own table goes with the first change."""
    site, _ = session_of_lmod
    site.module("-t", "list")
    assert site.err.splitlines() == ["tool/1", "lib/2.0", "app/1"]
    assert [name for name in site.env if name.startswith("_ModuleTable")] == []
    assert site.loaded == ["tool/1", "lib/2.0", "app/1"]


@pytest.mark.parametrize("commands", [["purge"], ["unload app", "unload lib", "unload tool"], ["unload tool", "purge"]])
def test_what_lmod_loaded_can_be_unloaded(session_of_lmod, commands):
    """Unloading reverses what Lmod did, and leaves nothing of either."""
    site, before = session_of_lmod
    for words in commands:
        site.module(*words.split())
    assert site.loaded == []
    assert ours(site.env) == before


def test_loading_goes_on_in_a_session_of_lmod(session_of_lmod):
    """New modules come on top of those that Lmod loaded, and go again without a trace."""
    site, _ = session_of_lmod
    site.modulefile(
        "Core/new/1.lua", 'prepend_path("PATH", "/new/bin") prepend_path("PATH", "/tool/bin") setenv("TOOL", "new")'
    )
    site.module("list")
    before = dict(site.env)
    site.load("new")
    assert site.env["PATH"].startswith("/tool/bin:/new/bin:")
    assert site.unload("new").env == before


@pytest.mark.parametrize("files", [True, False])
def test_a_session_of_environment_modules_is_taken_over(site, files):
    """LOADEDMODULES alone is enough to know what is loaded, and the modulefiles say how to undo it."""
    for name, body in FILES.items():
        site.modulefile(name, body)
    before = dict(site.env)
    core = site.root / "Core"
    site.env.update(LOADEDMODULES="tool/1:lib/2.0", TOOL="1", LIST="/tool", LIB="lib", CC="libcc")
    site.env["PATH"] = "/lib/bin:/tool/bin:" + site.env["PATH"]
    if files:
        site.env["_LMFILES_"] = f"{core}/tool/1.lua:{core}/lib/2.0.lua"

    assert site.module("-t", "list").err.splitlines() == ["tool/1", "lib/2.0"]
    site.load("app").unload("app")
    assert site.loaded == ["tool/1", "lib/2.0"]
    assert site.env["_LMFILES_"] == f"{core}/tool/1.lua:{core}/lib/2.0.lua"
    site.unload("tool")
    assert site.env["PATH"] == "/lib/bin:" + before["PATH"]
    site.module("purge")
    assert site.env == before


def test_a_module_of_another_tool_whose_file_is_gone(site):
    """Such a module can be unloaded too, and the user is told what stays."""
    site.env.update(LOADEDMODULES="old/1", _LMFILES_="/no/such/file/old/1", OLD="1")
    site.unload("old")
    assert "/no/such/file/old/1 is gone" in site.err
    assert site.loaded == []
    assert site.env["OLD"] == "1"
