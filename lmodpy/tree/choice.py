"""Which of the modulefiles that a name could mean is taken."""

from __future__ import annotations

from lmodpy.names.version import continues
from lmodpy.tree.directory import ignored_by_default

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import NamedTuple

    from lmodpy.names.request import Request
    from lmodpy.tree.branches import Branch
    from lmodpy.tree.directory import Modulefile
    from lmodpy.tree.limits import Ban
else:
    from lmodpy.values import NamedTuple


def _no_pattern(_pattern: str, _text: str) -> bool:
    return False


class Options(NamedTuple):
    """The settings that decide what a name means; `max_depth` is by root, `is_ignored` is about names of files.

    `dot_alias`: a hidden version is also found without its dots. `nearly_days`: how early users are told of a ban.
    """

    exact_match: bool = False
    extended_default: bool = True
    find_first: bool = False
    show_hidden: bool = False
    allow_tcl: bool = True
    dot_alias: bool = False
    nearly_days: float = 14
    max_depth: Mapping[str, int] | None = None
    is_ignored: Callable[[str], bool] = ignored_by_default
    matches: Callable[[str, str], bool] = _no_pattern
    """Says whether a text has something in it that a Lua pattern describes."""
    is_visible: Callable[[str, str, str], bool] | None = None
    """Says whether everybody is to see a module, given by short name, full name and path."""
    ban: Callable[[Modulefile, Ban], Ban | None] | None = None
    """Says what becomes of a ban."""


