"""Draws a finding: the dependency graph where it goes wrong, or where power failed just before it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from engine import Dependency
from engine.errors import EngineError
from roundtrip.models.store import UNKNOWN, Durability, Unknown, Value
from roundtrip.pictures.graph import graph_picture
from roundtrip.pictures.live import Observer

from .failure import Failure, examine_in
from .session import Session

if TYPE_CHECKING:
    from roundtrip.pictures.snapshot import Snapshot

    from .history import History
    from .operations import Operation
    from .presets import Preset


class Noting(Durability):
    """Remembers for the picture what it is told. `told`: keys, values, dependencies, until somebody takes them."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[bytes, Value, Dependency | Unknown]] = []

    def say(self, key: bytes, value: Value, dependency: Dependency | Unknown = UNKNOWN) -> None:
        """See `Durability.say`."""
        self.told.append((key, value, dependency))
        super().say(key, value, dependency)


class DrawnSession(Session):
    """A session that looks at its store after each operation, and before power fails. `last`: what it saw last."""

    def __init__(self, preset: Preset, placement: str = "counter") -> None:
        super().__init__(preset, placement)
        self.durability: Noting = Noting()
        self.last: Snapshot | None = None
        self._observer = Observer(self.store)
        self._has_lost_power = False

    def apply(self, operation: Operation) -> None:
        """See `Session.apply`."""
        self._has_lost_power = False
        try:
            super().apply(operation)
        except Exception:
            if not self._has_lost_power:
                # A store that was closed can no longer be looked at.
                with suppress(EngineError):
                    self.look()
            raise
        self.look()

    def lose_power(self) -> None:
        """See `Session.lose_power`."""
        self.look()
        self._has_lost_power = True
        super().lose_power()

    def look(self) -> None:
        """Take a snapshot; of a store that was opened since, nothing is remembered."""
        if self._observer.store is not self.store:
            self._observer = Observer(self.store)
            self.durability.told.clear()
        for key, value, dependency in self.durability.told:
            if isinstance(dependency, Dependency):
                self._observer.put(key if value is not None else key + b", deleted", dependency)
        self.durability.told.clear()
        self.last = self._observer.snapshot()


def draw(history: History, *, title: str, always: bool = False) -> tuple[str, Failure | None]:
    """The picture as SVG text, of where the history goes wrong, or of its end; and what it breaks."""
    sessions: list[DrawnSession] = []

    class Remembered(DrawnSession):
        def __init__(self, preset: Preset, placement: str = "counter") -> None:
            super().__init__(preset, placement)
            sessions.append(self)
            self.look()

    failure = examine_in(Remembered, history, always=always)
    snapshot = sessions[0].last if sessions else None
    assert snapshot is not None, "a new store can be looked at"
    return graph_picture(snapshot, title=title), failure
