"""What each operation means in each mode: one table, and the handlers that stand in it.

A handler gets the frame (one modulefile under evaluation) and the operation. The reading modes (show; help, whatis and
spider, here `read`) do not act: they read the journal afterwards. `check` acts, but nothing comes of it.
"""

from __future__ import annotations

from lmodpy import system
from lmodpy.env.pathlist import tidy
from lmodpy.errors import Refused
from lmodpy.modulefile import operations as op

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NamedTuple

    from lmodpy.modulefile.operations_seldom import Prereq
    from lmodpy.names.request import Request
    from lmodpy.session.frame import Frame

    Handler = Callable[[Frame, Any], object]
    Row = tuple[Handler, Handler, Handler, Handler, Handler, Handler, Handler]
else:
    from lmodpy.values import NamedTuple

STACK = "__LMOD_STACK_"
_REVERSED = {
    **dict.fromkeys(("prepend", "prepend again"), "unprepend"),
    **dict.fromkeys(("append", "append again"), "unappend"),
    "remove": "remove",
}


class Mode(NamedTuple):
    """A way to evaluate modulefiles: what `mode()` answers, whether operations act, and its column in the table.

    `only`: of operations for some modes only (modeA), those for this one count; empty: all of them.
    """

    name: str
    acting: bool
    column: int
    only: str
    handlers: dict[type, Handler]
    """What was looked up in the table already."""

    def handler(self, kind: type) -> Handler:
        """Return what an operation of this kind means."""
        row = TABLE.get(kind)
        if row is None:
            from lmodpy.session.modes_seldom import TABLE as SELDOM  # noqa: PLC0415 - few modulefiles need it

            row = SELDOM[kind]
        self.handlers[kind] = row[self.column]
        return row[self.column]


def ignore(_: Frame, __: object) -> None:
    """Do nothing in this mode."""


# Variables.


def set_env(frame: Frame, said: op.SetEnv) -> None:
    """Give a variable its value."""
    if not (said.respect and frame.getenv(said.name) is not None):
        frame.env.assign(said.name, said.value, frame.owner)


def undo_set_env(frame: Frame, said: op.SetEnv) -> None:
    """Take the value back, but let the rest of the modulefile still build on it."""
    if not frame.recorded and not (said.respect and frame.getenv(said.name) != said.value):
        frame.env.assign(said.name, None)
    frame.env.pretend(said.name, said.value)


def pretend_env(frame: Frame, said: op.SetEnv | op.PushEnv) -> None:
    """Let the rest of the modulefile see the value."""
    frame.env.pretend(said.name, said.value)


def push_env(frame: Frame, said: op.PushEnv) -> None:
    """Give a variable its value; without a record, the earlier one goes on Lmod's stack for it."""
    if not frame.session.exact:
        import binascii  # noqa: PLC0415 - ordinarily the record serves

        earlier = frame.getenv(said.name)
        item = "false" if earlier is None else binascii.b2a_base64(system.encode(earlier), newline=False).decode()
        stack = frame.getenv(STACK + said.name)
        frame.env.assign(STACK + said.name, f"{item}:{stack}" if stack else item)
    frame.env.assign(said.name, said.value, frame.owner)


def pop_env(frame: Frame, said: op.PushEnv) -> None:
    """Bring the earlier value back."""
    if frame.recorded:
        frame.env.pretend(said.name, said.value)
        return
    item, _, rest = (frame.getenv(STACK + said.name) or "false").partition(":")
    frame.env.assign(STACK + said.name, rest or None)
    frame.env.assign(said.name, None if item == "false" else _unpacked(item))


def _unpacked(item: str) -> str | None:
    import binascii  # noqa: PLC0415 - ordinarily the record serves

    try:
        return system.decode(binascii.a2b_base64(item))
    except ValueError:
        return None


def edit_path(frame: Frame, said: op.EditPath) -> None:
    """Put entries into a path-like variable, or take them out."""
    name, verb, paths, sep, priority = said
    if len(paths) > 1 and verb[:7] == "prepend" and not frame.session.settings.turns_blocks():
        paths = paths[::-1]
    env, owner = frame.env, frame.owner
    for path in paths:
        env.edit(name, (verb, tidy(path, env.rules.home), sep, priority), owner)


