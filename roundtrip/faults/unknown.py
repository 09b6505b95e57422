"""A session that does not know what some keys hold, until it has looked.

A call that broke off may have taken effect, and a recovery may leave one of several values. Each such key has the
values that are legal; the first answer for it decides, and from then on no other one is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..histories.mismatch import Mismatch, shown
from ..histories.session import Session
from ..models.store import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.crash_choice import Kept
    from engine.memory_disk import MemoryDisk

    from ..histories.presets import Preset
    from ..models.store import Value


class UnknownSession(Session):
    """A `Session` whose keys may hold one of several values. `uncertain`: those values; `is_down`: nothing is open."""

    def __init__(self, preset: Preset, placement: str, disk: MemoryDisk) -> None:
        self.uncertain: dict[bytes, tuple[Value, ...]] = {}
        self.is_down = False
        self._from_recovery: set[bytes] = set()
        self._unsure: set[bytes] = set()
        super().__init__(preset, placement, disk)

    def either(self, key: bytes, value: Value) -> None:
        """A call that was refused may have taken effect for this key: the next look tells."""
        options = self.uncertain.get(key, (self._values.get(key),))
        self.uncertain[key] = (*options, value)
        self._unsure.add(key)
        self.durability.say(key, value)

    def know(self, keys: set[bytes]) -> None:
        """A change of these keys took effect, but for those of which it was said in between that nobody knows."""
        for key in keys - self._unsure:
            self.uncertain.pop(key, None)
            self._from_recovery.discard(key)

    def settle(self, key: bytes) -> None:
        """Look which of its possible values a key has."""
        options = self.uncertain[key]
        found = self.store.get(key)
        if found not in options:
            raise Mismatch("never wrong data", f"{' or '.join(map(shown, options))} under {shown(key)}", shown(found))
        if found is None:
            self._values.pop(key, None)
        else:
            self._values[key] = found
        if key in self._from_recovery:
            self._from_recovery.discard(key)
            self.durability.said[key] = [(found, None)]
        del self.uncertain[key]

    def settle_all(self) -> None:
        """The same of every key."""
        for key in list(self.uncertain):
            self.settle(key)

    def recover(self, kept: Sequence[Kept]) -> None:
        """Open what is left; every key has what a crash may have left of it, until it was looked at."""
        self.uncertain = dict(self.durability.legal_states())
        self._from_recovery = set(self.uncertain)
        for key, (first, *others) in self.uncertain.items():
            # What was not persistent before never becomes so: nobody waits for it any more.
            self.durability.said[key] = [(first, None), *((value, UNKNOWN) for value in others)]
        self.is_down = True
        self.restart(kept)
        self.is_down = False
        self.opened()
        self.settle_all()
        unknown = [key for key in self.store.scan() if key not in self.durability.said]
        if unknown:
            raise Mismatch("persistence", "no keys but those that were put", shown(unknown[0]))

    def opened(self) -> None:
        """A store was opened, and nothing asked of it yet."""
