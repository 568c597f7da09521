"""The site's files: SitePackage.lua, lmod_config.lua and those before them, and the hooks that they register."""

from __future__ import annotations

from lmodpy.cli.context import Context
from lmodpy.cli.trees import Evaluators
from lmodpy.config import ROWS
from lmodpy.errors import LmodError, ModulefileError, Refused
from lmodpy.modulefile import operations_seldom as op
from lmodpy.modulefile.hooks import Hooks, texts
from lmodpy.modulefile.rcwords import RcHost
from lmodpy.session.frame import Frame
from lmodpy.session.loaded import Loaded
from lmodpy.tree.limits import Ban

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from lmodpy.cli.arguments import Line
    from lmodpy.config import Settings
    from lmodpy.env.diff import Diff
    from lmodpy.modulefile.operations import Call
    from lmodpy.modulefile.sitescope import SiteScope
    from lmodpy.names.request import Request
    from lmodpy.session.loaded import Changes
    from lmodpy.shells.base import Shell
    from lmodpy.spider.facts import Record
    from lmodpy.tree.directory import Modulefile


def run(
    paths: list[str],
    answer: Callable[[Context], None],
    line: Line,
    speaker: Shell,
    environ: Mapping[str, str],
    settings: Settings,
    say: Callable[[str], None],
) -> tuple[Diff, str, int, str, bool]:
    """Run a sub-command where the site has files; return what it leaves. Raises LmodError."""
    site = Site(paths, settings, environ, speaker, say)
    try:
        context = Context(line, speaker, environ, settings, say, site)
        site.goes_on(context)
        label = _LABELS.get(line.command, line.command)
        site.hooks.apply("startup", label)
        answer(context)
        listing = site.listed("".join(context.listing))
        site.hooks.apply("finalize", label)
        site.end()
        diff, told = context.finish()
    except LmodError as error:
        site.reword(error)
        raise
    listing = listing if context.answered is None else "".join(context.listing)
    return diff, told, context.status, listing, context.runs


