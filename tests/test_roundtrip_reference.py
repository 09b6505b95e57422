"""The reference decoders, on frames that were assembled by hand from the layout tables.

The frames are literal bytes, one field per group, and so are their checksums. What is damaged here is
resealed with a third CRC32C, bit by bit, that shares nothing with the tables of the reference or with the
library.
"""

from __future__ import annotations

import random
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest

from roundtrip.reference import CONTEXT, DECODERS, PREFIX_DECODERS, Refusal, seed_of
from roundtrip.reference.refusal import RULES

DISK = bytes.fromhex("00112233445566778899aabbccddeeff")

FRAMES: dict[str, bytes] = {
    "extent_header": bytes.fromhex(
        "d3d00101 02 000000 00112233445566778899aabbccddeeff 00001000 00100000 03000000"
        "000000000000000000000000000000000000000000000000 6e3013f4"
    ),
    "chunk": bytes.fromhex(
        "d3d00201 01 0500 0200 a0a1a2a3a4a5a6a7a8a9aaabacadaeaf 0b000000 c6597d99 aa6594c9"
        "f252135b 7368617264 68656c6c6f20776f726c64 a0a1a2a3a4a5a6a7"
    ),
    "superblock": bytes.fromhex(
        "d3d00301 02 01 0000 0807060504030201 0100000000000000 0200000000000000 0400000000000000"
        "40000000 03000000 27000000 1f6bca0d 00000000 a2ab76c9"
        "010000000200000005000000 0a0000000b0000000c000000 001000000000000000200000 020105"
    ),
    "tree_metadata": bytes.fromhex(
        "d3d00401 01 000000 2a00000000000000 0c000000 02000000 03000000 01000000 52000000 fdc8123f"
        "0000000000000000000000000000000000000000 517b2853"
        "0a0000000b000000 0001 0100000003000000 070000000800000009000000 010000000200000003000000"
        "001000000020000000300000 640000006500000066000000 efbeadde0000000001000000 04000000"
    ),
    "lsm_page.data": bytes.fromhex(
        "d3d00501 0300 0200 3a000000 36dbc33b 000000000000000000000000 adb01784"
        "010003000600 010001000200 0700000008000000 0100000002000000 0010000000200000 6400000065000000"
        "efbeadde01000000 61 6162 616263"
    ),
    "lsm_page.index": bytes.fromhex(
        "d3d00601 02000000 1b000000 7b528eae 000000000000000000000000 649101a6"
        "0100000003000000 0000000000100000 0010000080010000 67 7a7a"
    ),
    "lsm_page.filter": bytes.fromhex(
        "d3d00701 02000000 10000000 7f5a0e45 06 0000000000000000000000 4b9ea5640807060504030201 00000000000000ff"
    ),
    "lsm_page.footer": bytes.fromhex(
        "d3d00801 09000000 0500000000000000 0100000000000000 00300000 2b000000 00400000 3000000000000000 999ef8e5"
    ),
}

VALUES: dict[str, dict[str, Any]] = {
    "extent_header": {
        "owner": "data",
        "disk": DISK,
        "extent_size": 1 << 20,
        "page_size": 4096,
        "generation": 3,
    },
    "chunk": {
        "owner": "shard",
        "part": 2,
        "uuid": bytes(range(0xA0, 0xB0)),
        "key": b"shard",
        "payload": b"hello world",
    },
    "superblock": {
        "record": "delta",
        "flags": 1,
        "sequence": 0x0102030405060708,
        "compatible": 1,
        "read_only_compatible": 2,
        "incompatible": 4,
        "extent_count": 64,
        "entries": {
            "extents": (1, 2, 5),
            "generations": (10, 11, 12),
            "write_pointers": (4096, 0, 8192),
            "owners": ("data", "free", "superblock"),
        },
    },
    "tree_metadata": {
        "record": "full",
        "sequence": 42,
        "next_run": 12,
        "changes": {
            "added": (10, 11),
            "levels": (0, 1),
            "chunk_ends": (1, 3),
            "extents": (7, 8, 9),
            "generations": (1, 2, 3),
            "offsets": (4096, 8192, 12288),
            "lengths": (100, 101, 102),
            "checksums": (0xDEADBEEF, 0, 1),
            "removed": (4,),
        },
    },
    "lsm_page.data": {
        "entries": {
            "locator_ends": (1, 1, 2),
            "extents": (7, 8),
            "generations": (1, 2),
            "offsets": (4096, 8192),
            "lengths": (100, 101),
            "checksums": (0xDEADBEEF, 1),
            "keys": (b"a", b"ab", b"abc"),
        }
    },
    "lsm_page.index": {"entries": {"page_offsets": (0, 4096), "page_lengths": (4096, 384), "keys": (b"g", b"zz")}},
    "lsm_page.filter": {"probes": 6, "entries": {"words": (0x0102030405060708, 0xFF << 56)}},
    "lsm_page.footer": {
        "run": 9,
        "entry_count": 5,
        "tombstone_count": 1,
        "index_offset": 0x3000,
        "index_length": 43,
        "filter_offset": 0x4000,
        "filter_length": 48,
    },
}

