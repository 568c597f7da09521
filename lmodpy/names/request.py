"""What was asked for, and whether a loaded module answers to it."""

from __future__ import annotations

from lmodpy.names.version import MODULE_ALONE, canonical
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple


class Request(NamedTuple):
    """What was asked for: a name as typed, perhaps with a range of versions, or the wish for the latest.

    `versions` is what stands behind an `@`, `variants` are words like `+mpi`: lmodpy.names.specifiers reads both.
    """

    text: str
    low: str = ""
    high: str = ""
    open_low: bool = False
    open_high: bool = False
    latest: bool = False
    versions: str = ""
    variants: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Request:
        """Return the request that a word of the command line or of a modulefile makes."""
        if "@" in text or " " in text:
            from lmodpy.names.specifiers import split  # noqa: PLC0415 - few requests say more than a name

            name, versions, variants = split(text)
            return made(cls, (clean(name), "", "", False, False, False, clean(versions), variants))
        return made(cls, (clean(text), "", "", False, False, False, "", ()))

    @property
    def ranged(self) -> bool:
        """Say whether there are bounds, or versions behind an `@`."""
        return bool(self.low or self.high or self.versions)

    @property
    def literally(self) -> str:
        """The name as it was typed, for a module that has an `@` in its name."""
        return f"{self.text}@{self.versions}" if self.versions else self.text

    def admits(self, order: str) -> bool:
        """Say whether a version, given by its canonical text, lies within the bounds."""
        if self.low:
            low = canonical(self.low)
            if order < low or (self.open_low and order == low):
                return False
        if self.high:
            high = canonical(self.high)
            if order > high or (self.open_high and order == high):
                return False
        return True

    def __str__(self) -> str:
        if self.latest:
            return f'latest("{self.text}")'
        low = self.low + "<" * self.open_low
        high = self.high + "<" * self.open_high
        if low and high:
            return f'between("{self.text}","{low}","{high}")'
        if low:
            return f'atleast("{self.text}","{low}")'
        if high:
            return f'atmost("{self.text}","{high}")'
        return " ".join((self.literally, *self.variants))


def clean(text: str) -> str:
    """Take trailing slashes and a trailing `.lua` off a name."""
    if not text.endswith(("/", ".lua")):
        return text  # as nearly always
    return text.rstrip("/").removesuffix(".lua").rstrip("/")


def atleast(text: str, low: str) -> Request:
    """Ask for a version not below `low`."""
    bound, is_open = _bound(low)
    return Request(clean(text), low=bound, open_low=is_open)


def atmost(text: str, high: str) -> Request:
    """Ask for a version not above `high`."""
    bound, is_open = _bound(high)
    return Request(clean(text), high=bound, open_high=is_open)


def between(text: str, low: str, high: str) -> Request:
    """Ask for a version from `low` to `high`."""
    (bottom, open_low), (top, open_high) = _bound(low), _bound(high)
    return Request(clean(text), bottom, top, open_low, open_high)


def latest(text: str) -> Request:
    """Ask for the highest version, whatever is marked as the default."""
    return Request.parse(text)._replace(latest=True)


def requests(words: Sequence[str], *, newest: bool = False) -> list[Request]:
    """Return what the words of a command ask for; `newest`: in the highest version. `+name` in front is a name."""
    make = latest if newest else Request.parse
    if not any(word[:1] in ("+", "~") or "=" in word for word in words):
        return [make(word) for word in words]
    from lmodpy.names.specifiers import joined  # noqa: PLC0415 - few users ask for variants

    return joined([make(word) for word in (words[0].removeprefix("+"), *words[1:])], words)


def satisfies(request: Request, name: str, version: str, how: str = "isloaded") -> bool:
    """Say whether a loaded module is what was asked for; `how` is isloaded, prereq, conflict or unload."""
    full_name = f"{name}/{version}" if version else name
    if request.versions:
        from lmodpy.names.specifiers import admits  # noqa: PLC0415 - few requests have an `@`

        if satisfies(Request(request.literally), name, version, how):
            return True
        if not admits(request.versions, version):
            return False
    if request.text not in {name, full_name} and not _PART_OF[how](request.text, name, full_name):
        return False
    return not (request.low or request.high) or request.admits(canonical(version) if version else MODULE_ALONE)


def _up_to_a_part(text: str, name: str, full_name: str) -> bool:
    """`x/1` is loaded when x/1.10 is, for modulefiles that ask and for `is-loaded`."""
    return _is_prefix(text, name, full_name) and full_name[len(text)] in "./"


def _up_to_a_folder(text: str, name: str, full_name: str) -> bool:
    """`x/1` does not meet a prerequisite when x/1.10 is loaded; `x/64` does when x/64/2.0 is."""
    return _is_prefix(text, name, full_name) and full_name[len(text)] == "/"


def _never(_text: str, _name: str, _full_name: str) -> bool:
    return False


def _is_prefix(text: str, name: str, full_name: str) -> bool:
    return full_name.startswith(text) and text.startswith(name + "/") and len(text) < len(full_name)


_PART_OF: dict[str, Callable[[str, str, str], bool]] = {
    "isloaded": _up_to_a_part,
    "prereq": _up_to_a_folder,
    "conflict": _never,
    "unload": _is_prefix,
}


def _bound(version: str) -> tuple[str, bool]:
    """Split `1.0<`, `<1.0`, `>1.0` or `1.0` into the version and whether it is excluded."""
    bare = version.strip().strip("<>").strip()
    return bare, bare != version.strip()
