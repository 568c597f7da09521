"""What is known of a modulefile, as it stands in an index file: fields with tabs between them, some of them lists."""

from __future__ import annotations

from lmodpy.spider import store
from lmodpy.spider.facts import EXTENSIONS, OPEN, VARIES, Facts
from lmodpy.spider.index import row_of
from lmodpy.spider.stamps import is_old, stamp_of
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, NamedTuple

    from lmodpy.tree.directory import Modulefile
else:
    from lmodpy.values import NamedTuple

TOO_NEW = "~"
"""Begins a stamp that cannot be equal to another: after it the file may have changed without a new stamp."""


_SILENT = Facts()[1:8]
"""What stands between the whatis and the error in facts that have nothing else."""


class Row(NamedTuple):
    """What is known of a modulefile: its stamp, what its text promises, and its facts, as they stand in a file."""

    path: str
    stamp: str
    promised: str
    text: str = ""

    @property
    def facts(self) -> Facts | None:
        """What it says about itself, if it was evaluated."""
        return facts_in(self.text) if self.text else None

    @property
    def brief(self) -> Facts:
        """Of what it says about itself, only what overviews show: whatis, and why it is broken."""
        whatis, broken, _ = self.text.split("\t", 2)
        return made(Facts, (_items(whatis), *_SILENT, store.plain(broken), ()))

    @property
    def is_remarkable(self) -> bool:
        """Whether it has properties or brings extensions."""
        _, _, _, properties, extensions, _ = self.text.split("\t", 5)
        return bool(properties or extensions)

    @property
    def is_broken(self) -> bool:
        """Whether it could not be read to its end."""
        at = self.text.find("\t") + 1
        return self.text[at : at + 1] != "\t"

    @property
    def is_quiet(self) -> bool:
        """Whether it was evaluated, leads nowhere and has nothing that is shown beside names."""
        return bool(self.text) and not (self.keeps(OPEN) or self.keeps(EXTENSIONS) or self.is_remarkable)

    def holds(self, *, loosely: bool) -> bool:
        """Say whether what it said once is what it says now; `loosely`: as far as others go by it."""
        promised = self.promised.split()
        return bool(self.text) and (VARIES not in promised or (loosely and promised == [VARIES]))

    @property
    def is_plain(self) -> bool:
        """Whether it says to everybody what it has said."""
        return self.holds(loosely=False) and not self.is_broken

    def mentions(self, word: str) -> bool:
        """Say whether it may say something with a word in it, which is in lower case, or is broken."""
        return not self.is_plain or word in self.text.lower()

    def keeps(self, promise: str) -> bool:
        """Say whether it is worth asking for something."""
        if promise not in self.promised.split():
            return False
        if not self.holds(loosely=False):
            return True
        _, broken, _, _, extensions, prepends, appends, _ = self.text.split("\t", 7)
        return bool(broken or (prepends + appends if promise == OPEN else extensions))


class Told(NamedTuple):
    """What a process hears that evaluates a modulefile for another one: the fields of a row behind the path."""

    stamp: str
    """Empty, if it could not even look at the file."""
    promised: str
    text: str
    facts: tuple[Any, ...] = ()
    """The facts, unless they are as in the text, and neither lead on nor tell of trouble."""


def told(module: Modulefile, read: Callable[[Modulefile, bytes | None], Facts], now: int) -> Told:
    """Evaluate a modulefile for another process; `now` is a time at which it had not been looked at yet."""
    stamp, promised, content = looked_at(module.path, now)
    facts = read(module, content)
    text = text_of(facts)
    return Told(stamp, promised, text, () if text and not (facts.broken or facts.opens) else tuple(facts))


def looked_at(path: str, now: int) -> tuple[str, str, bytes | None]:
    """Return the stamp of a file, what its text promises, and all of it, unless it is large or cannot be read."""
    from lmodpy.spider.promises import MOST, content_of, promises  # noqa: PLC0415 - mostly all is known

    stamp = stamp_of(path)
    text = content_of(path)
    promised = " ".join(sorted(promises(text)))
    return stamp if is_old(stamp, now) else f"{TOO_NEW}{stamp}", promised, text if text and len(text) < MOST else None


_END = "\x1f"
"""Ends each item of a list; what has it in itself is not kept."""


def rows_in(lines: Iterable[str]) -> Iterator[Row]:
    """Yield what lines say."""
    for line in lines:
        yield row_in(line.split("\t", 3))


def row_in(fields: Sequence[str]) -> Row:
    """Return what the fields of a line say."""
    path, stamp, promised, text = fields
    return made(Row, (store.plain(path) if "\\" in path else path, stamp, promised, text))


def led(module: Modulefile, row: Row, room: int) -> str:
    """Return a module and what is known of it as a line."""
    return f"{store.joined(row_of(module, room))}\t{line_of(row)}"


def brought(row: Row) -> str:
    """Return the extensions that a module brings in one text."""
    return _END.join(row.facts.extensions) if row.facts else ""


def line_of(row: Row) -> str:
    """Return what is known of a modulefile as a line."""
    return f"{store.escaped(row.path)}\t{row.stamp}\t{row.promised}\t{row.text}"


def text_of(facts: Facts) -> str:
    """Return facts as they stand in a file; nothing if they cannot."""
    whatis, told, families, properties, extensions, prepends, appends, dynamic, broken, pairs = facts
    lists = whatis, families, properties, extensions, prepends, appends, ["=".join(pair) for pair in pairs]
    said, *rest = [_END.join((*items, "")) for items in lists]
    if said.count(_END) + "".join(rest).count(_END) != sum(map(len, lists)):
        return ""
    return f"{store.joined((said, broken, *rest, '*' * dynamic))}\t{store.escaped(told)}"


def facts_in(text: str) -> Facts:
    """Return the facts in such a text."""
    whatis, broken, *lists, dynamic, told = text.split("\t")
    families, properties, extensions, prepends, appends, paths = map(_items, lists)
    pairs = tuple((variable, directory) for variable, _, directory in (path.partition("=") for path in paths))
    places = prepends, appends, bool(dynamic), store.plain(broken), pairs
    return made(Facts, (_items(whatis), store.plain(told), families, properties, extensions, *places))


def _items(field: str) -> tuple[str, ...]:
    return tuple(store.plain(field).split(_END)[:-1]) if field else ()
