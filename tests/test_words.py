"""The words that answer, and the libraries: what a modulefile can ask and do besides changing the environment."""

import subprocess

import pytest

from tests.needs import needs

# An expression, and what it is (as text).
ANSWERS = [
    ('pathJoin("/a/", "//b/ ", " c", "")', "/a/b/c"),
    ('pathJoin("a", "/")', "a"),
    ('pathJoin("", "a", nil, "b")', "a/b"),
    ('table.concat({splitFileName("/a/b.c")}, "|")', "/a/|b.c"),
    ('dirname("a") .. dirname("/a/b")', ".//a/"),
    ('extname("/x/b.tar.gz") .. extname("/x.y/z") .. extname("a.")', ".gz."),
    ('removeExt("/x/b.tar.gz") .. removeExt("/x.y/z")', "/x/b.tar/x.y/z"),
    ('barefilename("/a/b.c") .. barefilename("/a/")', "b.c"),
    ('path_regularize("/a//b/./c/") .. path_regularize("./rel")', "/a/b/crel"),
    ('tostring(isDir("/")) .. tostring(isDir(nil)) .. tostring(isFile("/dev/null")) .. tostring(isFile())', None),
    ('tostring(realpath("/nowhere"))', "nil"),
    ('realpath("/etc/../etc/passwd")', "/etc/passwd"),
    ('tostring(isDefined("HOME")) .. tostring(isNotDefined("HOME"))', "truefalse"),
    ('colorize("red", "a", "b")', "ab"),
    ('UUIDString(0):match("^%d+_%d+_%d+_%d+_%d+_%d+%-%x+%-%x+%-%x+%-%x+%-%x+$") and "fits"', "fits"),
    ('mode("more than it asks for")', "load"),
    ('myShellName() .. "/" .. myShellType()', "SHELL/sh"),
    ("myModuleName() .. tostring(myModuleVersion()) .. myModuleFullName() .. myModuleUsrName()", "m1m/1m"),
    ('tostring(isloaded("m")) .. tostring(isPending("m")) .. tostring(isloaded("o"))', "truetruefalse"),
    ('tostring(isAvail("nope"))', "false"),
    ('hierarchyA("m/1", 1)[1]', "up/Core"),
    ('string.escape("a.b")', "a%.b"),
    ('(" x "):trim()', "x"),
    ('(function() local t = {} for w in ("a:b::c"):split(":") do t[#t+1] = w end return table.concat(t, "|") end)()',
     "a|b||c"),
    ('protected_getenv{"NOPE", modeA={"load"}}', "$NOPE"),
    ('tostring(protected_getenv{"NOPE", "x"})', "nil"),
    ('protected_getenv{"NOPE", "x", modeA={"load"}}', "x"),
    ('protected_getenv{"HOME", "x", modeA={"load"}} == os.getenv("HOME") and "same"', "same"),
    ('table.concat({capture("echo a; exit 3")}, "|")', "a\n|3"),
    ('subprocess("echo $SET")', "yes\n"),
    ('io.popen("echo $SET; echo b"):read("*a")', "yes\nb\n"),
    ('io.popen("echo 1; echo 2"):lines()()', "1"),
    ('tostring(os.execute("test $SET = yes"))', "true"),
    ('lfs.attributes("/dev", "mode") .. lfs.attributes("/dev").permissions', "directoryrwxr-xr-x"),
    ('lfs.attributes("/dev/zero", "mode")', "char device"),
    ('lfs.symlinkattributes(ROOT .. "/link").mode .. lfs.symlinkattributes(ROOT .. "/link", "target")', "link/dev"),
    ('table.concat({tostring(lfs.attributes("/nope")), select(2, lfs.attributes("/nope"))}, "|")',
     "nil|cannot obtain information from file '/nope': No such file or directory|2"),
    ('tostring(lfs.mkdir(ROOT .. "/made")) .. tostring(isDir(ROOT .. "/made")) .. tostring(lfs.rmdir(ROOT .. "/made"))',
     "truetruetrue"),
    ('(function() local n = 0 for f in lfs.dir(ROOT) do if f == "link" then n = n + 1 end end return n end)()', "1"),
    ('posix.stat("/dev").type .. posix.stat("/dev", "mode")', "directoryrwxr-xr-x"),
    ('posix.uname("%s")', "Linux"),
    ('posix.setenv("P", "q") .. os.getenv("P") .. subprocess("echo $P")', "0qq\n"),
    ('tostring(require("lfs") == lfs) .. tostring(require("posix") == posix)', "truetrue"),
    ("tostring(dbg.active()) .. type(dbg.print)", "falsefunction"),
    ("type(package.path) .. type(package.loaded.lfs)", "stringtable"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), ANSWERS)
