"""Programs that a test talks to and a machine may not have."""

from __future__ import annotations

import os
import shutil

import pytest


def needs(program: str) -> str:
    """Return the path of `program`; where it is absent the test is skipped, but fails with CI=true."""
    path = shutil.which(program)
    if path is None:
        leave = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        leave(f"needs {program}")
    return path


def needs_clients() -> str:
    """Return the directory of the executables of our clients' environment, else as `needs`."""
    place = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".venv", "clients", "bin")
    if not os.path.exists(os.path.join(place, "reframe")):
        leave = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        leave("needs our clients: `make .venv/.clients` installs them")
    return place
