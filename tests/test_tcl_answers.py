"""What Tcl modulefiles can ask, what they write, and what `module test` makes of them."""

from __future__ import annotations

import getpass
import os

import pytest

from lmodpy.modulefile.tclwords import COMMANDS
from tests.needs import needs
from tests.test_tcl_modes import WORDS


@pytest.fixture(autouse=True)
def tclsh():
    needs("tclsh")


def write(site, path, text=""):
    """Write a Tcl modulefile."""
    return site.modulefile(path, f"#%Module\n{text}\n")


ANSWERS = {
    "module-info mode": "load",
    "module-info mode load": "1",
    "module-info mode unload": "0",
    "module-info name": "m/1",
    "module-info specified": "m",
    "module-info shell": "SHELL",
    "module-info shell SHELL": "1",
    "module-info shell csh": "0",
    "module-info shelltype": "sh",
    "module-info shelltype csh": "0",
    "module-info command": "load",
    "module-info command unload": "0",
    "module-info type": "Tcl",
    "module-info username": getpass.getuser(),
    "module-info username nobody-at-all": "0",
    "module-info usergroups nobody-at-all": "0",
    "module-info user": "",
    "module-info flags": "0",
    "module-info alias nick": "other/1",
    "module-info alias nope": "",
    "module-info symbols": "",
    "module-info symbols other/2": "new",
    "module-info version other/new": "other/2",
    "module-info version other/1": "other/1",
    "module-info version other": "other/default",
    "module-info loaded other": "other/1",
    "module-info loaded nope": "",
    "module-info tags": "",
    "add-property lmod sticky; module-info tags": "sticky",
    "add-property lmod sticky; module-info tags sticky": "1",
    "is-loaded": "1",
    "is-loaded other": "1",
    "is-loaded other/2": "0",
    "is-loaded nope other/1": "1",
    "is-avail other/2": "1",
    "is-avail nope": "0",
    "is-saved": "1",
    "is-saved mine": "1",
    "is-saved nope": "0",
    "is-used": "1",
    "is-used ROOT/Core": "1",
    "is-used /nowhere": "0",
    "getenv LOGNAME": "user",
    "getenv NEVER": "",
    "getenv NEVER instead": "instead",
    "getenv --return-value LOGNAME instead": "user",
    "versioncmp 1.9 1.10": "-1",
    "versioncmp 1.10 1.9": "1",
    "versioncmp 1.0 1.0": "0",
    "uname sysname": os.uname().sysname,
    "uname nodename": os.uname().nodename,
    "uname machine": os.uname().machine,
    "system exit 3": "3",
    "system {test $LOGNAME = user}": "0",
    "string length [lsb-release id]": None,
    "set ModuleTool": "Lmod",
    "set ModulesCurrentModulefile": "ROOT/Core/m/1",
    "info script": "ROOT/Core/m/1",
}


def test_answers(site):
    """Each question has its answer."""
    write(site, "Core/other/1")
    write(site, "Core/other/2")
    write(site, "Core/.modulerc", "module-alias nick other/1\nmodule-version other/2 default new")
    site.load("other/1").module("save", "mine")
    lines = (f"puts stderr [eval {{{question}}}]" for question in ANSWERS)
    text = "\n".join(lines).replace("SHELL", site.shell).replace("ROOT", str(site.root))
    write(site, "Core/m/1", text)
    found = dict(zip(ANSWERS, site.load("m").err.splitlines(), strict=True))
    wanted = {question: found[question] if answer is None else answer for question, answer in ANSWERS.items()}
    wanted = {q: a.replace("SHELL", site.shell).replace("ROOT", str(site.root)) for q, a in wanted.items()}
    assert found == wanted
    assert int(found["string length [lsb-release id]"]) > 0


WRONG = (
    "module-info",
    "module-info nope",
    "versioncmp 1",
    "uname nope",
    "lsb-release nope",
    "module-alias a b",
    "module-version a b",
    "x-resource a",
    "module swap",
    "module use",
    "setenv --mode sometimes A 1",
    "append-path --delim",
    "getenv",
    "source-sh",
    "remove-path --index P one",
)


