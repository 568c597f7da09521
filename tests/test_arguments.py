"""What is typed after `module` and `ml`, as a table: words, then what they mean."""

import re

import pytest

from lmodpy.cli.arguments import all_spellings, parse
from lmodpy.cli.options import long_options, option_of
from lmodpy.cli.usage import USAGE
from lmodpy.errors import UsageError

LINES = {
    "load gcc": ("load", "gcc", ""),
    "add gcc": ("load", "gcc", ""),
    "lo gcc": ("load", "gcc", ""),
    "try-add x": ("try-load", "x", ""),
    "try_load x": ("try-load", "x", ""),
    "rm x": ("unload", "x", ""),
    "delete x": ("unload", "x", ""),
    "sw a b": ("swap", "a b", ""),
    "l": ("list", "", ""),
    "dis x": ("show", "x", ""),
    "sh x": ("show", "x", ""),
    "isL x": ("is-loaded", "x", ""),
    "is_avail x": ("is-avail", "x", ""),
    "reload": ("update", "", ""),
    "rese": ("reset", "", ""),
    "res": ("restore", "", ""),
    "refr": ("refresh", "", ""),
    "use -a /x": ("use", "/x", "append"),
    "use /x --append": ("use", "/x", "append"),
    "use -append /x": ("use", "/x", "append"),
    "use -p /x": ("use", "/x", "prepend"),
    "-a avail": ("avail", "", "all"),
    "append-path A -d , x": ("append-path", "A x", "delim"),
    "run gcc -- ls -l": ("run", "gcc -- ls -l", ""),
    "run gcc -clang -- x": ("run", "gcc -clang -- x", ""),
    "load -- -x": ("load", "-x", ""),
    "list -- -t": ("list", "-t", ""),
    "config --reset width": ("config", "width", "unset"),
    "-tt list": ("list", "", "terse"),
    "--nx av": ("avail", "", "no_extensions"),
    "--checkSyntax load x": ("load", "x", "check_syntax"),
    "-t avail": ("avail", "", "terse"),
    "-td avail": ("avail", "", "terse default"),
    "avail -t": ("avail", "", "terse"),
    "--force purge": ("purge", "", "force"),
    "purge --force": ("purge", "", "force"),
    "load -x y": ("load", "-x y", ""),
    "load x --latest": ("load", "x", "latest"),
    "--show-hidden avail": ("avail", "", "all"),
    "--show_hidden avail": ("avail", "", "all"),
    "-- list": ("list", "", ""),
    # ml
    "ml": ("list", "", ""),
    "ml gcc openmpi": ("load", "gcc openmpi", ""),
    "ml -gcc clang": ("load", "-gcc clang", ""),
    "ml av hdf5": ("avail", "hdf5", ""),
    "ml foo avail": ("avail", "foo", ""),
    "ml purge": ("purge", "", ""),
    "ml -t list": ("list", "", "terse"),
    "ml --terse av": ("avail", "", "terse"),
    "ml sw a b": ("swap", "a b", ""),
    "ml unload x": ("unload", "x", ""),
    "ml isloaded x": ("is-loaded", "x", ""),
    "ml display": ("load", "display", ""),
    "ml -- -I": ("load", "-I", ""),
    "ml --versoin": ("list", "", "version"),
    "ml --show gcc": ("load", "gcc", "echo_only"),
    "ml --Verbose gcc -foo": ("load", "gcc -foo", "echo"),
    "ml --old_style -foo gcc": ("load", "-foo gcc", "old_style"),
    "ml -j": ("load", "-j", ""),
    "ml -td x": ("load", "-td x", ""),
    "ml --nx av": ("avail", "", "no_extensions"),
    "ml isavail x": ("load", "isavail x", ""),
    "ml av -t x": ("avail", "x", "terse"),
    "-q ml gcc": ("load", "gcc", "quiet"),
}


@pytest.mark.parametrize("typed", LINES)
def test_a_line_means(typed):
    """Every spelling leads to its sub-command, arguments and options."""
    command, words, options = LINES[typed]
    line = parse(typed.split())
    assert (line.command, " ".join(line.words), " ".join(line.options)) == (command, words, options)


