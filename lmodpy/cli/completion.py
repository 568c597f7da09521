"""What can stand at the cursor: candidates for the last word of `module …` or `ml …`, which shells ask for at TAB.

    lmodpy-cmd --complete zsh module load gc        the words before the cursor, the last one half typed or empty
    COMMAND_LINE='module load gc' lmodpy-cmd --complete bash        the same, still quoted as it was typed

Candidates are printed one on a line, and one that ends with a slash goes on. They come from directories and from the
environment; no modulefile is run. Nothing is ever said besides: the user is in the middle of a line.
"""

from __future__ import annotations

from lmodpy.cli.arguments import ML_WORDS, Line, all_spellings, command_of
from lmodpy.cli.options import long_options, option_of
from lmodpy.config import ROWS, Settings
from lmodpy.errors import UsageError
from lmodpy.shells.base import NAMES, shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import NamedTuple

    from lmodpy.tree.tree import Tree
else:
    from lmodpy.values import NamedTuple

DIRECTORIES = 3
"""The exit status that says: directories, which every shell completes best itself."""
SECONDS = 3.0
"""How long the user may wait for candidates."""


class Typed(NamedTuple):
    """A line that is understood up to its last word, which is `word`."""

    command: str
    """The sub-command; empty while none is there."""
    arguments: tuple[str, ...]
    """What stands between the two, without options."""
    word: str
    is_ml: bool
    hidden: bool
    """Whether hidden modules are asked for."""
    environ: Mapping[str, str] = {}


def answer(speaker: str, words: Sequence[str], environ: Mapping[str, str]) -> tuple[str, int]:
    """Return candidates as the shell wants to read them, and the exit status."""
    line = environ.get("COMMAND_LINE", "")
    quote, cut = "", 0
    if not words:
        words, quote = split(line)
        cut = _replaced(words[-1], quote, environ.get("COMP_WORDBREAKS", ""))
    typed = understood(words, environ)
    if typed is None:
        return "", 0
    offer = _offer(typed)
    if offer is directories:
        return "", DIRECTORIES
    say = _WRITTEN.get(speaker, _plain)
    said = (say(name[cut:], quote) for name in dict.fromkeys(offer(typed)) if name.startswith(typed.word))
    return "".join(f"{name}\n" for name in said if name and name.isprintable()), 0


# What is being typed.


def understood(words: Sequence[str], environ: Mapping[str, str]) -> Typed | None:
    """Understand a line; None where a value of an option is being typed, or the sub-command is none."""
    program, *before = words[:-1]
    command, names, options = "", [], set()
    is_ml = program.rpartition("/")[2] == "ml"
    while before:
        word = before.pop(0)
        option, has_value = option_of(word, command) if word.startswith("-") else ("", False)
        if option:
            options.add(option)
            if has_value and not before:
                return None
            del before[:has_value]
        elif command or (is_ml and word not in ML_WORDS):
            names.append(word)
        else:
            command = ML_WORDS[word] if is_ml else _command(word)
            if not command:
                return None
            if command == "ml":
                is_ml, command = True, ""
    return Typed(command, tuple(names), words[-1], is_ml, "all" in options, environ)


def _command(word: str) -> str:
    try:
        return command_of(word)
    except UsageError:
        return ""


def _offer(typed: Typed) -> Callable[[Typed], Iterable[str]]:
    """Return what makes the candidates."""
    if typed.word.startswith("-"):
        return options
    if not typed.command:
        return first_words if typed.is_ml else commands
    kinds = _ARGUMENTS.get(typed.command, (nothing,))
    return kinds[min(len(typed.arguments), len(kinds) - 1)]


# The candidates.


def nothing(_typed: Typed) -> Iterable[str]:
    """Offer nothing: text of the user's own, or no argument at all."""
    return ()


def directories(_typed: Typed) -> Iterable[str]:
    """Leave it to the shell, which knows `~`, variables and quotes."""
    return ()


def commands(typed: Typed) -> Iterable[str]:
    """Offer the sub-commands; other spellings of them only where nothing else fits."""
    from lmodpy.cli.commands import COMMANDS  # noqa: PLC0415 - only here

    known = [(name, words) for name, words in all_spellings() if name in COMMANDS or name == "ml"]
    found = [name for name, _ in known if name.startswith(typed.word)]
    return found or [word for _, words in known for word in words]


def first_words(typed: Typed) -> Iterable[str]:
    """Offer what may come first behind `ml`: a module to load, or a sub-command."""
    from lmodpy.cli.commands import COMMANDS  # noqa: PLC0415 - only here

    words = [] if typed.arguments else [name for name in dict.fromkeys(ML_WORDS.values()) if name in COMMANDS]
    return [*words, *loadable(typed)]


def options(typed: Typed) -> Iterable[str]:
    """Offer options, and loaded modules to be unloaded where `-name` does that."""
    unloading = typed.command in {"load", "try-load"} or (typed.is_ml and not typed.command)
    names = [f"-{name}" for name in loaded(typed)] if unloading else []
    return [*names, *(word for word in long_options(typed.command) if word not in _INTERNAL)]


_INTERNAL = frozenset(("--protected_vars", "--initial_load", "--regression_testing"))


def modules(typed: Typed) -> Iterable[str]:
    """Offer what could be loaded, a step at a time: `gcc/`, then its versions."""
    roots = typed.environ.get("MODULEPATH", "").split(":")
    return _tree(typed).begun(typed.word, roots, hidden=typed.hidden or _shows_hidden(typed))


def loadable(typed: Typed) -> Iterable[str]:
    """Offer what could be loaded and is not."""
    there = {*loaded(typed), *typed.arguments}
    return [name for name in modules(typed) if name not in there]