def test_answers(site, expression, value):
    """Each expression has in a modulefile the value that it has with Lmod."""
    site.env["MODULEPATH"] = f"{site.root}/up/Core"
    (site.root / "link").symlink_to("/dev")
    site.modulefile("up/Core/m/1.lua", f'setenv("SET", "yes")\nsetenv("V", {expression})')
    site.load("m")
    assert site.env["V"] == {None: "truefalsetruefalse", "SHELL/sh": f"{site.shell}/sh"}.get(value, value)


def test_code_in_other_files(site):
    """Code that is read from another file sees all of Lua, the words, and the variables of the modulefile."""
    site.modulefile("code/helper.lua", 'function helped(x) setenv("HELPED", x .. mine .. type(os.rename)) end')
    site.modulefile("code/lib.lua", 'local lib = {} function lib.set() setenv("LIB", "yes") end return lib')
    site.modulefile(
        "Core/m/1.lua",
        """
        mine = "B"
        loadfile(ROOT .. "/code/helper.lua")()
        helped("A")
        package.path = ROOT .. "/code/?.lua"
        require("lib").set()
        setenv("SAME", tostring(require("lib") == require("lib")))
        setenv("TEXT", loadstring("return mine")())
        """,
    )
    site.modulefile("Core/n/1.lua", 'setenv("LEAKED", tostring(helped))')
    site.load("m", "n")
    wanted = {"HELPED": "ABfunction", "LIB": "yes", "SAME": "true", "TEXT": "B", "LEAKED": "nil"}
    assert wanted.items() <= site.env.items()
    site.modulefile("Core/q/1.lua", 'require("nothing")')
    error = site.fails("load", "q")
    assert "no module `nothing` for require()" in error
    assert "Core/q/1.lua:2" in error


PACKAGE = """
local pkg = Pkg:new{Category = "library", Keywords = "fft", display_name = "FFTW", level = LEVEL, help = "text"}
pkg:setStandardPaths("DIR", "BIN", "MAN")
setenv("BELOW", pkg:moduleDir())
"""


@pytest.mark.parametrize(
    ("path", "level", "base", "below"),
    [
        ("Core", 0, "/opt/apps/fftw/3.1.2", "Compiler/fftw/3.1"),
        ("Compiler/gcc/5.1", 1, "/opt/apps/gcc-5_1/fftw/3.1.2", "MPI/gcc/5.1/fftw/3.1"),
        ("MPI/gcc/5.1/mpich/3", 2, "/opt/apps/gcc-5_1/mpich-3/fftw/3.1.2", "gcc/5.1/mpich/3/fftw/3.1"),
    ],
)
def test_a_package_knows_its_places(site, path, level, base, below):
    """`Pkg` makes the descriptions and paths of a package from its place in the hierarchy."""
    site.env["MODULEPATH"] = f"{site.root}/{path}"
    site.modulefile(f"{path}/fftw/3.1.2.lua", PACKAGE.replace("LEVEL", str(level)))
    site.load("fftw")
    assert site.env["LMOD_FFTW_DIR"] == base
    assert site.env["PATH"].startswith(f"{base}/bin:")
    assert site.env["MANPATH"] == site.env["LMOD_FFTW_MAN"] == f"{base}/man"
    assert site.env["BELOW"] == below
    assert "Keywords: fft" in site.module("whatis", "fftw").err
    assert "Version 3.1.2" in site.module("help", "fftw").err


def test_a_package_does_not_know_every_place(site):
    """A place that is none fails with the line that names it."""
    site.modulefile("Core/m/1.lua", 'Pkg:new{}:setStandardPaths("INFO")')
    assert "setStandardPaths() does not know INFO" in site.fails("load", "m")


