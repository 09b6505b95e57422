"""What the Hypothesis engine draws inputs from: sound frames, frames damaged by field, and frames damaged anywhere."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from hypothesis import event
from hypothesis import strategies as st

from corpus.features import pattern

from ..corrupt import measured, reseal
from ..spots import leaves
from ..strategies import SealedFrame, damaged, frames
from ..verbs import VERBS, Wound

if TYPE_CHECKING:
    from formats.catalog import Format
    from formats.place import Place

    from .target import Target


#: Sizes asked of the strategies, in elements or bytes.
SIZES: Final = (4, 1, 16, 64)


@st.composite
def inputs_of(draw: st.DrawFn, target: Target) -> SealedFrame:
    """Inputs for a target, at its place: two thirds are damaged by field."""
    entry, place, size = target.format, target.place, draw(st.sampled_from(SIZES))
    turn = draw(st.integers(0, 5))
    make = frames if turn == 0 else damaged if turn == 1 else mutated
    return draw(make(entry, place, size))


@st.composite
def mutated(draw: st.DrawFn, of: Format, place: Place | None = None, size: int = 16) -> SealedFrame:
    """Frames in which one field was damaged by one verb (`roundtrip.verbs`), the checksums made again or left stale.

    Which field and which verb it was are events of Hypothesis. Where no verb fits, the frame is as it was.
    """
    data, seed = draw(frames(of, place, size))
    found = leaves(of, data, seed)
    if not found:
        return SealedFrame(data, seed)
    index = draw(st.integers(0, len(found) - 1))
    spot, chance = found[index], Random(draw(st.integers(0, 2**32 - 1)))
    following = found[index + 1] if index + 1 < len(found) else None
    wound = Wound(data, spot, following, measured(spot, data, found), chance, found, of.layout.root)
    options = [(verb, one) for verb, make in VERBS.items() for one in make(wound) if one != data]
    if options:
        verb, data = draw(st.sampled_from(options))
        event(f"field={pattern(spot.path)}")
        event(f"verb={verb}")
    return SealedFrame(reseal(of, data, seed) if draw(st.booleans()) else data, seed)
