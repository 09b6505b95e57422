"""Findings become kept files of kind `found`: of the fuzzer, witnesses of `validate`, and plain inputs of any fuzzer.

A found file has an annotated text beside it, for people; one of the fuzzer's can be replayed from that text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corpus.entries import Entry, annotated, find
from formats.catalog import Catalog
from formats.place import Place

from ..commands.exits import CommandError
from ..fuzzing.findings import files as fuzz_files
from ..fuzzing.findings.promotion import found_entry
from ..fuzzing.findings.repeating import APART, target_for
from ..histories.finding import FIRST_LINE as HISTORY_LINE
from ..validation.witness_files import is_witness, read_witness, text_path
from .adding import Candidate, Expectation, Origin, entry_for, judged
from .showing import annotated_lines
from .sources import bytes_of

ANYTHING = Expectation()


@dataclass(frozen=True)
class Said:
    """What a person says of findings, where they do not say it themselves. Empty or None for nothing."""

    format_name: str | None = None
    why: str = ""
    writer: str = ""
    place: Place | None = None


def promoted(file: str, catalog: Catalog, folder: Path, said: Said) -> Candidate:
    """A finding as a candidate to be kept. Raises `ShardproofError` for what is none."""
    path = Path(file)
    fuzz_text, witness_text = fuzz_files.text_path(path), text_path(path)
    if fuzz_files.is_finding(fuzz_text):
        entry = of_fuzzer(fuzz_text, catalog)
    elif is_witness(witness_text):
        entry = of_witness(witness_text, catalog, said)
    else:
        entry = of_bytes(file, catalog, said)
    return judged(file, entry, catalog, folder, ANYTHING)


def of_fuzzer(path: Path, catalog: Catalog) -> Entry:
    """The entry of a finding of the fuzzer."""
    finding = fuzz_files.read_finding(path)
    if finding.failure.law in APART:
        raise CommandError(
            f"{path}: its law is {finding.failure.law!r}, and every run over the kept files would hang or die of it; "
            "mend the reader first (`shardproof replay` tells when that is done), and keep the bytes with `corpus add`"
        )
    return found_entry(target_for(catalog, finding.failure.format, None), finding.failure, finding.origin)


def of_witness(path: Path, catalog: Catalog, said: Said) -> Entry:
    """The entry of a witness: the bytes as the writer's version has them."""
    claim = read_witness(path)
    if find(catalog, claim.writer.name, claim.writer.version) is None:
        known = ", ".join(one.label for one in catalog)
        raise CommandError(f"{path}: it is of {claim.writer.label}; the catalog has {known}")
    why = said.why or f"A witness of validate: {claim.outcome}."
    origin = Origin(why, said.writer or "shardproof validate", claim.place, found=True)
    return with_text(entry_for(claim.data, catalog, f"{claim.writer.name}@{claim.writer.version}", origin), catalog)


def of_bytes(file: str, catalog: Catalog, said: Said) -> Entry:
    """The entry of a plain input."""
    data = bytes_of(file)
    if data.startswith(HISTORY_LINE.encode()):
        raise CommandError(f"{file}: this is a history; keep it as a text file in corpus/histories, with a comment")
    if said.format_name is None:
        raise CommandError(f"{file}: this is neither a finding nor a witness; say what it is with --format NAME")
    why = said.why or "Found by a fuzzer, and promoted by hand."
    origin = Origin(why, said.writer or "a fuzzer", said.place, found=True)
    return with_text(entry_for(data, catalog, said.format_name, origin), catalog)


def with_text(entry: Entry, catalog: Catalog) -> Entry:
    """The entry with its bytes field by field beside it."""
    entry_format = find(catalog, entry.sidecar.format, entry.sidecar.version)
    assert entry_format is not None, "the entry was made with a format of the catalog"
    return annotated(entry, "\n".join(annotated_lines(entry, entry_format, colours=False, everything=False)))
