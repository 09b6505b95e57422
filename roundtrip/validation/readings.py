"""A witness read twice, side by side: what the writer wrote at each byte, and what the reader takes it for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from formats.catalog import Format
from formats.errors import path_text

from ..evolution.schemas import unchecked
from ..evolution.verdicts import Witness
from ..inspection.frames import fields_of, trace_frame
from ..inspection.rendering import value_text
from ..inspection.report import Field
from .comparing import Comparison, side_of

#: Rows of an excerpt, and how many of them lie before the first difference.
ROWS_SHOWN: Final = 8
ROWS_BEFORE: Final = 1
#: Bytes of one row that are shown.
BYTES_SHOWN: Final = 8


@dataclass(frozen=True)
class Row:
    """Bytes start..end of a witness, which no border of a field of either side divides; `written`, `read`: in words."""

    start: int
    end: int
    data: bytes
    written: str
    read: str

    @property
    def differs(self) -> bool:
        """Whether the two sides see different things here."""
        return self.written != self.read

    @property
    def bytes_text(self) -> str:
        """The bytes in hexadecimal, cut where they are many."""
        more = f" … {len(self.data)} bytes" if len(self.data) > BYTES_SHOWN else ""
        return self.data[:BYTES_SHOWN].hex(" ") + more


def readings_of(comparison: Comparison) -> Callable[[Witness], tuple[Row, ...]]:
    """The function that reads the witnesses of a comparison."""

    def reading(witness: Witness) -> tuple[Row, ...]:
        sides = (side_of(comparison, one.side, one.name, one.version) for one in (witness.writer, witness.reader))
        writer, reader = sides
        assert writer is not None, f"{witness.writer} is on neither side"
        assert reader is not None, f"{witness.reader} is on neither side"
        return rows(witness, writer, reader)

    return reading


def rows(witness: Witness, writer: Format, reader: Format) -> tuple[Row, ...]:
    """Every row of a witness; as far as the reader's fields go where it refuses."""
    if not witness.version_checked:
        reader = unchecked(reader, writer) or reader
    sides = [leaves(entry, witness) for entry in (writer, reader)]
    borders = {0, len(witness.data)}
    borders.update(border for side in sides for field in side for border in (field.start, field.end))
    ordered = sorted(border for border in borders if border <= len(witness.data))
    return tuple(
        Row(start, end, witness.data[start:end], words(sides[0], start, end), words(sides[1], start, end))
        for start, end in pairwise(ordered)
    )


def excerpt(every: tuple[Row, ...]) -> tuple[tuple[Row, ...], int]:
    """The rows around the first difference, and how many are left out."""
    first = next((number for number, row in enumerate(every) if row.differs), 0)
    begin = max(0, min(first - ROWS_BEFORE, len(every) - ROWS_SHOWN))
    shown = every[begin : begin + ROWS_SHOWN]
    return shown, len(every) - len(shown)


def leaves(entry: Format, witness: Witness) -> list[Field]:
    """The fields of a frame that hold no others, as far as it can be read; damage does not end the reading.

    Only the violation that ends a strict reading is marked, and at its own field: those behind it follow from it.
    """
    trace, damage, _ = trace_frame(entry, memoryview(witness.data), entry.seed(witness.place))
    first = damage[:1]
    found = fields_of(entry, trace.spans, first, start=0, end=len(witness.data), unverified=False)
    blamed = {error.path for error in first}
    return [field if field.path in blamed else replace(field, broken=()) for field in found if field.leaf]


def words(fields: list[Field], start: int, end: int) -> str:
    """What one side sees at bytes that no border divides."""
    return "; ".join(
        word(field, start) for field in fields if field.start <= start and end <= field.end and field.start < field.end
    )


def word(field: Field, start: int) -> str:
    """A field with its value; with dots where it began earlier."""
    name = path_text(field.path)
    if start > field.start:
        return f"… {name}"
    broken = f" ◀ {', '.join(field.broken)}" if field.broken else ""
    return f"{name}: {value_text(field)}{broken}"
