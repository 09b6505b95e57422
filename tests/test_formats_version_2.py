"""Version 2: keys behind a common prefix have one encoding in every lane, and a value has one CRC-64/NVME."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import construct as c
import pytest
from construct import this

from formats import CATALOG, FormatError, ValueRefused
from formats import primitives as p
from formats.common_prefix import common_prefix, shared_length
from formats.crc64 import crc64nvme
from formats.linter import lint
from roundtrip.corrupt import plan
from roundtrip.reference import DECODERS, Refusal
from roundtrip.reference import crc64 as reference_crc64
from roundtrip.schemas.pages import page_fault

PAGE = CATALOG["lsm_page.data@2"]
BEFORE = CATALOG["lsm_page.data@1"]
SEED = 11

#: What a name stands for, and the keys of a page.
PAGES: dict[str, tuple[bytes, ...]] = {
    "one key": (b"key",),
    "the shortest key": (b"\0",),
    "the longest key": (b"k" * 4096,),
    "no prefix": (b"a", b"b", b"ba"),
    "the first key is the prefix": (b"ab", b"abc", b"abd"),
    "a prefix one byte shorter than the longest key": (b"k" * 4095 + b"a", b"k" * 4095 + b"b"),
    "many keys": tuple(b"directory/%04d" % number for number in range(300)),
}


def page(keys: tuple[bytes, ...]) -> dict[str, Any]:
    """A page of tombstones."""
    columns = dict.fromkeys(("extents", "generations", "offsets", "lengths", "checksums"), ())
    return {"entries": {"locator_ends": (0,) * len(keys), **columns, "keys": keys}}


def verdicts(data: bytes) -> set[str]:
    """What the oracle, the codec and the reference say of a page: the rule that it breaks, or nothing."""
    found = set()
    for decode in (PAGE.oracle.decode, PAGE.codec.decode, DECODERS["lsm_page.data@2"]):
        try:
            decode(data, SEED)
        except (FormatError, Refusal) as refusal:
            found.add(refusal.rule)
        else:
            found.add("accepted")
    return found


def resealed(data: bytes, verb: str) -> Iterator[bytes]:
    """The page damaged by one verb, every checksum made good."""
    return (one.data for one in plan(PAGE, data, SEED, random.Random(1), (verb,)) if one.resealed)


@pytest.mark.parametrize("name", PAGES)
def test_page_says_in_version_2_what_it_says_in_version_1(name: str) -> None:
    value = page(PAGES[name])
    data = PAGE.oracle.encode(value, SEED)
    assert PAGE.codec.encode(PAGE.codec.record(value), SEED) == data
    assert PAGE.codec.plain(PAGE.codec.decode(data, SEED)) == value == DECODERS["lsm_page.data@2"](data, SEED)
    assert len(BEFORE.oracle.encode(value, SEED)) - len(data) == len(common_prefix(PAGES[name])) * (
        len(PAGES[name]) - 1
    )


@pytest.mark.parametrize("name", [name for name in PAGES if name != "no prefix"])
def test_prefix_that_is_not_the_longest_is_refused_by_every_lane(name: str) -> None:
    shorter = list(resealed(PAGE.oracle.encode(page(PAGES[name]), SEED), "share less"))
    assert len(shorter) == 1
    assert verdicts(shorter[0]) == {"canonical"}


@pytest.mark.parametrize("name", PAGES)
def test_keys_are_found_behind_their_prefix_and_nothing_else_is(name: str) -> None:
    keys = PAGES[name]
    assert page_fault(PAGE.codec.module, keys, PAGE.oracle.encode(page(keys), SEED)) == ""


def test_keys_of_a_page_have_so_many_bytes_in_all_and_not_one_more() -> None:
    keys = tuple(b"p" * size for size in (*range(3845, 3861), 3864))
    data = PAGE.oracle.encode(page(keys), SEED)
    assert (sum(map(len, keys)), len(data)) == (65504, 4084)
    assert verdicts(data) == {"accepted"}
    longer = page((*keys[:-1], keys[-1] + b"p"))
    with pytest.raises(ValueRefused, match="65504"):
        PAGE.oracle.encode(longer, SEED)
    with pytest.raises(ValueError, match="keys"):
        PAGE.codec.module.encode_tuple(tuple(longer["entries"].values()), seed=SEED)


def test_few_bytes_that_stand_for_many_are_refused_by_every_lane() -> None:
    (swollen,) = resealed(PAGE.oracle.encode(page(PAGES["many keys"]), SEED), "swell")
    assert len(swollen) < 8192
    assert verdicts(swollen) == {"bounds"}


def test_every_page_without_a_prefix_differs_from_version_1_in_the_version_alone() -> None:
    """So the bytes of one never stand for the other: the version lies under the seal."""
    value = page(PAGES["no prefix"])
    old, new = (entry.oracle.encode(value, SEED) for entry in (BEFORE, PAGE))
    assert [index for index, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]] == [3, 28, 29, 30, 31]
    assert verdicts(old) == {"version"}


def test_shared_length_is_that_of_the_bytes_one_by_one(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(500):
        one, other = (draw.choice((b"", b"ab", b"\0\0")) + draw.randbytes(draw.randrange(4)) for _ in range(2))
        pairs = zip(one, other, strict=False)
        slow = next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
        assert shared_length(one, other) == slow
    assert common_prefix([]) == b""
    assert common_prefix([b"abd", b"abc", b"ab"]) == b"ab"


# --- the vocabulary --------------------------------------------------------------------------------------------------


def heap(prefix: str = "prefix", of: str = "items", **slices: Any) -> Any:
    """A frame with a heap of byte strings behind a prefix."""
    options = {"prefix": prefix, "total": 99, **slices}
    content = c.Struct(
        "ends" / p.Ends(this._.count, c.Int8ul, of="items", prefix=prefix),
        "prefix" / p.PrefixOf(this._.prefix_length, of=of),
        "items" / p.Slices(ends="ends", minimum=0, maximum=9, order="strict", **options),
    )
    return p.Frame(
        "count" / p.Count(c.Int8ul, of="content.items", maximum=9),
        "prefix_length" / p.Length(c.Int8ul, of="content.prefix", maximum=9),
        "size" / p.Length(c.Int8ul, of="content", maximum=99),
        "content" / p.Region(this.size, content),
    )


def test_vocabulary_of_prefixes_is_safe_where_it_fits_together() -> None:
    assert lint(heap()) == []


@pytest.mark.parametrize(("schema", "rule"), [(heap("other"), "unknown_name"), (heap(of="ends"), "wrong_type")])
def test_linter_names_a_prefix_of_nothing(schema: Any, rule: str) -> None:
    assert rule in {finding.rule for finding in lint(schema)}


def test_prefix_without_a_bound_on_all_items_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="few bytes stand for very many"):
        heap(total=None)


def test_length_inside_another_field_must_be_that_of_a_prefix() -> None:
    with pytest.raises(ValueError, match=r"content\.x is none"):
        p.Frame(
            "n" / p.Length(c.Int8ul, of="content.x", maximum=9), "content" / p.Region(4, c.Struct("x" / c.Bytes(4)))
        )


# --- CRC-64/NVME -----------------------------------------------------------------------------------------------------


def bitwise(data: bytes) -> int:
    register = 2**64 - 1
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x9A6C9329AC4BC9B5 * (register & 1))
    return register ^ 2**64 - 1


def test_crc64_gives_the_published_check_value() -> None:
    assert int(f"{0xAD93D23594C93659:064b}"[::-1], 2) == 0x9A6C9329AC4BC9B5
    for function in (crc64nvme, reference_crc64.crc64nvme, bitwise):
        assert function(b"123456789") == 0xAE8B14860A799888
        assert function(b"") == 0


def test_crc64_of_the_reference_is_that_of_amazon_at_every_length_and_across_blocks() -> None:
    block = reference_crc64.BLOCK_SIZE_BYTES
    noise = random.Random(1).randbytes(2 * block + 7)
    for size in (*range(68), block - 1, block, block + 3, 2 * block, 2 * block + 7):
        assert reference_crc64.crc64nvme(noise[:size]) == crc64nvme(noise[:size])
    assert bitwise(noise[:999]) == crc64nvme(noise[:999])


def test_crc64_continues_at_every_cut_and_takes_any_buffer() -> None:
    for cut in range(10):
        assert crc64nvme(memoryview(b"123456789")[cut:], crc64nvme(bytearray(b"123456789"[:cut]))) == 0xAE8B14860A799888


def test_crc64_is_loaded_when_it_is_first_needed_and_not_before() -> None:
    code = (
        "import sys, formats.crc64 as one, formats.generated.chunk_v2; a = 'awscrt' in sys.modules; one.crc64nvme(b'')"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print(a, 'awscrt' in sys.modules)"], capture_output=True, check=True
    )
    assert done.stdout.split() == [b"False", b"True"]
