"""Schemas with code in them: what no lock can keep, no compiler can read, and no check can bound."""

# Construct decides how many arguments its functions take.
# ruff: noqa: ARG002, ARG005

from __future__ import annotations

import operator
import zlib
from typing import Any

import construct as c
from construct.expr import BinExpr, FuncPath

from .evidence import HostileSchema, accepts, gives, leaks


class Anything:
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        """Whatever it is compared with."""
        return True

    __hash__ = None  # type: ignore[assignment]  # equal to everything, so it can have no hash


class Inverse(c.Adapter):  # type: ignore[type-arg]  # generic in the stubs only
    """An adapter of one's own, with a hole."""

    def _decode(self, obj: Any, context: Any, path: str) -> int:
        return int(100 // obj)

    def _encode(self, obj: Any, context: Any, path: str) -> int:
        return int(100 // obj)


def patched() -> Any:
    """A plain integer whose method was replaced."""
    field = c.FormatField("<", "B")
    vars(field)["_parse"] = lambda stream, context, path: 1 // stream.read(1)[0]
    return field


CODE = (
    HostileSchema(
        "adapter by lambda",
        "adapter_code",
        ("share",),
        lambda: c.Struct(
            "share" / c.ExprAdapter(c.Byte, lambda value, context: 100 // value, lambda value, context: value)
        ),
        b"\0",
        "leaks a ZeroDivisionError",
        leaks(ZeroDivisionError),
    ),
    HostileSchema(
        "validator by lambda",
        "adapter_code",
        ("share",),
        lambda: c.Struct("share" / c.ExprValidator(c.Byte, lambda value, context: 100 // value)),  # type: ignore[arg-type, return-value]  # wrong on purpose
        b"\0",
        "leaks a ZeroDivisionError",
        leaks(ZeroDivisionError),
    ),
    HostileSchema(
        "filter",
        "adapter_code",
        ("shares",),
        lambda: c.Struct("shares" / c.Filter(lambda value, context: value, c.Array(3, c.Byte))),  # type: ignore[arg-type, return-value]  # wrong on purpose
        b"\1\0\2",
        "drops elements",
        gives({"shares": [1, 2]}),
    ),
    HostileSchema(
        "count by lambda",
        "foreign_code",
        ("items",),
        lambda: c.Struct("count" / c.Byte, "items" / c.Array(lambda context: 6 // context.count, c.Byte)),
        b"\0",
        "leaks a ZeroDivisionError",
        leaks(ZeroDivisionError),
    ),
    HostileSchema(
        "lambda within an expression",
        "foreign_code",
        ("items",),
        lambda: c.Struct(
            "count" / c.Byte, "items" / c.Array(c.this.count + (lambda context: 6 // context.count), c.Byte)
        ),
        b"\0",
        "leaks a ZeroDivisionError",
        leaks(ZeroDivisionError),
    ),
    HostileSchema(
        "function in disguise",
        "foreign_code",
        ("value",),
        lambda: c.Struct("text" / c.Bytes(3), "value" / c.Computed(FuncPath(eval, c.this.text))),
        b"6*7",
        "evaluates the bytes as Python",
        accepts(lambda value: value.value == 42),
    ),
    HostileSchema(
        "operator in disguise",
        "operator",
        ("value",),
        lambda: c.Struct(
            "size" / c.Byte, "value" / c.Computed(BinExpr(lambda left, right: left // right, 1, c.this.size))
        ),
        b"\0",
        "leaks a ZeroDivisionError",
        leaks(ZeroDivisionError),
    ),
    HostileSchema(
        "containment",
        "operator",
        ("value",),
        lambda: c.Struct("size" / c.Byte, "value" / c.Computed(BinExpr(operator.contains, c.this.size, 1))),
        b"\0",
        "leaks a TypeError",
        leaks(TypeError),
    ),
    HostileSchema(
        "default by lambda",
        "foreign_code",
        ("size",),
        lambda: c.Struct("size" / c.Default(c.Byte, lambda context: 7)),
        b"\1",
        "writes what nobody can foresee",
    ),
    HostileSchema(
        "constant equal to everything",
        "foreign_value",
        ("magic",),
        lambda: c.Struct("magic" / c.Const(Anything(), c.Bytes(2))),  # type: ignore[misc]  # wrong on purpose
        b"XX",
        "accepts any bytes as the magic",
        accepts(lambda value: value.magic == b"XX"),
    ),
    HostileSchema(
        "class of one's own",
        "foreign_class",
        ("share",),
        lambda: c.Struct("share" / Inverse(c.Byte)),
        b"\0",
        "leaks a ZeroDivisionError",
        leaks(ZeroDivisionError),
    ),
    HostileSchema(
        "replaced method",
        "foreign_class",
        ("share",),
        lambda: c.Struct("share" / patched()),
        b"\0",
        "leaks a ZeroDivisionError from a plain integer",
        leaks(ZeroDivisionError),
    ),
    HostileSchema(
        "hook",
        "hook",
        ("share",),
        lambda: c.Struct("share" / c.Byte * (lambda value, context: 100 // value)),  # type: ignore[operator]  # wrong on purpose
        b"\0",
        "leaks a ZeroDivisionError",
        leaks(ZeroDivisionError),
    ),
    HostileSchema(
        "probe",
        "debugging",
        (),
        lambda: c.Struct("share" / c.Byte, c.Probe()),
        b"\0",
        "prints while it parses",
    ),
    HostileSchema(
        "debugger",
        "debugging",
        ("share",),
        lambda: c.Struct("share" / c.Debugger(c.Int32ul)),
        b"\0",
        "stops and waits for a person at the first bad byte",
    ),
    HostileSchema(
        "checksum by lambda",
        "checksum_function",
        ("checksum",),
        lambda: c.Struct(
            "data" / c.RawCopy(c.Bytes(4)), "checksum" / c.Checksum(c.Int8ul, lambda data: 0, c.this.data.data)
        ),
        b"data\0",
        "accepts any data",
        accepts(lambda value: value.checksum == 0),
    ),
    HostileSchema(
        "checksum that differs in every process",
        "checksum_function",
        ("checksum",),
        lambda: c.Struct("data" / c.RawCopy(c.Bytes(4)), "checksum" / c.Checksum(c.Int64sl, hash, c.this.data.data)),
        b"data" + bytes(8),
        "refuses tomorrow what it wrote today",
    ),
    HostileSchema(
        "checksum of a number",
        "checksum_bytes",
        ("checksum",),
        lambda: c.Struct("number" / c.Int32ul, "checksum" / c.Checksum(c.Int32ul, zlib.crc32, c.this.number)),
        bytes(8),
        "leaks a TypeError for every input",
        leaks(TypeError),
    ),
    HostileSchema(
        "checksum of nothing",
        "foreign_code",
        ("checksum",),
        lambda: c.Struct("number" / c.Int32ul, "checksum" / c.Checksum(c.Int32ul, zlib.crc32, lambda context: b"")),
        b"\1\2\3\4" + bytes(4),
        "accepts any number",
        accepts(lambda value: value.checksum == 0),
    ),
)