def loaded(typed: Typed) -> Iterable[str]:
    """Offer what is loaded."""
    return [name for name in typed.environ.get("LOADEDMODULES", "").split(":") if name not in {"", *typed.arguments}]


def roots(typed: Typed) -> Iterable[str]:
    """Offer the entries of MODULEPATH."""
    return typed.environ.get("MODULEPATH", "").split(":")


def entries(typed: Typed) -> Iterable[str]:
    """Offer the entries of the variable that was named first."""
    return typed.environ.get(typed.arguments[0], "").split(":")


def variables(typed: Typed) -> Iterable[str]:
    """Offer the names of variables."""
    return sorted(name for name in typed.environ if name.isidentifier() and not name.startswith("__"))


def collections(typed: Typed) -> Iterable[str]:
    """Offer the saved collections."""
    from lmodpy.session import collection  # noqa: PLC0415 - few commands take one

    known = collection.shelf(typed.environ, Settings(typed.environ).text("system_name"))
    return [place.name for place in known.all()]


def stashes(typed: Typed) -> Iterable[str]:
    """Offer what was put away."""
    from lmodpy.session import collection  # noqa: PLC0415 - few commands take one

    directory = collection.stash_directory(typed.environ, Settings(typed.environ).text("system_name"))
    return [place.name for place in collection.stashes(directory)]


def restorable(typed: Typed) -> Iterable[str]:
    """Offer what can be restored."""
    return [*collections(typed), "system"]


def settings(_typed: Typed) -> Iterable[str]:
    """Offer the names of settings."""
    return [row[0] for row in ROWS]


def shells(_typed: Typed) -> Iterable[str]:
    """Offer the names of shells."""
    return sorted(NAMES)


def readers(_typed: Typed) -> Iterable[str]:
    """Offer the shells that read scripts."""
    from lmodpy.modulefile.snapshots import SHELLS  # noqa: PLC0415 - only here

    return SHELLS


_ARGUMENTS: dict[str, tuple[Callable[[Typed], Iterable[str]], ...]] = {
    "append-path": (variables, directories),
    "avail": (modules,),
    "config": (settings, nothing),
    "describe": (collections,),
    "disable": (collections,),
    "edit": (modules,),
    "getdefault": (restorable,),
    "help": (modules,),
    "info-loaded": (loaded,),
    "is-avail": (modules,),
    "is-loaded": (loaded,),
    "is-saved": (collections,),
    "is-used": (roots,),
    "list": (loaded,),
    "load": (loadable,),
    "load-any": (loadable,),
    "mod-to-sh": (shells, modules),
    "overview": (modules,),
    "path": (modules,),
    "paths": (modules,),
    "prepend-path": (variables, directories),
    "remove-path": (variables, entries),
    "restore": (restorable,),
    "run": (modules,),
    "save": (collections,),
    "sh-to-mod": (readers, nothing),
    "show": (modules,),
    "spider": (modules,),
    "stashpop": (stashes,),
    "stashrm": (stashes,),
    "stashshow": (stashes,),
    "swap": (loaded, loadable, nothing),
    "test": (modules,),
    "try-load": (loadable,),
    "unload": (loaded,),
    "unuse": (roots,),
    "use": (directories,),
    "whatis": (modules,),
}
"""What each sub-command takes as its arguments; the last kind goes for all that follow."""


def _shows_hidden(typed: Typed) -> bool:
    return Settings(typed.environ).shows_hidden("avail")


def _tree(typed: Typed) -> Tree:
    from lmodpy.cli.context import Context  # noqa: PLC0415 - only where modules are offered

    line = Line(typed.command, (), {"all": ""} if typed.hidden else {})
    environ = {
        name: value for name, value in typed.environ.items() if name not in _STATE
    }  # what is loaded is not asked
    return Context(line, shell("bash"), environ, Settings(environ), lambda _: None).tree


_STATE = frozenset(("LOADEDMODULES", "__LMODPY_STATE"))


# How they are typed.


def split(line: str) -> tuple[list[str], str]:
    """Split the last command of a line into words, without quotes; return the quote too that is still open, if any."""
    words, quote, rest = [""], "", iter(line)
    for letter in rest:
        if letter == quote:
            quote = ""
        elif letter == "\\" and quote != "'":
            words[-1] += next(rest, "")
        elif quote:
            words[-1] += letter
        elif letter in "'\"":
            quote = letter
        elif letter in ";|&":
            words = [""]
        elif not letter.isspace():
            words[-1] += letter
        elif words[-1]:
            words.append("")
    return words, quote


def _replaced(word: str, quote: str, breaks: str) -> int:
    """Return where in a word the part begins that bash replaces: behind the last of the signs that split words."""
    signs = breaks if not quote else ""
    return max((word.rfind(sign) + 1 for sign in signs if sign not in " \t\n\"'"), default=0)


def _plain(name: str, _quote: str) -> str:
    """Return a name as it is: zsh and fish put the quotes themselves."""
    return name


def _for_bash(name: str, quote: str) -> str:
    """Return a name as it stands on a line of bash; nothing where the open quote cannot hold it."""
    if quote:
        return name if _HARMFUL[quote].isdisjoint(name) else ""
    return "".join(sign if sign.isalnum() or sign in _HARMLESS else f"\\{sign}" for sign in name)


def _for_tcsh(name: str, _quote: str) -> str:
    """Return a name that needs no quotes, as tcsh puts none."""
    return name if all(sign.isalnum() or sign in _HARMLESS for sign in name) else ""


_HARMLESS = "_-/.,+@%:="
_HARMFUL = {"'": frozenset("'"), '"': frozenset('"$`\\!')}
_WRITTEN: dict[str, Callable[[str, str], str]] = {"bash": _for_bash, "tcsh": _for_tcsh, "csh": _for_tcsh}