class Site:
    """What the site's files have set up: hooks, settings, words for modulefiles, what is called at the end."""

    def __init__(
        self,
        paths: list[str],
        settings: Settings,
        environ: Mapping[str, str],
        speaker: Shell,
        say: Callable[[str], None],
    ) -> None:
        """Run the files; one that is broken is warned of, and the others count."""
        self.evaluators = Evaluators(environ, speaker, say)
        self.warnings: list[str] = []
        self.host = _Host(environ, say, (speaker.name, speaker.kind))
        self.hooks = Hooks(self.host, self._warn)
        self._settings = settings
        self._exits: list[Callable[..., Any]] = []
        self._paths, self._path = paths, ""
        self._known_scope: SiteScope | None = None
        self._messages: dict[str, Any] | None = None
        self._patterns: tuple[str, ...] | None = None
        for self._path in paths:
            folder, _, name = self._path.rpartition("/")
            if name in _FOUND:
                settings.assign(_FOUND[name], self._path, folder)
            try:
                self._read(self._path)
            except ModulefileError as error:
                self.warnings.append(f"{error.where or self._path}: {error.text}; what comes behind it does not count")
        plugins = settings.text("plugins")
        if plugins:
            from lmodpy.cli.sitepython import read_plugins  # noqa: PLC0415 - few sites have such packages

            self._path = "LMODPY_PLUGINS"
            read_plugins(plugins.split(":"), self)
        if "decorate_module" in self.hooks:
            self.evaluators.lua().decorate = self._decorated

    def _warn(self, text: str) -> None:
        """Say once what may be found many times."""
        if text not in self.warnings:
            self.warnings.append(text)

    def _read(self, path: str) -> None:
        if path.endswith(".py"):
            from lmodpy.cli.sitepython import read  # noqa: PLC0415 - only for sites that write Python

            read(path, self)
            return
        if self._known_scope is None:
            self._scope.search([path.rpartition("/")[0] for path in self._paths])
        self._scope.run(path)

    @property
    def seconds(self) -> float:
        """How long a function of the site may work; 0 for any time."""
        return self._settings.number("eval_timeout") * _SHARE

    @property
    def _scope(self) -> SiteScope:
        """Where the site's Lua runs."""
        if self._known_scope is None:
            words: dict[str, Callable[..., Any]] = {
                "register": self._register,
                "assign": self.assign,
                "value": self._value,
                "at_exit": lambda function: self.at_end(self._scope.function(function, self._path)),
                "options": self._options,
                "records": lambda: dict(enumerate(self.host.records(), 1)),
                "at_work": self._at_work,
                "worded": lambda kind, name, about: self.worded(kind, str(name), str(name), about),
            }
            self._known_scope = self.evaluators.lua().site(lambda: self.hooks.host, words, self.seconds)
        return self._known_scope

    def at_end(self, function: Callable[..., Any]) -> None:
        """Have a function called when the command has succeeded."""
        self._exits.append(function)

    def add_word(self, name: str, function: Callable[..., Any]) -> None:
        """Give modulefiles a word."""
        lua = self.evaluators.lua()
        self._scope  # noqa: B018 - Lua must have begun
        lua.common[name] = lua.border(function)

    def goes_on(self, context: Context) -> None:
        """Let what hooks ask be answered by the command that is at work."""
        self.host.begin(context)
        name = self.hooks.apply("SiteName") if "SiteName" in self.hooks else None
        if name is not None:
            self._settings.assign("site_name", name, "SitePackage")

    def options(self) -> dict[str, Any]:
        """Return what decides with the rc files who may see and load a module."""
        known = {"is_visible": ("isVisibleHook", self._is_visible), "ban": ("isForbiddenHook", self._ban)}
        return {option: function for option, (hook, function) in known.items() if hook in self.hooks}

    def _is_visible(self, name: str, full_name: str, path: str) -> bool:
        mpath = path.removesuffix(".lua").removesuffix(f"/{full_name}")
        told = {"fullName": full_name, "sn": name, "fn": path, "mpath": mpath, "isVisible": True}
        told["mname"] = _names(name, full_name, path)
        self.hooks.apply("isVisibleHook", told)
        return bool(told.get("isVisible"))

    def _ban(self, module: Modulefile, ban: Ban) -> Ban | None:
        told = {
            "fullName": module.full_name,
            "sn": module.name,
            "fn": module.path,
            "mpath": module.root,
            "mname": _names(module.name, module.full_name, module.path),
            "forbiddenState": "forbid" if ban.refuses else "nearly",
            "message": ban.message,
            "nearlymessage": ban.message,
        }
        self.hooks.apply("isForbiddenHook", told)
        text = str(told.get("message") or "")
        nearly = ban._replace(message=str(told.get("nearlymessage") or text), since=ban.since or "now" * (not ban.old))
        states = {"forbid": Ban(text, use=ban.use), "nearly": nearly}
        return states.get(str(told.get("forbiddenState")))

    def to_list(self, modules: Sequence[Loaded]) -> list[Loaded]:
        """Return the loaded modules that the site wants to be listed, in its order."""
        by_name = {module.name: module for module in modules}
        records = [record for record in self.host.loaded_records() if record["sn"] in by_name]
        wanted = self.hooks.apply("listHook", dict(enumerate(records, 1)))
        if wanted is None:
            return [*modules]
        names = (wanted[key]["sn"] for key in sorted(wanted, key=lambda key: (isinstance(key, str), key)))
        return [by_name[name] for name in names if name in by_name]

    def titles(self, roots: Sequence[str], declared: Mapping[str, str]) -> dict[str, str]:
        """Return what stands above the modules of a directory in `avail`, as the style that is wanted has it."""
        told = {root: declared.get(root, root) for root in roots}
        if "avail" in self.hooks and self._options()["availStyle"] != "system":
            self.hooks.apply("avail", told)
        return told

    def categories(self, found: dict[str, dict[str, int]], *, simple: bool) -> dict[str, dict[str, int]]:
        """Return the categories, with what is in them unless `simple`, as the site wants them."""
        table = dict(enumerate(found, 1)) if simple else found
        wanted = self.hooks.apply("category", "simple" if simple else "complex", table)
        if wanted is None:
            return found
        return {name: found.get(name, {}) for name in texts(wanted)} if simple else wanted

    def decoration(self, record: Record, ways: Sequence[Sequence[str]]) -> str:
        """Return what stands in parentheses behind a version in `spider NAME`; `ways` are what can be loaded before."""
        if "spider_decoration" not in self.hooks:
            return ""
        properties = dict.fromkeys(record.facts.properties, 1)
        told: dict[str, Any] = {"fullName": record.full_name, "Category": record.told("Category"), "propT": properties}
        if ways and all(ways):
            told["parentAA"] = [list(way) for way in ways]
        answer = self.hooks.apply("spider_decoration", told)
        return answer or ""

    @property
    def patterns(self) -> tuple[str, ...]:
        """Which variables tell where packages, and their libraries, lie; none if they are the usual ones."""
        if self._patterns is None:
            from lmodpy.cli.siteplaces import patterns  # noqa: PLC0415 - few sites have variables of their own

            asked = "packagebasename" in self.hooks
            self._patterns = patterns(self.hooks, self._settings.text("site_name") or "LMOD") if asked else ()
        return self._patterns

    def keeps_no_cache(self) -> bool:
        """Say whether the site wants no cache to be written for the user."""
        told: dict[str, Any] = {}
        self.hooks.apply("writeCache", told)
        return bool(told.get("dontWriteCache"))

    def coloured(self, full_name: str, name: str) -> str:
        """Return the name of a module as it stands in lists."""
        shown = self.hooks.apply("colorize_fullName", full_name, name)
        return full_name if shown is None else shown

    def listed(self, text: str) -> str:
        """Return a list for people as the site wants it to be."""
        line = self.host.context.line if self.host.context else None
        if line is None or line.command not in _TOLD or line.on("terse") or line.on("json"):
            return text
        pieces = self.hooks.apply("msgHook", line.command, dict(enumerate(text.splitlines(keepends=True), 1)))
        return text if pieces is None else "".join(texts(pieces))

    def reword(self, error: LmodError) -> None:
        """Let the site put an error in its own words, where Lmod has one of the kind."""
        if error.id and error.text:
            names = {"module_list": " ".join(getattr(error, "names", ())), "name": getattr(error, "module", "")}
            error.text = self.worded("lmoderror", error.id, error.text, {**names, "message": error.text, **error.about})

    def worded(self, kind: str, name: str, text: str, about: Mapping[str, str]) -> str:
        """Return a message that has a name in the words of the site: by its file of messages, then by its hook."""
        if self._messages is None:
            self._messages = self._read_messages()
        template = self._messages.get(name)
        if isinstance(template, str):
            import re  # noqa: PLC0415 - few sites have texts of their own

            text = re.sub(r"%\{(\w+)\}", lambda found: str(about.get(found[1], found[0])), template).rstrip("\n")
        said = self.hooks.apply("errWarnMsgHook", kind, name, text, {"msg": name, **about})
        return text if said is None else said

    def swaps(self, changes: Changes) -> tuple[Changes, str]:
        """Return what has changed, and how the site tells of replaced members of families, if it does."""
        told = []
        for old, new in changes.replaced:
            text = self.worded("lmodmessage", "m_Family_Swap", "", {"oldFullName": old, "newFullName": new})
            told += [f"{text}\n"] if text else []
        return (changes._replace(replaced=()) if told else changes), "".join(told)

    def _read_messages(self) -> dict[str, Any]:
        """Return the site's texts by name, those in the user's language before others."""
        path, settings = self._settings.text("messages_file"), self._settings
        if not path:
            return {}
        try:
            table = self._scope.run(path)
        except ModulefileError as error:
            self.warnings.append(f"{error.where or path}: {error.text}; the messages are as usual")
            return {}
        usual = (self.host.getenv("LANG") or "").partition("_")[0]
        language = settings.text("override_language") or self.host.getenv("LMOD_LANG") or usual
        texts = [table.get(key) for key in ("site", language)] if isinstance(table, dict) else []
        return {name: text for found in texts if isinstance(found, dict) for name, text in found.items()}

    def end(self) -> None:
        """Call what was registered for the end of a command that succeeded."""
        for function in self._exits:
            try:
                function()
            except ModulefileError as error:
                self.warnings.append(f"{error.where}: {error.text}")

    def _register(self, name: Any, function: Any, action: Any, line: Any = None, path: Any = None) -> None:
        path = path or self._path
        place = f"{path}:{line}" if line else path
        try:
            self.hooks.register(str(name), self._scope.function(function, path), str(action), place)
        except LmodError as error:
            self.warnings.append(f"{place}: {error.text}")

    def assign(self, variable: Any, value: Any) -> None:
        """Give a setting its final value."""
        names = [row[0] for row in ROWS if row[1] == variable]
        if names:
            self._settings.assign(names[0], str(value), self._path.rpartition("/")[2].removesuffix(".lua"))
        else:
            self.warnings.append(f"{self._path}: there is no setting {variable}")

    def _value(self, variable: Any) -> str:
        return next((self._settings.text(row[0]) for row in ROWS if row[1] == variable), "")

    def _at_work(self) -> dict[str, Any]:
        """Return which module is loaded or unloaded just now, and how many there are with those that brought it."""
        host = self.hooks.host
        depth = 0
        if isinstance(host, Frame):
            depth = len(host.session.frames) + (host not in host.session.frames)
        full_name = f"{host.name}/{host.version}" if host.version else host.name
        return {**_names(host.name, full_name, host.path), "userName": host.asked, "depth": depth}

    def _options(self) -> dict[str, Any]:
        """Return what was typed, as far as site files ask for it: `optionTbl()`."""
        line = self.host.context.line if self.host.context else None
        style = self._settings.text("avail_style")
        told = {"availStyle": chosen_style(style), "cmd": line.command if line else ""}
        return {
            **told,
            "terse": bool(line and line.on("terse")),
            "pargs": dict(enumerate(line.words if line else (), 1)),
        }

    def _decorated(self, path: str, host: Any, text: str) -> str:
        """Return the text of a modulefile with the lines that the site puts behind it."""
        told = {"path": path, "name": host.name, "version": host.version, "contents": text}
        lines = self.hooks.apply("decorate_module", told, host=host)
        return "\n".join((text, *texts(lines or ())))


