"""Versions are sorted as people who number software expect, and as Lmod sorts them."""

from itertools import combinations

import pytest

from lmodpy.names.version import above, canonical

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

# Versions that were really released, of GCC, Open MPI, Python, CMake, HDF5, OpenSSL, CUDA, NetCDF, Intel, EasyBuild
# toolchains, Julia, R, Linux kernels, dated and hashed snapshots; words first, then in ascending order.
RELEASED_TABLE = """
    develop HEAD-20240301 latest main master nightly r1234 release-2 stable testing
    v0.9 v0.10 v1.0.0 v2.1
    0.1 0.9.8 0.9.8zh 0.9.10 0.15.0 0.20.3 0.21.0 0.29.36
    1.0.1u 1.0.1 1.0.2 1.1.0 1.1.1w 1.1.1 1.8.0 1.8.8 1.8.20 1.8.21 1.9.4 1.10.0-beta3 1.10.0-rc1 1.10.0
    1.10.0-1 1.10.7 1.12.0 1.12.2 1.14.3 1.14.4-2 1.14.4-3 1.14.5
    2.0.0 2.0.4 2.6.6 2.7.5 2.7.16rc1 2.7.16 2.7.18 2.11.1 2.14.02 2.16.01 2.34
    3.0rc1 3.0.0 3.0.2 3.1.6 3.4.10 3.6.15 3.9.0b4 3.9.0 3.9.6 3.9.18 3.10.0a7 3.10.0rc2 3.10.0 3.10.13 3.11.9 3.12.1
    3.13.0 3.20.6 3.28.1 3.30.0-rc4 3.30.0 3.30.2
    4.0.0 4.0.7 4.1.0 4.1.2 4.1.6 4.2.0 4.4.0 4.4.1 4.4.20 4.6.3 4.7.4 4.8.2-4 4.8.4 4.8.5 4.9.0 4.9.2 4.9.4 4.18.0-477
    5.0.0rc12 5.0.0 5.0.1 5.0.5 5.3.0 5.5.0 5.14.0 5.14.0-362 5.14.0-427
    6.1.0 6.5.0 6.8 6.8.0-31
    7.1.0 7.5.0 8.0.61 8.5.0 9.0.176 9.1.85 9.2.88 9.5.0
    10.0.130 10.1.105 10.1.243 10.2.0 10.2.89 10.3.0 11.0.2 11.1.1 11.2.0 11.8.0 11.8.89_cuda11 11.8.89 12.0.0 12.1.1
    12.3.0 12.4.1 12.6.3
    13.0.1 13.0.1.2 13.2.0 14.1.0 17.0.6 18.1.8 19.1.3.304 21.9 22.11 23.11-glibc 23.11 24.05 24.05-1 24.9 31.3
    170 2013a 2013.1.046 2015.3.187-GNU-4.9.3-2.25 2016.4 2017b 2018.1.163 2018.3.222 2019b 2019.5.281 2020a 2020b
    2020.4.304 2021a 2021b 2021.3.0 2022b 2022.1.0 2023a 2023b 2023.07-2 2023.09-0 2024a 2024.0 2024.2.0
    20170418 20210131 20230614 20230614-1 20231020 20240116
"""


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


@pytest.mark.parametrize("table", [REFERENCE_TABLE, RELEASED_TABLE], ids=["reference", "released"])
def test_every_pair_is_in_order(table):
    """Of any two versions of the table, the one that stands first is the older one."""
    versions = table.split()
    wrong = [(a, b) for a, b in combinations(versions, 2) if not canonical(a) < canonical(b)]
    assert wrong == []


def test_a_directory_takes_part_in_the_order_without_its_end():
    """What a directory of versions adds to the order of each is its own order, without the mark of the end."""
    assert above("64") == "000000064/"
    assert above("0") == "*zfinal/"
    assert above("gnu") + canonical("3.0") == canonical("gnu/3.0")
