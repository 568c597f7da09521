"""One modulefile under evaluation: which, in what mode, on whose behalf. It is the host of the evaluator."""

from __future__ import annotations

from lmodpy.errors import ModulefileError, Refused
from lmodpy.session.loaded import NO_PROPERTY
from lmodpy.session.modes import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from lmodpy.modulefile.operations import Call
    from lmodpy.names.request import Request
    from lmodpy.session.loaded import Loaded
    from lmodpy.session.session import Session
    from lmodpy.tree.directory import Modulefile

_MOST_NAMED = 5
_PLAINLY = frozenset(("load", "spider"))


class Frame:
    """A modulefile being evaluated; words come in through `perform`, questions through the other methods."""

    variants: tuple[str, ...] = ()
    """The variants that were asked for."""

    content: bytes | None = None
    """What the modulefile holds, if that was just read."""

    verdict = ""
    """What the modulefile's own test has returned."""

    def __init__(self, session: Session, mode: str, module: Modulefile | Loaded, asked: str = "") -> None:
        self.session = session
        self.env = session.env
        self.mode = MODES[mode]
        self.mode_name = self.mode.name
        self.shell_name = session.shell_name
        self.shell_kind = session.shell_kind
        self.module = module
        self.name = module.name
        self.version = module.version
        self.path = module.path
        self.asked = asked or module.full_name
        self.loading = mode in ("load", "restore")
        """Whether this module is on its way to being loaded."""
        self.owner = self.name if self.loading and session.exact else ""
        """The name under which changes are recorded; "" if they are not to be undone."""
        self.recorded = False
        self.brings: list[str] = []
        self.needs: list[str] = []
        self.properties: list[str] = []
        self.journal: list[Call] = []
        self.failure: BaseException | None = None
        self.takes_plainly = mode in _PLAINLY and not session.overheard
        """Whether plain words may come many at a time, by `perform_plainly`: not where somebody reads all of them."""

    @property
    def full_name(self) -> str:
        """Return `name/version`, or the name alone."""
        return self.module.full_name

    def run(self) -> None:
        """Evaluate the modulefile; what it pretended ends with it. Raises ModulefileError and what handlers raise."""
        pretence = self.env.pretence()
        session = self.session
        session.frames.append(self)
        if self.loading:
            session.pending[self.name] = self
        try:
            session.evaluate(self.path, self)
            if self.failure is not None:
                raise self.failure
            if self.variants and self.loading:
                from lmodpy.session.variants import admit  # noqa: PLC0415 - few users ask for some

                admit(self)
        except ModulefileError as error:
            self._explain(error)
            raise
        finally:
            session.frames.pop()
            if self.loading:
                del session.pending[self.name]
            self.env.restore_pretence(pretence)

    def inherit(self, *, must: bool = True) -> str:
        """Evaluate the next modulefile of the same full name along MODULEPATH in this frame; return its path."""
        following = self.session.next_same(self)
        if following is None:
            if must:
                raise Refused(
                    "inherit() finds no further modulefile of this name along MODULEPATH", id="e_Failed_2_Inherit"
                )
            return ""
        here, self.module, self.path, self.content = (self.module, self.path), following, following.path, None
        try:
            self.session.evaluate(self.path, self)
        finally:
            self.module, self.path = here
        return following.path

    def warn(self, text: str) -> None:
        """Tell the user about trouble that does not stop the command."""
        self.session.warn(f"{self.full_name}: {text}")

    def perform(self, call: Call) -> object:
        """Do what the modulefile said, in the way of the mode, and keep it in the journal."""
        self.journal.append(call)
        _, _, operation, only = call
        mode = self.mode
        if only:
            if mode.only and mode.only not in only:
                return None
            if mode.acting:
                mode = MODES["load"]  # "when unloading, do this": do it, not its inverse
        kind = type(operation)
        try:
            return (mode.handlers.get(kind) or mode.handler(kind))(self, operation)
        except BaseException as error:
            self.failure = self.failure or error  # a pcall in the modulefile must not hide it, nor Ctrl-C
            raise

    def perform_plainly(self, said: str) -> None:
        """Do what many words say, three texts for each, with NUL between all of them.

        These are a verb, a variable or a line of description, and a text.
        """
        if self.mode.acting:
            self.env.change(said, self.owner)
        else:
            self._note_plainly(said.split("\0"))

    def misused(self, error: Exception) -> None:
        """Fail while loading or checking; while unloading or reading warn and go on; say nothing twice."""
        if self.loading or self.mode is MODES["check"]:
            raise error
        if self.mode is not MODES["refresh"]:
            self.warn(f"{error} ({self.path})")

    def getenv(self, name: str) -> str | None:
        """Return the value of a variable as this modulefile sees it."""
        return self.env.get(name)

    def pretend(self, name: str, value: str | None) -> None:
        """Let the rest of the modulefile, and the programs that it starts, see another value of a variable."""
        self.env.pretend(name, value)

    @property
    def runs_programs(self) -> bool:
        """Say whether it may start programs: not where it is only looked at, unless the site wants that."""
        return self.mode_name != "spider" or self.session.settings.flag("spider_programs")

    def environ(self) -> dict[str, str]:
        """Return the environment for a program that the modulefile starts."""
        return self.env.seen()

    def typed(self) -> str:
        """Return the name it was asked by; of a hidden module the one without dots, if it was found by that."""
        from lmodpy.tree.choice import without_dots  # noqa: PLC0415 - few modulefiles ask

        alias = self.module.alias
        return alias if alias and without_dots(alias) == without_dots(self.full_name) else self.asked

    def is_loaded(self, request: Request) -> bool:
        """Say whether such a module is loaded or being loaded."""
        return self.session.is_loaded(request)

    def is_pending(self, request: Request) -> bool:
        """Say whether such a module is being loaded."""
        return self.session.is_pending(request)

    def available(self, request: Request) -> str | None:
        """Return the file that would be loaded."""
        found = self.session.find(request)
        return found.path if found else None

    def loaded_records(self) -> list[dict[str, Any]]:
        """Return a record for each loaded module, in load order."""
        active = self.session.loaded.active()
        needed = [name for module in active for name in module.needs]
        return [
            {
                "sn": module.name,
                "fullName": module.full_name,
                "displayName": module.full_name,
                "userName": module.asked,
                "name": module.asked,
                "fn": module.path,
                "origUserName": module.alias or False,
                "moduleKindT": {"kind": _kind(module.marks), "hidden_loaded": "v" in module.marks},
                "loadOrder": place,
                "stackDepth": 0 if module.wanted else 1,
                "ref_count": None if module.wanted else needed.count(module.name),
                "depends_on_anyA": {},
                "forbiddenT": {},
            }
            for place, module in enumerate(active, 1)
        ]

    def variant(self, name: str) -> str | bool | None:
        """Return the value of a variant of this module; of a switch, whether it is on; None if it has none."""
        from lmodpy.session.variants import value_of  # noqa: PLC0415 - few modulefiles have some

        return value_of(self.properties, name)

    def tags(self) -> list[str]:
        """Return the tags of the module: how it is loaded, the values of its properties, and what rc files say."""
        from lmodpy.session.admission import standing, tagged  # noqa: PLC0415 - few modulefiles ask

        known = [*self.properties, *getattr(self.module, "properties", ()), *tagged(self.session, self.module)]
        values = (value for text in known if text[:1] not in NO_PROPERTY for value in text.split(":")[1:])
        return list(dict.fromkeys((*standing(self), *values)))

    def tag(self, names: Sequence[str], tags: Sequence[str]) -> None:
        """Give modules tags that this one has just loaded."""
        from lmodpy.session.admission import put_tags  # noqa: PLC0415 - few modulefiles do

        put_tags(self.session, names, tags)

    def chain(self) -> list[str]:
        """Return the full names of the modules being evaluated, outermost first."""
        return [frame.full_name for frame in self.session.frames]

    def write(self, text: str) -> None:
        """Pass on what the modulefile writes to stdout: the shell gets it before everything else."""
        if self.mode.acting or self.mode is MODES["refresh"]:
            self.session.written.append(text)

    def tell(self, text: str) -> None:
        """Pass on what the modulefile writes to stderr."""
        if self.mode is not MODES["spider"]:
            self.session.say(text)

    def _note_plainly(self, said: list[str]) -> None:
        """Keep in the journal what many words say; the rest of the modulefile sees the variables that they set."""
        from lmodpy.modulefile.operations_seldom import plainly  # noqa: PLC0415 - where modulefiles are only read

        words = iter(said)
        self.env.pretend_all(
            {name: text for verb, name, text in zip(words, words, words, strict=True) if verb == "set"}
        )
        self.journal.append(plainly(said))

    def _explain(self, error: ModulefileError) -> None:
        """Name the module and who loaded it, once: in the frame where it happened."""
        if error.module:
            return
        error.module = self.full_name
        chain = self.chain()[:-1][::-1]
        rest = [f"{len(chain) - _MOST_NAMED} more"] if len(chain) > _MOST_NAMED else []
        by = ", which was loaded by ".join(chain[:_MOST_NAMED] + rest)
        verb = {"load": "loaded", "unload": "unloaded"}.get(self.mode.name, "read")
        error.text = f"{self.full_name}{f' (loaded by {by})' if by else ''} cannot be {verb}: {error.text}"
        error.args = (error.text,)


def _kind(marks: str) -> str:
    return "hidden" if "h" in marks else "soft" if "s" in marks else "normal"
