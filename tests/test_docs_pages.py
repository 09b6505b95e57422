"""The pages in docs/formats are what the schemas say now."""

from __future__ import annotations

import re
from pathlib import Path

import construct as c
import pytest

from formats.catalog import CATALOG, Catalog, Format
from formats.description.bytemap import bit_ranges
from formats.fingerprint import fingerprint
from roundtrip.hexdump import annotated
from roundtrip.pages import checkout_root, generated_documents, pages

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "formats"
DOCUMENTS = generated_documents(ROOT)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_document_is_what_the_schemas_give(path: Path) -> None:
    assert path.is_file(), "run `shardproof formats generate`"
    assert path.read_text(encoding="utf-8") == DOCUMENTS[path], "run `shardproof formats generate`"


def test_documents_are_found_from_the_package() -> None:
    assert checkout_root() == ROOT


#: The page that is written by hand: how the formats make a disk.
BY_HAND = {"lock.md", "store.md"}


def test_no_other_file_lies_among_the_pages() -> None:
    generated = {path.name for path in DOCUMENTS if path.parent == FOLDER}
    assert {path.name for path in FOLDER.iterdir()} == generated | BY_HAND


def test_there_is_a_page_for_every_family_and_a_picture_for_every_format() -> None:
    names = set(pages(CATALOG))
    assert {f"{entry.family}.md" for entry in CATALOG} <= names
    assert {f"{entry.label}.svg" for entry in CATALOG} <= names


@pytest.mark.parametrize("entry", list(CATALOG), ids=lambda entry: entry.label)
def test_page_shows_layout_rules_example_and_fingerprint(entry: Format) -> None:
    text = pages(CATALOG)[f"{entry.family}.md"]
    assert f"]({entry.label}.svg)" in text
    assert fingerprint(entry.layout) in text
    assert f"golden/{entry.name}/v{entry.version}/" in text
    assert "`header_checksum`" in text


def test_bytes_of_an_example_are_those_of_its_kept_file() -> None:
    text = pages(CATALOG)["extent_header.md"]
    link = re.search(r"\]\((\.\./\.\./corpus/data/[^)]+)\)", text)
    assert link is not None
    data = (FOLDER / link[1]).read_bytes()
    dump = text.partition("offset  bytes")[2].partition("```")[0]
    for offset, hexadecimal in re.findall(r"^ *(\d+)  ((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  |$)", dump, re.MULTILINE):
        assert data[int(offset) :].startswith(bytes.fromhex(hexadecimal))


def test_pages_of_another_catalog_need_no_samples() -> None:
    schema = c.Struct("size" / c.Int8ub, "bits" / c.BitStruct("a" / c.Flag, "b" / c.BitsInteger(7)))
    made = pages(Catalog("mine", (Format("mine", 3, schema, "a format of mine"),)))
    assert sorted(made) == ["README.md", "mine.md", "mine@3.svg"]
    assert "a format of mine" in made["mine.md"]
    assert "Example" not in made["mine.md"]


def test_annotated_bytes_show_bit_fields_text_and_what_is_left_out() -> None:
    schema = c.Struct(
        "bits" / c.BitStruct("a" / c.Flag, "b" / c.BitsInteger(7)),
        "zeros" / c.Bytes(20),
        "text" / c.Bytes(5),
        "long" / c.Bytes(60),
    )
    entry = Format("small", 1, schema)
    value = {"bits": {"a": True, "b": 3}, "zeros": bytes(20), "text": b"hello", "long": bytes(range(60))}
    data = entry.oracle.encode(value)
    text = annotated(data, bit_ranges(entry, data))
    assert "83 bits 0..0" in text
    assert "20 bytes 00" in text
    assert "68 65 6c 6c 6f" in text
    assert '"hello"' in text
    assert "... 36 more bytes" in text
