"""The values that are measured: one realistic record of each of our formats, drawn from the seed.

A data page holds about what fits 4 KiB: 78 keys of 16 to 24 bytes with one locator each.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Final

from formats.catalog import Catalog, Format
from formats.place import Place

ENTRY_COUNT: Final = 78
EXTENT_COUNT: Final = 64
RUN_COUNT: Final = 12
WORD_COUNT: Final = 512
PAYLOAD_SIZE: Final = 64
#: What the keys of a page of version 2 have in common.
PREFIX: Final = b"directory/"


@dataclass(frozen=True)
class Sample:
    """A value of a format, the seed of its place, and (made once, by the oracle) its bytes and its fast record."""

    format: Format
    plain: Any
    seed: int

    @cached_property
    def data(self) -> bytes:
        """The frame, as the oracle writes it."""
        return self.format.oracle.encode(self.plain, self.seed)

    @cached_property
    def record(self) -> Any:
        """The fast record."""
        return self.format.codec.decode(self.data, self.seed)

    @cached_property
    def values(self) -> Any:
        """The nested tuple of the fast lane."""
        return self.format.codec.probe_tuple(self.data, self.seed)

    @cached_property
    def keys(self) -> tuple[bytes, ...]:
        """The keys of a page that can be searched; empty where it cannot."""
        key_at = getattr(self.format.codec.module, "key_at", None)
        found: list[bytes] = []
        while key_at is not None:
            try:
                found.append(key_at(self.data, len(found)))
            except IndexError:
                break
        return tuple(found)

    @property
    def wanted_key(self) -> bytes:
        """The key that is looked up: one that takes about the usual number of steps."""
        return self.keys[len(self.keys) * 2 // 3]


def samples(catalog: Catalog, seed: int) -> list[Sample]:
    """A sample of each format of ours; the place is drawn from the seed too."""
    chosen = []
    for entry in catalog:
        draw = random.Random(f"{seed} {entry.label}")
        place = Place(draw.randbytes(16), draw.randrange(2**16), draw.randrange(1, 2**10), draw.randrange(2**26), 7)
        context = entry.seed(place)
        assert context is not None
        chosen.append(Sample(entry, VALUES[entry.label](draw), context))
    return chosen


def numbers(draw: random.Random, count: int, limit: int) -> tuple[int, ...]:
    """So many numbers below a limit."""
    return tuple(draw.randrange(limit) for _ in range(count))


def ascending(draw: random.Random, count: int, limit: int) -> tuple[int, ...]:
    """So many different numbers below a limit, ascending."""
    return tuple(sorted(draw.sample(range(limit), count)))


def keys(draw: random.Random, count: int, prefix: bytes = b"") -> tuple[bytes, ...]:
    """So many different keys of 16 to 24 bytes, ascending, which all begin alike."""
    sizes = 16 - len(prefix), 24 - len(prefix)
    return tuple(sorted(prefix + draw.randbytes(draw.randint(*sizes)) for _ in range(count)))


def locators(draw: random.Random, count: int) -> dict[str, Any]:
    """The columns of so many locators."""
    return {
        "extents": numbers(draw, count, 2**16),
        "generations": numbers(draw, count, 2**10),
        "offsets": numbers(draw, count, 2**26),
        "lengths": numbers(draw, count, 2**20),
        "checksums": numbers(draw, count, 2**32),
    }


def extent_header(draw: random.Random) -> dict[str, Any]:
    """An extent of 64 MiB with pages of 4 KiB."""
    return {
        "owner": "data",
        "disk": draw.randbytes(16),
        "extent_size": 2**26,
        "page_size": 4096,
        "generation": draw.randrange(1, 2**10),
    }


def chunk(draw: random.Random) -> dict[str, Any]:
    """A key of 20 bytes and a payload so small that the framing is what costs."""
    return {
        "owner": "shard",
        "uuid": draw.randbytes(16),
        "part": 3,
        "key": draw.randbytes(20),
        "payload": draw.randbytes(PAYLOAD_SIZE),
    }


def chunk_2(draw: random.Random) -> dict[str, Any]:
    """The same in version 2, with the checksum of the whole value."""
    return chunk(draw) | {"value_checksum": draw.getrandbits(64)}


def superblock(draw: random.Random) -> dict[str, Any]:
    """A delta over 64 extents."""
    return {
        "record": "delta",
        "flags": 0,
        "sequence": draw.randrange(1, 2**40),
        "compatible": 0,
        "read_only_compatible": 0,
        "incompatible": 0,
        "extent_count": 4096,
        "entries": {
            "extents": ascending(draw, EXTENT_COUNT, 4096),
            "generations": numbers(draw, EXTENT_COUNT, 2**10),
            "write_pointers": numbers(draw, EXTENT_COUNT, 2**26),
            "owners": tuple(draw.choice(("free", "data", "data", "index")) for _ in range(EXTENT_COUNT)),
        },
    }


def tree_metadata(draw: random.Random) -> dict[str, Any]:
    """Twelve runs added, of one or two chunks each, and eight removed."""
    ends = tuple(accumulate(draw.randint(1, 2) for _ in range(RUN_COUNT)))
    return {
        "record": "full",
        "sequence": draw.randrange(1, 2**40),
        "next_run": 5000,
        "changes": {
            "added": ascending(draw, RUN_COUNT, 5000),
            "levels": numbers(draw, RUN_COUNT, 4),
            "chunk_ends": ends,
            **locators(draw, ends[-1]),
            "removed": ascending(draw, 8, 5000),
        },
    }


def data_page(draw: random.Random, count: int = ENTRY_COUNT, prefix: bytes = b"") -> dict[str, Any]:
    """Keys with one locator each."""
    columns = {"locator_ends": tuple(range(1, count + 1)), **locators(draw, count), "keys": keys(draw, count, prefix)}
    return {"entries": columns}


def data_page_2(draw: random.Random, count: int = ENTRY_COUNT) -> dict[str, Any]:
    """Keys of the same sizes that begin alike, for version 2."""
    return data_page(draw, count, PREFIX)


def index_page(draw: random.Random, count: int = ENTRY_COUNT) -> dict[str, Any]:
    """The last keys of so many data pages of 4 KiB."""
    offsets = tuple(4096 * page for page in range(count))
    return {
        "entries": {
            "page_offsets": offsets,
            "page_lengths": numbers(draw, count, 4096),
            "keys": keys(draw, count),
        }
    }


def filter_page(draw: random.Random) -> dict[str, Any]:
    """A filter of 4 KiB."""
    return {"probes": 6, "entries": {"words": numbers(draw, WORD_COUNT, 2**64)}}


def footer(draw: random.Random) -> dict[str, Any]:
    """The footer of a run of about 2 MiB."""
    return {
        "run": 7,
        "entry_count": 40_000,
        "tombstone_count": draw.randrange(1000),
        "index_offset": 2**21,
        "index_length": 16_384,
        "filter_offset": 2**21 + 16_384,
        "filter_length": 4128,
    }


#: Draws the plain value of a format, by its label.
VALUES: Final[dict[str, Callable[[random.Random], dict[str, Any]]]] = {
    "extent_header": extent_header,
    "chunk": chunk,
    "chunk@2": chunk_2,
    "superblock": superblock,
    "tree_metadata": tree_metadata,
    "lsm_page.data": data_page,
    "lsm_page.data@2": data_page_2,
    "lsm_page.index": index_page,
    "lsm_page.filter": filter_page,
    "lsm_page.footer": footer,
}
