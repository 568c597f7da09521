"""Who may be loaded: what rc files hide or forbid, and what loaded modules keep out. Imported where either is asked."""

from __future__ import annotations

from lmodpy import system
from lmodpy.errors import LmodError, Refused
from lmodpy.modulefile.properties import PROPERTIES, property_of
from lmodpy.names.request import Request, satisfies
from lmodpy.session.session import LONGEST
from lmodpy.tree.directory import Modulefile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmodpy.session.frame import Frame
    from lmodpy.session.loaded import Loaded
    from lmodpy.session.session import Session
    from lmodpy.tree.limits import Ban

_LETTERS = {"": "", "soft": "s"}


def admitted(session: Session, module: Modulefile) -> str:
    """Return the letters that mark the module once it is loaded; raises Refused if it is forbidden."""
    ban = session.tree.ban(module)
    about = f": {ban.message}" if ban and ban.message else ""
    if ban and ban.refuses:
        hint = f"module load {ban.use}" if ban.use else f"module avail {module.name}"
        raise Refused(f"{module.full_name} is forbidden{about}", hint=hint).called("e_Forbidden", name=module.full_name)
    if ban and ban.old:
        _deprecated(session, module, ban)
    elif ban:
        name = "w_Nearly_Forbidden_w_msg" if ban.message else "w_Nearly_Forbidden"
        told = {"fullName": module.full_name, "after": ban.since, "nearlymessage": ban.message}
        session.warn(f"{module.full_name} will be forbidden from {ban.since} on{about}", name, **told)
    for text in session.tree.cautions(module) if session.tree.tagged else ():
        session.warn(f"{module.full_name}: {text or 'the site warns of it'}")
    letter = "" if ban is None else "o" if ban.old else "n"
    return _LETTERS.get(module.kind, "h") + "v" * session.tree.is_unlisted(module) + letter


def _deprecated(session: Session, module: Modulefile, ban: Ban) -> None:
    """Warn that a module is deprecated, once the time for that has come."""
    parts = [f"{module.full_name} is deprecated", ban.message]
    parts += [f"it will be refused from {ban.since} on" if ban.since else ""]
    parts += [f"instead: module load {ban.use}" if ban.use else ""]
    if ban.warns:
        session.warn("; ".join(filter(None, parts)))


def tagged(session: Session, module: Modulefile | Loaded) -> list[str]:
    """Return the properties that rc files give a module by tags."""
    tags = session.tree.tags(module) if isinstance(module, Modulefile) else ()
    declared = {**PROPERTIES, **session.declared()} if tags else {}
    return [property_of(tag, declared) for tag in tags]


def standing(frame: Frame) -> list[str]:
    """Return the tags that tell how a module is, or is being, loaded, as Environment Modules calls them."""
    session, module = frame.session, frame.module
    there = session.loaded.active_named(module.name)
    loaded = there is not None and there.path == module.path
    by_another = not there.wanted if there and loaded else len(session.frames) > 1
    ban = session.tree.ban(module) if isinstance(module, Modulefile) else None
    hidden = "h" in there.marks if there else isinstance(module, Modulefile) and bool(module.kind)
    tags = {
        "loaded": loaded,
        "auto-loaded": by_another,
        "hidden": hidden,
        "forbidden": ban is not None and ban.refuses,
        "nearly-forbidden": ban is not None and not ban.refuses and not ban.old,
        "deprecated": ban is not None and ban.old,
    }
    return [tag for tag, holds in tags.items() if holds]


def put_tags(session: Session, names: Sequence[str], tags: Sequence[str]) -> None:
    """Give loaded modules tags; names of modules that are not loaded do not count."""
    declared = {**PROPERTIES, **session.declared()}
    for name in names:
        there = session.loaded_as(Request.parse(name), "isloaded")
        if there is not None:
            properties = dict.fromkeys((*there.properties, *(property_of(tag, declared) for tag in tags)))
            session.loaded.change(there._replace(properties=tuple(properties)))


def refuse_other_version(there: Loaded, module: Modulefile) -> None:
    """Raise LmodError for another version of what is loaded, where the site does not let one replace the other."""
    if there.version != module.version:
        text = f"{there.full_name} is loaded; this site does not let {module.full_name} replace it"
        error = LmodError(text, f"module swap {there.full_name} {module.full_name}")
        raise error.called("e_No_AutoSwap", oldFullName=there.full_name, newFullName=module.full_name, sn=module.name)


# Conflicts that hold for what is loaded later, too: remembered like properties, under a name that no property can have.

_KEPT_OUT = "-"


def kept_out(requests: Sequence[Request]) -> list[str]:
    """Return what to remember of a `conflict` with these modules."""
    return [_KEPT_OUT + "\t".join((each.text, each.low, each.high, *_open(each), each.versions)) for each in requests]


def let_in(session: Session, module: Modulefile) -> None:
    """Raise Refused for a module that a loaded one has said it cannot be loaded together with."""
    others: list[Loaded | Frame] = [*session.loaded.active(), *session.pending.values()]
    for there in others:
        if there.name != module.name and any(_means(text, module) for text in there.properties):
            hint = f"module swap {there.full_name} {module.full_name}"
            error = Refused(f"{module.full_name} cannot be loaded together with {there.full_name}", hint=hint)
            raise error.called("e_Conflict_Downstream", name=module.full_name, module_list=there.full_name)


def _open(request: Request) -> tuple[str, str]:
    return "<" * request.open_low, ">" * request.open_high


def _means(text: str, module: Modulefile) -> bool:
    if not text.startswith(_KEPT_OUT):
        return False
    name, low, high, open_low, open_high, versions = text[1:].split("\t")
    request = Request(name, low, high, bool(open_low), bool(open_high), versions=versions)
    return satisfies(request, module.name, module.version, "conflict")


def refuse_long(session: Session, name: str, value: str) -> None:
    """Refuse a variable with which the system would start no program, not even the next command of ours."""
    size = len(system.encode(f"{name}={value}")) + 1
    if size > LONGEST:
        owners = (session.loaded.get(owner) for owner in session.env.owners(name)[-1:])
        by = "".join(f", most recently by {owner.full_name}" for owner in owners if owner)
        why = f"and with a variable of more than {LONGEST:,} no program can be started"
        raise LmodError(f"{name} would be set{by} to {size:,} bytes, {why}")
