"""The guarantees of checksums are proved of the functions that run, and agree with brute force and the literature."""

from __future__ import annotations

import binascii
import zlib
from itertools import combinations

import pytest
from crc32c import crc32c

from roundtrip.exhaustive.checksums import CLAIMED, Used, guarantees, really_passes
from roundtrip.exhaustive.distance import syndromes, weights
from roundtrip.exhaustive.linearity import NoCode, affine, identified
from roundtrip.exhaustive.polynomials import factors, order_of_x, power_of_x, prime_factors, rank, text_of

CRC32C = 0x11EDC6F41
CRC32 = 0x104C11DB7
#: CRC-8 of ATM headers (divisible by x + 1), and a primitive polynomial of the same degree, which is not.
SMALL = (0x107, 0x11D)


def carryless_product(polynomials: list[int]) -> int:
    total = 1
    for polynomial in polynomials:
        total = sum_of_shifts(total, polynomial)
    return total


def sum_of_shifts(first: int, second: int) -> int:
    total = 0
    for power in range(second.bit_length()):
        if second >> power & 1:
            total ^= first << power
    return total


def shortest_by_brute_force(generator: int, weight: int, limit: int) -> int | None:
    """The greatest place in the shortest pattern of a weight that passes."""
    every = syndromes(generator, limit)
    for last in range(weight - 1, limit):
        for middle in combinations(range(1, last), weight - 2):
            total = 1 ^ every[last]
            for place in middle:
                total ^= every[place]
            if not total:
                return last
    return None


@pytest.mark.parametrize("generator", [*SMALL, CRC32C, CRC32])
def test_factors_multiply_to_the_polynomial(generator: int) -> None:
    found = [factor for factor, count in factors(generator).items() for _ in range(count)]
    assert carryless_product(found) == generator


@pytest.mark.parametrize("generator", SMALL)
def test_order_of_x_is_the_first_power_that_is_one(generator: int) -> None:
    order = order_of_x(generator)
    assert [power for power in range(1, order + 1) if power_of_x(power, generator) == 1] == [order]


def test_order_counts_repeated_factors() -> None:
    squared = sum_of_shifts(0b111, 0b111)
    assert order_of_x(0b111) == 3
    assert order_of_x(squared) == 6


def test_order_of_crc32c_is_a_prime() -> None:
    assert order_of_x(CRC32C) == 2**31 - 1
    assert prime_factors(2**31 - 1) == {2**31 - 1: 1}


@pytest.mark.parametrize("generator", SMALL)
@pytest.mark.parametrize("weight", [2, 3, 4, 5])
def test_search_agrees_with_brute_force(generator: int, weight: int) -> None:
    row = weights(generator)[weight - 1]
    limit = {2: 260, 3: 260, 4: 60, 5: 30}[weight]
    shortest = shortest_by_brute_force(generator, weight, limit)
    if row.bits is None or row.bits >= limit:
        assert shortest is None
    else:
        assert shortest == row.bits
        assert row.first is not None
        assert len(set(row.first)) == weight


def test_crc32c_has_distance_6_up_to_5243_bits_of_data_and_no_further() -> None:
    found = {row.weight: row.bits for row in weights(CRC32C)}
    assert found == CLAIMED["crc32c"][1]
    assert found[4] == 5243 + 32
    assert weights(CRC32C)[3].first == (0, 2751, 4508, 5275)


def test_zlib_crc32_has_the_bounds_of_koopmans_tables() -> None:
    data_bits = {row.weight: row.bits - 32 for row in weights(CRC32) if row.bits is not None}
    assert data_bits == {2: 2**32 - 1 - 32, 3: 91_607, 4: 2_974, 5: 268}


@pytest.mark.parametrize(("function", "generator"), [(crc32c, CRC32C), (zlib.crc32, CRC32)])
def test_first_pattern_that_passes_really_passes(function: object, generator: int) -> None:
    assert callable(function)
    code = identified(function)
    for row in weights(generator):
        if row.first is not None and row.weight > 2:
            assert really_passes(function, code, row.first)
            assert not really_passes(function, code, (*row.first[:-1], row.first[-1] + 1))


def test_generator_is_read_off_the_function() -> None:
    assert identified(crc32c).generator == CRC32C
    assert identified(zlib.crc32).generator == CRC32
    assert identified(crc32c).seeded


def test_crc_with_the_highest_bit_first_is_recognised() -> None:
    def ccitt(data: bytes, seed: int = 0xFFFF) -> int:
        return binascii.crc_hqx(data, seed & 0xFFFF)

    code = identified(ccitt, 16)
    assert (code.generator, code.reflected) == (0x11021, False)
    assert text_of(code.generator) == "x^16 + x^12 + x^5 + 1"


@pytest.mark.parametrize("function", [zlib.adler32, lambda data: crc32c(data) & ~1, lambda data: data])
def test_what_is_no_crc_is_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(NoCode):
        identified(function)


def test_a_seed_that_is_not_carried_on_linearly_is_noticed() -> None:
    def multiplied(data: bytes, seed: int = 0) -> int:
        return crc32c(data, seed * 3 % 2**32)

    with pytest.raises(NoCode, match="messages and seeds"):
        affine(multiplied, seeded=True)


def test_checksum_functions_of_the_formats_prove_their_claims() -> None:
    outcome = guarantees(Used("crc32c", 32, crc32c), "chunk")
    assert outcome.findings == ()
    assert [row.facts["kind"] for row in outcome.rows] == ["function", *["weight"] * 5, "burst"]
    assert outcome.facts["function_calls"] > 1_000_000


def test_another_polynomial_under_the_name_shows_other_bounds() -> None:
    outcome = guarantees(Used("crc32c", 32, zlib.crc32), "chunk")
    assert {finding.rule for finding in outcome.findings} == {"", *(f"weight {weight}" for weight in (2, 3, 4, 5))}


def test_a_checksum_that_claims_nothing_is_named_as_not_searched() -> None:
    outcome = guarantees(Used("adler32", 32, zlib.adler32), "packet")
    assert (outcome.findings, outcome.count) == ((), 0)
    assert "not affine" in outcome.not_run[0].reason


def test_rank_counts_independent_vectors() -> None:
    assert rank([0b001, 0b010, 0b011, 0]) == 2
    assert rank([1 << bit for bit in range(32)]) == 32
