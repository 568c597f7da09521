"""The same sessions on Tcl modulefiles with an installed Lmod, with Environment Modules and with lmodpy.

Where a peer cannot do what a modulefile says (`only` in its first line names the one that can), or does something else
that is explained in DIFFERENCES, it is left out; nothing else may differ in the environment.
"""

from __future__ import annotations

import os

import pytest

from tests.differential.tools import LMOD
from tests.launcher import lmodpy_cmd
from tests.needs import needs
from tests.test_live_lmod import play

MODULES = os.environ.get("MODULES_PEER", "/usr/lib/x86_64-linux-gnu/modulecmd.tcl")
"""Environment Modules: Debian's package cannot be installed beside Lmod, but unpacked anywhere."""

FILES = {
    "plain/1": """
        module-whatis "a plain one"
        set root /opt/plain/1
        setenv PLAIN_ROOT $root
        prepend-path PATH $root/bin
        append-path MANPATH $root/man
        prepend-path --delim , LIST one
        prepend-path XP /a:/b
        set-alias plain {echo plain}
    """,
    "plain/2": "setenv PLAIN_ROOT /opt/plain/2\nprepend-path PATH /opt/plain/2/bin",
    "values/1": """
        setenv QUOTES {a "b" 'c' `d` $e \\f}
        setenv BLANKS "  two  words "
        setenv EMPTY ""
        setenv TWO "one\\ntwo"
        setenv UMLAUT grüße
        setenv SUM [expr {1 + 2}]
    """,
    "push/1": "pushenv CC gcc\npushenv NEW 1",
    "reads/1": """
        setenv A 1
        setenv B [expr {$env(A) + 1}]
        if {[info exists env(NEVER)]} {setenv C 1}
        setenv C [exec sh -c {echo "$A$B"}]
        proc where {} {global env; return $env(HOME)}
        setenv D [where]
    """,
    "asks/1": """
        setenv NAME [module-info name]
        setenv ASKED [module-info specified]
        setenv SHELLS [module-info shell]-[module-info shelltype]
        setenv FILE $ModulesCurrentModulefile
        setenv LOADED [is-loaded plain]-[is-loaded plain/1]-[is-loaded nope]
        setenv ORDER [versioncmp 1.9 1.10]
        if {[module-info mode load]} {setenv MODE [module-info mode]}
        setenv KERNEL [uname sysname]
    """,
    "loads/1": "module load plain/1\nsetenv LOADS 1",
    "needs/1": "prereq plain values",
    "hates/1": "conflict plain",
    "opens/1": "module use SITE/More",
    "loops/1": """
        foreach {name value} {X 1 Y 2 Z 3} {setenv LOOP_$name $value}
        for {set i 0} {$i < 3} {incr i} {append-path LOOP /loop/$i}
        switch [uname sysname] {Linux {setenv IS linux} default {setenv IS other}}
        if {[catch {exec false} message]} {setenv CAUGHT [string length $message]}
        proc both {name path} {upvar root r; setenv $name $r$path; uplevel {set seen 1}}
        set root /r
        both BOTH /path
        setenv SEEN $seen
        namespace eval mine {variable v 7}
        setenv NS $mine::v
    """,
    "stops/1": "setenv A 1\ncontinue\nsetenv B 1",
    "breaks/1": "setenv A 1\nbreak",
    "fails/1": "setenv A 1\nnosuchcommand",
    "unload/1": "if {[module-info mode remove]} {puts stderr bye}\nsetenv U 1",
    "writes/1": "puts stdout {export WRITTEN=1;}\nputs prestdout {export BEFORE=1;}",
    "em/1": """
        setenv --set-if-undef HOME /nowhere
        setenv --set-if-undef FRESH 1
        append-path EP /a /b
        setenv GOT [getenv HOME]-[getenv NEVER fallback]-[getenv --return-value NEVER x]
        setenv USED [is-used SITE/Core]-[is-used /nowhere]
        setenv USER_NAME [module-info username]
        setenv COMMAND [module-info command load]
        prereq-all values
    """,
    "../More/deep/1": "setenv DEEP 1\nmodule load plain",
}
SESSIONS = {
    "load and unload": "load plain/1; unload plain",
    "another version": "load plain/1; swap plain/1 plain/2; purge",
    "values": "load values; unload values",
    "pushed": "$ export CC=mine; load push; unload push",
    "what was set before": "load reads; unload reads",
    "questions": "load plain/1 asks; purge",
    "a module that loads": "load loads; unload loads",
    "what must be there": "load needs; load plain/1 needs; purge",
    "what must not": "load hates; purge; load plain/1; load hates",
    "another directory": "load opens deep; purge",
    "all of Tcl": "load loops; unload loops",
    "the rest is left out": "load stops; unload stops",
    "forgotten": "load breaks",
    "broken": "load fails; load plain/1; load plain/1 fails",
    "unloading": "load unload; unload unload",
    "text for the shell": "load writes; unload writes",
    "Environment Modules only": "load values; load em/1; unload em/1",
}
PEERS = {"Lmod": LMOD, "Modules": MODULES}
ONLY = {"Environment Modules only": "Modules", "what must be there": "Lmod"}  # the other one loads it
KEPT = ("__MODULES_", "MODULES_", "LMOD_", "__LMOD", "_ModuleTable", "__LMODPY", "LOADEDMODULES_")
DIFFERENCES = {
    # session, peer: the variables (or `status`) that differ, and why
    ("values", "Lmod"): ("BLANKS TWO UMLAUT", "the bytes that the file has"),
    ("values", "Modules"): ("TWO", "as above"),
    ("pushed", "Lmod"): ("CC NEW", "8.6 does not bring back what it was"),
    ("questions", "Lmod"): ("MODE", "exact undo, though the line is for loading only"),
    ("questions", "Modules"): ("MODE", "as above"),
    ("forgotten", "Modules"): ("status", "`break` is no failure, as with Lmod"),
    ("Environment Modules only", "Modules"): ("HOME TWO", "what was not set is not unset"),
}


