"""Text for a terminal: colours if wanted, columns, wrapped lines, and how errors and warnings look."""

from __future__ import annotations

from lmodpy.errors import ModulefileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lmodpy.errors import LmodError


class Style:
    """Knows whether to colour, so that nobody else has to ask.

    `italic` is how hidden modules look, else faint; `name` returns the full name of a module as the site wants it.
    """

    def __init__(
        self, *, colour: bool = False, italic: bool = False, name: Callable[[str, str], str] | None = None
    ) -> None:
        self.colour = colour
        self._name = name
        self._hidden = "3" if italic else "2"

    def bold(self, text: str) -> str:
        """What to look at."""
        return self._coded("1", text)

    def faint(self, text: str) -> str:
        """What can be passed over."""
        return self._coded("2", text)

    def red(self, text: str) -> str:
        """What went wrong."""
        return self._coded("1;31", text)

    def green(self, text: str) -> str:
        """What is fine."""
        return self._coded("1;32", text)

    def yellow(self, text: str) -> str:
        """What to take care of."""
        return self._coded("1;33", text)

    def hidden(self, text: str) -> str:
        """What most do not see."""
        return self._coded(self._hidden, text)

    def forbidden(self, text: str) -> str:
        """What is refused."""
        return self._coded("1;33;41", text)

    def nearly(self, text: str) -> str:
        """What will soon be refused."""
        return self._coded("1;31;43", text)

    def module(self, full_name: str, name: str) -> str:
        """The name of a module in a list."""
        return self._name(full_name, name) if self._name else full_name

    def named(self, colour: str, text: str) -> str:
        """Return a text in a colour that has a name, as lmodrc files give them; plain in others."""
        return self._coded(f"1;{_COLOURS[colour]}", text) if colour in _COLOURS else text

    def _coded(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.colour and text else text


_COLOURS = {"black": 30, "red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36, "white": 37}
PLAIN = Style()


def visible(text: str) -> int:
    """Return how many characters of `text` show on a terminal: colour codes do not."""
    if "\033" not in text:
        return len(text)
    first, *rest = text.split("\033[")
    return len(first) + sum(len(piece.partition("m")[2]) for piece in rest)


def columns(items: Sequence[str], width: int, indent: str = "") -> str:
    """Set items in as many columns as fit, to be read downwards like the output of `ls`."""
    lengths = list(map(visible if any("\033" in item for item in items) else len, items))
    rows = _rows(lengths, width - len(indent))
    widths = [max(lengths[top : top + rows]) for top in range(0, len(items), rows)]
    lines = (
        _GAP.join(items[i] + " " * (widths[i // rows] - lengths[i]) for i in range(row, len(items), rows))
        for row in range(min(rows, len(items)))
    )
    return "".join(f"{indent}{line.rstrip()}\n" for line in lines)


def rule(title: str, width: int) -> str:
    """Return a line across the terminal with a title in its middle; one that is too long for it has its ends, too."""
    return f" {title} ".center(max(width, len(title) + 10), "-") if title else "-" * width


def wrap(text: str, width: int, indent: str = "") -> str:
    """Break long lines between words, never within a `command to type`; a line that begins with a blank stays."""
    lines: list[str] = []
    for line in text.splitlines():
        lines += [line] if line[:1] in _BLANKS else _broken(line, width - len(indent))
    return "".join([f"{indent}{line}".rstrip() + "\n" for line in lines])


def error_text(error: LmodError, style: Style) -> str:
    """Say what went wrong, where, and what to type next.

    Every error begins with the same word, no further line begins in the first column, and none looks like the
    `file:word:number:` which EasyBuild takes for an error of Lmod's own.
    """
    where = error.where if isinstance(error, ModulefileError) else ""
    text = f"{style.red('lmodpy: error:')} {_hung(error.text)}\n"
    if where:
        text += f"  in {where}\n{_source(where, style)}"
    if error.hint:
        text += f"  {style.bold('hint:')} {_hung(error.hint)}\n"
    return text


def place(where: str) -> tuple[str, int]:
    """Split `file:line`; the number is 0 if there is none."""
    path, _, number = where.rpartition(":")
    return (path, int(number)) if path and number.isascii() and number.isdigit() else (where, 0)


def warning_text(text: str, style: Style) -> str:
    """Say what is doubtful, though the command goes on."""
    return f"{style.yellow('lmodpy: warning:')} {_hung(text)}\n"


_GAP = "   "
_BLANKS = ("", " ", "\t")


def _rows(lengths: list[int], width: int) -> int:
    """Return the least number of rows whose columns fit into the width."""
    if not lengths:
        return 1
    # As many columns as if all were as narrow as the narrowest, then fewer.
    for count in range(min(len(lengths), width // (min(lengths) + len(_GAP)) + 1), 1, -1):
        rows = -(-len(lengths) // count)
        tops = range(0, len(lengths), rows)
        if sum(max(lengths[top : top + rows]) for top in tops) + len(_GAP) * (len(tops) - 1) <= width:
            return rows
    return len(lengths)


def _words(line: str) -> list[str]:
    if "`" not in line:
        return line.split()
    words: list[str] = []
    for word in line.split():
        if words and words[-1].count("`") % 2:
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


def filled(text: str, width: int, indent: str) -> str:
    """Break a line between words, which have one blank between them, and show one character each: a fast `wrap`."""
    room = max(0, width - len(indent))
    parts: list[str] = []
    begin, most = 0, len(text) - room
    while begin < most:
        place = text.rfind(" ", begin, begin + room + 1)
        if place < 0:
            place = text.find(" ", begin)
            if place < 0:
                break
        parts.append(text[begin:place])
        begin = place + 1
    parts.append(text[begin:])
    between = f"\n{indent}"
    return f"{indent}{between.join(parts)}\n"


def _broken(text: str, width: int) -> list[str]:
    """Return a line as lines; its words are measured as they show."""
    words = _words(text)
    lines: list[str] = []
    line, used = "", 0
    for word, length in zip(words, map(visible, words), strict=True):
        if not line:
            line, used = word, length
        elif used + length < width:
            line += f" {word}"
            used += 1 + length
        else:
            lines.append(line)
            line, used = word, length
    return [*lines, line]


def _hung(text: str) -> str:
    """Indent all lines but the first."""
    return text.strip("\n").replace("\n", "\n    ")


def _source(where: str, style: Style) -> str:
    """Show the line at `file:line`, if it can be read."""
    path, number = place(where)
    if not number:
        return ""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            line = next((line for i, line in enumerate(file, 1) if i == number), "").strip()
    except OSError:
        return ""
    return f"    {style.faint(f'{number} |')} {line}\n" if line else ""