@pytest.mark.parametrize("line", WRONG)
def test_what_cannot_be_asked(site, line):
    """A wrong question is an error that names the command and the line."""
    file = write(site, "Core/m/1", line)
    err = site.fails("load", "m")
    assert f"`{line.split()[0]}" in err or "modeA" in err
    assert f"{file}:2" in err


def test_every_command_is_tried():
    """Each has a row in one of the tables; variants have a file of their own."""
    tried = {words.split()[0] for _, words in WORDS} | {line.split()[0] for line in (*ANSWERS, *WRONG)}
    refused = {name for name in COMMANDS if name.startswith(("module-", "modulepath-", "hide-"))} - tried
    assert set(COMMANDS) - refused - {"variant", "getvariant"} <= tried


def test_swap_use_and_purge(site):
    """The words that `module` has in a modulefile, and no matrix."""
    for name in "old/1", "old/2", "new/1", "more/1":
        write(site, f"{'More' if name == 'more/1' else 'Core'}/{name}")
    write(
        site,
        "Core/m/1",
        f"module swap old/1 old/2\nmodule switch new\nmodule use --append {site.root}/More\nmodule load more",
    )
    site.load("old/1", "new", "m")
    assert site.loaded == ["old/2", "new/1", "more/1", "m/1"]
    assert site.paths == ["Core", "More"]
    write(site, "Core/m/2", f"module use {site.root}/A {site.root}/B\nmodule unuse {site.root}/More")
    assert site.load("m/2").paths[:2] == ["A", "B"]
    write(site, "Core/m/3", "module purge")
    assert site.load("m/3").loaded == ["m/3"]


def test_several_values_and_a_priority(site):
    """Several values keep their order; a number behind a single one is Lmod's priority."""
    write(
        site,
        "Core/m/1",
        "prepend-path P /a /b\nappend-path A /a /b\nprepend-path R /a 10\nprepend-path R /b\nprepend-path S /a 1 2",
    )
    env = site.load("m").env
    assert (env["P"], env["A"], env["R"], env["S"]) == ("/a:/b", "/a:/b", "/a:/b", "/a:1:2")


def test_what_is_needed_from_a_place(site):
    """A module from another directory does not do, one that is optional need not be there."""
    write(site, "Core/o/1", "setenv O 1")
    write(site, "Core/m/1", f"depends-on --modulepath {site.root}/Core o\ndepends-on --optional nope")
    write(site, "Core/m/2", "depends-on --modulepath /nowhere o")
    assert "O" in site.load("m/1").env
    assert "O" not in site.unload("m").env
    assert "o must be there in /nowhere" in site.fails("load", "m/2")


def test_help(site):
    """What ModulesHelp writes is the help, and nothing of it is heard otherwise."""
    write(
        site, "Core/m/1", 'proc ModulesHelp {} {\n puts stderr "how to"\n puts -nonewline {use it}\n}\nmodule-whatis w'
    )
    assert "how to\nuse it\n" in site.module("help", "m").err
    assert site.load("m").err == ""
    assert "m/1                 : w" in site.module("whatis", "m").err
    assert "how to" in site.module("spider", "m/1").err


def test_what_is_written(site):
    """The user hears stderr, the shell gets stdout in the end and prestdout at the beginning; nobody hears the log."""
    write(
        site,
        "Core/m/1",
        "puts hey=1\nputs stdout {export SAID=$A$hey}\nputs prestdout {hey=0}\nsetenv A 1\nputs log nothing\n"
        "puts stderr you\nset file [open $env(HOME)/file w]; puts $file text; puts -nonewline $file more; close $file",
    )
    site.load("m")
    assert site.env["SAID"] == "11"
    assert site.err == "you\n"
    assert (site.root / "home" / "file").read_text() == "text\nmore"


