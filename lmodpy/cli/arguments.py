"""What is typed after `module` and `ml`: options, sub-commands, and the grammar of `ml`.

Spellings and abbreviations are Lmod's (section 9 of its behaviour), but a word that is not one of them is an error:
a guess is never run.
"""

from __future__ import annotations

from lmodpy.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NamedTuple
else:
    from lmodpy.values import NamedTuple

# Each row: the command, then its spellings; what stands behind | in a spelling may be left out from the end. The rows
# of Environment Modules' own words follow Lmod's, so that these win where an abbreviation could be either.
_SPELLINGS = (
    ("avail", "av|ail", "available"),
    ("category", "cat|egory"),
    ("describe", "des|cribe", "mc|c"),
    ("disable", "disa|ble"),
    ("show", "sh|ow", "dis|play"),
    ("getdefault", "getd|efault", "gd"),
    ("help", "h|elp"),
    ("is-loaded", "is-l|oaded", "isl|oaded"),
    ("is-avail", "is-a|vail", "isa|vail"),
    ("keyword", "k|eyword", "apropos"),
    ("last-error", "last|-error"),
    ("load", "lo|ad", "add", "ad"),
    ("list", "l|ist"),
    ("overview", "ov|erview"),
    ("purge", "pu|rge"),
    ("refresh", "refr|esh"),
    ("restore", "r|estore"),
    ("reset", "rese|t"),
    ("save", "s|ave", "sd", "setd|efault"),
    ("savelist", "savel|ist", "sl", "ld", "listd|efaults"),
    ("search", "sea|rch"),
    ("spider", "sp|ider"),
    ("swap", "sw|ap", "swi|tch"),
    ("tablelist", "table|list"),
    ("try-load", "try|-load", "tryl|oad", "try-a|dd", "trya|dd"),
    ("unload", "unl|oad", "del|ete", "era|se", "rem|ove", "rm"),
    ("unuse", "unu|se"),
    ("update", "up|date", "rel|oad"),
    ("use", "use"),
    ("whatis", "w|hatis"),
    ("ml", "ml"),
    ("aliases", "aliases"),
    ("append-path", "append-path"),
    ("clear", "clear"),
    ("config", "config"),
    ("describe", "saveshow"),
    ("disable", "saverm"),
    ("edit", "edit"),
    ("info-loaded", "info-l|oaded"),
    ("is-saved", "is-s|aved", "issaved"),
    ("is-used", "is-u|sed", "isused"),
    ("load-any", "load-any", "add-any"),
    ("mod-to-sh", "mod-to-sh"),
    ("path", "path"),
    ("paths", "paths"),
    ("prepend-path", "prepend-path"),
    ("remove-path", "remove-path"),
    ("run", "run"),
    ("stash", "stash"),
    ("stashclear", "stashclear"),
    ("stashlist", "stashlist"),
    ("stashpop", "stashpop"),
    ("stashrm", "stashrm"),
    ("stashshow", "stashshow"),
    ("state", "state"),
    ("test", "test"),
)

# The words that end the scan of `ml`; anything else is the name of a module. Of Environment Modules' words these
# are here that no module is called by.
ML_WORDS = {
    word: command
    for command, words in (
        ("avail", "avail av available"),
        ("category", "category cat"),
        ("describe", "describe mcc saveshow"),
        ("disable", "disable saverm"),
        ("getdefault", "getdefault gd"),
        ("help", "help"),
        ("is-avail", "is-avail isAvail"),
        ("is-loaded", "is-loaded isloaded"),
        ("keyword", "keyword key"),
        ("last-error", "last-error last_error"),
        ("list", "list"),
        ("load", "load add"),
        ("overview", "overview ov"),
        ("purge", "purge"),
        ("refresh", "refresh"),
        ("reset", "reset"),
        ("restore", "restore r"),
        ("save", "save s setdefault sd"),
        ("savelist", "savelist sl listdefault ld"),
        ("search", "search"),
        ("show", "show"),
        ("spider", "spider"),
        ("swap", "swap sw switch"),
        ("tablelist", "tablelist"),
        ("try-load", "try-load tryload try-add tryadd"),
        ("unload", "unload rm del delete"),
        ("unuse", "unuse"),
        ("update", "update"),
        ("use", "use"),
        ("whatis", "whatis"),
        ("append-path", "append-path"),
        ("info-loaded", "info-loaded"),
        ("is-saved", "is-saved"),
        ("is-used", "is-used"),
        ("load-any", "load-any add-any"),
        ("mod-to-sh", "mod-to-sh"),
        ("prepend-path", "prepend-path"),
        ("remove-path", "remove-path"),
        ("stashclear", "stashclear"),
        ("stashlist", "stashlist"),
        ("stashpop", "stashpop"),
        ("stashrm", "stashrm"),
        ("stashshow", "stashshow"),
    )
    for word in words.split()
}

