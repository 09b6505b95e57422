"""`shardproof validate`: verdicts on a catalog of one's own, witnesses that replay, and all that can be wrong."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from formats.catalog import CATALOG
from roundtrip.command import run
from roundtrip.validation.comparing import Comparison
from roundtrip.validation.judging import ALL_RULES

ROOT = Path(__file__).parent.parent
LEVELDB = (ROOT / "docs/examples/leveldb_log.py").read_text(encoding="utf-8")
RENUMBERED = LEVELDB.replace("first=2, middle=3", "middle=2, first=3")
LONGER = LEVELDB.replace("last=4)", "last=4, sealed=5)")
MISREAD_LINE = next(number for number, line in enumerate(RENUMBERED.splitlines(), 1) if '"type" /' in line)


class Desk:
    """A folder with catalogs and one lock beside them; `validate` runs on a catalog by the name of its file."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys

    @property
    def lock(self) -> Path:
        return self.folder / "formats.lock"

    def named(self, file: str) -> str:
        return f"{self.folder / file}:CATALOG"

    def write(self, file: str, text: str) -> None:
        (self.folder / file).write_text(text, encoding="utf-8")

    def validate(self, file: str, *options: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = run(["validate", "--catalog", self.named(file), *options])
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err

    def facts(self, file: str, *options: str) -> Any:
        return json.loads(self.validate(file, "--json", *options)[1])


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """LevelDB's log, locked; and the same with edits, not accepted."""
    made = Desk(tmp_path, capsys)
    monkeypatch.chdir(tmp_path)
    for file, text in (("log.py", LEVELDB), ("renumbered.py", RENUMBERED), ("longer.py", LONGER)):
        made.write(file, text)
    assert made.validate("log.py", "--accept", "--release", "1.20")[0] == 0
    return made


# --- verdicts --------------------------------------------------------------------------------------------------------


def test_no_edit_no_finding(desk: Desk) -> None:
    assert desk.validate("log.py") == (0, "safe: 1 format version, all as in formats.lock\n", "")
    facts = desk.facts("log.py")
    assert (facts["ok"], facts["findings"], facts["versions"][0]["state"]) == (True, [], "unchanged")


def test_renumbered_member_breaks_files_and_says_where(desk: Desk) -> None:
    code, text, _ = desk.validate("renumbered.py")
    assert code == 1
    assert text.startswith("breaks files: ")
    assert f"enum-member-renumbered  log v1  renumbered.py:{MISREAD_LINE}" in text
    assert "was written as 'first' and is read as 'middle'" in text
    assert "rollback: unsafe" in text


def test_added_member_needs_a_version_and_loses_no_old_file(desk: Desk) -> None:
    facts = desk.facts("longer.py")
    assert (facts["verdict"], facts["against"]) == ("needs a version", "formats.lock")
    assert {finding["rule"] for finding in facts["findings"]} == {"version-reused", "enum-member-added"}
    (advice,) = facts["advice"]
    assert (advice["reads_old"], advice["old_reads_new"], advice["upgrade_first"]) == ("full", "refuse", "readers")


def test_same_seed_gives_the_same_report_and_another_is_told(desk: Desk) -> None:
    assert desk.facts("renumbered.py") == desk.facts("renumbered.py", "--seed", "0")
    assert desk.facts("renumbered.py", "--seed", "9")["seed"] == 9


def test_against_takes_another_lock(desk: Desk, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere.lock"
    desk.lock.rename(other)
    assert desk.validate("log.py", "--against", str(other))[0] == 0
    assert desk.validate("renumbered.py", "--against", str(other))[0] == 1


def test_against_a_git_revision(desk: Desk) -> None:
    def git(*words: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *words], cwd=desk.folder, check=True, capture_output=True)

    git("init", "-q")
    git("add", "formats.lock")
    git("commit", "-qm", "one")
    desk.lock.write_text("formats lock 1\n", encoding="utf-8")
    code, text, _ = desk.validate("renumbered.py", "--against", "git:HEAD")
    assert code == 1
    assert "compared with git:HEAD: " in text
    code, _, error = desk.validate("log.py", "--against", "git:nowhere")
    assert (code, "git:nowhere" in error) == (2, True)


def test_waiver_beside_the_lock_makes_it_green_until_its_day(desk: Desk) -> None:
    blocks = [
        f'[[waiver]]\nrule = "{rule}"\nformat = "log"\nversions = [1]\nreason = "no fleet ever wrote it"\n'
        'owner = "logs"\nexpiry = 2026-12-31\n'
        for rule in ("version-reused", "enum-member-added")
    ]
    desk.write("waivers.toml", "\n".join(blocks))
    code, text, _ = desk.validate("longer.py", "--today", "2026-12-31")
    assert (code, "no fleet ever wrote it" in text) == (0, True)
    facts = desk.facts("longer.py", "--today", "2027-01-01")
    expired = [one for one in facts["findings"] if one["rule"] == "waiver-expired"]
    assert [(one["file"].endswith("waivers.toml"), one["line"]) for one in expired] == [(True, 1), (True, 9)]
    assert {one["rule"] for one in facts["findings"] if one["counts"]} >= {"version-reused", "waiver-expired"}
    assert desk.facts("log.py", "--today", "2026-01-01")["findings"][0]["rule"] == "waiver-unused"


def test_a_file_of_waivers_may_be_named(desk: Desk) -> None:
    code, _, error = desk.validate("log.py", "--waivers", "none.toml")
    assert (code, "none.toml, line 1: expected a file of waivers, found no such file" in error) == (2, True)


# --- other forms -----------------------------------------------------------------------------------------------------


def test_github_annotations_follow_the_text(desk: Desk) -> None:
    lines = desk.validate("renumbered.py", "--github")[1].splitlines()
    found = [line for line in lines if line.startswith("::")]
    assert lines[-len(found) :] == found
    assert all(line.startswith(f"::error file=renumbered.py,line={MISREAD_LINE},title=") for line in found)


def test_sarif_files_are_written_beside_any_other_form(desk: Desk) -> None:
    facts = desk.facts("renumbered.py", "--sarif", "one.sarif", "--sarif", "two.sarif")
    one, two = ((desk.folder / name).read_text(encoding="utf-8") for name in ("one.sarif", "two.sarif"))
    assert one == two
    results = json.loads(one)["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == [finding["rule"] for finding in facts["findings"]]


def test_rules_are_listed_with_their_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "--rules", "--json"]) == 0
    rules = json.loads(capsys.readouterr().out)["rules"]
    assert [rule["id"] for rule in rules] == list(ALL_RULES)
    assert all(rule["title"] and rule["explanation"] and rule["action"] for rule in rules)
    assert run(["validate", "--rules"]) == 0
    assert "enum-member-renumbered" in capsys.readouterr().out


