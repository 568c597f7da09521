"""Which loaded module `foo@1.2:` or `foo +mpi` means. Imported when a request says more than a name."""

from __future__ import annotations

from lmodpy.names.request import Request, satisfies
from lmodpy.names.specifiers import items
from lmodpy.session.variants import has
from lmodpy.tree.specified import plainly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lmodpy.session.loaded import Loaded
    from lmodpy.session.view import View
    from lmodpy.tree.directory import Modulefile


def with_loaded(session: View, request: Request) -> Request:
    """Return a request in which `@loaded` is the version that is loaded; one that nothing is, if none is."""
    if "loaded" not in request.versions.split(","):
        return request
    there = session.matching(Request(request.text), "isloaded")
    here = f"={there.version}" if there is not None else "="
    return request._replace(versions=",".join(here if item == "loaded" else item for item in items(request.versions)))


def matching(session: View, request: Request, how: str) -> Modulefile | Loaded | None:
    """Return the module, loaded or being loaded, that has one of the versions and all of the variants."""
    plain = Request(request.literally) if request.versions else request._replace(variants=())
    module = session.matching(plain, how)
    if module is None and request.versions:
        module = session.matching(Request(request.text), how)
        wanted = plainly(session.tree, with_loaded(session, request), session.roots())
        if module is not None and not satisfies(wanted, module.name, module.version, how):
            module = None
    return module if module is None or _has(session, module, request) else None


def meant(session: View, request: Request) -> Loaded | None:
    """Return the loaded module, active or not, that a request of the user means."""
    if request.versions:
        literal = Request(request.literally)
        wanted = plainly(session.tree, with_loaded(session, request), session.roots())
    else:
        literal = wanted = request
    modules = session.loaded.all()
    modules = [module for module in modules if _has(session, module, request)]
    found = (m for each in (literal, wanted) for m in modules if satisfies(each, m.name, m.version, "unload"))
    return next(found, None)


def _has(session: View, module: Modulefile | Loaded, request: Request) -> bool:
    """Say whether a module, loaded or being loaded, has the variants that are asked for."""
    if not request.variants:
        return True
    frame = session.pending.get(module.name)
    return has(frame.properties if frame else getattr(module, "properties", ()), request.variants)
