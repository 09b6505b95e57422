"""The frames that fuzzing begins with: kept files where there are any, else frames generated from the schema."""

from __future__ import annotations

import hashlib
from random import Random
from typing import TYPE_CHECKING, Final

from corpus.errors import CorpusError
from corpus.store import folder_of, scan
from formats.errors import ValueRefused

from ..generate import NoValue, RandomSource, generate_at
from ..subjects import EvenSource, random_place, samples_of, written
from .frames import Seed
from .target import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from corpus.store import Entry
    from formats.catalog import Catalog, Format

#: Frames that fuzzing of one format begins with, at most; longer ones than so many bytes if there are no others.
BASE_MAXIMUM: Final = 64
SIZE_MAXIMUM: Final = 1024
#: Frames that are generated where nothing is kept.
GENERATED: Final = 12
#: Elements of an even frame, of the one long frame, and its size in bytes at most.
EVEN_SCALE: Final = 3
LONG_SCALE: Final = 96
LONG_BYTES_MAXIMUM: Final = 8 << 10
ATTEMPTS: Final = 4


def kept_files(catalog: Catalog) -> tuple[tuple[Entry, ...], str]:
    """The kept files of a catalog, none where it has no folder; and what is wrong with the folder, in words."""
    try:
        found = scan(folder_of(catalog), catalog)
    except CorpusError as error:
        return (), "" if catalog.corpus is None else str(error)
    problems = found.problems
    told = f"{len(problems)} kept files cannot be used, the first: {problems[0]}" if problems else ""
    return found.entries, told


def base_seeds(entry: Format, kept: Iterable[Entry]) -> tuple[Seed, ...]:
    """The first seeds of a format, the same for the same files: smallest first, each with a feature of its own."""
    named = (entry.name, entry.version)
    files = [one for one in kept if (one.sidecar.format, one.sidecar.version) == named and one.data]
    shown: set[str] = set()
    found: list[Seed] = []
    for one in sorted(files, key=lambda one: (len(one.data) > SIZE_MAXIMUM, len(one.data), one.sidecar.sha256)):
        place = one.sidecar.place
        features = {f"{one.sidecar.kind} {feature}" for feature in one.sidecar.features}
        if len(one.data) > SIZE_MAXIMUM and found:
            break
        if len(found) < BASE_MAXIMUM and not features <= shown:
            shown |= features
            found.append(Seed(one.data, NOWHERE if place is None else place.place))
    return tuple(dict.fromkeys((*found, *telling_seeds(entry, 0)))) if found else generated_seeds(entry)


def generated_seeds(entry: Format, seed: int = 0) -> tuple[Seed, ...]:
    """Seeds from the schema alone."""
    samples, _ = samples_of(entry, seed=seed, count=GENERATED)
    found = (Seed(sample.data, sample.place) for sample in samples if sample.data)
    return tuple(dict.fromkeys((*found, *telling_seeds(entry, seed))))


def telling_seeds(entry: Format, seed: int) -> tuple[Seed, ...]:
    """An even frame, whose neighbours can trade places, and one of many elements; fewer where the format has no such.

    Rules of order and of totals need them.
    """
    random = Random(f"{seed} telling {entry.label}")
    sources = ((EvenSource(random), EVEN_SCALE), (RandomSource(random), LONG_SCALE))
    found = []
    for source, scale in sources:
        for _ in range(ATTEMPTS):
            try:
                sample = written(entry, generate_at(entry.layout, source, scale), random_place(random))
            except (ValueRefused, NoValue):
                continue
            if 0 < len(sample.data) <= LONG_BYTES_MAXIMUM:
                found.append(Seed(sample.data, sample.place))
                break
    return tuple(found)


def digest_of(seeds: Iterable[Seed]) -> str:
    """16 hexadecimal digits of what fuzzing begins with."""
    digest = hashlib.blake2b(digest_size=8)
    for seed in seeds:
        digest.update(repr(seed).encode())
    return digest.hexdigest()
