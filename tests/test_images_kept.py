"""Kept store images: every reader says what the sidecar says, and whatever is wrong with a file is red."""

from __future__ import annotations

import lzma
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from corpus.errors import CorpusError
from corpus.images import KeptImage, add_image, own_images, parse_image, scan_images, unpacked
from engine import Shape
from engine.store import Store
from roundtrip.command import run
from roundtrip.commands.corpus import command
from roundtrip.commands.exits import REFUTED
from roundtrip.images.making import NoImage, made_by, recipe_named
from roundtrip.images.recipes import RECIPES
from roundtrip.images.regression import run_images

SMALL = "mixed"
#: One of each kind of history.
MADE_ANEW = ("empty", "mixed-unclosed", "crash-torn-metadata", "half-reclaimed", "rotten-page", "rotten-run")


def kept(name: str) -> KeptImage:
    return next(image for image in scan_images().images if image.sidecar.name == name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One image, alone."""
    assert add_image(tmp_path, kept(SMALL))
    return tmp_path


def problems(folder: Path) -> list[str]:
    return [f"{one.problem} {one.reader} {one.found}" for one in run_images(folder=folder).findings]


def test_every_kept_image_is_read_as_its_sidecar_says() -> None:
    outcome = run_images()
    assert outcome.findings == ()
    assert outcome.files == len(RECIPES)
    assert outcome.checks > 8 * outcome.files


def test_images_are_many_kinds_and_small() -> None:
    with_names = {image.sidecar.name: image.sidecar for image in scan_images().images}
    assert set(with_names) == set(RECIPES)
    assert sum(len(item.read_bytes()) for item in own_images().iterdir()) < 3_000_000
    assert with_names["large"].used_bytes >= 2**20
    assert {sidecar.reference.masks[2] for sidecar in with_names.values()} == {0, 3}
    assert {sidecar.reference.is_clean for sidecar in with_names.values()} == {True, False}
    assert {one.structure for one in with_names["crash-torn-superblock"].reference.torn} == {"superblock"}
    assert with_names["rotten-run"].engine.refused is not None
    assert [one.structure for one in with_names["rotten-root"].engine.verify] == ["superblock"]


def test_no_image_at_all_is_red(tmp_path: Path) -> None:
    (finding,) = run_images(folder=tmp_path).findings
    assert finding.problem == "nothing"


@pytest.mark.parametrize("only", ["image", "image/", "identity"])
def test_a_damaged_image_that_is_asked_for_is_red(folder: Path, only: str) -> None:
    (identity,) = (image.sidecar.identity for image in scan_images(folder).images)
    assert add_image(folder, kept("empty"))
    path = folder / f"{identity.partition('/')[2]}.image.xz"
    path.write_bytes(path.read_bytes()[:-9])
    (finding,) = run_images(folder=folder, only=identity if only == "identity" else only).findings
    assert (finding.problem, finding.entry) == ("image", f"images/{path.name}")


def test_a_damaged_image_is_no_success_of_a_listing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add_image(folder, kept("empty"))
    next(folder.glob("*.xz")).write_bytes(b"no image")
    monkeypatch.setattr("roundtrip.keeping.others.scan_images", lambda: scan_images(folder))
    assert run(["corpus", "list", "--kind", "image"]) == REFUTED
    assert "error: " in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".image.xz", ".json"])
def test_a_missing_file_is_red(folder: Path, suffix: str) -> None:
    next(folder.glob(f"*{suffix}")).unlink()
    assert len(problems(folder)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-20],
        lambda packed: packed + b"more",
        lambda packed: packed[:100] + bytes([packed[100] ^ 1]) + packed[101:],
        lambda packed: lzma.compress(unpacked(packed)[:-1] + b"x"),
        lambda packed: lzma.compress(unpacked(packed)[4096:]),
        lambda packed: lzma.compress(bytes(65 * 2**20), preset=0) + packed[:0],
    ],
)
def test_a_damaged_file_is_red(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    path = next(folder.glob("*.image.xz"))
    path.write_bytes(damage(path.read_bytes()))
    assert problems(folder)


def test_a_file_that_does_not_belong_here_is_red(folder: Path) -> None:
    (folder / "notes.txt").write_text("?", encoding="utf-8")
    stem = next(folder.glob("*.json")).stem
    shutil.copy(folder / f"{stem}.image.xz", folder / f"{stem}.earlier.xz")
    assert len(problems(folder)) == 2


@pytest.mark.parametrize(
    ("old", "new", "reader"),
    [
        ('"verify": []', '"verify": [{"structure": "chunk", "extent": 8, "generation": 1, "offset": 64}]', "engine"),
        ('"mapping": {"73', '"mapping": {"72', "engine"),
        ('"is_clean": true', '"is_clean": false', "reference"),
        ('"runs": 4', '"runs": 5', "reference"),
    ],
)
def test_another_answer_than_the_sidecar_has_is_red(folder: Path, old: str, new: str, reader: str) -> None:
    path = next(folder.glob("*.json"))
    text = " ".join(path.read_text(encoding="utf-8").split()).replace("{ ", "{")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert [one.reader for one in run_images(folder=folder).findings] == [reader]


def test_an_engine_that_forgets_a_key_is_red(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    get = Store.get
    monkeypatch.setattr(Store, "get", lambda store, key: None if key.endswith(b"3") else get(store, key))
    assert any(found.startswith("image engine") for found in problems(folder))


def test_a_reader_that_raises_is_red(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "scrub", lambda _store: 1 // 0)
    assert any("ZeroDivisionError" in found for found in problems(folder))


def test_an_image_is_never_overwritten(folder: Path) -> None:
    image = kept(SMALL)
    assert not add_image(folder, image)
    other = KeptImage(msgspec.structs.replace(image.sidecar, why="Kept for another reason."), image.data)
    with pytest.raises(CorpusError, match="kept already"):
        add_image(folder, other)


@pytest.mark.parametrize("name", MADE_ANEW)
def test_a_recipe_makes_an_image_that_both_readers_understand(name: str, tmp_path: Path) -> None:
    image = made_by(recipe_named(name), writer="a test")
    assert parse_image(image.sidecar.text().encode()) == image.sidecar
    add_image(tmp_path, image)
    assert run_images(folder=tmp_path).findings == ()


def test_an_image_of_which_the_readers_disagree_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roundtrip.images.making.disagreement", lambda *_: "they differ")
    with pytest.raises(NoImage, match="they differ"):
        made_by(recipe_named("empty"), writer="a test")
    with pytest.raises(NoImage, match="expected one of empty"):
        recipe_named("no such")


def image_command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, ["image", *map(str, arguments), "--why", "For a test.", "--writer", "a test"])


def test_a_store_on_a_disk_is_kept_as_it_lies_there(tmp_path: Path) -> None:
    with Store.create(tmp_path / "store", Shape(extent_count=20, extent_size_bytes=4096)) as store:
        store.put(b"key", b"value" * 100)
    result = image_command(tmp_path / "store", "--to", tmp_path / "images")
    assert (result.exit_code, "1 values, 0 reports of damage" in result.stdout) == (0, True)
    (image,) = scan_images(tmp_path / "images").images
    assert image.data == (tmp_path / "store" / "disk").read_bytes()
    assert run_images(folder=tmp_path / "images").findings == ()
    assert "kept already" in image_command(tmp_path / "store", "--to", tmp_path / "images").stdout


def test_what_is_no_store_or_too_large_is_not_kept(tmp_path: Path) -> None:
    assert "no disk file in it" in str(image_command(tmp_path, "--to", tmp_path).exception)
    with (tmp_path / "disk").open("wb") as file:
        file.truncate(65 * 2**20)
    assert "keep a smaller store" in str(image_command(tmp_path, "--to", tmp_path).exception)
