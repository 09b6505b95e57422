"""The schema compiler, node by node: bytes and values written by hand, hostile bytes, and what it refuses.

Random schemas against interpreted Construct are in test_formats_compiler_random.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from itertools import product
from types import ModuleType
from typing import Any

import pytest
from crc32c import crc32c

from formats import compiler, layout
from formats.codec import ENCODE_ERRORS
from formats.layout import (
    Accepted,
    Algorithm,
    Array,
    BitGroup,
    Bits,
    Blocks,
    Boolean,
    Bounded,
    Captured,
    Choice,
    Computed,
    Conditional,
    Constant,
    CountedArray,
    CountOf,
    Digest,
    EndsOf,
    Enumeration,
    Field,
    FlagSet,
    Float,
    Integer,
    Layout,
    LengthOf,
    Literal,
    Member,
    Node,
    Nothing,
    Operation,
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Rebuilt,
    Records,
    Region,
    Repeated,
    Size,
    Slices,
    Struct,
    Text,
    Zeros,
)

U8, U16, U32 = Integer(1), Integer(2), Integer(4)
HERE = Field(0, ("n",))
CRC32C = Algorithm("crc32c", "crc32c")


def fields(header: int = 0, **members: Node) -> Struct:
    """A struct; a name that begins with an underscore stands for none."""
    return Struct(tuple(Member(None if name.startswith("_") else name, node) for name, node in members.items()), header)


def number(value: int) -> Literal:
    return Literal(value)


def compute(symbol: str, *operands: Any) -> Operation:
    return Operation(symbol, operands)


def module_of(node: Node, seed: tuple[str, ...] = ()) -> ModuleType:
    return compiler.load(compiler.generate("test", 1, Layout(node, seed)), "test_v1")


def masked(data: bytes) -> bytes:
    """LevelDB's masked checksum."""
    checksum = crc32c(data)
    return (((checksum >> 15 | checksum << 17) + 0xA282EAD8) % 2**32).to_bytes(4, "little")


@dataclass(frozen=True)
class Case:
    """Bytes of a node and their value as nested tuples; bytes it refuses; values that it refuses to write."""

    node: Node
    good: tuple[tuple[bytes, Any], ...]
    refused: tuple[bytes, ...] = ()
    unwritable: tuple[Any, ...] = ()


