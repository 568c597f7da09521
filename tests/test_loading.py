"""Loading and unloading: who needs whom, who excludes whom, and what a modulefile can refuse."""

import pytest

from lmodpy.cli.main import run


def test_a_dependency_comes_and_goes_with_its_dependents(site):
    """What is loaded only because others need it goes with the last of them; what the user loaded stays."""
    site.modulefile("Core/lib/1.lua", 'setenv("LIB", "1")')
    for name in "a", "b":
        site.modulefile(f"Core/{name}/1.lua", 'depends_on("lib")')

    assert site.load("a", "b").loaded == ["lib/1", "a/1", "b/1"]
    assert site.unload("a").loaded == ["lib/1", "b/1"]
    assert site.unload("b").loaded == []

    site.load("lib", "a").unload("a")
    assert site.loaded == ["lib/1"]


def test_a_dependency_that_is_asked_for_stays(site):
    """Loading a dependency explicitly makes it the user's."""
    site.modulefile("Core/lib/1.lua")
    site.modulefile("Core/a/1.lua", 'depends_on("lib")')
    assert site.load("a").load("lib").unload("a").loaded == ["lib/1"]


def test_a_missing_dependency_is_reported(site):
    """Unloading what another module needs is allowed, but said."""
    site.modulefile("Core/lib/1.lua")
    site.modulefile("Core/a/1.lua", 'depends_on("lib")')
    site.load("a").unload("lib")
    assert site.loaded == ["a/1"]
    assert "a/1 needs lib" in site.err


def test_a_dependency_on_part_of_a_version_takes_the_best(site):
    """`depends_on("lib/1")` wants the best of lib/1; `depends_on("lib")` is content with what is there."""
    for version in "1.0", "1.5", "2.0":
        site.modulefile(f"Core/lib/{version}.lua")
    site.modulefile("Core/part/1.lua", 'depends_on("lib/1")')
    site.modulefile("Core/any/1.lua", 'depends_on("lib")')
    assert site.load("lib/1.0", "any").loaded == ["lib/1.0", "any/1"]
    assert site.load("part").loaded == ["any/1", "lib/1.5", "part/1"]


def test_one_of_several_dependencies_is_enough(site):
    """`depends_on_any` uses what is loaded, else loads the first that there is."""
    site.modulefile("Core/b/1.lua")
    site.modulefile("Core/c/1.lua")
    site.modulefile("Core/a/1.lua", 'depends_on_any("nope", "b", "c")')
    assert site.load("a").loaded == ["b/1", "a/1"]
    assert site.unload("a").loaded == []
    assert site.load("c", "a").loaded == ["c/1", "a/1"]


def test_loading_again_reloads_and_moves_to_the_end(site):
    """A loaded module that is loaded again is evaluated afresh and comes last."""
    for name in "a", "b":
        site.modulefile(f"Core/{name}/1.lua", f'setenv("{name.upper()}", "1")')
    assert site.load("a", "b").load("a").loaded == ["b/1", "a/1"]


def test_another_version_replaces(site):
    """Two versions of one module are never loaded together, unless the site forbids the swap."""
    for version in "1", "2":
        site.modulefile(f"Core/x/{version}.lua", f'setenv("X", "{version}") prepend_path("PATH", "/x/{version}")')
    assert site.load("x/1").load("x/2").env["PATH"].startswith("/x/2:/usr")
    assert site.module("swap", "x/1").loaded == ["x/1"]

    site.env["LMOD_DISABLE_NAME_AUTOSWAP"] = "yes"
    assert "x/1 is loaded" in site.fails("load", "x/2")


def test_swap(site):
    """`swap` puts one module in place of another, or changes nothing at all."""
    site.modulefile("Core/a/1.lua")
    site.modulefile("Core/b/1.lua")
    site.load("a").module("swap", "a", "b")
    assert site.loaded == ["b/1"]
    assert "a is not loaded" in site.fails("swap", "a", "b")
    site.fails("swap", "b", "nope")


