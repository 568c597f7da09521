"""What happens: modules are found, evaluated, loaded and unloaded, and the rest of the session follows.

A Session is one command. Nothing of it reaches the shell before `finish`, so a command that fails has changed nothing.
"""

from __future__ import annotations

from lmodpy import system
from lmodpy.config import SYSTEM_RC
from lmodpy.errors import LmodError, ModulefileError, ModuleNotFound, Refused
from lmodpy.names.request import Request, satisfies
from lmodpy.session import codec
from lmodpy.session.frame import Frame
from lmodpy.session.loaded import KEPT, STICKY, SUPER_STICKY, Changes, Loaded, Missing, again
from lmodpy.session.state import STATE, State
from lmodpy.session.view import View
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from lmodpy.config import Settings
    from lmodpy.env.diff import Diff
    from lmodpy.env.environment import Environment, Mark
    from lmodpy.modulefile.hooks import Hooks
    from lmodpy.modulefile.properties import Property
    from lmodpy.modulefile.questions import Host
    from lmodpy.tree.directory import Modulefile
    from lmodpy.tree.tree import Tree
_MOST_SWAPS = 10
_DEEPEST = 90
"""So many modules may load each other in a chain; Lua has room for twice as many calls within each other."""
LONGEST = 131_072
"""So many bytes Linux takes for one variable: its name, the equals sign, the value and the NUL behind it."""


