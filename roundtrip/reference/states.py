"""What the records of a root say together: the states of all extents, and the tree of sorted runs."""

from __future__ import annotations

from .image import ExtentState, Locator, Rotten, Run
from .roots import METADATA_PAIRS, Chain


def extent_states(superblock: Chain) -> dict[int, ExtentState]:
    """What the records of the superblock say together: a full one of all extents, each delta of those that changed."""
    states: dict[int, ExtentState] = {}
    for step in superblock.steps:
        if step.record["record"] == "full":
            states = {}
        columns = step.record["entries"]
        rows = zip(columns["owners"], columns["generations"], columns["write_pointers"], strict=True)
        states.update(zip(columns["extents"], map(ExtentState._make, rows), strict=True))
    return states


def tree(metadata: Chain) -> tuple[Run, ...]:
    """The runs that tree metadata names, newest first: level 0 by falling number, then level after level."""
    runs: dict[int, Run] = {}
    for step in metadata.steps:
        if step.record["record"] == "full":
            runs = {}
        changes = step.record["changes"]
        for number in changes["removed"]:
            runs.pop(number, None)
        names = ("extents", "generations", "offsets", "lengths", "checksums")
        chunks = tuple(map(Locator._make, zip(*(changes[name] for name in names), strict=True)))
        ends = changes["chunk_ends"]
        for number, level, start, end in zip(changes["added"], changes["levels"], (0, *ends)[:-1], ends, strict=True):
            runs[number] = Run(number, level, chunks[start:end])
    return tuple(sorted(runs.values(), key=lambda run: (run.level, -run.number)))


def missing_record(metadata: Chain, extents: dict[int, ExtentState]) -> list[Rotten]:
    """The end of tree metadata, where it is gone: after a clean close the superblock knows how far it went.

    The pairs take turns and the first one begins, so of two equal lives the second pair's is the later one.
    """
    known = [
        ((state.generation, METADATA_PAIRS.index(pair)), number)
        for pair in METADATA_PAIRS
        for number in pair
        if (state := extents.get(number)) is not None and state.owner == "metadata"
    ]
    found = (metadata.life, METADATA_PAIRS.index(metadata.pair))
    newest, number = max(known, default=((0, 0), 0))
    if newest < found or not known:
        return []
    end = metadata.end if newest == found else 0
    is_missing = extents[number].pointer > end
    return [Rotten("tree_metadata", number, newest[0], end, "missing")] if is_missing else []
