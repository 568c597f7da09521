"""A package with hooks that pip installs beside lmodpy, as docs/site.md shows it, called by the real command."""

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
from tests.launcher import CLONE

PLACE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
GUIDE = Path(CLONE, "docs", "site.md").read_text(encoding="utf-8")


def wheel(place: Path) -> Path:
    """Make the package of the guide: its module and its entry point, and one more that is broken."""
    code, project = (
        re.search(rf"^```{language}\n(# usage.*?)```", GUIDE, re.DOTALL | re.MULTILINE)[1]
        for language in ("python", "toml")
    )
    [(name, point)] = re.findall(r'^(\w+) = "(usage:\w+)"$', project, re.MULTILINE)
    path = place / "usage-1.0-py3-none-any.whl"
    info = "usage-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("usage.py", code + "\n\ndef broken(site):\n    raise RuntimeError('by design')\n")
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: usage\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/entry_points.txt", f"[lmodpy.hooks]\n{name} = {point}\nbroken = usage:broken\n")
        file.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """An installation of lmodpy with the package in it; its lmodpy-cmd."""
    prefix = tmp_path_factory.mktemp("prefix")
    packages = prefix / PLACE
    shutil.copytree(Path(lmodpy.__file__).parent, packages / "lmodpy", ignore=shutil.ignore_patterns("__pycache__"))
    (packages / "lupa").symlink_to(Path(lupa.__file__).parent)
    (prefix / "bin").mkdir()
    (prefix / "bin/lmodpy").write_text(f"#!{Path(sys.executable).resolve()}\n")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", packages, wheel(prefix)], check=True, timeout=120)
    return shutil.copy(os.path.join(CLONE, "bin", "lmodpy-cmd"), prefix / "bin")


@pytest.fixture
def load(command, tmp_path):
    """Return what loads a module in a shell of its own, with settings; the text for the shell, and for the user."""
    (tmp_path / "mf/foo").mkdir(parents=True)
    (tmp_path / "mf/foo/1.lua").write_text('setenv("FOO", "1")\n')
    usual = {"PATH": os.defpath, "HOME": str(tmp_path), "MODULEPATH": str(tmp_path / "mf"), "USER": "ann"}

    def loaded(**settings: str) -> tuple[str, str]:
        environ = {**usual, "USAGE_LOG": str(tmp_path / "log"), **settings}
        done = subprocess.run([command, "bash", "load", "foo"], env=environ, capture_output=True, text=True, check=True)
        return done.stdout, done.stderr

    return loaded


def test_a_package_that_is_named_has_the_hooks(load, tmp_path):
    """And one that is not is not even imported."""
    assert "FOO=1;" in load()[0]
    assert not (tmp_path / "log").exists()
    text, told = load(LMODPY_PLUGINS="usage")
    assert "FOO=1;" in text
    assert told == ""
    assert (tmp_path / "log").read_text() == "ann load foo/1\n"


def test_a_package_that_fails_takes_nothing_down(load, command, tmp_path):
    """It is reported with its file and line; another one works, and so does the command."""
    text, told = load(LMODPY_PLUGINS="broken:usage")
    assert "FOO=1;" in text
    module = Path(command).parent.parent / PLACE / "usage.py"
    line = module.read_text().splitlines().index("    raise RuntimeError('by design')") + 1
    assert told == f"lmodpy: warning: LMODPY_PLUGINS: broken: RuntimeError: by design ({module}:{line})\n"
    assert (tmp_path / "log").read_text() == "ann load foo/1\n"


def test_a_hook_of_a_package_that_fails(load, command, tmp_path):
    """As one in SitePackage.lua: with file and line, and the module is loaded."""
    text, told = load(LMODPY_PLUGINS="usage", USAGE_LOG=str(tmp_path / "no/such/place"))
    assert "FOO=1;" in text
    module = Path(command).parent.parent / PLACE / "usage.py"
    assert re.match(rf"lmodpy: warning: hook finalize fails \({module}:\d+\): FileNotFoundError: ", told)
