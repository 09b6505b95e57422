"""Columns of fixed-width numbers and a heap of byte strings: how pages hold many entries.

A column is read in one go and its size is checked against the bytes that are there before anything is allocated.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from construct import ListContainer, RangeError, SizeofError, StreamError
from construct.core import evaluate, stream_read, stream_tell, stream_write

from ..common_prefix import common_prefix
from .base import AnyConstruct, AnySubconstruct
from .violations import parameters, violate

ORDERS = ("", "ascending", "strict")


def check_order(context: Any, values: Any, order: str) -> None:
    """Refuse (rule `order`) where the values fall, or, for "strict", repeat."""
    if order:
        for index, (before, after) in enumerate(pairwise(values)):
            if after < before or (order == "strict" and after == before):
                relation = "above" if order == "strict" else "not below"
                violate(context, "order", expected=f"element {index + 1} {relation} {before!r}", found=repr(after))
                return


class Column(AnySubconstruct):
    """`count` fixed-width scalars; value: a list.

    order: "", "ascending" (never falls) or "strict" (always rises); last: a number or `this` expression that the last
    element must equal, and that must be 0 when there is none (both rule `order`).
    """

    def __init__(self, count: Any, subcon: Any, *, order: str = "", last: Any = None) -> None:
        super().__init__(subcon)
        if order not in ORDERS:
            raise ValueError(f"order is one of {ORDERS}, not {order!r}")
        self.count = count
        self.order = order
        self.last = last
        self.flagbuildnone = False

    def _parse(self, stream: Any, context: Any, path: str) -> ListContainer[Any]:
        count = evaluate(self.count, context)
        if count < 0:
            raise RangeError(f"invalid count {count}", path=path)
        require_bytes(stream, count * self.subcon._sizeof(context, path), path)
        values: ListContainer[Any] = ListContainer()
        for index in range(count):
            context._index = index
            values.append(self.subcon._parsereport(stream, context, path))
        self.check(values, context)
        return values

    def check(self, values: Any, context: Any) -> None:
        """Refuse values out of order, or a last one that is not what it must be."""
        check_order(context, values, self.order)
        if self.last is not None:
            expected = evaluate(self.last, context)
            found = values[-1] if values else 0
            if found != expected:
                violate(context, "order", expected=f"the last one to be {expected}", found=str(found))

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        count = evaluate(self.count, context)
        if len(obj) != count:
            raise RangeError(f"expected {count} elements, found {len(obj)}", path=path)
        self.check(obj, context)
        for index, value in enumerate(obj):
            context._index = index
            self.subcon._build(value, stream, context, path)
        return obj

    def _sizeof(self, context: Any, path: str) -> int:
        return sized(self.count, context, path) * int(self.subcon._sizeof(context, path))


class Ends(Column):
    """The cumulative ends of the items of the sibling `Slices` field `of`; derived from it when built.

    prefix: the sibling `PrefixOf` that is left out of every stored item, if the slices have one.
    """

    def __init__(self, count: Any, subcon: Any, *, of: str, prefix: str = "") -> None:
        super().__init__(count, subcon)
        self.of = of
        self.prefix = prefix
        self.flagbuildnone = True

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        items = context[self.of]
        left_out = len(common_prefix(items)) if self.prefix else 0
        ends, total = [], 0
        for item in items:
            total += len(item) - left_out
            ends.append(total)
        return super()._build(ends, stream, context, path)


class PrefixOf(AnyConstruct):
    """The longest common prefix of the items of the sibling `Slices` field `of`, in `size` bytes; derived when built.

    It stands before the slices, which name it as their `prefix` and check that it is the longest one.
    """

    def __init__(self, size: Any, *, of: str) -> None:
        super().__init__()
        self.size = size
        self.of = of
        self.flagbuildnone = True

    def derived_from(self, siblings: Any) -> bytes:
        """The prefix of the items among these values."""
        return common_prefix(siblings[self.of])

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return bytes(stream_read(stream, evaluate(self.size, context), path))

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        prefix, size = self.derived_from(context), evaluate(self.size, context)
        if len(prefix) != size:
            raise RangeError(f"expected a common prefix of {size} bytes, found {len(prefix)}", path=path)
        stream_write(stream, prefix, size, path)
        return prefix

    def _sizeof(self, context: Any, path: str) -> int:
        return sized(self.size, context, path)


class Slices(AnyConstruct):
    """Byte strings back to back to the end of the region, cut by the sibling `Ends` column `ends`; value: a list.

    prefix: the sibling `PrefixOf` that every item begins with and that is not stored again; total: the most bytes that
    all items take with it, because few bytes could stand for very many.

    Checked in this order: the last end is the region's end (`length`), all items together are at most `total` and each
    is minimum..maximum bytes long (`bounds`), the prefix is the longest (`canonical`), the items stand in `order`.
    """

    def __init__(
        self, *, ends: str, minimum: int, maximum: int, order: str = "", prefix: str = "", total: int | None = None
    ) -> None:
        super().__init__()
        if order not in ORDERS:
            raise ValueError(f"order is one of {ORDERS}, not {order!r}")
        if bool(prefix) != (total is not None):
            raise ValueError("a prefix needs a total, or few bytes stand for very many; a total needs a prefix")
        self.prefix = prefix
        self.total = total
        self.ends = ends
        self.minimum = minimum
        self.maximum = maximum
        self.order = order

    def _parse(self, stream: Any, context: Any, path: str) -> ListContainer[Any]:
        base, trace = stream_tell(stream, path), parameters(context).get("trace")
        heap = stream.read()
        ends = context[self.ends]
        prefix = context[self.prefix] if self.prefix else b""
        last = ends[-1] if ends else 0
        if last != len(heap):
            expected, found = f"{last} bytes up to the last end", f"{len(heap)} bytes in the region"
            violate(context, "length", expected=expected, found=found)
        if self.total is not None and (found_total := len(prefix) * len(ends) + len(heap)) > self.total:
            violate(context, "bounds", expected=f"at most {self.total} bytes in all", found=f"{found_total} bytes")
            ends = ends[:0]
        start = 0
        values: ListContainer[Any] = ListContainer()
        for end in ends:
            size = end - start + (len(prefix) if end >= start else 0)
            if not self.minimum <= size <= self.maximum:
                expected = f"an item of {self.minimum}..{self.maximum} bytes"
                violate(context, "bounds", expected=expected, found=f"{size} bytes")
            item = prefix + heap[start:end]
            if trace is not None:
                trace.note(len(values), base + start, base + end, item)
            values.append(item)
            start = end
        if self.prefix and (longest := common_prefix(values)) != prefix:
            violate(context, "canonical", expected=shortened(longest), found=shortened(prefix))
        check_order(context, values, self.order)
        return values

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        for item in obj:
            if not isinstance(item, bytes) or not self.minimum <= len(item) <= self.maximum:
                raise RangeError(f"expected {self.minimum}..{self.maximum} bytes, found {item!r:.80}", path=path)
        if self.total is not None and sum(map(len, obj)) > self.total:
            raise RangeError(f"expected at most {self.total} bytes in all, found {sum(map(len, obj))}", path=path)
        check_order(context, obj, self.order)
        left_out = len(common_prefix(obj)) if self.prefix else 0
        stream.write(b"".join(item[left_out:] for item in obj))
        return obj


def shortened(prefix: bytes) -> str:
    """A prefix as a refusal shows it."""
    return f"a prefix of {len(prefix)} bytes, {prefix[:16]!r}{'…' if len(prefix) > 16 else ''}"


def require_bytes(stream: Any, size: int, path: str) -> None:
    """Raise `StreamError` unless `size` more bytes can be read; nothing is read or allocated."""
    here = stream_tell(stream, path)
    left = stream.seek(0, 2) - here
    stream.seek(here)
    if size > left:
        raise StreamError(f"{size} bytes are needed and {left} are left", path=path)


def sized(number: Any, context: Any, path: str) -> int:
    """A count or size for `sizeof`; `SizeofError` where it depends on fields that are not there."""
    try:
        return int(evaluate(number, context))
    except (KeyError, AttributeError):
        raise SizeofError("cannot calculate size, key not found in context", path=path) from None
