"""The state between two commands, as one environment variable.

It holds what LOADEDMODULES and _LMFILES_ do not say: under which name each module was asked for, who needs whom, and
the changes of every loaded module to the environment, from which undo is computed. The format is described in
docs/design/state.md: fields separated by NUL (which no environment value can hold), with a checksum; a long text is
deflated against a dictionary made of LOADEDMODULES, a short one stands there as it is.
"""

from __future__ import annotations

from lmodpy.env.history import Assign, Found, History, introduced, replay, text_of
from lmodpy.errors import LmodError
from lmodpy.session.loaded import Loaded
from lmodpy.session.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lmodpy.env.history import Change, Step
    from lmodpy.env.pathlist import Edit
    from lmodpy.env.rules import Rules
else:
    pass

DEFLATED, PLAIN = "1", "2"
LARGEST = 16 << 20
SHORT = 1500
"""Up to so many letters are not worth the time it takes to load a compressor."""
NUL, SUB, RUN, PART = "\0", "\1", "\2", "\3"
_CONTROL = ("%", NUL, SUB, RUN, PART)
_PRIME = 1073741789
_ROOM = -14, 7  # the window and the memory of the compressor: as small as makes no difference, since pages cost time
_LEVEL = 4  # higher ones take three times as long and save nothing: what repeats is near, or in the dictionary
_VERBS = {
    "prepend": "+",
    "append": ">",
    "prepend again": "P",
    "append again": "A",
    "remove": "-",
    "expel": "x",
    "unprepend": "p",
    "unappend": "a",
}
_VERB_OF = {char: verb for verb, char in _VERBS.items()}
_COMMON = (
    "/include\0/share/man\0/lib/pkgconfig\0/lib/python3/site-packages\0/opt/apps/software/\0/usr/local/"
    "CMAKE_PREFIX_PATH\1LIBRARY_PATH\1CPATH\1MANPATH\1PKG_CONFIG_PATH\1LD_LIBRARY_PATH\1PATH\1MODULEPATH"
    "\1LMOD_FAMILY_COMPILER\1LMOD_FAMILY_COMPILER_VERSION\1LMOD_FAMILY_MPI\1LMOD_FAMILY_MPI_VERSION"
    "_ROOT\1_HOME\1_DIR\1_INC\1_LIB\0/lib64\0/lib\0/bin\0!+/"
)


class Damaged(LmodError):
    """The state variable cannot be read; LOADEDMODULES and _LMFILES_ may still tell something."""


def encode(state: State, loadedmodules: str) -> str | None:
    """Return the state as text of letters, digits and a few harmless signs; None where there is nothing to say."""
    if not state.modules and not state.histories and state.system_path is None:
        return None
    text = NUL.join(_fields(state))
    if len(text) <= SHORT:
        shown = _shown(text)
        if shown.isascii() and shown.isprintable():
            return f"{PLAIN}{_checksum(shown, loadedmodules)}:{shown}"
    return _deflated(text, loadedmodules)


def decode(text: str, found: Mapping[str, str], rules: Rules) -> State:
    """Read what `encode` wrote; raises Damaged if it is not that, or belongs to other modules than are loaded."""
    loadedmodules, files = found.get("LOADEDMODULES", ""), found.get("_LMFILES_", "")
    if text[:1] == PLAIN:
        plain = _read_plain(text, loadedmodules)
    elif text[:1] == DEFLATED:
        plain = _inflated(text, loadedmodules)
    else:
        raise Damaged("it was written by another version of lmodpy")
    active = loadedmodules.split(":") if loadedmodules else []
    paths = files.split(":") if files else []
    if len(active) != len(paths):
        raise Damaged("LOADEDMODULES and _LMFILES_ do not agree")
    return _state(plain.split(NUL), active, paths, found, rules)


# The text as a variable.


def _shown(text: str) -> str:
    """Return a text with its control characters made visible."""
    for number, char in enumerate(_CONTROL):
        text = text.replace(char, f"%{number}")
    return text


