"""`lmodpy doctor`: one page about the module system of this user on this machine."""

from __future__ import annotations

import os
import shutil
from typing import Annotated

import typer

from lmodpy.cli.diagnosis import Patient, facts, findings
from lmodpy.report import diagnosis as report


def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="Answer with JSON, to compare nodes.")] = False
) -> None:
    """Look for what makes modules slow, or go wrong, in this shell on this machine, and say what to do.

    Status 0: there is nothing to do; 1: there is. With --json, nodes can be compared.

        lmodpy doctor
        lmodpy doctor --json
    """
    patient = Patient(dict(os.environ))
    found = findings(patient)
    if as_json:
        typer.echo(report.as_json(patient.host, facts(patient), found), nl=False)
    else:
        width = shutil.get_terminal_size().columns
        typer.echo(report.text(patient.host, facts(patient), found, width), nl=False)
    raise typer.Exit(int(bool(found)))
