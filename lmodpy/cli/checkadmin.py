"""`lmodpy check`: say what is wrong with the modulefiles of a site."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from lmodpy.cli.beside import processors
from lmodpy.cli.building import opened, progress
from lmodpy.cli.checking import Checker, Found, of_trees, sorted_findings
from lmodpy.cli.entry import complain
from lmodpy.cli.evaluating import Pool
from lmodpy.cli.sitewide import site
from lmodpy.errors import LmodError, UsageError
from lmodpy.report import findings as report
from lmodpy.report.findings import KINDS, Finding

SYNTAX = ("error", "rc", "default", "name")
"""The kinds of findings that Lmod's check_module_tree_syntax knows."""


def check(
    roots: Annotated[
        list[str] | None, typer.Argument(metavar="[TREE...]", help="Modulefiles; else MODULEPATH.")
    ] = None,
    *,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="KIND", help="Only findings of this kind.")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option("--skip", metavar="KIND", help="No findings of this kind.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes; else one for each processor.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with JSON.")] = False,
    junit: Annotated[str, typer.Option("--junit", metavar="FILE", help="Write a report for CI into a file.")] = "",
) -> None:
    """Load and unload every module as users would, through the hierarchy, and say what is wrong with it.

    Status 0: nothing is wrong; 1: something is; 2: it could not be checked.

        lmodpy check /opt/modulefiles/Core
        lmodpy check --skip trace --junit report.xml
    """
    try:
        wanted = _kinds(only, skip)
        found, modules = findings(roots, jobs)
    except UsageError as error:
        error.status = 2
        raise
    found = [finding for finding in found if finding.kind in wanted]
    if junit:
        _put(report.junit(found, modules), junit)
    write = report.as_json if as_json else report.text
    typer.echo(write(found, len(modules)), nl=False)
    raise typer.Exit(int(bool(found)))


def _put(text: str, path: str) -> None:
    try:
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    except OSError as error:
        raise LmodError(f"{path} cannot be written: {error.strerror}", status=2) from None


def findings(roots: list[str] | None, jobs: int = 0) -> tuple[list[Finding], dict[str, str]]:
    """Return what is wrong with all modules that can be reached, and their full names by their files."""
    admin, named = opened(roots)
    if not named:
        raise UsageError("which directories?", hint="give them as arguments, or set MODULEPATH")
    for root in named:
        if not os.path.isdir(root):
            raise UsageError(f"{root} is no directory")
    admin.settings.choose({"ignore_cache": "yes"})
    with progress() as (seen, more):
        built = site(admin, named, lambda: None, processes=jobs)
        modules = [record.module for record in built.records]
        more(len(modules))
        seconds = admin.settings.number("eval_timeout")
        pool = Pool(Checker(admin, built).check, Found, _lost, jobs or processors(), seconds)
        found = list(of_trees(built))
        try:
            for module, told in pool.answers(modules):
                rows = [Finding(*row) for row in told.findings]
                found += [row if row.path else row._replace(path=module.path) for row in rows]
                seen()
        finally:
            pool.close()
    return sorted_findings(found), {module.path: module.full_name for module in modules}


def _lost(text: str) -> Found:
    return Found((("error", "", 0, text, ""),))


def _kinds(only: list[str] | None, skip: list[str] | None) -> set[str]:
    unknown = [kind for kind in (*(only or ()), *(skip or ())) if kind not in KINDS]
    if unknown:
        raise UsageError(f"there is no kind of finding `{unknown[0]}`", hint=f"there are {', '.join(KINDS)}")
    return set(only or KINDS) - set(skip or ())


def syntax() -> None:
    """Run `check_module_tree_syntax DIR...`, as Lmod has it: what `check` finds of a few kinds, told to stderr."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    if not words or len(words) < len(sys.argv) - 1:
        sys.stderr.write("usage: check_module_tree_syntax DIR...\n")
        sys.exit(2)
    try:
        found, modules = findings(words)
    except UsageError as error:
        complain(error)
        sys.exit(2)
    found = [finding for finding in found if finding.kind in SYNTAX]
    sys.stderr.write(report.text(found, len(modules)))
    sys.exit(int(bool(found)))
