"""The Kaitai export, proved by the Kaitai compiler: a decoder that none of us wrote reads what ours read."""

from __future__ import annotations

from random import Random
from typing import Any

import construct as c
import pytest
from construct import this

from corpus.sidecar import Accepted
from corpus.store import Entry, load, own_folder
from formats import primitives as p
from formats.catalog import CATALOG, Format
from formats.errors import SchemaRefused, ValueRefused
from formats.kaitai import identifier, ksy, ksy_tree
from formats.values import comparable
from roundtrip.generate import NoValue, RandomSource, generate
from roundtrip.kaitai import KaitaiMissing, KaitaiRefused, compile_ksy, load_class
from roundtrip.kaitai_values import plain_of_kaitai
from roundtrip.schemas import random_schema

FORMATS = pytest.mark.parametrize("entry", list(CATALOG), ids=lambda entry: entry.label)
#: The rules that a Kaitai decoder checks as ours do.
CHECKED_RULES = {"magic", "kind", "version", "reserved", "enum", "flags", "closing_tag"}
RANDOM_SCHEMAS = 60


def classes(texts: dict[str, str]) -> dict[str, Any]:
    """The compiled decoders of `.ksy` texts by module name; skips, with the reason, where there is no compiler."""
    try:
        sources = compile_ksy(texts)
    except KaitaiMissing as missing:
        pytest.skip(f"not run: {missing}")
    return {name: load_class(source, identifier(name)) for name, source in sources.items()}


@pytest.fixture(scope="module")
def compiled() -> dict[str, Any]:
    return classes({entry.module_name: ksy(entry) for entry in CATALOG})


@pytest.fixture(scope="module")
def kept() -> tuple[Entry, ...]:
    return load(own_folder(), CATALOG)


def read(entry: Format, decoder: Any, data: bytes) -> Any:
    """What the Kaitai decoder reads, as a plain value."""
    return comparable(plain_of_kaitai(entry.layout, decoder.from_bytes(data)))


def generated(entry: Format, count: int, size: int = 12) -> list[bytes]:
    """Frames that repeat; fewer where the format has few values."""
    frames = []
    for number in range(count):
        try:
            frames.append(entry.oracle.encode(generate(entry.layout, RandomSource(Random(number)), size=size), 5))
        except (NoValue, ValueRefused):
            continue
    return frames


@FORMATS
def test_kaitai_reads_golden_files_field_by_field(
    entry: Format, compiled: dict[str, Any], kept: tuple[Entry, ...]
) -> None:
    golden = [
        found
        for found in kept
        if found.sidecar.kind == "golden"
        and (found.sidecar.format, found.sidecar.version) == (entry.name, entry.version)
    ]
    assert len(golden) >= 3
    for found in golden:
        assert isinstance(found.sidecar.expected, Accepted)
        assert read(entry, compiled[entry.module_name], found.data) == comparable(found.sidecar.expected.plain), (
            found.identity
        )


@FORMATS
def test_kaitai_reads_generated_frames_as_the_oracle_does(entry: Format, compiled: dict[str, Any]) -> None:
    frames = generated(entry, 60)
    assert len(frames) == 60
    for frame in frames:
        assert read(entry, compiled[entry.module_name], frame) == comparable(entry.oracle.decode(frame, 5))


@FORMATS
def test_kaitai_refuses_what_it_can_check(entry: Format, compiled: dict[str, Any], kept: tuple[Entry, ...]) -> None:
    rejected = [
        found
        for found in kept
        if (found.sidecar.format, found.sidecar.version) == (entry.name, entry.version)
        and getattr(found.sidecar.expected, "rule", "") in CHECKED_RULES
    ]
    assert len(rejected) >= 3
    for found in rejected:
        with pytest.raises(Exception, match=r"validation failed|requested|end of stream"):
            compiled[entry.module_name].from_bytes(found.data)


