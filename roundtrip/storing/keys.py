"""Keys as text: what people read, what `--json` carries, and how text of the command line becomes a key.

A key is any 1 to 4096 bytes. On a terminal what is not printable is escaped (`\\x80`, `\\n`), and so is the backslash,
so that two keys never look alike. In JSON a key that is UTF-8 is itself; any other also comes as base64.
"""

from __future__ import annotations

import base64
import os
from typing import Any


def key_of(text: str) -> bytes:
    """The key that a word of the command line names: its bytes, whatever they are."""
    return os.fsencode(text)


def key_text(key: bytes) -> str:
    """The key for people, escaped; no two keys have the same text."""
    return "".join(map(character_text, key.decode("utf-8", "surrogateescape")))


def character_text(character: str) -> str:
    """One character of a key, or one byte that is none: as it is, or escaped."""
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    # Not \x85, which is a byte.
    return f"\\u{number:04x}" if 0x80 <= number <= 0xFF else character.encode("unicode_escape").decode("ascii")


def key_facts(key: bytes) -> dict[str, Any]:
    """The key for `--json`: `key`, and `key_base64` where it is not UTF-8 (`key` is then the escaped text)."""
    try:
        return {"key": key.decode("utf-8")}
    except UnicodeDecodeError:
        return {"key": key_text(key), "key_base64": base64.b64encode(key).decode("ascii")}


def path_facts(name: str, path: str) -> dict[str, Any]:
    """A path for `--json` under the name, as keys are: with `…_base64` where it is not UTF-8."""
    raw = os.fsencode(path)
    facts = key_facts(raw)
    return {name: facts["key"]} if len(facts) == 1 else {name: facts["key"], f"{name}_base64": facts["key_base64"]}


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 file`, `2,000 files`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def bytes_text(count: int) -> str:
    """A number of bytes for people: `17 bytes`, `3.4 MiB`."""
    if count < 1024:
        return counted(count, "byte")
    amount, unit = float(count), ""
    for unit in ("KiB", "MiB", "GiB", "TiB"):  # noqa: B007  # the last one is used behind the loop
        amount /= 1024
        if amount < 1023.95:
            break
    return f"{amount:,.1f} {unit}"
