"""What a sub-command works with; made step by step, since a question like `list` needs little of it."""

from __future__ import annotations

from lmodpy import system
from lmodpy.env.pathlist import Rules
from lmodpy.errors import UsageError
from lmodpy.session import recovery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lmodpy.cli.arguments import Line
    from lmodpy.config import Settings
    from lmodpy.env.diff import Diff
    from lmodpy.names.request import Request
    from lmodpy.session.session import Session
    from lmodpy.shells.base import Shell
    from lmodpy.tree.directory import Modulefile


class Context:
    """The line that was typed, what it was typed in, and what comes of it."""

    def __init__(
        self, line: Line, speaker: Shell, environ: Mapping[str, str], settings: Settings, say: Callable[[str], None]
    ) -> None:
        self.line = line
        self.speaker = speaker
        self.environ = environ
        self.settings = settings
        self.quiet = any(map(line.on, ("quiet", "expert", "initial_load"))) or settings.flag("quiet")
        self.say: Callable[[str], None] = (lambda _: None) if self.quiet else say
        self.listing: list[str] = []
        self.status = 0
        self.rules = Rules(
            duplicates=settings.flag("duplicate_paths") and not settings.flag("tmod_paths"),
            stay=settings.flag("tmod_paths"),
            home=environ.get("HOME", ""),
        )
        self.begun = recovery.start(environ, self.rules, self._find)
        self._session: Session | None = None
        if self.begun.taken_over:
            self._session = self.session

    @property
    def session(self) -> Session:
        """The session, opened when it is first asked for."""
        if self._session is None:
            from lmodpy.cli.opening import opened  # noqa: PLC0415 - some commands need none

            self._session = opened(self)
        return self._session

    def requests(self) -> list[Request]:
        """Return the arguments as requests for modules; at least one is wanted."""
        from lmodpy.names.request import Request, latest  # noqa: PLC0415 - some commands need none

        if not any(self.line.words):
            raise UsageError(
                f"`module {self.line.command}` takes the name of a module", hint="`module avail` lists them"
            )
        make = latest if self.line.on("latest") else Request.parse
        return [make(word) for word in self.line.words]

    def answer(self, data: Mapping[str, object]) -> None:
        """Answer with JSON instead of text, as `--json` asks for: `if context.line.on("json"): context.answer(…)`."""
        from lmodpy.report.data import json_text  # noqa: PLC0415 - only for programs

        self.listing.append(json_text(self.line.command, data))

    def width(self) -> int:
        """Return the columns of the terminal."""
        given = self.line.options.get("width") or self.settings.text("width") or self.environ.get("COLUMNS", "")
        if given.isdecimal() and int(given):
            return max(30, int(given))
        try:
            return system.get_terminal_size(2).columns or 80
        except OSError:
            return 80

    def colours(self) -> bool:
        """Say whether to colour: on a terminal, unless the user or the site says no."""
        wish = self.settings.text("colorize").lower()
        if wish in ("no", "off", "0"):
            return False
        return wish == "force" or ("NO_COLOR" not in self.environ and system.isatty(2))

    def finish(self) -> tuple[Diff, str]:
        """Return the difference for the shell, and what the user has to be told besides what was asked for."""
        if self._session is None:
            from lmodpy.env.diff import Diff  # noqa: PLC0415 - most commands have a session

            return Diff(), ""
        return self._session.finish(), "" if self.quiet else self._afterwards(self._session)

    def _find(self, request: Request) -> Modulefile | None:
        """Find a module before there is a session: to take over what another tool has loaded."""
        from lmodpy.cli.opening import tree  # noqa: PLC0415 - only in a session that was not ours

        roots = [root for root in self.environ.get("MODULEPATH", "").split(":") if root]
        return tree(self).find(request, roots)

    def _afterwards(self, session: Session) -> str:
        changes = session.changes()
        unmet = session.loaded.unmet() if self.line.command in _CHECKED else {}
        needs = [f"{name} needs {', '.join(names)}, which is not loaded any more" for name, names in unmet.items()]
        told = [self.begun.warning] if self.begun.warning else []
        warnings = [*told, *session.tree.warnings, *session.warnings, *needs]
        if not (warnings or any(changes)):
            return ""
        from lmodpy.report.listing import changes_text  # noqa: PLC0415 - most commands have nothing more to say
        from lmodpy.report.text import Style, warning_text  # noqa: PLC0415

        style = Style(colour=self.colours())
        return changes_text(changes, self.width(), style) + "".join(warning_text(text, style) for text in warnings)


_CHECKED = frozenset(("load", "unload", "swap", "update", "try-load"))
