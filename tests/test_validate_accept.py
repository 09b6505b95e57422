"""`validate --accept`: new versions are locked with their files, old ones never change, both or neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from formats.errors import ShardproofError
from roundtrip.command import run
from roundtrip.locks import load_lock

ROOT = Path(__file__).parent.parent
HEAD = """
from construct import Byte, Bytes, Int16ul, Int32ul, this
from formats import Catalog, Format
from formats.primitives import ClosedEnum, Crc32c, Frame, Length, Magic, Version

def box(version, *more):
    return Frame(
        "magic" / Magic(b"BX"),
        "version" / Version(version),
        "colour" / ClosedEnum(Byte, red=1, green=2),
        "length" / Length(Int16ul, of="data", maximum=100),
        *more,
        "data" / Bytes(this.length),
        "checksum" / Crc32c(covers=("colour", "length", *(part.name for part in more), "data")),
    )

ONE, TWO = box(1), box(2, "weight" / Int32ul)
"""
ONE = HEAD + 'CATALOG = Catalog("boxes", (Format("box", 1, ONE, "a box"),), corpus="kept")\n'
BOTH = HEAD + 'CATALOG = Catalog("boxes", (Format("box", 1, ONE, "a box"), Format("box", 2, TWO)), corpus="kept")\n'
ONLY_TWO = HEAD + 'CATALOG = Catalog("boxes", (Format("box", 2, TWO),), corpus="kept")\n'
CHANGED = BOTH.replace("ONE, TWO = box(1)", 'ONE, TWO = box(1, "flags" / Byte)')


class Desk:
    """A folder with catalogs, one lock and one folder of kept files."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        self.lock, self.kept = folder / "formats.lock", folder / "kept"
        for file, text in (("one.py", ONE), ("both.py", BOTH), ("two.py", ONLY_TWO), ("changed.py", CHANGED)):
            (folder / file).write_text(text, encoding="utf-8")

    def run(self, file: str, *words: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        command, *options = words
        code = run([*command.split(), "--catalog", f"{self.folder / file}:CATALOG", *options])
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err

    def accept(self, file: str, release: str = "1.0", *options: str) -> tuple[int, str, str]:
        return self.run(file, "validate", "--accept", "--release", release, *options)

    def accepted(self, file: str) -> dict[str, bytes]:
        """Accept a catalog; the lock and every kept file as they are then."""
        assert self.accept(file)[0] == 0
        return self.contents()

    def contents(self) -> dict[str, bytes]:
        """The lock and every kept file."""
        paths = [self.lock, *self.kept.rglob("*")]
        return {str(path): path.read_bytes() for path in paths if path.is_file()}


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_first_accept_makes_lock_and_files_and_says_so(desk: Desk) -> None:
    code, out, error = desk.accept("one.py")
    assert (code, error) == (0, "")
    assert f"locked   box v1 in {desk.lock}" in out
    assert [(entry.title, entry.since) for entry in load_lock(desk.lock)] == [("box 1", "1.0")]
    assert {path.relative_to(desk.kept).parts[:3] for path in desk.kept.rglob("*.bin")} == {
        ("golden", "box", "v1"),
        ("rejected", "box", "v1"),
        ("resealed", "box", "v1"),
    }


def test_frozen_files_prove_the_version_and_exercise_it(desk: Desk) -> None:
    desk.accept("one.py")
    code, out, _ = desk.run("one.py", "corpus run", "--json")
    assert (code, json.loads(out)["findings"]) == (0, [])
    listed = json.loads(desk.run("one.py", "corpus list", "--json")[1])["files"]
    features = {feature for file in listed if file["kind"] == "golden" for feature in file["features"]}
    assert {"colour=red", "colour=green", "length=minimum", "length=maximum"} <= features
    assert all("when version 1 was accepted" in file["why"] for file in listed if file["kind"] == "golden")


def test_accepting_twice_does_nothing_and_says_so(desk: Desk) -> None:
    before = desk.accepted("one.py")
    code, out, _ = desk.accept("one.py", "9.9")
    assert (code, "nothing to accept: every declared version is locked" in out) == (0, True)
    assert desk.contents() == before


def test_accept_makes_the_same_files_everywhere(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert desk.accept("one.py")[0] == 0
    other = Desk(tmp_path_factory.mktemp("other"), desk.capsys)
    other.accept("one.py")
    assert [*desk.contents().values()] == [*other.contents().values()]


def test_new_version_joins_and_the_old_one_stays_as_it_was(desk: Desk) -> None:
    before = desk.accepted("one.py")
    code, out, _ = desk.accept("both.py", "2.0")
    assert (code, "locked   box v2" in out) == (0, True)
    after = desk.contents()
    assert after[str(desk.lock)].startswith(before.pop(str(desk.lock)))
    assert before.items() <= after.items()
    assert [entry.since for entry in load_lock(desk.lock)] == ["1.0", "2.0"]
    assert desk.run("both.py", "corpus run")[0] == 0
    assert desk.run("both.py", "validate")[1].startswith("safe: 2 format versions, all as in ")


def test_declared_version_is_safe_before_it_is_accepted(desk: Desk) -> None:
    desk.accept("one.py")
    code, out, _ = desk.run("both.py", "validate", "--json")
    facts = json.loads(out)
    assert (code, facts["verdict"], facts["accepted"]) == (0, "safe", None)
    assert {one["level"] for one in facts["findings"]} == {"note"}
    assert {(pair["verdict"], pair["unchecked_verdict"]) for pair in facts["pairs"]} >= {("refuse", "refuse")}


@pytest.mark.parametrize(("file", "rule"), [("changed.py", "version-reused"), ("two.py", "version-removed")])
def test_accept_refuses_to_change_or_drop_a_version_and_names_the_rule(desk: Desk, file: str, rule: str) -> None:
    before = desk.accepted("one.py")
    code, out, error = desk.accept(file, "2.0")
    assert (code, rule in out) == (1, True)
    assert error.startswith("error: nothing was accepted: ")
    assert rule in error
    facts = json.loads(desk.accept(file, "2.0", "--json")[1])
    assert (facts["ok"], facts["accepted"]["added"]) == (False, [])
    assert rule in facts["accepted"]["refused"]
    assert desk.contents() == before


WAIVER = """\
[[waiver]]
rule = "version-backwards"
format = "box"
versions = [1, 2]
reason = "version 1 was in use before there was a lock"
owner = "boxes"
expiry = 2099-12-31
"""


def test_accept_refuses_while_an_error_is_open_and_goes_on_when_it_is_waived(desk: Desk) -> None:
    desk.accept("two.py")
    assert "version-backwards" in desk.accept("both.py", "2.0")[2]
    (desk.folder / "waivers.toml").write_text(WAIVER, encoding="utf-8")
    code, out, error = desk.accept("both.py", "2.0")
    assert (code, error) == (0, "")
    assert "version 1 was in use before there was a lock" in out
    assert [entry.title for entry in load_lock(desk.lock)] == ["box 1", "box 2"]
    # It has done its work: from now on it is red, so that somebody removes it.
    assert "waiver-unused" in desk.run("both.py", "validate")[1]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ShardproofError("no")])
