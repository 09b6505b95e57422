"""What a history finds: an answer that is not the model's."""

from __future__ import annotations

from typing import Final

#: Values are shown up to so many bytes.
SHOWN: Final = 24


class Mismatch(Exception):
    """The store and its model disagree. `law`: what was broken, by name; `expected` and `found` are for people."""

    def __init__(self, law: str, expected: str, found: str) -> None:
        super().__init__(f"{law}: expected {expected}, found {found}")
        self.law = law
        self.expected = expected
        self.found = found


def shown(value: object) -> str:
    """A value, short."""
    if value is None:
        return "nothing"
    if isinstance(value, bytes):
        text = repr(value[:SHOWN])[2:-1]
        return f"{len(value)} bytes `{text}{'…' if len(value) > SHOWN else ''}`"
    return str(value)
