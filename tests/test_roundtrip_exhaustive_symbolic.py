"""Decoders as formulas: confirmed where the search ends, said not to be where it does not, planted bugs found."""

from __future__ import annotations

import struct
from collections import Counter
from random import Random

import pytest

from formats.catalog import CATALOG
from roundtrip.exhaustive import PLANTED, Wanted, exhaust, symbolic
from roundtrip.exhaustive.contracts import UNDER_TEST, UnderTest, a_prefix, total
from roundtrip.exhaustive.explorer import loaded, search_of
from roundtrip.exhaustive.outcome import SYMBOLIC
from roundtrip.exhaustive.stand_ins import NotModelled, StandIns, StructStandIn, masked, parsed
from roundtrip.exhaustive.symbolic import Goal, Search, buffer_of, goals_of
from roundtrip.mutants.planting import Mutant
from roundtrip.subjects import Subject, subject_of

needs_crosshair = pytest.mark.skipif(not symbolic.is_available(), reason=symbolic.MISSING)
#: Where a planted bug may sit; the first of them that has it is enough.
WITH_PLANTED_BUGS = ("probe_header", "probe_prefix")
FORMATS = ("<4sBHH16sIIIQI", "<H18xI", "<4sHHII12x", ">bhiq", "<3B2s", "<0sQ")


def subject(label: str) -> Subject:
    return subject_of(CATALOG.labelled(label), seed=1, samples=2)


def outcome_of(decode: object, *arguments: object) -> object:
    assert callable(decode)
    try:
        return decode(*arguments)
    except struct.error:
        return "struct.error"


@pytest.mark.parametrize("text", FORMATS)
def test_stand_in_unpacks_as_struct_does(text: str) -> None:
    random, real, model = Random(text), struct.Struct(text), StructStandIn(text)
    assert model.size == real.size
    for _ in range(300):
        data = random.randbytes(random.randrange(real.size + 3))
        offset = random.randrange(-len(data) - 2, len(data) + 2)
        assert outcome_of(model.unpack_from, data, offset) == outcome_of(real.unpack_from, data, offset)
        assert outcome_of(model.unpack, data) == outcome_of(real.unpack, data)


@pytest.mark.parametrize("text", FORMATS)
def test_stand_in_packs_what_struct_packs(text: str) -> None:
    random, real, model = Random(text), struct.Struct(text), StructStandIn(text)
    for _ in range(100):
        values = real.unpack(random.randbytes(real.size))
        packed = real.pack(*values)
        wrong = random.randrange(real.size)
        assert model.pack(*values).is_at_start_of(packed + b"more")
        assert not model.pack(*values).is_at_start_of(packed[:wrong] + bytes([packed[wrong] ^ 1]) + packed[wrong + 1 :])


@pytest.mark.parametrize("values", [(-1,), (256,), (b"x",), (1, 2), ()])
def test_stand_in_refuses_to_pack_what_struct_refuses(values: tuple[object, ...]) -> None:
    for one in (struct.Struct("<B"), StructStandIn("<B")):
        with pytest.raises(struct.error):
            one.pack(*values)


@pytest.mark.parametrize("text", ["I", "=I", "<d", "<p"])
def test_what_has_no_stand_in_is_named(text: str) -> None:
    with pytest.raises(NotModelled):
        parsed(text)


def test_shapes_that_a_module_keeps_have_stand_ins_that_keep_nothing() -> None:
    module = loaded(CATALOG.labelled("lsm_page.filter").codec)
    StandIns(module).install(())
    column = vars(module)["_u64_column"]
    shape = column(2)
    assert isinstance(shape, StructStandIn)
    assert shape.unpack_from(bytes(7) + b"\1" + bytes(8)) == (1 << 56, 0)
    assert column(2) is not shape


def test_masks_by_remainders_are_masks() -> None:
    random = Random("masks")
    for _ in range(500):
        number, mask = random.getrandbits(64) - 2**40, random.getrandbits(random.randrange(1, 40))
        assert masked(number, mask) == number & mask


def test_contract_fails_on_a_size_that_the_buffer_has_not() -> None:
    UNDER_TEST.append(UnderTest(lambda data, _: (object(), len(data) + 1), a_prefix(object), 8))
    try:
        assert not total(b"12", 0, 0, 0, 0)
    finally:
        UNDER_TEST.pop()


