"""The regression run sees every file with every reader, and a single thing that is wrong turns it red."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

import corpus
from corpus.regression import Selection
from corpus.samples import SAMPLES
from corpus.sidecar import parse
from formats.catalog import CATALOG, Catalog, Format
from roundtrip import reference

FOOTER = CATALOG["lsm_page.footer"]
FOOTERS = Catalog("footers", (FOOTER,))


def with_reference(entry_format: Format) -> corpus.Lanes:
    """Our two lanes, and the decoder that was written by hand."""
    lanes = corpus.own_lanes(entry_format)
    decode = reference.DECODERS[entry_format.label]

    def read(data: bytes, seed: int) -> corpus.Answer:
        try:
            return "accepted", decode(data, seed)
        except reference.Refusal as refusal:
            return "refused", refusal.rule

    return corpus.Lanes({**lanes.readers, "reference": read}, lanes.writers)


def with_reader(reader: corpus.Reader) -> Callable[[Format], corpus.Lanes]:
    return lambda _: corpus.Lanes({"planted": reader})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The kept files of the smallest format."""
    corpus.regenerate(FOOTERS, tmp_path)
    return tmp_path


def run(folder: Path, **options: Any) -> corpus.CorpusReport:
    return corpus.run_catalog(FOOTERS, folder=folder, **options)


def rewrite(folder: Path, kind: str, **changes: Any) -> corpus.Sidecar:
    """Change the sidecar of the first file of a kind; answer what it was."""
    path = min((folder / kind).rglob("*.json"))
    sidecar = parse(path.read_bytes())
    path.write_text(msgspec.structs.replace(sidecar, **changes).text())
    return sidecar


def test_every_reader_sees_every_file_and_agrees() -> None:
    report = corpus.run_catalog(CATALOG, with_reference)
    assert report.findings == ()
    own = ("fast", "oracle", "reference")
    assert {name: report.readers[name] for name in own} == dict.fromkeys(own, report.files)
    assert sum(report.readers.values()) + 2 * report.kinds["golden"] == report.checks
    others = {f"{name} of v{version}" for name in own for version in (1, 2)}
    assert report.readers.keys() == {*own, *others}
    assert set(report.formats) == {entry.name for entry in CATALOG}
    assert (report.ok, report.exit_code) == (True, 0)


def test_report_is_one_json_object_with_stable_keys(folder: Path) -> None:
    report = json.loads(json.dumps(run(folder).as_dict()))
    keys = ["checks", "features", "files", "findings", "formats", "histories", "images", "kinds", "ok", "readers"]
    assert sorted(report) == keys
    assert report["files"] == 3 + len(SAMPLES["lsm_page.footer", 1].flaws)


