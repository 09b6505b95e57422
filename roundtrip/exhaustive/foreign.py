"""Every structure as every other one, and at every foreign place (D9): all pairs of what there is, none drawn.

Frames are the golden files and the samples of every format of the catalog. Places are those of all frames. A frame
of one structure is read as each other one, at every such place, raw, and once sealed again as if it belonged there.
And it is read as what it is at every place that differs: in one bit of one field; in one field that is one more or
less, none, full, or another frame's; in any combination of fields taken from another frame's place; in two fields
swapped.

That leaves most values of a 32-bit field untried. They are proved: the seed that a place gives, and the seal that a
seed gives, are affine, so if the 32 single-bit changes of a field have independent effects, no other value has the
same seal.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

import msgspec

from formats.errors import ValueRefused
from formats.layout import Digest
from formats.place import Place, seed_of
from formats.reseal import checksums, reseal

from ..laws import STANDARD, Trial
from ..laws.confusion import confused, has, other_places, says_who
from ..report import NotRun
from ..subjects import Sample
from .frames import Framed, is_accepted
from .outcome import CONFUSION, Outcome, Row
from .polynomials import rank
from .wording import grouped

FIELD_BITS: Final = 32
FULL: Final = (1 << FIELD_BITS) - 1


def examine(framed: Framed, every: Sequence[Framed], seed: int) -> Outcome:
    """Frames of all the others here, and frames of this structure everywhere else."""
    started = time.process_time()
    subjects = tuple(one.subject for one in every)
    trial = framed.trial("D9", subjects, seed, "foreign", STANDARD)
    places = list(dict.fromkeys(sample.place for one in every for sample in one.subject.samples))
    others(trial, every, places)
    fields = framed.subject.format.layout.seed
    rows = []
    if fields:
        for sample in framed.subject.samples:
            is_accepted(trial, sample)
            elsewhere(trial, sample, fields, places)
        rows = [field_row(trial, field, fields) for field in fields]
    facts = {
        name: trial.facts.get(name, 0)
        for name in ("foreign_frames", "foreign_resealed", "foreign_places", "foreign_accepted", "seed_collisions")
    }
    return Outcome(
        CONFUSION,
        framed.subject.name,
        trial.count,
        trial.log.findings(),
        facts,
        tuple(rows),
        () if trial.count else (alone(framed),),
        seconds=time.process_time() - started,
    )


def alone(framed: Framed) -> NotRun:
    """Why there was nothing to confuse a structure with."""
    name = framed.subject.name
    return NotRun(f"confusion of {name}", "there is no other structure, and its checksums depend on no place")


def others(trial: Trial, every: Sequence[Framed], places: Sequence[Place]) -> None:
    """Every frame of every other structure or version: raw at every place, and sealed again for each own place."""
    subject = trial.subject
    named, checked = says_who(subject), has(subject.format.layout.root, Digest)
    for other in every:
        if other.subject.name == subject.name:
            continue
        for sample in other.subject.samples:
            seeds = dict.fromkeys(subject.format.seed(place) or 0 for place in (sample.place, *places))
            for seed in seeds:
                trial.tally("foreign_frames")
                confused(trial, sample.data, seed, f"a frame of {other.subject.name}", telling=named or checked)
            seed = subject.format.seed(sample.place) or 0
            sealed = reseal(subject.format.oracle, sample.data, seed)
            trial.tally("foreign_resealed")
            confused(trial, sealed, seed, f"a frame of {other.subject.name}, sealed again,", telling=named)


def elsewhere(trial: Trial, sample: Sample, fields: tuple[str, ...], places: Sequence[Place]) -> None:
    """One frame at every foreign place."""
    tried = {sample.seed}
    for place, what in foreign_places(trial, sample.place, fields, places):
        seed = seed_of(fields, place)
        if seed == sample.seed and any(getattr(place, name) != getattr(sample.place, name) for name in fields):
            trial.tally("seed_collisions")
        if seed not in tried:
            tried.add(seed)
            trial.tally("foreign_places")
            trial.must_refuse(sample.data, seed, f"the frame at another place ({what})", ("seal",))


def foreign_places(
    trial: Trial, place: Place, fields: tuple[str, ...], places: Sequence[Place]
) -> Iterator[tuple[Place, str]]:
    """Every place that a frame is tried at, and how it differs."""
    yield from other_places(place, fields, 1, trial.random)
    for name in fields:
        if name != "disk":
            number = getattr(place, name)
            for value in sorted({0, FULL, (number + 1) & FULL, (number - 1) & FULL}):
                yield msgspec.structs.replace(place, **{name: value}), f"{name} is {value}"
    mixes = [mix for size in range(1, len(fields) + 1) for mix in combinations(fields, size)]
    for other in places:
        for mix in mixes:
            changes = {name: getattr(other, name) for name in mix}
            yield msgspec.structs.replace(place, **changes), f"{', '.join(mix)} of another frame"


def field_row(trial: Trial, field: str, fields: tuple[str, ...]) -> Row:
    """Whether no two values of one field of the place have the same seal; for `disk`, in any 32 neighbouring bits."""
    sample = min(trial.samples, key=lambda one: len(one.data))
    bits = 128 if field == "disk" else FIELD_BITS
    effects = [seal_effect(trial, sample, bit_changed(sample.place, field, bit), fields) for bit in range(bits)]
    windows = [effects[first : first + FIELD_BITS] for first in range(bits - FIELD_BITS + 1)]
    independent = min(rank(window) for window in windows)
    trial.count += bits
    if independent < FIELD_BITS:
        detail = f"only {independent} of {FIELD_BITS} bits of the place's {field} have independent effects on the seal"
        trial.find(("seal",), None, f"{detail}: frames are valid at other places, too")
    proved = f"all {grouped(FULL)} other values" if bits == FIELD_BITS else f"any change within {FIELD_BITS} bits"
    columns = {"structure": trial.subject.name, "place": field, "refused": proved, "rank": f"{independent} of 32"}
    facts: dict[str, object] = {"format": trial.subject.name, "field": field, "bits": bits, "rank": independent}
    return Row(columns, facts)


def bit_changed(place: Place, field: str, bit: int) -> Place:
    """The place with one bit of one field changed."""
    if field == "disk":
        number = int.from_bytes(place.disk, "little") ^ 1 << bit
        return msgspec.structs.replace(place, disk=number.to_bytes(16, "little"))
    return msgspec.structs.replace(place, **{field: getattr(place, field) ^ 1 << bit})


def seal_effect(trial: Trial, sample: Sample, place: Place, fields: tuple[str, ...]) -> int:
    """By which bits the seal of one value changes when the fast lane writes it at another place."""
    here = sealed_bits(trial, sample, sample.seed)
    there = sealed_bits(trial, sample, seed_of(fields, place))
    return here ^ there


def sealed_bits(trial: Trial, sample: Sample, seed: int) -> int:
    """The bits of the seeded checksums of a sample's value, written by the fast lane with a seed."""
    codec = trial.subject.codec
    try:
        data = codec.module.encode(codec.record(sample.value), seed)
    except ValueRefused:
        data = trial.subject.format.oracle.encode(sample.value, seed)
    found = b""
    for site in checksums(trial.subject.format.oracle, data):
        if site.digest.sealing:
            found += data[site.start : site.end]
    return int.from_bytes(found, "little")
