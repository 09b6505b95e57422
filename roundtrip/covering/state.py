"""What is still to be covered in one format version: single features, and pairs of them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from corpus.exclusion import PAIR_SIZE_MAXIMUM, SINGLE_SIZE_MAXIMUM, Prover
from corpus.features import Feature, features_in
from formats.layout import Layout

Pair = tuple[int, int]


class Wanted:
    """Features by number, in the order of the layout; which of them, and which pairs, no file shows yet.

    A pair is its two numbers, the smaller first. What a proof excludes is not wanted; proofs are made when asked for.
    """

    def __init__(self, layout: Layout, excluded: Iterable[str] = (), *, pairs: bool = True) -> None:
        self.prover = Prover(layout)
        self.features: tuple[Feature, ...] = features_in(layout)
        self.numbers = {feature.text: number for number, feature in enumerate(self.features)}
        self.pairs = pairs
        by_hand = set(excluded)
        self.possible = [
            number
            for number, feature in enumerate(self.features)
            if feature.text not in by_hand and self.prover.proof(feature, size_maximum=SINGLE_SIZE_MAXIMUM) is None
        ]
        self.singles: set[int] = set(self.possible)
        self.open: set[Pair] = set()
        self.shown: set[Pair] = set()
        self.proved: dict[Pair, bool] = {}
        if pairs:
            fields = [feature.field for feature in self.features]
            self.open = {pair for pair in combinations(self.possible, 2) if fields[pair[0]] != fields[pair[1]]}

    def gain(self, features: Iterable[str]) -> tuple[int, int]:
        """How many singles and pairs that nobody has shown yet these features show."""
        numbers = self.known(features)
        pairs = sum(pair in self.open for pair in combinations(numbers, 2)) if self.pairs else 0
        return sum(number in self.singles for number in numbers), pairs

    def new(self, features: Iterable[str]) -> tuple[list[str], list[str]]:
        """The singles and pairs among them that nobody has shown yet, by name."""
        numbers = self.known(features)
        singles = [self.features[number].text for number in numbers if number in self.singles]
        return singles, [self.name(pair) for pair in combinations(numbers, 2) if pair in self.open]

    def note(self, features: Iterable[str]) -> None:
        """A file shows these."""
        numbers = self.known(features)
        self.singles -= set(numbers)
        if self.pairs:
            shown = {pair for pair in combinations(numbers, 2) if pair in self.open}
            self.shown |= shown
            self.open -= shown

    def known(self, features: Iterable[str]) -> list[int]:
        """The numbers of features, in order."""
        return sorted(self.numbers[text] for text in features if text in self.numbers)

    def give_up(self, pair: Pair) -> None:
        """A pair that nothing could show."""
        self.open.discard(pair)

    def is_excluded(self, pair: Pair) -> bool:
        """Whether a proof excludes a pair; it is then no longer wanted."""
        if pair in self.shown:
            return False
        if pair not in self.proved:
            one, other = (self.features[number] for number in pair)
            self.proved[pair] = self.prover.proof(one, other, size_maximum=PAIR_SIZE_MAXIMUM) is not None
            if self.proved[pair]:
                self.open.discard(pair)
        return self.proved[pair]

    def name(self, pair: Pair) -> str:
        """A pair as coverage names it."""
        return " + ".join(self.features[number].text for number in pair)


def ordered(one: int, other: int) -> Pair:
    """A pair of two numbers."""
    return (one, other) if one < other else (other, one)