def test_empty_folder_proves_nothing(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        report = run(folder)
        assert (report.ok, report.exit_code, report.files) == (False, 3, 0)
        assert "nothing was tested" in report.text()


def test_catalog_without_a_folder_proves_nothing() -> None:
    assert corpus.run_catalog(FOOTERS).exit_code == 3


def test_run_without_readers_is_red(folder: Path) -> None:
    report = run(folder, lanes_of=lambda _: corpus.Lanes({}))
    assert {finding.problem for finding in report.findings} == {"readers"}
    assert report.exit_code == 1


def test_kind_without_a_file_is_red(folder: Path) -> None:
    shutil.rmtree(folder / "rejected")
    (finding,) = run(folder).findings
    assert (finding.problem, finding.entry) == ("corpus", "rejected/lsm_page.footer/v1")


@pytest.mark.parametrize("suffix", [".bin", ".json"])
def test_orphan_is_red(folder: Path, suffix: str) -> None:
    min(folder.rglob(f"*{suffix}")).unlink()
    (finding,) = run(folder).findings
    assert (finding.problem, finding.reproduce) == ("corpus", "shardproof corpus run")


def test_wrong_byte_is_red(folder: Path) -> None:
    path = min(folder.rglob("*.bin"))
    path.write_bytes(b"?" + path.read_bytes()[1:])
    (finding,) = run(folder).findings
    assert "the data is not what was kept" in finding.found


def test_file_of_an_unknown_format_is_red() -> None:
    report = corpus.run_catalog(FOOTERS, folder=corpus.own_folder())
    assert {finding.problem for finding in report.findings} == {"corpus"}
    entries = corpus.load(corpus.own_folder(), CATALOG)
    assert len(corpus.run(entries, FOOTERS).findings) == sum(entry.sidecar.format != FOOTER.name for entry in entries)


def test_lying_value_is_red_at_every_reader_and_writer(folder: Path) -> None:
    sidecar = rewrite(folder, "golden")
    assert isinstance(sidecar.expected, corpus.Accepted)
    rewrite(folder, "golden", expected=corpus.Accepted({**sidecar.expected.value, "run": 77}))
    findings = run(folder).findings
    assert [finding.problem for finding in findings] == ["value", "value", "bytes", "bytes"]
    assert findings[0].expected == "run = 77"
    assert findings[2].expected.endswith("at byte 4 of 48")
    assert findings[0].reproduce == f"shardproof corpus run --only {sidecar.identity}"


def test_lying_rule_is_red(folder: Path) -> None:
    rewrite(folder, "rejected", expected=corpus.Refused("flags", "run"))
    assert {finding.problem for finding in run(folder).findings} == {"rule", "features"}


def test_lying_path_is_red(folder: Path) -> None:
    sidecar = rewrite(folder, "rejected")
    assert isinstance(sidecar.expected, corpus.Refused)
    rewrite(folder, "rejected", expected=corpus.Refused(sidecar.expected.rule, "elsewhere"))
    (finding,) = run(folder).findings
    assert (finding.problem, finding.expected) == ("features", "field=elsewhere")


@pytest.mark.parametrize("kind", ["golden", "rejected"])
def test_feature_that_is_not_exercised_is_red(folder: Path, kind: str) -> None:
    sidecar = rewrite(folder, kind)
    rewrite(folder, kind, features=(*sidecar.features, "run=enormous"))
    (finding,) = run(folder).findings
    assert (finding.problem, finding.expected) == ("features", "run=enormous")


def test_file_that_exercises_nothing_is_red(folder: Path) -> None:
    rewrite(folder, "golden", features=())
    assert [finding.problem for finding in run(folder).findings] == ["features"]


def test_changed_layout_is_red(folder: Path) -> None:
    rewrite(folder, "golden", fingerprint="0" * 64)
    (finding,) = run(folder).findings
    assert (finding.problem, finding.expected) == ("fingerprint", "0" * 64)


def test_wrong_place_is_red(folder: Path) -> None:
    sidecar = rewrite(folder, "golden")
    assert sidecar.place is not None
    rewrite(folder, "golden", place=msgspec.structs.replace(sidecar.place, run=sidecar.place.run - 1))
    assert "verdict" in {finding.problem for finding in run(folder).findings}


def accepts_everything(data: bytes, seed: int) -> corpus.Answer:
    return "accepted", {"size": len(data), "seed": seed}


def refuses_everything(data: bytes, seed: int) -> corpus.Answer:
    return "refused", "magic" if len(data) + seed else None


def fails(data: bytes, seed: int) -> corpus.Answer:
    raise RecursionError(f"{len(data)} bytes at {seed}")


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        (accepts_everything, {"value", "verdict"}),
        (refuses_everything, {"rule", "verdict"}),
        (fails, {"raised"}),
    ],
)
def test_wrong_reader_is_red_at_every_file(folder: Path, reader: corpus.Reader, expected: set[str]) -> None:
    report = run(folder, lanes_of=with_reader(reader))
    assert {finding.problem for finding in report.findings} == expected
    assert {finding.reader for finding in report.findings} == {"planted"}
    assert all(finding.entry in finding.reproduce for finding in report.findings)


def test_finding_is_reproduced_by_its_command(folder: Path) -> None:
    rewrite(folder, "golden", features=("run=enormous",))
    (finding,) = run(folder).findings
    again = run(folder, only=finding.reproduce.rpartition(" ")[2])
    assert (again.files, again.findings) == (1, (finding,))


def test_run_of_another_catalog_names_it_in_its_commands(folder: Path) -> None:
    rewrite(folder, "golden", features=("run=enormous",))
    (finding,) = run(folder, command="shardproof corpus run --catalog mine:CATALOG").findings
    assert finding.reproduce.startswith("shardproof corpus run --catalog mine:CATALOG --only golden/")


