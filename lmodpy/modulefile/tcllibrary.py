"""Tcl within this process: the library that Python's `_tkinter` brings."""

from __future__ import annotations

from lmodpy import system
from lmodpy.modulefile.tcl import inward, outward

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from lmodpy.modulefile.tcl import Answer

_PRELUDE = __file__.rpartition("/")[0] + "/prelude.tcl"
_BRIDGE = """
namespace eval lmodpy {}
proc lmodpy::ask {question} {
    from_utf_8 [python {*}[to_utf_8 $question]]
}
proc lmodpy::called {args} {
    to_utf_8 [run {*}[from_utf_8 $args]]
}
proc lmodpy::to_utf_8 {texts} {
    lmap text $texts {encoding convertto utf-8 $text}
}
proc lmodpy::from_utf_8 {texts} {
    lmap text $texts {encoding convertfrom utf-8 $text}
}
"""
"""Bytes go to and fro, as texts of which each character is one: `_tkinter` does not let everything else pass."""


class TclLibrary:
    """An interpreter, made at once; raises ImportError where Python has no Tcl."""

    def __init__(self) -> None:
        import _tkinter  # noqa: PLC0415 - it brings libraries for windows along

        self._tcl: Any = _tkinter.create(None, "", "Tk", False, False, False, False, None)
        self._answers: list[Answer] = []
        self._tcl.eval(_BRIDGE)
        self._tcl.createcommand("lmodpy::python", self._ask)
        self._tcl.eval(system.content(_PRELUDE).decode())

    def run(self, request: Sequence[str], answer: Answer) -> list[str]:
        """Evaluate; see `Interpreter`."""
        self._answers.append(answer)
        try:
            return _outward(self._tcl.splitlist(self._tcl.call("lmodpy::called", *_inward(request))))
        finally:
            self._answers.pop()

    def _ask(self, *question: str) -> tuple[str, ...]:
        return _inward(self._answers[-1](_outward(question)))


def _inward(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(inward(text).decode("latin-1") for text in texts)


def _outward(texts: Sequence[str]) -> list[str]:
    return [outward(text.encode("latin-1")) for text in texts]
