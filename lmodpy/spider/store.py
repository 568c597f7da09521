"""A file of sorted lines, made for looking up one of them without reading the others: what the index is kept in.

The file is data and never executed. It begins with a header of text, in which each section has a line; the sections
follow. Everything has a checksum: the header, each section for who reads it whole, and each line of a section for who
looks up one key. A file is replaced by renaming a new one over it, so a reader has the old one or the new one, whole.
"""

from __future__ import annotations

import posix
from zlib import crc32

from lmodpy import system
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import NamedTuple, Self
else:
    from lmodpy.values import NamedTuple

MAGIC = b"lmodpy-index 1 "
_ROOM, _BEGINNING = 4096, 1 << 16
"""How much is read at a time: around a line, and at once when a file is opened. Most files are not longer."""
_READ = posix.O_RDONLY | posix.O_CLOEXEC
_SUM = 8
"""The length of a checksum, as hexadecimal digits; a blank follows it in a line."""
_LABELS = "-labels"
"""Behind the name of a section: that with the labels of its blocks."""
_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"))


class Damaged(Exception):
    """A file is not what was written: it was cut off or changed, or is of another kind."""


class Section(NamedTuple):
    """Where a section lies in the file, and the checksum of all of it."""

    begin: int
    size: int
    checksum: int