def test_completions_come_and_go(site):
    """A completion is defined in the shell that it is meant for, told to sub-shells again, and taken away."""
    site.modulefile("Core/m/1.lua", 'complete("bash", "Rscript", "-W \'a b\'") complete("zsh", "Rscript", "_files")')
    bash = site.shell == "bash"
    wanted, gone = ("complete -W 'a b' Rscript", "complete -r Rscript") if bash else ("compdef _files Rscript", "-d Rs")
    assert wanted in site.load("m").out
    assert wanted in site.module("refresh").out
    assert gone in site.unload("m").out
    assert "Rscript" not in site.module("refresh").out


def test_a_module_can_look_at_the_others(site):
    """`loaded_modules` has a record for each loaded module, in load order."""
    site.modulefile("Core/lib/1.lua")
    site.modulefile("Core/app/2.lua", 'depends_on("lib")')
    site.modulefile(
        "Core/m/1.lua",
        """
        local told = {}
        for _, r in ipairs(loaded_modules()) do
          told[#told + 1] = table.concat({r.sn, r.fullName, r.userName, r.loadOrder, tostring(r.ref_count)}, " ")
        end
        setenv("TOLD", table.concat(told, ", "))
        """,
    )
    site.load("app/2", "m")
    assert site.env["TOLD"] == "lib lib/1 lib 1 1, app app/2 app/2 2 nil"


@pytest.mark.parametrize("undo", ["exact", "lmod"])
def test_what_only_bash_has(site, undo):
    """In a real bash a completion completes, and a child has the exported function; both go with the module."""
    if site.shell != "bash":
        pytest.skip("is about bash")
    site.env["LMODPY_UNDO"] = undo
    site.modulefile(
        "Core/m/1.lua",
        """
        set_shell_function("hey", "echo hey $1", "")
        export_shell_function("hey")
        complete("bash", "hey", "-W 'a b'")
        """,
    )
    asked = "complete -p hey; bash -c 'hey you'"
    loaded = site.load("m").out
    unloaded = site.unload("m").out

    def told(*texts):
        script = "\n".join((*texts, asked))
        done = subprocess.run([needs("bash"), "--norc", "-c", script], capture_output=True, text=True, check=False)
        return done.stdout

    assert told(loaded) == "complete -W 'a b' hey\nhey you\n"
    assert told(loaded, unloaded) == ""


def test_a_property_must_be_declared(site):
    """An unknown property is refused with those that are known, unless an lmodrc file may declare it."""
    site.modulefile("Core/m/1.lua", 'add_property("color", "red")')
    site.modulefile("Core/n/1.lua", 'add_property("arch", "mic:gpu") add_property("state", "testing")')
    error = site.fails("load", "m")
    assert "no property `color` with the value `red`" in error
    assert "lmod:sticky" in error
    site.load("n")
    site.modulefile("home/.lmodrc.lua", "propT = {color = {validT = {red = 1}}}")
    site.load("m")


def test_checking_changes_nothing(site):
    """--check_syntax evaluates modulefiles, with what they would find, and fails as the load would."""
    site.modulefile("Core/good/1.lua", 'setenv("A", "1") if os.getenv("A") ~= "1" then LmodError("blind") end')
    site.modulefile("Core/bad/1.lua", 'setenv("A", "1")\nstenv("B")')
    before = dict(site.env)
    assert site.module("--check_syntax", "load", "good").env == before
    assert (site.out, site.err) == ("", "")
    assert "Core/bad/1.lua:3" in site.fails("--check_syntax", "load", "bad")
    assert "nope" in site.fails("--check_syntax", "load", "nope")


def test_a_change_of_modulepath_is_for_all_modes(site):
    """modeA with MODULEPATH is refused, in whatever word."""
    for call in 'setenv{"MODULEPATH", "/a", modeA={"load"}}', 'append_path{"MODULEPATH", "/a", modeA={"unload"}}':
        site.modulefile("Core/m/1.lua", call)
        assert "cannot change MODULEPATH in one mode only" in site.fails("load", "m")


def test_require_finds_nothing_in_the_current_directory(site, monkeypatch):
    """Anybody may have left a file there: where users work, many may write."""
    site.modulefile("Core/a/1.lua", 'setenv("A", require("beside").text)')
    monkeypatch.chdir(site.root)
    site.modulefile("beside.lua", 'return {text = "theirs"}')
    assert "no module `beside` for require()" in site.fails("load", "a")
