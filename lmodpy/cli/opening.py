"""A session, opened on what is found in the environment."""

from __future__ import annotations

from lmodpy.env.environment import Environment
from lmodpy.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.cli.context import Context


def opened(context: Context) -> Session:
    """Open the session; what another tool kept about a session that is taken over goes."""
    begun, environ = context.begun, context.environ
    env = Environment(environ, begun.state.histories, context.rules)
    quarantined = context.settings.text("quarantine")
    if quarantined:
        env.quarantined = frozenset(quarantined.split(":"))
    if begun.taken_over:
        from lmodpy.session.adoption import adopted  # noqa: PLC0415 - only in a session that was not ours

        for name, value in adopted(environ).items():
            env.assign(name, value)
    evaluators, speaker = context.evaluators, context.speaker
    session = Session(
        env,
        begun.state,
        context.tree,
        context.watch.over(evaluators.evaluator) if context.watch else evaluators.evaluator,
        context.settings,
        shell_is=(speaker.name, speaker.kind),
        say=context.say,
        declared=lambda: context.site_rc.properties,
        hooks=context.hooks,
    )
    session.overheard = context.watch is not None
    return session
