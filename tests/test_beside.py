"""Work that another process does: it is done in any case, and once more here if that process could not."""

from __future__ import annotations

import os
import signal

import pytest

from lmodpy.cli import beside as besides
from lmodpy.cli.beside import beside

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
HERE = os.getpid()


@pytest.fixture(autouse=True)
def two_processors(monkeypatch):
    monkeypatch.setattr(besides, "processors", lambda: 2)


def where() -> bytes:
    return b"here" if os.getpid() == HERE else b"beside" * 100_000


def killed() -> bytes:
    if os.getpid() != HERE:
        os.kill(os.getpid(), signal.SIGKILL)
    return where()


def refused() -> bytes:
    raise OSError(28, "No space left on device", f"of {where()[:6].decode()}")


def test_large_work_is_done_beside():
    assert beside(where, besides.ENOUGH)() == b"beside" * 100_000
    assert beside(where, besides.ENOUGH - 1)() == b"here"


def test_one_processor_does_it_itself(monkeypatch):
    monkeypatch.setattr(besides, "processors", lambda: 1)
    assert beside(where, besides.ENOUGH)() == b"here"


def test_what_a_killed_process_has_not_done_is_done_here():
    assert beside(killed, besides.ENOUGH)() == b"here"


def test_trouble_is_told_where_the_work_is_waited_for(capfd):
    waiting = beside(refused, besides.ENOUGH)
    with pytest.raises(OSError, match="of here"):
        waiting()
    assert capfd.readouterr() == ("", "")
