"""Which format do these bytes have, damaged or not?

Every format of the catalog is tried. The evidence for one is the number of bytes that had to be what they are and were:
constants, checksums and closing tags that hold, bytes of zero not counted, because blank space proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from formats.catalog import Format
from formats.layout import Constant, Digest, Integer, Raw, Repeated, Struct
from formats.tracing import Trace

from .frames import Context, seed_at, window_of
from .roles import is_seeded, node_at

#: Damaged bytes are looked at this far, to find out what they are.
WINDOW_SIZE: Final = 2**16
#: One byte may be right by chance.
EVIDENCE_MINIMUM: Final = 2


@dataclass(frozen=True)
class Candidate:
    """How well a format fits: does it read a frame, does that fill the bytes, evidence in bytes, violations met."""

    entry: Format
    reads: bool
    fills: bool
    evidence: int
    violations: int

    @property
    def rank(self) -> tuple[bool, int, bool, int]:
        """Better candidates have a higher one."""
        return self.reads, self.evidence, self.fills, -self.violations

    @property
    def plausible(self) -> bool:
        """Whether the bytes have this format, rather than merely not contradict it."""
        return self.evidence >= EVIDENCE_MINIMUM or (self.reads and self.fills)


def recognise(entries: Iterable[Format], data: memoryview, *, start: int, context: Context) -> list[Format]:
    """The format of the frame that the bytes begin with: none, one, or several that fit equally well."""
    candidates = [fit(entry, data, start=start, context=context) for entry in entries]
    plausible = [candidate for candidate in candidates if candidate.plausible]
    best = max((candidate.rank for candidate in plausible), default=None)
    return [candidate.entry for candidate in plausible if candidate.rank == best]


def fit(entry: Format, data: memoryview, *, start: int, context: Context) -> Candidate:
    """How well one format fits."""
    seed, _ = seed_at(entry, context, start)
    window = window_of(entry, data)
    trace = entry.oracle.trace(window, seed)  # type: ignore[arg-type]  # any buffer will do
    if trace.error is None and trace.consumed:
        return Candidate(entry, True, trace.consumed == len(data), evidence_of(entry, trace, window), 0)
    part = window[:WINDOW_SIZE]
    trace = entry.oracle.trace(part, seed, lenient=True)  # type: ignore[arg-type]  # any buffer will do
    violations = len(trace.damage) + (trace.error is not None)
    return Candidate(entry, False, False, evidence_of(entry, trace, part), violations)


def evidence_of(entry: Format, trace: Trace, data: memoryview) -> int:
    """The number of bytes that had to be what they are and were, other than zeros."""
    broken = {error.path for error in trace.damage}
    if trace.error is not None:
        broken.add(trace.error.path)
    total = 0
    for span in trace.spans:
        if span.path in broken:
            continue
        node = node_at(entry.layout.root, span.path)
        checked = isinstance(node, Constant | Repeated) or (isinstance(node, Digest) and trace.error is None)
        if isinstance(node, Digest) and trace.error is not None:
            checked = was_compared(node, trace)
        if checked and not (trace.unverified and is_seeded(node)):
            total += sum(byte != 0 for byte in data[span.start : span.end])
    return total


def was_compared(node: Digest, trace: Trace) -> bool:
    """Whether a damaged frame could be read far enough for this checksum to be compared."""
    covered = {field.names for field in node.covers}
    return not covered or covered <= {span.path[-len(names) :] for span in trace.spans for names in covered}


def leading_bytes(entry: Format) -> bytes:
    """The constant bytes that every frame of the format begins with; empty where there are none."""
    lead, root = b"", entry.layout.root
    while isinstance(root, Struct) is False and hasattr(root, "node"):
        root = root.node
    for member in root.members if isinstance(root, Struct) else ():
        match member.node:
            case Constant(node=Raw(), value=bytes() as value):
                lead += value
            case Constant(node=Integer(size=size, little=little, signed=False), value=int() as value):
                lead += value.to_bytes(size, "little" if little else "big")
            case _:
                break
    return lead
