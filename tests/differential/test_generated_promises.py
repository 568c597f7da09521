"""What lmodpy promises by itself, on random sites: undo is exact, and a failing command changes nothing."""

from __future__ import annotations

import tempfile

import pytest

from tests.differential.generate import case
from tests.prompt import Prompt

SEEDS = [*range(50), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(50, 1000))]
BY_THE_USER = {"export", "use", "unuse"}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_session_can_be_undone(seed):
    """A failing command changes nothing, and after any session a purge leads back to the start."""
    played = case(seed)
    with tempfile.TemporaryDirectory(prefix="site-") as site:
        prompt = Prompt(played.write(site))
        start = prompt.everything()
        for words in played.typed(site):
            if words[0] in BY_THE_USER:
                continue
            before = prompt.everything()
            if prompt.type(*words) != 0:
                assert prompt.everything() == before, words
        assert prompt.type("--force", "purge") == 0
        assert prompt.everything() == start


@pytest.mark.parametrize("seed", SEEDS)
def test_load_then_unload_is_the_identity(seed):
    """Each module of the site can be loaded and unloaded without a trace, whatever it brought along."""
    played = case(seed)
    modules = [file.path.removeprefix("Core/") for file in played.files if file.path.startswith("Core/")]
    with tempfile.TemporaryDirectory(prefix="site-") as site:
        prompt = Prompt(played.write(site))
        start = prompt.everything()
        for name in (path.removesuffix(".lua") for path in modules if path.endswith(".lua")):
            prompt.type("load", name)
            prompt.type("--force", "unload", name)
            if prompt.loaded:  # what always_load brought stays
                prompt.type("--force", "purge")
            assert prompt.everything() == start, name
