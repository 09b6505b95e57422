"""Refusal, the one exception of the reference decoders, and the rules that it can name.

A decoder checks stage by stage, and the first rule that is violated names the refusal:

    truncated (the header)  magic  kind  version  header_checksum  bounds (of the header)
    truncated and checksum (each body field in turn)  closing_tag
    reserved, enum, flags (header fields in their order)
    length, enum, order, bounds, canonical (columns of the body in their order)
    trailing
"""

from __future__ import annotations

from typing import Final

RULES: Final = frozenset(
    {
        "truncated",
        "magic",
        "kind",
        "version",
        "header_checksum",
        "bounds",
        "canonical",
        "checksum",
        "closing_tag",
        "reserved",
        "enum",
        "flags",
        "length",
        "order",
        "trailing",
    }
)


class Refusal(Exception):
    """The bytes are not a frame: `rule` was violated at byte `offset` of the input, `detail` says how."""

    def __init__(self, rule: str, detail: str, offset: int) -> None:
        assert rule in RULES, rule
        # All three go to the base class, so that a refusal survives pickling between processes.
        super().__init__(rule, detail, offset)
        self.rule = rule
        self.detail = detail
        self.offset = offset

    def __str__(self) -> str:
        return f"{self.rule} at byte {self.offset}: {self.detail}"
