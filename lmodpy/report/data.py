"""Answers for programs: JSON, one object on a line, whose shape docs/json.md and docs/schema/ describe."""

from __future__ import annotations

import json
import math

from lmodpy.errors import ModulefileError
from lmodpy.modulefile.operations_seldom import Inherit
from lmodpy.report.text import place
from lmodpy.session.loaded import NO_PROPERTY
from lmodpy.session.variants import variants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from lmodpy.errors import LmodError
    from lmodpy.modulefile.operations import Call
    from lmodpy.session.loaded import Loaded
    from lmodpy.tree.directory import Modulefile

SCHEMA = 1
"""The version of all shapes together; it grows when a program that reads one could break."""


def json_text(command: str, data: Mapping[str, object]) -> str:
    r"""Return what `--json` prints for a sub-command: `data`, with the version of the schema and the command in front.

    The text is ASCII. A byte that is not UTF-8 is written as the escape `\udcXX`, which Python's `surrogateescape`
    turns back into that byte.
    """
    return json.dumps({"schema": SCHEMA, "command": command, **data}) + "\n"


def error_json(command: str, error: LmodError) -> str:
    """Return what `--json` prints for a command that fails; `command` is empty if it was not understood."""
    file, line = "", 0
    module = ""
    if isinstance(error, ModulefileError):
        file, line = place(error.where)
        module = error.module
    told = {"text": error.text, "hint": error.hint, "module": module, "file": file, "line": line or None}
    return json_text(command, {"error": told, "status": error.status})


def module_data(module: Modulefile | Loaded) -> dict[str, Any]:
    """Return what every answer tells about a module."""
    return {"fullName": module.full_name, "name": module.name, "version": module.version, "path": module.path}


def loaded_data(module: Loaded) -> dict[str, Any]:
    """Return a loaded module, or one that is inactive."""
    return {
        **module_data(module),
        "asked": module.asked,
        "alias": module.alias,
        "wanted": module.wanted,
        "brings": list(module.brings),
        "needs": list(module.needs),
        "properties": [text for text in module.properties if text[:1] not in NO_PROPERTY],
        "variants": list(variants(module.properties)),
        "hidden": bool({"h", "s"} & {*module.marks}),
    }


def calls_data(calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Return what a modulefile says, call by call; what it inherits stands within the call that did."""
    told = []
    for call in calls:
        one: dict[str, Any] = {"word": call.word, "args": [_plain(arg) for arg in call.args]}
        said = call.operation
        if isinstance(said, Inherit) and said.path:
            one |= {"path": said.path, "calls": calls_data(said.calls)}
        told.append(one)
    return told


def _plain(value: Any) -> Any:
    """Return an argument as JSON has it: a table as a list if it is one; a range of versions as it is written."""
    if isinstance(value, dict):
        if list(value) == list(range(1, len(value) + 1)):
            return [_plain(each) for each in value.values()]
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
