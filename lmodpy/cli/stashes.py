"""Stashes: what is loaded, put away for a moment, the last one first; in the manner of Environment Modules."""

from __future__ import annotations

import os
import time

from lmodpy.cli.collections import bring_back, keep, tell
from lmodpy.cli.errands import reset
from lmodpy.errors import LmodError, UsageError
from lmodpy.session import collection
from lmodpy.session.restoring import base_path, shelve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.cli.context import Context
    from lmodpy.session.collection import Place


def stash(context: Context) -> None:
    """Put away what is loaded, and go back to the beginning of the session."""
    session = context.session
    if not session.loaded.all() and not context.line.on("force"):
        session.warn("nothing is loaded, so nothing was put away")
        return
    name = f"stash-{time.time_ns() // 1_000_000}"
    keep(context, f"{_directory(context)}/{name}")
    if context.settings.text("default_modules").strip():
        reset(context)
    else:
        path = base_path(session)
        session.purge(force=True)
        if (session.env.get("MODULEPATH") or "") != path:
            session.env.assign("MODULEPATH", path or None)
        session.system_path = None
        session.settle()
    context.notes.append("" if context.quiet else "Put away; `module stashpop` brings it back.\n")


def stashpop(context: Context) -> None:
    """Go back to what was put away, the last of it if none is named, and forget the stash."""
    place = _place(context)
    whole = collection.read(place.path)
    problem = bring_back(context, whole)
    shelve(context.session, whole)
    if problem and not context.line.on("force"):
        hint = "module --force stashpop   brings it back all the same"
        raise LmodError(f"what was put away does not fit any more: {problem}; nothing was changed", hint)
    context.afterwards.append(lambda: _remove(place))


def stashlist(context: Context) -> None:
    """List what was put away, the last first, numbered from 0."""
    places = _all(context)
    if context.line.on("json"):
        context.answer({"stashes": [place._asdict() for place in places]})
    elif context.line.on("terse"):
        context.listing += [f"{place.name}\n" for place in places]
    elif places:
        lines = (f"{number}  {_when(place.name)}  {_held(place)}\n" for number, place in enumerate(places))
        context.listing += ["Put away, the last first:\n", *(f"  {line}" for line in lines)]
    else:
        context.listing.append("Nothing is put away; `module stash` does that with what is loaded.\n")


def stashshow(context: Context) -> None:
    """Tell what is in a stash."""
    tell(context, _place(context))


def stashrm(context: Context) -> None:
    """Forget a stash, the last one if none is named."""
    place = _place(context)
    context.afterwards.append(lambda: _remove(place))


def stashclear(context: Context) -> None:
    """Forget all stashes."""
    for place in _all(context):
        context.afterwards.append(lambda place=place: _remove(place))  # type: ignore[misc]


def _place(context: Context) -> Place:
    """Return the stash that is meant: by its number, by its name, or the last one."""
    places = _all(context)
    words = [word for word in context.line.words if word] or ["0"]
    if len(words) > 1:
        raise UsageError(f"`module {context.line.command}` takes one stash", hint="module stashlist")
    by_word = {place.name: place for place in places} | {str(number): place for number, place in enumerate(places)}
    if words[0] not in by_word:
        known = f"there is no stash `{words[0]}`" if places else "nothing is put away"
        raise LmodError(known, hint="module stashlist" if places else "module stash")
    return by_word[words[0]]


def _all(context: Context) -> list[Place]:
    return collection.stashes(_directory(context))


def _directory(context: Context) -> str:
    return collection.stash_directory(context.environ, context.settings.text("system_name"))


def _remove(place: Place) -> None:
    try:
        os.unlink(place.path)
    except OSError as error:
        raise LmodError(f"{place.path} cannot be removed: {error.strerror}") from None


def _when(name: str) -> str:
    milliseconds = name.partition("-")[2]
    if not milliseconds.isdecimal():
        return name
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(int(milliseconds) / 1000))


def _held(place: Place) -> str:
    try:
        return " ".join(module.full_name for module in collection.read(place.path).modules)
    except LmodError as error:
        return error.text
