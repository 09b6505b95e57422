"""The modules that the schema compiler writes: their names, headers, pages, bounds; and what it refuses to write."""

from __future__ import annotations

import struct
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
from crc32c import crc32c

from formats import compiler
from formats.catalog import CATALOG
from formats.errors import SchemaRefused
from formats.layout import (
    Algorithm,
    Array,
    Bits,
    Bounded,
    Computed,
    Constant,
    CountedArray,
    Digest,
    Enumeration,
    Field,
    Integer,
    Layout,
    LengthOf,
    Literal,
    Member,
    Node,
    Nothing,
    Operation,
    Raw,
    Records,
    Region,
    Struct,
    Text,
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


@pytest.mark.parametrize("subject", [*CATALOG], ids=lambda subject: subject.module_name)
def test_generated_text_repeats(subject: Any) -> None:
    again = compiler.generate(subject.name, subject.version, subject.layout)
    assert again == subject.source


def nested(depth: int) -> Node:
    """Arrays of arrays."""
    return CountedArray(U8, nested(depth - 1) if depth else U8)


REFUSED: dict[str, tuple[Node, tuple[str, ...]]] = {
    "a varying number of elements without bytes": (fields(n=U8, a=Array(HERE, Nothing())), ("a",)),
    "elements that may be empty": (fields(n=U8, k=U8, a=Array(HERE, Raw(Field(1, ("k",))))), ("a",)),
    "a million elements without bytes": (fields(a=Array(number(10**6), Computed(number(1)))), ("a",)),
    "a shift without bound": (fields(n=U32, a=fields(b=Raw(compute("<<", number(1), Field(1, ("n",)))))), ("a", "b")),
    "a size that is text": (fields(a=Raw(Literal("3"))), ("a",)),
    "an order of text and numbers": (fields(a=Computed(compute("<", Literal("a"), number(1)))), ("a",)),
    "a field that is not there": (fields(a=Raw(Field(0, ("b",)))), ("a",)),
    "a size that depends on itself": (fields(n=LengthOf(U8, "d"), d=Raw(compute("-", HERE, number(1)))), ("n",)),
    "an unknown encoding": (fields(t=Text(Raw(None), "utf-7")), ("t",)),
    "an unnamed value": (fields(a=fields(_x=U8)), ("a",)),
    "records that may be empty": (fields(r=Records(Raw(None))), ("r",)),
    "a seed for another function": (
        fields(a=U8, s=Digest(U32, Algorithm("zlib", "crc32"), sealing=True, seed=("extent",))),
        ("s",),
    ),
    "bits outside a bit group": (fields(b=Bits(3)), ("b",)),
    "loops without end of nesting": (fields(a=nested(20)), ("a",)),
    "content that never fits": (fields(r=Region(number(1), U16)), ("r",)),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_compiler_names_what_it_refuses(what: str) -> None:
    node, path = REFUSED[what]
    with pytest.raises(SchemaRefused) as caught:
        compiler.generate("test", 1, Layout(node, ("extent",) if "seed" in what else ()))
    assert caught.value.path[: len(path)] == path


def test_names_that_python_would_not_take_are_changed_and_told() -> None:
    names = Struct(tuple(Member(name, U8) for name in ("class", "a b", "a-b", "_x", "int", "l", "data", "9")))
    module = module_of(names)
    record = module.probe(bytes(range(8)))
    assert record.__struct_fields__ == ("class_", "a_b", "a_b_", "field__x", "int_", "l", "data", "field_9")
    assert record.PLAIN_NAMES == ("class", "a b", "a-b", "_x", "int", "l", "data", "9")
    assert module.encode(record) == bytes(range(8))


def test_traceback_shows_the_generated_line() -> None:
    module = module_of(fields(a=Bounded(U8, 1, 2)))
    with pytest.raises(ValueError, match="a") as caught:
        module.encode_tuple(3)
    assert "raise ValueError" in str(caught.traceback[-1].statement)


SEALED = fields(
    header=5,
    _m=Constant(Raw(number(2)), b"AB", "magic"),
    owner=Enumeration(U8, (("x", 1),)),
    n=LengthOf(Bounded(U8, 1, 9), "d"),
    check=Digest(U32, CRC32C, (Field(0, ("d",)),)),
    seal=Digest(U32, CRC32C, sealing=True, seed=("extent",)),
    d=Raw(HERE),
)


def test_header_is_read_and_written_alone() -> None:
    module = module_of(SEALED, ("extent",))
    data = module.encode_tuple("x", b"body", 5)
    header = module.probe_header(data, 5)
    assert header == ("x", 4, crc32c(b"body"))
    assert module.Header._fields == ("owner", "n", "check")
    assert module.HEADER_SIZE == 12
    assert module.encode_header(*header, seed=5) + b"body" == data
    assert module.probe_header(data, 6) is None
    assert module.probe_header(data[:11], 5) is None
    with pytest.raises(ValueError, match="n"):
        module.encode_header("x", 10, 0)


def test_seal_is_of_one_place() -> None:
    module = module_of(SEALED, ("extent",))
    assert module.SEED_FIELDS == ("extent",)
    assert module.probe(module.encode_tuple("x", b"d", 1), 2) is None


def test_nothing_is_allocated_from_a_length_that_is_not_there() -> None:
    node = fields(n=Integer(8), a=Array(HERE, U32), b=Array(HERE, fields(x=U8, y=Raw(Field(0, ("x",))))))
    module = module_of(node)
    data = b"\xff" * 8 + bytes(100)
    module.probe(data)
    tracemalloc.start()
    assert module.probe(data) is None
    assert tracemalloc.get_traced_memory()[1] < 64 * 1024
    tracemalloc.stop()


COLUMNS = fields(n=U16, k=U8, a=Array(HERE, U16), b=Array(HERE, U16), d=Array(Field(0, ("k",)), U32))


def shapes_of(module: ModuleType) -> list[Any]:
    return [value for value in vars(module).values() if hasattr(value, "cache_info")]


def test_shapes_of_columns_are_kept_in_bounded_number() -> None:
    module = module_of(COLUMNS)
    for count in range(3000):
        value = count, 1, tuple(range(count)), (7,) * count, (count,)
        assert module.probe_tuple(module.encode_tuple(*value)) == value
    sizes = [(kept.cache_info().currsize, kept.cache_info().maxsize) for kept in shapes_of(module)]
    assert sorted(sizes) == [(1, 1024), (1024, 1024), (1024, 1024)]


@pytest.mark.parametrize("count", [True, 1.0])
def test_count_that_only_equals_one_is_refused_also_when_its_shape_is_kept(count: Any) -> None:
    module = module_of(COLUMNS)
    for _ in range(2):
        with pytest.raises(struct.error):
            module.encode_tuple(count, 1, (5,), (5,), (5,))
        assert module.encode_tuple(1, 1, (5,), (5,), (5,))


def test_threads_share_the_shapes_of_columns() -> None:
    module = module_of(COLUMNS)

    def exchange(first: int) -> bool:
        values = [(n, 2, tuple(range(n)), (n,) * n, (first, n)) for n in range(first, first + 1500)]
        return all(module.probe_tuple(module.encode_tuple(*value)) == value for value in values)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(exchange, range(0, 400, 100)))


@pytest.fixture(scope="module")
def page() -> tuple[ModuleType, bytes, Any]:
    keys = tuple(sorted({f"key {number * 7919 % 1009}".encode() for number in range(78)}))
    ends = tuple(sum(index % 3 for index in range(last + 1)) for last in range(len(keys)))
    columns = tuple(tuple(range(base, base + ends[-1])) for base in range(0, 500, 100))
    codec = CATALOG["lsm_page.data@1"].codec
    data = codec.module.encode_tuple((ends, *columns, keys))
    return codec.module, data, codec.probe(data).entries


def test_page_finds_its_keys_and_no_others(page: tuple[ModuleType, bytes, Any]) -> None:
    module, data, entries = page
    for index, key in enumerate(entries.keys):
        assert module.lookup(data, key) == module.lookup(memoryview(data), key) == index
        assert module.lookup(data, key + b"\0") == module.lookup(data, key[:-1] + b"\xff" * 3) == -1
        assert module.key_at(data, index) == key
    assert module.lookup(data, b"") == module.lookup(data, b"\xff") == -1


def test_page_finds_where_a_key_would_stand(page: tuple[ModuleType, bytes, Any]) -> None:
    module, data, entries = page
    for key in [*entries.keys, b"", b"\xff", *(key + b"\0" for key in entries.keys)]:
        assert module.lower_bound(data, key) == sum(other < key for other in entries.keys)


def test_page_gives_one_entry_without_decoding(page: tuple[ModuleType, bytes, Any]) -> None:
    module, data, entries = page
    rows = list(
        zip(entries.extents, entries.generations, entries.offsets, entries.lengths, entries.checksums, strict=True)
    )
    for index, end in enumerate(entries.locator_ends):
        assert module.entry(data, index) == (end,)
        assert module.group(data, index) == tuple(rows[entries.locator_ends[index - 1] if index else 0 : end])
    with pytest.raises(IndexError):
        module.key_at(data, len(entries.keys))
    with pytest.raises(IndexError):
        module.group(data, -1)
