"""Hypothesis strategies for any format: values, frames and damaged frames. They shrink towards small valid frames.

    from roundtrip import strategies

    NOTE = strategies.for_schema(mine.NOTE)          # any Construct schema

    @given(NOTE.values)
    def test_my_writer_writes_what_the_schema_says(value): ...

    @given(NOTE.damaged)
    def test_my_reader_survives_damage(data): ...

For a format of a catalog, `values(FORMAT)`, `frames(FORMAT)` and `damaged(FORMAT)` are the same; frames come with the
seed of the place that they were sealed for. Values are made by `roundtrip.generate`, as everywhere else; here
Hypothesis makes its choices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar

from hypothesis import example
from hypothesis import strategies as st

from formats.place import Place

from .generate import generate
from .generation.damage import damage

if TYPE_CHECKING:
    from construct import Construct

    from formats.catalog import Catalog, Format

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


@dataclass(frozen=True)
class SchemaStrategies:
    """The strategies of one schema.

    values: plain values that it can hold; frames: their bytes; damaged: bytes after flips, cuts, insertions or
    overwriting, or no frame at all (some are still valid: ask `format.codec.probe`); format: the schema as a format,
    with its decoders.
    """

    format: Format
    values: st.SearchStrategy[Any]
    frames: st.SearchStrategy[bytes]
    damaged: st.SearchStrategy[bytes]


def for_schema(schema: Construct[Any, Any], name: str = "schema", *, size: int = 16) -> SchemaStrategies:
    """Strategies for a Construct schema, as it is: no catalog is needed.

    name: what errors call it. size: bounds the number of elements and the bytes of free byte strings.

    Raises `CatalogRefused` at once for a schema that is unsafe on damaged bytes, or that cannot be understood, and says
    what to write instead.
    """
    from formats.catalog import Catalog, Format  # noqa: PLC0415  # imports construct

    from .catalogs import refuse_unsafe  # noqa: PLC0415

    of = Format(name, 1, schema)
    refuse_unsafe(name, Catalog(name, (of,)))
    return SchemaStrategies(
        of, values(of, size), frames(of, size=size).map(bytes_of), damaged(of, size=size).map(bytes_of)
    )


def bytes_of(frame: SealedFrame) -> bytes:
    """A frame without its place."""
    return frame.data


def examples_of(
    of: Format, catalog: Catalog | None = None, kinds: Sequence[str] = ("found",)
) -> tuple[SealedFrame, ...]:
    """The kept files of a format as frames: by default those that were found, by the fuzzer or in the field.

    catalog: whose folder of kept files it is, None for ours. `CorpusError` where it has none, or a file is wrong.
    """
    from corpus.store import folder_of, load  # noqa: PLC0415  # imports construct
    from formats.catalog import CATALOG  # noqa: PLC0415  # likewise

    catalog = CATALOG if catalog is None else catalog
    kept = (entry for entry in load(folder_of(catalog), catalog) if entry.sidecar.kind in kinds)
    wanted = [one for one in kept if (one.sidecar.format, one.sidecar.version) == (of.name, of.version)]
    places = ((one.data, None if one.sidecar.place is None else one.sidecar.place.place) for one in wanted)
    return tuple(SealedFrame(data, of.seed(place) or 0) for data, place in places)


def with_examples(
    of: Format, catalog: Catalog | None = None, kinds: Sequence[str] = ("found",)
) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """A decorator for a test that takes one `SealedFrame`: every kept file of the format is an explicit example."""

    def decorate(test: Callable[..., T]) -> Callable[..., T]:
        for frame in reversed(examples_of(of, catalog, kinds)):
            test = example(frame)(test)
        return test

    return decorate
