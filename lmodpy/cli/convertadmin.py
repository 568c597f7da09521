"""`lmodpy convert`, and `sh_to_modulefile` as Lmod has it: make a modulefile of a script."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Annotated

import typer

from lmodpy import system
from lmodpy.cli.converting import converted
from lmodpy.cli.entry import complain
from lmodpy.config import Settings
from lmodpy.errors import LmodError, UsageError
from lmodpy.modulefile.snapshots import SHELLS
from lmodpy.report.modulefiles import WRITERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lmodpy.modulefile.scripts import Said

_KEPT = ("HOME", "LANG", "LC_ALL", "LOGNAME", "SHELL", "TERM", "USER")
"""What a clean environment has of the user's, beside a PATH with the system's directories."""


def convert(
    script: Annotated[str, typer.Argument(metavar="SCRIPT", help="What a user would source.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGUMENT...]", help="For the script; behind `--`, if one is `-x`.")
    ] = None,
    *,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Write it there; else to stdout.")] = "",
    shell: Annotated[str, typer.Option("--from", metavar="SHELL", help=f"One of {', '.join(SHELLS)}.")] = "bash",
    language: Annotated[
        str, typer.Option("--to", metavar="LANGUAGE", help="lua or tcl; else as FILE is called, or lua.")
    ] = "",
    clean: Annotated[bool, typer.Option("--clean-env", help="Begin without the variables there are now.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say on stdout what is in the modulefile, as data.")] = False,
) -> None:
    """Make a modulefile of a script: let a shell read it, and write down what that has changed.

    Status 0: it is made; 1: the script fails, or the file cannot be written; 2: it is not understood what is wanted.

        lmodpy convert /opt/intel/setvars.sh -o intel/2024.lua
        lmodpy convert --from tcsh --to tcl env.csh -- -x one
    """
    environ = clean_environment(os.environ) if clean else dict(os.environ)
    worded = _writer(language or ("tcl" if output and not output.endswith(".lua") else "lua"))
    said = converted(shell, [script, *(arguments or [])], environ, Settings(os.environ))
    if output or not as_json:
        _put(worded(said), output)
    if as_json:
        words = [{"word": word, "arguments": list(args)} for word, args in said]
        typer.echo(json.dumps({"schema": 1, "command": "convert", "file": output or None, "words": words}, indent=2))


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a user has before any start-up file was read."""
    return {"PATH": os.defpath} | {name: environ[name] for name in _KEPT if name in environ}


def program() -> None:
    """Run `sh_to_modulefile [OPTION...] SCRIPT [ARGUMENT...]`, as Lmod has it."""
    given = _parser().parse_args()
    environ = clean_environment(os.environ) if given.cleanEnv else dict(os.environ)
    try:
        worded = _writer(given.to.lower())
        _put(
            worded(
                converted(given.shell, [given.script, *given.arguments], environ, Settings(os.environ), moving=False)
            ),
            given.output,
        )
    except LmodError as error:
        complain(error)
        sys.exit(error.status)


def _writer(language: str) -> Callable[[Iterable[Said]], str]:
    if language not in WRITERS:
        raise UsageError(f"there is no language `{language}` of modulefiles", hint=f"--to {' or '.join(WRITERS)}")
    return WRITERS[language]


def _put(text: str, output: str) -> None:
    """Write a modulefile to a file, whole or not at all, or, if none is named, to stdout."""
    path = os.path.realpath(output)
    try:
        if os.path.isfile(path) or not os.path.exists(path):
            from lmodpy.cli.cacheupdate import write  # noqa: PLC0415 - not for stdout

            write(os.path.dirname(path), os.path.basename(path), text)
        elif output:
            with open(output, "wb") as file:  # a pipe
                file.write(system.encode(text))
        else:
            sys.stdout.buffer.write(system.encode(text))
            sys.stdout.flush()
    except OSError as error:
        raise LmodError(f"{output or 'stdout'} cannot be written: {error.strerror}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sh_to_modulefile", description="Make a modulefile of a script.", allow_abbrev=False
    )
    parser.add_argument("script", metavar="SCRIPT", help="what one would source")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="what the script is given")
    parser.add_argument("--to", default="Lua", metavar="LANGUAGE", help="Lua, the usual, or TCL")
    parser.add_argument("--from", dest="shell", default="bash", metavar="SHELL", help=f"one of {', '.join(SHELLS)}")
    parser.add_argument("-o", "--output", default="", metavar="FILE", help="write it there; else to stdout")
    parser.add_argument("--cleanEnv", action="store_true", help="begin without the variables there are now")
    parser.add_argument("-D", action="store_true", help="no effect")
    return parser
