"""Random Construct schemas over every class that the schema compiler covers: what the compiler is tested with."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from roundtrip.generation.sources import Source
from roundtrip.strategies import HypothesisSource

from .plain import PlainMaker
from .strict import StrictMaker

__all__ = ["random_schema", "schemas"]


def random_schema(source: Source) -> Any:
    """A schema: in plain Construct, or in the strict vocabulary."""
    if source.integer(0, 2) == 0:
        return StrictMaker(source).schema()
    return PlainMaker(source).schema()


@st.composite
def schemas(draw: st.DrawFn) -> Any:
    """Schemas, shrinking towards few and simple fields."""
    return random_schema(HypothesisSource(draw))
