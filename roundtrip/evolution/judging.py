"""The judge: what one reader makes of one writer's files, shown by files that were really written and read.

A pair's verdict is the worst outcome of any file tried. Every file goes through the reader's oracle and its fast
codec; where these disagree, nothing is judged and the disagreement is the finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from formats.errors import FormatError, LaneDisagreement

from . import schemas
from .changes import Change
from .features import softened
from .frames import Frame, general, targeted
from .searching import climbed, shared
from .subjects import Kept, Subject, decode
from .trials import Count, Exposure, Trial, exposures, like
from .verdicts import Misreading, Outcome, PairVerdict, Refusal, Revision, Verdict


@dataclass(frozen=True)
class Judgement:
    """A pair's verdict, what shows each change, and lane disagreements in words."""

    pair: PairVerdict
    exposures: tuple[Exposure, ...] = ()
    disagreements: tuple[str, ...] = ()


@dataclass
class Judge:
    """Judges pairs of revisions; keeps the files of every writer. `count`: of the files read so far.

    disagreements: kept files that two decoders of one revision disagree about, by name, with the words.
    """

    seed: int = 0
    kept: Sequence[Kept] = ()
    count: Count = field(default_factory=Count)
    disagreements: dict[str, tuple[Revision, str]] = field(default_factory=dict)
    _general: dict[Any, tuple[Frame, ...]] = field(default_factory=dict)

    def files(self, writer: Subject) -> tuple[Frame, ...]:
        """The writer's files that do not aim at any change: generated ones, and those that were kept."""
        key = writer.revision
        if key not in self._general:
            self._general[key] = (*general(writer.entry, self.seed), *self.kept_files(writer))
        return self._general[key]

    def kept_files(self, writer: Subject) -> list[Frame]:
        """The kept files that this revision accepts as its own."""
        found = []
        for kept in self.kept:
            if (kept.format, kept.version) == (writer.revision.name, writer.revision.version):
                try:
                    value = decode(writer.entry, kept.data, kept.place)
                except FormatError:
                    continue  # another layout of this version wrote it
                except LaneDisagreement as error:
                    self.disagreements[kept.name] = (writer.revision, str(error))
                    continue
                found.append(Frame(kept.data, value, kept.place, kept=kept.name))
        return found

    def judge(self, writer: Subject, reader: Subject, changes: Iterable[Change] = (), side: str = "") -> Judgement:
        """The verdict on a pair. `changes`: what must be shown; `side`: which of theirs the writer is."""
        changes = tuple(changes)
        try:
            return self.judged(writer, reader, changes, side)
        except LaneDisagreement as error:
            return Judgement(PairVerdict(writer.revision, reader.revision, Verdict.MISREAD), (), (str(error),))

    def judged(self, writer: Subject, reader: Subject, changes: tuple[Change, ...], side: str) -> Judgement:
        """The same; raises `LaneDisagreement`."""
        frames = [*self.files(writer)]
        for change in changes:
            frames += targeted(writer.entry, change, side, self.seed)
        if not frames:
            return Judgement(PairVerdict(writer.revision, reader.revision, Verdict.FULL))
        variant = schemas.unchecked(reader.entry, writer.entry)
        trial = Trial(writer, reader, reader.entry, checked=True, count=self.count)
        outcomes = self.outcomes(trial, frames, thorough=variant is None)
        pair = self.paired(trial, outcomes)
        if variant is not None:
            trial = Trial(writer, reader, variant, checked=False, count=self.count)
            outcomes = self.outcomes(trial, frames, thorough=True)
            other = self.paired(trial, outcomes)
            pair = replace(pair, unchecked=other.verdict, unchecked_witness=other.witness)
        return Judgement(softened(pair, writer.entry), exposures(trial, outcomes, changes, side))

    def outcomes(self, trial: Trial, frames: Sequence[Frame], *, thorough: bool) -> list[tuple[Frame, Outcome]]:
        """What the reader makes of the files; `thorough`: and of others, made to get past what refuses these."""
        found = [(frame, trial.outcome(frame)) for frame in frames]
        if thorough and not any(isinstance(one, Misreading) for _, one in found):
            found += [(frame, trial.outcome(frame)) for frame in shared(trial, self.seed)]
        if thorough and not any(isinstance(one, Misreading) for _, one in found):
            found += climbed(trial, found, self.seed)
        return found

    def paired(self, trial: Trial, outcomes: list[tuple[Frame, Outcome]]) -> PairVerdict:
        """The verdict of all outcomes, with the smallest file that causes it."""
        refused = sum(isinstance(found, Refusal) for _, found in outcomes)
        misread = sum(isinstance(found, Misreading) for _, found in outcomes)
        verdict = Verdict.MISREAD if misread else Verdict.REFUSE if refused else Verdict.FULL
        wanted = {Verdict.MISREAD: Misreading, Verdict.REFUSE: Refusal}.get(verdict)
        witness = None
        if wanted is not None:
            candidates = [(frame, found) for frame, found in outcomes if isinstance(found, wanted)]
            frame, found = min(candidates, key=lambda one: (len(one[0].data), bool(one[0].kept)))
            witness = trial.witness(frame, like(found))
        writer, reader = trial.writer.revision, trial.reader.revision
        return PairVerdict(
            writer, reader, verdict, None, witness, frames=len(outcomes), refused=refused, misread=misread
        )
