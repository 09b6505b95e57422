"""Numbers as people read them."""

from __future__ import annotations


def grouped(number: float) -> str:
    """A number with its digits in groups; beyond 10^12 as a power of ten."""
    return f"{number:,.0f}" if number < 10**12 else f"{number:.2e}"
