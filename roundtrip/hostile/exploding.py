"""Schemas that hang, explode, or overflow the stack."""

# Construct decides how many arguments its functions take.
# ruff: noqa: ARG005

from __future__ import annotations

import zlib
from typing import Any

import construct as c

from .evidence import HostileSchema, accepts, allocates, leaks, reads_singly

MANY = (20_000).to_bytes(4, "little")


def nested(levels: int) -> Any:
    """So many structs, each in another."""
    node: Any = c.Byte
    for level in range(levels, 0, -1):
        node = c.Struct(f"level{level}" / node)
    return node


def doubled(times: int) -> Any:
    """A struct of two structs of two structs …, which are the same objects."""
    node: Any = c.Pass
    for _ in range(times):
        node = c.Struct("left" / node, "right" / node)
    return node


def doubled_condition(times: int) -> Any:
    """An expression of two expressions of two expressions …, which are the same objects."""
    expression: Any = c.this.size
    for _ in range(times):
        expression = expression & expression
    return expression


def is_unprintable(value: Any) -> bool:
    """Whether an integer is so long that Python refuses to print it."""
    try:
        str(value)
    except ValueError:
        return True
    return False


def cyclic() -> Any:
    """A struct that is put into itself after it was made."""
    node = c.Struct("more" / c.Byte)
    node.subcons.append("next" / c.If(c.this.more, node))
    return node


def late() -> Any:
    """A struct that looks itself up while it parses."""
    node = c.Struct("more" / c.Byte, "next" / c.If(c.this.more, c.LazyBound(lambda: node)))
    return node


