"""Hypothesis strategies for any format: values, frames and damaged frames. They shrink towards small valid frames.

Values are made by `roundtrip.generate`, as everywhere else; here Hypothesis makes its choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar

from hypothesis import strategies as st

from formats.place import Place

from .generate import generate
from .generation.damage import damage

if TYPE_CHECKING:
    from formats.catalog import Format

T = TypeVar("T")

#: Bytes drawn for one byte string; longer ones repeat them, so that one example stays within Hypothesis's buffer.
DRAWN_SIZE_MAXIMUM: Final = 48


class Draw(Protocol):
    """The `draw` function of a composite strategy, or that of `st.data()`."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T:
        """A value of the strategy."""


class HypothesisSource:
    """Choices made by Hypothesis."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    def integer(self, minimum: int, maximum: int) -> int:
        return minimum if minimum == maximum else self.draw(st.integers(minimum, maximum))

    def boolean(self) -> bool:
        return self.draw(st.booleans())

    def choice(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(options))

    def blob(self, minimum: int, maximum: int) -> bytes:
        if maximum <= DRAWN_SIZE_MAXIMUM:
            return self.draw(st.binary(min_size=minimum, max_size=maximum))
        size = self.integer(minimum, maximum)
        pattern = self.draw(st.binary(min_size=1, max_size=DRAWN_SIZE_MAXIMUM))
        return (pattern * (size // len(pattern) + 1))[:size]

    def real(self) -> float:
        return self.draw(st.floats(allow_nan=False))


class SealedFrame(NamedTuple):
    """A frame's bytes, and the seed of the place that they were sealed for."""

    data: bytes
    seed: int


@st.composite
def values(draw: st.DrawFn, of: Format, size: int = 16) -> Any:
    """Plain values that the format can hold."""
    return generate(of.layout, HypothesisSource(draw), size=size)


@st.composite
def places(draw: st.DrawFn) -> Place:
    """Places on a disk."""
    numbers = [draw(st.integers(0, 2**32 - 1)) for _ in range(4)]
    return Place(draw(st.binary(min_size=16, max_size=16)), *numbers)


@st.composite
def frames(draw: st.DrawFn, of: Format, place: Place | None = None, size: int = 16) -> SealedFrame:
    """Valid frames, sealed for a place: the one given, or any."""
    if place is None:
        place = draw(places()) if of.layout.seed else Place()
    seed = of.seed(place) or 0
    return SealedFrame(of.oracle.encode(draw(values(of, size)), seed), seed)


@st.composite
def damaged(draw: st.DrawFn, of: Format, place: Place | None = None, size: int = 16) -> SealedFrame:
    """Frames after bit flips, cuts, insertions or overwriting, or no frames at all. Some are still valid."""
    data, seed = draw(frames(of, place, size))
    return SealedFrame(damage(HypothesisSource(draw), data), seed)
