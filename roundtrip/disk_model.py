"""A disk beside a model of plain bytes that says what each read may answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from engine.disk import Buffer, Disk


class LawBroken(Exception):
    """The disk answered what the law excludes."""


class DiskModel:
    """A disk whose every write goes into a model too.

    `written`: the bytes of each extent's present life; `former`: what else may be read beyond them, the bytes of its
    lives before, of full size.
    """

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.written = [bytearray() for _ in range(disk.extent_count)]
        self.former = [bytearray(disk.extent_size_bytes) for _ in range(disk.extent_count)]

    def room(self, extent: int) -> int:
        """Bytes that still fit into the extent."""
        return self.disk.extent_size_bytes - len(self.written[extent])

    def append(self, extent: int, buffers: Sequence[Buffer]) -> None:
        """Write the buffers where the extent's last write ended."""
        self.disk.write(extent, len(self.written[extent]), buffers)
        self.written[extent] += b"".join(buffers)

    def reset(self, extent: int) -> None:
        """Begin a new life of the extent."""
        self.disk.reset(extent)
        life = self.written[extent]
        self.former[extent][: len(life)] = life
        self.written[extent] = bytearray()

    def check(self, extent: int, offset: int, length: int) -> None:
        """Read, and raise where the answer is none that the model allows."""
        found = self.disk.read(extent, offset, length)
        life, end = self.written[extent], offset + length
        sure = life[offset:end]
        former = self.former[extent][max(offset, len(life)) : end] if end > len(life) else b""
        same(found[: len(sure)], bytes(sure), extent, offset)
        if type(found) is not bytes or len(found) != length:
            raise LawBroken(f"a read of {length} bytes answered {len(found)} of type {type(found).__name__}")
        beyond = found[len(sure) :]
        if beyond not in (former, bytes(len(former))) and any(
            byte not in {0, old} for byte, old in zip(beyond, former, strict=True)
        ):
            raise LawBroken(f"extent {extent} beyond offset {len(life)} reads bytes that were never there")

    def look(self, random: Random) -> None:
        """Check a place anywhere."""
        size = self.disk.extent_size_bytes
        offset = random.randint(0, size)
        length = min(random.choice((0, 1, 3, 170, 512, size)), size - offset)
        self.check(random.randrange(self.disk.extent_count), offset, length)

    def look_at_all(self) -> None:
        """Check every byte of the disk."""
        for extent in range(self.disk.extent_count):
            self.check(extent, 0, self.disk.extent_size_bytes)


def expect(disk: Disk, extent: int, offset: int, expected: bytes) -> None:
    """Read, and raise where the answer is another."""
    same(disk.read(extent, offset, len(expected)), expected, extent, offset)


def same(found: bytes, expected: bytes, extent: int, offset: int) -> None:
    """Raise with the first difference where there is one."""
    if found == expected:
        return
    length = min(len(found), len(expected))
    first = next((place for place in range(length) if found[place] != expected[place]), length)
    raise LawBroken(
        f"extent {extent}, offset {offset + first}: expected {expected[first : first + 8].hex() or 'no more'}, "
        f"found {found[first : first + 8].hex() or 'no more'} ({len(found)} bytes for {len(expected)})"
    )