def test_kaitai_agrees_on_random_schemas() -> None:
    entries, refused = [], 0
    for number in range(RANDOM_SCHEMAS):
        try:
            entry = Format(f"random_{number}", 1, random_schema(RandomSource(Random(number))))
            entries.append((entry, ksy(entry)))
        except SchemaRefused:
            refused += 1
    decoders = classes({entry.module_name: text for entry, text in entries})
    assert refused < RANDOM_SCHEMAS // 10
    for entry, _ in entries:
        for frame in generated(entry, 8):
            assert read(entry, decoders[entry.module_name], frame) == comparable(entry.oracle.decode(frame, 5)), (
                entry.schema
            )


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("extent_header", "extent_size", "generation"),
        ("superblock", "compatible", "incompatible"),
        ("tree_metadata", "offsets", "lengths"),
        ("lsm_page.data", "extents", "generations"),
        ("lsm_page.footer", "index_offset", "filter_offset"),
    ],
)
def test_an_export_with_two_fields_swapped_is_caught(name: str, first: str, second: str) -> None:
    entry = CATALOG.labelled(name)
    wrong = ksy(entry)
    for old, new in ((first, "swapped"), (second, first), ("swapped", second)):
        wrong = wrong.replace(f"id: {old}\n", f"id: {new}\n")
    decoder = classes({entry.module_name: wrong})[entry.module_name]

    def disagrees(frame: bytes) -> bool:
        try:
            return bool(read(entry, decoder, frame) != comparable(entry.oracle.decode(frame, 5)))
        except Exception:  # noqa: BLE001  # bounds of the other field may refuse the frame: seen as well
            return True

    assert any(disagrees(frame) for frame in generated(entry, 10))


def test_the_compiler_refuses_what_is_not_kaitai() -> None:
    text = ksy(CATALOG["chunk@1"]).replace("size: key_length", "size: key_size")
    try:
        with pytest.raises(KaitaiRefused, match="key_size"):
            compile_ksy({"chunk": text})
    except KaitaiMissing as missing:
        pytest.skip(f"not run: {missing}")


def test_export_says_what_kaitai_cannot_check() -> None:
    doc = str(ksy_tree(CATALOG["lsm_page.data@1"])["doc"])
    assert "checksums" in doc
    assert "order" in doc


def test_export_of_a_chunk_uses_kaitai_to_the_full() -> None:
    attributes: Any = {attribute["id"]: attribute for attribute in ksy_tree(CATALOG["chunk@1"])["seq"]}  # type: ignore[attr-defined]
    assert attributes["magic"]["contents"] == [0xD3, 0xD0]
    assert attributes["kind"]["valid"] == 2
    assert attributes["owner"] == {"id": "owner", "type": "u1", "enum": "owner", "valid": {"in-enum": True}}
    assert attributes["key_length"]["valid"] == {"min": 1, "max": 4096}
    assert attributes["payload"]["size"] == "payload_length"
    assert attributes["tag"]["valid"] == "uuid[_index]"


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        (c.Struct("a" / c.Struct("x" / c.Float16b)), ("a", "x")),
        (c.Struct("b" / c.OneOf(c.Int24sb, [1, 2])), ("b",)),
    ],
)
def test_what_kaitai_cannot_say_is_refused_by_path(schema: Any, path: tuple[str, ...]) -> None:
    with pytest.raises(SchemaRefused) as refused:
        ksy(Format("odd", 1, schema))
    assert refused.value.path == path


def test_names_are_made_fit_for_kaitai() -> None:
    schema = c.Struct(
        "Class" / c.Int8ub, "class" / c.Int8ub, "2nd" / c.Int8ub, "é" / c.Int8ub, "x" / c.Bytes(this.Class)
    )
    entry = Format("names", 1, schema)
    attributes: Any = ksy_tree(entry)["seq"]
    assert [attribute["id"] for attribute in attributes] == ["class_field", "class_field_2", "x_2nd", "unnamed", "x"]
    data = entry.oracle.encode({"Class": 2, "class": 3, "2nd": 4, "é": 5, "x": b"ab"})
    assert read(entry, classes({"names_v1": ksy(entry)})["names_v1"], data) == entry.oracle.decode(data)


def test_streams_in_blocks_are_exported() -> None:
    record = p.Frame("size" / p.Length(c.Int8ub, of="data", maximum=20), "data" / c.Bytes(this.size))
    entry = Format("blocks", 1, p.Blocks(8, record, smallest=1))
    value = (({"data": b"abcdefg"},), ({"data": b""}, {"data": b"h"}))
    data = entry.oracle.encode(value)
    assert read(entry, classes({"blocks_v1": ksy(entry)})["blocks_v1"], data) == value
