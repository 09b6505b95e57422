"""Flipping every bit of a header through `probe`: the work of law D6, as a benchmark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from formats.layout import Struct, fixed_size

from .peers import Call
from .records import Sample

MASKS: Final = tuple(1 << bit for bit in range(8))


def flips_call(sample: Sample) -> tuple[Call, int] | None:
    """The call that flips every header bit once, and their number; None where the format has no sealed header."""
    root = sample.format.layout.root
    if not isinstance(root, Struct) or not root.header:
        return None
    sizes = [fixed_size(member.node) for member in root.members[: root.header]]
    size = sum(size for size in sizes if size is not None)
    if None in sizes or not size:
        return None
    return Call(flip_header, (sample.format.codec.probe, bytearray(sample.data), size, sample.seed)), 8 * size


def flip_header(probe: Callable[[Any, int], Any], frame: bytearray, size: int, seed: int) -> int:
    """Flip each bit of the first `size` bytes in place; how many of the frames were accepted (none should be)."""
    accepted = 0
    for index in range(size):
        original = frame[index]
        for mask in MASKS:
            frame[index] = original ^ mask
            if probe(frame, seed) is not None:
                accepted += 1
        frame[index] = original
    return accepted