def undo_edit_path(frame: Frame, said: op.EditPath) -> None:
    """Without a record, take out again what was put in; what was taken out cannot come back."""
    if not frame.recorded:
        for path in said.paths:
            entry = tidy(path, frame.env.rules.home)
            frame.env.edit(said.name, (_REVERSED[said.verb], entry, said.sep, said.priority))


# Other modules.


def load(frame: Frame, said: op.Load) -> bool | None:
    """Load the modules that a modulefile asks for."""
    session = frame.session
    if said.verb == "load_any":
        loaded = next((module for request in said.requests if (module := session.bring(request, frame))), None)
        if loaded is None:
            text = f"none of {listed(said.requests)} can be loaded"
            error = Refused(text, hint="`module avail` lists what can be loaded now")
            raise error.called("e_Failed_Load_any", module_list=names_of(said.requests))
        frame.brings.append(loaded.name)
        return None
    results = [session.bring(request, frame, keep=said.verb == "always_load") for request in said.requests]
    for request, module in zip(said.requests, results, strict=True):
        if module is None and said.verb != "try_load":
            session.miss(request, frame)
        elif module is not None and said.verb != "always_load":
            frame.brings.append(module.name)
    return all(results)


def undo_load(frame: Frame, said: op.Load) -> None:
    """Unload what the module had loaded: from the record, or, as Lmod does, whatever it names."""
    if said.verb == "always_load":
        return
    if frame.recorded:
        frame.session.release(frame, [name for name in frame.brings if _named(name, said.requests)])
        return
    frame.session.unload_named(said.requests)


def look_for(frame: Frame, said: op.Load) -> None:
    """Only see whether the modules that must be loaded are there."""
    found = [request for request in said.requests if frame.session.find(request)]
    enough = found if said.verb == "load_any" else len(found) == len(said.requests)
    if not enough and said.verb != "try_load":
        raise Refused(f"loads {listed(said.requests)}, but there is no such module now", id="e_Failed_Load_2")


def need(frame: Frame, said: op.DependsOn) -> None:
    """Load what is needed and not there, and remember that it is needed."""
    session = frame.session
    if said.any_of:
        module = session.first_of(said.requests, frame)
        if module is None:
            text = f"none of {listed(said.requests)} can be loaded, and one of them is needed"
            error = Refused(text, hint="`module avail` lists what can be loaded now")
            raise error.called("e_Failed_depends_any", module_list=names_of(said.requests))
        frame.needs.append(module.name)
        return
    for request in said.requests:
        module = session.satisfy(request, frame)
        if module is None:
            session.miss(request, frame)
        else:
            frame.needs.append(module.name)


def note_need(frame: Frame, said: op.DependsOn) -> None:
    """Remember what is needed without loading it: a collection lists it anyway."""
    for request in said.requests:
        module = frame.session.loaded_as(request)
        if module is not None:
            frame.needs.append(module.name)


def forgo(frame: Frame, said: op.DependsOn | Prereq) -> None:
    """Release what was needed; what nobody else needs or asked for is unloaded."""
    frame.session.release(frame, [name for name in frame.needs if _named(name, said.requests)])


def refuse_rivals(frame: Frame, said: op.Conflict) -> None:
    """Refuse while a rival is loaded."""
    rivals = frame.session.rivals(said.requests, frame)
    if rivals:
        names, hint = ", ".join(rivals), f"module swap {rivals[0]} {frame.asked}"
        error = Refused(f"it conflicts with {names}", hint=hint)
        raise error.called("e_Conflict", module_list=" ".join(rivals))
    if frame.session.settings.flag("downstream"):
        from lmodpy.session.admission import kept_out  # noqa: PLC0415 - few sites want it

        frame.properties += kept_out(said.requests)


