"""A user at a prompt without a shell: commands run in the real engine, and their difference is applied directly."""

from __future__ import annotations

from lmodpy.cli.arguments import parse
from lmodpy.cli.commands import run_line
from lmodpy.cli.main import run
from lmodpy.config import Settings
from lmodpy.errors import LmodError
from lmodpy.shells.base import shell


class Prompt:
    """An environment that commands change, with the aliases and functions of the shell that has it.

    Hundreds of commands a second, where a real shell does a hundred at most; that a shell understands what it is
    told is what the `site` fixture and the tests of the shells are for.
    """

    def __init__(self, environ: dict[str, str]) -> None:
        self.env = dict(environ)
        self.aliases: dict[str, str] = {}
        self.functions: dict[str, tuple[str, str]] = {}
        self.commands: list[str] = []
        self.err = ""

    def type(self, *words: str) -> int:
        """Run `module WORDS` and return its status; a command that fails must tell the shell nothing but that."""
        said: list[str] = []
        speaker = shell("bash")
        try:
            result = run_line(parse(words), speaker, dict(self.env), Settings(self.env), said.append)
            speaker.render(result.diff)
        except LmodError as error:
            return self._failed(words, error, speaker.failure())
        for mine, told in (
            (self.env, result.diff.variables),
            (self.aliases, result.diff.aliases),
            (self.functions, result.diff.functions),
        ):
            _apply(mine, told)
        self.commands += result.diff.commands
        self.err = "".join(said) + result.text
        return result.status

    def _failed(self, words: tuple[str, ...], error: LmodError, failure: str) -> int:
        outcome = run(["bash", *words], dict(self.env), say=lambda _: None)
        assert outcome.out == (failure if error.text else "")
        assert outcome.status == error.status
        self.err = outcome.err
        return error.status

    @property
    def loaded(self) -> list[str]:
        """The full names of what is loaded, in load order."""
        return [name for name in self.env.get("LOADEDMODULES", "").split(":") if name]

    def everything(self) -> tuple[dict[str, str], dict[str, str], dict[str, tuple[str, str]]]:
        """All that a command can change, for comparing."""
        return dict(self.env), dict(self.aliases), dict(self.functions)


def _apply(mine: dict, told: dict) -> None:
    for name, value in told.items():
        if value is None:
            mine.pop(name, None)
        else:
            mine[name] = value
