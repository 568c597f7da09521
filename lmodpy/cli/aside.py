"""What shells ask for themselves, while somebody types: answered in time or not at all, and nothing is said besides."""

from __future__ import annotations

from lmodpy import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ASKED = {"--complete": "completion", "--not-found": "notfound", "--modulepath": "sitepath"}


def answer(option: str, words: Sequence[str], environ: Mapping[str, str]) -> tuple[str, int]:
    """Answer, as `quietly` does, in a process that is ended when it takes too long."""
    import _thread  # noqa: PLC0415 - other commands are watched in another way

    name = _ASKED[option]
    seconds: float = __import__(f"lmodpy.cli.{name}", fromlist=["SECONDS"]).SECONDS
    _thread.start_new_thread(_leave_after, (seconds,))
    return quietly(name, "".join(words[:1]), words[1:], environ)


def quietly(name: str, speaker: str, words: Sequence[str], environ: Mapping[str, str]) -> tuple[str, int]:
    """Return what a module of this package answers to a shell; nothing and status 1 where anything goes wrong."""
    try:
        module = __import__(f"lmodpy.cli.{name}", fromlist=["answer"])
        answered: tuple[str, int] = module.answer(speaker, words, environ)
    except Exception:  # noqa: BLE001 - whatever it is, the user wants to go on typing
        return "", 1
    return answered


def _leave_after(seconds: float) -> None:
    from time import sleep  # noqa: PLC0415 - as above

    sleep(seconds)
    system.leave(1)
