"""What there is to ask: where to look, what is loaded, what can be found. Commands that change nothing need no more."""

from __future__ import annotations

from lmodpy.names.request import satisfies
from lmodpy.session.loaded import LoadedModules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmodpy.names.request import Request
    from lmodpy.session.frame import Frame
    from lmodpy.session.loaded import Loaded
    from lmodpy.session.state import State
    from lmodpy.tree.directory import Modulefile
    from lmodpy.tree.tree import Tree


class View:
    """The environment as it was found, the loaded modules and the tree."""

    def __init__(self, found: Mapping[str, str], state: State, tree: Tree) -> None:
        self.tree = tree
        self.loaded = LoadedModules(state.modules)
        self.pending: dict[str, Frame] = {}
        """The modulefiles that are being loaded, by short name, the outermost first."""
        self.warnings: list[str] = []
        self.named: dict[str, tuple[str, dict[str, str]]] = {}
        """Lmod's names for them, and what they are about."""
        self._found = found
        self._before = state

    def value(self, name: str) -> str | None:
        """Return the value of a variable."""
        return self._found.get(name)

    def base(self, name: str) -> str | None:
        """Return what it would be without the loaded modules."""
        history, found = self._before.histories.get(name), self._found.get(name)
        return history.found_as(name, found).untouched() if history else found

    def roots(self) -> list[str]:
        """Return the directories of MODULEPATH."""
        return [root for root in (self.value("MODULEPATH") or "").split(":") if root]

    def find(self, request: Request) -> Modulefile | None:
        """Return the modulefile that `load` would take."""
        if request.versions:
            from lmodpy.session.specified import with_loaded  # noqa: PLC0415 - few requests have an `@`

            request = with_loaded(self, request)
        return self.tree.find(request, self.roots())

    def matching(self, request: Request, how: str) -> Modulefile | Loaded | None:
        """Return the module, loaded or being loaded, that a request means: its short name begins the request."""
        if request.versions or request.variants:
            from lmodpy.session.specified import matching  # noqa: PLC0415 - few requests say more than a name

            return matching(self, request, how)
        name = request.text
        while name:
            module: Modulefile | Loaded | None = self.loaded.active_named(name)
            if module is None and name in self.pending:
                module = self.pending[name].module
            if module is not None and satisfies(request, module.name, module.version, how):
                return module
            name = name.rpartition("/")[0]
        return None

    def warn(self, text: str, name: str = "", /, **about: str) -> None:
        """Tell the user about trouble, at the end of the command; `name` and `about` as in `LmodError.called`."""
        self.warnings.append(text)
        self.named[text] = name, about
