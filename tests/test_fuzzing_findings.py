"""A finding of the fuzzer becomes small, reads well, repeats itself, and is kept."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given, settings

from corpus.keeping import entry_of
from corpus.sidecar import parse
from corpus.store import load
from formats.catalog import CATALOG, Catalog
from formats.errors import ShardproofError
from formats.place import Place
from roundtrip import strategies
from roundtrip.campaign.workers import Limits
from roundtrip.command import run
from roundtrip.corrupt import plan
from roundtrip.fuzzing.failure import ENDS, LIVES, Failure
from roundtrip.fuzzing.findings.annotated import text
from roundtrip.fuzzing.findings.bases import base_of
from roundtrip.fuzzing.findings.files import BadFuzzFinding, Origin, is_finding, read, read_finding, text_path, write
from roundtrip.fuzzing.findings.promotion import promote
from roundtrip.fuzzing.findings.repeating import apart, repeat, target_for
from roundtrip.fuzzing.findings.scripts import script_between
from roundtrip.fuzzing.findings.shrinking import shrink
from roundtrip.fuzzing.findings.staleness import Stale, moved, sealed_except, stale_checksums
from roundtrip.fuzzing.judging import again, judge
from roundtrip.fuzzing.target import Target, target_of
from roundtrip.mutants import mutant_named
from roundtrip.subjects import subject_of

BUG = "unchecked-payload-checksum"
#: Bugs of every sort that shrinking meets -> the most bytes that are left: a smallest frame, and what is wrong with it.
SMALL = {
    BUG: 50,
    "length-one-short": 50,
    "region-not-filled": 65,
    "unchecked-enum-in-column": 77,
    "unchecked-last-end": 57,
    "equal-keys-pass": 58,
    "trailing-bytes-accepted": 51,
    "value-checksum-in-halves": 58,
    "schema-checksum-masked": 50,
}


@cache
def found(name: str) -> tuple[Target, Failure]:
    """A large input that shows a planted bug, and the target that it was found in."""
    bug = mutant_named(name)
    entry = CATALOG.labelled(bug.format)
    target = target_of(entry, bug.plant(entry))
    samples = subject_of(entry, seed=3, samples=8).samples
    for sample in reversed([one for one in samples if len(one.data) <= 500]):
        here = target.at(sample.place)
        inputs = (damage.data for damage in plan(entry, sample.data, sample.seed, Random(1)))
        for data in (sample.data, *inputs):
            if (failure := judge(here, data, thorough=True)) is not None:
                return target, failure
    raise AssertionError(f"nothing shows {name}")


@pytest.fixture(scope="module")
def example() -> tuple[Target, Failure]:
    """One finding that the tests share, small."""
    target, failure = found(BUG)
    return target, shrink(target, failure, 60)


@pytest.mark.parametrize("name", SMALL)
def test_shrinking_leaves_what_a_person_can_read(name: str) -> None:
    target, failure = found(name)
    small = shrink(target, failure, 60)
    assert len(small.data) <= SMALL[name]
    assert small.sort() == failure.sort()
    assert small.place == Place()
    assert again(target, failure, failure.data) is not None
    assert again(target, small, small.data) == small


def test_shrinking_gives_the_same_each_time(example: tuple[Target, Failure]) -> None:
    target, failure = found(BUG)
    assert shrink(target, failure, 60) == shrink(target, failure, 60) == example[1]


def test_shrinking_leaves_alone_what_does_not_show_again() -> None:
    entry = CATALOG.labelled("chunk")
    _, failure = found(BUG)
    assert shrink(target_of(entry), failure, 60) is failure
    hung = replace(failure, law=ENDS)
    assert shrink(target_of(entry), hung, 60) is hung


def test_shrinking_stops_when_its_time_is_over() -> None:
    target, failure = found(BUG)
    assert len(shrink(target, failure, 0).data) == len(failure.data)


def test_script_done_to_the_base_gives_the_damaged_bytes_again() -> None:
    entry = CATALOG.labelled("superblock")
    sample = next(one for one in subject_of(entry, seed=3, samples=8).samples if one.even)
    told = 0
    for damage in plan(entry, sample.data, sample.seed, Random(0), only=("add one", "unknown tag", "shorten", "ones")):
        base = base_of(entry, damage.data, sample.seed) if damage.resealed else None
        if base is not None:
            script = script_between(entry, base[1], damage.data, sample.seed)
            told += script.applied(entry, base[1], sample.seed) == damage.data
    assert told > 20


def test_stale_checksums_stay_stale_and_others_are_made_again() -> None:
    entry = CATALOG.labelled("chunk")
    sample = subject_of(entry, seed=3, samples=4).samples[-1]
    stale = frozenset({Stale(("payload_checksum",))})
    damaged = sealed_except(entry.oracle, sample.data[:1] + b"\0" + sample.data[2:], sample.seed, stale)
    assert {one.path for one in stale_checksums(entry.oracle, damaged, sample.seed)} == {("payload_checksum",)}
    assert not stale_checksums(entry.oracle, sample.data, sample.seed)
    elsewhere = moved(entry, damaged, sample.seed, 7)
    assert {one.path for one in stale_checksums(entry.oracle, elsewhere, 7)} == {("payload_checksum",)}


def test_annotated_text_names_lanes_field_and_place(example: tuple[Target, Failure]) -> None:
    target, failure = example
    shown = text(target, failure)
    assert "oracle       refuses payload_checksum at byte 33, checksum" in shown
    assert "fast         accepts: owner shard" in shown
    assert "checksums  2 of 3 match; not payload_checksum" in shown
    assert any("payload_checksum" in line and line.endswith("◀ checksum") for line in shown.splitlines())
    assert text(target, failure) == shown


def test_annotated_text_marks_the_field_on_which_lanes_part_over_sound_bytes() -> None:
    target, failure = found("value-checksum-in-halves")
    shown = text(target, shrink(target, failure, 60))
    assert "fast         accepts: value_checksum is 0, not 4294967296" in shown
    assert "value_checksum: 4294967296  ◀ fast/oracle" in shown


def test_finding_in_a_file_is_the_same_finding(example: tuple[Target, Failure], tmp_path: Path) -> None:
    target, failure = example
    path = write(tmp_path / "new", failure, target, Origin("mine.py:CATALOG", BUG, "mutate, seed 7"))
    assert read(path) == failure
    assert read_finding(path).origin == Origin("mine.py:CATALOG", BUG, "mutate, seed 7")
    assert is_finding(path)
    assert text_path(path.with_suffix(".bin")) == path
    assert write(tmp_path / "new", failure, target).name == path.name


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("shardproof fuzz finding 1", "something", "as its first line"),
        ("law: lanes agree", "law: gravity", "expected one of typed errors"),
        ("law: lanes agree\n", "", "begins with `law:`"),
        ("law: lanes agree", "laws: lanes agree", "line 3: expected `NAME: VALUE`"),
        ("law: lanes agree", "law: lanes agree\nlaw: prefix", "found a second"),
        ("extent=0", "extent=many", "place: expected disk=HEX"),
        ("sha256: ", "sha256: 00", "bring them back"),
        ("bytes: chunk", "bytes: nowhere", "No such file"),
    ],
)
def test_damaged_finding_is_refused_by_name(
    example: tuple[Target, Failure], tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = write(tmp_path, example[1], example[0])
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))
    with pytest.raises(BadFuzzFinding, match=said):
        read_finding(path)


def test_replay_sees_the_bug_while_it_is_there(
    example: tuple[Target, Failure], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, example[1], example[0], Origin(planted=BUG))
    assert run(["replay", str(path), "--plant", BUG]) == 1
    assert "chunk: lanes agree: broken" in capsys.readouterr().out
    assert run(["replay", str(path)]) == 0
    assert f"holds now without the planted bug {BUG}" in capsys.readouterr().out
    assert run(["replay", str(path.with_suffix(".bin")), "--plant", BUG, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["as_before"], told["failure"]["bytes"]) == (True, example[1].data.hex())
    assert run(["replay", str(path), "--plant", "unchecked-seal"]) == 2


def test_shrink_writes_the_smaller_one_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, failure = found(BUG)
    path = write(tmp_path, failure, target, Origin(planted=BUG))
    assert run(["shrink", str(path), "--plant", BUG]) == 1
    assert "50 after" in capsys.readouterr().out
    (small,) = tmp_path.glob("*-small.finding")
    assert len(read(small).data) == SMALL[BUG]
    assert run(["shrink", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["after"] is None


def test_finding_of_a_users_catalog_is_replayed_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = f"{Path(__file__).parent.parent}/docs/examples/leveldb_log.py:CATALOG"
    target = target_for(CATALOG, "chunk", None)
    failure = Failure("log", "lanes agree", "checksum", "", "fast/oracle", "made up", b"\1\2\3", Place())
    path = write(tmp_path, failure, target, Origin(name))
    assert run(["replay", str(path)]) == 0
    assert "log: lanes agree: holds now" in capsys.readouterr().out


def test_repeating_tells_a_process_that_hangs_from_one_that_dies(example: tuple[Target, Failure]) -> None:
    target, failure = example
    limits = Limits(seconds=0.5)
    hung = apart(endless, failure, limits)
    died = apart(dying, failure, Limits(seconds=30))
    assert hung is not None
    assert died is not None
    assert (hung.law, died.law) == (ENDS, LIVES)
    assert repeat(target, replace(failure, law=LIVES)).failure == failure


def endless() -> None:
    while True:
        pass


def dying() -> None:
    os._exit(3)


def test_promoted_finding_is_kept_with_its_text(example: tuple[Target, Failure], tmp_path: Path) -> None:
    _, failure = example
    right = target_for(CATALOG, "chunk", None)
    entry = promote(right, failure, tmp_path, Origin(by="mutate, seed 7"))
    stem = tmp_path / entry.identity
    assert entry.sidecar.kind == "found"
    assert parse(stem.with_suffix(".json").read_bytes()) == entry.sidecar
    assert read(stem.with_suffix(".txt")) == failure
    assert load(tmp_path, CATALOG) == (entry,)
    assert promote(right, failure, tmp_path, Origin(by="mutate, seed 7")) == entry


def test_found_files_are_examples_for_hypothesis(example: tuple[Target, Failure], tmp_path: Path) -> None:
    target, failure = example
    chunk = CATALOG.labelled("chunk")
    mine = Catalog("mine", (chunk,), corpus=str(tmp_path))
    promote(target_for(CATALOG, "chunk", None), failure, tmp_path)
    frame = strategies.SealedFrame(failure.data, target.at(failure.place).seed)
    assert strategies.examples_of(chunk, mine) == (frame,)
    assert strategies.examples_of(chunk, mine, kinds=("golden",)) == ()
    seen = []

    @settings(phases=[Phase.explicit])
    @strategies.with_examples(chunk, mine)
    @given(strategies.damaged(chunk))
    def test(one: strategies.SealedFrame) -> None:
        seen.append(one)

    test()
    assert seen == [frame]
    assert (
        entry_of(chunk, failure.data, why="for the test", writer="a test", place=failure.place).sidecar.kind != "found"
    )


def test_bug_of_another_format_is_refused() -> None:
    with pytest.raises(ShardproofError, match="is one of extent_header"):
        target_for(CATALOG, "chunk", mutant_named("unchecked-seal"))
