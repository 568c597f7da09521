"""What each word of a modulefile does in each mode: one matrix, and the calls that fill it."""

import re
from typing import NamedTuple

import pytest

from lmodpy.cli.arguments import parse
from lmodpy.cli.context import Context
from lmodpy.config import Settings
from lmodpy.errors import LmodError
from lmodpy.names.request import Request
from lmodpy.session.frame import Frame
from lmodpy.shells.base import shell
from tests.conftest import Site


class Call(NamedTuple):
    """A call, what the user or the shell sees of it when it acts, and when it is taken back; what is loaded before."""

    text: str
    done: str = "no sign"
    undone: str = "no sign"
    before: str = ""


CALLS = {
    "prepend_path": Call('prepend_path("V", "/v")', "V=/v;", "unset V;"),
    "append_path": Call('append_path("V", "/v")', "V=/v;", "unset V;"),
    "remove_path": Call('remove_path("W", "/w")', "W=/x;", "W=/w:/x;"),
    "setenv": Call('setenv("V", "/v")', "V=/v;", "unset V;"),
    "setenv unload": Call('setenv{"V", "/v", modeA={"unload"}}', "V=/v;", "unset V;"),
    "setenv both": Call('setenv{"V", "/v", modeA={"load", "unload"}}', "V=/v;", "unset V;"),
    "pushenv": Call('pushenv("V", "/v")', "V=/v;", "unset V;"),
    "unsetenv": Call('unsetenv("W")', "unset W;", "W=/w:/x;"),
    "set_alias": Call('set_alias("a", "b")', "alias a=", "unalias a "),
    "unset_alias": Call('unset_alias("a")', "unalias a "),
    "set_shell_function": Call('set_shell_function("f", "b", "c")', "function f ", "unset -f f "),
    "unset_shell_function": Call('unset_shell_function("f")', "unset -f f "),
    "export_shell_function": Call('export_shell_function("f")', "export -f f ", "export -fn f "),
    "complete": Call('complete("bash", "C", "-W x")', "complete -W x C;", "complete -r C "),
    "complete zsh": Call('complete("zsh", "C", "-W x")', "-W x C;"),
    "uncomplete": Call('uncomplete("bash", "C")', "complete -r C "),
    "source_sh": Call('source_sh("bash", ROOT .. "/script.sh")', "V=/v;", "unset V;"),
    "load": Call('load("o")', "O=1;", "unset O;"),
    "try_load": Call('try_load("o")', "O=1;", "unset O;"),
    "try_add": Call('try_add("o")', "O=1;", "unset O;"),
    "load_any": Call('load_any("nope", "o")', "O=1;", "unset O;"),
    "always_load": Call('always_load("o")', "O=1;", "unset O;"),
    "mgrload": Call('mgrload(true, {userName="o"})', "O=1;", "unset O;"),
    "load of nothing": Call('load("nope")'),
    "try_load of nothing": Call('try_load("nope")'),
    "depends_on": Call('depends_on("o")', "O=1;", "unset O;"),
    "depends_on_any": Call('depends_on_any("nope", "o")', "O=1;", "unset O;"),
    "unload": Call('unload("o")', "unset O;", before="o"),
    "always_unload": Call('always_unload("o")', "unset O;", before="o"),
    "purge": Call("purge{force=true}", "unset O;", before="o"),
    "inherit": Call("inherit()", "V=/v;", "unset V;"),
    "prereq": Call('prereq("o")'),
    "prereq_any": Call('prereq_any("o", "nope")'),
    "conflict": Call('conflict("o")', before="o"),
    "family": Call('family("x")', "LMOD_FAMILY_X=m;", "unset LMOD_FAMILY_X;"),
    "requireFullName": Call("requireFullName()"),
    "execute": Call('execute{cmd="true hey", modeA={"load"}}', "true hey;"),
    "execute help": Call('execute{cmd="true hey", modeA={"help", "whatis"}}', "true hey;"),
    "chdir": Call('chdir("/usr")', "cd '/usr';"),
    "whatis": Call('whatis("hey you")', ": hey you"),
    "help": Call('help("hey you")', "\nhey you"),
    "extensions": Call('extensions("hey/1")', "hey"),
    "add_property": Call('add_property("lmod", "sticky")'),
    "remove_property": Call('remove_property("lmod", "sticky")'),
    "no such property": Call('add_property("hey", "you")'),
    "LmodMessage": Call('LmodMessage("hey")', "hey"),
    "LmodMsgRaw": Call('LmodMsgRaw("hey")', "hey"),
    "LmodWarning": Call('LmodWarning("hey")'),
    "LmodError": Call('LmodError("hey")'),
    "LmodSystemError": Call('LmodSystemError("hey")'),
    "LmodBreak": Call('LmodBreak("hey")', "hey"),
    "color_banner": Call('color_banner("red")', "======"),
    "haveDynamicMPATH": Call("haveDynamicMPATH()"),
    "os.exit": Call("os.exit(3)"),
    "wrong arguments": Call('setenv("V")'),
}

