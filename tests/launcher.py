"""The lmodpy-cmd that tests in real shells call."""

from __future__ import annotations

import os
import sys

CLONE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def lmodpy_cmd() -> str:
    """Return the clone's own where it can run, since it runs these sources; else the one installed for this Python."""
    if os.path.exists(os.path.join(CLONE, ".venv", "bin", "python")):
        return os.path.join(CLONE, "bin", "lmodpy-cmd")
    return os.path.join(os.path.dirname(sys.executable), "lmodpy-cmd")
