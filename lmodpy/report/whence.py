"""What `whence` tells: the modules that bring something, and how to load them."""

from __future__ import annotations

from lmodpy.report.spider import legend, marked
from lmodpy.report.text import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import NamedTuple

    from lmodpy.report.spider import Version
    from lmodpy.report.text import Style
else:
    from lmodpy.values import NamedTuple


class Source(NamedTuple):
    """A module that brings something: its full name, with what loads it, and the files that were asked for."""

    version: Version
    files: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """What to load to have it; nothing if that is impossible."""
        version = self.version
        return [version.full_name] if "L" in version.marks else version.command.split()[2:]


_MOST_FILES = 3


def sources_text(what: str, sources: Sequence[Source], width: int, style: Style) -> str:
    """Tell who brings something, with the command that loads it now and the files."""
    entries = [_entry(source, style) for source in sources]
    return "\n".join([rule(what, width) + "\n" + "".join(entries), *_tail(sources)])


def terse_sources(sources: Iterable[Source]) -> str:
    """List for programs what to load, each way on a line, the best first."""
    return "".join(f"{' '.join(source.words)}\n" for source in sources if source.words)


def offer(word: str, sources: Sequence[Source], most: int = 5) -> str:
    """Say to somebody who typed a command that the shell did not find what to type first; nothing, if nothing helps."""
    commands = [source.version.command for source in sources if source.version.command]
    if not commands:
        return ""
    more = [f"… and {len(commands) - most} more: module whence {word}"] if len(commands) > most else []
    return f"`{word}` comes with modules:\n" + "".join(f"  {line}\n" for line in (*commands[:most], *more))


def _entry(source: Source, style: Style) -> str:
    version = source.version
    others = len(version.ways) - 1
    more = f"   ({others} other way{'s' * (others > 1)} to it)" if others > 0 and version.command else ""
    command = f"    {style.bold(version.command)}{more}\n" if version.command else ""
    rest = len(source.files) - _MOST_FILES
    files = [*source.files[:_MOST_FILES], *([f"… and {rest} more"] if rest > 0 else [])]
    return f"  {marked(version)}\n{command}" + "".join(f"    {file}\n" for file in files)


def _tail(sources: Sequence[Source]) -> list[str]:
    text = legend([source.version for source in sources])
    return [text] if text else []
