"""Histories from Hypothesis: the same bytes, made by a generator that can also make them fewer and smaller."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from .drivers import LONGEST
from .failure import examine
from .finding import Finding
from .history import History
from .shrinking import shrink

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

#: Hypothesis makes short strings; a history is put together from so many of at most so many bytes.
PIECES: Final = 16
PIECE_MAXIMUM: Final = 12
EXAMPLES: Final = 2000
SHRINK_SECONDS: Final = 60.0


def histories(preset: str, *, crashes: bool = False, longest: int = LONGEST) -> SearchStrategy[History]:
    """A strategy for histories of at most so many operations."""
    data = st.tuples(*[st.binary(max_size=PIECE_MAXIMUM)] * PIECES).map(b"".join)
    return data.map(lambda each: History.from_bytes(each, preset, crashes=crashes, longest=longest))


def smallest_failing(
    preset: str, *, seed: int, crashes: bool = False, longest: int = LONGEST, examples: int = EXAMPLES
) -> Finding | None:
    """The smallest failing history that Hypothesis finds, or None. The same seed finds the same one."""
    chosen = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )

    def fails(history: History) -> bool:
        return examine(history) is not None

    try:
        history = find(histories(preset, crashes=crashes, longest=longest), fails, settings=chosen, random=Random(seed))
    except NoSuchExample:
        return None
    first = examine(history)
    assert first is not None, "what Hypothesis found fails again"

    def fails_alike(history: History) -> bool:
        failure = examine(history)
        return failure is not None and failure.law == first.law

    # Hypothesis leaves out bytes, which are parts of operations; the rest goes operation by operation.
    history = shrink(history, fails_alike, SHRINK_SECONDS)
    failure = examine(history)
    assert failure is not None, "what shrinking gives back fails"
    return Finding.of(history, failure, seed=seed, driver="Hypothesis")
