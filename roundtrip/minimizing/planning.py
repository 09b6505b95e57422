"""The plan: which files of one format version stay, and which go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from .covering import cover, union
from .elements import Elements
from .survey import Line, Survey


@dataclass(frozen=True)
class Part:
    """The plan for one format version: identities, in order.

    reasons: files that stay whatever they show, by key of `REASONS`; chosen: candidates that stay; at_least: how many
    of the candidates any cover needs; features, pairs, verdicts: what all files together show; size_bytes: of those
    that go.
    """

    format: str
    chosen: tuple[str, ...]
    goes: tuple[str, ...]
    fixed: tuple[str, ...]
    at_least: int
    features: int
    pairs: int
    verdicts: int
    size_bytes: int
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def files(self) -> int:
        """All files of the format version."""
        return len(self.chosen) + len(self.goes) + len(self.fixed)

    @property
    def ratio(self) -> float:
        """Candidates that stay, by the least number that there could be."""
        return len(self.chosen) / self.at_least if self.at_least else 1.0

    def as_dict(self) -> dict[str, object]:
        """The part with stable keys, for `--json`."""
        return {
            "format": self.format,
            "files": self.files,
            "fixed": len(self.fixed),
            "candidates": len(self.chosen) + len(self.goes),
            "chosen": list(self.chosen),
            "goes": len(self.goes),
            "at_least": self.at_least,
            "ratio": round(self.ratio, 4),
            "features": self.features,
            "pairs": self.pairs,
            "verdicts": self.verdicts,
            "size_bytes": self.size_bytes,
        }


def part_of(surveyed: Survey, *, pairs: bool) -> Part:
    """The plan for the files of one survey."""
    elements = Elements(surveyed.shown, pairs=pairs)
    bits = [elements.bits(one) for one in surveyed.shown]
    fixed = [line for line in surveyed.lines if line.reason]
    candidates = cheapest_of_each(line for line in surveyed.lines if not line.reason)
    held = union(bits[line.shows] for line in fixed)
    found = cover([bits[line.shows] for line in candidates], [line.size_bytes for line in candidates], held)
    chosen = {candidates[number].identity for number in found.chosen}
    goes = [line for line in surveyed.lines if not line.reason and line.identity not in chosen]
    features, paired, verdicts = elements.counts(union(bits))
    return Part(
        format=surveyed.format.label,
        chosen=tuple(sorted(chosen)),
        goes=tuple(line.identity for line in goes),
        fixed=tuple(line.identity for line in fixed),
        at_least=found.lower_bound,
        features=features,
        pairs=paired,
        verdicts=verdicts,
        size_bytes=sum(line.size_bytes for line in goes),
        reasons=dict(sorted(Counter(line.reason for line in fixed).items())),
    )


def cheapest_of_each(lines: Iterable[Line]) -> list[Line]:
    """Of the files that show the same, the smallest (of equal ones, the first by identity)."""
    best: dict[int, Line] = {}
    for line in sorted(lines, key=lambda line: (line.size_bytes, line.identity)):
        best.setdefault(line.shows, line)
    return list(best.values())
