"""What lmodrc.lua files declare: properties of modules, and where the site's caches are."""

from __future__ import annotations

from lmodpy import system
from lmodpy.errors import ModulefileError
from lmodpy.modulefile.properties import PROPERTIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NamedTuple

    from lmodpy.cli.context import Context
    from lmodpy.modulefile.properties import Property
else:
    from lmodpy.values import NamedTuple


class SiteRc(NamedTuple):
    """What the lmodrc files say together; of a property that several declare, the last one counts."""

    files: tuple[str, ...] = ()
    properties: Mapping[str, Property] = PROPERTIES
    caches: tuple[tuple[str, str], ...] = ()
    """Directories of caches, each with the time stamp file that belongs to it."""


def read(context: Context) -> SiteRc:
    """Read the lmodrc files that there are; one that is broken is warned of, and counts as empty."""
    properties, caches, files = dict(PROPERTIES), [], []
    for path in _places(context):
        if not system.is_file(path):
            continue
        from lmodpy.cli.lmodrc import caches_of, properties_of, said  # noqa: PLC0415 - many sites have none

        files.append(path)
        try:
            tables = said(context, path)
            properties |= properties_of(tables.get("propT"), path)
            caches += caches_of(tables.get("scDescriptT"), path)
        except ModulefileError as error:
            context.doubts.append(f"{error.where or path}: {error.text}; the file counts as empty")
    return SiteRc(tuple(files), properties, tuple(caches))


def _places(context: Context) -> list[str]:
    """Return where lmodrc files may lie, those that count more later."""
    settings, home = context.settings, context.environ.get("HOME")
    prefix, site = settings.text("prefix"), settings.text("config_dir")
    found = [f"{prefix}/etc/lmodrc.lua"] if prefix else []
    found += [f"{site}/lmodrc.lua", "/etc/lmodrc.lua"]
    found += [f"{home}/.lmodrc.lua"] if home else []
    return list(dict.fromkeys([*found, *filter(None, settings.text("more_rc").split(":"))]))
