"""The kept files that an accepted version is frozen with: evidence of what its bytes are, for every later release.

Files of our own formats come from the samples written by hand. Those of a user's are generated, always the same ones:
few small frames that together exercise every feature that many frames do, and damage that must be refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from random import Random
from typing import Final

from corpus.golden import entries_of, writer
from corpus.keeping import entry_of
from corpus.kinds import Kind, demanded
from corpus.samples import SAMPLES, Samples
from corpus.samples.model import PLACE
from corpus.store import Entry
from formats.catalog import Format
from formats.errors import ValueRefused

from ..commands.exits import CommandError
from ..generate import NoValue, RandomSource, Source, generate
from ..subjects import EdgeSource, EvenSource

#: How many random frames are tried, how many elements or bytes they may have (those at the edges more, so that
#: maxima are reached), and how many files are kept of each kind at most.
FRAMES_TRIED: Final = 200
SIZES: Final = (0, 1, 2, 4, 16, 48)
EDGE_SIZES: Final = (1, 8, 64, 1024)
GOLDEN_MAXIMUM: Final = 12
REJECTED_MAXIMUM: Final = 8
FEATURES_NAMED: Final = 6


def files_of(
    entry: Format, present: tuple[Entry, ...], *, ours: bool, samples: Mapping[tuple[str, int], Samples] = SAMPLES
) -> tuple[Entry, ...]:
    """The files to keep of one version, beside those that are there.

    Raises `CorpusError` where ours has no samples, `CommandError` where no file can be generated.
    """
    if ours:
        return own_files(entry, present, samples)
    kinds: set[Kind] = {one.sidecar.kind for one in present if is_of(one, entry)}
    golden = () if "golden" in kinds else tuple(generated(entry))
    base = [one for one in (*present, *golden) if is_of(one, entry) and one.sidecar.kind == "golden"]
    lacking = set(demanded(entry)) - kinds - {"golden"}
    refused = tuple(damaged(entry, min(base, key=lambda one: len(one.data)), lacking)) if lacking else ()
    return golden + refused


def own_files(
    entry: Format, present: tuple[Entry, ...], samples: Mapping[tuple[str, int], Samples]
) -> tuple[Entry, ...]:
    """The files of a version of ours; refuses where a draft's files are not those of its samples."""
    key = (entry.name, entry.version)
    wanted = {one.identity: one for one in entries_of(entry, samples[key])} if key in samples else {}
    if not wanted:
        raise CommandError(f"{entry.name} v{entry.version} has no samples; write some in corpus/samples first")
    stale = [one.identity for one in present if is_of(one, entry) and one.identity not in wanted]
    if stale:
        raise CommandError(f"{stale[0]} was made of other samples; run `shardproof corpus regenerate` first")
    return tuple(wanted.values())


def is_of(kept: Entry, entry: Format) -> bool:
    """Whether a kept file is one of this version."""
    return (kept.sidecar.format, kept.sidecar.version) == (entry.name, entry.version)


def generated(entry: Format) -> Iterator[Entry]:
    """Frames that together exercise all that many do, the smallest first."""
    candidates = sorted(frames(entry), key=lambda one: (len(one.data), one.data))
    if not candidates:
        name = f"{entry.name} v{entry.version}"
        raise CommandError(f"no file of {name} could be made; keep real files of it in the catalog's corpus folder")
    seen: set[str] = set()
    for _ in range(GOLDEN_MAXIMUM):
        best = max(candidates, key=lambda one: len(set(one.sidecar.features) - seen))
        new = sorted(set(best.sidecar.features) - seen)
        if not new and seen:
            break
        seen.update(new)
        yield entry_of(entry, best.data, why=reason(entry, new), writer=writer(), place=PLACE)
        if not new:
            break


def sources(random: Random) -> Iterator[tuple[Source, int]]:
    """Where choices come from, and the size to ask for: the edges, even values, then random ones."""
    for size in EDGE_SIZES:
        yield EdgeSource(greatest=True), size
    yield EdgeSource(greatest=False), 1
    yield EvenSource(random), 8
    for number in range(FRAMES_TRIED):
        yield RandomSource(random), SIZES[number % len(SIZES)]


def frames(entry: Format) -> Iterator[Entry]:
    """Accepted frames of a version, each once."""
    seed = entry.seed(PLACE) or 0
    seen: set[bytes] = set()
    for source, size in sources(Random(f"{entry.name} {entry.version}")):
        try:
            data = entry.oracle.encode(generate(entry.layout, source, size=size), seed)
        except (NoValue, ValueRefused):
            continue
        if data not in seen:
            seen.add(data)
            yield entry_of(entry, data, why="a candidate", writer=writer(), place=PLACE)


def reason(entry: Format, features: list[str]) -> str:
    """Why a generated file is kept."""
    if not features:
        return f"Generated when version {entry.version} was accepted: a frame of it."
    named = ", ".join(features[:FEATURES_NAMED])
    more = f" and {len(features) - FEATURES_NAMED} more" if len(features) > FEATURES_NAMED else ""
    return f"Generated when version {entry.version} was accepted: the smallest that exercises {named}{more}."


def damaged(entry: Format, base: Entry, kinds: AbstractSet[Kind]) -> Iterator[Entry]:
    """Damage to a golden file that is refused, of these kinds, one file for each rule and field."""
    place = base.sidecar.place.place if base.sidecar.place is not None else PLACE
    seen: set[object] = set()
    for data, why in damages(base.data):
        made = entry_of(entry, data, why=why, writer=writer(), place=place)
        if made.sidecar.kind in kinds and made.sidecar.expected not in seen:
            seen.add(made.sidecar.expected)
            yield made
        if len(seen) == REJECTED_MAXIMUM:
            return


def damages(data: bytes) -> Iterator[tuple[bytes, str]]:
    """Ways to damage a frame: its end cut off, a byte more, one bit turned."""
    if data:
        yield data[:-1], "The last byte is missing."
    yield data + b"\0", "One more byte, zero as padding would be."
    for offset, byte in enumerate(data):
        for bit in (0, 7):
            yield data[:offset] + bytes([byte ^ 1 << bit]) + data[offset + 1 :], f"Bit {bit} of byte {offset} is wrong."
