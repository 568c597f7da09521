"""What becomes of the variables in which another tool kept its knowledge, when a session of its is taken over."""

from __future__ import annotations

import binascii

from lmodpy import system
from lmodpy.env.environment import COUNTS
from lmodpy.session.modes import STACK
from lmodpy.session.state import STATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def adopted(found: Mapping[str, str]) -> dict[str, str | None]:
    """Return what the variables of the tool before us become: those that we do not need go, the others are as ours."""
    changed: dict[str, str | None] = {}
    for name, value in found.items():
        if name == STATE or name.startswith("_ModuleTable"):
            changed[name] = None
        elif name.startswith(COUNTS):
            changed[name] = ";".join(item for item in value.split(";") if not item.endswith(":1")) or None
        elif name.startswith(STACK) and "_ModuleTable_Sz_" in found:
            changed[name] = _earlier(value, found.get(name[len(STACK) :]))
    return {name: value for name, value in changed.items() if value != found[name]}


def _earlier(stack: str, now: str | None) -> str:
    """Return a stack of pushenv without the value that the variable has now, which Lmod put there before 8.7.60."""
    top, _, rest = stack.partition(":")
    item = "false" if now is None else binascii.b2a_base64(system.encode(now), newline=False).decode()
    return (rest or "false") if top == item else stack
