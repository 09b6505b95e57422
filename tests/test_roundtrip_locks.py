"""Lock files: found beside a catalog or in a git revision, written whole, and never changed where they promise."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import construct as c
import pytest

from formats.catalog import CATALOG, Format
from formats.errors import FrozenChanged, LockRefused
from formats.frozen import own_lock, own_lock_text
from formats.locking import LOCK_NAME, Lock, lock_of, locked_of
from roundtrip.catalogs import load_catalog
from roundtrip.locks import LockNotFound, load_lock, lock_against, lock_at_revision, lock_path_of, save_lock

ROOT = Path(__file__).resolve().parent.parent
CHUNK = lock_of([CATALOG["chunk@1"]], since="0.1.0")
FOOTER = lock_of([CATALOG["lsm_page.footer@1"]], since="0.1.0")
SCHEMA = "from construct import Byte, Struct\nfrom formats import Catalog, Format\n"


def version(number: int, of: Lock, *, width: int = 8) -> Lock:
    """A lock with one more version of its only format: a number of so many bytes."""
    schema = c.Struct("number" / c.BytesInteger(width))
    (entry,) = of.entries
    return of.extended([locked_of(Format(entry.name, number, schema), since=f"0.{number}.0")])


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    identity = ("-c", "user.name=a test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose first commit holds, in a folder, our own lock."""
    folder = tmp_path / "repository"
    (folder / "inner").mkdir(parents=True)
    assert git(folder, "init", "--initial-branch=main").returncode == 0
    save_lock(folder / "inner" / LOCK_NAME, own_lock())
    commit(folder, "first")
    return folder


def commit(folder: Path, message: str) -> None:
    assert git(folder, "add", "--all").returncode == 0
    done = git(folder, "commit", "--message", message)
    assert done.returncode == 0, done.stdout + done.stderr


def problem(path: Path, revision: str) -> LockNotFound:
    with pytest.raises(LockNotFound) as caught:
        lock_at_revision(revision, path)
    assert caught.value.instead
    return caught.value


# --- files -----------------------------------------------------------------------------------------------------------


def test_own_lock_stands_in_the_package() -> None:
    assert lock_path_of(CATALOG) == ROOT / "formats" / LOCK_NAME
    assert load_lock(lock_path_of(CATALOG)) == own_lock()


def test_lock_of_a_user_stands_beside_the_catalog_or_where_it_says(tmp_path: Path) -> None:
    formats = "(Format('mine', 1, Struct('x' / Byte)),)"
    (tmp_path / "with_a_lock.py").write_text(
        f"{SCHEMA}MINE = Catalog('mine', {formats})\nOTHER = Catalog('other', {formats}, lock='locks/other.lock')\n"
    )
    found = [lock_path_of(load_catalog(f"{tmp_path / 'with_a_lock.py'}:{name}")) for name in ("MINE", "OTHER")]
    assert found == [tmp_path / LOCK_NAME, tmp_path / "locks" / "other.lock"]


def test_catalog_without_a_module_has_no_lock() -> None:
    with pytest.raises(LockNotFound, match="name its file"):
        lock_path_of(replace(CATALOG, name="made up"))


def test_missing_file_is_a_typed_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none.lock", tmp_path):
        with pytest.raises(LockNotFound) as caught:
            load_lock(path)
        assert (caught.value.problem, str(path) in str(caught.value)) == ("file", True)


def test_file_that_is_no_text_is_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / "binary.lock").write_bytes(b"formats lock 1\n\n\xff\xfe")
    with pytest.raises(LockRefused, match=r"binary\.lock, line 3: expected UTF-8, found the byte 0xff"):
        load_lock(tmp_path / "binary.lock")


def test_line_ends_are_not_translated_when_a_lock_is_read(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).write_bytes(own_lock_text().replace("\n", "\r\n").encode())
    with pytest.raises(LockRefused, match="carriage return"):
        load_lock(tmp_path / LOCK_NAME)


def test_against_takes_a_file_or_a_revision(repository: Path, tmp_path: Path) -> None:
    save_lock(tmp_path / "other.lock", CHUNK)
    path = repository / "inner" / LOCK_NAME
    assert lock_against(str(tmp_path / "other.lock"), path) == CHUNK
    assert lock_against("git:HEAD", path) == own_lock()


# --- saving ----------------------------------------------------------------------------------------------------------


def test_saved_lock_is_what_is_loaded_and_saving_it_again_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / LOCK_NAME
    assert save_lock(path, own_lock())
    assert (load_lock(path), path.read_bytes()) == (own_lock(), own_lock_text().encode())
    assert not save_lock(path, own_lock())
    assert [one.name for one in tmp_path.iterdir()] == [LOCK_NAME]


def test_version_is_added_beside_those_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / LOCK_NAME
    save_lock(path, CHUNK)
    before = path.read_text()
    assert save_lock(path, version(2, CHUNK))
    assert path.read_text().startswith(before)


