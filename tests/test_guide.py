"""The architecture guide, kept true: what may import what, and what every word, function and file owes its reader."""

from __future__ import annotations

import ast
import os
import re
import subprocess

import pytest

from lmodpy.modulefile import operations, operations_seldom, statements
from lmodpy.modulefile.rcwords import RC_WORDS, rc_statement
from lmodpy.modulefile.words import OPERATIONS, operation, seldom
from lmodpy.names.request import Request
from lmodpy.session import modes, modes_seldom
from lmodpy.session.modes import MODES
from lmodpy.tree.meanings import MEANINGS
from tests.launcher import CLONE
from tests.needs import needs

BOTTOM = {"values", "system", "errors", "config", "patience"}
BELOW_SESSION = {"tree", "modulefile", "names", "env", *BOTTOM}
MAY_IMPORT = {
    "values": set(),
    "system": set(),
    "patience": set(),
    "errors": {"values"},
    "config": {"values", "system"},
    "names": BOTTOM,
    "env": BOTTOM,
    "shells": {"env", *BOTTOM},
    "modulefile": {"names", "env", *BOTTOM},
    "tree": {"modulefile", "names", "env", *BOTTOM},
    "spider": BELOW_SESSION,
    "session": BELOW_SESSION,
    "report": {"session", "spider", *BELOW_SESSION},
    "cli": {"report", "session", "spider", "shells", *BELOW_SESSION},
    "api": {"cli", "report", "session", "spider", "shells", *BELOW_SESSION},
}


def sources(*folders: str) -> list[str]:
    """Return the Python files below some folders of the clone, by their path in it."""
    found = []
    for folder in folders:
        for place, _, files in os.walk(os.path.join(CLONE, folder)):
            found += [os.path.relpath(os.path.join(place, file), CLONE) for file in files if file.endswith(".py")]
    return sorted(found)


def parsed(path: str) -> ast.Module:
    """Return the syntax tree of a source file."""
    with open(os.path.join(CLONE, path), encoding="utf-8") as file:
        return ast.parse(file.read(), path)


def layer_of(path: str) -> str:
    """Return the package directly below lmodpy that a file belongs to, or the name of the file."""
    return path.split(os.sep)[1].removesuffix(".py")


