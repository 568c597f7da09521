"""Where the index files of a command lie."""

from __future__ import annotations

from lmodpy import __version__
from lmodpy.spider.index import Index, Places
from lmodpy.spider.stamps import stamp_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.cli.context import Context
    from lmodpy.config import Settings
    from lmodpy.tree.choice import Options


def index(context: Context, options: Options) -> Index:
    """Return the index; one that knows nothing and keeps nothing, where caches are to be ignored."""
    where = Places() if ignored(context) else places(context)
    return Index(where, options, named(context.settings), evaluated_with(context))


def evaluated_with(context: Context) -> str:
    """Return what tells that the site's files, whose words modulefiles may say, have changed."""
    stamps = [f"{path} {stamp_of(path)}" for path in context.settings.site_files()] if context.site else []
    asked = context.site.patterns if context.site else ()
    return " ".join((*stamps, context.settings.text("plugins"), *asked))


def named(settings: Settings) -> str:
    """Return our version, and the settings that decide what is a modulefile and what it may do when it is read."""
    decide = ("allow_tcl", "max_depth", "ignored_files", "spider_programs")
    return " ".join((__version__, *map(settings.text, decide)))


def ignored(context: Context) -> bool:
    """Say whether the user wants no cache."""
    return context.line.on("ignore_cache") or context.settings.flag("ignore_cache")


def places(context: Context) -> Places:
    """Return the user's directory for index files, and those of the site."""
    home, base = context.environ.get("HOME", ""), context.environ.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):
        base = f"{home}/.cache" if home.startswith("/") else ""
    named = context.settings.text("site_caches").split(":")
    own, vouched = f"{base}/lmodpy" if base else "", context.settings.flag("site_vouches")
    caches = context.site_rc.caches if context.settings.lmodrc_files() else ()
    if caches or context.hooks:
        from lmodpy.cli.siteplaces import is_newer, named_for_group, of_host  # noqa: PLC0415 - few sites have them

        told = [of_host(context, *cache) for cache in caches]
        vouched = vouched and all(is_newer(*cache) for cache in told)
        named, own = [*named, *(directory for directory, _ in told)], named_for_group(context, own)
    return Places(own, tuple(dict.fromkeys(filter(None, named))), vouched)