PAIR = fields(a=U8, b=U8)
ENDS = fields(n=CountOf(U8, ("s",)), e=EndsOf(U8, HERE, "s"), s=Slices("e", minimum=1, maximum=3, order="strict"))
PAYLOAD = fields(
    c=Digest(U32, CRC32C, (Field(0, ("t",)), Field(0, ("d",))), masked=True), t=U8, d=Prefixed(U8, Raw(None))
)
#: A heap behind a common prefix, of one item at least, and one of any number in any order.
BEHIND = fields(
    n=CountOf(Bounded(U8, 1, 9), ("s",)),
    z=LengthOf(U8, "p"),
    e=EndsOf(U8, HERE, "s", "p"),
    p=PrefixOf(Field(0, ("z",)), "s"),
    s=Slices("e", minimum=1, maximum=3, order="strict", prefix="p", total=9),
)
LOOSE = fields(
    n=CountOf(U8, ("s",)),
    z=LengthOf(U8, "p"),
    e=EndsOf(U8, HERE, "s", "p"),
    p=PrefixOf(Field(0, ("z",)), "s"),
    s=Slices("e", minimum=0, maximum=3, prefix="p", total=9),
)
CASES: dict[str, Case] = {
    "a heap behind a prefix": Case(
        BEHIND,
        (
            (b"\x01\x02\x00ab", ((b"ab",),)),
            (b"\x02\x00\x01\x02ab", ((b"a", b"b"),)),
            (b"\x02\x01\x00\x01ab", ((b"a", b"ab"),)),
            (b"\x03\x02\x00\x01\x02abxy", ((b"ab", b"abx", b"aby"),)),
        ),
        (
            b"\x01\x00\x02ab",
            b"\x02\x00\x01\x03aab",
            b"\x02\x01\x01\x00ab",
            b"\x02\x01\x00\x00a",
            b"\x01\x00\x00",
            b"\x01\x04\x00abcd",
            b"\x04\x02\x00\x01\x02\x03abxyz",
        ),
        (((),), ((b"",),), ((b"b", b"a"),), ((b"abcd",),), ((b"abw", b"abx", b"aby", b"abz"),), ((b"a", "b"),)),
    ),
    "a heap behind a prefix, in any order": Case(
        LOOSE,
        (
            (b"\x00\x00", ((),)),
            (b"\x01\x00\x00", ((b"",),)),
            (b"\x02\x01\x00\x00a", ((b"a", b"a"),)),
            (b"\x02\x01\x01\x01ab", ((b"ab", b"a"),)),
        ),
        (b"\x00\x01a", b"\x02\x00\x01\x02aa", b"\x02\x01\x01\x00ab", b"\x01\x00\x01a"),
        (((b"abcd",),), ((b"abc", b"abd", b"abe", b"abf"),)),
    ),
    "little-endian integers": Case(U16, ((b"\x01\x02", 0x0201),), (b"", b"\x01", b"\x01\x02\x03"), (-1, 65536, "1")),
    "big-endian signed integers": Case(Integer(4, signed=True, little=False), ((b"\xff\xff\xff\xfe", -2),)),
    "integers of three bytes": Case(Integer(3, signed=True), ((b"\xff\xff\xff", -1),), (b"ab",), (1 << 23,)),
    "integers of both byte orders": Case(
        fields(a=U16, b=Integer(2, little=False)), ((b"\x01\x00\x00\x01", (1, 1)),), (b"\x01\x00\x00",)
    ),
    "floats": Case(Float(4), ((b"\x00\x00\x80\x3f", 1.0),), (b"\x01\x00\x80\x7f",), (0.1, 1e300, "1")),
    "half floats": Case(Float(2, little=False), ((b"\x3c\x00", 1.0),), (b"\x7c\x01",), (70000.0,)),
    "doubles": Case(Float(8), ((bytes(8), 0.0),), (bytes(7),), (2**60 + 1,)),
    "booleans": Case(Boolean(), ((b"\x00", False), (b"\x01", True)), (b"\x02", b"\xff"), (2, "yes")),
    "bytes of a fixed size": Case(Raw(number(2)), ((b"ab", b"ab"),), (b"a", b"abc"), (b"a", "ab", b"abc")),
    "bytes to the end": Case(Raw(None), ((b"", b""), (b"abc", b"abc")), (), ("abc", 3)),
    "bytes of a size that a field gives": Case(
        fields(n=LengthOf(Bounded(U8, 1, 3), "d"), d=Raw(HERE)),
        ((b"\x02ab", (b"ab",)),),
        (b"\x00", b"\x02a", b"\x02abc", b"\x04abcd"),
        ((b"",), (b"abcd",)),
    ),
    "a length that nothing takes its size from": Case(
        fields(n=LengthOf(U8, "d"), d=Array(number(2), U16)), ((b"\x04\1\0\2\0", ((1, 2),)),), (b"\x03\1\0\2\0",)
    ),
    "text": Case(Text(Raw(None), "utf8"), (("é".encode(), "é"),), (b"\xc3", b"\xff"), ("\ud800", b"a")),
    "text behind its length": Case(Text(Prefixed(U8, Raw(None)), "ascii"), ((b"\x01a", "a"),), (b"\x01\x80",), ("é",)),
    "constants": Case(
        fields(_m=Constant(Raw(number(2)), b"AB", "magic"), _v=Constant(U8, 7), x=U8),
        ((b"AB\x07\x05", (5,)),),
        (b"AC\x07\x05",),
    ),
    "closed enumerations": Case(
        Enumeration(U8, (("one", 1), ("two", 2))), ((b"\x01", "one"),), (b"\x00", b"\x03"), ("three", 1)
    ),
    "open enumerations": Case(
        Enumeration(U8, (("one", 1),), closed=False), ((b"\x01", "one"), (b"\x09", 9)), (), (1, "nine", 256)
    ),
    "flags": Case(FlagSet(U8, (("a", 1), ("b", 4))), ((b"\x05", 5),), (b"\x02", b"\x80"), (2, -1)),
    "named flags": Case(
        FlagSet(U8, (("a", 1), ("b", 4)), named=True), ((b"\x05", frozenset("ab")),), (b"\x02",), (["a"], {"c"})
    ),
    "bounds": Case(Bounded(U8, 2, 9), ((b"\x02", 2), (b"\x09", 9)), (b"\x01", b"\x0a"), (1, 10)),
    "accepted values": Case(Accepted(U8, (1, 3)), ((b"\x03", 3),), (b"\x02",), (2,)),
    "refused values": Case(Accepted(U8, (1, 3), refused=True), ((b"\x02", 2),), (b"\x01",), (3,)),
    "reserved bytes": Case(fields(_r=Zeros(number(3)), x=U8), ((b"\0\0\0\1", (1,)),), (b"\0\1\0\1",)),
    "many reserved bytes": Case(fields(_r=Zeros(number(999)), x=U8), ((bytes(999) + b"\1", (1,)),), (b"\1" * 1000,)),
    "padding of a varying size": Case(fields(n=U8, _p=Zeros(HERE)), ((b"\2\0\0", (2,)),), (b"\2\0\1", b"\2\0")),
    "rebuilt fields": Case(
        fields(s=Rebuilt(U8, compute("+", Field(0, ("a",)), Field(0, ("b",)))), a=U8, b=U8),
        ((b"\3\1\2", (1, 2)),),
        (b"\4\1\2",),
        ((200, 100),),
    ),
    "counts": Case(
        fields(n=CountOf(U8, ("r", "a")), r=Region(number(4), fields(a=Array(Field(1, ("n",)), U16)))),
        ((b"\2\1\0\2\0", (((1, 2),),)),),
        (b"\1\1\0\2\0", b"\3\1\0\2\0"),
        ((((1,),),), (([1, 2],),)),
    ),
    "heaps of slices": Case(
        ENDS,
        ((b"\2\1\3abc", ((b"a", b"bc"),)), (b"\0", ((),))),
        (b"\2\1\3ab", b"\2\1\3abcd", b"\2\3\1abc", b"\2\1\1a", b"\2\1\2ba", b"\2\1\2aa", b"\1\4abcd"),
        (((b"b", b"a"),), ((b"",),), ((b"abcd",),), (["a"],)),
    ),
    "checksums": Case(
        fields(d=Captured(fields(a=U16)), c=Digest(U32, Algorithm("zlib", "crc32"), (Field(0, ("d",)),))),
        ((b"ab" + zlib.crc32(b"ab").to_bytes(4, "little"), ((0x6261,),)),),
        (b"ab\0\0\0\0",),
    ),
    "masked checksums over what follows": Case(
        PAYLOAD, ((masked(b"\1\2xy") + b"\1\2xy", (1, b"xy")),), (bytes(4) + b"\1\2xy",)
    ),
    "closing tags": Case(fields(u=Raw(number(3)), t=Repeated("u", 2)), ((b"abcab", (b"abc",)),), (b"abcac",)),
    "no bytes": Case(fields(a=U8, b=Nothing(), c=Conditional(Literal(True), Nothing(), U8)), ((b"\1", (1, None)),)),
    "bit groups": Case(
        BitGroup(2, (
            Member("a", Bits(3)), Member(None, Constant(Bits(4), 5)),
            Member("b", Bits(8, signed=True)), Member("c", Bits(1, boolean=True)),
        )),
        ((b"\xab\xff", (5, -1, True)),),
        (b"\xa9\xff",),
        ((8, 0, True), (1, 128, True), (1, 1, 2)),
    ),
    "arrays of structs": Case(Array(number(2), PAIR), ((b"\1\2\3\4", ((1, 2), (3, 4))),), (b"\1\2\3",), (((1, 2),),)),
    "arrays of varying elements": Case(
        CountedArray(U8, Prefixed(U8, Raw(None))), ((b"\2\1a\0", (b"a", b"")),), (b"\2\1a", b"\xff"), ([b"a"],)
    ),
    "columns in order": Case(
        fields(n=CountOf(U8, ("a",)), a=Array(HERE, U8, "strict", last=number(7))),
        ((b"\2\3\7", ((3, 7),)),),
        (b"\2\7\7", b"\2\3\6", b"\0"),
        (((7, 3, 7),), ((),)),
    ),
    "columns that may repeat": Case(Array(number(3), U8, "ascending"), ((b"\1\1\2", (1, 1, 2)),), (b"\2\1\1",)),
    "columns of names": Case(
        Array(number(2), Enumeration(U8, (("x", 7),))), ((b"\7\7", ("x", "x")),), (b"\7\0",), (("y", "x"),)
    ),
    "columns of bounded numbers": Case(
        Array(number(2), Bounded(U16, 1, 9)), ((b"\1\0\t\0", (1, 9)),), (b"\0\0\1\0",), ((0, 1),)
    ),
    "columns of booleans": Case(Array(number(2), Boolean()), ((b"\1\0", (True, False)),), (b"\2\0",), ((2, 0),)),
    "columns of bytes": Case(
        Array(number(2), Raw(number(2))), ((b"abcd", (b"ab", b"cd")),), (b"abc",), ((b"a", b"bcd"),)
    ),
    "length prefixes": Case(
        Prefixed(U8, fields(a=U8, b=Raw(None)), inclusive=True),
        ((b"\3ab", (97, b"b")),),
        (b"\0", b"\1", b"\4ab", b"\2ab"),
    ),
    "exact regions": Case(Region(number(2), U16), ((b"\1\0", 1),), (b"\1",)),
    "padded regions": Case(
        Region(number(4), Prefixed(U8, Raw(None)), exact=False),
        ((b"\1a\0\0", b"a"),),
        (b"\1a\0\1", b"\4abc"),
        (b"abcd",),
    ),
    "padding up to a size": Case(Padded(number(3), U8), ((b"\1\0\0", 1),), (b"\1\0\1",)),
    "conditions": Case(
        fields(n=U8, x=Conditional(compute(">", HERE, number(1)), U16, Nothing())),
        ((b"\1", (1, None)), (b"\2\1\0", (2, 1))),
        (b"\2", b"\1\1"),
        ((1, 1), (2, None)),
    ),
    "choices": Case(
        fields(n=U8, x=Choice(HERE, ((1, U8), (2, PAIR)), None)),
        ((b"\1\5", (1, 5)), (b"\2\5\6", (2, (5, 6)))),
        (b"\3\5", b"\2\5"),
        ((3, 1), (2, b"ab"), (1, (1, 2))),
    ),
    "computed values": Case(
        fields(n=U8, x=Computed(compute("*", HERE, number(2)))), ((b"\3", (3, 6)),), (), ((3, 5),)
    ),
    "sizes of fields": Case(
        fields(a=Prefixed(U8, Raw(None)), b=Raw(Size(Field(0, ("a",))))),
        ((b"\1xy", (b"x", b"y")),),
        (b"\1x",),
        ((b"x", b""),),
    ),
    "divisions by zero": Case(
        fields(n=U8, d=Raw(compute("//", number(4), HERE))), ((b"\2ab", (2, b"ab")),), (b"\0",), ((0, b""),)
    ),
    "negative sizes": Case(fields(n=U8, d=Raw(compute("-", HERE, number(2)))), ((b"\3a", (3, b"a")),), (b"\1",)),
    "streams of records": Case(
        Records(fields(n=LengthOf(U8, "d"), d=Raw(HERE))), ((b"", ()), (b"\1a\0", ((b"a",), (b"",)))), (b"\2a",)
    ),
    "blocks of records": Case(
        Blocks(4, fields(n=LengthOf(U8, "d"), _k=Constant(U8, 9), d=Raw(HERE))),
        ((b"", ()), (b"\1\x09a\0\0\x09", (((b"a",),), ((b"",),)))),
        (b"\1\x09a\1\0\x09", b"\1\x09a\0", b"\3\x09abc", b"\0"),
        ((((b"a",),), ()), (((b"",),), ((b"",),))),
    ),
}  # fmt: skip


