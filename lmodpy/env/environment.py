"""The shell's variables, aliases and functions: as found, as they will be, and as modulefiles are told."""

from __future__ import annotations

from _collections import defaultdict

from lmodpy.env.diff import Diff
from lmodpy.env.history import Assign, Found, History, marks_of
from lmodpy.env.pathlist import PathList
from lmodpy.values import made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from lmodpy.env.history import Change, Step
    from lmodpy.env.pathlist import Edit
    from lmodpy.env.rules import Rules

    Mark = tuple[int, int, dict[str, str | None], dict[str, None]]

# What else a shell holds is kept like variables, under names that no variable can have.
ALIAS, SH_FUNCTION, CSH_FUNCTION = "alias ", "function ", "csh function "
COMPLETION, EXPORTED = "completion ", "export "
COUNTS, RANKS = "__LMOD_REF_COUNT_", "__LMOD_Priority_"


class Environment:
    """What one command does to the environment.

    `found` never changes. `histories` is what earlier commands recorded: for each variable the changes of the
    modules that are loaded. Owners are module names; "" stands for changes that belong to nobody and stay.
    """

    def __init__(self, found: Mapping[str, str], histories: Mapping[str, History], rules: Rules) -> None:
        self.found = found
        self.rules = rules
        self._before = histories
        self._done: dict[str, History] = {}
        self._log: list[tuple[str, History | list[tuple[str, str]] | None]] = []
        """What was in `_done` before each change of it: each module that nests has a mark, and copies are dear.

        Under the empty name stands what had waited until it was done.
        """
        self._waiting: list[tuple[str, str]] = []
        """Owners, and what plain words say: it is done when somebody looks at one of their variables."""
        self._awaited: set[str] = set()
        """The variables of these words, and perhaps more."""
        self._pretended: dict[str, str | None] = {}
        self._repeated: dict[str, None] = {}
        """These two are seldom changed, and then made anew."""
        self.quarantined: frozenset[str] = frozenset()
        """Variables that no module may set, though it may think so."""

    def get(self, name: str) -> str | None:
        """Return the value that a modulefile sees now."""
        if name in self._pretended:
            return self._pretended[name]
        if name in self._awaited:
            self._catch_up()
        if name in self._done:
            return self._done[name].text(clean=name == "PATH")
        return self._value_before(name)

    def seen(self) -> dict[str, str]:
        """Return the whole environment as a modulefile sees it, for the programs that it starts."""
        names = (*self.found, *self._after, *self._pretended)
        pairs = ((name, self.get(name)) for name in names if " " not in name)
        return {name: value for name, value in pairs if value is not None}

    def assign(self, name: str, value: str | None, owner: str = "") -> None:
        """Give a variable a value, or take it away (None)."""
        if self._pretended:
            self._believe(name)
        if name in self.quarantined:
            self.pretend(name, value)
            return
        self._put(name, self._history(name).assigned(value, owner))

    def edit(self, name: str, edit: Edit, owner: str = "") -> None:
        """Change one entry of a path-like variable."""
        if self._pretended:
            self._believe(name)
        history = self._after.get(name) or self._history(name, edit[2])
        self._put(name, history.with_steps((owner, edit)))

    def change(self, said: str, owner: str) -> None:
        """Do what many words say, three texts for each, with NUL between all of them.

        These are `set` or the verb of an edit, the variable, and the text, which as an entry is in its usual form.
        """
        texts = said.split("\0")
        if self._pretended or self.quarantined:
            words = iter(texts)
            for verb, name, text in zip(words, words, words, strict=True):
                if verb == "set":
                    self.assign(name, text, owner)
                else:
                    self.edit(name, (verb, text, ":", 0), owner)
            return
        self._waiting.append((owner, said))
        self._awaited.update(texts[1::3])

    @property
    def _after(self) -> dict[str, History]:
        """The histories of the variables that have changed."""
        if self._waiting:
            self._catch_up()
        return self._done

    def _catch_up(self) -> None:
        """Do what waits."""
        waiting, self._waiting = self._waiting, []
        self._awaited = set()
        if waiting:
            self._log.append(("", waiting))
        steps: dict[str, list[Step]] = defaultdict(list)
        for owner, said in waiting:
            words = iter(said.split("\0"))
            for verb, name, text in zip(words, words, words, strict=True):
                change: Change = made(Assign, (text,)) if verb == "set" else (verb, text, ":", 0)
                steps[name].append((owner, change))
        done = self._done
        for name, new in steps.items():
            before = done.get(name)
            self._log.append((name, before))
            if before is None and name not in self.found and name not in self._before:
                done[name] = History(None, tuple(new), self.rules.of(name))  # as what a module sets for itself
            else:
                done[name] = (before or self._history(name, ":" if len(new[0][1]) == 4 else "")).with_steps(*new)

    def _put(self, name: str, history: History) -> None:
        self._log.append((name, self._after.get(name)))
        self._done[name] = history

    def retract(self, owner: str) -> list[str]:
        """Undo every change of a module; return the variables that were changed by hand since, and keep their value."""
        kept = []
        for name in self._recorded_names():
            history = self._history(name) if owner in self._latest(name).owners() else None
            if history is not None:
                if history.assigned_by(owner):
                    kept.append(name)
                self._put(name, history.without(owner))
        return kept

    def pretend(self, name: str, value: str | None) -> None:
        """Let modulefiles see a value that the shell will never get."""
        self.pretend_all({name: value})

    def pretend_all(self, values: Mapping[str, str | None]) -> None:
        """Do that for some variables."""
        self._pretended = {**self._pretended, **values}

    def _believe(self, name: str) -> None:
        """Pretend nothing of a variable any more."""
        self._pretended = {other: value for other, value in self._pretended.items() if other != name}

    def on_record(self, name: str) -> bool:
        """Say whether a loaded module has a part in a variable, so that its value follows from the record."""
        return self._latest(name).owned

    def owned(self, owner: str) -> list[str]:
        """Return the names of all that a module has a part in."""
        return [name for name in self._recorded_names() if owner in self._latest(name).owners()]

    def owners(self, name: str) -> list[str]:
        """Return the modules that changed a variable, in the order of their first changes."""
        return list(dict.fromkeys(owner for owner, _ in self._latest(name).steps if owner))

    def repeat(self, name: str) -> None:
        """Tell the shell again about an alias or function, although it does not change."""
        self._repeated = {**self._repeated, name: None}

    def mark(self) -> Mark:
        """Return what `rollback` needs to come back to this moment."""
        return len(self._log), len(self._waiting), self._pretended, self._repeated

    def rollback(self, mark: Mark) -> None:
        """Forget everything since `mark`."""
        length, waited, self._pretended, self._repeated = mark
        while len(self._log) > length:
            name, before = self._log.pop()
            if isinstance(before, History):
                self._done[name] = before
            elif before is None:
                del self._done[name]
            else:
                self._waiting = before
        del self._waiting[waited:]
        self._awaited.update(name for _, said in self._waiting for name in said.split("\0")[1::3])

    def pretence(self) -> dict[str, str | None]:
        """Return what is pretended now, for `restore_pretence`."""
        return self._pretended

    def restore_pretence(self, pretence: dict[str, str | None]) -> None:
        """Pretend what was pretended before, and no more."""
        self._pretended = pretence

    def touches(self, names: Iterable[str]) -> bool:
        """Say whether anything was done to one of some variables."""
        done = not (self._done.keys().isdisjoint(names) and self._awaited.isdisjoint(names))
        return done or not self._pretended.keys().isdisjoint(names)

    def changed(self) -> bool:
        """Say whether anything was done at all."""
        return bool(self._after or self._repeated)

    def base(self, name: str) -> str | None:
        """Return the value without what loaded modules made of it."""
        return self._history(name).untouched()

    def counts(self, name: str) -> dict[str, int]:
        """Return how often each entry of a path-like variable was put there."""
        return {path: count for path, (count, _) in marks_of(self._history(name, ":").value).items()}

    def put_in(self, name: str, owner: str) -> list[str]:
        """Return the entries that a module has put into a path-like variable."""
        changes = (change for by, change in self._latest(name).steps if by == owner)
        return [change[1] for change in changes if len(change) == 4 and "pend" in change[0]]

    def begin_anew(self, name: str, value: str | None) -> None:
        """Give a variable in which no module has a part its value, and forget what was done to it before."""
        history = self._history(name, ":")  # with the counts that the helper variables tell
        if history.steps or history.base != value:
            self._put(name, History(value, (), self.rules.of(name)))

    def rearrange(self, name: str, value: str, counts: Mapping[str, int]) -> None:
        """Give a path-like variable its entries in another order, as one might do by hand, and some of them a count."""
        history = self._history(name, ":")
        known = {**{path: (count, 0) for path, count in counts.items() if count > 1}, **marks_of(history.value)}
        marks = tuple((path, count, rank) for path, (count, rank) in known.items())
        self._put(name, history.with_steps(("", Found(value, marks))))

    def recorded(self) -> dict[str, History]:
        """Return what the next command has to know: the histories that loaded modules have a part in."""
        every = {**self._before, **self._after}
        return {name: history for name, history in every.items() if history.steps and history.owned}

    def diff(self, commands: tuple[str, ...] = (), text: str = "") -> Diff:
        """Return the difference between the environment as found and as it is now."""
        variables, others = {}, []
        for name, value in self._changes():
            if " " in name:
                others.append((name, value))
            else:
                variables[name] = value
        if not others:
            return Diff(variables, {}, {}, commands, text)
        aliases, functions, completions, exported = self._parted(others)
        return Diff(variables, aliases, functions, commands, text, completions, exported)

    def _parted(self, changes: Iterable[tuple[str, str | None]]) -> Iterable[dict[str, Any]]:
        """Return changed aliases, functions, completions and exported functions, by the names that the shell knows."""
        parts: dict[str, dict[str, Any]] = {ALIAS: {}, SH_FUNCTION: {}, COMPLETION: {}, EXPORTED: {}}
        for name, value in changes:
            kind, _, plain = name.rpartition(" ")
            if name.startswith((SH_FUNCTION, CSH_FUNCTION)):
                bodies = self.get(SH_FUNCTION + plain), self.get(CSH_FUNCTION + plain)
                parts[SH_FUNCTION][plain] = None if bodies == (None, None) else (bodies[0] or "", bodies[1] or "")
            else:
                parts[f"{kind} "][plain] = value
        return parts.values()

    def _changes(self) -> Iterator[tuple[str, str | None]]:
        helped = {name for name in self.found if name.startswith((COUNTS, RANKS))}
        found = self.found
        for name, history in self._after.items():
            made = history.value
            value = history.text(clean=name == "PATH") if isinstance(made, PathList) else made
            before = self._value_before(name) if " " in name else found.get(name)
            if value != before or name in self._repeated:
                yield name, value
            if isinstance(made, PathList) or (helped and not helped.isdisjoint((COUNTS + name, RANKS + name))):
                yield from self._helper_changes(name, history)
        for name in self._repeated:
            if name not in self._after:
                yield name, self._before[name].text()

    def _helper_changes(self, name: str, history: History) -> Iterator[tuple[str, str | None]]:
        """Say which helper variables change: priorities always, counts only where the record does not hold them."""
        marks = marks_of(history.value)
        counts = {} if history.owned else {path: count for path, (count, _) in marks.items() if count != 1}
        ranks = {path: rank for path, (_, rank) in sorted(marks.items()) if rank}
        for helper, values in ((COUNTS + name, counts), (RANKS + name, ranks)):
            text = ";".join(f"{path}:{value}" for path, value in values.items()) or None
            if text != self.found.get(helper):
                yield helper, text

    def _value_before(self, name: str) -> str | None:
        if " " in name:
            return self._before[name].text() if name in self._before else None
        return self.found.get(name)

    def _recorded_names(self) -> Iterable[str]:
        return dict.fromkeys((*self._before, *self._after))

    def _latest(self, name: str) -> History:
        return self._after.get(name) or self._before.get(name) or History(self.found.get(name), (), self.rules.of(name))

    def _history(self, name: str, sep: str = "") -> History:
        """Return the history of a variable, with what was edited by hand since the last command as its last step.

        `sep` separates its entries, if it is about to be edited as a path-like one.
        """
        history = self._after.get(name) or self._before.get(name)
        found = self.found.get(name)
        if history is None:
            history = History(found, (), self.rules.of(name))
            marks = self._helper_marks(name) if sep and " " not in name else ()
            return history.with_steps(("", Found(found, marks, sep))) if marks else history
        return history if name in self._after or " " in name else history.found_as(name, found)

    def _helper_marks(self, name: str) -> tuple[tuple[str, int, int], ...]:
        counts = _read_helper(self.found.get(COUNTS + name))
        ranks = _read_helper(self.found.get(RANKS + name))
        return tuple(
            (path, counts.get(path, 1), ranks.get(path, 0))
            for path in dict.fromkeys((*counts, *ranks))
            if counts.get(path, 1) != 1 or path in ranks
        )


def _read_helper(text: str | None) -> dict[str, int]:
    """Read `path:number;path:number…`; what cannot be read is left out."""
    pairs = (item.rpartition(":") for item in (text or "").split(";"))
    return {path: int(number) for path, _, number in pairs if path and number.removeprefix("-").isdecimal()}
