"""What `lmodpy doctor` has found: a page for people, and data for programs that compare nodes."""

from __future__ import annotations

import json

from lmodpy.report.text import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple


class Finding(NamedTuple):
    """Something that is not as it should be: a key of KINDS, what it is about, what is wrong, and what to do."""

    kind: str
    about: str
    text: str
    advice: str


KINDS = {
    "lua": "Lua modulefiles cannot be read",
    "tcl": "Tcl modulefiles cannot be run",
    "tools": "more than one module tool, or not the one that was meant",
    "conda": "conda is started with each shell, or stands in front of modules",
    "modulepath": "an entry of MODULEPATH that leads to no modulefiles",
    "cache": "an index that is out of date, or of no use here",
    "state": "what is loaded does not fit this machine",
    "environment": "an environment that is too large to start programs, or soon will be",
    "slow": "a directory that takes long to answer, or does not",
    "setting": "a variable that lmodpy does not know, or a value that it does not understand",
}
"""What is looked for."""


def text(host: str, facts: Mapping[str, str], findings: Sequence[Finding], width: int = 80) -> str:
    """Return one page: what there is, then what is wrong with it and what to do."""
    room = max(map(len, facts)) + 2
    rows = [f"  {name:{room}}{value}\n" for name, value in facts.items()]
    told = [f"\n{wrap(f'{each.kind}: {each.text}', width)}{wrap(each.advice, width, '    ')}" for each in findings]
    count = f"{len(findings)} finding{'s' * (len(findings) != 1)}" if findings else "nothing to do"
    return "".join([f"lmodpy on {host}\n", *rows, *told, f"\n{count}\n"])


def as_json(host: str, facts: Mapping[str, str], findings: Sequence[Finding]) -> str:
    """Return the same for programs: the same keys on every node, in the same order."""
    told = [finding._asdict() for finding in findings]
    data = {"schema": 1, "command": "doctor", "host": host, "facts": dict(facts), "findings": told}
    return json.dumps(data, indent=2) + "\n"
