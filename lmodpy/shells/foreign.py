"""What shells with a language of their own make of aliases and functions, which modulefiles write for sh."""

from __future__ import annotations

from lmodpy.errors import LmodError


def alias_words(name: str, text: str) -> list[str]:
    """Return the command that an alias stands for, without a shell where it is plain words.

    Anything else is run by a bash. A command of the alias's own name is the one in PATH, not the alias again.
    """
    words = text.split()
    if not words or any(word.encode(errors="surrogateescape").translate(None, _PLAIN) for word in words):
        return ["bash", "-c", f'{text} "$@"', name]
    return ["env", *words] if words[0] == name else words


def function_words(name: str, body: str) -> list[str]:
    """Return the command that runs a function's body, in a bash: it may change files, not the user's shell."""
    return ["bash", "-c", body, name]


_PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/.:,+@%"


def refuse_bytes(name: str, value: str, shell: str) -> None:
    """Refuse the value of a variable that is no UTF-8, for a shell that cannot hold or read it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise LmodError(
            f"the value of {name} is no UTF-8, so {shell} cannot hold it", "use another shell, or mend the modulefile"
        ) from None