def test_show(site):
    """What a Tcl modulefile says is shown as Lua words, which programs read; ModulesDisplay belongs to it."""
    write(
        site,
        "Core/m/1",
        "setenv A 1\nprepend-path --delim=, P /a\nmodule load o\nproc ModulesDisplay {} {puts stderr shown}",
    )
    err = site.module("show", "m").err
    for line in 'setenv("A","1")', 'load("o")', 'LmodMsgRaw("shown\n")':
        assert line in err
    assert 'prepend_path{"P","/a"' in err.replace(" ", "")


def test_module_test(site):
    """ModulesTest says whether the module does what it should; it sees the module's variables."""
    write(
        site,
        "Core/m/1",
        'setenv A 1\nproc ModulesTest {} {puts stderr "A is $::env(A)"; return [expr {$::env(A) == 1}]}',
    )
    write(site, "Core/m/2", "proc ModulesTest {} {return 0}")
    write(site, "Core/m/3", "proc ModulesTest {} {error oops}")
    write(site, "Core/m/4", "if {[module-info mode test]} {proc ModulesTest {} {}}")
    write(site, "Core/m/5")
    assert site.module("test", "m/1").err == "A is 1\nm/1 has passed its test\n"
    assert "A" not in site.env
    assert "m/2 has failed its test" in site.fails("test", "m/2")
    err = site.fails("test", "m/3")
    assert "oops" in err
    assert f"{site.root}/Core/m/3\n" in err
    assert "m/4 has passed its test" in site.module("test", "m/4").err
    assert "m/5 has no test" in site.fails("test", "m/5")


def test_a_file_beside_it_and_a_directory(site):
    """`source` reads other files in Tcl; a `cd` ends with the modulefile."""
    site.modulefile("common.tcl", "proc both {value} {setenv A $value; setenv B $value}")
    write(site, "Core/m/1", f"source {site.root}/common.tcl\nboth 1\ncd /usr\nsetenv HERE [pwd]")
    write(site, "Core/n/1", "setenv THERE [pwd]")
    env = site.load("m", "n").env
    assert (env["A"], env["B"], env["HERE"], env["THERE"]) == ("1", "1", "/usr", os.getcwd())


def test_packages_of_tcl(site):
    """What Tcl itself brings is there: clock, packages, dictionaries, file."""
    write(
        site,
        "Core/m/1",
        "package require Tcl\nsetenv YEAR [clock format 0 -gmt 1 -format %Y]\nsetenv T [file tail /a/b]",
    )
    env = site.load("m").env
    assert (env["YEAR"], env["T"]) == ("1970", "b")


def test_ninety_modules_in_a_chain(site):
    """Each waits for the next."""
    for number in range(80):
        write(site, f"Core/c{number}/1", f"setenv C{number} 1\nmodule load c{number + 1}")
    write(site, "Core/c80/1", "setenv LAST 1")
    assert site.load("c0").env["LAST"] == "1"
    assert len(site.loaded) == 81


def test_no_programs_while_it_is_looked_at(site):
    """A search starts none, and the file goes on."""
    write(
        site,
        "Core/m/1",
        "module-whatis [exec touch $env(HOME)/ran]done\nclose [open {|touch $env(HOME)/ran}]\n"
        "system touch $env(HOME)/ran",
    )
    site.module("spider", "m/1")
    assert not (site.root / "home" / "ran").exists()


def test_searching_through_tcl(site):
    """`spider` finds what Tcl modulefiles open and bring, also in a file that they source, and when that changes."""
    common = site.modulefile("common.tcl", "extensions numpy/1.2")
    write(site, "Core/gcc/1", f"module use {site.root}/More")
    write(site, "More/deep/1", f"source {common}")
    assert "module load gcc/1 deep/1" in site.module("spider", "deep/1").err
    assert "deep/1" in site.module("spider", "numpy").err
    common.write_text("provide scipy/3")
    assert "deep/1" in site.module("spider", "scipy").err
    assert "numpy" not in site.type("spider", "numpy").err.partition("hint")[0].replace("`numpy`", "")
