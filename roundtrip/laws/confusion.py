"""D9 no confusion: no frame parses as another structure or version, nor at another place, nor do blank bytes.

A format without any constant and without a place cannot tell its frames from others; for such a format what it takes
is counted and reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import msgspec

from formats.layout import Constant, Digest, Node, children
from formats.place import CONTEXT_FIELDS, Place, seed_of

from .. import reference
from ..corrupt import reseal
from ..lanes import Accepted
from ..spots import leaves
from ..subjects import Sample, Subject, random_place
from .base import Law, Trial

NUMBERS = tuple(name for name in CONTEXT_FIELDS if name != "disk")


def examine(trial: Trial) -> None:
    """Frames of the others here, frames of this one elsewhere, blank bytes."""
    named, checked = says_who(trial.subject), has(trial.subject.format.layout.root, Digest)
    others(trial, named=named, checked=checked)
    blanks(trial, named=named)
    declared_context(trial)
    identity(trial, trial.samples[0])
    for sample in trial.samples:
        elsewhere(trial, sample)
    if trial.facts.get("foreign_accepted"):
        trial.note(f"nothing in a frame says who it is: {trial.facts['foreign_accepted']:.0f} foreign inputs pass")
    if not trial.subject.format.layout.seed:
        trial.note("its checksums do not depend on a place")


def says_who(subject: Subject) -> bool:
    """Whether frames say what they are: by a declaration that all is sealed, or by a constant that is not zero."""
    sealed = subject.format.sealed
    return (sealed is not None and "*" in sealed) or has_name(subject.format.layout.root)


def has_name(node: Node) -> bool:
    """Whether a constant other than zeros stands anywhere inside."""
    if isinstance(node, Constant):
        return any(node.value) if isinstance(node.value, bytes) else bool(node.value)
    return any(has_name(child) for _, child in children(node))


def has(node: Node, kind: type) -> bool:
    """Whether a node of a kind stands anywhere inside."""
    return isinstance(node, kind) or any(has(child, kind) for _, child in children(node))


def others(trial: Trial, *, named: bool, checked: bool) -> None:
    """Every sample of every other format, raw, and sealed again as if it were one of these."""
    subject = trial.subject
    for other in trial.others:
        if other.name == subject.name:
            continue
        for sample in other.samples:
            seed = subject.format.seed(sample.place) or 0
            confused(trial, sample.data, seed, f"a frame of {other.name}", telling=named or checked)
            sealed = reseal(subject.format, sample.data, seed)
            confused(trial, sealed, seed, f"a frame of {other.name}, sealed again,", telling=named)


def confused(trial: Trial, data: bytes, seed: int, what: str, *, telling: bool) -> None:
    """Judge bytes that are none of this format's."""
    trial.count += 1
    verdict = trial.watch.see(data, seed)
    if isinstance(verdict, Accepted):
        if telling:
            trial.find((), None, f"{what} is accepted", data, seed)
        else:
            trial.tally("foreign_accepted")


def blanks(trial: Trial, *, named: bool) -> None:
    """Zeros and ones of every length around those of the samples: what a disk holds where nothing was written."""
    seed = trial.samples[0].seed
    sizes = {1, 2, 4, 512, 4096, *(len(sample.data) for sample in trial.samples), trial.subject.header_size or 1}
    for size in sorted(sizes):
        for byte in (b"\0", b"\xff"):
            for place in (seed, 0):
                confused(trial, byte * size, place, f"{size} bytes {byte.hex()}", telling=named)


def identity(trial: Trial, sample: Sample) -> None:
    """The frame with another magic, kind or version, sealed again: it says that it is something else."""
    for spot in leaves(trial.subject.format, sample.data, sample.seed):
        if not isinstance(spot.node, Constant) or spot.bits > 64:
            continue
        number = spot.read(sample.data)
        near = {number ^ 1 << bit for bit in range(spot.bits)} | {number + 1, number - 1, 0, (1 << spot.bits) - 1}
        for other in sorted(near - {number}):
            data = spot.write(sample.data, other)
            if data != sample.data:
                sealed = reseal(trial.subject.format, data, sample.seed)
                trial.must_refuse(sealed, sample.seed, f"a frame that says {other:#x}", spot.path)


def declared_context(trial: Trial) -> None:
    """The place that the schema seeds with is the one that the documented layout names."""
    subject = trial.subject
    if subject.reference is None:
        return
    trial.count += 1
    wanted, found = reference.CONTEXT[subject.format.label], subject.format.layout.seed
    if wanted != found:
        trial.find(("seal",), None, f"the checksums are seeded with {found}, the documented layout says {wanted}")


def elsewhere(trial: Trial, sample: Sample) -> None:
    """The frame at every place that differs in one bit of one field, at random ones, and with fields swapped."""
    fields = trial.subject.format.layout.seed
    if not fields:
        return
    for place, what in other_places(sample.place, fields, trial.budget.places, trial.random):
        seed = seed_of(fields, place)
        if seed == sample.seed:
            if place != sample.place:
                trial.tally("seed_collisions")
            continue
        trial.must_refuse(sample.data, seed, f"the frame at another place ({what})", ("seal",))


def other_places(place: Place, fields: tuple[str, ...], count: int, random: Random) -> Iterator[tuple[Place, str]]:
    """Places that differ from one in what the format is seeded with."""
    for name in fields:
        if name == "disk":
            number = int.from_bytes(place.disk, "little")
            for bit in range(128):
                yield (
                    msgspec.structs.replace(place, disk=(number ^ 1 << bit).to_bytes(16, "little")),
                    f"disk, bit {bit}",
                )
        else:
            for bit in range(32):
                yield msgspec.structs.replace(place, **{name: getattr(place, name) ^ 1 << bit}), f"{name}, bit {bit}"
        for _ in range(max(1, count // len(fields))):
            yield msgspec.structs.replace(place, **{name: getattr(random_place(random), name)}), f"another {name}"
    numbers = [name for name in fields if name != "disk"]
    for first in numbers:
        for second in numbers:
            if first < second and getattr(place, first) != getattr(place, second):
                swapped = {first: getattr(place, second), second: getattr(place, first)}
                yield msgspec.structs.replace(place, **swapped), f"{first} and {second} swapped"
    yield Place(), "the empty place"


LAW = Law("D9", "no confusion", "no frame parses as another kind or version, nor at another place", examine)
