"""What programs that call `lmod` read from it, read in their way: with their options and their regular expressions."""

from __future__ import annotations

import os
import re

import pytest

from lmodpy.cli.main import run

HIERARCHY = {
    "Core/gcc/12.2.0.lua": 'family("compiler") setenv("EBROOTGCC", "/opt/gcc/12.2.0")\n'
    'prepend_path("MODULEPATH", ROOT .. "/gcc12")',
    "Core/gcc/13.1.0.lua": 'family("compiler") setenv("EBROOTGCC", "/opt/gcc/13.1.0")',
    "Core/toy/.hidden.lua": "",
    "Core/toy/0.0.lua": 'whatis("Description: a toy") conflict("rival") conflict("other/1")\n'
    'setenv("EBROOTTOY","/opt/my toy") prepend_path("PATH", "/opt/toy/bin") pushenv("TOY", "1")',
    "Core/plain.lua": 'append_path("PATH", "/opt/plain")',
    "Core/Java/11.0.2.lua": "",
    "Core/Java/.modulerc.lua": 'module_version("Java/11.0.2", "11")',
    "Core/.modulerc.lua": 'module_alias("JavaAlias", "Java/11.0.2")',
    "gcc12/openmpi/4.1.lua": 'depends_on("gcc")',
    "other/toy/1.0.lua": "",
}


class Client:
    """A Python program that calls the command as its clients do, and evaluates stdout; `environ` is its own."""

    def __init__(self, root):
        self.root = root
        self.environ = {"MODULEPATH": f"{root}/Core", "HOME": f"{root}/home", "PATH": "/usr/bin:/bin"}
        for path, body in HIERARCHY.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f'local ROOT = "{root}"\n{body}\n')
        (root / "home").mkdir()

    def raw(self, *words):
        told = []
        outcome = run(words, dict(self.environ), say=told.append)
        return outcome.out, "".join(told) + outcome.err, outcome.status

    def __call__(self, *words):
        """Run `lmod python WORDS`; return what is on stderr."""
        out, err, self.status = self.raw("python", *words)
        assert out, "EasyBuild: empty stdout is a failure"
        space = {}
        exec(out.replace("import os\n", ""), {"os": self}, space)
        self.well = space["_mlstatus"]
        assert self.well == (self.status == 0)
        return err

    @property
    def loaded(self):
        return [name for name in self.environ.get("LOADEDMODULES", "").split(":") if name]


@pytest.fixture
def client(tmp_path):
    return Client(tmp_path)


@pytest.fixture
def easybuild(client):
    """A client with what EasyBuild sets before its first call."""
    client.environ |= {
        "LMOD_QUIET": "1",
        "LMOD_IGNORE_CACHE": "1",
        "LMOD_REDIRECT": "no",
        "LMOD_EXTENDED_DEFAULT": "no",
        "LMOD_TERSE_DECORATIONS": "no",
    }
    return client


def listed(text):
    """Read a terse list as EasyBuild does."""
    line = re.compile(r"^(?!-*\s)(?P<mod_name>[^\s\(]*[^:/])(?P<default>\(default\))?(\([^()]+\))?\s*[^:\S]*$")
    assert not [each for each in text.splitlines() if re.search(r"^\S+:(\w+):(\d+):\s", each)]
    return [found["mod_name"] for found in map(line.match, text.splitlines()) if found]


# EasyBuild.


def test_easybuild_finds_the_version(easybuild):
    """The version is where EasyBuild looks, and at least 8."""
    text = easybuild("--version")

    found = re.search(r"^Modules\s+based\s+on\s+Lua:\s+Version\s+(?P<version>\d\S*)\s", text, re.MULTILINE)
    assert int(found["version"].split(".")[0]) >= 8


def test_easybuild_lists_in_load_order(easybuild):
    """One module stands on a line, in load order; loading again moves a module to the end."""
    easybuild("load", "gcc/12.2.0", "toy/0.0")
    assert listed(easybuild("--terse", "list")) == ["gcc/12.2.0", "toy/0.0"]

    easybuild("load", "gcc/12.2.0")
    assert listed(easybuild("--terse", "list")) == ["toy/0.0", "gcc/12.2.0"]


def test_easybuild_lists_everything_there_is(easybuild):
    """With an empty name all are listed: hidden ones, version aliases, module aliases, also those of `~/.modulerc`."""
    with open(f"{easybuild.root}/home/.modulerc.lua", "w") as file:
        file.write('module_alias("MyJava", "Java/11.0.2")\n')

    found = listed(easybuild("--terse", "--show-hidden", "avail", ""))

    assert {"toy/.hidden", "toy/0.0", "plain", "gcc/12.2.0", "gcc/13.1.0", "Java/11.0.2", "Java/11"} <= set(found)
    assert {"JavaAlias", "MyJava"} <= set(found)
    assert not [name for name in found if name.endswith(("/", ":")) or "<" in name or "@" in name]


