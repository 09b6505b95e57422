"""The laws D1 to D10, each a check over every format of a catalog."""

from __future__ import annotations

from typing import Final

from . import agreement, canonical, confusion, exact, flips, memory, prefixes, steps, total, values
from .base import QUICK, STANDARD, Budget, Law, LawResult, Trial, budget_for

_MODULES = (total, memory, steps, values, canonical, flips, exact, prefixes, confusion, agreement)

#: Every law by its number, in order.
LAWS: Final[dict[str, Law]] = {module.LAW.number: module.LAW for module in _MODULES}

__all__ = ["LAWS", "QUICK", "STANDARD", "Budget", "Law", "LawResult", "Trial", "budget_for"]
