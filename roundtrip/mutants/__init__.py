"""Planted bugs: every law is seen to fail on a codec that is wrong in exactly one way.

`MUTANTS` are the bugs, `hunt` runs the law that must kill each, `shardproof mutants` prints the table.
"""

from .hunt import Hunt, Outcome, hunt, mutant_named
from .planted import MUTANTS
from .planting import Mutant, Planted

__all__ = ["MUTANTS", "Hunt", "Mutant", "Outcome", "Planted", "hunt", "mutant_named"]
