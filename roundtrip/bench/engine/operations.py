"""The operations that are measured, each on a store of its own.

put          put           N single puts, and draining: no work is left in the background, no sync
             put_accepted  the same without the draining: until the last call returns
             put_settled   the same with the draining, and a flush with a sync
put_batch    put_batch, put_batch_accepted, put_batch_settled   the same in batches
put_durable  put_durable   the median of single durable puts, in turns with appends to a plain file (`fdatasync`)
             put_durable_8 eight threads at once: the time of all over the number of puts
read         reopen        open a settled, closed store, until the first get is answered
             get           random gets, after every value was read once
             scan, scan_values   all keys in order; all keys with their values
overwrite    overwrite     random keys of a disk 70 % full, until four times its capacity is written, and draining
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Final

from .meter import Meter, forget_peak, space_bytes
from .peer import Engine, Room
from .workload import (
    KEY_SIZE,
    Volume,
    batch_size,
    chosen_keys,
    cut,
    drawn,
    key_at,
    key_bytes,
    pairs,
    pool,
)

#: Gets that are compared with what was put, outside of what is measured.
CHECKED_GETS: Final = 50


@dataclass(frozen=True)
class Measured:
    """One figure. facts: what goes with it; engine: None for that of the task; keys: in the store, where it grows."""

    operation: str
    value_size: int
    microseconds: float
    facts: dict[str, float] = field(default_factory=dict)
    engine: str | None = None
    keys: int | None = None


@dataclass(frozen=True)
class Task:
    """One operation of one engine on values of one size. start: opens the engine's store in the folder."""

    start: Callable[[Path, Room], Engine]
    folder: Path
    size: int
    volume: Volume
    seed: int

    def open(self, room: Room) -> Engine:
        """The store."""
        return self.start(self.folder / "store", room)

    def space(self) -> int:
        """Bytes of disk that the store takes."""
        return space_bytes(self.folder / "store")


class WrongAnswer(Exception):
    """An engine answered something else than what was put."""


def measure_put(task: Task) -> list[Measured]:
    """Single puts, not durable."""
    return measure_filling(task, "put", put_singly)


def measure_put_batch(task: Task) -> list[Measured]:
    """Puts in batches, not durable."""
    return measure_filling(task, "put_batch", put_in_batches)


def put_singly(store: Engine, keys: bytes, values: list[bytes]) -> None:
    """Put every key, one by one."""
    put = store.put
    for (key,), value in zip(cut(keys), cycle(values), strict=False):
        put(key, value)


def put_in_batches(store: Engine, keys: bytes, values: list[bytes]) -> None:
    """Put every key, as many at once as a batch takes."""
    size, left = batch_size(len(values[0])), pairs(keys, values)
    while batch := list(islice(left, size)):
        store.put_batch(batch)


def measure_filling(task: Task, name: str, fill: Callable[[Engine, bytes, list[bytes]], None]) -> list[Measured]:
    """Fill an empty store: the time until it is drained, and until it is flushed and synced."""
    total = task.volume.key_count(task.size)
    keys, values = key_bytes(task.seed, total), pool(task.seed, task.size, total)
    meter = Meter()
    store = task.open(task.volume.room(task.size))
    began = perf_counter()
    fill(store, keys, values)
    accepted = perf_counter() - began
    store.drain()
    drained = perf_counter() - began
    store.flush()
    settled = perf_counter() - began
    user_bytes = total * (task.size + KEY_SIZE)
    facts = cost_facts(meter, user_bytes)
    store.close()
    facts["space_amplification"] = task.space() / user_bytes
    return [
        Measured(f"{name}_accepted", task.size, accepted / total * 1e6),
        Measured(name, task.size, drained / total * 1e6),
        Measured(f"{name}_settled", task.size, settled / total * 1e6, facts),
    ]


def cost_facts(meter: Meter, user_bytes: int) -> dict[str, float]:
    """Write amplification and memory, as far as the system tells."""
    facts: dict[str, float] = {}
    if (dirtied := meter.dirtied_bytes()) is not None:
        facts["write_amplification"] = dirtied / user_bytes
    if (written := meter.written_bytes()) is not None:
        facts["call_amplification"] = written / user_bytes
    if (grown := meter.grown_bytes()) is not None:
        facts["peak_memory_bytes"] = grown
    return facts


