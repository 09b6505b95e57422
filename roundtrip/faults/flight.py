"""A session on a disk that lies: writes that are lost, land elsewhere, land twice or arrive wrong, reads of elsewhere.

Nobody is told when it happens, so all that the store owes is that it notices:

1. Never wrong data: each answer is the model's, or the place is refused with `ChunkRotten`.
2. What is refused or reported lies in an extent that the fault hit.
3. A root that was hit is whole again once a store was opened for writing, and the next open reports nothing.
4. A read that went wrong once is right the next time.

One fault may take both copies of a root, where it lands on one in the place of the other. That is beyond what is
assumed of a medium: then an older state is legal, or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.errors import ChunkRotten, EngineError, NotAStore, StoreFull

from ..histories.mismatch import Mismatch, shown
from ..histories.operations import Reboot
from ..models.store import UNKNOWN, Durability
from .atlas import OTHER_COPY, place_of
from .session import FaultSession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine import Dependency
    from engine.crash_choice import Kept

    from ..histories.operations import Contains, Get, Scan, Scrub, Size
    from ..histories.presets import Preset
    from ..models.store import Unknown, Value
    from .injector import Injector

#: The worst that was seen is the outcome.
WORST_FIRST: Final = ("not opened", "older", "refused", "repaired", "reported")


class Remembering(Durability):
    """A `Durability` that forgets nothing: `ever` is all that was said of each key."""

    def __init__(self) -> None:
        super().__init__()
        self.ever: dict[bytes, set[Value]] = {}

    def say(self, key: bytes, value: Value, dependency: Dependency | Unknown = UNKNOWN) -> None:
        """See `Durability.say`."""
        self.ever.setdefault(key, {None}).add(value)
        super().say(key, value, dependency)


class FlightSession(FaultSession):
    """A `FaultSession` for faults that raise no error. `seen`: the outcomes so far."""

    def __init__(self, preset: Preset, placement: str, injector: Injector) -> None:
        self.seen: set[str] = set()
        super().__init__(preset, placement, injector)
        self.durability = self.remembered = Remembering()

    def hurt(self) -> set[int]:
        """The extents in which something is, or was read, that does not belong there."""
        log = self.injector.log
        return {extent for one in log for extent, *_ in one.touched} | {one.extent for one in log if one.verb == "read"}

    def may_be_older(self) -> bool:
        """Whether one fault took both copies of a root."""
        return any(place_of(one, "once")[1] == OTHER_COPY for one in self.injector.log)

    # What is legal.

    def judge(self, what: str, error: EngineError) -> None:
        """Raise `Mismatch` unless the damage explains the error."""
        if isinstance(error, StoreFull):
            return
        if isinstance(error, ChunkRotten) and (error.extent in self.hurt() or self.may_be_older()):
            self.seen.add("refused")
        elif not (isinstance(error, NotAStore) and self.may_be_older()):
            places = ", ".join(map(str, sorted(self.hurt()))) or "none"
            raise Mismatch("damage is located", f"`{what}` works, or names one of the extents {places}", repr(error))
        if self.is_down:
            self.seen.add("not opened")
            # Of a read that went wrong once, nothing is left.
            self.is_over = any(one.touched for one in self.injector.log)

    def note(self, outcome: str) -> None:
        """The outcome is what was seen by the end."""

    def full(self, error: StoreFull, size: int) -> None:  # noqa: ARG002  # as every session
        """What is rotten keeps its extent: the store may be full early."""
        self._is_refused = True
        self.refused += 1

    def expect_no_damage(self) -> None:
        """What an open reports of the roots lies where the fault hit."""
        for damage in self.store.root_damage:
            if damage.extent not in self.hurt() and not self.may_be_older():
                raise Mismatch("damage is located", f"one of the extents {sorted(self.hurt())}", str(damage))
            self.seen.add("repaired")

    # Questions: a key that is refused has no answer to compare.

    def settle(self, key: bytes) -> None:
        """See `FaultSession.settle`; where a fault took both copies of a root, anything older is legal too."""
        if self.may_be_older():
            older = tuple(value for value in self.remembered.ever[key] if value not in self.uncertain[key])
            found = self.store.get(key)
            if found in older:
                self.seen.add("older")
                self.uncertain[key] = (found,)
        super().settle(key)

    def settle_all(self) -> None:
        """Every key of which it can be told."""
        for key in list(self.uncertain):
            try:
                self.settle(key)
            except ChunkRotten as error:
                self.judge(f"get {shown(key)}", error)

    def get(self, operation: Get) -> None:
        """The value of a key."""
        self._know(operation)
        super().get(operation)

    def contains(self, operation: Contains) -> None:
        """Whether a key is there."""
        self._know(operation)
        super().contains(operation)

    def size(self, operation: Size) -> None:
        """The size of a key's value."""
        self._know(operation)
        super().size(operation)

    def _know(self, operation: Get | Contains | Size) -> None:
        """Look at a key that may have this or that; raises where it is refused."""
        key = self.keys[operation.key]
        if key in self.uncertain:
            self.settle(key)

    def scan(self, operation: Scan) -> None:
        """All keys of which it can be told."""
        start = self.keys[operation.key]
        found = list(self.store.scan(start))
        expected = [key for key in self.model.scan(start) if key not in self.uncertain]
        known = [key for key in found if key not in self.uncertain]
        if known != expected or found != sorted(set(found)):
            raise Mismatch("answer", f"keys {expected} from {start!r} on", str(found))

    def scrub(self, operation: Scrub) -> None:  # noqa: ARG002  # as every operation
        """What is reported lies where the fault hit."""
        report = self.store.scrub()
        for damage in report.damage:
            if damage.extent not in self.hurt() and not self.may_be_older():
                raise Mismatch("damage is located", f"one of the extents {sorted(self.hurt())}", str(damage))
            self.seen.add("reported")

    def compare_all(self) -> None:
        """Every key is answered rightly, or refused."""
        self.settle_all()
        for key in {*self._values, *self.durability.said} - self.uncertain.keys():
            try:
                found = self.store.get(key)
            except ChunkRotten as error:
                self.judge(f"get {shown(key)}", error)
                continue
            if found != self._values.get(key):
                raise self.wrong(key, self._values.get(key), found)

    # The end.

    def recover(self, kept: Sequence[Kept]) -> None:
        """See `FaultSession.recover`; where pages of the index are lost, no scan tells of unknown keys."""
        try:
            super().recover(kept)
        except ChunkRotten:
            if self.is_down:
                raise

    def finish(self) -> None:
        """Look at everything, after a power cut and after clean closes too; the second open finds whole roots."""
        self.injector.is_armed = False
        self._began_at = len(self.injector.log)
        steps: list[Any] = [self.compare_all, lambda: self.scrub(None), self._lose_power, self.compare_all]  # type: ignore[arg-type]  # scrub needs no operation
        steps += [lambda: self.reboot(Reboot()), self.compare_all, self._expect_repaired, self.compare_all]
        for step in steps:
            if self.is_over:
                break
            try:
                if self.is_down:
                    self.bring_up()
                step()
            except EngineError as error:
                self.judge("the end", error)
        if self.injector.log:
            outcome = next((one for one in WORST_FIRST if one in self.seen), "masked")
            self.outcomes.append((self.injector.log[0], outcome))

    def _lose_power(self) -> None:
        self.store.abandon()
        self.recover(())

    def _expect_repaired(self) -> None:
        """Both roots were written afresh by the open before."""
        self.store.close()
        self.recover(())
        if self.store.root_damage and not self.may_be_older():
            raise Mismatch("a root is repaired", "whole roots at the second open", str(self.store.root_damage[0]))
