"""The disk under a proof of damage: bytes in memory that are read, and turned in place between two readings.

Nothing is copied for an opening, and nothing is ever written: who opens it opens it for reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.disk import Buffer

#: What was read: extent, first byte, and the byte behind the last one.
Span: TypeAlias = tuple[int, int, int]


class ImageDisk:
    """A `Disk` that is an image. `data`: the bytes, which may be changed from outside at any time."""

    def __init__(self, image: bytes, extent_size_bytes: int) -> None:
        self.extent_size_bytes = extent_size_bytes
        self.extent_count = len(image) // extent_size_bytes
        self.data = bytearray(image)
        self._view = memoryview(self.data)
        self._spans: list[Span] | None = None

    def read(self, extent: int, offset: int, length: int) -> bytes:
        """See `Disk.read`."""
        size = self.extent_size_bytes
        if offset < 0 or length < 0 or offset + length > size or not 0 <= extent < self.extent_count:
            raise ValueError(f"read of {length} bytes at extent {extent}, offset {offset}: there is no such place")
        if self._spans is not None:
            self._spans.append((extent, offset, offset + length))
        start = extent * size + offset
        return self._view[start : start + length].tobytes()

    def read_reference(self, extent: int, offset: int, length: int) -> bytes:
        """For the reference store, which may ask for more than there is."""
        return self.read(extent, offset, max(0, min(length, self.extent_size_bytes - offset)))

    @contextmanager
    def recording(self) -> Iterator[list[Span]]:
        """While this lasts, what is read is noted."""
        before, self._spans = self._spans, []
        try:
            yield self._spans
        finally:
            self._spans = before

    def turn(self, at: int, mask: int) -> None:
        """Turn bits of a byte, counted from the start of the image; a second turn undoes it."""
        self.data[at] ^= mask

    def close(self) -> None:
        """See `Disk.close`: it can be opened again."""

    def allocate(self, extent: int) -> None:
        """See `Disk.allocate`."""
        self._refuse(extent)

    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        """See `Disk.write`."""
        self._refuse(extent, offset, buffers)

    def reset(self, extent: int) -> None:
        """See `Disk.reset`."""
        self._refuse(extent)

    def sync(self) -> None:
        """See `Disk.sync`."""
        self._refuse()

    def _refuse(self, *_: object) -> NoReturn:
        raise AssertionError("a store that is open for reading changes nothing")


def bytes_of(spans: Iterable[Span]) -> dict[int, list[tuple[int, int]]]:
    """By extent the bytes that were read, as stretches in order that do not touch."""
    found: dict[int, list[tuple[int, int]]] = {}
    for extent, start, end in sorted(spans):
        here = found.setdefault(extent, [])
        if here and start <= here[-1][1]:
            here[-1] = (here[-1][0], max(here[-1][1], end))
        elif start < end:
            here.append((start, end))
    return {extent: stretches for extent, stretches in found.items() if stretches}
