"""Damage in a store image: every flip and every sector is told from every other, and planted bugs are found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from engine.scrub import Scrub
from formats.errors import ShardproofError
from roundtrip.commands.exhaust import command
from roundtrip.exhaustive.images import flip_blocks, image_named, ready
from roundtrip.faults.atlas import DATA_PAGE, DEAD_FRAME, VALUE_FRAME
from roundtrip.images.examining import Examiner
from roundtrip.images.flips import Flipper
from roundtrip.images.planted import PLANTED
from roundtrip.images.prepared import PreparedImage, prepared
from roundtrip.images.questions import NotComplete
from roundtrip.images.reading import look
from roundtrip.images.sectors import KINDS, SectorDamager

SMALL = "mixed"


def all_flips(image: PreparedImage, one_in: int, seed: int = 1) -> Flipper:
    flipper = Flipper(image, seed=seed)
    for extent, first, last in flip_blocks(image):
        flipper.block(extent, first, last, one_in)
    return flipper


def test_flips_and_sectors_of_a_small_image_do_what_they_must() -> None:
    with ready(SMALL) as image:
        before = bytes(image.disk.data)
        flipper = all_flips(image, 256)
        damager = SectorDamager(image, seed=1)
        for number in range(0, damager.total, 9):
            for kind in KINDS:
                damager.damage(number, kind)
        assert bytes(image.disk.data) == before
    assert [*flipper.wrong, *damager.wrong] == []
    counts = flipper.counts
    assert counts.unread > 0 < counts.refused < counts.asked
    assert counts.unread + counts.asked == counts.flips
    assert all(each.sectors == 25 for each in damager.counts.values())
    assert damager.counts["stale"].same == 25, "nothing earlier is kept of this image"


@pytest.mark.parametrize("bug", PLANTED.values(), ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Any) -> None:
    with bug.plant(), prepared(image_named(bug.image)) as image:
        if bug.name == "stale-frame-is-accepted":
            damager = SectorDamager(image, seed=1)
            for number in range(0, damager.total, image.disk.extent_size_bytes // 512):
                damager.damage(number, "stale")
            assert damager.wrong
        else:
            assert all_flips(image, 512).wrong


def test_every_bit_of_one_frame_is_asked_and_refused() -> None:
    with ready(SMALL) as image:
        place = next(place for place in image.places if place.where == VALUE_FRAME)
        flipper = Flipper(image, seed=1)
        flipper.block(place.extent, place.start, place.end, 1)
    assert flipper.counts.refused == flipper.counts.flips == 8 * (place.end - place.start)
    assert flipper.counts.wrong == 0
    assert flipper.counts.examined == 1


def test_a_dead_frame_changes_nothing_whoever_reads_its_bytes() -> None:
    with ready(SMALL) as image:
        place = next(place for place in image.places if place.where == DEAD_FRAME)
        flipper = Flipper(image, seed=1)
        flipper.block(place.extent, place.start, place.end, 1)
    assert (flipper.counts.refused, flipper.counts.wrong) == (0, 0)


def test_damage_that_was_not_told_of_is_a_problem() -> None:
    with ready(SMALL) as image:
        dead, value = (next(one for one in image.places if one.where == where) for where in (DEAD_FRAME, VALUE_FRAME))
        image.disk.turn(value.extent * image.disk.extent_size_bytes + value.start, 1)
        examiner = Examiner(image)
        assert "nothing of it was hit" in examiner.problem([dead])
        assert examiner.problem([value]) == ""


def test_a_reading_that_no_question_asks_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Scrub.run

    def curious(scrub: Scrub, *arguments: Any) -> Any:
        scrub.extents.disk.read(27, 0, 100)
        return run(scrub, *arguments)

    monkeypatch.setattr(Scrub, "run", curious)
    with pytest.raises(NotComplete, match="extent 27 bytes 0 to 100"), ready(SMALL):
        pass


def test_swapped_sectors_are_never_both_in_the_roots() -> None:
    with ready("reclaimed") as image:
        damager = SectorDamager(image, seed=1)
        roots = 8 * image.disk.extent_size_bytes // 512
        swapped = [damager.changed(number, "swapped") for number in range(roots)]
        stale = [damager.changed(number, "stale")[number] for number in range(damager.total)]
    assert all(len(each) == 2 and max(each) >= roots for each in swapped)
    assert b"".join(stale) == image.kept.earlier != image.kept.data


@pytest.mark.parametrize(
    ("name", "words"),
    [("no-such", "expected one of"), ("rotten-run", "damaged already"), ("crash-torn-metadata", "a second fault")],
)
def test_an_image_that_proves_nothing_is_refused(name: str, words: str) -> None:
    with pytest.raises(ShardproofError, match=words), ready(name):
        pass


def test_the_command_samples_an_image_and_names_its_bound() -> None:
    arguments = ["images", "--image", SMALL, "--one-in", "1024", "--seed", "7", "--workers", "1", "--json"]
    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    part = json.loads(result.stdout)["parts"]["images"]
    assert result.return_value == 0
    assert set(part["formats"]) == {"mixed: bits", "mixed: sectors"}
    (bounds,) = part["rows"]
    assert (bounds["one_in"], bounds["used_bytes"]) == (1024, 23531)
    assert 0 <= 23531 * 8 // 1024 - part["formats"]["mixed: bits"]["damaged"] < len(range(8, 28))


def test_the_command_finds_a_planted_bug_and_says_how_to_find_it_again() -> None:
    arguments = ["images", "--one-in", "512", "--seed", "7", "--workers", "1", "--plant", "reference-ignores-rot"]
    result = CliRunner().invoke(command, [*arguments, "--json"], standalone_mode=False)
    report = json.loads(result.stdout)
    again = "shardproof exhaust images --image mixed --one-in 512 --seed 7 --plant reference-ignores-rot"
    assert result.return_value == 1
    assert {finding["command"] for finding in report["findings"]} == {again}
    assert {finding["law"] for finding in report["findings"]} == {"engine and reference store agree"}


@pytest.mark.parametrize("is_opened", [False, True])
def test_regression_a_chunk_of_a_run_without_header_is_named_alike_by_both(is_opened: bool) -> None:
    """Nothing tells where its pages lie: each is looked for in both places; where it is in none, the chunk is named."""
    with ready(SMALL) as image:
        page = next(place for place in image.places if place.where == DATA_PAGE)
        frame = [one for one in image.places if (one.extent, one.reported_at) == (page.extent, page.reported_at)]
        start, end = page.reported_at, page.end if is_opened else max(place.end for place in frame)
        at = image.disk.extent_size_bytes * page.extent
        image.disk.data[at + start : at + end] = bytes(end - start)
        hit = list(dict.fromkeys(image.place_at(page.extent, offset) for offset in range(start, end)))
        found = look(image.disk, image.limits, image.keys)
        assert Examiner(image).problem(hit) == ""
    assert (found.not_opened is None) == is_opened
    errors = list(found.refused.values()) if found.not_opened is None else [found.not_opened]
    assert {(one.structure, one.extent, one.offset) for one in errors} >= {("chunk", page.extent, start)}
