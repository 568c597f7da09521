"""What a shell script does, as words of a modulefile: two snapshots of a shell, compared.

`source_sh` and the conversion of scripts to modulefiles rest on it. Nothing here knows a session.
"""

from __future__ import annotations

from lmodpy.env.diff import is_command_name, is_identifier
from lmodpy.env.history import History
from lmodpy.env.pathlist import tidy
from lmodpy.env.rules import Rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import NamedTuple

    Said = tuple[str, tuple[str, ...]]
    """A word of a modulefile, and its arguments."""
else:
    from lmodpy.values import NamedTuple


class Snapshot(NamedTuple):
    """What a shell has at one moment: exported variables, aliases, functions, completions, exported functions."""

    variables: Mapping[str, str] = {}
    aliases: Mapping[str, str] = {}
    functions: Mapping[str, str] = {}
    """Name to body."""
    completions: Mapping[str, str] = {}
    """Command to the arguments of the shell's `complete`."""
    exported: frozenset[str] = frozenset()


def words(before: Snapshot, after: Snapshot, shell: str) -> list[Said]:
    """Return the words of a modulefile that turn one snapshot into the other, sorted by kind and name.

    What has a name that no modulefile may use is left out.
    """
    others = [
        *_changes(before.aliases, after.aliases, "set_alias", "unset_alias"),
        *_changes(before.functions, after.functions, "set_shell_function", "unset_shell_function", ""),
        *(("export_shell_function", (name,)) for name in sorted(after.exported - before.exported)),
        *(
            ("complete", (shell, command, arguments))
            for command, arguments in sorted(after.completions.items())
            if before.completions.get(command) != arguments
        ),
    ]
    return [
        *_variables(before.variables, after.variables),
        *((word, args) for word, args in others if _is_free(args[word == "complete"])),
    ]


def moves(before: Snapshot, after: Snapshot) -> list[Said]:
    """Return the word that goes to the directory where the script has left its shell, if it went anywhere."""
    was, now = before.variables.get("PWD"), after.variables.get("PWD")
    return [("chdir", (now,))] if was and now and was != now else []


KINDS = {
    "envvar": ("setenv", "unsetenv", "prepend_path", "append_path", "remove_path"),
    "alias": ("set_alias", "unset_alias"),
    "function": ("set_shell_function", "unset_shell_function", "export_shell_function"),
    "complete": ("complete", "uncomplete"),
    "chdir": ("chdir",),
}
"""The kinds of what a script does, with the words for it."""


def ignoring(found: Sequence[Said], ignored: Sequence[str]) -> list[Said]:
    """Return words without those of some kinds, or for variables of some names."""
    kinds = {word for kind in ignored for word in KINDS.get(kind, ())}
    return [
        (word, args)
        for word, args in found
        if word not in kinds and not (word in KINDS["envvar"] and args[0] in ignored)
    ]


_TAKEN = frozenset(("module", "ml", "clearMT", "clearLmod"))
"""What a script that sets up `module` defines: undoing that would take the user's own away."""


def _is_free(name: str) -> bool:
    return is_command_name(name) and name not in _TAKEN and not name.startswith(_SHELLS_OWN_KINDS)


def _changes(before: Mapping[str, str], after: Mapping[str, str], make: str, take: str, *more: str) -> Iterator[Said]:
    for name in sorted({*before, *after}):
        if name not in after:
            yield take, (name,)
        elif before.get(name) != after[name]:
            yield make, (name, after[name], *more)


_SHELLS_OWN = (
    " BASH_ENV COLUMNS ENV HISTCMD HISTFILE HISTSIZE HOME HOST HOSTNAME IFS LINENO LINES LOADEDMODULES "
    "LOGNAME MAIL MODULESHOME OLDPWD OPTARG OPTIND PPID PROMPT PS1 PS2 PS3 PS4 PWD RANDOM SECONDS SHELL SHLVL "
    "TERM TTY UID USER _ _AST_FEATURES _LMFILES_ "
)
_SHELLS_OWN_KINDS = ("LMOD_", "__LMOD", "_ModuleTable", "SSH_", "BASH_FUNC_", "__lmodpy")


def _variables(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Said]:
    for name in sorted({*before, *after}):
        own = f" {name} " in _SHELLS_OWN or name.startswith(_SHELLS_OWN_KINDS) or not is_identifier(name)
        if own or before.get(name) == after.get(name):
            continue
        if name not in after:
            yield "unsetenv", (name,)
        else:
            yield from _edits(name, before.get(name), after[name]) or [("setenv", (name, after[name]))]


def _edits(name: str, old: str | None, new: str) -> list[Said]:
    """Return the edits of a path-like variable that make `new` of `old`; none if it is not one, or they would not."""
    if not old or ":" not in new + old or "://" in new + old:
        return []
    was, now = old.split(":"), new.split(":")
    kept = [place for place, entry in enumerate(now) if entry and entry in was]
    if not kept:
        return []
    whole = (place for place in range(len(now)) if now[place : place + len(was)] == was)
    start = next(whole, kept[0])  # `/a:/a:/b` of `/a:/b` is /a in front, which is there already
    front = [entry for entry in dict.fromkeys(now[:start]) if entry]
    back = [entry for entry in dict.fromkeys(now[start:]) if entry and entry not in was and entry not in front]
    gone = [entry for entry in dict.fromkeys(was) if entry and entry not in now]
    edits = [("remove", entry) for entry in gone]
    edits += [("prepend", entry) for entry in reversed(front)]
    edits += [("append", entry) for entry in back]
    if not edits or not _lead_to(new, old, edits):
        return []
    said: list[Said] = [("remove_path", (name, entry)) for entry in gone]
    said += [("prepend_path", (name, ":".join(front)))] if front else []
    return said + [("append_path", (name, ":".join(back)))] * bool(back)


def _lead_to(new: str, old: str, edits: Sequence[tuple[str, str]]) -> bool:
    """Say whether edits of a path-like variable lead to the entries wanted; their order within is not looked at."""
    steps = tuple(("", (verb, entry, ":", 0)) for verb, entry in edits)
    made = History(old, steps, Rules()).text() or ""
    return _entries(made) == _entries(new)


def _entries(value: str) -> set[str]:
    """Return the entries of a value; in their usual form, where they are plainly paths."""
    return {tidy(entry, "") if entry[:1] == "/" != entry[1:2] else entry for entry in value.split(":") if entry}
