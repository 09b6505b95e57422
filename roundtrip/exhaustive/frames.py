"""What exhaustive proofs start from: the golden files of a catalog, or generated samples where it has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from corpus.errors import CorpusError
from corpus.store import Entry, folder_of, scan
from formats.catalog import Catalog, Format
from formats.errors import FormatError
from formats.place import Place

from ..findings import FindingLog
from ..lanes import Accepted, describe
from ..laws import Budget, Trial
from ..report import NotRun
from ..subjects import Planted, Sample, Subject, subject_of
from ..watch import Watch

#: Generated frames of a format that has no golden file, and beside the golden ones where frames are confused.
SAMPLES = 10


@dataclass(frozen=True)
class Kept:
    """A frame with a name: the identity of the golden file, or the number of a generated sample."""

    name: str
    sample: Sample


@dataclass(frozen=True)
class Framed:
    """A subject and the frames to try. `not_run`: why these are not golden files, where they are not."""

    subject: Subject
    frames: tuple[Kept, ...]
    not_run: tuple[NotRun, ...] = ()

    def trial(self, law: str, others: Sequence[Subject], seed: int, name: str, budget: Budget) -> Trial:
        """A trial of a law on this subject; its random choices follow from the seed and a name."""
        random = Random(f"{seed} exhaustive {law} {self.subject.name} {name}")
        log = FindingLog(self.subject.name)
        watch = Watch(self.subject, Random(random.getrandbits(64)), log, budget.accepted_limit)
        return Trial(law, self.subject, others, budget, random, log, watch)


def is_accepted(trial: Trial, sample: Sample) -> bool:
    """Whether the fast lane takes a frame as it is; a finding where not: its refusals would prove nothing."""
    verdict = trial.watch.compare(sample.data, sample.seed)[trial.subject.fast.name]
    if isinstance(verdict, Accepted):
        return True
    trial.find((), None, f"the frame itself, at its own place: the fast lane {describe(verdict)}")
    return False


def golden_entries(catalog: Catalog) -> tuple[Entry, ...]:
    """The golden files of a catalog; none where it names no folder. Files that are not whole raise `CorpusError`."""
    try:
        folder = folder_of(catalog)
    except CorpusError:
        return ()
    if not folder.is_dir():
        return ()
    found = scan(folder, catalog)
    if found.problems:
        raise found.problems[0]
    return tuple(entry for entry in found.entries if entry.sidecar.kind == "golden")


def framed(
    entry: Format, entries: Sequence[Entry], *, seed: int, planted: Planted | None = None, only: str = ""
) -> Framed:
    """The frames of one format. `only`: those whose name contains this.

    A golden file that the oracle refuses is not a frame: `FormatError` leaves here, and says where it is broken.
    """
    subject = subject_of(entry, seed=seed, samples=SAMPLES, planted=planted)
    own = [one for one in entries if (one.sidecar.format, one.sidecar.version) == (entry.name, entry.version)]
    frames = [Kept(one.identity, golden_sample(entry, one)) for one in own]
    not_run: tuple[NotRun, ...] = ()
    if not frames:
        frames = [Kept(f"sample/{number}", sample) for number, sample in enumerate(subject.samples)]
        reason = f"there is none of {entry.label}; {len(frames)} generated frames were tried instead"
        not_run = (NotRun(f"golden files of {entry.label}", reason),)
    chosen = tuple(frame for frame in frames if only in frame.name)
    samples = {frame.sample.data: frame.sample for frame in frames} | {one.data: one for one in subject.samples}
    return Framed(replace(subject, samples=tuple(samples.values())), chosen, not_run)


def golden_sample(entry: Format, kept: Entry) -> Sample:
    """A golden file as a sample."""
    location = kept.sidecar.place
    place = Place() if location is None else location.place
    seed = entry.seed(place) or 0
    try:
        return Sample(kept.data, entry.oracle.decode(kept.data, seed), place, seed)
    except FormatError as error:
        error.add_note(f"{kept.identity} is golden, and the oracle refuses it: run `shardproof corpus run`")
        raise
