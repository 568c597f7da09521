"""From a seed to a case: a site as odd as sites are, and a session as users have them.

What is left out, and why, is said where it is left out. Everything is drawn from one `random.Random`, so that a seed
means the same case on every machine.
"""

from __future__ import annotations

from random import Random

from tests.differential.case import Case, File

# A module loads only those before it, so that no circle arises: lmodpy refuses those at once.
PLAIN = "base", "util", "cat/dog", "lib", "tool", "app", "suite"
RANKED = "base", "util", "cat/dog", "gcc", "clang", "mpi", "mpich", "lib", "tool", "app", "suite"
FAMILIES = {"gcc": "compiler", "clang": "compiler", "mpi": "mpi", "mpich": "mpi"}
VERSIONS = (
    "1.0", "1.9", "1.10", "2.0", "2.0rc1", "2.0-1", "2.0p2", "17", "17.0.1", "170", "2023a", "2023b", "4.8.2-foss",
    "v1.2", "1.2~1", "1.2_3", "1.2+x", "20240101", "dev", "main", "1.0.0.1", ".3.0",
)  # fmt: skip
VARIABLES = "CC", "FOO", "BAR"
PATHS = "PATH", "LD_LIBRARY_PATH", "MANPATH", "XP", "YP"
ENTRIES = "/a", "/b", "/c", "/a/b", "/a//b/", "/d e", "/a:/b", "/c:/b:/a", "./r", "~/x", "/a/./c"
SIMPLE = tuple(entry for entry in ENTRIES if ":" not in entry)  # no colon is stored faithfully by Lmod
VALUES = "1", "two words", "", "/a:/b", "q'\"$x", "a;b", "é*", "true"


def case(seed: int) -> Case:
    """Return the case that belongs to a seed."""
    rng = Random(seed)
    site = Site(rng)
    site.build()
    find_first = [("LMOD_TMOD_FIND_FIRST", "yes")] if site.nested else []
    return Case(tuple(site.files), (*environment(rng), *find_first), tuple(session(rng, site)))


