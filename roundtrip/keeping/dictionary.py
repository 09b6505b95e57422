"""A dictionary for AFL++ (`-x`) and libFuzzer (`-dict=`): the byte strings that no fuzzer should have to guess.

    # chunk v1
    lead="\\xd3\\xd0\\x02\\x01"
    owner_shard="\\x01"

Both tools read lines of `name="value"`, where what is not printable, a quote and a backslash are escaped; names are
letters, digits and underscores. libFuzzer takes words of up to 64 bytes, AFL++ of up to 128.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from formats.catalog import Format
from formats.errors import Path, path_text
from formats.layout import (
    Accepted,
    Bounded,
    Constant,
    Enumeration,
    FlagSet,
    Integer,
    Node,
    Raw,
    Text,
    children,
    literal_int,
)

from ..inspection.recognition import leading_bytes

#: What both tools take, in bytes.
WORD_SIZE_MAXIMUM: Final = 64


def dictionary_text(entry: Format) -> str:
    """The dictionary of a format version."""
    lines = [f'{name}="{escaped(word)}"' for name, word in words(entry)]
    return "\n".join([f"# {entry.name} v{entry.version}, from its schema", *lines]) + "\n"


def words(entry: Format) -> Iterator[tuple[str, bytes]]:
    """Every word once, with a name: how frames begin, constants, values allowed by name, members, flags, bounds."""
    seen: set[bytes] = set()
    for name, word in (("lead", leading_bytes(entry)), *words_of(entry.layout.root, ())):
        if word and len(word) <= WORD_SIZE_MAXIMUM and word not in seen:
            seen.add(word)
            yield re.sub(r"\W", "_", name, flags=re.ASCII), word


def words_of(node: Node, path: Path) -> Iterator[tuple[str, bytes]]:
    """The words of one node and of those inside it."""
    name = path_text(path)
    for label, value in values_of(node):
        word = encoded(node, value)
        if word is not None:
            yield f"{name}_{label}" if label else name, word
    for part, child in children(node):
        yield from words_of(child, path if part is None else (*path, part))


def values_of(node: Node) -> Iterator[tuple[str, int | str | bytes]]:
    """The values that a node names, each with a label."""
    match node:
        case Constant(value=value):
            yield "", value
        case Enumeration(members=members) | FlagSet(members=members):
            yield from members
        case Accepted(values=values):
            for number, value in enumerate(values):
                yield f"value{number}", value
        case Bounded(minimum=minimum, maximum=maximum):
            yield "minimum", minimum
            yield "maximum", maximum
        case _:
            return


def encoded(node: Node, value: int | str | bytes) -> bytes | None:
    """A value as it stands on disk; None where it takes no whole bytes, or has no fixed form."""
    match node:
        case Integer(size=size, signed=signed, little=little) if isinstance(value, int):
            return value.to_bytes(size, "little" if little else "big", signed=signed)
        case Text(encoding=encoding) if isinstance(value, str):
            return value.encode(encoding)
        case Raw(size=size) if isinstance(value, bytes):
            return value if size is None or literal_int(size) in {None, len(value)} else None
        case Constant(node=inner) | Enumeration(node=inner) | FlagSet(node=inner) | Accepted(node=inner):
            return encoded(inner, value)
        case Bounded(node=inner):
            return encoded(inner, value)
        case _:
            return None


def escaped(word: bytes) -> str:
    """A word between quotes."""
    return "".join(chr(byte) if is_plain(byte) else f"\\x{byte:02x}" for byte in word)


def is_plain(byte: int) -> bool:
    """Whether a byte stands for itself: printable, neither a quote nor a backslash."""
    return 0x20 <= byte < 0x7F and byte not in b'"\\'