# `+` it acts, `-` it is taken back, `.` nothing, `env` the modulefile sees it, `P` show prints it,
# `!` it fails, `w` it warns, `x` it ends the command without a word. `reverse` is `unload` without a record.
MATRIX = """
                        load  unload  reverse  mgrload  refresh  show   help  whatis  spider  check
prepend_path            +     -       -        +        env      P      .     .       .       env
append_path             +     -       -        +        env      P      .     .       .       env
remove_path             +     -       .        +        .        P      .     .       .       .
setenv                  +     -       -        +        env      P,env  env   env     env     env
setenv unload           .     +       +        .        .        P,env  .     .       .       .
setenv both             +     env     env      +        env      P,env  .     .       env     .
pushenv                 +     -       -        +        env      P,env  env   env     env     env
unsetenv                +     -       .        +        .        P      .     .       .       .
set_alias               +     -       -        +        +        P      .     .       .       .
unset_alias             +     .       .        +        .        P      .     .       .       .
set_shell_function      +     -       -        +        +        P      .     .       .       .
unset_shell_function    +     .       .        +        .        P      .     .       .       .
export_shell_function   +     -       -        +        .        P      .     .       .       .
complete                +     -       -        +        +        P      .     .       .       .
complete zsh            .     .       .        .        .        P      .     .       .       .
uncomplete              +     +       +        +        +        P      .     .       .       .
source_sh               +     -       -        +        env      P,env  .     .       .       .
load                    +     -       -        .        .        P      .     .       .       .
try_load                +     -       -        .        .        P      .     .       .       .
try_add                 +     -       -        .        .        P      .     .       .       .
load_any                +     -       -        .        .        P      .     .       .       .
always_load             +     .       .        .        .        P      .     .       .       .
mgrload                 +     -       -        .        .        P      .     .       .       .
load of nothing         !     .       .        .        .        P      .     .       .       !
try_load of nothing     .     .       .        .        .        P      .     .       .       .
depends_on              +     -       -        .        .        P      .     .       .       .
depends_on_any          +     -       -        .        .        P      .     .       .       .
unload                  +     +       +        .        .        P      .     .       .       .
always_unload           +     +       +        .        .        P      .     .       .       .
purge                   +     .       .        .        .        P      .     .       .       .
inherit                 +     -       -        +        env      P,env  env   env     env     .
prereq                  !     .       .        !        .        P      .     .       .       .
prereq_any              !     .       .        !        .        P      .     .       .       .
conflict                !     .       .        !        .        P      .     .       .       .
family                  +     -       -        +        .        P      .     .       .       .
requireFullName         !     w       w        !        .        P      .     .       .       !
execute                 +     .       .        +        +        P      .     .       .       .
execute help            .     .       .        .        .        P      +     +       .       .
chdir                   +     .       .        +        .        P      .     .       .       .
whatis                  .     .       .        .        .        P      .     +       .       .
help                    .     .       .        .        .        P      +     .       .       .
extensions              .     .       .        .        .        P      .     .       .       .
add_property            .     .       .        .        .        P      .     .       .       .
remove_property         .     .       .        .        .        P      .     .       .       .
no such property        !     .       .        !        .        P      .     .       .       !
LmodMessage             +     +       +        +        .        P      .     .       .       .
LmodMsgRaw              +     +       +        +        .        P      .     .       .       .
LmodWarning             w     w       w        w        w        P,w    w     w       w       w
LmodError               !     w       w        !        !        P      .     .       .       !
LmodSystemError         !     w       w        !        !        P      !     !       !       !
LmodBreak               +     .       .        !        .        P      .     .       .       .
color_banner            +     +       +        +        .        P,+    .     .       .       .
haveDynamicMPATH        .     .       .        .        .        P      .     .       .       .
os.exit                 x     x       x        x        x        P      .     .       .       .
wrong arguments         !     w       w        !        .        w      w     w       w       !
"""
HEAD, *LINES = MATRIX.strip("\n").splitlines()
CELLS = [
    (line[:24].strip(), mode, cell)
    for line in LINES
    for mode, cell in zip(HEAD.split(), line[24:].split(), strict=True)
]


