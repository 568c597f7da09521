"""Names as a user meets them: every layout of a tree, and what is remembered of the name that was asked for."""

import pytest

LAYOUTS = {
    # what is asked for     what is loaded, its name, its version
    "alone": ("alone", "alone", False),
    "one": ("one/1", "one", "1"),
    "cat/one": ("cat/one/1", "cat/one", "1"),
    "cat/sub/one/1": ("cat/sub/one/1", "cat/sub/one", "1"),
    "nest": ("nest/64/2", "nest", "64/2"),
    "nest/32": ("nest/32/1", "nest", "32/1"),
    "mix/1.0": ("mix/1.0", "mix/1.0", False),
    "mix/64": ("mix/64/2.0", "mix/64", "2.0"),
    "both": ("both/1", "both", "1"),
    "over/one": ("over/one/1", "over/one", "1"),
    "over/two": ("over/two", "over/two", False),
    "link": ("link/7", "link", "7"),
    "linked": ("linked/1", "linked", "1"),
    "odd": ("odd/1.0-a+b~c", "odd", "1.0-a+b~c"),
    "odd/1.0-a": ("odd/1.0-a+b~c", "odd", "1.0-a+b~c"),
    "b-l+a_n~k": ("b-l+a_n~k/2023b", "b-l+a_n~k", "2023b"),
    "12": ("12/.5", "12", ".5"),
}

FILES = """alone one/1 cat/one/1 cat/sub/one/1 nest/64/2 nest/64/1 nest/32/1 mix/1.0 mix/64/2.0 both both/1 over/one/1
over/two odd/1.0-a+b~c odd/0.9 b-l+a_n~k/2023b 12/.5"""


@pytest.fixture
def layouts(site):
    """A tree with everything in it."""
    for path in FILES.split():
        site.modulefile(f"Core/{path}.lua", 'setenv("NAME", myModuleName()) setenv("VERSION", myModuleVersion())')
    site.modulefile("Core/nest/.version", "")
    site.modulefile("Core/both/1", "#%Module\n")
    (site.root / "Core/link").mkdir()
    (site.root / "Core/link/7.lua").symlink_to("../one/1.lua")
    (site.root / "Core/linked").symlink_to("one")
    (site.root / "Core/12/default").symlink_to(".5.lua")
    return site


@pytest.mark.parametrize("asked", LAYOUTS)
def test_layouts(layouts, asked):
    """A module is known by its name and version, however its file lies."""
    layouts.load(asked)
    full_name, name, version = LAYOUTS[asked]
    assert layouts.loaded == [full_name]
    assert (layouts.env["NAME"], layouts.env["VERSION"]) == (name, version or "false")
    assert layouts.unload(full_name).loaded == []


def test_the_same_layouts_are_listed(layouts):
    """What can be loaded is listed under the same names."""
    layouts.module("-t", "avail")
    visible = {full_name for full_name, *_ in LAYOUTS.values()} - {"12/.5"} | {"nest/64/1", "odd/0.9"}
    assert {line for line in layouts.err.split() if line[0] != "/" and line[-1] != "/"} == visible


def test_what_was_asked_for_is_remembered(site):
    """A module asked for by name alone follows to a better version; one asked for by a part of its version does not."""
    for path in "Core/x/17.0.10", "Core/x/17.0.1", "Core/x/170", "More/x/200", "More/x/17.0.99":
        site.modulefile(f"{path}.lua")
    more = str(site.root / "More")
    site.load("x").module("use", more)
    assert site.loaded == ["x/200"]
    assert "x/170 => x/200" in site.err
    assert site.module("unuse", more).loaded == ["x/170"]
    assert site.load("x/170").module("use", more).loaded == ["x/170"]
    assert site.module("unuse", more).load("x/17").module("use", more).loaded == ["x/17.0.10"]


def test_only_one_default_file_counts(site):
    """Beside a default link, not even the further names of versions in an rc file count."""
    for version in "1.9", "1.10", "17.0.1":
        site.modulefile(f"Core/x/{version}.lua")
    site.modulefile("Core/x/.modulerc.lua", 'module_version("x/1.9","default") module_version("x/17.0.1","al")')
    for asked, full_name in ("x", "x/1.9"), ("x/al", "x/17.0.1"), ("x/1", "x/1.9"):
        assert site.load(asked).loaded == [full_name]
    (site.root / "Core/x/default").symlink_to("1.10.lua")
    assert site.load("x").loaded == ["x/1.10"]
    site.fails("load", "x/al")


@pytest.mark.parametrize("order", ["A:B", "B:A"])
def test_two_rc_files_of_the_site_mark_one_name(site, order):
    """The higher version is the default, in whatever order the files are named; the user's mark beats both."""
    for version in "1.9", "17.0.1", "170":
        site.modulefile(f"Core/x/{version}.lua")
    site.modulefile("A", 'module_version("x/1.9","default")').rename(site.root / "A.lua")
    site.modulefile("B", 'module_version("x/17.0.1","default")').rename(site.root / "B.lua")
    site.env["LMOD_MODULERC"] = ":".join(f"{site.root}/{name}.lua" for name in order.split(":"))
    assert site.load("x").loaded == ["x/17.0.1"]
    site.modulefile("home/.modulerc.lua", 'module_version("x/1.9","default")')
    assert site.load("x").loaded == ["x/1.9"]


def test_questions_about_a_part_of_a_version(site):
    """With x/1.10 loaded, `isloaded` says yes to x/1, but it does not meet a prerequisite of x/1."""
    site.modulefile("Core/x/1.10.lua")
    site.modulefile("Core/asks/1.lua", 'setenv("THERE", isloaded("x/1"))')
    site.modulefile("Core/wants/1.lua", 'prereq("x/1")')
    assert site.load("x", "asks").env["THERE"] == "true"
    site.fails("load", "wants")


def test_only_defaults_are_listed(site):
    """`-d avail` shows what each name means, also where there is only one; where versions must be given, nothing."""
    for path in "x/1", "x/2", "y/1", "m":
        site.modulefile(f"Core/{path}.lua")
    core = f"{site.root}/Core:\n"
    assert site.module("-t", "-d", "avail").err == core + "m\nx/2\ny/1\n"
    site.env["LMOD_EXACT_MATCH"] = "yes"
    assert site.module("-t", "-d", "avail").err == ""


def test_a_new_file_is_seen_at_once(site):
    """All lists show it, and it can be loaded."""
    site.modulefile("Core/x/1.lua")
    site.module("avail")
    site.modulefile("Core/x/2.lua")
    assert "x/2" in site.module("avail").err
    assert "x/2" in site.module("-t", "avail").err
    assert site.load("x").loaded == ["x/2"]
