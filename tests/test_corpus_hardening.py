"""The folder of kept files says what is wrong with it whatever lies in it, and reads nothing that has no end."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import corpus
from corpus.entries import KEPT_SIZE_MAXIMUM
from formats.catalog import CATALOG

FOOTER = CATALOG["lsm_page.footer"]


def entry(*, found: bool = True, data: bytes = b"\xd3\xd0") -> corpus.Entry:
    place = corpus.Location(disk="00" * 16).place
    return corpus.entry_of(FOOTER, data, why="Made for a test.", writer="a test", place=place, found=found)


def problems(folder: Path) -> list[str]:
    return [problem.problem for problem in corpus.scan(folder, CATALOG).problems]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one found file and its annotated text."""
    assert corpus.add(tmp_path / "kept", corpus.annotated(entry(), "the magic, and no more"))
    return tmp_path / "kept"


def only(folder: Path, suffix: str) -> Path:
    (path,) = folder.rglob(f"*{suffix}")
    return path


def test_a_found_file_has_its_annotated_text_beside_it(folder: Path) -> None:
    (kept,) = corpus.load(folder, CATALOG)
    assert kept == corpus.annotated(entry(), "the magic, and no more")
    first, second = kept.annotation.splitlines()
    assert kept.sidecar.sha256 in first
    assert second == "the magic, and no more"
    assert not corpus.add(folder, kept)


def of_other_bytes(folder: Path) -> None:
    path = only(folder, ".txt")
    path.write_text(corpus.annotated(entry(data=b"others"), "of others").annotation, encoding="utf-8")


def without_its_line(folder: Path) -> None:
    only(folder, ".txt").write_text("the magic, and no more\n", encoding="utf-8")


def beside_a_golden_file(folder: Path) -> None:
    other = entry(found=False)
    corpus.add(folder, other)
    shutil.copy(only(folder, ".txt"), folder / f"{other.identity}.txt")


def not_text(folder: Path) -> None:
    only(folder, ".txt").write_bytes(b"\xff\xfe")


def without_data(folder: Path) -> None:
    only(folder, ".bin").unlink()
    only(folder, ".json").unlink()


def a_third_sort(folder: Path) -> None:
    only(folder, ".txt").with_suffix(".md").write_text("notes", encoding="utf-8")


def a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.bin")


def a_circle(folder: Path) -> None:
    (folder / "again").symlink_to(folder)


def a_dead_link(folder: Path) -> None:
    (folder / "dead.bin").symlink_to(folder / "nowhere")


def a_gigabyte(folder: Path) -> None:
    os.truncate(only(folder, ".bin"), 2**30)


def a_gigabyte_of_sidecar(folder: Path) -> None:
    os.truncate(only(folder, ".json"), 2**30)


def unfinished(folder: Path) -> None:
    only(folder, ".bin").with_name("0123.bin.77.unfinished").write_bytes(b"")


#: Planted in a sound folder -> the problem that must be named.
PLANTED: dict[Callable[[Path], None], str] = {
    of_other_bytes: "annotation",
    without_its_line: "annotation",
    beside_a_golden_file: "stray",
    not_text: "unreadable",
    without_data: "stray",
    a_third_sort: "stray",
    a_pipe: "stray",
    a_circle: "stray",
    a_dead_link: "stray",
    a_gigabyte: "huge",
    a_gigabyte_of_sidecar: "huge",
    unfinished: "stray",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_what_does_not_belong_is_named(folder: Path, plant: Callable[[Path], None]) -> None:
    assert problems(folder) == []
    plant(folder)
    assert problems(folder) == [PLANTED[plant]]


def test_a_file_that_cannot_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert problems(folder) == ["unreadable"]


def test_a_folder_that_cannot_be_listed_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert problems(folder) == ["unreadable"]


def test_nothing_larger_than_a_kept_file_is_added(tmp_path: Path) -> None:
    huge = corpus.Entry(entry().sidecar, bytes(KEPT_SIZE_MAXIMUM + 1))
    with pytest.raises(corpus.CorpusError) as caught:
        corpus.add(tmp_path, huge)
    assert caught.value.problem == "huge"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "found").write_text("in the way", encoding="utf-8")
    with pytest.raises(corpus.CorpusError) as caught:
        corpus.add(tmp_path, entry())
    assert caught.value.problem == "unwritable"


def test_an_interrupted_addition_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Path, __: bytes) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        corpus.add(tmp_path, entry())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_removing_a_found_file_removes_its_text(folder: Path) -> None:
    corpus.store.remove(folder, entry().identity)
    assert list(folder.iterdir()) == []


# --- two branches ----------------------------------------------------------------------------------------------------


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=A Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


def test_branches_that_add_files_merge_as_sets(tmp_path: Path) -> None:
    """Each adds files of its own, and both add one that is the same, with its annotated text."""
    git(tmp_path, "init")
    kept = tmp_path / "kept"
    names = ("main", "ours", "theirs")
    both = corpus.annotated(entry(data=b"found by both"), "the same text")
    for branch in names:
        if branch != "main":
            git(tmp_path, "checkout", "-b", branch, "main")
            corpus.add(kept, both)
        for number in range(3):
            corpus.add(kept, entry(data=f"{branch} {number}".encode(), found=number == 0))
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-m", branch)
    git(tmp_path, "merge", "--no-edit", "ours")
    assert git(tmp_path, "status", "--porcelain") == ""
    found = corpus.scan(kept, CATALOG)
    assert found.problems == ()
    assert len(found.entries) == 3 * len(names) + 1
    assert both in found.entries
