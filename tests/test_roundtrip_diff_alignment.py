"""What the same elements, and the same bytes, of two sides are: fewest changes, either way round, and never slow."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundtrip.diffing import alignment, payload
from roundtrip.diffing.alignment import Alignment, align, stretches
from roundtrip.diffing.pairing import pair_alike
from roundtrip.diffing.payload import Hunk, hunks

SEQUENCES = st.lists(st.integers(0, 3) | st.integers(0, 50), max_size=14)
PIECES = st.lists(st.binary(max_size=40), max_size=4)
#: As many entries as an index page may have.
MANY = 65_536


def longest(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    """The length of a longest common subsequence, by the textbook."""
    row = [0] * (len(new) + 1)
    for one in old:
        before = row
        row = [0]
        for index, other in enumerate(new):
            row.append(before[index] + 1 if one == other else max(before[index + 1], row[index]))
    return row[-1]


def prove_alignment(aligner: Callable[..., Alignment], old: list[int], new: list[int]) -> None:
    """Pairs are equal elements, in order, as many as there can be, and the same ones the other way round."""
    found = aligner(old, new)
    assert all(old[left] == new[right] for left, right in found.pairs)
    assert all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(found.pairs))
    assert len(found.pairs) == longest(old, new)
    assert aligner(new, old).pairs == tuple((right, left) for left, right in found.pairs)
    assert not found.coarse


@given(old=SEQUENCES, new=SEQUENCES)
def test_alignment_keeps_as_much_as_can_be_kept(old: list[int], new: list[int]) -> None:
    prove_alignment(align, old, new)


@given(data=st.data(), sequence=SEQUENCES)
def test_one_inserted_element_leaves_all_others_matched(data: st.DataObject, sequence: list[int]) -> None:
    place = data.draw(st.integers(0, len(sequence)))
    longer = [*sequence[:place], data.draw(st.integers(0, 60)), *sequence[place:]]
    assert len(align(sequence, longer).pairs) == len(sequence)


@given(old=SEQUENCES, new=SEQUENCES)
def test_stretches_cover_both_sides_without_gap_or_overlap(old: list[int], new: list[int]) -> None:
    found = stretches(align(old, new), len(old), len(new))
    assert [index for one in found for index in range(one.old_start, one.old_end)] == list(range(len(old)))
    assert [index for one in found for index in range(one.new_start, one.new_end)] == list(range(len(new)))
    for one in found:
        if one.equal:
            assert old[one.old_start : one.old_end] == new[one.new_start : one.new_end]


def without_last(old: Any, new: Any) -> Alignment:
    found = align(old, new)
    return Alignment(found.pairs[:-1], found.coarse)


def one_sided(old: Any, new: Any) -> Alignment:
    return alignment.align_ordered(old, new)


def position_by_position(old: Any, new: Any) -> Alignment:
    pairs = enumerate(zip(old, new, strict=False))
    return Alignment(tuple((index, index) for index, (one, other) in pairs if one == other))


def shifted(old: Any, new: Any) -> Alignment:
    return Alignment(tuple((left, max(0, right - 1)) for left, right in align(old, new).pairs))


def by_anchors_only(old: Any, new: Any) -> Alignment:
    numbered = [list(enumerate(side)) for side in (old, new)]
    return Alignment(tuple(alignment.unique_anchors(*numbered)))


@pytest.mark.parametrize("planted", [without_last, one_sided, position_by_position, shifted, by_anchors_only])
def test_a_bug_planted_in_the_aligner_is_found(planted: Callable[..., Alignment]) -> None:
    random, refuted = Random(1), 0
    for _ in range(400):
        old, new = ([random.randrange(4) for _ in range(random.randrange(10))] for _ in range(2))
        try:
            prove_alignment(planted, old, new)
        except AssertionError:
            refuted += 1
    assert refuted > 0


@pytest.mark.parametrize(
    ("symbols", "gives_up"), [(2, True), (100, True), (None, False)], ids=["two", "hundred", "shuffled"]
)
def test_alignment_of_many_unlike_elements_is_bounded_and_says_so(
    symbols: int | None, gives_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, steps, shortest = Random(2), [], alignment.shortest

    def counted(old: Any, new: Any, work: int) -> Any:
        steps.append(work)
        return shortest(old, new, work)

    monkeypatch.setattr(alignment, "shortest", counted)
    old = [random.randrange(symbols) for _ in range(MANY)] if symbols else list(range(MANY))
    new = [random.randrange(symbols) for _ in range(MANY)] if symbols else random.sample(old, MANY)
    found = align(old, new)
    assert found.coarse is gives_up
    assert sum(steps) <= 2 * alignment.WORK_MAXIMUM
    assert all(old[left] == new[right] for left, right in found.pairs)


def test_every_tenth_of_many_elements_removed_is_found_exactly() -> None:
    old = list(range(MANY))
    new = [number for number in old if number % 10]
    assert len(align(old, new).pairs) == len(new)


def prove_hunks(old: bytes, new: bytes) -> tuple[Hunk, ...]:
    """The old bytes with the hunks of the new ones are the new ones; either way round."""
    found, made, place = hunks(old, new), b"", 0
    for hunk in found:
        made += old[place : hunk.old_start]
        assert hunk.new_start == len(made)
        made += new[hunk.new_start : hunk.new_end]
        place = hunk.old_end
    assert made + old[place:] == new
    assert hunks(new, old) == tuple(Hunk(one.new_start, one.new_end, one.old_start, one.old_end) for one in found)
    return found


@given(pieces=PIECES, others=PIECES, common=st.binary(max_size=200))
def test_hunks_make_the_old_bytes_the_new_ones(pieces: list[bytes], others: list[bytes], common: bytes) -> None:
    prove_hunks(common.join(pieces), common.join(others))


@given(data=st.data(), size=st.integers(1, 5000))
def test_bytes_inserted_into_a_payload_are_one_hunk(data: st.DataObject, size: int) -> None:
    payload_bytes, inserted = Random(size).randbytes(size), data.draw(st.binary(min_size=1, max_size=40))
    place = data.draw(st.integers(0, size))
    (found,) = prove_hunks(payload_bytes, payload_bytes[:place] + inserted + payload_bytes[place:])
    assert (found.old_end - found.old_start, found.new_end - found.new_start) == (0, len(inserted))


def test_bytes_moved_far_apart_are_found_by_their_blocks() -> None:
    data = Random(3).randbytes(200_000)
    changed = data[:1000] + bytes(500) + data[1000:90_000] + data[90_700:150_000] + b"x" * 30 + data[150_030:]
    assert len(prove_hunks(data, changed)) == 3


def test_rests_too_long_to_be_searched_are_one_hunk() -> None:
    size = payload.SEARCHED_SIZE_MAXIMUM + 1
    (found,) = prove_hunks(b"\1" * size, b"\2" * (size + 5))
    assert found == Hunk(0, size, 0, size + 5)


@given(st.lists(st.frozensets(st.integers(0, 9)), max_size=6), st.lists(st.frozensets(st.integers(0, 9)), max_size=6))
def test_changed_elements_are_paired_in_order_and_either_way_round(old: Any, new: Any) -> None:
    pairs = pair_alike(old, new)
    assert bool(pairs) == bool(old and new)
    assert all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(pairs))
    assert pair_alike(new, old) == [(right, left) for left, right in pairs]


def test_the_most_alike_elements_are_paired() -> None:
    old = [frozenset("abcd"), frozenset("wxyz")]
    new = [frozenset("wxy"), frozenset("q")]
    assert pair_alike(old, new) == [(1, 0)]
    assert pair_alike(old, new[1:] * 2) == [(0, 0), (1, 1)]
