"""A judgement as SARIF 2.1.0, the exchange format of static analysis: code hosts and editors show it beside the lines.

Only members that the standard requires or that viewers show are written. What is waived is there, as suppressed; notes
are there with level `note`. Paths are relative to the working folder where they lie below it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from formats.errors import path_text

from ..evolution.report import Finding
from ..evolution.rules import Rule
from .judging import ALL_RULES, Judged, Judgement, Spot
from .wording import bits_text, headline

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION: Final = "2.1.0"
#: The working folder, to which relative paths are relative.
BASE: Final = "%SRCROOT%"


def sarif(judgement: Judgement, *, tool_version: str, folder: Path) -> dict[str, Any]:
    """The log; `folder`: the working folder, an absolute path."""
    rules = [rule for rule in ALL_RULES.values() if any(one.finding.rule == rule.id for one in judgement.findings)]
    numbers = {rule.id: number for number, rule in enumerate(rules)}
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "shardproof validate",
                        "semanticVersion": tool_version,
                        "rules": [rule_of(rule) for rule in rules],
                    }
                },
                "originalUriBaseIds": {BASE: {"uri": folder.as_uri().rstrip("/") + "/"}},
                "columnKind": "unicodeCodePoints",
                "results": [result_of(one, numbers, folder) for one in judgement.findings],
                "properties": {
                    "verdict": judgement.word.value,
                    "against": judgement.against,
                    "seed": judgement.report.seed,
                },
            }
        ],
    }


def rule_of(rule: Rule) -> dict[str, Any]:
    """A rule as a reporting descriptor."""
    help_text = f"{rule.explanation} What to do: {rule.action}."
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": help_text, "markdown": f"{rule.explanation}\n\n**What to do:** {rule.action}."},
        "defaultConfiguration": {"level": rule.level},
    }


def result_of(judged: Judged, numbers: dict[str, int], folder: Path) -> dict[str, Any]:
    """A finding as a result."""
    finding = judged.finding
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": numbers[finding.rule],
        "level": finding.level,
        "message": {"text": message_of(finding)},
        "partialFingerprints": {"shardproof/v1": identity_of(finding)},
    }
    if judged.spot is not None:
        result["locations"] = [location_of(judged.spot, finding, folder)]
    if judged.waiver is not None:
        justification = f"{judged.waiver.reason} ({judged.waiver.owner}, until {judged.waiver.expiry.isoformat()})"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return result


def message_of(finding: Finding) -> str:
    """What was found, the fields with both byte ranges, and what readers make of files."""
    lines = [f"{headline(finding)}: {finding.message}"]
    lines += [
        f"{path_text(change.path)} {change.words} (bytes {bits_text(change.old_bits)} -> {bits_text(change.new_bits)})"
        for change in finding.fields
    ]
    lines += [f"{pair.reader} reads {pair.writer}: {pair.verdict}" for pair in finding.pairs]
    return "\n".join(lines)


def identity_of(finding: Finding) -> str:
    """What makes a finding the same one in the next run."""
    fields = ",".join(path_text(change.path) for change in finding.fields)
    return f"{finding.rule}/{finding.format}/{finding.versions[0]}-{finding.versions[1]}/{fields}"


def location_of(spot: Spot, finding: Finding, folder: Path) -> dict[str, Any]:
    """Where a finding stands: the line, and format and fields as a logical name."""
    path = Path(spot.file)
    if path.is_absolute() and not path.is_relative_to(folder):
        artifact = {"uri": path.as_uri()}
    else:
        inside = path.relative_to(folder) if path.is_absolute() else path
        artifact = {"uri": quote(inside.as_posix()), "uriBaseId": BASE}
    fields = "".join(f"/{path_text(change.path)}" for change in finding.fields[:1])
    return {
        "physicalLocation": {"artifactLocation": artifact, "region": {"startLine": spot.line}},
        "logicalLocations": [{"fullyQualifiedName": finding.format + fields, "kind": "type"}],
    }
