"""The same session in every shell: what is typed, and what a child process of that shell sees afterwards."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import pytest

from lmodpy import LMOD_VERSION
from lmodpy.shells.base import NAMES
from tests.launcher import CLONE
from tests.other_shells import SHELLS, Shell, seen_by_a_child

if TYPE_CHECKING:
    from collections.abc import Mapping

FAMILY = [
    Shell("bash", ("bash", "--norc"), "", ". '{0}/init/bash'", status="echo $?"),
    Shell("zsh", ("zsh", "-f"), "", ". '{0}/init/zsh'", status="echo $?"),
    Shell("dash", ("dash",), "", "LMOD_PKG='{0}'; . '{0}/init/sh'", status="echo $?"),
    Shell("ksh", ("ksh",), "", "LMOD_PKG='{0}'; . '{0}/init/sh'", status="echo $?"),
    Shell("mksh", ("mksh",), "", "LMOD_PKG='{0}'; . '{0}/init/sh'", status="echo $?"),
]
ALL = [*FAMILY, *SHELLS]
VALUES = {
    "BLANKS": "  a  b ",
    "QUOTES": 'it\'s "said"',
    "CODE": "$(touch code) `touch code` ${HOME} $HOME",
    "BANG": "!! !x a!b",
    "BREAKS": "one\ntwo\n",
    "UNICODE": "é日本\u00a0\U0001f600",
    "EMPTY": "",
    "STARS": "* ? [a-z] {b,c} ~",
    "MARKS": "a;b|c&d<e>f#g\\h^i",
}


class Step(NamedTuple):
    """One line of the session: the words behind `module`, what a child sees (None is unset), and how it ends."""

    words: list[str]
    seen: Mapping[str, str | None] = MappingProxyType({})
    status: int = 0


SESSION = {
    "nothing is loaded": Step(["list"], {"LOADEDMODULES": None, "LMOD_VERSION": LMOD_VERSION}),
    "load": Step(["load", "gcc"], {"CC": "gcc-13", "LOADEDMODULES": "gcc/13"}),
    "the order of PATH": Step(["load", "first", "second"], {"PATH": "/second:/first:/gcc 13/bin:/usr/bin:/bin:/last"}),
    "unload": Step(["unload", "first"], {"PATH": "/second:/gcc 13/bin:/usr/bin:/bin:/last"}),
    "swap": Step(["swap", "gcc", "gcc/12"], {"CC": "gcc-12", "LOADEDMODULES": "second/1:gcc/12"}),
    "ml": Step(["ml", "-second", "gcc/13"], {"LOADEDMODULES": "gcc/13", "PATH": "/gcc 13/bin:/usr/bin:/bin"}),
    "a load that fails changes nothing": Step(["load", "first", "nowhere"], status=1),
    "an error in a modulefile changes nothing": Step(["load", "broken"], status=1),
    "a misspelt sub-command changes nothing": Step(["laod", "first"], status=1),
    "a name with characters of a shell": Step(["load", "$HOME;x*'"], status=1),
    "is-loaded, no": Step(["is-loaded", "first"], status=1),
    "is-loaded, yes": Step(["is-loaded", "gcc"]),
    "values": Step(["load", "values"], VALUES),
    "values go": Step(["unload", "values"], dict.fromkeys(VALUES)),
    "unset": Step(["load", "unsets"], {"INHERITED": None}),
    "unset comes back": Step(["unload", "unsets"], {"INHERITED": "from outside"}),
    "what was inherited changes": Step(["load", "changes"], {"INHERITED": "changed"}),
    "and is unset": Step(["load", "unsets"], {"INHERITED": None}),
    "and comes back": Step(["unload", "unsets", "changes"], {"INHERITED": "from outside"}),
    "an odd name": Step(["load", "odd+name/1.0-rc_2@x"], {"ODD": "1"}),
    "libraries": Step(["load", "libraries"], {"LD_LIBRARY_PATH": "/opt/lib:/user/lib"}),
    "libraries go": Step(["unload", "libraries"], {"LD_LIBRARY_PATH": "/user/lib"}),
    "a path with empty entries": Step(["load", "manual"], {"MANPATH": "/opt/man::/usr/man"}),
    "a long path": Step(["load", "long"], {"LONG": ":".join(f"/opt/software/{i}/lib" for i in range(300))}),
    "use with blanks": Step(["use", "{home}/my modules"], {"MODULEPATH": "{home}/my modules:{home}/Core"}),
    "load from there": Step(["load", "mine"], {"MINE": "1"}),
    "unuse": Step(["unuse", "{home}/my modules"], {"MODULEPATH": "{home}/Core"}),
    "purge": Step(
        ["purge"],
        {"PATH": "/usr/bin:/bin", "LOADEDMODULES": None, "MINE": None, "LONG": None, "MANPATH": ":/usr/man:"},
    ),
    "nothing is left of the state": Step(["list"], {"__LMODPY_STATE": None, "CC": None}),
}
OWN = {"_", "SHLVL", "OLDPWD", "PWD", "_AST_FEATURES", "LAST_EXIT_CODE"}
"""What a shell counts on by itself."""
BEYOND = {"csh": ("a name with characters of a shell", "use with blanks", "load from there", "unuse")}
"""The `module` of the old csh is an alias that cannot take words with blanks or quotes."""


def modules(home: str) -> None:
    """Write the modulefiles of the session."""
    values = "".join(f"setenv('{name}', [==[{value}]==])\n" for name, value in VALUES.items())
    long = ":".join(f"/opt/software/{i}/lib" for i in range(300))
    for path, body in {
        "Core/gcc/12": 'setenv("CC", "gcc-12") prepend_path("PATH", "/gcc 12/bin")',
        "Core/gcc/13": 'setenv("CC", "gcc-13") prepend_path("PATH", "/gcc 13/bin")',
        "Core/first/1": 'prepend_path("PATH", "/first")',
        "Core/second/1": 'prepend_path("PATH", "/second") append_path("PATH", "/last")',
        "Core/broken/1": 'setenv("BROKEN", "1") LmodError("no")',
        "Core/values/1": values,
        "Core/unsets/1": 'unsetenv("INHERITED")',
        "Core/changes/1": 'setenv("INHERITED", "changed")',
        "Core/odd+name/1.0-rc_2@x": 'setenv("ODD", "1")',
        "Core/libraries/1": 'prepend_path("LD_LIBRARY_PATH", "/opt/lib")',
        "Core/manual/1": 'prepend_path("MANPATH", "/opt/man")',
        "Core/long/1": f'setenv("LONG", "{long}")',
        "Core/alias/1": 'set_alias("greet", "echo hello") set_shell_function("f", "echo f $1", "echo f $1")',
        "Core/runs/1": 'execute{cmd="echo runs", modeA={"load"}}',
        "my modules/mine/1": 'setenv("MINE", "1")',
    }.items():
        file = f"{home}/{path}.lua"
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w") as out:
            out.write(body)


def typed(real: Shell, words: list[str]) -> str:
    """Return the line that a user of this shell types for `module WORDS`."""
    quoted = __import__(f"lmodpy.shells.{NAMES[real.name][0]}", fromlist=["quoted"]).quoted
    plain = [word if word.replace("-", "").isalnum() else quoted(word) for word in words]
    return " ".join([{"nushell": "lmod-module"}.get(real.name, "module"), *plain])


def recorded(real: Shell, line: str, place: str) -> str:
    """Return a line for that shell which records the status of another, and what a child sees after it."""
    if real.name == "elvish":
        line = f"try {{ {line}; echo 0 > {place}.status }} catch e {{ echo 1 > {place}.status }}"
    elif real.name == "nushell":
        line = f"try {{ {line}; '0' | save -f {place}.status }} catch {{ '1' | save -f {place}.status }}"
    elif real.name == "xonsh":
        line = f"_ = open('{place}.status', 'w').write(str(!({line}).returncode))"
    else:
        line = f"{line}\n{real.status} >{place}.status"
    return f"{line}\n{real.environment.format(f'{place}.env')}"


@pytest.fixture(scope="module", params=ALL, ids=lambda real: real.name)
def session(request, tmp_path_factory):
    """The whole session, run once in a shell: for each of its lines the status, and the environments around it."""
    real, home = request.param, str(tmp_path_factory.mktemp(request.param.name))
    modules(home)
    lines = [real.start.format(CLONE), real.environment.format(f"{home}/start.env")]
    for i, (name, step) in enumerate(SESSION.items()):
        if name in BEYOND.get(real.name, ()):
            continue
        words = [word.replace("{home}", home) for word in step.words]
        lines.append(recorded(real, typed(real, words), f"{home}/{i}"))
    outside = {"INHERITED": "from outside", "LD_LIBRARY_PATH": "/user/lib", "MANPATH": ":/usr/man:"}
    done = real.run("\n".join(lines), home, MODULEPATH=f"{home}/Core", **outside)
    assert done.returncode == 0, done.stderr
    assert not os.path.exists(f"{home}/code")

    seen = [seen_by_a_child(f"{home}/start.env")]
    told = {}
    for i, name in enumerate(SESSION):
        if name in BEYOND.get(real.name, ()):
            continue
        with open(f"{home}/{i}.status") as file:
            status = int(file.read())
        seen.append(seen_by_a_child(f"{home}/{i}.env"))
        told[name] = status, seen[-2], seen[-1]
    return home, told


@pytest.mark.parametrize("name", SESSION)
def test_every_shell_does_the_same(session, name):
    """Each line of the session ends as it should, and children see exactly what they should."""
    home, told = session
    if name not in told:
        pytest.skip("beyond this shell")
    status, before, after = told[name]
    step = SESSION[name]

    assert status == step.status
    if status:
        assert {n: v for n, v in after.items() if n not in OWN} == {n: v for n, v in before.items() if n not in OWN}
    expected = {n: v and v.replace("{home}", home) for n, v in step.seen.items()}
    assert {n: after.get(n) for n in expected} == expected
