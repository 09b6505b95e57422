"""The roots: which disk this is, and the chain of records of the superblock and of tree metadata.

Nothing refers to a root. What is true of it follows from the two copies of each record:

    extents (0, 1) and (2, 3)   superblock      extents (4, 5) and (6, 7)   tree metadata

One life of a pair is one chain: from the extent headers on, a full record first, numbers that count up by one, no gap.
A record counts when one of its copies is whole. The chain whose last number is highest is the one that counts.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, NamedTuple

from . import extent_header, superblock, tree_metadata
from .context import seed_of
from .header import MAGIC, VERSION
from .image import NoStore, Read, Rotten
from .refusal import Refusal
from .window import Window

RESERVED_COUNT: Final = 8
HEADER_SIZE_BYTES: Final = extent_header.SIZE_BYTES
SUPERBLOCK_PAIRS: Final = ((0, 1), (2, 3))
METADATA_PAIRS: Final = ((4, 5), (6, 7))
STRUCTURES: Final = {"superblock": superblock, "tree_metadata": tree_metadata}


class Geometry(NamedTuple):
    """What every header of one disk repeats; sizes in bytes."""

    disk: bytes
    extent_size: int
    page_size: int


class Step(NamedTuple):
    """One record of a chain. `bad` are the copies that are not whole: extent and broken rule."""

    record: dict[str, Any]
    offset: int
    size: int
    bad: tuple[tuple[int, str], ...]


class Chain(NamedTuple):
    """The records of one pair in its present life; `whole` are the extents whose header is of that life."""

    structure: str
    pair: tuple[int, int]
    life: int
    whole: tuple[int, ...]
    steps: tuple[Step, ...]

    @property
    def newest(self) -> int:
        """The number of the last record, 0 where there is none."""
        return int(self.steps[-1].record["sequence"]) if self.steps else 0

    @property
    def end(self) -> int:
        """Where the last record ends, in bytes of the extent."""
        last = self.steps[-1] if self.steps else None
        return last.offset + last.size if last else HEADER_SIZE_BYTES

    def _lost(self, steps: tuple[Step, ...]) -> tuple[Rotten, ...]:
        return tuple(
            Rotten(self.structure, extent, self.life, step.offset, rule) for step in steps for extent, rule in step.bad
        )

    @property
    def rotten(self) -> tuple[Rotten, ...]:
        """Lost copies of records that another one follows: both copies had been durable before that was written."""
        return self._lost(self.steps[:-1])

    @property
    def torn(self) -> tuple[Rotten, ...]:
        """The lost copy of the last record, which a crash may have kept from being written."""
        return self._lost(self.steps[-1:])


class Roots:
    """The root extents of one disk: their headers, read; and their chains, on demand."""

    def __init__(self, read: Read, extent_size_bytes: int) -> None:
        self._windows = {number: Window(read, number, extent_size_bytes) for number in range(RESERVED_COUNT)}
        headers = {}
        for number, window in self._windows.items():
            try:
                value, _ = window.frame(
                    extent_header.decode_prefix, 0, seed_of(extent_header.CONTEXT, b"", number, 0, 0, 0)
                )
            except Refusal:
                continue
            if value["owner"] == ("superblock" if number < METADATA_PAIRS[0][0] else "metadata"):
                headers[number] = value
        if not headers:
            raise _no_header(read(0, 0, HEADER_SIZE_BYTES))
        claims = {
            number: Geometry(value["disk"], value["extent_size"], value["page_size"])
            for number, value in headers.items()
        }
        # An extent may still hold the header of another disk; of equally many the first counts.
        self.geometry: Geometry = Counter(claims.values()).most_common(1)[0][0]
        self.lives: dict[int, int] = {
            number: value["generation"] for number, value in headers.items() if claims[number] == self.geometry
        }

    def newest_chain(self, structure: str) -> tuple[Chain, Chain]:
        """The chain that counts, and the other one."""
        first, second = SUPERBLOCK_PAIRS if structure == "superblock" else METADATA_PAIRS
        one, other = self._chain(structure, first), self._chain(structure, second)
        return (other, one) if other.newest > one.newest else (one, other)

    def _chain(self, structure: str, pair: tuple[int, int]) -> Chain:
        life = max(self.lives.get(number, 0) for number in pair)
        whole = tuple(number for number in pair if life and self.lives.get(number) == life)
        steps: list[Step] = []
        offset = HEADER_SIZE_BYTES
        while (step := self._step(structure, pair, life, whole, offset)) is not None:
            record = step.record
            expected = steps[-1].record["sequence"] + 1 if steps else record["sequence"]
            if record["sequence"] != expected or (not steps and record["record"] != "full"):
                break
            steps.append(step)
            offset += step.size
        return Chain(structure, pair, life, whole, tuple(steps))

    def _step(
        self, structure: str, pair: tuple[int, int], life: int, whole: tuple[int, ...], offset: int
    ) -> Step | None:
        """What the two copies at an offset say together; None where neither is whole."""
        decoder = STRUCTURES[structure]
        found: tuple[dict[str, Any], int] | None = None
        bad: list[tuple[int, str]] = []
        for number in pair:
            if number not in whole:
                bad.append((number, "life"))
                continue
            seed = seed_of(decoder.CONTEXT, self.geometry.disk, number, life, offset, 0)
            try:
                copy = self._windows[number].frame(decoder.decode_prefix, offset, seed)
            except Refusal as refusal:
                bad.append((number, refusal.rule))
                continue
            if found is None:
                found = copy
            elif not _agree(copy[0], found[0]):
                bad.append((number, "contradiction"))
        if offset == HEADER_SIZE_BYTES and [rule for _, rule in bad] == ["version"] * len(pair):
            # Not the end of a chain, but a chain that a newer writer began: what comes before it counts no more.
            raise NoStore(
                "version", f"the records of {structure} on extents {pair} have another version than {VERSION}"
            )
        return None if found is None else Step(found[0], offset, found[1], tuple(bad))


def _agree(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two copies say the same, but for the superblock's own extents, of which only their headers tell."""
    return one == other or ("entries" in one and _without_own(one) == _without_own(other))


def _without_own(record: dict[str, Any]) -> dict[str, Any]:
    """A superblock record without what it says of the superblock's extents."""
    entries = record["entries"]
    own = sum(number < METADATA_PAIRS[0][0] for number in entries["extents"])
    return record | {"entries": {name: column[own:] for name, column in entries.items()}}


def _no_header(data: bytes) -> NoStore:
    """Why the first bytes of a disk are no header."""
    if data[:3] == MAGIC + b"\x01" and data[3] != VERSION:
        return NoStore("version", f"extent 0 begins with a header of version {data[3]}, not {VERSION}")
    return NoStore("magic", f"no root extent begins with a whole header; extent 0 begins with {data[:8].hex(' ')}")