def imported_layers(tree: ast.Module) -> list[tuple[int, str]]:
    """Return line and layer of each import of our own, wherever it stands: in functions and for type checkers too."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports name the whole path"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        parts = [name.split(".") for name in names]
        found += [
            (node.lineno, part[1]) for part in parts if part[0] == "lmodpy" and part[1:2] and part[1] in MAY_IMPORT
        ]
    return found


@pytest.mark.parametrize("path", sources("lmodpy"))
def test_imports_point_down(path):
    """A file imports only from the layers below its own, and from its own."""
    layer = layer_of(path)
    if layer == "__init__":  # for the type checker only: what programs import is fetched later
        assert {other for _, other in imported_layers(parsed(path))} <= {"api", "cli", "errors"}
        return
    allowed = MAY_IMPORT[layer] | {layer}
    assert [(line, other) for line, other in imported_layers(parsed(path)) if other not in allowed] == []


# An example of each word: what a word makes is found out by saying it.
EXAMPLES = {
    "setenv": ("A", "1"),
    "unsetenv": ("A",),
    "pushenv": ("A", "1"),
    "prepend_path": ("A", "/a"),
    "append_path": ("A", "/a"),
    "remove_path": ("A", "/a"),
    "set_alias": ("a", "b"),
    "unset_alias": ("a",),
    "set_shell_function": ("a", "b", "c"),
    "unset_shell_function": ("a",),
    "export_shell_function": ("a",),
    "complete": ("bash", "a", "-W x"),
    "uncomplete": ("bash", "a"),
    "source_sh": ("bash", "/a.sh"),
    "mgrload": (True, {"userName": "a"}),
    "load": ("a",),
    "try_load": ("a",),
    "try_add": ("a",),
    "load_any": ("a", "b"),
    "always_load": ("a",),
    "unload": ("a",),
    "always_unload": ("a",),
    "depends_on": ("a",),
    "depends_on_any": ("a", "b"),
    "prereq": ("a",),
    "prereq_any": ("a", "b"),
    "conflict": ("a",),
    "family": ("a",),
    "whatis": ("text",),
    "help": ("text",),
    "extensions": ("a/1, b/2",),
    "add_property": ("lmod", "sticky"),
    "remove_property": ("lmod", "sticky"),
    "LmodMessage": ("text",),
    "LmodMsgRaw": ("text",),
    "LmodWarning": ("text",),
    "color_banner": ("red",),
    "LmodError": ("text",),
    "LmodSystemError": ("text",),
    "LmodBreak": ("text",),
    "execute": ({"cmd": "true", "modeA": {1: "load"}},),
    "chdir": ("/a",),
    "inherit": (),
    "purge": (),
    "haveDynamicMPATH": (),
    "variant": ("build", "debug"),
    "requireFullName": (),
    "os.exit": (0,),
}
RC_EXAMPLES = {
    "module_version": ("a/1", "default"),
    "module_alias": ("a", "b/1"),
    "module_virtual": ("a/1", "a/.one"),
    "hide_version": ("a/1",),
    "hide_modulefile": ("/a/1",),
    "hide": ({"name": "a/1", "kind": "soft"},),
    "hideRegex": ({"name": {1: "^a/"}},),
    "forbid": ({"name": "a/1", "message": "no", "after": "2026-01-31"},),
    "forbidRegex": ({"name": "^a/"},),
    "deprecate": ({"name": "a/1", "use": "a/2", "warn": "2026-01-31"},),
    "tag": ({"name": "a/1", "tag": "sticky"},),
    "warn": ({"name": "a/1", "message": "be careful"},),
    "modulepath_label": ("/a", "our tools"),
}


def kinds(module: object) -> set[type]:
    """Return every class that a file defines."""
    return {thing for thing in vars(module).values() if isinstance(thing, type) and thing.__module__ == module.__name__}


WORDS = (*OPERATIONS, *seldom())


@pytest.mark.parametrize("word", WORDS)
def test_every_word_means_something_in_every_mode(word):
    """What a word makes has a row in the mode table, and every mode has a handler for it."""
    said = operation(word, EXAMPLES[word])
    made = type(said.operation)
    assert (said.word, said.args) == (word, EXAMPLES[word])
    assert all(callable(mode.handler(made)) for mode in MODES.values())


def test_the_mode_table_has_no_gaps_and_nothing_idle():
    """Each kind of operation is what some word makes; each has one row, as wide as the others."""
    by_words = {type(operation(word, EXAMPLES[word]).operation) for word in WORDS}
    table = {**modes.TABLE, **modes_seldom.TABLE}
    assert (kinds(operations) | kinds(operations_seldom)) - {operations.Call, operations_seldom.Plainly} == by_words
    assert set(table) == by_words
    assert not set(OPERATIONS) & set(seldom())
    assert not set(modes.TABLE) & set(modes_seldom.TABLE)
    assert {len(row) for row in table.values()} == {1 + max(mode.column for mode in MODES.values())}
    assert all(callable(handler) for row in table.values() for handler in row)


def test_every_statement_of_an_rc_file_has_a_meaning():
    """What the words of an rc file make is what the rules understand, and no more."""
    made = {type(rc_statement(word, RC_EXAMPLES[word])) for word in RC_WORDS}
    assert kinds(statements) == made == set(MEANINGS)


def test_a_name_or_a_range_fits_where_modules_are_named():
    """Words that name modules take texts and ranges alike."""
    for word in ("load", "depends_on", "prereq", "conflict"):
        assert operation(word, (Request("a"),)).operation.requests == operation(word, ("a",)).operation.requests


def public_definitions(tree: ast.Module) -> list[ast.FunctionDef | ast.ClassDef]:
    """Return the functions, classes and methods that others are meant to use."""
    public = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_"]
    for node in public:
        if isinstance(node, ast.ClassDef):
            public += [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name[0] != "_"]
    return public


@pytest.mark.parametrize("path", sources("lmodpy"))
def test_what_is_offered_is_explained(path):
    """Each file, and each public class, function and method, has a docstring."""
    tree = parsed(path)
    assert ast.get_docstring(tree)
    assert [node.name for node in public_definitions(tree) if not ast.get_docstring(node)] == []


# What only cli may touch: (module, name), or a bare name that is called.
FOR_CLI = {
    *(
        (os_, name)
        for name in ("environ", "environb", "getenv", "putenv", "unsetenv", "_exit")
        for os_ in ("os", "posix")
    ),
    *(("system", name) for name in ("environment", "leave", "write")),
    *(("sys", name) for name in ("exit", "argv", "stdin", "stdout", "stderr")),
}
CALLS_FOR_CLI = {"print", "exit", "quit", "input", "SystemExit"}


@pytest.mark.parametrize("path", [path for path in sources("lmodpy") if layer_of(path) not in {"cli", "system"}])
def test_only_cli_knows_the_process(path):
    """The environment of the process, its arguments, its streams and its end are the business of cli alone.

    A Python program's session begins with that program's environment, so `api` reads it.
    """
    touched = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            touched += [(node.lineno, node.value.id, node.attr)] * ((node.value.id, node.attr) in FOR_CLI)
        elif isinstance(node, ast.ImportFrom):
            module = node.module.removeprefix("lmodpy.")
            touched += [(node.lineno, module, a.name) for a in node.names if (module, a.name) in FOR_CLI]
        elif isinstance(node, ast.Name) and node.id in CALLS_FOR_CLI:
            touched.append((node.lineno, "", node.id))
    assert [each for each in touched if (layer_of(path), *each[1:]) != ("api", "os", "environ")] == []


@pytest.mark.parametrize("path", sources("lmodpy", "tests", "benchmarks"))
def test_files_and_functions_stay_small(path):
    """No file is longer than 600 lines, and no function longer than 60."""
    with open(os.path.join(CLONE, path), encoding="utf-8") as file:
        assert sum(1 for _ in file) <= 600
    functions = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef)]
    assert [f.name for f in functions if f.end_lineno - f.lineno >= 60] == []


MACHINE_PATH = re.compile(r"(?<![\w}.*])/(?:work|root|home/(?!user\b|me\b|you\b)\w+)/")


def tracked() -> list[str]:
    """Return the files that git has, or would take, by their path in the clone."""
    git = needs("git")
    if not os.path.exists(os.path.join(CLONE, ".git")):
        pytest.skip("these sources are no clone")
    command = [git, "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=CLONE, capture_output=True, check=True)
    return [path for path in os.fsdecode(done.stdout).split("\0") if os.path.isfile(os.path.join(CLONE, path))]


def test_nothing_names_a_developers_machine():
    """No text in the repository holds a path that exists on one person's machine only."""
    found = []
    for path in tracked():
        with open(os.path.join(CLONE, path), encoding="utf-8", errors="replace") as file:
            found += [f"{path}:{n}: {line.strip()}" for n, line in enumerate(file, 1) if MACHINE_PATH.search(line)]
    assert found == []
