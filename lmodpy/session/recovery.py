"""Where a command begins: the state as the last one left it, or what can be made of what is there.

A session that Lmod or Environment Modules began, and one whose state variable was damaged, still says in
LOADEDMODULES and _LMFILES_ what is loaded. Such modules have no record: unloading them reverses their modulefiles.
"""

from __future__ import annotations

from lmodpy.names.request import Request
from lmodpy.session.loaded import Loaded
from lmodpy.session.state import STATE, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import NamedTuple

    from lmodpy.env.rules import Rules
    from lmodpy.tree.directory import Modulefile

    Find = Callable[[Request], Modulefile | None]
else:
    from lmodpy.values import NamedTuple


class Start(NamedTuple):
    """The state to begin with; `taken_over` if it was not ours; a warning for the user, if there is reason for one."""

    state: State
    taken_over: bool = False
    warning: str = ""


def start(found: Mapping[str, str], rules: Rules, find: Find) -> Start:
    """Read the state from the environment; what is damaged is made up for as far as possible, never an error."""
    text = found.get(STATE)
    problem = ""
    if text:
        from lmodpy.session import codec  # noqa: PLC0415 - where nothing is loaded there is nothing to be read

        try:
            return Start(codec.decode(text, found, rules))
        except codec.Damaged as damage:
            problem = damage.text
    modules = tuple(_listed(found, find))
    if not problem:
        return Start(State(modules), taken_over=bool(modules))
    left = "what they changed is not on record" if modules else "so no module counts as loaded"
    known = f"{len(modules)} loaded modules are known from LOADEDMODULES, but " if modules else ""
    warning = f"the state of this session ({STATE}) is lost: {problem}; {known}{left}"
    return Start(State(modules), taken_over=True, warning=warning)


def _listed(found: Mapping[str, str], find: Find) -> Iterator[Loaded]:
    names = [name for name in found.get("LOADEDMODULES", "").split(":") if name]
    files = [path for path in found.get("_LMFILES_", "").split(":") if path]
    for place, full_name in enumerate(names):
        best = find(Request.parse(full_name))
        if len(files) == len(names):
            yield _known(full_name, files[place], best, find)
        elif best is not None:
            yield _known(best.full_name, best.path, best, find)


def _known(full_name: str, path: str, best: Modulefile | None, find: Find) -> Loaded:
    name, _, version = full_name.rpartition("/")
    if best is not None and best.full_name == full_name:
        name, version = best.name, best.version
    elif not name:
        name, version = full_name, ""
    usual = find(Request.parse(name))
    asked = name if usual is not None and usual.path == path else full_name
    return Loaded(name, version, path, asked, recorded=False)