EXPLODING = (
    HostileSchema(
        "many nothings",
        "zero_width",
        ("items",),
        lambda: c.Struct("count" / c.Int32ul, "items" / c.Array(c.this.count, c.Pass)),
        MANY,
        "returns 20,000 elements from 4 bytes, and 4 billion from others",
        accepts(lambda value: len(value["items"]) == 20_000),
    ),
    HostileSchema(
        "many empty strings",
        "zero_width",
        ("items",),
        lambda: c.Struct(
            "count" / c.Int32ul, "width" / c.Int8ul, "items" / c.Array(c.this.count, c.Bytes(c.this.width))
        ),
        MANY + b"\0",
        "returns 20,000 empty strings where the width is zero",
        accepts(lambda value: len(value["items"]) == 20_000),
    ),
    HostileSchema(
        "many absent fields",
        "zero_width",
        ("items",),
        lambda: c.Struct(
            "count" / c.Int32ul,
            "is_long" / c.Int8ul,
            "items" / c.Array(c.this.count, c.Struct("long" / c.If(c.this._.is_long, c.Int64ul))),
        ),
        MANY + b"\0",
        "returns 20,000 structs without a byte",
        accepts(lambda value: len(value["items"]) == 20_000),
    ),
    HostileSchema(
        "counted structs without fields",
        "zero_width",
        (),
        lambda: c.PrefixedArray(c.Int32ul, c.Struct()),
        MANY,
        "returns 20,000 elements from 4 bytes",
        accepts(lambda value: len(value) == 20_000),
    ),
    HostileSchema(
        "small arrays of small arrays",
        "zero_width",
        (),
        lambda: c.Array(60, c.Array(60, c.Computed(7))),
        b"",
        "returns 3,600 elements from no bytes; a few levels more never end",
        accepts(lambda value: sum(map(len, value)) == 3600),
    ),
    HostileSchema(
        "repeat until never",
        "repeat_until",
        (),
        lambda: c.RepeatUntil(lambda element, elements, context: False, c.Pass),
        b"",
        "never returns",
    ),
    HostileSchema(
        "repeat until a lambda fails",
        "repeat_until",
        (),
        lambda: c.RepeatUntil(lambda element, elements, context: 1 // element, c.Byte),
        b"\0",
        "leaks a ZeroDivisionError",
        leaks(ZeroDivisionError),
    ),
    HostileSchema(
        "text up to a zero",
        "null_terminated",
        ("text",),
        lambda: c.Struct("text" / c.CString("ascii")),
        b"a" * 2000 + b"\0",
        "reads byte by byte: 5 MB take minutes",
        reads_singly,
    ),
    HostileSchema(
        "number without end",
        "variable_integer",
        ("number",),
        lambda: c.Struct("number" / c.VarInt),
        b"\xff" * 3000 + b"\1",
        "returns a number of 21,000 bits; 1 MB takes minutes",
        accepts(lambda value: value.number.bit_length() == 21_001),
    ),
    HostileSchema(
        "overlong number",
        "variable_integer",
        (),
        lambda: c.ZigZag,
        b"\x80\x80\x00",
        "accepts three bytes for zero",
        accepts(lambda value: value == 0),
    ),
    HostileSchema(
        "number as wide as it says",
        "wide_integer",
        ("number",),
        lambda: c.Struct("size" / c.Int16ul, "number" / c.BytesInteger(c.this.size)),
        (2000).to_bytes(2, "little") + b"\xff" * 2000,
        "returns a number that Python refuses to print",
        accepts(lambda value: is_unprintable(value.number)),
    ),
    HostileSchema(
        "compressed bomb",
        "compressed",
        (),
        lambda: c.Compressed(c.GreedyBytes, "zlib"),
        zlib.compress(bytes(2_000_000), 9),
        "returns 2 MB from 2 KB, and 1 GB from 1 MB",
        accepts(lambda value: len(value) == 2_000_000),
    ),
    HostileSchema(
        "encrypted body",
        "encrypted",
        (),
        lambda: c.EncryptedSymAead(c.GreedyBytes, b"key", b"nonce"),
        b"data",
        "leaks the errors of the cipher, or of its absence",
    ),
    HostileSchema(
        "pickled object",
        "serialized_object",
        ("object",),
        lambda: c.Struct("object" / c.Pickled),
        b"cbuiltins\nlen\n(V1234\ntR.",
        "calls any function that the bytes name, here len('1234')",
        accepts(lambda value: value.object == 4),
    ),
    HostileSchema(
        "array of numpy",
        "serialized_object",
        ("object",),
        lambda: c.Struct("object" / c.Numpy),
        b"\x93NUMPY",
        "allocates by the shape in the bytes",
    ),
    HostileSchema(
        "lazy array",
        "lazy",
        ("items",),
        lambda: c.Struct("count" / c.Int32ul, "items" / c.LazyArray(c.this.count, c.Byte)),
        MANY,
        "keeps 20,000 positions of bytes that do not exist",
        allocates(1_000_000),
    ),
    HostileSchema(
        "list of itself, late",
        "late_bound",
        ("next",),
        late,
        b"\1" * 3000,
        "leaks a RecursionError",
        leaks(RecursionError),
    ),
    HostileSchema(
        "struct put into itself",
        "recursion",
        ("next",),
        cyclic,
        b"\1" * 3000,
        "leaks a RecursionError",
        leaks(RecursionError),
    ),
    HostileSchema(
        "deep schema",
        "nesting",
        tuple(f"level{level}" for level in range(1, 33)),
        lambda: nested(600),
        b"\1",
        "leaks a RecursionError for every input",
        leaks(RecursionError),
    ),
    HostileSchema(
        "doubled schema",
        "explosion",
        ("left", "left"),
        lambda: doubled(14),
        b"",
        "returns 16,384 values from no bytes; forty levels never end",
    ),
    HostileSchema(
        "doubled value",
        "copies",
        ("copies", "whole"),
        lambda: c.Struct(
            "list" / c.PrefixedArray(c.Byte, c.Byte),
            "copies" / c.PrefixedArray(c.Byte, c.Struct("tag" / c.Byte, "whole" / c.Computed(c.this._._.list))),
        ),
        bytes([200]) + bytes(200) + bytes([200]) + bytes(200),
        "returns 40,000 numbers from 402 bytes, and doubles them with every level",
        accepts(lambda value: sum(len(copy.whole) for copy in value.copies) == 40_000),
    ),
    HostileSchema(
        "doubled condition",
        "long_expression",
        (),
        lambda: c.Struct("size" / c.Byte, c.Check(doubled_condition(40))),
        b"\1",
        "evaluates a trillion operators for one byte",
    ),
    HostileSchema(
        "long sum",
        "long_expression",
        ("total",),
        lambda: c.Struct("size" / c.Byte, "total" / c.Computed(sum([c.this.size] * 2000))),
        b"\1",
        "leaks a RecursionError for every input",
        leaks(RecursionError),
    ),
    HostileSchema(
        "sum for every element",
        "repeated_work",
        ("items", "total"),
        lambda: c.Struct(
            "list" / c.PrefixedArray(c.Int16ul, c.Byte),
            "items"
            / c.PrefixedArray(c.Int16ul, c.Struct("tag" / c.Byte, "total" / c.Computed(c.sum_(c.this._._.list)))),
        ),
        b"\1\0\1\1\0\1",
        "adds n numbers n times",
    ),
    HostileSchema(
        "bytes compared for every element",
        "repeated_work",
        ("items", "rest"),
        lambda: c.Struct(
            "old" / c.Prefixed(c.Int32ul, c.GreedyBytes),
            "new" / c.Prefixed(c.Int32ul, c.GreedyBytes),
            "items"
            / c.PrefixedArray(
                c.Int32ul, c.Struct("tag" / c.Byte, "rest" / c.If(c.this._._.old == c.this._._.new, c.Byte))
            ),
        ),
        bytes(12),
        "compares n bytes n times",
    ),
    HostileSchema(
        "buffer that waits",
        "rebuffered",
        (),
        lambda: c.Rebuffered(c.Int32ul),
        b"\1",
        "waits for three more bytes and never returns",
    ),
    HostileSchema(
        "group of the bytes",
        "scrambled",
        ("data",),
        lambda: c.Struct("group" / c.Int32ul, "data" / c.ProcessRotateLeft(8, c.this.group, c.GreedyBytes)),
        (100_000).to_bytes(4, "little"),
        "makes a list of 100,000 numbers from 4 bytes, and one of 4 billion from others",
        allocates(1_000_000),
    ),
    HostileSchema(
        "long shift",
        "shift",
        ("value",),
        lambda: c.Struct("bits" / c.Int32ul, "value" / c.Computed(1 << c.this.bits)),
        (1_000_000).to_bytes(4, "little"),
        "makes a number of a million bits from 4 bytes, and one of 4 billion from others",
        accepts(lambda value: value.value.bit_length() == 1_000_001),
    ),
    HostileSchema(
        "bytes times a number",
        "growth",
        ("data",),
        lambda: c.Struct("unit" / c.Bytes(4), "times" / c.Int32ul, "data" / c.Computed(c.this.unit * c.this.times)),
        b"abcd" + MANY,
        "makes 80,000 bytes from 8, and 16 GiB from others",
        accepts(lambda value: len(value.data) == 80_000),
    ),
    HostileSchema(
        "bytes doubled",
        "growth",
        ("data",),
        lambda: c.Struct("unit" / c.GreedyBytes, "data" / c.Computed(c.this.unit + c.this.unit)),
        b"abcd",
        "doubles the bytes with every field",
        accepts(lambda value: len(value.data) == 8),
    ),
    HostileSchema(
        "repeated squares",
        "growth",
        ("fourth",),
        lambda: c.Struct(
            "first" / c.Int64ul,
            "second" / c.Computed(c.this.first * c.this.first),
            "fourth" / c.Computed(c.this.second * c.this.second),
        ),
        b"\xff" * 8,
        "doubles the length of the number with every field",
        accepts(lambda value: value.fourth.bit_length() == 256),
    ),
    HostileSchema(
        "power",
        "operator",
        ("value",),
        lambda: c.Struct("base" / c.Byte, "exponent" / c.Int32ul, "value" / c.Computed(c.this.base**c.this.exponent)),
        b"\xff" + MANY,
        "makes a number of 160,000 bits from 5 bytes",
        accepts(lambda value: value.value.bit_length() > 150_000),
    ),
)
