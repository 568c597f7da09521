"""Modules for Python programs: `from lmodpy import Modules`. docs/python.md shows how it is used.

    m = Modules()
    m.load("gcc", "openmpi")
    m.apply(os.environ)

Nothing but the object changes before `apply`. Everything here runs in the caller's process; only what modulefiles
start (`capture`, `source_sh`) are programs of their own.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from lmodpy.cli.arguments import Line, parse
from lmodpy.cli.commands import run_line
from lmodpy.cli.context import Context
from lmodpy.cli.readings import meant
from lmodpy.config import Settings
from lmodpy.errors import LmodError
from lmodpy.shells.base import check_names, shell

if TYPE_CHECKING:
    from lmodpy.env.diff import Diff
    from lmodpy.modulefile.operations import Call

Environ = MutableMapping[str, str]


class Changes(NamedTuple):
    """What is to be set and, where the value is None, to be taken away."""

    variables: Mapping[str, str | None] = {}
    aliases: Mapping[str, str | None] = {}
    functions: Mapping[str, str | None] = {}
    """Shell functions, name to body, for shells of the sh family."""

    def apply(self, environ: Environ) -> None:
        """Change the variables of an environment, such as `os.environ`; aliases and functions are for shells."""
        for name, value in self.variables.items():
            if value is None:
                environ.pop(name, None)
            else:
                environ[name] = value


class Result(NamedTuple):
    """What one command did."""

    changes: Changes
    loaded: tuple[str, ...]
    """The full names of what is loaded now, in load order."""
    messages: str
    """What modulefiles and lmodpy have to say to people: warnings, what was replaced; without colours."""
    listing: str = ""
    """What was asked for, as people read it (`module("list")`)."""
    commands: tuple[str, ...] = ()
    """Shell code that modulefiles want to be run (`execute{}`), which nobody has run."""
    status: int = 0
    """1 for a question that is answered with no, such as `is-loaded`."""

    def apply(self, environ: Environ) -> None:
        """Change an environment as this one command did."""
        self.changes.apply(environ)


class Statement(NamedTuple):
    """One line of what a modulefile says: the word, such as `setenv`, and its arguments."""

    word: str
    arguments: tuple[object, ...]


class Modules:
    """A session with modules: an environment of its own, in which commands follow each other.

    It begins as a copy of `environ` (without one, of `os.environ`), so with the modules that are loaded there. Each
    command changes it entirely or, when it raises LmodError, not at all. Several objects do not know of each other.
    All methods can be called from any thread; the commands of a process take turns.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._found = dict(os.environ if environ is None else environ)
        self._environ = dict(self._found)
        self._aliases: dict[str, str | None] = {}
        self._functions: dict[str, str | None] = {}

    # What there is now.

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment as the commands so far have left it."""
        return MappingProxyType(self._environ)

    @property
    def loaded(self) -> tuple[str, ...]:
        """The full names of the loaded modules, in load order."""
        return tuple(name for name in self._environ.get("LOADEDMODULES", "").split(":") if name)

    @property
    def changes(self) -> Changes:
        """What the commands so far have changed, all together."""
        names = sorted({*self._found, *self._environ})
        changed = {name: self._environ.get(name) for name in names if self._found.get(name) != self._environ.get(name)}
        return Changes(changed, dict(self._aliases), dict(self._functions))

    def apply(self, environ: Environ) -> None:
        """Change an environment, such as `os.environ`, by what the commands so far have changed."""
        self.changes.apply(environ)

    # Commands.

    def load(self, *names: str, latest: bool = False) -> Result:
        """Load modules; of each its highest version, whatever the default, if `latest`."""
        return self._run("load", names, latest=latest)

    def try_load(self, *names: str) -> Result:
        """Load what there is of some modules."""
        return self._run("try-load", names)

    def unload(self, *names: str, force: bool = False) -> Result:
        """Unload modules, with `force` sticky ones as well; what is not loaded is passed over."""
        return self._run("unload", names, force=force)

    def swap(self, old: str, new: str = "") -> Result:
        """Unload one module and load another; one name alone stands for another version of the same module."""
        return self._run("swap", (old, new) if new else (old,))

    def purge(self, *, force: bool = False) -> Result:
        """Unload everything, with `force` sticky modules as well."""
        return self._run("purge", (), force=force)

    def reset(self) -> Result:
        """Go back to the modules that the site loads at login."""
        return self._run("reset", ())

    def update(self) -> Result:
        """Load again what is loaded, as its modulefiles are now."""
        return self._run("update", ())

    def use(self, *directories: str | os.PathLike[str], append: bool = False) -> Result:
        """Put directories in front of MODULEPATH, the last one first, or behind it."""
        return self._run("use", _absolute(directories), append=append)

    def unuse(self, *directories: str | os.PathLike[str]) -> Result:
        """Take directories out of MODULEPATH."""
        return self._run("unuse", _absolute(directories))

    def save(self, collection: str = "") -> Result:
        """Write down what is loaded, under a name or as the default; this is a file in the user's home."""
        return self._run("save", (collection,) if collection else ())

    def restore(self, collection: str = "") -> Result:
        """Load what was saved, under a name or as the default."""
        return self._run("restore", (collection,) if collection else ())

    def module(self, *words: str) -> Result:
        """Run any command, as if the words were typed after `module`, options too."""
        return self._do(parse(words))

    # Questions.

    def is_loaded(self, *names: str) -> bool:
        """Say whether all of these are loaded."""
        return not self._run("is-loaded", names).status

    def is_avail(self, *names: str) -> bool:
        """Say whether each of these could be loaded now."""
        return not self._run("is-avail", names).status

    def avail(self, *words: str, hidden: bool = False) -> tuple[str, ...]:
        """Return the full names of what can be loaded now and has one of the words in its name."""
        asked = [word.lower() for word in words]
        with self._asking("avail", hidden=hidden) as context:
            session = context.session
            found = [module for root in dict.fromkeys(session.roots()) for module in session.tree.all(root)]
        names = dict.fromkeys(module.full_name for module in found if hidden or not module.hidden)
        return tuple(name for name in names if not asked or any(word in name.lower() for word in asked))

    def show(self, name: str) -> tuple[Statement, ...]:
        """Return what a modulefile would do if it were loaded, line by line."""
        return tuple(Statement(call.word, call.args) for call in self._journal("show", name))

    def whatis(self, name: str) -> tuple[str, ...]:
        """Return the one-line descriptions of a module."""
        return tuple(str(call.args[0]) for call in self._journal("whatis", name) if call.word == "whatis")

    def help(self, name: str) -> str:
        """Return the help of a module."""
        return "".join(str(text) for call in self._journal("help", name) if call.word == "help" for text in call.args)

    def path(self, name: str) -> str:
        """Return the modulefile that a name means."""
        with self._asking("show", name) as context:
            return meant(context)[0][0].path

    def ask(self, command: str, *words: str) -> Mapping[str, object]:
        """Return what `module --json COMMAND WORDS…` answers, such as `ask("spider", "hdf5")`."""
        with _in_turn():
            answer: Mapping[str, object] = json.loads(self._result(parse(["--json", command, *words])).listing)
        return answer

    # How it is done.

    def _run(self, command: str, words: Sequence[str], **options: bool) -> Result:
        """Run a sub-command with some options switched on."""
        for word in words:
            if not isinstance(word, str):
                raise TypeError(f"`{command}` takes text, not {word!r}")
        return self._do(Line(command, tuple(words), {name: "" for name, on in options.items() if on}))

    def _do(self, line: Line) -> Result:
        with _in_turn():
            result = self._result(line)
            result.changes.apply(self._environ)
            self._aliases.update(result.changes.aliases)
            self._functions.update(result.changes.functions)
        return result

    def _result(self, line: Line) -> Result:
        """Run a command on the environment, which stays as it is; raises LmodError."""
        said: list[str] = []
        environ = dict(self._environ)
        done = run_line(line, shell("python"), environ, _settings(environ), said.append)
        changes = _changes(done.diff)
        changes.apply(environ)
        loaded = tuple(name for name in environ.get("LOADEDMODULES", "").split(":") if name)
        return Result(changes, loaded, "".join(said) + done.told, done.listing, tuple(done.diff.commands), done.status)

    def _journal(self, command: str, name: str) -> Sequence[Call]:
        with self._asking(command, name) as context:
            module, request = meant(context)[0]
            return context.session.read(module, command, request.text).journal

    @contextmanager
    def _asking(self, command: str, *words: str, hidden: bool = False) -> Iterator[Context]:
        """Give what a sub-command works with, for a question that leaves the environment alone."""
        environ = dict(self._environ)
        line = Line(command, words, {"all": ""} if hidden else {})
        with _in_turn():
            yield Context(line, shell("python"), environ, _settings(environ), lambda _: None)


_turn = threading.Lock()


@contextmanager
def _in_turn() -> Iterator[None]:
    """Let one command at a time work in this process, and put back what it changes of it for its own good.

    Lua needs room for nested calls, and a modulefile may go to another directory.
    """
    with _turn:
        limit, place = sys.getrecursionlimit(), _directory()
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)
            if place and place != _directory():
                os.chdir(place)


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings for text that no terminal shows."""
    return Settings(environ, {"colorize": "no", "width": "80", "pager": "none"})


def _absolute(directories: Sequence[str | os.PathLike[str]]) -> list[str]:
    return [os.path.abspath(os.path.expanduser(os.fspath(directory))) for directory in directories]


def _changes(diff: Diff) -> Changes:
    """Return the difference as plain mappings; raises LmodError where a name or a value is one that no shell takes."""
    check_names(diff)
    values = (*diff.variables.values(), *diff.aliases.values())
    if any("\0" in value for value in values if value is not None):
        raise LmodError("a value holds a NUL byte, which no environment can hold")
    functions = {name: None if bodies is None else bodies[0] for name, bodies in diff.functions.items()}
    return Changes(dict(diff.variables), dict(diff.aliases), functions)
