"""What is asked for, and which loaded modules answer to it."""

import pytest

from lmodpy.names.request import Request, atleast, atmost, between, latest, satisfies
from lmodpy.names.spelling import distance
from lmodpy.names.version import canonical


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("gcc", "gcc"),
        ("gcc/", "gcc"),
        ("gcc//", "gcc"),
        ("gcc/12.2.lua", "gcc/12.2"),
        ("gcc/12.2.lua/", "gcc/12.2"),
        ("cat/gcc/12.2", "cat/gcc/12.2"),
        ("", ""),
        ("/", ""),
        (".lua", ""),
    ],
)
def test_a_typed_name_loses_its_end(typed, text):
    """Slashes at the end, and the suffix of the file, are not part of a name."""
    assert Request.parse(typed) == Request(text)


@pytest.mark.parametrize(
    ("request_", "printed"),
    [
        (Request("x/1"), "x/1"),
        (atleast("x", "1.0"), 'atleast("x","1.0")'),
        (atleast("x", ">1.0"), 'atleast("x","1.0<")'),
        (atmost("x", "2"), 'atmost("x","2")'),
        (atmost("x", "<2"), 'atmost("x","2<")'),
        (between("x", "1", "2<"), 'between("x","1","2<")'),
        (latest("x/"), 'latest("x")'),
    ],
)
def test_printed_form(request_, printed):
    """A request is printed as a modulefile would write it."""
    assert str(request_) == printed


RANGES = [
    # request                       in                              out
    (atleast("x", "1.9"), ["1.9", "1.9.0", "1.10", "2.0rc1", "3"], ["1.8", "1.9rc1", "1.9dev"]),
    (atleast("x", "1.9<"), ["1.9-1", "1.10"], ["1.9", "1.9.0"]),
    (atmost("x", "2"), ["2", "2.0", "2.0rc1", "1.9", "0.1"], ["2.0.1", "2-1", "10"]),
    (atmost("x", "<2"), ["2rc1", "1.9"], ["2", "2.0"]),
    (between("x", "1", "2"), ["1", "1.5", "2"], ["0.9", "2.1"]),
    (between("x", ">1", "<2"), ["1.5"], ["1", "2"]),
    (Request("x"), ["1", "main"], []),
]


@pytest.mark.parametrize(("request_", "inside", "outside"), RANGES, ids=[str(row[0]) for row in RANGES])
def test_bounds(request_, inside, outside):
    """A bound belongs to the range unless it is marked as open."""
    assert all(request_.admits(canonical(version)) for version in inside)
    assert not any(request_.admits(canonical(version)) for version in outside)


HOWS = ("isloaded", "prereq", "conflict", "unload")
MATCHES = [
    # asked              loaded           isloaded prereq conflict unload
    ("x", ("x", "1.10"), (True, True, True, True)),
    ("x/1.10", ("x", "1.10"), (True, True, True, True)),
    ("x/1", ("x", "1.10"), (True, False, False, True)),
    ("x/1.", ("x", "1.10"), (False, False, False, True)),
    ("x/1.1", ("x", "1.10"), (False, False, False, True)),
    ("x/2", ("x", "1.10"), (False, False, False, False)),
    ("x/1.10.2", ("x", "1.10"), (False, False, False, False)),
    ("x/64", ("x", "64/2.0"), (True, True, False, True)),
    ("x/6", ("x", "64/2.0"), (False, False, False, True)),
    ("cat", ("cat/x", "1"), (False, False, False, False)),
    ("cat/x", ("cat/x", "1"), (True, True, True, True)),
    ("xy", ("x", "y"), (False, False, False, False)),
    ("meta", ("meta", ""), (True, True, True, True)),
    ("meta/1", ("meta", ""), (False, False, False, False)),
    ("", ("x", "1"), (False, False, False, False)),
]


@pytest.mark.parametrize(
    ("asked", "loaded", "expected"), MATCHES, ids=[f"{row[0]}~{'/'.join(row[1])}" for row in MATCHES]
)
def test_which_loaded_module_answers(asked, loaded, expected):
    """Each of the four questions about loaded modules has its own rule for parts of versions."""
    assert tuple(satisfies(Request(asked), *loaded, how) for how in HOWS) == expected


def test_a_loaded_module_must_lie_in_the_range():
    """A range is met by the right name with a version within the bounds, for every question."""
    for how in HOWS:
        assert satisfies(atleast("x", "1.5"), "x", "1.10", how)
        assert not satisfies(atleast("x", "2"), "x", "1.10", how)
        assert not satisfies(atleast("y", "1"), "x", "1.10", how)
        assert not satisfies(between("x", "1", "2"), "x", "", how)


@pytest.mark.parametrize(
    ("one", "other", "limit", "expected"),
    [
        ("gcc", "gcc", 0, 0),
        ("gcc", "gc", 1, 1),
        ("gcc", "cgc", 1, 1),
        ("openmpi", "opnempi", 2, 1),
        ("openmpi", "openblas", 3, None),
        ("openmpi", "openblas", 4, 4),
        ("", "ab", 2, 2),
        ("kitten", "sitting", 3, 3),
    ],
)
def test_distance_of_names(one, other, limit, expected):
    """One letter changed, added, dropped, or exchanged with its neighbour, counts one."""
    assert distance(one, other, limit) == expected
    assert distance(other, one, limit) == expected
