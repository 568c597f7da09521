"""The differences that are chosen, each recognised as narrowly as it can be.

What only the age of the installed Lmod explains is not here: the generator leaves it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.differential.case import Case, File

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.differential.tools import Seen


class Step(NamedTuple):
    """A command, what Lmod's user had before, and what both have after it."""

    words: tuple[str, ...]
    before: Seen
    theirs: Seen
    ours: Seen
    names: frozenset[str]
    """In what they differ."""


class Known(NamedTuple):
    """Why the tools may differ, whether a step is such a case, and a case in which one is."""

    reason: str
    holds: Callable[[Step], bool]
    case: Case
    goes_on: bool = False
    """Both are in the same state after it, so that the rest of the session can be compared."""


def session(files: dict[str, str], *commands: str) -> Case:
    """Return a case, written briefly: files of the core by name, and commands as one types them."""
    made = tuple(File(f"{name}.lua", (line,) if line else ()) for name, line in files.items())
    return Case(made, (), tuple(tuple(command.split()) for command in commands))


def _old_file(step: Step) -> bool:
    same = step.theirs.env.get("_LMFILES_") == step.before.env.get("_LMFILES_")
    return step.names == {"_LMFILES_"} and same


def _odd_target(step: Step) -> bool:
    target = step.ours.text.partition("(@")[2].partition(")")[0]
    return "avail" in step.words and step.theirs.text == "" and bool({*target} & {*"-+.~"})


def _version_not_there(step: Step) -> bool:
    """Say whether ours failed for a version of a name of which Lmod has loaded another."""
    failed = _ours_failed(step) and "no module" in step.ours.text
    return failed and "load" in step.words and bool(_other_versions(step.words, step.theirs))


def _version_taken_away(step: Step) -> bool:
    """Say whether Lmod unloaded a version for one that there is not."""
    return "try-load" in step.words and bool(
        _other_versions(step.words, step.ours) - _other_versions(step.words, step.theirs)
    )


def _other_versions(words: tuple[str, ...], seen: Seen) -> set[str]:
    """Return the names that were asked for and of which another version is loaded."""
    pairs = ((word, module) for word in words for module in _loaded(seen))
    return {module for word, module in pairs if word != module and _name(module) in {word, _name(word)}}


def _part_of_a_version(step: Step) -> bool:
    """Say whether a loaded version is named in part: `x/1` for x/1.10."""
    asked = {word.removeprefix("-") for word in step.words if "/" in word}
    parts = (module.startswith(word) and module != word for module in _loaded(step.before) for word in asked)
    return any(parts) and step.words[0] in {"unload", "swap", "is-loaded", "load"}


def _missing_in_a_swap(step: Step) -> bool:
    return _ours_failed(step) and step.words[0] == "swap" and "wanted by" in step.ours.text


def _missing_for_one_that_went(step: Step) -> bool:
    """Say whether ours misses what a module wanted that is not there any more in the end."""
    wanted_by = step.ours.text.partition("wanted by ")[2].partition(")")[0].partition(",")[0]
    return _ours_failed(step) and bool(wanted_by) and wanted_by not in _loaded(step.theirs)


def _ours_failed(step: Step) -> bool:
    return (step.theirs.status, step.ours.status) == (0, 1)


def _loaded(seen: Seen) -> list[str]:
    return seen.env.get("LOADEDMODULES", "").split(":")


def _name(module: str) -> str:
    return module.rpartition("/")[0]


KNOWN = (
    Known(
        "the terse list says that no module is loaded, even if some are inactive",
        lambda step: "list" in step.words and (step.theirs.text, step.ours.text) == ("", "No modules loaded\n"),
        session({"Extra/a/1": ""}, "use SITE/Extra", "load a", "unuse SITE/Extra", "-t list"),
        goes_on=True,
    ),
    Known(
        "`-t avail ALIAS` finds the target although its name means something in a pattern",
        _odd_target,
        session({"Core/a/1-2": "", "Core/.modulerc": 'module_alias("zz", "a/1-2")'}, "-t avail zz"),
        goes_on=True,
    ),
    Known(
        "_LMFILES_ keeps the old file where only the directory changed",
        _old_file,
        session({"Core/a/1": "", "Extra/a/1": ""}, "load a", "use SITE/Extra"),
        goes_on=True,
    ),
    Known(
        "a module that refuses when it would come back or move stays inactive, and does not fail the command",
        lambda step: "stays inactive" in step.ours.text,
        session({"Core/a/1": "", "Extra/a/2": 'prereq("nothing")'}, "load a", "use SITE/Extra"),
    ),
    Known(
        "a version that does not exist is an error, even if another version gets loaded",
        _version_not_there,
        session({"Core/a/1": ""}, "load a/2 a/1"),
    ),
    Known(
        "try-load of a version that does not exist leaves the one that is loaded",
        _version_taken_away,
        session({"Core/a/1": ""}, "load a", "try-load a/2"),
    ),
    Known(
        "a loaded module can be named by a part of its version, as with Lmod 9",
        _part_of_a_version,
        session({"Core/a/1.10": ""}, "load a", "unload a/1"),
    ),
    Known(
        "swap fails for a dependency that is not there, as load does",
        _missing_in_a_swap,
        session({"Core/a/1": "", "Core/b/1": 'depends_on("nothing")'}, "load a", "swap a b"),
    ),
    Known(
        "what is missing is missed, even if what wanted it was replaced since",
        _missing_for_one_that_went,
        session({"Core/a/1": "", "Core/a/2": 'load("nothing")', "Core/b/1": 'try_load("a/2")'}, "load b a/1"),
    ),
)
