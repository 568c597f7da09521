"""What rc files say about a module that is about to be loaded. Imported when some rc file hides or forbids."""

from __future__ import annotations

from lmodpy.errors import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.session.session import Session
    from lmodpy.tree.directory import Modulefile

_LETTERS = {"": "", "soft": "s"}


def admitted(session: Session, module: Modulefile) -> str:
    """Return the letters that mark the module once it is loaded; raises Refused if it is forbidden."""
    ban = session.tree.ban(module)
    about = f": {ban.message}" if ban and ban.message else ""
    if ban and not ban.since:
        raise Refused(f"{module.full_name} is forbidden{about}", hint=f"module avail {module.name}")
    if ban:
        session.warn(f"{module.full_name} will be forbidden from {ban.since} on{about}")
    return _LETTERS.get(module.kind, "h") + "v" * session.tree.is_unlisted(module) + "n" * bool(ban)
