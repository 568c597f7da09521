"""The commands of `lmodpy` itself: what a person installing or looking after it types."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import typer
from typer.completion import completion_init, get_completion_script  # type: ignore[attr-defined]

import lmodpy
from lmodpy.cli import cacheadmin, checkadmin, convertadmin, doctor, entry
from lmodpy.config import Settings
from lmodpy.errors import UsageError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""
The `module` command for HPC login nodes, a drop-in successor to Lmod.

To make `module` and `ml` known to a shell, put one line into its start-up file, for instance `~/.bashrc`:

    eval "$(lmodpy init bash)"

A site that knows where lmodpy lies saves the start of a Python in every shell and names the file itself, for
instance in `/etc/profile.d`; `lmodpy version` shows where it is:

    . /opt/lmodpy/share/lmodpy/init/bash

After that: `module avail`, `module load NAME`, `module help`.
""",
)

COMPLETED = ("bash", "zsh", "fish")
"""The shells in which TAB completes this command."""
_COMPLETING = "_LMODPY_COMPLETE"
if _COMPLETING in os.environ:
    completion_init()

app.add_typer(cacheadmin.app, name="cache")
app.command()(checkadmin.check)
app.command()(convertadmin.convert)
app.command()(doctor.doctor)


def _told_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def options(
    *,
    _: Annotated[
        bool, typer.Option("--version", "-V", callback=_told_version, is_eager=True, help="The same as `version`.")
    ] = False,
) -> None:
    """Take what stands before a command."""


@app.command()
def init(
    shell: Annotated[
        str, typer.Argument(help=f"One of {', '.join((*entry.INIT_FILES, *entry.LANGUAGES))}.", metavar="SHELL")
    ],
) -> None:
    """Print the lines that make `module` and `ml` known to a shell, or a program of another language.

    What it prints is for the shell to evaluate, so there is no JSON. Status 1: it prints `false`.

        eval "$(lmodpy init bash)"
        lmodpy init fish | source
        exec(os.popen('lmodpy init python').read())
    """
    raise typer.Exit(entry.print_init([shell]))


@app.command()
def completion(
    shell: Annotated[str, typer.Argument(help=f"One of {', '.join(COMPLETED)}.", metavar="SHELL")],
) -> None:
    """Print what makes TAB complete this command; the `module` command brings its own with the init files.

    What it prints is for the shell to evaluate, so there is no JSON.

        eval "$(lmodpy completion bash)"
        lmodpy completion fish | source
    """
    if shell not in COMPLETED:
        raise UsageError(f"there is no completion for `{shell}`", hint=f"there is for {', '.join(COMPLETED)}")
    if shell == "zsh":
        typer.echo("(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }")
    typer.echo(get_completion_script(prog_name="lmodpy", complete_var=_COMPLETING, shell=shell))


@app.command()
def config(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As data, like `module --json config`.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the reference page docs/settings.md.")] = False,
) -> None:
    """List the settings: each variable, its value, and where that comes from.

    `module config` tells besides which directories of MODULEPATH lmodpy.toml gives, and why.

        lmodpy config
        lmodpy config --json
    """
    from lmodpy.cli.configuring import data, everything  # noqa: PLC0415 - only here
    from lmodpy.report.data import json_text  # noqa: PLC0415
    from lmodpy.report.settings import reference, settings_text  # noqa: PLC0415

    settings = everything(Settings({} if markdown else os.environ))
    write = reference if markdown else settings_text
    typer.echo(json_text("config", data(settings)) if as_json else write(settings), nl=False)


@app.command()
def version(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As data.")] = False,
) -> None:
    """Show the versions of lmodpy, of the Lmod interface and of Python, and where the parts lie.

    Bring this along when something is wrong.

        lmodpy version
        lmodpy version --json
    """
    package = entry.package_directory()
    rows = {
        "lmodpy": lmodpy.__version__,
        "answers as Lmod": lmodpy.LMOD_VERSION,
        "Python": f"{sys.version.split()[0]} ({sys.executable})",
        "init files": f"{package}/init",
        "LMOD_CMD": entry.launcher(package),
    }
    if as_json:
        typer.echo(json.dumps({"schema": 1, "command": "version", **rows}, indent=2))
        return
    for name, value in rows.items():
        typer.echo(f"{name + ':':17}{value}")
