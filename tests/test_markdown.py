"""Markdown in help and whatis: what is taken for it, and how it looks."""

import pytest

from lmodpy.report.markdown import is_markdown, rendered

LONG = "and some more words to make this text long enough"
TEXTS = [
    (f"# Title\n{LONG}", True),
    (f"#no title {LONG}", False),
    (f"Title\n=====\n{LONG}", True),
    (f"call `a` or `b`, {LONG}", True),
    (f"call `a` only, {LONG}", False),
    (f"```\ncode\n```\n{LONG}", True),
    (f"- one\n- two\n{LONG}", False),
    (f"- one\n- two\n\n{LONG}", True),
    (f"- *one*\n- two\n{LONG}", True),
    (f"    - one\n    - two\n\n    {LONG}", True),
    (f"one item:\n- one\n\n{LONG}", False),
    (f"see [this](https://x.org), {LONG}", False),
    (f"see [this](https://x.org) and **that**, {LONG}", True),
    (f"![this](x.png) {LONG}\n\n{LONG}", True),
    (f"{LONG}\n\n{LONG}", False),
    (f"a snake_case_name and 2*3*4, {LONG}\n\n{LONG}", False),
    ("# Short", False),
    ("", False),
]


@pytest.mark.parametrize(("text", "is_one"), TEXTS)
def test_signs_of_markdown(text, is_one):
    """Headers and code are enough; lists, links, emphasis and paragraphs must come together."""
    assert is_markdown(text) is is_one


def test_rendering():
    """Headers, lists, emphasis, code and links lose their marks; nothing that was written is lost."""
    text = rendered("# Title\n\n- **one**\n- `two`\n\nsee [here](https://x.org)\n", 60)
    assert not set("#*`[") & set(text.replace("\033[", ""))
    assert "\033[" in text
    assert all(word in text for word in ("Title", "one", "two", "here", "https://x.org"))


def test_help_and_whatis(site):
    """Markdown is rendered where there are colours, and left as it is written where another program reads."""
    site.modulefile(
        "Core/m/1.lua", 'help([[\n# Using it\n\nCall `a` before `b`.\n]]) whatis("Description: `a` before `b`, always")'
    )
    assert "# Using it" in site.module("help", "m").err
    assert "m/1                 : Description: `a` before `b`, always\n" in site.module("whatis", "m").err
    site.env["LMOD_COLORIZE"] = "force"
    assert "# Using it" not in site.module("help", "m").err
    assert "Using it" in site.err
    assert "`" not in site.module("whatis", "m").err