def test_nothing_is_left_where_the_lock_cannot_be_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    before = desk.accepted("one.py")

    def fail(*_: object) -> bool:
        assert len(desk.contents()) > len(before), "files come first"
        raise error

    monkeypatch.setattr("roundtrip.validation.accepting.save_lock", fail)
    code, _, said = desk.accept("both.py", "2.0")
    assert (code, said.startswith("error: ")) == (130 if isinstance(error, KeyboardInterrupt) else 2, True)
    assert desk.contents() == before
    assert not (desk.kept / "golden/box/v2").exists()


def test_nothing_is_left_of_a_first_accept_whose_lock_has_no_folder(desk: Desk) -> None:
    code, _, error = desk.accept("one.py", "1.0", "--against", str(desk.folder / "nowhere/formats.lock"))
    assert (code, "nowhere/formats.lock" in error) == (2, True)
    assert not desk.kept.exists()


def test_nothing_is_left_where_a_file_cannot_be_written(desk: Desk) -> None:
    desk.accept("one.py")
    (desk.kept / "rejected/box/v2").write_text("in the way", encoding="utf-8")
    before = desk.contents()
    code, _, error = desk.accept("both.py", "2.0")
    assert code == 2
    assert "rejected/box/v2" in error
    assert desk.contents() == before


