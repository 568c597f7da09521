"""All of lmodpy's compiled code in one file, so that a command opens one file instead of forty.

Finding and reading compiled modules one by one costs a command as much as all its work. The launcher loads them from
this file where it fits, and has it made where it is missing; without it everything works, only slower. Like the files
that Python itself keeps in `__pycache__`, it is made by whoever may write there, and made anew after an upgrade.
"""

from __future__ import annotations
import __future__

import ast
import importlib.util
import marshal
import os
import sys
from types import CodeType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME = "bundle-3"  # its number grows with each change of the form, so that no launcher takes a file of another form
_ROOM = 1 << 15  # what the launcher reads first: the index must fit in it
_STAGES = (
    "lmodpy.cli.main",
    "lmodpy.cli.commands",
    "lmodpy.session.codec",
    "lmodpy.cli.trees",
    "lmodpy.cli.opening",
    "lmodpy.modulefile.lua",
    "lmodpy.cli.looking",
    "lmodpy.cli.listings",
    "lmodpy.cli.indexing",
    "lmodpy.spider.remarks",
    "lmodpy.cli.spider",
)
_END = b"whole"  # without it at its end the file was cut off
_APART = ("cli/admin.py", "cli/entry.py")  # started without the launcher, and in need of their docstrings


def write(package: str, places: list[str]) -> None:
    """Write the bundle of the package at `package`, if its `__pycache__` can be written to; give up silently.

    `places` are the directories that the launcher adds to sys.path. The bundle is valid for this Python and for the
    `__init__.py` that is there now, which every installation writes anew.
    """
    cache = f"{package}/__pycache__"
    if not os.access(cache, os.W_OK):
        return
    path = f"{cache}/{_NAME}.{sys.implementation.cache_tag}"
    temporary = f"{path}.{os.getpid()}"
    try:
        found = os.stat(f"{package}/__init__.py")
        key = (sys.version, package, found.st_mtime_ns, found.st_size)
        slim = _Slim(_prelude(f"{package}/modulefile/prelude.lua"))
        trees = {name: (source, _tree(source, slim)) for name, source in _sources(package)}
        needs = {name: tuple(dict.fromkeys(_needs(name, trees))) for name in trees}
        groups = _groups(needs)
        blobs = [
            marshal.dumps({name: (trees[name][0], needs[name], _compiled(*trees[name])) for name in group})
            for group in groups
        ]
        index, rest = {}, sum(map(len, blobs)) + len(_END)
        for group, blob in zip(groups, blobs, strict=True):
            index.update(dict.fromkeys(group, (rest, len(blob))))
            rest -= len(blob)
        head = marshal.dumps((key, compile(_BEGIN, "<bundle>", "exec", optimize=2), index, places, _extensions()))
        if len(head) > _ROOM:
            return
        with open(temporary, "xb") as file:
            file.writelines((head, *blobs, _END))
        os.replace(temporary, path)
    except (OSError, SyntaxError):
        if os.path.exists(temporary):
            os.unlink(temporary)


# Runs in the launcher, with the open file `bundle` at hand, and what stands at its beginning: `key`; `places`; where
# those `extensions` of Python's own lie that are often wanted, and would be looked for; and `index`: of each module,
# where in the file its group is (counted from the end) and how long that is. Of each module, its group holds the path
# of its file, the modules that it imports, and its code. If all that fits, from now on `import lmodpy.…` finds it
# there. What a module imports is made before it runs, in order: the import system would take several times as long as
# all the rest.
_BEGIN = """
import gc
from posix import environ, fstat, stat
from sys import modules

try:
    found, size = stat(package + "/__init__.py"), fstat(bundle).st_size
    fits = key == (sys.version, package, found.st_mtime_ns, found.st_size) and pread(bundle, 5, size - 5) == b"whole"
except OSError:
    pass
gc.disable()
Module = type(sys)
Spec = type(sys.__spec__)
parts = {}


class Bundle:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in index:
            return Spec(name, Bundle, origin=part(name)[0], is_package=is_package(name))
        if name in extensions:
            path = extensions[name]
            return Spec(name, modules["_frozen_importlib_external"].ExtensionFileLoader(name, path), origin=path)
        return None

    @staticmethod
    def create_module(spec):
        for name in part(spec.name)[1]:
            if name not in modules:
                module = modules[name] = Module(name)
                run(module, name)
                parent, _, child = name.rpartition(".")
                if parent:
                    setattr(modules[parent], child, module)
        return None

    @staticmethod
    def exec_module(module):
        run(module, module.__name__)


def part(name):
    if name not in parts:
        rest, length = index[name]
        parts.update(loads(pread(bundle, length, size - rest)))
    return parts[name]


def is_package(name):
    return part(name)[0].endswith("__init__.py")


def run(module, name):
    module.__file__, _, code = part(name)
    if is_package(name):
        module.__path__ = [module.__file__[:-12]]
    module.__modules__ = modules
    exec(code, module.__dict__)


if fits and not clone and b"LMODPY_DEBUG" not in environ:
    sys.path.reverse()  # extension modules first: that spares listing the directory of the standard library
    sys.path += places
    sys.meta_path.insert(0, Bundle)
else:
    exec(careful)
"""


