"""Every planted bug is killed by the law that should, and nothing is found where nothing is planted."""

from __future__ import annotations

import pytest

from formats import CATALOG, ShardproofError
from formats.layout import Integer
from roundtrip.laws import LAWS
from roundtrip.mutants import MUTANTS, hunt, mutant_named
from roundtrip.mutants.edits import EditFailed, edit
from roundtrip.mutants.planting import from_source


@pytest.mark.slow
def test_every_planted_bug_is_killed_by_its_law_and_nothing_else_is_found() -> None:
    result = hunt(seed=1)
    assert [outcome.mutant.name for outcome in result.outcomes if not outcome.killed] == []
    assert result.false_alarms == ()
    assert result.ok


def test_there_are_bugs_for_every_law_and_at_least_25() -> None:
    assert len(MUTANTS) >= 25
    assert {mutant.law for mutant in MUTANTS} == set(LAWS)


def test_a_hunt_without_bugs_is_not_ok() -> None:
    assert not hunt(seed=1, mutants=()).ok


def test_unknown_bug_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(ShardproofError, match="swapped-fields"):
        mutant_named("no-such-bug")


def test_a_bug_that_no_longer_applies_is_an_error() -> None:
    with pytest.raises(EditFailed):
        from_source("no such text", "")(CATALOG["chunk@1"])
    with pytest.raises(EditFailed):
        edit(CATALOG["chunk@1"].layout, "no_such_field", lambda _: Integer(1))
