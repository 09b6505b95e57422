"""The model of a store: a dict, and for each key what a crash may leave of it.

`StoreModel` answers as a store must. `Durability` knows what was said of each key and which of it was reported
persistent: after a crash a key has the last value that was persistent, or any that was said of it later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine import Dependency

#: What was said of a key: its value, or None for a delete.
Value: TypeAlias = bytes | None


class StoreModel:
    """A store that is a dict. Everything is persistent at once."""

    def __init__(self, values: Mapping[bytes, bytes] | None = None) -> None:
        self.values: dict[bytes, bytes] = dict(values or {})

    def put(self, key: bytes, value: bytes) -> None:
        """The key has this value from now on."""
        self.values[key] = value

    def delete(self, key: bytes) -> None:
        """The key has no value from now on."""
        self.values.pop(key, None)

    def get(self, key: bytes) -> bytes | None:
        """The value of a key; None where there is none."""
        return self.values.get(key)

    def contains(self, key: bytes) -> bool:
        """Whether the key has a value."""
        return key in self.values

    __contains__ = contains

    def size_of(self, key: bytes) -> int | None:
        """The size of a key's value in bytes; None where there is none."""
        value = self.values.get(key)
        return None if value is None else len(value)

    def scan(self, start: bytes = b"", end: bytes | None = None, prefix: bytes = b"") -> Iterator[bytes]:
        """The keys from `start` up to but without `end`, and with the prefix, in order."""
        return (
            key for key in sorted(self.values) if start <= key and (end is None or key < end) and key.startswith(prefix)
        )

    def flush(self) -> None:
        """Nothing: there is no memtable."""

    def compact(self) -> None:
        """Nothing: there are no runs."""

    def reclaim(self, extents: int | None = None) -> None:
        """Nothing: there are no extents."""

    def close(self) -> None:
        """Nothing: everything is persistent."""


class Unknown:
    """What stands for the dependency of a call that broke off: nobody knows whether it is persistent."""

    def is_persistent(self) -> bool:
        """Nobody may rely on it."""
        return False


UNKNOWN: Final = Unknown()


class Durability:
    """What a crash may leave. `said`: for each key what was said of it, oldest first, each with its dependency."""

    def __init__(self) -> None:
        self.said: dict[bytes, list[tuple[Value, Dependency | Unknown | None]]] = {}

    def say(self, key: bytes, value: Value, dependency: Dependency | Unknown = UNKNOWN) -> None:
        """A put or a delete was accepted."""
        said = self.said.get(key)
        if said is None:
            self.said[key] = [(None, None), (value, dependency)]
        else:
            said.append((value, dependency))

    def legal(self, key: bytes) -> list[Value]:
        """What the key may have after a crash: the last persistent value, or any later one."""
        said = self.said.get(key)
        if said is None:
            return [None]
        for at in range(len(said) - 1, 0, -1):
            dependency = said[at][1]
            if dependency is None or dependency.is_persistent():
                # What came before can never be seen again.
                del said[:at]
                said[0] = (said[0][0], None)
                break
        return [value for value, _ in said]

    def legal_states(self) -> dict[bytes, tuple[Value, ...]]:
        """The same of every key that was ever named, as it is at this moment."""
        return {key: tuple(self.legal(key)) for key in self.said}

    def unpersisted(self) -> list[bytes]:
        """Keys of which something that was said is not persistent: none, after a clean close."""
        late = []
        for key, said in self.said.items():
            for _, dependency in said:
                if dependency is not None and dependency is not UNKNOWN and not dependency.is_persistent():
                    late.append(key)
                    break
        return late

    def found(self, values: Mapping[bytes, bytes]) -> None:
        """A recovery found these values: they are on the medium, and stay until something later is persistent."""
        self.said = {key: [(values.get(key), None)] for key in self.said}


def illegal_key(legal: Mapping[bytes, tuple[Value, ...]], found: Mapping[bytes, bytes]) -> bytes | None:
    """The first key that has a value it must not have after the crash; None where all is legal."""
    for key, values in legal.items():
        if found.get(key) not in values:
            return key
    return next((key for key in sorted(found) if key not in legal), None)
