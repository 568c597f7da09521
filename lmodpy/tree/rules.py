"""What rc files say about names: aliases, further names of versions, default marks, what is hidden or forbidden."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lmodpy.modulefile.statements import Forbid, Hide, Tag, Warn


class Rules:
    """What one rc file, or several together, say about names. Where names compete, those said last win.

    `folder` is the directory of the file, relative to its root; names that begin with `/` belong to it.
    """

    def __init__(self, folder: str = "") -> None:
        self.folder = folder
        self.aliases: dict[str, str] = {}
        self.versions: dict[str, str] = {}
        self.virtuals: dict[str, str] = {}
        self.defaults: list[str] = []
        self.hides: list[Hide] = []
        self.forbids: list[Forbid] = []
        self.tags: list[Tag] = []
        self.warns: list[Warn] = []
        self.labels: dict[str, str] = {}

    def add(self, statements: Sequence[object]) -> None:
        """Take in what a file says; later statements win."""
        from lmodpy.tree.meanings import MEANINGS  # noqa: PLC0415 - most directories have no rc file

        for statement in statements:
            MEANINGS[type(statement)](self, statement)

    @property
    def limiting(self) -> bool:
        """Say whether something in it concerns whether, or how, a module is loaded or listed."""
        return bool(self.hides or self.forbids or self.tags or self.warns)

    @property
    def default(self) -> str:
        """The full name that is marked last, or nothing."""
        return self.defaults[-1] if self.defaults else ""

    def full(self, name: str) -> str:
        """Return a name as seen from the root: `/1.0` in the directory `gcc` is `gcc/1.0`."""
        return (self.folder + name).lstrip("/") if name.startswith("/") else name

    def named(self, target: str) -> str:
        """Return the full name of a version named in this directory; a bare `1.0` is one of its own."""
        if self.folder and "/" not in target:
            target = "/" + target
        full = self.full(target)
        return self.versions.get(full, full)


def resolve(text: str, tables: Callable[[str], Iterable[Rules]]) -> str:
    """Return the real name behind a name."""
    return followed(text, tables)[-1]


def followed(text: str, tables: Callable[[str], Iterable[Rules]]) -> list[str]:
    """Follow aliases and symbolic versions to a real name, the last; a circle leads back to the text itself.

    `tables` yields the rules that may know a name, the weightiest first.
    """
    way = [text]
    while True:
        step = _step(way[-1], tables(way[-1]))
        if not step or step == way[-1]:
            return way
        if step in way:
            return [text]
        way.append(step)


def _step(name: str, tables: Iterable[Rules]) -> str:
    symbolic = ""
    for rules in tables:
        if name in rules.aliases:
            return rules.aliases[name]
        symbolic = symbolic or rules.versions.get(name, "")
    return symbolic
