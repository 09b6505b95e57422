"""The accidents of other projects as schema edits, each caught with the right words; and a user's own catalog."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import construct as c
import pytest
from construct import Bytes, Const, Int8ul, Int16ub, Int16ul, Int32ul, Int64ul, Struct, this

from formats import primitives as p
from formats.catalog import CATALOG, Catalog, Format
from formats.features import Feature
from formats.place import Place
from roundtrip.catalogs import load_catalog
from roundtrip.evolution import Finding, Kept, Misreading, PairVerdict, Refusal, Report, Verdict, validate
from roundtrip.evolution.edits import with_added, with_field, with_members, with_renamed, with_swapped, with_version

EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "leveldb_log.py"
FULL, READ_ONLY, REFUSE, MISREAD = Verdict.FULL, Verdict.READ_ONLY, Verdict.REFUSE, Verdict.MISREAD

#: A map of servers, framed as Ceph frames things: version, length, fields.
SERVERS = Struct(
    "version" / Const(17, Int8ul),
    "epoch" / Int32ul,
    "name" / c.PascalString(Int8ul, "ascii"),
    "active" / Int32ul,
    "standby" / Int32ul,
)
#: A log whose records stand back to back.
JOURNAL = Struct("version" / Const(1, Int8ul), "records" / p.RecordsToEnd(Struct("key" / Int16ul, "size" / Int16ul)))
MANIFEST = p.Frame(
    "magic" / p.Magic(b"\xf1M"),
    "version" / p.Version(1),
    "codec" / p.ClosedEnum(Int8ul, plain=1, packed=2),
    "level" / p.Bounded(Int8ul, 0, 200),
    "files" / p.Count(Int8ul, of="numbers", maximum=40),
    "seal" / p.Seal(seed=("disk", "offset")),
    "numbers" / p.Column(this.files, Int32ul),
)


def same_version(old: Any, new: Any, version: int = 1, kept: tuple[Kept, ...] = ()) -> Report:
    return validate([Format("thing", version, old)], [Format("thing", version, new)], kept=kept)


def finding(report: Report, rule: str) -> Finding:
    return next(found for found in report.findings if found.rule == rule)


def pair(report: Report, direction: str) -> PairVerdict:
    return next(one for one in report.pairs if one.direction == direction)


# --- one version, two layouts (Ceph, MDSMap 17 on two branches) ----------------------------------------------------


def test_one_version_with_two_layouts_on_two_branches_is_an_error() -> None:
    report = same_version(SERVERS, with_swapped(SERVERS, "active", "standby"), version=17)
    assert "version 17 of thing has two layouts" in finding(report, "version-reused").message
    assert finding(report, "version-reused").level == "error"


def test_swapped_fields_of_two_branches_are_misread_both_ways() -> None:
    report = same_version(SERVERS, with_swapped(SERVERS, "active", "standby"), version=17)
    assert {one.verdict for one in report.pairs} == {MISREAD}
    swapped = finding(report, "field-reordered")
    assert "active was written as" in swapped.message or "standby was written as" in swapped.message
    assert report.advice[0].upgrade_first == "nobody"
    assert report.advice[0].rollback == "unsafe"


def test_witness_of_two_branches_is_minimal() -> None:
    report = same_version(SERVERS, with_swapped(SERVERS, "active", "standby"), version=17)
    witness = pair(report, "old reads new").witness
    assert witness is not None
    assert len(witness.data) == 1 + 4 + 1 + 4 + 4
    assert sum(witness.data) == 17 + 1


# --- fields appended without a bump --------------------------------------------------------------------------------


def test_field_appended_to_a_record_without_a_bump_is_misread() -> None:
    report = same_version(JOURNAL, with_added(JOURNAL, "records", "stamp" / Int32ul))
    added = finding(report, "field-added")
    assert added.level == "error"
    assert "records.stamp is new" in added.message
    assert {one.verdict for one in report.pairs} == {MISREAD}


def test_field_appended_at_the_end_without_a_bump_is_refused() -> None:
    report = same_version(SERVERS, with_added(SERVERS, "", "stamp" / Int32ul), version=17)
    assert {one.verdict for one in report.pairs} == {REFUSE}
    witness = pair(report, "old reads new").witness
    assert witness is not None
    assert isinstance(witness.outcome, Refusal)
    assert witness.outcome.rule == "trailing"


# --- the encoder was bumped and the decoder was not ----------------------------------------------------------------


def test_encoder_bumped_but_decoder_not_is_named() -> None:
    report = same_version(MANIFEST, with_version(with_added(MANIFEST, "", "more" / Int32ul), 2))
    mismatch = finding(report, "version-mismatch")
    assert mismatch.level == "error"
    assert "declares version 1 of thing and its bytes say 2" in mismatch.message
    assert "no decoder of the files that say 1 is left" in mismatch.message


def test_version_bumped_in_the_catalog_only_is_named() -> None:
    longer = with_added(JOURNAL, "records", "stamp" / Int32ul)
    old, new = Format("thing", 1, JOURNAL), Format("thing", 2, longer)
    report = validate([old], [old, new])
    told = finding(report, "version-not-on-disk")
    assert told.level == "error"
    assert "its version field still holds the old number" in told.message
    assert MISREAD in {one.verdict for one in report.pairs}


def test_version_bumped_to_another_number_than_declared_is_named() -> None:
    old, new = Format("thing", 1, MANIFEST), Format("thing", 2, with_version(MANIFEST, 3))
    report = validate([old], [old, new])
    assert "declares version 2 of thing and its bytes say 3" in finding(report, "version-mismatch").message


# --- a fixture that never used what it names (Lucene 9.12) ---------------------------------------------------------


def packed_too() -> tuple[Format, Format]:
    wider = with_version(with_field(MANIFEST, "codec", p.ClosedEnum(Int8ul, plain=1, packed=2, quantized=3)), 2)
    return Format("thing", 1, MANIFEST), Format("thing", 2, wider)


def kept(entry: Format, **values: Any) -> Kept:
    plain = {"codec": "plain", "level": 3, "numbers": (7,)} | values
    place = Place(offset=64)
    return Kept(
        entry.name, entry.version, "golden/quantized", entry.oracle.encode(plain, entry.seed(place) or 0), place
    )


def test_kept_file_that_never_uses_what_is_new_is_named() -> None:
    old, new = packed_too()
    report = validate([old], [old, new], kept=[kept(new, codec="packed")])
    blind = finding(report, "kept-files-blind")
    assert blind.level == "warning"
    assert "none uses what is new in codec: knows quantized" in blind.message


def test_kept_file_that_uses_what_is_new_is_enough() -> None:
    old, new = packed_too()
    report = validate([old], [old, new], kept=[kept(new, codec="quantized")])
    assert "kept-files-blind" not in {found.rule for found in report.findings}


# --- a validator grown stricter than yesterday's writer (RocksDB 13624) --------------------------------------------


def test_stricter_validator_turns_old_files_into_corruption() -> None:
    report = same_version(MANIFEST, with_field(MANIFEST, "level", p.Bounded(Int8ul, 0, 7)))
    tightened = finding(report, "constraint-tightened")
    assert tightened.level == "error"
    assert "the new reader refuses old files" in tightened.message
    assert pair(report, "new reads old").verdict is REFUSE
    assert pair(report, "old reads new").verdict is FULL
    assert report.advice[0].upgrade_first == "writers"
    assert any("they are lost unless converted" in words for words in report.advice[0].words)


def test_kept_file_of_yesterdays_writer_is_named_when_it_is_refused() -> None:
    old = Format("thing", 1, MANIFEST)
    file = kept(old, level=200)
    report = same_version(MANIFEST, with_field(MANIFEST, "level", p.Bounded(Int8ul, 0, 7)), kept=(file,))
    refused = finding(report, "kept-file-refused")
    assert refused.level == "error"
    assert "golden/quantized, which the old reader reads, is refused at level" in refused.message
    assert refused.pairs[0].witness is not None
    assert refused.pairs[0].witness.data == file.data


# --- versions, formats, identities ---------------------------------------------------------------------------------


def bumped(version: int) -> Format:
    return Format("thing", version, with_version(MANIFEST, version))


def test_version_that_is_gone_is_an_error() -> None:
    report = validate([bumped(1)], [bumped(2)])
    assert finding(report, "version-removed").level == "error"
    assert report.advice[0].reads_old is REFUSE
    assert not report.advice[0].rolling


def test_skipped_version_is_a_warning() -> None:
    assert finding(validate([bumped(1)], [bumped(1), bumped(3)]), "version-skipped").level == "warning"


def test_version_that_goes_back_is_an_error() -> None:
    report = validate([bumped(1), bumped(3)], [bumped(1), bumped(3), bumped(2)])
    assert finding(report, "version-backwards").level == "error"


def test_bump_of_the_version_alone_is_a_note() -> None:
    report = validate([bumped(1)], [bumped(1), bumped(2)])
    assert {found.rule for found in report.findings} == {"version-added"}
    assert {one.unchecked for one in report.pairs} == {FULL}


def test_removed_and_added_formats_are_told() -> None:
    other = Format("other", 1, JOURNAL)
    report = validate([bumped(1)], [other])
    assert {found.rule: found.level for found in report.findings} == {"format-removed": "error", "format-added": "note"}


def test_identity_of_another_format_is_an_error_with_a_file_that_both_accept() -> None:
    copy = Format("other", 1, MANIFEST)
    report = validate([bumped(1)], [bumped(1), copy])
    reused = finding(report, "identity-reused")
    assert reused.level == "error"
    assert reused.pairs[0].verdict is MISREAD


def test_default_that_changed_is_a_note() -> None:
    old = with_field(SERVERS, "active", c.Default(Int32ul, 1))
    new = with_field(SERVERS, "active", c.Default(Int32ul, 2))
    report = same_version(old, new, version=17)
    assert [(found.rule, found.level) for found in report.findings] == [("default-changed", "note")]


# --- the operator's words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mask", "verdict", "rollback"),
    [
        ("compatible", FULL, "full"),
        ("read_only_compatible", READ_ONLY, "read-only"),
        ("incompatible", REFUSE, "loses new files"),
    ],
)
def test_feature_mask_softens_a_refusal(mask: Any, verdict: Verdict, rollback: str) -> None:
    schema = with_version(with_field(MANIFEST, "level", Int64ul), 2)
    new = Format("thing", 2, schema, feature=Feature("wide_levels", mask, 3))
    report = validate([bumped(1)], [bumped(1), new])
    assert pair(report, "old reads new").verdict is verdict
    assert report.advice[0].rollback == rollback


def test_feature_mask_does_not_soften_a_misreading() -> None:
    new = Format("thing", 1, with_swapped(SERVERS, "active", "standby"), feature=Feature("swap", "compatible", 1))
    report = validate([Format("thing", 1, SERVERS)], [new])
    assert pair(report, "old reads new").verdict is MISREAD


def test_proper_bump_lets_readers_go_first_and_nodes_be_upgraded_one_by_one() -> None:
    new = Format("thing", 2, with_version(with_field(MANIFEST, "level", Int64ul), 2))
    advice = validate([bumped(1)], [bumped(1), new]).advice[0]
    assert (advice.upgrade_first, advice.rolling, advice.rollback) == ("readers", True, "loses new files")
    assert "while everybody keeps writing version 1" in advice.words[3]


def test_renamed_field_needs_no_order_of_upgrades() -> None:
    advice = same_version(SERVERS, with_renamed(SERVERS, "active", "busy"), version=17).advice[0]
    assert (advice.upgrade_first, advice.rolling, advice.rollback) == ("either", True, "full")


def test_our_second_versions_are_proper_bumps() -> None:
    first = tuple(entry for entry in CATALOG if entry.version == 1)
    report = validate(first, tuple(CATALOG))
    assert {found.level for found in report.findings} <= {"note"}
    assert {one.upgrade_first for one in report.advice} == {"readers"}


# --- a user's own catalog ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def leveldb() -> Catalog:
    return load_catalog(f"{EXAMPLE}:CATALOG")


def log_with(leveldb: Catalog, edit: Any) -> Report:
    """LevelDB's log with its record edited, in the same version: nothing on disk tells versions of it apart."""
    log: Any = leveldb["log"].schema
    record = edit(log.subcon)
    smallest = log.smallest + record.sizeof(length=0) - log.subcon.sizeof(length=0)
    return validate([leveldb["log"]], [Format("log", 1, p.Blocks(log.size, record, smallest=smallest))])