class Session(View):
    """One command at work on the environment, the loaded modules and the tree."""

    def __init__(
        self,
        env: Environment,
        state: State,
        tree: Tree,
        evaluators: Callable[[str], Callable[[str, Host], None]],
        settings: Settings,
        *,
        shell_is: tuple[str, str] = ("bash", "sh"),
        say: Callable[[str], None] = lambda _: None,
        declared: Callable[[], Mapping[str, Property]] = dict,
        hooks: Hooks | None = None,
    ) -> None:
        super().__init__(env.found, state, tree)
        self.env = env
        self.settings = settings
        self.shell_name, self.shell_kind = shell_is
        self.frames: list[Frame] = []
        """The modulefiles being evaluated, the outermost first."""
        self.written: list[str] = []
        self.commands: list[str] = []
        self.missing: list[Missing] = []
        self.further: list[Request] = []  # what looked like variants (`+name`), but are modules to load after theirs
        undo = settings.text("undo").lower()
        if undo not in ("exact", "lmod", ""):
            self.warnings.append(f"LMODPY_UNDO is {undo!r}; it knows `exact` and `lmod`, and is taken for `exact`")
        self.exact = undo != "lmod"
        """Whether undo follows the record (else Lmod's way, which reverses the modulefile)."""
        self.overheard = False
        """Whether somebody reads what modulefiles say while they are loaded."""
        self._evaluators = evaluators
        self._replaced: list[tuple[str, str]] = []
        self._named: frozenset[str] = frozenset()
        self._sticky: set[str] = set()
        self._say = say
        self.hooks = hooks
        """What the site wants to be told, if anything."""
        self.declared = declared
        """Returns the properties that the site declares, besides those that are everywhere."""
        self.system_path = state.system_path
        self._settled_path = env.get("MODULEPATH")
        self._system_rc, self._rc_moved = settings.system_rc(), False

    # What modulefiles and commands ask.

    def value(self, name: str) -> str | None:
        """Return the value that a modulefile would see now."""
        return self.env.get(name)

    def base(self, name: str) -> str | None:
        """Return what it would be without the loaded modules."""
        return self.env.base(name)

    def find(self, request: Request) -> Modulefile | None:
        """Return the modulefile that `load` would take now."""
        if self._rc_moved or self.env.touches(SYSTEM_RC):
            self._follow_rc()
        return super().find(request)

    def _follow_rc(self) -> None:
        """Go on with the rc files that the environment names now."""
        named = self.settings.system_rc(self.env.get)
        if named != self._system_rc:
            self._system_rc, self._rc_moved = named, True
            self.tree.follow(self.settings.rc_files(named))

    def find_again(self, module: Loaded) -> Modulefile | None:
        """Return the modulefile that a loaded module's name means now; the name is real, so no alias is looked for."""
        return self.tree.find(Request.parse(module.asked), self.roots(), far=False)

    def next_same(self, frame: Frame) -> Modulefile | None:
        """Return the next modulefile of the frame's full name along MODULEPATH."""
        return self.tree.next_same(frame.full_name, frame.path, self.roots())

    def is_loaded(self, request: Request) -> bool:
        """Say whether such a module is loaded or being loaded."""
        return self.matching(request, "isloaded") is not None

    def is_pending(self, request: Request) -> bool:
        """Say whether such a module is being loaded."""
        module = self.matching(request, "isloaded")
        return module is not None and module.name in self.pending

    def has_prerequisite(self, request: Request) -> bool:
        """Say whether a loaded module is what `prereq` asks for."""
        return self.matching(request, "prereq") is not None

    def rivals(self, requests: Iterable[Request], frame: Frame) -> list[str]:
        """Return the full names of loaded modules that `conflict` names; a module is no rival of itself."""
        return [
            module.full_name
            for request in requests
            if (module := self.matching(request, "conflict")) is not None and module.name != frame.name
        ]

    def loaded_as(self, request: Request, how: str = "unload") -> Loaded | None:
        """Return the active module that a request on `unload` (or another word) means."""
        module = self.matching(request, how)
        return self.loaded.active_named(module.name) if module is not None else None

    def read(self, module: Modulefile | Loaded, mode: str, asked: str | Request = "") -> Frame:
        """Evaluate a modulefile only to read what it says; nothing stays of it."""
        mark = self.env.mark()
        frame = Frame(self, mode, module, asked if isinstance(asked, str) else asked.text)
        frame.variants = () if isinstance(asked, str) else asked.variants
        try:
            frame.run()
        finally:
            self.env.rollback(mark)
        return frame

    def evaluate(self, path: str, host: Host) -> None:
        """Let the evaluator for this kind of file run it."""
        self._evaluators(path)(path, host)

    # What commands do.

    def load(self, requests: Sequence[Request], *, must: bool = True) -> None:
        """Load modules for the user, one after the other; raises ModuleNotFound (unless `must` is false) in the end."""
        for request in requests:
            module = self.find(request)
            if module is None:
                if must:
                    self.miss(request)
            else:
                self._named |= {module.name}
                self._load(module, request, wanted=True)
            if self.further:
                further, self.further = self.further, []
                self.load(further, must=must)
        self.settle()
        if must:
            self.check()

    def try_load(self, request: Request) -> LmodError | None:
        """Load a module for the user; if that fails, nothing of it stays, and the trouble is returned."""
        mark, settled = self.mark(), self._settled_path
        try:
            self.load([request])
        except (ModulefileError, ModuleNotFound) as error:
            self.forget(mark)
            self._settled_path = settled
            return error
        return None

    def unload(self, requests: Sequence[Request], *, force: bool = False) -> list[str]:
        """Unload modules for the user; return the texts that name nothing that is loaded."""
        unknown, removed = [], []
        for request in requests:
            module = self._meant(request)
            if module is None:
                unknown.append(str(request))
            else:
                self._named |= {module.name}
                removed.append(module)
                self._unload(module.name)
        self._keep_sticky(removed, force=force)
        self.settle()
        return unknown

    def swap(self, old: Request, new: Request) -> None:
        """Unload one module and load another; raises LmodError if the one is not loaded or the other not there."""
        module = self._meant(old)
        if module is None:
            error = LmodError(f"{old} is not loaded, so it cannot be swapped", f"module load {new}")
            raise error.called("e_Swap_Failed", name=str(old))
        self._named |= {module.name}
        self._unload(module.name)
        self.settle()
        self.load([new])

    def purge(self, *, force: bool = False, wholly: bool = False) -> None:
        """Unload every module, the last loaded first; sticky ones stay unless forced, super-sticky ones as well."""
        removed = [m for m in reversed(self.loaded.all()) if m.name not in self.pending]
        for module in removed:
            self._named |= {module.name}
            self._unload(module.name)
        if not wholly:
            self._keep_sticky(removed, force=force)
        if not self.frames:
            self.settle()

    # What modulefiles do.

    def bring(self, request: Request, frame: Frame, *, keep: bool = False) -> Loaded | None:
        """Load a module for another one; one that is there already stays as it is. Returns it, or None."""
        module = self.find(request)
        if module is None:
            return None
        there = self.loaded.get(module.name)
        same = there is not None and there.active and there.path == module.path
        if same and self.exact and (not request.variants or self.is_loaded(request)):
            return there
        self._load(module, request, wanted=keep, by=frame)
        return self.loaded.active_named(module.name)

    def satisfy(self, request: Request, frame: Frame) -> Loaded | None:
        """Return a module that fulfils a dependency: the loaded one if it is right, else the best there is."""
        near, there = self.matching(request, "isloaded"), None
        if near is not None:
            there = self.loaded_as(request, "prereq")
            if there is not None and request.text in {there.name, there.full_name} and not request.latest:
                return there
            if near.name in self.pending:
                return Loaded(near.name, near.version, near.path, near.full_name)
        module = self.find(request)
        if module is None:
            return there
        loaded = self.loaded.get(module.name)
        if loaded is not None and loaded.active and loaded.path == module.path and not request.variants:
            return loaded
        self._load(module, request, wanted=False, by=frame)
        return self.loaded.active_named(module.name)

    def first_of(self, requests: Sequence[Request], frame: Frame) -> Loaded | None:
        """Return the first of several modules that is loaded, else the first that can be."""
        there = next((module for request in requests if (module := self.loaded_as(request))), None)
        if there is not None:
            return there
        return next((module for request in requests if (module := self.satisfy(request, frame))), None)

    def miss(self, request: Request, frame: Frame | None = None) -> None:
        """Note that a module cannot be found; `check` will fail for it."""
        self.missing.append(Missing(request, tuple(frame.chain()) if frame else (), self.is_loaded(request)))

    def unload_named(self, requests: Iterable[Request]) -> None:
        """Unload what a modulefile names; what is not loaded is passed over."""
        for request in requests:
            module = self.loaded_as(Request(request.literally)) or self.loaded_as(Request(request.text))
            if module is not None:
                self._unload(module.name)

    def release(self, frame: Frame, names: Iterable[str]) -> None:
        """End a module's need for others; those that nobody needs and nobody asked for are unloaded."""
        for name in names:
            frame.brings = [other for other in frame.brings if other != name]
            frame.needs = [other for other in frame.needs if other != name]
            module = self.loaded.get(frame.name)
            if module is not None:
                self.loaded.change(module._replace(brings=tuple(frame.brings), needs=tuple(frame.needs)))
            there = self.loaded.get(name)
            idle = there is not None and there.active and not there.wanted and not self._needed(name)
            if there is not None and idle and KEPT not in there.properties:
                self._unload(name)

    def _needed(self, name: str) -> bool:
        """Say whether a module that is loaded, or being loaded, brought or depends on this one."""
        pending = self.pending.values()
        return self.loaded.needed(name) or any(name in (*frame.needs, *frame.brings) for frame in pending)

    def say(self, text: str) -> None:
        """Tell the user something, at once."""
        if not self.settings.flag("quiet"):
            self._say(text)

    # How it settles, and what comes out.

    def settle(self) -> None:
        """Follow a changed MODULEPATH: swap what moved, shelve what vanished, revive what came back."""
        for _ in range(_MOST_SWAPS):
            path = self.env.get("MODULEPATH")
            if self.frames or path == self._settled_path:
                return
            self._settled_path = path
            for module in self.loaded.to_settle():
                self._resettle(module.name)

    def check(self) -> None:
        """Raise ModuleNotFound if something that was asked for is still not there."""
        missing = [each for each in self.missing if each.loaded or not self._is_made_up_for(each.request)]
        if missing:
            names = tuple(dict.fromkeys(str(each.request) for each in missing))
            chains = {each.chain for each in missing if each.chain}
            by = f" (wanted by {', which was loaded by '.join(reversed(min(chains)))})" if chains else ""
            cannot = (
                f"no module `{names[0]}`" if len(names) == 1 else f"no modules {', '.join(f'`{n}`' for n in names)}"
            )
            raise ModuleNotFound(f"{cannot} can be loaded now{by}", names=names)

    def _is_made_up_for(self, request: Request) -> bool:
        """Say whether what could not be found is loaded after all, by another name or from a tree opened later."""
        module = self.matching(request, "isloaded")
        return module is not None and (request.text == module.full_name or not self.settings.flag("exact_match"))

    def changes(self) -> Changes:
        """Return what happened to modules that the command did not name."""
        before = {m.name: m for m in self._before.modules}
        now = {m.name: m for m in self.loaded.all()}
        kept = [(before[name], now[name]) for name in before if name in now]
        both = [(old, new) for old, new in kept if old.active and new.active and new.name not in self._named]
        return Changes(
            tuple(old.asked for old, new in kept if old.active and not new.active),
            tuple(new.full_name for old, new in kept if new.active and not old.active),
            tuple(new.full_name for old, new in both if old.full_name == new.full_name and old.path != new.path),
            tuple(
                (old.full_name, new.full_name)
                for old, new in kept
                if old.active and new.active and old.version != new.version
            ),
            tuple(self._replaced),
        )

    def finish(self) -> Diff:
        """Write down the state and return what the shell has to be told."""
        modules = tuple(self.loaded.all())
        if self.system_path is not None and self.system_path == (self.base("MODULEPATH") or ""):
            self.system_path = None
        if self.env.changed() or modules != self._before.modules:
            active = [module for module in modules if module.active]
            names, files = ":".join(m.full_name for m in active), ":".join(m.path for m in active)
            state = State(modules, self.env.recorded(), self.system_path)
            for variable, value in (
                ("LOADEDMODULES", names),
                ("_LMFILES_", files),
                (STATE, codec.encode(state, names)),
            ):
                self.env.assign(variable, value or None)
        diff = self.env.diff(tuple(self.commands), "".join(self.written))
        for name, value in diff.variables.items():
            if value is not None and 4 * len(value) > LONGEST:
                from lmodpy.session.admission import refuse_long  # noqa: PLC0415 - hardly ever

                refuse_long(self, name, value)
        return diff

    # The steps.

    def _meant(self, request: Request) -> Loaded | None:
        """Return the loaded module, active or not, that a request of the user means."""
        if request.versions or request.variants:
            from lmodpy.session.specified import meant  # noqa: PLC0415 - few requests say more than a name

            return meant(self, request)
        return next((m for m in self.loaded.all() if satisfies(request, m.name, m.version, "unload")), None)

    def _load(self, module: Modulefile, request: Request, *, wanted: bool, by: Frame | None = None) -> None:
        """Evaluate a modulefile and count it as loaded; another version of it goes first."""
        self._refuse_circle(module)
        self._refuse_odd(module)
        marks = self.marks(module)
        there = self.loaded.get(module.name)
        if there is not None and there.active:
            if self.settings.flag("no_name_swap") or self.settings.flag("no_same_name_swap"):
                from lmodpy.session.admission import refuse_other_version  # noqa: PLC0415 - few sites want it

                refuse_other_version(there, module)
            self.settle()  # on what it had opened until now, or nobody would miss that
            self._unload(there.name)
            self.settle()
            self._unload(there.name)  # what settled may have brought it again
        elif there is not None:
            self.loaded.drop(there.name)
        plain = (module.real or request.text) == module.name and not (request.ranged or request.latest)
        asked = module.name if plain else module.full_name
        for _ in range(_MOST_SWAPS):
            mark = self.mark()
            frame = Frame(self, "load", module, asked)
            frame.variants = request.variants
            try:
                frame.run()
            except Refused as refused:
                holder = _holder(refused)
                if holder is None or (holder and (frame.failure is not refused or (by and by.name == holder))):
                    raise
                self.forget(mark)
                if not holder:
                    if refused.text:
                        self.say(refused.text + "\n")
                    return
                self._replaced.append((self._full_name(holder), module.full_name))
                self._named |= {holder}
                self._unload(holder)
            else:
                self.loaded.add(self.record(frame, module.alias, marks, wanted=wanted))
                self.tell_site("load", frame)
                if there is not None and there.active:
                    self.settle()  # what stands on it comes back before the next name of the list
                return
        raise ModulefileError(f"{module.full_name} keeps replacing modules of its family", module.path)

    def mark(self) -> tuple[Mark, dict[str, Loaded], frozenset[str], list[int]]:
        """Return what `forget` needs to come back to this moment."""
        return self.env.mark(), self.loaded.mark(), self._named, [len(kept) for kept in self._journals()]

    def forget(self, mark: tuple[Mark, dict[str, Loaded], frozenset[str], list[int]]) -> None:
        """Forget everything since `mark`, but for what the user was told."""
        env, loaded, self._named, lengths = mark
        self.env.rollback(env)
        self.loaded.rollback(loaded)
        for kept, length in zip(self._journals(), lengths, strict=True):
            del kept[length:]

    def _journals(self) -> tuple[list[Any], ...]:
        return self.missing, self.commands, self.written, self._replaced

    def record(self, frame: Frame, alias: str, marks: str, *, wanted: bool) -> Loaded:
        """Return what there is to remember of a module that was evaluated to load it."""
        brings, needs = tuple(dict.fromkeys(frame.brings)), tuple(dict.fromkeys(frame.needs))
        names = frame.name, frame.version, frame.path, frame.asked
        properties = tuple(frame.properties)
        if self.tree.tagged:
            from lmodpy.session.admission import tagged  # noqa: PLC0415 - few rc files have tags

            properties = tuple(dict.fromkeys((*properties, *tagged(self, frame.module))))
        return made(Loaded, (*names, wanted, brings, needs, properties, True, self.exact, alias, marks))

    def _refuse_circle(self, module: Modulefile) -> None:
        if module.name in self.pending:
            start = list(self.pending).index(module.name)
            names = [frame.full_name for frame in self.pending.values()]
            circle = " -> ".join((*names[start:], module.full_name))
            raise ModulefileError(f"modules load each other in a circle: {circle}")

    def _refuse_odd(self, module: Modulefile) -> None:
        if ":" in module.full_name or ":" in module.path:
            raise LmodError(
                f"{module.path} cannot be loaded: LOADEDMODULES and _LMFILES_ cannot hold a colon in a name"
            )
        if len(self.frames) >= _DEEPEST:
            raise ModulefileError(f"more than {_DEEPEST} modules load each other in a chain")

    def marks(self, module: Modulefile) -> str:
        """Return the letters that mark a module; raises Refused for one that rc files or loaded modules keep out."""
        if self.settings.flag("downstream"):
            from lmodpy.session.admission import let_in  # noqa: PLC0415 - few sites want it

            let_in(self, module)
        if not self.tree.limited:
            return "h" if module.kind else ""
        from lmodpy.session.admission import admitted  # noqa: PLC0415 - few rc files hide or forbid

        return admitted(self, module)

    def _unload(self, name: str) -> None:
        """Evaluate a modulefile in reverse, then make sure by the record that nothing of it stays."""
        module = self.loaded.get(name)
        if module is None or not module.active:
            self.loaded.drop(name)
            return
        frame = Frame(self, "unload", module, module.asked)
        frame.recorded = module.recorded
        frame.brings, frame.needs = list(module.brings), list(module.needs)
        if system.exists(module.path):
            try:
                frame.run()
            except ModulefileError as error:
                self.warn(f"{error.text}{f' ({error.where})' if error.where else ''}; it was unloaded all the same")
        elif not module.recorded:
            self.warn(f"{module.path} is gone, so what {module.full_name} had set stays, but for what is on record")
        if STICKY in frame.properties:
            self._sticky.add(name)
        self.release(frame, [*frame.brings, *frame.needs])
        self.loaded.drop(name)
        self.tell_site("unload", frame)
        for variable in self.env.retract(name):
            self.warn(f"{variable} was changed after {module.full_name} had set it; it keeps its value")

    def tell_site(self, hook: str, frame: Frame) -> None:
        """Let the site know that a module was loaded or unloaded."""
        if self.hooks is not None and hook in self.hooks:
            names = {"sn": frame.name, "fullName": frame.full_name, "userName": frame.asked, "version": frame.version}
            told = {"fn": frame.path, "modFullName": frame.full_name, "mname": {**names, "fn": frame.path}}
            self.hooks.apply(hook, told, host=frame)

    def reload(self, module: Loaded) -> None:
        """Unload a module and load what its name means now; nothing of that name: it becomes inactive."""
        self._unload(module.name)
        found = self.find_again(module)
        if found is None:
            self.loaded.add(module._replace(active=False, brings=(), needs=()))
        else:
            self._revive(module, found)

    def _resettle(self, name: str) -> None:
        module = self.loaded.get(name)
        if module is None:
            return
        found = self.find_again(module)
        if module.active:
            if found is None or found.path != module.path:
                self.reload(module)
        elif found is not None:
            self._revive(module, found)
        else:
            self.loaded.add(module)

    def _revive(self, module: Loaded, found: Modulefile) -> None:
        """Load an inactive module again; one that refuses stays inactive, and does not stop the others."""
        mark = self.mark()
        try:
            self._load(found._replace(alias=module.alias), again(module), wanted=module.wanted)
        except ModulefileError as error:
            self.forget(mark)
            self.loaded.add(module._replace(active=False, brings=(), needs=()))
            self.warn(f"{error.text}{f' ({error.where})' if error.where else ''}; it stays inactive")

    def _keep_sticky(self, removed: Sequence[Loaded], *, force: bool) -> None:
        """Load sticky modules again that were unloaded, the last one first; if forced, only those that always stay."""
        kept = []
        for module in reversed([m for m in removed if self._stays(m, force=force) and m.name not in self.loaded]):
            found = self.find(Request.parse(module.full_name))
            if found is not None and found.path == module.path:
                self._load(found._replace(alias=module.alias), again(module), wanted=module.wanted)
                kept.append(module.full_name)
            else:
                self.warn(f"{module.full_name} is sticky, but what it needs is gone, so it was unloaded")
        if kept:
            way = "" if force else " (`module --force purge` unloads them too)"
            self.say(f"Kept, since sticky: {', '.join(kept)}{way}\n")

    def _stays(self, module: Loaded, *, force: bool) -> bool:
        """Say whether a module is sticky: by what is known of it, or, without a record, by what its file says now."""
        said = STICKY in module.properties or (not module.recorded and module.name in self._sticky)
        return SUPER_STICKY in module.properties or (said and not force)

    def _full_name(self, name: str) -> str:
        module = self.loaded.get(name)
        return module.full_name if module else name


def _holder(refused: Refused) -> str | None:
    """Return the module of its family that has to go; empty, if a modulefile only ended early; None for trouble."""
    from lmodpy.session.endings import FamilySwap, Stopped  # noqa: PLC0415 - seldom in a command

    return refused.holder if isinstance(refused, FamilySwap) else "" if isinstance(refused, Stopped) else None
