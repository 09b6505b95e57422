"""Is a checksum function that formats use a CRC, and which? Read off the function itself, not taken from its name.

A CRC is affine: crc(a) ^ crc(b) ^ crc(c) = crc(a ^ b ^ c) for messages of one length. So the effect of wrong bits
does not depend on the message, and is the sum of the effects of each. If the effect of the bit j places before the
end is x^j modulo one generator, for every place, then all that algebra says of the generator holds for the
function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any, Final

from .polynomials import DEGREE_MAXIMUM, degree, text_of, times_x

#: Bytes of the messages that a function is tried on: 655 and one more, so that the end of distance 6 is inside.
MESSAGE_BYTES: Final = 656
#: Random triples of messages, of each of a few lengths, with seeds where the function takes one.
TRIPLES: Final = 64
LENGTHS: Final = (1, 2, 3, 4, 7, 8, 28, 64, 655, MESSAGE_BYTES)

Checksum = Callable[..., Any]


@dataclass(frozen=True)
class Code:
    """A CRC as its function shows it.

    generator: the polynomial with its leading term. width: bits of the checksum. reflected: the lowest bit of a byte
    goes first, and the checksum holds its highest power in its lowest bit. seeded: it takes a second argument and is
    affine in that, too. evaluations: calls of the function that were made to find out.
    """

    generator: int
    width: int
    reflected: bool
    seeded: bool
    evaluations: int

    @property
    def text(self) -> str:
        """The generator as people write it."""
        return text_of(self.generator)


class NoCode(Exception):
    """The function is no CRC of at most 32 bits; the message says what shows it."""


@cache
def identified(function: Checksum, width: int = 32) -> Code:
    """The CRC that a function computes; raises `NoCode`. `width`: bits of its checksum."""
    if not 1 < width <= DEGREE_MAXIMUM:
        raise NoCode(f"a checksum of {width} bits; the search knows CRCs of 2 to {DEGREE_MAXIMUM} bits")
    count = affine(function, seeded=False)
    zeros = bytes(MESSAGE_BYTES)
    base = function(zeros)
    for reflected in (True, False):
        effects = [function(flipped(zeros, place, reflected=reflected)) ^ base for place in range(8 * MESSAGE_BYTES)]
        if reflected:
            effects = [mirrored(effect, width) for effect in effects]
        count += len(effects)
        generator = effects[0] | 1 << width
        if generator & 1 and degree(generator) == width and follows(effects, generator):
            return Code(generator, width, reflected, takes_seed(function), count)
    raise NoCode("the effects of single bits are no powers of x modulo one polynomial")


def affine(function: Checksum, *, seeded: bool) -> int:
    """The number of calls in which crc(a) ^ crc(b) ^ crc(c) = crc(a ^ b ^ c) held, seeds alike; raises `NoCode`."""
    random = Random("messages whose checksums are compared")
    count = 0
    for size in LENGTHS:
        for _ in range(TRIPLES):
            messages = [random.randbytes(size) for _ in range(3)]
            seeds = [random.getrandbits(32) for _ in range(3)]
            sum_message = exclusive(exclusive(messages[0], messages[1]), messages[2])
            if seeded:
                found = [function(message, seed) for message, seed in zip(messages, seeds, strict=True)]
                expected = function(sum_message, seeds[0] ^ seeds[1] ^ seeds[2])
            else:
                found = [function(message) for message in messages]
                expected = function(sum_message)
            if not all(isinstance(one, int) for one in (*found, expected)):
                raise NoCode(f"it gives {type(expected).__name__}, not a number")
            if found[0] ^ found[1] ^ found[2] != expected:
                arguments = "messages and seeds" if seeded else "messages"
                raise NoCode(f"it is not affine: for three {arguments} of {size} bytes the sums differ")
            count += 4
    return count


def takes_seed(function: Checksum) -> bool:
    """Whether the function takes a second number and is affine in both."""
    try:
        function(b"", 0)
    except TypeError:
        return False
    try:
        affine(function, seeded=True)
    except NoCode:
        return False
    return True


def follows(effects: list[int], generator: int) -> bool:
    """Whether each effect is x times the one before, modulo the generator."""
    return all(after == times_x(before, generator) for before, after in pairwise(effects))


def flipped(message: bytes, place: int, *, reflected: bool) -> bytes:
    """The message with the bit that the code takes `place` bits before the last one flipped."""
    index, bit = len(message) - 1 - place // 8, place % 8
    mask = 1 << (7 - bit if reflected else bit)
    return message[:index] + bytes([message[index] ^ mask]) + message[index + 1 :]


def mirrored(value: int, width: int) -> int:
    """The lowest `width` bits of a number in reverse order."""
    return int(f"{value:0{width}b}"[::-1], 2)


def exclusive(first: bytes, second: bytes) -> bytes:
    """Two byte strings of one length, bit by bit exclusive-or."""
    number = int.from_bytes(first, "little") ^ int.from_bytes(second, "little")
    return number.to_bytes(len(first), "little")
