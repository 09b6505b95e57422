"""Every header field of the reference decoders: its place, its width, its inclusive bounds, its members.

The frames are made by an encoder of their own: a header is filled from the table below, its body is literal
and the smallest that the format allows. So they also show that counts and lengths of zero are accepted.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from roundtrip.reference import CONTEXT, DECODERS, Refusal, crc32c, seed_of

# format, kind, header size, body: the smallest key is one byte, and the smallest filter one word
SHAPES: dict[str, tuple[int, int, bytes]] = {
    "extent_header": (1, 64, b""),
    "chunk": (2, 41, b"k" + bytes(8)),
    "chunk@2": (2, 49, b"k" + bytes(8)),
    "superblock": (3, 64, b""),
    "tree_metadata": (4, 64, b""),
    "lsm_page.data": (5, 32, bytes.fromhex("0100 0000") + b"k"),
    "lsm_page.data@2": (5, 32, bytes.fromhex("0000 0000") + b"k"),
    "lsm_page.index": (6, 32, bytes.fromhex("01000000 00000000 00000000") + b"k"),
    "lsm_page.filter": (7, 32, bytes(8)),
    "lsm_page.footer": (8, 48, b""),
}

# format, field, offset, size, usual value, minimum, maximum; a star marks what the value shows
FIELDS = """
extent_header owner 4 1 2 - -
extent_header extent_size* 24 4 4096 4096 2147483648
extent_header page_size* 28 4 513 512 65536
extent_header generation* 32 4 1 1 4294967295
chunk owner 4 1 1 - -
chunk key_length 5 2 1 1 4096
chunk part* 7 2 0 0 65535
chunk payload_length 25 4 0 0 268431360
chunk key_checksum 29 4 BODY - -
chunk@2 owner 4 1 1 - -
chunk@2 key_length 5 2 1 1 4096
chunk@2 part* 7 2 0 0 65535
chunk@2 payload_length 25 4 0 0 268431360
chunk@2 key_checksum 29 4 BODY - -
chunk@2 value_checksum* 37 8 1 0 18446744073709551615
superblock record 4 1 1 - -
superblock flags* 5 1 0 - -
superblock sequence* 8 8 1 1 18446744073709551615
superblock compatible* 16 8 0 0 18446744073709551615
superblock read_only_compatible* 24 8 0 0 18446744073709551615
superblock incompatible* 32 8 0 0 18446744073709551615
superblock extent_count* 40 4 1 1 65536
superblock entry_count 44 4 0 0 65536
superblock entries_length 48 4 0 0 851968
tree_metadata record 4 1 1 - -
tree_metadata sequence* 8 8 1 1 18446744073709551615
tree_metadata next_run* 16 4 1 1 4294967295
tree_metadata added_count 20 4 0 0 4096
tree_metadata chunk_count 24 4 0 0 65536
tree_metadata removed_count 28 4 0 0 4096
tree_metadata changes_length 32 4 0 0 1363968
lsm_page.data entry_count 4 2 1 1 8192
lsm_page.data locator_count 6 2 0 0 3274
lsm_page.data entries_length 8 4 5 0 65504
lsm_page.data entries_checksum 12 4 BODY - -
lsm_page.data@2 entry_count 4 2 1 1 8192
lsm_page.data@2 locator_count 6 2 0 0 3274
lsm_page.data@2 entries_length 8 4 5 0 65504
lsm_page.data@2 entries_checksum 12 4 BODY - -
lsm_page.data@2 prefix_length 16 2 1 0 4096
lsm_page.index entry_count 4 4 1 1 65536
lsm_page.index entries_length 8 4 13 0 16777184
lsm_page.index entries_checksum 12 4 BODY - -
lsm_page.filter word_count 4 4 1 1 1048576
lsm_page.filter entries_length 8 4 8 0 8388608
lsm_page.filter entries_checksum 12 4 BODY - -
lsm_page.filter probes* 16 1 1 1 16
lsm_page.footer run* 4 4 4294967295 1 4294967295
lsm_page.footer entry_count* 8 8 18446744073709551615 1 18446744073709551615
lsm_page.footer tombstone_count* 16 8 1 0 18446744073709551615
lsm_page.footer index_offset* 24 4 4294967295 0 4294967295
lsm_page.footer index_length* 28 4 1 0 4294967295
lsm_page.footer filter_offset* 32 4 4294967295 0 4294967295
lsm_page.footer filter_length* 36 4 1 0 4294967295
"""

# format, offset, names by number from 0; a dash is no member
MEMBERS = """
extent_header 4 - - data index metadata superblock
chunk 4 - shard run
chunk@2 4 - shard run
superblock 4 - full delta
tree_metadata 4 - full delta
"""


class Field(NamedTuple):
    """One line of the table."""

    format: str
    name: str
    offset: int
    size: int
    usual: int
    minimum: int | None
    maximum: int | None
    is_shown: bool


def fields() -> list[Field]:
    table = []
    for line in FIELDS.split("\n")[1:-1]:
        name, field, offset, size, usual, *bounds = line.split()
        body = SHAPES[name][2]
        covered = body[:1] if name.startswith("chunk") else body
        value = crc32c(covered) if usual == "BODY" else int(usual)
        minimum, maximum = (None if bound == "-" else int(bound) for bound in bounds)
        plain = field.rstrip("*")
        table.append(Field(name, plain, int(offset), int(size), value, minimum, maximum, field != plain))
    return table


def frame(name: str, offset: int = -1, value: int = 0) -> bytes:
    """The smallest frame of a format, sealed, with another value in the field at `offset`."""
    kind, size, body = SHAPES[name]
    header = bytearray(size)
    header[:4] = (0xD3, 0xD0, kind, int(name.partition("@")[2] or 1))
    for field in fields():
        if field.format == name:
            number = value if field.offset == offset else field.usual
            header[field.offset : field.offset + field.size] = number.to_bytes(field.size, "little")
    header[-4:] = crc32c(bytes(header[:-4]), seed(name)).to_bytes(4, "little")
    return bytes(header) + body


def seed(name: str) -> int:
    return seed_of(CONTEXT[name], bytes(range(16)), 1, 2, 3, 4)


def verdict(name: str, data: bytes) -> tuple[str, dict[str, Any]]:
    try:
        return "", DECODERS[name](data, seed(name))
    except Refusal as refusal:
        return refusal.rule, {}


SHOWN = [field for field in fields() if field.is_shown]
BOUNDED = [field for field in fields() if field.minimum is not None and field.maximum is not None]


def title(field: object) -> str | None:
    return f"{field.format}.{field.name}" if isinstance(field, Field) else None


@pytest.mark.parametrize("name", SHAPES)
def test_smallest_frame_is_accepted(name: str) -> None:
    assert verdict(name, frame(name))[0] == ""


@pytest.mark.parametrize("field", SHOWN, ids=title)
def test_field_is_read_in_its_full_width(field: Field) -> None:
    for value in {field.usual, field.minimum or 0, field.maximum or 1}:
        rule, decoded = verdict(field.format, frame(field.format, field.offset, value))
        assert (rule, decoded[field.name]) == ("", value)


@pytest.mark.parametrize("field", BOUNDED, ids=title)
def test_bounds_are_inclusive(field: Field) -> None:
    for value in (field.minimum, field.maximum):
        assert value is not None
        assert verdict(field.format, frame(field.format, field.offset, value))[0] != "bounds"


@pytest.mark.parametrize("field", BOUNDED, ids=title)
def test_one_beyond_a_bound_is_refused(field: Field) -> None:
    assert field.minimum is not None
    assert field.maximum is not None
    widest = 256**field.size - 1
    # The third differs from the minimum in its highest byte only, which a field read too short would miss.
    for value in (field.minimum - 1, field.maximum + 1, widest - widest // 256 + field.minimum, widest):
        if 0 <= value <= widest and not field.minimum <= value <= field.maximum:
            assert verdict(field.format, frame(field.format, field.offset, value))[0] == "bounds", value


@pytest.mark.parametrize("line", MEMBERS.strip().splitlines())
def test_member_has_its_number_and_all_others_are_refused(line: str) -> None:
    name, offset, *names = line.split()
    for number in range(256):
        rule, decoded = verdict(name, frame(name, int(offset), number))
        if number < len(names) and names[number] != "-":
            assert names[number] in decoded.values()
        else:
            assert rule == "enum"


def test_superblock_owners_have_their_numbers() -> None:
    entries = bytes.fromhex("0000000001000000020000000300000004000000") + bytes(40) + bytes((1, 2, 3, 4, 5))
    header = bytearray(frame("superblock")[:60])
    for offset, value in ((44, 5), (48, len(entries)), (52, crc32c(entries))):
        header[offset : offset + 4] = value.to_bytes(4, "little")
    seal = crc32c(bytes(header), seed("superblock")).to_bytes(4, "little")
    rule, decoded = verdict("superblock", bytes(header) + seal + entries)
    assert rule == ""
    assert decoded["entries"]["owners"] == ("free", "data", "index", "metadata", "superblock")
