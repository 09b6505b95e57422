"""Accepted files for the features and pairs that no file shows: few, each showing as much as can be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from corpus.exclusion import PAIR_SIZE_MAXIMUM, SINGLE_SIZE_MAXIMUM
from corpus.features import Feature, exercised
from corpus.plain import to_json
from formats.catalog import Format
from formats.errors import FormatError, ValueRefused
from formats.place import Place

from ..generate import generate
from ..generation.scopes import NoValue, Room
from .assigning import assignment
from .state import Wanted
from .steering import SteeredGenerator, SteeredSource
from .wishes import Wishes, wishes_for

#: Attempts at a file that should show very much, and at one that should show one thing only, at falling sizes.
GREEDY_ATTEMPTS: Final = 3
STUBBORN_SIZES: Final = (4, 2, 8, 1, 16, 4, 3, 32, 6, 2, 64, 4, 1, 2, 4, 8, 3, 2, 4, 16)
#: After so many pairs in a row that could not be shown a format is left: its layout binds what no proof knows.
STUBBORN_MAXIMUM: Final = 100
#: Values made by chance before any is steered; they show what is easy.
EASY_COUNT: Final = 24


#: Characters of a value in its sidecar.
SIDECAR_SIZE_MAXIMUM: Final = 60_000
NOWHERE: Final = Place()


@dataclass(frozen=True)
class Made:
    """An accepted file. new: the features and pairs that no file before it shows."""

    data: bytes
    place: Place
    features: tuple[str, ...]
    singles: tuple[str, ...]
    pairs: tuple[str, ...]

    @property
    def why(self) -> str:
        """One sentence: what it is kept for."""
        first = [*self.singles, *self.pairs][:3]
        if not first:
            return "Generated, so that there is a file that is accepted."
        more = len(self.singles) + len(self.pairs) - len(first)
        pairs = f", and {more} more" if more else ""
        return f"Generated, because no other file shows {'; '.join(first)}{pairs}."


@dataclass(frozen=True)
class Attempt:
    """What became of an attempt: the file's bytes and features, or why there are none."""

    data: bytes = b""
    place: Place = NOWHERE
    features: tuple[str, ...] = ()
    refused: str = ""


def random_place(random: Random) -> Place:
    """Any place."""
    numbers = [random.choice((0, 1, random.getrandbits(32), random.getrandbits(12), 2**32 - 1)) for _ in range(4)]
    return Place(random.randbytes(16), *numbers)


def attempt(entry: Format, wishes: Wishes, random: Random, size: int) -> Attempt:
    """One value that is steered by the wishes, as bytes."""
    generator = SteeredGenerator(SteeredSource(random), entry.layout, wishes, size)
    try:
        value = generator.make(entry.layout.root, Room()).plain
    except NoValue as error:
        return Attempt(refused=f"no value can be made: {error}")
    return encoded(entry, value, random_place(random))


def encoded(entry: Format, value: Any, place: Place) -> Attempt:
    """A value as bytes, and what they show."""
    seed = entry.seed(place) or 0
    try:
        data = entry.oracle.encode(value, seed)
        if len(json.dumps(to_json(value))) > SIDECAR_SIZE_MAXIMUM:
            return Attempt(refused="its sidecar would be too long to be read")
        return Attempt(data, place, exercised(entry, data, seed))
    except (ValueRefused, FormatError) as error:
        return Attempt(refused=f"its bytes are refused: {error}")


