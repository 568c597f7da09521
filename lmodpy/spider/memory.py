"""What modulefiles have said about themselves, kept from command to command; one that has changed is evaluated again.

Beside the file about the modules of a root (lmodpy/spider/index.py) lies one about their facts: for each modulefile its
stamp, what its text promises, and its facts if it has been evaluated. What opens directories or brings extensions
stands in it once more, so that who looks for one module need not read about all the others.
"""

from __future__ import annotations

import time

from lmodpy.spider import briefs, store
from lmodpy.spider.facts import EXTENSIONS, OPEN, VARIES, Facts
from lmodpy.spider.index import ROW, Outdated, facts_file, make_place, modules_of, state_of
from lmodpy.spider.rows import TOO_NEW, Row, brought, facts_in, led, line_of, looked_at, row_in, rows_in, text_of
from lmodpy.spider.stamps import differing, stamp_of, stamps_of
from lmodpy.tree.directory import base_of
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeVar

    from lmodpy.spider.index import Index
    from lmodpy.spider.rows import Told
    from lmodpy.tree.directory import Modulefile
    from lmodpy.tree.tree import Found, Tree

    Answer = TypeVar("Answer")
    Beside = Callable[[Callable[[], bytes], int], Callable[[], bytes]]

FEW = 5
"""So many modulefiles are evaluated as fast as a file about them is read and written."""
MANY = 50
"""So many new facts are worth writing the file of a root again."""
_MOST_LOOK_UPS = 40
"""When so many modules of a root were looked up one by one, the others are read, too."""


_FEW_ROWS = 20
"""So many rows are exchanged in a file as it stands; if there are more, it is made anew."""
_SILENCE = Facts()
_NO_WORD = "\0"
"""Nothing has it in it."""
_UNSURE = "unsure"
"""Where what may bring extensions stands once more, if it is not certain which."""
_NOTHING = ("", VARIES)
_DECIDING, _OTHERS = "deciding", "others"
"""The stamps of the modulefiles that decide on the descriptions in overviews, and those of all the others."""
_READY = (briefs.SECTION, briefs.REST, _DECIDING, _OTHERS)


