"""Shrinking keeps what matters of a history, and makes it simple."""

from __future__ import annotations

from roundtrip.histories.history import History
from roundtrip.histories.operations import Crash, Drain, Flush, Get, Put, PutMany, Reclaim
from roundtrip.histories.shrinking import shrink
from roundtrip.histories.simpler import order, simpler_forms


def test_shrinking_keeps_the_operations_that_matter_and_makes_them_simple() -> None:
    operations = [Put(number % 7, number) for number in range(40)]
    history = History(preset="tiny", placement="magic", operations=(*operations, Crash(9), PutMany(3, 4, 77), Drain()))

    def fails(candidate: History) -> bool:
        kinds = [type(one) for one in candidate.operations]
        return Crash in kinds and any(kind in {Put, PutMany} for kind in kinds[kinds.index(Crash) :])

    small = shrink(history, fails, 60)
    assert small == History(preset="tiny", placement="counter", operations=(Crash(0), Put(0, 0)))
    assert shrink(history, fails, 60) == small


def test_shrinking_takes_nothing_that_does_not_fail() -> None:
    history = History(preset="tiny", placement="counter", operations=(Put(1, 5), Get(1), Flush()))
    assert shrink(history, lambda candidate: candidate == history, 60) == history


def test_shrinking_stops_when_its_time_is_over() -> None:
    history = History(preset="tiny", placement="counter", operations=(Put(1, 5),) * 50)
    assert shrink(history, lambda _: True, 0) == history


def test_simpler_operations_come_before_the_operation() -> None:
    for operation in (PutMany(3, 4, 900), Reclaim(2), Crash(200), Put(5, 1399)):
        forms = list(simpler_forms(operation))
        assert forms
        assert all(order(form) < order(operation) for form in forms)
