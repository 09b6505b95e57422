"""The content of a page about any file: its frames and the stretches between them, as far as there is room."""

from __future__ import annotations

from collections.abc import Iterator

from ..inspection import Frame, Stretch, Summary
from .model import Budget, Content, LeftOut, Limits, Part, Segment
from .rows import rows_of


def file_content(
    parts: Iterator[Frame | Stretch],
    data: memoryview,
    *,
    start: int,
    limits: Limits,
    remainder: bool,
    notes: tuple[str, ...] = (),
) -> Content:
    """The content of a file from byte `start` on; `remainder`: bytes behind the last frame are no damage."""
    budget, summary = Budget(limits), Summary()
    shown: list[Part] = []
    position = start
    left_out: list[LeftOut] = []
    for part in parts:
        if budget.is_spent:
            left = len(data) - part.start
            words = f"{left:,} of {len(data):,} bytes, from byte {part.start:#x} on, were not looked at"
            left_out.append(LeftOut(words, part.start))
            break
        summary.add(part)
        shown.append(part_of(part, budget))
        budget.frames -= 1
        budget.size_bytes -= part.end - part.start
        position = part.end
    end = min(position, start + limits.size_bytes)
    if end < position:
        words = f"{position - end:,} bytes of the last part, from byte {end:#x} on, are not shown in hexadecimal"
        left_out.append(LeftOut(words, None))
    if budget.fields_over:
        left_out.append(LeftOut(f"{budget.fields_over:,} fields", None))
    verdict, words = summary.outcome(remainder=remainder)
    return Content(verdict, words, tuple(shown), (Segment(start, end),), left_out=tuple(left_out), notes=notes)


def part_of(part: Frame | Stretch, budget: Budget) -> Part:
    """A frame or a stretch."""
    if isinstance(part, Stretch):
        title = "zeros" if part.zeros else "not recognised"
        return Part(title, part.start, part.end, "damaged", notes=("no frame begins here that is known",))
    rows, violations = rows_of(part, budget)
    return Part(
        title_of(part),
        part.start,
        part.end,
        part.verdict,
        rows=rows,
        violations=violations,
        notes=tuple(notes_of(part, budget.limits)),
    )


def title_of(frame: Frame) -> str:
    """Format and version."""
    return f"{frame.format_name} v{frame.version}"


def notes_of(frame: Frame, limits: Limits) -> Iterator[str]:
    """What else is to be said of a frame."""
    if frame.missing:
        names = ", ".join(frame.missing)
        yield f"the seeded checksum was not checked, as the place of the file is not known ({names}: see --context)"
    if frame.partial:
        yield f"in part: {frame.partial}"
    if len(frame.violations) > limits.violations:
        yield f"{len(frame.violations) - limits.violations:,} more violations are not shown (--all shows them)"
