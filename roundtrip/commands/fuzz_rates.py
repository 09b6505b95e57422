"""`shardproof fuzz --rates`: how fast the mutating engine is, format by format, beside a peer without structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fuzzing.rates import INPUTS, measure
from ..fuzzing.seeds import generated_seeds
from .exits import NOTHING_TESTED, PROVED
from .output import write_json, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formats.catalog import Format

HEADING = ("format", "mutation and fast lane", "everything", "random bytes", "ratio", "accepted in a million", "random")


def show_rates(formats: Sequence[Format], seed: int, inputs: int | None, *, as_json: bool) -> int:
    """Measure each format and print the table; `inputs`: of one turn."""
    bases = {entry.label: generated_seeds(entry) for entry in formats}
    rates = [measure(entry, bases[entry.label], seed, inputs or INPUTS) for entry in formats if bases[entry.label]]
    if as_json:
        rows = [
            {
                "format": one.format,
                "fast_per_second": round(one.fast),
                "whole_per_second": round(one.whole),
                "peer_per_second": round(one.peer),
                "ratio": round(one.ratio, 2),
                "accepted_in_a_million": round(one.accepted),
                "peer_accepted_in_a_million": round(one.peer_accepted),
            }
            for one in rates
        ]
        write_json({"ok": bool(rates), "seed": seed, "peer": "one to four bytes set at random", "rates": rows})
        return PROVED if rates else NOTHING_TESTED
    table = [HEADING]
    for one in rates:
        numbers = (f"{one.fast:,.0f}", f"{one.whole:,.0f}", f"{one.peer:,.0f}", f"{one.ratio:.2f}")
        table.append((one.format, *numbers, f"{one.accepted:,.0f}", f"{one.peer_accepted:,.0f}"))
    write_table(table)
    return PROVED if rates else NOTHING_TESTED
