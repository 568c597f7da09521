"""A session, opened on what is found in the environment."""

from __future__ import annotations

from lmodpy import system
from lmodpy.env.environment import Environment
from lmodpy.errors import ModulefileError
from lmodpy.session.session import Session
from lmodpy.tree.tree import Options, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lmodpy.cli.arguments import Line
    from lmodpy.cli.context import Context
    from lmodpy.config import Settings
    from lmodpy.modulefile.lua import LuaEvaluator
    from lmodpy.modulefile.questions import Host


def opened(context: Context) -> Session:
    """Open the session; what another tool kept about a session that is taken over goes."""
    begun, environ = context.begun, context.environ
    env = Environment(environ, begun.state.histories, context.rules)
    if begun.taken_over:
        from lmodpy.session.adoption import adopted  # noqa: PLC0415 - only in a session that was not ours

        for name, value in adopted(environ).items():
            env.assign(name, value)
    evaluators = Evaluators()
    speaker = context.speaker
    return Session(
        env,
        begun.state,
        tree(context, evaluators),
        evaluators.evaluator,
        context.settings,
        shell_is=(speaker.name, speaker.kind),
        say=context.say,
    )


def tree(context: Context, evaluators: Evaluators | None = None) -> Tree:
    """Return the tree of modulefiles, as the settings want it to be read."""
    read_rc = (evaluators or Evaluators()).read_rc
    options = _tree_options(context.line, context.settings)
    return Tree(read_rc, options, _system_rc(context.settings), _user_rc(context.environ))


class Evaluators:
    """What runs modulefiles and rc files, by their kind; made when the first of a kind must run."""

    def __init__(self) -> None:
        self._lua: LuaEvaluator | None = None

    def evaluator(self, path: str) -> Callable[[str, Host], None]:
        """Return what runs this modulefile; raises ModulefileError for a kind that is not known."""
        if not path.endswith(".lua"):
            raise ModulefileError("is a Tcl modulefile, and lmodpy reads only Lua ones yet", path)
        return self.lua().run

    def read_rc(self, path: str) -> list[object]:
        """Return what an rc file says."""
        return self.lua().run_rc(path)

    def lua(self) -> LuaEvaluator:
        """Return the evaluator for Lua."""
        if self._lua is None:
            from lmodpy.modulefile.lua import LuaEvaluator  # noqa: PLC0415 - many commands run no modulefile

            self._lua = LuaEvaluator()
        return self._lua


def _tree_options(line: Line, settings: Settings) -> Options:
    depths = (item.rpartition(":") for item in settings.text("max_depth").split(";"))
    return Options(
        exact_match=settings.flag("exact_match"),
        extended_default=settings.flag("extended_default"),
        find_first=settings.flag("find_first"),
        show_hidden=line.on("all") or settings.text("show_hidden").lower() not in ("", "no", "0", "off"),
        allow_tcl=settings.flag("allow_tcl"),
        max_depth={root: int(depth) for root, _, depth in depths if root and depth.isdigit()} or None,
    )


def _system_rc(settings: Settings) -> list[str]:
    names = ("system_rc", "system_rc_file", "tmod_rc_file")
    return next((value.split(":") for name in names if (value := settings.text(name))), [])


def _user_rc(environ: Mapping[str, str]) -> list[str]:
    home = environ.get("HOME")
    found = (f"{home}/{name}" for name in (".modulerc.lua", ".modulerc"))
    return [path for path in found if home and system.is_file(path)][:1]
