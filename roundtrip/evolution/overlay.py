"""Fields that a reader makes out of bytes that mean something else to the writer.

A field that the writer does not have is harmless where its bytes were reserved or are not there; read out of bytes of
other fields it is a misreading, though no field of the writer is read wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from formats.catalog import Format
from formats.description.bytemap import BitRange, bit_ranges
from formats.layout import Constant, Zeros

from .matching import Matching, Names
from .meaning import same
from .verdicts import Misreading


def names_of(found: BitRange) -> Names:
    """The names that lead to a field."""
    return tuple(part for part in found.path if isinstance(part, str))


def is_blank(found: BitRange) -> bool:
    """Whether the bits hold nothing that a writer decides or computes: reserved bytes and padding."""
    return isinstance(found.node, Zeros) or (isinstance(found.node, Constant) and not found.node.value)


def stolen(
    match: Matching, writer: Format, reader: Format, data: bytes, seeds: tuple[int, int]
) -> Iterator[Misreading]:
    """The reader's fields without a counterpart that are read out of other fields' bytes.

    `seeds`: of the writer and of the reader. The reader has accepted the bytes.
    """
    if not match.unmatched:
        return
    theirs = bit_ranges(writer, data, seeds[0])
    for found in bit_ranges(reader, data, seeds[1]):
        names = names_of(found)
        if found.derived or names not in match.unmatched:
            continue
        counterpart = match.second.get(names)
        under = [one for one in theirs if one.start_bit < found.end_bit and found.start_bit < one.end_bit]
        foreign = [one for one in under if names_of(one) != counterpart and not is_blank(one)]
        if foreign:
            yield Misreading((), found.path, None, found.value, tuple(dict.fromkeys(one.path for one in foreign)))
            continue
        for one in under:
            if names_of(one) == counterpart and one.value is not None and not same(one.value, found.value):
                yield Misreading(one.path, found.path, one.value, found.value)
