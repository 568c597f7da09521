"""What a modulefile that was read says about itself, gathered from its journal."""

from __future__ import annotations

from lmodpy.env.pathlist import tidy
from lmodpy.modulefile.operations import EditPath, Family, SetEnv
from lmodpy.modulefile.operations_seldom import DynamicTree, Extensions, Help, Property, Whatis
from lmodpy.spider.facts import PATHS, PLACES, Facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lmodpy.modulefile.operations import Call


def facts_of(
    calls: Iterable[Call], home: str, broken: str = "", is_place: Callable[[str], bool] | None = None
) -> Facts:
    """Return the facts in the journal of a modulefile that was read; `home` is what `~` stands for in paths.

    `is_place` says of a variable, in place of `PLACES`, whether it tells where a package lies.
    """
    is_place = is_place or _is_place
    whatis: list[str] = []
    families: list[str] = []
    properties: dict[str, None] = {}
    added: dict[str, list[str]] = {"prepend": [], "append": []}
    paths: dict[tuple[str, str], None] = {}
    text, extensions, dynamic = "", (), False
    for call in calls:
        said = call.operation
        if isinstance(said, Whatis):
            whatis.append(said.text)
        elif isinstance(said, Help):
            text = said.text
        elif isinstance(said, Family):
            families.append(said.name)
        elif isinstance(said, EditPath) and said.name == "MODULEPATH" and said.verb in added:
            added[said.verb] += [tidy(path, home) for path in said.paths]
        elif isinstance(said, EditPath) and said.name in PATHS and said.verb != "remove":
            paths |= dict.fromkeys((said.name, tidy(path, home)) for path in said.paths)
        elif isinstance(said, SetEnv) and is_place(said.name) and said.value.startswith("/"):
            paths[said.name, tidy(said.value, home)] = None
        elif isinstance(said, Extensions):
            extensions = said.names  # type: ignore[assignment]
        elif isinstance(said, Property):
            _mark(properties, said)
        dynamic = dynamic or isinstance(said, DynamicTree)
    places = tuple(added["prepend"]), tuple(added["append"])
    return Facts(
        tuple(whatis), text, tuple(families), tuple(properties), extensions, *places, dynamic, broken, tuple(paths)
    )


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


def _mark(properties: dict[str, None], said: Property) -> None:
    for value in said.value.split(":"):
        if said.verb == "add":
            properties[f"{said.name}:{value}"] = None
        else:
            properties.pop(f"{said.name}:{value}", None)


def _is_place(variable: str) -> bool:
    return variable.endswith(PLACES)
