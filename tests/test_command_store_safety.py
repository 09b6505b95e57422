"""No store command harms the store that it works with; what is written is whole, or the command says that it is not."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from engine import Shape, Store
from roundtrip.command import run
from roundtrip.storing.whole_files import write_all, write_whole

COMMAND = [sys.executable, "-c", "from roundtrip.command import main; main()", "store"]
VALUES = {b"a": b"first", b"deep/b": b"second", b"z": b"third"}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "home/store"
    path.parent.mkdir()
    with Store.create(path, Shape(extent_count=64, extent_size_bytes=65536, page_size_bytes=512)) as opened:
        opened.put_many(list(VALUES.items()))
    return path


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A device without room. For root, who could replace the system's, one of our own."""
    if os.geteuid() != 0:
        return Path("/dev/full")
    path = tmp_path / "full"
    try:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 7))
        path.open("wb").close()
    except OSError as error:
        pytest.skip(f"no device can be made here: {error.strerror}")
    return path


def told(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = run(["store", *map(str, words)])
    return (code, *capsys.readouterr())


def values_of(path: Path) -> dict[bytes, bytes | None]:
    with Store.open(path, read_only=True) as store:
        assert store.scrub().is_clean()
        return {key: store.get(key) for key in store.scan()}


def names_in(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir())


# The store itself.


@pytest.mark.parametrize("command", ["draw", "get"])
def test_no_output_takes_the_place_of_a_file_of_the_store(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "link").symlink_to(store / "disk")
    (tmp_path / "folder").symlink_to(store)
    os.link(store / "lock", tmp_path / "hard")
    (store / "below").mkdir()
    words = [command, store] if command == "draw" else [command, store, "a"]
    for target in (
        store / "disk",
        store / "new",
        store / "below/new",
        tmp_path / "link",
        tmp_path / "folder/disk",
        tmp_path / "hard",
        store / "below/../disk",
    ):
        code, out, err = told(capsys, *words, "-o", target)
        assert (code, out) == (2, ""), target
        assert err.endswith(" would belong to the store itself\n"), target
    assert names_in(store) == ["below", "disk", "lock"]
    assert values_of(store) == VALUES


def test_a_tree_is_never_restored_into_the_store(capsys: pytest.CaptureFixture[str], store: Path) -> None:
    own = {b"store/disk": b"evil", b"store/new": b"evil", b"store/x/y": b"evil", b"store": b"evil"}
    with Store.open(store) as opened:
        opened.put_many(list(own.items()))
    _, out, _ = told(capsys, "get", store, "--tree", store.parent, "--json")
    report = json.loads(out)
    assert report["restored"] == len(VALUES)
    reasons = {one["key"]: one["reason"] for one in report["problems"]}
    assert reasons.pop("store") == "a directory is in its place"
    assert reasons == dict.fromkeys(["store/disk", "store/new", "store/x/y"], "this is the store itself")
    assert names_in(store) == ["disk", "lock"]
    assert values_of(store) == VALUES | own


def test_a_tree_is_never_restored_over_the_disk_of_the_store(capsys: pytest.CaptureFixture[str], store: Path) -> None:
    (store / "disk").rename(store.parent / "a")
    (store / "disk").symlink_to(store.parent / "a")
    code, _, err = told(capsys, "get", store, "--tree", store.parent)
    assert (code, err) == (1, "error: a: this is the store itself\n")
    assert values_of(store) == VALUES


def test_a_tree_is_not_restored_below_the_store(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(store)
    for root in (store, store / "new", store / "new/deeper", tmp_path / "link", tmp_path / "link/new"):
        code, _, err = told(capsys, "get", store, "--tree", root)
        assert (code, err) == (2, f"error: {root} is the store itself, or lies inside\n")
    assert names_in(store) == ["disk", "lock"]


def test_a_store_is_not_put_into_itself(capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(store)
    for words in ((store,), (tmp_path / "link",), ("--tree", store)):
        code, out, err = told(capsys, "put", store, *words)
        assert (code, out, err) == (2, "", f"error: {words[-1]} is the store itself\n")
    assert values_of(store) == VALUES


# What is written.


def test_a_picture_goes_through_links_and_into_a_fifo(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path
) -> None:
    link, fifo, target = tmp_path / "link", tmp_path / "fifo", tmp_path / "target"
    link.symlink_to(target)
    assert told(capsys, "draw", store, "-o", link)[0] == 0
    assert link.is_symlink()
    picture = target.read_text(encoding="utf-8")
    os.mkfifo(fifo)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_text(encoding="utf-8")))
    reader.start()
    assert told(capsys, "draw", store, "-o", fifo)[0] == 0
    reader.join(timeout=20)
    assert read == [picture]
    assert fifo.is_fifo()
    assert told(capsys, "draw", store, "-o", "-") == (0, picture, "")
    assert names_in(tmp_path) == ["fifo", "home", "link", "target"]


@pytest.mark.parametrize("words", [("get", "a"), ("draw",)])
def test_a_full_device_is_one_line_and_stays_a_device(
    capsys: pytest.CaptureFixture[str], store: Path, full: Path, words: tuple[str, ...]
) -> None:
    code, _, err = told(capsys, words[0], store, *words[1:], "-o", full)
    assert (code, err) == (2, f"error: {full}: No space left on device\n")
    assert full.is_char_device()


def test_every_byte_is_written_to_a_device_that_takes_few_at_once() -> None:
    class Slow:
        def __init__(self) -> None:
            self.taken = b""

        def write(self, data: memoryview) -> int:
            self.taken += bytes(data[:3])
            return min(3, len(data))

    target = Slow()
    write_all(cast("BinaryIO", target), b"ten bytes.")
    assert target.taken == b"ten bytes."


def test_a_file_is_synced_before_it_is_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def noted(name: str) -> None:
        call = getattr(os, name)

        def calling(*arguments: Any) -> None:
            order.append(name)
            call(*arguments)

        monkeypatch.setattr(os, name, calling)

    noted("fsync")
    noted("replace")
    write_whole(bytes(tmp_path / "file"), lambda file: file.write(b"1"))
    assert order == ["fsync", "replace"]
    assert (tmp_path / "file").read_bytes() == b"1"


def test_a_tree_on_a_full_disk_says_where_it_stopped(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def full_at_the_second(_number: int) -> None:
        calls.append(1)
        if len(calls) % 2 == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full_at_the_second)
    words = ("get", store, "--tree", tmp_path / "back")
    line = "deep/b: No space left on device; 1 file restored before it"
    assert told(capsys, *words) == (2, "", f"error: {line}\n")
    code, out, _ = told(capsys, *words, "--json")
    assert (code, json.loads(out)["error"]["message"]) == (2, line)
    assert not list(tmp_path.rglob("*.partial"))


def test_dev_stdout_is_standard_output(store: Path) -> None:
    for name in ("-", "/dev/stdout"):
        done = subprocess.run([*COMMAND, "get", store, "a", "-o", name], capture_output=True, check=True)
        assert (done.stdout, done.stderr) == (b"first", b"")
    assert run(["store", "get", str(store), "a", "-o", "/dev/stdout", "--json"]) == 2


# Words of the command line.


@pytest.mark.parametrize(
    "words",
    [
        ["get", "STORE", "a", "-o", ""],
        ["get", "STORE", "--tree", ""],
        ["put", "STORE", "--tree", ""],
        ["put", "STORE", "key", ""],
        ["put", "STORE", ""],
        ["draw", "STORE", "-o", ""],
        ["draw", ""],
        ["figures", "--output", ""],
        ["survive", ""],
        ["exercise", ""],
    ],
    ids=" ".join,
)
def test_an_empty_path_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], store: Path, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "working").mkdir()
    monkeypatch.chdir(tmp_path / "working")
    code, out, err = told(capsys, *(str(store) if word == "STORE" else word for word in words))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "expected a path, found an empty text" in err
    assert names_in(tmp_path / "working") == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["draw", "STORE", "--extents", "3-1"], "--extents '3-1': 3 is behind 1"),
        (["draw", "STORE", "--extents", "3-64"], "--extents '3-64': the store has extents 0 to 63"),
        (["get", "STORE", "a", "--prefix", "x"], "--prefix goes with --tree: say the whole KEY"),
        (["put", "STORE", "a", "-", "--prefix", "x"], "--prefix goes with a DIRECTORY: say the whole KEY"),
        (["figures", "--output", "STORE/disk"], "STORE/disk is no directory"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_what_makes_no_sense_is_said(
    capsys: pytest.CaptureFixture[str], store: Path, words: list[str], line: str
) -> None:
    code, out, err = told(capsys, *(word.replace("STORE", str(store)) for word in words))
    assert (code, out, err) == (2, "", f"error: {line.replace('STORE', str(store))}\n")


def test_each_command_explains_its_own_prefix(capsys: pytest.CaptureFixture[str]) -> None:
    said = [told(capsys, name, "--help")[1].split("--prefix TEXT", 1)[1][:60] for name in ("get", "put", "ls", "rm")]
    assert len(set(said)) == 4


def test_too_many_keys_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = told(capsys, "exercise", "--memory", "--keys", 10**12)
    assert code == 2
    assert "is not in the range 1<=x<=1000000" in err


@pytest.mark.parametrize("text", [str(2**64), "9" * 5000, "-1"])
def test_a_seed_of_the_environment_has_the_same_bounds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SHARDPROOF_SEED", text)
    code, _, err = told(capsys, "exercise", "--memory", "--operations", 1)
    assert (code, err.count("\n")) == (2, 1)
    assert err.endswith(f" is no whole number from 0 to {2**64 - 1}\n")


def test_a_key_that_is_named_twice_is_deleted_once(capsys: pytest.CaptureFixture[str], store: Path) -> None:
    assert told(capsys, "rm", store, "a", "z", "a") == (0, "deleted 2 keys, persistent\n", "")


def test_a_path_that_is_no_text_is_escaped_in_json(capsys: pytest.CaptureFixture[str], store: Path) -> None:
    odd = os.fsdecode(bytes(store.parent) + b"/\x80store")
    store.rename(odd)
    facts: dict[str, Any] = json.loads(told(capsys, "stat", odd, "--json")[1])
    assert facts["store"] == f"{store.parent}/\\x80store"
    assert "store_base64" in facts


# Pictures of the documentation.


def test_damaged_pictures_are_stale_and_drawn_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ("figures", "--output", tmp_path)
    assert told(capsys, *words)[0] == 0
    drawn = sorted(tmp_path.iterdir())
    drawn[0].write_bytes(b"\xff\xfe\x80")
    drawn[1].write_bytes(drawn[1].read_bytes().replace(b"\n", b"\r\n"))
    code, out, _ = told(capsys, *words, "--check", "--json")
    states = {one["file"]: one["state"] for one in json.loads(out)["files"]}
    assert code == 1
    assert {path for path, state in states.items() if state == "stale"} == {str(path) for path in drawn[:2]}
    assert told(capsys, *words)[0] == 0
    assert told(capsys, *words, "--check")[0] == 0


def test_a_full_store_counts_one_file_as_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    Store.create(tmp_path / "store", Shape(extent_count=24, extent_size_bytes=65536, page_size_bytes=512)).close()
    root = tmp_path / "tree"
    root.mkdir()
    (root / "a").write_bytes(b"1")
    (root / "b").write_bytes(bytes(3_000_000))
    code, _, err = told(capsys, "put", tmp_path / "store", root)
    assert code == 2
    assert err.startswith("error: b: no room")
    assert err.endswith("; 1 file before it is stored\n")


@pytest.mark.slow
def test_survive_names_the_path_that_it_was_given(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = told(capsys, "survive", tmp_path / "kills", "--times", 1, "--json")
    assert json.loads(out)["store"] == str(tmp_path / "kills")
