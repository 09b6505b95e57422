"""Polynomials over GF(2), each an int: bit k is the coefficient of x^k. The algebra behind a CRC's guarantees.

Sizes are those of checksums: factors are found by trial division, which takes about a second at degree 32.
"""

from __future__ import annotations

from math import lcm
from typing import Final

#: Beyond this degree trial division takes too long.
DEGREE_MAXIMUM: Final = 32


def degree(polynomial: int) -> int:
    """The greatest power in a polynomial; -1 of zero."""
    return polynomial.bit_length() - 1


def divided(dividend: int, divisor: int) -> tuple[int, int]:
    """Quotient and remainder."""
    quotient, size = 0, divisor.bit_length()
    while dividend.bit_length() >= size:
        shift = dividend.bit_length() - size
        quotient |= 1 << shift
        dividend ^= divisor << shift
    return quotient, dividend


def times_x(polynomial: int, modulus: int) -> int:
    """x times a polynomial, modulo another one of a higher degree."""
    polynomial <<= 1
    return polynomial ^ modulus if polynomial >> degree(modulus) else polynomial


def product(first: int, second: int, modulus: int) -> int:
    """The product of two polynomials, modulo a third."""
    total = 0
    while second:
        if second & 1:
            total ^= first
        second >>= 1
        first = times_x(first, modulus)
    return total


def power_of_x(exponent: int, modulus: int) -> int:
    """x to a power, modulo a polynomial: the syndrome of a wrong bit `exponent` bits before the end."""
    result, factor = divided(1, modulus)[1], divided(2, modulus)[1]
    while exponent:
        if exponent & 1:
            result = product(result, factor, modulus)
        factor = product(factor, factor, modulus)
        exponent >>= 1
    return result


def factors(polynomial: int) -> dict[int, int]:
    """The irreducible factors, each with how often it divides. The degree is at most `DEGREE_MAXIMUM`."""
    assert 0 < degree(polynomial) <= DEGREE_MAXIMUM, "trial division would not end"
    found: dict[int, int] = {}
    candidate = 2
    while 2 * degree(candidate) <= degree(polynomial):
        quotient, remainder = divided(polynomial, candidate)
        if remainder:
            # Behind x itself only polynomials with a constant term can be irreducible.
            candidate += 1 if candidate == 2 else 2
        else:
            found[candidate] = found.get(candidate, 0) + 1
            polynomial = quotient
    if degree(polynomial) > 0:
        found[polynomial] = found.get(polynomial, 0) + 1
    return found


def prime_factors(number: int) -> dict[int, int]:
    """The prime factors of a positive whole number, each with how often it divides."""
    found: dict[int, int] = {}
    candidate = 2
    while candidate * candidate <= number:
        if number % candidate:
            candidate += 1 if candidate == 2 else 2
        else:
            found[candidate] = found.get(candidate, 0) + 1
            number //= candidate
    if number > 1:
        found[number] = found.get(number, 0) + 1
    return found


def order_of_x(polynomial: int, known: dict[int, int] | None = None) -> int:
    """The least n > 0 with x^n = 1 modulo a polynomial that has a constant term. `known`: its factors, if at hand.

    Two wrong bits cancel out exactly when their distance is a multiple of it.
    """
    assert polynomial & 1, "x must have an inverse"
    known = factors(polynomial) if known is None else known
    orders = [order_modulo_irreducible(factor) for factor in known]
    repeated = max(known.values())
    # In characteristic 2, x^n - 1 to the power 2^k is x^(n * 2^k) - 1.
    return lcm(*orders) << (repeated - 1).bit_length()


def order_modulo_irreducible(factor: int) -> int:
    """The order of x in the field that an irreducible polynomial makes: the least divisor of 2^degree - 1."""
    order = (1 << degree(factor)) - 1
    for prime, count in prime_factors(order).items():
        for _ in range(count):
            if power_of_x(order // prime, factor) != divided(1, factor)[1]:
                break
            order //= prime
    assert power_of_x(order, factor) == divided(1, factor)[1], "the factor is not irreducible"
    return order


def rank(vectors: list[int]) -> int:
    """How many of some bit vectors are linearly independent."""
    basis: dict[int, int] = {}
    for vector in vectors:
        reduced = vector
        while reduced and (pivot := reduced.bit_length()) in basis:
            reduced ^= basis[pivot]
        if reduced:
            basis[reduced.bit_length()] = reduced
    return len(basis)


def text_of(polynomial: int) -> str:
    """A polynomial as people write it: `x^3 + x + 1`."""
    names = {0: "1", 1: "x"}
    powers = [power for power in range(degree(polynomial), -1, -1) if polynomial >> power & 1]
    return " + ".join(names.get(power, f"x^{power}") for power in powers) or "0"