def test_easybuild_reads_a_modulerc_in_tcl(easybuild):
    """The file `~/.modulerc` names modules as well."""
    with open(f"{easybuild.root}/home/.modulerc", "w") as file:
        file.write("#%Module\nmodule-alias TclJava Java/11.0.2\n")

    assert "TclJava" in listed(easybuild("--terse", "--show-hidden", "avail", "TclJava"))


def test_easybuild_lists_one_name(easybuild):
    """A name restricts the list; hidden ones are only there when asked for."""
    assert listed(easybuild("--terse", "--show-hidden", "avail", "toy")) == ["toy/.hidden", "toy/0.0"]
    assert listed(easybuild("--terse", "avail", "toy")) == ["toy/0.0"]
    assert listed(easybuild("--terse", "--show-hidden", "avail", "nothing")) == []


def exists(text):
    """Tell as EasyBuild does from the output of `show` whether a module is there."""
    for line in text.split("\n"):
        if re.search(r"^\s*(-+)?\s*$", line) or line.startswith(("WARNING: ", "module-")):
            continue
        return re.match(r"\s*/.+:\s*", line) is not None
    return False


def test_easybuild_reads_show(easybuild):
    """The path and what is set are found; a module that is not there looks like none."""
    text = easybuild("show", "toy/0.0")

    assert exists(text)
    path = re.compile(r"^\s*(?P<modpath>[^/\n]*/[^\s]+):$", re.MULTILINE).search(text)["modpath"]
    assert path == f"{easybuild.root}/Core/toy/0.0.lua"
    value = re.compile(r'^setenv[\({]"EBROOTTOY"\s*,\s*"(?P<value>.+)"[\)}]', re.MULTILINE).search(text)["value"]
    assert value == "/opt/my toy"
    assert exists(easybuild("show", "toy/.hidden"))
    assert not exists(easybuild("show", "toy/9"))


def test_easybuild_asks_for_whole_versions(easybuild):
    """Under LMOD_EXTENDED_DEFAULT=no the beginning of a version is no version."""
    assert not exists(easybuild("show", "gcc/12"))
    easybuild("load", "gcc/12")
    assert easybuild.status


def test_easybuild_finds_something_on_stdout_always(easybuild):
    """Commands succeed with text on stdout, even if there is nothing to do, and leave the environment right."""
    before = dict(easybuild.environ)
    for words in ["purge"], ["purge", "--force"], ["unload", "toy/0.0"], ["load", "toy/0.0"], ["load", "plain"]:
        easybuild(*words)
        assert easybuild.status == 0
    assert easybuild.environ["EBROOTTOY"] == "/opt/my toy"
    assert easybuild.environ["PATH"] == "/opt/toy/bin:/usr/bin:/bin:/opt/plain"

    easybuild("purge")
    assert easybuild.environ == before


def test_easybuild_sees_failures(easybuild):
    """What fails has a status, and so has a sub-command that is none."""
    for words in ["load", "nope"], ["load", "toy/0.0", "nope"], ["thisdoesnotmakesense"]:
        easybuild(*words)
        assert easybuild.status != 0
    assert easybuild.loaded == []


def test_easybuild_uses_paths_with_priority(easybuild):
    """A path with priority stays in front of what comes later, and the variable that says so is there."""
    first, root = f"{easybuild.root}/other", easybuild.root
    easybuild("use", "--priority", "10000", first)
    assert easybuild.environ["__LMOD_Priority_MODULEPATH"]

    easybuild("use", f"{root}/gcc12")
    assert easybuild.environ["MODULEPATH"] == f"{first}:{root}/gcc12:{root}/Core"
    easybuild("unuse", f"{root}/gcc12")
    easybuild("load", "gcc/12.2.0")
    assert easybuild.environ["MODULEPATH"] == f"{first}:{root}/gcc12:{root}/Core"


def test_easybuild_changes_the_environment_by_itself(easybuild):
    """It edits MODULEPATH, unsets what modules set, and brings back a whole environment, without being in the way."""
    root = easybuild.root
    begin = dict(easybuild.environ)
    easybuild.environ["MODULEPATH"] = f"{root}/other:{root}/Core"
    assert "toy/1.0" in listed(easybuild("--terse", "avail", "toy"))
    easybuild("load", "toy/0.0")
    saved = dict(easybuild.environ)
    del easybuild.environ["EBROOTTOY"]
    easybuild("unload", "toy/0.0")
    assert (easybuild.status, easybuild.loaded) == (0, [])

    easybuild.environ = saved
    assert listed(easybuild("--terse", "list")) == ["toy/0.0"]
    easybuild("load", "toy/0.0")
    easybuild.environ["MODULEPATH"] = begin["MODULEPATH"]
    easybuild("unload", "toy/0.0")
    assert easybuild.environ == begin


