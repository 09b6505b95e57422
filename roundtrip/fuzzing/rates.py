"""How fast the mutating engine is, beside a peer that knows no structure; all in one run, in turns.

Seconds are those of the processor that this process used: what else the machine does hardly counts.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

from .block import FuzzBlock, Message
from .frames import prepare
from .mutation import Pace, mutants
from .running import run_block
from .target import target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from formats.catalog import Format

    from .frames import Seed
    from .target import Target

TURNS: Final = 3
INPUTS: Final = 20_000
#: A block, with everything, is so many times longer: what it begins with costs its share.
BLOCK: Final = 5
#: The peer changes at most so many bytes.
CHANGES: Final = 4


@dataclass(frozen=True)
class Rate:
    """Inputs per second and core of one format: mutation and the fast lane alone, everything, and the peer.

    peer: one to four bytes of the same frames set at random, and the fast lane. accepted, peer_accepted: different
    inputs that each had accepted, in a million.
    """

    format: str
    fast: float
    whole: float
    peer: float
    accepted: float
    peer_accepted: float

    @property
    def ratio(self) -> float:
        """What mutation by structure costs: its rate against the peer's."""
        return self.fast / self.peer


def measure(entry: Format, base: Sequence[Seed], seed: int, inputs: int = INPUTS) -> Rate:
    """The best of a few turns."""
    target = target_of(entry)
    best: dict[str, float] = {}
    accepted: dict[str, set[bytes]] = {"fast": set(), "peer": set()}
    for turn in range(TURNS):
        random = Random(f"{seed} {turn}")
        makers = {"fast": structured(target, base, random, inputs), "peer": bare(target, base, random, inputs)}
        for name, maker in makers.items():
            best[name] = max(best.get(name, 0.0), probed(target, maker, inputs, accepted[name]))
        whole = rate_of(
            partial(run_block, message_of(entry, seed, turn, BLOCK * inputs), target, tuple(base)), BLOCK * inputs
        )
        best["whole"] = max(best.get("whole", 0.0), whole)
    shares = {name: 1e6 * len(found) / (TURNS * inputs) for name, found in accepted.items()}
    return Rate(entry.label, best["fast"], best["whole"], best["peer"], shares["fast"], shares["peer"])


def message_of(entry: Format, seed: int, turn: int, inputs: int) -> Message:
    """A block behind the first, as most are."""
    first = (1 + turn) * inputs
    return Message(
        block=FuzzBlock(format=entry.label, seed=seed, number=1 + turn, first=first, count=inputs, layout="", base="")
    )


def rate_of(run: Callable[[], object], inputs: int) -> float:
    """Inputs per second of the processor."""
    start = time.process_time()
    run()
    return inputs / max(time.process_time() - start, 1e-6)


def probed(target: Target, made: Iterator[tuple[bytes, int]], inputs: int, accepted: set[bytes]) -> float:
    """The rate at which inputs are made and probed; what is accepted is remembered."""
    probe = target.codec.probe

    def run() -> None:
        for data, sealed_for in made:
            if probe(data, sealed_for) is not None:
                accepted.add(data)

    return rate_of(run, inputs)


def structured(target: Target, base: Sequence[Seed], random: Random, inputs: int) -> Iterator[tuple[bytes, int]]:
    """Our mutants, with the seed of their place."""
    frames = [prepare(target.format, seed) for seed in base]
    pace, each = Pace(), -(-inputs // len(frames))
    for number, frame in enumerate(frames):
        for data, _ in mutants(frame, frames, random, pace, number * each, each, frame.sealed_for):
            yield data, frame.sealed_for


def bare(target: Target, base: Sequence[Seed], random: Random, inputs: int) -> Iterator[tuple[bytes, int]]:
    """The peer's: bytes set at random."""
    draw, places = random.random, [target.at(seed.place).seed for seed in base]
    for number in range(inputs):
        data = bytearray(base[number % len(base)].data)
        for _ in range(1 + int(draw() * CHANGES)):
            data[int(draw() * len(data))] = int(draw() * 256)
        yield bytes(data), places[number % len(base)]
