"""The exercise: a long mixed run of everything that a store can do, each answer compared with a dictionary.

The operations, their arguments and the values follow from the seed alone. With a store in memory the whole run does,
so a mismatch comes again; on a real disk the store's background thread takes its own course.

It is seen to fail: `tests/test_engine_exercise.py` plants stores that forget, lose deletes, or bring them back.
"""

from __future__ import annotations

import io
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine import Dependency, Store
from engine.errors import DiskFailed, EngineError, StoreFull, StorePoisoned
from engine.extents import RESERVED_COUNT

from .exercise_load import Load, Place, Preset, Value
from .exercise_mirror import Mirror, Mismatch, cost
from .storing.keys import key_text

if TYPE_CHECKING:
    from .commands.output import Progress

#: How much of the disk the living values may take: a store that is fuller may rightly refuse a put.
FILL_MAXIMUM: Final = 0.35
#: Dependencies that are looked at again later.
REMEMBERED: Final = 64
#: Whole mappings that are compared in one run, apart from those after a reopen.
WHOLE_CHECKS: Final = 20


class ExerciseFinding(msgspec.Struct, frozen=True):
    """What went wrong, in words, and the command that repeats it."""

    operation: int
    what: str
    key: str | None
    expected: str
    found: str
    command: str


class ExerciseReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an exercise did. `counts`: operations by kind; `refused`: puts for which there was no room."""

    seed: int
    operations: int
    counts: dict[str, int]
    put_bytes: int
    refused: int
    keys: int
    seconds: float
    finding: ExerciseFinding | None


class Exercise:
    """One exercise. `command` repeats it, up to a number of operations that is filled in."""

    def __init__(self, place: Place, preset: Preset, load: Load, *, seed: int, command: str) -> None:
        self.counts: Counter[str] = Counter()
        self.refused = 0
        self._command = command
        self._seed = seed
        self._random = Random(f"operations {seed}")
        self._load = load
        self._mirror = Mirror(load)
        self._place = place
        self._number = 0
        self._kind = "create"
        ordinary = preset.shape.extent_count - RESERVED_COUNT
        self._live_maximum = int(ordinary * preset.shape.extent_size_bytes * FILL_MAXIMUM)
        self._dependencies: deque[tuple[int, Dependency]] = deque(maxlen=REMEMBERED)
        weighted = self._operations(preset.rare)
        self._kinds = {name: operation for name, _, operation in weighted}
        self._names = [name for name, _, _ in weighted]
        self._weights = [weight for _, weight, _ in weighted]
        self._store: Store

    def _operations(self, rare: int) -> list[tuple[str, int, Callable[[], None]]]:
        """Name, how often in about 10,000, and what it does."""
        return [
            ("put", 3300, self._put),
            ("put_many", 150, self._put_many),
            ("put_stream", 150, self._put_stream),
            ("put_durable", 20, self._put_durable),
            ("delete", 1500, self._delete),
            ("get", 3000, self._get),
            ("contains", 500, self._contains),
            ("size_of", 300, self._size_of),
            ("open_value", 300, self._open_value),
            ("scan", 100, self._scan),
            ("flush", 30, self._flush),
            ("flush_and_wait", 20, self._flush_and_wait),
            ("drain", 20, self._drain),
            ("stats", 20, self._stats),
            ("compact", rare, self._compact),
            ("reclaim", rare, self._reclaim),
            ("scrub", rare, self._scrub),
            ("reopen", rare, self._reopen),
            ("read_only", rare, self._read_only),
        ]

    def run(self, operations: int, *, seconds: float | None = None, progress: Progress | None = None) -> ExerciseReport:
        """So many operations, fewer where the time is over before; then everything is compared, twice.

        Raises `DiskFailed` and `StorePoisoned`, which are the disk's doing, and what keeps the store from being made.
        """
        started = time.monotonic()
        self._store = self._place.create()
        finding: ExerciseFinding | None = None
        try:
            every = max(500, operations // WHOLE_CHECKS)
            for number in range(1, operations + 1):
                self._number = number
                self._kind = self._random.choices(self._names, self._weights)[0]
                self.counts[self._kind] += 1
                self._kinds[self._kind]()
                if number % every == 0:
                    self._kind = f"comparison of everything after {self._kind}"
                    self._mirror.compare_all(self._store)
                if number % 256 == 0:
                    if progress is not None:
                        progress(number, operations, "operations")
                    if seconds is not None and time.monotonic() - started >= seconds:
                        break
            self._kind = "comparison of everything at the end"
            self._mirror.compare_all(self._store)
            self._reopen()
            self._mirror.compare_all(self._store)
            self._store.close()
        except Mismatch as mismatch:
            finding = self._finding(mismatch)
        except (DiskFailed, StorePoisoned):
            raise
        except Exception as error:  # noqa: BLE001  # whatever the store raises is what we are looking for
            finding = self._finding(Mismatch(None, "an answer", described(error)))
        finally:
            self._store.abandon()
        return ExerciseReport(
            seed=self._seed,
            operations=self._number,
            counts=dict(self.counts),
            put_bytes=self._mirror.put_bytes,
            refused=self.refused,
            keys=len(self._mirror.model),
            seconds=round(time.monotonic() - started, 1),
            finding=finding,
        )

    def _finding(self, mismatch: Mismatch) -> ExerciseFinding:
        key = None if mismatch.key is None else key_text(mismatch.key)
        command = f"{self._command} --operations {self._number}"
        return ExerciseFinding(self._number, self._kind, key, mismatch.expected, mismatch.found, command)

    # Choosing.

    def _key(self) -> bytes:
        """A key; some are chosen far more often than others."""
        keys = self._load.keys
        return keys[int(len(keys) * self._random.random() ** 2)]

    def _new_value(self, key: bytes) -> Value | None:
        """A value to put; None where there is enough in the store already, and the key is to be deleted instead."""
        value = self._load.value(self._number, key)
        former = self._mirror.model.get(key)
        grown = cost(key, value) - (0 if former is None else cost(key, former))
        return None if self._mirror.live_bytes + grown > self._live_maximum else value

    def _remember(self, dependency: Dependency) -> None:
        self._dependencies.append((self._number, dependency))

    def _expect_persistent(self) -> None:
        """Everything accepted so far must say that it is persistent."""
        for number, dependency in self._dependencies:
            if not dependency.is_persistent():
                raise Mismatch(None, f"the dependency of operation {number} is persistent", "it says that it is not")

    # Operations that change.

    def _put(self) -> None:
        self._put_as(lambda data: data)

    def _put_stream(self) -> None:
        self._put_as(io.BytesIO)

    def _put_durable(self) -> None:
        dependency = self._put_as(lambda data: data, durable=True)
        if dependency is not None and not dependency.is_persistent():
            raise Mismatch(None, "a durable put is persistent when it returns", "its dependency says that it is not")

    def _put_as(self, form: Callable[[bytes], Any], *, durable: bool = False) -> Dependency | None:
        key = self._key()
        value = self._new_value(key)
        if value is None:
            self._delete_key(key)
            return None
        try:
            dependency = self._store.put(key, form(self._load.bytes_of(value)), durable=durable)
        except StoreFull:
            self._mirror.compare(self._store, key)
            self._refused()
            return None
        self._mirror.learn(key, value)
        self._remember(dependency)
        return dependency

    def _put_many(self) -> None:
        items: dict[bytes, Value] = {}
        for _ in range(self._random.choice((1, 2, 10, 64, 65, 100))):
            key = self._key()
            value = self._load.value(self._number, key)
            if (
                self._mirror.live_bytes + sum(cost(*item) for item in items.items()) + cost(key, value)
                <= self._live_maximum
            ):
                items[key] = value
        try:
            dependency = self._store.put_many([(key, self._load.bytes_of(value)) for key, value in items.items()])
        except StoreFull:
            stored = self._stored_before_refusal(items)
            for key, value in list(items.items())[:stored]:
                self._mirror.learn(key, value)
            self._refused()
            return
        for key, value in items.items():
            self._mirror.learn(key, value)
        self._remember(dependency)

    def _stored_before_refusal(self, items: dict[bytes, Value]) -> int:
        """How many of the items are stored: the first so many, and none behind them."""
        is_new = [self._store.get(key) == self._load.bytes_of(value) for key, value in items.items()]
        stored = is_new.index(False) if False in is_new else len(is_new)
        for key in list(items)[stored:]:
            self._mirror.compare(self._store, key)
        return stored

    def _refused(self) -> None:
        """There was no room: make some, as a user would."""
        self.refused += 1
        for key in self._random.sample(sorted(self._mirror.model), len(self._mirror.model) // 4):
            self._delete_key(key)

    def _delete(self) -> None:
        self._delete_key(self._key())

    def _delete_key(self, key: bytes) -> None:
        self._remember(self._store.delete(key))
        self._mirror.learn(key, None)

    # Operations that change nothing that a user sees.

    def _flush(self) -> None:
        self._remember(self._store.flush())

    def _flush_and_wait(self) -> None:
        self._store.flush().wait()
        self._expect_persistent()

    def _drain(self) -> None:
        self._store.drain()

    def _compact(self) -> None:
        self._remember(self._store.compact())

    def _reclaim(self) -> None:
        self._store.reclaim(self._random.choice((None, 1, 2)))

    def _stats(self) -> None:
        trouble = self._store.stats().trouble
        if trouble is not None:
            raise Mismatch(None, "no trouble in the background", trouble)

    def _scrub(self) -> None:
        report = self._store.scrub()
        if not report.is_clean():
            raise Mismatch(report.damage[0].key, "a clean scrub", "; ".join(map(str, report.damage[:3])))
        if report.keys != len(self._mirror.model):
            raise Mismatch(None, f"a scrub of {len(self._mirror.model)} keys", f"{report.keys} keys")

    def _reopen(self) -> None:
        self._store.close()
        self._expect_persistent()
        self._dependencies.clear()
        self._store = self._place.reopen()
        if self._store.root_damage:
            raise Mismatch(None, "whole roots after a clean close", str(self._store.root_damage[0]))
        self._mirror.compare_keys(self._store)

    def _read_only(self) -> None:
        self._store.close()
        self._dependencies.clear()
        self._store = self._place.reopen(read_only=True)
        self._mirror.compare_keys(self._store)
        for key in self._random.sample(self._load.keys, min(20, len(self._load.keys))):
            self._mirror.compare(self._store, key)
        self._store.close()
        self._store = self._place.reopen()

    # Questions.

    def _get(self) -> None:
        self._mirror.compare(self._store, self._key())

    def _contains(self) -> None:
        key = self._key()
        self._mirror.equal(key, key in self._mirror.model, key in self._store)

    def _size_of(self) -> None:
        key = self._key()
        value = self._mirror.model.get(key)
        self._mirror.equal(key, None if value is None else value.size, self._store.size_of(key))

    def _open_value(self) -> None:
        key = self._key()
        reader = self._store.open_value(key)
        expected = self._mirror.model.get(key)
        if reader is None or expected is None:
            self._mirror.equal(key, expected is not None, reader is not None)
            return
        pieces = []
        while piece := reader.read(self._random.choice((1000, 4096, 100_000))):
            pieces.append(piece)
        self._mirror.equal_value(key, expected, b"".join(pieces))

    def _scan(self) -> None:
        """A range, a prefix, or both."""
        start, end = sorted((self._key(), self._key()))
        shape = self._random.randrange(4)
        prefix = start[: self._random.randint(1, 12)] if shape == 0 else b""
        first, last = (start, end) if shape == 1 else (start, None) if shape == 2 else (b"", None)
        self._mirror.equal_keys(list(self._store.scan(first, last, prefix)), first, last, prefix)


def described(error: Exception) -> str:
    """An exception that nobody expected, and where it was raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    kind = "" if isinstance(error, EngineError) else " (a bug)"
    return f"{type(error).__name__}{kind}: {error} (in {frame.name}, line {frame.lineno})"
