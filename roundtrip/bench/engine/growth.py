"""How an engine grows: ten thousand to a million keys with values of 100 bytes.

Measured for each number of keys: puts (drained, and flushed), opening the store as the puts left it and after it was
settled, random gets from the settled store, and the peak of resident memory of the whole process.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Final

from .meter import Meter, forget_peak
from .operations import Measured, Task, measure_gets, put_singly
from .peer import Engine, Room
from .workload import KEY_SIZE, MIB, key_at, key_bytes, pool

VALUE_SIZE: Final = 100
KEY_COUNTS: Final = (10_000, 30_000, 100_000, 300_000, 1_000_000)
QUICK_KEY_COUNTS: Final = (100, 1_000)


def measure_growth(task: Task, key_count: int) -> list[Measured]:
    """Everything that is measured with so many keys in the store."""
    keys, values = key_bytes(task.seed, key_count), pool(task.seed, task.size, key_count)
    room = Room(4 * key_count * (task.size + KEY_SIZE) + 128 * MIB, 4 * MIB, task.size)
    meter = Meter()
    store = task.open(room)
    began = perf_counter()
    put_singly(store, keys, values)
    store.drain()
    drained = perf_counter() - began
    store.flush()
    settled = perf_counter() - began
    facts = peak_facts(meter)
    store.close()
    store, as_put = reopened(task, room, keys)
    store.settle()
    store.close()
    forget_peak()
    store, reopen = reopened(task, room, keys)
    draws = max(1, min(100_000, key_count))
    gets = measure_gets(task, store, keys, values, draws)
    get_facts = peak_facts(meter)
    store.close()
    found = [
        Measured("put", task.size, drained / key_count * 1e6),
        Measured("put_settled", task.size, settled / key_count * 1e6, facts),
        Measured("reopen_as_put", task.size, as_put * 1e6),
        Measured("reopen", task.size, reopen * 1e6),
        Measured("get", task.size, gets, get_facts),
    ]
    return [replace(one, keys=key_count) for one in found]


def reopened(task: Task, room: Room, keys: bytes) -> tuple[Engine, float]:
    """The store, opened again, and the seconds until its first get is answered."""
    began = perf_counter()
    store = task.open(room)
    store.get(key_at(keys, 0))
    return store, perf_counter() - began


def peak_facts(meter: Meter) -> dict[str, float]:
    """The peak of resident memory, as far as the system tells."""
    peak = meter.peak_bytes()
    return {} if peak is None else {"resident_bytes": peak}
