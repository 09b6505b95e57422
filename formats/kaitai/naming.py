"""Names that Kaitai accepts: lower case, unique, and no word of the languages that it is compiled to."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Final

from ..description.wording import labels
from ..layout import Member

#: Words that a field cannot be called: Python's, Kaitai's operators, and what the Python runtime's base class has.
RESERVED: Final = frozenset(
    {word.lower() for word in keyword.kwlist} | {"sizeof", "bitsizeof", "close", "from_bytes", "from_file", "from_io"}
)


def identifier(name: str, taken: Iterable[str] = ()) -> str:
    """A name as Kaitai takes it; with a number behind it where it is taken."""
    text = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unnamed"
    if not text[0].isalpha():
        text = f"x_{text}"
    if text in RESERVED:
        text = f"{text}_field"
    unique, number = text, 1
    while unique in taken:
        number += 1
        unique = f"{text}_{number}"
    return unique


def identifiers(members: tuple[Member, ...]) -> tuple[str, ...]:
    """The Kaitai name of every member of a struct; unnamed ones are called what they are."""
    found: list[str] = []
    for label in labels(members):
        found.append(identifier(label, found))
    return tuple(found)


def class_name(name: str) -> str:
    """The name of the Python class that the compiler makes of an identifier."""
    return "".join(part.capitalize() for part in name.split("_"))
