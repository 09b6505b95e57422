"""The pytest-benchmark suite: one test for each turn of each lane. `shardproof bench codecs` runs it.

The turns come from the plug-in in `child`, which has prepared them before pytest starts.
"""

from __future__ import annotations

from typing import Any

from roundtrip.bench.turns import LOOPS, Turn


def test_turn(turn: Turn, benchmark: Any) -> None:
    """One burst; its first loop warms the caches and is not counted."""
    benchmark.extra_info.update(turn.facts())
    benchmark.group = turn.group.key
    benchmark.pedantic(turn.loop, rounds=LOOPS, iterations=1, warmup_rounds=1)
