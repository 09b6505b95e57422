"""What files show as bits, so that a cover can be searched: features, then verdicts, then pairs.

The pair of features i < j is bit j of row i of a square of bits, so all pairs of a file are a few shifts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .showing import Shown


def field_of(feature: str) -> str:
    """The field that a feature is of: two aspects of one field are no pair."""
    return feature.partition("=")[0]


class Elements:
    """Numbers for everything that the files of one format version show. pairs: whether pairs count."""

    def __init__(self, shown: Iterable[Shown], *, pairs: bool) -> None:
        every = list(shown)
        self.features = sorted({feature for one in every for feature in one.features})
        self.verdicts = sorted({verdict for one in every for verdict in one.verdicts})
        self.pairs = pairs
        self._feature = {feature: 1 << number for number, feature in enumerate(self.features)}
        self._verdict = {verdict: 1 << number for number, verdict in enumerate(self.verdicts)}
        self._row = {feature: number for number, feature in enumerate(self.features)}
        self._partners = self._all_partners(self.features)

    def _all_partners(self, features: Sequence[str]) -> list[int]:
        """Of each feature, those behind it that are of another field."""
        fields = [field_of(feature) for feature in features]
        masks: dict[str, int] = {}
        for number, name in enumerate(fields):
            masks[name] = masks.get(name, 0) | 1 << number
        every = (1 << len(features)) - 1
        return [(every >> number << number) & ~masks[name] for number, name in enumerate(fields)]

    @property
    def pairs_start(self) -> int:
        """The first bit that stands for a pair."""
        return len(self.features) + len(self.verdicts)

    def bits(self, shown: Shown) -> int:
        """Everything that one file shows."""
        own = sum(self._feature[feature] for feature in shown.features)
        found = own | sum(self._verdict[verdict] for verdict in shown.verdicts) << len(self.features)
        if self.pairs and shown.paired:
            square = 0
            for feature in shown.features:
                row = self._row[feature]
                square |= (own & self._partners[row]) << row * len(self.features)
            found |= square << self.pairs_start
        return found

    def counts(self, bits: int) -> tuple[int, int, int]:
        """How many features, pairs and verdicts there are in a set."""
        features = bits & (1 << len(self.features)) - 1
        pairs = bits >> self.pairs_start
        return features.bit_count(), pairs.bit_count(), bits.bit_count() - features.bit_count() - pairs.bit_count()
