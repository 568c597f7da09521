"""What each operation means in each mode: one table, and the handlers that stand in it.

A handler gets the frame (one modulefile under evaluation) and the operation. The reading modes (show, help, whatis,
spider, check) do not act: they read the journal afterwards.
"""

from __future__ import annotations

from lmodpy import system
from lmodpy.env.environment import ALIAS, CSH_FUNCTION, SH_FUNCTION
from lmodpy.env.pathlist import Edit, tidy
from lmodpy.errors import Leave, Refused
from lmodpy.modulefile import operations as op
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NamedTuple

    from lmodpy.names.request import Request
    from lmodpy.session.frame import Frame

    Handler = Callable[[Frame, Any], object]
else:
    from lmodpy.values import NamedTuple

STACK = "__LMOD_STACK_"
_REVERSED = {"prepend": "unprepend", "append": "unappend", "remove": "remove"}


class FamilySwap(Refused):
    """The module being loaded replaces `holder`, which must be unloaded first."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} holds the family")
        self.holder = holder


class Stopped(Refused):
    """LmodBreak: the modulefile ends here and leaves nothing behind."""


class Mode(NamedTuple):
    """A way to evaluate modulefiles: what `mode()` answers, whether operations act, and what each one does."""

    name: str
    acting: bool
    handlers: dict[type, Handler]


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


def unset_env(frame: Frame, said: op.UnsetEnv) -> None:
    """Take a variable away."""
    frame.env.assign(said.name, None, frame.owner)


def pretend_unset(frame: Frame, said: op.UnsetEnv) -> None:
    """Let the rest of the modulefile see the variable gone."""
    frame.env.pretend(said.name, None)


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
    if len(paths) > 1 and verb == "prepend" and not frame.session.settings.turns_blocks():
        paths = paths[::-1]
    for path in paths:
        frame.env.edit(name, made(Edit, (verb, _entry(frame, name, path), sep, priority)), frame.owner)


def undo_edit_path(frame: Frame, said: op.EditPath) -> None:
    """Without a record, take out again what was put in; what was taken out cannot come back."""
    if not frame.recorded:
        for path in said.paths:
            edit = Edit(_REVERSED[said.verb], _entry(frame, said.name, path), said.sep, said.priority)
            frame.env.edit(said.name, edit)


def _entry(frame: Frame, name: str, path: str) -> str:
    """Return an entry in its usual form; in MODULEPATH not even two slashes at the end mean anything."""
    entry = tidy(path, frame.env.rules.home)
    return entry.rstrip("/") or entry if name == "MODULEPATH" else entry


# Aliases and shell functions.


def set_alias(frame: Frame, said: op.SetAlias) -> None:
    """Define an alias."""
    _define(frame, ALIAS + said.name, said.text)


def repeat_alias(frame: Frame, said: op.SetAlias) -> None:
    """Define an alias again as it is on record."""
    _repeat(frame, ALIAS + said.name, set_alias, said)


def undo_set_alias(frame: Frame, said: op.SetAlias) -> None:
    """Take an alias away that is not on record."""
    if not frame.recorded:
        unset_alias(frame, op.UnsetAlias(said.name))


def unset_alias(frame: Frame, said: op.UnsetAlias) -> None:
    """Take an alias away."""
    _define(frame, ALIAS + said.name, None)


def set_function(frame: Frame, said: op.SetFunction) -> None:
    """Define a shell function."""
    _define(frame, CSH_FUNCTION + said.name, said.csh)
    _define(frame, SH_FUNCTION + said.name, said.sh)


def repeat_function(frame: Frame, said: op.SetFunction) -> None:
    """Define a shell function again as it is on record."""
    _repeat(frame, SH_FUNCTION + said.name, set_function, said)


def undo_set_function(frame: Frame, said: op.SetFunction) -> None:
    """Take a shell function away that is not on record."""
    if not frame.recorded:
        unset_function(frame, op.UnsetFunction(said.name))


def unset_function(frame: Frame, said: op.UnsetFunction) -> None:
    """Take a shell function away."""
    _define(frame, CSH_FUNCTION + said.name, None)
    _define(frame, SH_FUNCTION + said.name, None)


def _repeat(frame: Frame, name: str, define: Handler, said: object) -> None:
    if not frame.recorded:
        define(frame, said)
    elif frame.env.get(name) is not None:
        frame.env.repeat(name)


def _define(frame: Frame, name: str, text: str | None) -> None:
    """Tell the shell even what it may know: what a sub-shell inherits holds variables but no aliases."""
    if frame.loading or text is None or not frame.env.on_record(name):
        frame.env.assign(name, text, frame.owner)
    frame.env.repeat(name)


# Other modules.


def load(frame: Frame, said: op.Load) -> bool | None:
    """Load the modules that a modulefile asks for."""
    session = frame.session
    if said.verb == "load_any":
        loaded = next((module for request in said.requests if (module := session.bring(request, frame))), None)
        if loaded is None:
            raise Refused(
                f"none of {_list(said.requests)} can be loaded", hint="`module avail` lists what can be loaded now"
            )
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


def unload(frame: Frame, said: op.Unload) -> None:
    """Unload modules, whichever way this one goes."""
    frame.session.unload_named(said.requests)


def need(frame: Frame, said: op.DependsOn) -> None:
    """Load what is needed and not there, and remember that it is needed."""
    session = frame.session
    if said.any_of:
        module = session.first_of(said.requests, frame)
        if module is None:
            text = f"none of {_list(said.requests)} can be loaded, and one of them is needed"
            raise Refused(text, hint="`module avail` lists what can be loaded now")
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


def forgo(frame: Frame, said: op.DependsOn) -> None:
    """Release what was needed; what nobody else needs or asked for is unloaded."""
    frame.session.release(frame, [name for name in frame.needs if _named(name, said.requests)])


def require(frame: Frame, said: op.Prereq) -> None:
    """Refuse unless all (or one) of the modules are loaded."""
    missing = [request for request in said.requests if not frame.session.has_prerequisite(request)]
    if not missing or (said.any_of and len(missing) < len(said.requests)):
        return
    need_text = f"one of {_list(missing)}" if said.any_of and len(missing) > 1 else _list(missing)
    names = " ".join(request.text for request in (missing[:1] if said.any_of else missing))
    raise Refused(f"{need_text} must be loaded first", hint=f"module load {names} {frame.asked}")


def refuse_rivals(frame: Frame, said: op.Conflict) -> None:
    """Refuse while a rival is loaded."""
    rivals = frame.session.rivals(said.requests, frame)
    if rivals:
        names = ", ".join(rivals)
        raise Refused(f"cannot be loaded together with {names}", hint=f"module swap {rivals[0]} {frame.asked}")


def claim_family(frame: Frame, said: op.Family) -> None:
    """Become the only member of a family: another one has to go."""
    variable = f"LMOD_FAMILY_{said.name.upper()}"
    holder = frame.env.get(variable) or ""
    if holder != frame.name and holder in frame.session.pending:
        raise Refused(f"{holder}, which is being loaded too, belongs to the same family `{said.name}`")
    if holder != frame.name and holder in frame.session.loaded:
        if not frame.session.settings.flag("auto_swap"):
            hint = f"module swap {holder} {frame.asked}"
            raise Refused(f"{holder} is loaded, and only one of the family `{said.name}` can be", hint=hint)
        raise FamilySwap(holder)
    frame.env.assign(variable, frame.name, frame.owner)
    frame.env.assign(variable + "_VERSION", frame.version, frame.owner)


def leave_family(frame: Frame, said: op.Family) -> None:
    """Leave a family that is not on record."""
    variable = f"LMOD_FAMILY_{said.name.upper()}"
    if not frame.recorded and frame.env.get(variable) == frame.name:
        frame.env.assign(variable, None)
        frame.env.assign(variable + "_VERSION", None)


def inherit(frame: Frame, _: op.Inherit) -> None:
    """Evaluate the next modulefile of the same name, as if it stood here."""
    frame.inherit()


def inherit_if_any(frame: Frame, _: op.Inherit) -> None:
    """Evaluate the next modulefile of the same name, if there still is one."""
    frame.inherit(must=False)


def purge_others(frame: Frame, said: op.Purge) -> None:
    """Unload every module but those being loaded."""
    frame.session.purge(force=said.force)


# Marks, messages, control.


def mark(frame: Frame, said: op.Property) -> None:
    """Mark the module with a property, or take the mark away."""
    text = f"{said.name}:{said.value}"
    if said.verb == "add":
        frame.properties.append(text)
    elif text in frame.properties:
        frame.properties.remove(text)


def tell(frame: Frame, said: op.Message) -> None:
    """Say something to the user."""
    if said.kind == "raw":
        frame.session.say(said.text)
    elif said.kind == "warning":
        frame.warn(said.text)
    elif said.kind == "banner":
        frame.session.say("=" * 72 + "\n")
    else:
        frame.session.say(said.text + "\n")


def tell_warning(frame: Frame, said: op.Message) -> None:
    """Say only what is a warning."""
    if said.kind == "warning":
        frame.warn(said.text)


def refuse(_: Frame, said: op.Complain) -> None:
    """Fail, with the modulefile's own words."""
    raise Refused(said.text)


