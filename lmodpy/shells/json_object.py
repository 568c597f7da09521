"""The whole difference as one JSON object, for programs in any language; docs/languages.md describes it."""

from __future__ import annotations

import json

from lmodpy.errors import LmodError
from lmodpy.shells.base import check_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmodpy.env.diff import Diff


class Json:
    r"""JSON as a shell. The object is closed by `success` or `failure`, behind `render` or alone.

    The text is ASCII. A byte that is not UTF-8 is written as `\udcXX`, as Python's `surrogateescape` has it.
    """

    name = kind = "json"

    def __init__(self, _: str) -> None:
        self._begin = "{"

    def render(self, diff: Diff) -> str:
        """Say everything that the difference has; `false` stands for what is to be taken away."""
        check_names(diff)
        variables = diff.variables
        said: dict[str, object] = {
            "env": {name: value for name, value in variables.items() if value is not None},
            "unset": sorted(name for name, value in variables.items() if value is None),
            "alias": {name: value is not None and value for name, value in diff.aliases.items()},
            "shellFunc": {name: bodies is not None and list(bodies) for name, bodies in diff.functions.items()},
        }
        seldom = {
            "complete": {name: value is not None and value for name, value in diff.completions.items()},
            "exportedFunc": {name: value is not None for name, value in diff.exported.items()},
            "execute": diff.commands,
            "stdout": diff.text,
        }
        text = json.dumps(said | {key: value for key, value in seldom.items() if value}, sort_keys=True)
        if "\\u0000" in text.replace("\\\\", ""):
            raise LmodError("a value holds a NUL byte, which no variable can hold")
        self._begin = ", "
        return text.removesuffix("}")

    def left_out(self, _: Diff) -> tuple[str, ...]:
        """Name nothing: all of it is said."""
        return ()

    def invocation(self, _: Sequence[str]) -> str:
        """Say nothing: data cannot run programs."""
        return ""

    def echo(self, _: str) -> None:
        """Say nothing: stdout has the object alone."""

    def failure(self) -> str:
        """Close the object with `"_mlstatus": false`."""
        return self._begin + '"_mlstatus": false}\n'

    def success(self) -> str:
        """Close the object with `"_mlstatus": true`."""
        return self._begin + '"_mlstatus": true}\n'
