"""What an installation consists of, and that its launcher starts whatever the user's environment looks like."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import lupa
import pytest

import lmodpy
from lmodpy.cli import entry
from tests.needs import needs

ROOT = Path(__file__).parent.parent
PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
BASE_PYTHON = Path(sys.executable).resolve()  # one that knows no lmodpy

MAIN = """
def launch(argv):
    import os, sys, typing
    names = "__LMOD_PROTECTED_LD_LIBRARY_PATH", "__LMOD_PROTECTED_LD_PRELOAD", "LD_LIBRARY_PATH", "LD_PRELOAD"
    print("words", argv)
    print("libraries", *[os.environ.get(name, "none") for name in names])
    print("package", __file__)
    print("typing", typing.__file__)
"""


def run(*command: object, cwd: Path | str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(
        words, env={"PATH": "/usr/bin:/bin", **env}, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


def write(path: Path, text: str = "", mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def package_in(directory: Path) -> None:
    """Put a package there that tells how it was called."""
    for name in "lmodpy/__init__.py", "lmodpy/cli/__init__.py", "lupa/__init__.py":
        write(directory / name)
    write(directory / "lmodpy/cli/main.py", MAIN)
    shutil.copy(ROOT / "lmodpy/cli/bundle.py", directory / "lmodpy/cli/bundle.py")


def launcher_in(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(ROOT / "bin" / "lmodpy-cmd", directory))


@pytest.fixture
def clone(tmp_path):
    """The launcher in a clone of the sources."""
    package_in(tmp_path / "clone")
    (tmp_path / "clone/.venv/bin").mkdir(parents=True)
    (tmp_path / "clone/.venv/bin/python").symlink_to(sys.executable)
    return launcher_in(tmp_path / "clone/bin")


def installation(prefix: Path, first_lines: str) -> Path:
    """Lay out what pip installs, with a console script that begins so, and return the launcher."""
    package_in(prefix / "lib" / PYTHON / "site-packages")
    write(prefix / "bin/lmodpy", f"{first_lines}\nimport sys\n", 0o755)
    return launcher_in(prefix / "bin")


# The launcher.


def test_words_reach_the_program_as_they_are(clone):
    """Arguments with blanks, quotes and newlines, and empty ones, arrive unchanged."""
    words = ["bash", "load", "a b", "", "it's", '"', "$HOME", "*", "-x", "two\nlines", "é"]

    done = run(clone, *words)

    assert done.stdout.splitlines()[0] == f"words {words}"
    assert done.stderr == ""


@pytest.mark.parametrize("sh", [["dash"], ["bash", "--posix"], ["ksh"], ["zsh", "--emulate", "sh"]])
def test_any_shell_may_be_sh(clone, sh):
    """What /bin/sh is differs between systems; the launcher runs in each, however strict."""
    program = [needs(sh[0]), *sh[1:]]

    for strict in [], ["-eu"]:
        done = run(*program, *strict, clone, "bash", "list", LD_LIBRARY_PATH="", LD_PRELOAD="")
        assert done.stdout.startswith("words ['bash', 'list']\nlibraries   none none\n"), done


HOSTILE = {
    "home": {"PYTHONHOME": "/nonexistent"},
    "path": {"PYTHONPATH": "{fake}"},
    "start-up": {"PYTHONSTARTUP": "{fake}/os.py", "PYTHONINSPECT": "", "PYTHONUSERBASE": "{fake}"},
    "warnings": {"PYTHONWARNINGS": "error", "PYTHONVERBOSE": "1", "PYTHONDEVMODE": "1"},
    "encoding": {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"},
    "no search path": {"PATH": ""},
    "other pythons first": {"PATH": "{fake}:.:bin:/usr/bin:/bin"},
    "separators": {"IFS": "/ aeinoprsty"},
    "names of our own": {"python": "x", "bin": "x", "prefix": "x", "ENV": "{fake}/os.py", "BASH_ENV": "{fake}/os.py"},
    "directory": {"PWD": "/nonexistent", "OLDPWD": "", "CDPATH": "/", "HOME": "/nonexistent"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_variable_of_the_user_gets_in_the_way(clone, tmp_path, name):
    """The launcher starts the same program, whatever is set."""
    fake = tmp_path / "fake"
    for module in "os", "site", "lmodpy", "encodings", "sitecustomize":
        write(fake / f"{module}.py", "raise SystemExit('fake')")
    for program in "python", "python3", "sh", "readlink":
        write(fake / program, "#!/bin/sh\necho fake\n", 0o755)
    env = {variable: value.format(fake=fake) for variable, value in HOSTILE[name].items()}

    done = run(clone, "bash", "load", "a b", cwd=fake, **env)

    assert (done.stdout.splitlines()[0], done.stderr) == ("words ['bash', 'load', 'a b']", "")


def test_a_deleted_working_directory_does_not_matter(clone, tmp_path):
    """One can still leave a directory that is gone with the modules one wants."""
    (tmp_path / "gone").mkdir()

    done = run("sh", "-c", 'cd "$1" && rmdir "$1" && exec "$2" bash list', "sh", tmp_path / "gone", clone)

    assert done.stdout.startswith("words ['bash', 'list']\n")


def test_libraries_are_handed_over_under_other_names(clone):
    """The interpreter runs without LD_LIBRARY_PATH and LD_PRELOAD; what the shell function has moved, stays moved."""
    direct = run(clone, "bash", LD_LIBRARY_PATH="/a:/b")
    moved = run(clone, "bash", __LMOD_PROTECTED_LD_LIBRARY_PATH="/c", __LMOD_PROTECTED_LD_PRELOAD="/d.so")

    assert "libraries /a:/b none none none\n" in direct.stdout
    assert "libraries /c /d.so none none\n" in moved.stdout


@pytest.mark.parametrize(
    "lines",
    [
        "#!{python}",
        "#! {python}",
        "#!{python} -sP",
        "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''",
        "#!/bin/sh\n'''exec' '{python}' \"$0\" \"$@\"\n' '''",
        "#!/bin/sh\n'''exec' {python} \"$0\" \"$@\"\n' '''",
    ],
)
def test_the_interpreter_is_the_one_that_the_installer_wrote_down(tmp_path, lines):
    """Plain, with options, or in the long form: the first lines of the console script name the interpreter."""
    launcher = installation(tmp_path / "opt", lines.format(python=sys.executable))

    done = run(launcher, "bash", "list")

    assert done.stdout.startswith("words ['bash', 'list']\n"), done.stderr
    assert f"package {tmp_path}/opt/lib/" in done.stdout


@pytest.mark.parametrize("line", ["#!/usr/bin/env python3", '#!/bin/sh\n\'\'\'exec\' "$(dirname -- "$0")"/python "$0"'])
def test_a_movable_environment_has_its_interpreter_beside(tmp_path, line):
    """Where the console script names no place, the interpreter of the same directory is taken, never one from PATH."""
    launcher = installation(tmp_path / "opt", line)
    (tmp_path / "opt/bin/python").symlink_to(sys.executable)

    assert run(launcher, "bash", "list").stdout.startswith("words ['bash', 'list']\n")


@pytest.mark.parametrize("place", ["lib64/{}/site-packages", "local/lib/{}/dist-packages", "lib/python3/dist-packages"])
def test_packages_are_found_where_distributions_put_them(tmp_path, place):
    """Red Hat and Debian have directories of their own."""
    launcher = installation(tmp_path / "opt", f"#!{BASE_PYTHON}")
    target = tmp_path / "opt" / place.format(PYTHON)
    target.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "opt/lib" / PYTHON / "site-packages").rename(target)

    assert f"package {target}/lmodpy/cli/main.py\n" in run(launcher, "bash").stdout


def test_nothing_beside_the_package_replaces_the_standard_library(tmp_path):
    """A module called typing among the installed packages is not taken for Python's own."""
    launcher = installation(tmp_path / "opt", f"#!{sys.executable}")
    write(tmp_path / "opt/lib" / PYTHON / "site-packages/typing.py", "raise SystemExit('shadow')")

    assert f"/{PYTHON}/typing.py" in run(launcher, "bash").stdout


