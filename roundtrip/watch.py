"""The watch: every input of every law passes here, so that lanes are compared on all of them.

Volume: the fast lane sees every input; oracle, tuples and reference see every accepted one and a seeded 1 in 256 of
the refused. Where a format accepts almost anything, so that this would take hours, they see the first `accepted_limit`
accepted inputs of a law and a seeded 1 in 64 of the others; how many were left out is reported. An accepted input must
be written again as it was (D5), and all lanes must say the same of it (D10).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from formats.errors import Path
from formats.oracle import difference

from .findings import FindingLog
from .lanes import Accepted, Broken, Lane, Refused, Verdict, broken, describe
from .subjects import Subject

#: One refused input in so many is shown to the slow lanes too: 2 to the power of these bits.
REFUSED_BITS = 8
#: The same for accepted inputs above the limit.
ACCEPTED_BITS = 6
#: After so many findings of one law on one format, more of them tell nothing new.
FINDINGS_ENOUGH = 100


@dataclass
class Watch:
    """Shows inputs to the lanes of one subject and notes what refutes D1, D5 and D10.

    comparisons: how many inputs more than one lane has judged; accepted: how many inputs the fast lane took;
    left_out: how many of these the slow lanes did not see.
    """

    subject: Subject
    random: Random
    log: FindingLog
    accepted_limit: int = 2000
    comparisons: int = 0
    accepted: int = 0
    left_out: int = 0
    rules: dict[str, int] = field(default_factory=dict)

    def see(self, data: bytes, seed: int, path: Path = ()) -> Verdict:
        """The fast lane's verdict; the others are asked where the volume rule says so."""
        verdict = self.subject.fast.read(data, seed)
        if self.wanted(verdict):
            self.compare(data, seed, path, verdict)
        elif isinstance(verdict, Accepted) and self.log.total < FINDINGS_ENOUGH:
            self._rewritten(self.subject.fast, data, seed, path)
        return verdict

    def wanted(self, verdict: Verdict) -> bool:
        """Whether the volume rule shows an input with this verdict to all lanes."""
        if isinstance(verdict, Refused):
            return not self.random.getrandbits(REFUSED_BITS)
        if not isinstance(verdict, Accepted):
            return True
        self.accepted += 1
        if self.log.total >= FINDINGS_ENOUGH:
            self.left_out += 1
            return False
        if self.accepted <= self.accepted_limit or not self.random.getrandbits(ACCEPTED_BITS):
            return True
        self.left_out += 1
        return False

    def compare(self, data: bytes, seed: int, path: Path = (), fast: Verdict | None = None) -> dict[str, Verdict]:
        """The verdicts of all lanes on one input, by lane. `path`: the field that was damaged, if one was."""
        subject = self.subject
        if fast is None:
            fast = subject.fast.read(data, seed)
        self.comparisons += 1
        verdicts = {lane.name: lane.read(data, seed) for lane in subject.lanes if lane is not subject.fast}
        verdicts[subject.fast.name] = fast
        for name, verdict in verdicts.items():
            if isinstance(verdict, Broken):
                self.log.add("D1", path, None, f"the {name} lane {describe(verdict)}", data, seed)
        oracle = verdicts[subject.oracle.name]
        if isinstance(oracle, Refused) and oracle.rule is not None:
            self.rules[oracle.rule] = self.rules.get(oracle.rule, 0) + 1
        self._agree(verdicts, data, seed, path)
        for lane in subject.lanes:
            # The oracle writes again whatever it accepts, before it accepts it.
            if lane is not subject.oracle and isinstance(verdicts[lane.name], Accepted):
                self._rewritten(lane, data, seed, path)
        return verdicts

    def _agree(self, verdicts: dict[str, Verdict], data: bytes, seed: int, path: Path) -> None:
        """D10: one verdict, one value, one rule."""
        lanes = {lane.name: lane for lane in self.subject.lanes}
        first_name, *others = lanes
        first = verdicts[first_name]
        for name in others:
            other = verdicts[name]
            if Broken in (type(first), type(other)):
                continue
            if type(first) is not type(other):
                pass
            elif isinstance(first, Accepted) and isinstance(other, Accepted):
                if first.value == other.value:
                    continue
                path = as_path(difference(first.value, other.value)) or path
            elif isinstance(first, Refused) and isinstance(other, Refused):
                diagnosed = lanes[first_name].diagnoses and lanes[name].diagnoses
                if not diagnosed or first.rule == other.rule:
                    continue
            else:
                continue
            rule = next((one.rule for one in (first, other) if isinstance(one, Refused) and one.rule), None)
            detail = f"{first_name}: {describe(first)}; {name}: {describe(other)}"
            self.log.add("D10", path or self.blamed(data, seed), rule, detail, data, seed)

    def blamed(self, data: bytes, seed: int) -> Path:
        """The field that the format's own oracle blames, empty where it accepts."""
        error = self.subject.format.oracle.trace(data, seed).error
        return () if error is None else error.path

    def _rewritten(self, lane: Lane, data: bytes, seed: int, path: Path) -> None:
        """D5: what was accepted is written again as the same bytes."""
        if lane.rewrite is None:
            return
        try:
            again = lane.rewrite(data, seed)
        except Exception as error:  # noqa: BLE001  # an accepted value that cannot be written is what the law forbids
            self.log.add("D5", path, "canonical", f"the {lane.name} lane {describe(broken(error))}", data, seed)
            return
        if again != data:
            detail = f"the {lane.name} lane accepts it and writes {shown(again)}"
            self.log.add("D5", path or self.first_change(data, again, seed), "canonical", detail, data, seed)

    def first_change(self, data: bytes, again: bytes, seed: int) -> Path:
        """The field in which two encodings first differ."""
        pairs = enumerate(zip(data, again, strict=False))
        offset = next((index for index, (old, new) in pairs if old != new), min(len(data), len(again)))
        spans = self.subject.format.oracle.trace(data, seed, lenient=True).spans
        around = [span for span in spans if span.start <= offset < span.end]
        return min(around, key=lambda span: span.end - span.start).path if around else ()


def as_path(path: Any) -> Path:
    """A path of names and indices."""
    return tuple(path)


def shown(data: bytes) -> str:
    """The beginning of some bytes, for a message."""
    return f"{len(data)} bytes {data[:48].hex()}{'…' if len(data) > 48 else ''}"
