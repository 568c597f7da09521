"""What an rc file can say to Tcl proper: the words of rc files, and questions. For files that are no mere lists."""

from __future__ import annotations

from lmodpy.modulefile.tcl import Done
from lmodpy.modulefile.tclquestions import COMMANDS as QUESTIONS
from lmodpy.modulefile.tclrcwords import TCL_RC_WORDS, marked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.modulefile.tcl import Commands, Run


def _statement(run: Run, spelt: str, args: list[str]) -> None:
    run.statements.append(TCL_RC_WORDS[spelt](spelt, args))


def _chosen(run: Run, _: str, args: list[str]) -> None:
    run.statements += marked(args[0])


def _puts(run: Run, _: str, args: list[str]) -> None:
    if args[0] != "log":
        run.host.tell(args[1])


def _exit(_: Run, __: str, ___: list[str]) -> None:
    raise Done


COMMANDS: Commands = {
    **dict.fromkeys(TCL_RC_WORDS, _statement),
    **{
        word: QUESTIONS[word]
        for word in ("module-info", "is-loaded", "is-used", "getenv", "versioncmp", "system", "uname", "lsb-release")
    },
    "puts": _puts,
    "exit": _exit,
    "lmodpy:version": _chosen,
}
