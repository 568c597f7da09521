"""The two that play a case: an installed Lmod, a process for each command, and lmodpy, in this process."""

from __future__ import annotations

import os
import subprocess
from typing import NamedTuple, Protocol

from tests.prompt import Prompt

LMOD = os.environ.get("LMOD_PEER", "/usr/share/lmod/lmod/libexec/lmod")


class Seen(NamedTuple):
    """What the user has and sees after a command."""

    status: int
    text: str
    env: dict[str, str]
    aliases: dict[str, str]
    functions: dict[str, str]


class Tool(Protocol):
    """What takes commands, one after the other, and remembers the environment."""

    def type(self, *words: str) -> Seen:
        """Run `module WORDS`."""

    def set(self, name: str, value: str | None = None) -> None:
        """Set a variable by hand, or unset it."""


PATIENCE = 20
"""Seconds after which Lmod is thought to be going round in a circle, which it does for some."""


class Lmodpy:
    """The real engine at a prompt without a shell, undoing as Lmod does."""

    def __init__(self, env: dict[str, str]) -> None:
        self.prompt = Prompt({"LMODPY_UNDO": "lmod", **env})

    def type(self, *words: str) -> Seen:
        prompt = self.prompt
        status = prompt.type(*words)
        functions = {name: body.strip(" ;\n") for name, (body, _) in prompt.functions.items()}
        return Seen(status, prompt.err, dict(prompt.env), dict(prompt.aliases), functions)

    def set(self, name: str, value: str | None = None) -> None:
        put(self.prompt.env, name, value)


class Lmod:
    """The installed Lmod, in an environment with nothing in it but the user's."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = dict(env)
        self.aliases: dict[str, str] = {}
        self.functions: dict[str, str] = {}

    def type(self, *words: str) -> Seen:
        """Run a command; raises TimeoutExpired."""
        env = {**self.env, "LMOD_IGNORE_CACHE": "yes", "LC_ALL": "C.UTF-8"}
        done = subprocess.run([LMOD, "bash", *words], env=env, capture_output=True, check=False, timeout=PATIENCE)
        read_bash(os.fsdecode(done.stdout), self.env, self.aliases, self.functions)
        return self.seen(done.returncode, os.fsdecode(done.stderr))

    def seen(self, status: int = 0, text: str = "") -> Seen:
        """Return what the user has now."""
        return Seen(status, text, dict(self.env), dict(self.aliases), dict(self.functions))

    def set(self, name: str, value: str | None = None) -> None:
        put(self.env, name, value)


def put(where: dict[str, str], name: str, value: str | None) -> None:
    """Set or unset a name."""
    if value is None:
        where.pop(name, None)
    else:
        where[name] = value


def read_bash(text: str, env: dict[str, str], aliases: dict[str, str], functions: dict[str, str]) -> None:
    """Do to three dicts what bash would do with what Lmod prints; raises ValueError for what it never prints."""
    lines = iter(text.split("\n"))
    for line in lines:
        head, _, rest = line.partition(" ")
        name, equals, value = line.partition("=")
        if line in {"", "false"} or head == "export":
            continue
        if head == "unset" and rest.startswith("-f "):
            functions.pop(rest.split()[1], None)
        elif head == "unset":
            env.pop(rest.rstrip(";"), None)
        elif head == "unalias":
            aliases.pop(rest.split()[0], None)
        elif rest.startswith("() {"):
            functions[head] = "\n".join((rest[4:], *iter(lambda: next(lines), "};"))).strip(" ;\n")
        elif head == "alias":
            name, _, value = rest.partition("=")
            aliases[name] = unquoted(value)
        elif equals and name.isidentifier():
            env[name] = unquoted(value)
        else:
            raise ValueError(f"Lmod says {line!r}")


def unquoted(text: str) -> str:
    """Read a bash word whose special characters stand behind backslashes, up to the semicolon that ends it."""
    read, rest = [], iter(text)
    for char in rest:
        if char == ";":
            return "".join(read)
        read.append(next(rest) if char == "\\" else char)
    raise ValueError(f"no end in {text!r}")
