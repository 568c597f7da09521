"""The settings: shown to people and programs, asked for one by one, and set for the session."""

from __future__ import annotations

import json
import os

from lmodpy import LMOD_VERSION, __version__
from lmodpy.cli.indexing import places
from lmodpy.cli.sitepath import declared
from lmodpy.config import ROWS, Setting, Settings, as_number
from lmodpy.env.diff import Diff
from lmodpy.errors import UsageError
from lmodpy.modulefile.runtime import lua_runtime
from lmodpy.report.settings import changes_text, settings_text, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.cli.context import Context
    from lmodpy.cli.siterc import SiteRc


def config(context: Context) -> None:
    """Show the settings or one of them, or set one for this session: `config [NAME [VALUE]]`, `config --reset NAME`."""
    words, line = context.line.words, context.line
    if line.on("dump_state"):
        raise UsageError("`module config --dump-state` is `module state` here", hint="module state")
    if len(words) > 2 or (line.on("unset") and len(words) != 1):
        raise UsageError(
            "`module config` takes a name and perhaps a value", hint="module config [--reset] NAME [VALUE]"
        )
    if not words:
        _show(context, everything(context.settings))
        return
    setting = _named(context.settings, words[0])
    if line.on("unset"):
        context.instead = Diff({setting.variable: None})
    elif len(words) == 1:
        _show(context, [setting])
    else:
        context.instead = Diff({setting.variable: _fitting(setting, words[1])})


def report(context: Context) -> None:
    """Show all settings and which are not as by default (`--config`), or only those (`--miniConfig`)."""
    settings = everything(context.settings)
    if context.line.on("json"):
        _show(context, settings)
        return
    parts = [f"\nModules based on Lua: Version {LMOD_VERSION}\n    lmodpy {__version__}\n\n"]
    if context.line.on("config"):
        facts = [("what", "value"), *((name, str(value)) for name, value in _facts(context).items())]
        parts += [settings_text(settings), "\n", table(facts), "\n"]
    context.notes += [*parts, changes_text(settings), "\n", modulepath_text(context)]


def as_json(context: Context) -> None:
    """Write the settings as Lmod does for programs (`--config_json`), under its short names."""
    values = {setting.id: setting.shown for setting in everything(context.settings) if setting.id}
    rc = context.site_rc
    told: dict[str, object] = {
        "configT": {**values, **_facts(context)},
        "rcfileA": list(rc.files),
        "propT": _properties(rc),
    }
    caches, stamps = places(context).site, dict(rc.caches)
    if caches:
        told["cache"] = [[directory, stamps.get(directory, "")] for directory in caches]
    context.notes.append(f"{json.dumps(told)}\n")


def everything(settings: Settings) -> list[Setting]:
    """Return all settings with their values."""
    return [settings.setting(row[0]) for row in ROWS]


def data(settings: list[Setting]) -> dict[str, object]:
    """Return settings as they are in JSON."""
    return {
        "settings": {
            s.name: {"variable": s.variable, "value": s.shown, "origin": s.origin, "default": s.default, "kind": s.kind}
            for s in settings
        }
    }


def _show(context: Context, settings: list[Setting]) -> None:
    if context.line.on("json"):
        context.answer(data(settings))
    elif context.line.on("terse"):
        context.listing += [f"{setting.name} {setting.shown}\n" for setting in settings]
    elif len(settings) == 1:
        [one] = settings
        context.listing.append(f"{one.variable}={one.shown}  ({one.origin}; {one.meaning})\n")
    else:
        context.listing += [settings_text(settings), modulepath_text(context)]


def modulepath_text(context: Context) -> str:
    """Return what the site's lmodpy.toml declares and what of it counts here; nothing, if there is no such file."""
    found = declared(context.settings, context.environ)
    context.doubts += found.problems
    rows = [(each.root, each.label, each.condition, _counting(each.because)) for each in found.entries]
    head = ("directory", "title", "if", "counts here")
    return f"\nMODULEPATH at first, by {found.path}:\n\n{table([head, *rows])}" if rows else ""


def _counting(because: str) -> str:
    return f"no: {because}" if because else "yes"


def _named(settings: Settings, asked: str) -> Setting:
    """Return the setting that a name means: ours, its variable, Lmod's short name, or Environment Modules' name."""
    plain = asked.lower().replace("-", "_")
    plain = _OF_TMOD.get(plain, plain)
    for row in ROWS:
        if plain in {row[0], row[1].lower(), row[4].lower()} - {""}:
            return settings.setting(row[0])
    from lmodpy.cli.refusals import nearest  # noqa: PLC0415 - only after an error

    near = nearest(plain, (word for row in ROWS for word in (row[0], row[1].lower())))
    hint = f"did you mean `{near[0]}`?" if near else "`module config` lists them"
    raise UsageError(f"there is no setting `{asked}`", hint=hint)


_OF_TMOD = {
    "color": "colorize",
    "colour": "colorize",
    "term_width": "width",
    "redirect_output": "redirect",
    "collection_pin_version": "pin_versions",
    "collection_target": "system_name",
    "rcfile": "system_rc",
}


def _fitting(setting: Setting, value: str) -> str:
    """Return a value that the setting can have."""
    choices = ("yes", "no") if setting.kind == "flag" else tuple(setting.kind.split("|"))
    plain = {"1": "yes", "on": "yes", "0": "no", "off": "no"}.get(value, value) if setting.kind == "flag" else value
    if setting.kind == "number" and as_number(value) is None:
        raise UsageError(f"{setting.variable} takes a number, not `{value}`")
    if setting.kind not in ("number", "text") and plain not in choices:
        raise UsageError(f"{setting.variable} takes {' or '.join(choices)}, not `{value}`")
    return plain


def _properties(rc: SiteRc) -> dict[str, dict[str, dict[str, object]]]:
    """Return the properties that are declared, with how they are shown."""
    return {
        name: {
            "validT": dict.fromkeys(sorted(one.values), 1),
            "displayT": {
                values: {
                    "short": f"({mark.letters})",
                    "long": f"({mark.letters})",
                    "doc": mark.meaning,
                    "color": mark.colour,
                    "full_color": mark.whole,
                }
                for values, mark in one.marks.items()
            },
        }
        for name, one in rc.properties.items()
    }


def _facts(context: Context) -> dict[str, str | int]:
    """Return what Lmod tells among its settings and cannot be set."""
    machine = os.uname()
    return {
        "lmodV": LMOD_VERSION,
        "luaV": _lua_version(),
        "lfsV": "1.8.0",
        "lua_path": "<empty>",
        "lua_cpath": "<empty>",
        "lua_term_A": "no",
        "numSC": len(places(context).site),
        "os_name": _os_name(),
        "pkg": "Pkg",
        "prefix": context.settings.text("prefix") or "<empty>",
        "shell": context.speaker.name,
        "tcl_version": "<empty>",
        "uname": f"{machine.sysname} {machine.nodename} {machine.release} {machine.version} {machine.machine}",
        "usrCacheDir": places(context).own or "<empty>",
        "z01_admin": context.settings.text("admin_file") or "<empty>",
    }


def _lua_version() -> str:
    return f"Lua {'.'.join(map(str, lua_runtime()().lua_version))}"


def _os_name() -> str:
    try:
        with open("/etc/os-release", encoding="utf-8") as file:
            lines = dict(line.rstrip("\n").partition("=")[::2] for line in file)
    except OSError:
        return os.uname().sysname
    return lines.get("PRETTY_NAME", os.uname().sysname).strip('"')
