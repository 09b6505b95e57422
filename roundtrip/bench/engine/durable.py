"""Durable puts: one thread in turns with the file system's own sync, then eight threads at once."""

from __future__ import annotations

import threading
from statistics import fmean, median
from time import perf_counter
from typing import Final

from .floor import Floor
from .operations import Measured, Task, WrongAnswer
from .peer import Engine
from .workload import KEY_SIZE, key_at, key_bytes, pool

THREADS: Final = 8
#: Puts and plain appends take turns in so many blocks.
BLOCKS: Final = 12
WARM_PUTS: Final = 4
#: Levels of sync that a durable put of ours waits for: {data, superblock}, {run, superblock}, {metadata, superblock}.
LEVELS: Final = 3
#: What stands beside each value in one of our chunks: header, key and tag.
FRAMING_BYTES: Final = 41 + 16 + 8
FILE_SYSTEM: Final = "file system"


def measure_put_durable(task: Task) -> list[Measured]:
    """Durable puts, and the sync that they are held against."""
    alone = task.volume.durable_count(task.size)
    together = 2 * alone // THREADS * THREADS
    keys = key_bytes(task.seed, WARM_PUTS + alone + together)
    values = pool(task.seed, task.size, len(keys) // KEY_SIZE)
    store = task.open(task.volume.room(task.size, durable=True))
    put = store.put_durable
    for index in range(WARM_PUTS):
        put(key_at(keys, index), values[index])
    single, floor, levels = take_turns(task, store, keys, values)
    first = WARM_PUTS + alone
    wall = put_together(store, keys, values, range(first, first + together))
    for index in range(0, first + together, max(1, together // 20)):
        if store.get(key_at(keys, index)) != values[index % len(values)]:
            raise WrongAnswer(f"key {key_at(keys, index).hex()} has another value than the one that was put")
    store.close()
    sync = median(floor)
    facts = {
        "fdatasync_microseconds": sync * 1e6,
        "syncs": median(single) / sync,
        "share_of_levels": median(single) / (LEVELS * sync),
    }
    if levels is not None:
        facts["levels"] = levels
    return [
        Measured("put_durable", task.size, median(single) * 1e6, facts),
        Measured(f"put_durable_{THREADS}", task.size, wall / together * 1e6, {"gain": fmean(single) * together / wall}),
        Measured("fdatasync", task.size, sync * 1e6, engine=FILE_SYSTEM),
    ]


def take_turns(
    task: Task, store: Engine, keys: bytes, values: list[bytes]
) -> tuple[list[float], list[float], float | None]:
    """Seconds of each durable put and of each plain append, in turns; and the levels of sync of one put."""
    put, alone = store.put_durable, task.volume.durable_count(task.size)
    per_block = max(1, alone // BLOCKS)
    single: list[float] = []
    floor: list[float] = []
    before = store.levels()
    with Floor(task.folder / "floor", size=task.size + FRAMING_BYTES) as file:
        while len(single) < alone:
            floor += [file.append() for _ in range(per_block)]
            for _ in range(per_block):
                index = WARM_PUTS + len(single)
                key, value = key_at(keys, index), values[index % len(values)]
                began = perf_counter()
                put(key, value)
                single.append(perf_counter() - began)
                if len(single) == alone:
                    break
    after = store.levels()
    return single, floor, None if before is None or after is None else (after - before) / alone


def put_together(store: Engine, keys: bytes, values: list[bytes], indexes: range) -> float:
    """Seconds until eight threads have put these keys, each its share."""
    put = store.put_durable
    barrier = threading.Barrier(THREADS + 1)
    failures: list[BaseException] = []

    def work(share: range) -> None:
        barrier.wait()
        try:
            for index in share:
                put(key_at(keys, index), values[index % len(values)])
        except BaseException as error:  # noqa: BLE001  # it is raised again in the thread that waits
            failures.append(error)

    workers = [threading.Thread(target=work, args=(indexes[number::THREADS],)) for number in range(THREADS)]
    for worker in workers:
        worker.start()
    barrier.wait()
    began = perf_counter()
    for worker in workers:
        worker.join()
    wall = perf_counter() - began
    if failures:
        raise failures[0]
    return wall
