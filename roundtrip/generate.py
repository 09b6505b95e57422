"""Values of any layout, valid by construction: one definition for the laws, the benchmarks and Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from formats.layout import Layout

from .generation import composites, scalars
from .generation.generator import Generator, Maker
from .generation.hints import Hints, hints_of
from .generation.scopes import NoValue, Room
from .generation.sources import RandomSource, Source

__all__ = ["NoValue", "RandomSource", "Source", "generate", "generate_at"]

#: Attempts at one value; every few of them ask for half the size.
ATTEMPTS: Final = 48
ATTEMPTS_PER_SIZE: Final = 6
MAKERS: Final[Mapping[type, Maker]] = {**scalars.MAKERS, **composites.MAKERS}


def generate(layout: Layout, source: Source, *, size: int = 64) -> Any:
    """A plain value that the format can hold; `NoValue` names the path where constraints seem to contradict each other.

    `size` bounds the number of elements and the bytes of free byte strings, as far as minima allow.
    """
    return attempt(layout, source, size, scaling=False)


def generate_at(layout: Layout, source: Source, scale: int) -> Any:
    """A plain value whose encoding grows about linearly with `scale`: variable parts take so many elements or bytes.

    Where a field's own maximum is lower, the value stays at that.
    """
    return attempt(layout, source, scale, scaling=True)


def attempt(layout: Layout, source: Source, size: int, *, scaling: bool) -> Any:
    """The first attempt that succeeds."""
    hints = cached_hints(layout)
    failure: NoValue | None = None
    for number in range(ATTEMPTS):
        smaller = size >> number // ATTEMPTS_PER_SIZE
        try:
            return Generator(source, hints, MAKERS, smaller, scaling=scaling).make(layout.root, Room()).plain
        except NoValue as error:
            failure = error
    assert failure is not None
    raise failure


@lru_cache(maxsize=256)
def cached_hints(layout: Layout) -> Hints:
    """The hints of a layout, read off once."""
    return hints_of(layout.root)
