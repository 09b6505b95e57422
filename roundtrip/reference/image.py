"""What a disk says, as plain values: the answer of the reference store, and its two ways to say no.

NoStore: the bytes are no store, or one that only a newer reader understands. Rotten: the store is there, and one frame
that something persistent names is not whole; everything else is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

# extent, offset in it, length, both in bytes -> exactly so many bytes; zeros where nothing was ever written
Read = Callable[[int, int, int], bytes]


class NoStore(Exception):
    """The bytes are no store that can be read.

    `rule` is one of: `extents` (too few, or not as many as the superblock says), `magic` (no root extent begins with a
    whole header), `version` (they begin with one of another version), `extent_size`, `superblock` and `tree_metadata`
    (no record), `incompatible` (a feature is in use that nobody may overlook).
    """

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(rule, detail)
        self.rule = rule
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


class Locator(NamedTuple):
    """Where a chunk is: what a data page or tree metadata says of it. `length` and `checksum` are of the payload."""

    extent: int
    generation: int
    offset: int
    length: int
    checksum: int


class Rotten(NamedTuple):
    """A named frame that is not whole, or a copy of a root record.

    `rule` is one of the decoders' rules, or: `life` (the extent is in another life than the name says), `owner` (the
    extent is not for such chunks), `pointer` (the frame goes beyond the write pointer), `identity` (a whole frame, but
    not the named one), `contradiction` (whole, but at odds with another whole frame), `missing` (a record that the
    superblock knows of), `undeclared` (of a version that the superblock's features do not announce),
    `value_checksum` (whole, but with the parts before it not the value that it belongs to). `key` is the shard that
    is hurt, where it is one.
    """

    structure: str
    extent: int
    generation: int
    offset: int
    rule: str
    key: bytes | None = None


class Frame(NamedTuple):
    """A named frame: `offset` and `size` are bytes in the extent."""

    structure: str
    extent: int
    offset: int
    size: int


class ExtentState(NamedTuple):
    """What the superblock says of an extent; `pointer` is the write pointer in bytes."""

    owner: str
    generation: int
    pointer: int


class Run(NamedTuple):
    """A sorted run that tree metadata names."""

    number: int
    level: int
    chunks: tuple[Locator, ...]


@dataclass(frozen=True, slots=True)
class StoreImage:
    """All that a disk says.

    `values`: every key whose newest entry is known and whose value is whole. `unreadable`: keys that are known, but
    whose value, or newest entry, is not, each with what is in the way. Keys that stand only on a rotten page of the
    index are in neither. `rotten`: all named frames that are not whole. `torn`: copies of the newest root records that
    are not whole, which a crash explains. `is_clean`: the store was closed, and both copies of the superblock say so.
    `extents`: what the superblock says, by number. `runs`: newest first. `named`: every frame that is named, rotten
    ones included. `masks`: compatible, read-only compatible and incompatible features. `root_ends`: how far the records
    of each root extent go, in bytes; dead chains have an end, too, so it is left out of comparisons.
    """

    disk: bytes
    extent_count: int
    extent_size_bytes: int
    page_size_bytes: int
    masks: tuple[int, int, int]
    superblock_sequence: int
    metadata_sequence: int
    next_run: int
    is_clean: bool
    extents: dict[int, ExtentState]
    runs: tuple[Run, ...]
    values: dict[bytes, bytes]
    unreadable: dict[bytes, Rotten]
    rotten: tuple[Rotten, ...]
    torn: tuple[Rotten, ...]
    named: tuple[Frame, ...]
    root_ends: dict[int, int] = field(compare=False)