def test_a_symbolic_link_leads_home(clone, tmp_path):
    """LMOD_CMD may be a link in some bin directory, and a link to a link."""
    (tmp_path / "one").symlink_to(clone)
    (tmp_path / "two").symlink_to("one")

    for command in tmp_path / "two", "./two":
        done = run(command, "bash", "list", cwd=tmp_path, PATH="")
        assert done.stdout.startswith("words ['bash', 'list']\n"), done.stderr


def test_a_relative_path_will_do(clone):
    """Called from any directory near it, or through a linked one, the launcher knows where it is."""
    root = clone.parent.parent
    (root / "bin/below").mkdir()
    (root / "below").symlink_to("bin/below")
    (root.parent / "tools").symlink_to(root / "bin")

    for command in "bin/lmodpy-cmd", "bin/./lmodpy-cmd", "below/../lmodpy-cmd", "../tools/lmodpy-cmd":
        done = run(command, "bash", "list", cwd=root)
        assert done.stdout.startswith("words ['bash', 'list']\n"), done.stderr
    assert run("./lmodpy-cmd", "bash", cwd=root / "bin").returncode == 0
    assert run("../lmodpy-cmd", "bash", cwd=root / "bin/below").returncode == 0


def broken_copy(tmp_path: Path) -> Path:
    return launcher_in(tmp_path / "somewhere")


