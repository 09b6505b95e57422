"""Names in generated code: of records, of their fields, of locals. All follow from the schema's names alone.

A field keeps its name. One that Python or msgspec would not take is changed, in this order: characters other than
ASCII letters, digits and underscores become underscores; a name that then begins with a digit or an underscore (or is
empty) gets `field_` before it; a keyword, a name that annotations need (`int`, `bytes`, ...) gets `_` behind it; and so
does one that an earlier field of the struct has taken.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence
from typing import Final

from ..layout import BitGroup, Struct, value_members

#: Names that annotations of generated classes use, and that a field must not hide from them.
ANNOTATIONS: Final = frozenset(
    {"bool", "bytes", "float", "frozenset", "int", "str", "tuple", "Literal", "NamedTuple", "PLAIN_NAMES"}
)
#: Lower-case names of generated modules, which locals must not hide.
WORDS: Final = (
    "accumulate all any bool bytearray bytes crc32c data encode encode_header encode_tuple end entry "
    "float frozenset group int isinstance isnan key_at len list lookup lower_bound lru_cache lt map max memoryview "
    "min msgspec pack probe probe_header probe_prefix probe_tuple range seed set sorted str sum tuple "
    "type unmasked unpack_from value zip l"
)
GLOBALS: Final = frozenset(WORDS.split())


def identifier(name: str) -> str:
    """The name with everything that no identifier may hold replaced."""
    text = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return text if text and not text[0].isdigit() and text[0] != "_" else f"field_{text}"


def field_names(node: Struct | BitGroup) -> tuple[str, ...]:
    """The names of a record's fields, one for each value member."""
    taken: list[str] = []
    for member in value_members(node):
        name = identifier(member.name or "")
        if name in ANNOTATIONS or keyword.iskeyword(name):
            name += "_"
        while name in taken:
            name += "_"
        taken.append(name)
    return tuple(taken)


def plain_text(name: str) -> str:
    """A name for a comment or docstring."""
    return re.sub(r"[^A-Za-z0-9_.\[\]() -]", "?", name)


def class_name(parts: Iterable[str]) -> str:
    """The class name of a path: `lsm_page.data`, `entries` gives LsmPageDataEntries."""
    words = re.split(r"[^A-Za-z0-9]+", ".".join(parts))
    name = "".join(word[:1].upper() + word[1:] for word in words if word)
    return name if name and not name[0].isdigit() else f"Record{name}"


def constant_name(parts: Iterable[str]) -> str:
    """The name of a module constant: upper case, words parted by underscores."""
    text = re.sub(r"[^A-Za-z0-9]+", "_", "_".join(parts)).strip("_").upper()
    return text if text and not text[0].isdigit() else f"FIELD_{text}"


class Names:
    """Gives out names, each once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def take(self, wanted: str) -> str:
        """The wanted name, or the first free one with a number behind it."""
        name, number = wanted, 1
        while name in self.taken or keyword.iskeyword(name):
            number += 1
            name = f"{wanted}_{number}"
        self.taken.add(name)
        return name

    def local(self, path: Sequence[str], suffix: str = "") -> str:
        """A local for what stands at a path: its last name, with the ones before it as long as that is taken."""
        words = [identifier(part).lower() for part in path] or ["whole"]
        for count in range(1, len(words) + 1):
            name = "_".join(words[-count:]) + suffix
            if name not in self.taken and not keyword.iskeyword(name):
                self.taken.add(name)
                return name
        return self.take("_".join(words) + suffix)