class Choice:
    """A request, the real name behind it, and the rules by which one modulefile is chosen for it.

    `is_real` looks into a Tcl file, so it is asked last and only for one that would win.
    """

    def __init__(self, request: Request, text: str, options: Options, is_real: Callable[[str], bool]) -> None:
        self._request = request
        self._text = text
        self._options = options
        self._is_real = is_real
        self._meant: set[str] | None = None
        """The versions that an `@` admits."""

    def among(self, rows: Sequence[Sequence[Branch]]) -> Modulefile | None:
        """Choose from the branches that each root has on the way to the name."""
        branches = [branch for row in rows for branch in row]
        if len(branches) == 1 and not (self._options.find_first or branches[0].nested):
            name, files, _ = branches[0]
            if len(files) == 1 and name == self._text and self._is_plainly(files[0]):
                return files[0]  # nearly always
            return self._pick([files], name)
        names = sorted({branch.name for branch in branches}, key=len)
        if not self._options.find_first and not any(branch.nested for branch in branches):
            return self._longest(rows, names)
        for name in names:
            blocks = [files for files in (_files([row], name) for row in rows) if self._can_match(files, name)]
            if blocks:
                return self._pick(blocks, name)
        return None

    def _is_plainly(self, file: Modulefile) -> bool:
        """Say whether the only modulefile of a short name is what everybody gets by it."""
        request, options = self._request, self._options
        asks_more = request.low or request.high or request.latest or options.exact_match
        return not (file.kind or asks_more) and self._is_real(file.path)

    def _longest(self, rows: Sequence[Sequence[Branch]], names: Sequence[str]) -> Modulefile | None:
        """Choose from all roots together, under the longest short name that has modulefiles."""
        for name in reversed(names):
            files = _files(rows, name)
            found = self._pick([files], name)
            if found or any(self._is_real(file.path) for file in files):
                return found
        return None

    def _pick(self, blocks: Sequence[Sequence[Modulefile]], name: str) -> Modulefile | None:
        """Choose from blocks of files: each is searched as a whole before the next."""
        if self._request.versions:
            from lmodpy.names.specifiers import among  # noqa: PLC0415 - few requests have an `@`

            known = {file.version for files in blocks for file in files}
            self._meant = among(self._request.versions, known, partial=self._options.extended_default)
        if self._request.latest:
            return self._first_of(blocks, name, by=_order, allowed=self._is_visible)
        if self._request.ranged:
            return self._first_of(blocks, name, allowed=self._is_eligible) or self._first_of(
                blocks, name, allowed=_is_loadable
            )
        bare = self._text == name
        found = None if bare else self._exact(blocks, name) or self._undotted(blocks, name)
        if found is None and not self._options.exact_match:
            found = self._first_of(blocks, name, allowed=self._is_eligible)
        return found or (self._alone(blocks) if bare else None)

    def _exact(self, blocks: Sequence[Sequence[Modulefile]], name: str) -> Modulefile | None:
        version = self._text[len(name) + 1 :]
        return self._best(
            file for files in blocks for file in _sorted(files) if file.version == version and _is_loadable(file)
        )

    def _undotted(self, blocks: Sequence[Sequence[Modulefile]], name: str) -> Modulefile | None:
        """Return the version that is asked for without its dots, if there is one only."""
        if not self._options.dot_alias:
            return None
        found = [file for files in blocks for file in _sorted(files) if self._is_undotted(file, name)]
        alone = len({file.version for file in found}) == 1
        return self._best(file for file in found if _is_loadable(file)) if alone else None

    def _is_undotted(self, file: Modulefile, name: str) -> bool:
        asked = self._text[len(name) + 1 :]
        return bool(self._options.dot_alias and asked) and without_dots(file.version) == without_dots(asked)

    def _alone(self, blocks: Sequence[Sequence[Modulefile]]) -> Modulefile | None:
        return self._best(file for files in blocks for file in files if not file.version and _is_loadable(file))

    def _first_of(
        self,
        blocks: Sequence[Sequence[Modulefile]],
        name: str,
        by: Callable[[Modulefile], str] | None = None,
        *,
        allowed: Callable[[Modulefile], bool],
    ) -> Modulefile | None:
        """Return the highest file of the first block that has one which is allowed and within the bounds."""
        for files in blocks:
            matching = [file for file in self._matching(files, name) if allowed(file)]
            if len(matching) > 1:
                matching = _sorted(matching, by)
            if self._meant is not None:
                matching = [file for file in matching if file.version in self._meant]
            elif self._request.ranged:
                matching = [file for file in matching if self._request.admits(file.order)]
            found = self._best(matching)
            if found:
                return found
        return None

    def _best(self, files: Iterable[Modulefile]) -> Modulefile | None:
        for file in files:
            if self._is_real(file.path):
                return file
        return None

    def _can_match(self, files: Sequence[Modulefile], name: str) -> bool:
        matching = self._matching(files, name) or [file for file in files if self._is_undotted(file, name)]
        return any(self._is_real(file.path) for file in matching)

    def _matching(self, files: Sequence[Modulefile], name: str) -> list[Modulefile]:
        """Return the files that the text behind the short name can mean."""
        asked = self._text[len(name) + 1 :]
        if not asked:
            return list(files)
        exact = [file for file in files if file.version == asked and self._is_real(file.path)]
        if asked == "default" and not exact:
            return list(files)
        if exact:
            return exact
        if not self._options.extended_default:
            return [file for file in files if file.version.startswith(asked + "/")]
        return [file for file in files if continues(file.version, asked)]

    def _is_visible(self, file: Modulefile) -> bool:
        return file.kind in ("", "soft") or (self._options.show_hidden and _is_loadable(file))

    def _is_eligible(self, file: Modulefile) -> bool:
        return self._is_visible(file) or (file.marked and _is_loadable(file))


def without_dots(name: str) -> str:
    """Return a name as it would be if nothing in it began with a dot."""
    return "/".join(part.lstrip(".") for part in name.split("/"))


def _is_loadable(file: Modulefile) -> bool:
    return file.kind != "hard"


def _files(rows: Iterable[Sequence[Branch]], name: str) -> list[Modulefile]:
    return [file for row in rows for branch in row if branch.name == name for file in branch.files]


def _order(file: Modulefile) -> str:
    return file.order


def _weight(file: Modulefile) -> str:
    return file.weight


def _sorted(files: Iterable[Modulefile], by: Callable[[Modulefile], str] | None = None) -> list[Modulefile]:
    """Sort by weight, highest first; equals stay in the order of their roots."""
    return sorted(files, key=by or _weight, reverse=True)
