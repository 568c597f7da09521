"""lmodpy: the `module` command for HPC login nodes, a successor to Lmod."""

__version__ = "0.1.0"
LMOD_VERSION = "9.2.9"
"""The version of Lmod whose interface this is: what clients see as LMOD_VERSION and in `--version`."""
