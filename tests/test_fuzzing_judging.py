"""The judge: each law is seen to fail on a codec that is wrong in one way, and none on the right ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from formats.catalog import CATALOG
from formats.codec import Codec
from formats.place import Place
from roundtrip.fuzzing.failure import LAWS, Failure
from roundtrip.fuzzing.judging import again, failures, judge, measured
from roundtrip.fuzzing.seeds import generated_seeds
from roundtrip.fuzzing.target import Target, target_of
from roundtrip.mutants import mutant_named
from roundtrip.mutants.planting import from_behaviour

#: Law -> a planted bug that breaks it, and what of a sound frame shows it.
BROKEN: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "typed errors": ("leaks-index-error", lambda data: data[:2]),
    "lanes agree": ("other-polynomial", bytes),
    "canonical": ("encoder-swaps-fields", bytes),
    "lookups": ("key-at-without-prefix", bytes),
}


def planted(name: str) -> tuple[Target, bytes]:
    bug = mutant_named(name)
    entry = CATALOG.labelled(bug.format)
    target = target_of(entry, bug.plant(entry))
    seed = generated_seeds(target.format)[-2]
    return target.at(seed.place), seed.data


def laws(target: Target, data: bytes) -> set[str]:
    return {failure.law for failure in failures(target, data)}


@pytest.mark.parametrize("label", [entry.label for entry in CATALOG])
def test_right_lanes_break_no_law(label: str) -> None:
    entry = CATALOG.labelled(label)
    for seed in generated_seeds(entry)[:5]:
        target = target_of(entry, place=seed.place)
        cut = seed.data[:-1] + bytes([seed.data[-1] ^ 1])
        for data in (seed.data, cut, seed.data[:-1], seed.data + b"\0", b""):
            assert judge(target, data, thorough=True) is None
            assert not list(measured(target, data))


@pytest.mark.parametrize("law", BROKEN)
def test_law_is_broken_by_a_planted_bug(law: str) -> None:
    name, change = BROKEN[law]
    target, data = planted(name)
    assert law in laws(target, change(data))


def wrong_prefix(codec: Codec) -> dict[str, Any]:
    """A prefix decoder that says that the frame is one byte shorter than it is."""

    def probe_prefix(data: Any, seed: int = 0) -> Any:
        assert codec.probe_prefix is not None
        found = codec.probe_prefix(data, seed)
        return None if found is None else (found[0], found[1] - 1)

    return {"probe_prefix": probe_prefix}


def test_prefix_of_another_length_is_noticed() -> None:
    entry = CATALOG.labelled("chunk")
    seed = generated_seeds(entry)[2]
    target = target_of(entry, from_behaviour(wrong_prefix)(entry), seed.place)
    assert laws(target, seed.data) == {"prefix"}
    assert laws(target, seed.data + b"more") == {"prefix"}


@pytest.mark.parametrize(("name", "law"), [("allocates-unverified-length", "memory"), ("quadratic-time", "work")])
def test_what_takes_too_much_is_noticed(name: str, law: str) -> None:
    target, data = planted(name)
    long = data + bytes(8192) if law == "work" else data[:25] + b"\xff\xff\xff\x03" + data[29:]
    assert law in {failure.law for failure in measured(target, long)}


@pytest.mark.parametrize("name", ["schema-place-forgotten", "schema-generation-forgotten"])
def test_reference_knows_the_place_that_a_schema_forgets(name: str) -> None:
    target, data = planted(name)
    found = next(failures(target, data))
    assert (found.law, found.where) == ("lanes agree", "reference/oracle")


def test_refused_inputs_are_shown_to_all_lanes_only_where_that_is_asked() -> None:
    target, data = planted("reference-truncated-as-corrupt")
    assert judge(target, data[:-3], thorough=False) is None
    assert judge(target, data[:-3], thorough=True) is not None


def test_again_finds_the_same_sort_and_no_other() -> None:
    target, data = planted("other-polynomial")
    failure = next(failures(target, data))
    assert again(target, failure, data) == failure
    assert again(target, failure, b"") is None
    assert failure.law in LAWS


def test_sort_leaves_out_bytes_and_words() -> None:
    one = Failure("chunk", "canonical", "", "payload", "fast", "…", b"1", Place())
    other = Failure("chunk", "canonical", "", "payload", "fast", "other words", b"22", Place(extent=1))
    assert one.sort() == other.sort()
