"""Protocol Buffers (upb), with messages described at run time, so that no compiler is needed.

Decoding counts reading the fields into tuples, because upb makes Python objects only then. Encoding counts making the
message. Enumerations stay numbers. There is no checksum.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from ..records import Sample
from .contender import Call, Contender
from .shapes import Shape, named, numbered, shape_of

Field = descriptor_pb2.FieldDescriptorProto
TYPES = {
    "number": Field.TYPE_UINT32,
    "wide": Field.TYPE_UINT64,
    "bytes": Field.TYPE_BYTES,
    "name": Field.TYPE_UINT32,
}


def contenders(sample: Sample) -> list[Contender]:
    """The lane `protobuf`."""
    shape = shape_of(sample.format.layout)
    message_type = message_type_of(shape, sample.format.module_name)
    values, read = values_of(shape, sample.plain), reader(shape)
    parse = message_type.FromString

    def decode(data: bytes) -> Any:
        return read(parse(data))

    def encode(values: dict[str, Any]) -> bytes:
        data: bytes = message_type(**values).SerializeToString()
        return data

    return [
        Contender(
            "protobuf",
            "shape",
            Call(decode, (encode(values),)),
            lambda value: plain_of(shape, value),
            Call(encode, (values,)),
            same_bytes=False,
            note="upb, fields read into tuples, enumerations as numbers; no checksum",
        )
    ]


def message_type_of(shape: Shape, name: str) -> Any:
    """The message class of a shape."""
    package = f"shardproof.bench.{name}"
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    describe(shape, "Record", file.message_type.add())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.Record"))


def describe(shape: Shape, name: str, message: Any) -> None:
    """Fill in the description of a message."""
    message.name = name
    for number, member in enumerate(shape.members, 1):
        field = message.field.add(name=member.name, number=number)
        field.label = Field.LABEL_REPEATED if member.repeated else Field.LABEL_OPTIONAL
        if member.kind == "struct":
            inner = f"{member.name.title()}Record"
            describe(member, inner, message.nested_type.add())
            field.type, field.type_name = Field.TYPE_MESSAGE, inner
        else:
            field.type = TYPES[member.kind]


def reader(shape: Shape) -> Callable[[Any], tuple[Any, ...]]:
    """Reads a message into a tuple: plain fields first, then repeated ones, then messages, each group in order."""
    groups = grouped(shape)
    plain, repeated, structs = (getter([member.name for member in group]) for group in groups)
    inner = [reader(member) for member in groups[2]]
    if not groups[1] and not groups[2]:
        return plain
    if not groups[0] and not groups[2]:
        return lambda message: tuple(map(tuple, repeated(message)))
    return lambda message: (
        *plain(message),
        *map(tuple, repeated(message)),
        *(read(value) for read, value in zip(inner, structs(message), strict=True)),
    )


def grouped(shape: Shape) -> tuple[list[Shape], list[Shape], list[Shape]]:
    """Plain fields, repeated fields, messages."""
    structs = [member for member in shape.members if member.kind == "struct"]
    rest = [member for member in shape.members if member.kind != "struct"]
    return [m for m in rest if not m.repeated], [m for m in rest if m.repeated], structs


def getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Reads attributes into a tuple, also where there is one or none."""
    if not names:
        return lambda _: ()
    if len(names) == 1:
        one = attrgetter(names[0])
        return lambda message: (one(message),)
    return attrgetter(*names)


def values_of(shape: Shape, plain: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a message."""
    return {
        member.name: values_of(member, plain[member.name])
        if member.kind == "struct"
        else numbered(member, plain[member.name])
        for member in shape.members
    }


def plain_of(shape: Shape, values: tuple[Any, ...]) -> dict[str, Any]:
    """The plain value of what `reader` has read."""
    members = [member for group in grouped(shape) for member in group]
    found = {
        member.name: plain_of(member, value) if member.kind == "struct" else named(member, value)
        for member, value in zip(members, values, strict=True)
    }
    return {member.name: found[member.name] for member in shape.members}