def test_a_family_has_one_member(site):
    """A member of the same family is replaced; with LMOD_AUTO_SWAP=no it is refused."""
    for name in "mpich", "openmpi":
        site.modulefile(f"Core/{name}/1.lua", f'family("mpi") setenv("MPI", "{name}")')
    site.load("mpich").load("openmpi")
    assert site.loaded == ["openmpi/1"]
    assert site.env["LMOD_FAMILY_MPI_VERSION"] == "1"
    assert "mpich/1 => openmpi/1" in site.err

    site.env["LMOD_AUTO_SWAP"] = "no"
    told = site.fails("load", "mpich")
    assert "openmpi" in told
    assert "hint: module swap openmpi mpich" in told


def test_a_conflict_refuses(site):
    """A module that names a loaded one as its rival is not loaded, and the error says how to have it."""
    site.modulefile("Core/a/1.lua")
    site.modulefile("Core/b/1.lua", 'conflict("b", "a")')
    assert site.load("b").loaded == ["b/1"]
    site.unload("b").load("a")
    told = site.fails("load", "b")
    assert "b/1 cannot be loaded: it conflicts with a/1" in told
    assert "Core/b/1.lua:2" in told
    assert site.load("-a", "b").loaded == ["b/1"]


@pytest.mark.parametrize(("word", "ok"), [("prereq", False), ("prereq_any", True)])
def test_a_prerequisite_must_be_loaded(site, word, ok):
    """`prereq` wants all, `prereq_any` one."""
    site.modulefile("Core/a/1.lua")
    site.modulefile("Core/b/1.lua")
    site.modulefile("Core/c/1.lua", f'{word}("a", "b")')
    assert "hint: module load a" in site.fails("load", "c")
    site.load("a")
    if ok:
        assert site.load("c").loaded == ["a/1", "c/1"]
    else:
        assert "hint: module load b c" in site.fails("load", "c")
    assert site.load("b", "c").loaded[-1] == "c/1"


def test_purge_unloads_backwards_and_keeps_what_is_sticky(site):
    """Sticky modules survive `purge` and `unload` without --force, but not a swap."""
    site.modulefile("Core/st/1.lua", 'add_property("lmod", "sticky") setenv("ST", "1")')
    site.modulefile("Core/st/2.lua", 'add_property("lmod", "sticky") setenv("ST", "2")')
    site.modulefile("Core/a/1.lua", 'if mode() == "unload" then io.stderr:write("bye a\\n") end')
    site.modulefile("Core/b/1.lua", 'if mode() == "unload" then io.stderr:write("bye b\\n") end')
    site.load("a", "st/1", "b").module("purge")
    assert site.loaded == ["st/1"]
    assert site.err.index("bye b") < site.err.index("bye a")
    assert site.unload("st").loaded == ["st/1"]
    assert site.load("st/2").loaded == ["st/2"]
    assert site.module("--force", "purge").loaded == []
    assert site.load("st/1").module("purge", "--force").loaded == []
    assert site.load("st/1", "a").module("swap", "st", "a").loaded == ["a/1"]


def test_break_forgets_one_module_only(site):
    """LmodBreak leaves nothing of its module behind and lets the rest of the command go on."""
    site.modulefile("Core/a/1.lua")
    site.modulefile("Core/br/1.lua", 'setenv("B1", "1") load("a") LmodBreak("not today")')
    site.modulefile("Core/z/1.lua")
    site.load("br", "z")
    assert site.loaded == ["z/1"]
    assert "B1" not in site.env
    assert "not today" in site.err


def test_an_error_of_a_modulefile_undoes_the_whole_command(site):
    """LmodError fails everything, with the author's words, file and line, and who loaded it."""
    site.modulefile("Core/a/1.lua")
    site.modulefile("Core/er/1.lua", 'setenv("E", "1")\nLmodError("no licence here")')
    site.modulefile("Core/outer/1.lua", 'load("er")')
    told = site.fails("load", "a", "outer")
    assert "er/1 (loaded by outer/1) cannot be loaded: no licence here" in told
    assert "Core/er/1.lua:3" in told


