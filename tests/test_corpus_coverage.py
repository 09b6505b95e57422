"""Coverage names what the kept files show and what they do not; a recount without its code agrees."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import combinations
from typing import Any

import msgspec
import pytest

import corpus
from corpus import coverage as coverage_module
from corpus.aspects import Aspect
from corpus.coverage import Coverage, FormatCoverage, coverage, features_of
from corpus.entries import Entry
from corpus.features import features_in
from corpus.samples import SAMPLES
from formats.catalog import CATALOG, Catalog, Format

FOOTER = CATALOG["lsm_page.footer"]
HEADER = CATALOG["extent_header"]

Files = tuple[Entry, ...]


@pytest.fixture(scope="module")
def kept() -> Files:
    return corpus.load(corpus.own_folder(), CATALOG)


@pytest.fixture(scope="module")
def found(kept: Files) -> Coverage:
    return coverage(kept, CATALOG)


def of(entries: Files, entry_format: Format) -> Files:
    wanted = (entry_format.name, entry_format.version)
    return tuple(entry for entry in entries if (entry.sidecar.format, entry.sidecar.version) == wanted)


def seed_of(entry: Entry) -> int:
    place = entry.sidecar.place
    assert place is not None
    return FOOTER.seed(place.place) or 0


def part_of(entries: Files, entry_format: Format, **options: Any) -> FormatCoverage:
    return coverage(entries, CATALOG, formats=(entry_format,), **options).formats[0]


def test_our_kept_files_show_everything_or_the_reason_why_not(found: Coverage) -> None:
    assert [missing for one in found.formats for missing in one.unexplained] == []
    assert [text for one in found.formats for text in one.stale] == []
    assert found.ok
    assert found.files >= 2000


def test_our_reasons_are_proofs_or_sentences_never_mere_attempts(found: Coverage) -> None:
    kinds = {missing.kind for one in found.formats for _, part in one.parts for missing in part.missing}
    assert kinds == {"construction", "size", "written"}


def test_most_pairs_are_shown(found: Coverage) -> None:
    for one in found.formats:
        assert one.pairs is not None
        assert one.pairs.hit > 0.85 * one.pairs.total


#: Ranges of numbers in a footer and an extent's header, as their documents state them, and the decoded field.
FOOTER_RANGES = {
    "run": (1, 2**32 - 1),
    "entry_count": (1, 2**64 - 1),
    "tombstone_count": (0, 2**64 - 1),
    "index_offset": (0, 2**32 - 1),
    "index_length": (0, 2**32 - 1),
    "filter_offset": (0, 2**32 - 1),
    "filter_length": (0, 2**32 - 1),
}


def told(name: str, value: int, low: int, high: int) -> set[str]:
    """What a number shows, counted by hand."""
    points = {low: "minimum", low + 1: "minimum+1", high - 1: "maximum-1", high: "maximum"}
    shown = {points[value]} if value in points else set()
    return {f"{name}={one}" for one in shown | ({"inside"} if low < value < high else set())}


def test_an_independent_recount_finds_the_same_features_and_pairs(kept: Files, found: Coverage) -> None:
    singles: set[str] = set()
    pairs: set[frozenset[str]] = set()
    for entry in of(kept, FOOTER):
        if entry.sidecar.verdict == "accepted":
            value = FOOTER.oracle.decode(entry.data, seed_of(entry))
            shown = {field: told(field, value[field], *limits) for field, limits in FOOTER_RANGES.items()}
            singles |= set().union(*shown.values())
            fields = combinations(shown, 2)
            pairs |= {frozenset((one, other)) for a, b in fields for one in shown[a] for other in shown[b]}
    counted = next(one for one in found.formats if one.label == FOOTER.label)
    assert counted.pairs is not None
    assert (counted.singles.total, counted.singles.hit) == (5 * 7, len(singles))
    assert (counted.pairs.total, counted.pairs.hit) == (7 * 6 // 2 * 5 * 5, len(pairs))


def test_a_file_taken_away_takes_its_features_with_it(kept: Files) -> None:
    files = of(kept, FOOTER)
    wanted = "run=maximum"
    without = tuple(entry for entry in files if wanted not in features_of(entry, FOOTER))
    lost = {missing.what for missing in part_of(without, FOOTER, pairs=False).unexplained}
    assert wanted in lost
    assert len(without) < len(files)


def test_no_kept_file_is_no_coverage() -> None:
    nothing = coverage((), CATALOG, pairs=False)
    assert not nothing.ok
    assert nothing.files == 0
    assert all(one.singles.hit == 0 for one in nothing.formats)


def test_an_aspect_that_never_holds_is_missing_without_a_reason(kept: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = (
        *features_in(HEADER.layout),
        replace(features_in(HEADER.layout)[0], aspect=Aspect("=never", lambda _: False)),
    )
    monkeypatch.setattr(coverage_module, "features_in", lambda _: planted)
    assert "owner=never" in {one.what for one in part_of(of(kept, HEADER), HEADER, pairs=False).unexplained}


def test_an_aspect_that_always_holds_is_told_by_the_recount(kept: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Aspect, "holds", property(lambda _: lambda _value: True))
    footers = of(kept, FOOTER)
    few = [entry for entry in footers if entry.sidecar.verdict == "accepted"][:1]
    assert part_of(tuple(few), replace(FOOTER), pairs=False).singles.hit == 5 * 7
    value = FOOTER.oracle.decode(few[0].data, seed_of(few[0]))
    assert sum(len(told(field, value[field], *limits)) for field, limits in FOOTER_RANGES.items()) < 5 * 7


def test_a_coverage_that_ignores_a_format_has_no_files_of_it(kept: Files) -> None:
    headers, two = of(kept, HEADER), Catalog("two", (HEADER, FOOTER))
    assert not coverage(headers, two, pairs=False).ok
    assert coverage(headers, Catalog("one", (HEADER,)), pairs=False).ok
    assert coverage((*headers, *of(kept, FOOTER)), two, pairs=False).ok


def test_a_file_of_another_version_covers_nothing(kept: Files) -> None:
    first, second = CATALOG.versions("chunk")
    assert part_of(of(kept, first), second, pairs=False).files == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [("run=maximum", "a file shows it"), ("run=red", "there is no such feature")],
    ids=["hit", "unknown"],
)
def test_a_written_reason_that_is_none_is_stale(kept: Files, name: str, said: str) -> None:
    written = {(FOOTER.name, FOOTER.version): {name: "nobody knows"}}
    one = part_of(of(kept, FOOTER), FOOTER, pairs=False, written=written)
    assert one.stale == (f"{name}: {said}",)
    assert not one.ok


def test_a_written_reason_of_a_pair_is_stale_too(kept: Files) -> None:
    written = {(FOOTER.name, FOOTER.version): {"run=maximum + entry_count=minimum": "nobody knows"}}
    assert part_of(of(kept, FOOTER), FOOTER, written=written).stale


def test_the_reasons_of_samples_name_features_that_exist() -> None:
    for entry_format in CATALOG:
        possible = set(corpus.possible(entry_format.layout.root))
        assert set(SAMPLES[entry_format.name, entry_format.version].absent) <= possible


@pytest.mark.parametrize("lie", ["run=minimum+1", "run=maximum-1", "seal=refused: bounds, checksums match"])
def test_a_file_that_does_not_exercise_a_claim_is_red(kept: Files, lie: str) -> None:
    accepted = (entry for entry in of(kept, FOOTER) if entry.sidecar.verdict == "accepted")
    honest = next(entry for entry in accepted if lie not in features_of(entry, FOOTER))
    place = honest.sidecar.place
    assert place is not None
    claims = corpus.entry_of(FOOTER, honest.data, why=honest.sidecar.why, writer="a liar", place=place.place)
    lying = replace(claims, sidecar=replaced(claims.sidecar, features=(*claims.sidecar.features, lie)))
    report = corpus.run((lying,), CATALOG)
    assert [(finding.problem, finding.expected) for finding in report.findings] == [("features", lie)]


def test_a_refused_file_claims_the_number_just_outside(kept: Files) -> None:
    shown: dict[str, set[str]] = defaultdict(set)
    for entry in kept:
        if entry.sidecar.verdict == "refused":
            shown[entry.sidecar.format] |= set(entry.sidecar.features)
    assert {"key_length=minimum-1", "key_length=maximum+1"} <= shown["chunk"] | features_shown(
        of(kept, CATALOG["chunk"])
    )


def features_shown(entries: Files) -> set[str]:
    return set().union(*(features_of(entry, CATALOG["chunk"]) for entry in entries))


def replaced(sidecar: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(sidecar, **changes)
