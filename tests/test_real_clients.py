"""The programs that call `lmod`, themselves: what their users do, with `lmodpy-cmd` as LMOD_CMD."""

from __future__ import annotations

import subprocess

import pytest

from tests.launcher import CLONE, lmodpy_cmd
from tests.needs import needs, needs_clients
from tests.test_clients import HIERARCHY


@pytest.fixture
def user(tmp_path):
    """Run a program as a user on a machine whose `lmod` is ours; the site is that of test_clients.py."""
    for path, body in HIERARCHY.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'local ROOT = "{tmp_path}"\n{body}\n')
    (tmp_path / "home").mkdir()
    env = {
        "HOME": f"{tmp_path}/home",
        "LMOD_CMD": lmodpy_cmd(),
        "MODULEPATH": f"{tmp_path}/Core",
        "PATH": "/usr/bin:/bin",
        "SITE": str(tmp_path),
        "LC_ALL": "C.UTF-8",
    }

    def ran(*command, **more):
        done = subprocess.run(
            command, env=env | more, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return ran


@pytest.fixture
def program(user, tmp_path):
    """Run a Python program that uses a client's own package."""

    def ran(text, **more):
        file = tmp_path / "program.py"
        file.write_text(f"import os\nSITE = os.environ['SITE']\n{text}")
        return user(f"{needs_clients()}/python", str(file), **more)

    return ran


# ReFrame.

REFRAME = """
from reframe.core.modules import ModulesSystem
import reframe.core.exceptions as errors

tool = ModulesSystem.create("lmod")
names = lambda: [module.fullname if hasattr(module, "fullname") else module for module in tool.loaded_modules()]
assert tool.name == "lmod" and int(tool.version.split(".")[0]) >= 8, (tool.name, tool.version)

assert {"toy/0.0", "gcc/12.2.0", "plain"} <= set(tool.available_modules())
assert tool.available_modules("plain") == ["plain"]
assert "rival" in tool.conflicted_modules("toy/0.0") and "other/1" in tool.conflicted_modules("toy/0.0")

tool.load_module("toy/0.0")
assert names() == ["toy/0.0"] and tool.is_module_loaded("toy/0.0")
assert os.environ["EBROOTTOY"] == "/opt/my toy"
tool.load_module("gcc/12.2.0")
tool.load_module("openmpi/4.1")
assert names() == ["toy/0.0", "gcc/12.2.0", "openmpi/4.1"], names()
tool.unload_module("toy/0.0")
assert "EBROOTTOY" not in os.environ
try:
    tool.load_module("nothing/1")
except errors.EnvironError:
    pass
else:
    raise AssertionError("the load of nothing succeeds")
assert names() == ["gcc/12.2.0", "openmpi/4.1"]

tool.unload_all()
assert names() == []
tool.searchpath_add(f"{SITE}/other")
assert tool.searchpath[0] == f"{SITE}/other", tool.searchpath
tool.load_module("toy/1.0")
tool.searchpath_remove(f"{SITE}/other")
assert tool.searchpath == [f"{SITE}/Core"], tool.searchpath
tool.unload_all()

tool.load_module("toy/1.0", path=f"{SITE}/other")
assert names() == [], "ReFrame takes the directory away again, so the module is inactive"
print(*tool.emit_load_commands("toy/0.0"))
"""


def test_reframe_drives_modules(program):
    """Its interface lists, loads, unloads, changes the search path, finds conflicts and sees a failure."""
    assert program(REFRAME).stdout == "module load toy/0.0\n"


def test_reframe_saves_and_restores(program, tmp_path):
    """A collection is saved in a file that ReFrame knows, and restored as a module of the kind collection."""
    program(
        """
from reframe.core.modules import ModulesSystem

tool = ModulesSystem.create("lmod")
tool.load_module("toy/0.0")
tool.execute("save", "mine")
tool.unload_all()
tool.load_module("mine", collection=True)
assert tool.is_module_loaded("toy/0.0")
""",
    )
    assert (tmp_path / "home/.config/lmod/mine").is_file()


CHECK = """
import reframe as rfm
import reframe.utility.sanity as sn


@rfm.simple_test
class Toy(rfm.RunOnlyRegressionTest):
    valid_systems = ["*"]
    valid_prog_environs = ["*"]
    modules = ["toy/0.0"]
    executable = "echo"
    executable_opts = ["root=$EBROOTTOY"]

    @sanity_function
    def found(self):
        return sn.assert_found(r"root=/opt/my toy", self.stdout)
"""
SETTINGS = """
site_configuration = {
    "systems": [
        {
            "name": "here",
            "hostnames": [".*"],
            "modules_system": "lmod",
            "partitions": [
                {"name": "login", "scheduler": "local", "launcher": "local", "environs": ["plain"]}
            ],
        }
    ],
    "environments": [{"name": "plain", "modules": ["plain"]}],
    "general": [{"resolve_module_conflicts": True}],
}
"""


def test_reframe_runs_a_check(user, tmp_path):
    """A check that needs modules finds them in its job script, where `module` is the function of the login shell."""
    (tmp_path / "check.py").write_text(CHECK)
    (tmp_path / "settings.py").write_text(SETTINGS)
    done = user(
        needs("bash"), "-c",
        f'. "{CLONE}/init/bash"; exec "$0" "$@"',
        f"{needs_clients()}/reframe", "-C", "settings.py", "-c", "check.py", "-r", "--prefix", "out",
    )  # fmt: skip

    assert "PASSED" in done.stdout


# EasyBuild.

EASYBUILD = """
from easybuild.tools.options import set_up_configuration

ROOT = "--allow-use-as-root-and-accept-consequences"
set_up_configuration(args=["--modules-tool=Lmod", "--allow-modules-tool-mismatch", ROOT], silent=True)
from easybuild.tools.build_log import EasyBuildError
from easybuild.tools.modules import modules_tool, reset_module_caches

tool = modules_tool()
assert int(tool.version.split(".")[0]) >= 8, tool.version
assert tool.supports_depends_on

names = tool.available()
assert {"toy/.hidden", "toy/0.0", "plain", "Java/11", "Java/11.0.2", "JavaAlias"} <= set(names), names
assert tool.available("gcc") == ["gcc/12.2.0", "gcc/13.1.0"]
wanted = ["toy/0.0", "toy", "toy/.hidden", "toy/7", "Java/11", "JavaAlias", "nope/1", "gcc/12"]
assert tool.exist(wanted) == [True, True, True, False, True, True, False, False], tool.exist(wanted)

assert tool.modulefile_path("toy/0.0") == f"{SITE}/Core/toy/0.0.lua"
assert tool.modulefile_path("toy/0.0", strip_ext=True) == f"{SITE}/Core/toy/0.0"
assert tool.get_setenv_value_from_modulefile("toy/0.0", "EBROOTTOY") == "/opt/my toy"
assert tool.get_setenv_value_from_modulefile("toy/0.0", "NOTHING") is None

tool.load(["toy/0.0", "gcc/12.2.0"])
assert tool.loaded_modules() == ["toy/0.0", "gcc/12.2.0"]
assert os.environ["EBROOTTOY"] == "/opt/my toy"
tool.load(["toy/0.0"])
assert tool.loaded_modules() == ["gcc/12.2.0", "toy/0.0"]
try:
    tool.load(["nope/1"])
except EasyBuildError as error:
    assert "nope/1" in str(error)
else:
    raise AssertionError("the load of nothing succeeds")
tool.load(["openmpi/4.1"])
tool.unload(["toy/0.0"])
assert "EBROOTTOY" not in os.environ
tool.purge()
tool.purge()
assert tool.loaded_modules() == []

tool.use(f"{SITE}/other")
assert "toy/1.0" in tool.available("toy")
tool.unuse(f"{SITE}/other")
tool.use(f"{SITE}/other", priority=10000)
tool.use(f"{SITE}/gcc12")
assert os.environ["MODULEPATH"].split(":")[0] == f"{SITE}/other", os.environ["MODULEPATH"]
reset_module_caches()
tool.check_loaded_modules()
print(tool.exist(["openmpi/4.1", "openmpi/9"]))
"""


def test_easybuild_drives_modules(program):
    """Its interface lists, shows, loads, unloads, purges and uses directories, with and without priority."""
    assert program(EASYBUILD).stdout == "[True, False]\n"


# jupyterlmod.

JUPYTER = """
import asyncio
import module


async def session():
    assert await module.system() == "lmod"
    assert {"toy/0.0", "gcc/12.2.0", "plain"} <= set(await module.avail())
    assert await module.list() == []
    await module.load("toy/0.0", "gcc/12.2.0")
    assert await module.list() == ["toy/0.0", "gcc/12.2.0"]
    assert os.environ["EBROOTTOY"] == "/opt/my toy"
    assert "toy/0.0.lua" in await module.show("toy/0.0")
    await module.unload("toy/0.0")
    assert "EBROOTTOY" not in os.environ
    await module.use(f"{SITE}/other", append=True)
    assert "toy/1.0" in await module.avail()
    await module.unuse(f"{SITE}/other")
    await module.purge(force=True)
    assert await module.list() == []


asyncio.run(session())
"""


def test_jupyterlmod_drives_modules(program):
    """Its interface lists, loads, unloads, shows and purges; what works says nothing."""
    done = program(JUPYTER)

    assert (done.stdout, done.stderr) == ("", "")


def test_jupyterlmod_saves_and_restores(program):
    """Collections are saved, listed and restored."""
    done = program("""
import asyncio
import module


async def session():
    await module.load("toy/0.0")
    await module.save("mine")
    await module.purge()
    print("purged:", await module.list(), await module.savelist())
    await module.restore("mine")
    print("restored:", await module.list())


asyncio.run(session())
""")

    assert "purged: [] ['mine']\n" in done.stdout
    assert done.stdout.endswith("restored: ['toy/0.0']\n")


def test_jupyterlmod_tells_the_user(program):
    """What goes wrong is shown."""
    done = program("import asyncio, module\nasyncio.run(module.load('nope'))")

    assert "nope" in done.stdout


# CMake.

CMAKE = """\
cmake_minimum_required(VERSION 3.21)
set(EnvModules_COMMAND "$ENV{LMOD_CMD}")
find_package(EnvModules REQUIRED)

function(must_be what is)
  if(NOT "${what}" STREQUAL "${is}")
    message(SEND_ERROR "[${what}] is not [${is}]")
  endif()
endfunction()

env_module_list(names)
must_be("${names}" "")
env_module(load toy/0.0 gcc/12.2.0)
must_be("$ENV{EBROOTTOY}" "/opt/my toy")
env_module_list(names)
must_be("${names}" "toy/0.0;gcc/12.2.0")
env_module_avail(gcc names)
must_be("${names}" "gcc/12.2.0;gcc/13.1.0")
env_module_swap(gcc gcc/13.1.0)
must_be("$ENV{EBROOTGCC}" "/opt/gcc/13.1.0")
env_module(COMMAND load nope RESULT_VARIABLE status OUTPUT_VARIABLE said)
if(status EQUAL 0 OR NOT said MATCHES "nope")
  message(SEND_ERROR "the load of nothing succeeds")
endif()
env_module(unload toy/0.0)
must_be("$ENV{EBROOTTOY}" "")
env_module(use "$ENV{SITE}/other")
must_be("$ENV{MODULEPATH}" "$ENV{SITE}/other:$ENV{SITE}/Core")
env_module(purge)
must_be("$ENV{LOADEDMODULES}" "")
"""


@pytest.mark.parametrize("home", [CLONE, "/nonexistent"], ids=["text for cmake", "text for sh"])
def test_cmake_drives_modules(user, tmp_path, home):
    """FindEnvModules does its work, both with and without an `init/cmake` in MODULESHOME."""
    (tmp_path / "main.cmake").write_text(CMAKE)

    done = user(needs("cmake"), "-P", "main.cmake", MODULESHOME=home)

    assert "does not" not in done.stderr


# Snakemake and Nextflow, which are not started: the shell code that they write.

SNAKEMAKE = """\
. "$CLONE/init/bash"
bash -euo pipefail -c '
    module purge && MODULES_VERBOSITY=concise module load toy/0.0 gcc/12.2.0; set -euo pipefail
    echo "$EBROOTTOY|$LOADEDMODULES"
    module purge
    echo "${LOADEDMODULES-none}"
'
bash -euo pipefail -c 'module purge && module load nope; echo went on' || echo "failed with $?"
"""


def test_snakemake_writes_shell_code(user):
    """`module` comes from the environment, and neither it nor a purge of nothing trips over `bash -euo pipefail`."""
    done = user(needs("bash"), "--norc", "-c", SNAKEMAKE, CLONE=CLONE)

    assert done.stdout.splitlines() == ["/opt/my toy|toy/0.0:gcc/12.2.0", "none", "failed with 1"]


NEXTFLOW = """\
. "$CLONE/init/bash"
nxf_module_load() {
    local mod=$1
    local ver=${2:-}
    local new_module="$mod"
    [[ -z $ver ]] || new_module="$mod/$ver"
    if ! module list 2>&1 | grep -q "$new_module"; then
        old_module=$(module list 2>&1 | grep -Eow "$mod\\/[^\\( \\n]+" || true)
        if [[ $ver && $old_module ]]; then module switch $old_module $new_module; else module load $new_module; fi
    fi
}
set -euo pipefail
nxf_module_load gcc 12.2.0
echo "$LOADEDMODULES"
nxf_module_load gcc 13.1.0
nxf_module_load gcc 13.1.0
nxf_module_load plain
echo "$LOADEDMODULES"
"""


def test_nextflow_writes_shell_code(user):
    """A process with a `module` directive loads, and switches where another version is loaded."""
    done = user(needs("bash"), "--norc", "-c", NEXTFLOW, CLONE=CLONE)

    assert done.stdout.splitlines() == ["gcc/12.2.0", "gcc/13.1.0:plain"]
