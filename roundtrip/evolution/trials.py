"""One reader on one writer's files: outcomes, witnesses, and which change an outcome is the work of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from formats.catalog import Format

from .changes import SHIFTING, Change
from .frames import Frame
from .matching import Names
from .shrinking import shrunk
from .subjects import Subject, outcome
from .verdicts import Agreement, Misreading, Outcome, Refusal, Verdict, Witness

#: Witnesses of so many changes of one pair are minimized, the others are the smallest of the files tried.
MINIMIZED_MAXIMUM = 12


@dataclass(frozen=True)
class Exposure:
    """What one change does to one pair: the verdict of the files that show it, and a witness."""

    change: Change
    verdict: Verdict
    witness: Witness


@dataclass
class Count:
    """How many files were read."""

    frames: int = 0


@dataclass(frozen=True)
class Trial:
    """One reader, with or without its version check, on one writer's files."""

    writer: Subject
    reader: Subject
    entry: Format
    checked: bool
    count: Count = field(default_factory=Count)

    def outcome(self, frame: Frame) -> Outcome:
        """Run the reader."""
        self.count.frames += 1
        return outcome(self.writer.entry, self.entry, frame.data, frame.place, frame.value)

    def witness(self, frame: Frame, wanted: Callable[[Outcome], bool], *, minimized: bool = True) -> Witness:
        """The smallest file like this one, run once more."""
        smallest = frame
        if minimized:
            smallest = shrunk(self.writer.entry, frame, lambda candidate: wanted(self.outcome(candidate)))
        found = self.outcome(smallest)
        assert wanted(found), "a witness shows what it is a witness of"
        writer, reader = self.writer.revision, self.reader.revision
        return Witness(
            smallest.data, smallest.place, writer, reader, smallest.value, found, self.checked, smallest.kept
        )


def names_of(path: Iterable[Any]) -> Names:
    """A path without its indices."""
    return tuple(part for part in path if isinstance(part, str))


def like(found: Outcome) -> Callable[[Outcome], bool]:
    """Whether another outcome is the same in kind: the same rule at the same field, or the same field misread."""
    return partial(alike, found)


def alike(found: Outcome, other: Outcome) -> bool:
    """The same, of two outcomes."""
    match found, other:
        case Refusal(), Refusal():
            return found.rule == other.rule and names_of(found.path) == names_of(other.path)
        case Misreading(), Misreading():
            return names_of(found.reader_path) == names_of(other.reader_path)
    return type(found) is type(other)


def shows(change: Change, side: str, found: Outcome) -> bool:
    """Whether an outcome is the work of a change: it names the changed field, or the change moves what follows it.

    `side`: which of the change's sides the writer is.
    """
    if isinstance(found, Agreement):
        return False
    written, read = (change.old, change.new) if side == "old" else (change.new, change.old)
    if isinstance(found, Refusal):
        return touches(read, names_of(found.path))
    return (
        touches(written, names_of(found.path))
        or touches(read, names_of(found.reader_path))
        or any(touches(written, names_of(source)) for source in found.sources)
    )


def touches(field_names: Names | None, names: Names) -> bool:
    """Whether one of two fields is the other, or contains it."""
    if field_names is None:
        return False
    field_names = tuple(name for name in field_names if not name.startswith("("))
    size = min(len(field_names), len(names))
    return field_names[:size] == names[:size] and (size > 0 or not field_names)


def exposures(
    trial: Trial, outcomes: list[tuple[Frame, Outcome]], changes: tuple[Change, ...], side: str
) -> tuple[Exposure, ...]:
    """A witness of every change that some file shows, a misreading rather than a refusal."""
    found = []
    harmful = [(frame, one) for frame, one in outcomes if not isinstance(one, Agreement)]
    for number, change in enumerate(changes):
        direct = [(frame, one) for frame, one in harmful if shows(change, side, one)]
        candidates = direct or (harmful if change.rule in SHIFTING or len(changes) == 1 else [])
        misread = [(frame, one) for frame, one in candidates if isinstance(one, Misreading)]
        if not candidates:
            continue
        frame, one = min(misread or candidates, key=lambda pair: (len(pair[0].data), bool(pair[0].kept)))
        verdict = Verdict.MISREAD if misread else Verdict.REFUSE
        witness = trial.witness(frame, like(one), minimized=number < MINIMIZED_MAXIMUM)
        found.append(Exposure(change, verdict, witness))
    return tuple(found)
