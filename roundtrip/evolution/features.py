"""What the superblock's feature masks make of a refusal: an old program may still read, or need not care.

A version that is announced by a `read_only_compatible` feature is refused by an old reader, and the old program opens
the store read-only; by a `compatible` one, the old program works without the structure. Nothing softens a misreading.
"""

from __future__ import annotations

from dataclasses import replace

from formats.catalog import Format

from .verdicts import PairVerdict, Verdict


def softened(pair: PairVerdict, writer: Format) -> PairVerdict:
    """The pair with its refusal softened as the feature of the writer's version says, for readers of older versions."""
    feature = writer.feature
    is_older = pair.reader.version < pair.writer.version
    if feature is None or not is_older or pair.verdict is not Verdict.REFUSE or pair.misread or pair.some:
        return pair
    if feature.mask == "read_only_compatible":
        words = f"the feature {feature.name} lets older programs open the store read-only"
        return replace(pair, verdict=Verdict.READ_ONLY, feature=words)
    if feature.mask == "compatible":
        words = f"the feature {feature.name} lets older programs work without it"
        return replace(pair, verdict=Verdict.FULL, feature=words)
    return pair