def measure_read(task: Task) -> list[Measured]:
    """Reopen, random gets and scans of a settled store."""
    total, room = task.volume.key_count(task.size), task.volume.room(task.size)
    keys, values = key_bytes(task.seed, total), pool(task.seed, task.size, total)
    meter = Meter()
    store = task.open(room)
    put_in_batches(store, keys, values)
    store.settle()
    store.close()
    space = task.space()
    forget_peak()
    first = key_at(keys, 0)
    reopened = []
    for _ in range(task.volume.reopens):
        began = perf_counter()
        store = task.open(room)
        store.get(first)
        reopened.append(perf_counter() - began)
        if len(reopened) < task.volume.reopens:
            store.close()
    gets = measure_gets(task, store, keys, values, task.volume.get_count(task.size))
    began = perf_counter()
    found = exhaust(store.keys())
    scanned = perf_counter() - began
    began = perf_counter()
    read = exhaust(store.items())
    read_all = perf_counter() - began
    if (found, read) != (total, total):
        raise WrongAnswer(f"scans find {found} and {read} of {total} keys")
    facts = {name: value for name, value in cost_facts(meter, 1).items() if name == "peak_memory_bytes"}
    facts["space_amplification"] = space / (total * (task.size + KEY_SIZE))
    store.close()
    return [
        Measured("reopen", task.size, sorted(reopened)[len(reopened) // 2] * 1e6),
        Measured("get", task.size, gets, facts),
        Measured("scan", task.size, scanned / total * 1e6),
        Measured("scan_values", task.size, read_all / total * 1e6),
    ]


def exhaust(iterator: Iterable[object]) -> int:
    """How many elements an iterator has, by the shortest way through it."""
    numbers = count()
    deque(zip(iterator, numbers, strict=False), maxlen=0)
    return next(numbers)


def measure_gets(task: Task, store: Engine, keys: bytes, values: list[bytes], draws: int) -> float:
    """Microseconds of one random get, every value read once before; some answers are checked."""
    total = len(keys) // KEY_SIZE
    get = store.get
    for (key,) in cut(keys):
        get(key)
    indexes = drawn(task.seed, "gets", total, draws)
    wanted = chosen_keys(keys, indexes)
    began = perf_counter()
    for (key,) in cut(wanted):
        get(key)
    spent = perf_counter() - began
    for index in indexes[:CHECKED_GETS]:
        if get(key_at(keys, index)) != values[index % len(values)]:
            raise WrongAnswer(f"key {key_at(keys, index).hex()} has another value than the one that was put")
    return spent / draws * 1e6


def measure_overwrite(task: Task) -> list[Measured]:
    """Overwrite random keys of a disk that is 70 % full."""
    total, puts = task.volume.turnover_counts(task.size)
    keys, values = key_bytes(task.seed, total), pool(task.seed, task.size, total)
    indexes = drawn(task.seed, "overwrites", total, puts)
    wanted = chosen_keys(keys, indexes)
    newest = {indexes[number]: number for number in range(max(0, puts - 1000), puts)}
    del indexes
    store = task.open(task.volume.turnover_room(task.size))
    put_in_batches(store, keys, values)
    store.flush()
    store.drain()
    meter = Meter()
    spent, latencies = put_timed(store, wanted, values)
    began = perf_counter()
    store.drain()
    spent += perf_counter() - began
    store.flush()
    user_bytes = puts * (task.size + KEY_SIZE)
    facts = {**cost_facts(meter, user_bytes), **latency_facts(latencies), **store.facts()}
    for index, number in list(newest.items())[-CHECKED_GETS:]:
        if store.get(key_at(keys, index)) != values[number % len(values)]:
            raise WrongAnswer(f"key {key_at(keys, index).hex()} has another value than the last that was put")
    store.close()
    facts["space_amplification"] = task.space() / (total * (task.size + KEY_SIZE))
    return [Measured("overwrite", task.size, spent / puts * 1e6, facts)]


def put_timed(store: Engine, keys: bytes, values: list[bytes]) -> tuple[float, array[int]]:
    """Put every key; the seconds of all, and the nanoseconds of each."""
    put, clock, latencies = store.put, perf_counter_ns, array("q")
    note = latencies.append
    began = perf_counter()
    before = clock()
    for (key,), value in zip(cut(keys), cycle(values), strict=False):
        put(key, value)
        now = clock()
        note(now - before)
        before = now
    return perf_counter() - began, latencies


def latency_facts(latencies: array[int]) -> dict[str, float]:
    """The median, the slowest of a thousand, and the slowest, in microseconds."""
    ordered = sorted(latencies)
    last = len(ordered) - 1
    return {
        "p50_microseconds": ordered[last // 2] / 1000,
        "p999_microseconds": ordered[int(last * 0.999)] / 1000,
        "slowest_microseconds": ordered[last] / 1000,
    }
