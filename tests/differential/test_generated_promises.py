"""What lmodpy promises by itself, on random sites: undo is exact, and a failing command changes nothing."""

from __future__ import annotations

import tempfile

import pytest

from tests.differential.generate import case
from tests.prompt import Prompt

SEEDS = [*range(50), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(50, 1000))]
BY_THE_USER = {"export", "use", "unuse"}
WHERE = ("LOADEDMODULES", "_LMFILES_", "MODULEPATH", "__LMOD_REF_COUNT_MODULEPATH")
REFUSALS = ("must be loaded first", "does not fit any more")
"""What may be in the way: the order in which modules were loaded, and names that mean another version by now."""


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
def test_what_was_saved_is_restored(seed):
    """After any session, what is loaded and where it lies can be saved and restored, or the restore changes nothing."""
    played = case(seed)
    with tempfile.TemporaryDirectory(prefix="site-") as site:
        prompt = Prompt({**played.write(site), "HOME": f"{site}/home"})
        for words in played.typed(site):
            prompt.type(*words)
        assert prompt.type("--force", "save", "it") == 0
        saved = prompt.everything()
        assert prompt.type("--force", "purge") == 0
        nothing = prompt.everything()
        if prompt.type("restore", "it") != 0:
            assert any(reason in prompt.err for reason in REFUSALS), prompt.err
            assert prompt.everything() == nothing
            return
        assert [prompt.env.get(name) for name in WHERE] == [saved[0].get(name) for name in WHERE]
        restored = prompt.everything()
        assert prompt.type("restore", "it") == 0
        assert prompt.everything() == restored
        assert prompt.type("--force", "purge") == 0
        assert prompt.everything() == nothing


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
