"""Where rc files lie and how they are read: at the root, beside versions, and those of the system and the user."""

from __future__ import annotations

from lmodpy import system
from lmodpy.errors import LmodError
from lmodpy.tree.directory import COOKIE, DEFAULT_FILES, base_of, has_cookie
from lmodpy.tree.rules import Rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lmodpy.tree.directory import Folders, Modulefile
    from lmodpy.tree.limits import Ban, Limits


class RcFiles:
    """Reads rc files, each once; a broken one counts as empty and leaves a warning."""

    def __init__(
        self,
        read: Callable[[str], Sequence[object]],
        folders: Folders,
        limits: Callable[[], Limits],
        system: Sequence[str] = (),
        user: Sequence[str] = (),
        is_visible: Callable[[str, str, str], bool] | None = None,
    ) -> None:
        self.warnings: list[str] = []
        self.virtual: dict[str, str] = {}
        """The virtual modules of all rc files read so far, with the names behind them."""
        self.limited = False
        """Whether some of them hide, forbid, tag or warn."""
        self.tagged = False
        """Whether some of them tag modules, or warn of them."""
        self.naming = False
        """Whether some of them give modules other names."""
        self._make_limits = limits
        self._is_visible = is_visible
        self._limits: Limits | None = None
        self._read = read
        self._folders = folders
        self._system = system
        self._user = user
        self._everyone: tuple[Rules, Rules] | None = None
        self._beside: dict[str, Rules | None] = {}
        self._roots: dict[str, Rules] = {}

    def beside(self, root: str, folder: str) -> Rules | None:
        """Return what the best-ranked default file of a directory says, or None if it has no such file."""
        path = f"{root}/{folder}"
        if path not in self._beside:
            self._beside[path] = self._read_beside(path, folder)
        return self._beside[path]

    def marking(self, root: str, folder: str) -> list[tuple[str, str]]:
        """Return the default files in a directory, the best first, with the version that each of them marks."""
        path = f"{root}/{folder}"
        return [
            (name, self._marked_in(path, folder, name))
            for name in DEFAULT_FILES
            if name in self._folders.listing(path).defaults
        ]

    def said(self, root: str, folder: str, statements: Sequence[object]) -> Rules:
        """Return what a directory's default file says, which is known from earlier."""
        rules = Rules(folder)
        self._add(rules, statements)
        self._beside[f"{root}/{folder}"] = rules
        return rules

    def of_root(self, root: str) -> Rules:
        """Return what the rc files at a root say: all of them count there, and mark no defaults."""
        rules = self._roots.get(root)
        if rules is None:
            rules = Rules()
            for name in (".modulerc", ".modulerc.lua"):
                self._add(rules, self._statements(f"{root}/{name}"))
            rules.defaults.clear()
            self._roots[root] = rules
        return rules

    @property
    def everywhere(self) -> tuple[Rules, Rules]:
        """What the user's files say, and what the system's say: it counts in every root."""
        if self._everyone is None:
            self._everyone = self._together(self._user), self._together(self._system)
        return self._everyone

    def follow(self, system: Sequence[str]) -> None:
        """Go on with other rc files of the system."""
        self._system, self._everyone = system, None

    def tables(self, root: str, folder: str = "") -> tuple[Rules, ...]:
        """Return the rules that count for the files in a directory, the weightiest first."""
        found: tuple[Rules, ...] = (*self.everywhere, self.of_root(root))
        if not folder:
            return found
        parts = folder.split("/")
        for level in range(1, len(parts) + 1):
            rules = self.beside(root, "/".join(parts[:level]))
            if rules:
                found = (*found, rules)
        return found

    def kind_of(self, name: str, full_name: str, path: str, tables: Sequence[Rules]) -> str:
        """Return how hidden a module is; `tables` are the rules that count where it lies."""
        if self.limited and any(rules.hides for rules in tables):
            said = self._judge().hide(name, full_name, path, tables)
            if said:
                return "" if said.kind == "normal" else said.kind
        if "/." in f"/{full_name}" or (self._is_visible and not self._is_visible(name, full_name, path)):
            return "hidden"
        return ""

    def is_unlisted(self, module: Modulefile) -> bool:
        """Say whether a module is to be left out where loaded modules are listed."""
        tables = self._tables_of(module)
        if not any(rules.hides for rules in tables):
            return False
        said = self._judge().hide(module.name, module.full_name, module.path, tables)
        return said is not None and said.unlisted

    def ban(self, module: Modulefile) -> Ban | None:
        """Return what forbids a module, now or soon."""
        tables = self._tables_of(module)
        if not any(rules.forbids for rules in tables):
            return None
        return self._judge().ban(module.name, module.full_name, module.path, tables)

    def tags(self, module: Modulefile) -> list[str]:
        """Return the tags that rc files give a module."""
        tables = self._tables_of(module)
        return self._judge().tags(module.name, module.full_name, module.path, tables) if _any(tables, "tags") else []

    def cautions(self, module: Modulefile) -> list[str]:
        """Return what rc files have to say to who loads a module."""
        tables = self._tables_of(module)
        if not _any(tables, "warns"):
            return []
        return self._judge().warnings(module.name, module.full_name, module.path, tables)

    def _tables_of(self, module: Modulefile) -> tuple[Rules, ...]:
        base = base_of(module.root)
        return self.tables(base, module.path[len(base) + 1 :].rpartition("/")[0])

    def _judge(self) -> Limits:
        if self._limits is None:
            self._limits = self._make_limits()
        return self._limits

    def _together(self, paths: Iterable[str]) -> Rules:
        rules = Rules()
        for path in paths:
            for file in self._files_of(path):
                self._add(rules, self._statements(file))
        return rules

    def _read_beside(self, path: str, folder: str) -> Rules | None:
        if not self._folders.may_have_default(path):
            return None
        rules = Rules(folder)
        marked = _marked_by_file(path) if self._folders.may_have(path, "default") else ""
        if marked:
            rules.defaults.append(f"{folder}/{marked}")
            return rules
        for name in (".modulerc.lua", ".modulerc", ".version"):
            statements = self._statements(f"{path}/{name}") if self._folders.may_have(path, name) else None
            if statements is not None:
                self._add(rules, statements)
                return rules
        return None

    def _marked_in(self, path: str, folder: str, name: str) -> str:
        if name == "default":
            return _marked_by_file(path)
        rules = Rules(folder)
        rules.add(self._statements(f"{path}/{name}") or ())
        return rules.default.removeprefix(f"{folder}/") if name == ".version" else rules.default

    def _add(self, rules: Rules, statements: Sequence[object] | None) -> None:
        if statements:
            rules.add(statements)
            self.virtual.update(rules.virtuals)
            self.naming = self.naming or bool(rules.aliases or rules.versions)
            self.tagged = self.tagged or bool(rules.tags or rules.warns)
            self.limited = self.limited or rules.limiting

    def _statements(self, path: str) -> Sequence[object] | None:
        """Read an rc file; None means that it does not count, since it is not there or not of this kind."""
        if not system.is_file(path):
            return None
        try:
            return self._read(path) if path.endswith(".lua") else self._tcl(path)
        except LmodError as error:
            where = getattr(error, "where", "") or path
            self.warnings.append(f"{where}: {error.text}; this rc file is ignored")
        except OSError as error:
            self.warnings.append(f"{path}: {error.strerror}; this rc file is ignored")
        return ()

    def _tcl(self, path: str) -> Sequence[object] | None:
        text = system.content(path)
        if text and not text.startswith(COOKIE):
            return None
        from lmodpy.tree.tclrc import NeedsTclError, tcl_statements, with_files  # noqa: PLC0415 - rc files are rare

        try:
            said: Sequence[object] = tcl_statements(system.decode(text), path)
        except NeedsTclError:
            said = self._read(path)
        return with_files(said, path.rpartition("/")[0], system.is_file)

    def _files_of(self, path: str) -> list[str]:
        if not system.is_folder(path):
            return [path] if path else []
        try:
            names = sorted(system.listdir(path))
        except OSError:
            return []
        return [f"{path}/{name}" for name in names if not self._folders.skips(name)]


def _any(tables: Sequence[Rules], kind: str) -> bool:
    return any(getattr(rules, kind) for rules in tables)


def _marked_by_file(path: str) -> str:
    """Return the version that a file or link called `default` marks in a directory."""
    default = f"{path}/default"
    try:
        return system.readlink(default).rpartition("/")[2].removesuffix(".lua") or "default"
    except OSError:
        return "default" if system.is_file(default) and has_cookie(default) else ""
