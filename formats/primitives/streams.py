"""Streams of records: to the end of the bytes, or in blocks of one size.

Construct's GreedyRange takes an error for the end of the stream; these let every error through.
"""

from __future__ import annotations

import io
from contextlib import nullcontext
from typing import Any, NoReturn

from construct import ListContainer, RangeError, StreamError
from construct.core import BytesIOWithOffsets, stream_tell, stream_write

from .base import AnySubconstruct
from .violations import Violation, violate


class RecordsToEnd(AnySubconstruct):
    """Records back to back until no byte is left; value: a list. A stream may legally end after any record."""

    def _parse(self, stream: Any, context: Any, path: str) -> ListContainer[Any]:
        records: ListContainer[Any] = ListContainer()
        while bytes_left(stream, path):
            records.append(parse_record(self.subcon, len(records), stream, context, path))
        return records

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        for index, record in enumerate(obj):
            context._index = index
            self.subcon._build(record, stream, context, path)
        return obj


class Blocks(AnySubconstruct):
    """A stream of blocks of `size` bytes, each filled with whole records; value: a list of lists of records.

    `smallest`: size in bytes of the smallest record. In every block but the last, fewer bytes than that are left over
    and they are zero (rule `reserved`); the last block ends with a record.
    """

    def __init__(self, size: int, subcon: Any, *, smallest: int) -> None:
        super().__init__(subcon)
        if not 0 < smallest <= size:
            raise ValueError(f"the smallest record has 1..{size} bytes, not {smallest}")
        self.size = size
        self.smallest = smallest

    def _parse(self, stream: Any, context: Any, path: str) -> ListContainer[Any]:
        blocks: ListContainer[Any] = ListContainer()
        while left := bytes_left(stream, path):
            block = BytesIOWithOffsets.from_reading(stream, min(self.size, left), path)
            blocks.append(self._parse_block(block, left, len(blocks), context, path))
        return blocks

    def _parse_block(self, block: Any, left: int, number: int, context: Any, path: str) -> ListContainer[Any]:
        """The records of one block; `left`: bytes from its start to the end of the stream."""
        records: ListContainer[Any] = ListContainer()
        trace = context._params.get("trace")
        with nullcontext() if trace is None else trace.inside(number, block):
            while bytes_left(block, path) >= self.smallest:
                try:
                    records.append(parse_record(self.subcon, len(records), block, context, path))
                except StreamError as error:
                    renamed(error, "truncated" if left < self.size else "length")
            self._check_rest(block, left, context)
        return records

    def _check_rest(self, block: Any, left: int, context: Any) -> None:
        """Too few bytes for a record: the zeros at the end of a full block, or the start of a cut record."""
        rest = block.read()
        trailer = self.size - (min(left, self.size) - len(rest)) < self.smallest
        if trailer and any(rest):
            expected = f"{len(rest)} zero bytes at the end of the block"
            violate(context, "reserved", expected=expected, found=rest.hex(" "))
        if rest and left <= self.size:
            expected = "a further block" if trailer else "a whole record"
            violate(context, "truncated", expected=expected, found=f"{len(rest)} bytes")

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        for number, records in enumerate(obj):
            block = io.BytesIO()
            RecordsToEnd(self.subcon)._build(records, block, context, path)
            data, is_last = block.getvalue(), number == len(obj) - 1
            rest = self.size - len(data)
            if rest < 0 or not records or (not is_last and rest >= self.smallest):
                held = f"block {number} holds {len(data)} bytes of records"
                raise RangeError(f"{held}, its size is {self.size}", path=path)
            if not is_last:
                data += bytes(rest)
            stream_write(stream, data, len(data), path)
        return obj


def bytes_left(stream: Any, path: str) -> int:
    """How many bytes can still be read."""
    here = stream_tell(stream, path)
    end: int = stream.seek(0, 2)
    stream.seek(here)
    return end - here


def parse_record(subcon: Any, index: int, stream: Any, context: Any, path: str) -> Any:
    """One record; refuses one that has no bytes, or the stream would never end."""
    context._index = index
    start = stream_tell(stream, path)
    record = subcon._parsereport(stream, context, path)
    if stream_tell(stream, path) == start:
        raise Violation("length", "a record of at least one byte", "an empty one")
    return record


def renamed(error: StreamError, rule: str) -> NoReturn:
    """Raise the same refusal, at the same place, under another rule."""
    violation = Violation(rule, "a whole record", str(error).splitlines()[-1])
    violation.traced = getattr(error, "traced", None)
    raise violation from None
