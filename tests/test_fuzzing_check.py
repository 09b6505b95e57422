"""The fuzzer's quick tier in `shardproof check`, its rates beside a peer, and a sample of the planted bugs."""

from __future__ import annotations

from typing import Any

import pytest

from formats.catalog import CATALOG, Catalog, Format
from roundtrip import fuzz_check
from roundtrip.fuzz_check import check_fuzz
from roundtrip.fuzzing import hunting
from roundtrip.fuzzing.canary import Canary
from roundtrip.fuzzing.planted import hunt_planted
from roundtrip.fuzzing.rates import measure
from roundtrip.fuzzing.seeds import generated_seeds
from roundtrip.fuzzing.target import Target, target_of
from roundtrip.mutants import mutant_named
from roundtrip.mutants.planting import from_behaviour

ONE = Catalog("one", (CATALOG["extent_header"],))
#: Of every sort one: text, layout, behaviour, schema, reference, encoder, memory.
BUGS = (
    "unchecked-kind",
    "bound-too-wide",
    "short-read-padded",
    "schema-place-forgotten",
    "reference-takes-other-rule",
    "encoder-wrong-checksum",
    "keys-unbounded-in-all",
)


def test_quick_tier_finds_nothing_in_right_formats_and_repeats_itself() -> None:
    found = check_fuzz(ONE, 7, inputs=2000)
    assert (found.inputs, found.findings) == (2000, ())
    assert found == check_fuzz(ONE, 7, inputs=2000)


def test_quick_tier_finds_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_bug(entry: Format, planted: Any = None) -> Target:
        return target_of(entry, planted or mutant_named("unchecked-version").plant(entry))

    monkeypatch.setattr(hunting, "target_of", with_bug)
    found = check_fuzz(ONE, 7, inputs=2000)
    assert ("fuzz: lanes agree", "version") in {(one.law, one.rule) for one in found.findings}


def test_quick_tier_is_red_where_a_canary_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    harmless = from_behaviour(lambda codec: {"probe": codec.probe})
    monkeypatch.setattr(hunting, "canary_of", lambda *_: Canary("harmless", "nothing is wrong", harmless))
    monkeypatch.setattr(fuzz_check, "CANARY_INPUTS", 1000)
    assert [one.rule for one in check_fuzz(ONE, 7, inputs=1000).findings] == ["canary"]


@pytest.mark.parametrize("name", BUGS)
def test_planted_bug_is_found_from_an_empty_corpus(name: str) -> None:
    (found,) = hunt_planted([mutant_named(name)], seed=1, seconds=30, workers=0, shrink=False)
    assert found.failure is not None
    assert found.inputs < 50_000


def test_rates_are_measured_beside_a_peer_that_gets_nowhere() -> None:
    entry = CATALOG["extent_header"]
    rate = measure(entry, generated_seeds(entry)[:3], 1, inputs=800)
    assert min(rate.fast, rate.whole, rate.peer, rate.ratio) > 0
    assert rate.accepted > 5000 > rate.peer_accepted
