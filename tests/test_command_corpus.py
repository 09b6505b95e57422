"""`shardproof corpus add`, `show`, `list`, `promote`: evidence gets in when everybody agrees, and can be looked at."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import corpus
from corpus.samples.model import PLACE
from formats.catalog import CATALOG, Format
from formats.locking import Lock, locked_of, write_lock
from roundtrip.catalogs import load_catalog
from roundtrip.command import run
from roundtrip.fuzzing.failure import AGREE, ENDS, Failure
from roundtrip.fuzzing.findings.files import write as write_finding
from roundtrip.fuzzing.target import target_of

PLACE_TEXT = f"disk={PLACE.disk.hex()},extent=7,generation=3,offset=4096,run=12"
WHY = ("--why", "Written by a friend's program.")
CHUNK = CATALOG["chunk@1"]


OURS = """
from dataclasses import replace
from formats.catalog import CATALOG
MINE = replace(CATALOG, corpus="kept")
"""


class Desk:
    """A copy of our catalog with an empty folder of kept files, and some bytes to add."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys, self.kept = capsys, folder / "kept"
        self.file, self.catalog = folder / "some.bin", folder / "mine.py"
        self.file.write_bytes(chunk())
        self.catalog.write_text(OURS, encoding="utf-8")

    def run(self, command: str, *words: object) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = run(["corpus", command, *map(str, words), "--catalog", f"{self.catalog}:MINE"])
        captured = self.capsys.readouterr()
        assert "unexpected" not in captured.err
        return code, captured.out, captured.err

    def add(self, *words: object) -> tuple[int, str, str]:
        return self.run("add", self.file, "--format", "chunk", *WHY, *words)

    def names(self) -> set[str]:
        return {path.relative_to(self.kept).as_posix() for path in self.kept.rglob("*") if path.is_file()}

    def entries(self) -> tuple[corpus.Entry, ...]:
        return corpus.load(self.kept, CATALOG)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def chunk(*, payload: bytes = b"payload") -> bytes:
    value = {"owner": "shard", "uuid": bytes(16), "part": 0, "key": b"key", "payload": payload}
    return CHUNK.oracle.encode(value, CHUNK.seed(PLACE) or 0)


# --- add -------------------------------------------------------------------------------------------------------------


def test_bytes_on_which_all_agree_are_kept_with_their_reason(desk: Desk) -> None:
    code, out, _ = desk.add("--place", PLACE_TEXT, "--writer", "friend 1.0")
    (entry,) = desk.entries()
    assert (code, entry.data, entry.sidecar.writer) == (0, chunk(), "friend 1.0")
    assert (entry.sidecar.kind, entry.sidecar.version, entry.sidecar.why) == ("golden", 1, WHY[1])
    assert "reference        accepted" in out
    assert "oracle of v2     refused: version at version" in out


def test_same_bytes_twice_are_no_error(desk: Desk) -> None:
    desk.add("--place", PLACE_TEXT)
    before = desk.names()
    code, out, _ = desk.run("add", desk.file, "--format", "chunk", "--why", "Again, by me.", "--place", PLACE_TEXT)
    assert (code, desk.names()) == (0, before)
    assert "kept already as golden/chunk/v1/" in out
    assert desk.entries()[0].sidecar.why == WHY[1]


def test_what_the_format_does_not_depend_on_is_no_other_place(desk: Desk) -> None:
    """Chunks are sealed with disk, extent, generation and offset; the run is nothing to them."""
    assert desk.add("--place", PLACE_TEXT)[0] == 0
    code, out, _ = desk.add("--place", PLACE_TEXT.replace("run=12", "run=13"))
    assert (code, len(desk.entries())) == (0, 1)
    assert "kept already" in out


def test_a_dry_run_keeps_nothing(desk: Desk) -> None:
    code, out, _ = desk.add("--place", PLACE_TEXT, "--dry-run")
    assert (code, desk.names()) == (0, set())
    assert "none for --dry-run" in out


def test_place_is_taken_from_a_sidecar_beside_the_file(desk: Desk) -> None:
    location = {"disk": PLACE.disk.hex(), "extent": 7, "generation": 3, "offset": 4096, "run": 12}
    desk.file.with_suffix(".json").write_text(json.dumps({"place": location}), encoding="utf-8")
    assert desk.add()[0] == 0
    assert desk.entries()[0].sidecar.kind == "golden"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--expect", "refused"), "expected refused, found accepted"),
        (("--expect", "refused:magic@magic"), "expected refused (magic at magic), found accepted"),
        (("--kind", "rejected"), "expected a rejected file, found a golden one"),
    ],
)
def test_an_expectation_that_is_not_met_keeps_nothing(desk: Desk, words: tuple[str, ...], says: str) -> None:
    code, _, error = desk.add("--place", PLACE_TEXT, *words)
    assert (code, desk.names()) == (1, set())
    assert says in error


