"""Trees of modulefiles to measure on: small programs write them, so that every machine has the same."""

from __future__ import annotations

import os
from typing import NamedTuple


class Package(NamedTuple):
    """A module of the tree of sixty: what it is called, how it sets its own root, and what it has."""

    name: str
    version: str
    holds: str
    """Letters: b programs, l libraries, i headers, m manual pages, p pkg-config files."""


DIRECTORIES = {
    "b": 'prepend_path("PATH", pathJoin(root, "bin"))',
    "l": 'prepend_path("LD_LIBRARY_PATH", pathJoin(root, "lib"))',
    "i": 'prepend_path("CPATH", pathJoin(root, "include"))',
    "m": 'prepend_path("MANPATH", pathJoin(root, "share/man"))',
    "p": 'prepend_path("PKG_CONFIG_PATH", pathJoin(root, "lib/pkgconfig"))',
}

OPENS = {"gcc": "Compiler/gcc/13.2", "openmpi": "MPI/gcc/13.2/openmpi/4.1"}

# A working day's environment: what a person who builds and runs an application has loaded, with what it drags in.
_SIXTY = """\
binutils 2.40 bm
zlib 1.3.1 li
bzip2 1.0.8 bli
xz 5.4.4 bli
zstd 1.5.5 blip
lz4 1.9.4 bli
ncurses 6.4 bli
readline 8.2 li
openssl 3.0.12 blip
curl 8.3.0 blip
expat 2.5.0 li
libxml2 2.11.5 bli
libffi 3.4.4 li
gettext 0.22 b
sqlite 3.43.1 blip
tcl 8.6.13 bli
tk 8.6.13 li
gmp 6.3.0 li
mpfr 4.2.1 li
python 3.11.5 blm
perl 5.38.0 bm
cmake 3.27.6 bm
ninja 1.11.1 b
git 2.42.0 bm
gcc 13.2.0 blm
numactl 2.0.16 bli
hwloc 2.9.2 blip
libpciaccess 0.17 li
libevent 2.1.12 li
pmix 4.2.6 bli
ucx 1.15.0 blip
ucc 1.2.0 li
libfabric 1.19.0 bli
openmpi 4.1.6 blim
openblas 0.3.24 li
scalapack 2.2.0 li
fftw 3.3.10 bli
gsl 2.7 bli
boost 1.83.0 li
eigen 3.4.0 ip
szip 2.1.1 li
hdf5 1.14.3 bli
pnetcdf 1.12.3 bli
netcdf-c 4.9.2 bli
netcdf-fortran 4.6.1 bli
metis 5.1.0 bli
parmetis 4.0.3 li
scotch 7.0.4 bli
mumps 5.6.1 li
hypre 2.29.0 li
superlu-dist 8.1.2 li
petsc 3.20.3 li
slepc 3.20.1 li
numpy 1.26.2 b
scipy 1.11.4 li
h5py 3.9.0 li
cuda 12.4.0 blim
gdb 14.1 bm
valgrind 3.21.0 bm
gromacs 2024.1 blm
"""
SIXTY = tuple(Package(*line.split()) for line in _SIXTY.splitlines())


def write(root: str, full_name: str, body: str) -> None:
    """Write one Lua modulefile below `root`."""
    path = os.path.join(root, full_name + ".lua")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(body)


def sixty(root: str) -> list[str]:
    """Write sixty everyday modules whose own settings come to about 8 kB; return their names in order of loading.

    They lie as build tools lay them: gcc opens the tree of what it built, openmpi that of what needs MPI.
    """
    branch = "Core"
    for package in SIXTY:
        full_name = f"{package.name}/{package.version}"
        opens = OPENS.get(package.name)
        body = _everyday(package)
        if opens:
            body += f'prepend_path("MODULEPATH", "{os.path.join(root, opens)}")\n'
        write(os.path.join(root, branch), full_name, body)
        branch = opens or branch
    return [f"{package.name}/{package.version}" for package in SIXTY]


def sixty_in_tcl(root: str) -> list[str]:
    """Write the same sixty modules in Tcl, all in one directory; return their names."""
    for package in SIXTY:
        variable = package.name.upper().replace("-", "_")
        edits = (DIRECTORIES[kind].split('"') for kind in package.holds)
        lines = [
            "#%Module1.0",
            f"proc ModulesHelp {{}} {{ puts stderr {{{package.name} {package.version}}} }}",
            f"module-whatis {{Name: {package.name}}}",
            f"conflict {package.name}",
            f"set root /opt/apps/{package.name}/{package.version}",
            *(f"prepend-path {name} $root/{folder}" for _, name, _, folder, _ in edits),
            f"setenv {variable}_ROOT $root",
        ]
        path = os.path.join(root, package.name, package.version)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return [f"{package.name}/{package.version}" for package in SIXTY]


def _everyday(package: Package) -> str:
    variable = package.name.upper().replace("-", "_")
    lines = [
        f"whatis([[Name: {package.name}]])",
        f"whatis([[Version: {package.version}]])",
        f'conflict("{package.name}")',
        f'local root = "/opt/apps/{package.name}/{package.version}"',
        *(DIRECTORIES[kind] for kind in package.holds),
        f'setenv("{variable}_ROOT", root)',
    ]
    if len(package.holds) > 1:
        lines.append(f'setenv("{variable}_VERSION", "{package.version}")')
    return "\n".join(lines) + "\n"


def chain(root: str, length: int, *, built: bool) -> str:
    """Write a bundle and the modules it needs, each of which needs the next; return the name of the first.

    `built`: as a build tool writes modulefiles, rather than with the fewest lines that serve.
    """
    for place in range(length):
        package = Package(f"link{place:02}", "1.0", "blimp")
        needs = f'depends_on("link{place + 1:02}")\n' if place + 1 < length else ""
        write(root, f"link{place:02}/1.0", _built(package, needs) if built else _everyday(package) + needs)
    return "link00"


def _built(package: Package, needs: str) -> str:
    """Return a modulefile with what EasyBuild says in each of its own."""
    name, variable = package.name, package.name.upper()
    about = f"{name} is one of the packages that this bundle brings together for everyday work"
    return f"""\
help([==[

Description
===========
{about}.


More information
================
 - Homepage: https://example.org/{name}
]==])

whatis([==[Description: {about}.]==])
whatis([==[Homepage: https://example.org/{name}]==])
whatis([==[URL: https://example.org/{name}]==])

local root = "/opt/apps/{name}/{package.version}"

conflict("{name}")

{needs}
prepend_path("CMAKE_PREFIX_PATH", root)
prepend_path("CPATH", pathJoin(root, "include"))
prepend_path("LD_LIBRARY_PATH", pathJoin(root, "lib"))
prepend_path("LIBRARY_PATH", pathJoin(root, "lib"))
prepend_path("MANPATH", pathJoin(root, "share/man"))
prepend_path("PATH", pathJoin(root, "bin"))
prepend_path("PKG_CONFIG_PATH", pathJoin(root, "lib/pkgconfig"))
prepend_path("XDG_DATA_DIRS", pathJoin(root, "share"))
setenv("EBROOT{variable}", root)
setenv("EBVERSION{variable}", "{package.version}")
setenv("EBDEVEL{variable}", pathJoin(root, "easybuild/{name}-{package.version}-easybuild-devel"))
"""
