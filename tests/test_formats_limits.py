"""Every maximum of our formats is reached by a real frame, and the filter is the one that is documented."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from corpus.samples import SAMPLES
from corpus.samples.lsm_data_v2 import MOST
from corpus.samples.lsm_filter import FRUIT
from formats import lsm_page
from formats.catalog import CATALOG
from formats.description.rulebook import limits_of
from formats.errors import ValueRefused
from roundtrip import reference
from roundtrip.reference.lsm_page import filter_may_hold

LOCATORS = ("extents", "generations", "offsets", "lengths", "checksums")


def shortest_keys(count: int) -> tuple[bytes, ...]:
    """So many distinct keys in order, in as few bytes as there can be."""
    one_byte = [bytes([number]) for number in range(256)]
    two_bytes = [number.to_bytes(2, "big") for number in range(count - 256)]
    return tuple(sorted(one_byte + two_bytes))


def locators(count: int) -> dict[str, Any]:
    """Columns of so many locators."""
    return {name: tuple(range(count)) for name in LOCATORS}


def superblock() -> dict[str, Any]:
    """A full record of as many extents as a disk can have."""
    numbers = tuple(range(65536))
    masks = dict.fromkeys(("compatible", "read_only_compatible", "incompatible"), 0)
    entries = {"extents": numbers, "generations": numbers, "write_pointers": numbers, "owners": ("free",) * 65536}
    return {"record": "full", "flags": 0, "sequence": 1, **masks, "extent_count": 65536, "entries": entries}


def tree_metadata() -> dict[str, Any]:
    """A record that adds and removes as many runs as a tree can have, in as many chunks."""
    runs = tuple(range(4096))
    added = {"added": runs, "levels": (0,) * 4096, "chunk_ends": (*range(1, 4096), 65536)}
    changes = {**added, **locators(65536), "removed": runs}
    return {"record": "delta", "sequence": 1, "next_run": 4096, "changes": changes}


def data_page(keys: Iterable[bytes], locator_count: int) -> dict[str, Any]:
    """A page whose first key has all the locators."""
    names = tuple(keys)
    return {"entries": {"locator_ends": (locator_count,) * len(names), **locators(locator_count), "keys": names}}


def values_of(value: dict[str, Any]) -> tuple[Any, ...]:
    """The values of a frame as nested tuples, in the order of fields."""
    return tuple(values_of(item) if isinstance(item, dict) else item for item in value.values())


def index_page() -> dict[str, Any]:
    """As many data pages as there can be, and keys that fill the longest index to its last byte."""
    count, heap = 65536, 2**24 - 32 - 65536 * 12
    fill = heap - 244 * (count - 1)
    keys = [number.to_bytes(2, "big") + bytes(242) for number in range(count)]
    keys[-1] = keys[-1][:2] + bytes(fill - 2)
    return {"entries": {"page_offsets": tuple(range(count)), "page_lengths": (0,) * count, "keys": tuple(keys)}}


#: What a name stands for, the format, and a value of it at one or more of its maxima.
LARGEST: dict[str, tuple[str, dict[str, Any]]] = {
    "every extent of the largest disk": ("superblock", superblock()),
    "every run and chunk of the largest tree": ("tree_metadata", tree_metadata()),
    "as many keys as a page may hold": ("lsm_page.data", data_page(shortest_keys(8192), 0)),
    "as many locators as a page may hold": ("lsm_page.data", data_page([b"k"], 3274)),
    "the longest page": ("lsm_page.data", data_page([b"k" * 4096, b"l" * (65504 - 2 * 4 - 4096 - 3069 * 20)], 3069)),
    "as many keys as a page of version 2 may hold": ("lsm_page.data@2", data_page(shortest_keys(8192), 0)),
    "as many locators as a page of version 2 may hold": ("lsm_page.data@2", data_page([b"k"], 3274)),
    "as many pages as a run can have": ("lsm_page.index", index_page()),
    "the largest filter": ("lsm_page.filter", {"probes": 16, "entries": {"words": (2**64 - 1,) * 2**20}}),
    "the longest key": ("chunk", dict(SAMPLES["chunk", 1].golden[0].value, key=b"k" * 4096)),
}


@pytest.fixture(scope="module")
def frames() -> dict[str, tuple[str, bytes]]:
    return {
        what: (name, CATALOG.labelled(name).codec.module.encode_tuple(*values_of(value), seed=7))
        for what, (name, value) in LARGEST.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("what", LARGEST)
def test_largest_frame_is_read_by_every_lane(frames: dict[str, tuple[str, bytes]], what: str) -> None:
    (name, data), (_, value) = frames[what], LARGEST[what]
    entry = CATALOG.labelled(name)
    assert entry.codec.plain(entry.codec.decode(data, 7)) == value
    assert reference.DECODERS[name](data, 7) == value
    assert entry.oracle.decode(data, 7) == value


def test_every_maximum_is_reached_by_a_real_frame(frames: dict[str, tuple[str, bytes]]) -> None:
    """All but one: 256 MiB of payload are more than a test should make, so that header stands alone."""
    samples = [
        (entry.label, entry.oracle.encode(dict(one.value), 7))
        for entry in CATALOG
        for one in SAMPLES[entry.name, entry.version].golden
    ]
    reached = {("lsm_page.data@2", "entries.keys", sum(map(len, MOST["entries"]["keys"])))}
    for name, data in [*frames.values(), *samples]:
        module = CATALOG.labelled(name).codec.module
        fields = module.Header(*module.probe_header(data, 7))._asdict()
        reached |= {(name, field, value) for field, value in fields.items()}
    for label, more in (("chunk", ()), ("chunk@2", (0,))):
        module = CATALOG.labelled(label).codec.module
        header = module.encode_header("shard", 1, 0, bytes(16), 2**28 - 4096, 0, 0, *more)
        reached.add((label, "payload_length", module.Header(*module.probe_header(header)).payload_length))
    for entry in CATALOG:
        for limit in limits_of(entry.layout):
            if "[" not in limit.path:
                assert (entry.label, limit.path, number(limit.maximum)) in reached


def golden(name: str) -> tuple[Any, ...]:
    return SAMPLES[name, 1].golden


def number(text: str) -> int:
    """A maximum as the documents state it: `65536`, `2^28 - 4096`."""
    base, _, less = text.partition(" - ")
    stem, _, power = base.partition("^")
    value: int = int(stem) ** int(power or 1)
    return value - int(less or 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lsm_page.data", data_page([b"k"], 3275)),
        ("lsm_page.data", data_page([b"k" * 4096], 3071)),
        ("lsm_page.data", data_page(shortest_keys(8193), 0)),
    ],
    ids=["locators", "locators under the longest key", "keys"],
)
def test_one_more_than_a_page_holds_is_refused(name: str, value: dict[str, Any]) -> None:
    with pytest.raises(ValueRefused):
        CATALOG.labelled(name).oracle.encode(value)


def test_page_holds_the_longest_key_of_a_value_of_5_gib_in_parts_of_2_mib() -> None:
    assert lsm_page.VALUE_LOCATOR_COUNT == 2560
    data = CATALOG["lsm_page.data@1"].oracle.encode(data_page([b"k" * 4096], lsm_page.VALUE_LOCATOR_COUNT))
    assert len(data) <= lsm_page.DATA_PAGE_SIZE_MAXIMUM == 65536


# --- the filter ------------------------------------------------------------------------------------------------------


def words_of(keys: Iterable[bytes], *, word_count: int, probes: int) -> tuple[int, ...]:
    """The words of a filter, as the documentation of `lsm_page` says it."""
    words = [0] * word_count
    for key in keys:
        h = reference.crc32c(key)
        d = h & 4095
        for i in range(probes):
            words[(h * word_count) >> 32] |= 1 << ((d & 63) + i * (2 * (d >> 6) + 1) & 63)
    return tuple(words)


def test_golden_filter_has_the_words_that_follow_from_its_keys() -> None:
    value = golden("lsm_page.filter")[0].value
    assert value["entries"]["words"] == words_of(FRUIT, word_count=8, probes=value["probes"])


def test_reference_finds_the_keys_of_the_golden_filter_and_no_vegetables() -> None:
    value = dict(golden("lsm_page.filter")[0].value)
    assert all(filter_may_hold(value, key) for key in FRUIT)
    assert not any(filter_may_hold(value, key) for key in (b"artichoke", b"carrot", b"leek", b"", b"\0" * 4096))


def test_no_bit_of_a_word_is_set_twice_for_a_key() -> None:
    """The step is odd, so that 16 probes are 16 bits, whatever the key."""
    for low in range(4096):
        assert len({(low & 63) + i * (2 * (low >> 6) + 1) & 63 for i in range(16)}) == 16


def test_documentation_states_the_algorithm_of_the_filter() -> None:
    text = lsm_page.__doc__ or ""
    for line in ("(h * word_count) >> 32", "d & 63", "2 * (d >> 6) + 1", "(first + i * step) & 63"):
        assert line in text
