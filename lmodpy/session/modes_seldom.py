"""What the words that few modulefiles use mean in each mode; the rest of modes.py."""

from __future__ import annotations

from lmodpy.env.environment import ALIAS, COMPLETION, CSH_FUNCTION, EXPORTED, SH_FUNCTION
from lmodpy.errors import Leave, Refused
from lmodpy.modulefile import operations_seldom as op
from lmodpy.modulefile.operations import DependsOn
from lmodpy.modulefile.properties import PROPERTIES, TAG
from lmodpy.session.endings import Stopped
from lmodpy.session.modes import MODES, forgo, ignore, listed, names_of, need
from lmodpy.session.variants import choose, recall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmodpy.modulefile.properties import Property
    from lmodpy.session.frame import Frame
    from lmodpy.session.modes import Handler, Row


# Variables and other modules.


def unset_env(frame: Frame, said: op.UnsetEnv) -> None:
    """Take a variable away."""
    frame.env.assign(said.name, None, frame.owner)


def pretend_unset(frame: Frame, said: op.UnsetEnv) -> None:
    """Let the rest of the modulefile see the variable gone."""
    frame.env.pretend(said.name, None)


def require(frame: Frame, said: op.Prereq) -> None:
    """Refuse unless all (or one) of the modules are loaded; or load them, if the site wants that."""
    if frame.session.settings.flag("auto_handling"):
        if frame.mode is MODES["load"]:
            need(frame, DependsOn(said.requests, said.any_of))
        return
    missing = [request for request in said.requests if not frame.session.has_prerequisite(request)]
    if not missing or (said.any_of and len(missing) < len(said.requests)):
        return
    need_text = f"one of {listed(missing)}" if said.any_of and len(missing) > 1 else listed(missing)
    names = " ".join(str(request) for request in (missing[:1] if said.any_of else missing))
    error = Refused(f"{need_text} must be loaded first", hint=f"module load {names} {frame.asked}")
    error.wanted = tuple(missing)
    raise error.called("e_Prereq_Any" if said.any_of else "e_Prereq", module_list=names_of(missing))


# Aliases and shell functions.


def set_alias(frame: Frame, said: op.SetAlias) -> None:
    """Define an alias."""
    _define(frame, ALIAS + said.name, said.text)


def repeat_alias(frame: Frame, said: op.SetAlias) -> None:
    """Define an alias again as it is on record."""
    _repeat(frame, ALIAS + said.name, set_alias, said)


def undo_alias(frame: Frame, said: op.SetAlias) -> None:
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


def redefine(frame: Frame, said: op.SetFunction) -> None:
    """Define a shell function again as it is on record."""
    _repeat(frame, SH_FUNCTION + said.name, set_function, said)


def undo_function(frame: Frame, said: op.SetFunction) -> None:
    """Take a shell function away that is not on record."""
    if not frame.recorded:
        drop_function(frame, op.UnsetFunction(said.name))


def drop_function(frame: Frame, said: op.UnsetFunction) -> None:
    """Take a shell function away."""
    _define(frame, CSH_FUNCTION + said.name, None)
    _define(frame, SH_FUNCTION + said.name, None)


# Completions, exported functions, scripts.


def complete(frame: Frame, said: op.Complete) -> None:
    """Define a completion, if it is meant for the user's shell."""
    if said.shell == frame.shell_name:
        _define(frame, COMPLETION + said.command, said.arguments)


def recomplete(frame: Frame, said: op.Complete) -> None:
    """Define a completion again as it is on record."""
    _repeat(frame, COMPLETION + said.command, complete, said)


def undo_complete(frame: Frame, said: op.Complete) -> None:
    """Take a completion away that is not on record."""
    if not frame.recorded:
        uncomplete(frame, op.Uncomplete(said.shell, said.command))


def uncomplete(frame: Frame, said: op.Uncomplete) -> None:
    """Take a completion away, if the user's shell is meant."""
    if said.shell == frame.shell_name:
        _define(frame, COMPLETION + said.command, None)


def export(frame: Frame, said: op.ExportFunction) -> None:
    """Let the children of bash have a function."""
    _define(frame, EXPORTED + said.name, "yes")


