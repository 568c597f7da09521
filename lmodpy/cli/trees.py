"""The tree of modulefiles, read as the settings want it, what can be asked of it, and what runs the files in it."""

from __future__ import annotations

from lmodpy import system
from lmodpy.errors import LmodError
from lmodpy.session.view import View
from lmodpy.tree.directory import ignored_by_default
from lmodpy.tree.tree import Found, Options, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lmodpy.cli.context import Context
    from lmodpy.config import Settings
    from lmodpy.modulefile.lua import LuaEvaluator
    from lmodpy.modulefile.questions import Host
    from lmodpy.modulefile.tcl import TclEvaluator
    from lmodpy.shells.base import Shell


def tree(context: Context) -> Tree:
    """Return the tree of modulefiles, as the settings want it to be read."""
    options = tree_options(context, context.evaluators)

    def found(root: str) -> Found:
        if context.index is None:
            from lmodpy.cli.indexing import index  # noqa: PLC0415 - `load` asks for names only

            context.index = index(context, options)
        return context.index.found(root)

    return Tree(context.evaluators.read_rc, options, _system_rc(context.settings), _user_rc(context), found)


def view(context: Context) -> View:
    """Return what can be asked without a session."""
    return View(context.environ, context.begun.state, context.tree)


class Evaluators:
    """What runs modulefiles and rc files, by their kind; made when the first of a kind must run."""

    def __init__(self, environ: Mapping[str, str], speaker: Shell, say: Callable[[str], None]) -> None:
        self.context: Context | None = None
        """The command at work; the site's files run before there is one."""
        self._environ = environ
        self._speaker = speaker
        self._say = say
        self._lua: LuaEvaluator | None = None
        self._tcl: TclEvaluator | None = None

    def evaluator(self, path: str) -> Callable[[str, Host], None]:
        """Return what runs this modulefile."""
        if not path.endswith(".lua"):
            return self.tcl().run
        return self.lua().run

    def read_rc(self, path: str) -> list[object]:
        """Return what an rc file says."""
        from lmodpy.modulefile.rcwords import RcHost  # noqa: PLC0415 - rc files are rare

        host = RcHost(self._environ, self._say, (self._speaker.name, self._speaker.kind), path)
        if path.endswith(".lua"):
            return self.lua().run_rc(path, host)
        from lmodpy.modulefile.tclrcfiles import COMMANDS  # noqa: PLC0415 - most are mere lists

        return self.tcl().run_rc(path, host, COMMANDS)

    def matches(self, pattern: str, text: str) -> bool:
        """Say whether a text has something in it that a Lua pattern describes."""
        return self.lua().matches(pattern, text)

    def ignores(self, patterns: str) -> Callable[[str], bool]:
        """Return what says whether a file's name is matched by one of some patterns, given as a table of Lua's."""
        try:
            listed = self.lua().strings(patterns)
        except LmodError as error:
            error.text = f"LMOD_FILE_IGNORE_PATTERNS: {error.text}"
            error.hint = """it looks like { "%.old$", "^README" }"""
            raise
        return lambda name: any(self.matches(pattern, name) for pattern in listed)

    def lua(self) -> LuaEvaluator:
        """Return the evaluator for Lua."""
        if self._lua is None:
            from lmodpy.modulefile.lua import LuaEvaluator  # noqa: PLC0415 - many commands run no modulefile

            self._lua = LuaEvaluator()
        return self._lua

    def tcl(self) -> TclEvaluator:
        """Return the evaluator for Tcl."""
        if self._tcl is None:
            from lmodpy.cli.tcl import Surroundings, interpreter  # noqa: PLC0415 - most modulefiles are Lua
            from lmodpy.modulefile.tcl import TclEvaluator  # noqa: PLC0415

            context = self.context
            if context is None:
                raise LmodError("Tcl cannot be run before there is a command")
            self._tcl = TclEvaluator(lambda: interpreter(context), Surroundings(context))
        return self._tcl


def tree_options(context: Context, evaluators: Evaluators) -> Options:
    """Return how the settings want trees to be read."""
    line, settings = context.line, context.settings
    patterns = settings.text("ignored_files")
    depths = (item.rpartition(":") for item in settings.text("max_depth").split(";"))
    return Options(
        exact_match=settings.flag("exact_match"),
        extended_default=settings.flag("extended_default"),
        find_first=settings.flag("find_first"),
        show_hidden=line.on("all") or settings.shows_hidden("load"),
        allow_tcl=settings.flag("allow_tcl"),
        dot_alias=settings.flag("dot_alias"),
        nearly_days=settings.number("nearly_forbidden_days"),
        max_depth={root: int(depth) for root, _, depth in depths if root and depth.isdecimal()} or None,
        is_ignored=evaluators.ignores(patterns) if patterns else ignored_by_default,
        matches=evaluators.matches,
        **(context.site.options() if context.site else {}),
    )


def _system_rc(settings: Settings) -> list[str]:
    return settings.rc_files(settings.system_rc())


def _user_rc(context: Context) -> list[str]:
    home = "" if context.settings.flag("ignore_user_rc") else context.environ.get("HOME")
    found = (f"{home}/{name}" for name in (".modulerc.lua", ".modulerc"))
    return [path for path in found if home and system.is_file(path)][:1]