def test_easybuild_uses_long_paths(easybuild):
    """An entry of 256 characters is an entry."""
    long = f"{easybuild.root}/{'x' * 100}/{'y' * 200}"[:256]
    os.makedirs(f"{long}/deep")
    with open(f"{long}/deep/1.lua", "w") as file:
        file.write('setenv("DEEP", "1")\n')

    easybuild("use", long)
    easybuild("load", "deep/1")

    assert easybuild.environ["DEEP"] == "1"


def test_easybuild_traces(easybuild):
    """With -D it finds the version, the line as it was given, and the sub-command."""
    text = easybuild("--terse", "-D", "avail")

    for pattern in r"^Lmod version", r"^lmod\(--terse -D avail\)\{", ":avail":
        assert re.search(pattern, text, re.MULTILINE), pattern


# ReFrame.


def test_reframe_finds_the_version_without_a_shell(client):
    """`lmod --version` without the name of a shell says a version whose first two parts are numbers."""
    _, text, _ = client.raw("--version")

    found = re.search(r".*Version\s*(\S+)", text, re.MULTILINE)
    major, minor, *_ = found[1].split(".")
    assert (int(major), int(minor)) >= (8, 2)


def test_reframe_asks_for_python(client):
    """`lmod python` alone does not say that it knows no such shell."""
    _, text, _ = client.raw("python")

    assert "Unknown shell type" not in text


def test_reframe_evaluates_in_an_empty_namespace(client, monkeypatch):
    """stdout imports what it uses; a failure binds `_mlstatus` to something false, and changes nothing."""
    for name, value in client.environ.items():
        monkeypatch.setenv(name, value)
    space = {}
    exec(client.raw("python", "load", "toy/0.0")[0], {}, space)
    assert space.get("_mlstatus", True)
    assert os.environ["EBROOTTOY"] == "/opt/my toy"
    assert [name for name in os.environ["LOADEDMODULES"].split(":") if name] == ["toy/0.0"]

    client.environ = dict(os.environ)
    space = {}
    exec(client.raw("python", "unload", "toy/0.0")[0], {}, space)
    assert "EBROOTTOY" not in os.environ

    assert client.raw("python", "load", "nope")[0] == "_mlstatus = False\n"


def test_reframe_finds_rivals(client):
    """Each name of a conflict stands in a call of its own."""
    text = client("show", "toy/0.0")

    names = [found.strip("'\"()") for found in re.findall(r"conflict\s*(\S+)", text)]
    assert names == ["rival", "other/1"]


def test_reframe_lists_what_is_there(client):
    """Names stand alone, one a line; `(…)` is cut off."""
    lines = client("-t", "avail", "plain").split("\n")

    assert [re.sub(r"\(\S+\)", "", line) for line in lines if line and line[-1] != ":"] == ["plain"]


def test_reframe_purges_by_force(client):
    """The option stands before the sub-command."""
    client("load", "toy/0.0", "gcc/12.2.0")
    client("--force", "purge")

    assert (client.loaded, client.well) == ([], True)


def test_reframe_saves_and_restores(client):
    """A collection is a file where ReFrame's own tests remove it, and restores what was loaded."""
    client("load", "toy/0.0")
    client("save", "mine")
    assert os.path.isfile(f"{client.root}/home/.config/lmod/mine")

    client("purge")
    client("use", f"{client.root}/other")
    client("restore", "mine")

    assert client.loaded == ["toy/0.0"]
    assert client.environ["MODULEPATH"] == f"{client.root}/Core"
    client("restore", "nothing-of-this-name")
    assert not client.well


# jupyterlmod.


def test_jupyterlmod_lists_what_is_there(client):
    """Its regular expression finds names, and no directory or title."""
    text = client("--terse", "avail").strip()

    found = re.compile(r"^[\w\-_+.\/]{1,}[^\/:]$", re.MULTILINE).findall(text)
    assert {"gcc/12.2.0", "toy/0.0", "plain", "Java/11.0.2"} <= set(found)
    assert not {name for name in found if os.path.isabs(name)}


def test_jupyterlmod_lists_what_is_loaded(client):
    """The list splits at white space into names, and begins with a certain text when there are none."""
    assert client("--terse", "list").startswith("No modules loaded")

    client("--terse", "load", "toy/0.0", "gcc")
    assert client("--terse", "list").split() == ["toy/0.0", "gcc/13.1.0"]


def test_jupyterlmod_shows_the_file(client):
    """`--terse show` prints the path of the file only, as Lmod 9 does."""
    assert client("--terse", "show", "toy").split() == [f"{client.root}/Core/toy/0.0.lua"]


