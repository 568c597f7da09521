"""What lmodrc.lua files declare: properties of modules, and where the site's caches are."""

from __future__ import annotations

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
    properties, caches, files = dict(PROPERTIES), [], context.settings.lmodrc_files()
    for path in files:
        from lmodpy.cli.lmodrc import caches_of, properties_of, said  # noqa: PLC0415 - many sites have none

        try:
            tables = said(context, path)
            properties |= properties_of(tables.get("propT"), path)
            caches += caches_of(tables.get("scDescriptT"), path)
        except ModulefileError as error:
            context.doubts.append(f"{error.where or path}: {error.text}; the file counts as empty")
    return SiteRc(tuple(files), properties, tuple(caches))