@pytest.mark.parametrize("typed", ["-w 60 avail", "--width=60 avail", "-w=60 avail", "avail --width 60", "ml -w 60 av"])
def test_an_option_with_a_value(typed):
    """A value follows as the next word or behind an equals sign."""
    assert parse(typed.split()).options == {"width": "60"}


REFUSED = {
    "listing": "`list`",
    "loadxyz": "no sub-command",
    "gdef": "no sub-command",
    "ref": "no sub-command",
    "frobnicate": "`module help`",
    "lint": "lmodpy check",
    "initadd x": "`module save`",
    "source x": "no `module source`",
    "cachebuild": "keeps its own up to date",
    "--frob list": "no option",
    "--ters list": "`--terse`",
    "-Z list": "no option",
    "-tZ list": "no option",
    "ml --frob": "no option",
    "ml -": "names no module",
    "-w": "takes a value",
    "-w wide list": "takes a number",
    "--color=blue list": "auto, always or never",
    "--terse=yes list": "takes no value",
    "use --priority high /x": "takes a number",
    "--pod": "docs/",
    "--regression_testing list": "Lmod's own tests",
    "-o name list": "`--json`",
    "list --long": "`module --json avail`",
    "unload --append x": "no option",
}


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_no_word_of_ours_is_refused(typed):
    """Trailing junk, unknown words and options are errors that say what to type, or why it is not there."""
    with pytest.raises(UsageError) as error:
        parse(typed.split())
    assert REFUSED[typed] in f"{error.value.text} {error.value.hint}"


SPELLINGS = {
    "avail": "av ava available AV",
    "load": "lo load add ad",
    "try-load": "try tryl trya try-l try-a try_l try_a try_load tryadd",
    "unload": "unl unload del delete era erase rem remove rm",
    "swap": "sw swap swi switch",
    "purge": "pu purge",
    "list": "l list",
    "overview": "ov overview",
    "category": "cat category",
    "spider": "sp spider",
    "keyword": "k key keyword apropos",
    "search": "sea search",
    "whatis": "w whatis",
    "help": "h help",
    "show": "sh show dis disp display",
    "use": "use",
    "unuse": "unu unuse",
    "save": "s save sd setd setdefault",
    "restore": "r re res restore",
    "reset": "rese reset",
    "savelist": "savel savelist sl ld listd listdefaults",
    "describe": "des describe mc mcc saveshow",
    "disable": "disa disable saverm",
    "getdefault": "getd gd getdefault",
    "is-loaded": "isL isl is_l is-l is-loaded isloaded is_loaded",
    "is-avail": "isA isa is_a is-a is-avail isavail",
    "tablelist": "table tablelist",
    "refresh": "refr refresh",
    "update": "up update rel reload",
    "last-error": "last last_ last-error last_error",
    "is-saved": "is-saved is_saved issaved",
    "is-used": "is-used is-u isused",
    "info-loaded": "info-loaded info_loaded",
    "load-any": "load-any add-any",
    "aliases": "aliases",
    "append-path": "append-path append_path",
    "clear": "clear",
    "config": "config",
    "edit": "edit",
    "mod-to-sh": "mod-to-sh",
    "path": "path",
    "paths": "paths",
    "prepend-path": "prepend-path",
    "remove-path": "remove-path",
    "run": "run",
    "sh-to-mod": "sh-to-mod sh_to_mod",
    "stash": "stash",
    "stashclear": "stashclear",
    "stashlist": "stashlist",
    "stashpop": "stashpop",
    "stashrm": "stashrm",
    "stashshow": "stashshow",
    "state": "state",
    "test": "test",
    "whence": "whence whe",
}


@pytest.mark.parametrize("command", SPELLINGS)
def test_a_command_may_be_spelt(command):
    """Each documented spelling and abbreviation means its sub-command."""
    assert {parse([word]).command for word in SPELLINGS[command].split()} == {command}


def test_no_command_is_left_out():
    """The table above has every sub-command, and the text of `module help` every sub-command and every option."""
    assert {name for name, _ in all_spellings()} == {*SPELLINGS, "ml"}
    told = set(re.split(r"[\s,=/]+", USAGE))
    assert {command for command in SPELLINGS if command != "search"} - told == set()
    given = {name for name, takes in map(option_of, told) if name}
    assert {option_of(option)[0] for option in long_options()} - given == {"protected_vars"}