def undo_export(frame: Frame, said: op.ExportFunction) -> None:
    """Keep a function for the shell alone again, if that is not on record."""
    if not frame.recorded:
        _define(frame, EXPORTED + said.name, None)


_SHARE = 0.9
"""What of the time for a modulefile its script may take: it is known better than the modulefile as a whole."""


def run_script(frame: Frame, said: op.ReadScript) -> None:
    """Do what a script does, and keep it on record whatever is kept of the rest: it is not run again to undo it."""
    from lmodpy.modulefile.scripts import ignoring, words  # noqa: PLC0415 - few modulefiles read scripts
    from lmodpy.modulefile.snapshots import snapshots  # noqa: PLC0415
    from lmodpy.modulefile.words import operation  # noqa: PLC0415

    seconds = frame.session.settings.number("eval_timeout") * _SHARE
    before, after = snapshots(said.shell, said.script, frame.environ(), seconds)
    usual, frame.owner = frame.owner, frame.name if frame.loading else ""
    try:
        for word, args in ignoring(words(before, after, said.shell), said.ignored):
            frame.perform(operation(word, args))
    finally:
        frame.owner = usual


def reread(frame: Frame, _: op.ReadScript) -> None:
    """Define again what sub-shells do not inherit, as it is on record."""
    for name in frame.env.owned(frame.name):
        if " " in name and frame.env.get(name) is not None:
            frame.env.repeat(name)


def undo_script(frame: Frame, said: op.ReadScript) -> None:
    """Leave the undoing to the record; without one nobody knows what the script did."""
    if not frame.recorded and not frame.env.owned(frame.name):
        frame.warn(f"what the script {said.script} has changed is not on record, so it stays")


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


def unload(frame: Frame, said: op.Unload) -> None:
    """Unload modules, whichever way this one goes."""
    frame.session.unload_named(said.requests)


def inherit(frame: Frame, _: op.Inherit) -> None:
    """Evaluate the next modulefile of the same name, as if it stood here."""
    frame.inherit()


def follow(frame: Frame, _: op.Inherit) -> None:
    """Evaluate the next modulefile of the same name, if there still is one."""
    frame.inherit(must=False)


def quote(frame: Frame, _: op.Inherit) -> None:
    """Read the next modulefile of the same name, and keep what it says with the call that asked for it."""
    usual, frame.journal = frame.journal, []
    path = frame.inherit(must=False)
    usual[-1] = usual[-1]._replace(operation=op.Inherit(path, tuple(frame.journal)))
    frame.journal = usual


def purge_others(frame: Frame, said: op.Purge) -> None:
    """Unload every module but those being loaded."""
    frame.session.purge(force=said.force)


# Marks, messages, control.


def mark_known(frame: Frame, said: op.Property) -> None:
    """Mark the module with a property that is declared, or take the mark away."""
    values = said.value.split(":")
    if _allows(PROPERTIES, said.name, values):
        mark(frame, said)
        return
    declared = frame.session.declared()
    if not _allows(declared, said.name, values):
        known = ", ".join(f"{name}:{value}" for name in declared for value in sorted(declared[name].values))
        text = f"no property `{said.name}` with the value `{said.value}` is declared"
        raise Refused(text, hint=f"use one of {known}, or declare it in an lmodrc.lua", id="e_No_ValidT_Entry")
    mark(frame, said)


def _allows(declared: Mapping[str, Property], name: str, values: Iterable[str]) -> bool:
    return name == TAG or (name in declared and declared[name].values.issuperset(values))


def mark(frame: Frame, said: op.Property) -> None:
    """Mark the module with a property, or take the mark away."""
    for value in said.value.split(":"):
        text = f"{said.name}:{value}"
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


def tell_plain(frame: Frame, said: op.Message) -> None:
    """Say what is a warning or a banner; the rest is shown."""
    if said.kind in ("warning", "banner"):
        tell(frame, said)


def tell_doubt(frame: Frame, said: op.Message) -> None:
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


def pass_over(frame: Frame, said: op.Complain) -> None:
    """Go on reading, unless nothing must go on."""
    if said.fatal:
        refuse(frame, said)


def stop(frame: Frame, said: op.Break) -> None:
    """End this modulefile; its text is for the user as it is."""
    stopped = Stopped(said.text)
    stopped.module = frame.full_name
    raise stopped


