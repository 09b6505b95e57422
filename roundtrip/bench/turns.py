"""How lanes take turns, so that ratios mean something on a machine whose speed changes under us.

A *turn* is one short burst of one lane, measured by pytest-benchmark. In a *round* every lane of every group has one
turn; the lanes of a group follow each other at once, forwards in even rounds and backwards in odd ones. A ratio is
taken within a round, between bursts that lie milliseconds apart, and the median of these ratios is reported: a machine
that slows down for a second spoils one round, not one lane.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from time import perf_counter
from typing import Final

from .peers import Call
from .plan import Group, Lane

#: Measured loops of one turn; each lasts about as long as `Pace.loop_seconds`.
LOOPS: Final = 5
#: The round of a turn that only warms up.
UNCOUNTED: Final = -1


@dataclass(frozen=True)
class Pace:
    """How long is measured."""

    rounds: int
    loop_seconds: float


FULL: Final = Pace(rounds=21, loop_seconds=0.0004)
QUICK: Final = Pace(rounds=2, loop_seconds=0.00005)


@dataclass(frozen=True)
class Turn:
    """One burst of one lane in one round; calls: how often the operation's function is called in one loop."""

    round: int
    group: Group
    lane: Lane
    calls: int

    def __str__(self) -> str:
        return f"{self.group.key} {self.lane.name} {self.round}".replace(" ", "-")

    def facts(self) -> dict[str, object]:
        """What the report needs to know of a measurement."""
        return {
            "round": self.round,
            "format": self.group.format,
            "operation": self.group.operation,
            "lane": self.lane.name,
            "operations": self.calls * self.lane.per_run,
        }

    def loop(self) -> None:
        """One measured loop."""
        run(self.lane.call, self.calls)


def run(call: Call, calls: int) -> None:
    """Call so many times, with as little around it as possible."""
    function, arguments = call.function, call.arguments
    if len(arguments) == 1:
        (one,) = arguments
        for _ in repeat(None, calls):
            function(one)
    elif len(arguments) == 2:
        one, two = arguments
        for _ in repeat(None, calls):
            function(one, two)
    else:
        for _ in repeat(None, calls):
            function(*arguments)


def calls_for(call: Call, seconds: float) -> int:
    """How many calls take about so long."""
    calls = 1
    while True:
        started = perf_counter()
        run(call, calls)
        spent = perf_counter() - started
        if spent >= seconds / 4 or calls >= 1 << 20:
            return max(1, round(calls * seconds / max(spent, 1e-9)))
        calls *= 4


def turns(groups: list[Group], pace: Pace) -> Iterator[Turn]:
    """Every turn in order; before them one that is not counted, because a process is slow at first."""
    calls = {
        (group.key, lane.name): calls_for(lane.call, pace.loop_seconds) for group in groups for lane in group.lanes
    }
    if groups:
        yield Turn(UNCOUNTED, groups[0], groups[0].lanes[0], calls[groups[0].key, groups[0].lanes[0].name])
    for number in range(pace.rounds):
        for group in groups:
            for lane in group.lanes if number % 2 == 0 else reversed(group.lanes):
                yield Turn(number, group, lane, calls[group.key, lane.name])
