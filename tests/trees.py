"""Trees of modulefiles to look names up in, without a session around them."""

import os

from lmodpy.modulefile.lua import LuaEvaluator
from lmodpy.modulefile.rcwords import RcHost
from lmodpy.names.request import Request
from lmodpy.tree.tree import Options, Tree

TCL = "#%Module\n"


class Trees:
    """Some roots below one directory, and the user who asks for names in them."""

    def __init__(self, base):
        self.base = base
        self.system = []
        self.user = []
        self.warnings = []
        self.said = []

    def write(self, *paths):
        """Write empty Lua modulefiles (or Tcl ones, if a path has no suffix), all below the base."""
        for path in paths:
            self.text(path, "" if path.endswith(".lua") else TCL)

    def text(self, path, text):
        file = self.base / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return str(file)

    def link(self, path, target):
        (self.base / path).parent.mkdir(parents=True, exist_ok=True)
        (self.base / path).symlink_to(target)

    def tree(self, **options):
        lua = LuaEvaluator()
        host = RcHost({"HOME": str(self.base)}, self.said.append, ("bash", "sh"))
        options.setdefault("matches", lua.matches)
        return Tree(lambda path: lua.run_rc(path, host), Options(**options), self.system, self.user)

    def roots(self, names="A"):
        return [f"{self.base}/{name}" for name in names.split(":")]

    def found(self, asked, roots="A", **options):
        """Look a name (or a request) up with a fresh Tree, whose warnings are kept."""
        tree = self.tree(**options)
        found = tree.find(asked if isinstance(asked, Request) else Request.parse(asked), self.roots(roots))
        self.warnings = tree.warnings
        return found

    def file(self, asked, roots="A", **options):
        """Return the path of the file found, relative to the base, or None."""
        found = self.found(asked, roots, **options)
        return found and os.path.relpath(found.path, self.base)

    def find(self, asked, roots="A", **options):
        """Return the full name found, or None."""
        found = self.found(asked, roots, **options)
        return found and found.full_name
