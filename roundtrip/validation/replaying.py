"""A witness again: its bytes through the writer's decoder and the reader's, both made of the layouts in its text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from formats.catalog import Format
from formats.errors import FormatError
from formats.fingerprint import fingerprint

from ..evolution.schemas import unchecked
from ..evolution.subjects import decode, outcome
from ..evolution.verdicts import Outcome, Revision, Side, Verdict, Witness
from .plain import witness_facts
from .witness_files import BadWitness, Claim, read_witness, text_path, verdict_of


@dataclass(frozen=True)
class Replayed:
    """What a witness claims, and what it shows now."""

    file: Path
    claim: Claim
    witness: Witness

    @property
    def outcome(self) -> Outcome:
        """What the reader makes of the bytes."""
        return self.witness.outcome

    @property
    def verdict(self) -> Verdict:
        """What that comes to."""
        return verdict_of(self.outcome)

    @property
    def is_as_claimed(self) -> bool:
        """Whether the bytes show what they are said to show."""
        return self.verdict is self.claim.verdict

    def as_dict(self) -> dict[str, Any]:
        """The same with stable keys, for `--json`."""
        return {
            "ok": self.verdict is Verdict.FULL,
            "file": str(self.file),
            "writer": str(self.witness.writer),
            "reader": str(self.witness.reader),
            "claimed": self.claim.verdict.value,
            "verdict": self.verdict.value,
            "as_claimed": self.is_as_claimed,
            "witness": witness_facts(self.witness),
        }


def replay_witness(path: Path) -> Replayed:
    """Run both decoders on a witness; `path`: its text or its bytes. Raises what `read_witness` does."""
    file = text_path(path)
    claim = read_witness(file)
    return Replayed(file, claim, witness_of(file, claim))


def witness_of(file: Path, claim: Claim) -> Witness:
    """What the bytes show now; `LaneDisagreement` where oracle and fast codec of a side differ about them."""
    try:
        written = decode(claim.writer, claim.data, claim.place)
    except FormatError as error:
        raise BadWitness(f"{file}: expected bytes that the writer wrote, found some that it refuses: {error}") from None
    reader = claim.reader if claim.version_checked else unchecked(claim.reader, claim.writer) or claim.reader
    found = outcome(claim.writer, reader, claim.data, claim.place, written)
    writer_side, reader_side = revision(claim.writer, claim.writer_side), revision(claim.reader, claim.reader_side)
    return Witness(claim.data, claim.place, writer_side, reader_side, written, found, claim.version_checked)


def revision(entry: Format, side: Side) -> Revision:
    """A format as its side declared it."""
    return Revision(entry.name, entry.version, side, fingerprint(entry.layout))