NAMES = tuple(FRAMES)
HEADER_SIZES = dict(zip(NAMES, (64, 41, 64, 64, 32, 32, 32, 48), strict=True))

# name -> where each plain checksum is, and the bytes it covers (None: to the end)
SUMS: dict[str, tuple[tuple[int, int, int | None], ...]] = {
    "chunk": ((29, 41, 46), (33, 46, 57)),
    "superblock": ((52, 64, None),),
    "tree_metadata": ((36, 64, None),),
    "lsm_page.data": ((12, 32, None),),
    "lsm_page.index": ((12, 32, None),),
    "lsm_page.filter": ((12, 32, None),),
}

# format, repair, rule, cases parted by `|`. A case is one or more edits `offset=hex` (`end=hex` appends), and
# breaks that rule first. raw: nothing is repaired; sealed: the header's seal is; summed: all checksums are.
DAMAGE = """
extent_header sealed accepted 8=ff | 23=00 | 24=00100000 | 24=00000080 | 28=00020000
extent_header sealed accepted 28=00000100 | 32=01000000 | 32=ffffffff
extent_header sealed bounds 4=00 32=00000000
extent_header sealed enum 4=00 | 4=01 | 4=06 | 4=01 5=01
extent_header sealed reserved 5=01 | 7=80 | 36=01 | 59=01
extent_header sealed trailing end=00
chunk raw checksum 41=00 | 46=00 | 46=00 57=00
chunk raw closing_tag 57=00 | 64=00
chunk sealed bounds 5=0000 29=00
chunk sealed truncated 25=14000000 | 5=0010 | 25=00f0ff0f 57=00
chunk sealed checksum 29=00 | 33=00 | 29=00 25=00f0ff0f | 25=13000000 | 5=0400 | 29=00 4=00
chunk sealed closing_tag 57=00 4=00 | 9=00 | 64=00 end=00
chunk sealed enum 4=00 | 4=03 | 4=03 end=00
chunk sealed accepted 4=02 | 7=ffff | 24=00
superblock sealed accepted 5=00 | 4=01 | 16=ffffffffffffffff | 40=00000100 | 8=ffffffffffffffff
superblock sealed bounds 4=00 40=00
superblock sealed truncated 48=28000000 | 48=00000d00 52=00
superblock sealed checksum 52=00 | 48=26000000 | 52=00 4=00 | 66=01
superblock sealed enum 4=00 | 4=03 | 4=00 5=02
superblock sealed flags 5=02 | 5=81 | 5=02 6=01
superblock sealed reserved 6=01 | 7=01 | 56=01 | 59=80
superblock summed reserved 56=01 64=02
superblock summed order 64=02 | 68=05 | 64=02 100=00
superblock summed enum 100=00 | 102=06 | 44=02000000
superblock summed length 44=04000000 | 44=00000000 | 44=00000100 | 48=28000000 end=01
tree_metadata sealed truncated 32=53000000 | 32=00d01400 36=00
tree_metadata sealed checksum 36=00 | 32=51000000 | 64=00
tree_metadata sealed enum 4=00 | 4=03 5=01
tree_metadata sealed reserved 5=01 | 7=01 | 40=01 | 59=01
tree_metadata summed order 64=0b | 74=03 | 78=02 | 78=04 | 24=02000000 | 20=00000000 | 74=04 78=03
tree_metadata summed length 20=01100000 20=00100000 | 28=00000000 | 28=02000000 | 32=53000000 end=00
tree_metadata summed accepted 72=ff | 74=00 | 82=08 | 142=00
lsm_page.data sealed truncated 8=3b000000
lsm_page.data sealed checksum 12=00 | 8=39000000 | 84=62 | 12=00 16=01
lsm_page.data summed reserved 16=01 | 27=80 | 27=80 38=02
lsm_page.data summed order 38=02 | 42=03 | 42=01 | 84=7a | 34=02 | 6=0100 | 42=03 36=07 | 38=02 42=03
lsm_page.data summed length 36=07 | 36=05 | 32=00 36=07 | 4=0020 | 8=3b000000 end=64
lsm_page.data summed bounds 32=00 | 32=03 | 32=05 | 32=07 | 32=00 85=00
lsm_page.data summed accepted 38=00 | 40=02 | 84=00
lsm_page.index sealed truncated 8=1c000000
lsm_page.index sealed checksum 12=00 | 40=01
lsm_page.index summed reserved 16=01 | 27=01 44=0000
lsm_page.index summed order 40=00100000 | 40=ffff0000 | 56=7b | 40=00100000 36=04
lsm_page.index summed length 36=04 | 36=02 | 4=07000000 | 4=00000100 | 8=1c000000 end=7a
lsm_page.index summed bounds 32=00 | 32=03 | 32=ffffffff
lsm_page.filter sealed bounds 12=00 16=00
lsm_page.filter sealed truncated 8=11000000
lsm_page.filter sealed checksum 12=00 | 32=00 | 12=00 17=01
lsm_page.filter summed reserved 17=01 | 27=01 | 17=01 4=01000000
lsm_page.filter summed length 4=01000000 | 4=03000000 | 4=00001000 | 8=11000000 end=00
lsm_page.filter summed accepted 16=01 | 16=10 | 32=ff
lsm_page.footer sealed bounds 4=00000000 40=01
lsm_page.footer sealed reserved 40=01 | 43=80 | 40=01 end=00
lsm_page.footer sealed accepted 16=0000000000000000 | 24=ffffffff | 36=ffffffff
"""


