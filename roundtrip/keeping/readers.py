"""Who reads and writes kept files: oracle, fast codec and, for ours, the decoder that was written by hand."""

from __future__ import annotations

from dataclasses import replace

from corpus.checks import Answer, Lanes
from corpus.entries import find
from corpus.regression import own_lanes
from formats.catalog import CATALOG, Format

from .. import reference


def lanes_of(entry: Format) -> Lanes:
    """The readers and writers of one format."""
    ours = find(CATALOG, entry.name, entry.version)
    lanes, decode = own_lanes(entry), reference.DECODERS.get(entry.label)
    if decode is None or ours is None or ours.schema is not entry.schema:  # a user's format may have a name of ours
        return lanes

    def read(data: bytes, seed: int) -> Answer:
        try:
            return "accepted", decode(data, seed)
        except reference.Refusal as refusal:
            return "refused", refusal.rule

    return replace(lanes, readers={**lanes.readers, "reference": read})