@pytest.mark.parametrize(
    "words",
    [("--expect", "accepted"), ("--kind", "golden"), ("--kind", "found"), ("--kind", "golden", "--expect", "accepted")],
)
def test_an_expectation_that_is_met_is_no_obstacle(desk: Desk, words: tuple[str, ...]) -> None:
    assert desk.add("--place", PLACE_TEXT, *words)[0] == 0
    assert len(desk.entries()) == 1


def test_rule_and_path_of_a_refusal_can_be_expected(desk: Desk) -> None:
    desk.file.write_bytes(b"?" + chunk()[1:])
    for expected, code in (("refused:magic@magic", 0), ("refused:header_checksum@seal", 1), ("refused:magic@kind", 1)):
        assert desk.add("--place", PLACE_TEXT, "--dry-run", "--expect", expected)[0] == code


def turned(entry: Format) -> corpus.Lanes:
    """A planted bug: the fast lane refuses what it should accept, and accepts what it should refuse."""
    lanes = corpus.own_lanes(entry)

    def wrong(data: bytes, seed: int) -> corpus.Answer:
        verdict, _ = lanes.readers["fast"](data, seed)
        return ("refused", None) if verdict == "accepted" else ("accepted", {"size": len(data)})

    return replace(lanes, readers={**lanes.readers, "fast": wrong}) if entry == CHUNK else lanes


def test_bytes_on_which_readers_disagree_are_kept_as_found_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roundtrip.keeping.readers.own_lanes", turned)
    desk.file.write_bytes(chunk()[:-1])
    code, out, error = desk.add("--place", PLACE_TEXT)
    assert (code, desk.names()) == (1, set())
    assert "fast: verdict: expected refused (truncated at tag), found accepted" in out
    assert "--kind found keeps bytes on which readers disagree" in error
    assert desk.add("--place", PLACE_TEXT, "--kind", "found")[0] == 0
    assert desk.entries()[0].sidecar.kind == "found"
    assert desk.run("run", "--only", "found")[0] == 1
    monkeypatch.undo()
    assert desk.run("run", "--only", "found")[0] == 0


def test_one_bad_file_keeps_all_of_them_out(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "bad.bin").write_bytes(b"no chunk")
    words = (desk.file, tmp_path / "bad.bin", "--format", "chunk", *WHY, "--place", PLACE_TEXT, "--expect", "accepted")
    assert desk.run("add", *words)[0] == 1
    assert desk.names() == set()


def test_the_same_bytes_for_another_place_are_a_conflict(desk: Desk) -> None:
    desk.file.write_bytes(b"no chunk")
    assert desk.add("--place", PLACE_TEXT)[0] == 0
    before = desk.names()
    code, _, error = desk.add("--place", PLACE_TEXT.replace("extent=7", "extent=8"))
    assert (code, desk.names()) == (2, before)
    assert "another place" in error


BAD_WORDS: list[tuple[tuple[str, ...], str]] = [
    (("--format", "chunk", *WHY), "Missing a FILE"),
    (("FILE", *WHY), "Missing --format"),
    (("FILE", "--format", "chunk"), "Missing --why"),
    (("FILE", "--format", "chunk", "--why", "x"), "no sentence"),
    (("FILE", "--format", "chunks", *WHY), "no format 'chunks'"),
    (("FILE", "--format", "chunk", *WHY), "seeded with a place"),
    (("FILE", "--format", "chunk", *WHY, "--place", "extent=7"), "lacks disk, generation, offset"),
    (("FILE", "--format", "chunk", *WHY, "--place", PLACE_TEXT, "--expect", "perhaps"), "no expectation"),
    (("nowhere.bin", "--format", "chunk", *WHY, "--place", PLACE_TEXT), "No such file"),
    (("/dev/zero", "--format", "chunk", *WHY, "--place", PLACE_TEXT), "character device"),
    ((".", "--format", "chunk", *WHY, "--place", PLACE_TEXT), "a directory"),
]


@pytest.mark.parametrize(("words", "says"), BAD_WORDS, ids=[says for _, says in BAD_WORDS])
def test_what_cannot_be_added_is_one_line(desk: Desk, words: tuple[str, ...], says: str) -> None:
    code, _, error = desk.run("add", *(desk.file if word == "FILE" else word for word in words))
    assert (code, desk.names()) == (2, set())
    assert says in error
    assert len(error.splitlines()) == 1