@pytest.fixture
def site(tmp_path):
    """A site with the modules that the calls name, in bash: another shell would make no difference."""
    site = Site(tmp_path, "bash")
    site.modulefile("Core/o/1.lua", 'setenv("O", "1")')
    site.modulefile("More/m/1.lua", 'setenv("V", "/v")')
    site.modulefile("script.sh", "export V=/v")
    site.env["MODULEPATH"] += f":{site.root}/More"
    site.env["W"] = "/w:/x"
    return site


def body(call):
    """Write the call, and a line that tells whether the modulefile sees what it did."""
    return f'{call.text}\nif os.getenv("V") == "/v" then io.stderr:write("<seen>") whatis("<seen>") end'


def in_lua(site, call=None):
    """Write the modulefile with the call, or an empty one."""
    site.modulefile("Core/m/1.lua", body(call) if call else "")


def typed(site, mode, call, write=in_lua):
    """Run the command of a mode; return status, text for the shell and text for the user."""
    if call.before:
        site.load(call.before)
    write(site, call)
    if mode == "reverse":
        site.env["LMODPY_UNDO"] = "lmod"
    if mode in ("unload", "reverse", "refresh"):
        site.type("load", "m")
        if not site.loaded or site.loaded[-1] != "m/1":
            write(site)
            site.load("m")
            write(site, call)
        if call.before and not any(name.startswith(call.before) for name in site.loaded):
            site.load(call.before)
    words = {"reverse": ["unload", "m"], "refresh": ["refresh"], "check": ["--check_syntax", "load", "m"]}
    site.type(*words.get(mode, [mode, "m"]))
    return site.status, site.out, site.err


def evaluated(site, mode, call, write=in_lua):
    """Evaluate in a mode that no command has yet; return the same."""
    if call.before:
        site.load(call.before)
    write(site, call)
    said = []
    context = Context(parse(["load", "m"]), shell("bash"), site.env, Settings(site.env), said.append)
    session = context.session
    module = session.find(Request("m"))
    status = 0
    try:
        if mode == "mgrload":
            Frame(session, "restore", module, "m").run()
        else:
            journal = session.read(module, mode, "m").journal
            texts = (text for call in journal for text in (*call.args, *getattr(call.operation, "said", ())))
            said += [text for text in texts if text == "<seen>"]
    except LmodError as error:
        status = error.status
    out = shell("bash").render(session.env.diff(tuple(session.commands), "".join(session.written)))
    return status, out, "".join(said) + "".join(f"warning: {text}" for text in session.warnings)


@pytest.mark.parametrize(("name", "mode", "expected"), CELLS, ids=lambda value: value.replace(" ", "-"))
def test_the_matrix(site, name, mode, expected):
    """Each word does in each mode what the matrix says."""
    call = CALLS[name]
    result = (evaluated if mode in ("mgrload", "spider") else typed)(site, mode, call)
    assert judged(mode, call, re.split("[({]", call.text)[0], *result) == expected


def judged(mode, call, word, status, out, err):
    """Return what has happened, in the signs of the matrix."""
    shown = [line for line in err.splitlines() if mode == "show" and line.lstrip("-").startswith((word, "setenv"))]
    rest = "\n".join(line for line in err.splitlines() if line not in shown)
    found = []
    if shown:
        found.append("P")
    if status:
        found.append("!" if err or (mode in ("mgrload", "spider") and status == 1) else "x")
    elif "warning:" in err:
        found.append("w")
    elif call.done in out + rest:
        found.append("+")
    elif call.undone in out + rest:
        found.append("-")
    elif "<seen>" in err:
        found.append("env")
    return ",".join(found or ".")


def test_the_matrix_is_whole():
    """Each call has a row, and each row a call."""
    assert list(CALLS) == [line[:24].strip() for line in LINES]
