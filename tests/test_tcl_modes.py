"""What each word of a Tcl modulefile does in each mode: what the Lua word does that it stands for."""

from __future__ import annotations

import re

import pytest

from tests import test_modes
from tests.needs import needs
from tests.test_modes import CALLS, CELLS, evaluated, judged, typed

site = test_modes.site

# By the name of the row of the matrix: the Tcl words that have to fill it.
TCL = {
    "prepend_path": ("prepend-path V /v", "prepend-path -d : V /v", "prepend-path --delim=: V /v 0"),
    "append_path": ("append-path V /v", "append-path --duplicates V /v", "append-path -delim : V /v"),
    "remove_path": ("remove-path W /w", "remove-path --index W 0", "remove-path --glob W /?w /w*"),
    "setenv": ("setenv V /v", "setenv --set-if-undef V /v", "setenv -r V /v", "setenv --mode normal V /v"),
    "setenv unload": ("setenv --mode unload V /v",),
    "setenv both": ("setenv --mode {load unload} V /v", "setenv --mode=load\\ unload V /v"),
    "pushenv": ("pushenv V /v",),
    "unsetenv": ("unsetenv W", "unsetenv W value", "unsetenv --noop-on-unload W"),
    "set_alias": ("set-alias a b",),
    "unset_alias": ("unset-alias a",),
    "set_shell_function": ("set-function f b c", "set-function f b"),
    "unset_shell_function": ("unset-function f",),
    "complete": ("complete bash C {-W x}",),
    "complete zsh": ("complete zsh C {-W x}",),
    "uncomplete": ("uncomplete bash C",),
    "source_sh": ("source-sh bash ROOT/script.sh",),
    "load": ("module load o", "module add o", "module load --not-req o"),
    "try_load": ("module try-load o", "module try-add o"),
    "load_any": ("module load-any nope o",),
    "always_load": ("always-load o",),
    "load of nothing": ("module load nope",),
    "try_load of nothing": ("module try-load nope",),
    "depends_on": ("depends-on o", "depends-on --optional o nope", "depends-on --modulepath ROOT/Core o"),
    "depends_on_any": ("depends-on-any nope o",),
    "unload": ("module unload o", "module rm o", "module del o"),
    "prereq": ("prereq-all o",),
    "prereq_any": ("prereq o nope", "prereq-any o nope"),
    "conflict": ("conflict o",),
    "family": ("family x",),
    "requireFullName": ("require-fullname",),
    "execute": ("if {[module-info mode load] || [module-info mode display]} {puts stdout {true hey}}",),
    "chdir": ("chdir /usr",),
    "whatis": ("module-whatis hey you", "module-whatis {hey you}"),
    "help": ("module-help hey you",),
    "extensions": ("extensions hey/1", "provide hey/1"),
    "add_property": ("add-property lmod sticky",),
    "remove_property": ("remove-property lmod sticky",),
    "no such property": ("add-property hey you",),
    "LmodMessage": ("report hey",),
    "LmodMsgRaw": ("puts stderr hey", "puts -nonewline stderr hey"),
    "LmodWarning": ("reportWarning hey",),
    "LmodError": ("reportError hey",),
    "haveDynamicMPATH": ("haveDynamicMPATH",),
    "os.exit": ("exit 3",),
    "wrong arguments": ("setenv V", "setenv --nope V x", "prepend-path V", "set-function f"),
}
WORDS = [(name, words) for name in TCL for words in TCL[name]]
MATRIX = {(name, mode): cell for name, mode, cell in CELLS}
MODES = list(dict.fromkeys(mode for _, mode, _ in CELLS))


def in_tcl(words):
    """Return what writes the modulefile, with words in place of the call; a file tells that they were seen to act."""

    def write(site, call=None):
        seen = f'if {{[info exists env(V)] && $env(V) eq "/v"}} {{close [open {site.root}/seen w]}}'
        text = words.replace("ROOT", str(site.root)) + f"\n{seen}\n" if call else ""
        site.modulefile("Core/m/1", f"#%Module\n{text}")

    return write


@pytest.mark.parametrize("words", WORDS, ids=lambda pair: re.sub(r"\W+", "-", pair[1]))
def test_the_matrix_in_tcl(site, words):
    """Each word does in each mode what the matrix says for the Lua word, with all its spellings."""
    needs("tclsh")
    name, text = words
    call = CALLS[name]
    found = {}
    start = dict(site.env)
    for mode in MODES:
        site.env = dict(start)
        result = (evaluated if mode in ("mgrload", "spider") else typed)(site, mode, call, in_tcl(text))
        seen = site.root / "seen"
        if seen.exists():
            seen.unlink()
            result = (*result[:2], result[2] + "<seen>")
        found[mode] = judged(mode, call, re.split("[({]", call.text)[0], *result)
    assert found == {mode: MATRIX[name, mode] for mode in MODES}
