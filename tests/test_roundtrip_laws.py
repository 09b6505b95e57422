"""Every law holds on our formats, and each is seen to fail on a bug of its kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import construct as c
import pytest
from construct import this
from crc32c import crc32c

from formats import primitives as p
from formats.catalog import CATALOG, Catalog, Format
from formats.codec import Codec
from formats.translate import translate
from formats.values import comparable
from roundtrip import reference
from roundtrip.check import Plan, plan_of
from roundtrip.findings import Finding
from roundtrip.lanes import Accepted, Refused, Unverifiable, verdict_without_place
from roundtrip.laws import LAWS, QUICK, LawResult
from roundtrip.laws.prefixes import legal_ends
from roundtrip.laws.steps import zero_width
from roundtrip.laws.total import short_inputs
from roundtrip.mutants.planting import Planted, with_functions
from roundtrip.subjects import subject_of

Record = c.Struct("length" / c.Rebuild(c.Int16ul, c.len_(this.data)), "data" / c.Bytes(this.length))
STREAM = Format("stream", 1, p.RecordsToEnd(Record))
BARE = Format("bare", 1, c.Struct("first" / c.Int8ub, "second" / c.Int32ul))


@pytest.fixture(scope="module")
def plan(seed: int) -> Plan:
    return plan_of(CATALOG, seed=seed, budget=QUICK)


@pytest.fixture(scope="module")
def user_plan(seed: int) -> Plan:
    return plan_of(Catalog("user", (STREAM, BARE)), seed=seed, budget=QUICK)


def judged(plan: Plan, law: str, name: str) -> LawResult:
    index = [subject.name for subject in plan.subjects].index(name)
    return plan.run(index, law)


def with_bug(plan: Plan, law: str, name: str, **functions: Callable[..., Any]) -> list[Finding]:
    """What a law finds when functions of the fast codec of a format are replaced."""
    entry = CATALOG.labelled(name)
    planted = Planted(entry, with_functions(entry.codec, **functions))
    subject = subject_of(entry, seed=plan.seed, samples=QUICK.samples, planted=planted)
    return [found for found in LAWS[law].check(subject, plan.others, QUICK, plan.seed).findings if found.law == law]


def codec_of(name: str) -> Codec:
    return CATALOG.labelled(name).codec


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", [entry.label for entry in CATALOG])
def test_law_holds_on_our_formats(plan: Plan, law: str, name: str) -> None:
    result = judged(plan, law, name)
    assert result.findings == ()
    assert result.count > 0


def test_law_tries_the_same_inputs_for_the_same_seed(plan: Plan) -> None:
    first, second = judged(plan, "D5", "chunk"), judged(plan, "D5", "chunk")
    assert (first.count, first.comparisons, first.note) == (second.count, second.comparisons, second.note)


# --- D1 --------------------------------------------------------------------------------------------------------------


def test_d1_tries_every_input_of_at_most_two_bytes() -> None:
    inputs = set(short_inputs())
    assert len(inputs) == 1 + 256 + 65536
    assert max(map(len, inputs)) == 2


def test_d1_finds_a_decoder_that_leaks_an_index_error(plan: Plan) -> None:
    probe = codec_of("chunk").probe

    def leaking(data: Any, seed: int = 0) -> Any:
        return probe(data, seed) if data[3] == 1 else None

    (found, *_) = with_bug(plan, "D1", "chunk", probe=leaking)
    assert "IndexError" in found.detail
    assert found.data is not None
    assert len(found.data) <= 3


def test_d1_finds_a_decoder_that_leaks_an_error_for_one_damaged_byte(plan: Plan) -> None:
    probe = codec_of("superblock").probe

    def leaking(data: Any, seed: int = 0) -> Any:
        if len(data) > 4 and data[2:4] == b"\x03\x01":
            {1: "full", 2: "delta"}[data[4]]
        return probe(data, seed)

    assert any("KeyError" in found.detail for found in with_bug(plan, "D1", "superblock", probe=leaking))


# --- D2 --------------------------------------------------------------------------------------------------------------


def test_d2_finds_memory_taken_for_an_unverified_length(plan: Plan) -> None:
    probe = codec_of("chunk").probe

    def greedy(data: Any, seed: int = 0) -> Any:
        if len(data) >= 28:
            bytearray(min(int.from_bytes(data[24:28], "little"), 1 << 24))
        return probe(data, seed)

    (found, *_) = with_bug(plan, "D2", "chunk", probe=greedy)
    assert "the law allows" in found.detail


def test_d2_prints_the_peak_of_every_lane(plan: Plan) -> None:
    note = judged(plan, "D2", "lsm_page.data").note
    assert all(f"{lane} " in note for lane in ("oracle", "fast", "fast tuples", "reference"))


# --- D3 --------------------------------------------------------------------------------------------------------------


def test_d3_finds_quadratic_work(plan: Plan) -> None:
    probe = codec_of("lsm_page.data").probe

    def slow(data: Any, seed: int = 0) -> Any:
        for _ in range(len(data) // 16):
            for _ in range(len(data) // 16):
                pass
        return probe(data, seed)

    (found, *_) = with_bug(plan, "D3", "lsm_page.data", probe=slow)
    assert found.data is None


def test_d3_finds_a_repetition_without_bytes() -> None:
    endless = c.Struct("count" / c.Int8ub, "items" / c.Array(this.count, c.Struct()))
    assert list(zero_width(translate(endless).root)) == [("items",)]
    assert not list(zero_width(CATALOG["superblock"].layout.root))


# --- D4, D5 ----------------------------------------------------------------------------------------------------------


def test_d4_finds_an_encoder_that_writes_another_value(plan: Plan) -> None:
    codec = codec_of("lsm_page.footer")
    encode = codec.module.encode

    def forgetful(record: Any, seed: int = 0) -> bytes:
        changed = {name: getattr(record, name) for name in record.__struct_fields__} | {"index_offset": 0}
        written: bytes = encode(type(record)(**changed), seed)
        return written

    paths = [found.path for found in with_bug(plan, "D4", "lsm_page.footer", encode=forgetful)]
    assert "index_offset" in paths


def test_d5_finds_an_unread_reserved_byte(plan: Plan) -> None:
    probe = codec_of("extent_header").probe

    def careless(data: Any, seed: int = 0) -> Any:
        held = bytes(data)
        if len(held) == 64 and reseal_header(held, seed) == held:
            return probe(reseal_header(held[:5] + bytes(3) + held[8:], seed), seed)
        return probe(data, seed)

    assert "reserved_1" in {found.path for found in with_bug(plan, "D5", "extent_header", probe=careless)}


def reseal_header(data: bytes, seed: int) -> bytes:
    return data[:60] + crc32c(data[:60], seed).to_bytes(4, "little")


# --- D6 --------------------------------------------------------------------------------------------------------------


def test_d6_flips_every_bit_of_every_sample(plan: Plan) -> None:
    result = judged(plan, "D6", "extent_header")
    samples = next(subject.samples for subject in plan.subjects if subject.name == "extent_header")
    assert result.facts["bit_flips"] == 8 * sum(len(sample.data) for sample in samples)


def test_d6_flips_at_least_200_000_header_bits_a_second(plan: Plan) -> None:
    best = max(rate(judged(plan, "D6", "extent_header")) for _ in range(3))
    assert best >= 200_000


def rate(result: LawResult) -> float:
    return result.facts["bit_flips"] / result.facts["flip_seconds"]


def test_d6_finds_a_checksum_that_is_computed_and_not_compared(plan: Plan) -> None:
    probe = codec_of("extent_header").probe

    def trusting(data: Any, seed: int = 0) -> Any:
        return probe(reseal_header(bytes(data), seed), seed) if len(data) == 64 else None

    paths = {found.path for found in with_bug(plan, "D6", "extent_header", probe=trusting)}
    assert "disk" in paths


def test_d6_counts_unprotected_bits_and_does_not_fail_on_them(user_plan: Plan) -> None:
    result = judged(user_plan, "D6", "bare")
    assert result.ok
    assert result.facts["unprotected_bits"] == result.facts["bit_flips"] == result.facts["unprotected_accepted"]


# --- D7, D8 ----------------------------------------------------------------------------------------------------------


def test_d7_finds_accepted_trailing_bytes(plan: Plan) -> None:
    prefix = codec_of("chunk").probe_prefix
    assert prefix is not None

    def lenient(data: Any, seed: int = 0) -> Any:
        found = prefix(data, seed)
        return found and found[0]

    (found, *_) = with_bug(plan, "D7", "chunk", probe=lenient)
    assert found.rule in ("", "trailing")


def test_d8_finds_a_cut_frame_that_passes(plan: Plan) -> None:
    probe = codec_of("lsm_page.footer").probe
    whole = next(subject.samples[0] for subject in plan.subjects if subject.name == "lsm_page.footer")

    def padding(data: Any, seed: int = 0) -> Any:
        return probe(bytes(data) + whole.data[47:48] if len(data) == 47 else data, seed)

    (found, *_) = with_bug(plan, "D8", "lsm_page.footer", probe=padding)
    assert found.rule == "truncated"


def test_d8_lets_a_stream_end_behind_its_records_only(user_plan: Plan) -> None:
    subject = next(subject for subject in user_plan.subjects if subject.name == "stream")
    sample = subject.samples[-1]
    ends = legal_ends(subject, sample)
    assert ends is not None
    accepted = {size for size in range(len(sample.data) + 1) if subject.probe(sample.data[:size], 0) is not None}
    assert accepted == ends
    assert judged(user_plan, "D8", "stream").ok


# --- D9, D10 ---------------------------------------------------------------------------------------------------------


def test_d9_finds_a_seal_that_forgets_the_place(plan: Plan) -> None:
    probe = codec_of("chunk").probe
    seeds = [sample.seed for subject in plan.subjects if subject.name == "chunk" for sample in subject.samples]

    def placeless(data: Any, seed: int = 0) -> Any:
        return next((found for one in (seed, *seeds) if (found := probe(data, one)) is not None), None)

    assert "seal" in {found.path for found in with_bug(plan, "D9", "chunk", probe=placeless)}


def test_d9_finds_a_zeroed_sector_that_passes(plan: Plan) -> None:
    probe = codec_of("extent_header").probe
    some = next(subject.samples[0] for subject in plan.subjects if subject.name == "extent_header")

    def trusting(data: Any, seed: int = 0) -> Any:
        return probe(data, seed) if any(data) or not data else probe(some.data, some.seed)

    assert any("bytes 00" in found.detail for found in with_bug(plan, "D9", "extent_header", probe=trusting))


def test_d10_finds_two_fields_read_in_each_others_place(plan: Plan) -> None:
    probe = codec_of("extent_header").probe

    def swapping(data: Any, seed: int = 0) -> Any:
        found = probe(data, seed)
        if found is None:
            return None
        values = {name: getattr(found, name) for name in found.__struct_fields__}
        values["extent_size"], values["page_size"] = values["page_size"], values["extent_size"]
        return type(found)(**values)

    assert {"extent_size"} <= {found.path for found in with_bug(plan, "D10", "extent_header", probe=swapping)}


def test_d10_compares_the_rules_of_oracle_and_reference(plan: Plan) -> None:
    entry = CATALOG["chunk@1"]

    def mistaken(data: bytes, seed: int) -> Any:
        try:
            return reference.DECODERS["chunk"](data, seed)
        except reference.Refusal as error:
            raise reference.Refusal("magic", error.detail, error.offset) from None

    subject = subject_of(entry, seed=plan.seed, samples=4, planted=Planted(entry, reference=mistaken))
    rules = {found.rule for found in LAWS["D10"].check(subject, plan.others, QUICK, plan.seed).findings}
    assert "header_checksum" in rules


# --- verdicts without a place ----------------------------------------------------------------------------------------


def test_frame_without_its_place_is_unverifiable_and_not_accepted(plan: Plan) -> None:
    subject = next(subject for subject in plan.subjects if subject.name == "chunk")
    sample = subject.samples[-1]
    oracle = subject.format.oracle
    assert isinstance(verdict_without_place(oracle, sample.data), Unverifiable)
    assert verdict_without_place(oracle, sample.data[:-1]) == Refused("truncated")
    assert verdict_without_place(oracle, sample.data + b"\0") == Refused("trailing")


def test_frame_of_a_format_without_seed_needs_no_place(user_plan: Plan) -> None:
    subject = next(subject for subject in user_plan.subjects if subject.name == "bare")
    sample = subject.samples[0]
    expected = Accepted(comparable(sample.value))
    assert verdict_without_place(subject.format.oracle, sample.data) == expected
