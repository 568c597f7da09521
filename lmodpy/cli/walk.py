"""The walk over everything reachable, as commands begin it: `spider`, `keyword`, and the hints of a failed load."""

from __future__ import annotations

import time
from _signal import SIG_BLOCK, SIG_DFL, SIG_UNBLOCK, SIGINT, SIGKILL, getsignal, pthread_sigmask, sigwait
from _thread import start_new_thread

from lmodpy import patience, system
from lmodpy.cli.indexing import index
from lmodpy.errors import LmodError, UsageError
from lmodpy.spider.crawl import Crawl
from lmodpy.spider.memory import Memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from lmodpy.cli.context import Context
    from lmodpy.session.session import Session
    from lmodpy.spider.facts import Facts, Record
    from lmodpy.spider.index import Index
    from lmodpy.tree.directory import Modulefile

PATIENCE = 1.0
"""Seconds after which a person at a terminal is shown that something happens."""
_AGAIN = 0.1


def walk(
    context: Context,
    in_time: Callable[[], bool] = lambda: True,
    *,
    thorough: bool = True,
    seen: Callable[[], None] = lambda: None,
) -> Crawl:
    """Return what is reachable from MODULEPATH; `seen` is called for each modulefile that is evaluated.

    Modulefiles are read as if nothing were loaded, so that what they say does not depend on the session. `thorough`
    is for commands that ask for what all of them say, not for a few.
    """
    return Crawl(context.view.roots(), context.tree, memory(context, seen, thorough=thorough), in_time)


def memory(context: Context, seen: Callable[[], None] = lambda: None, *, thorough: bool = True) -> Memory:
    """Return what modulefiles have said to earlier commands, and say now if they are read, which `seen` is told of."""
    readers: list[Callable[[Modulefile], Facts]] = []

    def read(module: Modulefile) -> Facts:
        seen()
        if not readers:
            readers.append(reader(context))
        return readers[0](module)

    return Memory(indexed(context), context.tree, read, thorough=thorough)


def indexed(context: Context) -> Index:
    """Return the index that the command goes by."""
    if context.index is None:
        context.index = index(context, context.tree.options)
    return context.index


def reader(context: Context, *, elsewhere: bool = False) -> Callable[..., Facts]:
    """Return what evaluates a modulefile, as if nothing were loaded, and tells what it says about itself.

    It may be given what the file holds, too, if that was just read.
    `elsewhere`: in another process, so that who asks lets the site hear of it, by a `listener`.
    """
    from lmodpy.cli.again import endless  # noqa: PLC0415 - only where something is not known yet

    session, home, given_up = _reader(context), context.environ.get("HOME", ""), endless()
    is_place = _place_of_site(context) if context.site and context.site.patterns else None
    hear = _unheard if elsewhere else listener(context, session)

    def read(module: Modulefile, content: bytes | None = None) -> Facts:
        if module.path in given_up:
            return _late(context, module)
        return hear(module, _facts(session, module, home, is_place, content))

    return read


def listener(context: Context, session: Session | None = None) -> Callable[[Modulefile, Facts], Facts]:
    """Return what lets the site hear that a modulefile was evaluated, and adds to the facts what its hook says."""
    hooks = context.hooks
    if hooks is None or "load_spider" not in hooks:
        return _unheard
    from lmodpy.session.frame import Frame  # noqa: PLC0415 - few sites have such a hook
    from lmodpy.spider.gathered import facts_of, joined  # noqa: PLC0415

    blank, home = session or _reader(context), context.environ.get("HOME", "")

    def hear(module: Modulefile, facts: Facts) -> Facts:
        frame, mark = Frame(blank, "spider", module), blank.env.mark()
        told = {"fn": module.path, "modFullName": module.full_name, "sn": module.name}
        try:
            hooks.apply("load_spider", told, host=frame)
        finally:
            blank.env.rollback(mark)
        return joined(facts, facts_of(frame.journal, home)) if frame.journal else facts

    return hear


def _unheard(_: Modulefile, facts: Facts) -> Facts:
    return facts


def reachable(context: Context) -> list[Record]:
    """Return a record of every module that could be loaded, now or after others; hidden ones as `spider` shows them."""
    with searching(context) as progress:
        crawl, shows = walk(context, limit(context), seen=progress.seen), shows_hidden(context)
        return [record for record in crawl.records(loosely=True) if shows or not record.module.hidden]


