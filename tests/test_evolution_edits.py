"""Edits of schemas, each judged: the rule that names it, and what either side makes of the other's files."""

from __future__ import annotations

import pytest

from formats.catalog import CATALOG
from roundtrip.evolution import validate
from roundtrip.evolution.edit_table import EDITS, Edit, formats
from roundtrip.evolution.examining import examined, examined_with_bump
from roundtrip.evolution.planted import PLANTED, Planted, planted


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_edit_is_judged_right_and_its_witnesses_show_it(edit: Edit) -> None:
    assert examined(edit) == ()


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_bumped_edit_is_refused_and_judged_without_the_version_check(edit: Edit) -> None:
    assert examined_with_bump(edit) == ()


def test_no_edit_gives_no_finding() -> None:
    report = validate(tuple(CATALOG), tuple(CATALOG))
    assert report.findings == ()
    assert report.advice == ()
    assert {line.state for line in report.versions} == {"unchanged"}


def test_verdicts_are_the_same_twice() -> None:
    edit = EDITS[0]
    old, new = formats(edit)
    assert validate([old], [new], seed=5) == validate([old], [new], seed=5)


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_planted_bug_in_the_judge_is_caught(bug: Planted) -> None:
    assert bug.examine() == ()
    with planted(bug):
        assert bug.examine() != ()
