"""Words that every form of the output shares."""

from __future__ import annotations

from ..evolution.report import Bits, Finding


def headline(finding: Finding) -> str:
    """Which format and versions a finding is about: `chunk v1`, `chunk v1 → v2`, `chunk v1 (removed)`."""
    old, new = finding.versions
    if old is None and new is None:
        return finding.format
    if old is None or old == new:
        return f"{finding.format} v{new}"
    return f"{finding.format} v{old}" + (f" → v{new}" if new is not None else "")


def bits_text(bits: Bits | None) -> str:
    """A range of bits as bytes, `16..20` (the end not included), with bits where it is no whole bytes; `-` for none."""
    if bits is None:
        return "-"
    start, end = bits
    if start % 8 or end % 8:
        return f"{start // 8}.{start % 8}..{end // 8}.{end % 8}"
    return f"{start // 8}..{end // 8}"


def counted(number: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
