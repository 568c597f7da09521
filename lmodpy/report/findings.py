"""What `lmodpy check` has found: for people, for programs, and for CI."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple


class Finding(NamedTuple):
    """Something that is wrong: its kind (a key of KINDS), the file, the line (0: all of it), what, and what to do."""

    kind: str
    path: str
    line: int
    text: str
    advice: str = ""


KINDS = {
    "error": "does not evaluate, or cannot be loaded where it is offered",
    "rc": "an rc file that is broken",
    "default": "more than one default is marked in a directory, or one that is not there",
    "name": "a name with blanks at its ends, or a colon, which cannot be loaded",
    "link": "a symbolic link that leads nowhere",
    "unreadable": "a file that users cannot read",
    "missing": "a directory in a path variable that does not exist",
    "relative": "an entry of a path variable that is no absolute path",
    "mixed": "a path variable made from another one",
    "overwritten": "a path variable that is set, so that what was in it is lost",
    "trace": "unloading as Lmod does (by reversing the modulefile) leaves something behind",
    "needs": "a module that it needs cannot be loaded there",
    "family": "it loads another member of its own family",
    "interpreter": "a script in a directory that it puts on PATH has no interpreter",
}
"""What is looked for."""


def text(findings: Sequence[Finding], modules: int) -> str:
    """Return a line for each finding, under the file that it is about, and a count."""
    lines: list[str] = []
    previous = ""
    for finding in findings:
        if finding.path != previous:
            lines += [f"{finding.path}:"]
            previous = finding.path
        at = f"line {finding.line}: " if finding.line else ""
        lines += [f"  {finding.kind}: {at}{finding.text}"]
        lines += [f"    {finding.advice}"] if finding.advice else []
    count = f"{len(findings)} finding{'s' * (len(findings) != 1)}" if findings else "nothing is wrong"
    return "\n".join([*lines, f"{modules} modules: {count}\n"])


def as_json(findings: Sequence[Finding], modules: int) -> str:
    """Return the same for programs."""
    told = [finding._asdict() for finding in findings]
    return json.dumps({"schema": 1, "command": "check", "modules": modules, "findings": told}, indent=2) + "\n"


def junit(findings: Sequence[Finding], modules: Mapping[str, str]) -> str:
    """Return the same as CI systems read it: a test for each module (`modules`: its name by its file), and the rest."""
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.path, []).append(finding)
    names = {**modules, **{path: path for path in by_path if path not in modules}}
    cases = [_case(path, name, by_path.get(path, [])) for path, name in sorted(names.items())]
    head = f'<testsuite name="lmodpy check" tests="{len(cases)}" failures="{len(by_path)}">'
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *cases, "</testsuite>\n"])


def _case(path: str, name: str, findings: Sequence[Finding]) -> str:
    from xml.sax.saxutils import escape, quoteattr  # noqa: PLC0415 - it brings all of urllib along

    opened = f"  <testcase classname={quoteattr(path)} name={quoteattr(name)}"
    if not findings:
        return f"{opened}/>"
    lines = [f"{each.kind}: {f'line {each.line}: ' * bool(each.line)}{each.text}" for each in findings]
    return f"{opened}><failure message={quoteattr(lines[0])}>{escape(chr(10).join(lines))}</failure></testcase>"
