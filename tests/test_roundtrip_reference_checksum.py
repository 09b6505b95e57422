"""The CRC32C of the reference decoders, the seeds made with it, and the refusal that they raise."""

from __future__ import annotations

import pickle
import random

import pytest

from roundtrip.reference import CONTEXT, Refusal, crc32c, seed_of
from roundtrip.reference.crc import BLOCK_SIZE_BYTES

DISK = bytes.fromhex("00112233445566778899aabbccddeeff")


def bitwise_crc32c(data: bytes, seed: int = 0) -> int:
    register = seed ^ 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 * (register & 1))
    return register ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", 0), (b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)],
)
def test_crc_gives_the_published_vectors(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected
    assert bitwise_crc32c(data) == expected


def test_crc_agrees_with_the_bitwise_one_at_every_length_and_across_blocks() -> None:
    noise = random.Random(1).randbytes(BLOCK_SIZE_BYTES + 7)
    for size in (*range(68), BLOCK_SIZE_BYTES - 1, BLOCK_SIZE_BYTES, BLOCK_SIZE_BYTES + 7):
        assert crc32c(noise[:size], 0xDEADBEEF) == bitwise_crc32c(noise[:size], 0xDEADBEEF)


def test_crc_continues_from_a_seed_at_every_cut() -> None:
    for cut in range(10):
        assert crc32c(b"123456789"[cut:], crc32c(b"123456789"[:cut])) == 0xE3069283


@pytest.mark.parametrize(
    ("name", "expected"),
    [("extent_header", 0x06D3CA04), ("chunk", 0x3756C1D1), ("lsm_page.footer", 0x0321D8F1)],
)
def test_seed_of_a_place_is_the_literal_one(name: str, expected: int) -> None:
    assert seed_of(CONTEXT[name], DISK, 7, 3, 4096, 9) == expected


def test_seed_takes_the_least_and_the_greatest_number() -> None:
    assert seed_of(("run",), DISK, 0, 0, 0, 0) == bitwise_crc32c(bytes(4))
    assert seed_of(("run",), DISK, 0, 0, 0, (1 << 32) - 1) == bitwise_crc32c(b"\xff" * 4)


def test_seed_of_no_fields_is_zero() -> None:
    assert seed_of((), DISK, 7, 3, 4096, 9) == 0


@pytest.mark.parametrize(
    ("field", "disk", "run"),
    [("disk", b"short", 0), ("run", DISK, 1 << 32), ("run", DISK, -1), ("page", DISK, 0)],
)
def test_seed_refuses_what_no_context_holds(field: str, disk: bytes, run: int) -> None:
    with pytest.raises(ValueError, match=field):
        seed_of((field,), disk, 0, 0, 0, run)


def test_refusal_survives_pickling_with_its_place() -> None:
    copy = pickle.loads(pickle.dumps(Refusal("order", "2 after 2", 68)))  # noqa: S301 (our own bytes)
    assert (copy.rule, copy.detail, copy.offset) == ("order", "2 after 2", 68)
    assert str(copy) == "order at byte 68: 2 after 2"
