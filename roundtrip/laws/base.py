"""What a law is, what trying it on one format gives, and how much is tried."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from ..findings import Finding, FindingLog
from ..lanes import broken, describe
from ..subjects import Sample, Subject
from ..watch import Watch

if TYPE_CHECKING:
    from ..matrix import Matrix

#: The time in seconds, and the number of formats, for which the standard budget was measured.
STANDARD_SECONDS: Final = 25.0
STANDARD_FORMATS: Final = 8
#: Frames up to this many bytes are preferred for the corruption plan.
PLAN_SIZE_MAXIMUM: Final = 300


@dataclass(frozen=True)
class Budget:
    """How much one law tries on one format. What is exhaustive stays exhaustive, whatever the budget.

    samples: frames; values: generated values (D4); random_inputs, mutations: made-up inputs (D1, D5); header_flips:
    flips of 2 to 5 bits per frame, bursts: per frame, first bit and length (D6); plan_samples: frames that get the
    whole corruption plan (D10); slow_prefixes: prefixes per frame shown to the oracle (D8); places: other places per
    frame and context field (D9); zeros_bytes: the longest run of zeros (D2); scale: elements of the smallest frame
    that is measured (D2, D3); accepted_limit: accepted inputs of one law that all lanes see, whatever their number;
    flip_steps: steps of the fast decoder that may go into flips of single bits (D6).
    """

    samples: int = 10
    values: int = 120
    random_inputs: int = 12_000
    mutations: int = 12_000
    resealed_mutations: int = 250
    header_flips: int = 4_000
    bursts: int = 1
    burst_lengths: tuple[int, ...] = tuple(range(2, 33))
    plan_samples: int = 3
    slow_prefixes: int = 48
    places: int = 64
    zeros_bytes: int = 4 << 20
    scale: int = 64
    accepted_limit: int = 2000
    flip_steps: int = 400_000_000

    def scaled(self, factor: float) -> Budget:
        """The same budget with everything that is sampled multiplied, and at least one of each."""
        names = (
            "values",
            "random_inputs",
            "mutations",
            "resealed_mutations",
            "header_flips",
            "slow_prefixes",
            "places",
            "accepted_limit",
            "flip_steps",
        )
        changes: dict[str, Any] = {name: max(1, round(getattr(self, name) * factor)) for name in names}
        changes["samples"] = max(4, min(40, round(self.samples * factor**0.5)))
        changes["plan_samples"] = max(1, min(12, round(self.plan_samples * factor)))
        if factor < 1:
            changes["burst_lengths"] = self.burst_lengths[:: max(1, round(1 / factor))]
        return replace(self, **changes)


STANDARD: Final = Budget()
#: Enough to kill a planted bug, in a fraction of a second per format.
QUICK: Final = Budget(
    samples=5,
    values=24,
    random_inputs=500,
    mutations=500,
    resealed_mutations=60,
    header_flips=200,
    burst_lengths=(2, 8, 32),
    plan_samples=2,
    slow_prefixes=12,
    places=8,
    zeros_bytes=1 << 18,
    scale=16,
    accepted_limit=200,
    flip_steps=20_000_000,
)


def budget_for(seconds: float, format_count: int) -> Budget:
    """The budget that fits a time in seconds on two cores; the same for the same arguments."""
    factor = seconds / STANDARD_SECONDS * min(1.0, STANDARD_FORMATS / max(1, format_count))
    return STANDARD.scaled(min(8.0, max(0.02, factor)))


@dataclass(frozen=True)
class LawResult:
    """What trying one law on one format gave.

    count: inputs (D3: steps measured; D4: values) that the law was tried on; comparisons: inputs judged by more than
    one lane; findings: with those of other laws that its inputs refuted; facts: further counts, by name.
    """

    law: str
    format: str
    count: int
    findings: tuple[Finding, ...] = ()
    refutations: int = 0
    note: str = ""
    comparisons: int = 0
    seconds: float = 0.0
    facts: dict[str, int | float] = field(default_factory=dict)
    matrix: Matrix | None = None

    @property
    def ok(self) -> bool:
        """Something was tried and nothing was found."""
        return self.count > 0 and not self.findings


@dataclass
class Trial:
    """One law being tried on one format. `others`: the subjects of the whole catalog, this one included."""

    law: str
    subject: Subject
    others: Sequence[Subject]
    budget: Budget
    random: Random
    log: FindingLog
    watch: Watch
    count: int = 0
    notes: list[str] = field(default_factory=list)
    facts: dict[str, int | float] = field(default_factory=dict)
    matrix: Matrix | None = None

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The valid frames of the format."""
        return self.subject.samples

    @property
    def plan_samples(self) -> tuple[Sample, ...]:
        """The samples that get the corruption plan: the even one, and the larger ones of the small."""
        even = tuple(sample for sample in self.samples if sample.even)
        small = [sample for sample in self.samples if len(sample.data) <= PLAN_SIZE_MAXIMUM and not sample.even]
        return (*even, *small[-self.budget.plan_samples :]) or self.samples[:1]

    def find(
        self,
        path: tuple[str | int, ...],
        rule: str | None,
        detail: str,
        data: bytes | bytearray | None = None,
        seed: int | None = None,
    ) -> None:
        """Note a finding of this law."""
        self.log.add(self.law, path, rule, detail, data, seed)

    def must_refuse(self, data: bytes, seed: int, why: str, path: tuple[str | int, ...] = ()) -> bool:
        """Whether the fast lane refuses what it must; notes a finding where not, and lets all lanes see it."""
        self.count += 1
        verdict = self.watch.see(data, seed, path)
        if type(verdict).__name__ == "Accepted":
            self.find(path, None, f"{why}: the fast lane {describe(verdict)}", data, seed)
            return False
        return True

    def note(self, text: str) -> None:
        """Add a remark for people."""
        self.notes.append(text)

    def tally(self, name: str, number: float = 1) -> None:
        """Add to a further count."""
        self.facts[name] = self.facts.get(name, 0) + number


@dataclass(frozen=True)
class Law:
    """A law: its number, a title, its statement, and the examination of one format."""

    number: str
    title: str
    statement: str
    examine: Callable[[Trial], None]

    def check(self, subject: Subject, others: Sequence[Subject], budget: Budget, seed: int) -> LawResult:
        """Try the law on one format; the same seed and budget try the same inputs."""
        random = Random(f"{seed} {self.number} {subject.name}")
        budget = budget if subject.pace == 1 else budget.scaled(subject.pace)
        log = FindingLog(subject.name)
        watch = Watch(subject, Random(random.getrandbits(64)), log, budget.accepted_limit)
        trial = Trial(self.number, subject, others, budget, random, log, watch)
        started = time.perf_counter()
        try:
            if subject.samples:
                self.examine(trial)
            else:
                trial.note("no sample frame could be made")
        except Exception as error:  # noqa: BLE001  # a lane that breaks in the middle of a law refutes it
            trial.find((), None, f"the examination stopped: {describe(broken(error))}")
        if watch.left_out:
            trial.note(f"{watch.left_out} accepted inputs were seen by the fast lane alone")
        return LawResult(
            self.number,
            subject.name,
            trial.count,
            log.findings(),
            log.total,
            "; ".join(trial.notes),
            watch.comparisons,
            time.perf_counter() - started,
            trial.facts,
            trial.matrix,
        )
