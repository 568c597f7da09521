"""Answers for programs: JSON, one object on a line, whose shape docs/json.md and docs/schema/ describe."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = 1
"""The version of all shapes together; it grows when a program that reads one could break."""


def json_text(command: str, data: Mapping[str, object]) -> str:
    r"""Return what `--json` prints for a sub-command: `data`, with the version of the schema and the command in front.

    The text is ASCII. A byte that is not UTF-8 is written as the escape `\udcXX`, which Python's `surrogateescape`
    turns back into that byte.
    """
    return json.dumps({"schema": SCHEMA, "command": command, **data}) + "\n"
