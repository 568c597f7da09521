"""The file with all compiled code: it makes commands faster, and is never trusted where it does not fit."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import lupa
import pytest

ROOT = Path(__file__).parent.parent
VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def opt(tmp_path):
    """An installation as pip makes one, ready for its first command."""
    site = tmp_path / "lib" / VERSION / "site-packages"
    shutil.copytree(ROOT / "lmodpy", site / "lmodpy", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "lupa").symlink_to(Path(lupa.__file__).parent)
    (site / "lmodpy/__pycache__").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin/lmodpy-cmd", tmp_path / "bin")
    (tmp_path / "bin/lmodpy").write_text(f"#!{os.path.realpath(sys.executable)}\n")
    return tmp_path


def bundle(opt: Path) -> Path:
    return next((opt / "lib" / VERSION / "site-packages/lmodpy/__pycache__").glob("bundle-*"))


def use(opt: Path, **more: str) -> str:
    """Run a command and return what it prints for the shell."""
    argv = [opt / "bin/lmodpy-cmd", "bash", "use", "/x"]
    done = subprocess.run(argv, env={"PATH": os.defpath, **more}, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_first_command_writes_it_and_the_next_reads_it(opt):
    """The second command needs no other file of the package, and does the same."""
    first = use(opt)
    written = bundle(opt).stat().st_mtime_ns
    (opt / "lib" / VERSION / "site-packages/lmodpy/session/session.py").unlink()
    assert use(opt) == first
    assert first.startswith("MODULEPATH=/x;\n")
    assert bundle(opt).stat().st_mtime_ns == written


def test_the_prelude_of_modulefiles_is_in_it(opt, tmp_path):
    """What each Lua begins with is compiled once; its file is not looked at again."""
    (tmp_path / "m.lua").write_text('setenv("M", os.getenv("HOME") or "none")\n')
    argv, env = [opt / "bin/lmodpy-cmd", "bash", "load", "m"], {"PATH": os.defpath, "MODULEPATH": str(tmp_path)}
    first = subprocess.run(argv, env=env, capture_output=True, text=True, check=True).stdout
    assert "M=none;" in first
    (opt / "lib" / VERSION / "site-packages/lmodpy/modulefile/prelude.lua").unlink()
    assert subprocess.run(argv, env=env, capture_output=True, text=True, check=True).stdout == first


def test_whoever_looks_for_a_failure_does_without(opt):
    """With LMODPY_DEBUG the code comes from the files, which have lines; the bundle is left as it is."""
    first = use(opt)
    written = bundle(opt).stat().st_mtime_ns
    assert use(opt, LMODPY_DEBUG="1") == first
    assert bundle(opt).stat().st_mtime_ns == written


_SPOILT = ["truncated", "cut off at the end"]
_SPOILT += [pytest.param(how, marks=pytest.mark.soak) for how in ("garbage", "empty", "another kind")]


@pytest.mark.parametrize("spoil", _SPOILT)
def test_a_damaged_bundle_is_made_anew(opt, spoil):
    """Whatever the file holds, commands work, and the next one finds a good one."""
    first = use(opt)
    good = bundle(opt).read_bytes()
    bad = {
        "truncated": good[:5000],
        "cut off at the end": good[:-1],
        "garbage": b"\xff" * 100,
        "empty": b"",
        "another kind": b"i\x01\x00\x00\x00",
    }
    bundle(opt).write_bytes(bad[spoil])
    assert use(opt) == first
    assert len(bundle(opt).read_bytes()) == len(good)


def test_an_upgrade_is_noticed(opt):
    """A new installation writes the package's `__init__.py` anew, and the bundle of the old one is not believed."""
    use(opt)
    package = opt / "lib" / VERSION / "site-packages/lmodpy"
    main = package / "cli/main.py"
    main.write_text(main.read_text().replace("system.leave(status)", "system.leave(7)"))
    later = time.time() + 5
    os.utime(package / "__init__.py", (later, later))
    done = subprocess.run([opt / "bin/lmodpy-cmd", "bash", "list"], env={}, capture_output=True, check=False)
    assert done.returncode == 7


def test_where_it_cannot_be_written_nothing_is_lost(opt):
    """Without a directory to write to, commands work as well."""
    (opt / "lib" / VERSION / "site-packages/lmodpy/__pycache__").rmdir()
    assert use(opt).startswith("MODULEPATH=/x")
