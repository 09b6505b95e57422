"""The kept files are what the samples make of them, cover what can be covered, and never change once frozen."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

import corpus
from corpus.golden import entries_of, is_ours, is_same, writer
from corpus.samples import SAMPLES, Flaw, Put, Sample, Samples
from formats.catalog import CATALOG, Catalog, Format
from formats.description.rulebook import rules_of
from formats.errors import RULES
from formats.fingerprint import fingerprint

#: Rules that only plain Construct schemas, or formats of users, can break.
FOREIGN_RULES = {"constant", "choice", "text", "invalid"}

Kept = tuple[corpus.Entry, ...]

FOOTER = CATALOG["lsm_page.footer"]
FOOTER_SAMPLES = SAMPLES["lsm_page.footer", 1]


@pytest.fixture(scope="module")
def kept() -> Kept:
    return corpus.load(corpus.own_folder(), CATALOG)


def refused_files(kept: Kept, entry_format: Format) -> list[corpus.Entry]:
    return [entry for kind in ("rejected", "resealed", "found") for entry in of(kept, kind, entry_format)]


def of(kept: Kept, kind: str, entry_format: Format) -> list[corpus.Entry]:
    wanted = (kind, entry_format.name, entry_format.version)
    return [entry for entry in kept if (entry.sidecar.kind, entry.sidecar.format, entry.sidecar.version) == wanted]


def footers(status: str = "draft") -> Catalog:
    """A catalog of one small format, draft or frozen."""
    return Catalog("footers", (replace(FOOTER, frozen=fingerprint(FOOTER.layout) if status == "frozen" else None),))


def samples_of(samples: Samples) -> dict[tuple[str, int], Samples]:
    return {(FOOTER.name, FOOTER.version): samples}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_regenerating_gives_the_committed_files_byte_for_byte(tmp_path: Path, kept: Kept) -> None:
    """Sidecars may claim less than is known of their files today; who else kept files is not asked."""
    made = corpus.regenerate(CATALOG, tmp_path).added
    committed = {entry.identity: entry for entry in kept if is_ours(entry.sidecar)}
    assert set(made) == set(committed)
    for entry in corpus.load(tmp_path, CATALOG):
        old = committed[entry.identity]
        assert entry.data == old.data
        assert is_same(old.sidecar, entry.sidecar), entry.identity


def test_regenerating_over_the_committed_files_changes_none(tmp_path: Path) -> None:
    shutil.copytree(corpus.writable_folder(CATALOG), tmp_path / "data")
    before = files(tmp_path / "data")
    outcome = corpus.regenerate(CATALOG, tmp_path / "data")
    assert (outcome.added, outcome.removed) == ((), ())
    assert files(tmp_path / "data") == before


def test_a_claim_may_be_less_than_is_known_and_never_more() -> None:
    sidecar = entries_of(FOOTER, FOOTER_SAMPLES)[0].sidecar
    for claims, same in (((), True), (sidecar.features[:1], True), (("run=enormous",), False)):
        assert is_same(msgspec.structs.replace(sidecar, features=claims, writer="another"), sidecar) is same


def test_regenerating_twice_changes_nothing(tmp_path: Path) -> None:
    first = corpus.regenerate(footers(), tmp_path)
    second = corpus.regenerate(footers(), tmp_path)
    assert (second.added, second.removed, second.kept) == ((), (), first.added)


def test_regenerating_makes_a_lost_or_outdated_draft_anew(tmp_path: Path) -> None:
    corpus.regenerate(footers(), tmp_path)
    before = files(tmp_path)
    sidecar = next(iter(tmp_path.rglob("*.json")))
    sidecar.write_text(sidecar.read_text().replace('"why": "', '"why": "Once: '))
    second = corpus.regenerate(footers(), tmp_path)
    assert files(tmp_path) == before
    assert len(second.added) == 1


def test_regenerating_a_draft_removes_what_no_sample_makes(tmp_path: Path) -> None:
    corpus.regenerate(footers(), tmp_path)
    fewer = replace(FOOTER_SAMPLES, golden=FOOTER_SAMPLES.golden[:-1])
    outcome = corpus.regenerate(footers(), tmp_path, samples_of(fewer))
    assert len(outcome.removed) == 1
    assert len(corpus.load(tmp_path, footers())) == len(outcome.kept)


def test_regenerating_leaves_files_of_others_alone(tmp_path: Path) -> None:
    corpus.regenerate(footers(), tmp_path)
    place = SAMPLES["lsm_page.footer", 1].golden[0].place
    found = corpus.entry_of(FOOTER, b"\xd3\xd0", why="Found by somebody else.", writer="a fuzzer", place=place)
    corpus.add(tmp_path, found)
    assert corpus.regenerate(footers(), tmp_path).removed == ()
    assert found in corpus.load(tmp_path, footers())


@pytest.mark.parametrize(
    "changed",
    [
        replace(FOOTER_SAMPLES, golden=FOOTER_SAMPLES.golden[:-1]),
        replace(
            FOOTER_SAMPLES,
            golden=(replace(FOOTER_SAMPLES.golden[0], why="Another reason."), *FOOTER_SAMPLES.golden[1:]),
        ),
    ],
    ids=["removed", "changed"],
)
def test_frozen_files_never_change_and_never_vanish(tmp_path: Path, changed: Samples) -> None:
    corpus.regenerate(footers("frozen"), tmp_path)
    before = files(tmp_path)
    with pytest.raises(corpus.CorpusError, match=r"golden/lsm_page\.footer/v1/") as caught:
        corpus.regenerate(footers("frozen"), tmp_path, samples_of(changed))
    assert caught.value.problem == "frozen"
    assert files(tmp_path) == before


def test_frozen_files_may_be_joined_by_new_ones(tmp_path: Path) -> None:
    fewer = replace(FOOTER_SAMPLES, golden=FOOTER_SAMPLES.golden[:-1])
    corpus.regenerate(footers("frozen"), tmp_path, samples_of(fewer))
    assert len(corpus.regenerate(footers("frozen"), tmp_path).added) == 1


def test_frozen_files_keep_the_name_of_their_first_writer(tmp_path: Path) -> None:
    corpus.regenerate(footers("frozen"), tmp_path)
    for path in tmp_path.rglob("*.json"):
        path.write_text(path.read_text().replace(writer(), "shardproof 0.0.1 oracle"))
    before = files(tmp_path)
    assert corpus.regenerate(footers("frozen"), tmp_path).added == ()
    assert files(tmp_path) == before


def test_regenerating_touches_nothing_when_a_sample_lies(tmp_path: Path) -> None:
    lying = replace(FOOTER_SAMPLES, flaws=(Flaw("bounds", "run", "No damage at all.", (Put("run", "0c"),)),))
    with pytest.raises(corpus.CorpusError, match="expected bounds at run"):
        corpus.regenerate(footers(), tmp_path, samples_of(lying))
    assert files(tmp_path) == {}


def test_sample_that_claims_too_much_is_refused() -> None:
    boastful = Sample("A footer that claims to be the largest.", FOOTER_SAMPLES.golden[0].value, ("run=maximum",))
    with pytest.raises(corpus.CorpusError, match="run=maximum"):
        entries_of(FOOTER, Samples((boastful,), ()))


def test_same_bytes_for_two_reasons_are_refused() -> None:
    again = replace(FOOTER_SAMPLES.golden[0], why="The same once more.")
    with pytest.raises(corpus.CorpusError, match="The same once more"):
        entries_of(FOOTER, Samples((FOOTER_SAMPLES.golden[0], again), ()))


def test_format_without_samples_is_named() -> None:
    with pytest.raises(corpus.CorpusError, match=r"golden/lsm_page\.footer/v1"):
        corpus.generate(footers(), {})


@pytest.mark.parametrize("entry_format", CATALOG.formats, ids=lambda entry: entry.label)
def test_every_rule_of_a_format_is_broken_raw_and_resealed(kept: Kept, entry_format: Format) -> None:
    features = [set(entry.sidecar.features) for entry in refused_files(kept, entry_format)]
    stale = {rule for rule in RULES for found in features if {f"rule={rule}", "checksums=stale"} <= found}
    match = {rule for rule in RULES for found in features if {f"rule={rule}", "checksums=match"} <= found}
    assert {"magic", "kind", "version", "header_checksum"} <= stale
    rules = {use.rule for use in rules_of(entry_format.layout)}
    assert {"truncated", "magic", "kind", "version", "trailing"} | {"bounds", "reserved"} & rules <= match
    assert not {"header_checksum", "checksum"} & match


def test_kept_files_break_every_rule_of_our_formats(kept: Kept) -> None:
    broken = {entry.sidecar.expected.rule for entry in kept if isinstance(entry.sidecar.expected, corpus.Refused)}
    assert broken == set(RULES) - FOREIGN_RULES


def test_kept_files_are_small_and_every_sidecar_can_be_read_in_a_review(kept: Kept) -> None:
    sizes = [len(content) for content in files(corpus.writable_folder(CATALOG)).values()]
    assert max(sizes) < 70_000
    assert sum(sizes) < 6_000_000
    assert max(len(entry.sidecar.text().splitlines()) for entry in kept) < 200
