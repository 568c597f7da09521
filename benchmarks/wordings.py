"""What a modulefile says, in the manner of the two build tools that write most of them."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32


class Module(NamedTuple):
    """A modulefile to be written."""

    name: str
    version: str
    needs: tuple[str, ...] = ()
    """Full names of what is loaded with it."""
    brings: tuple[str, ...] = ()
    """Extensions, as `name/version`."""
    family: str = ""
    opens: str = ""
    """The directory that it adds to MODULEPATH."""

    @property
    def full_name(self) -> str:
        """What one loads it by."""
        return f"{self.name}/{self.version}"


_FIELDS = (
    "linear algebra",
    "genomics",
    "image analysis",
    "weather",
    "molecular dynamics",
    "file formats",
    "statistics",
)
_KINDS = ("library", "program", "collection of tools", "framework")
_CLASSES = ("lib", "tools", "math", "bio", "chem", "devel", "data", "vis")


def wording(module: Module) -> str:
    """Return the text of a modulefile."""
    choice = crc32(module.name.encode())
    kind, field = _KINDS[choice // 2 % len(_KINDS)], _FIELDS[choice // 8 % len(_FIELDS)]
    about = (
        f"{module.name} is a {kind} for {field}. It is made for large machines: it runs on one core as well as on "
        f"thousands,\nreads and writes the usual formats, and can be called from C, Fortran and Python."
    )
    write = _with_texts_first if choice % 2 else _with_names_first
    return write(module, about, _CLASSES[choice // 64 % len(_CLASSES)])


def _with_texts_first(module: Module, about: str, kind: str) -> str:
    """Write as a tool does that puts help first, one `root`, and variables named after the package at the end."""
    upper = module.name.upper().replace("-", "MIN")
    return _text(
        f"help([==[\n\nDescription\n===========\n{about}\n\n\nMore information\n================",
        f" - Homepage: https://{module.name}.example.org\n]==])\n",
        f"whatis([==[Description: {_one_line(about)}]==])",
        f"whatis([==[Homepage: https://{module.name}.example.org]==])",
        f"whatis([==[URL: https://{module.name}.example.org]==])",
        f"whatis([==[Category: {kind}]==])",
        *([f"whatis([==[Extensions: {', '.join(module.brings)}]==])"] if module.brings else []),
        f'\nlocal root = "/apps/software/{module.full_name}"\n',
        f'conflict("{module.name}")\n',
        *_common(module),
        'prepend_path("CMAKE_PREFIX_PATH", root)',
        'prepend_path("CPATH", pathJoin(root, "include"))',
        'prepend_path("LD_LIBRARY_PATH", pathJoin(root, "lib"))',
        'prepend_path("LIBRARY_PATH", pathJoin(root, "lib"))',
        'prepend_path("MANPATH", pathJoin(root, "share/man"))',
        'prepend_path("PATH", pathJoin(root, "bin"))',
        'prepend_path("PKG_CONFIG_PATH", pathJoin(root, "lib/pkgconfig"))',
        'prepend_path("XDG_DATA_DIRS", pathJoin(root, "share"))',
        f'setenv("EBROOT{upper}", root)',
        f'setenv("EBVERSION{upper}", "{module.version}")',
        f'setenv("EBDEVEL{upper}", pathJoin(root, "easybuild/{module.name}-{module.version}-easybuild-devel"))',
    )


def _with_names_first(module: Module, about: str, kind: str) -> str:
    """Write as a tool does that puts `Name : value` lines first and says every directory in full."""
    upper = module.name.upper().replace("-", "_")
    prefix = f"/apps/{kind}/gcc/{module.name}-{module.version}-{crc32(module.full_name.encode()):08x}"
    return _text(
        "-- -*- lua -*-",
        f"\nwhatis([[Name : {module.name}]])",
        f"whatis([[Version : {module.version}]])",
        "whatis([[Target : x86_64_v3]])",
        f"whatis([[Short description : {_one_line(about)}]])",
        "whatis([[Configure options : --enable-shared --disable-static --with-pic --enable-threads]])",
        f"\nhelp([[Name   : {module.name}\nVersion: {module.version}\nTarget : x86_64_v3\n]])",
        f"help([[{about}]])\n",
        *_common(module),
        *(
            f'prepend_path("{variable}", "{prefix}{below}", ":")'
            for variable, below in (
                ("PATH", "/bin"),
                ("LD_LIBRARY_PATH", "/lib"),
                ("MANPATH", "/share/man"),
                ("PKG_CONFIG_PATH", "/lib/pkgconfig"),
                ("CMAKE_PREFIX_PATH", "/."),
            )
        ),
        f'setenv("{upper}_ROOT", "{prefix}")',
        'append_path("MANPATH", "", ":")',
    )


def _common(module: Module) -> list[str]:
    """Return what concerns other modules."""
    lines = [f'family("{module.family}")'] if module.family else []
    lines += [f'depends_on("{name}")' for name in module.needs]
    lines += [f'extensions("{", ".join(module.brings)}")'] if module.brings else []
    return [*lines, f'prepend_path("MODULEPATH", "{module.opens}")'] if module.opens else lines


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text(*lines: str) -> str:
    return "\n".join(lines) + "\n"
