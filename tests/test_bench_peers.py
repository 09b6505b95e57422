"""Every peer of the benchmarks does equal work, and the hand-written yardstick makes the same checks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from formats import CATALOG
from formats.codec import ENCODE_ERRORS
from formats.errors import ShardproofError
from formats.reseal import reseal
from formats.values import plain_of_record
from roundtrip.bench.lanes import own_contenders
from roundtrip.bench.peers import (
    Call,
    Contender,
    NotComparable,
    construct_peer,
    cstruct_peer,
    handwritten_peer,
    kaitai_peer,
    msgspec_peer,
    protobuf_peer,
)
from roundtrip.bench.proof import problem
from roundtrip.bench.records import Sample, samples

PEER_MODULES = {
    "handwritten": handwritten_peer,
    "construct": construct_peer,
    "msgspec": msgspec_peer,
    "protobuf": protobuf_peer,
    "kaitai": kaitai_peer,
    "cstruct": cstruct_peer,
}
NAMES = [entry.label for entry in CATALOG]
#: What nobody has written: a heap of keys behind a prefix, in a language that has none.
NOT_WRITTEN = {("construct", "lsm_page.data@2"), ("cstruct", "lsm_page.data@2")}


@pytest.fixture(scope="module")
def by_name(seed: int) -> dict[str, Sample]:
    return {sample.format.label: sample for sample in samples(CATALOG, seed)}


@pytest.mark.parametrize("name", NAMES)
def test_own_lanes_do_equal_work(by_name: dict[str, Sample], name: str) -> None:
    assert [problem(contender, by_name[name]) for contender in own_contenders(by_name[name])] == [None] * 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("peer", PEER_MODULES)
def test_peer_does_equal_work(by_name: dict[str, Sample], peer: str, name: str) -> None:
    module = PEER_MODULES[peer]
    if peer == "kaitai":
        try:
            kaitai_peer.get_ready()
        except ShardproofError as error:
            pytest.skip(str(error))
    if (peer, name) in NOT_WRITTEN:
        with pytest.raises(NotComparable):
            module.contenders(by_name[name])
        return
    found = module.contenders(by_name[name])
    assert found
    assert [problem(contender, by_name[name]) for contender in found] == [None] * len(found)


def damaged(sample: Sample, draw: random.Random) -> Iterator[bytes]:
    """Every single-bit flip; and flips, cuts and swaps with their checksums made good."""
    for index in range(len(sample.data)):
        for bit in range(8):
            yield flipped(sample.data, index, bit)
    for _ in range(120):
        data = bytearray(flipped(sample.data, draw.randrange(len(sample.data)), draw.randrange(8)))
        if draw.random() < 0.3:
            data[draw.randrange(len(data))] = draw.choice((0, 1, 0xFF))
        if draw.random() < 0.2:
            del data[draw.randrange(len(data)) :]
        yield reseal(sample.format.oracle, bytes(data), sample.seed)


def flipped(data: bytes, index: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[index] ^= 1 << bit
    return bytes(changed)


@pytest.mark.parametrize("name", NAMES)
def test_handwritten_code_makes_the_same_checks(by_name: dict[str, Sample], name: str, seed: int) -> None:
    sample, decode = by_name[name], handwritten_peer.HANDS[name].decode
    for data in damaged(sample, random.Random(seed)):
        fast, hand = sample.format.codec.probe(data, sample.seed), decode(data, sample.seed)
        assert plain_of_record(hand) == plain_of_record(fast), data.hex()


def test_handwritten_keys_may_not_fall(by_name: dict[str, Sample]) -> None:
    sample = by_name["lsm_page.data"]
    for place in (0, 1, 40, 76):
        data = bytearray(sample.data)
        data[32 + 2 * place : 36 + 2 * place] = (
            data[34 + 2 * place : 36 + 2 * place] + data[32 + 2 * place : 34 + 2 * place]
        )
        forged = reseal(sample.format.oracle, bytes(data), sample.seed)
        assert handwritten_peer.HANDS["lsm_page.data"].decode(forged, sample.seed) is None


def wrong_values(value: Any) -> tuple[Any, ...]:
    """What a field may not, or may just, be instead of this value."""
    if isinstance(value, int):
        return (-1, 0, 1, 2**16, 2**20 + 1, 2**31 + 1, 2**32, 2**64, "1", None)
    if isinstance(value, bytes):
        return (b"", value[:-1], value + b"x" * 4096, bytearray(value), memoryview(value), "text", None)
    if isinstance(value, str):
        return ("nobody", 1, None)
    return ((), value[:-1], value[::-1], (*value[:2], *value[1:]), list(value), (None,) * len(value), None)


def raises(encode: Any, record: Any, seed: int) -> bool:
    try:
        encode(record, seed)
    except ENCODE_ERRORS:
        return True
    return False


@pytest.mark.parametrize("name", NAMES)
def test_handwritten_encoder_refuses_the_same_values(by_name: dict[str, Sample], name: str) -> None:
    sample, hand = by_name[name], handwritten_peer.HANDS[name]
    (contender,) = handwritten_peer.contenders(sample)
    assert contender.encode is not None
    records = (sample.record, contender.encode.arguments[0])
    paths: list[tuple[str, ...]] = [
        (field,) for field in records[0].__struct_fields__ if field not in {"entries", "changes"}
    ]
    for region in {"entries", "changes"} & {*records[0].__struct_fields__}:
        paths += [(region, field) for field in getattr(records[0], region).__struct_fields__]
    for path in paths:
        for wrong in wrong_values(get(records[0], path)):
            fast, mine = (changed(record, path, wrong) for record in records)
            verdicts = (
                raises(sample.format.codec.module.encode, fast, sample.seed),
                raises(hand.encode, mine, sample.seed),
            )
            assert verdicts[0] == verdicts[1], (path, wrong)


def get(record: Any, path: tuple[str, ...]) -> Any:
    for field in path:
        record = getattr(record, field)
    return record


def changed(record: Any, path: tuple[str, ...], value: Any) -> Any:
    inner = changed(getattr(record, path[0]), path[1:], value) if len(path) > 1 else value
    return msgspec.structs.replace(record, **{path[0]: inner})


@pytest.mark.parametrize(
    ("planted", "reason"),
    [
        ({"plain": lambda _: {"part": 1}}, "another value"),
        ({"encode": Call(bytes, (b"other",))}, "other bytes"),
        ({"decode": Call(lambda data: len(data) and 1, (b"",)), "plain": lambda _: None}, "another value"),
    ],
)
def test_contender_with_other_work_is_not_timed(
    by_name: dict[str, Sample], planted: dict[str, Any], reason: str
) -> None:
    (hand,) = handwritten_peer.contenders(by_name["chunk"])
    assert reason in (problem(replace(hand, **planted), by_name["chunk"]) or "")


def test_contender_that_skips_a_checksum_is_not_timed(by_name: dict[str, Sample]) -> None:
    sample = by_name["chunk"]
    careless = Contender("careless", "all", Call(lambda data, _: bytes(data), (sample.data, 0)), lambda _: sample.plain)
    assert "accepts byte 0 with bit 0 flipped" in (problem(careless, sample) or "")
