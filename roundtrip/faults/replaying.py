"""One finding of a run with faults again: its fault line says what went wrong where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .kinds import BadFault, Fault
from .nth import run_once
from .rest import Image, decay_once
from .tally import Tally
from .twice import both_copies, pending_bytes

if TYPE_CHECKING:
    from ..histories.failure import Failure
    from ..histories.finding import Finding

REST: Final = re.compile(r"(rot|zeroed|ones|stale|twice|pending) rest (\d+) (\d+) (\d+) (closed|crashed|open)")


def replay_faults(finding: Finding) -> Failure | None:
    """What the history breaks with its fault now, or None. Raises `BadFault` where it names none."""
    if len(finding.faults) != 1:
        raise BadFault(f"expected one line `fault: …`, found {len(finding.faults)}")
    line, tally = finding.faults[0], Tally()
    match = REST.fullmatch(line)
    if match is None:
        run_once(finding.history, Fault.parse(line), tally)
    else:
        kind, extent, offset, draw, left = match.groups()
        if kind == "pending":
            pending_bytes(finding.history, tally)
        else:
            image = Image(finding.history, is_closed=left == "closed")
            if kind == "twice":
                both_copies(image, int(draw), tally)
            elif int(extent) < image.disk.extent_count and int(offset) < image.disk.extent_size_bytes:
                decay_once(image, kind, int(extent), int(offset), int(draw), tally)
            else:
                raise BadFault(f"extent {extent}, offset {offset} is no place of preset {finding.history.preset}")
    return tally.findings[0].finding.failure if tally.findings else None