def test_progress_counts_every_file(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = run(folder, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, report.files) for done in range(report.files + 1)]


def test_changed_schema_is_red() -> None:
    """What the run is for: a format that has come to mean something else no longer reads its old files."""
    index = CATALOG["lsm_page.index"]
    changed = replace(FOOTER, schema=index.schema, generated=False)
    entries = [entry for entry in corpus.load(corpus.own_folder(), CATALOG) if entry.sidecar.format == FOOTER.name]
    report = corpus.run(entries, Catalog("changed", (changed,)))
    assert {"verdict", "fingerprint"} <= {finding.problem for finding in report.findings}


@pytest.mark.parametrize("rule", ["truncated", "header_checksum"])
def test_raw_damage_that_is_kept_as_resealed_is_red(folder: Path, rule: str) -> None:
    entries = corpus.load(folder, FOOTERS)
    raw = next(one for one in entries if isinstance(one.sidecar.expected, corpus.Refused) and rule in str(one.sidecar))
    lying = replace(raw, sidecar=msgspec.structs.replace(raw.sidecar, kind="resealed"))
    assert {finding.problem for finding in corpus.run([lying], FOOTERS).findings} == {"features"}


@pytest.mark.parametrize("kind", ["golden", "rejected", "resealed"])
def test_a_found_file_is_held_to_what_its_sidecar_says(folder: Path, kind: str) -> None:
    entry = next(one for one in corpus.load(folder, FOOTERS) if one.sidecar.kind == kind)
    found = replace(entry, sidecar=msgspec.structs.replace(entry.sidecar, kind="found"))
    assert corpus.run([found], FOOTERS).findings == ()
    turned: corpus.Accepted | corpus.Refused = corpus.Refused("magic", "kind")
    if kind != "golden":
        turned = corpus.Accepted({"run": 1})
    wrong = replace(found, sidecar=msgspec.structs.replace(found.sidecar, expected=turned))
    assert "verdict" in {finding.problem for finding in corpus.run([wrong], FOOTERS).findings}


def test_every_kind_that_a_format_needs_is_asked_for(folder: Path) -> None:
    shutil.rmtree(folder / "resealed")
    (finding,) = run(folder).findings
    assert (finding.problem, finding.entry) == ("corpus", "resealed/lsm_page.footer/v1")


@pytest.mark.parametrize("selection", [{"kinds": ("golden",)}, {"formats": ("lsm_page.footer@1",)}, {"only": "golden"}])
def test_a_damaged_file_that_a_selection_means_is_red(folder: Path, selection: dict[str, Any]) -> None:
    damaged = min((folder / "golden").rglob("*.bin"))
    damaged.write_bytes(damaged.read_bytes() + b"\0")
    report = run(folder, selection=Selection(**selection))
    assert report.files > 0
    assert {finding.entry for finding in report.findings} == {damaged.relative_to(folder).as_posix()}


@pytest.mark.parametrize("part", [slice(None), slice(6), slice(16)])
def test_a_damaged_file_alone_is_found_by_name_and_by_hash(folder: Path, part: slice) -> None:
    path = min((folder / "golden").rglob("*.json"))
    digits = path.stem[part]
    path.write_text("{}")
    for wanted in (digits, path.relative_to(folder).as_posix(), path.stem + "0" * 48):
        assert [finding.problem for finding in run(folder, only=wanted).findings] == ["corpus"]


def test_a_damaged_file_that_a_selection_does_not_mean_is_left_alone(folder: Path) -> None:
    min((folder / "golden").rglob("*.json")).write_text("{}")
    assert run(folder, selection=Selection(kinds=("rejected",))).findings == ()


def test_a_selection_of_a_folder_that_is_not_there_tests_nothing(tmp_path: Path) -> None:
    assert run(tmp_path / "none", only="golden").exit_code == 3


def test_a_name_that_would_drive_a_terminal_is_escaped(folder: Path) -> None:
    (folder / "golden" / "x\n\x1b[31m").touch()
    assert "golden/x\\n\\x1b[31m: corpus" in run(folder).text()
