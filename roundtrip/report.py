"""The report of a check: what was tried, what was found, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Protocol

from .findings import Finding, Origin
from .laws import LAWS, LawResult
from .matrix import Cell, Matrix
from .subjects import Subject

PROVED: Final = 0
REFUTED: Final = 1
NOTHING_TESTED: Final = 3


class CorpusOutcome(Protocol):
    """What a check of kept files says: how many there were, what was found, and (name, reason) of what did not run."""

    @property
    def files(self) -> int: ...
    @property
    def findings(self) -> Sequence[Finding]: ...
    @property
    def not_run(self) -> Sequence[tuple[str, str]]: ...


class LockOutcome(Protocol):
    """What a comparison with the lock says: versions compared, what counts, and (name, reason) of what did not run."""

    @property
    def versions(self) -> int: ...
    @property
    def findings(self) -> Sequence[Finding]: ...
    @property
    def not_run(self) -> Sequence[tuple[str, str]]: ...


class EngineOutcome(Protocol):
    """What a check of the engine says: how much was run, distinct crash images, and what was found."""

    @property
    def histories(self) -> int: ...
    @property
    def operations(self) -> int: ...
    @property
    def states(self) -> int: ...
    @property
    def findings(self) -> Sequence[Finding]: ...


class FuzzOutcome(Protocol):
    """What a little fuzzing says: how many mutants there were, how many of them all lanes saw, and what was found."""

    @property
    def inputs(self) -> int: ...
    @property
    def judged(self) -> int: ...
    @property
    def findings(self) -> Sequence[Finding]: ...


@dataclass(frozen=True)
class NotRun:
    """Something that could not be run."""

    name: str
    reason: str


@dataclass(frozen=True)
class Report:
    """The outcome of a check. `results`: one for each format and law, in that order; `seconds`: how long it took."""

    catalog: str
    seed: int
    subjects: tuple[Subject, ...]
    results: tuple[LawResult, ...]
    not_run: tuple[NotRun, ...]
    seconds: float
    corpus: CorpusOutcome | None = None
    engine: EngineOutcome | None = None
    lock: LockOutcome | None = None
    fuzz: FuzzOutcome | None = None
    origin: Origin = field(default_factory=Origin)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, each once, in the order of formats and laws."""
        found = [finding for result in self.results for finding in result.findings]
        if self.corpus is not None:
            found += self.corpus.findings
            if self.corpus.files == 0:
                found.append(Finding("corpus", "", "", "", "nothing was tested: the corpus holds no file"))
        if self.lock is not None:
            found += self.lock.findings
        if self.engine is not None:
            found += self.engine.findings
        if self.fuzz is not None:
            found += self.fuzz.findings
        kept: dict[tuple[str, str, str, str], Finding] = {}
        for finding in found:
            kept.setdefault((finding.format, finding.law, finding.path, finding.rule), finding)
        return tuple(kept.values())

    @property
    def nothing_tested(self) -> bool:
        """Whether no law tried anything."""
        return not any(result.count for result in self.results)

    @property
    def ok(self) -> bool:
        """Everything was tried and nothing was found."""
        return not self.nothing_tested and not self.findings

    @property
    def exit_code(self) -> int:
        """0 proved, 1 refuted, 3 nothing was tested."""
        return NOTHING_TESTED if self.nothing_tested else (PROVED if self.ok else REFUTED)

    def total(self, fact: str) -> float:
        """A further count summed over all results."""
        return sum(result.facts.get(fact, 0) for result in self.results)

    @property
    def counts(self) -> dict[str, int]:
        """How much was tried, by name."""
        return {
            "formats": len({subject.format.family for subject in self.subjects}),
            "structures": len({subject.format.name for subject in self.subjects}),
            "versions": len(self.subjects),
            "laws": len({result.law for result in self.results if result.count}),
            "samples": sum(len(subject.samples) for subject in self.subjects),
            "inputs": sum(result.count for result in self.results),
            "bit_flips": int(self.total("bit_flips")),
            "header_flips": int(self.total("header_flips")),
            "bursts": int(self.total("bursts")),
            "unprotected_bits": int(self.total("unprotected_bits")),
            "silent": int(self.total("silent")),
            "damages": self.matrix_total.total,
            "lane_comparisons": sum(result.comparisons for result in self.results),
            "corpus_files": 0 if self.corpus is None else self.corpus.files,
            "locked_versions": 0 if self.lock is None else self.lock.versions,
            "fuzzed_inputs": 0 if self.fuzz is None else self.fuzz.inputs,
            "engine_histories": 0 if self.engine is None else self.engine.histories,
            "engine_operations": 0 if self.engine is None else self.engine.operations,
            "engine_crash_images": 0 if self.engine is None else self.engine.states,
        }

    @property
    def flips_per_second(self) -> float:
        """Single-bit flips per second and core, over all formats."""
        seconds = self.total("flip_seconds")
        return self.total("bit_flips") / seconds if seconds else 0.0

    @cached_property
    def matrices(self) -> tuple[Matrix, ...]:
        """The detection matrix of every format."""
        return tuple(result.matrix for result in self.results if result.matrix is not None)

    @property
    def matrix_total(self) -> Cell:
        """All detection matrices summed."""
        total = Cell()
        for matrix in self.matrices:
            total.add(matrix.total)
        return total

    def as_dict(self) -> dict[str, object]:
        """The whole report with stable keys, for `--json`."""
        return {
            "ok": self.ok,
            "seed": self.seed,
            "catalog": self.catalog,
            "counts": self.counts,
            "findings": [finding.as_dict() for finding in self.findings],
            "laws": [law_row(result) for result in self.results],
            "matrix": [matrix_row(matrix) for matrix in self.matrices],
            "not_run": [{"name": entry.name, "reason": entry.reason} for entry in self.not_run],
            "seconds": round(self.seconds, 3),
            "flips_per_second": round(self.flips_per_second),
        }


def law_row(result: LawResult) -> dict[str, object]:
    """One law on one format, with stable keys."""
    return {
        "format": result.format,
        "law": result.law,
        "title": LAWS[result.law].title,
        "count": result.count,
        "ok": result.ok,
        "refutations": result.refutations,
        "comparisons": result.comparisons,
        "note": result.note,
        "seconds": round(result.seconds, 3),
    }


def matrix_row(matrix: Matrix) -> dict[str, object]:
    """One detection matrix in short: raw and resealed damage by what became of it."""
    row: dict[str, object] = {"format": matrix.format}
    for resealed in (False, True):
        cell = Cell()
        for part in matrix.summed(resealed=resealed, by="verb").values():
            cell.add(part)
        row["resealed" if resealed else "raw"] = cell.as_dict()
    return row
