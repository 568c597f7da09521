"""What is known, and not done here, with the reason or with what does it instead; and words that are near to one."""

from __future__ import annotations

from difflib import get_close_matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OPTIONS = {
    "regression_testing": "is for Lmod's own tests",
    "pod": "makes Lmod's manual page; lmodpy's manual is in docs/, and in `module help`",
    "localvar": "is handed on by Lmod's `ml` to a `module` that does not know it",
    "indepth": "has no effect in Lmod: `avail` always shows what is in directories",
    "no_indepth": "shows directories only: `module overview` is near",
    "icase": "has no effect: capital letters never matter in a search, but with --regexp",
    "starts_with": "searches for beginnings: `module -r avail '^gcc'`",
    "long": "shows times of files: `module --json avail` tells the files",
    "output": "chooses columns: `--json` has everything",
    "no_modulepath_ignore": "reads what is to be ignored: unset LMOD_FILE_IGNORE_PATTERNS",
    "verbose": "has no effect: `--trace` tells what happens",
}
SHORT = {"S": "starts_with", "i": "icase", "l": "long", "o": "output"}
COMMANDS = {
    "autoinit": "sets Environment Modules up; here `lmodpy init SHELL` prints what a shell needs",
    "cachebuild": "writes the cache of Environment Modules; lmodpy keeps its own up to date",
    "cacheclear": "removes the cache of Environment Modules; `--ignore-cache` passes over caches",
    "initadd": "edits start-up files; `module save` keeps what is loaded, and `module restore` brings it back",
    "initappend": "edits start-up files; `module save` keeps what is loaded, and `module restore` brings it back",
    "initprepend": "edits start-up files; `module save` keeps what is loaded, and `module restore` brings it back",
    "initrm": "edits start-up files; unload it, and `module save` what is left",
    "initswitch": "edits start-up files; swap it, and `module save` what there is then",
    "initlist": "reads start-up files; `module describe` tells what `module restore` loads",
    "initclear": "edits start-up files; `module disable default` forgets what `module restore` loads",
    "lint": "looks for faults in modulefiles; `lmodpy check DIR` does, for all of a tree",
    "source": "runs a script that no module stands for; put its lines into a modulefile, and load that",
}


def nearest(word: str, words: Iterable[str]) -> list[str]:
    """Return the words that one could have meant, the likeliest first."""
    return get_close_matches(word, list(dict.fromkeys(words)), n=3, cutoff=0.6)


def did_you_mean(near: Sequence[str]) -> str:
    """Return the hint that names some words; nothing for none."""
    return f"did you mean {' or '.join(f'`{word}`' for word in near)}?" if near else ""
