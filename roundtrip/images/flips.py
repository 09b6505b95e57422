"""Every single bit below the write pointers of an image: what a flip of it does to the two readers.

A reading is a function of the bytes that it reads (decision 9). So a flip of a byte that nobody reads changes nothing;
and a flip of any other byte is seen by the questions that read it and by no other one. All of these are asked, really,
for every single bit, with the bit turned. What they answer together is an *outcome*. The first flip of a place with an
outcome is examined in full; the next ones have the same answers to everything, and so the same verdict. Of all flips a
seeded share is examined in full all the same, and must come out as its outcome did.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from .examining import Examiner

if TYPE_CHECKING:
    from ..faults.places import Place
    from .examining import Deviations
    from .prepared import PreparedImage
    from .question import Answer, Question

#: Of the flips one in so many is examined in full, whatever is known.
AUDIT_EVERY: Final = 8192
#: Of the audits in dead frames and debris, one in so many goes on with upkeep: compaction and reclaim.
UPKEEP_EVERY: Final = 16
#: Findings of one block that are kept; the others are counted.
FINDINGS_MAXIMUM: Final = 3


#: How an answer begins that is wrong whatever a full examination says.
NEVER: Final = ("wrong data", "raised")


class Wrong(NamedTuple):
    """One finding: where in the image, which bits or which damage, what lies there, and what is wrong."""

    extent: int
    offset: int
    what: str
    where: str
    problem: str


class FlipCounts(msgspec.Struct):
    """How many flips were judged in which way.

    `unread`: in bytes that nobody reads; `asked`: every question that reads the byte was asked; `questions`: how many
    these were; `refused`: flips by which an answer changed; `examined`: full examinations, one for each outcome of a
    place; `audited`: further ones, drawn by the seed; `wrong`: flips that break a law.
    """

    flips: int = 0
    unread: int = 0
    asked: int = 0
    questions: int = 0
    refused: int = 0
    examined: int = 0
    audited: int = 0
    wrong: int = 0


class Flipper:
    """Flips the bits of one image."""

    def __init__(self, image: PreparedImage, *, seed: int) -> None:
        self.image = image
        self.seed = seed
        self.counts = FlipCounts()
        self.wrong: list[Wrong] = []
        self._examiner = Examiner(image)
        self._verdicts: dict[tuple[Place, Deviations], str] = {}

    def block(self, extent: int, first: int, last: int, one_in: int) -> None:
        """The bits of bytes `first` to `last` (not included) of an extent: all, or a seeded one in so many."""
        drawn = Random(f"{self.seed} flips {extent} {first}")
        bits = range(8 * first, 8 * last)
        chosen = bits if one_in == 1 else sorted(drawn.sample(bits, max(1, len(bits) // one_in)))
        counts = self.counts
        for bit in chosen:
            offset, mask = bit >> 3, 1 << (bit & 7)
            readers = self.image.readers_at(extent, offset)
            is_audit = not drawn.randrange(AUDIT_EVERY)
            counts.flips += 1
            if not readers:
                counts.unread += 1
                if not is_audit and (self.image.place_at(extent, offset), ()) in self._verdicts:
                    continue
            self._flip(extent, offset, mask, readers, is_audit=is_audit)

    def _flip(self, extent: int, offset: int, mask: int, readers: tuple[Question, ...], *, is_audit: bool) -> None:
        """One flip."""
        image, counts = self.image, self.counts
        at = extent * image.disk.extent_size_bytes + offset
        place = image.place_at(extent, offset)
        image.disk.turn(at, mask)
        try:
            found = tuple((one.lane, one.name, answer) for one in readers if (answer := answer_of(one)))
            if readers:
                counts.asked += 1
                counts.questions += len(readers)
                counts.refused += bool(found)
            known = self._verdicts.get((place, found))
            if known is None:
                counts.examined += 1
                known = self._verdicts[place, found] = self._examiner.problem([place], found, with_repair=True)
            elif is_audit:
                counts.audited += 1
                again = self._examiner.problem([place], found, with_upkeep=not counts.audited % UPKEEP_EVERY)
                if again != known:
                    known = again or f"now nothing, and of the same answers before: {known}"
        finally:
            image.disk.turn(at, mask)
        known = known or next((f"{lane}, {name}: {answer}" for lane, name, answer in found if answer[0] in NEVER), "")
        if known:
            counts.wrong += 1
            if len(self.wrong) < FINDINGS_MAXIMUM:
                self.wrong.append(Wrong(extent, offset, f"bit {mask.bit_length() - 1} turned", place.where, known))


def answer_of(question: Question) -> Answer:
    """The answer now; whatever it raises is an answer too, which the full examination then meets."""
    try:
        return question.ask()
    except Exception as error:  # noqa: BLE001  # whatever a reader raises is what is looked for
        return ("raised", type(error).__name__)
