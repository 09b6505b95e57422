"""One crash state again: the last two operations of its history say the moment and what survived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roundtrip.histories.failure import Failure, examine
from roundtrip.histories.operations import CutKeep
from roundtrip.histories.presets import preset_named
from roundtrip.histories.session import Session

from .judging import Judge
from .points import crash_points
from .sampling import image_left

if TYPE_CHECKING:
    from roundtrip.histories.finding import Finding


def replay_crash(finding: Finding) -> Failure | None:
    """What the crash state breaks now, or None; where the history no longer ends in one, what the history breaks."""
    history = finding.history
    *before, cut, last = (None, None, *history.operations)
    if not isinstance(cut, CutKeep) or last is None:
        return examine(history)
    number = len(history.operations)
    session = Session(preset_named(history.preset), history.placement)
    try:
        for operation in before[2:]:
            assert operation is not None
            session.apply(operation)
        points = crash_points(session, last)
    except Exception as error:  # noqa: BLE001  # whatever the engine raises is what is looked for
        return Failure.of(error, number, str(last))
    judge = Judge(preset_named(history.preset))
    with judge.recording():
        for point in points:
            if point.after == cut.after or (point is points[-1] and cut.after > point.after):
                for illegal in image_left(judge, point, cut.kept):
                    return Failure.of(illegal.mismatch, number, str(last))
    return None
