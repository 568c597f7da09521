"""Collections: saving what is loaded under a name, and going back to it. docs/collections.md tells the rules."""

from __future__ import annotations

import time
from hashlib import sha1

from lmodpy.cli.errands import reset
from lmodpy.errors import LmodError, ModulefileError, UsageError
from lmodpy.report.details import call_line
from lmodpy.report.listing import numbered
from lmodpy.report.text import columns
from lmodpy.session import collection, luatable
from lmodpy.session.frame import Frame
from lmodpy.session.loaded import LoadedModules
from lmodpy.session.restoring import base_path, restore_all
from lmodpy.session.variants import variants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from lmodpy.cli.context import Context
    from lmodpy.modulefile.operations import Call
    from lmodpy.session.collection import Collection, Place, Saved, Shelf
    from lmodpy.session.loaded import Loaded
    from lmodpy.session.session import Session
    from lmodpy.tree.directory import Modulefile

DEFAULT, SYSTEM = "default", "system"
_IS_DEFAULT = "__LMOD_DEFAULT_MODULES_LOADED__"
_PATHS = frozenset(("prepend_path", "append_path", "remove_path"))
_LOADS = frozenset(
    (
        "load",
        "always_load",
        "try_load",
        "load_any",
        "unload",
        "always_unload",
        "depends_on",
        "depends_on_any",
        "mgrload",
        "inherit",
    )
)


# The commands.


def save(context: Context) -> None:
    """Save what is loaded, under a name or as the default."""
    name = _name(context) or DEFAULT
    problem = _unfit(context, name)
    if problem:
        context.session.warn(problem)
    else:
        keep(context, shelf(context).path(name))
        text = f"Saved as `{name}`: {_names(context.session.loaded.active())}"
        _note(context, text, "m_Save_Coll", a=name, msgTail="")


def restore(context: Context) -> None:
    """Load what was saved and nothing else; the default without a name, and where there is none, the site's."""
    name = _name(context)
    place = shelf(context).find(name or DEFAULT) if name != SYSTEM else None
    if place is not None:
        _restore(context, place, named=bool(name))
    elif name in ("", SYSTEM):
        reset(context)
    else:
        raise LmodError(f"there is no collection `{name}`", _hint(context, name)).called(
            "e_Unknown_Coll", collection=name
        )


def savelist(context: Context) -> None:
    """List the collections."""
    wanted = [word.lower() for word in context.line.words if word]
    places = [place for place in shelf(context).all() if not wanted or any(w in place.name.lower() for w in wanted)]
    if context.line.on("json"):
        context.answer({"collections": [place._asdict() for place in places]})
    elif context.line.on("terse"):
        context.listing += [f"{place.name}{suffix(context)}\n" for place in places]
    elif places:
        names = columns(numbered([place.name for place in places]), context.width(), "  ")
        told = "`module restore NAME` loads one, `module describe NAME` tells what is in it."
        context.listing += ["Collections:\n", names, f"\n{told}\n"]
    else:
        context.listing.append("There are no collections; `module save NAME` makes one of what is loaded.\n")


def describe(context: Context) -> None:
    """Tell what is in a collection."""
    name = _name(context) or DEFAULT
    place = shelf(context).find(name)
    if place is None:
        _warn_of_none(context, name)
    else:
        tell(context, place)


def disable(context: Context) -> None:
    """Put collections aside: they are kept, and no longer listed."""
    for name in [word for word in context.line.words if word] or [DEFAULT]:
        try:
            paths = shelf(context).disable(_checked(name))
        except OSError as error:
            raise LmodError(f"the collection `{name}` cannot be renamed: {error.strerror}") from None
        if paths:
            _note(context, f"Put aside: `{name}` is {' and '.join(paths)} now")
        else:
            _warn_of_none(context, name)


def is_saved(context: Context) -> None:
    """Answer by the exit status whether all of the collections, or any at all, are there."""
    names = [word for word in context.line.words if word]
    known = shelf(context)
    context.status = 0 if (all(map(known.find, names)) if names else known.all()) else 1


# What stashes do, too.


