"""Runs a block: mutants of its frames through the fast lane, and those that tell something through all lanes.

Which inputs all lanes see: every one that the fast lane accepts, once; and a seeded 1 in 256 of the refused, twice as
many where the checksums match. Which are measured: one in 2,048, and the same with a long tail. An input that shows
something new joins the frames.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Final

from formats.place import Place

from ..lanes import Accepted, Refused
from ..subjects import random_place
from .block import FuzzResult, Novel
from .frames import Frame, Seed, prepare
from .judging import Examination, measured
from .mutation import Pace, mutants
from .novelty import accepted_keys, refusal_key
from .sealing import moved, seal

if TYPE_CHECKING:
    from collections.abc import Callable

    from formats.catalog import Format

    from .block import FuzzBlock, Message
    from .failure import Failure
    from .sealing import Site
    from .target import Target

#: How many of the refused are shown to all lanes; of those whose checksums match, so that other rules refuse them.
REFUSED_SHARE: Final = 1 / 256
SEALED_SHARE: Final = 1 / 128
#: Mutants of a frame that are made in one go.
BATCH: Final = 256
#: Of so many batches one gives an input whose memory and work are counted.
MEASURE_EVERY: Final = 8
#: Frames of which a block tries every mutant that knows the layout: the first block of a row, the others.
SWEPT_FIRST: Final = 4
SWEPT: Final = 1
#: A mutant that is so much longer than its frame is measured: few bytes of it may stand for many.
SWOLLEN_BYTES: Final = 64
#: Hostile numbers that a block other than the first measures.
HOSTILE_MAXIMUM: Final = 8
#: Bytes behind a frame that is measured as a long input.
TAIL_BYTES: Final = 8 << 10
#: Frames of a block, the newest among them; these take half of the turns.
FRAMES_MAXIMUM: Final = 20
NEWEST: Final = 8
#: Shares of batches: read and sealed at another place; read at another place than sealed for.
MOVED_SHARE: Final = 0.06
FOREIGN_SHARE: Final = 0.04
#: Sorts of failures that a block keeps.
KEPT_MAXIMUM: Final = 20
#: Longer inputs do not become seeds.
NOVEL_BYTES_MAXIMUM: Final = 2048


@lru_cache(maxsize=256)
def prepared(entry: Format, seed: Seed) -> Frame:
    """A prepared frame; the same frames come in block after block."""
    return prepare(entry, seed)


@dataclass
class Run:
    """One block being run. `target`: at no place; `seeds`: what mutants are made from, the newest last."""

    block: FuzzBlock
    target: Target
    seeds: list[Seed]
    known: set[str]
    tick: Callable[[int], None]
    note: Callable[[bytes], None]
    note_place: Callable[[Place], None]
    random: Random
    pace: Pace = field(default_factory=Pace)
    inputs: int = 0
    accepted: int = 0
    repeated: int = 0
    judged: int = 0
    refused: int = 0
    measured: int = 0
    found: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    novel: list[Novel] = field(default_factory=list)
    failures: dict[tuple[str, ...], Failure] = field(default_factory=dict)
    seen: set[tuple[bytes, int]] = field(default_factory=set)
    frames: list[Frame] = field(default_factory=list)
    ready: set[Seed] = field(default_factory=set)
    digest: hashlib.blake2b = field(default_factory=lambda: hashlib.blake2b(digest_size=16))

    @property
    def is_over(self) -> bool:
        """Whether the planted bug, if there is one, is found."""
        return bool(self.block.planted and self.failures)

    def batch(self, count: int) -> None:
        """Mutants of one frame, drawn from all."""
        random = self.random
        newest = random.random() < 0.5
        seed = random.choice(self.seeds[-NEWEST:] if newest else self.seeds)
        frame = prepared(self.target.format, seed)
        if seed not in self.ready:
            self.ready.add(seed)
            self.frames.append(frame)
        others = self.frames
        place, sealed_for = self.drawn_place(frame)
        target = self.target.at(place)
        self.note_place(place)
        read_for, probe, draw, note = target.seed, target.codec.probe, random.random, self.note
        number = first = self.inputs
        data = frame.data
        for data, done in mutants(frame, others, random, self.pace, first, count, sealed_for):
            number += 1
            note(data)
            try:
                record = probe(data, read_for)
            except Exception:  # noqa: BLE001  # what the fast lane raises is for the judge to name
                self.judge(target, data)
                continue
            if record is not None:
                if self.judge(target, data):
                    self.pace.pay(number, len(data), done)
                else:
                    self.repeated += 1
                    self.accepted += 1
                if self.block.planted and self.failures:
                    break
            elif draw() < (SEALED_SHARE if done else REFUSED_SHARE):
                self.judge(target, data)
        self.inputs = number
        if (first // BATCH) % MEASURE_EVERY == 0:
            self.measure(target, data)

    def sweep(self, seed: Seed) -> None:
        """All mutants of one frame that know the layout, sealed, through all lanes; and hostile numbers, measured."""
        frame = prepared(self.target.format, seed)
        target = self.target.at(seed.place)
        self.note_place(seed.place)
        for data, at, by, _ in frame.informed:
            sites = moved(frame.sites, at, by) if by else frame.sites
            self.sealed(frame, target, bytearray(data), sites, self.judge)
            if by > SWOLLEN_BYTES:
                self.sealed(frame, target, bytearray(data), sites, self.measure_one)
        for start, end, piece, _ in frame.hostile[: HOSTILE_MAXIMUM if self.block.number else None]:
            hostile = bytearray(frame.data)
            hostile[start:end] = piece
            self.sealed(frame, target, hostile, frame.sites, self.measure_one)

    def sealed(
        self,
        frame: Frame,
        target: Target,
        data: bytearray,
        sites: tuple[Site, ...],
        look: Callable[[Target, bytes], object],
    ) -> None:
        """Make a mutant's checksums again, and look at it."""
        if self.inputs < self.block.first + self.block.count and not self.is_over:
            seal(data, sites, frame.sealed_for)
            self.note(bytes(data))
            self.tick(self.inputs)
            self.inputs += 1
            look(target, bytes(data))

    def drawn_place(self, frame: Frame) -> tuple[Place, int]:
        """Where the mutants of a frame are read, and what their seeded checksums go on from."""
        fields = self.target.format.layout.seed
        chance = self.random.random()
        if not fields or chance >= MOVED_SHARE + FOREIGN_SHARE:
            return frame.seed.place, frame.sealed_for
        other = random_place(self.random)
        if self.random.random() < 0.5:
            name = self.random.choice(fields)
            other = replace_field(frame.seed.place, name, getattr(other, name))
        return other, self.target.at(other).seed if chance < MOVED_SHARE else frame.sealed_for

    def judge(self, target: Target, data: bytes) -> bool:
        """Show an input to all lanes, once; whether it was new to them."""
        key = (data, target.seed)
        if key in self.seen:
            return False
        self.seen.add(key)
        self.judged += 1
        examination = Examination(target, data)
        for failure in examination.failures():
            self.take(failure)
        self.digest.update(data)
        self.accepted += isinstance(examination.fast, Accepted)
        if isinstance(examination.oracle, Refused):
            self.refused += 1
            self.rules[examination.oracle.rule or ""] += 1
            name = refusal_key(examination)
            self.keep(target, data, {name} - self.known)
        elif isinstance(examination.oracle, Accepted) and isinstance(examination.fast, Accepted):
            self.keep(target, data, accepted_keys(target, data, examination.fast.value, self.known))
        return True

    def keep(self, target: Target, data: bytes, keys: set[str]) -> None:
        """Remember what an input shows, and the input if that is anything."""
        if keys:
            self.known |= keys
            if 0 < len(data) <= NOVEL_BYTES_MAXIMUM:
                self.novel.append(Novel(data=data, place=target.place, keys=tuple(sorted(keys))))
                self.seeds.append(Seed(data, target.place))

    def measure(self, target: Target, data: bytes) -> None:
        """Count what the fast lanes take for an input, and for the same with a long tail."""
        tail = b"\0" if self.random.getrandbits(1) else data + b"\xff"
        for one in (data, data + (tail * (TAIL_BYTES // len(tail) + 1))[: max(0, TAIL_BYTES - len(data))]):
            self.note(one)
            self.measure_one(target, one)

    def measure_one(self, target: Target, data: bytes) -> None:
        """Count what the fast lanes take for one input."""
        self.measured += 1
        for failure in measured(target, data):
            self.take(failure)

    def take(self, failure: Failure) -> None:
        """Note a failure; the first of each sort is kept, and the shortest."""
        self.found += 1
        old = self.failures.get(failure.sort())
        if (old is None and len(self.failures) < KEPT_MAXIMUM) or (old and len(failure.data) < len(old.data)):
            self.failures[failure.sort()] = failure

    def result(self) -> FuzzResult:
        """What there is in the end."""
        return FuzzResult(
            block=self.block,
            inputs=self.inputs - self.block.first,
            accepted=self.accepted,
            repeated=self.repeated,
            judged=self.judged,
            refused=self.refused,
            measured=self.measured,
            rules=dict(self.rules),
            novel=tuple(self.novel),
            failures=tuple(self.failures.values()),
            found=self.found,
            digest=self.digest.hexdigest(),
        )


def spread(items: tuple[Seed, ...], count: int) -> tuple[Seed, ...]:
    """So many of them: the last two, which were made to tell most, and others evenly chosen."""
    others = items[:-2]
    return items[-2:] + others[:: max(1, len(others) // count)][: count - 2]


def replace_field(place: Place, name: str, value: object) -> Place:
    """The place with one field changed."""
    changes = {one: getattr(place, one) for one in place.__struct_fields__}
    return Place(**(changes | {name: value}))


def silent(_: object) -> None:
    """Nobody is told."""


def run_block(
    message: Message,
    target: Target,
    base: tuple[Seed, ...],
    tick: Callable[[int], None] = silent,
    note: Callable[[bytes], None] = silent,
    note_place: Callable[[Place], None] = silent,
) -> FuzzResult:
    """Run a block here and now: a pure function of its message and of the code.

    The first block of a row shows the lanes what it begins with; the others know it from what that found.
    """
    block = message.block
    random = Random(f"{block.seed} {block.format} {block.first} {block.planted}")
    known = {key for one in message.novel for key in one.keys}
    pool = list(dict.fromkeys([*base, *(one.seed for one in message.novel)]))
    former, newest = pool[:-NEWEST], pool[-NEWEST:]
    seeds = [*random.sample(former, min(len(former), FRAMES_MAXIMUM - NEWEST)), *newest]
    run = Run(block, target, seeds, known, tick, note, note_place, random, inputs=block.first)
    end = block.first + block.count
    if not block.number:
        for seed in base[: block.count]:
            if run.is_over:
                break
            note_place(seed.place)
            note(seed.data)
            run.judge(target.at(seed.place), seed.data)
            run.inputs += 1
    swept = SWEPT if block.number else SWEPT_FIRST
    for seed in random.sample(seeds, min(len(seeds), swept)) if block.number else spread(base, swept):
        run.sweep(seed)
    while run.inputs < end and not run.is_over:
        tick(run.inputs)
        run.batch(min(BATCH, end - run.inputs))
    return run.result()