def test_a_gigabyte_of_zeros_is_refused_before_it_is_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    os.truncate(desk.file, 2**30)
    monkeypatch.setattr("roundtrip.keeping.sources.read_all", lambda *_: pytest.fail("it was read"))
    code, _, error = desk.add("--place", PLACE_TEXT)
    assert (code, "1,073,741,824 bytes" in error) == (2, True)


def test_an_empty_file_is_evidence_too(desk: Desk) -> None:
    desk.file.write_bytes(b"")
    assert desk.add("--place", PLACE_TEXT, "--expect", "refused:truncated")[0] == 0
    assert desk.entries()[0].data == b""


COMPATIBLE = """
from construct import Byte, Const, Struct
from formats import Catalog, Format
ONE, TWO = (Struct("magic" / Const(b"BOX"), name / Byte) for name in ("length", "size"))
MINE = Catalog("boxes", (Format("box", 1, ONE), Format("box", 2, TWO)), corpus="kept")
"""


def test_a_version_that_reads_the_bytes_otherwise_must_be_stated(desk: Desk) -> None:
    desk.catalog.write_text(COMPATIBLE, encoding="utf-8")
    desk.file.write_bytes(b"BOX\7")
    words = (desk.file, "--format", "box@1", *WHY)
    code, out, _ = desk.run("add", *words)
    assert (code, desk.names()) == (1, set())
    assert "oracle of v2: misread" in out
    assert desk.run("add", *words, "--state-readers")[0] == 0
    (path,) = desk.kept.rglob("*.json")
    assert json.loads(path.read_text())["readers"] == {"v2": {"verdict": "accepted", "value": {"size": 7}}}
    assert desk.run("run", "--only", "golden")[0] == 0


# --- show and list ---------------------------------------------------------------------------------------------------


def test_show_tells_sidecar_bytes_and_readers(desk: Desk) -> None:
    desk.add("--place", PLACE_TEXT)
    identity = desk.entries()[0].identity
    code, out, _ = desk.run("show", identity)
    assert (code, out.splitlines()[0]) == (0, f"{identity}: {WHY[1]}")
    for part in ('"kind": "golden"', 'key: "key" (3 bytes)', "chunk v1: ", "oracle of v2     refused: version"):
        assert part in out
    facts = json.loads(desk.run("show", identity.rpartition("/")[2][:8], "--json")[1])
    assert (facts["ok"], facts["id"], facts["findings"]) == (True, identity, [])
    assert facts["frames"][0]["verdict"] == "valid"
    assert {one["verdict"] for one in facts["readers"] if one["version"] == 1} == {"accepted"}


