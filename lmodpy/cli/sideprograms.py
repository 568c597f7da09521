"""Two small programs that start-up files call: `addto`, and `clearLMOD_cmd`."""

from __future__ import annotations

import argparse
import os
import sys

from lmodpy import system
from lmodpy.cli.entry import complain
from lmodpy.cli.main import run
from lmodpy.env.diff import Diff
from lmodpy.errors import LmodError
from lmodpy.shells.base import shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_STATE = ("__LMODPY_STATE", "LOADEDMODULES", "_LMFILES_")
_FOREIGN = ("_ModuleTable", "__LMOD_REF_COUNT_", "__LMOD_Priority_")
_SITE = ("MODULEPATH", "MODULEPATH_ROOT", "MODULERCFILE", "MODULESHOME", "__Init_Default_Modules")
_FUNCTIONS = ("module", "ml", "clearMT", "clearLmod")


def addto() -> None:
    """Run `addto` as `sys.argv` says."""
    _answer(added)


def clear() -> None:
    """Run `clearLMOD_cmd` as `sys.argv` says."""
    _answer(cleared)


def added(words: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return a path-like variable with directories added to it, one after the other; what was there moves."""
    parser = argparse.ArgumentParser(
        prog="addto",
        description="Print a path-like variable with directories added in front.",
        epilog="export PATH=$(addto PATH ~/bin)",
        allow_abbrev=False,
    )
    parser.add_argument("variable", metavar="VARIABLE", help="its name; it need not be set")
    parser.add_argument("directories", metavar="DIR", nargs="*", help="one, or several with the separator between")
    parser.add_argument("--append", action="store_true", help="add them at the end")
    parser.add_argument("--prepend", action="store_false", dest="append", help="add them in front, as usual")
    parser.add_argument("-e", "--exist", action="store_true", help="only directories that exist")
    parser.add_argument("-d", "--delete", metavar="DIR", default="", help="take a directory out")
    parser.add_argument("--clean", action="store_true", help="without doubled and last slashes")
    parser.add_argument("--sep", default=":", help="what stands between them (:)")
    line = parser.parse_args(words)
    if not line.sep:
        parser.error("--sep needs a character")
    value = environ.get(line.variable, "")
    entries = value.split(line.sep) if value else []
    new = [entry for word in line.directories for entry in (word.split(line.sep) if word != line.sep else [""])]
    if line.clean:
        entries, new = ([_clean(entry) for entry in some] for some in (entries, new))
    entries = [entry for entry in entries if not line.delete or entry != line.delete]
    for entry in new:
        if not line.exist or os.path.isdir(entry):
            rest = [other for other in entries if other != entry]
            entries = [*rest, entry] if line.append else [entry, *rest]
    return f"{line.sep.join(entries)}\n"


def _clean(entry: str) -> str:
    while "//" in entry:
        entry = entry.replace("//", "/")
    return entry if entry == "/" else entry.rstrip("/")


def cleared(words: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return what a shell evaluates to forget what is loaded; with --full, to be without modules at all."""
    parser = argparse.ArgumentParser(
        prog="clearLMOD_cmd",
        description="Print what makes a shell forget what is loaded, also by Lmod.",
        epilog='eval "$(clearLMOD_cmd --shell bash --simple)"',
        allow_abbrev=False,
    )
    parser.add_argument("--shell", default="bash", help="bash, csh, python or any other that lmodpy knows (bash)")
    depth = parser.add_mutually_exclusive_group(required=True)
    depth.add_argument("--simple", action="store_true", help="leave everything else in place, as `clearMT`")
    depth.add_argument("--full", action="store_true", help="unload the modules, and take `module` away, as `clearLmod`")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing about it")
    line = parser.parse_args(words)
    speaker = shell(line.shell)
    gone = [name for name in environ if name in _STATE or name.startswith(_FOREIGN)]
    if not line.full:
        return speaker.render(_without(gone))
    if not line.quiet:
        sys.stderr.write("Unloading all modules and taking `module` and `ml` away.\n")
    purged = run([line.shell, "--force", "purge"], dict(environ), say=_say)
    if purged.status:
        raise LmodError(f"modules cannot be unloaded:\n{purged.told}".rstrip(), "clearLMOD_cmd --simple forgets them")
    gone += [name for name in environ if name in _SITE or name.startswith(("LMOD_", "SETTARG_TAG"))]
    diff = _without(gone)
    if speaker.kind == "sh":
        diff = diff._replace(functions=dict.fromkeys(_FUNCTIONS))
    elif speaker.kind == "csh":
        diff = diff._replace(aliases=dict.fromkeys(_FUNCTIONS))
    return purged.out + speaker.render(diff)


def _without(names: Sequence[str]) -> Diff:
    return Diff(variables=dict.fromkeys(names))


def _say(text: str) -> None:
    sys.stderr.write(text)


def _answer(tell: Callable[[Sequence[str], Mapping[str, str]], str]) -> None:
    try:
        text = tell(sys.argv[1:], dict(os.environ))
    except LmodError as error:
        complain(error)
        sys.exit(error.status)
    sys.stdout.buffer.write(system.encode(text))
