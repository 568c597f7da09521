"""The cases whose time is measured, each beside what it may cost."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import sites
import trees
from measure import CLONE, Command, Cost, clean_environment, in_turn, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

EXAMPLES = os.path.join(CLONE, "examples", "modulefiles", "Core")
CHAIN = 81
FLAT = 50, 10_000
SAME = 1.1
"""What counts as "costs the same": medians of such short runs differ by some hundredths by themselves."""


class Row(NamedTuple):
    """One line of the table: the cost with lmodpy and with Lmod, and what was promised."""

    case: str
    title: str
    lmodpy: Cost | None
    lmod: Cost | None
    target: float | None = None
    """The ratio that was promised."""
    against: Cost | None = None
    """What the target compares with, if that is not Lmod."""
    limit: float | None = None
    """The milliseconds that were promised."""
    by: tuple[str, ...] = ("cpu", "wall")
    """What must keep the promise."""
    note: str = ""

    @property
    def ratio(self) -> Cost | None:
        """How much of the other's cost lmodpy needs."""
        other = self.against or self.lmod
        return Cost(self.lmodpy.cpu / other.cpu, self.lmodpy.wall / other.wall) if self.lmodpy and other else None

    @property
    def met(self) -> bool | None:
        """Whether the promise is kept; None if there is none, or nothing to compare."""
        kept = [
            getattr(measured, kind) <= promised
            for measured, promised in ((self.ratio, self.target), (self.lmodpy, self.limit))
            if measured and promised is not None
            for kind in self.by
        ]
        return all(kept) if kept else None


class Bench(NamedTuple):
    """Who is measured, how often, and where the trees may be written."""

    tools: Sequence[str]
    """lmodpy, then Lmod where there is one."""
    runs: int
    scratch: str
    sites: str
    """Where large trees are kept."""

    def environment(self, modulepath: str) -> dict[str, str]:
        """Return the environment to start from."""
        return clean_environment(self.scratch, modulepath)

    def loads(self, names: Sequence[str], modulepath: str) -> list[Command]:
        """Return the command that loads `names`, for every tool, after checking that it works."""
        env = self.environment(modulepath)
        for tool in self.tools:
            load(tool, names, env)
        return [Command((tool, "bash", "load", *names), env) for tool in self.tools]

    def row(self, case: str, title: str, target: float, commands: Sequence[Command]) -> Row:
        """Measure one command per tool."""
        costs = in_turn(commands, self.runs)
        return Row(case, title, costs[0], costs[1] if costs[1:] else None, target)


def floor(bench: Bench) -> list[Row]:
    """Measure what no command written in Python can do without."""
    env = bench.environment("")
    commands = {"python -I -S -c pass": Command((sys.executable, "-I", "-S", "-c", "pass"), env)}
    lupa = importlib.util.find_spec("lupa")
    if lupa and lupa.origin:
        where = os.path.dirname(os.path.dirname(lupa.origin))
        modulefile = os.path.join(bench.scratch, "one.lua")
        with open(modulefile, "w", encoding="utf-8") as file:
            file.write('setenv("ONE", "1")\nprepend_path("PATH", "/opt/one/bin")\n')
        argv = (sys.executable, "-I", "-S", "-c", _ONE_MODULEFILE, where, modulefile)
        commands["the same with lupa and one modulefile"] = Command(argv, env)
    costs = in_turn(list(commands.values()), bench.runs)
    return [Row("floor", title, cost, None) for title, cost in zip(commands, costs, strict=True)]


_ONE_MODULEFILE = """
import sys
sys.path.insert(0, sys.argv[1])
from lupa.lua54 import LuaRuntime
lua = LuaRuntime(register_eval=False, register_builtins=False, encoding="latin-1")
said = []
for word in "setenv", "prepend_path":
    lua.globals()[word] = lambda *args: said.append(args)
with open(sys.argv[2], encoding="latin-1") as file:
    lua.execute(file.read())
assert len(said) == 2
"""


def load_stack(bench: Bench) -> list[Row]:
    """Measure the main job, on the example site."""
    names = ["gcc", "openmpi"]
    return [bench.row("load", "`load gcc openmpi`", 0.6, bench.loads(names, EXAMPLES))]


def list_stack(bench: Bench) -> list[Row]:
    """Measure `list`, each tool in the environment that it made itself."""
    start = bench.environment(EXAMPLES)
    commands = [Command((tool, "bash", "list"), load(tool, ["gcc", "openmpi"], start)) for tool in bench.tools]
    return [bench.row("list", "`list`, with these loaded", 0.55, commands)]


def load_chain(bench: Bench) -> list[Row]:
    """Measure a bundle: one module that needs the next, which needs the next, with long modulefiles and short ones."""
    rows = []
    for kind in ("built", "short"):
        root = os.path.join(bench.scratch, f"chain-{kind}")
        first = trees.chain(root, CHAIN, built=kind == "built")
        title = f"`load` of {CHAIN}, chained by depends_on; {kind}"
        rows.append(bench.row("chain", title, 0.05, bench.loads([first], root)))
    return rows


def load_tcl(bench: Bench) -> list[Row]:
    """Measure modulefiles in Tcl, also beside Environment Modules, if MODULES_PEER names its modulecmd.tcl."""
    root = os.path.join(bench.scratch, "tcl")
    names = trees.sixty_in_tcl(root)
    peer = os.environ.get("MODULES_PEER")
    tools = [*bench.tools, _modules(bench.scratch, peer)] if peer else bench.tools
    costs = in_turn(bench._replace(tools=tools).loads(names, root), bench.runs)
    title = f"`load` of {len(names)} in Tcl"
    rows = [Row("tcl", title, costs[0], costs[1] if bench.tools[1:] else None, 0.5)]
    return [*rows, Row("tcl", f"{title}; Environment Modules", costs[0], costs[-1], 1.0)] if peer else rows


def _modules(scratch: str, modulecmd: str) -> str:
    """Return a program that runs Environment Modules as the other tools are run."""
    path = os.path.join(scratch, "modules")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec tclsh {modulecmd} "$@"\n')
    os.chmod(path, 0o755)
    return path


def load_flat(bench: Bench) -> list[Row]:
    """Measure one and the same load in a small and in a large flat tree, all of them in turn."""
    commands: list[Command] = []
    for size in FLAT:
        commands += bench.loads(["cmake"], sites.site(bench.sites, sites.FLAT, size).modulepath)
    costs = in_turn(commands, bench.runs)
    tools = len(bench.tools)
    small, large = (costs[place] for place in (0, tools))
    lmod_small, lmod_large = (costs[place + 1] if tools > 1 else None for place in (0, tools))
    return [
        Row("flat", f"`load cmake` in a flat tree of {FLAT[0]:,}", small, lmod_small),
        Row("flat", f"`load cmake` in a flat tree of {FLAT[1]:,}", large, lmod_large),
        Row("flat", f"lmodpy, {FLAT[1]:,} against {FLAT[0]:,}", large, None, SAME, against=small),
    ]


CASES: Mapping[str, Callable[[Bench], list[Row]]] = {
    "floor": floor,
    "load": load_stack,
    "list": list_stack,
    "chain": load_chain,
    "flat": load_flat,
    "tcl": load_tcl,
}
