"""Snapshots of a real shell before and after it has read a script.

Each shell writes down what it has, in files: variables as `env -0` does, the rest as triples of kind, name and text
with a NUL behind each. What a script writes to stdout is dropped.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile

from lmodpy import system
from lmodpy.errors import ModulefileError
from lmodpy.modulefile.programs import finished
from lmodpy.modulefile.scripts import Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import NamedTuple

    Item = tuple[str, str, str]
else:
    from lmodpy.values import NamedTuple

_MOST_LINES = 5


class Speech(NamedTuple):
    """How a shell is started and what it is told: DIR stands for a directory, SCRIPT for a script and its arguments."""

    command: tuple[str, ...]
    text: str
    read: Callable[[str], Iterator[Item]]
    """Return kind, name and text of all that a shell wrote down besides its variables."""


def snapshots(shell: str, script: str, environ: Mapping[str, str], seconds: float) -> tuple[Snapshot, Snapshot]:
    """Let a shell read a script, given with its arguments; return what the shell was before, and what it is then.

    Raises ModulefileError if there is no such shell, if the script fails, or if it takes too long.
    """
    speech = _speech(shell)
    _check_there(script)
    with tempfile.TemporaryDirectory(prefix="lmodpy-") as folder:
        places = {"DIR": shlex.quote(folder), "SCRIPT": script}
        text = re.sub("DIR|SCRIPT", lambda found: places[found[0]], speech.text)
        told = _run(shell, script, (*speech.command, text), environ, seconds)
        if not os.path.exists(f"{folder}/after.env"):
            raise _failure(shell, script, "ends its shell before anyone can see what it did", told)
        return _read(f"{folder}/before", speech.read), _read(f"{folder}/after", speech.read)


def _check_there(script: str) -> None:
    """Refuse what is plainly no script: not every shell minds."""
    try:
        first = shlex.split(script)[:1]
    except ValueError as error:
        raise ModulefileError(f"a shell takes the path of a script and its arguments: {error}") from None
    if not first:
        raise ModulefileError("a shell takes the path of a script")
    if first[0].startswith("/") and not system.is_file(first[0]):
        raise ModulefileError(f"there is no script {first[0]} to read")


def _speech(shell: str) -> Speech:
    if shell not in _SPEECHES:
        raise ModulefileError(f"no shell {shell!r} can read a script here: lmodpy knows {', '.join(_SPEECHES)}")
    program = shutil.which(shell) or shutil.which(shell, path=os.defpath)
    if program is None:
        raise ModulefileError(f"the shell `{shell}`, which is to read the script, is not installed")
    kind = os.path.basename(os.path.realpath(program)) if shell == "sh" else shell
    speech = _SPEECHES.get(kind, _SPEECHES["dash"])
    return speech._replace(command=(program, *speech.command))


def _run(shell: str, script: str, command: tuple[str, ...], environ: Mapping[str, str], seconds: float) -> str:
    """Run the shell and return what it wrote to stderr; raises ModulefileError if it failed."""
    quiet = {name: value for name, value in environ.items() if name not in ("BASH_ENV", "ENV", "ZDOTDIR")}
    try:
        status, said = finished(command, quiet, seconds)
    except subprocess.TimeoutExpired:
        raise _failure(shell, script, f"was not done after {seconds:g} seconds") from None
    except OSError as error:
        raise _failure(shell, script, f"cannot be started: {error.strerror}") from None
    told = system.decode(said)
    if status:
        raise _failure(shell, script, f"ends with status {status}", told)
    return told


def _failure(shell: str, script: str, what: str, told: str = "") -> ModulefileError:
    said = "".join(f"\n{line}" for line in told.strip().splitlines()[-_MOST_LINES:])
    return ModulefileError(f"the script {script} {what}{':' if said else ''}{said}", hint=f"try it in {shell} by hand")


def _read(path: str, read: Callable[[str], Iterator[Item]]) -> Snapshot:
    pairs = (item.partition("=") for item in _content(f"{path}.env").split("\0") if "=" in item)
    found: dict[str, dict[str, str]] = {"alias": {}, "function": {}, "completion": {}, "exported": {}}
    for kind, name, text in read(path):
        if not name.startswith("__lmodpy"):
            found[kind][name] = text
    exported = frozenset(found["exported"])
    variables = {name: value for name, _, value in pairs}
    return Snapshot(variables, found["alias"], found["function"], found["completion"], exported)


def _content(path: str) -> str:
    return system.decode(system.content(path)) if os.path.exists(path) else ""


def _triples(path: str) -> Iterator[Item]:
    items = _content(f"{path}.rest").split("\0")
    for kind, name, text in zip(items[::3], items[1::3], items[2::3], strict=False):
        if kind == "function":
            body = _body(name, text)
            if not body.startswith(_TO_BE_LOADED):
                yield kind, name, body
        else:
            yield kind, name, _completion(text) if kind == "completion" else text


_TO_BE_LOADED = "builtin autoload"


def _body(name: str, text: str) -> str:
    """Return the body of a function that a shell has printed, without the braces where these are all there is."""
    body = re.sub(rf"^\s*(function\s+)?{re.escape(name)}\s*(\(\s*\))?", "", text).strip()
    if body[:1] == "{" and body.splitlines()[-1] == "}":
        return body[1:-1].strip()
    return body


def _completion(text: str) -> str:
    """Return the arguments of a line of `complete -p`, which ends with the name of the command."""
    return text.strip().removeprefix("complete").rpartition(" ")[0].strip()


def _plain_aliases(path: str) -> Iterator[Item]:
    """Read what `alias` writes in a POSIX shell: name='text', the text over several lines perhaps."""
    for item in shlex.split(_content(f"{path}.alias")):
        name, _, text = item.removeprefix("alias ").partition("=")
        yield "alias", name, text


def _csh_lists(path: str) -> Iterator[Item]:
    """Read what `alias` and `complete` write in a shell of the csh family: the name, a tab, the text."""
    for kind in "alias", "completion":
        for line in _content(f"{path}.{kind}").splitlines():
            name, tab, text = line.partition("\t")
            if tab:
                yield kind, name, text


def _fish_lists(path: str) -> Iterator[Item]:
    """Read what `alias` and `complete` write in fish, lines that could be typed; an alias completes by itself."""
    names = set()
    for line in _content(f"{path}.alias").splitlines():
        _, name, text = (*line.split(" ", 2), "", "")[:3]
        names.add(name)
        yield "alias", name, "".join(shlex.split(text))
    lines: dict[str, list[str]] = {}
    for line in _content(f"{path}.completion").splitlines():
        words = line.split(" ")[1:]
        name = next((word for word in words if not word.startswith("-")), "")
        words = [word for word in words if word != name]
        if name not in names:
            lines.setdefault(name, []).append(" ".join(words))
    for name, arguments in lines.items():
        yield "completion", name, "\n".join(arguments)


_SH = """
__lmodpy_see() {
  { \\set +aeuxvC; IFS=' '; } 2>/dev/null
  /usr/bin/env -0 > DIR/"$1.env"
SEE
}
__lmodpy_left() { __lmodpy_status=$?; __lmodpy_see after 2>/dev/null; exit "$__lmodpy_status"; }
__lmodpy_see before 2>/dev/null
trap __lmodpy_left 0
SOURCE
__lmodpy_left
"""
_BASH = """
  {
    for __lmodpy_name in "${!BASH_ALIASES[@]}"; do
      builtin printf 'alias\\0%s\\0%s\\0' "$__lmodpy_name" "${BASH_ALIASES[$__lmodpy_name]}"
    done
    compgen -A function > DIR/names
    while IFS= read -r __lmodpy_name; do
      builtin printf 'function\\0%s\\0' "$__lmodpy_name"; builtin declare -f "$__lmodpy_name"; builtin printf '\\0'
    done < DIR/names
    builtin declare -F > DIR/names
    while IFS= read -r __lmodpy_name; do
      case $__lmodpy_name in
        "declare -"*x*" "*) builtin printf 'exported\\0%s\\0\\0' "${__lmodpy_name##* }" ;;
      esac
    done < DIR/names
    complete -p > DIR/names
    while IFS= read -r __lmodpy_name; do
      builtin printf 'completion\\0%s\\0%s\\0' "${__lmodpy_name##* }" "$__lmodpy_name"
    done < DIR/names
  } > DIR/"$1.rest"
