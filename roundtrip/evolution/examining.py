"""Examines the judge: is an edit judged as a person judged it, and do its witnesses show what is claimed?

Witnesses are replayed here by the decoders alone; nothing of the judge takes part but the claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formats.catalog import Format
from formats.errors import FormatError
from formats.layout import FlagSet, Struct

from . import schemas, validating
from .edit_table import ALSO, Edit, formats
from .report import Report
from .verdicts import PairVerdict, Refusal, Verdict, Witness


def examined(edit: Edit) -> tuple[str, ...]:
    """What is wrong with the judgement of an edit that keeps its version number; nothing if it is right."""
    old, new = formats(edit)
    report = validating.validate([old], [new])
    return tuple(complaints(report, edit, old, new))


def complaints(report: Report, edit: Edit, old: Format, new: Format) -> Iterator[str]:
    """The same, of a report."""
    rules = {finding.rule for finding in report.findings}
    if rules != {"version-reused", edit.rule} | ALSO.get(edit.name, set()):
        yield f"named {sorted(rules)}"
    if {"version-reused"} != {finding.rule for finding in report.errors} & {"version-reused"}:
        yield "one version with two layouts is no error"
    pairs = {pair.direction: pair for pair in report.pairs}
    for direction, expected, writer, reader in (
        ("old reads new", edit.forward, new, old),
        ("new reads old", edit.backward, old, new),
    ):
        pair = pairs[direction]
        if pair.verdict is not expected:
            yield f"{direction}: {pair.verdict}, expected {expected}"
        yield from unproved(pair, writer, reader)
    for finding in report.findings:
        for pair in finding.pairs:
            writer, reader = (new, old) if pair.writer.side == "new" else (old, new)
            yield from wrong_witness(pair.witness, writer, reader)


def examined_with_bump(edit: Edit) -> tuple[str, ...]:
    """The same for an edit that takes the next version number, beside the version before it."""
    old, new = formats(edit, bumped=True)
    report = validating.validate([old], [old, new])
    return tuple(complaints_of_bump(report, edit, old, new))


def complaints_of_bump(report: Report, edit: Edit, old: Format, new: Format) -> Iterator[str]:
    """Both sides must refuse by the version, and be judged without it too."""
    if report.errors:
        yield f"a proper bump is an error: {report.errors[0].message}"
    for pair in report.pairs:
        is_forward = pair.writer.version == 2
        expected, (writer, reader) = (edit.forward, (new, old)) if is_forward else (edit.backward, (old, new))
        if pair.verdict is not Verdict.REFUSE:
            yield f"{pair.reader} on {pair.writer}: {pair.verdict}, expected a refusal"
        if pair.unchecked is not expected:
            yield f"{pair.reader} on {pair.writer} without version check: {pair.unchecked}, expected {expected}"
        yield from unproved(pair, writer, reader)


def unproved(pair: PairVerdict, writer: Format, reader: Format) -> Iterator[str]:
    """Harm that is claimed without a witness that shows it."""
    if pair.verdict is not Verdict.FULL:
        yield from wrong_witness(pair.witness, writer, reader, pair.verdict)
    if pair.unchecked not in (None, Verdict.FULL):
        yield from wrong_witness(pair.unchecked_witness, writer, reader, pair.unchecked)


def wrong_witness(
    witness: Witness | None, writer: Format, reader: Format, expected: Verdict | None = None
) -> Iterator[str]:
    """A witness that shows something else than is claimed. None expected: whatever the witness itself claims."""
    if witness is None:
        if expected is not None:
            yield f"{expected} without a witness"
        return
    if not witness.version_checked:
        reader = schemas.unchecked(reader, writer) or reader
    written = read_by(writer, witness)
    if isinstance(written, FormatError) or written != witness.written:
        yield f"its own writer does not read {witness.data.hex()} as {witness.written!r}"
        return
    found = read_by(reader, witness)
    if isinstance(found, FormatError):
        claim = witness.outcome
        facts = (found.rule, found.path, found.offset)
        if not isinstance(claim, Refusal) or facts != (claim.rule, claim.path, claim.offset):
            yield f"{witness.data.hex()} is refused by {facts}, claimed was: {claim}"
        shown = Verdict.REFUSE
    else:
        same = found == written and flags_of(writer, written) == flags_of(reader, found)
        shown = Verdict.FULL if same else Verdict.MISREAD
    if expected is not None and shown is not expected:
        yield f"{witness.data.hex()} shows {shown}, claimed was {expected}"


def read_by(entry: Format, witness: Witness) -> Any:
    """The value that oracle and fast codec read, or the error of the oracle; asserts that they agree."""
    seed = entry.seed(witness.place) or 0
    record = entry.codec.probe(witness.data, seed)
    try:
        value = entry.oracle.decode(witness.data, seed)
    except FormatError as error:
        assert record is None, "the fast codec accepts what the oracle refuses"
        return error
    assert entry.codec.plain(record) == value, "oracle and fast codec read different values"
    return value


def flags_of(entry: Format, value: Any) -> set[str]:
    """The names of the flags that are set in the outermost struct: masks may be equal and mean something else."""
    root = entry.layout.root
    if not isinstance(root, Struct):
        return set()
    sets = [(member.name, member.node) for member in root.members if isinstance(member.node, FlagSet)]
    return {flag for name, node in sets for flag, bit in node.members if not node.named and value[name] & bit}