def broken_clone(tmp_path: Path) -> Path:
    package_in(tmp_path / "clone")
    return launcher_in(tmp_path / "clone/bin")


def broken_interpreter(tmp_path: Path) -> Path:
    return installation(tmp_path / "opt", "#!/nonexistent/python3")


def broken_upgrade(tmp_path: Path) -> Path:
    launcher = installation(tmp_path / "opt", f"#!{BASE_PYTHON}")
    (tmp_path / "opt/lib" / PYTHON).rename(tmp_path / "opt/lib/python3.0")
    return launcher


@pytest.mark.parametrize(
    ("broken", "what", "remedy"),
    [
        (broken_copy, "no interpreter found", "symbolic link"),
        (broken_clone, "no .*/clone/.venv/bin/python", "make demo"),
        (broken_interpreter, "is gone: /nonexistent/python3", "install lmodpy again"),
        (broken_upgrade, "no package lmodpy", "install lmodpy again"),
    ],
)
def test_a_broken_installation_says_what_to_do(tmp_path, broken, what, remedy):
    """The message tells what is wrong and the remedy; the shell's eval fails."""
    done = run(broken(tmp_path), "bash", "load", "gcc")

    assert re.search(what, done.stderr)
    assert remedy in done.stderr
    assert (done.stdout, done.returncode) == ("false\n", 1)


# The installation.


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    directory = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", directory, ROOT)
    return next(directory.iterdir())


def pip(*words: object) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, words)]
    subprocess.run(command, check=True, timeout=300, capture_output=True)


@pytest.fixture(scope="session")
def environment(wheel, tmp_path_factory):
    """An environment of its own, in a place with a blank, with the dependencies of this one."""
    prefix = tmp_path_factory.mktemp("an opt") / "lmodpy"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True, timeout=60)
    pip("--python", prefix / "bin/python", "install", "--no-deps", "--no-index", wheel)
    packages = Path(lupa.__file__).parent.parent
    site = prefix / "lib" / PYTHON / "site-packages"
    (site / "lupa").symlink_to(packages / "lupa")
    write(site / "dependencies.pth", f"{packages}\n")
    return prefix


@pytest.fixture(scope="session")
def prefix(wheel, tmp_path_factory):
    """What `pip install --prefix` or `--user` makes: lupa is elsewhere."""
    prefix = tmp_path_factory.mktemp("prefix")
    pip("install", "--no-deps", "--no-index", "--ignore-installed", "--prefix", prefix, wheel)
    return prefix


@pytest.fixture(params=["environment", "prefix"])
def installed(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def tree(tmp_path):
    write(tmp_path / "tree/gcc/12.2.lua", 'setenv("CC", "gcc 12")\nprepend_path("LD_LIBRARY_PATH", "/gcc/lib")\n')
    return tmp_path / "tree"


def test_the_wheel_holds_all_parts(wheel):
    """Sources, launcher, init files and licence are in the wheel; tests are not."""
    names = zipfile.ZipFile(wheel).namelist()

    assert any(name.endswith("data/scripts/lmodpy-cmd") for name in names)
    shared = {name.partition("share/lmodpy/init/")[2] for name in names if "share/lmodpy/init/" in name}
    here = {str(path.relative_to(ROOT / "init")) for path in (ROOT / "init").rglob("*") if path.is_file()}
    assert shared == {name for name in here if "__pycache__" not in name} >= {"bash", "env_modules_python.py", "perl"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "examples/"))]


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash", "ksh"])
def test_one_line_makes_module_work(installed, shell, tree):
    """`eval "$(lmodpy init SHELL)"`, and modules load, in each shell and from each kind of installation."""
    script = f'eval "$("{installed}/bin/lmodpy" init {shell})"; module load gcc; echo "$CC|$LOADEDMODULES"'
    options = {"zsh": ["-f"], "bash": ["--norc"]}.get(shell, [])

    done = run(needs(shell), *options, "-c", script, MODULEPATH=str(tree), HOME=str(tree))

    assert (done.stdout, done.stderr) == ("gcc 12|gcc/12.2\n", "")


@pytest.mark.parametrize(
    ("language", "program", "code"),
    [
        ("perl", ["perl", "-we"], 'module("load", "gcc"); print "$ENV{CC}\\n";'),
        ("python", ["python3", "-Bc"], 'module("load", "gcc"); print(os.environ["CC"])'),
    ],
)
def test_the_lines_for_a_program_make_module_work(installed, language, program, code, tree):
    """`lmodpy init LANGUAGE` prints what a program needs that no shell with lmodpy has started."""
    lines = run(installed / "bin/lmodpy", "init", language).stdout

    done = run(needs(program[0]), program[1], f"{lines}\n{code}", MODULEPATH=str(tree), HOME=str(tree))

    assert (done.stdout, done.stderr) == ("gcc 12\n", "")


