"""What one command leaves to the next, in one environment variable: see `lmodpy.session.codec`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NamedTuple

    from lmodpy.env.history import History
    from lmodpy.session.loaded import Loaded
else:
    from lmodpy.values import NamedTuple

STATE = "__LMODPY_STATE"


class State(NamedTuple):
    """Everything that is known when a command begins."""

    modules: tuple[Loaded, ...] = ()
    histories: Mapping[str, History] = {}
    system_path: str | None = None
    """MODULEPATH as the site left it, where `use` and `unuse` have changed it since."""