def bitwise_crc32c(data: bytearray, seed: int = 0) -> int:
    register = seed ^ 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 * (register & 1))
    return register ^ 0xFFFFFFFF


def seed_for(name: str) -> int:
    return seed_of(CONTEXT[name], DISK, 7, 3, 4096, 9)


def edited(frame: bytes, case: str) -> bytearray:
    damaged = bytearray(frame)
    for edit in case.split():
        place, _, text = edit.partition("=")
        replacement = bytes.fromhex(text)
        start = len(damaged) if place == "end" else int(place)
        damaged[start : start + len(replacement)] = replacement
    return damaged


def sealed(name: str, frame: bytearray) -> bytes:
    """The frame with its header seal recomputed, and its other checksums as they are."""
    end = HEADER_SIZES[name] - 4
    seal = bitwise_crc32c(frame[:end], seed_for(name))
    return bytes(frame[:end]) + seal.to_bytes(4, "little") + bytes(frame[end + 4 :])


def summed(name: str, frame: bytearray) -> bytes:
    """The frame with every checksum recomputed."""
    repaired = bytearray(frame)
    for offset, start, end in SUMS.get(name, ()):
        repaired[offset : offset + 4] = bitwise_crc32c(frame[start:end]).to_bytes(4, "little")
    return sealed(name, repaired)


