"""Prepared frames: everything about a seed frame that its mutants need, worked out once.

The verbs of corruption give, for every field, other bytes of the same size (*pieces*), and whole frames in which more
than one field changed or the size did (*shapes*). All of it comes from the oracle's reading of the frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar

from corpus.features import pattern
from formats.errors import FormatError
from formats.place import Place

from ..corrupt import measured, targets
from ..spots import Spot, composites, leaves
from ..verbs import VERBS, Wound
from .sealing import Site, sites_of

if TYPE_CHECKING:
    from formats.catalog import Format

Item = TypeVar("Item")
#: Verbs whose mutants break, or just keep, one rule of the layout; of long frames not all of the second sort are kept.
LENGTHS: Final = ("swell", "share less", "grow", "shrink", "edges")
MEANINGS: Final = ("unknown tag", "other tag", "unknown flag", "next version", "other kind", "swap", "repeat")
#: So many of them are tried of one frame.
INFORMED_MAXIMUM: Final = 400
#: Of a frame with very many fields, so many are mutated by field: evenly chosen, the others byte by byte.
SPOTS_MAXIMUM: Final = 64
#: The pieces, and the shapes, that are kept of a frame have together at most so many bytes: evenly chosen.
KEPT_BYTES_MAXIMUM: Final = 256 << 10
#: Numbers of more bits are not computed with.
NUMBER_BITS_MAXIMUM: Final = 64


class Seed(NamedTuple):
    """A frame that mutants are made from, and where it was written."""

    data: bytes
    place: Place


class Piece(NamedTuple):
    """Other bytes for start..end of a frame; `field`: the field's path without indices."""

    start: int
    end: int
    data: bytes
    field: str


class Shape(NamedTuple):
    """A whole mutant. What began at byte `at` of the frame lies `by` bytes further behind, or before if negative."""

    data: bytes
    at: int
    by: int
    field: str


Mutation = TypeVar("Mutation", Piece, Shape)


class Border(NamedTuple):
    """Where a field begins, and where it ends."""

    field: str
    start: int
    end: int


@dataclass(frozen=True)
class Frame:
    """A prepared frame. `sealed_for`: what its seeded checksums go on from, at its own place.

    informed: mutants by verbs that know the layout (`LENGTHS`, `MEANINGS`); hostile: fields of all ones, for the laws
    that measure.
    """

    seed: Seed
    sealed_for: int
    pieces: tuple[Piece, ...]
    shapes: tuple[Shape, ...]
    borders: tuple[Border, ...]
    sites: tuple[Site, ...]
    fields: tuple[str, ...]
    informed: tuple[Shape, ...] = ()
    hostile: tuple[Piece, ...] = ()

    @cached_property
    def data(self) -> bytes:
        """Its bytes."""
        return self.seed.data

    @cached_property
    def border(self) -> dict[str, Border]:
        """The borders by field; of alike ones the last."""
        return {border.field: border for border in self.borders}


def prepare(entry: Format, seed: Seed) -> Frame:
    """Prepare a frame, accepted or refused: of a refused one as much as the oracle could read."""
    data, sealed_for = seed.data, entry.seed(seed.place) or 0
    found = spots_of(entry, data, sealed_for)
    whole = composites(found)
    random = Random(data)
    pieces: dict[Piece, None] = {}
    shapes: dict[bytes, Shape] = {}
    lengths: dict[bytes, Shape] = {}
    meanings: dict[bytes, Shape] = {}
    hostile: dict[Piece, None] = {}
    for spot, following, verbs in fewer(list(targets(found, whole))):
        field = pattern(spot.path)
        wound = Wound(data, spot, following, measured(spot, data, (*found, *whole)), random, found, entry.layout.root)
        for verb in verbs:
            for mutant in VERBS[verb](wound):
                sort(data, mutant, spot, field, pieces, shapes)
                if mutant != data and (verb in LENGTHS or verb in MEANINGS):
                    informed = lengths if verb in LENGTHS else meanings
                    informed.setdefault(mutant, shape_of(data, mutant, field))
        if spot.node is not None and spot.bits <= NUMBER_BITS_MAXIMUM:
            ones = spot.write(data, -1)[spot.start : spot.end]
            hostile[Piece(spot.start, spot.end, ones, field)] = None
        pieces.update((Piece(spot.start, spot.end, number, field), None) for number in sorted(interesting(spot, data)))
    borders = tuple(Border(pattern(spot.path), spot.start, spot.end) for spot in fewer([*found, *whole]))
    told = (*lengths.values(), *thinned(list(meanings.values())))[:INFORMED_MAXIMUM], tuple(hostile)
    sites, fields = sites_of(entry.oracle, data), owners(data, found)
    kept = thinned(list(pieces)), thinned(list(shapes.values()))
    return Frame(seed, sealed_for, *kept, borders, sites, fields, *told)