def test_a_broken_library_of_the_user_does_not_stop_modules(environment, tree, tmp_path):
    """With a libc that is none in LD_LIBRARY_PATH and a preload that is gone, only `module` still works."""
    for name in (
        "libc.so.6",
        "libm.so.6",
        "libz.so.1",
        "libpthread.so.0",
        "libdl.so.2",
        f"lib{PYTHON}.so.1.0",
        "liblua.so",
    ):
        write(tmp_path / "broken" / name, "not a library", 0o755)
    script = f"""
        . '{environment}/share/lmodpy/init/bash'
        export LD_LIBRARY_PATH='{tmp_path}/broken'
        export LD_PRELOAD=/nonexistent.so
        module load gcc
        echo "$CC|$LD_LIBRARY_PATH|$LD_PRELOAD"
    """

    done = run(needs("bash"), "--norc", "-c", script, MODULEPATH=str(tree), HOME=str(tree))

    assert (done.stdout, done.stderr) == (f"gcc 12|/gcc/lib:{tmp_path}/broken|/nonexistent.so\n", "")


def test_init_knows_its_shells(environment):
    """For a shell it does not know, or none, it names those it knows, and the eval fails."""
    for words in ["sash"], [], ["bash", "zsh"]:
        done = run(environment / "bin/lmodpy", "init", *words)
        assert (done.stdout, done.returncode) == ("false\n", 1)
        assert "bash, zsh, sh, dash, ksh, mksh, csh, tcsh" in done.stderr


def test_init_is_found_through_a_link(environment, tmp_path):
    """A link to `lmodpy` in one's own bin directory leads to the files of the installation."""
    (tmp_path / "lmodpy").symlink_to(environment / "bin/lmodpy")

    assert run(tmp_path / "lmodpy", "init", "bash").stdout == f". '{environment}/share/lmodpy/init/bash'\n"


def test_init_costs_no_more_than_python():
    """Every shell of every user may wait for it, so what it does not need is not imported."""
    code = "import sys; sys.argv[1:] = ['init', 'bash']; before = set(sys.modules); from lmodpy.cli.entry import main\n"
    code += "try: main()\nexcept SystemExit: print(sorted(set(sys.modules) - before))"

    done = run(sys.executable, "-c", code, cwd=ROOT)

    assert done.stdout.splitlines()[-1] == str(
        ["__future__", "lmodpy", "lmodpy.cli", "lmodpy.cli.entry", "lmodpy.errors"]
    )


def test_the_help_teaches_the_first_step(environment):
    """`lmodpy --help` shows the line for the start-up file, and every command."""
    done = run(environment / "bin/lmodpy", "--help", COLUMNS="120", NO_COLOR="1")

    assert 'eval "$(lmodpy init bash)"' in done.stdout
    assert "version" in done.stdout
    assert run(environment / "bin/lmodpy", "init", "--help").returncode == 0
    assert run(environment / "bin/lmodpy", "init", "-h").stdout.startswith(" ")


def test_version_shows_where_things_are(installed):
    """A site finds there what it writes into its profile; each path exists."""
    done = run(installed / "bin/lmodpy", "version")

    shown = dict(line.split(":", 1) for line in done.stdout.splitlines())
    assert shown["lmodpy"].strip() == lmodpy.__version__
    assert shown["answers as Lmod"].strip() == lmodpy.LMOD_VERSION
    assert shown["LMOD_CMD"].strip() == f"{installed}/bin/lmodpy-cmd"
    assert os.path.isfile(shown["init files"].strip() + "/bash")
    assert run(installed / "bin/lmodpy", "--version").stdout == done.stdout


@pytest.mark.parametrize("path", ["/opt/lmodpy", "/with blank", "/it's", "/$HOME/`x`"])
def test_paths_are_quoted_for_the_shell(path):
    """The path of an installation reaches the shell as it is."""
    assert run("sh", "-c", f"printf %s {entry.quoted(path)}").stdout == path


# The Makefile.


@pytest.mark.parametrize(
    ("python", "message"),
    [
        ("exit 1", "needs Python 3.11 or newer; tried: .*/python"),
        ("case $2 in *version_info*) exit 0;; esac; exit 1", "no venv or ensurepip.*\n.*apt-get install python3-venv"),
    ],
)
def test_make_says_what_is_missing(tmp_path, python, message):
    """Too old a Python, or one without venv, is named together with the package to install."""
    fake = write(tmp_path / "python", f"#!/bin/sh\n{python}\n", 0o755)

    done = run(needs("make"), "-s", "-C", ROOT, f"PYTHON={fake}", f"VENV={tmp_path}/.venv", f"{tmp_path}/.venv/.made")

    assert done.returncode != 0
    assert re.search(message, done.stderr)