def rule_of(name: str, data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        DECODERS[name](data, seed_for(name))
    assert 0 <= caught.value.offset <= len(data)
    return caught.value.rule


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_hand_made_frame_decodes_to_its_value(name: str, kind: type) -> None:
    data = kind(FRAMES[name])
    assert DECODERS[name](data, seed_for(name)) == VALUES[name]
    assert PREFIX_DECODERS[name](data, seed_for(name)) == (VALUES[name], len(FRAMES[name]))


def test_views_of_any_shape_decode_like_their_bytes() -> None:
    frame, seed = FRAMES["extent_header"], seed_for("extent_header")
    spread = bytes(byte for pair in zip(frame, bytes(64), strict=True) for byte in pair)
    for view in (memoryview(spread)[::2], memoryview(frame).cast("I"), memoryview(frame).cast("B", (8, 8))):
        assert DECODERS["extent_header"](view, seed) == VALUES["extent_header"]


@pytest.mark.parametrize("name", NAMES)
def test_every_strict_prefix_is_refused_as_truncated(name: str) -> None:
    frame = FRAMES[name]
    assert {rule_of(name, frame[:size]) for size in range(len(frame))} == {"truncated"}


@pytest.mark.parametrize("name", NAMES)
def test_every_single_bit_flip_is_refused(name: str) -> None:
    frame = FRAMES[name]
    for bit in range(len(frame) * 8):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        assert rule_of(name, bytes(damaged)) in RULES


@pytest.mark.parametrize("name", NAMES)
def test_bytes_after_the_frame_are_trailing_unless_a_prefix_is_asked_for(name: str) -> None:
    data = FRAMES[name] + b"\x00"
    assert rule_of(name, data) == "trailing"
    assert PREFIX_DECODERS[name](data, seed_for(name)) == (VALUES[name], len(FRAMES[name]))


@pytest.mark.parametrize("name", NAMES)
def test_lead_is_checked_from_left_to_right_and_before_the_seal(name: str) -> None:
    seal = HEADER_SIZES[name] - 4
    damage = ["0=00", "2=00", "3=02", f"{seal}=00000000"]
    for rule in ("magic", "kind", "version", "header_checksum"):
        assert rule_of(name, bytes(edited(FRAMES[name], " ".join(damage)))) == rule
        damage.pop(0)
    assert rule_of(name, bytes(len(FRAMES[name]))) == "magic"


@pytest.mark.parametrize("name", NAMES)
def test_frame_is_refused_at_another_place_and_as_another_kind(name: str) -> None:
    for place in ((8, 3, 4096, 9), (7, 4, 4096, 9), (7, 3, 8192, 9), (7, 3, 4096, 10)):
        seed = seed_of(CONTEXT[name], DISK, *place)
        if seed != seed_for(name):
            with pytest.raises(Refusal, match="header_checksum"):
                DECODERS[name](FRAMES[name], seed)
    others = [other for other in NAMES if other != name and HEADER_SIZES[other] <= len(FRAMES[name])]
    assert {rule_of(other, FRAMES[name]) for other in others} == {"kind"}


@pytest.mark.parametrize("line", DAMAGE.strip().splitlines())
def test_damage_breaks_the_first_rule_in_the_documented_order(line: str) -> None:
    name, repair, rule, cases = line.split(" ", 3)
    for case in cases.split("|"):
        damaged = edited(FRAMES[name], case)
        data = {"raw": bytes(damaged), "sealed": sealed(name, damaged), "summed": summed(name, damaged)}[repair]
        if rule == "accepted":
            assert DECODERS[name](data, seed_for(name)) != VALUES[name], case
        else:
            assert (case, rule_of(name, data)) == (case, rule)


@pytest.mark.parametrize(
    ("name", "case", "offset"),
    [
        ("chunk", "0=00", 0),
        ("chunk", "2=00", 2),
        ("chunk", "3=00", 3),
        ("chunk", "37=00", 37),
        ("chunk", "5=0000", 5),
        ("chunk", "4=00", 4),
        ("superblock", "64=02", 68),
        ("superblock", "102=00", 102),
        ("tree_metadata", "24=02000000", 78),
        ("tree_metadata", "20=00000000", 64),
        ("lsm_page.data", "38=02", 40),
        ("lsm_page.data", "42=03", 42),
        ("lsm_page.data", "84=7a", 85),
        ("lsm_page.data", "32=00", 84),
        ("lsm_page.filter", "4=03000000", 32),
        ("lsm_page.filter", "4=01000000", 40),
        ("lsm_page.footer", "end=00", 48),
    ],
)
def test_refusal_names_the_byte_at_fault(name: str, case: str, offset: int) -> None:
    damaged = edited(FRAMES[name], case)
    is_lead = offset in (0, 2, 3, HEADER_SIZES[name] - 4)
    with pytest.raises(Refusal) as caught:
        DECODERS[name](bytes(damaged) if is_lead else summed(name, damaged), seed_for(name))
    assert caught.value.offset == offset


def test_chunk_length_is_not_believed_before_the_bytes_are_there() -> None:
    frame = sealed("chunk", edited(FRAMES["chunk"], "25=00f0ff0f"))
    tracemalloc.start()
    try:
        assert rule_of("chunk", frame) == "truncated"
        assert tracemalloc.get_traced_memory()[1] < 65536
    finally:
        tracemalloc.stop()


def test_index_page_key_may_have_4096_bytes_and_not_one_more() -> None:
    for size, rule in ((4096, ""), (4097, "bounds")):
        heap = size.to_bytes(4, "little") + bytes(4) + bytes(4) + b"k" * size
        header = edited(FRAMES["lsm_page.index"][:32], "4=01000000")
        header[8:12] = len(heap).to_bytes(4, "little")
        frame = summed("lsm_page.index", header + heap)
        if rule:
            assert rule_of("lsm_page.index", frame) == rule
        else:
            value = DECODERS["lsm_page.index"](frame, seed_for("lsm_page.index"))
            assert value["entries"]["keys"] == (b"k" * size,)


@pytest.mark.parametrize("name", NAMES)
def test_resealed_noise_gives_a_value_or_a_refusal(name: str) -> None:
    source = random.Random(name)
    for _ in range(300):
        damaged = bytearray(FRAMES[name])
        for _ in range(source.randint(1, 4)):
            damaged[source.randrange(4, len(damaged))] = source.choice((0, 1, 2, 127, 255))
        with suppress(Refusal):
            value = DECODERS[name](summed(name, damaged), seed_for(name))
            assert value.keys() == VALUES[name].keys()
