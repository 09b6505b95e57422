"""The folder of kept files names everything that is wrong with it, and is only ever added to."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

import corpus
from corpus.plain import from_json, identical, render, to_json
from corpus.sidecar import parse
from formats.catalog import CATALOG, Catalog
from formats.errors import ShardproofError
from formats.place import Place

PLACE = Place(disk=bytes(range(16)), extent=9, generation=2, offset=512, run=4)


def chunk_entry(*, payload: bytes = b"payload", why: str = "A chunk made for a test.") -> corpus.Entry:
    chunk = CATALOG["chunk@1"]
    value = {"owner": "shard", "uuid": bytes(16), "part": 0, "key": b"key", "payload": payload}
    data = chunk.oracle.encode(value, chunk.seed(PLACE) or 0)
    return corpus.entry_of(chunk, data, why=why, writer="a test", place=PLACE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one kept file."""
    assert corpus.add(tmp_path, chunk_entry())
    return tmp_path


def only(folder: Path, suffix: str) -> Path:
    (path,) = folder.rglob(f"*{suffix}")
    return path


def problems(folder: Path, catalog: Catalog = CATALOG) -> list[str]:
    return [problem.problem for problem in corpus.scan(folder, catalog).problems]


def test_kept_file_stands_where_its_hash_says(folder: Path) -> None:
    entry = chunk_entry()
    expected = f"golden/chunk/v1/{entry.sidecar.sha256[:16]}"
    assert entry.identity == expected
    assert only(folder, ".bin") == folder / f"{expected}.bin"
    assert corpus.load(folder, CATALOG) == (entry,)


def test_kept_file_is_added_once(folder: Path) -> None:
    assert not corpus.add(folder, chunk_entry())


def test_kept_file_is_never_overwritten(folder: Path) -> None:
    with pytest.raises(corpus.CorpusError, match="for another reason") as caught:
        corpus.add(folder, chunk_entry(why="The same bytes for another reason."))
    assert caught.value.problem == "conflict"
    assert corpus.load(folder, CATALOG) == (chunk_entry(),)


def test_two_folders_merge_as_sets(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    corpus.add(other, chunk_entry(payload=b"another"))
    shutil.copytree(other / "golden", folder / "golden", dirs_exist_ok=True)
    shutil.rmtree(other)
    assert len(corpus.load(folder, CATALOG)) == 2


def test_listing_is_in_the_order_of_identities() -> None:
    identities = [entry.identity for entry in corpus.load(corpus.own_folder(), CATALOG)]
    assert identities == sorted(identities)
    assert len(set(identities)) == len(identities) >= 60


def test_changed_byte_is_a_wrong_hash(folder: Path) -> None:
    path = only(folder, ".bin")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert problems(folder) == ["hash"]


def test_missing_byte_is_a_wrong_size(folder: Path) -> None:
    path = only(folder, ".bin")
    path.write_bytes(path.read_bytes()[:-1])
    assert problems(folder) == ["size", "hash"]


@pytest.mark.parametrize(("suffix", "problem"), [(".json", "orphan_data"), (".bin", "orphan_sidecar")])
def test_half_an_entry_is_an_orphan(folder: Path, suffix: str, problem: str) -> None:
    only(folder, suffix).unlink()
    assert problems(folder) == [problem]


def test_file_in_another_folder_is_misfiled(folder: Path) -> None:
    (folder / "golden" / "chunk").rename(folder / "golden" / "superblock")
    assert problems(folder) == ["misfiled"]


def test_foreign_file_is_a_stray(folder: Path) -> None:
    (folder / "golden" / "notes.txt").write_text("what is this?")
    assert problems(folder) == ["stray"]


def test_format_that_the_catalog_lacks_is_unknown(folder: Path) -> None:
    others = Catalog("others", tuple(entry for entry in CATALOG if entry.name != "chunk"))
    assert problems(folder, others) == ["unknown_format"]


def test_seeded_format_needs_its_place(folder: Path) -> None:
    path = only(folder, ".json")
    path.write_text(msgspec.structs.replace(parse(path.read_bytes()), place=None).text())
    assert problems(folder) == ["place"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"golden"', '"silver"'),
        ('"verdict": "accepted"', '"verdict": "maybe"'),
        ('"size_bytes": ', '"size_bytes": -'),
        ('"hex": "', '"hex": "x'),
        ('"why": ', '"reason": '),
        ("{", "["),
    ],
)
def test_sidecar_that_cannot_be_read_is_named(folder: Path, old: str, new: str) -> None:
    path = only(folder, ".json")
    path.write_text(path.read_text().replace(old, new, 1))
    assert problems(folder) == ["sidecar"]


def test_golden_sidecar_cannot_expect_a_refusal() -> None:
    sidecar = chunk_entry().sidecar
    with pytest.raises(ValueError, match="a golden file is accepted"):
        msgspec.structs.replace(sidecar, expected=corpus.Refused("magic", "magic"))


def test_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert problems(tmp_path / "nowhere") == ["folder"]


def test_load_raises_what_a_scan_finds(folder: Path) -> None:
    only(folder, ".json").unlink()
    with pytest.raises(corpus.CorpusError) as caught:
        corpus.load(folder, CATALOG)
    assert isinstance(caught.value, ShardproofError)
    assert set(caught.value.as_dict()) == {"problem", "path", "expected", "found", "instead"}
    assert all(caught.value.as_dict().values())


def test_selection_takes_identity_folder_or_hash(folder: Path) -> None:
    entries = corpus.load(folder, CATALOG)
    (entry,) = entries
    for wanted in (entry.identity, f"{entry.identity}.bin", "golden/chunk", entry.sidecar.sha256[:6]):
        assert corpus.select(entries, wanted) == entries
    with pytest.raises(corpus.CorpusError, match="no kept file matches"):
        corpus.select(entries, "golden/superblock")


def test_catalog_without_a_folder_says_so() -> None:
    with pytest.raises(corpus.CorpusError, match="none named"):
        corpus.folder_of(Catalog("mine", CATALOG.formats))


PLAIN_VALUES: list[Any] = [
    None,
    True,
    -1,
    2**64 - 1,
    0.5,
    -0.0,
    float("nan"),
    float("-inf"),
    "text",
    b"",
    b"\0" * 4096,
    b"abc" * 50,
    b"abc" * 50 + b"d",
    (),
    ((1, 2), (b"x",)),
    frozenset({"ab"}),
    {"hex": "not bytes"},
    {"set": (1,), "fields": {"float": "no"}},
    {"a": {"b": ({"c": b"\xff"},)}},
]


@pytest.mark.parametrize("plain", PLAIN_VALUES, ids=lambda plain: repr(plain)[:30])
def test_plain_value_survives_json(plain: Any) -> None:
    text = render(to_json(plain))
    assert identical(from_json(msgspec.json.decode(text.encode())), plain)


@pytest.mark.parametrize(("one", "other"), [(1, True), (0.0, -0.0), (1, 1.0), ((), []), ({"a": 1}, {"a": 1, "b": 2})])
def test_values_of_other_types_are_not_identical(one: Any, other: Any) -> None:
    assert not identical(one, other)


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_cannot_be_written_whole_leaves_nothing(
    tmp_path: Path, failure: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data without its sidecar would be an error to every command from then on."""

    def write(path: Path, contents: bytes) -> int:
        if ".json" in path.name:
            raise failure
        return original(path, contents)

    original = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises((corpus.CorpusError, KeyboardInterrupt)):
        corpus.add(tmp_path, chunk_entry())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_that_cannot_even_be_looked_at_is_red(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that may be listed and not entered."""

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    assert problems(folder) == ["unreadable"]