def names_of(node: Any) -> set[str]:
    found = {type(node).__name__}
    for _, child in layout.children(node):
        found |= names_of(child)
    return found


@pytest.mark.parametrize("name", CASES)
def test_node_decodes_to_its_value_and_back(name: str) -> None:
    case = CASES[name]
    module = module_of(case.node)
    for data, value in case.good:
        assert module.probe_tuple(data) == value
        record = module.probe(data)
        assert module.encode(record) == data
        assert module.probe(bytearray(data)) == module.probe(memoryview(data)) == record
        arguments = value if isinstance(case.node, Struct | BitGroup) else (value,)
        assert module.encode_tuple(*arguments) == data
        if hasattr(module, "probe_prefix"):
            assert module.probe_prefix(data + b"\xff\0") == (record, len(data))


@pytest.mark.parametrize("name", CASES)
def test_node_refuses_bad_bytes(name: str) -> None:
    case = CASES[name]
    module = module_of(case.node)
    for data in case.refused:
        assert module.probe(data) is None
        assert module.probe_tuple(data) is None


@pytest.mark.parametrize("name", CASES)
def test_node_does_not_write_what_it_would_refuse(name: str) -> None:
    case = CASES[name]
    module = module_of(case.node)
    for value in case.unwritable:
        arguments = value if isinstance(case.node, Struct | BitGroup) and isinstance(value, tuple) else (value,)
        with pytest.raises(ENCODE_ERRORS):
            module.encode_tuple(*arguments)


@pytest.mark.parametrize("name", CASES)
def test_node_never_raises_and_accepts_only_what_it_writes_back(name: str, seed: int) -> None:
    module, source = module_of(CASES[name].node), random.Random(seed)
    inputs = [bytes(pair) for length in range(3) for pair in product(range(256), repeat=length)]
    inputs += [source.randbytes(source.randrange(40)) for _ in range(300)]
    for data in inputs:
        record = module.probe(data)
        assert (record is None) == (module.probe_tuple(data) is None)
        assert record is None or module.encode(record) == data


def test_cases_hold_every_class_of_node() -> None:
    nodes = {kind.__name__ for kind in Node.__args__}
    assert set().union(*(names_of(case.node) for case in CASES.values())) == nodes
