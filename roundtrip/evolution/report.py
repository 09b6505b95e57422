"""The report: every pair's verdict, every finding with its fields and witnesses, and the operator's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from formats.errors import Path

from .rules import Level
from .verdicts import PairVerdict, Revision, Side, Verdict

Bits = tuple[int, int]


@dataclass(frozen=True)
class FieldChange:
    """One field, before and after. A side without the field has None for its path.

    old_bits, new_bits: first bit and the bit behind the last (bit 0: the high bit of byte 0) in a frame of either
    side that shows the change: the witness's, or the smallest sample; None where the field is absent there or takes
    no bits. words: what changed, as a sentence without its subject ("grows from 2 to 4 bytes").
    """

    old_path: Path | None
    new_path: Path | None
    words: str
    old_bits: Bits | None = None
    new_bits: Bits | None = None

    @property
    def path(self) -> Path:
        """The field's path as the new side names it, or as the old side did."""
        return self.new_path if self.new_path is not None else self.old_path or ()


@dataclass(frozen=True)
class Finding:
    """One rule broken, or one change worth a note, in one format.

    level: as the bytes made it ("error", "warning", "note"), which may be below the rule's own. versions: the old
    and the new version number, None where a side has none. pairs: the verdicts that this change causes, with a
    witness that shows this very change; shown: whether a file shows it (False: "no file shows it"). message: one or
    two sentences.
    """

    rule: str
    format: str
    versions: tuple[int | None, int | None]
    level: Level
    message: str
    fields: tuple[FieldChange, ...] = ()
    pairs: tuple[PairVerdict, ...] = ()
    shown: bool = True


@dataclass(frozen=True)
class Advice:
    """What an operator must know about the change of one format. Derived from the verdicts, never written by hand.

    versions: what the old side writes and what the new side writes. upgrade_first: who must have the new program
    before anybody writes the new format: "readers", "writers", "either", or "nobody" (no order is safe: do not ship).
    rolling: whether old and new programs can run side by side during the upgrade. rollback: whether the old program
    can take over again once new files exist: "full", "read-only", "loses new files" or "unsafe" (it would misread).
    reads_old: whether the new program reads every file of the old. words: sentences for the operator, in order.
    """

    format: str
    versions: tuple[int | None, int | None]
    upgrade_first: Literal["readers", "writers", "either", "nobody"]
    rolling: bool
    rollback: Literal["full", "read-only", "loses new files", "unsafe"]
    reads_old: Verdict
    old_reads_new: Verdict
    words: tuple[str, ...]


@dataclass(frozen=True)
class VersionLine:
    """What became of one version of one format: for the summary table and the format log."""

    format: str
    version: int
    state: Literal["unchanged", "added", "changed", "removed"]
    old: Revision | None
    new: Revision | None


@dataclass(frozen=True)
class Report:
    """Everything `validate` found. seed: replays it; frames: how many files were run in all."""

    versions: tuple[VersionLine, ...]
    pairs: tuple[PairVerdict, ...]
    findings: tuple[Finding, ...]
    advice: tuple[Advice, ...]
    seed: int
    frames: int

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings of level error."""
        return tuple(finding for finding in self.findings if finding.level == "error")

    def of(self, name: str, *, version: int | None = None, side: Side | None = None) -> tuple[PairVerdict, ...]:
        """The pairs of one format, or of one writer's version and side."""
        return tuple(
            pair
            for pair in self.pairs
            if pair.writer.name == name
            and (version is None or pair.writer.version == version)
            and (side is None or pair.writer.side == side)
        )
