"""What a sub-command works with; made step by step, since a question like `list` needs little of it."""

from __future__ import annotations

from lmodpy import system
from lmodpy.config import NO
from lmodpy.env.rules import Rules
from lmodpy.errors import UsageError
from lmodpy.session import recovery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lmodpy.cli.arguments import Line
    from lmodpy.cli.site import Site
    from lmodpy.cli.siterc import SiteRc
    from lmodpy.cli.trees import Evaluators
    from lmodpy.cli.watch import Watch
    from lmodpy.config import Settings
    from lmodpy.env.diff import Diff
    from lmodpy.names.request import Request
    from lmodpy.session.session import Session
    from lmodpy.session.view import View
    from lmodpy.shells.base import Shell
    from lmodpy.spider.index import Index
    from lmodpy.tree.directory import Modulefile
    from lmodpy.tree.tree import Tree


class Context:
    """The line that was typed, what it was typed in, and what comes of it."""

    def __init__(
        self,
        line: Line,
        speaker: Shell,
        environ: Mapping[str, str],
        settings: Settings,
        say: Callable[[str], None],
        site: Site | None = None,
    ) -> None:
        self.line = line
        self.speaker = speaker
        self.environ = environ
        self.settings = settings
        self.quiet = settings.flag("quiet") or settings.flag("expert")
        self.say: Callable[[str], None] = (lambda _: None) if self.quiet else say
        self.listing: list[str] = []
        self.notes: list[str] = []
        """What goes to stderr, whatever becomes of the listing."""
        self.answered: Mapping[str, object] | None = None
        """The answer to a program, in place of the listing."""
        self.instead: Diff | None = None
        """What the shell is told in place of what happened here."""
        self.runs = False
        """Whether the shell is to run a program, whose status is that of the command."""
        self.afterwards: list[Callable[[], None]] = []
        """What is to be done once the command has succeeded; it raises LmodError if it cannot."""
        self.watch = self._watch(say)
        self.status = 0
        self.rules = Rules(
            duplicates=settings.flag("duplicate_paths") and not settings.flag("tmod_paths"),
            stay=settings.flag("tmod_paths"),
            home=environ.get("HOME", ""),
        )
        self.doubts: list[str] = []
        """What was doubtful in the site's files."""
        self._evaluators: Evaluators | None = site.evaluators if site else None
        self.site = site
        """What the site's files have set up, if it has any."""
        self.hooks = site.hooks if site else None
        self._site_rc: SiteRc | None = None
        self.index: Index | None = None
        """What is known of the trees from earlier commands, once it is asked for."""
        self._tree: Tree | None = None
        self._view: View | None = None
        self._session: Session | None = None
        self.begun = recovery.start(environ, self.rules, self._find)
        if self.begun.taken_over:
            self._session = self.session

    @property
    def session(self) -> Session:
        """The session, opened when it is first asked for."""
        if self._session is None:
            from lmodpy.cli.opening import opened  # noqa: PLC0415 - some commands need none

            self._session = opened(self)
            if self._view is not None:
                self._session.warnings[:0] = self._view.warnings
                self._session.named |= self._view.named
        return self._session

    @property
    def view(self) -> View:
        """What can be asked without a session; the session, if there is one."""
        if self._session is not None:
            return self._session
        if self._view is None:
            from lmodpy.cli.trees import view  # noqa: PLC0415 - some commands ask nothing

            self._view = view(self)
        return self._view

    @property
    def tree(self) -> Tree:
        """The tree of modulefiles, as the settings want it to be read."""
        if self._tree is None:
            from lmodpy.cli.trees import tree  # noqa: PLC0415 - some commands look for no modulefile

            self._tree = tree(self)
        return self._tree

    @property
    def has_session(self) -> bool:
        """Say whether the session has been opened."""
        return self._session is not None

    @property
    def evaluators(self) -> Evaluators:
        """What runs modulefiles and the site's files."""
        if self._evaluators is None:
            from lmodpy.cli.trees import Evaluators  # noqa: PLC0415 - some commands run none

            self._evaluators = Evaluators(self.environ, self.speaker, self.say)
        self._evaluators.context = self
        return self._evaluators

    @property
    def site_rc(self) -> SiteRc:
        """What lmodrc files declare; they are read when it is first asked for."""
        if self._site_rc is None:
            from lmodpy.cli.siterc import read  # noqa: PLC0415 - few modules have properties

            self._site_rc = read(self)
        return self._site_rc

    def requests(self) -> list[Request]:
        """Return the arguments as requests for modules; at least one is wanted."""
        from lmodpy.names.request import requests  # noqa: PLC0415 - some commands need none

        if not any(self.line.words):
            raise UsageError(
                f"`module {self.line.command}` takes the name of a module", hint="`module avail` lists them"
            )
        return requests(self.line.words, newest=self.line.on("latest"))

    def answer(self, data: Mapping[str, object]) -> None:
        """Answer with JSON instead of text, as `--json` asks for: `if context.line.on("json"): context.answer(…)`."""
        self.answered = data

    def width(self) -> int:
        """Return the columns of the terminal."""
        wish = int(self.settings.number("width"))
        given = str(wish) if wish else self.environ.get("COLUMNS", "")
        if given.isdecimal() and int(given):
            return max(30, int(given))
        try:
            return system.get_terminal_size(2).columns or 80
        except OSError:
            return 80

    def colours(self) -> bool:
        """Say whether to colour; what goes to stdout may be read by a program."""
        return colours(self.settings, self.environ, terminal=not self.settings.flag("redirect"))

    def finish(self) -> tuple[Diff, str]:
        """Return the difference for the shell, and what the user has to be told besides what was asked for."""
        diff = self.instead
        if self._session is not None:
            made = self._session.finish()
            diff = made if diff is None else diff
        if diff is None:
            from lmodpy.env.diff import Diff  # noqa: PLC0415 - most commands have a session

            diff = Diff()
        for task in self.afterwards:
            task()
        self.keep_index()
        told = "".join(self.notes) + self._nag()
        if self.answered is not None:
            self._answer(self.answered)
        elif not self.quiet:
            told += self._afterwards()
        return diff, told + (self.watch.times() if self.watch else "")

    def keep_index(self) -> None:
        """Write what was learned about trees, unless the site does not want that."""
        if self.index is not None and not (self.site and self.site.keeps_no_cache()):
            self.index.save()

    def _nag(self) -> str:
        """Return what the site says about the modules that were loaded."""
        session = self._session
        if session is None or self.quiet:
            return ""
        before = {module.path for module in self.begun.state.modules if module.active}
        loaded = [module for module in session.loaded.active() if module.path not in before]
        path = self.settings.admin_list() if loaded else ""
        if not path:
            return ""
        from lmodpy.cli.nag import notes  # noqa: PLC0415 - few sites have such a file

        return notes(self, path, loaded)

    def _answer(self, data: Mapping[str, object]) -> None:
        """Write the answer for a program; warnings are a part of it, so that nothing stands around the object."""
        from lmodpy.report.data import json_text  # noqa: PLC0415 - only for programs

        self.listing.append(json_text(self.line.command, {**data, "warnings": self._warnings()}))

    def _watch(self, say: Callable[[str], None]) -> Watch | None:
        """Return what tells what is read, if the user wants to know."""
        settings, timer = self.settings, self.line.on("timer")
        level = settings.number("debug_level")
        if not (timer or level or settings.flag("trace")):
            return None
        from lmodpy.cli.watch import Watch  # noqa: PLC0415 - for those who look for a fault

        return Watch(say, self.line, level=int(level), trace=settings.flag("trace"), timer=timer)

    def _find(self, request: Request) -> Modulefile | None:
        """Find a module before there is a session: to take over what another tool has loaded."""
        roots = [root for root in self.environ.get("MODULEPATH", "").split(":") if root]
        return self.tree.find(request, roots)

    def _warnings(self) -> list[str]:
        """Return what was doubtful."""
        session = self._session or self._view
        worded = self._worded(session) if session else []
        doubts = [
            *(self.site.warnings if self.site else ()),
            *self.doubts,
            *(f"{name}: {what}" for name, what in self.settings.doubts.items()),
        ]
        if session is None:
            return doubts
        unmet = session.loaded.unmet() if self.line.command in _CHECKED else {}
        needs = [f"{name} needs {', '.join(names)}, which is not loaded any more" for name, names in unmet.items()]
        begun = [self.begun.warning] if self.begun.warning else []
        return [*begun, *session.tree.warnings, *worded, *needs, *doubts]

    def worded(self, kind: str, text: str, name: str, about: Mapping[str, str]) -> str:
        """Return a message that Lmod has a name for in the words of the site, if it has any."""
        return self.site.worded(kind, name, text, about) if self.site and name else text

    def _worded(self, session: View) -> list[str]:
        return [self.worded("lmodwarning", text, *session.named.get(text, ("", {}))) for text in session.warnings]

    def _afterwards(self) -> str:
        """Tell what else has happened, and what was doubtful."""
        changes = self._session.changes() if self._session is not None else ()
        warnings = self._warnings()
        if not (warnings or any(changes)):
            return ""
        from lmodpy.report.listing import changes_text  # noqa: PLC0415 - most commands have nothing more to say
        from lmodpy.report.text import Style, warning_text  # noqa: PLC0415

        style = Style(colour=self.colours())
        told = ""
        if self.site and changes:
            changes, told = self.site.swaps(changes)
        told += changes_text(changes, self.width(), style) if changes else ""
        return told + "".join(warning_text(text, style) for text in warnings)


def colours(settings: Settings, environ: Mapping[str, str], *, terminal: bool = True) -> bool:
    """Say whether to colour: on a terminal that can, unless the user or the site says no."""
    wish = settings.text("colorize").lower()
    if wish == "force" or wish in NO:
        return wish == "force"
    able = environ.get("TERM", "") not in ("", "dumb") and not environ.get("NO_COLOR")
    return terminal and able and system.isatty(2)


_CHECKED = frozenset(("load", "unload", "swap", "update", "try-load"))