def claim_family(frame: Frame, said: op.Family) -> None:
    """Become the only member of a family: another one has to go."""
    variable = f"_FAMILY_{said.name.upper()}"
    holder = frame.env.get(f"LMOD{variable}") or ""
    if holder != frame.name and holder in frame.session.pending:
        raise Refused(
            f"{holder}, which is being loaded too, belongs to the same family `{said.name}`", id="e_Family_Conflict"
        )
    if holder != frame.name and holder in frame.session.loaded and not frame.session.settings.flag("expert"):
        if not frame.session.settings.flag("auto_swap"):
            hint = f"module swap {holder} {frame.asked}"
            raise Refused(
                f"{holder} is loaded, and only one of the family `{said.name}` can be",
                hint=hint,
                id="e_Family_Conflict",
            )
        from lmodpy.session.endings import FamilySwap  # noqa: PLC0415 - seldom in a command

        raise FamilySwap(holder)
    for prefix in _prefixes(frame):
        frame.env.assign(f"{prefix}{variable}", frame.name, frame.owner)
        frame.env.assign(f"{prefix}{variable}_VERSION", frame.version, frame.owner)


def leave_family(frame: Frame, said: op.Family) -> None:
    """Leave a family that is not on record."""
    variable = f"_FAMILY_{said.name.upper()}"
    if not frame.recorded and frame.env.get(f"LMOD{variable}") == frame.name:
        for prefix in _prefixes(frame):
            frame.env.assign(f"{prefix}{variable}", None)
            frame.env.assign(f"{prefix}{variable}_VERSION", None)


def _prefixes(frame: Frame) -> tuple[str, ...]:
    """Return what the names of the variables begin with that tell of families: Lmod's, and the site's own."""
    site = frame.session.settings.text("site_name")
    return ("LMOD", site) if site and site != "LMOD" else ("LMOD",)


def listed(requests: tuple[Request, ...] | list[Request]) -> str:
    """Return requests as one text."""
    return ", ".join(str(request) for request in requests)


def names_of(requests: tuple[Request, ...] | list[Request]) -> str:
    """Return the names in requests as one text, with blanks between them."""
    return " ".join(request.text for request in requests)


def _named(name: str, requests: tuple[Request, ...]) -> bool:
    return any(text == name or text.startswith(name + "/") for each in requests for text in (each.text, each.literally))


TABLE: dict[type, Row] = {
    #              load           unload          refresh      restore        show           read         check
    op.SetEnv:    (set_env,       undo_set_env,   pretend_env, set_env,       pretend_env,   pretend_env, set_env),
    op.PushEnv:   (push_env,      pop_env,        pretend_env, push_env,      pretend_env,   pretend_env, push_env),
    op.EditPath:  (edit_path,     undo_edit_path, ignore,      edit_path,     ignore,        ignore,      edit_path),
    op.Load:      (load,          undo_load,      ignore,      ignore,        ignore,        ignore,      look_for),
    op.DependsOn: (need,          forgo,          ignore,      note_need,     ignore,        ignore,      ignore),
    op.Conflict:  (refuse_rivals, ignore,         ignore,      refuse_rivals, ignore,        ignore,      ignore),
    op.Family:    (claim_family,  leave_family,   ignore,      claim_family,  ignore,        ignore,      ignore),
}  # fmt: skip

MODES = {
    "load": Mode("load", acting=True, column=0, only="load", handlers={}),
    "unload": Mode("unload", acting=True, column=1, only="unload", handlers={}),
    "refresh": Mode("load", acting=False, column=2, only="load", handlers={}),
    "restore": Mode("load", acting=True, column=3, only="load", handlers={}),
    "show": Mode("show", acting=False, column=4, only="", handlers={}),
    "help": Mode("help", acting=False, column=5, only="help", handlers={}),
    "whatis": Mode("whatis", acting=False, column=5, only="whatis", handlers={}),
    "test": Mode("test", acting=False, column=5, only="test", handlers={}),
    "spider": Mode("spider", acting=False, column=5, only="load", handlers={}),
    "check": Mode("checkSyntax", acting=False, column=6, only="checkSyntax", handlers={}),
}
