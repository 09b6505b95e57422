"""A failure in the words of people: what, where, expected, found, and the command that shows it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from corpus.report import Finding as KeptFinding

from ..commands.output import one_line
from ..findings import Finding
from ..laws import LAWS

#: Findings of one test that are shown whole.
SHOWN_MAXIMUM: Final = 3
#: Bytes of an input that are shown; the command holds more of them.
BYTES_MAXIMUM: Final = 32


def of_law(format_label: str, law: str, findings: Sequence[Finding]) -> str:
    """The failure of one law on one format; its inputs may have refuted other laws too."""
    ordered = sorted(findings, key=lambda finding: finding.law != law)
    blocks = [
        block(
            {
                "where": finding.path or "(the whole frame)",
                "rule": finding.rule,
                "expected": expected(finding.law, law),
                "found": finding.detail,
                "bytes": "" if finding.data is None else shown(finding.data),
                "also": f"{finding.also:,} more like it" if finding.also else "",
                "again": finding.command,
            }
        )
        for finding in ordered[:SHOWN_MAXIMUM]
    ]
    return joined(f"{format_label} breaks law {law}, {LAWS[law].title}", blocks, len(findings))


def expected(law: str, tried: str) -> str:
    """What a law says, and which one it is where another one was tried."""
    return LAWS[law].statement if law == tried else f"(law {law}) {LAWS[law].statement}"


def of_kept(what: str, findings: Sequence[KeptFinding]) -> str:
    """The failure of one kept file, or of the folder of them."""
    blocks = [
        block(
            {
                "where": finding.entry,
                "reader": finding.reader,
                "expected": finding.expected,
                "found": finding.found,
                "again": finding.reproduce,
            }
        )
        for finding in findings[:SHOWN_MAXIMUM]
    ]
    kinds = ", ".join(dict.fromkeys(finding.problem for finding in findings))
    return joined(f"{what} is not as expected: {kinds}", blocks, len(findings))


def block(facts: dict[str, str]) -> str:
    """Facts below each other, without those that there are not."""
    return "\n".join(f"  {name:<9}{one_line(text)}" for name, text in facts.items() if text)


def joined(headline: str, blocks: list[str], count: int) -> str:
    """A headline and its blocks."""
    rest = [f"  and {count - len(blocks)} more"] if count > len(blocks) else []
    return "\n\n".join([headline, *blocks, *rest])


def shown(data: bytes) -> str:
    """The first bytes in hexadecimal, and how many there are."""
    more = " ..." if len(data) > BYTES_MAXIMUM else ""
    return f"{len(data):,}: {data[:BYTES_MAXIMUM].hex(' ')}{more}"
