"""The detection matrix: what becomes of every damage of the corruption plan, field by field and verb by verb.

A damage is refused, by a rule; or accepted as another valid value; or *silent*. Silent means: raw damage accepted
inside a protected range, or accepted with the same value, or accepted and written again as other bytes. Silent damage
is a finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .corrupt import Damage, plan
from .findings import general
from .lanes import Accepted, Refused

if TYPE_CHECKING:
    from .laws.base import Trial
    from .subjects import Sample


@dataclass
class Cell:
    """What became of one kind of damage to one field: refusals by rule, other valid values, silent acceptances."""

    refused: Counter[str] = field(default_factory=Counter)
    valid: int = 0
    silent: int = 0

    @property
    def total(self) -> int:
        """How many damages there were."""
        return self.refused.total() + self.valid + self.silent

    def add(self, other: Cell) -> None:
        """Add the counts of another cell."""
        self.refused.update(other.refused)
        self.valid += other.valid
        self.silent += other.silent

    def as_dict(self) -> dict[str, object]:
        """The counts with stable keys."""
        refused = dict(sorted(self.refused.items()))
        return {"total": self.total, "refused": refused, "valid": self.valid, "silent": self.silent}


Key = tuple[str, str, bool]


@dataclass
class Matrix:
    """The cells of one format by (field, verb, resealed)."""

    format: str
    cells: dict[Key, Cell] = field(default_factory=dict)

    def cell(self, key: Key) -> Cell:
        """The cell of a key, made when it is first asked for."""
        return self.cells.setdefault(key, Cell())

    def summed(self, *, resealed: bool, by: str) -> dict[str, Cell]:
        """The cells of raw or resealed damage, summed by `field` or by `verb`."""
        sums: dict[str, Cell] = {}
        for (place, verb, is_resealed), cell in self.cells.items():
            if is_resealed == resealed:
                sums.setdefault(place if by == "field" else verb, Cell()).add(cell)
        return sums

    @property
    def total(self) -> Cell:
        """All cells summed."""
        result = Cell()
        for cell in self.cells.values():
            result.add(cell)
        return result

    def as_dict(self) -> dict[str, object]:
        """Every cell, with stable keys, for `--json`."""
        cells = [
            {"field": place, "verb": verb, "checksums": "resealed" if resealed else "raw", **cell.as_dict()}
            for (place, verb, resealed), cell in self.cells.items()
        ]
        return {"format": self.format, **self.total.as_dict(), "cells": cells}


def detect(trial: Trial, samples: Iterable[Sample]) -> Matrix:
    """Carry out the corruption plan on these samples; all lanes see every damage."""
    matrix = Matrix(trial.subject.name)
    for sample in samples:
        for damage in plan(trial.subject.format, sample.data, sample.seed, trial.random):
            verdicts = trial.watch.compare(damage.data, sample.seed, damage.path)
            cell = matrix.cell((general(damage.path), damage.verb, damage.resealed))
            fast, oracle = verdicts["fast"], verdicts["oracle"]
            if not isinstance(fast, Accepted):
                rule = oracle.rule if isinstance(oracle, Refused) else None
                cell.refused[rule or "unnamed"] += 1
                continue
            why = silence(trial, sample, damage, fast)
            if why is None:
                cell.valid += 1
                continue
            cell.silent += 1
            trial.tally("silent")
            kind = "resealed" if damage.resealed else "raw"
            trial.find(damage.path, None, f"silent: {damage.verb} ({kind}) is accepted {why}", damage.data, sample.seed)
    return matrix


def silence(trial: Trial, sample: Sample, damage: Damage, verdict: Accepted) -> str | None:
    """Why accepted damage is silent; None where it is another valid value."""
    from formats.values import comparable  # noqa: PLC0415

    if verdict.value == comparable(sample.value):
        return "with the same value"
    rewrite = trial.subject.fast.rewrite
    if rewrite is not None and written_otherwise(trial, damage, sample.seed):
        return "and written again as other bytes"
    if damage.resealed or moves_whole_records(trial, damage, sample):
        return None
    protection = trial.subject.protection(sample)
    return "inside a sealed range" if protection.protects_change(sample.data, damage.data) else None


def written_otherwise(trial: Trial, damage: Damage, seed: int) -> bool:
    """Whether the fast lane writes other bytes for what it has read, or cannot."""
    rewrite = trial.subject.fast.rewrite
    assert rewrite is not None
    try:
        return rewrite(damage.data, seed) != damage.data
    except Exception:  # noqa: BLE001  # D5 has noted what was raised
        return True


def moves_whole_records(trial: Trial, damage: Damage, sample: Sample) -> bool:
    """Whether damage may have moved, doubled or dropped whole records, which no record's own checksum can tell."""
    sealed = trial.subject.format.sealed
    if not trial.subject.open_ended and sealed is not None:
        return False
    return len(damage.data) != len(sample.data) or damage.verb in ("swap", "repeat", "reverse")
