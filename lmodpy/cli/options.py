"""The options: how they are spelt, what they take, and which settings they make. Imported where there is one."""

from __future__ import annotations

from lmodpy.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Each row: the option, what it takes (N: a number), its spellings, of which one letter stands behind one dash, and the
# settings that it makes, for this command; one without a value there gets what the option was given.
_OPTIONS = (
    ("all", "", "A a all show_hidden", ""),
    ("auto", "", "auto", "auto_handling=yes"),
    ("brief", "", "b brief", ""),
    ("check_syntax", "", "check_syntax checkSyntax", ""),
    ("colour", "WHEN", "color colour", "colorize="),
    ("config", "", "config", ""),
    ("config_json", "", "config_json", ""),
    ("contains", "", "C contains", ""),
    ("debug", "", "D", "debug_level="),
    ("debug", "N", "debug", "debug_level="),
    ("default", "", "d default", ""),
    ("dumpname", "", "dumpname", ""),
    ("dumpversion", "", "dumpversion", ""),
    ("expert", "", "expert", "expert=yes"),
    ("force", "", "f force", ""),
    ("gitversion", "", "gitversion", ""),
    ("help", "", "h H ? help", ""),
    ("ignore_cache", "", "I ignore_cache", "ignore_cache=yes"),
    ("ignore_user_rc", "", "ignore_user_rc", "ignore_user_rc=yes"),
    ("initial_load", "", "initial_load", "quiet=yes"),
    ("json", "", "j json", ""),
    ("latest", "", "L latest", ""),
    ("location", "", "loc location", ""),
    ("miniConfig", "", "miniConfig mini_config", ""),
    ("no_auto", "", "no_auto", "auto_handling=no"),
    ("no_extensions", "", "nx no_extensions", "avail_extensions=no"),
    ("no_pager", "", "P no_pager", "pager=none"),
    ("no_redirect", "", "no_redirect", "redirect=no"),
    ("novice", "", "novice", "expert=no quiet=no"),
    ("paginate", "", "p paginate", "pager=less"),
    ("pin_versions", "", "pin_versions", "pin_versions=yes"),
    ("protected_vars", "", "protected_vars", ""),
    ("quiet", "", "q quiet silent", "quiet=yes"),
    ("raw", "", "raw", ""),
    ("redirect", "", "redirect", "redirect=yes"),
    ("regexp", "", "r regexp", ""),
    ("spider_timeout", "N", "spider_timeout timeout", ""),
    ("style", "STYLE", "s style", "avail_style="),
    ("table", "", "mt", ""),
    ("tag", "LIST", "tag", ""),
    ("terse", "", "t terse", ""),
    ("terse_extensions", "", "terse_show_extensions", ""),
    ("timer", "", "timer", ""),
    ("trace", "", "T trace", "trace=yes"),
    ("tree", "", "tree", ""),
    ("version", "", "v V version", ""),
    ("width", "N", "w width", "width="),
)

# The options that only one sub-command has, behind it; they win there.
_OWN_OPTIONS = {
    "use": (
        ("append", "", "a append", ""),
        ("prepend", "", "p prepend", ""),
        ("priority", "N", "priority", ""),
    ),
    "prepend-path": (("delim", "D", "d delim", ""), ("priority", "N", "priority", "")),
    "append-path": (("delim", "D", "d delim", ""), ("priority", "N", "priority", "")),
    "remove-path": (("delim", "D", "d delim", ""),),
    "whence": (("lib", "", "lib", ""), ("header", "", "header", ""), ("python", "", "python", "")),
    "config": (("unset", "", "reset", ""), ("dump_state", "", "dump_state", "")),
}


def _by_spelling(rows: Iterable[tuple[str, str, str, str]]) -> dict[str, tuple[str, str]]:
    return {word: (name, takes) for name, takes, words, _ in rows for word in words.split()}


_OPTION_OF = _by_spelling(_OPTIONS)
_SETS = {name: sets for name, _, _, sets in _OPTIONS if sets}
_COLOURS = {"auto": "yes", "always": "force", "never": "no", "yes": "yes", "force": "force", "no": "no"}


def chosen(options: Mapping[str, str]) -> dict[str, str]:
    """Return the settings, by name, that options make for this command."""
    made: dict[str, str] = {}
    for option, given in options.items():
        for setting in _SETS.get(option, "").split():
            name, _, value = setting.partition("=")
            made[name] = value or given or "1"  # -D is --debug 1
    if "colorize" in made:
        made["colorize"] = _COLOURS[made["colorize"]]
    return made


def option_of(word: str, command: str = "") -> tuple[str, bool]:
    """Return the option that a word spells and whether it takes a value; of a cluster, the last; ("", False): none."""
    body, equals, _ = word.lstrip("-").partition("=")
    letter = body.replace("-", "_") if word.startswith("--") else body[-1:]
    name, takes = _by_spelling(_OWN_OPTIONS.get(command, ())).get(letter) or _OPTION_OF.get(letter, ("", ""))
    return name, bool(takes) and not equals


def long_options(command: str = "") -> list[str]:
    """Return every option as it is typed in full, the sub-command's own first."""
    known = (*_by_spelling(_OWN_OPTIONS.get(command, ())), *_OPTION_OF)
    return [f"--{spelling}" for spelling in known if len(spelling) > 1]


def take(word: str, rest: list[str], options: dict[str, str], command: str = "") -> list[str]:
    """Take one word of options (letters can be clustered) and the value that may follow; return the rest."""
    known = {**_OPTION_OF, **_by_spelling(_OWN_OPTIONS[command])} if command in _OWN_OPTIONS else _OPTION_OF
    body, equals, value = word.lstrip("-").partition("=")
    whole = word.startswith("--") or (body in known and body not in _OPTION_OF)  # `use -append`: no cluster
    takes = ""
    for letter in [body.replace("-", "_")] if whole else body:
        name, takes = known.get(letter) or _unknown_option(word, letter)
        if takes and not equals:
            if not rest:
                raise UsageError(f"the option `{word}` takes a value", hint=f"`{word} {takes}`")
            value, *rest = rest
        options.pop(name, None)  # the last one wins
        options[name] = _checked(word, takes, value)
    if equals and not takes:
        raise UsageError(f"the option `{word.partition('=')[0]}` takes no value")
    return rest


def _checked(word: str, takes: str, value: str) -> str:
    """Return the value of an option, if it can be one."""
    if takes == "N" and not value.removeprefix("-").isdecimal():
        raise UsageError(f"the option `{word}` takes a number, not `{value}`")
    if takes == "WHEN" and value not in _COLOURS:
        raise UsageError(f"the option `{word}` takes auto, always or never, not `{value}`")
    return value


def _unknown_option(word: str, letter: str) -> tuple[str, str]:
    from lmodpy.cli.refusals import OPTIONS, SHORT, did_you_mean, nearest  # noqa: PLC0415 - only for an error

    name = SHORT.get(letter, letter)
    if name in OPTIONS:
        raise UsageError(f"lmodpy has no option `{word}`: it {OPTIONS[name]}")
    near = nearest(word.lstrip("-"), (spelling for spelling in _OPTION_OF if len(spelling) > 1))
    raise UsageError(f"there is no option `{word}`", hint=did_you_mean([f"--{option}" for option in near]))
