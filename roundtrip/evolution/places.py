"""Where a field lies, bit by bit, in a file that shows it."""

from __future__ import annotations

from formats.catalog import Format
from formats.description.bytemap import BitRange, bit_ranges
from formats.errors import FormatError, LaneDisagreement

from .frames import general
from .matching import Names
from .verdicts import Witness

Bits = tuple[int, int]


def bits_of(entry: Format, names: Names, witness: Witness | None) -> Bits | None:
    """First bit and the bit behind the last of a field, in the witness or else in the smallest file that has it."""
    if witness is not None:
        found = among(ranges(entry, witness.data, entry.seed(witness.place) or 0), names)
        if found is not None:
            return found
    for data, seed in examples(entry):
        found = among(ranges(entry, data, seed), names)
        if found is not None:
            return found
    return None


def examples(entry: Format) -> list[tuple[bytes, int]]:
    """Some files of a format, the smallest first, each with its seed."""
    frames = sorted(general(entry, 0), key=lambda frame: len(frame.data))
    return [(frame.data, entry.seed(frame.place) or 0) for frame in frames[:16]]


def ranges(entry: Format, data: bytes, seed: int) -> tuple[BitRange, ...]:
    """The fields of a file; none where it is not one of this format."""
    try:
        return bit_ranges(entry, data, seed)
    except (FormatError, LaneDisagreement):
        return ()


def among(found: tuple[BitRange, ...], names: Names) -> Bits | None:
    """The bits from the first to the last range of a field, all of its elements included."""
    size = len(names)
    own = [one for one in found if tuple(part for part in one.path if isinstance(part, str))[:size] == names]
    return (min(one.start_bit for one in own), max(one.end_bit for one in own)) if own else None
