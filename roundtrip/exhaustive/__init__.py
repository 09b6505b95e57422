"""Exhaustive proofs: whatever is small enough to be tried completely, or to be proved by algebra or by a solver."""

from __future__ import annotations

from .outcome import PARTS, ExhaustiveReport
from .planted import PLANTED, planted_named
from .run import Wanted, exhaust

__all__ = ["PARTS", "PLANTED", "ExhaustiveReport", "Wanted", "exhaust", "planted_named"]