def leave(_: Frame, said: op.ExitCommand) -> None:
    """End the whole command."""
    raise Leave(said.status)


def execute(frame: Frame, said: op.Execute) -> None:
    """Give the user's shell a command, if it is meant for this mode."""
    if frame.mode.name in said.modes or "all" in said.modes:
        frame.session.commands.append(said.command)


def change_directory(frame: Frame, said: op.ChangeDirectory) -> None:
    """Take the user's shell to a directory, when everything else is done."""
    quoted = said.path.replace("'", "'\\''")
    frame.session.commands.append(f"cd '{quoted}'")


def insist(frame: Frame, _: op.RequireFullName) -> None:
    """Refuse a module that was asked for by less than its full name."""
    if frame.asked != frame.full_name:
        raise Refused(
            "must be asked for by its full name", hint=f"module load {frame.full_name}", id="e_RequireFullName"
        )


def warn_of_name(frame: Frame, said: op.RequireFullName) -> None:
    """Warn only: one can always get rid of a module."""
    try:
        insist(frame, said)
    except Refused as error:
        frame.warn(error.text)


TABLE: dict[type, Row] = {
    #                    load           unload         refresh       restore        show        read        check
    op.UnsetEnv:        (unset_env,     ignore,        ignore,       unset_env,     pretend_unset, ignore,  unset_env),
    op.Prereq:          (require,       forgo,         ignore,       require,       ignore,     ignore,     ignore),
    op.Whatis:          (ignore,        ignore,        ignore,       ignore,        ignore,     ignore,     ignore),
    op.Help:            (ignore,        ignore,        ignore,       ignore,        ignore,     ignore,     ignore),
    op.SetAlias:        (set_alias,     undo_alias,    repeat_alias, set_alias,     ignore,     ignore,     ignore),
    op.UnsetAlias:      (unset_alias,   ignore,        ignore,       unset_alias,   ignore,     ignore,     ignore),
    op.SetFunction:     (set_function,  undo_function, redefine,     set_function,  ignore,     ignore,     ignore),
    op.UnsetFunction:   (drop_function, ignore,        ignore,       drop_function, ignore,     ignore,     ignore),
    op.ExportFunction:  (export,        undo_export,   ignore,       export,        ignore,     ignore,     ignore),
    op.Complete:        (complete,      undo_complete, recomplete,   complete,      ignore,     ignore,     ignore),
    op.Uncomplete:      (uncomplete,    uncomplete,    uncomplete,   uncomplete,    ignore,     ignore,     ignore),
    op.ReadScript:      (run_script,    undo_script,   reread,       run_script,    run_script, ignore,     ignore),
    op.Unload:          (unload,        unload,        ignore,       ignore,        ignore,     ignore,     ignore),
    op.Extensions:      (ignore,        ignore,        ignore,       ignore,        ignore,     ignore,     ignore),
    op.Property:        (mark_known,    mark,          ignore,       mark_known,    ignore,     mark,       mark_known),
    op.Message:         (tell,          tell,          tell_doubt,   tell,          tell_plain, tell_doubt, tell_doubt),
    op.Complain:        (refuse,        complain,      refuse,       refuse,        ignore,     pass_over,  refuse),
    op.Break:           (stop,          ignore,        ignore,       stop,          ignore,     ignore,     ignore),
    op.Execute:         (execute,       execute,       execute,      execute,       ignore,     execute,    ignore),
    op.ChangeDirectory: (change_directory, ignore,     ignore,       change_directory, ignore,  ignore,     ignore),
    op.Inherit:         (inherit,       follow,        ignore,       inherit,       quote,      follow,     ignore),
    op.Purge:           (purge_others,  ignore,        ignore,       ignore,        ignore,     ignore,     ignore),
    op.DynamicTree:     (ignore,        ignore,        ignore,       ignore,        ignore,     ignore,     ignore),
    op.RequireFullName: (insist,        warn_of_name,  ignore,       insist,        ignore,     ignore,     insist),
    op.Variant:         (choose,        recall,        recall,       choose,        recall,     recall,     recall),
    op.ExitCommand:     (leave,         leave,         leave,        leave,         ignore,     ignore,     ignore),
}  # fmt: skip
