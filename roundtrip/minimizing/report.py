"""What minimizing did, as data, as JSON and as a few lines of text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from .planning import Part
from .recount import Recount
from .showing import REASONS

HEADING: Final = ("format", "files", "fixed", "candidates", "stay", "at least", "features", "pairs", "verdicts")


@dataclass(frozen=True)
class Minimized:
    """The outcome. parts: the plan of every format version that has files; recounts: by format, where anything goes.

    removed: identities, in order; empty for a dry run. finished: files that an earlier, killed run had half removed.
    seconds: of time; peak_bytes: of memory.
    """

    parts: tuple[Part, ...]
    recounts: dict[str, Recount]
    pairs: bool
    removed: tuple[str, ...]
    finished: int
    seconds: float
    peak_bytes: int

    @property
    def files(self) -> int:
        """Files that were looked at."""
        return sum(part.files for part in self.parts)

    @property
    def goes(self) -> int:
        """Files that are redundant."""
        return sum(len(part.goes) for part in self.parts)

    @property
    def chosen(self) -> int:
        """Candidates that stay."""
        return sum(len(part.chosen) for part in self.parts)

    @property
    def at_least(self) -> int:
        """Candidates of which no cover can do with fewer."""
        return sum(part.at_least for part in self.parts)

    @property
    def ratio(self) -> float:
        """Candidates that stay, by the least number that there could be; never less than 1."""
        return self.chosen / self.at_least if self.at_least else 1.0

    def as_dict(self) -> dict[str, object]:
        """The outcome with stable keys, for `--json`."""
        return {
            "ok": self.files > 0,
            "files": self.files,
            "chosen": self.chosen,
            "at_least": self.at_least,
            "ratio": round(self.ratio, 4),
            "goes": self.goes,
            "removed": list(self.removed),
            "size_bytes": sum(part.size_bytes for part in self.parts),
            "fixed": self.reasons(),
            "formats": [part.as_dict() for part in self.parts],
            "recounted": {
                "files": sum(one.files for one in self.recounts.values()),
                "features": sum(one.features for one in self.recounts.values()),
                "pairs": sum(one.pairs for one in self.recounts.values()),
                "verdicts": sum(one.verdicts for one in self.recounts.values()),
                "challenges": len(self.recounts),
            },
            "finished": self.finished,
            "seconds": round(self.seconds, 2),
            "peak_bytes": self.peak_bytes,
        }

    def reasons(self) -> dict[str, int]:
        """Files that stay whatever they show, by reason."""
        total: Counter[str] = Counter()
        for part in self.parts:
            total.update(part.reasons)
        return {reason: total[reason] for reason in REASONS if total[reason]}

    def rows(self) -> list[tuple[str, ...]]:
        """The table: one row for each format version, below its heading."""
        rows: list[tuple[str, ...]] = [HEADING]
        for part in self.parts:
            candidates = len(part.chosen) + len(part.goes)
            numbers = (part.files, len(part.fixed), candidates, len(part.chosen), part.at_least)
            shown = (part.features, part.pairs, part.verdicts)
            rows.append((part.format, *(f"{number:,}" for number in (*numbers, *shown))))
        return rows

    def lines(self) -> list[str]:
        """What stands below the table."""
        found = [f"fixed: {count:,} {REASONS[reason]}" for reason, count in self.reasons().items()]
        candidates = self.chosen + self.goes
        least = f"{self.at_least:,} are needed at least, so {self.ratio:.3f} times the least"
        found.append(
            f"candidates: {candidates:,}" + (f", of which {self.chosen:,} stay ({least})" if candidates else "")
        )
        if self.recounts:
            counted = self.as_dict()["recounted"]
            assert isinstance(counted, dict)
            found.append(
                "recount: {files:,} files, {features:,} features, {pairs:,} pairs, {verdicts:,} verdicts: none "
                "is lost; {challenges} challenges, all noticed".format(**counted)
            )
        if self.finished:
            found.append(f"an earlier run was killed: {self.finished} files that it had half removed are gone")
        size = sum(part.size_bytes for part in self.parts)
        verb = "removed" if self.removed else "to remove:"
        what = f"{verb} {self.goes:,} files, {size:,} bytes" if self.goes else "nothing is redundant"
        found.append(f"{what} ({self.seconds:.1f} s, {self.peak_bytes >> 20} MiB)")
        return found
