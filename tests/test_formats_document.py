"""Tables, rules, sizes and pictures of layouts: complete, readable, and no different from the schema."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any
from xml.etree import ElementTree as ET

import construct as c
import pytest
from construct import this
from hypothesis import given, settings

from corpus.samples import SAMPLES
from formats import chunk, extent_header, lsm_page, superblock, tree_metadata
from formats import primitives as p
from formats.catalog import CATALOG, Format
from formats.description.bytemap import static_map
from formats.description.coverage import coverage
from formats.description.document import (
    TEXT_WIDTH,
    balanced,
    docstring_block,
    markdown_table,
    text_table,
    with_tables,
    without_tables,
)
from formats.description.drawing import PALETTE, text_width
from formats.description.framesize import largest_size, smallest_size
from formats.description.picture import picture
from formats.description.rulebook import content_of, limits_of, rules_of
from formats.errors import RULES, SchemaRefused
from formats.layout import Layout
from formats.translate import translate
from roundtrip.schemas import schemas

FORMATS = pytest.mark.parametrize("entry", list(CATALOG), ids=lambda entry: entry.label)
MODULES = [extent_header, chunk, superblock, tree_metadata, lsm_page]
SVG = "{http://www.w3.org/2000/svg}"
LONG_NAMES = c.Struct(
    "an_extraordinarily_long_name" / c.Int8ub,
    "unbreakablylongname" / c.Int16ub,
    "size" / c.Int8ub,
    "another_name_that_is_far_too_long_for_its_byte" / c.Int8ub,
    "n" / c.Int24ub,
    "body" / c.Bytes(this.size),
)


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_layout_tables_in_docstrings_are_those_of_the_schemas(module: Any) -> None:
    layouts = {entry.label: entry.layout for entry in CATALOG}
    assert "<!-- layout: " in module.__doc__
    assert with_tables(module.__doc__, layouts) == module.__doc__, "run `shardproof formats generate`"


def test_every_format_has_a_table_in_a_docstring() -> None:
    text = "".join(module.__doc__ or "" for module in MODULES)
    assert sorted(re.findall(r"<!-- layout: ([\w.@]+) -->", text)) == sorted(entry.label for entry in CATALOG)


@FORMATS
def test_text_table_shows_every_field_and_fits_a_docstring(entry: Format) -> None:
    table = text_table(entry.layout)
    assert max(map(len, table.splitlines())) <= TEXT_WIDTH
    names = [row.path.rpartition(".")[2] for row in static_map(entry.layout) if not row.path.endswith("[i]")]
    assert re.findall(r"^ +(?:\d+|then)  .+?  +(\w+) ", table + " ", re.MULTILINE) == names


def test_text_table_of_a_small_format() -> None:
    schema = c.Struct("size" / c.Int16ul, c.Padding(2), "data" / c.Bytes(this.size), "rest" / c.GreedyBytes)
    assert text_table(translate(schema)) == (
        "    Numbers are little-endian.\n"
        "\n"
        "    offset  size      field      type   constraint\n"
        "         0  2         size       u16\n"
        "         2  2         (padding)  zeros  zero\n"
        "         4  size      data       bytes\n"
        "      then  the rest  rest       bytes\n"
    )


def test_text_table_of_a_stream_counts_from_the_start_of_a_record() -> None:
    schema = p.RecordsToEnd(
        p.Frame("a" / c.Int16ul, "size" / p.Length(c.Int8ul, of="x", maximum=9), "x" / c.Bytes(this.size))
    )
    offsets = re.findall(r"^ +(\S+)  .*?  +(\w+)  +\w+", text_table(translate(schema)), re.MULTILINE)
    assert offsets[-3:] == [("+0", "a"), ("+2", "size"), ("+3", "x")]


@FORMATS
def test_markdown_table_has_a_row_for_every_field(entry: Format) -> None:
    lines = [line for line in markdown_table(entry.layout).splitlines() if line.startswith("| ")]
    assert len(lines) == 1 + len(static_map(entry.layout))
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 6 for line in lines)


def test_tables_can_be_made_again_and_taken_out() -> None:
    layout = CATALOG["chunk@1"].layout
    text = "Before.\n\n<!-- layout: chunk -->\n\nAfter.\n"
    once = with_tables(text, {"chunk": layout})
    assert docstring_block("chunk", layout) in once
    assert with_tables(once, {"chunk": layout}) == once
    assert with_tables(text, {}) == text
    assert without_tables(once) == "Before.\n\nAfter.\n"


@given(schemas())
@settings(max_examples=60)
def test_every_layout_has_tables_and_a_picture(schema: Any) -> None:
    try:
        layout = translate(schema)
    except SchemaRefused:
        return
    assert text_table(layout)
    assert markdown_table(layout)
    assert overlaps(layout) == []


# --- pictures --------------------------------------------------------------------------------------------------------


def boxes(svg: str) -> list[tuple[str, float, float, float, float]]:
    """Every text of a picture with its left, top, right and bottom edge, widths estimated from above."""
    found = []
    for text in ET.fromstring(svg).iter(f"{SVG}text"):  # noqa: S314  # our own picture
        x, y, size = (float(text.attrib[name]) for name in ("x", "y", "font-size"))
        width = text_width(text.text or "", size)
        left = {"start": x, "middle": x - width / 2, "end": x - width}[text.attrib["text-anchor"]]
        found.append((text.text or "", left, y - size * 0.78, left + width, y + size * 0.22))
    return found


def overlaps(layout: Layout) -> list[tuple[str, str]]:
    """Pairs of labels that overlap, and labels that leave the page."""
    svg = picture("test", layout)
    root = ET.fromstring(svg)  # noqa: S314  # our own picture
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    found = boxes(svg)
    outside = [(box[0], "outside") for box in found if min(box[1:3]) < 0 or box[3] > width or box[4] > height]
    return outside + [
        (one[0], other[0])
        for one, other in combinations(found, 2)
        if one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]
    ]


@FORMATS
def test_picture_names_every_field_and_no_labels_overlap(entry: Format) -> None:
    words = [box[0] for box in boxes(picture("x", entry.layout))]
    for row in static_map(entry.layout):
        assert row.path.endswith("[i]") or row.path.rpartition(".")[2] in words
    assert overlaps(entry.layout) == []


def test_names_that_do_not_fit_become_numbers_in_the_legend() -> None:
    layout = translate(LONG_NAMES)
    words = [box[0] for box in boxes(picture("x", layout))]
    assert "(1)" in words
    assert "(1) an_extraordinarily_long_name" in words
    assert overlaps(layout) == []


@FORMATS
def test_picture_is_accessible_and_has_a_dark_variant(entry: Format) -> None:
    svg = picture(entry.name, entry.layout)
    root = ET.fromstring(svg)  # noqa: S314  # our own picture
    assert (root.findtext(f"{SVG}title"), root.attrib["role"]) == (f"Layout of {entry.name}", "img")
    assert all(row.path in (root.findtext(f"{SVG}desc") or "") for row in static_map(entry.layout)[:5])
    assert "prefers-color-scheme: dark" in svg
    assert min(float(text.attrib["font-size"]) for text in root.iter(f"{SVG}text")) >= 11


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG 2 defines it."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("page", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_every_fill(page: int) -> None:
    for text in ("ink", "faint"):
        for fill in ("page", "value", "derived", "check", "open"):
            pair = sorted(luminance(PALETTE[name][page]) for name in (text, fill))
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 5, (text, fill)


def test_picture_tells_what_no_checksum_vouches_for() -> None:
    stream = p.RecordsToEnd(p.Frame("sum" / p.Crc32c(covers="a"), "a" / c.Int16ul, "b" / c.Int8ul))
    layout = translate(stream)
    assert coverage(layout).over("[i].a") == "[i].sum"
    assert coverage(layout).over("[i].b") is None
    assert "no checksum vouches" in picture("x", translate(c.Struct("a" / c.Int32ub)))
    assert "no checksum vouches" not in picture("x", CATALOG["chunk@1"].layout)


# --- rules, limits, sizes --------------------------------------------------------------------------------------------


def test_rules_of_a_chunk_are_in_the_order_of_checks() -> None:
    rules = {use.rule: use.fields for use in rules_of(CATALOG["chunk@1"].layout)}
    assert list(rules) == [
        *("truncated", "magic", "kind", "version", "header_checksum", "bounds", "checksum"),
        *("closing_tag", "enum", "trailing"),
    ]
    assert rules["checksum"] == ("key_checksum", "payload_checksum")


@FORMATS
def test_rules_and_flaws_of_a_format_agree(entry: Format) -> None:
    """Whatever rule a rejected file of the corpus breaks is on the format's page."""
    listed = {use.rule for use in rules_of(entry.layout)}
    listed |= {rule for content in content_of(entry.layout) for rule in content.rules}
    assert {flaw.rule for flaw in SAMPLES[entry.name, entry.version].flaws} <= listed <= set(RULES)