def test_pcall_does_not_hide_an_error(site):
    """A modulefile that catches a failing load does not make it succeed."""
    site.modulefile("Core/er/1.lua", 'LmodError("no")')
    site.modulefile("Core/outer/1.lua", 'pcall(load, "er") pcall(LmodError, "x") setenv("GOT_HERE", "1")')
    site.modulefile("Core/want/1.lua", 'pcall(load, "nope")')
    site.fails("load", "outer")
    assert "wanted by want/1" in site.fails("load", "want")


def test_errors_while_unloading_do_not_stop(site):
    """One can always get rid of a module: errors become warnings, and nothing is left."""
    before = dict(site.env)
    site.modulefile("Core/ue/1.lua", 'if mode() == "unload" then LmodError("stuck") end setenv("E1", "1")')
    site.load("ue").unload("ue")
    assert site.env == before
    assert "stuck" in site.err


def test_modules_that_load_each_other_are_an_error(site):
    """A circle of loads is named; a circle of dependencies is fine."""
    site.modulefile("Core/a/1.lua", 'load("b")')
    site.modulefile("Core/b/1.lua", 'load("a")')
    assert "a/1 -> b/1 -> a/1" in site.fails("load", "a")
    site.modulefile("Core/c/1.lua", 'depends_on("d")')
    site.modulefile("Core/d/1.lua", 'depends_on("c")')
    assert sorted(site.load("c").loaded) == ["c/1", "d/1"]
    assert site.unload("c").status == 0


def test_what_a_module_loads_goes_with_it(site):
    """`load` is reversed, `always_load` and `unload` are not; `try_load` forgives what is missing."""
    for name in "a", "b", "c", "d":
        site.modulefile(f"Core/{name}/1.lua")
    site.modulefile("Core/m/1.lua", 'load("a") always_load("b") try_load("nope", "c") unload("d")')
    assert site.load("d", "m").loaded == ["a/1", "b/1", "c/1", "m/1"]
    assert site.unload("m").loaded == ["b/1"]


def test_load_any_takes_the_first_there_is(site):
    """`load_any` is content with one, and fails with none."""
    site.modulefile("Core/a/1.lua")
    site.modulefile("Core/b/1.lua")
    site.modulefile("Core/la/1.lua", 'load_any("nope", "a", "b")')
    site.modulefile("Core/no/1.lua", 'load_any("nope", "nada")')
    assert site.load("la").loaded == ["a/1", "la/1"]
    assert site.unload("la").loaded == []
    assert "nope, nada" in site.fails("load", "no")


def test_mode_select_acts_in_the_modes_it_names(site):
    """What is said for unloading is done while unloading, and stays."""
    site.modulefile(
        "Core/md/1.lua",
        'setenv{"ML", "1", modeA={"load"}} setenv{"MU", "1", modeA={"unload"}}'
        ' setenv{"MB", "1", modeA={"load", "unload"}}',
    )
    site.load("md")
    assert (site.env.get("ML"), site.env.get("MU"), site.env.get("MB")) == ("1", None, "1")
    site.unload("md")
    assert site.env.get("MU") == "1"
    assert site.env.get("MB") == "1"


def test_inherit_continues_with_the_next_file_of_the_name(site):
    """`inherit` evaluates the same name further along MODULEPATH, in place, and unloads with it."""
    site.modulefile("Core/inh/1.lua", 'setenv("BASE", myFileName())')
    site.modulefile("mine/inh/1.lua", 'setenv("A1", "1") inherit() setenv("A2", os.getenv("BASE"))')
    site.module("use", str(site.root / "mine"))
    before = dict(site.env)
    site.load("inh")
    assert site.env["A2"] == f"{site.root}/Core/inh/1.lua"
    assert site.unload("inh").env == before
    site.modulefile("Core/alone/1.lua", "inherit()")
    assert "inherit()" in site.fails("load", "alone")


def test_aliases_and_functions_come_and_go(site):
    """Aliases and functions reach the shell, can be defined again, and are removed with the module."""
    site.modulefile("Core/al/1.lua", 'set_alias("ll", "ls -l") set_shell_function("hi", "echo hi $1", "echo hi")')
    site.load("al")
    assert "alias ll=" in site.out
    assert "hi" in site.out
    assert "alias ll=" in site.module("refresh").out
    site.unload("al")
    assert "unalias ll" in site.out
    assert "unset -f hi" in site.out


