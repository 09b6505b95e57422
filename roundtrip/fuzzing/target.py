"""Targets: a format with its lanes, at one place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from formats.place import Place, seed_of

from .. import reference
from ..subjects import Planted, Subject, subject_of

if TYPE_CHECKING:
    from formats.catalog import Format
    from formats.codec import Codec

    from ..lanes import Lane

NOWHERE = Place()


@dataclass(frozen=True)
class Target:
    """What inputs are shown to. `place`: where they are said to be written; the seed of checksums follows from it."""

    subject: Subject
    place: Place = NOWHERE

    @property
    def format(self) -> Format:
        """The format."""
        return self.subject.format

    @property
    def label(self) -> str:
        """The format's name; with its version where it is not 1."""
        return self.subject.format.label

    @property
    def codec(self) -> Codec:
        """The compiled codec, wrong where a bug is planted in it."""
        return self.subject.codec

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Every lane that there is, the oracle first."""
        return self.subject.lanes

    @property
    def oracle(self) -> Lane:
        """The interpreted schema."""
        return self.subject.oracle

    @property
    def fast(self) -> Lane:
        """The compiled decoder of records."""
        return self.subject.fast

    @cached_property
    def seed(self) -> int:
        """What seeded checksums go on from at this place; 0 where the format has none."""
        return self.format.seed(self.place) or 0

    def seed_for(self, lane: Lane) -> int:
        """The same for one lane: the reference decoder is told of the place what the documented layout says."""
        return self._documented if lane is self.subject.reference else self.seed

    @cached_property
    def _documented(self) -> int:
        fields = reference.CONTEXT.get(self.label)
        return self.seed if fields is None else seed_of(fields, self.place)

    def at(self, place: Place) -> Target:
        """The same lanes at another place."""
        return Target(self.subject, place)


def target_of(entry: Format, planted: Planted | None = None, place: Place = NOWHERE) -> Target:
    """The target of a format, or of the same with a planted bug."""
    return Target(subject_of(entry, seed=0, samples=0, planted=planted), place)