def keep(context: Context, path: str) -> None:
    """Have what is loaded written to a file, once the command has succeeded."""
    session = context.session
    modules = session.loaded.all()
    environ = session.env.seen()
    table: dict[str, Any] = luatable.module_table(modules, session.roots(), environ, base_path(session))
    table["mpathRefCountT"] = dict.fromkeys(session.roots(), 1) | session.env.counts("MODULEPATH")
    for module in modules:
        if module.active:
            table["mT"][module.name].update(_kept(session, module))
    remark = f"saved by lmodpy on {time.strftime('%Y-%m-%d at %H:%M:%S')}"

    def write() -> None:
        try:
            collection.write(path, table, remark)
        except OSError as error:
            raise LmodError(f"{path} cannot be written: {error.strerror}; nothing was saved") from None

    context.afterwards.append(write)


def bring_back(context: Context, whole: Collection) -> str:
    """Load a collection and nothing else; return what does not fit any more, nothing if all does."""
    session = context.session
    changed: list[str] = []
    if whole.base is not None and whole.base != base_path(session):
        changed.append(f"MODULEPATH began as `{whole.base}`, and now begins as `{base_path(session)}`")
        if not context.line.on("force"):
            return changed[0]
    missing: list[str] = []
    for saved, module in restore_all(session, whole, pinned=context.settings.flag("pin_versions")):
        if module is None:
            missing.append(saved.full_name)
            continue
        if saved.full_name != module.full_name:
            _note(context, f"{saved.full_name} was saved; `{saved.asked}` means {module.full_name} now")
        changed += _differences(session, saved, module)
    if missing:
        text = f"not there any more, so not restored: {', '.join(missing)}"
        session.warn(text, "w_MissingModules", module_list=" ".join(missing))
    if not session.loaded.active():
        session.warn("nothing is loaded now")
    return "; ".join(changed)


def tell(context: Context, place: Place) -> None:
    """Tell what a collection holds: what the user had put into MODULEPATH, and the modules as they were asked for."""
    whole = collection.read(place.path)
    opened = {path for saved in whole.modules for path in saved.opens or ()}
    base = (whole.base or "").split(":")
    uses = [root for root in whole.roots if root not in opened and root not in base]
    names = [" ".join((saved.asked or saved.full_name, *saved.variants)) for saved in whole.modules]
    if context.line.on("json"):
        modules = [
            {"fullName": m.full_name, "asked": m.asked, "wanted": m.wanted, "path": m.path} for m in whole.modules
        ]
        context.answer({**place._asdict(), "modulepath": uses, "modules": modules})
        return
    lines = "".join(f"module use {root}\n" for root in uses)
    if context.line.on("terse"):
        context.listing.append(lines + "".join(f"{name}\n" for name in names))
        return
    shown = columns(numbered(names), context.width(), "  ") if names else "  no modules\n"
    context.listing += [f"`{place.name}` is {place.path} and holds:\n", lines, shown]


# The parts of it.


def shelf(context: Context) -> Shelf:
    """Return the user's collections."""
    return collection.shelf(context.environ, context.settings.text("system_name"))


def suffix(context: Context) -> str:
    """Return what follows the names of the files, where several systems share a home directory."""
    system = context.settings.text("system_name")
    return f".{system}" if system else ""


def _restore(context: Context, place: Place, *, named: bool) -> None:
    session = context.session
    mark, system_path = session.mark(), session.system_path
    problem = bring_back(context, collection.read(place.path))
    if not problem or context.line.on("force"):
        if problem:
            session.warn(f"restored, though it is not as it was saved: {problem}")
        if not named:
            session.env.assign(_IS_DEFAULT, "1")
        if context.hooks:
            context.hooks.apply("restore", {"collection": place.name, "name": place.name, "fn": place.path})
        text = f"Restored `{place.name}`: {_names(session.loaded.active())}"
        _note(context, text, "m_Restore_Coll", a=place.name, msgTail="")
        return
    session.forget(mark)
    session.system_path = system_path
    text = f"`{place.name}` does not fit any more: {problem}"
    hint = f"module --force restore {place.name}   restores it all the same; `module save {place.name}` makes it fit"
    if named:
        raise LmodError(f"{text}; nothing was changed", hint)
    session.warn(f"{text}; the site's default modules are loaded instead ({hint})")
    reset(context)


def _differences(session: Session, saved: Saved, module: Modulefile) -> Iterator[str]:
    """Say how what decides about other modules has changed in a modulefile since it was saved."""
    if not saved.digest:
        return
    said = _said(session, module)
    if said is None or _digest(said) == saved.digest:
        return
    if saved.said is None:
        yield f"{module.full_name} loads other modules or opens other directories than it did"
        return
    new = [f"`{line}` is new" for line in said if line not in saved.said]
    gone = [f"`{line}` is gone" for line in saved.said if line not in said]
    yield f"in {module.full_name} {', '.join((*new, *gone)) or 'the order of loads is another'}"


