"""Spoilt records: one field holds what its constraint, its type or its size forbids, or just another value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from .sources import Source


def spoilt(source: Source, record: Any, numbers: Sequence[int] = ()) -> Any:
    """The record with one of its values, however deep, replaced. `numbers`: some next to a bound of the format."""
    if isinstance(record, msgspec.Struct) and record.__struct_fields__:
        name = source.choice(record.__struct_fields__)
        return msgspec.structs.replace(record, **{name: spoilt(source, getattr(record, name), numbers)})
    if isinstance(record, tuple) and record and source.integer(0, 3):
        index = source.integer(0, len(record) - 1)
        return (*record[:index], spoilt(source, record[index], numbers), *record[index + 1 :])
    if numbers and type(record) is int and source.boolean():
        return source.choice(numbers)
    return source.choice([*near(record), None, "nobody", b"\x00\xff", 2**64, -1, (), 0.5, frozenset({"nobody"})])


def near(value: Any) -> list[Any]:
    """Other values of the same type."""
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1, 0, -value, value + 256]
        case bytes():
            return [value + b"\x00", value[:-1], value[::-1]]
        case str():
            return [value + "é", value[:-1], value.upper(), "\ud800"]
        case float():
            return [-value, value * 2 + 1, float("nan"), 1e300]
        case tuple():
            return [value[:-1], value + value[:1], value[::-1]]
        case frozenset():
            return [value | {"nobody"}, frozenset()]
        case msgspec.Struct():
            return []
    return [0, b""]
