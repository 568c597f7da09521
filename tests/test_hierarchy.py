"""A hierarchy of compilers, MPIs and what is built with them: what depended on the old tree follows the new one."""

import pytest


@pytest.fixture
def stack(site):
    """Two compilers of one family, an MPI for each, a library for each MPI, and one library that only gcc has."""
    for compiler in "gcc", "clang":
        for version in "1", "2":
            tree = f"{compiler}-{version}"
            site.modulefile(
                f"Core/{compiler}/{version}.lua",
                f'family("compiler") prepend_path("MODULEPATH", ROOT.."/{tree}") setenv("CC", "{compiler}")',
            )
            site.modulefile(f"{tree}/mpi/4.lua", f'family("mpi") prepend_path("MODULEPATH", ROOT.."/mpi-{tree}")')
            site.modulefile(f"mpi-{tree}/hdf5/1.{version}.lua", f'setenv("HDF5_FOR", "{tree}")')
    site.modulefile("gcc-1/onlygcc/7.lua", 'setenv("ONLY", "gcc")')
    site.modulefile("Core/zlib/3.lua", 'setenv("ZLIB", "3")')
    return site


def test_swapping_the_compiler_moves_the_stack(stack):
    """What was built with one compiler is replaced by what was built with the other, and the user is told."""
    stack.load("gcc/2", "mpi", "hdf5", "zlib")
    assert stack.env["HDF5_FOR"] == "gcc-2"

    stack.load("clang")
    assert stack.loaded == ["zlib/3", "clang/2", "mpi/4", "hdf5/1.2"]
    assert stack.env["HDF5_FOR"] == "clang-2"
    assert stack.env["LMOD_FAMILY_COMPILER"] == "clang"
    assert stack.paths == ["mpi-clang-2", "clang-2", "Core"]
    assert "gcc/2 => clang/2" in stack.err
    assert "mpi/4" in stack.err


def test_another_version_of_the_compiler_brings_other_versions(stack):
    """A module asked for by name alone follows to another version, which is reported; one by full name does not."""
    stack.load("gcc/1", "mpi", "hdf5")
    stack.load("gcc/2")
    assert stack.loaded == ["gcc/2", "mpi/4", "hdf5/1.2"]
    assert "hdf5/1.1 => hdf5/1.2" in stack.err

    stack.load("hdf5/1.2").load("gcc/1")
    assert stack.loaded == ["gcc/1", "mpi/4"]
    assert "hdf5/1.2" in stack.err


def test_what_has_no_counterpart_becomes_inactive_and_comes_back(stack):
    """A module that the new tree lacks waits, through every command between, until its tree returns."""
    stack.load("gcc/1", "onlygcc", "mpi", "hdf5")
    before = dict(stack.env)

    stack.load("clang/1")
    assert stack.loaded == ["clang/1", "mpi/4", "hdf5/1.1"]
    assert "ONLY" not in stack.env
    assert "onlygcc" in stack.err
    stack.module("list")
    assert "onlygcc" in stack.err

    stack.load("zlib").unload("zlib").load("gcc/1")
    assert sorted(stack.loaded) == sorted(before["LOADEDMODULES"].split(":"))
    assert stack.env["ONLY"] == "gcc"
    assert "onlygcc/7" in stack.err


def test_unloading_the_compiler_shelves_three_levels(stack):
    """Without the compiler all that stands on it is inactive; with it all comes back."""
    stack.load("gcc/1", "mpi", "hdf5").unload("gcc")
    assert stack.loaded == []
    assert "HDF5_FOR" not in stack.env
    assert stack.paths == ["Core"]

    stack.load("gcc/1")
    assert stack.loaded == ["gcc/1", "mpi/4", "hdf5/1.1"]


def test_purge_forgets_inactive_modules(stack):
    """After a purge nothing comes back by itself, and no trace is left."""
    before = dict(stack.env)
    stack.load("gcc/1", "onlygcc").load("clang/1").module("purge")
    assert stack.env == before
    assert stack.load("gcc/1").loaded == ["gcc/1"]


def test_a_name_that_needs_a_compiler_first_is_explained(stack):
    """The error says that the module exists and what to type; typing it works."""
    told = stack.fails("load", "hdf5")
    hint = told.partition("hint: module ")[2].split()
    assert hint[0] == "load"
    assert stack.module(*hint).loaded[-1].startswith("hdf5/")


def test_the_suggestion_builds_on_what_is_loaded(stack):
    """With a compiler loaded, the suggestion does not replace it."""
    stack.load("clang/1")
    assert "hint: module load mpi/4 hdf5\n" in stack.fails("load", "hdf5")


def test_the_order_of_names_matters(stack):
    """Names are looked up one after the other: what a module opens is there for those behind it."""
    stack.fails("load", "mpi", "gcc/1")
    assert stack.load("gcc/1", "mpi").loaded == ["gcc/1", "mpi/4"]


def test_use_and_unuse_move_modules(site):
    """A directory that comes first replaces what was found further on, and gives it back."""
    site.modulefile("Core/x/1.lua")
    site.modulefile("mine/x/2.lua")
    site.load("x").module("use", str(site.root / "mine"))
    assert site.loaded == ["x/2"]
    assert "x/1 => x/2" in site.err
    assert site.module("unuse", str(site.root / "mine")).loaded == ["x/1"]
    assert site.paths == ["Core"]


