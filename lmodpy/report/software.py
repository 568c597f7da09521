"""What a site has, in the shapes that Lmod's `spider` program gives it for other programs.

Web pages, XALT, Open OnDemand and EasyBuild read these; docs/caches.md says who reads what.
"""

from __future__ import annotations

import json
import os
from functools import cached_property

from lmodpy.session.luatable import assignment
from lmodpy.tree.directory import base_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any, NamedTuple

    from lmodpy.spider.facts import Facts, Record
    from lmodpy.tree.directory import Modulefile
    from lmodpy.tree.rules import Rules
    from lmodpy.tree.tree import Tree

    Chain = tuple[Record, ...]
else:
    from lmodpy.values import NamedTuple

VERSION = 5
"""The version of Lmod's cache that this is."""
_MOST_WAYS = 500
_KEYS = ("Category", "Description", "URL", "Version")
_PAGE_KEYS = {"Name": "displayName", "Description": "description", "URL": "url", "Category": "categories"}
_RANKS = {"default": 1, ".modulerc.lua": 2, ".modulerc": 3, ".version": 4}
_LIBRARY_PATHS = frozenset(("LD_LIBRARY_PATH", "CRAY_LD_LIBRARY_PATH"))
_PACKAGES = "lib/pkgconfig"
_LIBRARIES = (".a", ".so", ".dylib")
_KINDS = {"pathA": "bin", "lpathA": "lib", "dirA": "dir"}
_SYSTEM = tuple(
    f"{top}/{kind}/" for top in ("", "/usr") for kind in ("bin", "sbin", "lib", "lib32", "lib64", "libexec")
)


class Own(NamedTuple):
    """Which directories are a module's own: by the variables that name them, and by how their paths begin."""

    is_home: Callable[[str], bool]
    """Whether a variable names the directory of a package."""
    is_library: Callable[[str], bool]
    """Whether it names one with libraries."""
    keeps: tuple[str, ...] = ()
    """What begins with one of these is told of in any case."""
    ignores: tuple[str, ...] = _SYSTEM
    """And what begins with one of these is not."""


def usual(name: str) -> Own:
    """Return what is so without hooks; `name` is what the site calls itself in variables (LMOD_GCC_DIR)."""
    prefix = f"{name or 'LMOD'}_"
    return Own(
        lambda variable: variable.startswith(prefix) and variable.endswith("_DIR"),
        lambda variable: variable.startswith(prefix) and variable.endswith("_LIB"),
    )


class Site:
    """All modules of some directories and of those that they open, hidden ones too.

    `base` are the directories that are there without any module, `roots` all of them.
    """

    def __init__(
        self, base: Sequence[str], roots: Sequence[str], records: Sequence[Record], tree: Tree, own: Own
    ) -> None:
        self.roots = roots
        self.records = records
        self.tree = tree
        self.own = own
        self._there = set(map(base_of, base))
        self._chains: dict[str, list[Chain]] = {}

    @cached_property
    def openers(self) -> dict[str, list[Record]]:
        """By directory, the modules that open it."""
        found: dict[str, list[Record]] = {}
        for record in self.records:
            for root in dict.fromkeys(map(base_of, record.facts.opens)):
                found.setdefault(root, []).append(record)
        return found

    def chains(self, record: Record) -> list[Chain]:
        """Return what can be loaded, the outermost first, to have a module within reach; empty if it is at once."""
        root = base_of(record.module.root)
        if root in self._there:
            return []
        if root not in self._chains:
            self._chains[root] = self._found(root)
        return [chain for chain in self._chains[root] if all(_agree(each, record) for each in chain)]

    def _found(self, root: str) -> list[Chain]:
        found: list[Chain] = []
        queue: list[tuple[str, Chain]] = [(root, ())]
        for here, chain in queue:
            if here in self._there:
                found.append(chain)
            elif len(queue) < _MOST_WAYS:
                queue += [
                    (base_of(opener.module.root), (opener, *chain))
                    for opener in self.openers.get(here, ())
                    if all(_agree(opener, later) for later in chain)
                ]
        return sorted(found, key=lambda chain: (len(chain), _names(chain)))

    def places(self, facts: Facts) -> dict[str, dict[str, int]]:
        """Return the directories of programs (pathA), of libraries (lpathA) and of packages (dirA)."""
        found: dict[str, dict[str, int]] = {"pathA": {}, "lpathA": {}, "dirA": {}}
        for variable, directory in facts.paths:
            if variable == "PATH" and directory.startswith("/"):
                found["pathA"][directory] = 1
            elif variable in _LIBRARY_PATHS or self.own.is_library(variable):
                found["lpathA"][directory] = 1
            elif variable == "PKG_CONFIG_PATH" and directory.endswith(_PACKAGES):
                found["lpathA"][directory.removesuffix("/pkgconfig")] = 1
            elif self.own.is_home(variable):
                found["dirA"][directory] = 1
        return found

    def by_name(self) -> Iterator[tuple[str, list[Record]]]:
        """Yield the short names, sorted, each with its modules, the lowest version first."""
        found: dict[str, list[Record]] = {}
        for record in self.records:
            found.setdefault(record.module.name, []).append(record)
        for name in sorted(found):
            yield name, sorted(found[name], key=lambda record: (record.module.weight, record.module.path))


