"""A comparison as one object, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from formats.errors import path_text

from ..inspection import Stretch
from ..inspection.report import json_value
from .differences import Kind, Same
from .files import Beyond, FileComparison, PartDifference, PartKind
from .frames import FrameDifference, Verdict
from .reading import Part, Source

#: Differences and consequences of one frame that `--json` shows without `--all`.
DIFFERENCES_SHOWN: Final = 1000
#: From the mildest to the worst.
VERDICTS: Final[tuple[Verdict, ...]] = ("same", "place", "encoding", "different")


PART_KINDS: Final = get_args(PartKind)
DIFFERENCE_KINDS: Final = get_args(Kind)


@dataclass
class Summary:
    """What a whole comparison came to, added up while its parts go by."""

    verdict: Verdict = "same"
    parts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PART_KINDS, 0))
    differences: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DIFFERENCE_KINDS, 0))
    consequences: int = 0
    unchanged: int = 0
    damaged: int = 0

    def add(self, part: PartDifference) -> None:
        """Count one part."""
        self.parts[part.kind] += 1
        self.damaged += any(getattr(one, "verdict", "") == "damaged" for one in (part.old, part.new))
        found = part.frames
        if part.kind != "same":
            self.worsen("different" if found is None else found.verdict)
        if found is not None:
            for difference in found.differences:
                self.differences[difference.kind] += 1
            self.consequences += len(found.consequences)
            self.unchanged += found.unchanged

    def add_rest(self, rest: Beyond | None) -> None:
        """Count what was compared as bytes only."""
        if rest is not None and rest.differs_at is not None:
            self.worsen("different")

    def worsen(self, verdict: Verdict) -> None:
        """The worst verdict counts."""
        self.verdict = max(self.verdict, verdict, key=VERDICTS.index)


def as_dict(
    comparison: FileComparison, parts: Iterable[PartDifference], summary: Summary, catalog: str
) -> dict[str, Any]:
    """The whole comparison with stable keys; parts that are the same are counted, and listed with `--all`."""
    everything = comparison.everything
    shown = []
    for part in parts:
        summary.add(part)
        if part.kind != "same" or everything or has_damage(part):
            shown.append(part_dict(part, everything=everything))
    rest = comparison.beyond()
    summary.add_rest(rest)
    return {
        "ok": summary.verdict == "same",
        "verdict": summary.verdict,
        "catalog": catalog,
        "old": source_dict(comparison.sources[0]),
        "new": source_dict(comparison.sources[1]),
        "parts": shown,
        "counts": {
            "parts": summary.parts,
            "differences": summary.differences,
            "consequences": summary.consequences,
            "unchanged": summary.unchanged,
            "damaged": summary.damaged,
        },
        "not_compared": None if rest is None else beyond_dict(rest),
        "notes": [line for source in comparison.sources for line in source.known.notes],
    }


def has_damage(part: PartDifference) -> bool:
    """Whether something is to be said of a part that is the same."""
    return any(getattr(one, "verdict", "") == "damaged" for one in (part.old, part.new))


def source_dict(source: Source) -> dict[str, object]:
    """A file with stable keys."""
    return {
        "file": source.name,
        "size": len(source.data),
        "context": dict(source.known.context),
        "context_from": source.known.origin,
    }


def beyond_dict(rest: Beyond) -> dict[str, object]:
    """What was compared as bytes only, with stable keys."""
    return {
        "old_start": rest.old_start,
        "new_start": rest.new_start,
        "same": rest.differs_at is None,
        "old_differs_at": None if rest.differs_at is None else rest.differs_at[0],
        "new_differs_at": None if rest.differs_at is None else rest.differs_at[1],
    }


def part_dict(part: PartDifference, *, everything: bool) -> dict[str, object]:
    """A part with stable keys."""
    found = part.frames or FrameDifference("different" if part.kind != "same" else "same")
    limit = None if everything else DIFFERENCES_SHOWN
    return {
        "kind": part.kind,
        "verdict": found.verdict,
        "old": side_dict(part.old),
        "new": side_dict(part.new),
        "differences": [one.as_dict(everything=everything) for one in found.differences[:limit]],
        "elided_differences": max(0, len(found.differences) - (limit or len(found.differences))),
        "consequences": [one.as_dict(everything=everything) for one in found.consequences[:limit]],
        "elided_consequences": max(0, len(found.consequences) - (limit or len(found.consequences))),
        "unchanged": found.unchanged,
        "unchanged_fields": [same_dict(one) for one in found.same],
        "hunks": [
            {"old": [hunk.old_start, hunk.old_end], "new": [hunk.new_start, hunk.new_end]}
            for hunk in part.hunks[:limit]
        ],
        "notes": list(found.notes),
    }


def side_dict(part: Part | None) -> dict[str, object] | None:
    """A frame or stretch with stable keys; a stretch has no format."""
    if isinstance(part, Stretch):
        return {"format": None, **part.as_dict()}
    return None if part is None else part.as_dict()


def same_dict(same: Same) -> dict[str, object]:
    """A field that is the same, with stable keys."""
    return {
        "path": path_text(same.old.path),
        "value": json_value(same.old.value, everything=True),
        "old": [same.old.start // 8, -(-same.old.end // 8)],
        "new": [same.new.start // 8, -(-same.new.end // 8)],
    }
