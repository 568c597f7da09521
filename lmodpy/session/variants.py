"""Variants of modules: what was asked for, what a modulefile makes of it, and what is remembered.

A variant that a module has is kept among its properties, as `+mpi`, `~mpi` or `=build=debug`, which no property can be
called. So a module without variants needs nothing for them. Imported where a modulefile or a request names one.
"""

from __future__ import annotations

from lmodpy.errors import Refused
from lmodpy.names.request import Request
from lmodpy.names.specifiers import SWITCH, choice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmodpy.modulefile.operations_seldom import Variant
    from lmodpy.session.frame import Frame


def choose(frame: Frame, said: Variant) -> None:
    """Give a variant the value that was asked for, else its default; refuse what it cannot be."""
    value = _asked(frame, said)
    if value is None:
        takes = f"; it takes {', '.join(said.values)}" if said.values else ""
        example = f"+{said.name}" if said.switch else f"{said.name}={said.values[0] if said.values else 'VALUE'}"
        text = f"the variant `{said.name}` must be chosen{takes}"
        raise Refused(text, hint=f"module load {frame.asked} {example}")
    if said.values and value not in said.values:
        text = f"the variant `{said.name}` cannot be `{value}`; it takes {', '.join(said.values)}"
        raise Refused(text, hint=f"module load {frame.asked} {_word(said, said.default or said.values[0])}")
    frame.properties.append(_kept(said, value))


def recall(frame: Frame, said: Variant) -> None:
    """Give a variant the value that it was loaded with, or would have; one of its values, if nobody has chosen."""
    value = _asked(frame, said)
    if value is None:
        value = (*said.values, "")[said.switch]
    frame.properties.append(_kept(said, value))


def value_of(properties: Iterable[str], name: str) -> str | bool | None:
    """Return the value of a variant: of a switch, whether it is on; None if there is no such variant."""
    for text in variants(properties):
        known, value = choice(text)
        if known == name:
            return value if text[0] not in "+~" else value == "on"
    return None


def variants(properties: Iterable[str]) -> tuple[str, ...]:
    """Return the variants of a module, as one asks for them."""
    return tuple(text.removeprefix("=") for text in properties if text[:1] in ("+", "~", "="))


def has(properties: Iterable[str], wanted: Iterable[str]) -> bool:
    """Say whether a module has all the variants that are asked for."""
    there = variants(properties)
    known = dict(map(choice, there))
    switches = {text[1:] for text in there if text[0] in "+~"}
    asked = (choice(word) for word in wanted)
    return all(known.get(name) == (SWITCH.get(v.lower(), v) if name in switches else v) for name, v in asked)


def admit(frame: Frame) -> None:
    """Refuse variants that the modulefile does not have; but `+name` may also be a module that the user wants, too."""
    known = {choice(text)[0] for text in variants(frame.properties)}
    for word in frame.variants:
        name = choice(word)[0]
        if name in known:
            continue
        other = Request(name)
        if word[0] != "+" or len(frame.session.frames) > 1 or frame.session.find(other) is None:
            has_some = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise Refused(f"there is no variant `{name}`: {has_some}", hint=f"module show {frame.full_name}")
        frame.session.further.append(other)


def _asked(frame: Frame, said: Variant) -> str | None:
    """Return the value that was asked for last, or that a loaded module has, else the default."""
    words = frame.variants or variants(getattr(frame.module, "properties", ()))
    values = [value for name, value in map(choice, words) if name == said.name]
    value = values[-1] if values else said.default
    return SWITCH.get(value.lower(), value) if said.switch and value is not None else value


def _word(said: Variant, value: str) -> str:
    return _kept(said, value).removeprefix("=")


def _kept(said: Variant, value: str) -> str:
    return f"{'+' if value == 'on' else '~'}{said.name}" if said.switch else f"={said.name}={value}"
