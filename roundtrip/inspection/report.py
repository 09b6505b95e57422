"""What an inspection found: frames with their fields and violations, and the stretches that are no frame.

Offsets of fields, frames and stretches count bytes from the start of the file; the `offset` of a violation counts from
the start of its frame, as in every error of ours, and `file_offset` from the start of the file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from formats.errors import FormatError, Path, path_text

Role = Literal["constant", "derived", "value", "checksum", "missing"]
Verdict = Literal["valid", "unverifiable", "damaged"]

#: Fields and bytes of one value that `--json` shows without `--all`.
JSON_FIELDS_MAXIMUM: Final = 10_000
JSON_BYTES_MAXIMUM: Final = 1024


@dataclass(frozen=True)
class Field:
    """Bytes start..end of the file hold the field at `path`; `leaf`: no other field lies inside it.

    verified: False for a checksum that needs a place that nobody gave; broken: the rules that the field breaks.
    """

    path: Path
    start: int
    end: int
    value: Any
    role: Role
    leaf: bool
    broken: tuple[str, ...] = ()
    verified: bool = True

    def as_dict(self, *, everything: bool) -> dict[str, object]:
        """The field with stable keys."""
        return {
            "path": path_text(self.path),
            "start": self.start,
            "end": self.end,
            "value": json_value(self.value, everything=everything) if self.leaf else None,
            "role": self.role,
            "leaf": self.leaf,
            "broken": list(self.broken),
            "verified": self.verified,
        }


@dataclass(frozen=True)
class Frame:
    """One frame: bytes start..end of the file, `missing`: context fields without which its seal is unverifiable.

    partial: why only a part of it was looked at, or empty.
    """

    format_name: str
    version: int
    start: int
    end: int
    verdict: Verdict
    fields: tuple[Field, ...]
    violations: tuple[FormatError, ...] = ()
    missing: tuple[str, ...] = ()
    partial: str = ""

    def as_dict(self, *, everything: bool) -> dict[str, object]:
        """The frame with stable keys."""
        shown = self.fields if everything else self.fields[:JSON_FIELDS_MAXIMUM]
        return {
            "format": self.format_name,
            "version": self.version,
            "start": self.start,
            "end": self.end,
            "verdict": self.verdict,
            "missing_context": list(self.missing),
            "partial": self.partial,
            "fields": [entry.as_dict(everything=everything) for entry in shown],
            "elided_fields": len(self.fields) - len(shown),
            "violations": [
                {**violation.as_dict(), "file_offset": self.start + violation.offset} for violation in self.violations
            ],
        }


@dataclass(frozen=True)
class Stretch:
    """Bytes start..end of the file that no frame was recognised in; `first`: the first of them."""

    start: int
    end: int
    zeros: bool
    first: bytes

    def as_dict(self) -> dict[str, object]:
        """The stretch with stable keys."""
        return {"start": self.start, "end": self.end, "zeros": self.zeros, "first": self.first.hex()}


@dataclass
class Summary:
    """What a whole file came to, added up while its parts go by."""

    frames: int = 0
    damaged: int = 0
    unverifiable: int = 0
    unrecognised_bytes: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, part: Frame | Stretch) -> None:
        """Count one part."""
        if isinstance(part, Stretch):
            self.unrecognised_bytes += part.end - part.start
            return
        self.frames += 1
        self.damaged += part.verdict == "damaged"
        self.unverifiable += part.verdict == "unverifiable"

    @property
    def verdict(self) -> Verdict:
        """Damaged where anything is, else unverifiable where anything is, else valid."""
        if self.damaged or self.unrecognised_bytes:
            return "damaged"
        return "unverifiable" if self.unverifiable else "valid"

    def outcome(self, *, remainder: bool) -> tuple[Verdict, str]:
        """The verdict and the numbers in words; with `remainder`, bytes behind the last frame are no damage."""
        verdict = self.verdict
        if remainder and not self.damaged:
            verdict = "unverifiable" if self.unverifiable else "valid"
        words = [f"{self.frames} frame{'' if self.frames == 1 else 's'}"]
        words += [f"{self.damaged} damaged"] if self.damaged else []
        words += [f"{self.unverifiable} unverifiable"] if self.unverifiable else []
        words += [f"{self.unrecognised_bytes} bytes not recognised"] if self.unrecognised_bytes else []
        return verdict, ", ".join(words)


def json_value(value: Any, *, everything: bool) -> Any:
    """A field's value for JSON: byte strings as `{"hex", "size"}`, cut where they are long."""
    if isinstance(value, bytes | bytearray | memoryview):
        shown = value if everything else value[:JSON_BYTES_MAXIMUM]
        return {"hex": bytes(shown).hex(), "size": len(value)}
    if isinstance(value, dict):
        return {
            str(name): json_value(item, everything=everything)
            for name, item in value.items()
            if not str(name).startswith("_")
        }
    if isinstance(value, list | tuple):
        return [json_value(item, everything=everything) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bool | int | float | type(None)):
        return value
    return str(value)
