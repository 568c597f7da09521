"""What rc files say about names: aliases, further names of versions, default marks, what is hidden.

A statement is a value from `lmodpy.modulefile.operations`; `_MEANINGS` has a row for each kind that counts here.
"""

from __future__ import annotations

from lmodpy.modulefile.operations import HideModulefile, HideVersion, ModuleAlias, ModuleVersion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any


class Rules:
    """What one rc file, or several together, say about names.

    `folder` is the directory of the file, relative to its root; names that begin with `/` belong to it.
    """

    def __init__(self, folder: str = "", statements: Iterable[object] = ()) -> None:
        self.folder = folder
        self.aliases: dict[str, str] = {}
        self.versions: dict[str, str] = {}
        self.defaults: list[str] = []
        self.hidden: set[str] = set()
        self.add(statements)

    def add(self, statements: Iterable[object]) -> None:
        """Take in what a file says; later statements win."""
        for statement in statements:
            meaning = _MEANINGS.get(type(statement))
            if meaning:
                meaning(self, statement)

    @property
    def default(self) -> str:
        """The full name that is marked last, or nothing."""
        return self.defaults[-1] if self.defaults else ""

    def hides(self, name: str, full_name: str, path: str) -> bool:
        """Say whether the module, one of the directories above its version, or its file is named as hidden."""
        if not self.hidden:
            return False
        if path in self.hidden or path.removesuffix(".lua") in self.hidden:
            return True
        text = full_name
        while len(text) > len(name):
            if text in self.hidden:
                return True
            text = text.rpartition("/")[0]
        return name in self.hidden

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
    """Follow aliases and symbolic versions to a real name; a circle leads nowhere, so back to the text itself.

    `tables` yields the rules that may know a name, the weightiest first.
    """
    seen = {text}
    name = text
    while True:
        step = _step(name, tables(name))
        if not step:
            return name
        if step in seen:
            return name if step == name else text
        seen.add(step)
        name = step


def _step(name: str, tables: Iterable[Rules]) -> str:
    symbolic = ""
    for rules in tables:
        if name in rules.aliases:
            return rules.aliases[name]
        symbolic = symbolic or rules.versions.get(name, "")
    return symbolic


def _module_version(rules: Rules, said: ModuleVersion) -> None:
    target = rules.named(said.target)
    for name in said.names:
        if name == "default":
            rules.defaults.append(target)
        elif name:
            rules.versions[f"{target.rpartition('/')[0]}/{name}"] = target


def _module_alias(rules: Rules, said: ModuleAlias) -> None:
    target = said.target.removeprefix(".") if said.target.startswith("./") else said.target
    rules.aliases[rules.full(said.alias)] = rules.full(target)


def _hide_version(rules: Rules, said: HideVersion) -> None:
    full = rules.full(said.full_name)
    rules.hidden.add(rules.versions.get(full, full))


def _hide_modulefile(rules: Rules, said: HideModulefile) -> None:
    rules.hidden.add(said.path)


_MEANINGS: dict[type, Callable[[Rules, Any], None]] = {
    ModuleVersion: _module_version,
    ModuleAlias: _module_alias,
    HideVersion: _hide_version,
    HideModulefile: _hide_modulefile,
}


class NeedsTclError(Exception):
    """A Tcl rc file says something that only Tcl can understand."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def tcl_statements(text: str) -> list[object]:
    """Read a Tcl rc file of the plainest kind: commands with literal words, one on a line.

    ModulesVersion is looked at when the file has ended, so it overrides every default marked before.
    """
    statements: list[object] = []
    chosen = ""
    for number, line in enumerate(text.split("\n"), 1):
        words = _literal_words(line, number)
        if not words:
            continue
        if words[0] == "set" and len(words) == 3 and words[1] in {"ModulesVersion", "ModuleVersion"}:
            chosen = words[2]
            continue
        statements.extend(_said(words, number))
    if chosen:
        statements.append(ModuleVersion(chosen, ("default",)))
    return statements


def _said(words: Sequence[str], number: int) -> Iterator[object]:
    command, *args = words
    if command == "module-version" and len(args) > 1:
        yield ModuleVersion(args[0], tuple(args[1:]))
    elif command == "module-alias" and len(args) == 2:
        yield ModuleAlias(*args)
    elif command == "hide-version" and args:
        yield from map(HideVersion, args)
    elif command == "hide-modulefile" and args:
        yield from map(HideModulefile, args)
    else:
        raise NeedsTclError(number)


def _literal_words(line: str, number: int) -> list[str]:
    """Split a line into words that mean themselves; a comment has none."""
    rest = line.strip(" \t\r")
    if rest.startswith("#"):
        if rest.endswith("\\"):
            raise NeedsTclError(number)
        return []
    words: list[str] = []
    while rest:
        word, rest = _literal_word(rest, number)
        words.append(word)
        rest = rest.lstrip(" \t")
    return words


def _literal_word(text: str, number: int) -> tuple[str, str]:
    closing = {'"': '"', "{": "}"}.get(text[0])
    if closing:
        word, found, rest = text[1:].partition(closing)
        if not found or (rest and rest[0] not in " \t"):
            raise NeedsTclError(number)
    else:
        word = text.replace("\t", " ").partition(" ")[0]
        rest = text[len(word) :]
    if any(character in _TCL_SYNTAX for character in word):
        raise NeedsTclError(number)
    return word, rest


_TCL_SYNTAX = frozenset('$[]\\{}";')
