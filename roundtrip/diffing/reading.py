"""Reads a file part by part: frames as trees of fields, and the stretches that are no frame.

A sound frame is parsed once, without a trace; only what is refused goes through the inspection, which is slow and
explains.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, TypeAlias

from formats.catalog import Format
from formats.description.bitranges import Spot
from formats.errors import FormatError, LaneDisagreement
from formats.oracle import stream_over
from formats.tracing import Trace
from formats.values import plain_of, plain_of_record

from ..commands.exits import CommandError
from ..inspection import Beside, Frame, Stretch, scan
from ..inspection.frames import DECIDED_SIZE_MAXIMUM, FRAME_SIZE_MAXIMUM, PART_SIZE, seed_at
from ..inspection.recognition import leading_bytes
from ..inspection.report import Verdict
from ..inspection.roles import is_sealed, repeats
from ..inspection.scan import stretch
from ..inspection.sources import PIECE_SIZE, release
from .building import Plan, tree_of
from .damaged import partial_plan
from .fieldwalk import FieldWalk
from .nodes import Node, content_of


@dataclass(frozen=True)
class Source:
    """One of the two files. `known`: where it was written, `entries`: formats to try, `forced`: what it is else.

    first: its first part, once that has been read; everything: however long it takes.
    """

    name: str
    data: memoryview
    known: Beside
    entries: Sequence[Format]
    forced: Format | None = None
    first: Part | None = None
    everything: bool = False


@dataclass(frozen=True)
class FramePart:
    """Bytes start..end of a file are a frame; `content`: its value in a form that can be compared."""

    entry: Format
    start: int
    end: int
    verdict: Verdict
    tree: Node = field(repr=False)
    content: Hashable = field(repr=False)
    violations: tuple[FormatError, ...] = ()
    missing: tuple[str, ...] = ()
    partial: str = ""

    @property
    def seed_known(self) -> bool:
        """Whether the place that the frame was sealed for is known."""
        return not self.missing

    def as_dict(self) -> dict[str, object]:
        """The frame with stable keys."""
        return {
            "format": self.entry.name,
            "version": self.entry.version,
            "start": self.start,
            "end": self.end,
            "verdict": self.verdict,
            "missing_context": list(self.missing),
            "partial": self.partial,
            "violations": [{**one.as_dict(), "file_offset": self.start + one.offset} for one in self.violations],
        }


Part: TypeAlias = FramePart | Stretch


def recognised(old: Source, new: Source, *, are_same: bool = False) -> tuple[Source, Source]:
    """Both files with their first parts; one that has no format is read as what the other one is.

    Raises `CommandError` where neither has a format. are_same: their bytes and places are, so one is read.
    """
    if are_same:
        first = read_part(old, 0)
        return replace(old, first=first), replace(new, first=first)
    firsts: list[Part | CommandError] = []
    for source in (old, new):
        try:
            firsts.append(read_part(source, 0))
        except CommandError as error:
            firsts.append(error)
    sources = []
    for source, found, other in zip((old, new), firsts, firsts[::-1], strict=True):
        if isinstance(found, CommandError):
            if not isinstance(other, FramePart):
                raise found
            forced = replace(source, forced=other.entry)
            sources.append(replace(forced, first=read_part(forced, 0)))
            continue
        sources.append(replace(source, first=found))
    return sources[0], sources[1]


def read_part(source: Source, position: int) -> Part:
    """What begins at a byte of the file; `CommandError` where the first bytes have no format."""
    if position == 0 and source.first is not None:
        return source.first
    found = quick_frame(source, position)
    if found is not None:
        return found
    forced = source.forced if position == 0 else None
    try:
        part = next(
            iter(scan(source.entries, source.data, start=position, context=source.known.context, forced=forced))
        )
    except CommandError as error:
        if position == 0:
            raise CommandError(f"{source.name}: {error}", error.exit_code) from None
        return stretch(source.data, position, len(source.data))
    return part if isinstance(part, Stretch) else explained(source, part)


def quick_frame(source: Source, position: int) -> FramePart | None:
    """A sound frame whose leading bytes leave no doubt what it is, or None."""
    entries = source.entries
    if len(entries) > 1:
        leads = [leading_bytes(entry) for entry in entries]
        if any(len(lead) < 2 for lead in leads):
            return None
        pairs = zip(entries, leads, strict=True)
        entries = [entry for entry, lead in pairs if source.data[position : position + len(lead)] == lead]
    return sound_frame(source, entries[0], position) if len(entries) == 1 else None


def sound_frame(source: Source, entry: Format, position: int, size: int | None = None) -> FramePart | None:
    """The frame of this format that begins at a byte and reads without a fault, or None. size: its bytes, if known."""
    end = len(source.data) if size is None else position + size
    if is_unbounded(entry) and end - position > DECIDED_SIZE_MAXIMUM and not source.everything:
        return None
    data = source.data[position : min(end, position + FRAME_SIZE_MAXIMUM)]
    seed, missing = seed_at(entry, source.known.context, position)
    read = value_of(entry, data, seed)
    if read is None:
        return None
    value, consumed = read
    walk = FieldWalk(entry.name, data[:consumed], Trace(value=value, consumed=consumed))  # type: ignore[arg-type]  # any buffer will do
    walked = walk.visit(Spot(()), entry.layout.root, 0, consumed, value)
    if walked != consumed:
        raise LaneDisagreement(entry.name, "layout", "oracle", f"one ends at byte {walked}, the other at {consumed}")
    blocked = frozenset(walk.blocked)
    plan = Plan(position, position + consumed, walk.cells, walk.derived, walk.layouts, blocked)
    verdict: Verdict = "unverifiable" if missing else "valid"
    tree, content = tree_of(plan, value), content_of(value)
    return FramePart(entry, position, position + consumed, verdict, tree, content, missing=missing)


def is_unbounded(entry: Format) -> bool:
    """Whether frames have as many fields as their bytes say, and no seal vouches for the number."""
    return repeats(entry.layout.root) and not is_sealed(entry.layout.root)


def value_of(entry: Format, data: memoryview, seed: int | None) -> tuple[Any, int] | None:
    """The plain value of the frame that the bytes begin with, and its size; None where anything is wrong with it."""
    try:
        if seed is not None and entry.codec.probe_prefix is not None:
            found = entry.codec.probe_prefix(data, seed)
            return None if found is None else (plain_of_record(found[0]), found[1])
        stream = stream_over(data)
        parsed = entry.oracle.schema.parse_stream(stream, seed=seed)
        consumed, value = stream.tell(), plain_of(entry.layout.root, parsed)
        if not consumed or (seed is not None and entry.codec.probe(data[:consumed], seed) is None):
            return None
    except Exception:  # noqa: BLE001  # a schema raises what it likes for damaged bytes; the inspection explains it
        return None
    return value, consumed


def explained(source: Source, frame: Frame) -> FramePart:
    """A frame that the inspection has read: sound after all, or with its violations."""
    entry = next(one for one in source.entries if (one.name, one.version) == (frame.format_name, frame.version))
    if frame.verdict != "damaged" and (found := sound_frame(source, entry, frame.start, frame.end - frame.start)):
        return found
    tree = tree_of(*partial_plan(entry, frame))
    partial = frame.partial
    if partial and is_unbounded(entry) and frame.end == len(source.data):
        partial = f"only the first {PART_SIZE} of {frame.end - frame.start} bytes were read as fields (--all reads all)"
    return FramePart(
        entry,
        frame.start,
        frame.end,
        frame.verdict,
        tree,
        ("damaged", tree.content()),
        frame.violations,
        frame.missing,
        partial,
    )


def digest(data: memoryview, start: int, end: int) -> bytes:
    """A hash of bytes start..end of a file, taken in pieces."""
    state = blake2b(digest_size=16)
    for begin in range(start, end, PIECE_SIZE):
        stop = min(begin + PIECE_SIZE, end)
        state.update(data[begin:stop])
        release(data, begin, stop)
    return state.digest()
