"""A case: a tree of modulefiles, an environment and a session on them, as plain data that can be printed and cut."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class File(NamedTuple):
    """A file below the site's directory, or a symbolic link to its only line."""

    path: str
    lines: tuple[str, ...] = ()
    link: bool = False

    def __str__(self) -> str:
        if self.link:
            return f"{self.path} -> {self.lines[0]}"
        return "\n".join((self.path, *(f"    {line}" for line in self.lines)))


class Case(NamedTuple):
    """What to write, with what to begin, what to type; SITE in any text stands for the site's directory."""

    files: tuple[File, ...]
    env: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        env = (f"export {name}={value}" for name, value in self.env)
        return "\n".join((*map(str, self.files), *env, *(f"$ {' '.join(words)}" for words in self.commands)))

    def write(self, site: str) -> dict[str, str]:
        """Write the files below a directory and return the environment to begin with."""
        for file in self.files:
            path = os.path.join(site, file.path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if file.link:
                os.symlink(file.lines[0], path)
                continue
            with open(path, "w", encoding="utf-8") as out:
                out.write("" if path.endswith(".lua") else "#%Module\n")
                out.writelines(f"{line}\n".replace("SITE", site) for line in file.lines)
        os.makedirs(f"{site}/home", exist_ok=True)
        usual = {"HOME": f"{site}/home", "PATH": "/usr/bin:/bin", "MODULEPATH": f"{site}/Core"}
        usual["LMOD_TERSE_DECORATIONS"] = "no"  # 8.6 has none
        return usual | {name: value.replace("SITE", site) for name, value in self.env}

    def typed(self, site: str) -> list[tuple[str, ...]]:
        """Return the commands as they are typed at a site."""
        return [tuple(word.replace("SITE", site) for word in words) for words in self.commands]

    def cuts(self) -> Iterator[Case]:
        """Yield the cases that lack one thing: half the session first, then a command, a file, a variable, a line."""
        for part in halves(len(self.commands)):
            yield self._replace(commands=without(self.commands, part))
        for part in halves(len(self.files)):
            yield self._replace(files=without(self.files, part))
        for part in halves(len(self.env)):
            yield self._replace(env=without(self.env, part))
        for place, file in enumerate(self.files):
            for part in () if file.link else halves(len(file.lines)):
                less = file._replace(lines=without(file.lines, part))
                yield self._replace(files=(*self.files[:place], less, *self.files[place + 1 :]))
        for place, words in enumerate(self.commands):
            for word in range(2, len(words)):
                less_words = without(words, range(word, word + 1))
                yield self._replace(commands=(*self.commands[:place], less_words, *self.commands[place + 1 :]))


def halves(size: int) -> Iterator[range]:
    """Yield what can be left out of so many things: each half, each quarter, … each single one."""
    width = size
    while width:
        yield from (range(start, min(start + width, size)) for start in range(0, size, width))
        width //= 2


def without(things: tuple, part: range) -> tuple:
    """Return things without some of them."""
    return things[: part.start] + things[part.stop :]


def shrunk(case: Case, fails) -> Case:
    """Return a smallest case that still fails: nothing more can be left out of it."""
    while True:
        less = next((cut for cut in case.cuts() if fails(cut)), None)
        if less is None:
            return case
        case = less
