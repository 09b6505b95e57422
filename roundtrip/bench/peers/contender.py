"""One lane's way of decoding, encoding and looking up one sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

#: What a decoder checks. all: every rule of the format; checksums: checksums, constants and enumerations, but neither
#: bounds nor order; shape: what its wire format must check to be read at all.
Checks = Literal["all", "checksums", "shape"]


class NotComparable(Exception):
    """A peer cannot stand beside the others on this format; the message says why."""


@dataclass(frozen=True)
class Call:
    """A function with the arguments that it is measured with. The arguments of a decoder begin with the bytes."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]

    def __call__(self) -> Any:
        """The function's answer."""
        return self.function(*self.arguments)

    def on(self, first: Any) -> Any:
        """The answer with another first argument."""
        return self.function(first, *self.arguments[1:])


@dataclass(frozen=True)
class Contender:
    """One lane on one sample.

    plain: from what `decode` answers to the plain value; same_bytes: it reads and writes the very layout (else a wire
    format of its own with the same values); note: what a reader of the figures must know.
    """

    lane: str
    checks: Checks
    decode: Call
    plain: Callable[[Any], Any]
    encode: Call | None = None
    lookup: Call | None = None
    same_bytes: bool = True
    note: str = ""

    def operations(self) -> dict[str, Call]:
        """What can be measured, by name."""
        calls = {"decode": self.decode, "encode": self.encode, "lookup": self.lookup}
        return {name: call for name, call in calls.items() if call is not None}
