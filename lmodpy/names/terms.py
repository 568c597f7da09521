"""When, and for whom, a rule about a module holds; pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple

DAY = 86400


class Terms(NamedTuple):
    """The limits of a rule: what is empty, or None, limits nothing. Times are seconds since the epoch."""

    after: float | None = None
    before: float | None = None
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    not_users: tuple[str, ...] = ()
    not_groups: tuple[str, ...] = ()

    def concern(self, user: str, groups: AbstractSet[str]) -> bool:
        """Say whether a user is meant: one who is named, or, where nobody is named, one who is not left out."""
        if self.users or self.groups:
            return user in self.users or not groups.isdisjoint(self.groups)
        return user not in self.not_users and groups.isdisjoint(self.not_groups)

    def hold_at(self, now: float) -> bool:
        """Say whether the time has come and is not over."""
        return (self.after is None or self.after <= now) and (self.before is None or now <= self.before)

    def begin_within(self, days: float, now: float) -> bool:
        """Say whether the time has not come, but will in some days."""
        return self.after is not None and now < self.after <= now + days * DAY


def moment(text: str) -> float:
    """Return the time that `2026-01-31` or `2026-01-31T12:00` means here; raises ValueError."""
    import time  # noqa: PLC0415 - rules with dates are rare

    shape = "%Y-%m-%dT%H:%M" if "T" in text else "%Y-%m-%d"
    return time.mktime(time.strptime(text, shape))


def date(then: float) -> str:
    """Return a time as `moment` reads it."""
    import time  # noqa: PLC0415

    return time.strftime("%Y-%m-%dT%H:%M", time.localtime(then)).removesuffix("T00:00")