def _agree(one: Record, other: Record) -> bool:
    """Say whether two modules can be loaded together, for all that their names and families say."""
    return (
        one.module.name != other.module.name
        and base_of(one.module.root) != base_of(other.module.root)
        and set(one.facts.families).isdisjoint(other.facts.families)
    )


def _names(chain: Chain) -> list[str]:
    return [record.full_name for record in chain]


def _said(record: Record, keys: Sequence[str]) -> dict[str, str]:
    """Return what whatis says under some keys, as far as it does; what is said last counts."""
    lines = [line.strip().partition(":") for line in record.facts.whatis]
    return {
        key.strip(): value.strip() for key, colon, value in lines if colon and key.strip() in keys and value.strip()
    }


def _described(site: Site, record: Record) -> dict[str, Any]:
    """Return what a modulefile says about itself, as the cache and dbT have it."""
    facts = record.facts
    entry: dict[str, Any] = {
        "whatis": list(facts.whatis),
        "help": facts.help,
        "family": facts.families[-1] if facts.families else "",
        "propT": _properties(facts),
        "provides": list(facts.extensions),
        **site.places(facts),
    }
    known = {key: value for key, value in entry.items() if value}
    return {**known, **_weights(record.module), "mpath": record.module.root}


def _weights(module: Modulefile) -> dict[str, Any]:
    return {"pV": module.order, "wV": module.weight}


def _properties(facts: Facts) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for text in facts.properties:
        name, _, value = text.partition(":")
        found.setdefault(name, {})[value] = 1
    return found


# The styles.


def paths(site: Site, _: str) -> str:
    """List the paths of all modulefiles."""
    return "".join(f"{path}\n" for path in sorted({record.module.path for record in site.records}))


def cache(site: Site, stamp: str) -> str:
    """Return the cache that Lmod reads."""
    trees: dict[str, Any] = {root: {} for root in site.roots if os.path.isdir(root)}
    for record in site.records:
        module = record.module
        names = trees.setdefault(module.root, {})
        if module.name not in names:
            names[module.name] = _branch(site, module.root, module.name, has_defaults=bool(module.version))
        branch, folder = names[module.name], module.name
        for part in module.version.split("/")[:-1]:
            folder = f"{folder}/{part}"
            if folder not in branch["dirT"]:
                branch["dirT"][folder] = _branch(site, module.root, folder)
            branch = branch["dirT"][folder]
        branch["fileT"][module.full_name] = _file(site, record)
    opened: dict[str, dict[str, str]] = {}
    for record in site.records:
        for root in record.facts.opens:
            opened.setdefault(root, {})[record.full_name] = record.module.root
    rules = _rules(site)
    tables = {
        "mrcT": _everywhere(rules),
        "mrcMpathT": rules,
        "spiderT": {**trees, "version": VERSION},
        "mpathMapT": opened,
    }
    return _as_lua(tables, stamp)


def _branch(site: Site, root: str, folder: str, *, has_defaults: bool = True) -> dict[str, Any]:
    marking = site.tree.default_files(root, folder) if has_defaults else []
    candidates = [_default(root, folder, name, value) for name, value in marking]
    return {
        "fileT": {},
        "dirT": {},
        "defaultA": candidates,
        "defaultT": candidates[0] if candidates else {},
    }


def _default(root: str, folder: str, name: str, value: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "fullName": f"{folder}/{name.removesuffix('.lua')}",
        "fn": f"{base_of(root)}/{folder}/{name}",
        "mpath": root,
        "barefn": name,
        "defaultIdx": _RANKS[name],
        "value": value or False,
    }
    return {**entry, "luaExt": len(".modulerc.")} if name.endswith(".lua") else entry


