"""The `module` that programs get from the init files: in their real interpreters, with the real command."""

from __future__ import annotations

import os
import re
import subprocess
from typing import NamedTuple

import pytest

from lmodpy.cli import entry, programs
from tests.launcher import CLONE, lmodpy_cmd
from tests.needs import needs


class Real(NamedTuple):
    """An interpreter: how it runs a file, and one call of `module` whose answer a child of the program shows."""

    command: tuple[str, ...]
    call: str
    begin: str = ""
    words: str = '"{}"'
    comma: str = ", "


REAL = {
    "python": Real(("python3", "-I", "-B"), 'ok, said = module({})\nsys.stderr.flush()\nos.system(f"./show {{ok}}")'),
    "perl": Real(("perl", "-w"), 'system("./show", module({}) ? "True" : "False");', "use strict;\n"),
    "ruby": Real(("ruby", "-w"), 'system("./show", ENVModule.module({}) ? "True" : "False")'),
    "R": Real(("Rscript", "--vanilla"), 'invisible(system(paste("./show", if (module({})) "True" else "False")))'),
    "cmake": Real(
        ("cmake", "-P"),
        "module({})\nif(_mlstatus)\n  set(ok True)\nelse()\n  set(ok False)\nendif()\n"
        "execute_process(COMMAND ./show ${{ok}})",
        words="{}",
        comma=" ",
    ),
    "emacs": Real(
        ("emacs", "-Q", "--batch", "-l"),
        '(let ((ok (if (module {}) "True" "False")))\n'
        '  (message "%s" (string-trim (shell-command-to-string (concat "./show " ok " 2>&1")))))',
        comma=" ",
    ),
    "tcl": Real(("tclsh",), "exec ./show [expr {{[module {}] ? True : False}}] 2>@stderr", words="{}", comma=" "),
    "lua": Real(("lua",), 'os.execute("./show " .. (module({}) and "True" or "False"))'),
}
everywhere = pytest.mark.parametrize("language", REAL)


@pytest.fixture
def program(tmp_path):
    """Run a program of calls to `module`: what it shows of each, and all that it writes to stderr."""
    (tmp_path / "tree/gcc").mkdir(parents=True)
    (tmp_path / "tree/gcc/1.lua").write_text('setenv("IN", myShellName()) prepend_path("PATH", "/opt/gcc")')
    (tmp_path / "tree/mpi.lua").write_text('depends_on("gcc") setenv("MPI", "1")')
    (tmp_path / "show").write_text('#!/bin/sh\necho "answer:$1:$IN" >&2\n')
    (tmp_path / "show").chmod(0o755)
    env = {"MODULEPATH": f"{tmp_path}/tree", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}

    def ran(language, *calls, command=None, begin=None, **more):
        real = REAL[language]
        if begin is None:
            begin = programs.lines(language, CLONE, command or lmodpy_cmd())
        lines = [begin + real.begin]
        lines += [real.call.format(real.comma.join(real.words.format(word) for word in words)) for words in calls]
        file = tmp_path / "program"
        file.write_text("\n".join(lines) + "\n")
        done = subprocess.run(
            [needs(real.command[0]), *real.command[1:], str(file)],
            env=env | more,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        shown = [line for line in done.stderr.splitlines() if line.startswith("answer:")]
        return shown, done

    return ran


@everywhere
def test_a_program_loads_and_unloads(program, language):
    """`module` says whether it succeeded, and children of the program see what it did; a failure changes nothing."""
    shown, done = program(
        language,
        ["load", "nope"],
        ["is-loaded", "gcc"],
        ["load", "mpi"],
        ["is-loaded", "gcc"],
        ["load", "mpi", "nope"],
        ["unload", "mpi"],
        ["--terse", "list"],
    )

    name = {"R": "r", "emacs": "lisp"}.get(language, language)
    assert shown == [
        "answer:False:",
        "answer:False:",
        f"answer:True:{name}",
        f"answer:True:{name}",
        f"answer:False:{name}",
        "answer:True:",
        "answer:True:",
    ]
    assert (done.stdout, done.returncode) == ("", 0)
    assert done.stderr.count("lmodpy: error: no module `nope`") == 2
    assert "No modules loaded\n" in done.stderr


@pytest.mark.parametrize("language", ["python", "perl", "ruby", "R", "lua"])
def test_a_string_of_several_words_is_split(program, language):
    """As with Lmod, `module("load gcc")` is `module("load", "gcc")`."""
    shown, _ = program(language, ["load gcc"])

    assert [line.rpartition(":")[0] for line in shown] == ["answer:True"]
    assert not shown[0].endswith(":")


STAND_IN = """\
#!/bin/sh
# Says half of what there is to say, and dies.
case $1 in
python) echo 'os.environ["IN"] = "torn"' ;;
perl) echo '$ENV{IN} = "torn";' ;;
ruby) echo 'ENV["IN"] = "torn"' ;;
r) echo 'Sys.setenv("IN"="torn");' ;;
cmake) echo 'set(ENV{IN} "torn")' ;;
lisp) echo '(setenv "IN" "torn")' ;;
tcl) echo 'set ::env(IN) "torn"' ;;
lua) echo 'require("posix").setenv("IN", "torn")' ;;
esac
kill -9 $$
"""


@everywhere
def test_half_an_answer_is_none(program, language, tmp_path):
    """A command that is killed, for want of memory for instance, has failed and has changed nothing."""
    stand_in = tmp_path / "stand-in"
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)

    shown, _ = program(language, ["load", "gcc"], command=str(stand_in))

    assert shown == ["answer:False:"]


@everywhere
def test_without_lmod_cmd_one_is_told(program, language):
    """A program that reads the init file by itself, where no shell has set LMOD_CMD, is told what to use instead."""
    text = programs.lines(language, CLONE, "/x")
    begin = text[text.index("\n") + 1 :] if language != "cmake" else text[text.index("include") :]
    if language == "python":
        begin = f'import os, sys\nsys.path.insert(0, "{CLONE}/init")\nfrom env_modules_python import module\n'

    _, done = program(language, ["load", "gcc"], begin=begin)

    assert "LMOD_CMD is not set: use what" in " ".join(done.stderr.split())
    assert done.returncode != 0


def test_each_language_of_init_has_its_lines():
    """`lmodpy init` prints something for each language that it names, and the table has no others."""
    assert sorted(entry.LANGUAGES) == sorted(programs.LINES)
    files = set(os.listdir(f"{CLONE}/init"))
    for language in entry.LANGUAGES:
        text = programs.lines(language, '/opt/it\'s "here"', "/opt/bin/lmodpy-cmd")
        assert '"/opt/bin/lmodpy-cmd"' in text
        assert '"/opt/it\'s \\"here\\"/init' in text
        assert [name for name in files if re.search(rf"(/init/|from ){name.partition('.')[0]}\b", text)]
