"""Which bytes of a frame are protected, so that any change of them must be refused.

*Sealed* bytes are covered by a checksum, or are one. *Checked* bytes (constants, reserved bytes, closing tags) are
protected by their own check. The others are *unprotected*: a change of them may give another valid value, and is
counted and reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from formats.catalog import Format
from formats.layout import Constant, Repeated, Zeros
from formats.reseal import checksums

from .findings import general
from .spots import leaves

UNPROTECTED: Final = 0
SEALED: Final = 1
CHECKED: Final = 2


@dataclass(frozen=True)
class Protection:
    """One mark per byte of a frame: UNPROTECTED, SEALED or CHECKED."""

    marks: bytes

    def ranges(self, *, protected: bool) -> list[tuple[int, int]]:
        """The stretches start..end that are protected (or that are not), end not included."""
        found: list[tuple[int, int]] = []
        for index, mark in enumerate(self.marks):
            if bool(mark) == protected:
                if found and found[-1][1] == index:
                    found[-1] = found[-1][0], index + 1
                else:
                    found.append((index, index + 1))
        return found

    def protects(self, start: int, end: int | None = None) -> bool:
        """Whether any byte of start..end is protected; without an end, of all that follow."""
        return any(self.marks[start:end])

    def protects_change(self, frame: bytes, changed: bytes) -> bool:
        """Whether a changed frame differs from this one in a protected byte, or was cut in one.

        A frame that changed its length has changed from the first byte that differs on.
        """
        if len(frame) == len(changed):
            pairs = zip(frame, changed, self.marks, strict=True)
            return any(mark and old != new for old, new, mark in pairs)
        pairs2 = zip(frame, changed, strict=False)
        start = next((index for index, (old, new) in enumerate(pairs2) if old != new), min(len(frame), len(changed)))
        return self.protects(start) or start >= len(frame)


def protection_of(entry: Format, frame: bytes, seed: int) -> Protection:
    """The protection of a valid frame: as the catalog declares it, else as its checksums give it."""
    if entry.sealed is not None and "*" in entry.sealed:
        return Protection(bytes([SEALED]) * len(frame))
    marks = bytearray(len(frame))
    found = leaves(entry, frame, seed)
    for spot in found:
        if isinstance(spot.node, Constant | Zeros | Repeated) and not spot.width:
            marks[spot.start : spot.end] = bytes([CHECKED]) * spot.size
    if entry.sealed is None:
        for site in checksums(entry.oracle, frame):
            marks[site.cover_start : site.cover_end] = bytes([SEALED]) * (site.cover_end - site.cover_start)
            marks[site.start : site.end] = bytes([SEALED]) * (site.end - site.start)
    else:
        for spot in found:
            if matches(general(spot.path), entry.sealed):
                marks[spot.start : spot.end] = bytes([SEALED]) * spot.size
    return Protection(bytes(marks))


def matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a path is one of the patterns or lies below one."""
    return any(path == pattern or path.startswith((f"{pattern}.", f"{pattern}[")) for pattern in patterns)