# --- witnesses -------------------------------------------------------------------------------------------------------


@pytest.fixture
def witness(desk: Desk) -> Path:
    """The witness that the new reader misreads an old file."""
    files = desk.facts("renumbered.py", "--witnesses", "shown")["witness_files"]
    assert len(files) == 2
    return next(Path(file) for file in files if "-old-as-" in file)


def replayed(file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    capsys.readouterr()
    code = run(["replay", str(file), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_witness_replays_as_claimed_without_catalog_and_lock(
    witness: Path, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (desk.lock, desk.folder / "log.py", desk.folder / "renumbered.py"):
        path.unlink()
    for file in (witness, witness.with_suffix(".bin")):
        code, facts = replayed(file, capsys)
        assert (code, facts["verdict"], facts["as_claimed"]) == (1, "misread", True)
        assert (facts["writer"], facts["reader"]) == ("log v1 (old)", "log v1 (new)")
    assert run(["replay", str(witness)]) == 1
    assert "log v1 (new) reads log v1 (old): misread, as claimed" in capsys.readouterr().out


def test_replay_says_when_a_witness_shows_something_else(witness: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = witness.read_text(encoding="utf-8")
    witness.write_text(text.replace("verdict: misread", "verdict: refuse"), encoding="utf-8")
    code, facts = replayed(witness, capsys)
    assert (code, facts["claimed"], facts["verdict"], facts["as_claimed"]) == (1, "refuse", "misread", False)


def test_witness_of_a_harmless_reader_is_green(witness: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head, _, locks = witness.read_text(encoding="utf-8").partition("writer's lock:\n")
    writer, _, _ = locks.partition("reader's lock:\n")
    witness.write_text(f"{head}writer's lock:\n{writer}reader's lock:\n{writer}", encoding="utf-8")
    code, facts = replayed(witness, capsys)
    assert (code, facts["verdict"], facts["as_claimed"]) == (0, "full", False)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sha256: ", "sha256: 00", "expected the bytes of sha256 00"),
        ("verdict: misread", "verdict: maybe", "expected a verdict"),
        ("place: disk=00", "place: disk=zz", "the place cannot be read"),
        ("reader's lock:", "reader:", "reader's lock:"),
        ("writer: ", "author: ", "begins with 'writer'"),
        ("first:2", "first:9", "fingerprint"),
    ],
)
def test_witness_that_was_tampered_with_is_refused(
    witness: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    text = witness.read_text(encoding="utf-8")
    assert old in text
    witness.write_text(text.replace(old, new, 1), encoding="utf-8")
    code, facts = replayed(witness, capsys)
    assert code == 2
    assert message in facts["error"]["message"]


def test_witness_whose_bytes_are_gone_is_refused(witness: Path, capsys: pytest.CaptureFixture[str]) -> None:
    witness.with_suffix(".bin").unlink()
    code, facts = replayed(witness, capsys)
    assert (code, "No such file" in facts["error"]["message"]) == (2, True)


def test_options_for_other_findings_are_refused_with_a_witness(witness: Path) -> None:
    assert run(["replay", str(witness), "--graph", "g.svg"]) == 2
    assert run(["replay", str(witness), "--law", "D6"]) == 2


# --- what can be wrong -----------------------------------------------------------------------------------------------


def test_without_a_lock_nothing_is_green_and_the_way_on_is_told(desk: Desk) -> None:
    desk.lock.unlink()
    code, out, error = desk.validate("log.py")
    assert (code, out) == (3, "")
    assert "there is no lock" in error
    assert f"`shardproof validate --catalog {desk.named('log.py')} --accept --release NAME`" in error


def test_a_lock_that_holds_nothing_is_not_green(desk: Desk) -> None:
    desk.lock.write_text("formats lock 1\n", encoding="utf-8")
    code, _, error = desk.validate("log.py")
    assert (code, "holds no version, so nothing was compared" in error) == (3, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1"),
        ("<<<<<<< HEAD\nformats lock 1\n", "conflict marker"),
        ("no lock at all\n", "line 1"),
        ("\udcff", "UTF-8"),
    ],
)
def test_a_lock_that_is_none_is_refused_with_its_line(desk: Desk, text: str, message: str) -> None:
    desk.lock.write_bytes(text.encode("utf-8", "surrogateescape"))
    for options in ((), ("--accept", "--release", "2")):
        code, _, error = desk.validate("log.py", *options)
        assert (code, error.count("\n")) == (2, 1)
        assert message in error


def test_a_folder_in_place_of_a_lock_is_refused(desk: Desk) -> None:
    desk.lock.unlink()
    desk.lock.mkdir()
    for options in ((), ("--accept", "--release", "2"), ("--against", str(desk.folder))):
        code, _, error = desk.validate("log.py", *options)
        assert (code, "directory" in error) == (2, True)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--against", "nowhere.lock"), 2, "nowhere.lock"),
        (("--against", "git:HEAD"), 2, "git work tree"),
        (("--against", ""), 2, "empty"),
        (("--format", "nothing"), 2, "neither catalog nor lock has a format 'nothing'; there are log"),
        (("--today", "tomorrow"), 2, "is no date; write 2026-12-31"),
        (("--release", "2"), 2, "--accept"),
        (("--accept", "--against", "git:HEAD"), 2, "cannot be written to"),
        (("--github", "--json"), 2, "--github"),
        (("--witnesses", "log.py"), 2, "log.py"),
        (("--sarif", "log.py/x.sarif"), 2, "log.py"),
        (("--sarif", ""), 2, "empty"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(desk: Desk, options: tuple[str, ...], code: int, message: str) -> None:
    found, _, error = desk.validate("renumbered.py", *options)
    assert (found, error.startswith("error: "), error.count("\n")) == (code, True, 1)
    assert message in error


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0\n", "line 1: ZeroDivisionError"),
        ("CATALOG = {}\n", "holds no format"),
        ("from formats import Catalog\nCATALOG = Catalog('none', ())\n", "holds no format"),
    ],
)
def test_a_catalog_that_is_none_is_refused(desk: Desk, text: str, message: str) -> None:
    desk.write("broken.py", text)
    code, _, error = desk.validate("broken.py")
    assert (code, message in error) == (2, True)


def test_interrupted_says_so_and_writes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Comparison, "run", interrupt)
    before = sorted(desk.folder.iterdir())
    code, out, error = desk.validate("renumbered.py", "--witnesses", "shown", "--sarif", "x.sarif")
    assert (code, out, error) == (130, "", "error: interrupted\n")
    assert sorted(desk.folder.iterdir()) == before


# --- our own ---------------------------------------------------------------------------------------------------------


def test_our_formats_are_judged_in_under_five_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    started = time.process_time()
    assert run(["validate", "--json"]) == 0
    assert time.process_time() - started < 5
    facts = json.loads(capsys.readouterr().out)
    assert {(line["format"], line["version"]) for line in facts["versions"]} == {
        (entry.name, entry.version) for entry in CATALOG
    }


# --- a part of check -------------------------------------------------------------------------------------------------


def checked(desk: Desk, file: str) -> Any:
    desk.capsys.readouterr()
    run(["check", "--catalog", desk.named(file), "--budget", "100ms", "--json"])
    return json.loads(desk.capsys.readouterr().out)


@pytest.mark.slow
def test_check_is_red_where_formats_and_lock_disagree(desk: Desk) -> None:
    report = checked(desk, "renumbered.py")
    assert not report["ok"]
    found = [one for one in report["findings"] if one["law"] == "lock"]
    assert {one["rule"] for one in found} == {"version-reused", "enum-member-renumbered"}
    assert found[0]["command"] == f"shardproof validate --catalog {desk.named('renumbered.py')}"


@pytest.mark.slow
def test_check_counts_locked_versions_and_names_a_missing_lock(desk: Desk) -> None:
    assert checked(desk, "log.py")["counts"]["locked_versions"] == 1
    desk.lock.unlink()
    report = checked(desk, "log.py")
    assert report["counts"]["locked_versions"] == 0
    assert any(one["name"] == "lock" and "--accept" in one["reason"] for one in report["not_run"])
