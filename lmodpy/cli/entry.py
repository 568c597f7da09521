"""The console command `lmodpy`: `init` answered at once, everything else by the commands of `admin`.

Each new shell of each user may wait for `lmodpy init`, so nothing is imported for it that Python has not already.
"""

from __future__ import annotations

import os
import sys

from lmodpy.errors import LmodError, UsageError

INIT_FILES = {"bash": "bash", "zsh": "zsh", "sh": "sh", "dash": "sh", "ksh": "sh", "mksh": "sh"}
"""The shells of the sh family, and which init file each reads."""
SHELLS = ("csh", "tcsh", "fish", "nushell", "pwsh", "rc", "xonsh", "elvish")
"""Other shells; `lmodpy.cli.starters` knows how each reads its file."""
LANGUAGES = ("python", "perl", "ruby", "R", "r", "cmake", "emacs", "lisp", "tcl", "lua")
"""The languages that have one; `lmodpy.cli.programs` knows how it is read there."""


def main() -> None:
    """Run `lmodpy` as `sys.argv` says."""
    words = sys.argv[1:]
    if words[:1] == ["init"] and words[-1] not in ("-h", "--help"):
        sys.exit(print_init(words[1:]))
    try:
        if words[:2] == ["cache", "build"]:
            from lmodpy.cli import building  # noqa: PLC0415 - `init` does without

            building.at_once(words[2:])
        from lmodpy.cli import admin  # noqa: PLC0415 - typer and rich, which `init` does without

        admin.app()
    except LmodError as error:
        complain(error)
        sys.exit(error.status)


def complain(error: LmodError) -> None:
    """Tell a person what is wrong and what may help."""
    sys.stderr.write(f"lmodpy: {error.text}\n")
    if error.hint:
        sys.stderr.write(f"lmodpy: {error.hint}\n")


def print_init(words: list[str]) -> int:
    """Print what the shell named by `words` is to evaluate, or say what is wrong and let the evaluation fail."""
    try:
        text = init_text(words)
    except LmodError as error:
        complain(error)
        sys.stdout.write("false\n")
        return error.status
    sys.stdout.buffer.write(os.fsencode(text))
    return 0


def init_text(words: list[str]) -> str:
    """Return the lines that make `module` known to the shell named by `words`."""
    if len(words) == 1 and words[0] in SHELLS:
        from lmodpy.cli import starters  # noqa: PLC0415 - as below

        return starters.lines(words[0], package_directory())
    if len(words) == 1 and words[0] in LANGUAGES:
        from lmodpy.cli.programs import lines  # noqa: PLC0415 - not for a shell

        package = package_directory()
        return lines(words[0], package, launcher(package))
    if len(words) != 1 or words[0] not in INIT_FILES:
        said = f"no init file for `{' '.join(words)}`" if words else "for which shell?"
        raise UsageError(said, f'it knows {", ".join((*INIT_FILES, *SHELLS, *LANGUAGES))}: eval "$(lmodpy init bash)"')
    package = package_directory()
    init_file = INIT_FILES[words[0]]
    located = f"LMOD_PKG={quoted(package)}\n" if init_file == "sh" else ""
    return f"{located}. {quoted(f'{package}/init/{init_file}')}\n"


def package_directory() -> str:
    """Return the directory that has `init/` in it, and that shells know as LMOD_PKG."""
    places = _package_directories()
    for place in places:
        if os.path.isfile(f"{place}/init/common"):
            return place
    raise LmodError("the init files are not where lmodpy was installed", f"it looked into {', '.join(places)}")


def launcher(package: str) -> str:
    """Return the executable that belongs to the package directory: a clone's own, or that of the prefix above."""
    for directory in package, os.path.dirname(os.path.dirname(package)):
        path = f"{directory}/bin/lmodpy-cmd"
        if os.access(path, os.X_OK):
            return path
    raise LmodError(f"no lmodpy-cmd belongs to {package}", "install lmodpy again")


def _package_directories() -> list[str]:
    """Beside the running script, under the name by which it was called and under its own; of this Python; a clone's."""
    script = os.path.abspath(sys.argv[0])
    prefixes = [os.path.dirname(os.path.dirname(path)) for path in (script, os.path.realpath(script))]
    clone = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return [*(f"{prefix}/share/lmodpy" for prefix in dict.fromkeys([*prefixes, sys.prefix])), clone]


def quoted(text: str) -> str:
    """Return `text` as one word of a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"
