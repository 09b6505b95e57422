"""A frame as annotated bytes: every field with its offset, its bytes and what they say. For documents."""

from __future__ import annotations

from typing import Any

from formats.description.bitranges import BitRange
from formats.errors import path_text
from formats.layout import Constant, Digest

BYTES_PER_LINE = 8
#: Of a longer field only the first lines are shown.
LINES_MAXIMUM = 4
HEADINGS = ("offset", "bytes", "field", "value")


def annotated(data: bytes, ranges: tuple[BitRange, ...]) -> str:
    """The lines of a frame, fields in order, ending in a newline; offsets are decimal, as in the layout tables."""
    rows = [HEADINGS]
    for found in ranges:
        if found.start_bit % 8 or found.end_bit % 8:
            rows.append(bit_row(data, found))
            continue
        start, end = found.start_bit // 8, found.end_bit // 8
        for number, (offset, shown) in enumerate(byte_lines(data, start, end)):
            words = (path_text(found.path), value_text(found)) if number == 0 else ("", "")
            rows.append((offset, shown, *words))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{row[0].rjust(widths[0])}  {row[1].ljust(widths[1])}  {row[2].ljust(widths[2])}  {row[3]}".rstrip()
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def bit_row(data: bytes, found: BitRange) -> tuple[str, str, str, str]:
    """The line of a bit field: the bytes that it lies in, and which of their bits."""
    start, end = found.start_bit // 8, -(-found.end_bit // 8)
    bits = f"bits {found.start_bit - start * 8}..{found.end_bit - start * 8 - 1}"
    return str(start), f"{data[start:end].hex(' ')} {bits}", path_text(found.path), value_text(found)


def byte_lines(data: bytes, start: int, end: int) -> list[tuple[str, str]]:
    """Offsets and bytes, so many a line; a field of zeros takes one line, a very long one is cut short."""
    if end - start > BYTES_PER_LINE and not any(data[start:end]):
        return [(str(start), f"{end - start} bytes 00")]
    lines = [
        (str(offset), data[offset : min(offset + BYTES_PER_LINE, end)].hex(" "))
        for offset in range(start, end, BYTES_PER_LINE)
    ]
    if len(lines) > LINES_MAXIMUM:
        left = end - start - (LINES_MAXIMUM - 1) * BYTES_PER_LINE
        lines[LINES_MAXIMUM - 1 :] = [("", f"... {left} more bytes")]
    return lines


def value_text(found: BitRange) -> str:
    """What a field says, where that is more than its bytes."""
    value: Any = found.value
    if isinstance(found.node, Digest) and isinstance(value, int):
        return f"{value:#010x}: {found.constraint.partition(', ')[0]}"
    if isinstance(value, bytes):
        is_text = value and all(32 <= byte < 127 for byte in value)
        return found.constraint if found.derived and not isinstance(found.node, Constant) else quoted(value, is_text)
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "no flag"
    return "zero" if value is None else str(value)


def quoted(value: bytes, is_text: object) -> str:
    """Bytes as text where they are some."""
    if not is_text:
        return ""
    text = value.decode("ascii")
    return f'"{text}"' if len(text) <= 40 else f'"{text[:37]}..."'