def test_a_module_can_run_commands_in_the_users_shell(site):
    """`execute` hands a command to the shell after everything else, in the modes it names."""
    site.modulefile("Core/ex/1.lua", 'execute{cmd="export FROM_SHELL=$CC-x", modeA={"load"}} setenv("CC", "gcc")')
    assert site.load("ex").env["FROM_SHELL"] == "gcc-x"


def test_what_a_modulefile_prints_is_evaluated_first(site):
    """`print` writes into the text that the shell evaluates, ahead of the settings."""
    site.modulefile("Core/pr/1.lua", 'print("export PRINTED=1; A=first") setenv("A", "last")')
    site.load("pr")
    assert (site.env["PRINTED"], site.env["A"]) == ("1", "last")


def test_programs_see_the_environment_made_so_far(site):
    """`capture`, `io.popen` and `os.execute` run with what the modulefile has set a line before."""
    site.modulefile(
        "Core/pg/1.lua",
        """setenv("WORD", "salt")
        setenv("C", (capture("printf $WORD")))
        setenv("S", subprocess("printf $WORD"))
        local p = io.popen("echo $WORD; echo pepper") setenv("P", p:read("*l") .. p:read("*l")) p:close()
        local ok = os.execute("test $WORD = salt") setenv("X", tostring(ok))""",
    )
    env = site.load("pg").env
    assert [env[name] for name in "CSPX"] == ["salt", "salt", "saltpepper", "true"]


def test_exit_ends_the_command_with_its_status(site):
    """`os.exit` stops everything: no output, no change, that status."""
    site.modulefile("Core/qu/1.lua", 'setenv("Q", "1") os.exit(3)')
    before = dict(site.env)
    site.type("load", "qu")
    assert (site.status, site.out, site.env) == (3, "", before)


def test_update_loads_all_again(site):
    """`update` takes over what was edited, in the same order."""
    site.modulefile("Core/a/1.lua", 'setenv("A", "old")')
    site.modulefile("Core/b/1.lua", 'depends_on("a")')
    site.load("a", "b")
    site.modulefile("Core/a/1.lua", 'setenv("A", "new")')
    site.module("update")
    assert site.env["A"] == "new"
    assert site.loaded == ["a/1", "b/1"]


def test_try_load_and_questions(site):
    """`try-load` forgives; `is-loaded` and `is-avail` answer by their status alone."""
    site.modulefile("Core/a/1.lua")
    assert site.module("try-load", "nope", "a").loaded == ["a/1"]
    assert site.type("is-loaded", "a").status == 0
    assert site.type("is-loaded", "a", "b").status == 1
    assert site.type("is-avail", "a/1").status == 0
    assert site.type("is-avail", "b").status == 1
    assert site.out == "false\n"


def test_unloading_what_is_not_loaded_is_no_error(site):
    """It is remarked on, with status 0, and changes nothing."""
    before = dict(site.env)
    assert site.unload("nope").env == before
    assert "nope" in site.err
    assert site.module("-q", "unload", "nope").err == ""


def test_a_function_that_the_shell_cannot_have_is_mentioned(site):
    """dash has no functions with a dash in their name: everything else works, and the user is told."""
    site.modulefile("Core/fn/1.lua", 'set_shell_function("a-b", "echo hi", "echo hi") setenv("F", "1")')
    said = run(["dash", "load", "fn"], dict(site.env), say=print)
    assert "dash cannot have functions or aliases of these names: a-b" in said.err
    assert "F=1;" in said.out
    assert [line for line in said.out.splitlines() if "a-b" in line and not line.startswith("__LMODPY_STATE=")] == []


@pytest.mark.parametrize("word", ["unload", "load"])
def test_what_a_module_being_loaded_needs_is_not_taken_away(site, word):
    """A dependency stays when the other module that needed it goes while this one is being loaded."""
    site.modulefile("Core/lib/1.lua")
    site.modulefile("Core/old/1.lua", 'family("f") depends_on("lib")')
    site.modulefile("Core/new/1.lua", 'family("f")')
    site.modulefile("Core/b/1.lua", f'depends_on("lib") {word}("{"old" if word == "unload" else "new"}")')
    site.load("old", "b")
    assert "lib/1" in site.loaded
    assert "old/1" not in site.loaded
    assert site.err.count("which is not loaded any more") == 0


