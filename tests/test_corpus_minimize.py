"""Minimizing removes what shows nothing new, and nothing else: it proves so, and a proof that cannot fail is refused.
SHARDPROOF_BLOWN_UP=100000 blows the corpus up by so many files instead of by a few hundred."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import corpus
from corpus.entries import annotated
from formats.catalog import CATALOG, Catalog, Format
from formats.errors import ShardproofError, ValueRefused
from formats.place import Place
from roundtrip.command import run as run_command
from roundtrip.corrupt import plan
from roundtrip.generate import NoValue, RandomSource, generate
from roundtrip.minimizing import planning, recount, removing, survey
from roundtrip.minimizing.bounding import UNIT, lower_bound, proved
from roundtrip.minimizing.covering import Cover, cover, union
from roundtrip.minimizing.report import Minimized
from roundtrip.minimizing.run import minimize
from roundtrip.minimizing.showing import Shown, shown_by

FOOTER, HEADER = CATALOG["lsm_page.footer"], CATALOG["extent_header"]
SMALL = Catalog("small", (FOOTER, HEADER))
PLACE = Place(disk=bytes(range(16)), extent=9, generation=2, offset=512, run=4)
#: `record_property` of pytest.
Recorder = Callable[[str, object], None]
BLOWN_UP = int(os.environ.get("SHARDPROOF_BLOWN_UP", "0"))


def fuzzed(entry_format: Format, seed: int) -> Iterator[bytes]:
    """Frames of a format and damaged ones, raw and resealed, without end."""
    chance = random.Random(f"{seed} {entry_format.label}")
    place = entry_format.seed(PLACE) or 0
    while True:
        try:
            value = generate(entry_format.layout, RandomSource(chance), size=chance.choice((0, 1, 2, 4, 9)))
            data = entry_format.oracle.encode(value, place)
        except (NoValue, ValueRefused):
            continue
        wounded = [damage.data for damage in islice(plan(entry_format, data, place, chance), 500)]
        yield data
        yield from (one for one in chance.sample(wounded, min(40, len(wounded))) if len(one) < 5000)


def blow_up(folder: Path, catalog: Catalog, count: int, seed: int) -> None:
    """Keep so many different fuzz files in a folder."""
    streams = [(one, fuzzed(one, seed)) for one in catalog]
    added = 0
    while added < count:
        for entry_format, stream in streams:
            data = next(stream)
            words = {"why": "Made to blow a corpus up.", "writer": "a test"}
            entry = corpus.entry_of(entry_format, data, **words, place=PLACE, found=True)  # type: ignore[arg-type]
            added += corpus.add(folder, entry)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, seed: int) -> Path:
    """The files of the samples of two formats, and fuzz files."""
    folder = tmp_path_factory.mktemp("made") / "kept"
    corpus.regenerate(SMALL, folder)
    blow_up(folder, SMALL, 60, seed)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "kept")
    return tmp_path / "kept"


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}


def everything_shown(folder: Path, catalog: Catalog) -> set[tuple[str, ...]]:
    """All that the files of a folder show, by a third way of counting: what their sidecars claim and expect."""
    return {
        (one.sidecar.format, word)
        for one in corpus.load(folder, catalog)
        for word in (*one.sidecar.features, f"{one.sidecar.kind} {one.sidecar.verdict}")
    }


def test_minimize_loses_nothing_and_a_second_time_finds_nothing(folder: Path) -> None:
    before = everything_shown(folder, SMALL)
    done = minimize(folder, SMALL)
    assert done.goes > 15
    assert everything_shown(folder, SMALL) == before
    assert minimize(folder, SMALL).removed == ()
    assert corpus.run_catalog(SMALL, folder=folder).findings == ()


def test_minimize_is_the_same_with_any_number_of_processes(folder: Path) -> None:
    plans = [minimize(folder, SMALL, dry_run=True, workers=workers).parts for workers in (1, 2)]
    assert plans[0] == plans[1]


def test_folder_that_is_left_empty_goes_too(folder: Path) -> None:
    for kind in ("golden", "rejected", "resealed"):
        shutil.rmtree(folder / kind / "extent_header", ignore_errors=True)
    twins = folder / "found" / "extent_header"
    done = minimize(folder, SMALL, into=folder.parent / "elsewhere")
    assert twins.is_dir()
    removing.remove_all(folder, [one.identity for one in corpus.load(folder, SMALL)], SMALL, None, lambda *_: None)
    assert (list(folder.iterdir()), folder.is_dir(), done.goes > 0) == ([], True, True)


def test_dry_run_removes_nothing(folder: Path) -> None:
    before = names(folder)
    done = minimize(folder, SMALL, dry_run=True)
    assert (done.removed, names(folder)) == ((), before)
    assert done.goes == sum(len(part.goes) for part in done.parts) > 0


def test_samples_and_golden_files_of_frozen_versions_stay(folder: Path) -> None:
    def written() -> set[str]:
        return {one.identity for one in corpus.load(folder, SMALL) if one.sidecar.kind != "found"}

    before = written()
    done = minimize(folder, SMALL)
    assert written() == before
    assert done.reasons()["frozen"] == sum(identity.startswith("golden/") for identity in before)
    assert done.reasons()["sample"] == len(before) - done.reasons()["frozen"]


def test_promoted_finding_stays_although_its_like_goes(folder: Path) -> None:
    (gone, *_) = minimize(folder, SMALL, dry_run=True, format_name="extent_header").parts[0].goes
    (entry,) = corpus.select(corpus.load(folder, SMALL), gone)
    corpus.store.remove(folder, gone)
    corpus.add(folder, annotated(entry, "what a person reads"))
    done = minimize(folder, SMALL)
    assert gone not in done.removed
    assert done.reasons()["annotated"] == 1


def test_file_that_the_oracle_sees_otherwise_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = set(minimize(folder, SMALL, dry_run=True).parts[0].goes)
    monkeypatch.setattr("roundtrip.minimizing.showing.is_as_expected", lambda entry, _: entry.identity not in gone)
    done = minimize(folder, SMALL, dry_run=True)
    assert done.reasons()["disputed"] == len(gone)
    assert gone.isdisjoint(done.parts[0].goes)


def test_only_the_chosen_format_is_touched(folder: Path) -> None:
    done = minimize(folder, SMALL, format_name="extent_header")
    assert {identity.split("/")[1] for identity in done.removed} == {"extent_header"}


def test_without_pairs_fewer_files_stay(folder: Path) -> None:
    with_pairs, without = (minimize(folder, SMALL, dry_run=True, pairs=pairs) for pairs in (True, False))
    assert without.chosen < with_pairs.chosen
    assert sum(part.pairs for part in without.parts) == 0


def test_what_goes_can_be_kept_elsewhere_whole(folder: Path, tmp_path: Path) -> None:
    before = names(folder)
    done = minimize(folder, SMALL, into=tmp_path / "elsewhere")
    assert names(folder) | names(tmp_path / "elsewhere") == before
    assert {one.identity for one in corpus.load(tmp_path / "elsewhere", SMALL)} == set(done.removed)


def test_folder_inside_the_folder_is_refused(folder: Path) -> None:
    with pytest.raises(ShardproofError, match="lies in the folder"):
        minimize(folder, SMALL, into=folder / "removed")


def test_folder_that_is_not_as_it_should_be_is_refused_whole(folder: Path) -> None:
    min(folder.rglob("*.bin")).write_bytes(b"something else")
    before = names(folder)
    with pytest.raises(corpus.CorpusError):
        minimize(folder, SMALL)
    assert names(folder) == before


# Planted bugs: each must be caught before a single file is removed.


def refused(folder: Path, error: type[ShardproofError], match: str) -> None:
    before = names(folder)
    with pytest.raises(error, match=match):
        minimize(folder, SMALL)
    assert names(folder) == before


def test_cover_that_forgets_a_verdict_is_caught(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(entry: corpus.Entry, entry_format: Format) -> Shown:
        return shown_by(entry, entry_format)._replace(verdicts=())

    monkeypatch.setattr(survey, "shown_by", forgetful)
    refused(folder, recount.WouldLose, "would lose verdict found")


def test_survey_that_forgets_the_features_of_one_format_is_caught(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(entry: corpus.Entry, entry_format: Format) -> Shown:
        shown = shown_by(entry, entry_format)
        return shown._replace(features=()) if entry_format is HEADER else shown

    monkeypatch.setattr(survey, "shown_by", forgetful)
    refused(folder, recount.WouldLose, "extent_header: the removal would lose")


def test_cover_that_leaves_out_its_last_choice_is_caught(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(*arguments: Any) -> Cover:
        found = cover(*arguments)
        return Cover(found.chosen[:-1], found.forced, found.lower_bound)

    monkeypatch.setattr(planning, "cover", careless)
    refused(folder, recount.WouldLose, "nothing was removed")


def test_pairs_that_are_forgotten_are_caught(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "shown_by", lambda *entry: shown_by(*entry)._replace(paired=False))
    refused(folder, recount.WouldLose, "would lose pair")


@pytest.mark.parametrize("words", [set(), {("feature", "always"), ("verdict", "always")}])
def test_blind_recount_is_caught(folder: Path, monkeypatch: pytest.MonkeyPatch, words: set[recount.Word]) -> None:
    monkeypatch.setattr(recount, "words_of", lambda *_, **__: set(words))
    monkeypatch.setattr(recount, "claims_of", lambda _: set())
    refused(folder, recount.BlindRecount, "the recount is blind")


def test_recount_that_does_not_look_at_what_goes_is_caught(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recount, "portions", lambda identities: [identities[:1]] if identities else [])
    with pytest.raises((recount.BlindRecount, recount.WouldLose)):
        minimize(folder, SMALL)


def test_claim_of_a_sidecar_that_nobody_lives_up_to_is_not_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recount, "claims_of", lambda _: {("feature", "seen=once")})
    refused(folder, recount.WouldLose, "feature seen=once")


# Interruptions.


def test_interruption_leaves_no_file_half_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def interrupted(where: Path, identity: str) -> None:
        calls.append(identity)
        if len(calls) == 7:
            (where / f"{identity}.bin").unlink()
            raise KeyboardInterrupt
        corpus.store.remove(where, identity)

    monkeypatch.setattr(removing, "remove", interrupted)
    before = everything_shown(folder, SMALL)
    with pytest.raises(KeyboardInterrupt):
        minimize(folder, SMALL)
    assert everything_shown(folder, SMALL) == before
    assert not removing.journal_of(folder).exists()


def test_killed_run_is_finished_by_the_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(where: Path, identity: str) -> None:
        (where / f"{identity}.bin").unlink()
        raise SystemError("killed here")

    before = everything_shown(folder, SMALL)
    with monkeypatch.context() as patch:
        patch.setattr(removing, "remove", killed)
        with pytest.raises(SystemError):
            minimize(folder, SMALL)
    assert minimize(folder, SMALL).finished == 1
    assert everything_shown(folder, SMALL) == before
    assert not removing.journal_of(folder).exists()


# The cover itself.


def random_sets(chance: random.Random) -> list[int]:
    count = chance.randint(1, 9)
    return [chance.getrandbits(count) & chance.getrandbits(count) | chance.getrandbits(1) for _ in range(count + 2)]


def fewest(sets: list[int], held: int) -> int:
    """The size of the smallest cover, by trying all."""
    wanted = union(sets) | held
    return min(
        choice.bit_count()
        for choice in range(1 << len(sets))
        if union(one for number, one in enumerate(sets) if choice >> number & 1) | held == wanted
    )


def test_cover_holds_everything_and_its_bound_is_below_the_least(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(150):
        sets = random_sets(chance)
        held = chance.getrandbits(4)
        found = cover(sets, [chance.randint(1, 3) for _ in sets], held)
        assert union(sets[number] for number in found.chosen) | held == union(sets) | held
        assert found.lower_bound <= fewest(sets, held) <= len(found.chosen)


def test_cover_takes_the_cheaper_of_two_that_show_the_same() -> None:
    assert cover([0b11, 0b11, 0b100], [5, 4, 1]).chosen == (1, 2)


def test_nothing_is_needed_where_everything_is_held() -> None:
    assert cover([0b11, 0b1], [1, 1], held=0b11) == Cover((), 0, 0)


def test_no_weights_prove_more_than_is_true(seed: int) -> None:
    chance = random.Random(seed)
    members = [[0, 1], [1, 2], [0, 2]]
    for _ in range(200):
        assert proved([chance.randrange(2 * UNIT) for _ in range(3)], members) <= 2 * UNIT
    assert lower_bound([0b011, 0b110, 0b101]) == 2


def test_elements_that_no_set_holds_raise_no_bound() -> None:
    """Numbers with gaps, as in a part of a cover: what is not there must weigh nothing."""
    assert lower_bound([1 << 40, 1 << 7 | 1 << 40]) == 1
    assert lower_bound([0, 1 << 3, 1 << 9]) == 2
    assert lower_bound([0]) == 0


# The command.


@pytest.fixture
def catalog(folder: Path) -> str:
    (folder.parent / "mine.py").write_text(
        "from dataclasses import replace\n"
        "from formats import Catalog\nfrom formats.catalog import CATALOG\n"
        "CATALOG = Catalog('mine', tuple(replace(CATALOG[name], frozen=None) for name in\n"
        f"    ('lsm_page.footer', 'extent_header')), corpus={str(folder)!r})\n"
    )
    return f"{folder.parent / 'mine.py'}:CATALOG"


def test_command_reports_removes_and_proves(catalog: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count = len(list(folder.rglob("*.bin")))
    assert run_command(["corpus", "minimize", "--catalog", catalog, "--dry-run"]) == 0
    assert "none is lost" in capsys.readouterr().out
    assert run_command(["corpus", "minimize", "--catalog", catalog, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert count - len(report["removed"]) == len(list(folder.rglob("*.bin")))
    assert report["fixed"].keys() == {"sample"}
    assert report["recounted"]["challenges"] == 2


def test_command_without_files_has_nothing_to_do(catalog: str, folder: Path) -> None:
    shutil.rmtree(folder)
    assert run_command(["corpus", "minimize", "--catalog", catalog]) == 3
    folder.mkdir()
    assert run_command(["corpus", "minimize", "--catalog", catalog]) == 3


def test_a_folder_that_cannot_be_written_is_one_clear_error(
    catalog: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    before = sorted(folder.rglob("*"))
    monkeypatch.setattr(Path, "write_text", refuse)
    assert run_command(["corpus", "minimize", "--catalog", catalog, "--workers", "1"]) == 2
    assert "Permission denied; what goes" in capsys.readouterr().err
    assert sorted(folder.rglob("*")) == before


def test_removal_that_would_lose_something_ends_with_1(
    catalog: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(survey, "shown_by", lambda *entry: shown_by(*entry)._replace(verdicts=()))
    assert run_command(["corpus", "minimize", "--catalog", catalog, "--workers", "1"]) == 1
    assert "would lose verdict" in capsys.readouterr().err


@pytest.mark.slow
def test_blown_up_corpus_returns_to_near_the_least(
    tmp_path: Path, seed: int, record_property: Callable[..., None]
) -> None:
    """The same over 100,000 files and all formats is what `docs/corpus.md` records."""
    catalog = CATALOG if BLOWN_UP else SMALL
    folder = tmp_path / "kept"
    corpus.regenerate(catalog, folder)
    blow_up(folder, catalog, BLOWN_UP or 500, seed)
    done: Minimized = minimize(folder, catalog, workers=2)
    record_property("minimized", "\n".join(done.lines()))
    assert done.goes > 0.4 * (BLOWN_UP or 500)
    assert done.ratio <= 1.2
    assert sum(one.files for one in done.recounts.values()) == done.files