def _sources(package: str) -> Iterator[tuple[str, str]]:
    for folder, _, files in os.walk(package):
        for file in sorted(files):
            path = os.path.join(folder, file)
            inner = path[len(package) + 1 :]
            if file.endswith(".py") and inner not in _APART:
                yield f"lmodpy/{inner}".removesuffix(".py").removesuffix("/__init__").replace("/", "."), path


def _extensions() -> dict[str, str]:
    found = ((name, importlib.util.find_spec(name)) for name in ("binascii", "zlib"))
    return {name: spec.origin for name, spec in found if spec and spec.origin and spec.origin.startswith("/")}


def _prelude(path: str) -> bytes:
    """Return what every Lua runtime begins with, compiled; nothing, if there is no Lua."""
    try:
        from lupa.lua54 import LuaRuntime  # noqa: PLC0415 - what is missing, commands tell

        with open(path, encoding="latin-1") as file:
            text = file.read()
    except (ImportError, OSError):
        return b""
    compiled = LuaRuntime(encoding="latin-1").eval("function(t) return string.dump(assert(load(t, '=lmodpy'))) end")
    return str(compiled(text)).encode("latin-1")


def _tree(path: str, slim: _Slim) -> ast.Module:
    """Parse, and leave out what is only for readers and the type checker: a third less to read and to run."""
    with open(path, "rb") as file:
        tree: ast.Module = slim.visit(ast.parse(file.read()))
    return tree


def _compiled(path: str, tree: ast.Module) -> CodeType:
    body = [line for statement in tree.body for line in _taken(statement)]
    flags = __future__.annotations.compiler_flag  # said here, so that no command imports `__future__`
    return _bare(compile(ast.Module(body, []), path, "exec", flags=flags, dont_inherit=True, optimize=2))


def _taken(statement: ast.stmt) -> list[ast.stmt]:
    """Let a module take what it imports from other modules of ours at once: they are there, and `import` is slow."""
    if not isinstance(statement, ast.ImportFrom) or not (statement.module or "").startswith("lmodpy"):
        return [statement]
    lines = "\n".join(
        f"{each.asname or each.name} = __modules__['{statement.module}'].{each.name}" for each in statement.names
    )
    return ast.parse(lines).body


def _bare(code: CodeType) -> CodeType:
    """Leave out which line is where, and whose a function is: a fifth. LMODPY_DEBUG goes without the bundle."""
    inner = (_bare(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_linetable=b"", co_qualname=code.co_name, co_consts=tuple(inner))


def _groups(needs: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Put together what is always used together: one group is read faster than its members one by one.

    The packages themselves, of which there is little to read, stand first, since each command needs some of them.
    """
    packages = sorted({name.rpartition(".")[0] for name in needs} & needs.keys())
    groups = []
    left = dict.fromkeys(needs)
    for stage in filter(left.__contains__, _STAGES):
        groups.append(tuple(dict.fromkeys(name for name in (*packages, *needs[stage], stage) if name in left)))
        for name in groups[-1]:
            del left[name]
    return [*groups, *((name,) for name in left)]


def _needs(name: str, trees: Mapping[str, tuple[str, ast.Module]], above: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the modules that must be there before this one runs, each after those that it needs itself."""
    named = [name.rpartition(".")[0]]
    for node in trees[name][1].body:
        if isinstance(node, ast.ImportFrom) and node.module:
            named += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        elif isinstance(node, ast.Import):
            named += [each.name for each in node.names]
    for other in named:
        if other in trees and other not in (*above, name):
            yield from _needs(other, trees, (*above, name))
            yield other


class _Slim(ast.NodeTransformer):
    def __init__(self, prelude: bytes) -> None:
        self._prelude = prelude

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        if isinstance(node.targets[0], ast.Name) and node.targets[0].id == "_COMPILED":
            node.value = ast.copy_location(ast.Constant(self._prelude), node.value)
        return node

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