def test_locked_layout_cannot_be_saved_otherwise(tmp_path: Path) -> None:
    path = tmp_path / LOCK_NAME
    save_lock(path, version(2, CHUNK))
    before = path.read_bytes()
    with pytest.raises(FrozenChanged, match=r"chunk version 2 is frozen.*declare it as version 3"):
        save_lock(path, version(2, CHUNK, width=7))
    assert path.read_bytes() == before


def test_nothing_else_of_a_block_can_be_changed_or_dropped(tmp_path: Path) -> None:
    path = tmp_path / LOCK_NAME
    save_lock(path, CHUNK)
    before, (entry,) = path.read_bytes(), CHUNK.entries
    changes = {"since": "9.9.9", "summary": "another", "sealed": None}
    for name, value in changes.items():
        with pytest.raises(LockRefused, match=rf"the block of chunk 1 as it is, found another one \({name}\)"):
            save_lock(path, Lock((replace(entry, **{name: value}),)))  # type: ignore[arg-type]  # one of its fields
    with pytest.raises(LockRefused, match="the block of chunk 1 as it is, found none"):
        save_lock(path, FOOTER)
    assert path.read_bytes() == before


def test_lock_that_cannot_be_read_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / LOCK_NAME
    path.write_text("<<<<<<< ours\n")
    with pytest.raises(LockRefused, match="conflict marker"):
        save_lock(path, CHUNK)
    assert path.read_text() == "<<<<<<< ours\n"


def test_folder_that_is_not_there_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(LockNotFound, match="a file to write, found No such file"):
        save_lock(tmp_path / "no" / "folder" / LOCK_NAME, CHUNK)


# --- git -------------------------------------------------------------------------------------------------------------


def test_revision_gives_the_lock_of_its_day_also_when_the_file_is_gone(repository: Path) -> None:
    path = repository / "inner" / LOCK_NAME
    path.unlink()
    commit(repository, "dropped")
    assert lock_at_revision("git:HEAD~1", path) == lock_at_revision("main~1", path) == own_lock()
    missing = problem(path, "git:HEAD")
    assert (missing.problem, missing.where) == ("lock", f"{LOCK_NAME} at git:HEAD")


def test_unknown_revision_is_a_typed_error(repository: Path) -> None:
    path = repository / "inner" / LOCK_NAME
    for revision in ("git:no-such-branch", "git:", "git:--help", "git:0123456789abcdef0123456789abcdef01234567"):
        assert problem(path, revision).problem == "revision"


def test_folder_outside_a_repository_is_a_typed_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert problem(tmp_path / LOCK_NAME, "git:HEAD").problem == "repository"
    assert problem(tmp_path / "none" / LOCK_NAME, "git:HEAD").problem == "file"


def test_machine_without_git_is_a_typed_error(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert problem(repository / "inner" / LOCK_NAME, "git:HEAD").problem == "git"


def test_what_a_revision_holds_is_refused_by_line(repository: Path) -> None:
    path = repository / "inner" / LOCK_NAME
    path.write_text("no lock at all\n")
    commit(repository, "broken")
    with pytest.raises(LockRefused, match=r"formats\.lock at git:HEAD, line 1"):
        lock_at_revision("git:HEAD", path)


def merged(repository: Path, ours: Lock, theirs: Lock) -> tuple[int, Path]:
    """Git's exit code for a merge of two branches that each replace the lock, and the path of the lock."""
    path = repository / "inner" / LOCK_NAME
    for branch, lock in (("ours", ours), ("theirs", theirs)):
        assert git(repository, "checkout", "-b", branch, "main").returncode == 0
        save_lock(path, lock)
        commit(repository, branch)
    return git(repository, "merge", "ours").returncode, path


def test_branches_that_add_versions_of_different_formats_merge_by_themselves(repository: Path) -> None:
    schema = c.Struct("number" / c.Int32ul)
    names = ("chunk", "lsm_page.data", "superblock", "tree_metadata")
    added = [locked_of(Format(name, 3, schema), since="0.2.0") for name in names]
    code, path = merged(repository, own_lock().extended(added[::2]), own_lock().extended(added[1::2]))
    assert code == 0
    assert load_lock(path) == own_lock().extended(added)


def test_branches_that_give_one_version_to_two_layouts_do_not_merge(repository: Path) -> None:
    """Ceph's MDSMap version 17 was given away twice, on two branches, and nobody saw it."""
    first, second = (
        own_lock().extended([locked_of(Format("chunk", 3, c.Struct("number" / width)), since="0.2.0")])
        for width in (c.Int32ul, c.Int64ul)
    )
    code, path = merged(repository, first, second)
    assert code != 0
    with pytest.raises(LockRefused, match=r"git's conflict marker.*one of them becomes the next version"):
        load_lock(path)
