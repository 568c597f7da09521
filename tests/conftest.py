"""The fixtures that scenarios stand on: a site with modulefiles, and a user at a prompt."""

import subprocess
import sys
from pathlib import Path

import pytest

from lmodpy.cli.main import Outcome, run
from tests.needs import needs

sys.setrecursionlimit(20_000)  # as the evaluator does; Hypothesis warns where a test changes it
NOT_OURS = {"_", "SHLVL", "PWD", "OLDPWD"}


class Site:
    """A tree of modulefiles and one session: commands run in the real engine, their text in a real shell."""

    def __init__(self, root: Path, shell: str) -> None:
        self.root = root
        self.shell = shell
        self.env = {
            "HOME": str(root / "home"),
            "PATH": "/usr/bin:/bin:/sbin",
            "LOGNAME": "user",
            "MODULEPATH": str(root / "Core"),
        }
        self.err = ""
        self.out = ""
        self.status = 0
        (root / "Core").mkdir()
        (root / "home").mkdir()

    # Making modulefiles.

    def modulefile(self, path: str, body: str = "") -> Path:
        """Write a modulefile, named by its path below the root; ROOT in it is the root."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            f'local ROOT = "{self.root}"\n{body}\n' if path.endswith(".lua") else body, errors="surrogateescape"
        )
        return file

    # Typing commands.

    def type(self, *words: str) -> "Site":
        """Run `module WORDS` and let the shell evaluate what comes out, whatever the status is."""
        said: list[str] = []
        outcome: Outcome = run([self.shell, *words], dict(self.env), say=said.append)
        self.out, self.err, self.status = outcome.out, "".join(said) + outcome.err, outcome.status
        self.env = self._evaluated(outcome)
        return self

    def module(self, *words: str) -> "Site":
        """Run `module WORDS`, which must succeed."""
        self.type(*words)
        assert self.status == 0, self.err
        return self

    def fails(self, *words: str) -> str:
        """Run `module WORDS`, which must fail and change nothing; return what the user is told."""
        before = dict(self.env)
        self.type(*words)
        assert self.status == 1, self.err
        assert self.env == before
        assert "Traceback" not in self.err
        assert "unexpectedly" not in self.err
        return self.err

    def load(self, *names: str) -> "Site":
        return self.module("load", *names)

    def unload(self, *names: str) -> "Site":
        return self.module("unload", *names)

    # What it looks like now.

    @property
    def loaded(self) -> list[str]:
        return [name for name in self.env.get("LOADEDMODULES", "").split(":") if name]

    @property
    def paths(self) -> list[str]:
        return [path.removeprefix(f"{self.root}/") for path in self.env.get("MODULEPATH", "").split(":")]

    def _evaluated(self, outcome: Outcome) -> dict[str, str]:
        script = 'eval "$(/bin/cat)" >/dev/null; left=$?; /usr/bin/env -0; exit $left'
        options = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"]}[self.shell]
        done = subprocess.run(
            [needs(self.shell), *options, "-c", script],
            input=outcome.out.encode(errors="surrogateescape"),
            env=self.env,
            capture_output=True,
            check=False,
        )
        assert done.stderr == b"", done.stderr
        assert outcome.status > 1 or (done.returncode == 0) == (outcome.status == 0)
        found = done.stdout.decode(errors="surrogateescape").split("\0")
        pairs = (item.partition("=") for item in found if item)
        return {name: value for name, _, value in pairs if name not in NOT_OURS}


IN_BOTH = {f"test_{name}.py" for name in ["loading", "undo", "hierarchy", "paths", "output", "scripts", "tree_odd"]}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Play in zsh what the shell matters for; the other scenarios are played in it by `make soak`."""
    for item in items:
        parameters = getattr(item, "callspec", None)
        again = parameters is not None and parameters.params.get("site") == "zsh"
        if again and "site" in item.fixturenames and item.path.name not in IN_BOTH:
            item.add_marker(pytest.mark.soak)


@pytest.fixture(params=["bash", "zsh"])
def site(request, tmp_path):
    """A fresh site, once with the user in bash and once in zsh."""
    return Site(tmp_path, request.param)
