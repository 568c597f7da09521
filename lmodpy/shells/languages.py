"""Languages whose programs evaluate what `lmodpy-cmd LANGUAGE` prints: an assignment a line, and last how it went."""

from __future__ import annotations

from lmodpy import system
from lmodpy.errors import LmodError
from lmodpy.shells.base import check_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NamedTuple

    from lmodpy.env.diff import Diff
else:
    from lmodpy.values import NamedTuple


class Says(NamedTuple):
    """How one language says what there is to say; `%s` stands for names and for values between double quotes."""

    kind: str
    assign: str
    remove: str
    success: str
    failure: str
    special: str
    """What means something between double quotes, and gets a backslash."""
    byte: str
    """How a byte is written that is no printable ASCII."""
    high: str = ""
    """How one above 127 is written, where that is another way."""
    first: str = ""
    """A line before the assignments, if there are any."""
    last: str = ""
    """And one behind them."""


_LISP = Says("lisp", '(setenv "%s" "%s")', '(setenv "%s" nil)', "t", "nil", '\\"', "\\{:03o}")
_R = Says(
    "r", 'Sys.setenv("%s"="%s");', 'Sys.unsetenv("%s");', "mlstatus <- TRUE", "mlstatus <- FALSE", '\\"', "\\x{:02x}"
)
LANGUAGES = {
    "python": Says(
        "python",
        'os.environ["%s"] = "%s"',
        'os.environ["%s"] = ""; del os.environ["%s"]',
        "_mlstatus = True",
        "_mlstatus = False",
        '\\"',
        "\\x{:02x}",
        high="\\udc{:02x}",  # a byte of its own to os.environ, whatever the encoding of that Python
        first="import os",
    ),
    "perl": Says(
        "perl", '$ENV{%s} = "%s";', "delete $ENV{%s};", "$_mlstatus = 1;", "$_mlstatus = 0;", '\\"$@', "\\x{:02x}"
    ),
    "ruby": Says(
        "ruby", 'ENV["%s"] = "%s"', 'ENV["%s"] = nil', "_mlstatus = true", "_mlstatus = false", '\\"#', "\\x{:02x}"
    ),
    "r": _R,
    "R": _R,
    "cmake": Says(
        "cmake",
        'set(ENV{%s} "%s")',
        "unset(ENV{%s})",
        "set(_mlstatus TRUE)",
        "set(_mlstatus FALSE)",
        '\\"$@',
        "",  # has no way to write a byte, and needs none
    ),
    "lisp": _LISP,
    "emacs": _LISP,
    "tcl": Says(
        "tcl",
        'set ::env(%s) "%s"',
        "unset -nocomplain ::env(%s)",
        "set _mlstatus 1",
        "set _mlstatus 0",
        '\\"$[',
        "\\u00{:02x}",
        # Tcl writes variables in the encoding of the system. In this one a character is a byte.
        first="set _mlencoding [encoding system]; encoding system iso8859-1",
        last="encoding system $_mlencoding; unset _mlencoding",
    ),
    "lua": Says(
        "lua",
        '_mlsetenv("%s", "%s")',
        '_mlsetenv("%s", nil)',
        "_mlstatus = true",
        "_mlstatus = false",
        '\\"',
        "\\{:03d}",
        first='local _mlsetenv = require("posix").setenv',
    ),
    "bare": Says("bare", "%s: %s", "%s: false", "", "false", "", ""),
}
"""Each language, for which names are written as they are: they are identifiers, as `check_names` has found."""

_CONTROLS = {9: "\\t", 10: "\\n", 13: "\\r"}


class Language:
    """A language as a shell: it takes variables, but has no use for aliases, functions and commands of a shell."""

    def __init__(self, name: str) -> None:
        self._says = LANGUAGES[name]
        self.name = "r" if name == "R" else name
        self.kind = self._says.kind
        self._table = _table(self._says)

    def render(self, diff: Diff) -> str:
        """Say how the variables change, behind what modulefiles have written to stdout for this language."""
        check_names(diff)
        lines = [self._line(name, value) for name, value in sorted(diff.variables.items())]
        if lines:
            lines = [line for line in (self._says.first, *lines, self._says.last) if line]
        text = "".join(f"{line}\n" for line in (diff.text.removesuffix("\n"), *lines) if line)
        if "\0" in text:
            raise LmodError("a value holds a NUL byte, which no variable can hold")
        return text

    def left_out(self, _: Diff) -> tuple[str, ...]:
        """Name nothing: nobody expects a program to have aliases."""
        return ()

    def invocation(self, _: Sequence[str]) -> str:
        """Say nothing: programs have ways of their own to run others."""
        return ""

    def echo(self, _: str) -> None:
        """Say nothing: a program reads stderr."""

    def failure(self) -> str:
        """Return the line that tells the program so."""
        return f"{self._says.failure}\n"

    def success(self) -> str:
        """Return the line that tells the program so."""
        return f"{self._says.success}\n" if self._says.success else ""

    def inner(self, value: str) -> str:
        """Return what stands for exactly `value` between double quotes."""
        if self._says.byte:
            value = system.encode(value).decode("latin-1")
        return value.translate(self._table)

    def _line(self, name: str, value: str | None) -> str:
        if value is None:
            return self._says.remove.replace("%s", name)
        return self._says.assign % (name, self.inner(value))


def _table(says: Says) -> dict[int, str]:
    """Return what to write for each character that does not stand for itself."""
    table = dict(_CONTROLS)
    if says.byte:
        table = {code: says.byte.format(code) for code in (*range(1, 32), *range(127, 256))}
        if says.high:
            table |= {code: says.high.format(code) for code in range(128, 256)}
    return table | {ord(character): "\\" + character for character in says.special}
