"""D8 prefixes: every strict prefix of a frame is refused as *truncated*; a stream may end behind any of its records."""

from __future__ import annotations

from formats.errors import Path
from formats.layout import Blocks, Captured, Node, Records, Struct

from ..lanes import Accepted, Lane, Refused, describe
from ..subjects import Sample, Subject
from .base import Law, Trial


def examine(trial: Trial) -> None:
    """Every prefix of every sample: all of them through the fast lanes and the reference, some through the oracle."""
    for sample in trial.samples:
        legal = legal_ends(trial.subject, sample)
        slow = slow_sizes(trial, sample)
        for size in range(len(sample.data)):
            cut(trial, sample, size, legal, slow=size in slow)
    if trial.subject.open_ended:
        trial.note("open-ended: a frame may end behind any record, or where no protected byte is cut off")


def slow_sizes(trial: Trial, sample: Sample) -> set[int]:
    """The prefixes that the oracle sees: around the border of every field, and a seeded few."""
    spans = trial.subject.format.oracle.trace(sample.data, sample.seed).spans
    borders = {
        end + step for span in spans if len(span.path) == 1 for end in (span.start, span.end) for step in (-1, 0, 1)
    }
    sizes = range(len(sample.data))
    return {*(size for size in borders if size in sizes), *trial.random.choices(sizes, k=trial.budget.slow_prefixes)}


def cut(trial: Trial, sample: Sample, size: int, legal: set[int] | None, *, slow: bool) -> None:
    """Judge one prefix of `size` bytes."""
    data = sample.data[:size]
    trial.count += 1
    lanes = trial.subject.lanes if slow else tuple(lane for lane in trial.subject.lanes if lane.name != "oracle")
    verdicts = {lane.name: lane.read(data, sample.seed) for lane in lanes}
    trial.watch.comparisons += slow
    accepted = any(isinstance(verdict, Accepted) for verdict in verdicts.values())
    if accepted and may_end(trial, sample, size, legal):
        trial.watch.see(data, sample.seed)
        return
    for lane in lanes:
        verdict = verdicts[lane.name]
        if legal is not None and size in legal:
            trial.find(
                (),
                None,
                f"a stream may end at byte {size}: the {lane.name} lane {describe(verdict)}",
                data,
                sample.seed,
            )
        elif not is_truncation(trial, lane, verdict):
            detail = f"cut at byte {size} of {len(sample.data)}: the {lane.name} lane {describe(verdict)}"
            trial.find((), "truncated", detail, data, sample.seed)


def is_truncation(trial: Trial, lane: Lane, verdict: object) -> bool:
    """Whether a verdict says *truncated*, as far as its lane says anything."""
    if not isinstance(verdict, Refused):
        return False
    return verdict.rule == "truncated" or not lane.diagnoses or (verdict.rule is None and trial.subject.open_ended)


def may_end(trial: Trial, sample: Sample, size: int, legal: set[int] | None) -> bool:
    """Whether a frame may end here: behind a record, or where no protected byte of an open end is cut off."""
    if legal is not None:
        return size in legal
    return trial.subject.open_ended and not trial.subject.protection(sample).protects(size)


def legal_ends(subject: Subject, sample: Sample) -> set[int] | None:
    """Where a stream may end, in bytes from the start of the frame; None where there is no stream."""
    found = stream_below(subject.format.layout.root, ())
    if found is None:
        return None
    path, depth = found
    spans = subject.format.oracle.trace(sample.data, sample.seed).spans
    records = [span for span in spans if span.path[: len(path)] == path and len(span.path) == len(path) + depth]
    records = [span for span in records if isinstance(span.path[-1], int)]
    first = min((span.start for span in records), default=len(sample.data))
    return {first, *(span.end for span in records)}


def stream_below(node: Node, path: Path) -> tuple[Path, int] | None:
    """The path of the stream that ends a frame, and how many indices lead to a record; None without one."""
    match node:
        case Records():
            return path, 1
        case Blocks():
            return path, 2
        case Struct(members=members) if members:
            last = members[-1]
            return stream_below(last.node, path if last.name is None else (*path, last.name))
        case Captured(node=inner):
            return stream_below(inner, path)
    return None


LAW = Law("D8", "prefixes", "every strict prefix is refused as truncated; streams end behind their records", examine)