def type_field(**members: int) -> Any:
    return lambda record: with_field(record, "type", p.ClosedEnum(Int8ul, **members))


@pytest.mark.parametrize(
    ("edit", "rule", "forward", "backward"),
    [
        (type_field(full=1, first=2, middle=3, last=4, recyclable=5), "enum-member-added", REFUSE, FULL),
        (type_field(full=1, first=2, last=4), "enum-member-removed", FULL, REFUSE),
        (type_field(full=1, first=2, middle=4, last=3), "enum-member-renumbered", MISREAD, MISREAD),
        (type_field(full=1, first=2, middle=3, final=4), "enum-member-renamed", FULL, FULL),
        (
            lambda record: with_field(record, "checksum", p.Crc32c(covers=("type", "data"))),
            "checksum-algorithm", REFUSE, REFUSE,
        ),
        (
            lambda record: with_field(record, "checksum", p.Crc32c(covers="data", is_masked=True)),
            "checksum-range", REFUSE, REFUSE,
        ),
        (
            lambda record: with_field(record, "length", p.Length(Int16ub, of="data", maximum=32761)),
            "field-endianness", REFUSE, REFUSE,
        ),
        (
            lambda record: with_field(record, "length", p.Length(Int16ul, of="data", maximum=1000)),
            "length-bound-changed", FULL, REFUSE,
        ),
        (lambda record: with_swapped(record, "checksum", "length"), "checksum-moved", REFUSE, REFUSE),
        (lambda record: with_added(record, "", "log" / Int32ul, before="length"), "field-added", REFUSE, REFUSE),
    ],
)  # fmt: skip
def test_edit_of_leveldbs_log_is_judged_right(
    leveldb: Catalog, edit: Any, rule: str, forward: Verdict, backward: Verdict
) -> None:
    report = log_with(leveldb, edit)
    assert rule in {found.rule for found in report.findings}
    verdicts = pair(report, "old reads new").verdict, pair(report, "new reads old").verdict
    assert verdicts == (forward, backward)