def test_show_is_red_where_a_reader_says_otherwise(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add("--place", PLACE_TEXT)
    monkeypatch.setattr("roundtrip.keeping.readers.own_lanes", turned)
    code, out, _ = desk.run("show", "golden/chunk")
    assert code == 1
    assert "fast: verdict: expected accepted, found refused" in out


def test_show_says_what_is_wrong_with_a_broken_file(desk: Desk) -> None:
    desk.add("--place", PLACE_TEXT)
    next(desk.kept.rglob("*.bin")).write_bytes(b"?")
    code, _, error = desk.run("show", "golden/chunk")
    assert (code, "the data has another size" in error) == (2, True)


def test_show_of_several_names_them(desk: Desk) -> None:
    code = run(["corpus", "show", "golden/chunk"])
    assert (code, "may be any of" in desk.capsys.readouterr().err) == (2, True)


def test_show_has_a_short_form_for_histories(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpus", "show", "history/shutdown"]) == 0
    assert "shutdown-skips-metadata" in capsys.readouterr().out
    assert run(["corpus", "show", "history/shutdown-skips-metadata", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "history"
    assert run(["corpus", "show", "history/none-of-this-name"]) == 2


def test_list_tells_files_by_kind_and_format_and_histories(capsys: pytest.CaptureFixture[str]) -> None:
    def listed(*words: str) -> list[dict[str, Any]]:
        assert run(["corpus", "list", "--json", *words]) == 0
        files: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["files"]
        return files

    assert {line["kind"] for line in listed("--kind", "resealed", "--format", "chunk@2")} == {"resealed"}
    assert {line["version"] for line in listed("--kind", "resealed", "--format", "chunk@2")} == {2}
    assert "history/shutdown-skips-metadata" in {line["id"] for line in listed("--kind", "history")}
    assert len(listed("--only", "history/shut")) == 1


def test_run_replays_histories_and_a_broken_one_is_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Path(corpus.__file__).parent / "histories"
    shutil.copytree(own, tmp_path / "histories")
    monkeypatch.setattr("roundtrip.histories.drivers_kept.own_folder", lambda: tmp_path / "histories")
    assert run(["corpus", "run", "--kind", "history"]) == 0
    (tmp_path / "histories" / "broken.txt").write_text("no history", encoding="utf-8")
    assert run(["corpus", "run", "--kind", "history", "--json"]) == 1
    report = json.loads(capsys.readouterr().out.partition("as expected\n")[2])
    assert [finding["entry"] for finding in report["findings"]] == ["history/broken"]
    shutil.rmtree(tmp_path / "histories")
    (tmp_path / "histories").mkdir()
    assert run(["corpus", "run", "--kind", "history"]) == 3


# --- promote ---------------------------------------------------------------------------------------------------------


def failure(law: str = AGREE) -> Failure:
    return Failure("chunk", law, "truncated", "(whole)", "fast/oracle", "a made-up one", chunk()[:-1], PLACE)


def test_a_finding_of_the_fuzzer_is_promoted_with_its_text(desk: Desk, tmp_path: Path) -> None:
    path = write_finding(tmp_path, failure(), target_of(CHUNK))
    code, out, _ = desk.run("promote", path)
    (entry,) = desk.entries()
    assert (code, entry.sidecar.kind, entry.data) == (0, "found", chunk()[:-1])
    assert "law: lanes agree" in entry.annotation
    assert "1 added" in out
    assert desk.run("promote", path)[0] == 0
    assert desk.run("show", "found")[1].count("| ") > 3
    assert len(desk.names()) == 3


def test_a_finding_that_hangs_readers_is_not_promoted(desk: Desk, tmp_path: Path) -> None:
    path = write_finding(tmp_path, failure(ENDS), target_of(CHUNK))
    code, _, error = desk.run("promote", path)
    assert (code, desk.names()) == (2, set())
    assert "mend the reader first" in error


def test_a_plain_input_is_promoted_with_its_format(desk: Desk) -> None:
    assert desk.run("promote", desk.file)[0] == 2
    assert desk.run("promote", desk.file, "--format", "chunk", "--place", PLACE_TEXT)[0] == 0
    (entry,) = desk.entries()
    assert (entry.sidecar.kind, entry.sidecar.verdict) == ("found", "accepted")
    assert "payload: 70 61" in entry.annotation or "payload" in entry.annotation


def test_bytes_that_are_golden_already_are_not_kept_as_found_too(desk: Desk) -> None:
    desk.add("--place", PLACE_TEXT)
    code, out, _ = desk.run("promote", desk.file, "--format", "chunk", "--place", PLACE_TEXT)
    assert (code, len(desk.entries())) == (0, 1)
    assert "kept already as golden/" in out


WIDE = """
from construct import Const, Int16ub, Int16ul, Struct
from formats import Catalog, Format
ONE = Struct("magic" / Const(b"BOX"), "length" / Int16ub)
MINE = Catalog("boxes", (Format("box", 1, ONE),), corpus="kept")
"""


def test_a_witness_of_validate_is_promoted(desk: Desk, tmp_path: Path) -> None:
    """Version 1 came to read a byte the other way round: what was written before is misread."""
    (tmp_path / "old_box.py").write_text(WIDE, encoding="utf-8")
    (tmp_path / "new_box.py").write_text(WIDE.replace("Int16ub)", "Int16ul)"), encoding="utf-8")
    locked = tuple(locked_of(entry, since="1.0") for entry in load_catalog(f"{tmp_path}/old_box.py:MINE"))
    (tmp_path / "old.lock").write_text(write_lock(Lock(locked)), encoding="utf-8")
    words = ["--catalog", f"{tmp_path}/new_box.py:MINE", "--against", f"{tmp_path}/old.lock"]
    assert run(["validate", *words, "--witnesses", str(tmp_path / "witnesses")]) == 1
    witness = min((tmp_path / "witnesses").glob("*.witness"))
    desk.catalog.write_text(WIDE, encoding="utf-8")
    code, _, error = desk.run("promote", witness)
    assert (code, error) == (0, "")
    (entry,) = corpus.load(desk.kept, load_catalog(f"{desk.catalog}:MINE"))
    assert entry.sidecar.why.startswith("A witness of validate: ")
    assert entry.sidecar.kind == "found"
