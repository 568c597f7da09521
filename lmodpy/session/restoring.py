"""A collection becomes what is loaded, and nothing else is."""

from __future__ import annotations

from lmodpy.env.pathlist import tidy
from lmodpy.errors import LmodError
from lmodpy.modulefile.operations import DependsOn, EditPath, Load
from lmodpy.names.request import Request
from lmodpy.session.endings import Stopped
from lmodpy.session.frame import Frame
from lmodpy.session.loaded import Loaded
from lmodpy.session.modes import note_need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lmodpy.session.collection import Collection, Saved
    from lmodpy.session.session import Session
    from lmodpy.tree.directory import Modulefile


def restore_all(session: Session, saved: Collection, *, pinned: bool) -> list[tuple[Saved, Modulefile | None]]:
    """Unload everything, and load what was saved; return it with what was found for it now.

    Each module is evaluated by itself: what it would load is a part of the collection, or was unloaded since.
    """
    env = session.env
    openers = _openers(session, saved)
    session.purge(force=True, wholly=True)
    base = base_path(session) if saved.base is None else saved.base
    tidied = [tidy(root, env.rules.home) for root in base.split(":") if root]
    uses = _uses(saved, tidied, openers)
    env.begin_anew("MODULEPATH", base or None)
    moved = saved.base is not None and _arrange(session, saved, tidied, openers)
    session.system_path = base if uses or moved else None
    found, frames = [], []
    for place in range(len(saved.modules) + 1):
        for root, level, verb in uses:
            if level == place:
                env.edit("MODULEPATH", (verb, root, ":", 0))
        if place < len(saved.modules):
            module, frame = _bring_back(session, saved.modules[place], saved, pinned=pinned)
            found.append((saved.modules[place], module))
            frames += [(saved.modules[place], frame)] if frame else []
    for each, frame in frames:
        _remember(session, each, frame)
    roots = session.roots()
    if saved.base is not None and roots != [*saved.roots] and sorted(roots) == sorted(saved.roots):
        env.rearrange("MODULEPATH", ":".join(saved.roots), {})
    session.settle()
    return found


def shelve(session: Session, saved: Collection) -> None:
    """Add the modules that were inactive: they come back when their tree does."""
    for each in saved.inactive:
        version = each.full_name.removeprefix(each.name).removeprefix("/")
        if session.loaded.get(each.name) is None:
            session.loaded.add(Loaded(each.name, version, each.path, each.asked, each.wanted, active=False))


def _arrange(session: Session, saved: Collection, base: list[str], openers: dict[str, list[int]]) -> bool:
    """Let the directories of the site be as the user had left them, and say whether anything was to be done."""
    left = [root for root in saved.roots if root in base]
    counts = {root: saved.counts.get(root, 1) - len(openers.get(root, [])) for root in left}
    if left == base and set(counts.values()) <= {0, 1}:
        return False
    session.env.rearrange("MODULEPATH", ":".join(left), counts)
    return True


def base_path(session: Session) -> str:
    """Return MODULEPATH as it was before the user or a module changed it."""
    if session.system_path is not None:
        return session.system_path
    return session.env.base("MODULEPATH") or ""


def _bring_back(
    session: Session, saved: Saved, whole: Collection, *, pinned: bool
) -> tuple[Modulefile | None, Frame | None]:
    """Load one module of a collection; return what was found for it, and its evaluation unless it has stopped."""
    name = saved.full_name if pinned or not saved.asked else saved.alias or saved.asked
    module = session.find(Request.parse(name)) or (None if pinned else session.find(Request.parse(saved.full_name)))
    if module is None:
        return None, None
    usual = session.find(Request(module.name))
    plain = saved.asked == module.name and usual is not None and usual.path == module.path
    marks = session.marks(module)
    frame = Frame(session, "restore", module, module.name if plain else module.full_name)
    frame.variants = saved.variants
    mark = session.mark()
    try:
        frame.run()
    except Stopped:
        session.forget(mark)
        return module, None
    frame.brings = list(_brought(frame, whole))
    session.loaded.add(session.record(frame, module.alias, marks, wanted=saved.wanted))
    session.tell_site("load", frame)
    return module, frame


def _remember(session: Session, saved: Saved, frame: Frame) -> None:
    """Note whom a module has brought and whom it needs: as it was saved, else as it says, now that all are there."""
    module = session.loaded.active_named(frame.name)
    if module is None:
        return
    if saved.needs is not None and saved.full_name == module.full_name:
        session.loaded.change(module._replace(brings=saved.brings or (), needs=saved.needs))
        return
    frame.needs = []
    for call in frame.journal:
        if isinstance(call.operation, DependsOn):
            note_need(frame, call.operation)
    session.loaded.change(module._replace(needs=tuple(dict.fromkeys(frame.needs))))


def _brought(frame: Frame, whole: Collection) -> Iterator[str]:
    """Yield the modules of the collection that a module has loaded."""
    said = [call.operation for call in frame.journal]
    asked = [request.text for each in said if isinstance(each, Load) for request in each.requests]
    for module in whole.modules:
        if any(text == module.name or text.startswith(f"{module.name}/") for text in asked):
            yield module.name


def _openers(session: Session, saved: Collection) -> dict[str, list[int]]:
    """Return which modules, by their place from 1 on, open which directories, as far as is known."""
    openers: dict[str, list[int]] = {}
    for place, module in enumerate(saved.modules, 1):
        for path in _read_opens(session, module, saved) if module.opens is None else module.opens:
            openers.setdefault(path, []).append(place)
    return openers


def _read_opens(session: Session, module: Saved, saved: Collection) -> list[str]:
    """Return which directories a module opens now; only one in the directories of the collection is looked at."""
    if not any(module.path.startswith(f"{root}/") for root in saved.roots) or "/../" in module.path:
        return []
    try:
        said = session.read(Loaded(module.name, "", module.path, module.full_name), "spider", module.full_name)
    except LmodError:
        return []  # it is gone, or does not work any more
    operations = (call.operation for call in said.journal)
    edits = [each for each in operations if isinstance(each, EditPath) and each.name == "MODULEPATH"]
    return [path for edit in edits if edit.verb != "remove" for path in edit.paths]


def _uses(saved: Collection, base: Sequence[str], openers: dict[str, list[int]]) -> list[tuple[str, int, str]]:
    """Return the directories that the user had put into MODULEPATH: each with the number of modules loaded before.

    One that stands in front of a directory which a module opens, was put there after that module.
    """
    last = max((place for place, root in enumerate(saved.roots) if root in base), default=len(saved.roots))
    uses: list[tuple[str, int, str]] = []
    level = 0
    for place in range(len(saved.roots) - 1, -1, -1):
        root = saved.roots[place]
        opened = openers.get(root, [])
        by_user = saved.counts.get(root, 1) - len(opened)
        if root not in base and (not opened or by_user > 0):
            uses += [(root, level, "append" if base and place > last else "prepend")] * max(by_user, 1)
        elif opened:
            level = max(level, *opened) if len(opened) > 1 else max(level, opened[0])
    appended = [use for use in uses if use[2] == "append"]
    return [*reversed(appended), *(use for use in uses if use[2] == "prepend")]