class Memory:
    """What all modulefiles say that a command asks for.

    `thorough`: every file is compared with what is known of it. Otherwise, where no directory of a root has changed,
    only those are that are known to open directories or bring extensions, and those that are asked for.
    """

    def __init__(self, index: Index, tree: Tree, read: Callable[[Modulefile], Facts], *, thorough: bool = True) -> None:
        self.thorough = thorough
        self._index = index
        self._tree = tree
        self._read = read
        self._shelves: dict[str, _Shelf] = {}
        self._said: dict[str, Facts] = {}
        """What was evaluated now, by path."""
        index.afterwards(self._save)

    def facts(self, module: Modulefile, *, loosely: bool = False) -> Facts:
        """Return what a module says about itself; it is evaluated if that is not known, or may have become untrue.

        `loosely`: except if it is only its own description that may be another one for someone else.
        """
        known = self.known(module, loosely=loosely)
        if known is None:
            known = self._read(module)
            self.learn(module, known)
        return known

    def brief(self, module: Modulefile) -> Facts:
        """Return what overviews show of what a module says about itself, loosely."""
        row = self._row(module)
        return row.brief if row.holds(loosely=True) else self.facts(module, loosely=True)

    def known(self, module: Modulefile, *, loosely: bool = False) -> Facts | None:
        """Return what a module says about itself; None if it has to be evaluated."""
        row = self._row(module)
        said = self._said.get(module.path)
        return said or (row.facts if row.holds(loosely=loosely) else None)

    def recall(self, modules: Iterable[Modulefile], *, briefly: bool = False) -> dict[str, Facts]:
        """Return what modules have said to earlier commands, by path; without those that have to be evaluated.

        `briefly`: of what neither leads on nor is broken only that: nothing. Only for who is thorough.
        """
        found = {}
        shelves: dict[str, tuple[Mapping[str, Row], int]] = {}
        for module in modules:
            if module.root not in shelves:
                shelves[module.root] = self._shelf(module.root).compared(), len(base_of(module.root)) + 1
            rows, room = shelves[module.root]
            row = rows.get(module.path[room:])
            if row is None or not row.text:
                continue
            if briefly and not row.promised:
                found[module.path] = row.brief if row.is_broken else _SILENCE
            elif row.holds(loosely=False):
                found[module.path] = facts_in(row.text)
        return found

    def learn(self, module: Modulefile, facts: Facts) -> None:
        """Take up the facts of one that was not known when it was asked for."""
        shelf = self._shelf(module.root)
        shelf.learn(shelf.below(module), facts)
        self._said[module.path] = facts

    def take(self, module: Modulefile, told: Told, *, briefly: bool = False) -> Facts:
        """Take up what another process was told by a module for which `recall` has returned None, and return that."""
        facts = Facts(*told.facts) if told.facts else None
        if not told.stamp:  # it was never read
            self.learn(module, facts or _SILENCE)
            return facts or _SILENCE
        shelf = self._shelf(module.root)
        row = made(Row, (shelf.below(module), *told[:3]))
        shelf.take(row)
        return facts or (_SILENCE if briefly else facts_in(row.text))

    def may(self, promise: str, module: Modulefile) -> bool:
        """Say whether a modulefile is worth asking for something: to OPEN directories, to bring EXTENSIONS."""
        return self._row(module).keeps(promise)

    def expect(self, modules: Sequence[Modulefile]) -> None:
        """Look up what is known of some modules of one root, since it will be asked for."""
        if modules and not self.thorough:
            shelf = self._shelf(modules[0].root)
            shelf.expect(list(map(shelf.below, modules)))

    def candidates(self, promise: str, root: str, word: str = "") -> list[Modulefile]:
        """Return modules of a root, in order, among which are all that are worth asking for something.

        With a word, those that are known to say nothing that has it in it are left out.
        """
        shelf, found = self._shelf(root), self._tree.known(root)
        near = self._index.is_near(found)
        known = shelf.promising(promise, found, word.lower() if near else "")
        if near and (known is None or not shelf.leads_as_before(found)):
            raise Outdated
        if known is None:
            return shelf.unexplained(self._tree.all(root))
        if shelf.altered:
            also = (module for module in found.modules if shelf.below(module) in shelf.altered)
            known += [module for module in also if module not in known]
        seen = self._tree.seen(root, [*known, *self._tree.live(root)])
        return shelf.mentioning(word.lower(), seen) if word else seen

    def overview(self, root: str) -> list[briefs.Kept] | None:
        """Return what is kept for an overview of a root; None, if that may not be all. Only for who is thorough."""
        return self._shelf(root).overview()

    def overview_rest(self, root: str) -> dict[str, str]:
        """Return what is kept besides for names that are in several roots."""
        return self._shelf(root).overview_rest()

    def doubtful(self, root: str) -> list[Modulefile]:
        """Return the modules of a root for which its overview does not hold: what they say has to be asked."""
        shelf, found = self._shelf(root), self._tree.known(root)
        if shelf.overview() is None:
            return self._tree.all(root)
        unsure = shelf.promising(EXTENSIONS, found, _NO_WORD) or []
        altered = [module for module in found.modules if shelf.below(module) in shelf.altered] if shelf.altered else []
        return self._tree.seen(root, list(dict.fromkeys([*unsure, *altered, *self._tree.live(root)])))

    def write(self, root: str, path: str, beside: Beside | None = None) -> None:
        """Write a file about a root, of all that everybody may know; raises OSError. See `lmodpy.cli.beside`."""
        shelf, found = self._shelf(root), self._tree.known(root)
        shelf.write(path, found, list(map(shelf.below, found.modules)), beside)

    def news(self, root: str) -> bool:
        """Say whether a file about a root would be another one now."""
        return self._shelf(root).has_news(self._tree.known(root))

    def changed(self, root: str) -> list[str]:
        """Return the paths of the modulefiles of a root that have been written to since something was kept of them."""
        return self._shelf(root).changed()

    def _save(self, place: str) -> bool:
        """Write what was learned, where that is worth it, into the user's directory; raises OSError."""
        written = False
        for root, shelf in list(self._shelves.items()):
            found = self._tree.known(root)
            if shelf.is_worth_writing(found):
                make_place(place)
                everything = [*found.modules, *self._tree.live(root)]
                shelf.write(facts_file(place, root), found, list(map(shelf.below, everything)))
                written = True
        return written

    def _row(self, module: Modulefile) -> Row:
        shelf = self._shelf(module.root)
        return shelf.row(shelf.below(module))

    def _shelf(self, root: str) -> _Shelf:
        shelf = self._shelves.get(root)
        if shelf is None:
            key = self._index.facts_key(root)
            places = self._index.facts_files(root)
            whole = self.thorough and not self._index.sparing
            files = [_File(path, root, key, vouched=vouched, whole=whole) for path, vouched in places]
            shelf = self._shelves[root] = _Shelf(root, key, files)
            if self.thorough:
                shelf.compare(self._tree.known(root), briefly=self._index.briefly)
        return shelf


