"""The longest common prefix: what the keys of a page share is stored once."""

from __future__ import annotations

from collections.abc import Iterable


def shared_length(one: bytes, other: bytes) -> int:
    """The number of bytes with which both begin. Compared as two numbers, in one step whatever their length."""
    size = min(len(one), len(other))
    differing = int.from_bytes(one[:size], "big") ^ int.from_bytes(other[:size], "big")
    return size - (differing.bit_length() + 7) // 8


def common_prefix(items: Iterable[bytes]) -> bytes:
    """The longest byte string that every item begins with; of no items the empty one.

    What the least and the greatest item share, all between them share too.
    """
    held = list(items)
    if not held:
        return b""
    least = min(held)
    return least[: shared_length(least, max(held))]
