"""`whence` finds the modules that bring a command, a library, a header or a Python package; so does the prompt."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time

import jsonschema
import pytest

from lmodpy.cli import aside
from tests.conftest import Site
from tests.launcher import CLONE, lmodpy_cmd
from tests.needs import needs
from tests.test_json import schema


@pytest.fixture
def site(tmp_path):
    """A site; the answers are the same in every shell."""
    return Site(tmp_path, "bash")


def install(site, *files: str) -> None:
    """Install files below `sw`; those in a `bin` can be executed."""
    for file in files:
        path = site.root / "sw" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755 if path.parent.name == "bin" else 0o644)


@pytest.fixture
def cluster(site):
    """Two compilers, an MPI for each, and a tool that needs nothing."""
    for compiler in "gcc/12", "clang/17":
        name = compiler.replace("/", "")
        site.modulefile(
            f"Core/{compiler}.lua",
            f'family("compiler") prepend_path("MODULEPATH", ROOT.."/{name}")'
            f'prepend_path("PATH", ROOT.."/sw/{name}/bin")',
        )
        site.modulefile(f"{name}/mpi/4.lua", f'prepend_path("PATH", ROOT.."/sw/{name}mpi/bin")')
        install(site, f"{name}/bin/cc", f"{name}mpi/bin/mpicc")
    install(site, "gcc12/bin/gfortran", "tool/bin/mpicc")
    site.modulefile("Core/tool/1.lua", 'append_path("PATH", ROOT.."/sw/tool/bin")')
    return site


def answer(site, *words: str) -> dict:
    """Return the JSON answer, which is what the schema says."""
    told = json.loads(site.module("--json", "whence", *words).err)
    jsonschema.validate(told, schema("whence"))
    return told


def brought(site, *words: str) -> list[str]:
    """Return the full names of the modules that bring something, in the order in which they are told."""
    return [module["fullName"] for found in answer(site, *words)["found"] for module in found["modules"]]


# Commands


def test_a_command_leads_to_the_modules_that_bring_it(cluster):
    """Modules of all trees are told with what to type and with the file, the shortest way first."""
    text = cluster.module("whence", "mpicc").err

    assert "command mpicc: which modules bring it" in text
    assert text.index("tool/1") < text.index("mpi/4")
    assert f"  tool/1\n    module load tool/1\n    {cluster.root}/sw/tool/bin/mpicc\n" in text
    assert "    module load clang/17 mpi/4   (1 other way to it)\n" in text

    cluster.load("clang/17", "mpi/4")
    assert shutil.which("mpicc", path=cluster.env["PATH"]) == f"{cluster.root}/sw/clang17mpi/bin/mpicc"


def test_what_is_loaded_comes_first_and_is_marked(cluster):
    """It needs no command; the others tell what is still to be loaded."""
    cluster.load("gcc")
    assert [module["command"] for module in answer(cluster, "mpicc")["found"][0]["modules"]] == [
        "module load mpi/4",
        "module load tool/1",
    ]

    cluster.load("mpi")
    text = cluster.module("whence", "mpicc").err
    assert text.index("mpi/4 (L)\n") < text.index("tool/1\n")
    assert "module load mpi" not in text
    assert "(L) is loaded" in text


def test_only_the_variant_that_has_it_counts(cluster):
    """Of modules of one full name, those lead to a command that bring it."""
    install(cluster, "gcc12mpi/bin/mpif90")
    (found,) = answer(cluster, "mpif90")["found"][0]["modules"]
    assert (found["fullName"], found["command"], found["ways"]) == ("mpi/4", "module load gcc/12 mpi/4", [["gcc/12"]])
    assert found["files"] == [f"{cluster.root}/sw/gcc12mpi/bin/mpif90"]


def test_the_default_comes_before_later_versions(site):
    """Of one name, first what the site wants, then the highest."""
    for version in "1", "2", "10":
        site.modulefile(f"Core/x/{version}.lua", f'prepend_path("PATH", ROOT.."/sw/{version}/bin")')
        install(site, f"{version}/bin/x")
    assert brought(site, "x") == ["x/10", "x/2", "x/1"]
    site.modulefile("Core/x/.modulerc.lua", 'module_version("x/2", "default")')
    assert brought(site, "x") == ["x/2", "x/10", "x/1"]


def test_what_can_be_executed_now_is_a_command(cluster):
    """Directories, data and broken links are none; what was installed or removed a moment ago is seen."""
    place = cluster.root / "sw" / "tool" / "bin"
    (place / "folder").mkdir()
    (place / "data").write_text("")
    (place / "gone").symlink_to("nowhere")
    (place / "link").symlink_to("mpicc")
    for word in "folder", "data", "gone":
        assert "brings the command" in cluster.fails("whence", word)
    assert brought(cluster, "link") == ["tool/1"]

    (place / "mpicc").unlink()
    install(cluster, "tool/bin/new")
    assert brought(cluster, "mpicc", "new") == ["mpi/4", "tool/1"]


@pytest.mark.parametrize("word", ["../bin/mpicc", "/bin/sh", "bin/mpicc", ".", "..", "a\udcffb", "x" * 300])
def test_a_name_does_not_lead_out_of_the_directories(cluster, word):
    """What is no name of a file in a directory is not found there."""
    for kind in [], ["--lib"], ["--header"], ["--python"]:
        cluster.fails("whence", *kind, word)


def test_relative_and_missing_directories_are_passed_over(cluster, monkeypatch):
    """A directory counts if it is the same for everybody."""
    cluster.modulefile("Core/odd/1.lua", 'prepend_path("PATH", "bin:.:/nonexistent") append_path("PATH", "~/bin")')
    install(cluster, "../home/bin/mine")
    monkeypatch.chdir(cluster.root / "sw" / "tool")
    assert brought(cluster, "mpicc") == ["tool/1", "mpi/4"]
    assert brought(cluster, "mine") == ["odd/1"]


def test_a_mistyped_name_is_told_what_is_near(cluster):
    """Nothing is found, the status is 1, and it is said what there is; never what is no command."""
    (cluster.root / "sw" / "tool" / "bin" / "mpiccc").write_text("")
    assert "hint: did you mean `mpicc`?" in cluster.fails("whence", "mpcic")
    assert "hint" not in cluster.fails("whence", "qqqqqqq")
    assert "takes the name of a command" in cluster.fails("whence")


def test_a_search_that_was_cut_short_says_so(cluster):
    """Not having found something is then no proof."""
    told = cluster.fails("--spider_timeout", "0", "whence", "mpicc")
    assert "as far as was looked" in told
    assert "--spider_timeout" in told


def test_some_of_several_words(cluster):
    """What there is is told, the status says that something is missing, and which."""
    cluster.type("whence", "gfortran", "nothing", "cc")
    assert cluster.status == 1
    assert cluster.err.index("module load gcc/12\n") < cluster.err.index("command cc:")
    assert "warning: no module brings nothing\n" in cluster.err
    cluster.type("-t", "whence", "nothing", "gfortran")
    assert (cluster.err, cluster.status) == ("gcc/12\n", 1)
    cluster.type("--json", "whence", "nothing", "gfortran")
    assert [len(found["modules"]) for found in json.loads(cluster.err)["found"]] == [0, 1]


def test_terse_lines_can_be_loaded(cluster):
    """Each line is what `load` takes, the best first."""
    lines = cluster.module("-t", "whence", "mpicc").err.splitlines()
    assert lines == ["tool/1", "clang/17 mpi/4"]
    cluster.load(*lines[1].split())
    assert cluster.module("-t", "whence", "mpicc").err == "mpi/4\ntool/1\n"


def test_hidden_and_forbidden_modules(cluster):
    """Hidden ones are told who asks for them; forbidden ones are marked, last, and not for programs."""
    for name in "secret", "banned":
        cluster.modulefile(f"Core/{name}/1.lua", 'prepend_path("PATH", ROOT.."/sw/tool/bin")')
    cluster.modulefile("Core/.modulerc.lua", 'hide_version("secret/1") forbid{name="banned/1"}')
    assert brought(cluster, "mpicc") == ["tool/1", "mpi/4", "banned/1"]
    assert "banned/1 (F)" in cluster.module("whence", "mpicc").err
    assert "banned" not in cluster.module("-t", "whence", "mpicc").err
    assert "secret/1" in brought(cluster, "-A", "mpicc")


def test_a_broken_modulefile_hides_nothing(cluster):
    """What it said before it failed counts, the others count, and the error is shown."""
    cluster.modulefile("Core/broken/1.lua", 'prepend_path("PATH", ROOT.."/sw/tool/bin")\nnonsense()')
    cluster.modulefile("Core/garbage/1.lua", "no lua")
    assert brought(cluster, "mpicc") == ["broken/1", "tool/1", "mpi/4"]
    told = cluster.module("whence", "mpicc").err
    assert "garbage/1.lua" in told
    assert f"{cluster.root}/Core/broken/1.lua:3" in told


# Libraries, headers, Python packages


@pytest.fixture
def library(site):
    """Modules that open directories of each kind, each by another variable."""
    opens = {
        "zlib": 'prepend_path("LD_LIBRARY_PATH", ROOT.."/sw/zlib/lib") prepend_path("CPATH", ROOT.."/sw/zlib/include")',
        "blas": 'prepend_path("PKG_CONFIG_PATH", ROOT.."/sw/blas/lib64/pkgconfig")',
        "boost": 'append_path("CPLUS_INCLUDE_PATH", ROOT.."/sw/boost/include")',
        "scipy": 'prepend_path("PYTHONPATH", ROOT.."/sw/scipy") extensions("pandas/2.1")',
        "yaml": 'prepend_path("EBPYTHONPREFIXES", ROOT.."/sw/yaml")',
        "conda": 'prepend_path("PATH", ROOT.."/sw/conda/bin")',
    }
    for name, body in opens.items():
        site.modulefile(f"Core/{name}/1.lua", body)
    install(site, "zlib/lib/libz.so.1.3", "zlib/lib/libz.a", "zlib/include/zlib.h", "zlib/lib/README.soon")
    (site.root / "sw/zlib/lib/libz.so").symlink_to("libz.so.1.3")
    (site.root / "sw/zlib/lib/libgone.so").symlink_to("nowhere")
    install(site, "blas/lib64/libblas.so.3", "boost/include/boost/any.hpp", "boost/include/boost/mpl/and.hpp")
    install(site, "scipy/numpy/__init__.py", "scipy/numpy/linalg/__init__.py", "scipy/six.py")
    install(site, "scipy/numpy-1.26.dist-info/METADATA", "scipy/_fast.cpython-311-x86_64-linux-gnu.so")
    install(site, "scipy/notes.txt", "scipy/ruamel/yaml/main.py", "scipy/ruamel.yaml-0.18.dist-info/METADATA")
    packages = "lib/python3.11/site-packages"
    install(site, f"yaml/{packages}/yaml/x.py", f"yaml/{packages}/PyYAML-6.0-py3.11.egg-info/x")
    install(
        site, "conda/bin/python3", f"conda/{packages}/scikit_learn-1.3.dist-info/x", f"conda/{packages}/sklearn/x.py"
    )
    return site


FOUND = {
    "--lib z": "zlib: libz.a libz.so libz.so.1.3",
    "--lib libz": "zlib: libz.a libz.so libz.so.1.3",
    "--lib libz.so": "zlib: libz.so",
    "--lib libz.so.1.3": "zlib: libz.so.1.3",
    "--lib libz.a": "zlib: libz.a",
    "--lib blas": "blas: libblas.so.3",
    "--header zlib.h": "zlib: zlib.h",
    "--header boost/any.hpp": "boost: any.hpp",
    "--header boost/mpl/and.hpp": "boost: and.hpp",
    "--python numpy": "scipy: numpy numpy-1.26.dist-info",
    "--python NumPy": "scipy: numpy numpy-1.26.dist-info",
    "--python numpy.linalg": "scipy: linalg",
    "--python six": "scipy: six.py",
    "--python _fast": "scipy: _fast.cpython-311-x86_64-linux-gnu.so",
    "--python ruamel.yaml": "scipy: ruamel.yaml-0.18.dist-info yaml",
    "--python yaml": "yaml: yaml",
    "--python pyyaml": "yaml: PyYAML-6.0-py3.11.egg-info",
    "--python sklearn": "conda: sklearn",
    "--python scikit-learn": "conda: scikit_learn-1.3.dist-info",
}


@pytest.mark.parametrize("words", FOUND)
def test_what_builds_and_programs_need(library, words):
    """A library, a header, a Python package leads to its module by the names that people know it by."""
    (found,) = answer(library, *words.split())["found"][0]["modules"]
    name, _, files = FOUND[words].partition(": ")
    assert found["fullName"] == f"{name}/1"
    assert sorted(os.path.basename(file) for file in found["files"]) == files.split()
    assert all(os.path.exists(file) for file in found["files"])


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("--lib zz", "did you mean `z`?"),
        ("--lib gone", ""),
        ("--lib libz.so.1", "did you mean `libz.so`"),
        ("--lib README", ""),
        ("--header zlub.h", "did you mean `zlib.h`?"),
        ("--header boost/amy.hpp", "did you mean `boost/any.hpp`?"),
        ("--header any.hpp", ""),
        ("--header ../include/zlib.h", ""),
        ("--header ./zlib.h", ""),
        ("--python ../scipy/six", ""),
        ("--python nunpy", "did you mean `numpy`?"),
        ("--python notes", ""),
        ("--python pandas", "module spider pandas"),
        ("zlib.h", ""),
    ],
)
def test_what_is_not_there(library, words, hint):
    """A name that nothing has is an error, with what is near and is there."""
    told = library.fails("whence", *words.split())
    assert f"hint: {hint}" in told if hint else "hint" not in told


# At the prompt


SHELLS = {
    "bash": (["bash", "--norc", "-i", "-c"], ". '{}'", "echo left $?"),
    "zsh": (["zsh", "-f", "-i", "-c"], ". '{}'", "echo left $?"),
    "fish": (["fish", "--no-config", "-i", "-c"], "source '{}'", "echo left $status"),
}
OFFER = "`gfortran` comes with modules:\n  module load gcc/12\n"
UNKNOWN = {
    "bash": "bash: {}: command not found\n",
    "zsh": "zsh: command not found: {}\n",
    "fish": "fish: Unknown command: {}\n",
}
HANDLERS = {
    "bash": 'command_not_found_handle() { echo before "$@" >&2; case $1 in (mine) return 3;; esac; return 127; }',
    "zsh": "command_not_found_handler() { echo before $@ >&2; case $1 in (mine) return 3;; esac; return 127; }",
    "fish": "function fish_command_not_found; echo before $argv >&2; end",
}


class Terminal:
    """A shell with a user, who has sourced the init file."""

    def __init__(self, name: str, site) -> None:
        self.name = name
        self.command, self.source, self.status = SHELLS[name]
        self.env = {**site.env, "TERM": "dumb", "LMOD_CMD": lmodpy_cmd(), "LMODPY_COMMAND_NOT_FOUND": "yes"}
        self.err = ""

    def type(self, *lines: str, before: str = "") -> str:
        """Run lines behind the init file; return what is on stdout, and keep what is on stderr."""
        script = "\n".join(filter(None, [before, self.source.format(f"{CLONE}/init/{self.name}"), *lines]))
        command = [needs(self.command[0]), *self.command[1:], script]
        place = self.env["HOME"]
        done = subprocess.run(
            command, env=self.env, cwd=place, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )
        told = re.sub(r"^zsh:\d+:", "zsh:", done.stderr, flags=re.MULTILINE).splitlines(keepends=True)
        self.err = "".join(line for line in told if not line.startswith(("bash: cannot set term", "bash: no job con")))
        return done.stdout


@pytest.fixture(params=SHELLS)
def terminal(request, cluster):
    """Each of the shells that know such a handler."""
    return Terminal(request.param, cluster)


def test_a_command_that_modules_bring_is_offered(terminal):
    """The shell's own message comes first, then what to type; the status is the shell's."""
    assert terminal.type("gfortran -c x.f", terminal.status) == "left 127\n"
    assert terminal.err.startswith(UNKNOWN[terminal.name].format("gfortran") + OFFER)


def test_nothing_is_added_where_nothing_is_known(terminal):
    """A mistyped word looks as it does without us, and so does everything if nobody has asked for it."""
    for wish, word in ("yes", "nonsense"), ("no", "gfortran"), ("", "gfortran"):
        terminal.env["LMODPY_COMMAND_NOT_FOUND"] = wish
        assert terminal.type(word, terminal.status) == "left 127\n"
        assert terminal.err.startswith(UNKNOWN[terminal.name].format(word))
        assert "module" not in terminal.err


def test_the_user_can_ask_for_it_and_refuse_it(terminal):
    """Whatever the site has chosen: one sources a file, or sets the variable to `no`."""
    file = terminal.source.format(f"{CLONE}/init/not-found/{terminal.name}")
    refuse = "set -g LMODPY_COMMAND_NOT_FOUND no" if terminal.name == "fish" else "LMODPY_COMMAND_NOT_FOUND=no"
    terminal.type(refuse, "gfortran")
    assert OFFER not in terminal.err
    del terminal.env["LMODPY_COMMAND_NOT_FOUND"]
    terminal.type(file, file, "gfortran")
    assert terminal.err.count(OFFER) == 1


def test_a_handler_that_is_there_goes_first(terminal):
    """It gets all words; what it has dealt with itself is left alone. Sourcing twice changes nothing."""
    twice = terminal.source.format(f"{CLONE}/init/{terminal.name}")
    assert terminal.type(twice, "gfortran -v", terminal.status, before=HANDLERS[terminal.name]) == "left 127\n"
    assert terminal.err.startswith(f"before gfortran -v\n{OFFER}")
    assert terminal.err.count("before") == 1
    if terminal.name != "fish":  # which does not tell how its handlers end
        assert terminal.type("mine", terminal.status, before=HANDLERS[terminal.name]) == "left 3\n"
        assert terminal.err == "before mine\n"


def test_scripts_are_left_alone(terminal):
    """There is a handler only where somebody sits at a prompt."""
    terminal.command = [word for word in terminal.command if word != "-i"]
    terminal.type("gfortran")
    assert "gfortran" in terminal.err
    assert "module" not in terminal.err


def test_nobody_waits_for_the_offer(cluster):
    """A modulefile without end costs a second, and nothing is said."""
    cluster.modulefile("Core/endless/1.lua", "while true do end")
    began = time.monotonic()
    command = [lmodpy_cmd(), "--not-found", "bash", "gfortran"]
    done = subprocess.run(command, env=cluster.env, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 1)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    "change",
    [{"MODULEPATH": ""}, {"MODULEPATH": "/dev/null:relative:\udcff"}, {"__LMODPY_STATE": "damaged"}, {"HOME": ""}],
)
def test_trouble_is_never_shown(cluster, change, capfd):
    """Whatever the environment is like, there is an offer or there is none, and not a word besides."""
    for words in ["gfortran"], ["\udcff"], [""], []:
        text, status = aside.quietly("notfound", "bash", words, {**cluster.env, **change})
        assert (text, status) in {("", 1), (OFFER, 0)}
    assert capfd.readouterr() == ("", "")


def test_many_offers_are_cut_short(site):
    """The best five are enough at a prompt."""
    for number in range(8):
        site.modulefile(f"Core/m{number}/1.lua", 'prepend_path("PATH", ROOT.."/sw/x/bin")')
    install(site, "x/bin/x")
    text, _ = aside.quietly("notfound", "bash", ["x"], site.env)
    assert text.splitlines()[1:] == [*(f"  module load m{n}/1" for n in range(5)), "  … and 3 more: module whence x"]
