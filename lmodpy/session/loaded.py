"""The modules that are loaded: what was said about them, and the questions that follow from it."""

from __future__ import annotations

from lmodpy.names.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple


NO_PROPERTY = "-+~="
"""What begins the texts that are kept among the properties, and are none."""
STICKY = "lmod:sticky"
"""The property of modules that only --force unloads."""
SUPER_STICKY = "tag:super-sticky"
"""The property of modules that not even --force unloads."""
KEPT = "tag:keep-loaded"
"""The property of modules that stay when no other one needs them any more."""


class Loaded(NamedTuple):
    """A module that is loaded, or was and will be again when its tree comes back (inactive).

    `asked` is under which name it is found again. `wanted`: the user asked for it, it does not only serve others.
    `brings` are the modules that it loaded, `needs` those that it depends on (all by short name). `recorded`: its
    changes are on record; without, unloading can only reverse what its modulefile says now.
    """

    name: str
    version: str
    path: str
    asked: str
    wanted: bool = True
    brings: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    active: bool = True
    recorded: bool = True
    alias: str = ""
    """The other name by which it was loaded."""
    marks: str = ""
    """Letters: `h` hidden, `s` soft, `v` left out of lists, `n` soon forbidden."""

    @property
    def full_name(self) -> str:
        """Return `name/version`, or the name alone."""
        return f"{self.name}/{self.version}" if self.version else self.name


class Changes(NamedTuple):
    """What a command did to modules that nobody named, as full names."""

    inactive: tuple[str, ...] = ()
    activated: tuple[str, ...] = ()
    reloaded: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()


class Missing(NamedTuple):
    """A module that was asked for and could not be found, and the modules that wanted it, outermost first."""

    request: Request
    chain: tuple[str, ...] = ()
    loaded: bool = False
    """It was loaded already, so what is loaded now does not make up for it."""


class LoadedModules:
    """The loaded modules in load order; inactive ones in the order in which they come back."""

    def __init__(self, modules: Iterable[Loaded] = ()) -> None:
        self._modules = {module.name: module for module in modules}
        self._marked = False
        """Whether somebody may want to come back to this very mapping."""

    def __contains__(self, name: str) -> bool:
        """Say whether a module of this short name is active."""
        return self.active_named(name) is not None

    def active_named(self, name: str) -> Loaded | None:
        """Return the active module of this short name."""
        module = self._modules.get(name)
        return module if module is not None and module.active else None

    def get(self, name: str) -> Loaded | None:
        """Return the module of this short name, active or not."""
        return self._modules.get(name)

    def all(self) -> list[Loaded]:
        """Return every module, inactive ones too."""
        return list(self._modules.values())

    def active(self) -> list[Loaded]:
        """Return the active modules in load order."""
        return [module for module in self._modules.values() if module.active]

    def to_settle(self) -> list[Loaded]:
        """Return every module in the order in which they settle: what is active comes before what waits."""
        return sorted(self._modules.values(), key=_waits)

    def add(self, module: Loaded) -> None:
        """Put a module at the end of the load order."""
        modules = self._own()
        modules.pop(module.name, None)
        modules[module.name] = module

    def change(self, module: Loaded) -> None:
        """Replace what is known of a module; it keeps its place."""
        self._own()[module.name] = module

    def drop(self, name: str) -> None:
        """Forget a module."""
        self._own().pop(name, None)

    def _own(self) -> dict[str, Loaded]:
        """Return the modules, to be changed."""
        if self._marked:
            self._modules, self._marked = dict(self._modules), False
        return self._modules

    def needed(self, name: str) -> bool:
        """Say whether a loaded module brought or depends on this one."""
        return any(name in module.brings or name in module.needs for module in self._modules.values() if module.active)

    def unmet(self) -> dict[str, list[str]]:
        """Return, for each active module that misses some, the modules that it depends on."""
        missing = {m.full_name: [name for name in m.needs if name not in self] for m in self.active()}
        return {name: names for name, names in missing.items() if names}

    def mark(self) -> dict[str, Loaded]:
        """Return what `rollback` needs to come back to this moment."""
        self._marked = True
        return self._modules

    def rollback(self, mark: dict[str, Loaded]) -> None:
        """Forget everything since `mark`."""
        self._modules, self._marked = mark, True


def _waits(module: Loaded) -> bool:
    return not module.active


def again(module: Loaded) -> Request:
    """Return the request for a module that was loaded before: with the variants that it had."""
    request = Request.parse(module.asked)
    if not module.properties:
        return request
    from lmodpy.session.variants import variants  # noqa: PLC0415 - few modules have properties

    return request._replace(variants=variants(module.properties))