class Reader:
    """An open file. What it returns is certain; where it cannot be, it raises Damaged."""

    def __init__(self, path: str, *, whole: bool = False) -> None:
        """Open a file; raises OSError if there is none, and Damaged if it is not whole.

        `whole`: all of it is read and checked at once, so that nothing raises Damaged later, and the file is closed.
        """
        self._path = path
        self._file = posix.open(path, _READ)
        self._checked = False
        self._found: dict[int, tuple[bytes, int]] = {}
        """Of each section, what was looked up last, and where that was."""
        try:
            self._beginning = posix.pread(self._file, posix.fstat(self._file).st_size if whole else _BEGINNING, 0)
            self.key, self._sections = self._header()
            if whole:
                self._check()
        except (OSError, ValueError, TypeError, Damaged) as error:
            self.close()
            raise Damaged from error
        if whole:
            self.close()

    def __enter__(self) -> Self:
        """Return the reader, which is closed at the end; one that was closed opens the file again."""
        if self._file < 0 and not self._checked:
            self._file = posix.open(self._path, _READ)
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; who asks for more opens it for as long; that it was replaced meanwhile is damage."""
        if self._file >= 0:
            posix.close(self._file)
        self._file = -1

    def text(self, name: str) -> str:
        """Return a section, whose lines each have an end."""
        return system.decode(self._right(self._section(name)))

    def holding(self, name: str, part: str, *, low: bool = False) -> str:
        """Return the lines of a section that have a text in them, in any case; that is in lower case.

        `low`: so is the section.
        """
        data = self._right(self._section(name))
        if not data.isascii():
            text = system.decode(data)
            return containing(text, part, text.lower())
        seen, wanted = data if low else data.lower(), system.encode(part)
        found, end = [], 0
        while (place := seen.find(wanted, end)) >= 0:
            begin, end = seen.rfind(b"\n", 0, place) + 1, seen.index(b"\n", place) + 1
            found.append(data[begin:end])
        return system.decode(b"".join(found))

    def blocks(self, name: str, part: str) -> str:
        """Return the blocks whose labels have a text in them, in any case, of a section written by `labelled`."""
        rows, whole = rows_of(self.holding(f"{name}{_LABELS}", part.lower(), low=True), 4), self._section(name)
        places = [(whole.begin + int(begin), int(size), int(checksum)) for _, begin, size, checksum in rows]
        return "".join(system.decode(self._right(made(Section, place))) for place in places)

    def __contains__(self, name: str) -> bool:
        """Say whether there is a section of this name."""
        return name in self._sections

    def checksum(self, name: str) -> int:
        """Return the checksum of a section."""
        return self._section(name).checksum

    def exchanged(self, lines: Mapping[str, Sequence[tuple[str, ...]]]) -> dict[str, bytes]:
        """Return all sections as they stand, but for some lines: each pair has the old and the new one."""
        return {name: _exchanged(self._right(self._section(name)), lines.get(name, ())) for name in self._sections}

    def _check(self) -> None:
        """Check all sections, for good."""
        for name in self._sections:
            self._right(self._section(name))
        self._checked = True

    def _right(self, section: Section) -> bytes:
        """Return what has the checksum that it should have."""
        data = self._read(section.begin, section.size)
        if not self._checked and crc32(data) != section.checksum:
            raise Damaged
        return data

    def lines(self, name: str) -> list[str]:
        """Return all lines of a section."""
        return self.text(name).split("\n")[:-1]

    def rows(self, name: str) -> list[list[str]]:
        """Return the rows of a section that was written by `table`."""
        return [fields(body) for body in self.bodies(name)]

    def bodies(self, name: str) -> list[str]:
        """Return the rows of a section that was written by `sealed` as they stand behind their checksums."""
        return [line[_SUM + 1 :] for line in self.lines(name)]

    def starting(self, name: str, prefix: str) -> Iterator[list[str]]:
        """Yield the rows of a section written by `table` that begin with a text; a tab in it ends a field."""
        return map(fields, self.raw(name, prefix))

    def raw(self, name: str, prefix: str) -> Iterator[str]:
        """Yield those rows as they stand behind their checksums."""
        section = self._section(name)
        wanted = system.encode("\t".join(map(escaped, prefix.split("\t"))))
        end = section.begin + section.size
        place = self._first(section, wanted)
        while place < end:
            line = self._line(place, end)
            if not line[_SUM + 1 :].startswith(wanted):
                return
            yield system.decode(line[_SUM + 1 :])
            place += len(line) + 1

    def _first(self, section: Section, wanted: bytes) -> int:
        """Return where the first line lies that does not come before what is wanted, in the order of bytes.

        What is wanted next is often near.
        """
        last, place = self._found.get(section.begin, (b"", section.begin))
        low, high = place if last <= wanted else section.begin, section.begin + section.size
        middle = low + _ROOM if last else (low + high) // 2
        while high - low > _ROOM:
            start = self._start_of_line(middle, low)
            line = self._line(start, high)
            if line[_SUM + 1 :] < wanted:
                low = start + len(line) + 1
            else:
                high = start
            middle = (low + high) // 2
        for line in self._read(low, high - low).split(b"\n")[:-1]:
            if _sound(line)[_SUM + 1 :] >= wanted:
                break
            low += len(line) + 1
        self._found[section.begin] = wanted, low
        return low

    def _start_of_line(self, place: int, low: int) -> int:
        """Return where the line begins that holds the byte at a place, if none begins before `low`."""
        while place > low:
            begin = max(low, place - _ROOM)
            at = self._read(begin, place - begin).rfind(b"\n")
            if at >= 0:
                return begin + at + 1
            place = begin
        return low

    def _line(self, start: int, end: int) -> bytes:
        """Return a line without its end."""
        data, room = b"", _ROOM
        while b"\n" not in data:
            if start + len(data) >= end:
                raise Damaged
            data += self._read(start + len(data), min(room, end - start - len(data)))
            room *= 4
        return _sound(data[: data.index(b"\n")])

    def _section(self, name: str) -> Section:
        if name not in self._sections:
            raise Damaged
        return made(Section, tuple(map(int, self._sections[name].split(" "))))

    def _header(self) -> tuple[str, dict[str, str]]:
        end = self._beginning.find(b"\n\n")
        body, _, checksum = self._beginning[: max(0, end)].rpartition(b"\n")
        if not body.startswith(MAGIC) or checksum != b"%08x" % crc32(body):
            raise Damaged
        first, *rest = system.decode(body).split("\n")
        sections = {name: numbers for name, _, numbers in (line.partition(" ") for line in rest)}
        return fields(first[len(MAGIC) :])[0], sections

    def _read(self, begin: int, size: int) -> bytes:
        end = begin + size
        inside = end <= len(self._beginning) or self._checked
        data = self._beginning[begin:end] if inside else self._more(begin, size)
        if len(data) != size:
            raise Damaged
        return data

    def _more(self, begin: int, size: int) -> bytes:
        if self._file >= 0:
            return posix.pread(self._file, size, begin)
        try:
            file = posix.open(self._path, _READ)
        except OSError as error:
            raise Damaged from error
        try:
            return posix.pread(file, size, begin)
        finally:
            posix.close(file)


def _sound(line: bytes) -> bytes:
    """Return a line that has the checksum that it should have."""
    if b"%08x" % crc32(line[_SUM + 1 :]) != line[:_SUM]:
        raise Damaged
    return line


def rows_of(text: str, width: int) -> Iterable[Sequence[str]]:
    """Return the rows in a text that `listed` has made, of so many fields each: ten thousand of them in one step."""
    if "\\" in text:
        return [fields(line) for line in text.split("\n")[:-1]]
    return zip(*[iter(text.replace("\n", "\t").split("\t"))] * width, strict=False)


def containing(text: str, part: str, low: str) -> str:
    """Return the lines of a text, each with its end, that have a part in them; that and `low` are in lower case."""
    if len(low) != len(text):  # as with a few letters of Turkish
        return "".join(f"{line}\n" for line in text.split("\n")[:-1] if part in line.lower())
    found, end = [], 0
    while (place := low.find(part, end)) >= 0:
        begin, end = low.rfind("\n", 0, place) + 1, low.index("\n", place) + 1
        found.append(text[begin:end])
    return "".join(found)


def listed(rows: Iterable[Iterable[str]]) -> list[str]:
    """Return rows of text as lines, in this order, for who reads all of them: `Reader.text` and `rows_of`."""
    return list(map(joined, rows))


def joined(row: Iterable[str]) -> str:
    """Return the fields of a row as it stands in a file."""
    fields = (*row,)
    line = "\t".join(fields)
    if "\\" in line or "\n" in line or line.count("\t") >= len(fields) > 0:
        return "\t".join(map(escaped, fields))
    return line


def labelled(name: str, blocks: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[str]]:
    """Return a section of lines in blocks, and one of their labels, in lower case, and places: see `Reader.blocks`."""
    labels: list[tuple[str, str, str, str]] = []
    lines: list[str] = []
    begin = 0
    for label, block in blocks:
        lines += block
        data = blob(block)
        labels.append((label.lower(), str(begin), str(len(data)), str(crc32(data))))
        begin += len(data)
    return {f"{name}{_LABELS}": listed(labels), name: lines}


def table(rows: Iterable[Iterable[str]]) -> list[str]:
    """Return rows of text as lines that `Reader.rows` and `Reader.starting` read."""
    return sealed(map(joined, rows))


def sealed(rows: Iterable[str]) -> list[str]:
    """Return rows whose fields are escaped as lines with checksums, sorted by their bytes."""
    return [f"{crc32(body):08x} {system.decode(body)}" for body in sorted(map(system.encode, rows))]


def _exchanged(section: bytes, pairs: Iterable[tuple[str, ...]]) -> bytes:
    """Exchange some lines of a section; raises Damaged if the old ones are not there."""
    spans = []
    for old, new in pairs:
        line = system.encode(f"{old}\n")
        at = 0 if section.startswith(line) else section.find(b"\n" + line) + 1
        if not section.startswith(line, at):
            raise Damaged
        spans.append((at, at + len(line), system.encode(f"{new}\n")))
    parts, done = [], 0
    for begin, end, line in sorted(spans):
        parts += [section[done:begin], line]
        done = end
    return b"".join((*parts, section[done:]))


def write(path: str, key: str, sections: Mapping[str, Iterable[str] | bytes]) -> None:
    """Replace a file by one with these sections, of lines without line breaks, or as they stand; raises OSError.

    `key` says what the file is about; who reads it compares. The directory of the file must be there.
    """
    blobs = {name: blob(lines) for name, lines in sections.items()}
    first = MAGIC + system.encode(escaped(key))
    header = _header_text(first, blobs, 0)
    for _ in range(3):  # how long the header is depends on the numbers in it, which depend on how long it is
        header = _header_text(first, blobs, len(header))
    temporary = f"{path}.{posix.getpid()}.new"
    try:
        with open(temporary, "wb") as file:
            file.write(header)
            file.writelines(blobs.values())
        posix.replace(temporary, path)
    except BaseException as error:
        system.remove(temporary)
        if isinstance(error, OSError):
            error.filename = path  # a disk that is full does not say for which file
        raise


def checksum(lines: Iterable[str]) -> int:
    """Return the checksum of a section that has these lines."""
    return crc32(blob(lines))


def blob(lines: Iterable[str] | bytes) -> bytes:
    """Return lines as they stand in a section."""
    if isinstance(lines, bytes):
        return lines
    return system.encode("".join(f"{line}\n" for line in lines))


def _header_text(first: bytes, blobs: Mapping[str, bytes], begin: int) -> bytes:
    lines = [first]
    for name, data in blobs.items():
        lines.append(b"%s %d %d %d" % (name.encode(), begin, len(data), crc32(data)))
        begin += len(data)
    body = b"\n".join(lines)
    return b"%s\n%08x\n\n" % (body, crc32(body))


def escaped(field: str) -> str:
    """Return a field as it stands in a row."""
    for character, escape in _ESCAPES:
        if character in field:
            field = field.replace(character, escape)
    return field


def fields(line: str) -> list[str]:
    """Return the fields of a row, as it stands behind its checksum."""
    parts = line.split("\t")
    return list(map(plain, parts)) if "\\" in line else parts


def plain(field: str) -> str:
    """Return a field without its escapes."""
    if "\\" not in field:
        return field
    parts = (part.replace("\\n", "\n").replace("\\t", "\t") for part in field.split("\\\\"))
    return "\\".join(parts)