def spots_of(entry: Format, data: bytes, seed: int) -> tuple[Spot, ...]:
    """The fields of a frame; of a refused one those that were read, without what the layout says of them."""
    try:
        return leaves(entry, data, seed)
    except FormatError:
        spans = entry.oracle.trace(data, seed, lenient=True).spans
        # A damaged end may say that an item lies beyond the bytes.
        return tuple(Spot(span.path, span.start, span.end) for span in spans if span.start < span.end <= len(data))


def fewer(items: list[Item]) -> list[Item]:
    """At most `SPOTS_MAXIMUM` of them, evenly chosen."""
    step = -(-len(items) // SPOTS_MAXIMUM) or 1
    return items[::step]


def thinned(mutants: list[Mutation]) -> tuple[Mutation, ...]:
    """As many of them as may be kept, evenly chosen."""
    step = 1 + sum(len(one.data) for one in mutants) // KEPT_BYTES_MAXIMUM
    return tuple(mutants[::step])


def sort(
    data: bytes, mutant: bytes, spot: Spot, field: str, pieces: dict[Piece, None], shapes: dict[bytes, Shape]
) -> None:
    """Put a mutant where it belongs: other bytes for its field, or a shape of its own."""
    if mutant == data:
        return
    if (
        len(mutant) == len(data)
        and mutant[: spot.start] == data[: spot.start]
        and mutant[spot.end :] == data[spot.end :]
    ):
        pieces[Piece(spot.start, spot.end, mutant[spot.start : spot.end], field)] = None
        return
    shapes.setdefault(mutant, shape_of(data, mutant, field))


def shape_of(data: bytes, mutant: bytes, field: str) -> Shape:
    """A whole mutant as a shape: what lies behind all changes has moved."""
    by = len(mutant) - len(data)
    return Shape(mutant, len(data) - alike_behind(data, mutant) if by else len(data), by, field)


def alike_behind(first: bytes, second: bytes) -> int:
    """How many bytes at their ends are the same."""
    least = min(len(first), len(second))
    return next((count for count in range(least) if first[-1 - count] != second[-1 - count]), least)


def interesting(spot: Spot, data: bytes) -> set[bytes]:
    """Numbers that codecs trip over: powers of two and their neighbours, sizes in the frame, neighbours of its own."""
    bits = spot.bits
    if bits > NUMBER_BITS_MAXIMUM or bits == 0:
        return set()
    size, own = len(data), spot.read(data)
    near = (size, size - spot.start, size - spot.end, spot.start, spot.end, own, own * 2, own // 2, own + 256)
    found = {number + step for number in (*(1 << power for power in range(0, bits, 4)), *near) for step in (-1, 0, 1)}
    found = {number for number in found | {(1 << bits - 1) - 1, 1 << bits - 1} if 0 <= number < 1 << bits}
    if spot.width:
        return {spot.write(data, number)[spot.start : spot.end] for number in found} - {data[spot.start : spot.end]}
    order: Literal["little", "big"] = "little" if spot.little else "big"
    return {number.to_bytes(spot.size, order) for number in found if number != own}


def owners(data: bytes, found: tuple[Spot, ...]) -> tuple[str, ...]:
    """The field of every byte."""
    names = [""] * len(data)
    for spot in found:
        names[spot.start : spot.end] = [pattern(spot.path)] * spot.size
    return tuple(names)