def _read_plain(text: str, loadedmodules: str) -> str:
    checksum, _, shown = text[1:].partition(":")
    if checksum != _checksum(shown, loadedmodules):
        raise Damaged("its checksum is wrong, or LOADEDMODULES was changed by something else")
    for number, char in reversed([*enumerate(_CONTROL)]):
        shown = shown.replace(f"%{number}", char)
    return shown


def _checksum(shown: str, loadedmodules: str) -> str:
    """Return the remainder by a prime, in which every changed or exchanged byte counts."""
    together = f"{loadedmodules}:{shown}".encode("utf-8", "surrogateescape")
    return str(int.from_bytes(together, "big") % _PRIME)


def _deflated(text: str, loadedmodules: str) -> str:
    import binascii  # noqa: PLC0415 - with a short state neither is needed
    import zlib  # noqa: PLC0415

    plain = text.encode("utf-8", "surrogateescape")
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, *_ROOM, zlib.Z_DEFAULT_STRATEGY, _dictionary(loadedmodules))
    packed = packer.compress(plain) + packer.flush() + zlib.crc32(plain).to_bytes(4, "big")
    return DEFLATED + binascii.b2a_base64(packed, newline=False).decode("ascii")


def _inflated(text: str, loadedmodules: str) -> str:
    import binascii  # noqa: PLC0415 - with a short state neither is needed
    import zlib  # noqa: PLC0415

    try:
        packed = binascii.a2b_base64(text[1:], strict_mode=True)
        plain = zlib.decompressobj(-15, _dictionary(loadedmodules)).decompress(packed[:-4], LARGEST)
    except (ValueError, zlib.error):
        raise Damaged("it cannot be read, or LOADEDMODULES was changed by something else") from None
    if zlib.crc32(plain).to_bytes(4, "big") != packed[-4:]:
        raise Damaged("its checksum is wrong, or LOADEDMODULES was changed by something else")
    return plain.decode("utf-8", "surrogateescape")


def _dictionary(loadedmodules: str) -> bytes:
    """Return what the text will probably contain: of each module the usual variable, and its name and version."""
    names = (f"{n.partition('/')[0].upper().replace('-', '_')}_ROOT{NUL}{n}" for n in loadedmodules.split(":"))
    return (_COMMON + NUL.join(names)).encode("utf-8", "surrogateescape")


# Modules.


def _fields(state: State) -> list[str]:
    active = [module for module in state.modules if module.active]
    numbers = {module.name: _number(place) for place, module in enumerate(active)}
    return [
        "" if state.system_path is None else "=" + state.system_path,
        str(len(state.modules)),
        *[_module_field(module, numbers) for module in state.modules],
        str(len(state.histories)),
        *[name + _base_field(name, history) for name, history in state.histories.items()],
        *_step_fields(state.histories, numbers),
    ]


def _module_field(module: Loaded, numbers: Mapping[str, str]) -> str:
    flags = ("" if module.wanted else "d") + ("" if module.recorded else "u") + module.marks
    depth = module.version.count("/") + 1 if module.version else 0
    full_name, asked, alias = module.full_name, module.asked, module.alias
    asked = "=" if asked == full_name else "" if asked == module.name else asked
    asked += SUB + alias if alias and alias.isprintable() else ""
    brings, needs = _letters(module.brings, numbers), _letters(module.needs, numbers)
    parts = [flags + (str(depth) if depth != 1 else ""), asked, brings, needs, SUB.join(module.properties)]
    if not module.active:
        parts += [full_name, module.path]
    return PART.join(parts).rstrip(PART)


def _letters(names: Sequence[str], numbers: Mapping[str, str]) -> str:
    return "".join([numbers[name] if name in numbers else SUB + name + SUB for name in names]) if names else ""


