"""The n-th operation of a verb fails, n = 1, 2, 3 … until none is hit, in a history with all that follows."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ..histories.failure import Failure
from ..histories.presets import preset_named
from .atlas import place_of
from .flight import FlightSession
from .injector import Injector, NeverEnds
from .session import FaultSession
from .system import FileSession, file_preset, is_call

if TYPE_CHECKING:
    from ..histories.history import History
    from .kinds import Fault, Injected
    from .tally import Tally


class Trial(NamedTuple):
    """What one run with one fault showed. `number`, `operation`: where it broke; `outcomes`: see `FaultSession`."""

    log: list[Injected]
    broken: BaseException | None
    number: int
    operation: str
    outcomes: list[tuple[Injected, str]]

    def failure(self) -> Failure | None:
        """The broken law, or None."""
        if self.broken is None:
            return None
        if isinstance(self.broken, NeverEnds):
            calls = "thousands of calls of the disk in one operation"
            return Failure("every operation ends", "an end", calls, self.number, self.operation)
        return Failure.of(self.broken, self.number, self.operation)


def every_nth(history: History, fault: Fault, tally: Tally, *, stride: int = 1) -> None:
    """The history with the fault at operation `fault.at` of its verb, and at later ones in steps of `stride`."""
    for n in count(fault.at, stride):
        # What a silent fault has left to draw differs from place to place.
        draw = fault.draw if fault.is_error() else fault.draw + n
        if not run_once(history, msgspec.structs.replace(fault, at=n, draw=draw), tally):
            return


def run_once(history: History, fault: Fault, tally: Tally) -> bool:
    """The history with one fault; whether it was hit. What breaks goes into the tally."""
    trial = try_fault(history, fault)
    tally.scenarios += 1
    if trial.log:
        tally.kinds[f"{fault.kind} {fault.verb}"] += 1
    failure = trial.failure()
    if failure is None:
        for one, outcome in trial.outcomes:
            objection = tally.observe(place_of(one, fault.lasts), outcome)
            if objection is not None:
                failure = Failure("the atlas", "an outcome that is legal", objection)
    if failure is not None:
        tally.find(history, failure, faults=(str(fault),), log=trial.log, n=fault.at)
    return bool(trial.log)


def try_fault(history: History, fault: Fault) -> Trial:
    """Run the history with one fault."""
    injector = Injector([fault])
    number, text = 0, "creating"
    session: FaultSession | None = None
    broken: BaseException | None = None
    try:
        session = session_for(history, fault, injector)
        for number, operation in enumerate(history.operations, 1):  # noqa: B007  # the handler needs the last one
            text = str(operation)
            session.apply(operation)
            if session.is_over:
                break
        number, text = len(history.operations) + 1, "the end, without faults"
        session.finish()
    except (Exception, NeverEnds) as error:  # noqa: BLE001  # whatever the engine raises is what is looked for
        broken = error
    finally:
        if session is not None:
            # What breaks when a broken session ends, broke before.
            with suppress(Exception, NeverEnds):
                session.end()
    return Trial(injector.log, broken, number, text, [] if session is None else session.outcomes)


def session_for(history: History, fault: Fault, injector: Injector) -> FaultSession:
    """A session on the disk that can have this fault."""
    if is_call(fault):
        return FileSession(file_preset(history.preset), history.placement, injector)
    kind = FaultSession if fault.is_error() else FlightSession
    return kind(preset_named(history.preset), history.placement, injector)
