"""A judgement as plain data with stable keys, for `--json`. The keys are listed in docs/cli.md."""

from __future__ import annotations

from typing import Any

from corpus.plain import to_json
from corpus.sidecar import Location
from formats.errors import path_text

from ..evolution.report import Advice, Bits, FieldChange, VersionLine
from ..evolution.rules import Rule
from ..evolution.verdicts import Agreement, Misreading, Outcome, PairVerdict, Refusal, Witness
from .judging import Judged, Judgement


def as_dict(judgement: Judgement) -> dict[str, Any]:
    """The whole judgement."""
    report = judgement.report
    return {
        "ok": judgement.ok,
        "verdict": judgement.word.value,
        "catalog": judgement.catalog,
        "against": judgement.against,
        "seed": report.seed,
        "frames": report.frames,
        "versions": [version_facts(line) for line in report.versions],
        "findings": [finding_facts(judged) for judged in judgement.findings],
        "pairs": [pair_facts(pair) for pair in report.pairs],
        "advice": [advice_facts(advice) for advice in report.advice],
        "waivers": [waiver.as_dict() for waiver in judgement.waivers],
    }


def rule_facts(rule: Rule) -> dict[str, Any]:
    """A rule, as `--rules` lists it."""
    return {
        "id": rule.id,
        "level": rule.level,
        "title": rule.title,
        "explanation": rule.explanation,
        "action": rule.action,
    }


def version_facts(line: VersionLine) -> dict[str, Any]:
    """What became of one version."""
    return {
        "format": line.format,
        "version": line.version,
        "state": line.state,
        "old_fingerprint": line.old.fingerprint if line.old else None,
        "new_fingerprint": line.new.fingerprint if line.new else None,
    }


def finding_facts(judged: Judged) -> dict[str, Any]:
    """A finding, and whether it counts."""
    finding, (old, new) = judged.finding, judged.finding.versions
    return {
        "rule": finding.rule,
        "level": finding.level,
        "counts": judged.counts,
        "format": finding.format,
        "old_version": old,
        "new_version": new,
        "message": finding.message,
        "action": judged.rule.action,
        "shown": finding.shown,
        "file": judged.spot.file if judged.spot else None,
        "line": judged.spot.line if judged.spot else None,
        "fields": [field_facts(change) for change in finding.fields],
        "pairs": [pair_facts(pair) for pair in finding.pairs],
        "waiver": judged.waiver.as_dict() if judged.waiver else None,
    }


def field_facts(change: FieldChange) -> dict[str, Any]:
    """A field before and after: paths, and first bit and bit behind the last."""
    return {
        "old_path": None if change.old_path is None else path_text(change.old_path),
        "new_path": None if change.new_path is None else path_text(change.new_path),
        "words": change.words,
        "old_bits": bits_facts(change.old_bits),
        "new_bits": bits_facts(change.new_bits),
    }


def bits_facts(bits: Bits | None) -> list[int] | None:
    """A range of bits; its end is not included."""
    return None if bits is None else list(bits)


def pair_facts(pair: PairVerdict) -> dict[str, Any]:
    """What a reader makes of a writer's files."""
    return {
        "writer": pair.writer.as_dict(),
        "reader": pair.reader.as_dict(),
        "direction": pair.direction,
        "verdict": pair.verdict.value,
        "unchecked_verdict": None if pair.unchecked is None else pair.unchecked.value,
        "frames": pair.frames,
        "refused": pair.refused,
        "misread": pair.misread,
        "feature": pair.feature,
        "witness": witness_facts(pair.witness),
        "unchecked_witness": witness_facts(pair.unchecked_witness),
    }


def witness_facts(witness: Witness | None) -> dict[str, Any] | None:
    """A file that shows a verdict."""
    if witness is None:
        return None
    return {
        "bytes": witness.data.hex(),
        "size_bytes": len(witness.data),
        "place": place_facts(witness),
        "version_checked": witness.version_checked,
        "kept": witness.kept or None,
        "written": to_json(witness.written),
        "outcome": outcome_facts(witness.outcome),
    }


def place_facts(witness: Witness) -> dict[str, Any]:
    """Where the file was written, as in the sidecar of a kept file."""
    location = Location.of(witness.place)
    return {name: getattr(location, name) for name in location.__struct_fields__}


def outcome_facts(outcome: Outcome) -> dict[str, Any]:
    """What the reader made of a file; `verdict` says which other keys there are."""
    match outcome:
        case Agreement():
            return {"verdict": "full"}
        case Refusal():
            return {
                "verdict": "refuse",
                "rule": outcome.rule,
                "path": path_text(outcome.path),
                "offset": outcome.offset,
                "expected": outcome.expected,
                "found": outcome.found,
                "text": str(outcome),
            }
        case Misreading():
            return {
                "verdict": "misread",
                "path": path_text(outcome.path),
                "reader_path": path_text(outcome.reader_path),
                "written": to_json(outcome.written),
                "read": to_json(outcome.read),
                "sources": [path_text(path) for path in outcome.sources],
                "text": str(outcome),
            }


def advice_facts(advice: Advice) -> dict[str, Any]:
    """The operator's words for one format."""
    old, new = advice.versions
    return {
        "format": advice.format,
        "old_version": old,
        "new_version": new,
        "upgrade_first": advice.upgrade_first,
        "rolling": advice.rolling,
        "rollback": advice.rollback,
        "reads_old": advice.reads_old.value,
        "old_reads_new": advice.old_reads_new.value,
        "words": list(advice.words),
    }
