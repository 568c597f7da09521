"""Playing a case with both tools, side by side, and saying where they part."""

from __future__ import annotations

import subprocess
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from tests.differential.case import Case, shrunk
from tests.differential.known import KNOWN, Known, Step
from tests.differential.tools import Lmod, Lmodpy, Seen

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT_BY_THE_TOOL = ("_ModuleTable", "__LMOD", "LMOD_VERSION", "LMODPY_")


class Difference(NamedTuple):
    """The first command after which the tools differ, and in what: Lmod's first, then ours."""

    place: int
    words: tuple[str, ...]
    names: dict[str, tuple[object, object]]

    def __str__(self) -> str:
        rows = (f"  {name}\n    Lmod:   {a!r}\n    lmodpy: {b!r}" for name, (a, b) in sorted(self.names.items()))
        return "\n".join((f"after {' '.join(self.words)}", *rows))


def play(case: Case, rows: Sequence[Known] = KNOWN) -> Difference | None:
    """Play a case until the tools differ or Lmod is stuck; after a known difference, only if both can go on alike."""
    with tempfile.TemporaryDirectory(prefix="site-") as site:
        env = case.write(site)
        lmod, lmodpy = tools = Lmod(env), Lmodpy(env)
        before = lmod.seen()
        for place, words in enumerate(case.typed(site)):
            if words[0] == "export":
                for tool in tools:
                    tool.set(*words[1:])
                continue
            try:
                theirs, ours = lmod.type(*words), lmodpy.type(*words)
            except subprocess.TimeoutExpired:
                return None
            names = differing(compared(theirs, words), compared(ours, words))
            step = Step(words, before, theirs, ours, frozenset(names))
            why = next((row for row in rows if names and row.holds(step)), None)
            if names and not why:
                return Difference(place, words, names)
            if why and not why.goes_on:
                return None
            before = theirs
    return None


def smallest(case: Case, difference: Difference) -> tuple[Case, Difference]:
    """Return a smallest case that shows such a difference: of something that differs in the first one, too."""
    found = [difference]

    def differs(less: Case) -> bool:
        other = play(less)
        if other is None or not other.names.keys() & difference.names.keys():
            return False
        found.append(other)
        return True

    case = case._replace(commands=case.commands[: difference.place + 1])
    return shrunk(case, differs), found[-1]


def compared(seen: Seen, words: tuple[str, ...]) -> dict[str, object]:
    """Return all that counts after a command, by name: terse listings word by word, but no messages."""
    found: dict[str, object] = {"status": int(seen.status != 0)}
    found |= {name: value for name, value in seen.env.items() if not name.startswith(KEPT_BY_THE_TOOL)}
    found |= {f"alias {name}": value for name, value in seen.aliases.items()}
    found |= {f"function {name}": value for name, value in seen.functions.items()}
    return found | ({"text": seen.text} if "-t" in words and seen.status == 0 else {})


def differing(theirs: dict[str, object], ours: dict[str, object]) -> dict[str, tuple[object, object]]:
    """Return what is not the same in both."""
    pairs = {name: (theirs.get(name), ours.get(name)) for name in theirs | ours}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
