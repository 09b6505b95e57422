"""What is proved of a decoder symbolically: contracts in the form that CrossHair reads, over one decoder at a time.

Nothing here imports CrossHair. A contract may also be called with real bytes, and then checks just these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from formats.errors import FormatError

from .stand_ins import ChecksumStandIn, Packed


@dataclass
class UnderTest:
    """The decoder that the contracts are about. size: of the longest buffer, in bytes.

    judge: of what the decoder gave for a buffer, whether it may give that.
    """

    decode: Callable[[Any, int], Any]
    judge: Callable[[Any, Any], bool]
    size: int
    checksum: ChecksumStandIn = field(default_factory=ChecksumStandIn)

    def holds(self, data: Any, numbers: tuple[int, ...]) -> bool:
        """Whether the decoder answers as it may. Whatever else than `FormatError` it raises leaves here."""
        self.checksum.begin(numbers)
        try:
            found = self.decode(data, 0)
        except FormatError:
            return True
        if found is None:
            return True
        self.checksum.begin(numbers)
        return self.judge(data, found)


#: The decoder that contracts are being checked for; none to begin with.
UNDER_TEST: list[UnderTest] = []
U32 = 1 << 32


def total(data: bytes, first: int, second: int, third: int, fourth: int) -> bool:
    """The decoder gives None or what it may give, for every buffer and whatever its checksums are.

    pre: len(data) <= UNDER_TEST[-1].size
    pre: 0 <= first < U32 and 0 <= second < U32 and 0 <= third < U32 and 0 <= fourth < U32
    post: __return__
    """
    return UNDER_TEST[-1].holds(data, (first, second, third, fourth))


def a_record(record_type: type | tuple[type, ...]) -> Callable[[Any, Any], bool]:
    """A decoder of whole frames gives a record of its format."""
    return lambda _, found: isinstance(found, record_type)


def a_tuple(_: Any, found: Any) -> bool:
    """A decoder of tuples gives a tuple."""
    return isinstance(found, tuple)


def a_prefix(record_type: type) -> Callable[[Any, Any], bool]:
    """A decoder of prefixes gives a record and a size that the buffer has."""
    return lambda data, found: isinstance(found[0], record_type) and 0 < found[1] <= len(data)


def a_header(encode: Callable[..., Packed]) -> Callable[[Any, Any], bool]:
    """A decoder of headers gives a tuple whose encoding is the very header: no length or tag that could not be written.

    encode: the encoder of headers, over the same stand-ins; it raises on fields out of bounds.
    """

    def judge(data: Any, found: Any) -> bool:
        return isinstance(found, tuple) and encode(*found).is_at_start_of(data)

    return judge
