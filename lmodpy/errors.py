"""What can go wrong, as one tree.

LmodError                 anything a user can be told: a text, perhaps a hint what to type next, an exit status
├── UsageError            the command line is wrong
├── ModuleNotFound        nothing that can be loaded now has this name
├── ModulefileError       a modulefile failed: which, in which line, loaded by whom
│   └── Refused           a modulefile said no: LmodError(), conflict, prereq
└── Leave                 a modulefile ended the whole command with os.exit(n)
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self


class LmodError(Exception):
    """A failure that has a text for the user, a hint (may be empty) and an exit status."""

    id = ""
    """Lmod's name for a message of this kind, by which sites know it; empty for none."""
    about: Mapping[str, str] = {}

    def __init__(self, text: str, hint: str = "", status: int = 1) -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint
        self.status = status

    def called(self, name: str, /, **about: str) -> Self:
        """Give the error Lmod's name for such a one, and what it is about, by the names that Lmod has for that."""
        self.id, self.about = name, about
        return self


class UsageError(LmodError):
    """The command line cannot be understood."""


class ModuleNotFound(LmodError):
    """No module of the asked names can be loaded now; `names` are those that cannot."""

    id = "e_Failed_Load"

    def __init__(self, text: str, hint: str = "", names: tuple[str, ...] = ()) -> None:
        super().__init__(text, hint)
        self.names = names


class ModulefileError(LmodError):
    """A modulefile (or rc file) is broken or failed while it ran.

    `where` is `file:line` as far as known, `module` the full name, filled in by the innermost evaluation.
    """

    id = "e_Unable_2_Load"

    def __init__(self, text: str, where: str = "", hint: str = "") -> None:
        super().__init__(text, hint)
        self.where = where
        self.module = ""


class Refused(ModulefileError):
    """A modulefile, or a rule that it states, refuses what was asked."""

    def __init__(self, text: str, where: str = "", hint: str = "", id: str = "") -> None:  # noqa: A002 - as it is called
        super().__init__(text, where, hint)
        self.id = id
        self.wanted: tuple[Any, ...] = ()
        """What would have to be loaded, as requests, if that is why."""


class Leave(LmodError):
    """A modulefile called `os.exit(status)`: the command ends at once and changes nothing."""

    def __init__(self, status: int) -> None:
        super().__init__("", status=status)