def _names(name: str, full_name: str, path: str) -> dict[str, str]:
    """Return what a hook may ask of `mname` before a module is loaded."""
    return {"sn": name, "fullName": full_name, "userName": full_name, "version": full_name[len(name) + 1 :], "fn": path}


_FOUND = {"SitePackage.lua": "site_package", "lmod_config.lua": "config_file"}
"""The settings that tell which files were read."""
_SHARE = 0.5
"""How much of the time that a modulefile may take a hook may work; what it waits for comes on top."""
_LABELS = {"is-loaded": "isLoaded", "is-avail": "isAvail", "try-load": "try-add", "getdefault": "getDefault"}
"""What hooks know a command by, where that is another name."""
_TOLD = frozenset(("avail", "overview", "list", "spider"))
"""The commands whose lists a site may change."""


def chosen_style(named: str) -> str:
    """Return which of the styles, as `<system>:group`, is wanted: the one marked, else the first."""
    styles = [style for style in named.split(":") if style]
    marked = [style[1:-1] for style in styles if style.startswith("<") and style.endswith(">")]
    return (marked or styles or ["system"])[0]


class _Host(RcHost):
    """What the site's files and hooks see of the world, and where their messages go."""

    context: Context | None = None

    def __init__(self, environ: Mapping[str, str], tell: Callable[[str], None], shell: tuple[str, str]) -> None:
        super().__init__(environ, tell, shell)
        self._waiting: list[Call] = []
        self._frame: Frame | None = None

    def getenv(self, name: str) -> str | None:
        """Return the value of a variable as it is now."""
        found: str | None = self._asked("getenv", name) if self._is_open() else super().getenv(name)
        return found

    def environ(self) -> dict[str, str]:
        """Return the environment for a program that is started."""
        found: dict[str, str] = self._asked("environ") if self._is_open() else super().environ()
        return found

    def is_loaded(self, request: Request) -> bool:
        """Say whether such a module is loaded now."""
        found: bool = self._asked("is_loaded", request) if self._is_open() else super().is_loaded(request)
        return found

    def begin(self, context: Context) -> None:
        """Do what the files have said; from now on the command that is at work answers."""
        self.context = context
        for call in self._waiting:
            self.perform(call)

    def perform(self, call: Call) -> object:
        """Do what is said while no module is loaded or unloaded: nothing undoes it. Before there is a command, wait."""
        said: Any = call.operation
        if isinstance(said, op.Complain):
            raise Refused(said.text)
        if isinstance(said, op.Message):
            text = "=" * 72 if said.kind == "banner" else said.text
            self.tell(text if said.kind == "raw" else f"{text}\n")
        elif self.context is None:
            self._waiting.append(call)
        else:
            return self._acting(self.context).perform(call)
        return None

    def misused(self, error: Exception) -> None:
        """Fail."""
        raise error

    def __getattr__(self, name: str) -> Any:
        """Ask the session, as a modulefile would."""
        if name.startswith("_") or self.context is None:
            raise AttributeError(name)
        return getattr(self._acting(self.context), name)

    def _acting(self, context: Context) -> Frame:
        if self._frame is None:
            self._frame = Frame(context.session, "load", Loaded("", "", "", ""))
            self._frame.owner = ""
        return self._frame

    def _asked(self, question: str, *args: Any) -> Any:
        return self.__getattr__(question)(*args)

    def _is_open(self) -> bool:
        return self.context is not None and self.context.has_session

    def records(self) -> list[dict[str, Any]]:
        """Return what sites ask of modules, active or not; none, before there is a command."""
        places = {module.name: module for module in self.context.session.loaded.all()} if self.context else {}
        return [
            {
                **_names(module.name, module.full_name, module.path),
                "userName": module.asked,
                "status": "active" if module.active else "inactive",
                "loadOrder": place if module.active else -place,
                "stackDepth": 0 if module.wanted else 1,
                "properties": dict.fromkeys(module.properties, 1),
            }
            for place, module in enumerate(places.values(), 1)
        ]

    def loaded_records(self) -> list[dict[str, Any]]:
        """Return a record for each loaded module; none, before there is a command."""
        return self.__getattr__("loaded_records")() if self.context else []