# Each row: the option, whether it takes a value, its spellings. One letter stands behind one dash.
_OPTIONS = (
    ("all", False, "A all show_hidden"),
    ("brief", False, "b brief"),
    ("check_syntax", False, "check_syntax checkSyntax"),
    ("debug", True, "debug"),
    ("trace", False, "D T trace"),
    ("default", False, "d default"),
    ("expert", False, "expert"),
    ("novice", False, "novice"),
    ("force", False, "f force"),
    ("help", False, "h H ? help"),
    ("ignore_cache", False, "I ignore_cache"),
    ("initial_load", False, "initial_load"),
    ("json", False, "json"),
    ("latest", False, "latest"),
    ("location", False, "loc location"),
    ("no_extensions", False, "nx no_extensions"),
    ("protected_vars", False, "protected_vars"),
    ("quiet", False, "q quiet"),
    ("raw", False, "raw"),
    ("no_redirect", False, "no_redirect"),
    ("terse", False, "t terse"),
    ("version", False, "v version"),
    ("width", True, "w width"),
)
_OPTION_OF = {word: (name, has_value) for name, has_value, words in _OPTIONS for word in words.split()}


class Line(NamedTuple):
    """A command line that was understood: the sub-command ("" for none), its arguments, the options."""

    command: str
    words: tuple[str, ...] = ()
    options: Mapping[str, str] = {}

    def on(self, option: str) -> bool:
        """Say whether an option was given."""
        return option in self.options


def parse(words: Sequence[str]) -> Line:
    """Read what stands after `module`; raises UsageError."""
    options: dict[str, str] = {}
    rest = _take_options(list(words), options)
    if not rest:
        return Line("", (), options)
    command = command_of(rest[0])
    if command == "ml":
        line = parse_ml(rest[1:])
        return line._replace(options={**options, **line.options})
    return Line(command, tuple(_after(command, rest[1:], options)), options)


def parse_ml(words: Sequence[str]) -> Line:
    """Read what stands after `ml`: a sub-command and its arguments, or modules to load and (`-name`) unload."""
    options: dict[str, str] = {}
    names: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            names += rest
            break
        if word in ML_WORDS:
            command = ML_WORDS[word]
            return Line(command, (*names, *_after(command, rest, options)), options)
        if word.startswith("--") or (word.startswith("-") and _is_ml_option(word)):
            rest = _take_option(_ml_spelling(word), rest, options)
        else:
            names.append(word)
    return Line("load" if names else "list", tuple(names), options)


def command_of(word: str) -> str:
    """Return the sub-command that a word spells; raises UsageError, with the nearest ones, for any other word."""
    plain = word.replace("_", "-")
    for command, *spellings in _SPELLINGS:
        for spelling in spellings:
            shortest, _, rest = spelling.partition("|")
            if plain.lower().startswith(shortest) and (shortest + rest).startswith(plain.lower()):
                return command
    words = (spelling.replace("|", "") for _, *spellings in _SPELLINGS for spelling in spellings)
    near = nearest(word, (word for word in words if len(word) > 2))
    raise UsageError(f"there is no sub-command `{word}`", hint=_did_you_mean(near) or "`module help` lists them")


def nearest(word: str, words: Iterable[str]) -> list[str]:
    """Return the words that one could have meant, the likeliest first."""
    from difflib import get_close_matches  # noqa: PLC0415 - costly, and only asked after an error

    return get_close_matches(word, list(dict.fromkeys(words)), n=3, cutoff=0.6)


def _did_you_mean(near: Sequence[str]) -> str:
    return f"did you mean {' or '.join(f'`{word}`' for word in near)}?" if near else ""


def _after(command: str, rest: Sequence[str], options: dict[str, str]) -> list[str]:
    """Take the options out of what follows a sub-command; `-name` unloads behind load, and `use` has its own."""
    words: list[str] = []
    left = list(rest)
    while left:
        word = left.pop(0)
        if command == "use" or word in ("-", "--") or not word.startswith("-"):
            words.append(word)
        elif word.startswith("--") or command not in _LOADING:
            left = _take_option(word, left, options)
        else:
            words.append(word)
    return words


_LOADING = frozenset(("load", "try-load"))


def _take_options(rest: list[str], options: dict[str, str]) -> list[str]:
    while rest and rest[0].startswith("-") and rest[0] != "-":
        if rest[0] == "--":
            return rest[1:]
        rest = _take_option(rest[0], rest[1:], options)
    return rest


def _take_option(word: str, rest: list[str], options: dict[str, str]) -> list[str]:
    """Take one word of options (letters can be clustered) and the value that may follow; return the rest."""
    body, equals, value = word.lstrip("-").partition("=")
    for letter in [body.replace("-", "_")] if word.startswith("--") or len(body) == 1 else body:
        name, has_value = _OPTION_OF.get(letter) or _unknown_option(word)
        if has_value and not equals:
            if not rest:
                raise UsageError(f"the option `{word}` takes a value", hint=f"for example `{word} 80`")
            value, *rest = rest
        options[name] = value
    return rest


def _unknown_option(word: str) -> tuple[str, bool]:
    near = nearest(word.lstrip("-"), (spelling for spelling in _OPTION_OF if len(spelling) > 1))
    raise UsageError(f"there is no option `{word}`", hint=_did_you_mean([f"--{option}" for option in near]))


def _is_ml_option(word: str) -> bool:
    """Tell an option of one letter from the wish to unload a module."""
    return len(word) == 2 and word[1] in _OPTION_OF


def _ml_spelling(word: str) -> str:
    return "--version" if word in ("--v", "--ver", "--versoin") else word