def test_content_of_a_page_is_checked_field_by_field() -> None:
    found = {content.path: content.rules for content in content_of(CATALOG["lsm_page.data@1"].layout)}
    assert found["entries.locator_ends"] == ("length", "order")
    assert found["entries.keys"] == ("length", "bounds", "order")
    assert list(found)[-1] == "entries"


def test_limits_name_what_they_bound() -> None:
    limits = {limit.path: limit for limit in limits_of(CATALOG["lsm_page.index"].layout)}
    assert (limits["entry_count"].maximum, limits["entry_count"].of) == ("65536", "number of entries.keys")
    assert limits["entries.keys[i]"].minimum == "1"


@pytest.mark.parametrize(
    ("name", "smallest", "largest"),
    [
        ("extent_header", 64, 64),
        ("chunk", 50, 41 + 4096 + 2**28 - 4096 + 8),
        ("superblock", 64, 64 + 65536 * 13),
        ("tree_metadata", 64, 64 + 4096 * 9 + 65536 * 20 + 4096 * 4),
        ("lsm_page.data", 37, 65536),
        ("lsm_page.index", 45, 2**24),
        ("lsm_page.filter", 40, 32 + 2**23),
        ("lsm_page.footer", 48, 48),
    ],
)
def test_sizes_of_frames_follow_from_their_bounds(name: str, smallest: int, largest: int) -> None:
    entry = CATALOG.labelled(name)
    assert (smallest_size(entry.layout), largest_size(entry.layout)) == (smallest, largest)
    sizes = [len(entry.oracle.encode(dict(sample.value), 0)) for sample in SAMPLES[name, entry.version].golden]
    assert min(sizes) == smallest


def test_balanced_lines_are_about_equal() -> None:
    assert balanced("one two three four", 16) == ["one two", "three four"]