def complain(frame: Frame, said: op.Complain) -> None:
    """Warn and go on: one can always get rid of a module."""
    if said.fatal:
        refuse(frame, said)
    frame.warn(said.text)


def stop(_: Frame, said: op.Break) -> None:
    """End this modulefile."""
    raise Stopped(said.text)


def leave(_: Frame, said: op.ExitCommand) -> None:
    """End the whole command."""
    raise Leave(said.status)


def execute(frame: Frame, said: op.Execute) -> None:
    """Give the user's shell a command, if it is meant for this mode."""
    if frame.mode.name in said.modes or "all" in said.modes:
        frame.session.commands.append(said.command)


def insist_on_full_name(frame: Frame, _: op.RequireFullName) -> None:
    """Refuse a module that was asked for by less than its full name."""
    if frame.asked != frame.full_name:
        raise Refused("must be asked for by its full name", hint=f"module load {frame.full_name}")


def warn_of_short_name(frame: Frame, said: op.RequireFullName) -> None:
    """Warn only: one can always get rid of a module."""
    try:
        insist_on_full_name(frame, said)
    except Refused as error:
        frame.warn(error.text)


def _list(requests: tuple[Request, ...] | list[Request]) -> str:
    return ", ".join(str(request) for request in requests)


def _named(name: str, requests: tuple[Request, ...]) -> bool:
    return any(request.text == name or request.text.startswith(name + "/") for request in requests)


