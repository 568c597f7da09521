"""The commands of an rc file in Tcl, said in the words of Lua ones. Each takes its name and its arguments."""

from __future__ import annotations

from lmodpy.errors import ModulefileError
from lmodpy.modulefile.rcwords import rc_statement
from lmodpy.modulefile.statements import ModuleVersion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Option = tuple[str, Any]

_A_TEXT, _A_LIST = object(), object()
"""What follows an option: a text, or a list in Tcl."""
_WHO: dict[str, Option] = {
    "--user": ("userA", _A_LIST),
    "--group": ("groupA", _A_LIST),
    "--not-user": ("notUserA", _A_LIST),
    "--not-group": ("notGroupA", _A_LIST),
}
_WHO_AND_WHEN: dict[str, Option] = {"--before": ("before", _A_TEXT), "--after": ("after", _A_TEXT), **_WHO}
_HIDE: dict[str, Option] = {
    **_WHO_AND_WHEN,
    "--soft": ("kind", "soft"),
    "--hard": ("kind", "hard"),
    "--hidden-loaded": ("hidden_loaded", True),
}
_MESSAGE: dict[str, Option] = {**_WHO_AND_WHEN, "--message": ("message", _A_TEXT)}
_FORBID: dict[str, Option] = {**_MESSAGE, "--nearly-message": ("nearly_message", _A_TEXT)}
_DEPRECATE: dict[str, Option] = {
    **{f"--{option}": (option, _A_TEXT) for option in ("use", "warn", "refuse", "message")},
    **_WHO,
}


def marked(version: str) -> list[object]:
    """Return what it means that ModulesVersion was set: it overrides every default that was marked before."""
    return [ModuleVersion(version, ("default",))] if version else []


def _plain(word: str) -> Callable[[str, Sequence[str]], object]:
    return lambda spelt, args: rc_statement(word, tuple(args), spelt)


def _table(word: str, known: Mapping[str, Option], *first: str) -> Callable[[str, Sequence[str]], object]:
    """Return what makes a table of options, of arguments that stand first, and of names of modules."""

    def make(spelt: str, args: Sequence[str]) -> object:
        table, rest = _options(spelt, args, known)
        if len(rest) <= len(first):
            raise ModulefileError(f"`{spelt}` takes {' and '.join((*first, 'the names of modules'))}")
        table |= dict(zip(first, rest, strict=False))
        return rc_statement(word, ({**table, "name": _listed(rest[len(first) :])},), spelt)

    return make


def _options(spelt: str, args: Sequence[str], known: Mapping[str, Option]) -> tuple[dict[str, Any], list[str]]:
    """Take the options in front of the arguments."""
    table: dict[str, Any] = {}
    rest = list(args)
    while rest and rest[0].startswith("-"):
        option, equals, value = rest.pop(0).partition("=")
        if option not in known:
            raise ModulefileError(f"`{spelt}` does not know {option}; it takes {', '.join(known)}")
        key, kind = known[option]
        if kind not in (_A_TEXT, _A_LIST):
            table[key] = kind
            continue
        if not equals and not rest:
            raise ModulefileError(f"`{spelt}` takes a value behind {option}")
        value = value if equals else rest.pop(0)
        table[key] = value if kind is _A_TEXT else _listed(value.replace("{", " ").replace("}", " ").split())
    return table, rest


def _listed(values: Sequence[str]) -> dict[int, str]:
    return dict(enumerate(values, 1))


TCL_RC_WORDS: dict[str, Callable[[str, Sequence[str]], object]] = {
    "module-version": _plain("module_version"),
    "module-alias": _plain("module_alias"),
    "module-virtual": _plain("module_virtual"),
    "hide-version": _table("hide", {}),
    "hide-modulefile": _table("hide", {}),
    "module-hide": _table("hide", _HIDE),
    "module-hide-regex": _table("hideRegex", _HIDE),
    "module-forbid": _table("forbid", _FORBID),
    "module-forbid-regex": _table("forbidRegex", _FORBID),
    "module-deprecate": _table("deprecate", _DEPRECATE),
    "module-tag": _table("tag", _WHO_AND_WHEN, "tag"),
    "module-warn": _table("warn", _MESSAGE),
    "modulepath-label": _plain("modulepath_label"),
}
