"""Findings: text files that a person reads, edits and replays, and the planted bugs that they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from crc32c import crc32c

from engine.index import Index
from roundtrip.campaign.block import Block
from roundtrip.campaign.kinds import run_block
from roundtrip.campaign.ledger import BadLedger, Ledger
from roundtrip.campaign.plan import blocks_of
from roundtrip.campaign.reading import parse_finding, read_finding, write_finding
from roundtrip.campaign.runner import run_campaign
from roundtrip.campaign.shrinking import shrink_finding
from roundtrip.histories.drivers_hypothesis import smallest_failing
from roundtrip.histories.failure import NO_UNEXPECTED_ERROR, Failure, examine
from roundtrip.histories.finding import BadFinding, Finding
from roundtrip.histories.history import History
from roundtrip.histories.mismatch import Mismatch
from roundtrip.histories.operations import Delete, Flush, Get, Put

HISTORY = History(preset="tiny", placement="counter", operations=(Put(3, 40), Flush(), Put(3, 1), Flush(), Get(3)))


def oldest_run_first(self: Any, key: bytes) -> Any:
    """A planted bug: of two runs with a key the older one answers."""
    for run in reversed(self.runs):
        entry = run.get(key, crc32c(key), self.cache)
        if entry is not None:
            return entry
    return None


@pytest.fixture
def stale(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(Index, "find_in_runs", oldest_run_first)
    return monkeypatch


def test_finding_parses_back_from_its_text() -> None:
    failure = Failure("answer", "40 bytes `1.`", "nothing: none\n at all", 5, "get 3")
    finding = Finding.of(
        HISTORY,
        failure,
        seed=9,
        driver="hand",
        faults=("write 3 fails", "sync 1 fails"),
        crash="late",
        always=True,
    )
    again = Finding.parse(finding.text())
    assert again.text() == finding.text()
    assert again.history == HISTORY
    assert again.faults == ("write 3 fails", "sync 1 fails")
    assert "\\n" in again.failure.found


def test_finding_may_be_edited() -> None:
    text = Finding.of(HISTORY, Mismatch("answer", "a", "b")).text()
    edited = "\n# why\n" + text.replace("flush\n", "\n  # gone\n", 1) + "  delete 3  \n"
    assert Finding.parse(edited).history.operations == (Put(3, 40), Put(3, 1), Flush(), Get(3), Delete(3))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("shardproof finding 1", "hello", "line 1: expected `shardproof finding 1`, found `hello`"),
        ("law: answer\n", "", "expected a line `law: …` before it"),
        ("law: answer", "low: answer", "line 2: expected `NAME: VALUE` with one of law"),
        ("expected: a", "law: b", "line 3: expected one line `law: …`, found a second"),
        ("preset: tiny", "preset: huge", "preset: expected one of tiny"),
        ("preset: tiny\n", "", "expected a line `preset: …`"),
        ("placement: counter", "placement: x", "placement: expected one of counter"),
        ("history:", "story", "line 10: expected `NAME: VALUE` with one of law"),
        ("get 3", "get x", "line 15: expected `get KEY` with whole numbers"),
        ("get 3", "get 99", "line 15: preset tiny has keys 0 to 11, found 99"),
        ("seed: 0", "seed: -1", "seed: expected a whole number from 0 on, found '-1'"),
        ("seed: 0", "seed: ²", "seed: expected a whole number"),
        ("seed: 0", "kind: x", "kind: expected one of history"),
    ],
)
def test_bad_finding_is_refused_with_its_line(old: str, new: str, message: str) -> None:
    text = Finding.of(HISTORY, Failure("answer", "a", "b", 1, "x"), driver="hand").text()
    assert old in text
    with pytest.raises(BadFinding) as caught:
        Finding.parse(text.replace(old, new, 1))
    assert message in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"\n\n# only\n"])
def test_file_that_is_no_finding_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "finding.txt"
    path.write_bytes(data)
    with pytest.raises(BadFinding, match=r"finding\.txt: "):
        read_finding(path)
    with pytest.raises(BadFinding, match="absent"):
        read_finding(tmp_path / "absent")


def test_unexpected_error_is_a_finding_that_names_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: Any, key: bytes) -> None:
        raise KeyError(key)

    monkeypatch.setattr(Index, "find_in_runs", broken)
    failure = examine(HISTORY)
    assert failure is not None
    assert (failure.law, failure.number, failure.operation) == (NO_UNEXPECTED_ERROR, 5, "get 3")
    assert failure.found.startswith("KeyError: b'3' (engine/index.py:")


# --- seen to fail


def test_volume_finds_a_planted_bug_and_its_finding_replays_until_the_bug_is_gone(
    stale: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    campaign = run_campaign(blocks_of("conform", "tiny", 1, 6, per_block=3), workers=1)
    assert campaign.found > 0
    write_finding(campaign.findings()[0], tmp_path / "findings" / "one.txt")
    finding = read_finding(tmp_path / "findings" / "one.txt")
    assert finding.replay() == finding.failure
    small = shrink_finding(finding, 20)
    assert isinstance(small, Finding)
    assert len(small.history.operations) <= 7
    assert small.replay() == small.failure
    stale.undo()
    assert small.replay() is None
    assert finding.replay() is None
    assert shrink_finding(finding, 1) is None


def test_hypothesis_finds_a_planted_bug_and_makes_it_small(stale: pytest.MonkeyPatch) -> None:
    finding = smallest_failing("tiny", seed=1, examples=400)
    assert finding is not None
    assert len(finding.history.operations) <= 8
    assert finding.replay() == finding.failure
    stale.undo()
    assert finding.replay() is None


def test_hypothesis_finds_nothing_where_nothing_is_wrong() -> None:
    assert smallest_failing("tiny", seed=1, examples=40, crashes=True) is None


def test_comparing_after_every_operation_finds_what_the_end_would_not(stale: pytest.MonkeyPatch) -> None:
    history = HISTORY.with_operations([*HISTORY.operations[:4], Delete(3)])
    assert examine(history) is None
    failure = examine(history, always=True)
    assert failure is not None
    assert failure.number == 4
    finding = Finding.of(history, failure, always=True)
    assert Finding.parse(finding.text()).replay() == failure
    stale.undo()
    assert finding.replay() is None


def test_component_finding_replays_and_shrinks(stale: pytest.MonkeyPatch) -> None:
    result = run_block(Block(kind="component", preset="index", seed=1, first=0, count=20))
    assert result.found > 0
    finding = parse_finding(result.findings[0])
    assert finding.replay() == finding.failure
    small = shrink_finding(finding, 10)
    assert small is not None
    assert parse_finding(small.text()) == small
    stale.undo()
    assert small.replay() is None


def test_ledger_that_is_no_file_is_refused_at_once() -> None:
    with pytest.raises(BadLedger, match="expected a file, found a device"):
        Ledger(Path("/dev/full"))