def test_a_break_takes_back_what_was_replaced(site):
    """A module that stops leaves no report of a swap that did not happen."""
    for name in "old", "new":
        site.modulefile(f"Core/{name}/1.lua", 'family("f")')
    site.modulefile("Core/br/1.lua", 'load("new") LmodBreak("no")')
    assert site.load("old").load("br").loaded == ["old/1"]
    assert "old/1 => new/1" not in site.err


@pytest.mark.parametrize("count", [90, 91])
def test_long_chains(site, count):
    """A chain of ninety modules loads; one too long for Lua is refused in words."""
    for n in range(count):
        site.modulefile(f"Core/c{n}/1.lua", f'load("c{n + 1}")' if n < count - 1 else "")
    if count == 90:
        assert len(site.load("c0").loaded) == count
    else:
        assert "more than 90 modules load each other in a chain" in site.fails("load", "c0")


def test_a_colon_in_a_name_is_refused(site):
    """What LOADEDMODULES cannot hold is not loaded."""
    site.modulefile("Core/x/5:1.lua", 'setenv("X", "1")')
    assert "colon" in site.fails("load", "x")


def test_a_nul_byte_is_refused_where_it_is_said(site):
    """A text that no environment can hold is an error with file and line, also while looking for something else."""
    site.modulefile("Core/n/1.lua", 'prepend_path("MODULEPATH", "/a\\0b")')
    assert "NUL byte" in site.fails("load", "n")
    assert "Core/n/1.lua:2" in site.err
    assert "no module `nope`" in site.fails("load", "nope")


@pytest.mark.parametrize(
    ("wish", "taken"),
    [
        ('atleast("n", "2")', "n/3.0"),
        ('atmost("n", "2.0")', "n/2.0"),
        ('between("n", "1.5", "3.0<")', "n/2.0"),
        ('latest("n")', "n/3.0"),
    ],
)
@pytest.mark.parametrize("word", ["load", "depends_on"])
def test_a_range_of_versions_can_be_asked_for(site, word, wish, taken):
    """`atleast` and its like choose among the versions that there are."""
    for version in "1.0", "2.0", "3.0":
        site.modulefile(f"Core/n/{version}.lua")
    site.modulefile("Core/m/1.lua", f"{word}({wish})")
    assert site.load("m").loaded == [taken, "m/1"]
    assert site.unload("m").loaded == []


def test_a_version_that_is_not_there_is_answered_with_those_that_are(site):
    """The error names the versions there are; without MODULEPATH it says that."""
    for version in "1", "2":
        site.modulefile(f"Core/x/{version}.lua")
    assert "hint: there are x/1, x/2\n" in site.fails("load", "x/7")
    del site.env["MODULEPATH"]
    assert "MODULEPATH is not set" in site.fails("load", "x")


def test_a_sticky_module_of_a_lost_record_stays(site):
    """What is sticky is read off the modulefile where the record does not tell."""
    site.modulefile("Core/st/1.lua", 'add_property("lmod", "sticky")')
    site.load("st")
    site.env["__LMODPY_STATE"] = "zz"
    assert site.module("purge").loaded == ["st/1"]


@pytest.mark.parametrize("word", ["whatis", "help"])
def test_a_description_is_checked_where_nobody_reads_it(site, word):
    """A description that is no text stops a load, and modules that load others may say theirs before and after."""
    site.modulefile("Core/lib/1.lua", 'whatis("inner")')
    site.modulefile("Core/a/1.lua", f'{word}("before")\nload("lib")\n{word}("after")')
    assert site.load("a").loaded == ["lib/1", "a/1"]
    assert "before" in site.module(word, "a").err
    assert "after" in site.module(word, "a").err

    for wrong in "{}", "nil", r'"a\0b"', '"a", {}':
        site.modulefile("Core/b/1.lua", f"{word}({wrong})")
        assert f"`{word}` takes" in site.fails("load", "b")
