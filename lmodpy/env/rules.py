"""What decides how path-like variables are edited, apart from who edits them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple


class Rules(NamedTuple):
    """What a site can choose about path-like variables."""

    duplicates: bool = False
    stay: bool = False
    home: str = ""

    def of(self, name: str) -> Rules:
        """Return the rules for one variable: MODULEPATH never holds an entry twice."""
        return self._replace(duplicates=False) if self.duplicates and name == "MODULEPATH" else self
