"""One frame: traced as far as its bytes allow, and judged.

The number of fields is bounded before anything is traced: where a format's frames have as many fields as their bytes
say and nothing vouches for the number, only a part is looked at, and the report says so.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Final

from formats.catalog import Format
from formats.errors import FormatError, Path
from formats.layout import Digest
from formats.place import CONTEXT_FIELDS, Place
from formats.tracing import Span, Trace

from .report import Field, Frame, Verdict
from .roles import is_sealed, is_seeded, node_at, repeats, role_at

#: The longest frame that is looked at: the longest payload of ours, and what surrounds it.
FRAME_SIZE_MAXIMUM: Final = 2**28 + 2**16
#: How much of a frame with any number of fields is looked at, where no header vouches for the number.
PART_SIZE: Final = 2**16
#: The same, where the frame is damaged.
DAMAGED_SIZE: Final = 2**20
#: Up to this many bytes the fast codec decides on a frame of which only a part is shown.
DECIDED_SIZE_MAXIMUM: Final = 2**24

#: What is known of the place of the file's first byte: context field -> value.
Context = dict[str, int | bytes]


def seed_at(entry: Format, context: Context, position: int) -> tuple[int | None, tuple[str, ...]]:
    """The seed of a frame `position` bytes into the file, or None and the context fields that are missing."""
    missing = tuple(name for name in entry.layout.seed if name not in context)
    if missing:
        return None, missing
    known = {name: value for name, value in context.items() if name in CONTEXT_FIELDS}
    if "offset" in known:
        known["offset"] = int(known["offset"]) + position
    try:
        return Place(**known).seed(entry.layout.seed), ()  # type: ignore[arg-type]  # names are the place's own
    except ValueError:
        return None, ("offset",)  # beyond what 32 bits can say


def window_of(entry: Format, data: memoryview) -> memoryview:
    """The bytes at which a frame of this format is looked at."""
    unbounded = repeats(entry.layout.root) and not is_sealed(entry.layout.root)
    return data[: PART_SIZE if unbounded else FRAME_SIZE_MAXIMUM]


def trace_frame(entry: Format, data: memoryview, seed: int | None) -> tuple[Trace, list[FormatError], bool]:
    """What could be read, every violation met, and whether only a part of the bytes was looked at."""
    window = window_of(entry, data)
    cut = len(window) < len(data)
    strict = entry.oracle.trace(window, seed)  # type: ignore[arg-type]  # any buffer will do
    if strict.error is None:
        return strict, [], cut and strict.consumed == len(window)
    if cut and strict.error.rule in {"truncated", "length"}:
        return strict, [], True
    part = window[:DAMAGED_SIZE] if repeats(entry.layout.root) else window
    lenient = entry.oracle.trace(part, seed, lenient=True)  # type: ignore[arg-type]  # as above
    damage = list(lenient.damage)
    if lenient.error is not None and lenient.error not in damage:
        damage.append(lenient.error)
    if len(part) < len(data):  # what is missing from a part is not missing from the file
        damage = [error for error in damage if error.rule not in {"truncated", "length"}]
    if (strict.error.rule, strict.error.path) not in {(error.rule, error.path) for error in damage}:
        damage.insert(0, strict.error)
    best = lenient if len(lenient.spans) >= len(strict.spans) else strict
    return best, damage, False


def read_frame(entry: Format, data: memoryview, *, start: int, context: Context) -> Frame:
    """The frame of this format that begins `start` bytes into the file; `data` begins there too."""
    seed, missing = seed_at(entry, context, start)
    trace, damage, cut = trace_frame(entry, data, seed)
    partial = ""
    if cut:
        partial = f"the first {PART_SIZE} of {len(data)} bytes are shown"
        trace.consumed = len(data)
        damage, undecided = judge_whole(entry, data, seed)
        partial += undecided
    elif not damage and seed is not None:
        damage = judge(entry, data[: trace.consumed], seed)
    consumed = trace.consumed or end_of(trace.spans, damage, len(data))
    verdict: Verdict = "damaged" if damage else "unverifiable" if missing else "valid"
    fields = tuple(fields_of(entry, trace.spans, damage, start=start, end=start + consumed, unverified=seed is None))
    return Frame(entry.name, entry.version, start, start + consumed, verdict, fields, tuple(damage), missing, partial)


def judge(entry: Format, frame: memoryview, seed: int) -> list[FormatError]:
    """What the codec says of bytes that the trace found nothing wrong with; raises `LaneDisagreement`."""
    try:
        entry.codec.decode(frame, seed)
    except FormatError as error:
        return [error]
    return []


def judge_whole(entry: Format, data: memoryview, seed: int | None) -> tuple[list[FormatError], str]:
    """The verdict on a frame of which only a part is shown, and what to say where there is none."""
    if seed is None or len(data) > DECIDED_SIZE_MAXIMUM:
        return [], "; the rest was not looked at (--at OFFSET starts elsewhere)"
    if entry.codec.probe(data, seed) is not None:
        return [], "; the rest was checked"
    whole = entry.codec.verdict(data, seed)
    return ([whole] if whole is not None else []), "; the rest was checked"


def end_of(spans: list[Span], damage: list[FormatError], size: int) -> int:
    """Where a frame that could not be read to its end stops: behind its last field, or at the end of the bytes."""
    if any(error.rule == "truncated" for error in damage):
        return size
    return max((span.end for span in spans), default=0)


def fields_of(
    entry: Format, spans: list[Span], damage: list[FormatError], *, start: int, end: int, unverified: bool
) -> list[Field]:
    """Every field that was read, and the place of every violation that no field stands for."""
    broken: dict[Path, list[str]] = defaultdict(list)
    for error in damage:
        for path in (error.path, *covered_paths(entry, error)):
            broken[path].append(error.rule)
    root, fields, seen = entry.layout.root, [], set()
    nodes = cache(lambda path: (role_at(root, path), is_seeded(node_at(root, path))))
    for index, span in enumerate(spans):
        following = spans[index + 1].path if index + 1 < len(spans) else ()
        leaf = not (len(following) > len(span.path) and following[: len(span.path)] == span.path)
        role, seeded = nodes(tuple(0 if isinstance(part, int) else part for part in span.path))
        seen.add(span.path)
        rules = tuple(dict.fromkeys(broken.get(span.path, ())))
        fields.append(
            Field(
                span.path,
                start + span.start,
                start + span.end,
                span.value,
                role,
                leaf,
                rules,
                verified=not (seeded and unverified),
            )
        )
    for error in damage:
        if error.path and error.path not in seen:
            seen.add(error.path)
            begin = min(start + error.offset, end)
            rest = end if error.rule == "truncated" else begin
            fields.append(Field(error.path, begin, rest, None, "missing", True, tuple(broken[error.path])))
    return fields


def covered_paths(entry: Format, error: FormatError) -> list[Path]:
    """The fields that a broken checksum covers: the damage is in one of them, or in the checksum."""
    node = node_at(entry.layout.root, error.path)
    if error.rule != "checksum" or not isinstance(node, Digest):
        return []
    return [(*error.path[:-1], *field.names) for field in node.covers]
