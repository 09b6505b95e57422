"""msgspec's MessagePack: records as arrays of values, its fastest form. It checks types; there is no checksum."""

from __future__ import annotations

from typing import Any

import msgspec

from formats.values import plain_of_record

from ..records import Sample
from .contender import Call, Contender
from .shapes import Shape, shape_of

TYPES: dict[str, Any] = {"number": int, "wide": int, "bytes": bytes, "name": str}


def contenders(sample: Sample) -> list[Contender]:
    """The lane `msgspec`."""
    shape = shape_of(sample.format.layout)
    record_type = type_of(shape)
    record = record_of(shape, record_type, sample.plain)
    encode = msgspec.msgpack.Encoder().encode
    return [
        Contender(
            "msgspec",
            "shape",
            Call(msgspec.msgpack.Decoder(record_type).decode, (encode(record),)),
            plain_of_record,
            Call(encode, (record,)),
            same_bytes=False,
            note="MessagePack, records as arrays; no checksum",
        )
    ]


def type_of(shape: Shape) -> Any:
    """The annotation of a field; for a struct its class."""
    if shape.kind == "struct":
        fields = [(member.name, type_of(member)) for member in shape.members]
        inner: Any = msgspec.defstruct(shape.name.title() or "Record", fields, array_like=True, frozen=True)
    else:
        inner = TYPES[shape.kind]
    return tuple[inner, ...] if shape.repeated else inner


def record_of(shape: Shape, record_type: Any, plain: dict[str, Any]) -> Any:
    """The record of a plain value."""
    types = {field.name: field.type for field in msgspec.structs.fields(record_type)}
    return record_type(
        *(
            record_of(member, types[member.name], plain[member.name]) if member.kind == "struct" else plain[member.name]
            for member in shape.members
        )
    )
