"""What is typed after `module` and `ml`: options, sub-commands, and the grammar of `ml`.

Spellings and abbreviations are Lmod's (section 9 of its behaviour), but a word that is not one of them is an error:
a guess is never run.
"""

from __future__ import annotations

from lmodpy.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
    ("sh-to-mod", "sh-to-mod"),
    ("stash", "stash"),
    ("stashclear", "stashclear"),
    ("stashlist", "stashlist"),
    ("stashpop", "stashpop"),
    ("stashrm", "stashrm"),
    ("stashshow", "stashshow"),
    ("state", "state"),
    ("test", "test"),
    ("whence", "whe|nce"),
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
        ("sh-to-mod", "sh-to-mod"),
        ("stashclear", "stashclear"),
        ("stashlist", "stashlist"),
        ("stashpop", "stashpop"),
        ("stashrm", "stashrm"),
        ("stashshow", "stashshow"),
        ("whence", "whence"),
    )
    for word in words.split()
}

_ML_LETTERS = frozenset("?AbDdfHhIqrstTvw")  # Lmod's; others may well be modules to unload
_ML_OPTIONS = {"--show": "echo_only", "--Verbose": "echo", "--verbose": "echo", "--old_style": "old_style"}


class Line(NamedTuple):
    """A line that was understood: the sub-command ("" for none), its arguments, the options; and as it was typed."""

    command: str
    words: tuple[str, ...] = ()
    options: Mapping[str, str] = {}
    typed: tuple[str, ...] = ()

    def on(self, option: str) -> bool:
        """Say whether an option was given."""
        return option in self.options


def parse(words: Sequence[str]) -> Line:
    """Read what stands after `module`; raises UsageError."""
    options: dict[str, str] = {}
    rest = _take_options(list(words), options)
    if not rest:
        return Line("", (), options, tuple(words))
    command = command_of(rest[0])
    if command == "ml":
        line = parse_ml(rest[1:])
        return line._replace(options={**options, **line.options}, typed=tuple(words))
    return Line(command, tuple(_after(command, rest[1:], options)), options, tuple(words))


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
        if word in _ML_OPTIONS:
            options[_ML_OPTIONS[word]] = ""
        elif word.startswith("--") or (len(word) == 2 and word[0] == "-" and word[1] in _ML_LETTERS):
            rest = _take_option(_ml_spelling(word), rest, options)
        elif word == "-":
            raise UsageError("a lone `-` names no module", hint="`ml -NAME` unloads")
        else:
            names.append(word)
    return Line("load" if names else "list", tuple(names), options)


def command_of(word: str) -> str:
    """Return the sub-command that a word spells; raises UsageError, with the nearest ones, for any other word."""
    plain = word.replace("_", "-").lower()
    for command, *spellings in _SPELLINGS:
        for spelling in spellings:
            shortest, _, rest = spelling.partition("|")
            if plain.startswith(shortest) and (shortest + rest).startswith(plain):
                return command
    from lmodpy.cli.refusals import COMMANDS, did_you_mean, nearest  # noqa: PLC0415 - only for an error

    if plain in COMMANDS:
        raise UsageError(f"lmodpy has no `module {word}`: it {COMMANDS[plain]}")
    words = (spelling.replace("|", "") for _, *spellings in _SPELLINGS for spelling in spellings)
    near = nearest(word, (word for word in words if len(word) > 2))
    raise UsageError(f"there is no sub-command `{word}`", hint=did_you_mean(near) or "`module help` lists them")


def all_spellings() -> list[tuple[str, list[str]]]:
    """Return each sub-command with what it can be typed as, in full."""
    return [(name, [spelling.replace("|", "") for spelling in spellings]) for name, *spellings in _SPELLINGS]


def _after(command: str, rest: Sequence[str], options: dict[str, str]) -> list[str]:
    """Take the options out of what follows a sub-command; behind `load` and its like, `-name` unloads instead.

    What follows `sh-to-mod` is for a script.
    """
    if command == "sh-to-mod":
        return list(rest)
    words: list[str] = []
    left = list(rest)
    while left:
        word = left.pop(0)
        if word == "--":
            return [*words, *([word] if command == "run" else ()), *left]
        if word.startswith("--") or (word[:1] == "-" and word != "-" and command not in _LOADING):
            left = _take_option(word, left, options, command)
        else:
            words.append(word)
    return words


_LOADING = frozenset(("load", "try-load", "run", "mod-to-sh"))


def _take_options(rest: list[str], options: dict[str, str]) -> list[str]:
    while rest and rest[0].startswith("-") and rest[0] != "-":
        if rest[0] == "--":
            return rest[1:]
        rest = _take_option(rest[0], rest[1:], options)
    return rest


def _take_option(word: str, rest: list[str], options: dict[str, str], command: str = "") -> list[str]:
    """Take an option and the value that may follow it; return the rest."""
    from lmodpy.cli.options import take  # noqa: PLC0415 - most lines have none

    return take(word, rest, options, command)


def _ml_spelling(word: str) -> str:
    return "--version" if word in ("--v", "--ver", "--versoin") else word
