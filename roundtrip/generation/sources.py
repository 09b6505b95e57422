"""Where a generator's choices come from: a seeded random number generator here, Hypothesis in `strategies`."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final, Protocol, TypeVar

#: Numbers at the ends of what 2, 4 and 8 bytes can hold.
REALS: Final = (0.0, -0.0, 1.0, -1.0, 0.5, 65504.0, 2.0**-24, 1e300, float("inf"), float("-inf"))
T = TypeVar("T")

#: Bytes that decoders trip over: zeros and all ones (never written sectors), and what our own frames begin with.
MARKERS: Final = (b"\x00", b"\xff", b"\xd3\xd0", b"\xd3\xd0\x02\x01")


class Source(Protocol):
    """Makes the choices. Bounds are inclusive."""

    def integer(self, minimum: int, maximum: int) -> int:
        """A number in minimum..maximum."""

    def boolean(self) -> bool:
        """True or False."""

    def choice(self, options: Sequence[T]) -> T:
        """One of the options, of which there is at least one; the first is the simplest."""

    def blob(self, minimum: int, maximum: int) -> bytes:
        """Any bytes, minimum..maximum of them."""

    def real(self) -> float:
        """Any floating point number but NaN."""


class RandomSource:
    """Choices of a seeded generator, biased to boundaries: 0, 1, minimum, maximum and next to it."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def integer(self, minimum: int, maximum: int) -> int:
        mood = self.random.random()
        if mood < 0.3:
            edges = [minimum, maximum, *(number for number in (0, 1, maximum - 1) if minimum <= number <= maximum)]
            return self.random.choice(edges)
        if mood < 0.5:
            return minimum + self.random.randrange(1 << self.random.randint(0, (maximum - minimum).bit_length())) % (
                maximum - minimum + 1
            )
        return self.random.randint(minimum, maximum)

    def boolean(self) -> bool:
        return self.random.random() < 0.5

    def choice(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def blob(self, minimum: int, maximum: int) -> bytes:
        size = self.integer(minimum, maximum)
        mood = self.random.random()
        if mood < 0.1:
            return bytes(size)
        if mood < 0.15:
            return b"\xff" * size
        if mood < 0.35:
            pieces = (self.random.choice(MARKERS) for _ in range(min(size, 4096)))
            return (b"".join(pieces) * (size // 4096 + 1))[:size] if size else b""
        return self.random.randbytes(size)

    def real(self) -> float:
        if self.random.random() < 0.4:
            return self.random.choice(REALS)
        return self.random.uniform(-1.0, 1.0) * 2.0 ** self.random.randint(-30, 30)