class Site:
    """Trees of modulefiles in the making."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.files: list[File] = []
        self.versions: dict[str, list[str]] = {}
        self.aliases: list[str] = []
        self.nested = rng.random() < 0.15
        """Some module has directories below its own; with Lmod this lets the first tree win for all of them."""

    def build(self) -> None:
        """Make the site: a core, a tree that users add, what is built with each compiler and each MPI, rc files."""
        self.tree("Core", self.some(PLAIN, 2, 6))
        # The module whose rc file hides versions or names them, base, is in no other tree.
        self.tree("Extra", self.some(PLAIN[1:], 0, 3))
        if self.nested:
            self.nested_versions("Core")
            self.nested_versions("Extra")
        elif self.rng.random() < 0.6:
            for compiler in self.some(("gcc", "clang"), 1, 2):
                for version in self.drawn_versions(compiler):
                    below = f"{compiler}-{version}"
                    self.opening("Core", compiler, version, below)
                    self.tree(below, self.some(("lib", "tool", "app"), 0, 2))
                    self.mpis(below)
        self.rc_files()

    def nested_versions(self, tree: str) -> None:
        """Add a module with versions below 32 and 64, and perhaps a default in one of the two."""
        for version in self.some(("64/3.9", "64/3.10", "32/1.0", "32/4.0"), 1, 4):
            self.module(tree, "icr", version, statements(self.rng, "suite", self.rng.randrange(3)))
            folder, _, file = version.rpartition("/")
            link = File(f"{tree}/icr/{folder}/default", (f"{file}.lua",), link=True)
            if self.rng.random() < 0.2 and all(made.path != link.path for made in self.files):
                self.files.append(link)

    def mpis(self, tree: str) -> None:
        for mpi in self.some(("mpi", "mpich"), 0, 2):
            version = self.rng.choice(("4.1", "5.0"))
            self.opening(tree, mpi, version, f"{tree}-{mpi}")
            self.tree(f"{tree}-{mpi}", self.some(("lib", "app", "suite"), 0, 2))

    def opening(self, tree: str, name: str, version: str, below: str) -> None:
        """Add a compiler or an MPI, which adds a tree."""
        lines = [f'family("{FAMILIES[name]}")'] if self.rng.random() < 0.9 else []
        lines += [f'prepend_path("MODULEPATH", "SITE/{below}")']
        lines += statements(self.rng, name, self.rng.randrange(3))
        self.module(tree, name, version, lines)

    def tree(self, tree: str, names: list[str]) -> None:
        for name in names:
            versions = self.drawn_versions(name)
            for version in versions:
                self.module(tree, name, version, statements(self.rng, name, self.rng.randrange(1, 6)))
            if versions != [""]:
                self.default(tree, name, versions)

    def drawn_versions(self, name: str) -> list[str]:
        # A module without version stands alone: beside versions of the same name in another tree it is an odd one.
        if name == "util":
            return [""]
        return self.some(VERSIONS, 1, 4)

    def module(self, tree: str, name: str, version: str, lines: list[str]) -> None:
        full_name = f"{name}/{version}" if version else name
        if not version:  # what it is in its family: `false` with Lmod, nothing with lmodpy
            lines = [line for line in lines if "family" not in line]
        self.files.append(File(f"{tree}/{full_name}.lua", tuple(lines)))
        self.versions.setdefault(name, []).append(version)

    def default(self, tree: str, name: str, versions: list[str]) -> None:
        """Mark a version in one of the ways there are, or hide one.

        One file only: 8.6 reads several of them, 9.2 the first.
        """
        if self.rng.random() < 0.5:
            version = self.rng.choice(versions)
            kinds = ["link", "lua", "lua", "modulerc", "version"]
            # 8.6 hides and lists versions in other trees, too, and does not hide in trees of the same command.
            kind = self.rng.choice([*kinds, "hide", "symbolic"] if (tree, name) == ("Core", "base") else kinds)
            path, lines, link = {
                "link": ("default", [f"{version}.lua"], True),
                "lua": (".modulerc.lua", [f'module_version("{name}/{version}", "default")'], False),
                "hide": (".modulerc.lua", [f'hide_version("{name}/{version}")'], False),
                "symbolic": (".modulerc.lua", [f'module_version("/{version}", "stable", "9.9")'], False),
                "modulerc": (".modulerc", [f"module-version {name}/{version} default"], False),
                "version": (".version", [f'set ModulesVersion "{version}"'], False),
            }[kind]
            self.files.append(File(f"{tree}/{name}/{path}", tuple(lines), link))

    def rc_files(self) -> None:
        """Write rc files of the root, of the system and of the user."""
        for path in "Core/.modulerc.lua", "system.lua", "home/.modulerc.lua":
            if self.rng.random() < 0.2:
                self.files.append(File(path, tuple(self.rc_line(path) for _ in range(self.rng.randrange(1, 3)))))

    def rc_line(self, path: str) -> str:
        full_name = self.full_name()
        # In the root's file 8.6 hides a module of the same name in other trees, too: there, nothing is hidden.
        kind = self.rng.choice(("default", "alias") if path.startswith("Core") else ("default", "alias", "hide"))
        if kind == "alias" or "/" not in full_name:  # a name without version cannot be marked: Lmod fails
            self.aliases.append(self.rng.choice(("zz", "nick", "nick/1")))
            return f'module_alias("{self.aliases[-1]}", "{full_name}")'
        return f'module_version("{full_name}", "default")' if kind == "default" else f'hide_version("{full_name}")'

    def full_name(self) -> str:
        """Return the full name of some module."""
        name = self.rng.choice(list(self.versions))
        version = self.rng.choice(self.versions[name])
        return f"{name}/{version}" if version else name

    def some(self, things: tuple[str, ...] | list[str], least: int, most: int) -> list[str]:
        return self.rng.sample(list(things), self.rng.randint(least, min(most, len(things))))


def statements(rng: Random, name: str, count: int) -> list[str]:
    """Return some lines of a modulefile of this name."""
    # Two members of a family in one load: lmodpy refuses, with Lmod both are loaded, or replace each other for ever.
    family = FAMILIES.get(name)
    earlier = tuple(other for other in RANKED[: RANKED.index(name)] if not family or FAMILIES.get(other) != family)
    makers = rng.choices((variables, paths, others, oddities), (5, 6, 2, 1), k=count)
    lines = [maker(rng, earlier) for maker in makers]
    # 8.6 fails where a dependency unloads what the user asked for, so only what nothing depends on unloads; and what
    # a module itself unloads again need not be there, with Lmod.
    unloads = name == "suite" and makers.count(others) == 1
    return [line for line in lines if unloads or not line.startswith("unload")]


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def variables(rng: Random, _: tuple[str, ...]) -> str:
    """Return a change of a plain variable.

    A variable is either pushed, pushed away or set, and none is pushed empty: 8.6 has other things on the stack than
    9.2.
    """
    name, value = f'"{rng.choice(VARIABLES)}"', quoted(rng.choice(VALUES))
    return rng.choice(
        (
            f"setenv({name}, {value})",
            f"setenv({name}, {value})",
            f'pushenv("PUSHED", "{rng.randrange(9)}")',
            'pushenv("GONE", false)',
            f"unsetenv({name})",
            f'setenv({name}, (os.getenv("FOO") or "none").."+")',
            f"setenv({name}, 1.5)",
            f"setenv({name}, true)",
        )
    )


def paths(rng: Random, _: tuple[str, ...]) -> str:
    """Return a change of a path-like variable; 8.6 refuses negative priorities, so there are none."""
    name, entry = f'"{rng.choice(PATHS)}"', f'"{rng.choice(ENTRIES)}"'
    word = rng.choice(("prepend_path", "append_path", "prepend_path", "append_path", "remove_path"))
    return rng.choice(
        (
            f"{word}({name}, {entry})",
            f"{word}({name}, {entry})",
            f"{word}({name}, {entry})",
            f'{word}{{"WP", "{rng.choice(SIMPLE)};{rng.choice(SIMPLE)}", delim=";"}}',
            f"{word}{{{name}, {entry}, priority={rng.choice((10, 50))}}}",
        )
    )


def others(rng: Random, earlier: tuple[str, ...]) -> str:
    """Return what is said about other modules; no load_any, since 8.6 fails when what it chose is unloaded."""
    if not earlier:
        return 'whatis("Name: base")'
    name, second = f'"{rng.choice(earlier)}"', f'"{rng.choice(earlier)}"'
    # No range where there are no versions, nor where some are hidden, which Lmod may take.
    with_versions = [other for other in earlier if other not in {"util", "base"}]
    ranged = f'"{rng.choice(with_versions)}"' if with_versions else '"nothing"'
    return rng.choice(
        (
            f"load({name})",
            f"load({name}, {second})",
            f"try_load({name})",
            f"always_load({name})",
            f"depends_on({name})",
            f"depends_on({name})",
            f"prereq({name})",
            f"prereq_any({name}, {second})",
            f"conflict({name})",
            f"unload({name})",
            f'load(atleast({ranged}, "1.5"))',
            f"depends_on(latest({ranged}))",
        )
    )


def oddities(rng: Random, earlier: tuple[str, ...]) -> str:
    other = rng.choice(earlier) if earlier else "nothing"
    return rng.choice(
        (
            'set_alias("ll", "ls -l")',
            'set_alias("k", "kubectl \'x\'")',
            'unset_alias("ll")',
            'set_shell_function("go", "echo $1", "echo x")',
            'add_property("lmod", "sticky")',
            'family("odd")',
            'whatis("Description: odd")',
            'help("no help")',
            'LmodMessage("hello")',
            f'if isloaded("{other}") then setenv("WITH", "{other}") end',
            'if mode() == "load" then setenv("M", mode()) end',
            'setenv("ME", myModuleFullName())',
            'if mode() == "load" and os.getenv("FOO") then LmodError("no") end',
            'setenv("J", pathJoin("/a/", "b", "", "c/"))',
        )
    )


def environment(rng: Random) -> list[tuple[str, str]]:
    """Return what the user has beforehand."""
    pool = {
        "CC": "mine",
        "FOO": "foo",
        "PUSHED": "before",
        "GONE": "before",
        "XP": ":".join(rng.choices(("/a", "/b", "/z", "/c"), k=rng.randint(1, 4))),
        "MANPATH": rng.choice((":", "/usr/man:", "/usr/man", ":/a")),
        "LD_LIBRARY_PATH": "/l:/a",
        "MODULEPATH": rng.choice(("SITE/Core:SITE/Extra", "SITE/Extra:SITE/Core")),
        "LMOD_TMOD_PATH_RULE": "yes",
        "LMOD_DUPLICATE_PATHS": "yes",
        "LMOD_PREPEND_BLOCK": "reverse",
        "LMOD_EXACT_MATCH": "yes",
        "LMOD_EXTENDED_DEFAULT": "no",
        "LMOD_TMOD_FIND_FIRST": "yes",
        "LMOD_AUTO_SWAP": "no",
        "LMOD_DISABLE_SAME_NAME_AUTOSWAP": "yes",
    }
    names = [name for name in pool if rng.random() < (0.06 if name.startswith("LMOD_") else 0.25)]
    return [("LMOD_MODULERCFILE", "SITE/system.lua"), *((name, pool[name]) for name in names)]


def session(rng: Random, site: Site) -> list[tuple[str, ...]]:
    """Return what the user types.

    A part of a version is asked for only in the end, since 8.6 remembers the part and 9.2 what it stood for.
    """
    commands = [command(rng, site) for _ in range(rng.randint(5, rng.choice((7, 12, 20))))]
    return [*commands[:-1], ("load", asked(rng, site, in_part=True))] if rng.random() < 0.2 else commands


def command(rng: Random, site: Site) -> tuple[str, ...]:
    names = [asked(rng, site) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    kinds = {
        ("load", *names): 12,
        ("unload", *names): 4,
        ("swap", names[0], names[-1]): 2,
        ("swap", names[0]): 1,
        ("try-load", *names): 1,
        ("purge",): 1,
        ("-t", "list"): not site.aliases,  # 9.2 lists the alias, too
        ("-t", "avail"): 1,
        ("-t", "avail", names[0]): 1,
        ("-t", "-d", "avail"): 1,
        ("is-loaded", *names): 1,
        ("is-avail", *names): 1,
        ("use", "SITE/Extra"): 1,
        ("use", "-a", "SITE/Extra"): 1,
        ("unuse", "SITE/Extra"): 1,
        ("update",): 1,
        ("refresh",): 1,
        ("load", f"-{names[0]}", names[-1]): 1,
        ("export", rng.choice(("CC", "FOO")), "by hand"): 1,
        ("export", "XP", "/hand:/a"): 1,
    }
    return rng.choices(list(kinds), list(kinds.values()))[0]


def asked(rng: Random, site: Site, *, in_part: bool = False) -> str:
    """Return a name as a user types it: short, full, in part, an alias, or one that there is not."""
    full_name = site.full_name()
    name = full_name.rpartition("/")[0].partition("/64")[0].partition("/32")[0] or full_name
    kind = rng.random()
    if in_part:
        return full_name[: rng.randint(len(name), len(full_name))]
    if kind < 0.55:
        return name
    if kind < 0.85:
        return full_name
    if kind < 0.9 and site.aliases:
        return rng.choice(site.aliases)
    return f"{name}/{rng.choice(('stable', '9.9', *VERSIONS))}" if kind < 0.97 else "nothing"