def test_leveldbs_log_unedited_has_no_finding(leveldb: Catalog) -> None:
    assert validate(tuple(leveldb), tuple(leveldb)).findings == ()


def test_misreading_of_leveldbs_log_names_both_members(leveldb: Catalog) -> None:
    report = log_with(leveldb, type_field(full=1, first=2, middle=4, last=3))
    witness = pair(report, "old reads new").witness
    assert witness is not None
    assert isinstance(witness.outcome, Misreading)
    assert {witness.outcome.written, witness.outcome.read} == {"middle", "last"}


def test_fields_by_path_have_their_bits_on_both_sides() -> None:
    report = same_version(SERVERS, with_swapped(SERVERS, "active", "standby"), version=17)
    field = next(one for one in finding(report, "field-reordered").fields if one.path == ("active",))
    assert (field.old_bits, field.new_bits) == ((48, 80), (80, 112))


def test_bytes_is_a_legal_member_to_add() -> None:
    report = validate([bumped(1)], [bumped(1), Format("thing", 2, with_version(
        with_members(MANIFEST, "", lambda members: [*members, "note" / Bytes(4)]), 2))])  # fmt: skip
    assert report.errors == ()


def test_lanes_that_disagree_are_an_error_and_nothing_is_judged() -> None:
    new = Format("thing", 1, with_renamed(SERVERS, "active", "busy"))
    new.__dict__["codec"] = Format("thing", 1, with_field(SERVERS, "epoch", c.Int32ub)).codec
    report = validate([Format("thing", 1, SERVERS)], [new])
    disagreement = finding(report, "lanes-disagree")
    assert disagreement.level == "error"
    assert "the fast codec and the oracle disagree" in disagreement.message
