"""The bounded pool of bytes that the store has accepted and the disk has not.

Root records (superblock, tree metadata) never draw on it: what frees buffers must not wait for one.
"""

from __future__ import annotations


class BufferPool:
    """Counts the bytes of pending writes. The store's lock guards it.

    `limit_bytes`: at this many the store hands writes to the disk before it accepts more; `used_bytes`: pending now,
    who appends adds to it; `peak_bytes`: the most that there were when some were given back.
    """

    __slots__ = ("limit_bytes", "peak_bytes", "used_bytes")

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self.peak_bytes = 0

    def give(self, count: int) -> None:
        """So many bytes were handed to the disk, or dropped."""
        assert count <= self.used_bytes, "buffers are given back once"
        self.peak_bytes = max(self.peak_bytes, self.used_bytes)
        self.used_bytes -= count

    def is_full(self) -> bool:
        """Whether writes must be handed over before more is accepted."""
        return self.used_bytes >= self.limit_bytes