def test_read_only_lock_is_left_alone(desk: Desk) -> None:
    desk.accept("one.py")
    desk.lock.chmod(0o444)
    before = desk.contents()
    code, _, error = desk.accept("both.py", "2.0")
    assert (code, "is read-only; nothing was accepted" in error) == (2, True)
    assert desk.contents() == before


def test_lock_that_somebody_else_changed_meanwhile_is_left_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.accept("one.py")
    from roundtrip.validation import accepting  # noqa: PLC0415  # to put something before it

    original: Any = accepting.carry_out

    def slowly(acceptance: Any) -> Any:
        desk.lock.write_text(desk.lock.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        return original(acceptance)

    monkeypatch.setattr(accepting, "carry_out", slowly)
    code, _, error = desk.accept("both.py", "2.0")
    assert (code, "was changed by somebody else meanwhile" in error) == (2, True)
    assert not (desk.kept / "golden/box/v2").exists()


def test_users_release_must_be_named(desk: Desk) -> None:
    code, _, error = desk.run("one.py", "validate", "--accept")
    assert (code, "--release NAME" in error) == (2, True)
    assert not desk.lock.exists()


def test_accept_may_write_another_lock(desk: Desk, tmp_path: Path) -> None:
    other = tmp_path / "other.lock"
    assert desk.accept("one.py", "1.0", "--against", str(other))[0] == 0
    assert (len(load_lock(other)), desk.lock.exists()) == (1, False)


def test_accept_of_one_format_leaves_the_others_drafts(desk: Desk) -> None:
    more = ONE.replace('Format("box", 1, ONE, "a box")', 'Format("box", 1, ONE), Format("lid", 1, ONE)')
    (desk.folder / "lids.py").write_text(more, encoding="utf-8")
    desk.accept("lids.py", "1.0", "--format", "lid")
    assert [entry.title for entry in load_lock(desk.lock)] == ["lid 1"]


def test_catalog_without_a_corpus_is_locked_without_files(desk: Desk) -> None:
    (desk.folder / "bare.py").write_text(ONE.replace(', corpus="kept"', ""), encoding="utf-8")
    code, out, _ = desk.accept("bare.py")
    assert (code, "no golden files: the catalog has no folder for them" in out) == (0, True)
    assert not desk.kept.exists()


def test_files_that_somebody_kept_already_are_enough(desk: Desk) -> None:
    desk.accept("one.py")
    golden = [path for path in desk.kept.rglob("*.bin") if "golden" in path.parts]
    keep = min(golden)
    for path in golden:
        if path != keep:
            path.unlink()
            path.with_suffix(".json").unlink()
    desk.lock.unlink()
    facts = json.loads(desk.accept("one.py", "1.0", "--json")[1])
    assert facts["accepted"]["files"] == []


def test_leveldbs_log_is_accepted_in_its_own_folder(desk: Desk) -> None:
    (desk.folder / "leveldb.py").write_bytes((ROOT / "docs/examples/leveldb_log.py").read_bytes())
    assert desk.accept("leveldb.py", "1.20")[0] == 0
    (entry,) = load_lock(desk.lock)
    assert (entry.title, entry.since, entry.shape) == ("log 1", "1.20", "stream")
