"""The program `spider`: all modules of some directories, in the shapes that other programs read."""

from __future__ import annotations

import argparse
import os
import sys
from signal import SIG_DFL, SIGINT, signal

import lmodpy
from lmodpy import system
from lmodpy.cli.entry import complain
from lmodpy.cli.sitewide import context, directories, site
from lmodpy.cli.walk import Progress
from lmodpy.errors import LmodError, UsageError
from lmodpy.report.software import STYLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmodpy.cli.context import Context
    from lmodpy.report.software import Site
    from lmodpy.spider.memory import Memory

_DEFAULT = "list"


def main() -> None:
    """Run the program as `sys.argv` says."""
    signal(SIGINT, SIG_DFL)
    try:
        text = answer(sys.argv[1:], dict(os.environ))
    except LmodError as error:
        complain(error)
        sys.exit(error.status)
    try:
        sys.stdout.buffer.write(system.encode(text))
        sys.stdout.flush()
    except OSError as error:
        sys.stderr.write(f"lmodpy: cannot write: {error.strerror}\n")
        sys.exit(1)


def answer(words: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return what the program prints."""
    given = _parser().parse_args(words)
    if given.output not in STYLES:
        raise UsageError(f"there is no style `{given.output}`", hint=f"there are {', '.join(STYLES)}")
    roots = directories(given.directories)
    return STYLES[given.output](gathered(roots, environ, tell=given.verbose), given.timestampFn)


def gathered(roots: Sequence[str], environ: Mapping[str, str], *, tell: bool) -> Site:
    """Return all that can be reached from some directories; `tell` says whether to name what is broken."""
    return evaluated(context(roots, environ, say), roots, tell=tell)


def evaluated(admin: Context, roots: Sequence[str], *, tell: bool, known: Memory | None = None) -> Site:
    """Do the same for a command that is prepared already."""
    progress = Progress(admin)
    try:
        found = site(admin, roots, progress.seen, known=known)
    finally:
        progress.end()
    broken = [record.facts.broken for record in found.records if record.facts.broken] if tell else []
    for text in broken + (found.tree.warnings if tell else []):
        say(f"lmodpy: {text}\n")
    return found


def say(text: str) -> None:
    """Tell a person."""
    sys.stderr.write(text)
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="spider",
        description="List all modules that can be reached from some directories of modulefiles.",
        allow_abbrev=False,
    )
    parser.add_argument("directories", nargs="*", metavar="DIR[:DIR...]", help="absolute paths, as in MODULEPATH")
    parser.add_argument("-o", "--output", default=_DEFAULT, metavar="STYLE", help=f"one of {', '.join(STYLES)}")
    parser.add_argument("--timestampFn", default="", metavar="FILE", help="the time stamp that the answer is to name")
    parser.add_argument("-v", "--verbose", action="store_true", help="name the modulefiles that are broken")
    parser.add_argument("--version", action="version", version=f"lmodpy {lmodpy.__version__}")
    ignored = parser.add_argument_group("options of Lmod that have no effect")
    for names in (("-n", "--no_recursion"), ("--preload",), ("-D",), ("-T", "--trace")):
        ignored.add_argument(*names, action="store_true")
    ignored.add_argument("--debug", metavar="LEVEL")
    return parser
