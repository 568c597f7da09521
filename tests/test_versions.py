"""Versions are sorted as people who number software expect, and as Lmod sorts them."""

import os
import subprocess
from itertools import combinations

import pytest

from lmodpy.names.version import above, canonical
from tests.launcher import CLONE
from tests.needs import needs

LMOD = os.environ.get("LMOD_PEER", "/usr/share/lmod/lmod/libexec/lmod")

CANONICAL = [
    ("1.2", "000000001.000000002.*zfinal"),
    ("1.2.0", "000000001.000000002.*zfinal"),
    ("1.2-0", "000000001.000000002.*zfinal"),
    ("1.2.0.0", "000000001.000000002.*zfinal"),
    ("1.2p0", "000000001.000000002.*zfinal"),
    ("1.2dev", "000000001.000000002.*@.*zfinal"),
    ("1.2rc1", "000000001.000000002.*c.000000001.*zfinal"),
    ("1.2-rc1", "000000001.000000002.*c.000000001.*zfinal"),
    ("1.preview2", "000000001.*c.000000002.*zfinal"),
    ("1.2-1", "000000001.000000002.*zfinal-.000000001.*zfinal"),
    ("1.2p1", "000000001.000000002.*zfinal-.000000001.*zfinal"),
    ("1.2-p1", "000000001.000000002.*zfinal-.000000001.*zfinal"),
    ("1.2--3", "000000001.000000002.*zfinal-.000000003.*zfinal"),
    ("1.2-foss-2020a", "000000001.000000002.*foss.*zfinal-.000002020.*a.*zfinal"),
    ("2020b", "000002020.*b.*zfinal"),
    ("v1.2", "*v.000000001.000000002.*zfinal"),
    (".1.2", "000000000.000000001.000000002.*zfinal"),
    ("..1", "000000000.000000001.*zfinal"),
    ("1..2", "000000001.*..000000002.*zfinal"),
    ("1.2/3", "000000001.000000002/000000003.*zfinal"),
    ("1.0+3", "000000001.*+.000000003.*zfinal"),
    ("1-0-0", "000000001.*zfinal"),
    ("1-0-r1", "000000001.*r.000000001.*zfinal"),
    ("1.0a0", "000000001.*a.*zfinal"),
    ("1.2-python", "000000001.000000002.*ython.*zfinal"),
    ("0", "*zfinal"),
    ("-", "*zfinal"),
    ("", "*zfinal"),
    ("1.", "000000001.*zfinal"),
    ("1234567890123", "1234567890123.*zfinal"),
    ("1 2", "000000001.* .000000002.*zfinal"),
    ("ABC123def", "*abc.000000123.*def.*zfinal"),
]

REFERENCE_TABLE = """
    default foo GCC-10.2 v1.2 .1.2 1 1.2dev 1.2_3 1.2a 1.2b1 1.2-beta 1.2rc1 1.2-foss-2020a 1.2 1.2p1 1.2-zzz 1.2~1
    1.2.1 1.2.3-foo-4 1.2/3 1.9 1.10 10.0.0 2020a 2020b
"""

with open(os.path.join(CLONE, "tests", "versions.txt"), encoding="utf-8") as file:
    LINES = [line.strip() for line in file if line.strip() and not line.startswith("#")]
SAME = [line.split(" = ") for line in LINES if " = " in line]
ASCENDING = [line.split() for line in LINES if " = " not in line]


@pytest.mark.parametrize(("version", "expected"), CANONICAL)
def test_canonical_text(version, expected):
    """A version becomes the text by which it is sorted."""
    assert canonical(version) == expected


@pytest.mark.parametrize(
    "same", [("1.2", "1.2.0", "1.2-0", "1.2.0.0", "1.2p0"), ("1.2-1", "1.2p1", "1.2-p1"), ("2A", "2a")]
)
def test_different_spellings_of_one_version(same):
    """Zeros at the end, and ways to write a patch level, make no difference."""
    assert len({canonical(version) for version in same}) == 1


@pytest.mark.parametrize("versions", [REFERENCE_TABLE.split(), *ASCENDING], ids=" ".join)
def test_every_pair_is_in_order(versions):
    """Of any two versions of a line, the one that stands first is the older one."""
    wrong = [(a, b) for a, b in combinations(versions, 2) if not canonical(a) < canonical(b)]
    assert wrong == []


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_version(one, other):
    """Where it says so, neither is older."""
    assert canonical(one) == canonical(other)


def test_lmod_sorts_them_alike(tmp_path):
    """Each of some three hundred versions has the same text to sort by in Lmod."""
    versions = sorted({version for line in LINES for version in line.split()} - {"="})
    assert len(versions) > 300
    (tmp_path / "all.lua").write_text(
        "".join(f'io.stderr:write(convertToCanonical("{each}"), "\\n") ' for each in versions)
    )
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "MODULEPATH": str(tmp_path)}
    done = subprocess.run([needs(LMOD), "bash", "load", "all"], env=environ, capture_output=True, check=True, text=True)
    assert dict(zip(versions, done.stderr.split("\n"), strict=False)) == {each: canonical(each) for each in versions}


def test_a_directory_takes_part_in_the_order_without_its_end():
    """What a directory of versions adds to the order of each is its own order, without the mark of the end."""
    assert above("64") == "000000064/"
    assert above("0") == "*zfinal/"
    assert above("gnu") + canonical("3.0") == canonical("gnu/3.0")