class _Silent(Frame):
    """A modulefile that is read for its lines, and has spoken already when it was loaded."""

    def tell(self, text: str) -> None:
        """Pass over what the modulefile writes."""

    def warn(self, text: str) -> None:
        """Pass over what the modulefile warns of."""


def _said(session: Session, module: Modulefile | Loaded) -> tuple[str, ...] | None:
    """Return the lines of `show` about other modules and MODULEPATH, as they are where nothing is loaded.

    None if the file is gone or broken.
    """
    loaded, session.loaded = session.loaded, LoadedModules()
    mark = session.env.mark()
    frame = _Silent(session, "show", module, module.full_name)
    try:
        frame.run()
    except ModulefileError:
        return None
    finally:
        session.loaded = loaded
        session.env.rollback(mark)
    return tuple(call_line(call) for call in frame.journal if _counts(call))


def _kept(session: Session, module: Loaded) -> dict[str, Any]:
    """Return what is written down of a module besides what Lmod's table has in every command."""
    kept: dict[str, Any] = {"lmodpyBrings": list(module.brings), "lmodpyNeeds": list(module.needs)}
    if module.properties:
        kept["lmodpyVariants"] = list(variants(module.properties))
    if module.recorded:
        opened = session.env.put_in("MODULEPATH", module.name)
        kept["actionA"] = [f'prepend_path("MODULEPATH","{path}")' for path in opened]
    said = _said(session, module)
    if said is None:
        session.warn(f"{module.path} cannot be read, so `restore` will not notice whether it has changed")
        return kept
    return {**kept, "hash": _digest(said), "lmodpySaid": list(said)}


def _counts(call: Call) -> bool:
    named = call.args[0] if call.args else ""
    name = named.get(1) if isinstance(named, dict) else named
    return call.word in _LOADS or (call.word in _PATHS and name == "MODULEPATH")


def _digest(said: Sequence[str]) -> str:
    """Return what Lmod writes as `hash` for a modulefile, so that collections are understood both ways."""
    return sha1(
        "".join(f"{line}\n" for line in said).encode("utf-8", "surrogateescape"), usedforsecurity=False
    ).hexdigest()


def _unfit(context: Context, name: str) -> str:
    """Say why nothing can be saved under a name."""
    if name == SYSTEM:
        return "`system` means the site's default modules, so nothing can be saved under that name"
    if "." in name and "/" not in name:
        return (
            f"`{name}` cannot be the name of a collection: what follows a dot is the system's name; nothing was saved"
        )
    if "/" not in name and (name.endswith("~") or name.startswith("__")):
        return f"`{name}` cannot be the name of a collection: such files are put aside, and never listed"
    if not context.session.loaded.all() and not context.line.on("force"):
        return f"nothing is loaded, so nothing was saved; `module --force save {name}` saves an empty collection"
    return ""


def _name(context: Context) -> str:
    words = [word for word in context.line.words if word]
    if len(words) > 1:
        raise UsageError(f"`module {context.line.command}` takes one name", hint="module savelist")
    return _checked(words[0]) if words else ""


def _checked(name: str) -> str:
    """Return a name that is fit for a file; a path is taken from the current directory."""
    if "\0" in name or "\n" in name or name.endswith("/") or name in (".", ".."):
        raise UsageError(f"{name!r} cannot be the name of a collection")
    return name


def _hint(context: Context, name: str) -> str:
    from lmodpy.cli.refusals import nearest  # noqa: PLC0415 - only after a mistake

    near = nearest(name, (place.name for place in shelf(context).all()))
    return f"did you mean {' or '.join(f'`{other}`' for other in near)}?" if near else "`module savelist` lists them"


def _note(context: Context, text: str, name: str = "", /, **about: str) -> None:
    if not context.quiet:
        context.notes.append(f"{context.worded('lmodmessage', text, name, about)}\n")


def _warn_of_none(context: Context, name: str) -> None:
    context.session.warn(f"there is no collection `{name}`; {_hint(context, name)}", "w_No_Coll", collection=name)


def _names(modules: Sequence[Loaded]) -> str:
    return " ".join(module.full_name for module in modules) or "no modules"
