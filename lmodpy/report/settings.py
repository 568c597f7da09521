"""The settings as tables: for a terminal, and as the reference page."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmodpy.config import Setting


def table(rows: Sequence[Sequence[str]]) -> str:
    """Set rows in columns, the first of them as the head of the table; the last column is as wide as it wants."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    ruled = [rows[0], ["-" * len(title) for title in rows[0]], *rows[1:]]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in ruled)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def settings_text(settings: Iterable[Setting]) -> str:
    """List settings: variable, value, and where that came from."""
    return table([("variable", "value", "from"), *((s.variable, str(s.shown), s.origin) for s in settings)])


def changes_text(settings: Iterable[Setting]) -> str:
    """List the settings that are not as they are by default."""
    changed = [
        (s.variable, s._replace(value=s.default).shown, s.shown, s.origin) for s in settings if s.origin != "default"
    ]
    if not changed:
        return "All settings are as they are by default.\n"
    rows = [tuple(str(cell) for cell in row) for row in changed]
    return table([("variable", "default", "value", "from"), *rows])


def reference(settings: Iterable[Setting]) -> str:
    """Write the reference page."""
    working: list[Setting] = []
    idle: list[Setting] = []
    for setting in settings:
        (idle if setting.meaning.startswith("none") else working).append(setting)
    return f"{_HEAD}{_markdown(working)}{_IDLE}{_markdown(idle)}"


_HEAD = """\
# Settings

Made by `lmodpy config --markdown`. A setting is an environment variable; `module --config` lists them with their
values, `module config NAME` shows one, and `module config NAME VALUE` sets it for the session. Of a flag, empty, `0`,
`no` and `off` mean no, anything else yes. The names are what `module config` and `--json` call them.

"""
_IDLE = """
## Of Lmod, without effect

They may be set, and are listed, so that scripts for Lmod go on working. What is *not yet* there comes.

"""


def _markdown(settings: Iterable[Setting]) -> str:
    rows = (
        f"| {s.variable} | {s.name} | {s.kind.replace('|', ', ')} | {_code(s.default)} | {_cell(s.meaning)} |\n"
        for s in settings
    )
    return "| variable | name | kind | default | what it does |\n|---|---|---|---|---|\n" + "".join(rows)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    text = text.removeprefix("none: ")
    return text.replace("none yet:", "*not yet:*").replace("|", "\\|").replace("<", "&lt;")
