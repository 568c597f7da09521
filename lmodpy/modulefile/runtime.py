"""Where Lua comes from: lupa's extension module for Lua 5.4, imported without what it costs to import it the usual way.

What the extension imports takes longer than the extension itself: its package's `__init__`, `functools` and
`collections.abc`, of which it takes one decorator (for an interface we do not use) and two names to recognise mappings
and sequences, and Python 2's `__builtin__`, for which every directory of sys.path would be read. They are stood in for
while it is imported, and not afterwards; but only in a process of our own, where nobody else wants them or lupa.
"""

from __future__ import annotations

import sys

from lmodpy import system
from lmodpy.errors import LmodError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

_NAME = "lupa.lua54"


def lua_runtime() -> Callable[..., Any]:
    """Return the class of Lua runtimes; raises LmodError if lupa is missing or broken."""
    stands_in = {} if "functools" in sys.modules else {name: make() for name, make in _STANDS_IN.items()}
    sys.modules.update(stands_in)
    try:
        module = sys.modules.get(_NAME) or (stands_in and _at_once()) or _searched()
        runtime: Callable[..., Any] = module.LuaRuntime
    except ImportError as error:
        raise LmodError(
            f"Lua modulefiles cannot be read: Python's package lupa is missing or broken ({error})",
            f"{sys.executable} -m pip install --force-reinstall lupa",
        ) from None
    finally:
        for name in stands_in:
            del sys.modules[name]
    return runtime


def _at_once() -> Any:
    """Import the extension from where it lies, without searching; None if it is not there."""
    import _imp  # noqa: PLC0415 - Python's own, always there

    for entry in reversed(sys.path):
        path = f"{entry}/lupa/lua54{_imp.extension_suffixes()[0]}"
        if system.is_file(path):
            spec = type(sys.__spec__)(_NAME, None, origin=path)
            module = _imp.create_dynamic(spec)
            sys.modules[_NAME] = module
            _imp.exec_dynamic(module)
            return module
    return None


def _searched() -> Any:
    from lupa import lua54  # noqa: PLC0415 - only when a Lua file must run

    return lua54


def _module(name: str, **content: Any) -> ModuleType:
    module = type(sys)(name)
    module.__dict__.update(content)
    return module


def _unchanged(_: object) -> Callable[[object], object]:
    return lambda function: function


_STANDS_IN: dict[str, Callable[[], ModuleType]] = {
    "lupa": lambda: _module("lupa", __path__=[f"{entry}/lupa" for entry in reversed(sys.path)]),
    "functools": lambda: _module("functools", wraps=_unchanged),
    "collections.abc": lambda: _module("collections.abc", Mapping=dict, Sequence=list),
    "__builtin__": lambda: sys.modules["builtins"],
}