class searching:  # noqa: N801 - used as a word: `with searching(context) as progress`
    """Lends what shows how far a search has come; what it has learned is kept, even if an error or Ctrl-C ends it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._progress = Progress(context)
        self._waits = False

    def __enter__(self) -> Progress:
        """Begin; as long as nothing is learned, there is nothing to keep."""
        if getsignal(SIGINT) is SIG_DFL:  # a program that uses us says itself what happens
            self._progress.learns = self._wait
            indexed(self._context).meanwhile = lambda _: self._wait()
        return self._progress

    def _wait(self) -> None:
        """Let a thread wait for Ctrl-C from now on."""
        if not self._waits:
            self._waits = True
            pthread_sigmask(SIG_BLOCK, (SIGINT,))
            start_new_thread(_end, (self._context, self._progress))

    def __exit__(self, *_error: object) -> None:
        """Keep what was learned."""
        self._progress.end()
        if self._waits:
            pthread_sigmask(SIG_UNBLOCK, (SIGINT,))
        self._context.keep_index()


def _end(context: Context, progress: Progress) -> None:
    """Wait for Ctrl-C, in a thread, since nothing else gets a turn while Lua works; keep what was learned, and end."""
    sigwait((SIGINT,))
    pthread_sigmask(SIG_UNBLOCK, (SIGINT,))  # another one does not wait
    try:
        for child in tuple(patience.watch.children):
            try:
                system.kill(child, SIGKILL)
            except OSError:
                continue
        progress.end()
        context.keep_index()
    finally:
        system.kill(system.process(), SIGINT)


def limit(context: Context) -> Callable[[], bool]:
    """Return what says whether to go on, as --spider_timeout limits it."""
    text = context.line.options.get("spider_timeout", "")
    if not text:
        return lambda: True
    if not text.replace(".", "", 1).isdecimal():
        raise UsageError(f"--spider_timeout takes a number of seconds, not `{text}`")
    deadline = time.monotonic() + float(text)
    return lambda: time.monotonic() < deadline


def shows_hidden(context: Context) -> bool:
    """Say whether hidden modules are looked at, too."""
    return context.line.on("all") or context.settings.shows_hidden("spider")


class Progress:
    """A line on the terminal that says how far a long walk has come; nobody sees it who does not wait."""

    def __init__(self, context: Context) -> None:
        line = context.line
        self._say = context.say
        self._count = 0
        self._next = time.monotonic() + PATIENCE
        self._shows = system.isatty(2) and not (line.on("terse") or line.on("json"))
        self._shown = False
        self.learns: Callable[[], None] = lambda: None
        """Is told of each modulefile before that is read."""

    def seen(self) -> None:
        """Note that another modulefile is being read."""
        self.learns()
        self._count += 1
        if self._shows and time.monotonic() > self._next:
            self._next = time.monotonic() + _AGAIN
            self._shown = True
            self._say(f"\r{self._count} modulefiles read (Ctrl-C ends the search) ")

    def end(self) -> None:
        """Take the line away."""
        if self._shown:
            self._say("\r\033[K")


def _reader(context: Context) -> Session:
    """Return a session in which nothing is loaded; what modulefiles tell and warn of in it is not heard."""
    from lmodpy.env.environment import Environment  # noqa: PLC0415 - where facts are kept, few modulefiles are evaluated
    from lmodpy.session.session import Session  # noqa: PLC0415
    from lmodpy.session.state import State  # noqa: PLC0415

    speaker = context.speaker
    return Session(
        Environment(context.environ, {}, context.rules),
        State(),
        context.tree,
        context.evaluators.evaluator,
        context.settings,
        shell_is=(speaker.name, speaker.kind),
    )


def _place_of_site(context: Context) -> Callable[[str], bool] | None:
    """Return what says whether a variable is one by which the site's packages tell where they lie."""
    from lmodpy.cli.siteplaces import fits  # noqa: PLC0415 - few sites have variables of their own

    found = [fits(context, pattern) for pattern in context.site.patterns] if context.site else []
    return lambda variable: any(fit(variable) for fit in found)


def _facts(
    reader: Session,
    module: Modulefile,
    home: str,
    is_place: Callable[[str], bool] | None,
    content: bytes | None,
) -> Facts:
    from lmodpy.session.frame import Frame  # noqa: PLC0415 - as above
    from lmodpy.spider.gathered import facts_of  # noqa: PLC0415

    frame, mark, broken = Frame(reader, "spider", module), reader.env.mark(), ""
    frame.content = content
    patience.watch.looks_at = module.path
    try:
        frame.run()
    except LmodError as error:  # what it has said until then counts
        where = getattr(error, "where", "")
        broken = f"{error.text}{f' ({where})' if where else ''}"
    finally:
        reader.env.rollback(mark)
        patience.watch.looks_at = ""
    return facts_of(frame.journal, home, broken, is_place)


def _late(context: Context, module: Modulefile) -> Facts:
    """Return what is known of a modulefile that does not come to its end."""
    from lmodpy.spider.facts import Facts  # noqa: PLC0415 - as good as never

    seconds = context.settings.number("eval_timeout")
    what = f"has not come to its end within {seconds:g} seconds (LMODPY_EVAL_TIMEOUT)"
    return Facts(broken=f"{module.full_name} {what} ({module.path})")
