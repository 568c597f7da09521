"""The program `update_lmod_system_cache_files`: what a site's cron job calls, for lmodpy's cache and for Lmod's."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager, suppress
from signal import SIG_DFL, SIGINT, signal

from lmodpy import system
from lmodpy.cli.caching import noting
from lmodpy.cli.entry import complain
from lmodpy.cli.sitewide import context, directories
from lmodpy.cli.spiderprogram import evaluated, say
from lmodpy.cli.walk import memory
from lmodpy.config import Settings
from lmodpy.errors import LmodError, UsageError
from lmodpy.report.software import STYLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lmodpy.report.software import Site

_MAPS = {
    "r": ("reverseMapT", "reverseMapT.lua"),
    "J": ("jsonReverseMapT", "jsonReverseMapT.json"),
    "K": ("xalt_rmapT", "xalt_rmapT.json"),
}
"""By option, the style and the file of a reverse map."""


def main() -> None:
    """Run the program as `sys.argv` says."""
    signal(SIGINT, SIG_DFL)
    try:
        update(sys.argv[1:], dict(os.environ))
    except LmodError as error:
        complain(error)
        sys.exit(error.status)
    except OSError as error:
        complain(LmodError(f"cannot write {error.filename}: {error.strerror}"))
        sys.exit(1)


def update(words: Sequence[str], environ: Mapping[str, str]) -> None:
    """Write the files that are asked for; raises LmodError and OSError."""
    given = _parser().parse_args(words)
    place = given.d or _only_cache(environ)
    roots = directories(given.modulepath)
    if not roots:
        raise UsageError("the directories of modulefiles are missing", hint='give "$MODULEPATH" as the last argument')
    os.makedirs(place, exist_ok=True)
    with _stamped(given.t):
        admin = context(roots, environ, say)
        index = noting(admin, os.path.abspath(place))
        known = memory(admin)
        site = evaluated(admin, roots, tell=True, known=known)
        if not site.records:
            raise LmodError(f"there is no module in {' and '.join(roots)}, so the cache stays as it is")
        write(place, "spiderT.lua", STYLES["spiderT"](site, given.t), keep=True)
        _drop_compiled(place)
        index.update(known)
        _write_maps(given, site, given.R or os.path.join(os.path.dirname(os.path.abspath(place)), "reverseMapD"))


def write(place: str, name: str, text: str, *, keep: bool = False) -> None:
    """Replace a file in a directory; `keep` leaves the one before it under the name `….old.…`."""
    path = os.path.join(place, name)
    new = f"{path}.{os.getpid()}.new"
    try:
        with open(new, "wb") as file:
            file.write(system.encode(text))
        if keep and os.path.exists(path):
            stem, extension = os.path.splitext(path)
            _link(path, f"{stem}.old{extension}")
        os.replace(new, path)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(new)
        if isinstance(error, OSError):
            error.filename = path  # a disk that is full does not say for which file
        raise


def _link(path: str, old: str) -> None:
    """Give a file another name, too, so that there is never a moment without it."""
    with suppress(FileNotFoundError):
        os.unlink(old)
    os.link(path, old)


def _write_maps(given: argparse.Namespace, site: Site, place: str) -> None:
    for option, (style, name) in _MAPS.items():
        if getattr(given, option) or (option == "r" and given.R):
            os.makedirs(place, exist_ok=True)
            write(place, name, STYLES[style](site, given.t), keep=True)


@contextmanager
def _stamped(stamp: str) -> Iterator[None]:
    """Write a time stamp, and put it into its place when all went well: what was built meanwhile is newer."""
    if not stamp:
        yield
        return
    begun = f"{stamp}.{os.getpid()}.new"
    os.makedirs(os.path.dirname(stamp) or ".", exist_ok=True)
    try:
        with open(begun, "w", encoding="ascii"):
            pass
        yield
        os.replace(begun, stamp)
    finally:
        with suppress(OSError):
            os.unlink(begun)


def _drop_compiled(place: str) -> None:
    """Take away what a Lmod has compiled here before: it would be believed instead of what is new."""
    for name in os.listdir(place):
        if name.startswith(("spiderT.luac", "spiderT.old.luac")):
            os.unlink(os.path.join(place, name))


def _only_cache(environ: Mapping[str, str]) -> str:
    places = [place for place in Settings(environ).text("site_caches").split(":") if place]
    if len(places) != 1:
        raise UsageError("where is the cache to be?", hint="-d DIRECTORY, or one directory in LMOD_SPIDER_CACHE_DIRS")
    return places[0]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="update_lmod_system_cache_files",
        description="Build the cache of a site, and maps from directories to modules.",
        allow_abbrev=False,
    )
    parser.add_argument("modulepath", nargs="*", metavar="MODULEPATH", help="the directories of modulefiles")
    parser.add_argument("-d", default="", metavar="DIR", help="where the cache is (LMOD_SPIDER_CACHE_DIRS)")
    parser.add_argument("-t", default="", metavar="FILE", help="a time stamp that the cache will be newer than")
    parser.add_argument("-r", action="store_true", help="write reverseMapT.lua, too")
    parser.add_argument("-R", default="", metavar="DIR", help="the same, into DIR instead of ../reverseMapD")
    parser.add_argument("-J", action="store_true", help="write jsonReverseMapT.json, too")
    parser.add_argument("-K", action="store_true", help="write xalt_rmapT.json, too")
    parser.add_argument("-H", action="help", help="show this")
    ignored = parser.add_argument_group("options of Lmod that have no effect")
    ignored.add_argument("-D", action="store_true")
    ignored.add_argument("-X", action="store_true")
    return parser
