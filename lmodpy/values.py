"""Immutable values that read like `typing.NamedTuple` and cost nothing to import.

The hot path may import neither `typing` nor `collections` (they cost more than a whole command), so at run time
a value class is a tuple with named getters, made here. The type checker is shown the original instead:

    if TYPE_CHECKING:
        from typing import NamedTuple
    else:
        from lmodpy.values import NamedTuple
"""

from __future__ import annotations

from _collections import _tuplegetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    Value = TypeVar("Value", bound=tuple[Any, ...])


# Copied into each value class, since one that derives from another of ours takes longer to make. `_fields` has the
# names of its fields, `_defaults` the values of the last ones.


def _new(cls: Any, *given: Any, **named: Any) -> Any:
    """Make a value: at once where every field is given in order, else by looking up what is not."""
    fields, defaults = cls._fields, cls._defaults
    count, required = len(fields), len(fields) - len(defaults)
    if not named:
        if len(given) == count:
            return tuple.__new__(cls, given)
        if required <= len(given) < count:
            return tuple.__new__(cls, given + defaults[len(given) - required :])
    values = dict(zip(fields[required:], defaults, strict=True))
    values.update(zip(fields, given, strict=False))
    if len(given) > count or set(named) - set(fields[len(given) :]) or {*fields} - {*values, *named}:
        raise TypeError(f"{cls.__name__}() takes {', '.join(fields) or 'nothing'}; given were {given} {named}")
    values.update(named)
    return tuple.__new__(cls, [values[field] for field in fields])


def _replace(self: Any, **changes: Any) -> Any:
    """Return this value with some fields changed."""
    changed = tuple.__new__(type(self), map(changes.pop, self._fields, self))
    if changes:
        raise ValueError(f"{type(self).__name__} has no field {', '.join(changes)}")
    return changed


def _asdict(self: Any) -> dict[str, Any]:
    """Return the fields by name."""
    return dict(zip(self._fields, self, strict=True))


def _repr(self: Any) -> str:
    fields = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
    return f"{type(self).__name__}({fields})"


_COMMON = {"__new__": _new, "__repr__": _repr, "_asdict": _asdict, "_replace": _replace}


class _Fields(type):
    """Turns the annotations of a class body into the fields of a tuple."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
        """Make the class; a field with a value in the body has that value as its default."""
        fields = tuple(body.pop("__annotations__", ()))
        body["_defaults"] = tuple([body[field] for field in fields if field in body])
        body["__slots__"] = ()
        body["_fields"] = fields
        for place, field in enumerate(fields):
            body[field] = _tuplegetter(place, field)
        return type(name, (tuple,), {**_COMMON, **body}) if bases else type.__new__(cls, name, (), {})


class NamedTuple(metaclass=_Fields):
    """The base to derive a value class from; never instantiated itself."""


if TYPE_CHECKING:

    def made(kind: type[Value], fields: tuple[Any, ...]) -> Value:
        """Return a value, of all its fields in order: several times faster than calling the class."""
else:
    made = tuple.__new__
