"""Judging crash states: each image's outcome, found as cheaply as it can be, and whether it is legal.

An image is known by its bytes: one that came before, at another point or in another history, has the same outcome, and
is only judged again by what is legal at this point. An image that reads as one that was examined has its outcome too
(see `recall`); of those a seeded share is examined all the same, with nothing remembered, and must come out as said.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from roundtrip.histories.mismatch import Mismatch, shown
from roundtrip.models.store import illegal_key

from .examination import Examiner, Outcome
from .recall import Recall
from .variants import DurableVariants, Variant, kept_of, variants_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from roundtrip.histories.presets import Preset

    from .points import CrashPoint
    from .variants import Variants

#: Of the images that read as others, one in so many is examined all the same.
AUDIT_EVERY: Final = 4096
#: Of the images, one in so many is named in the result: what the parts of a campaign have in common shows in these.
NAMED_EVERY: Final = 256
MASK: Final = 2**64 - 1


class CrashCounts(msgspec.Struct):
    """What was looked at. `points`: moments; `judged`: images at them; `images`: distinct ones among these.

    `examined`: images that were really recovered, twice, and read by the reference store; `audited`: those among them
    that had read as another.
    """

    points: int = 0
    judged: int = 0
    images: int = 0
    examined: int = 0
    audited: int = 0

    def add(self, other: CrashCounts) -> None:
        """Counts of another part."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Illegal(msgspec.Struct, frozen=True):
    """An image that breaks a law: what is wrong, after how many disk operations, and what survived."""

    mismatch: Mismatch
    after: int
    kept: str


class Judge:
    """Judges the crash points of one preset's histories."""

    def __init__(self, preset: Preset, *, seed: int = 0) -> None:
        self.counts = CrashCounts()
        #: For each image its outcome's number.
        self.seen: dict[int, int] = {}
        self._recall = Recall()
        self._durable = DurableVariants()
        self._examiner = Examiner(preset)
        self._random = Random(seed)
        self._outcomes: list[Outcome] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self.recording = self._examiner.recording

    def forget_readings(self) -> None:
        """What images read like is forgotten, not the images: a tree that grew for long serves no other history."""
        self._recall = Recall()
        self._durable = DurableVariants()

    def names(self) -> list[int]:
        """One in `NAMED_EVERY` images, by its name."""
        return sorted(name for name in self.seen if name % NAMED_EVERY == 0)

    def digest(self) -> str:
        """Of every image and of what recovery made of it: 16 hexadecimal digits, in whatever order they came."""
        marks = [outcome.mark() for outcome in self._outcomes]
        total = sum(name * marks[number] for name, number in self.seen.items())
        return f"{total & MASK:016x}"

    def judge(
        self, point: CrashPoint, choose: Callable[[dict[int, Variants]], Iterator[tuple[Variant, ...]]]
    ) -> list[Illegal]:
        """Judge the images that `choose` makes of what each extent may hold; of each outcome that is illegal, one.

        The variants that it gives are in the order of the dictionary.
        """
        durable = self._durable.of(point.disk)
        return self.judge_images(point, durable, variants_of(point.disk, durable), choose)

    def durable(self, point: CrashPoint) -> list[Variant]:
        """Every extent as it is durable at the point."""
        return self._durable.of(point.disk)

    def judge_images(
        self,
        point: CrashPoint,
        durable: list[Variant],
        found: dict[int, Variants],
        choose: Callable[[dict[int, Variants]], Iterator[tuple[Variant, ...]]],
    ) -> list[Illegal]:
        """The same, with what each extent may hold."""
        counts, seen = self.counts, self.seen
        counts.points += 1
        recall = self._recall.at(durable, found)
        touched = list(found)
        base = 0
        for number, variant in enumerate(durable):
            if number not in found:
                base ^= variant.hashed
        judged: dict[int, Illegal | None] = {}
        for chosen in choose(found):
            counts.judged += 1
            name = base
            for variant in chosen:
                name ^= variant.hashed
            outcome = seen.get(name)
            if outcome is None:
                counts.images += 1
                by_extent = dict(zip(touched, chosen, strict=True))
                known = recall.find(by_extent)
                if known is None or not self._random.randrange(AUDIT_EVERY):
                    known = self._examine(point, durable, by_extent, known)
                outcome = seen[name] = known
            if outcome not in judged:
                judged[outcome] = self._illegal(point, chosen, self._outcomes[outcome])
        return [illegal for illegal in judged.values() if illegal is not None]

    def _examine(self, point: CrashPoint, durable: list[Variant], chosen: dict[int, Variant], known: int | None) -> int:
        """Examine an image; the number of its outcome. known: what it should be, because it reads as another."""
        image = durable.copy()
        for number, variant in chosen.items():
            image[number] = variant
        disk = point.disk.crash(kept_of(list(chosen.values())))
        self._examiner.is_audit = known is not None
        outcome, trace = self._examiner.examine(disk, image)
        self.counts.examined += 1
        number = self._number_of(outcome)
        if known is not None:
            self.counts.audited += 1
            assert known == number, "an image that reads as another comes out as it does"
        elif trace is not None:
            self._recall.keep(trace, number)
        return number

    def _number_of(self, outcome: Outcome) -> int:
        """The same for outcomes that say the same."""
        identity = (outcome.law, outcome.what, *outcome.values.items())
        number = self._numbers.setdefault(identity, len(self._outcomes))
        if number == len(self._outcomes):
            self._outcomes.append(outcome)
        return number

    def _illegal(self, point: CrashPoint, chosen: Sequence[Variant], outcome: Outcome) -> Illegal | None:
        """What is wrong with an outcome at a crash point, if anything."""
        mismatch = None
        if outcome.law:
            mismatch = Mismatch(outcome.law, "what a crash leaves to be read as it is", outcome.what)
        else:
            key = illegal_key(point.legal, outcome.values)
            if key is not None:
                expected = " or ".join(map(shown, point.legal.get(key, (None,))))
                mismatch = Mismatch("persistence", f"{expected} under {shown(key)}", shown(outcome.values.get(key)))
        return None if mismatch is None else Illegal(mismatch, point.after, " ".join(map(str, kept_of(chosen))))