class _Shelf:
    """What is known about the modulefiles of one root: from files, and from now."""

    def __init__(self, root: str, key: str, files: Sequence[_File]) -> None:
        self._root = root
        self._base = base_of(root)
        self._key = key
        self._files = files
        self._rows: dict[str, Row] = {}
        """Those that are right, as far as they were asked for; by path below the root."""
        self._news: set[str] = set()
        self._now = time.time_ns()
        self._state = ""
        self._leads: bool | None = None
        self._whole: _File | None = None
        """A file that knows all modules that there are, and has been compared with them."""
        self._overview: list[briefs.Kept] | None = None
        self.altered: set[str] = set()
        """Those that are not as it knows them."""

    def below(self, module: Modulefile) -> str:
        """Return the path of a module below the root."""
        return module.path[len(self._base) + 1 :]

    def compare(self, found: Found, *, briefly: bool) -> None:
        """Compare all modulefiles about which something is known with that; `briefly`: those that overviews go by."""
        self._whole = self._complete(found)
        stamped = self._whole.stamped(briefly=briefly) if self._whole and not self._whole.vouched else {}
        if stamped is None:
            self._whole = None
        elif stamped:
            self.altered = {*differing(self._base, stamped)}
        if self._whole is None:
            for file in reversed(self._files):
                self._compare(file, file.rows())

    def overview(self) -> list[briefs.Kept] | None:
        """Return what is kept for an overview; None, if that may not be all."""
        if self._whole is None or any(path in self._whole.leading for path in self.altered):
            return None
        if self._overview is None:
            self._overview = self._whole.overview()
        return self._overview

    def overview_rest(self) -> dict[str, str]:
        """Return what is kept besides for names that are in several roots."""
        return (self._whole.overview_rest() if self._whole else None) or {}

    def _compare(self, file: _File, rows: Mapping[str, Row]) -> None:
        if file.vouched:
            self._rows |= rows
        elif file is self._whole:
            self._rows |= {path: row for path, row in rows.items() if path not in self.altered}
        elif not rows.keys() <= self._rows.keys():
            stamps = zip(rows.values(), stamps_of(self._base, list(rows)), strict=True)
            self._rows |= {row.path: row for row, stamp in stamps if row.stamp == stamp}

    def expect(self, paths: Sequence[str]) -> None:
        """Look up some rows at once."""
        for file in self._files:
            file.expect([path for path in paths if path not in self._rows])

    def row(self, path: str) -> Row:
        """Return what is known of a modulefile; its text is read if that is not known, or has changed."""
        row = self._rows.get(path)
        if row is None:
            compared = self._whole is not None and path not in self.altered
            row = (self._whole.row(path) if self._whole and compared else None) or self._kept(path)
            if row is None:
                row = made(Row, (path, *looked_at(f"{self._base}/{path}", self._now)[:2], ""))
                self._news.add(path)
            self._rows[path] = row
        return row

    def compared(self) -> Mapping[str, Row]:
        """Return all that is known and was compared with what there is."""
        if self._whole is not None:
            self._rows = {
                path: row for path, row in self._whole.rows().items() if path not in self.altered
            } | self._rows
        return self._rows

    def _kept(self, path: str) -> Row | None:
        stamp = ""
        for file in self._files:
            row = file.row(path)
            if row:
                stamp = stamp or stamp_of(f"{self._base}/{path}")
                if file.vouched or row.stamp == stamp:
                    return row
        return None

    def learn(self, path: str, facts: Facts) -> None:
        """Take up the facts of a modulefile whose row has been asked for before it was evaluated."""
        self.take(self.row(path)._replace(text=text_of(facts)))

    def take(self, row: Row) -> None:
        """Take up what is known now of a modulefile."""
        before = self._rows.get(row.path)
        self._rows[row.path] = row
        if before != row and not (before and before.text and VARIES in row.promised):
            self._news.add(row.path)

    def promising(self, promise: str, found: Found, word: str) -> list[Modulefile] | None:
        """Return what a file knows to be worth asking; None if none knows all modules that there are now.

        With a word, those that are known to say nothing that has it in it are left out.
        """
        file = self._complete(found)
        known = file.promising(promise, word) if file else None
        if file is None or known is None:
            return None
        self._compare(file, {row.path: row for _, row in known})
        return [module for module, _ in known]

    def leads_as_before(self, found: Found) -> bool:
        """Say whether what is known to be worth asking is as it was, and the directories where it lies."""
        if self._leads is None:
            file = self._complete(found)
            led = file.leading if file and not file.vouched else {}
            self._leads = not differing(self._base, led)
        return self._leads

    def mentioning(self, word: str, modules: Sequence[Modulefile]) -> list[Modulefile]:
        """Return some modules without those that are known to say nothing that has a word in it."""
        if store.escaped(word) != word:
            return [*modules]
        return [
            module for module in modules if (row := self._rows.get(self.below(module))) is None or row.mentions(word)
        ]

    def unexplained(self, modules: Sequence[Modulefile]) -> list[Modulefile]:
        """Return some modules without those that are known to promise nothing."""
        promised, room = {path: row.promised for path, row in self._rows.items()}, len(self._base) + 1
        return [module for module in modules if promised.get(module.path[room:], OPEN) not in _NOTHING]

    def has_news(self, found: Found) -> bool:
        """Say whether something has been learned, or some modules have come or gone."""
        return bool(self._news) or not self._knows_all(found)

    def changed(self) -> list[str]:
        """Return the paths of those that are not as they were."""
        return [
            f"{self._base}/{path}"
            for path in self._news
            if (before := self._unread(path)) and before.stamp.lstrip(TOO_NEW) != self._rows[path].stamp.lstrip(TOO_NEW)
        ]

    def _knows_all(self, found: Found) -> bool:
        """Say whether a file is about the modules that there are now, and no others."""
        return self._complete(found) is not None

    def _complete(self, found: Found) -> _File | None:
        """Return a file that is about the modules that there are now, and no others; None, if there is none."""
        if any(file.state for file in self._files):
            self._state = self._state or state_of(found, self._root)
        return next((file for file in self._files if file.state and file.state == self._state), None)

    def is_worth_writing(self, found: Found) -> bool:
        """Say whether it is: not for what is evaluated as fast again."""
        if not self._files or found.size < FEW:
            return False
        if self._knows_all(found):
            return bool(self._news) and len(self._news) >= min(MANY, 1 + found.size // 1000)
        return len(self._news) >= MANY or len(self._rows) >= found.size

    def write(self, path: str, found: Found, paths: Sequence[str], beside: Beside | None = None) -> None:
        """Write all that is known of the modulefiles at some paths; raises OSError.

        `beside` may let another process do a part of it.
        """
        sections = self._exchanged(found) or self._sections(found, paths, beside)
        store.write(path, self._key, sections)

    def _exchanged(self, found: Found) -> dict[str, bytes] | None:
        """Return the sections of the file that knows all modules, with a few rows exchanged; None if that is not all.

        That is enough where what has changed leads nowhere and brings nothing, now as before.
        """
        if self._whole is None or self._whole.vouched or len(self._news) > _FEW_ROWS:
            return None
        pairs = [(self._whole.row(path), self._rows[path]) for path in sorted(self._news)]
        if not all(before and before.is_quiet and now.is_quiet for before, now in pairs):
            return None
        names = {module.name for module in found.modules if self.below(module) in self._news}
        shown = [kept for kept in self._whole.overview() or () if kept[0] in names]
        rests = [(name, rest) for name, rest in (self._whole.overview_rest() or {}).items() if name in names]
        of_names = {self.below(module): module for module in found.modules if module.name in names}
        anew, rests_anew, deciding = briefs.lines(of_names.values(), lambda module: self.row(self.below(module)))
        decided = {path for path in self._whole.deciding() or () if path in of_names}
        if (
            any(briefs.brings(rest) for _, rest in rests)
            or len(rests) != len(anew)
            or decided != {*map(self.below, deciding)}
        ):
            return None
        rows = [(before, now) for before, now in pairs if before]
        stamps = [(row.path, tuple(store.listed((each.path, each.stamp) for each in (row, now)))) for row, now in rows]
        return self._whole.exchanged({
            "facts": [tuple(store.sealed([line_of(row)])[0] for row in pair) for pair in rows],
            _DECIDING: [pair for path, pair in stamps if path in decided],
            _OTHERS: [pair for path, pair in stamps if path not in decided],
            briefs.SECTION: list(zip(store.listed(shown), anew, strict=True)),
            briefs.REST: list(zip(store.listed(rests), rests_anew, strict=True)),
        })  # fmt: skip

    def _sections(self, found: Found, paths: Sequence[str], beside: Beside | None) -> dict[str, Iterable[str] | bytes]:
        from lmodpy.spider import remarks  # noqa: PLC0415 - most commands write nothing

        rows = {each: row for each in paths if (row := self._rows.get(each) or self._unread(each))}

        def briefly() -> bytes:
            overview, rests, shown = briefs.lines(found.modules, lambda module: rows.get(self.below(module)))
            deciding = rows.keys() & {*map(self.below, shown)}
            parts = [
                store.listed((path, rows[path].stamp) for path in sorted(some))
                for some in (deciding, rows.keys() - deciding)
            ]
            return b"\0".join(map(store.blob, (overview, rests, *parts)))

        overview = beside(briefly, len(rows)) if beside else briefly
        whole = len(rows) == len(paths)
        room = len(self._base) + 1
        promising = {
            promise: [
                (each, row) for each in found.modules if (row := rows.get(self.below(each))) and row.keeps(promise)
            ]
            for promise in (OPEN, EXTENSIONS)
        }
        leading_on = [led(each, row, room) for each, row in promising[OPEN]]
        bringing = ((brought(row), [led(each, row, room)]) for each, row in promising[EXTENSIONS])
        first = [row for pairs in promising.values() for _, row in pairs]
        folders = {"".join(row.path.rpartition("/")[:2]) for row in first}
        leading = {row.path: row.stamp for row in first} | {path: found.stamps.get(path, "") for path in folders}
        sections: dict[str, Iterable[str] | bytes] = {
            "state": [state_of(found, self._root)] if whole else [],
            OPEN: leading_on,
            **store.labelled(EXTENSIONS, bringing),
            _UNSURE: [led(each, row, room) for each, row in promising[EXTENSIONS] if not row.is_plain],
            "leading": store.listed(sorted(leading.items())),
            "facts": store.sealed(map(line_of, rows.values())),
        }
        remarkable = remarks.lines(
            (row.path, row.stamp, row.facts or _SILENCE)
            for row in rows.values()
            if row.holds(loosely=True) and row.is_remarkable
        )
        made_ready = zip(_READY, overview().rsplit(b"\0", 3), strict=True)
        return {**sections, **dict(made_ready), remarks.SECTION: remarkable}

    def _unread(self, path: str) -> Row | None:
        """Return what a file says of a modulefile that nobody has asked for; who does will compare."""
        return next((row for file in self._files if (row := file.row(path))), None)


class _File:
    """A file of facts, opened when something is looked for in it; one that is damaged knows nothing."""

    def __init__(self, path: str, root: str, key: str, *, vouched: bool, whole: bool) -> None:
        """`whole`: all of it is read at once, and checked, since most of it will be asked for."""
        self.vouched = vouched
        self.state = ""
        """The state of the root in which it knows all modules; empty for none."""
        self.leading: dict[str, str] = {}
        """The stamps of what is worth asking, and of the directories where it lies."""
        self._path = path
        self._root = root
        self._key = key
        self._told: dict[tuple[str, str], str] = {}
        """Sections, and blocks of them that have a word in their labels, as far as they were read."""
        self._first: dict[str, Row] = {}
        self._ready = (OPEN, EXTENSIONS, _UNSURE, *_READY) if whole else (OPEN,)
        self._rows: dict[str, Row] | None = None
        self._looked_up: dict[str, Row | None] = {}
        self._reader: store.Reader | None = None
        self._from(self._begin, None, whole=whole)

    def row(self, path: str) -> Row | None:
        """Return what it says of a modulefile."""
        if self._rows is None and path in self._first:
            return self._first[path]
        if path not in self._looked_up:
            self.expect([path])
        return self._looked_up.get(path) if self._rows is None else self._rows.get(path)

    def expect(self, paths: Sequence[str]) -> None:
        """Look some rows up at once; all, if they are many."""
        if self._rows is None and len(self._looked_up) + len(paths) > _MOST_LOOK_UPS:
            self.rows()
        elif self._rows is None:
            self._looked_up.update(dict.fromkeys(paths))
            self._from(lambda reader: self._look_up(reader, paths), None)

    def rows(self) -> dict[str, Row]:
        """Return all that it says, by path."""
        if self._rows is None:
            nothing: dict[str, Row] = {}
            self._rows = self._from(lambda reader: {row.path: row for row in rows_in(reader.bodies("facts"))}, nothing)
        return self._rows

    def promising(self, promise: str, word: str = "") -> list[tuple[Modulefile, Row]] | None:
        """Return what is worth asking, and what it has said; with a word, not what surely has none with that in it.

        None, if that cannot be read.
        """
        told = [] if word == _NO_WORD else [self._section(promise, word if promise == EXTENSIONS else "")]
        if word and promise == EXTENSIONS:
            told.append(self._section(_UNSURE))
        if None in told:
            return None
        lines = dict.fromkeys("".join(filter(None, told)).split("\n")[:-1])
        found = [(fields[:ROW], row_in(fields[ROW:])) for fields in (line.split("\t", ROW + 3) for line in lines)]
        self._first.update((row.path, row) for _, row in found)
        modules = modules_of([list(map(store.plain, fields)) for fields, _ in found], self._root)
        return list(zip(modules, (row for _, row in found), strict=True))

    def stamped(self, *, briefly: bool) -> dict[str, str] | None:
        """Return the stamps of all modulefiles that it knows, by path; None if they cannot be read.

        `briefly`: only of those that overviews go by.
        """
        deciding = self.deciding()
        if deciding is None or briefly:
            return deciding and deciding | {path: at for path, at in self.leading.items() if path[-1:] != "/"}
        others = self._section(_OTHERS)
        return None if others is None else deciding | dict(store.rows_of(others, 2))  # type: ignore[arg-type]

    def deciding(self) -> dict[str, str] | None:
        """Return them of those that decide on descriptions; None if they cannot be read."""
        text = self._section(_DECIDING)
        return None if text is None else dict(store.rows_of(text, 2))  # type: ignore[arg-type]

    def overview(self) -> list[briefs.Kept] | None:
        """Return what it keeps for an overview; None if that cannot be read."""
        text = self._section(briefs.SECTION)
        return None if text is None else briefs.kept(text)

    def overview_rest(self) -> dict[str, str] | None:
        """Return what it keeps besides for names that are in several roots; None if that cannot be read."""
        text = self._section(briefs.REST)
        return None if text is None else briefs.rests(text)

    def exchanged(self, lines: Mapping[str, Sequence[tuple[str, ...]]]) -> dict[str, bytes] | None:
        """Return all its sections, some lines of which are exchanged: each pair has the old and the new one."""
        return self._from(lambda reader: reader.exchanged(lines), None)

    def _begin(self, reader: store.Reader) -> None:
        self.leading = dict(store.rows_of(reader.text("leading"), 2))  # type: ignore[arg-type]
        for name in self._ready:
            self._told[name, ""] = reader.text(name)
        self.state = "".join(reader.lines("state"))

    def _section(self, name: str, word: str = "") -> str | None:
        """Return a section, or what blocks of it have a word in their labels; None if it cannot be read."""
        key = name, word
        if key not in self._told:
            text = self._from(lambda reader: reader.blocks(name, word) if word else reader.text(name), None)
            if text is None:
                self.state = ""  # so that it is written again
                return None
            self._told[key] = text
        return self._told[key]

    def _look_up(self, reader: store.Reader, paths: Sequence[str]) -> None:
        self._looked_up.update((path, next(rows_in(reader.raw("facts", f"{path}\t")), None)) for path in paths)

    def _from(self, ask: Callable[[store.Reader], Answer], nothing: Answer, *, whole: bool = False) -> Answer:
        """Ask the file, if it can be believed; `whole`: all of it, so that damage anywhere is made good."""
        try:
            with self._reader or store.Reader(self._path, whole=whole) as reader:
                self._reader = None if whole else reader
                return ask(reader) if reader.key == self._key else nothing
        except (OSError, store.Damaged, ValueError):
            self._reader = None
            return nothing
