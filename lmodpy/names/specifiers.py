"""What stands behind a name: versions (`foo@1.2`, `foo@1.2,1.4`, `foo@1.2:`, `foo@:1.4`) and variants (`foo +mpi`).

Imported when a request has either.
"""

from __future__ import annotations

from lmodpy.errors import UsageError
from lmodpy.names.version import canonical, continues

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from lmodpy.names.request import Request

SYMBOLS = frozenset(("default", "latest", "loaded"))
"""The versions of every module that are no names of files."""


def split(text: str) -> tuple[str, str, tuple[str, ...]]:
    """Split `foo@1.2 +mpi` into the name, the versions and the variants; blanks may also belong to the name."""
    name, *words = text.split(" ")
    variants = tuple(word for word in words if word)
    if not all(map(is_variant, variants)):
        name, variants = text, ()
    bare, at, versions = name.rpartition("@")
    return (bare, versions, variants) if at and bare else (name, "", variants)


def is_variant(word: str) -> bool:
    """Say whether a word asks for a variant: `+mpi`, `~mpi`, `build=debug`."""
    name, equals, _ = word.lstrip("+~").partition("=")
    return bool(name) and "/" not in name and (bool(equals) if word[0] not in "+~" else not equals)


SWITCH = {
    **dict.fromkeys(("on", "yes", "true", "1", "y", "t"), "on"),
    **dict.fromkeys(("off", "no", "false", "0", "n", "f"), "off"),
}
"""What a variant that is a switch may be given, and what it is then."""


def choice(word: str) -> tuple[str, str]:
    """Return the name and the value that a word asks for: `+mpi` is mpi, on."""
    if word[0] in "+~":
        return word[1:], "on" if word[0] == "+" else "off"
    name, _, value = word.partition("=")
    return name, value


def admits(versions: str, version: str) -> bool:
    """Say whether a version is one of those behind the `@`; raises UsageError if these cannot be read.

    `1.2` also means 1.2.3, as it does in `foo/1.2`, and so does the end of a range; `=1.2` means nothing else.
    """
    return bool(version) and any(_admits(item, version, True) for item in items(versions))


def among(versions: str, known: Collection[str], *, partial: bool = True) -> set[str]:
    """Return which of the known versions are meant: what is there by its exact name means itself alone."""
    found: set[str] = set()
    for item in items(versions):
        bare = item.removeprefix("=")
        exact = bool(bare) and bare in known
        found.update([bare] if exact else [version for version in known if version and _admits(item, version, partial)])
    return found


def fits(word: str, full_name: str) -> bool:
    """Say whether a module has a word in its name; or the text before its `@`, and one of the versions behind it."""
    name, at, versions = word.rpartition("@")
    if not (at and name and versions) or word.lower() in full_name.lower():
        return word.rstrip("@").lower() in full_name.lower()
    parts = full_name.split("/")
    ways = (("/".join(parts[:n]), "/".join(parts[n:])) for n in range(1, len(parts)))
    return any(name.lower() in short.lower() and admits(versions, version) for short, version in ways)


def items(versions: str) -> list[str]:
    """Return the versions and ranges that commas separate; raises UsageError if one of them is neither."""
    found = versions.split(",")
    for item in found:
        low, colon, high = item.partition(":")
        wrong = not (low or high) or ":" in high
        if not wrong and colon and low and high and not continues(high, low):
            wrong = canonical(low) > canonical(high) and not continues(low, high)
        if wrong:
            hint = "NAME@1.2, NAME@1.2,1.4, NAME@1.2:, NAME@:1.4, NAME@1.2:1.4, NAME@default, NAME@latest"
            raise UsageError(f"`@{versions}` names no versions", hint=hint)
    return found


def _admits(item: str, version: str, partial: bool) -> bool:
    low, colon, high = item.partition(":")
    if not colon:
        return version == item.removeprefix("=") or (partial and item[0] != "=" and continues(version, item))
    order = canonical(version)
    return (not low or order >= canonical(low)) and (
        not high or order <= canonical(high) or (partial and continues(version, high))
    )


def joined(requests: Iterable[Request], words: Sequence[str]) -> list[Request]:
    """Return requests of which the words behind the first, as far as they ask for variants, belong to the one before.

    Behind a module's name `+name` may be the name of another one; whoever loads the first knows.
    """
    found: list[Request] = []
    for request, word in zip(requests, words, strict=True):
        if found and word and is_variant(word):
            found[-1] = found[-1]._replace(variants=(*found[-1].variants, word))
        else:
            found.append(request)
    return found