"""
_ZSH = """
  emulate -L zsh
  {
    zmodload zsh/parameter
    for __lmodpy_name in "${(@k)aliases}"; do
      builtin printf 'alias\\0%s\\0%s\\0' "$__lmodpy_name" "${aliases[$__lmodpy_name]}"
    done
    for __lmodpy_name in "${(@k)functions}"; do
      builtin printf 'function\\0%s\\0%s () ' "$__lmodpy_name" "$__lmodpy_name"
      builtin printf '{\\n%s\\n}\\0' "${functions[$__lmodpy_name]}"
    done
  } > DIR/"$1.rest"
"""
_KSH = """
  {
    alias > DIR/names
    while IFS= read -r __lmodpy_name; do
      eval "__lmodpy_text=${__lmodpy_name#*=}"
      printf 'alias\\0%s\\0%s\\0' "${__lmodpy_name%%=*}" "$__lmodpy_text"
    done < DIR/names
    typeset +f > DIR/names
    while IFS= read -r __lmodpy_name; do
      __lmodpy_name=${__lmodpy_name%"()"}
      printf 'function\\0%s\\0' "$__lmodpy_name"; typeset -f "$__lmodpy_name"; printf '\\0'
    done < DIR/names
  } > DIR/"$1.rest"
"""
_DOT, _SET_AND_DOT = ". SCRIPT", 'set -- SCRIPT\n__lmodpy_script=$1; shift\n. "$__lmodpy_script"'
_TCSH = """
/usr/bin/env -0 > DIR/before.env
alias > DIR/before.alias
complete > DIR/before.completion
set __lmodpy_words = (SCRIPT)
set argv = ($__lmodpy_words[2-]:q)
source $__lmodpy_words[1]:q
set __lmodpy_status = $status
/usr/bin/env -0 > DIR/after.env
alias > DIR/after.alias
complete > DIR/after.completion
exit $__lmodpy_status
"""
_FISH = """
function __lmodpy_see
  /usr/bin/env -0 > DIR/$argv[1].env
  alias > DIR/$argv[1].alias
  complete > DIR/$argv[1].completion
end
function __lmodpy_left --on-event fish_exit
  __lmodpy_see after
end
__lmodpy_see before
source SCRIPT
"""


def _sh(options: tuple[str, ...], see: str, source: str, read: Callable[[str], Iterator[Item]]) -> Speech:
    return Speech((*options, "-c"), _SH.replace("SEE", see).replace("SOURCE", source), read)


_SPEECHES = {
    "sh": _sh((), '  alias > DIR/"$1.alias"', _SET_AND_DOT, _plain_aliases),
    "dash": _sh((), '  alias > DIR/"$1.alias"', _SET_AND_DOT, _plain_aliases),
    "bash": _sh(("--noprofile", "--norc"), _BASH, _DOT, _triples),
    "zsh": _sh(("-f",), _ZSH, _DOT, _triples),
    "ksh": _sh((), _KSH, _DOT, _triples),
    "csh": Speech(("-f", "-c"), _TCSH, _csh_lists),
    "tcsh": Speech(("-f", "-c"), _TCSH, _csh_lists),
    "fish": Speech(("--no-config", "-c"), _FISH, _fish_lists),
}
SHELLS = tuple(_SPEECHES)
"""The shells that read scripts."""