class Accepting:
    """Makes accepted files of one format version until nothing is missing that can be made."""

    def __init__(
        self, entry: Format, wanted: Wanted, random: Random, *, stop: Callable[[], bool], has_files: bool = False
    ) -> None:
        self.entry = entry
        self.made = has_files
        self.wanted = wanted
        self.random = random
        self.stop = stop
        #: What could not be shown, by the name of the feature or pair: why the last attempt failed.
        self.failed: dict[str, str] = {}

    def files(self) -> Iterator[Made]:
        """Every file that shows something new, in the order in which they were found."""
        yield from self.easy()
        if not self.made:
            yield from self.first()
        for number in sorted(self.wanted.singles):
            if number in self.wanted.singles and not self.stop():
                yield from self.towards((number,), SINGLE_SIZE_MAXIMUM)
        stubborn = 0
        for pair in sorted(self.wanted.open):
            if self.stop() or stubborn >= STUBBORN_MAXIMUM:
                return
            if pair not in self.wanted.open or self.wanted.is_excluded(pair):
                continue
            yield from self.towards(pair, PAIR_SIZE_MAXIMUM)
            stubborn = stubborn + 1 if pair in self.wanted.open else 0
            if pair in self.wanted.open:
                self.wanted.give_up(pair)

    def first(self) -> Iterator[Made]:
        """Any file, where nothing is kept: what there is to damage."""
        for size in STUBBORN_SIZES:
            try:
                value = generate(self.entry.layout, SteeredSource(self.random), size=size)
            except NoValue:
                continue
            tried = encoded(self.entry, value, random_place(self.random))
            if not tried.refused and len(tried.data) <= SINGLE_SIZE_MAXIMUM:
                yield self.kept(tried)
                return

    def easy(self) -> Iterator[Made]:
        """Files by chance."""
        for _ in range(EASY_COUNT if self.wanted.singles else 0):
            try:
                value = generate(self.entry.layout, SteeredSource(self.random), size=self.random.choice((2, 4, 8, 16)))
            except NoValue:
                continue
            tried = encoded(self.entry, value, random_place(self.random))
            if len(tried.data) <= PAIR_SIZE_MAXIMUM and self.wanted.gain(tried.features)[0]:
                yield self.kept(tried)

    def towards(self, base: tuple[int, ...], size_maximum: int) -> Iterator[Made]:
        """A file that shows all of `base` and as much as can be besides; perhaps two, if the first does not."""
        limit = min(size_maximum, PAIR_SIZE_MAXIMUM)
        for _ in range(GREEDY_ATTEMPTS if self.wanted.pairs else 0):
            chosen = assignment(self.wanted, base, self.random)
            wishes = wishes_for(self.wanted.prover, [self.wanted.features[number] for number in chosen], limit)
            if wishes is None:
                break
            tried = attempt(self.entry, wishes, self.random, self.random.choice((4, 6, 8)))
            if tried.refused or len(tried.data) > size_maximum:
                continue
            if self.shows(base, tried):
                yield self.kept(tried)
                return
            if self.wanted.gain(tried.features)[1] > len(chosen):
                yield self.kept(tried)
        yield from self.stubborn(base, size_maximum)

    def stubborn(self, base: tuple[int, ...], size_maximum: int) -> Iterator[Made]:
        """A file that shows all of `base`, whatever else."""
        features = [self.wanted.features[number] for number in base]
        tried = forced(self.entry, self.wanted, features, self.random, size_maximum)
        if tried.refused:
            self.failed[" + ".join(feature.text for feature in features)] = tried.refused
        else:
            yield self.kept(tried)

    def shows(self, base: Sequence[int], tried: Attempt) -> bool:
        """Whether a file shows all that it was made for."""
        return {self.wanted.features[number].text for number in base} <= set(tried.features)

    def kept(self, tried: Attempt) -> Made:
        """A file, after noting what it shows."""
        self.made = True
        singles, pairs = self.wanted.new(tried.features)
        self.wanted.note(tried.features)
        return Made(tried.data, tried.place, tried.features, tuple(singles), tuple(pairs))


def forced(entry: Format, wanted: Wanted, features: Sequence[Feature], random: Random, size_maximum: int) -> Attempt:
    """A file that shows these features, whatever else; or the most telling of the refusals that attempts met."""
    names = {feature.text for feature in features}
    last = Attempt(refused="no attempt was made")
    wishes = wishes_for(wanted.prover, features, size_maximum)
    if wishes is None:
        return Attempt(refused="what they need excludes each other")
    for size in STUBBORN_SIZES:
        tried = attempt(entry, wishes, random, size)
        if not tried.refused and names <= set(tried.features) and len(tried.data) <= size_maximum:
            return tried
        if not tried.refused:
            lacking = ", ".join(sorted(names - set(tried.features))) or f"{len(tried.data):,} bytes"
            tried = Attempt(refused=f"its bytes are accepted and do not show {lacking}")
        last = tried if telling(tried) >= telling(last) else last
    return last


#: How the reasons of failed attempts begin, from what says least to what says most.
TELLING: Final = (
    "no attempt",
    "its sidecar",
    "what they need",
    "its bytes are accepted",
    "no value can be made",
    "its bytes are refused",
)


def telling(tried: Attempt) -> int:
    """How much a failed attempt says."""
    return next(number for number, begin in enumerate(TELLING) if tried.refused.startswith(begin))
