"""Shrinking: from an input that a fuzzer made to the few bytes that matter, and that a person can read.

The input is told as a valid frame and what was done to it (`scripts`). The frame's value loses elements and bytes, its
numbers become small, and what was done to it small as well; counts, lengths and checksums follow, because the frame is
encoded anew. Then bytes go, and become zeros, whatever they are. A candidate is taken when it fails in the same way:
its failure has the same sort.

1. Every step makes the input shorter, or simpler in an order without infinite descent: so it ends.
2. The same failure gives the same result, unless the time runs out first.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from formats.errors import ValueRefused
from formats.place import Place

from ...spots import leaves
from ..judging import again
from .alike import small_inputs
from .bases import base_of
from .repeating import APART
from .scripts import Script, script_between
from .simpler import lesser, shorter
from .staleness import Stale, checksums_by_path, moved, sealed_except, stale_checksums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..failure import Failure
    from ..target import Target

#: Candidates that are judged at most: the same on every machine.
ATTEMPTS_MAXIMUM: Final = 6000
#: Frames that are encoded at most; many values have none.
ENCODINGS_MAXIMUM: Final = 20_000
#: Inputs of this size are looked through without help.
READABLE_SIZE: Final = 96
#: Steps in a row that may fail while an input is large.
PATIENCE: Final = 500
#: Inputs that are tried in place of a large one.
ELSEWHERE_MAXIMUM: Final = 3000


def shrink(target: Target, failure: Failure, seconds: float) -> Failure:
    """The simplest failure of the same sort that was found within the time; `failure` itself if it does not show again.

    A failure that shows only after other inputs (of a codec that remembers), hangs or ends the process stays as it is.
    """
    if failure.law in APART:
        return failure
    first = again(target, failure, failure.data)
    return failure if first is None else Shrinking(target, first, seconds).run()


@dataclass(frozen=True)
class Told:
    """An input as a valid frame and what was done to it."""

    value: Any
    script: Script


class Shrinking:
    """One failure on its way to a smaller one."""

    def __init__(self, target: Target, failure: Failure, seconds: float) -> None:
        self.best = failure
        self.attempts = 0
        self.encodings = 0
        self._target = target
        self._seen = {failure.data}
        self._looked = False
        self._told: set[tuple[str, Script]] = set()
        self._deadline = time.perf_counter() + seconds

    @property
    def seed(self) -> int:
        """The seed of the failure's place."""
        return self._target.at(self.best.place).seed

    def run(self) -> Failure:
        """The smallest failure."""
        self.move()
        while not self.is_over():
            before = self.best
            self.shrink_told()
            if not self.look_elsewhere():
                self.shrink_bytes()
            if self.best == before:
                break
        return self.best

    def is_over(self) -> bool:
        """Whether time or attempts have run out."""
        return (
            self.attempts >= ATTEMPTS_MAXIMUM
            or self.encodings >= ENCODINGS_MAXIMUM
            or time.perf_counter() >= self._deadline
        )

    def is_large(self) -> bool:
        """Whether the best one is more than a person looks through."""
        return len(self.best.data) > READABLE_SIZE

    def take(self, data: bytes) -> bool:
        """Go on with these bytes, if they fail in the same way and have not been tried."""
        if data in self._seen or self.is_over():
            return False
        self._seen.add(data)
        self.attempts += 1
        found = again(self._target, self.best, data)
        if found is None:
            return False
        self.best = found
        return True

    def move(self) -> None:
        """To the place where everything is 0, if the format has places."""
        entry = self._target.format
        if not entry.layout.seed or self.best.place == Place():
            return
        here = self._target.at(Place())
        data = moved(entry, self.best.data, self.seed, here.seed)
        found = again(here, replace(self.best, place=Place()), data)
        if found is not None:
            self.best = found

    # --- as a frame and what was done to it ---------------------------------------------------------------------------

    def shrink_told(self) -> None:
        """Make the frame and the script simpler, as long as anything of it succeeds."""
        told = self.told()
        while told is not None and not self.is_over():
            simpler = self.first(self.simpler(told))
            if simpler is None:
                return
            told = simpler

    def told(self) -> Told | None:
        """The input as a frame and a script that fail in the same way, or None where no such frame is found."""
        entry, data = self._target.format, self.best.data
        base = base_of(entry, data, self.seed)
        if base is None:
            return None
        value, frame = base
        told = Told(value, script_between(entry, frame, data, self.seed))
        made = self.encoded(told)
        if made == data:
            return told
        return told if made is not None and self.take(made) else None

    def encoded(self, told: Told) -> bytes | None:
        """The bytes, or None where the value has no encoding."""
        self.encodings += 1
        entry = self._target.format
        try:
            frame = entry.oracle.encode(told.value, self.seed)
        except (ValueRefused, OverflowError):
            return None
        return told.script.applied(entry, frame, self.seed)

    def first(self, candidates: Iterator[Told]) -> Told | None:
        """The first that fails in the same way; all simpler ones of that kind are then looked for anew."""
        begun = self.encodings
        for told in candidates:
            if self.is_over() or (self.is_large() and self.encodings - begun > PATIENCE):
                return None
            if (key := (repr(told.value), told.script)) in self._told:
                continue
            self._told.add(key)
            data = self.encoded(told)
            if data is not None and self.take(data):
                return told
        return None

    def simpler(self, told: Told) -> Iterator[Told]:
        """Everything that is simpler by one step, what saves most first."""
        script, root = told.script, self._target.format.layout.root
        for value, drop in shorter(told.value):
            names = drop.names | derived_names(told.value, drop.scope, script)
            yield Told(value, script.without(drop.scope, names, drop.first, drop.count))
        for index in range(len(script.edits)):
            yield Told(told.value, replace(script, edits=script.edits[:index] + script.edits[index + 1 :]))
        for one in sorted(script.stale, key=str):
            yield Told(told.value, replace(script, stale=script.stale - {one}))
            if one.way != "bit":
                yield Told(told.value, replace(script, stale=script.stale - {one} | {Stale(one.path)}))
        for simpler in script.simpler_gaps():
            yield Told(told.value, simpler)
        for value in lesser(root, told.value):
            yield Told(value, script)
        yield from self.simpler_edits(told)

    def simpler_edits(self, told: Told) -> Iterator[Told]:
        """The same with a field changed in a way that is easier to read."""
        entry, script = self._target.format, told.script
        if not script.edits:
            return
        spots = {spot.path: spot for spot in leaves(entry, entry.oracle.encode(told.value, self.seed), self.seed)}
        for index, edit in enumerate(script.edits):
            for form in edit.simpler(spots[edit.path]) if edit.path in spots else ():
                edits = (*script.edits[:index], form, *script.edits[index + 1 :])
                yield Told(told.value, replace(script, edits=edits))

    def look_elsewhere(self) -> bool:
        """Once: take the first small input that fails in the same way, where the best one is still large."""
        if self._looked or not self.is_large():
            return False
        self._looked = True
        inputs = islice(small_inputs(self._target.at(self.best.place)), ELSEWHERE_MAXIMUM)
        return any(self.take(data) for data in inputs if len(data) < len(self.best.data))

    # --- as bytes -----------------------------------------------------------------------------------------------------

    def shrink_bytes(self) -> None:
        """Leave bytes out, then make them zero: many at a time, then one by one."""
        self.by_pieces(lambda data, start, end: data[:start] + data[end:])
        self.by_pieces(lambda data, start, end: data[:start] + bytes(end - start) + data[end:])

    def by_pieces(self, change: Callable[[bytes, int, int], bytes]) -> None:
        """Change pieces, from the end: of half the size of all, then of ever smaller ones; with checksums made again,
        then with those that there were. What is inside a checksum follows from the rest."""
        oracle = self._target.format.oracle
        known, sums = b"", list[tuple[int, int]]()
        stale: frozenset[Stale] = frozenset()
        size = max(1, len(self.best.data) // 2)
        while size:
            end = len(self.best.data)
            while end > 0 and not self.is_over():
                data = self.best.data
                if data != known:
                    known, stale = data, stale_checksums(oracle, data, self.seed)
                    sums = [(one.start, one.end) for one in checksums_by_path(oracle, data).values()]
                start = max(0, end - size)
                smaller = change(data, start, end)
                inside = any(first <= start and end <= last for first, last in sums)
                if smaller != data and not inside and not self.take(sealed_except(oracle, smaller, self.seed, stale)):
                    self.take(smaller)
                end = start
            size //= 2


def derived_names(value: Any, scope: tuple[str | int, ...], script: Script) -> frozenset[str]:
    """The arrays of a struct that are in a script and in no value, because they follow from others."""
    for part in scope:
        value = value[part]
    paths = [edit.path for edit in script.edits] + [one.path for one in script.stale]
    paths += [script.gap.path] if script.gap is not None else []
    names = {path[len(scope)] for path in paths if path[: len(scope)] == scope and len(path) > len(scope) + 1}
    return frozenset(str(name) for name in names if name not in value)
