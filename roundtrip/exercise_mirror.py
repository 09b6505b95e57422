"""The mirror of a store: the dictionary that says what it must answer, and the comparisons of the two."""

from __future__ import annotations

from bisect import bisect_left
from typing import NoReturn

from engine import Store
from engine.frames import FRAME_OVERHEAD

from .exercise_load import Load, Value


class Mismatch(Exception):
    """The store and the dictionary disagree."""

    def __init__(self, key: bytes | None, expected: str, found: str) -> None:
        super().__init__(expected, found)
        self.key, self.expected, self.found = key, expected, found


class Mirror:
    """What a store must hold. `live_bytes`: about the room that it takes; `put_bytes`: of all values so far."""

    def __init__(self, load: Load) -> None:
        self.model: dict[bytes, Value] = {}
        self.live_bytes = 0
        self.put_bytes = 0
        self.load = load

    def learn(self, key: bytes, value: Value | None) -> None:
        """The store has accepted a put, or (None) a delete."""
        former = self.model.pop(key, None)
        if former is not None:
            self.live_bytes -= cost(key, former)
        if value is not None:
            self.model[key] = value
            self.live_bytes += cost(key, value)
            self.put_bytes += value.size

    def compare(self, store: Store, key: bytes) -> None:
        """The value of one key."""
        self.equal_value(key, self.model.get(key), store.get(key))

    def compare_keys(self, store: Store) -> None:
        """All keys, without their values."""
        self.equal_keys(list(store.scan()), b"", None, b"")

    def compare_all(self, store: Store) -> None:
        """All keys and values, and that the other keys have none."""
        self.compare_keys(store)
        for key in self.load.keys:
            self.compare(store, key)

    def equal(self, key: bytes, expected: object, found: object) -> None:
        """Two answers about one key."""
        if expected != found:
            raise Mismatch(key, str(expected), str(found))

    def equal_value(self, key: bytes, expected: Value | None, found: bytes | None) -> None:
        """A value, byte by byte."""
        wanted = None if expected is None else self.load.bytes_of(expected)
        if wanted == found:
            return
        by = "" if expected is None else f", put by operation {expected.number}"
        raise Mismatch(key, value_text(wanted) + by, value_text(found) + difference(wanted, found))

    def equal_keys(self, found: list[bytes], start: bytes, end: bytes | None, prefix: bytes) -> None:
        """The answer to a scan."""
        keys = self.load.keys
        last = len(keys) if end is None else bisect_left(keys, end)
        wanted = [key for key in keys[bisect_left(keys, start) : last] if key in self.model and key.startswith(prefix)]
        if found != wanted:
            self._name_difference(wanted, found)

    def _name_difference(self, wanted: list[bytes], found: list[bytes]) -> NoReturn:
        """Name one key that is missing, too many, or out of order."""
        missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
        if missing:
            raise Mismatch(missing[0], f"a scan of {len(wanted)} keys", f"{len(found)} keys, this one is missing")
        if extra:
            raise Mismatch(extra[0], f"a scan of {len(wanted)} keys", f"{len(found)} keys, this one is too many")
        raise Mismatch(None, "each key once and in order", "keys twice or out of order")


def cost(key: bytes, value: Value) -> int:
    """About how much room a value takes, in bytes."""
    return len(key) + value.size + FRAME_OVERHEAD


def value_text(value: bytes | None) -> str:
    """A value for people: its size and how it begins."""
    return "no such key" if value is None else f"{len(value)} bytes, {value[:12].hex()}…"


def difference(expected: bytes | None, found: bytes | None) -> str:
    """Where two values of one size part."""
    if expected is None or found is None or len(expected) != len(found):
        return ""
    offset = next(offset for offset, (one, other) in enumerate(zip(expected, found, strict=True)) if one != other)
    return f", other from byte {offset} on"
