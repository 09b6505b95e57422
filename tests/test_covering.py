"""Missing files are made from the schema: few, read by everybody, the same for a seed; from nothing, too."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import construct as c
import pytest

import corpus
from corpus.coverage import Coverage, coverage, features_of
from formats import primitives as p
from formats.catalog import CATALOG, Catalog, Format
from formats.errors import ShardproofError
from roundtrip.command import run
from roundtrip.covering import Added, Explaining, Options, add_missing
from roundtrip.covering import adding as adding_module
from roundtrip.generate import RandomSource
from roundtrip.keeping.readers import lanes_of
from roundtrip.schemas import random_schema

NOTE = c.Struct(
    "kind" / p.ClosedEnum(c.Int8ul, text=1, number=2),
    "flags" / p.ClosedFlags(c.Int8ul, read=1, starred=2),
    "priority" / p.Bounded(c.Int8ul, 1, 9),
    "body" / c.Switch(c.this.kind, {"text": c.PascalString(c.Int8ul, "utf8"), "number": c.Int32sl}),
    "tags" / c.PrefixedArray(c.Int8ul, c.Int16ul),
)
SEALED = p.Frame(
    "magic" / p.Magic(b"NT"),
    "count" / p.Count(c.Int8ul, of="items.sizes", maximum=9),
    "length" / p.Length(c.Int16ul, of="items", maximum=900),
    "check" / p.Crc32c(covers="items"),
    "seal" / p.Seal(seed=()),
    "items" / p.Region(c.this.length, c.Struct("sizes" / p.Column(c.this._.count, c.Int16ul, order="strict"))),
)
NOTES = Catalog("notes", (Format("note", 1, NOTE), Format("sealed", 1, SEALED)))
ALONE = Catalog("alone", (NOTES["note"],))


def covered(catalog: Catalog, folder: Path, **options: bool) -> tuple[Added, Coverage]:
    added = add_missing(catalog, folder, Options(seed=1, **options))
    entries = corpus.load(folder, catalog) if folder.exists() else ()
    return added, coverage(entries, catalog, explain=Explaining(entries))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Added, Coverage]:
    folder = tmp_path_factory.mktemp("notes") / "kept"
    return folder, *covered(NOTES, folder)


def test_a_catalog_without_files_is_covered_by_few(made: tuple[Path, Added, Coverage]) -> None:
    _, added, found = made
    assert found.ok
    assert added.findings == ()
    assert len(added.kept) == added.files < 200
    assert all(one.pairs is not None and one.pairs.hit > 0.6 * one.pairs.total for one in found.formats)


def test_every_made_file_shows_what_it_says_and_every_reader_agrees(made: tuple[Path, Added, Coverage]) -> None:
    folder, added, _ = made
    entries = corpus.load(folder, NOTES)
    assert corpus.run(entries, NOTES).findings == ()
    assert {entry.identity for entry in entries} == set(added.kept)
    for entry in entries:
        assert entry.sidecar.why.startswith("Generated, because no other file shows ")


def test_what_is_covered_needs_no_more_files(made: tuple[Path, Added, Coverage]) -> None:
    folder, _, _ = made
    assert add_missing(NOTES, folder, Options(seed=2)).kept == ()


def test_one_seed_makes_the_same_files(made: tuple[Path, Added, Coverage], tmp_path: Path) -> None:
    _, added, _ = made
    again = add_missing(ALONE, tmp_path / "kept", Options(seed=1)).kept
    assert again == tuple(identity for identity in added.kept if "/note/" in identity)


def test_refusals_are_made_with_stale_and_with_matching_checksums(made: tuple[Path, Added, Coverage]) -> None:
    folder, _, _ = made
    sealed = NOTES["sealed"]
    files = (one for one in corpus.load(folder, NOTES) if one.sidecar.format == "sealed")
    shown = set().union(*(features_of(entry, sealed) for entry in files))
    assert {
        "count=refused: bounds, checksums match",
        "count=refused: bounds, checksums stale",
        "count=maximum+1",
        "items.sizes=refused: order, checksums match",
        "check=refused: checksum, checksums stale",
    } <= shown


def test_thorough_files_break_two_laws_at_once(tmp_path: Path) -> None:
    sealed = Catalog("sealed", (NOTES["sealed"],))
    plain = add_missing(sealed, tmp_path / "plain", Options(pairs=False))
    thorough = add_missing(sealed, tmp_path / "thorough", Options(pairs=False, thorough=True))
    features = [features_of(entry, NOTES["sealed"]) for entry in corpus.load(tmp_path / "thorough", sealed)]
    assert "seal=before: header_checksum, then checksum at check" in set().union(*features)
    assert thorough.files > plain.files + 50


def test_a_file_on_which_readers_disagree_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = lanes_of

    def blind(entry: Format) -> corpus.Lanes:
        lanes = honest(entry)
        return corpus.Lanes({**lanes.readers, "blind": lambda _data, _seed: ("refused", None)}, lanes.writers)

    monkeypatch.setattr(adding_module, "lanes_of", blind)
    added = add_missing(ALONE, tmp_path / "kept", Options(seed=1, pairs=False))
    accepted = sum(one.accepted for one in added.formats)
    assert accepted > 0
    assert len(added.findings) == accepted
    assert len(added.kept) == added.files - accepted


@pytest.mark.parametrize("number", [0, 2, 3, 5, 6])
def test_random_schemas_are_covered_or_say_why_not(number: int, tmp_path: Path) -> None:
    try:
        entry_format = Format("any", 1, random_schema(RandomSource(Random(100 + number))))
        entry_format.codec  # noqa: B018  # some schemas are refused, here or by the compiler
    except ShardproofError:
        pytest.skip("the schema is refused")
    catalog = Catalog("any", (entry_format,))
    added = add_missing(catalog, tmp_path / "kept", Options(pairs=False))
    entries = corpus.load(tmp_path / "kept", catalog)
    found = coverage(entries, catalog, pairs=False, explain=Explaining(entries)).formats[0]
    assert added.findings == ()
    assert found.files > 0
    assert found.unexplained == ()


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON of a command."""
    capsys.readouterr()
    code = run(["corpus", *words, "--format", "lsm_page.footer", "--json"])
    text = capsys.readouterr().out
    return code, json.loads(text) if text else {}


def test_the_commands_agree_with_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = str(tmp_path / "kept")
    assert told(capsys, "coverage", "--folder", where)[0] == 3
    code, added = told(capsys, "add", "--missing", "--into", where, "--no-pairs")
    assert code == 0
    assert added["formats"][0]["accepted"] > 0
    assert told(capsys, "coverage", "--folder", where, "--no-pairs")[0] == 0
    code, found = told(capsys, "coverage", "--folder", where)
    assert code == 1
    assert [one for one in found["formats"][0]["pairs"]["missing"] if not one["kind"]]


def test_coverage_is_shown_as_a_table_with_names_and_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpus", "coverage", "--format", "lsm_page.filter", "--all"]) == 0
    text = capsys.readouterr().out
    assert "lsm_page.filter" in text
    assert "word_count=maximum: 1,048,576 words are 8 MiB (by hand)" in text
    assert "each with its reason" in text


def test_what_is_said_of_files_does_not_go_with_missing() -> None:
    assert run(["corpus", "add", "--missing", "--why", "For no reason."]) == 2
    assert run(["corpus", "add", "--thorough"]) == 2


def test_our_own_catalog_lacks_nothing() -> None:
    added = add_missing(
        CATALOG, corpus.writable_folder(CATALOG), Options(seed=9), formats=(CATALOG["lsm_page.filter"],), dry_run=True
    )
    assert added.files == 0
