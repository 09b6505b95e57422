"""Strict scalars: identity bytes, reserved bytes, bounded numbers, closed enumerations and flags.

Construct's own Padding, Enum and FlagsEnum accept bytes that no writer makes and rewrite them; these refuse.
"""

from __future__ import annotations

from typing import Any

from construct import IntegerError, MappingError
from construct.core import stream_read, stream_write

from .base import AnyConstruct, AnySubconstruct
from .violations import violate


class Magic(AnyConstruct):
    """Leading bytes that tell one format from all others (rule `magic`)."""

    rule = "magic"

    def __init__(self, value: bytes) -> None:
        super().__init__()
        if not value or not any(value):
            raise ValueError("a magic must hold a byte that is not zero, or zeroed sectors would parse")
        self.value = value
        self.flagbuildnone = True

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found: bytes = stream_read(stream, len(self.value), path)
        if found != self.value:
            violate(context, self.rule, expected=self.value.hex(" "), found=found.hex(" "))
        return found

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        stream_write(stream, self.value, len(self.value), path)
        return self.value

    def _sizeof(self, context: Any, path: str) -> int:
        return len(self.value)


class Kind(Magic):
    """One byte that names the structure; never 0 (rule `kind`)."""

    rule = "kind"

    def __init__(self, number: int) -> None:
        super().__init__(bytes([number]))
        self.number = number

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found = stream_read(stream, 1, path)
        if found != self.value:
            violate(context, self.rule, expected=str(self.number), found=str(found[0]))
        return int(found[0])

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        super()._build(None, stream, context, path)
        return self.number


class Version(Kind):
    """One byte that names the version of the layout; never 0 (rule `version`)."""

    rule = "version"


class Reserved(AnyConstruct):
    """`size` bytes kept for later versions; checked to be zero (rule `reserved`)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.flagbuildnone = True

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found = stream_read(stream, self.size, path)
        if any(found):
            violate(context, "reserved", expected=f"{self.size} zero bytes", found=found.hex(" "))

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        stream_write(stream, bytes(self.size), self.size, path)

    def _sizeof(self, context: Any, path: str) -> int:
        return self.size


class Bounded(AnySubconstruct):
    """An integer in minimum..maximum, both inclusive (rule `bounds`)."""

    def __init__(self, subcon: Any, minimum: int, maximum: int) -> None:
        super().__init__(subcon)
        if minimum > maximum:
            raise ValueError(f"minimum {minimum} is above maximum {maximum}")
        self.minimum = minimum
        self.maximum = maximum

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found: int = self.subcon._parsereport(stream, context, path)
        if not self.minimum <= found <= self.maximum:
            violate(context, "bounds", expected=f"{self.minimum}..{self.maximum}", found=str(found))
        return found

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        if not isinstance(obj, int) or isinstance(obj, bool) or not self.minimum <= obj <= self.maximum:
            raise IntegerError(f"expected an integer in {self.minimum}..{self.maximum}, found {obj!r}", path=path)
        return self.subcon._build(obj, stream, context, path)


class ClosedEnum(AnySubconstruct):
    """Named numbers, and no others (rule `enum`). 0 cannot be a member: zeroed bytes must never mean something."""

    def __init__(self, subcon: Any, **members: int) -> None:
        super().__init__(subcon)
        if 0 in members.values():
            raise ValueError("0 is reserved: zeroed bytes must not be a member")
        if len(set(members.values())) != len(members):
            raise ValueError("two members have one number")
        self.members = members
        self.names = {number: name for name, number in members.items()}

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found: int = self.subcon._parsereport(stream, context, path)
        if found not in self.names:
            expected = ", ".join(f"{name}={number}" for name, number in self.members.items())
            violate(context, "enum", expected=expected, found=str(found))
        return self.names.get(found, found)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        if obj not in self.members:
            raise MappingError(f"expected one of {', '.join(self.members)}, found {obj!r}", path=path)
        self.subcon._build(self.members[obj], stream, context, path)
        return obj


class ClosedFlags(AnySubconstruct):
    """A bit mask of named bits; any other bit is refused (rule `flags`). Value: the mask as an int."""

    def __init__(self, subcon: Any, **bits: int) -> None:
        super().__init__(subcon)
        self.members = bits
        self.mask = 0
        for name, bit in bits.items():
            if bit <= 0 or bit & (bit - 1) or bit & self.mask:
                raise ValueError(f"{name}={bit} is not a single bit of its own")
            self.mask |= bit

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found: int = self.subcon._parsereport(stream, context, path)
        if found & ~self.mask:
            violate(context, "flags", expected=f"no bit outside {self.mask:#x}", found=f"{found:#x}")
        return found

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        if not isinstance(obj, int) or isinstance(obj, bool) or obj & ~self.mask:
            raise MappingError(f"expected a mask within {self.mask:#x}, found {obj!r}", path=path)
        return self.subcon._build(obj, stream, context, path)
