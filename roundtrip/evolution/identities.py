"""What tells one format from another: the constants that lead its frames. Two formats must not share them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from formats.errors import FormatError, LaneDisagreement
from formats.layout import Constant, Layout, Struct

from .findings import as_evidence
from .judging import Judge
from .report import Finding
from .subjects import Subject, decode
from .verdicts import Misreading, Witness

Identity = tuple[int | bytes | str, ...]


def identity(layout: Layout) -> Identity:
    """The values of the constants that a frame begins with; empty for a format that begins with anything."""
    if not isinstance(layout.root, Struct):
        return ()
    found = []
    for member in layout.root.members:
        if not isinstance(member.node, Constant):
            break
        found.append(member.node.value)
    return tuple(found)


def reused(judge: Judge, by_name: Mapping[str, Sequence[Subject]]) -> Iterator[Finding]:
    """Two formats with one identity, where at least one of them changed or is new."""
    subjects = [subject for group in by_name.values() for subject in group]
    for first, second in combinations(subjects, 2):
        if first.revision.name == second.revision.name or {first.revision.side, second.revision.side} == {"both"}:
            continue
        shared = identity(first.entry.layout)
        if not shared or shared != identity(second.entry.layout):
            continue
        later, other = (first, second) if first.revision.side == "new" else (second, first)
        if later.revision.side == "old":
            continue
        witnesses = [*confused(judge, later, other), *confused(judge, other, later)]
        leading = " ".join(value.hex() if isinstance(value, bytes) else str(value) for value in shared)
        message = f"{later.revision} begins with {leading}, as {other.revision} does"
        if witnesses:
            message += f"; {witnesses[0].reader} accepts a file of {witnesses[0].writer}"
        version = later.revision.version
        yield Finding("identity-reused", later.revision.name, (None, version), "error", message,
                      pairs=as_evidence(witnesses[:2]), shown=bool(witnesses))  # fmt: skip


def confused(judge: Judge, writer: Subject, reader: Subject) -> Iterator[Witness]:
    """The smallest file of one format that the reader of another accepts."""
    for frame in sorted(judge.files(writer), key=lambda one: len(one.data)):
        judge.count.frames += 1
        try:
            value = decode(reader.entry, frame.data, frame.place)
        except (FormatError, LaneDisagreement):
            continue
        found = Misreading((), (), frame.value, value)
        yield Witness(frame.data, frame.place, writer.revision, reader.revision, frame.value, found, kept=frame.kept)
        return