def test_only_an_exhausted_search_confirms() -> None:
    stopped = search_of([("CONFIRMED", "")], Counter(num_paths=5), 0, 0, 1.0)
    confirmed = search_of([("CONFIRMED", "")], Counter(num_paths=5, exhaustion=1), 0, 0, 1.0)
    given_up = search_of([("CANNOT_CONFIRM", "")], Counter(num_paths=5, exhaustion=1), 2, 0, 1.0)
    nothing = search_of([("PRE_UNSAT", "no buffer")], Counter(num_paths=5, exhaustion=1), 0, 0, 1.0)
    assert [one.state for one in (stopped, confirmed, given_up, nothing)] == ["stopped", "confirmed", *["stopped"] * 2]
    assert nothing.message == "PRE_UNSAT: no buffer"


def test_buffer_is_read_from_the_words_of_a_counterexample() -> None:
    assert buffer_of("IndexError: out of range when calling total(b'\\xd3\\'0', 0, 1, 2, 3)") == b"\xd3'0"
    assert buffer_of('false when calling total(b"it\'s", 0, 0, 0, 0)') == b"it's"
    assert buffer_of("something else") is None


def test_a_counterexample_that_no_real_checksum_gives_is_no_finding_and_not_silent() -> None:
    goal = Goal(subject("extent_header"), "probe_header", 65, 1.0)
    found, remark = symbolic.judged(goal, Search("refuted", 3, message="when calling total(b'abc', 0, 0, 0, 0)"))
    assert found == ()
    assert "only with checksums that no buffer found has" in remark


def test_goals_are_headers_and_the_smallest_frames() -> None:
    goals = {goal.decoder: goal.size for goal in goals_of(subject("chunk@2"), beyond=4, seconds=1.0)}
    assert goals == {"probe_header": 50, "probe": 62, "probe_tuple": 62, "probe_prefix": 62}


@needs_crosshair
@pytest.mark.slow
@pytest.mark.parametrize("label", ["lsm_page.data", "lsm_page.filter"])
def test_header_decoders_are_total_on_every_buffer(label: str) -> None:
    (goal, *_) = goals_of(subject(label), beyond=1, seconds=60.0)
    outcome = symbolic.examine(goal)
    assert goal.decoder == "probe_header"
    assert outcome.rows[0].facts["state"] == "confirmed"
    assert outcome.facts["paths"] > 5
    assert (outcome.findings, outcome.not_run) == ((), ())


@needs_crosshair
def test_a_search_without_time_confirms_nothing_and_says_so() -> None:
    (*_, goal) = goals_of(subject("superblock"), beyond=1, seconds=0.1)
    outcome = symbolic.examine(goal)
    assert outcome.rows[0].facts["state"] == "stopped"
    assert outcome.rows[0].facts["branches_left"] != 0
    assert "time was up" in outcome.not_run[0].reason


@needs_crosshair
@pytest.mark.slow
@pytest.mark.parametrize("bug", [pytest.param(bug, id=bug.name) for part, bug in PLANTED if part == SYMBOLIC])
def test_a_planted_bug_is_found_and_shown_on_real_bytes(bug: Mutant) -> None:
    planted = subject_of(
        CATALOG.labelled(bug.format), seed=1, samples=2, planted=bug.plant(CATALOG.labelled(bug.format))
    )
    headers = [goal for goal in goals_of(planted, beyond=1, seconds=20.0) if goal.decoder in WITH_PLANTED_BUGS]
    found = next(findings for goal in headers if (findings := symbolic.examine(goal).findings))
    assert [finding.law for finding in found] == [bug.law]
    assert found[0].data is not None


def test_a_missing_package_is_named_as_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbolic, "find_spec", lambda _name: None)
    named = exhaust(CATALOG, Wanted((SYMBOLIC,), 3, "lsm_page.footer", named=(SYMBOLIC,)))
    assert named.exit_code == 3
    assert "pip install" in named.not_run[0].reason
    everything = exhaust(CATALOG, Wanted(("damage", SYMBOLIC), 3, "lsm_page.footer"))
    assert everything.exit_code == 0
    assert everything.not_run == named.not_run
