"""Campaigns: the history that a process did not survive becomes a finding, whatever kind of history it was."""

from __future__ import annotations

import pytest

from roundtrip.campaign.block import Block
from roundtrip.campaign.components import ComponentFinding
from roundtrip.campaign.kinds import KINDS, UnknownKind, lost_finding, run_block
from roundtrip.campaign.reading import parse_finding
from roundtrip.campaign.workers import LIVES
from roundtrip.component_conformance import COMPONENTS, run_component
from roundtrip.crash.exhaustive import ALPHABET
from roundtrip.crash.prepared import PREPARED, prepared_named
from roundtrip.histories.drivers import NUMBER_BITS, history_of
from roundtrip.histories.failure import Failure
from roundtrip.histories.finding import Finding

DIED = Failure(LIVES, "an end of the block", "signal SIGSEGV")


@pytest.mark.parametrize(("kind", "crashes"), [("conform", False), ("crash-histories", True), ("crash-states", True)])
def test_lost_random_history_is_the_one_that_ran(kind: str, crashes: bool) -> None:
    block = Block(kind=kind, preset="tiny", seed=5, first=10, count=4)
    finding = parse_finding(lost_finding(block, 12, DIED))
    assert isinstance(finding, Finding)
    assert finding.history == history_of(5, 12, "tiny", crashes=crashes)
    assert (finding.failure.law, finding.driver) == (LIVES, f"{kind}, history 12")
    assert finding.replay() is None


@pytest.mark.parametrize("name", COMPONENTS)
def test_lost_history_of_a_component_is_the_one_that_ran(name: str) -> None:
    block = Block(kind="component", preset=name, seed=5, first=0, count=3)
    finding = parse_finding(lost_finding(block, 2, DIED))
    assert isinstance(finding, ComponentFinding)
    report = run_component(name, 5 << NUMBER_BITS | 2, block.longest)
    assert (finding.seed, finding.lines) == (report.seed, report.history)
    assert finding.replay() is None


@pytest.mark.parametrize("name", PREPARED)
def test_lost_history_of_an_enumeration_is_found_by_counting(name: str) -> None:
    block = Block(kind=f"exhaustive-{name}", preset="enumerated", seed=0, first=0, count=1, longest=2)
    finding = parse_finding(lost_finding(block, len(ALPHABET) + 1, DIED))
    assert isinstance(finding, Finding)
    assert finding.history.operations == (*prepared_named(name).operations, *ALPHABET[:2])
    assert finding.replay() is None


def test_every_kind_can_tell_of_what_was_lost() -> None:
    for kind in KINDS:
        preset = "index" if kind == "component" else "tiny"
        assert LIVES in lost_finding(Block(kind=kind, preset=preset, seed=1, first=0, count=1, longest=2), 0, DIED)


def test_unknown_kind_is_refused() -> None:
    block = Block(kind="nothing", preset="tiny", seed=1, first=0, count=1)
    for use in (run_block, lambda lost: lost_finding(lost, 0, DIED)):
        with pytest.raises(UnknownKind, match="kind: expected one of conform"):
            use(block)
