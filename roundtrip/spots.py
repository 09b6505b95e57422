"""Spots: the fields of one real frame as stretches of bytes that can be damaged.

Leaves come from the byte map of the frame; columns, records and regions are the stretches of the leaves inside them.
Of the many elements of one array the first, the middle and the last are taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from formats.description.bitranges import BitRange, HasOracle, bit_ranges
from formats.errors import Path
from formats.layout import Integer, Node, children

from .findings import general


@dataclass(frozen=True)
class Spot:
    """Bytes start..end (end not included) hold the field at `path`.

    node: the leaf of the layout, None for a composite. A bit field takes `width` bits, `shift` bits above the end of
    its bytes read as one big-endian number; of other fields the width is 0.
    """

    path: Path
    start: int
    end: int
    node: Node | None = None
    shift: int = 0
    width: int = 0

    @property
    def size(self) -> int:
        """The number of bytes it lies in."""
        return self.end - self.start

    @property
    def bits(self) -> int:
        """The number of bits it has."""
        return self.width or 8 * self.size

    @property
    def little(self) -> bool:
        """Whether its first byte is its least significant one."""
        number = integer_below(self.node)
        return not self.width and (number is None or number.little)

    def read(self, frame: bytes) -> int:
        """Its bits as an unsigned number."""
        whole = int.from_bytes(frame[self.start : self.end], "little" if self.little else "big")
        return whole >> self.shift & (1 << self.width) - 1 if self.width else whole

    def write(self, frame: bytes, number: int) -> bytes:
        """The frame with its bits replaced, modulo its width."""
        number %= 1 << self.bits
        if self.width:
            whole = int.from_bytes(frame[self.start : self.end], "big")
            mask = (1 << self.width) - 1 << self.shift
            number = whole & ~mask | number << self.shift
        piece = number.to_bytes(self.size, "little" if self.little else "big")
        return frame[: self.start] + piece + frame[self.end :]


def integer_below(node: Node | None) -> Integer | None:
    """The number that a constraint, a count or a tag stands over."""
    while node is not None and not isinstance(node, Integer):
        inner = children(node)
        node = inner[0][1] if len(inner) == 1 else None
    return node


def spot_of(leaf: BitRange) -> Spot:
    """A leaf of the byte map as bytes, or as bits inside bytes."""
    start, end = leaf.start_bit // 8, -(-leaf.end_bit // 8)
    if leaf.start_bit % 8 == 0 and leaf.end_bit % 8 == 0:
        return Spot(leaf.path, start, end, leaf.node)
    return Spot(leaf.path, start, end, leaf.node, end * 8 - leaf.end_bit, leaf.end_bit - leaf.start_bit)


def leaves(entry: HasOracle, frame: bytes, seed: int | None) -> tuple[Spot, ...]:
    """Every leaf of a frame that takes bytes, in order."""
    return tuple(spot_of(leaf) for leaf in bit_ranges(entry, frame, seed) if leaf.end_bit > leaf.start_bit)


def composites(found: tuple[Spot, ...]) -> tuple[Spot, ...]:
    """The stretches that the leaves below one path make up: columns, records, regions."""
    stretches: dict[Path, tuple[int, int]] = {}
    for spot in found:
        for depth in range(1, len(spot.path)):
            start, end = stretches.get(spot.path[:depth], (spot.start, spot.end))
            stretches[spot.path[:depth]] = min(start, spot.start), max(end, spot.end)
    taken = {spot.path for spot in found}
    return tuple(Spot(path, *stretch) for path, stretch in stretches.items() if path not in taken)


def chosen(found: tuple[Spot, ...]) -> tuple[Spot, ...]:
    """Of the spots whose paths differ in indices only, the first, the middle and the last."""
    alike: dict[str, list[Spot]] = {}
    for spot in found:
        alike.setdefault(general(spot.path), []).append(spot)
    picked = []
    for spots in alike.values():
        indices = sorted({0, len(spots) // 2, len(spots) - 1})
        picked += [spots[index] for index in indices]
    return tuple(sorted(picked, key=lambda spot: (spot.start, -spot.end)))