def _module(field: str, active: Iterator[tuple[str, str]]) -> tuple[Loaded, str, str]:
    parts = field.split(PART)
    parts += [""] * (5 - len(parts))
    full_name, path = (parts[5], parts[6]) if len(parts) > 5 else next(active)
    flags = parts[0].rstrip("0123456789")
    depth = int(parts[0][len(flags) :] or 1)
    pieces = full_name.split("/")
    name, version = "/".join(pieces[: len(pieces) - depth]), "/".join(pieces[len(pieces) - depth :]) if depth else ""
    asked, _, alias = parts[1].partition(SUB)
    asked = {"": name, "=": full_name}.get(asked, asked)
    properties = tuple(parts[4].split(SUB)) if parts[4] else ()
    module = Loaded(name, version, path, asked, properties=properties, active=len(parts) == 5)
    module = module._replace(wanted="d" not in flags, recorded="u" not in flags, alias=alias, marks=flags.strip("du"))
    return module, parts[2], parts[3]


def _number(place: int) -> str:
    return chr(_FIRST + place)


_FIRST = 0x21


def _members(text: str, names: Sequence[str]) -> tuple[str, ...]:
    members = []
    while text:
        if text[0] == SUB:
            name, _, text = text[1:].partition(SUB)
        else:
            name, text = names[ord(text[0]) - _FIRST], text[1:]
        members.append(name)
    return tuple(members)


# Histories.


def _base_field(name: str, history: History) -> str:
    steps = history.steps
    if history.base is None and ((len(steps) == 1 and type(steps[0][1]) is Assign) or _from_nothing(steps)):
        return ""
    edited = Found in [type(change) for _, change in steps]
    value = history.text(clean=name == "PATH")
    if not edited and introduced(value, steps, history.rules) == history.base:
        return ""
    return SUB + "~" if history.base is None else SUB + "=" + history.base


def _from_nothing(steps: Sequence[Step]) -> bool:
    """Say whether it is plain that nothing was there before, since modules have put all in."""
    edits = [change for owner, change in steps if owner and len(change) == 4]
    return (
        len(edits) == len(steps) and {edit[2] for edit in edits} == {":"} and ":" not in "".join([e[1] for e in edits])
    )


def _step_fields(histories: Mapping[str, History], numbers: Mapping[str, str]) -> list[str]:
    """Return the changes in runs of one owner each, in an order that keeps each variable's own.

    A run is every variable's changes by one owner; owners come in the order in which they are met, which most
    variables share. Where one goes back to an earlier owner, a new round of runs begins.
    """
    owners = dict.fromkeys(owner for history in histories.values() for owner, _ in history.steps)
    ranks = {owner: rank for rank, owner in enumerate(owners)}
    heads = [RUN + (owner and numbers[owner]) for owner in owners]
    rounds = [[[head] for head in heads]]
    for number, history in enumerate(histories.values()):
        letter, turn, last = chr(_FIRST + number), 0, 0
        runs = rounds[0]
        for place, (owner, change) in enumerate(history.steps):
            rank = ranks[owner]
            if rank < last:
                turn += 1
                if turn == len(rounds):
                    rounds.append([[head] for head in heads])
                runs = rounds[turn]
            last = rank
            if len(change) == 4 and change[2] == ":" and not change[3]:  # nearly all, so no call for these
                runs[rank].append(f"{letter}{_VERBS[change[0]]}{change[1]}")
            elif isinstance(change, Assign):
                runs[rank].append(letter + ("~" if change[0] is None else "=" + change[0]))
            else:
                runs[rank].append(letter + _change_field(change, history, place))
    return [field for runs in rounds for run in runs if run[1:] for field in run]


def _change_field(change: Edit | Found, history: History, place: int) -> str:
    if len(change) == 4:
        verb, path, sep, priority = change
        return f"!{_VERBS[verb]}{priority}{SUB}{sep}{SUB}{path}"
    expected = text_of(replay(history.base, history.steps[:place], history.rules)) or ""
    marks = "".join(f"{count},{rank},{len(path)},{path}" for path, count, rank in change.marks)
    value = "~" if change.value is None else _difference(expected, change.value)
    sep = f"{len(change.sep)},{change.sep}" if change.marks else ""
    return f"?{len(change.marks)},{sep}{marks}{value}"


