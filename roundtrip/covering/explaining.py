"""Reasons for what is missing that no proof gives: it was tried, and this is what became of it.

A file that shows a missing feature is tried for in earnest, as `corpus add --missing` would. Where one comes about
there is no reason: the file is only not kept yet. Where every attempt fails the reason shows the most telling one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from corpus.coverage import AND
from corpus.entries import Entry
from corpus.exclusion import PAIR_SIZE_MAXIMUM, SINGLE_SIZE_MAXIMUM
from corpus.features import exercised, features_in
from corpus.sidecar import Accepted
from formats.catalog import Format
from formats.place import Place

from ..generate import generate
from ..generation.scopes import NoValue
from .accepting import STUBBORN_SIZES, encoded, forced
from .refusing import Base, Refusing, bases_of, goals
from .state import Wanted
from .steering import SteeredSource

#: Names of one format that are tried for; what is beyond stays without a reason.
TRIED_MAXIMUM: Final = 200
#: Values made by chance in search of what no steered value shows.
CHANCE_COUNT: Final = 100
SEED: Final = 1


class Explaining:
    """Finds reasons by trying; `entries`: what is kept, some of which is damaged anew."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries

    def __call__(self, entry_format: Format, names: Sequence[str]) -> Mapping[str, str]:
        """The reasons of those that have one."""
        known = {feature.text for feature in features_in(entry_format.layout)}
        accepted = [name for name in names if set(name.split(AND)) <= known]
        refused = [name for name in names if name not in accepted]
        found = by_forcing(entry_format, accepted[:TRIED_MAXIMUM])
        if refused:
            found |= self.by_damage(entry_format, refused)
        return found

    def by_damage(self, entry_format: Format, names: Sequence[str]) -> dict[str, str]:
        """Refusals that no damage shows."""
        bases = [base_of(entry, entry_format) for entry in self.entries if is_accepted(entry, entry_format)]
        missing = goals(entry_format) & set(names)
        refusing = Refusing(entry_format, missing, set(), Random(SEED), thorough=False, stop=lambda: False)
        chosen = bases_of(bases)
        for _ in refusing.files(chosen):
            pass
        if not chosen:
            return {}
        tried = f"{refusing.tried:,} times a kept file was damaged, and never refused like this"
        return {name: tried for name in names if name in refusing.missing}


def by_forcing(entry_format: Format, names: Sequence[str]) -> dict[str, str]:
    """Features and pairs that no steered value shows."""
    wanted = Wanted(entry_format.layout, pairs=False)
    found: dict[str, str] = {}
    by_chance = shown_by_chance(entry_format) if names else []
    for name in names:
        features = [wanted.features[wanted.numbers[text]] for text in name.split(AND)]
        limit = SINGLE_SIZE_MAXIMUM if len(features) == 1 else PAIR_SIZE_MAXIMUM
        tried = forced(entry_format, wanted, features, Random(f"{SEED} {name}"), limit)
        texts = {feature.text for feature in features}
        if tried.refused and not any(texts <= shown for shown in by_chance):
            found[name] = f"{len(STUBBORN_SIZES)} attempts towards it, and {len(by_chance)} by chance: {tried.refused}"
    return found


def shown_by_chance(entry_format: Format) -> list[set[str]]:
    """What values by chance show."""
    random, found = Random(SEED), []
    for number in range(CHANCE_COUNT):
        try:
            value = generate(entry_format.layout, SteeredSource(random), size=1 << number % 6)
        except NoValue:
            continue
        tried = encoded(entry_format, value, Place())
        if not tried.refused and len(tried.data) <= PAIR_SIZE_MAXIMUM:
            found.append(set(tried.features))
    return found


def is_accepted(entry: Entry, entry_format: Format) -> bool:
    """Whether a file is an accepted one of this format version."""
    key = (entry_format.name, entry_format.version)
    return (entry.sidecar.format, entry.sidecar.version) == key and isinstance(entry.sidecar.expected, Accepted)


def base_of(entry: Entry, entry_format: Format) -> Base:
    """A kept file as something to damage."""
    place = Place() if entry.sidecar.place is None else entry.sidecar.place.place
    return Base(entry.data, place, frozenset(exercised(entry_format, entry.data, entry_format.seed(place) or 0)))
