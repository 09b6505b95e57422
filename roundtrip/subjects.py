"""Subjects: a format with everything the laws need to try it: lanes, sample frames, the places they were written to.

A planted bug substitutes one lane: an altered codec, an altered reference decoder, or a whole altered format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from random import Random
from typing import Any, Protocol, TypeVar

from formats.catalog import Format
from formats.codec import Codec
from formats.errors import ValueRefused
from formats.layout import Blocks, Digest, Node, Raw, Records, Struct, children, fixed_size
from formats.place import Place

from .counting import steps
from .generate import NoValue, RandomSource, Source, generate
from .lanes import Lane, fast_lane, oracle_lane, reference_lane, tuple_lane
from .protection import Protection, protection_of

#: Sample frames are at most this long, unless a format has no shorter ones.
SAMPLE_SIZE_MAXIMUM = 4096
#: Generated values tried for one sample that is wanted.
TRIES_PER_SAMPLE = 6
#: Steps (opcodes) that the oracle takes for a sample of a format of usual size; slower formats get a smaller budget.
ORACLE_STEPS_USUAL = 150_000
#: Sizes asked of the generator, in elements or bytes, cycled through.
SIZES = (0, 1, 3, 8, 24, 80, 200, 600)


@dataclass(frozen=True)
class Sample:
    """A valid frame: its bytes, its plain value, and where it was written (`seed` follows from the place).

    even: made by `EvenSource`, so the corruption plan must try it.
    """

    data: bytes
    value: Any
    place: Place
    seed: int
    even: bool = False


class Planted(Protocol):
    """A format with one lane replaced by a wrong one; None: that lane is as it always is."""

    @property
    def format(self) -> Format: ...
    @property
    def codec(self) -> Codec | None: ...
    @property
    def reference(self) -> Callable[[bytes, int], Any] | None: ...


@dataclass(frozen=True)
class Subject:
    """A format, its lanes and its samples. `not_run`: lanes that do not exist for it."""

    format: Format
    codec: Codec
    oracle: Lane
    fast: Lane
    tuples: Lane
    reference: Lane | None
    samples: tuple[Sample, ...]
    not_run: tuple[str, ...] = ()
    refused_values: tuple[str, ...] = ()
    _protections: dict[bytes, Protection] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The format's name; with its version where it is not 1."""
        return self.format.label

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Every lane that there is, the oracle first."""
        lanes = (self.oracle, self.fast, self.tuples)
        return lanes if self.reference is None else (*lanes, self.reference)

    @property
    def probe(self) -> Callable[[bytes | bytearray, int], Any]:
        """The bare fast decoder, for tight loops."""
        return self.codec.probe

    @cached_property
    def open_ended(self) -> bool:
        """Whether a frame may be followed by more of itself: a stream of records, or bytes up to the end."""
        return is_open(self.format.layout.root)

    def protection(self, sample: Sample) -> Protection:
        """Which bytes of a sample are protected."""
        found = self._protections.get(sample.data)
        if found is None:
            found = self._protections[sample.data] = protection_of(self.format, sample.data, sample.seed)
        return found

    @cached_property
    def pace(self) -> float:
        """How much of a budget this format can afford: 1, or less where its frames take the oracle long to read."""
        counts = [steps(partial(self.oracle.raw, sample.data, sample.seed)) for sample in self.samples]
        return min(1.0, ORACLE_STEPS_USUAL * len(counts) / sum(counts)) if sum(counts) else 1.0

    def probe_steps(self, sample: Sample) -> int:
        """The steps that the fast decoder takes for a sample."""
        return steps(partial(self.probe, sample.data, sample.seed))

    @cached_property
    def header_size(self) -> int:
        """The size in bytes of the sealed fixed header that begins every frame; 0 where there is none."""
        return header_size(self.format)


def header_size(entry: Format) -> int:
    """The size of the sealed fixed header in bytes; 0 where there is none."""
    root = entry.layout.root
    if not isinstance(root, Struct) or not root.header:
        return 0
    members = root.members[: root.header]
    sizes = [fixed_size(member.node) for member in members]
    seal = members[-1].node
    is_crc32c = isinstance(seal, Digest) and seal.algorithm.name == "crc32c"
    return sum(size or 0 for size in sizes) if is_crc32c and None not in sizes else 0


def is_open(node: Node) -> bool:
    """Whether the end of the frame is the end of the bytes, wherever that is."""
    match node:
        case Records() | Blocks() | Raw(size=None):
            return True
        case Struct(members=members):
            return bool(members) and is_open(members[-1].node)
    return any(is_open(child) for _, child in children(node)) and type(node).__name__ not in DELIMITED


#: Nodes that say where their content ends.
DELIMITED = frozenset({"Prefixed", "Region", "Padded", "Array", "CountedArray", "BitGroup"})


def random_place(random: Random) -> Place:
    """Any place, every field over its whole width."""
    return Place(
        disk=random.randbytes(16),
        extent=random.getrandbits(32),
        generation=random.getrandbits(32),
        offset=random.getrandbits(32),
        run=random.getrandbits(32),
    )


def subject_of(entry: Format, *, seed: int, samples: int, planted: Planted | None = None) -> Subject:
    """The subject of one format; `seed` is the run's, `samples` the number of frames wanted.

    Only formats of ours have a reference decoder; with a planted bug, the one of the format that it was planted in.
    """
    own, decode = entry.generated, None
    codec = entry.codec if planted is None else None
    if planted is not None:
        entry, codec, decode = planted.format, planted.codec, planted.reference
    codec = codec or entry.codec
    reference = reference_lane(entry.label, decode) if own else None
    frames, refused = samples_of(entry, seed=seed, count=samples)
    return Subject(
        entry,
        codec,
        oracle_lane(entry.oracle),
        fast_lane(codec),
        tuple_lane(codec, entry.layout),
        reference,
        frames,
        () if reference is not None else ("reference decoder",),
        refused,
    )


def written(entry: Format, value: Any, place: Place) -> Sample:
    """The frame of a value at a place; `ValueRefused` where it has none."""
    seed = entry.seed(place) or 0
    data = entry.oracle.encode(value, seed)
    return Sample(data, entry.oracle.decode(data, seed), place, seed)


T = TypeVar("T")


class EvenSource(RandomSource):
    """Three of everything, byte strings all of one size: neighbours can trade places or repeat, and lengths still fit.

    Damage to an order reaches the check of the order only in such a frame.
    """

    COUNT = 3
    SIZE = 5

    def integer(self, minimum: int, maximum: int) -> int:
        return max(minimum, min(maximum, self.COUNT))

    def blob(self, minimum: int, maximum: int) -> bytes:
        return self.random.randbytes(max(minimum, min(maximum, self.SIZE)))


class EdgeSource:
    """Choices that always go to one side: the least numbers and zero bytes, or the greatest and all ones."""

    def __init__(self, *, greatest: bool) -> None:
        self.greatest = greatest

    def integer(self, minimum: int, maximum: int) -> int:
        return maximum if self.greatest else minimum

    def boolean(self) -> bool:
        return self.greatest

    def choice(self, options: Sequence[T]) -> T:
        return options[-1 if self.greatest else 0]

    def blob(self, minimum: int, maximum: int) -> bytes:
        return b"\xff" * maximum if self.greatest else bytes(minimum)

    def real(self) -> float:
        return float("inf") if self.greatest else 0.0


def generated_values(entry: Format, random: Random) -> Iterator[tuple[Any, bool]]:
    """Plain values without end, and whether each is even: an even one, those at the edges, then random ones."""
    sources: list[tuple[Source, int]] = [
        (EvenSource(random), 8),
        (EdgeSource(greatest=False), 1),
        (EdgeSource(greatest=True), 1),
        (EdgeSource(greatest=True), 32),
    ]
    chance = RandomSource(random)
    attempt = 0
    while True:
        source, size = sources[attempt] if attempt < len(sources) else (chance, SIZES[attempt % len(SIZES)])
        attempt += 1
        try:
            yield generate(entry.layout, source, size=size), isinstance(source, EvenSource)
        except NoValue:
            if attempt > len(sources):
                raise


def samples_of(entry: Format, *, seed: int, count: int) -> tuple[tuple[Sample, ...], tuple[str, ...]]:
    """`count` different frames of different sizes, and the reasons why generated values had no frame."""
    random = Random(f"{seed} samples {entry.name} {entry.version}")
    found: dict[bytes, Sample] = {}
    large: list[Sample] = []
    refused = []
    values = generated_values(entry, random)
    for _, (value, even) in zip(range(count * TRIES_PER_SAMPLE), values, strict=False):
        try:
            sample = replace(written(entry, value, random_place(random)), even=even)
        except ValueRefused as error:
            refused.append(str(error))
            continue
        if len(sample.data) > SAMPLE_SIZE_MAXIMUM:
            large.append(sample)
        elif sample.data:
            found[sample.data] = sample
        if len(found) >= count:
            break
    if not found and large:
        smallest = min(large, key=lambda sample: len(sample.data))
        found[smallest.data] = smallest
    return tuple(sorted(found.values(), key=lambda sample: len(sample.data))), tuple(refused)