def _difference(expected: str, value: str) -> str:
    """Say `value` by what it has in common with `expected` at the front and at the end."""
    shorter = min(len(expected), len(value))
    front = next((n for n in range(shorter) if expected[n] != value[n]), shorter)
    rest = shorter - front
    back = next((n for n in range(rest) if expected[-1 - n] != value[-1 - n]), rest)
    return f"{front},{back},{value[front : len(value) - back]}"


def _change(field: str, expected: str | None) -> Change:
    verb, rest = field[0], field[1:]
    if verb in _VERB_OF:
        return _VERB_OF[verb], rest, ":", 0
    if verb == "!":
        priority, sep, path = rest[1:].split(SUB, 2)
        return _VERB_OF[rest[0]], path, sep, int(priority)
    if verb == "=":
        return Assign(rest)
    if verb == "~":
        return Assign(None)
    return _found(rest, expected or "")


def _found(text: str, known: str) -> Found:
    number, _, rest = text.partition(",")
    marks, sep = [], ":"
    if number != "0":
        size, _, rest = rest.partition(",")
        sep, rest = rest[: int(size)], rest[int(size) :]
    for _ in range(int(number)):
        count, rank, size, rest = rest.split(",", 3)
        marks.append((rest[: int(size)], int(count), int(rank)))
        rest = rest[int(size) :]
    if rest == "~":
        return Found(None, tuple(marks), sep)
    front, back, middle = rest.split(",", 2)
    return Found(known[: int(front)] + middle + known[len(known) - int(back) :], tuple(marks), sep)


def _state(fields: list[str], active: list[str], paths: list[str], found: Mapping[str, str], rules: Rules) -> State:
    """Put the fields together; anything out of place is damage."""
    try:
        rest = iter(fields)
        system = next(rest)
        pairs = zip(active, paths, strict=True)
        read = [_module(next(rest), pairs) for _ in range(int(next(rest)))]
        names = [module.name for module, _, _ in read if module.active]
        modules = tuple(
            module._replace(brings=_members(brings, names), needs=_members(needs, names))
            for module, brings, needs in read
        )
        bases = [next(rest).partition(SUB) for _ in range(int(next(rest)))]
        histories = _histories(list(rest), bases, names, found, rules)
        if len(names) != len(active):
            raise Damaged("it does not fit LOADEDMODULES")
    except (ValueError, IndexError, KeyError, StopIteration):
        raise Damaged("its content makes no sense") from None
    return State(modules, histories, system[1:] if system else None)


def _histories(
    fields: Sequence[str],
    bases: Sequence[tuple[str, str, str]],
    names: Sequence[str],
    found: Mapping[str, str],
    rules: Rules,
) -> dict[str, History]:
    raw: dict[str, list[tuple[str, str]]] = {name: [] for name, _, _ in bases}
    order = list(raw)
    owner = ""
    for field in fields:
        if field[:1] == RUN:
            owner = names[ord(field[1]) - _FIRST] if field[1:] else ""
        else:
            raw[order[ord(field[0]) - _FIRST]].append((owner, field[1:]))
    return {name: _history(found.get(name), raw[name], (given, base), rules.of(name)) for name, given, base in bases}


def _history(found: str | None, fields: Sequence[tuple[str, str]], base: tuple[str, str], rules: Rules) -> History:
    start: str | None = base[1][1:] if base[1][:1] == "=" else None
    if not base[0]:
        edits = [(owner, _change(field, None)) for owner, field in fields if field[0] != "?"]
        start = introduced(found, edits, rules)
    steps: list[Step] = []
    for owner, field in fields:
        expected = text_of(replay(start, steps, rules)) if field[0] == "?" else None
        steps.append((owner, _change(field, expected)))
    return History(start, tuple(steps), rules)
