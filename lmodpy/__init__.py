"""lmodpy: the `module` command for HPC login nodes, a successor to Lmod."""

__version__ = "0.1.0"
LMOD_VERSION = "9.2.9"
"""The version of Lmod whose interface this is: what clients see as LMOD_VERSION and in `--version`."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.api import Changes, Modules, Result, Statement
    from lmodpy.cli.sitepython import SiteHooks
    from lmodpy.errors import Leave, LmodError, ModulefileError, ModuleNotFound, Refused, UsageError

__all__ = ["LMOD_VERSION", "Changes", "Leave", "LmodError", "ModuleNotFound", "ModulefileError", "Modules", "Refused"]
__all__ += ["Result", "SiteHooks", "Statement", "UsageError", "__version__"]

_HOMES = {**dict.fromkeys(("Changes", "Modules", "Result", "Statement"), "api"), "SiteHooks": "cli.sitepython"}


def __getattr__(name: str) -> object:
    """Return what Python programs import from here, fetched when it is asked for: no `module` command waits for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = f"lmodpy.{_HOMES.get(name, 'errors')}"
    return getattr(__import__(home, fromlist=[name]), name)
