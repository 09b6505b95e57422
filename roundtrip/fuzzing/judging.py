"""The judge: one input against every law that does not need a stop-watch.

The fast lane sees every input. Where it accepts, or where the caller asks for it, the oracle, the tuple lane and the
reference decoder see it too, and everything that can be asked of an accepted frame is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from corpus.features import pattern
from formats.errors import FormatError, Path
from formats.oracle import difference, innermost
from formats.values import comparable

from ..lanes import Accepted, Broken, Lane, Refused, Verdict, broken, describe
from ..schemas.pages import header_fault, page_fault, page_keys
from .failure import AGREE, CANONICAL, LOOKUPS, MEMORY, PREFIX, TYPED, WORK, Failure
from .measuring import excess_memory, excess_work

if TYPE_CHECKING:
    from .target import Target

Found = Iterator[Failure]


def judge(target: Target, data: bytes, thorough: bool) -> Failure | None:  # the seam of all engines
    """The first law that an input breaks, or None; `thorough`: all lanes see it even where the fast one refuses it."""
    return next(failures(target, data, thorough=thorough), None)


def again(target: Target, failure: Failure, data: bytes) -> Failure | None:
    """The failure of the same sort that other bytes show at the same place, or None.

    What hangs or ends the process does so here too: who fears that calls it in a child process.
    """
    sort, target = failure.sort(), target.at(failure.place)
    checks = measured(target, data) if failure.law in (MEMORY, WORK) else failures(target, data)
    return next((found for found in checks if found.sort() == sort), None)


def failures(target: Target, data: bytes, *, thorough: bool = True) -> Found:
    """Every law that an input breaks, in a fixed order."""
    examination = Examination(target, data)
    if thorough or not isinstance(examination.fast, Refused):
        yield from examination.failures()


def measured(target: Target, data: bytes) -> Found:
    """The laws that count what the fast lanes take: memory in bytes, work in steps."""
    examination = Examination(target, data)
    for lane in (target.fast, target.subject.tuples):
        if told := excess_memory(lane, data, target.seed):
            yield examination.failure(MEMORY, lane.name, told)
        if told := excess_work(lane, data, target.seed):
            yield examination.failure(WORK, lane.name, told)


class Examination:
    """What the lanes say of one input. `error`: why the oracle refuses it, None where it accepts it (or breaks)."""

    def __init__(self, target: Target, data: bytes) -> None:
        self.target = target
        self.data = data
        self.error: FormatError | None = None

    @cached_property
    def fast(self) -> Verdict:
        """What the fast lane says."""
        return self.target.fast.read(self.data, self.target.seed)

    @cached_property
    def in_front(self) -> tuple[Verdict, int]:
        """What the oracle says of the frame that the input begins with, and its size in bytes."""
        try:
            value, size = self.target.format.oracle.decode_prefix(self.data, self.target.seed)
        except FormatError as error:
            self.error = error
            return Refused(error.rule), 0
        except Exception as error:  # noqa: BLE001  # a law, not a handler: the verdict says what came out
            return broken(error), 0
        return Accepted(comparable(value)), size

    @cached_property
    def oracle(self) -> Verdict:
        """What the oracle says of the whole: the same, unless bytes are left behind the frame."""
        verdict, size = self.in_front
        if isinstance(verdict, Accepted) and size != len(self.data):
            try:
                self.target.format.oracle.decode(self.data, self.target.seed)
            except FormatError as error:
                self.error = error
                return Refused(error.rule)
        return verdict

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """What every lane says, by its name."""
        target = self.target
        known = {target.oracle.name: self.oracle, target.fast.name: self.fast}
        return {lane.name: known.get(lane.name) or lane.read(self.data, target.seed_for(lane)) for lane in target.lanes}

    @property
    def blame(self) -> tuple[str, str]:
        """The rule by which the oracle refuses the input, and the field; twice nothing where it accepts."""
        _ = self.oracle
        return ("", "") if self.error is None else (self.error.rule, pattern(self.error.path))

    def failure(self, law: str, where: str, detail: str, path: Path | None = None) -> Failure:
        """A failure of a law; the field is the one that the oracle blames unless a path is given."""
        rule, field = self.blame
        field = field if path is None else pattern(path)
        return Failure(self.target.label, law, rule, field, where, detail, self.data, self.target.place)

    def failures(self) -> Found:
        """Every law that it breaks, in a fixed order."""
        target, verdicts = self.target, self.verdicts
        untyped = {name for name, verdict in verdicts.items() if isinstance(verdict, Broken)}
        for name in sorted(untyped):
            yield self.failure(TYPED, name, f"the {name} lane {describe(verdicts[name])}")
        for lane in target.lanes:
            if lane is not target.oracle and not untyped & {lane.name, target.oracle.name}:
                yield from self.compared(lane)
        yield from self.prefixes()
        for lane in target.lanes:
            # The oracle writes again whatever it accepts, before it accepts it.
            if lane is not target.oracle and isinstance(verdicts[lane.name], Accepted):
                yield from self.rewritten(lane)
        if isinstance(self.oracle, Accepted) and isinstance(self.fast, Accepted):
            yield from self.searched(self.oracle.value)

    def compared(self, lane: Lane) -> Found:
        """Whether a lane says what the oracle says."""
        other, path = self.verdicts[lane.name], None
        match self.oracle, other:
            case Accepted(value=value), Accepted(value=found):
                if value == found:
                    return
                path = difference(value, found)
            case Refused(rule=rule), Refused(rule=named):
                if rule == named or not lane.diagnoses:
                    return
        told = f"{self.target.oracle.name}: {describe(self.oracle)}; {lane.name}: {describe(other)}"
        yield self.failure(AGREE, f"{lane.name}/{self.target.oracle.name}", told, path)

    def prefixes(self) -> Found:
        """Whether every lane finds the same frame at the beginning of the bytes, and the same in the whole of them."""
        for lane in self.target.lanes:
            if lane is self.target.oracle or lane.read_prefix is None:
                continue
            verdict, size = lane.read_prefix(self.data, self.target.seed_for(lane))
            whole = self.verdicts[lane.name]
            is_whole = isinstance(verdict, Accepted) and size == len(self.data)
            parts = isinstance(whole, Accepted) != is_whole or (is_whole and verdict != whole)
            if isinstance(verdict, Broken):
                yield self.failure(
                    TYPED, f"{lane.name} prefix", f"asked for a prefix, the {lane.name} lane {describe(verdict)}"
                )
                continue
            if parts and not isinstance(whole, Broken):
                told = f"{lane.name}: {describe(whole)}; as a prefix of {size} bytes {describe(verdict)}"
                yield self.failure(PREFIX, lane.name, told)
            if not isinstance(self.in_front[0], Broken) and differ(self.in_front, (verdict, size)):
                told = f"oracle: a prefix of {self.in_front[1]} bytes {describe(self.in_front[0])}"
                told = f"{told}; {lane.name}: one of {size} bytes {describe(verdict)}"
                yield self.failure(PREFIX, f"{lane.name}/{self.target.oracle.name}", told)

    def rewritten(self, lane: Lane) -> Found:
        """Whether a lane writes what it accepted as the same bytes."""
        if lane.rewrite is None:
            return
        try:
            written = lane.rewrite(self.data, self.target.seed)
        except Exception as error:  # noqa: BLE001  # an accepted value that cannot be written is what the law forbids
            yield self.failure(CANONICAL, lane.name, f"the {lane.name} lane accepts it and {describe(broken(error))}")
            return
        if written != self.data:
            told = f"the {lane.name} lane accepts it and writes {len(written)} bytes {written[:48].hex()}"
            yield self.failure(CANONICAL, lane.name, told, self.first_change(written))

    def first_change(self, written: bytes) -> Path:
        """The field in which another encoding first differs."""
        pairs = enumerate(zip(self.data, written, strict=False))
        least = min(len(self.data), len(written))
        offset = next((index for index, (old, new) in pairs if old != new), least)
        return innermost(self.target.format.oracle.trace(self.data, self.target.seed, lenient=True).spans, offset)

    def searched(self, value: Any) -> Found:
        """Whether the functions on an accepted frame's bytes find what is in its value."""
        module = self.target.codec.module
        try:
            keys = page_keys(self.target.format.layout.root, value)
            told = header_fault(module, self.data, self.target.seed)
            told = told or ("" if keys is None else page_fault(module, keys, self.data))
        except Exception as error:  # noqa: BLE001  # on a valid frame these functions do not raise
            told = f"a function on the bytes {describe(broken(error))}"
        if told:
            yield self.failure(LOOKUPS, self.target.fast.name, told)


def differ(first: tuple[Verdict, int], second: tuple[Verdict, int]) -> bool:
    """Whether two lanes find other frames in front."""
    both_refuse = isinstance(first[0], Refused) and isinstance(second[0], Refused)
    return not both_refuse and first != second