def _file(site: Site, record: Record) -> dict[str, Any]:
    module = record.module
    entry = _described(site, record)
    entry |= {"Version": module.version or False, **_said(record, (*_KEYS, "Name", "Keyword"))}
    entry |= {"fn": module.path, "canonical": module.version.rpartition("/")[2]}
    if module.path.endswith(".lua"):
        entry["luaExt"] = len(module.path.rpartition("/")[2]) - len(".lua") + 1
    if record.facts.opens or record.facts.dynamic:
        entry["changeMPATH"] = True
    return entry


def _rules(site: Site) -> dict[str, Any]:
    """Return what the rc files of each directory say: names that stand for others, hidden and forbidden ones."""
    found = {}
    for root in site.roots:
        tables: dict[str, dict[str, Any]] = {}
        for rules in site.tree.rules(root):
            for table, entries in _rule_tables(rules):
                tables.setdefault(table, {}).update(entries)
        if tables:
            found[root] = tables
    return found


def _everywhere(rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Lmod before 8.7 reads instead: all that is hidden in any directory."""
    hidden = {name: True for tables in rules.values() for name in tables.get("hiddenT", ())}
    return {"alias2modT": {}, "hiddenT": hidden, "version2modT": {}}


def _rule_tables(rules: Rules) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield Lmod's tables for what is said, those that are not empty."""
    named = {"alias2modT": rules.aliases, "version2modT": rules.versions, "virtual2modT": rules.virtuals}
    for table, entries in named.items():
        if entries:
            yield table, dict(entries)
    for table, said in (("hidden", rules.hides), ("forbidden", rules.forbids)):
        for each in said:
            rest = {key: value for key, value in zip(each._fields, each, strict=True) if key in _TOLD and value}
            name = f"{table}{'Rx' * each.patterns}T"
            yield (
                name,
                {rules.full(target): rest if rest != {"kind": "hidden"} and rest else True for target in each.names},
            )


_TOLD = frozenset(("kind", "message", "nearly_message"))


def database(site: Site, stamp: str) -> str:
    """Return dbT and provideByT."""
    return _as_lua({"dbT": _database(site), "provideByT": _extensions(site)}, stamp)


def database_json(site: Site, _: str) -> str:
    """Return dbT as JSON: what Open OnDemand reads."""
    return _as_json(_database(site))


def _database(site: Site) -> dict[str, Any]:
    return {name: {each.module.path: _row(site, each) for each in records} for name, records in site.by_name()}


def _row(site: Site, record: Record) -> dict[str, Any]:
    module = record.module
    row = _described(site, record)
    row |= {"Version": module.version or False, **_said(record, _KEYS)}
    row |= {"fullName": module.full_name, "hidden": module.hidden}
    chains = site.chains(record)
    return {**row, "parentAA": list(map(_names, chains))} if chains else row


def _extensions(site: Site) -> dict[str, Any]:
    found: dict[str, dict[str, list[Any]]] = {}
    for _, records in site.by_name():
        for record in reversed(records):
            for extension in record.facts.extensions:
                rows = found.setdefault(extension.partition("/")[0], {}).setdefault(extension, [])
                rows += _providers(site, record, extension)
    return found


def _providers(site: Site, record: Record, extension: str) -> Iterator[dict[str, Any]]:
    module = record.module
    for chain in site.chains(record) or [()]:
        behind = f" ({', '.join(_names(chain))})" if chain else ""
        yield {
            "fullName": f"{module.full_name}{behind}",
            "hidden": module.hidden,
            "mpath": module.root,
            "my_name": extension,
            "pV": module.order,
        }


def reverse_map(site: Site, stamp: str) -> str:
    """Return which module a directory belongs to, and the names of all libraries."""
    directories, libraries = _reversed(site)
    return _as_lua({"reverseMapT": directories, "xlibmap": libraries}, stamp)


def reverse_map_json(site: Site, stamp: str) -> str:
    """Return the same as JSON."""
    directories, libraries = _reversed(site)
    return _as_json({"timestampFn": stamp or False, "reverseMapT": directories, "xlibmap": libraries})


def xalt_map(site: Site, _: str) -> str:
    """Return what XALT reads: for each directory the module's name, with those that must be loaded before it."""
    directories, libraries = _reversed(site)
    return _as_json({"reverseMapT": {path: _xalt_name(row) for path, row in directories.items()}, "xlibmap": libraries})


def _xalt_name(row: Mapping[str, Any]) -> str:
    _, colon, parents = row["flavor"][0].partition(":")
    return f"{row['pkg']}({parents})" if colon else str(row["pkg"])


def _reversed(site: Site) -> tuple[dict[str, Any], list[str]]:
    """Return a row for each directory, and the libraries.

    Of several modules with one directory, that one is named that is easiest to load, the default before others.
    """
    found: dict[str, Any] = {}
    for record in sorted(_from_default(site), key=lambda each: min(map(len, site.chains(each)), default=0)):
        module = record.module
        flavors = [":".join(("default", *_names(chain))) for chain in site.chains(record)] or ["default"]
        for kind, path in _own_places(site, record.facts):
            row = {"pkg": module.full_name, "kind": kind, "moduleFn": module.path, "flavor": []}
            for place in dict.fromkeys((path, os.path.realpath(path))):
                known = found.setdefault(place, {**row, "flavor": []})
                known["flavor"] += [flavor for flavor in flavors if flavor not in known["flavor"]]
    return found, sorted({name for path, row in found.items() if row["kind"] == "lib" for name in _libraries(path)})


def _from_default(site: Site) -> Iterator[Record]:
    for _, records in site.by_name():
        yield from reversed(records)


def _own_places(site: Site, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield kind and path of the directories that exist and are a module's own, as far as it says where it lies."""
    places, own = site.places(facts), site.own
    homes = tuple(f"{path.rstrip('/')}/" for path in places["dirA"])
    for table, kind in _KINDS.items():
        for path in places[table]:
            inside = not homes or f"{path}/".startswith(homes) or f"{os.path.realpath(path)}/".startswith(homes)
            told = f"{path}/".startswith(own.keeps) or not f"{path}/".startswith(own.ignores)
            if inside and told and os.path.isdir(path):
                yield kind, path


def _libraries(path: str) -> list[str]:
    try:
        return [name for name in os.listdir(path) if name.endswith(_LIBRARIES)]
    except OSError:
        return []


def page(site: Site, _: str) -> str:
    """Return what a web page about the software of a site is made from."""
    return _as_json(_page(site))


def page_lua(site: Site, _: str) -> str:
    """Return the same as a table of Lua."""
    return assignment("spA", _page(site))


def _page(site: Site) -> list[dict[str, Any]]:
    shown = ((name, [each for each in records if not each.module.hidden]) for name, records in site.by_name())
    return [_package(site, name, records) for name, records in shown if records]


def _package(site: Site, name: str, records: Sequence[Record]) -> dict[str, Any]:
    """Return a package; what it says about itself is what its highest version that says something says."""
    said: dict[str, str] = {}
    for record in records:
        said |= _said(record, (*_PAGE_KEYS, "Keyword"))
    entry: dict[str, Any] = {known: said[key] for key, known in _PAGE_KEYS.items() if key in said}
    if "Keyword" in said:
        entry["keywords"] = said["Keyword"]
    entry |= {"package": name, "defaultVersionName": _version_name(records[-1]) or False}
    return {**entry, "versions": [_version(site, record) for record in records]}


def _version(site: Site, record: Record) -> dict[str, Any]:
    module, facts = record.module, record.facts
    entry: dict[str, Any] = {
        "versionName": _version_name(record),
        "description": _said(record, ("Description",)).get("Description", ""),
        "help": facts.help,
        "parent": list(map(_names, site.chains(record))),
        "family": facts.families[-1] if facts.families else "",
        "properties": _properties(facts),
        "provides": list(facts.extensions),
    }
    return {
        **{key: value for key, value in entry.items() if value},
        "full": module.full_name,
        "path": module.path,
        "wV": module.weight,
        "canonicalVersionString": module.order if module.version else "",
        "markedDefault": "^" in module.weight,
    }


def _version_name(record: Record) -> str:
    return _said(record, ("Version",)).get("Version", record.module.version)


def _as_lua(tables: Mapping[str, Any], stamp: str) -> str:
    known = {"timestampFn": [stamp or False], **tables}
    return "".join(assignment(name, table) for name, table in known.items())


def _as_json(data: object) -> str:
    return json.dumps(data) + "\n"


STYLES: dict[str, Callable[[Site, str], str]] = {
    "list": paths,
    "moduleT": cache,
    "spiderT": cache,
    "dbT": database,
    "spider-json": database_json,
    "reverseMapT": reverse_map,
    "jsonReverseMapT": reverse_map_json,
    "xalt_rmapT": xalt_map,
    "softwarePage": page,
    "jsonSoftwarePage": page,
    "softwarePageLua": page_lua,
}
"""What each style gives; the second argument is the path of a time stamp that the text is to name, if there is one."""
