"""What is typed after `module` and `ml`, as a table: words, then what they mean."""

import pytest

from lmodpy.cli.arguments import parse
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
    "use -a /x": ("use", "-a /x", ""),
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


@pytest.mark.parametrize(
    "typed", ["listing", "loadxyz", "ref", "frobnicate", "--frob list", "-Z list", "ml --frob", "-w"]
)
def test_what_is_no_word_of_ours_is_refused(typed):
    """Trailing junk, unknown words and options are errors."""
    with pytest.raises(UsageError):
        parse(typed.split())
