"""Nested tuples of the fast lane as plain values, so that the tuple path can be compared with the others.

A struct is the tuple of its value members in order; everything else looks as it does in a record. The names are taken
from the record of the same bytes, the values from the tuple alone.
"""

from __future__ import annotations

from typing import Any

import msgspec


def plain_of_tuple(value: Any, record: Any) -> Any:
    """The plain value that a nested tuple stands for; where it has another shape than the record, the tuple itself."""
    if isinstance(record, msgspec.Struct):
        fields = record.__struct_fields__
        if not isinstance(value, tuple) or len(value) != len(fields):
            return value
        names = getattr(record, "PLAIN_NAMES", fields)
        pairs = zip(names, fields, value, strict=True)
        return {name: plain_of_tuple(item, getattr(record, field)) for name, field, item in pairs}
    if isinstance(record, tuple) and isinstance(value, tuple) and len(value) == len(record):
        return tuple(plain_of_tuple(item, inner) for item, inner in zip(value, record, strict=True))
    return value
