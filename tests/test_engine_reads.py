"""What reads keep in memory answers as the runs on disk do, and forgets what was reset."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import pytest

from engine.bloom import PROBES, Filter, build
from engine.cache import FOUND_BYTES, FOUND_KEY_MAXIMUM, FoundEntries, PageCache
from engine.compaction import capacity, likely_bytes, most_bytes, plan, plan_full
from engine.data_page import DataPage, find_once, least_bytes
from engine.locator import Entry
from engine.memtable import Memtable, entry_bytes
from engine.merging import merge
from engine.run_writer import RunWriter
from engine.victims import Candidate, choose

LOCATOR = (9, 1, 64, 100, 7)


def decoded(entries: dict[bytes, Entry]) -> Any:
    """A page as it comes out of the codec."""
    ends, end = [], 0
    for entry in entries.values():
        end += len(entry)
        ends.append(end)
    rows = [locator for entry in entries.values() for locator in entry]
    columns = tuple(zip(*rows, strict=True)) if rows else ((),) * 5
    return ((tuple(ends), *columns, tuple(entries)),)


def page(entries: dict[bytes, Entry]) -> DataPage:
    """A page in memory."""
    return DataPage(decoded(entries))


@pytest.mark.parametrize("length", [0, 1, 2, 3, 16], ids=lambda length: f"keys of {length or 'any'} bytes")
@pytest.mark.parametrize("alphabet", [2, 256])
def test_a_page_finds_what_a_dictionary_has(length: int, alphabet: int, seed: int) -> None:
    """Few letters: keys begin inside one another all the time."""
    draw = random.Random(f"{seed} {length} {alphabet}")

    def key() -> bytes:
        return bytes(draw.randrange(alphabet) for _ in range(length or draw.randint(1, 4)))

    for _ in range(200):
        keys = sorted({key() for _ in range(draw.randint(1, 60))})
        most = draw.choice([1, 1, 3])
        entries: dict[bytes, Entry] = {
            one: tuple(
                (draw.randrange(9), 1, draw.randrange(2**31), 5, draw.randrange(2**32))
                for _ in range(1 if most == 1 else draw.randrange(most))
            )
            for one in keys
        }
        values, found = decoded(entries), page(entries)
        assert least_bytes(values) <= found.size_bytes
        for wanted in [*keys, *(key() for _ in range(30)), b"", b"\0" * 20, keys[0] + b"\0"]:
            assert found.find(wanted) == find_once(values, wanted) == entries.get(wanted)


def test_found_entries_stay_within_their_bound_and_start_over() -> None:
    found = FoundEntries(10 * FOUND_BYTES)
    for number in range(10):
        found.add(b"%d" % number, (LOCATOR,))
    assert len(found) == 10
    found.add(b"more", (LOCATOR,))
    assert b"more" not in found
    for _ in range(10):
        found.add(b"more", (LOCATOR,))
    assert len(found) == 0
    found.add(b"x" * (FOUND_KEY_MAXIMUM + 1), (LOCATOR,))
    found.add(b"parts", (LOCATOR, LOCATOR))
    assert len(found) == 0
    FoundEntries(0).add(b"key", (LOCATOR,))


def test_a_reset_takes_an_extents_pages_out_of_the_cache() -> None:
    kept = page({b"key": (LOCATOR,)})
    cache = PageCache(3 * kept.size_bytes)
    for extent, place in ((8, 1), (8, 2), (9, 1)):
        cache.add(extent, place, kept)
    assert cache.used_bytes == 3 * kept.size_bytes
    cache.drain(8)
    assert (cache.get(8, 1), cache.get(8, 2), cache.get(9, 1)) == (None, None, kept)
    assert cache.used_bytes == kept.size_bytes
    for place in range(5):
        cache.add(10, place, kept)
    assert cache.used_bytes <= cache.limit_bytes
    assert cache.get(9, 1) is None


def test_a_filter_has_no_false_negative_and_few_false_positives(seed: int) -> None:
    draw = random.Random(seed)
    hashes = [draw.randrange(2**32) for _ in range(20_000)]
    asked = Filter(build(hashes), PROBES)
    assert all(asked.may_contain(one) for one in hashes)
    assert sum(asked.may_contain(draw.randrange(2**32)) for _ in range(20_000)) < 20_000 * 0.04


def test_merging_keeps_the_newest_entry_and_drops_tombstones_only_at_the_bottom() -> None:
    newer: list[tuple[list[bytes], list[Entry]]] = [([b"a", b"c"], [(), ((1, 1, 1, 1, 1),)])]
    older: list[tuple[list[bytes], list[Entry]]] = [([b"a", b"b"], [(LOCATOR,), (LOCATOR,)]), ([b"c"], [(LOCATOR,)])]

    def merged(*, drop: bool) -> dict[bytes, Entry]:
        pairs: dict[bytes, Entry] = {}
        for keys, entries in merge([iter(newer), iter(older)], drop_tombstones=drop):
            pairs.update(zip(keys, entries, strict=True))
        return pairs

    assert merged(drop=False) == {b"a": (), b"b": (LOCATOR,), b"c": ((1, 1, 1, 1, 1),)}
    assert merged(drop=True) == {b"b": (LOCATOR,), b"c": ((1, 1, 1, 1, 1),)}


class Facts(NamedTuple):
    """A run, as far as compaction asks."""

    number: int
    level: int
    entry_count: int
    size_bytes: int


def facts(*levels: tuple[int, int]) -> list[Facts]:
    """Runs, newest first, by level and entries; an entry takes ten bytes."""
    return [Facts(100 - place, level, entries, 10 * entries) for place, (level, entries) in enumerate(levels)]


def test_compaction_waits_for_enough_runs_and_longer_while_they_are_small() -> None:
    assert plan(facts(*[(0, 1000)] * 3), 4) is None
    assert plan(facts(*[(0, 1000)] * 4), 4) is not None
    assert plan(facts(*[(0, 10)] * 15), 4, small_entries=200) is None
    assert plan(facts(*[(0, 10)] * 16), 4, small_entries=200) is not None
    assert plan_full([], 4) is None


def test_compaction_goes_as_deep_as_it_must_and_no_deeper() -> None:
    runs = facts(*[(0, 4)] * 4, (2, 40), (3, 200))
    chosen = plan(runs, 4)
    assert chosen is not None
    assert (set(chosen.inputs), chosen.target_level, chosen.drop_tombstones) == ({100, 99, 98, 97}, 1, False)
    deep = facts(*[(0, 16)] * 4, (2, 40), (3, 100))
    chosen = plan(deep, 4)
    assert chosen is not None
    assert (chosen.target_level, chosen.drop_tombstones) == (3, True)
    assert sum(run.entry_count for run in deep if run.number in chosen.inputs) <= capacity(3, 4)


def test_the_likely_size_of_a_merge_is_that_of_the_largest_run_and_little_more() -> None:
    runs = facts((0, 40), (0, 40), (3, 1000))
    assert (most_bytes(runs), likely_bytes(runs), likely_bytes([])) == (10_800, 10_200, 0)


def test_victims_are_those_with_the_least_alive_and_enough_dead() -> None:
    small_and_whole, worn, half, new = (
        Candidate(*one) for one in ((1, 10, 10), (2, 30, 100), (3, 50, 100), (4, 99, 100))
    )
    candidates = [new, half, small_and_whole, worn]
    assert choose(candidates, room_bytes=1000, most=8) == [2, 3, 4]
    assert choose(candidates, room_bytes=1000, most=8, gain_bytes=10) == [2, 3]
    assert choose(candidates, room_bytes=1000, most=1) == [2]
    assert choose(candidates, room_bytes=79, most=8) == [2]


@pytest.mark.parametrize("key_length", [1, 16, 200, 256, 257, 1000, 4096])
@pytest.mark.parametrize("parts", [0, 1, 5])
def test_a_memtable_never_becomes_a_larger_run_than_it_says(key_length: int, parts: int) -> None:
    budget = 100_000
    memtable = Memtable(None, 1000, budget)  # type: ignore[arg-type]  # nothing here asks for the update
    number = 0
    while not memtable.is_full():
        key = number.to_bytes(2, "big").rjust(key_length, b"k")[-key_length:]
        entry = (LOCATOR,) * parts
        if len(key) > memtable.longest_key or len(entry) > 1:
            memtable.weigh(len(key), len(entry))
        memtable.entries[key] = entry
        number += 1
        if key_length == 1 and number > 200:
            break
    writer = RunWriter(b"u" * 16, 1)
    keys = sorted(memtable.entries)
    pages = writer.add(keys, [memtable.entries[key] for key in keys]) + writer.finish()
    size = sum(map(len, pages))
    assert size <= memtable.run_bytes()
    assert size <= budget + entry_bytes(key_length) + 20 * parts + 512