def start(site: str) -> dict[str, str]:
    return {"HOME": f"{site}/home", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MODULEPATH": f"{site}/Core"}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> str:
    """A directory with the modulefiles."""
    site = str(tmp_path_factory.mktemp("site"))
    for name, text in FILES.items():
        path = os.path.normpath(f"{site}/Core/{name}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        lines = (line.strip() for line in text.replace("SITE", site).strip().splitlines())
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(("#%Module", *lines, "")))
    os.mkdir(f"{site}/home")
    return site


def program(peer: str, site: str) -> str:
    """Return what plays the peer, as a program that takes a shell and the words of a command."""
    if peer == "Lmod":
        return needs(LMOD)
    if not os.path.exists(MODULES):
        pytest.skip("MODULES_PEER names no modulecmd.tcl of Environment Modules")
    path = f"{site}/modules"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec {needs("tclsh")} {MODULES} "$@"\n')
    os.chmod(path, 0o755)
    return path


@pytest.mark.parametrize(
    ("session", "peer"), [(name, peer) for name in SESSIONS for peer in PEERS if ONLY.get(name, peer) == peer]
)
def test_a_session_goes_as_with_the_peer(site, session, peer):
    """Status and environment are the peer's, but for the differences that are explained."""
    steps = SESSIONS[session].split("; ")
    theirs = play(program(peer, site), steps, start(site))
    ours = play(lmodpy_cmd(), steps, start(site))
    differing, report = set(), [f"{session}, {peer}:"]
    for step, their, our in zip(steps, theirs, ours, strict=True):
        a, b = seen(their), seen(our)
        names = {name for name in a | b if a.get(name) != b.get(name)}
        differing |= names
        report += [f"{step}: {n}\n  {peer}: {a.get(n)!r}\n  lmodpy: {b.get(n)!r}" for n in sorted(names)]
    assert differing == set(DIFFERENCES.get((session, peer), ("", ""))[0].split()), "\n".join(report)


def seen(state) -> dict[str, str]:
    """Return what is compared, by name: whether the command succeeded, and the environment."""
    status = "failed" if set(state.status) & set("123456789") else "done"
    env = {name: value for name, value in state.env.items() if not name.startswith(KEPT)}
    return {"status": status, **env}
