"""Texts for pictures: keys, names and numbers, short, and harmless whatever bytes they come from.

A picture may be looked at by somebody else than the owner of the keys, and a key is any bytes: nothing but printable
ASCII and the few signs that pictures use themselves ever gets out of here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from formats.description.drawing import fits

#: Signs beyond ASCII that pictures use. All are as wide as a letter.
SIGNS: Final = frozenset("…→·")
ELLIPSIS: Final = "…"
#: The last line of what was not counted to the end.
MORE: Final = f"{ELLIPSIS} more"
#: A shorter key is more likely a number than a word.
PLAIN_SIZE_MINIMUM: Final = 3


def shown(text: str) -> str:
    """A text with everything escaped that could not be seen, or could change how the rest is read."""
    return "".join(letter if " " <= letter <= "~" or letter in SIGNS else escaped(letter) for letter in text)


def escaped(letter: str) -> str:
    """One letter as Python escapes it."""
    return letter.encode("unicode_escape").decode("ascii")


def shortened(text: str, size: float, width: float) -> str:
    """A text that fits into a width: its end, and so what tells long keys apart, is kept as far as there is room."""
    if fits(text, size, width):
        return text
    most = len(text)
    while most > 1 and not fits("n" * most, size, width):
        most -= 1
    tail = (most - 1) // 3
    return text[: most - 1 - tail] + ELLIPSIS + (text[-tail:] if tail else "")


def key_text(key: bytes) -> str:
    """A key: as text where it is plain ASCII of some length, else in hexadecimal. No two keys look alike."""
    is_plain = len(key) >= PLAIN_SIZE_MINIMUM and all(0x21 <= byte <= 0x7E for byte in key)
    if not is_plain:
        return f"0x{key.hex()}"
    text = key.decode("ascii")
    return f'"{text}"' if text.startswith(("0x", '"')) else text


def run_text(key: bytes) -> str:
    """The name of a run, from the key of its chunks."""
    return f"run {int.from_bytes(key, 'little')}"


def extent_ranges(numbers: Sequence[int], most: int = 6) -> str:
    """Numbers in order, neighbours joined: `2, 3, 6-9, …`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    texts = [f"{first}" if first == last else f"{first}-{last}" for first, last in spans]
    return ", ".join(texts[:most]) + (f", {ELLIPSIS}" if len(texts) > most else "")


def plural(count: int, noun: str) -> str:
    """`1 put`, `2 puts`, `3 index entries`."""
    if count == 1:
        return f"{count:,} {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def size_text(count: int) -> str:
    """A number of bytes: exact below 10 KiB, else in the unit that leaves three digits."""
    if count < 10240:
        return f"{count:,} B"
    value, unit = float(count), "B"
    for name in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1000:
            break
        value, unit = value / 1024, name
    return f"{value:.3g} {unit}"
