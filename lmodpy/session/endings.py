"""How the evaluation of a modulefile may end before its end. Imported where one does."""

from __future__ import annotations

from lmodpy.errors import Refused


class FamilySwap(Refused):
    """The module being loaded replaces `holder`, which must be unloaded first."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} holds the family")
        self.holder = holder


class Stopped(Refused):
    """LmodBreak: the modulefile ends here and leaves nothing behind."""