def test_a_module_from_a_directory_in_use_survives_modules_around_it(site):
    """`use` between loads is neither lost nor doubled when the modules around it go."""
    site.modulefile("Core/gcc/1.lua", 'prepend_path("MODULEPATH", ROOT.."/gcc")')
    (site.root / "gcc").mkdir()
    (site.root / "mine").mkdir()
    site.load("gcc").module("use", str(site.root / "mine")).unload("gcc")
    assert site.paths == ["mine", "Core"]
    assert site.module("unuse", str(site.root / "mine")).paths == ["Core"]


def test_a_directory_with_priority_stays_in_front(site):
    """`use --priority` keeps a directory ahead of what later comes in front, for EasyBuild visibly so."""
    site.modulefile("Core/gcc/1.lua", 'prepend_path("MODULEPATH", ROOT.."/gcc")')
    site.module("use", "--priority", "10", str(site.root / "first"))
    assert site.env["__LMOD_Priority_MODULEPATH"] == f"{site.root}/first:-10"
    site.load("gcc")
    assert site.paths == ["first", "gcc", "Core"]
    site.unload("gcc")
    assert site.paths == ["first", "Core"]
    site.module("use", str(site.root / "second"))
    assert site.paths == ["first", "second", "Core"]


@pytest.mark.parametrize("number", ["--5", "²", "high", ""])
def test_a_priority_is_a_number(site, number):
    """Where a user gives another text, that is an error; where a variable holds one, it is passed over."""
    assert "takes a number" in site.fails("use", "--priority", number, str(site.root))
    site.modulefile("Core/gcc/1.lua", 'prepend_path("MODULEPATH", ROOT.."/gcc")')
    site.env["__LMOD_Priority_MODULEPATH"] = f"{site.root}/Core:{number}"
    assert site.load("gcc").paths == ["gcc", "Core"]


def test_reset_goes_back_to_the_sites_defaults(site):
    """`reset` unloads all, takes back what `use` did and loads the site's modules."""
    site.modulefile("Core/std/1.lua", 'setenv("STD", "1") add_property("lmod", "sticky")')
    site.modulefile("Core/x/1.lua")
    site.env["LMOD_SYSTEM_DEFAULT_MODULES"] = "std"
    site.load("x").module("use", str(site.root / "mine")).module("reset")
    assert site.loaded == ["std/1"]
    assert site.paths == ["Core"]
    del site.env["LMOD_SYSTEM_DEFAULT_MODULES"]
    assert "no default modules" in site.fails("reset")


def test_what_settles_does_not_bring_back_what_is_being_replaced(site):
    """A module that depends on the one being replaced finds the new one, and never both versions stay."""
    for n in "123":
        site.modulefile(
            f"Core/gcc/{n}.lua", f'prepend_path("MODULEPATH", ROOT.."/T{n}") prepend_path("PATH", "/gcc{n}")'
        )
    for root in "T1", "Core":
        site.modulefile(f"{root}/b/1.lua", 'depends_on("gcc")')
    site.load("gcc/1", "b").load("gcc/2")
    assert sorted(site.loaded) == ["b/1", "gcc/2"]
    assert site.paths == ["T2", "Core"]
    assert "/gcc3" not in site.env["PATH"]


def test_what_refuses_to_come_back_does_not_stop_the_others(site):
    """A module that can no longer be loaded where it moved to stays inactive, and `unload` succeeds."""
    site.modulefile("Core/gcc/1.lua", 'prepend_path("MODULEPATH", ROOT.."/T1")')
    site.modulefile("T1/b/1.lua")
    site.modulefile("Core/b/1.lua", 'LmodError("needs gcc")')
    site.load("gcc", "b").unload("gcc")
    assert site.loaded == []
    assert "needs gcc" in site.err
    assert "stays inactive" in site.err
    assert site.load("gcc").loaded == ["gcc/1", "b/1"]


def test_conflicts_can_hold_for_what_is_loaded_later(site):
    """With LMOD_DOWNSTREAM_CONFLICTS a module keeps its rivals out until it is unloaded itself."""
    site.modulefile("Core/a/1.lua")
    site.modulefile("Core/a/2.lua")
    site.modulefile("Core/cf/1.lua", 'conflict("a/1", atmost("b", "1.5"))')
    site.modulefile("Core/b/1.lua")
    site.modulefile("Core/both/1.lua", 'conflict("a") load("a")')
    assert site.load("cf", "a/1").loaded == ["cf/1", "a/1"]
    site.module("purge")

    site.env["LMOD_DOWNSTREAM_CONFLICTS"] = "yes"
    site.load("cf")
    site.fails("load", "a/1")
    assert "a/1 cannot be loaded together with cf/1" in site.err
    site.fails("load", "b")
    assert site.load("a/2").loaded == ["cf/1", "a/2"]
    assert site.unload("cf").load("a/1", "b").loaded == ["a/1", "b/1"]
    site.module("purge")
    site.fails("load", "both")


def test_what_is_required_can_be_loaded(site):
    """With MODULES_AUTO_HANDLING `prereq` does what `depends_on` does, and `prereq_any` what `depends_on_any` does."""
    site.modulefile("Core/a/1.lua")
    site.modulefile("Core/b/1.lua")
    site.modulefile("Core/all/1.lua", 'prereq("a", "b")')
    site.modulefile("Core/any/1.lua", 'prereq_any("nope", "b", "a")')
    site.fails("load", "all")

    site.env["MODULES_AUTO_HANDLING"] = "yes"
    assert site.load("all").loaded == ["a/1", "b/1", "all/1"]
    assert site.load("any").unload("all").loaded == ["b/1", "any/1"]
    assert site.unload("any").loaded == []
    site.env["LMODPY_UNDO"] = "lmod"
    assert site.load("a", "all").unload("all").loaded == ["a/1"]