def test_jupyterlmod_has_options_behind_the_command(client):
    """`purge --force` and `use -a PATH` are understood, and a load that works is silent."""
    assert client("--terse", "load", "toy/0.0") == ""
    client("--terse", "purge", "--force")
    assert client.loaded == []
    client("--terse", "use", "-a", f"{client.root}/other")
    assert client.environ["MODULEPATH"].endswith("/other")
    client("--terse", "unuse", f"{client.root}/other")
    assert client.environ["MODULEPATH"] == f"{client.root}/Core"


def test_jupyterlmod_lists_collections(client):
    """The list splits at white space into the names."""
    client("--terse", "load", "toy/0.0")
    client("--terse", "save", "one")
    client("--terse", "save", "two")

    assert client("--terse", "savelist").split() == ["one", "two"]


# CMake, for what its FindEnvModules reads itself; the rest is in test_real_clients.py.


def test_cmake_splits_names(client):
    """A line `name/` gives the name alone, and all others are names."""
    lines = client("-t", "avail").splitlines()

    assert {"gcc/", "gcc/12.2.0", "plain", "toy/"} <= set(lines)
    assert not [line for line in lines if re.search(r"\s", line)]


# Spack, Singularity-HPC and Nextflow: what their modulefiles and scripts say.

SPACK = """\
whatis([[Name : hdf5]])
whatis([[Version : 1.14.3]])
help([[Name   : hdf5]])
help()
family("hdf5")
conflict("hdf5")
prepend_path("CMAKE_PREFIX_PATH", "/opt/hdf5/.", ":")
append_path("MANPATH", "", ":")
setenv("HDF5_ROOT", "/opt/hdf5")
unsetenv("HDF5_OLD")
remove_path("PATH", "/opt/old", ":")
local lapack_name = os.getenv("LMOD_LAPACK_NAME")
local lapack_version = os.getenv("LMOD_LAPACK_VERSION")
if lapack_name then prepend_path("MODULEPATH", pathJoin(ROOT, lapack_name, lapack_version, "Core")) end
setenv("LMOD_MPI_NAME", "openmpi")
"""


def test_spack_writes_modulefiles(client):
    """Its words work, there and back; an empty entry of MANPATH stays one."""
    file = client.root / "Core/hdf5/1.14.3.lua"
    file.parent.mkdir()
    file.write_text(f'local ROOT = "{client.root}"\n{SPACK}')
    client.environ |= {"LMOD_LAPACK_NAME": "blas", "LMOD_LAPACK_VERSION": "3", "HDF5_OLD": "1", "MANPATH": "/man"}
    before = dict(client.environ)

    assert client("load", "hdf5") == ""
    assert client.environ["MODULEPATH"] == f"{client.root}/blas/3/Core:{client.root}/Core"
    assert client.environ["CMAKE_PREFIX_PATH"] == "/opt/hdf5"
    assert client.environ["MANPATH"].startswith("/man:")

    client("unload", "hdf5")
    assert client.environ == before


SHPC = """\
conflict("a", "b:1", "c")
setenv("SINGULARITY_SHELL", "")
set_shell_function("samtools-exec", "singularity exec $1", "singularity exec $1")
local real = subprocess("realpath " .. myFileName()):gsub("\\n", "")
setenv("REAL", real)
if myShellName() == "bash" then execute{cmd="export -f samtools-exec", modeA={"load"}} end
if isFile(myFileName()) then setenv("IS_FILE", "1") end
"""


def test_shpc_writes_modulefiles(client):
    """Its words work in a directory four levels deep, with dots in names and `--` in versions."""
    file = client.root / "Core/quay.io/biocontainers/samtools/1.20--h50ea8bc_0/module.lua"
    file.parent.mkdir(parents=True)
    file.write_text(SHPC)

    name = "quay.io/biocontainers/samtools/1.20--h50ea8bc_0/module"
    assert client("load", name) == ""
    assert (client.environ["REAL"], client.environ["SINGULARITY_SHELL"]) == (str(file), "")

    out, _, _ = client.raw("bash", "show", name)
    assert out == ""
    client("unload", name)
    out, err, status = client.raw("bash", "load", name)
    assert (err, status) == ("", 0)
    assert "function samtools-exec {\nsingularity exec $1\n};\n" in out
    assert out.endswith("export -f samtools-exec;\n")


def test_nextflow_greps_the_list(client):
    """`name/version` is found in `module list 2>&1`, and `switch OLD NEW` replaces it."""
    client("load", "gcc/12.2.0")
    assert re.search(r"\bgcc/12\.2\.0\b", client("list"))

    client("switch", "gcc/12.2.0", "gcc/13.1.0")
    assert client.loaded == ["gcc/13.1.0"]
