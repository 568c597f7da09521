"""All that a site has, evaluated by several processes: for the programs that its admins run."""

from __future__ import annotations

import os
import time

from lmodpy.cli.arguments import Line
from lmodpy.cli.beside import processors
from lmodpy.cli.context import Context
from lmodpy.cli.evaluating import Pool
from lmodpy.cli.siteplaces import fits
from lmodpy.cli.walk import indexed, listener, memory, reader
from lmodpy.config import Settings
from lmodpy.errors import UsageError
from lmodpy.modulefile.hooks import texts
from lmodpy.report.software import Own, Site, usual
from lmodpy.session.state import STATE
from lmodpy.shells.base import shell
from lmodpy.spider.facts import Facts, Record
from lmodpy.spider.rows import Told, told
from lmodpy.tree.directory import base_of
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lmodpy.spider.memory import Memory

_OF_A_SESSION = frozenset((STATE, "LOADEDMODULES", "_LMFILES_"))


def directories(words: Sequence[str]) -> list[str]:
    """Return the directories that are named, each once, joined by colons or one by one; raises UsageError."""
    found = list(dict.fromkeys(root for word in words for root in word.split(":") if root))
    for root in found:
        if not root.startswith("/"):
            raise UsageError(f"`{root}` is no absolute path", hint=f"write {os.path.abspath(root)}")
    return found


def context(roots: Sequence[str], environ: Mapping[str, str], say: Callable[[str], None]) -> Context:
    """Return what a command works with in which nothing is loaded, and the user has said nothing."""
    found = {name: value for name, value in environ.items() if name not in _OF_A_SESSION}
    found["MODULEPATH"] = ":".join(roots)
    settings = Settings(found, {"ignore_user_rc": "yes"})
    line, speaker, paths = Line("spider", (), {}), shell("bash"), settings.site_files()
    if not paths:
        return Context(line, speaker, found, settings, say)
    from lmodpy.cli.site import Site as SiteFiles  # noqa: PLC0415 - not every site has such files

    files = SiteFiles(paths, settings, found, speaker, say)
    admin = Context(line, speaker, found, settings, say, files)
    files.goes_on(admin)
    return admin


def site(
    admin: Context,
    roots: Sequence[str],
    seen: Callable[[], None],
    more: Callable[[int], None] = lambda _: None,
    processes: int = 0,
    known: Memory | None = None,
    *,
    briefly: bool = False,
) -> Site:
    """Return every module that can be reached from some directories, and what it says.

    Evaluated are those of which that is not known, and those that were broken. `more` is called with the number of
    those that are seen to lie ahead, `seen` for each that was evaluated. `briefly`: it is enough to know of the others
    whether they are broken.
    """
    tree, settings = admin.session.tree, admin.settings
    remembered = known or memory(admin)
    seconds = settings.number("eval_timeout")
    read, now = reader(admin, elsewhere=True), time.time_ns()
    pool = Pool(lambda module: told(module, read, now), Told, _lost, processes or processors(), seconds)
    if known is not None:
        indexed(admin).meanwhile = pool.offer
    facts: dict[str, Facts] = {}
    hear = listener(admin)
    briefly = briefly and admin.hooks is None
    found_at = {base_of(root): root for root in reversed(roots)}
    reached = wave = list(dict.fromkeys(found_at[base_of(root)] for root in roots))
    try:
        while wave:
            modules = {module.path: module for root in wave for module in tree.all(root) if module.path not in facts}
            recalled = remembered.recall(modules.values(), briefly=briefly)
            facts |= {path: said for path, said in recalled.items() if not said.broken}
            new = [module for module in modules.values() if module.path not in facts]
            more(len(new))
            for module, answer in pool.answers(new):
                said = remembered.take(module, answer, briefly=briefly)
                facts[module.path] = hear(module, said)
                if facts[module.path] is not said:
                    remembered.learn(module, facts[module.path])
                seen()
            opened = (path for name in modules for path in facts[name].opens)
            wave = [path for path in dict.fromkeys(map(base_of, opened)) if path not in found_at]
            found_at |= {path: path for path in wave}
            reached = reached + wave
    finally:
        pool.close()
    records = [made(Record, (module, facts[module.path])) for root in reached for module in tree.all(root)]
    built = Site(roots, reached, records, tree, own(admin))
    for text in (*(admin.site.warnings if admin.site else ()), *admin.doubts):
        admin.say(f"lmodpy: warning: {text}\n")
    return built


def _lost(text: str) -> Told:
    return Told("", "", "", Facts(broken=text))


def own(admin: Context) -> Own:
    """Return which directories are a module's own, as reverse maps tell of them."""
    found, files = usual(admin.settings.text("site_name")), admin.site
    if files and files.patterns:
        is_home, is_library = (fits(admin, pattern) for pattern in files.patterns)
        found = found._replace(is_home=is_home, is_library=is_library)
    if files and "reverseMapPathFilter" in files.hooks:
        keeps, ignores = map(texts, (files.hooks.apply("reverseMapPathFilter") or {1: {}, 2: {}}).values())
        found = found._replace(keeps=keeps, ignores=ignores)
    return found
