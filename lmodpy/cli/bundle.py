"""All of lmodpy's compiled code in one file, so that a command opens one file instead of forty.

Finding and reading compiled modules one by one costs a command as much as all its work. The launcher loads them from
this file where it fits, and has it made where it is missing; without it everything works, only slower. Like the files
that Python itself keeps in `__pycache__`, it is made by whoever may write there, and made anew after an upgrade.
"""

from __future__ import annotations
import __future__

import ast
import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_APART = ("cli/admin.py", "cli/entry.py")  # started without the launcher, and in need of their docstrings


def write(package: str, places: list[str]) -> None:
    """Write the bundle of the package at `package`, if its `__pycache__` can be written to; give up silently.

    `places` are the directories that the launcher adds to sys.path. The bundle is valid for this Python and for the
    `__init__.py` that is there now, which every installation writes anew.
    """
    cache = f"{package}/__pycache__"
    if not os.access(cache, os.W_OK):
        return
    path = f"{cache}/bundle.{sys.implementation.cache_tag}"
    temporary = f"{path}.{os.getpid()}"
    try:
        found = os.stat(f"{package}/__init__.py")
        key = (sys.version, package, found.st_mtime_ns, found.st_size)
        sources = [(name, is_package, source, _compiled(source)) for name, is_package, source in _sources(package)]
        index, rest = {}, sum(len(code) for *_, code in sources)
        for name, is_package, source, code in sources:
            index[name] = (is_package, source, -rest)
            rest -= len(code)
        with open(temporary, "xb") as file:
            file.write(marshal.dumps((key, compile(_BEGIN, "<bundle>", "exec"), index, places)))
            file.writelines(code for *_, code in sources)
        os.replace(temporary, path)
    except (OSError, SyntaxError):
        if os.path.exists(temporary):
            os.unlink(temporary)


# Runs in the launcher, with `code` at hand, which says where in `data` each module's code begins, counted from the end:
# from now on `import lmodpy.…` finds it there.
_BEGIN = """
class Bundle:
    @staticmethod
    def find_spec(name, path=None, target=None):
        entry = code.get(name)
        if entry is None:
            return None
        spec = Spec(name, Bundle, origin=entry[1], is_package=entry[0])
        if entry[0]:
            spec.submodule_search_locations.append(entry[1][:-12])
        return spec

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        entry = code[module.__name__]
        module.__file__ = entry[1]
        exec(loads(data[entry[2]:]), module.__dict__)


Spec = type(sys.__spec__)
sys.meta_path.insert(0, Bundle)
"""


def _sources(package: str) -> Iterator[tuple[str, bool, str]]:
    for folder, _, files in os.walk(package):
        for file in sorted(files):
            path = os.path.join(folder, file)
            inner = path[len(package) + 1 :]
            if file.endswith(".py") and inner not in _APART:
                parts = ["lmodpy", *inner.removesuffix(".py").split("/")]
                is_package = parts[-1] == "__init__"
                yield ".".join(parts[:-1] if is_package else parts), is_package, path


def _compiled(path: str) -> bytes:
    """Compile without docstrings and without what is only for the type checker: a third less to read and to run."""
    with open(path, "rb") as file:
        tree = _Slim().visit(ast.parse(file.read()))
    flags = __future__.annotations.compiler_flag  # said here, so that no command imports `__future__`
    return marshal.dumps(compile(tree, path, "exec", flags=flags, dont_inherit=True, optimize=2))


class _Slim(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module == "__future__" else node

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node.orelse
        return self.generic_visit(node)
