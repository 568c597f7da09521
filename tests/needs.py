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
