"""Plain values as JSON and back, and their rendering for people.

- bytes: `{"hex": "6b6579"}`, and `{"hex": "00", "times": 4096}` where one short piece repeats
- frozenset: `{"set": ["clean", "open"]}`
- float: a number, and `{"float": "nan"}` for what JSON cannot say
- tuple: a list
- dict: an object, and `{"fields": {...}}` where its own keys would read as one of the above
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

MARKERS: Final = frozenset({"hex", "set", "float", "fields"})
#: Byte strings from this size on are written as a repeated piece where they are one.
REPEATED_SIZE_MINIMUM: Final = 32
PIECE_SIZE_MAXIMUM: Final = 16
LINE_WIDTH: Final = 110


def to_json(plain: Any) -> Any:
    """The JSON form of a plain value; `TypeError` for what is no plain value."""
    match plain:
        case None | bool() | int() | str():
            return plain
        case float():
            return plain if math.isfinite(plain) else {"float": repr(plain)}
        case bytes():
            return bytes_to_json(plain)
        case frozenset():
            return {"set": sorted(plain)}
        case tuple():
            return [to_json(item) for item in plain]
        case Mapping():
            fields = {name: to_json(value) for name, value in plain.items()}
            return {"fields": fields} if MARKERS & set(fields) else fields
    raise TypeError(f"{type(plain).__name__} is no plain value")


def bytes_to_json(data: bytes) -> dict[str, Any]:
    """Bytes in hexadecimal, long repetitions by their shortest piece."""
    if len(data) >= REPEATED_SIZE_MINIMUM:
        for size in range(1, PIECE_SIZE_MAXIMUM + 1):
            times, rest = divmod(len(data), size)
            if not rest and data[:size] * times == data:
                return {"hex": data[:size].hex(), "times": times}
    return {"hex": data.hex()}


def from_json(value: Any) -> Any:
    """The plain value of its JSON form; `ValueError` or `TypeError` where it has another shape."""
    match value:
        case list():
            return tuple(from_json(item) for item in value)
        case {"hex": str(text)}:
            return bytes.fromhex(text) * value.get("times", 1)
        case {"set": list(members)}:
            return frozenset(members)
        case {"float": str(text)}:
            return float(text)
        case {"fields": dict(fields)}:
            return {name: from_json(inner) for name, inner in fields.items()}
        case dict():
            return {name: from_json(inner) for name, inner in value.items()}
        case _:
            return value


def identical(one: Any, other: Any) -> bool:
    """Whether two plain values are the same in type too: 1 is not True, 0.0 not -0.0, and NaN is NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(identical(value, other[name]) for name, value in one.items())
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(identical, one, other))
    return repr(one) == repr(other) if isinstance(one, float) else bool(one == other)


def render(value: Any, indent: int = 0) -> str:
    """JSON text with sorted keys; what fits a line stays on it, so that a page of numbers is no page of lines."""
    flat = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if len(flat) + indent <= LINE_WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        members = [f"{json.dumps(name)}: {render(value[name], indent + 2)}" for name in sorted(value)]
        return "{\n" + ",\n".join(pad + member for member in members) + "\n" + " " * indent + "}"
    return "[\n" + filled([render(item, indent + 2) for item in value], pad) + "\n" + " " * indent + "]"


def filled(items: list[str], pad: str) -> str:
    """Items of a list, as many on a line as fit."""
    lines, line = [], pad
    for index, item in enumerate(items):
        piece = item + ("," if index < len(items) - 1 else "")
        if line != pad and len(line) + 1 + len(piece) > LINE_WIDTH:
            lines.append(line)
            line = pad
        line += piece if line == pad else " " + piece
    return "\n".join([*lines, line])
