"""What must hold before a contender is timed: the same value as the others, and the checks that it claims."""

from __future__ import annotations

from typing import Any, Final

from formats.values import comparable

from .peers import Call, Contender
from .records import Sample

#: A decoder that claims to check checksums must refuse a flip of one of these bits, in turn, in every byte of the first
#: and last ones, and in so many between. The laws flip every bit of everything; this is about what peers claim.
FLIPPED_BITS: Final = (0, 6)
EDGE_SIZE: Final = 64
BETWEEN: Final = 32


def problem(contender: Contender, sample: Sample) -> str | None:
    """Why a contender may not be timed, or None."""
    try:
        return value_problem(contender, sample) or claim_problem(contender, sample)
    except Exception as error:  # noqa: BLE001  # foreign code raises what it likes
        return f"{type(error).__name__}: {error}"[:200]


def value_problem(contender: Contender, sample: Sample) -> str | None:
    """It decodes the value and encodes the bytes (or, with a wire format of its own, what decodes to the value)."""
    wanted = comparable(sample.plain)
    if comparable(contender.plain(contender.decode())) != wanted:
        return "it decodes another value"
    if contender.encode is not None:
        data = contender.encode()
        if contender.same_bytes and data != sample.data:
            return "it encodes other bytes"
        if comparable(contender.plain(contender.decode.on(data))) != wanted:
            return "what it encodes decodes to another value"
    if contender.lookup is not None:
        return lookup_problem(contender.lookup, sample)
    return None


def lookup_problem(lookup: Call, sample: Sample) -> str | None:
    """It finds every key of the page at its index."""
    for index, key in enumerate(sample.keys):
        found = lookup.function(lookup.arguments[0], key)
        if found != index:
            return f"it finds key {index} at {found!r}"
    return None


def claim_problem(contender: Contender, sample: Sample) -> str | None:
    """A decoder of our bytes that claims checksums refuses single flipped bits."""
    if contender.checks == "shape" or not sample.format.layout.seed:
        return None
    for number, index in enumerate(flipped_bytes(len(sample.data))):
        bit = FLIPPED_BITS[number % len(FLIPPED_BITS)]
        data = bytearray(sample.data)
        data[index] ^= 1 << bit
        if accepts(contender.decode, bytes(data)):
            return f"it claims to check checksums and accepts byte {index} with bit {bit} flipped"
    return None


def flipped_bytes(size: int) -> list[int]:
    """The bytes of a frame that are flipped, in order."""
    between = range(EDGE_SIZE, size, max(1, size // BETWEEN))
    return sorted({*range(min(EDGE_SIZE, size)), *between, *range(max(0, size - 8), size)})


def accepts(decode: Call, data: bytes) -> Any:
    """Whether a decoder answers a value."""
    try:
        return decode.on(data) is not None
    except Exception:  # noqa: BLE001  # every peer has exceptions of its own for bytes that it refuses
        return False
