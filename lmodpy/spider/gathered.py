"""What a modulefile that was read says about itself, gathered from its journal."""

from __future__ import annotations

from lmodpy.env.pathlist import tidy
from lmodpy.modulefile.operations import EditPath, Family, SetEnv
from lmodpy.modulefile.operations_seldom import DynamicTree, Extensions, Help, Plainly, Property, Whatis
from lmodpy.spider.facts import PATHS, PLACES, Facts
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from lmodpy.modulefile.operations import Call


def facts_of(
    calls: Iterable[Call], home: str, broken: str = "", is_place: Callable[[str], bool] | None = None
) -> Facts:
    """Return the facts in the journal of a modulefile that was read; `home` is what `~` stands for in paths.

    `is_place` says of a variable, in place of `PLACES`, whether it tells where a package lies.
    """
    gathered = _Gathered(home, is_place or _is_place)
    for call in calls:
        hear = _HEARD.get(type(call.operation))
        if hear:
            hear(gathered, call.operation)
    return gathered.facts(broken)


class _Gathered:
    """What one modulefile has said so far."""

    def __init__(self, home: str, is_place: Callable[[str], bool]) -> None:
        self._home = home
        self._is_place = is_place
        self._whatis: list[str] = []
        self._families: list[str] = []
        self._properties: dict[str, None] = {}
        self._added: dict[str, list[str]] = {"prepend": [], "append": []}
        self._paths: dict[tuple[str, str], None] = {}
        self._help = ""
        self._extensions: tuple[str, ...] = ()
        self._dynamic = False

    def facts(self, broken: str) -> Facts:
        """Return all of it; `broken` is why it did not say more."""
        told = tuple(self._whatis), self._help, tuple(self._families), tuple(self._properties), self._extensions
        places = tuple(self._added["prepend"]), tuple(self._added["append"])
        return made(Facts, (*told, *places, self._dynamic, broken, tuple(self._paths)))

    def plainly(self, said: Plainly) -> None:
        """Hear many words: nearly all that modulefiles say passes here."""
        words, paths, home, is_place = iter(said.said), self._paths, self._home, self._is_place
        for verb, name, text in zip(words, words, words, strict=True):
            if verb == "whatis":
                self._whatis.append(name)
            elif verb == "help":
                self._help = name
            elif text.startswith("/") and is_place(name) if verb == "set" else name in PATHS:
                paths[name, tidy(text, home)] = None

    def whatis(self, said: Whatis) -> None:
        """Hear a line of description."""
        self._whatis.append(said.text)

    def help(self, said: Help) -> None:
        """Hear the help text."""
        self._help = said.text

    def family(self, said: Family) -> None:
        """Hear of a family."""
        self._families.append(said.name)

    def edit(self, said: EditPath) -> None:
        """Hear of directories."""
        if said.name == "MODULEPATH" and said.verb in self._added:
            self._added[said.verb] += [tidy(path, self._home) for path in said.paths]
        elif said.name in PATHS and said.verb != "remove":
            self._paths |= dict.fromkeys((said.name, tidy(path, self._home)) for path in said.paths)

    def set(self, said: SetEnv) -> None:
        """Hear of a variable, which may tell where the package lies."""
        if self._is_place(said.name) and said.value.startswith("/"):
            self._paths[said.name, tidy(said.value, self._home)] = None

    def extend(self, said: Extensions) -> None:
        """Hear of extensions."""
        self._extensions = said.names

    def mark(self, said: Property) -> None:
        """Hear of a property."""
        for value in said.value.split(":"):
            if said.verb == "add":
                self._properties[f"{said.name}:{value}"] = None
            else:
                self._properties.pop(f"{said.name}:{value}", None)

    def vary(self, _: DynamicTree) -> None:
        """Hear that what it does to MODULEPATH depends on the circumstances."""
        self._dynamic = True


def joined(facts: Facts, more: Facts) -> Facts:
    """Return the facts of a modulefile with those that somebody else tells of it."""
    return Facts(
        facts.whatis + more.whatis,
        more.help or facts.help,
        facts.families + more.families,
        tuple(dict.fromkeys(facts.properties + more.properties)),
        facts.extensions + more.extensions,
        more.prepends + facts.prepends,
        facts.appends + more.appends,
        facts.dynamic or more.dynamic,
        facts.broken,
        facts.paths + more.paths,
    )


def _is_place(variable: str) -> bool:
    return variable.endswith(PLACES)


_HEARD: dict[type, Callable[[_Gathered, Any], None]] = {
    Plainly: _Gathered.plainly,
    Whatis: _Gathered.whatis,
    Help: _Gathered.help,
    Family: _Gathered.family,
    EditPath: _Gathered.edit,
    SetEnv: _Gathered.set,
    Extensions: _Gathered.extend,
    Property: _Gathered.mark,
    DynamicTree: _Gathered.vary,
}
