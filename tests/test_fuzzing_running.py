"""Blocks and runs: pure, the same with any number of workers, resumed, and never ended by an input."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from formats.catalog import CATALOG
from formats.codec import Codec
from roundtrip.campaign.ledger import BadLedger
from roundtrip.campaign.workers import Limits
from roundtrip.fuzzing import hunting
from roundtrip.fuzzing.block import FuzzBlock, FuzzResult, Message, Novel, distinct
from roundtrip.fuzzing.canary import Canary, canary_of
from roundtrip.fuzzing.hunting import Fuzzing, Hunt, ledger_at, outcome, rows_of
from roundtrip.fuzzing.rows import LAG, Plan, Row
from roundtrip.fuzzing.running import run_block
from roundtrip.fuzzing.seeds import base_seeds, generated_seeds, kept_files
from roundtrip.fuzzing.target import NOWHERE, target_of
from roundtrip.mutants import Planted
from roundtrip.mutants.planting import from_behaviour

FORMATS = (CATALOG.labelled("extent_header"), CATALOG.labelled("chunk"))


def block(label: str = "chunk", **changes: Any) -> FuzzBlock:
    values: dict[str, Any] = {
        "format": label,
        "seed": 3,
        "number": 0,
        "first": 0,
        "count": 3000,
        "layout": "",
        "base": "",
    }
    return FuzzBlock(**(values | changes))


def run(label: str = "chunk", **changes: Any) -> FuzzResult:
    entry = CATALOG.labelled(label)
    return run_block(Message(block=block(label, **changes)), target_of(entry), generated_seeds(entry))


def hunt(workers: int, ledger: Path | None = None, inputs: int = 2000) -> Hunt:
    bases = {entry.label: generated_seeds(entry) for entry in FORMATS}
    rows, told = rows_of(FORMATS, bases, seed=3, inputs=inputs, per_block=600, canary_inputs=1500)
    book = None if ledger is None else ledger_at(ledger)
    fuzzing = Fuzzing(rows, workers=workers, ledger=book)
    try:
        return outcome(fuzzing, fuzzing.run(), 3, told)
    finally:
        if book is not None:
            book.close()


def test_block_is_pure_and_its_result_parses_back() -> None:
    result = run()
    assert result.to_json() == run().to_json()
    assert FuzzResult.from_json(result.to_json()) == result
    assert result.to_json() != run(seed=4).to_json()


def test_block_shows_every_lane_what_is_accepted_once_and_a_share_of_the_rest() -> None:
    result = run(count=6000)
    assert result.inputs == 6000
    assert result.failures == ()
    assert result.judged - result.refused == result.accepted - result.repeated > 50
    assert 50 < result.refused < 600
    assert result.measured
    assert len(result.rules) >= 5


def test_what_is_new_becomes_a_seed_of_later_blocks() -> None:
    first = run()
    assert len(first.novel) > 10
    entry = CATALOG.labelled("chunk")
    message = Message(block=block(number=1, first=3000), novel=first.novel)
    second = run_block(message, target_of(entry), generated_seeds(entry))
    assert not {key for one in first.novel for key in one.keys} & {key for one in second.novel for key in one.keys}


def test_of_two_that_show_the_same_one_is_kept() -> None:
    one = Novel(data=b"1", place=NOWHERE, keys=("a", "b"))
    other = Novel(data=b"2", place=NOWHERE, keys=("b",))
    assert distinct((one, other)) == (one,)
    assert distinct((other, one)) == (other, one)


def test_later_blocks_wait_for_what_they_learn_from() -> None:
    entry = CATALOG.labelled("chunk")
    row = Row(target_of(entry), generated_seeds(entry), 1, per_block=100)
    plan, known = Plan([row]), dict[FuzzBlock, FuzzResult]()
    plan.known = known.get
    blocks = plan.blocks()
    first = next(blocks)
    assert first is not None
    assert next(blocks) is None
    known[first] = FuzzResult(block=first, inputs=100)
    side_by_side = [next(blocks) for _ in range(LAG)]
    assert None not in side_by_side
    assert next(blocks) is None


def test_number_of_workers_and_resuming_change_nothing(tmp_path: Path) -> None:
    first = hunt(0, tmp_path / "0")
    assert first.inputs == 2000
    assert hunt(2).digest() == first.digest()
    lines = (tmp_path / "0").read_bytes().splitlines(keepends=True)
    (tmp_path / "1").write_bytes(b"".join(lines[:4]) + lines[4][:-9])
    resumed = hunt(1, tmp_path / "1")
    assert resumed.digest() == first.digest()
    assert resumed.resumed == 3
    assert sorted((tmp_path / "1").read_bytes().splitlines()) == sorted(line.rstrip() for line in lines)


def test_longer_run_goes_on_from_a_shorter_one(tmp_path: Path) -> None:
    hunt(0, tmp_path / "ledger", inputs=1200)
    longer = hunt(0, tmp_path / "ledger")
    assert longer.digest() == hunt(0).digest()
    assert longer.resumed > 2


def test_ledger_of_histories_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text('{"ledger":1,"fingerprint":"0123456789abcdef"}\n')
    with pytest.raises(BadLedger, match="its blocks were run with code 0123456789abcdef"):
        ledger_at(tmp_path / "ledger")


def test_every_format_has_a_canary_and_it_is_found() -> None:
    found = hunt(0)
    assert [canary.format for canary in found.canaries] == ["extent_header", "chunk"]
    assert found.missed == []
    assert all(canary.found for canary in found.canaries)


def test_canary_that_is_no_bug_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    harmless = from_behaviour(lambda codec: {"probe": codec.probe})
    monkeypatch.setattr(hunting, "canary_of", lambda *_: Canary("harmless", "nothing is wrong", harmless))
    assert [canary.format for canary in hunt(0).missed] == ["extent_header", "chunk"]


@pytest.mark.parametrize("label", ["extent_header", "superblock", "lsm_page.filter"])
def test_layout_offers_canaries_of_its_own(label: str) -> None:
    entry = replace(CATALOG.labelled(label), generated=False)
    for seed in range(3):
        canary = canary_of(entry, seed)
        assert canary.name.startswith("canary-")
        target = target_of(entry, canary.plant(entry))
        result = run_block(Message(block=block(label, planted="x", count=20_000)), target, generated_seeds(entry))
        assert result.failures, canary


def stuck(does: str) -> Planted:
    """A chunk codec that hangs, or ends its process, where the owner is 255."""

    def wrap(codec: Codec) -> dict[str, Any]:
        def probe(data: Any, seed: int = 0) -> Any:
            while len(data) > 4 and data[4] == 255:
                if does == "dies":
                    os._exit(9)
            return codec.probe(data, seed)

        return {"probe": probe}

    return from_behaviour(wrap)(CATALOG.labelled("chunk"))


@pytest.mark.parametrize(("does", "law"), [("hangs", "ends"), ("dies", "lives")])
def test_input_that_a_process_does_not_survive_is_a_finding(does: str, law: str) -> None:
    entry = CATALOG.labelled("chunk")
    row = Row(target_of(entry, stuck(does)), generated_seeds(entry), 1, inputs=20_000)
    progress = Fuzzing([row], workers=1, limits=Limits(seconds=0.6)).run()
    (result,) = [result for result in progress.results() if result.failures]
    (failure,) = result.failures
    assert (failure.law, failure.data[4]) == (law, 255)
    assert result.inputs < 20_000


def test_kept_files_are_seeds_and_without_any_frames_are_generated() -> None:
    kept, trouble = kept_files(CATALOG)
    entry = CATALOG.labelled("superblock")
    assert trouble == ""
    assert len(base_seeds(entry, kept)) > 8
    assert base_seeds(entry, ()) == generated_seeds(entry)
