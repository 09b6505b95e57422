"""Sampled crash states of long histories: at every moment a few images, drawn.

The exhaustive enumeration covers short histories to the end; here the histories are long and random, the images few,
and their number is counted, not bounded.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from roundtrip.histories.failure import Failure
from roundtrip.histories.finding import Finding
from roundtrip.histories.operations import Cut
from roundtrip.histories.power import drawn_survivors
from roundtrip.histories.presets import preset_named
from roundtrip.histories.session import Session

from .exhaustive import CRASH_STATE, FINDINGS_MAXIMUM, cut_history
from .judging import Judge
from .points import crash_points
from .variants import Variant, Variants, content, touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.crash_choice import Kept, Unsynced
    from roundtrip.histories.history import History
    from roundtrip.histories.operations import Operation

    from .judging import Illegal
    from .points import CrashPoint

#: Images that are drawn at each moment, beside those in which nothing and everything survives.
DRAWN: Final = 40


class Sampling:
    """Crash states of the histories of one preset, drawn."""

    def __init__(self, preset: str, *, seed: int = 0, drawn: int = DRAWN) -> None:
        self.preset = preset
        self.judge = Judge(preset_named(preset), seed=seed)
        self.findings: list[Finding] = []
        self.found = 0
        self.operations = 0
        self._seed = seed
        self._drawn = drawn

    def history(self, history: History, number: int) -> None:
        """Images at every moment of a history; planned cuts are left out, as power fails everywhere anyway."""
        random = Random(f"{self._seed} {number}")
        self.judge.forget_readings()
        session = Session(preset_named(self.preset), history.placement)
        done: list[Operation] = []
        with self.judge.recording():
            for operation in history.operations:
                if isinstance(operation, Cut):
                    continue
                try:
                    points = crash_points(session, operation)
                except Exception as error:  # noqa: BLE001  # whatever the engine raises is what is looked for
                    self.find(history.with_operations([*done, operation]), error, number)
                    return
                for point in points:
                    for illegal in self.judge_drawn(point, random):
                        ending = cut_history(done, operation, illegal)
                        self.find(history.with_operations(ending), illegal.mismatch, number)
                done.append(operation)
                self.operations += 1
        session.store.abandon()

    def judge_drawn(self, point: CrashPoint, random: Random) -> list[Illegal]:
        """Judge a few images at a moment."""
        draws = [0, 1, *(random.randrange(2, 2**32) for _ in range(self._drawn))] if point.disk.unsynced else [0]
        return judge_kept(self.judge, point, (drawn_survivors(point.disk, draw) for draw in draws))

    def find(self, history: History, error: Exception, number: int) -> None:
        """Keep a finding."""
        self.found += 1
        if sum(each.law == Failure.of(error).law for each in self.findings) < FINDINGS_MAXIMUM:
            driver = f"crash-states, history {number}"
            self.findings.append(Finding.of(history, error, seed=self._seed, driver=driver, kind=CRASH_STATE))


def image_left(judge: Judge, point: CrashPoint, kept: tuple[Kept, ...]) -> list[Illegal]:
    """Judge the one image in which exactly this survives."""
    return judge_kept(judge, point, (kept,))


def judge_kept(judge: Judge, point: CrashPoint, choices: Iterable[tuple[Kept, ...]]) -> list[Illegal]:
    """Judge the images in which this survives, one for each choice."""
    durable = judge.durable(point)
    by_extent: dict[int, list[tuple[int, Unsynced]]] = {}
    for index, write in enumerate(point.disk.unsynced):
        by_extent.setdefault(write.extent, []).append((index, write))
    size = point.disk.extent_size_bytes
    found = {extent: Variants(*touched(each, size)) for extent, each in by_extent.items()}
    known: dict[tuple[int, tuple[Kept, ...]], Variant] = {}

    def choose(_found: dict[int, Variants]) -> Iterator[tuple[Variant, ...]]:
        for kept in choices:
            yield tuple(variant_of(durable, by_extent, extent, kept, known) for extent in by_extent)

    return judge.judge_images(point, durable, found, choose)


def variant_of(
    durable: list[Variant],
    by_extent: dict[int, list[tuple[int, Unsynced]]],
    extent: int,
    kept: tuple[Kept, ...],
    known: dict[tuple[int, tuple[Kept, ...]], Variant],
) -> Variant:
    """What an extent holds when this survives."""
    unsynced = dict(by_extent[extent])
    own = tuple(one for one in kept if one.index in unsynced)
    variant = known.get((extent, own))
    if variant is None:
        variant = known[extent, own] = Variant(extent, content(durable[extent].data, unsynced, own), own)
    return variant