TABLE: dict[type, tuple[Handler, Handler, Handler, Handler, Handler]] = {
    #                 load                 unload               refresh        restore              read
    op.SetEnv:        (set_env,             undo_set_env,        pretend_env,   set_env,             pretend_env),
    op.UnsetEnv:      (unset_env,           ignore,              ignore,        unset_env,           pretend_unset),
    op.PushEnv:       (push_env,            pop_env,             pretend_env,   push_env,            pretend_env),
    op.EditPath:      (edit_path,           undo_edit_path,      ignore,        edit_path,           ignore),
    op.SetAlias:      (set_alias,           undo_set_alias,      repeat_alias,  set_alias,           ignore),
    op.UnsetAlias:    (unset_alias,         ignore,              ignore,        unset_alias,         ignore),
    op.SetFunction:   (set_function,        undo_set_function,   repeat_function, set_function,        ignore),
    op.UnsetFunction: (unset_function,      ignore,              ignore,        unset_function,      ignore),
    op.Load:          (load,                undo_load,           ignore,        ignore,              ignore),
    op.Unload:        (unload,              unload,              ignore,        ignore,              ignore),
    op.DependsOn:     (need,                forgo,               ignore,        note_need,           ignore),
    op.Prereq:        (require,             ignore,              ignore,        require,             ignore),
    op.Conflict:      (refuse_rivals,       ignore,              ignore,        refuse_rivals,       ignore),
    op.Family:        (claim_family,        leave_family,        ignore,        claim_family,        ignore),
    op.Whatis:        (ignore,              ignore,              ignore,        ignore,              ignore),
    op.Help:          (ignore,              ignore,              ignore,        ignore,              ignore),
    op.Extensions:    (ignore,              ignore,              ignore,        ignore,              ignore),
    op.Property:      (mark,                mark,                ignore,        mark,                mark),
    op.Message:       (tell,                tell,                tell_warning,  tell,                tell_warning),
    op.Complain:      (refuse,              complain,            refuse,        refuse,              ignore),
    op.Break:         (stop,                ignore,              ignore,        stop,                ignore),
    op.Execute:       (execute,             execute,             execute,       execute,             ignore),
    op.Inherit:       (inherit,             inherit_if_any, ignore,        inherit,             inherit_if_any),
    op.Purge:         (purge_others,        ignore,              ignore,        ignore,              ignore),
    op.DynamicTree:   (ignore,              ignore,              ignore,        ignore,              ignore),
    op.RequireFullName: (insist_on_full_name, warn_of_short_name, ignore,       insist_on_full_name, ignore),
    op.ExitCommand:   (leave,               leave,               leave,         leave,               ignore),
}  # fmt: skip


def _mode(name: str, column: int, *, acting: bool = False) -> Mode:
    return Mode(name, acting, {operation: row[column] for operation, row in TABLE.items()})


MODES = {
    "load": _mode("load", 0, acting=True),
    "unload": _mode("unload", 1, acting=True),
    "refresh": _mode("load", 2),
    "restore": _mode("load", 3, acting=True),
    "show": _mode("show", 4),
    "help": _mode("help", 4),
    "whatis": _mode("whatis", 4),
    "spider": _mode("spider", 4),
    "check": _mode("checkSyntax", 4),
}
