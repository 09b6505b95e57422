"""The store commands: data in and out, what is left out is named, one-line errors, damage."""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from engine import Shape, Store
from roundtrip.command import run

COMMAND = [sys.executable, "-c", "from roundtrip.command import main; main()", "store"]
SMALL = ("--size", "4MiB", "--extent-size", "64KiB", "--page-size", "512")


class Shell:
    """Runs `shardproof store` in this process. `out` and `err` are of the last command."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.out = self.err = ""

    def __call__(self, *words: str | Path) -> int:
        code = run(["store", *map(str, words)])
        self.out, self.err = self.capsys.readouterr()
        return code

    def json(self, *words: str | Path) -> Any:
        self(*words, "--json")
        return json.loads(self.out)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def store(shell: Shell, tmp_path: Path) -> Path:
    path = tmp_path / "store"
    assert shell("init", path, *SMALL) == 0
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files of many kinds: empty, of several chunks, deep, with a name that is no text."""
    root = tmp_path / "tree"
    (root / "a/b").mkdir(parents=True)
    (root / "empty").write_bytes(b"")
    (root / "a/large").write_bytes(os.urandom(300_000))
    (root / "a/b/deep").write_bytes(b"deep down")
    (root / "line\nbreak").write_bytes(b"1")
    Path(os.fsdecode(bytes(root) + b"/\x80\\name")).write_bytes(b"2")
    return root


def files_of(root: Path) -> dict[bytes, bytes]:
    return {bytes(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def keys_of(path: Path) -> list[bytes]:
    with Store.open(path, read_only=True) as store:
        return list(store.scan())


def flip(path: Path, content: bytes) -> None:
    """Flip one bit of the stored bytes."""
    disk = path / "disk"
    data = bytearray(disk.read_bytes())
    data[data.index(content)] ^= 1
    disk.write_bytes(data)


# Data in and out.


def test_a_file_goes_in_and_comes_out(shell: Shell, store: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"the bytes")
    assert shell("put", store, "key", source) == 0
    assert shell.out == "stored key: 9 bytes, persistent\n"
    assert shell("get", store, "key", "-o", target) == 0
    assert target.read_bytes() == b"the bytes"
    assert shell("ls", store, "--long") == 0
    assert shell.out.split() == ["9", "key"]
    assert shell("rm", store, "key") == 0
    assert keys_of(store) == []


def test_a_tree_goes_in_and_comes_out(shell: Shell, store: Path, tree: Path, tmp_path: Path) -> None:
    report = shell.json("put", store, tree, "--prefix", "home/")
    assert (report["ok"], report["stored"], report["persistent"]) == (True, 5, True)
    assert set(keys_of(store)) == {b"home/" + key for key in files_of(tree)}
    assert shell("get", store, "--tree", tmp_path / "back", "--prefix", "home/") == 0
    assert files_of(tmp_path / "back") == files_of(tree)
    assert not list((tmp_path / "back").rglob("*.partial"))


def test_what_is_no_regular_file_is_named_and_left_out(shell: Shell, store: Path, tree: Path) -> None:
    (tree / "link").symlink_to(tree / "empty")
    (tree / "folder link").symlink_to(tree / "a")
    os.mkfifo(tree / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tree / "socket"))
    assert shell("put", store, tree) == 1
    assert shell.err.splitlines() == [
        "error: fifo: a FIFO, not a regular file",
        "error: folder link: a symbolic link, not a regular file",
        "error: link: a symbolic link, not a regular file",
        "error: socket: a socket, not a regular file",
    ]
    assert shell.out.endswith("all persistent; 4 problems\n")
    assert len(keys_of(store)) == 5


def test_a_key_that_is_too_long_is_refused_by_name(shell: Shell, store: Path, tree: Path) -> None:
    report = shell.json("put", store, tree, "--prefix", "x" * 4091)
    assert [problem["key"][4091:] for problem in report["problems"]] == [
        "a/b/deep",
        "a/large",
        "line\nbreak",
        "\\x80\\\\name",
    ]
    assert keys_of(store) == [b"x" * 4091 + b"empty"]
    assert shell("put", store, "x" * 5000, tree / "empty") == 2
    assert shell.err == "error: key: expected 1 to 4096 bytes, found 5000\n"


def test_a_store_does_not_store_itself(shell: Shell, store: Path, tmp_path: Path) -> None:
    (tmp_path / "beside").write_bytes(b"1")
    assert shell("put", store, tmp_path) == 1
    assert shell.err == "error: store: the store itself\n"
    assert keys_of(store) == [b"beside"]
    assert shell("put", store, "key", store / "disk") == 2
    assert shell("get", store, "beside", "-o", store / "disk") == 2
    assert shell("get", store, "--tree", store) == 2
    assert shell("verify", store) == 0


def test_an_empty_directory_is_a_note(shell: Shell, store: Path, tmp_path: Path) -> None:
    (tmp_path / "hollow").mkdir()
    assert shell("put", store, tmp_path / "hollow") == 0
    assert shell.out == "stored 0 files, 0 bytes, all persistent\n"
    assert "1 empty directory is not kept" in shell.err


def test_persistent_keys_are_told_line_by_line(shell: Shell, store: Path, tree: Path) -> None:
    assert shell("put", store, tree, "--report-persistent") == 0
    lines = shell.out.splitlines()
    assert lines[0] == f"open {store}"
    told = [line.removeprefix("persistent ") for line in lines[1:-1]]
    assert sorted(told) == sorted(["a/b/deep", "a/large", "empty", "line\\nbreak", "\\x80\\\\name"])
    assert shell("put", store, tree, "--report-persistent", "--durable") == 0
    assert shell.out.splitlines() == lines
    assert shell("rm", store, "empty", "--report-persistent") == 0
    assert "persistent empty\n" in shell.out


# Keys.


def test_keys_are_escaped_for_people_and_exact_in_json(shell: Shell, store: Path) -> None:
    keys = sorted([b"plain", b"\x1b[31mred", b"a\nb", b"\x80", "\x80".encode(), "ä".encode(), b"\\x80"])
    with Store.open(store) as opened:
        opened.put_many([(key, b"") for key in keys])
    assert shell("ls", store) == 0
    assert shell.out.splitlines() == ["\\x1b[31mred", "\\\\x80", "a\\nb", "plain", "\\x80", "\\u0080", "ä"]
    rows = shell.json("ls", store)["keys"]
    exact = [base64.b64decode(row["key_base64"]) if "key_base64" in row else row["key"].encode() for row in rows]
    assert exact == keys
    assert sum("key_base64" in row for row in rows) == 1


def test_ls_takes_ranges(shell: Shell, store: Path) -> None:
    with Store.open(store) as opened:
        opened.put_many([(key.encode(), b"") for key in ("a", "b1", "b2", "c")])
    assert shell("ls", store, "--prefix", "b") == 0
    assert shell.out.split() == ["b1", "b2"]
    assert shell("ls", store, "--start", "b2") == 0
    assert shell.out.split() == ["b2", "c"]
    assert shell.json("ls", store, "--end", "b2")["count"] == 2


def test_keys_that_lead_out_of_the_directory_are_refused(shell: Shell, store: Path, tmp_path: Path) -> None:
    bad = ("../evil", "/etc/evil", "a/../../evil", "a//b", "./b", "b/", "link/evil", "z\0z")
    with Store.open(store) as opened:
        opened.put_many([(key.encode(), b"evil") for key in (*bad, "good", "good/below")])
    back = tmp_path / "inside/back"
    back.mkdir(parents=True)
    (back / "link").symlink_to(tmp_path)
    report = shell.json("get", store, "--tree", back)
    assert (report["ok"], report["restored"]) == (False, 1)
    assert {problem["key"] for problem in report["problems"]} == {*bad, "good/below"}
    assert files_of(back) == {b"good": b"evil"}
    assert not list(tmp_path.rglob("evil*"))


# Deleting.


def test_rm_names_what_is_not_there_and_deletes_the_rest(shell: Shell, store: Path, tree: Path) -> None:
    shell("put", store, tree)
    assert shell("rm", store, "nope", "empty") == 1
    assert shell.err == "error: no such key: nope\n"
    assert shell.out == "deleted 1 key, persistent\n"


def test_rm_of_many_asks(shell: Shell, store: Path, tree: Path) -> None:
    shell("put", store, tree)
    assert shell("rm", store, "--all") == 2
    assert shell.err.endswith("say --yes\n")
    assert len(keys_of(store)) == 5
    assert shell("rm", store, "--prefix", "a/", "--yes") == 0
    assert len(keys_of(store)) == 3
    assert shell.json("rm", store, "--all", "--yes")["deleted"] == 3


# Care.


def test_stat_counts_what_is_there(shell: Shell, store: Path, tree: Path) -> None:
    shell("put", store, tree)
    facts = shell.json("stat", store)
    assert (facts["keys"], facts["value_bytes"]) == (5, sum(map(len, files_of(tree).values())))
    assert sum(facts["extents"].values()) == facts["extent_count"] == 64
    assert facts["live_bytes"] >= facts["value_bytes"]
    shell("rm", store, "--all", "--yes")
    assert shell.json("stat", store)["dead_bytes"] > 300_000
    assert shell("stat", store) == 0
    assert "0 keys" in shell.out


def test_reclaim_frees_what_is_dead(shell: Shell, store: Path, tree: Path) -> None:
    shell("put", store, tree)
    shell("rm", store, "a/large")
    before = shell.json("stat", store)["extents"]["free"]
    assert len(shell.json("reclaim", store, "--extents", "1")["extents"]) == 1
    assert shell("reclaim", store, "--compact") == 0
    assert shell.json("stat", store)["extents"]["free"] > before
    assert shell("verify", store) == 0
    assert len(keys_of(store)) == 4


def test_damage_is_named_and_nothing_else_is_lost(shell: Shell, store: Path, tree: Path, tmp_path: Path) -> None:
    shell("put", store, tree)
    assert shell.json("verify", store)["ok"]
    flip(store, b"deep down")
    before = (store / "disk").read_bytes()
    report = shell.json("verify", store)
    assert (report["ok"], len(report["damage"])) == (False, 1)
    assert report["damage"][0]["key"] == "a/b/deep"
    assert {"structure", "extent", "generation", "offset", "rule"} <= set(report["damage"][0])
    assert shell("verify", store) == 1
    assert "key a/b/deep" in shell.out
    assert (store / "disk").read_bytes() == before
    assert shell("get", store, "a/b/deep", "-o", tmp_path / "file") == 1
    assert shell.err.startswith("error: chunk of key")
    assert not list(tmp_path.glob("*file*"))
    assert shell("get", store, "--tree", tmp_path / "back") == 1
    assert set(files_of(tmp_path / "back")) == set(files_of(tree)) - {b"a/b/deep"}


# Errors.


def test_errors_are_typed_and_one_line(shell: Shell, store: Path, tree: Path, tmp_path: Path) -> None:
    file = tree / "empty"
    for code, kind, words in (
        (2, "NotAStore", ("ls", tmp_path / "nowhere")),
        (2, "CommandError", ("ls", "")),
        (2, "NotAStore", ("put", tree, "key", file)),
        (2, "NotAStore", ("verify", file)),
        (2, "StoreExists", ("init", store)),
        (2, "StoreExists", ("init", file)),
        (2, "StoreExists", ("init", tree)),
        (2, "CallRefused", ("init", tmp_path / "new", "--size", "64MiB", "--page-size", "1000")),
        (2, "CommandError", ("init", tmp_path / "new", "--size", "65MB")),
        (2, "CommandError", ("init", tmp_path / "new", "--size", "65", "--extent-size", "4MiB")),
        (2, "CommandError", ("put", store, "key", tmp_path / "nowhere")),
        (2, "CommandError", ("put", store, "key", tree)),
        (2, "CommandError", ("put", store, file)),
        (2, "CommandError", ("put", store, tmp_path / "nowhere")),
        (2, "CommandError", ("put", store)),
        (2, "CommandError", ("put", store, "--tree", file)),
        (2, "CallRefused", ("put", store, "", file)),
        (2, "CommandError", ("get", store)),
        (2, "CommandError", ("get", store, "key", "--tree", tmp_path / "new")),
        (1, "CommandError", ("get", store, "key", "-o", tmp_path / "new")),
        (2, "CommandError", ("get", store, "--tree", file)),
        (2, "CommandError", ("rm", store)),
        (2, "CommandError", ("rm", store, "key", "--all")),
        (2, "CommandError", ("exercise",)),
        (2, "CommandError", ("exercise", "new", "--memory")),
    ):
        assert shell(*words) == code, words
        assert (shell.out, shell.err.count("\n")) == ("", 1), words
        assert shell.err.startswith("error: ")
        error = shell.json(*words)["error"]
        assert (error["type"] if error["type"] != "UsageError" else "CommandError") == kind, words


def test_damaged_roots_are_repaired_by_a_writer_and_named(shell: Shell, store: Path, tree: Path) -> None:
    shell("put", store, tree)
    with (store / "disk").open("r+b") as disk:
        for extent in (0, 2):  # one of each pair of the superblock
            disk.seek(extent * 65536)
            disk.write(os.urandom(65536))
    report = shell.json("verify", store)
    assert {damage["structure"] for damage in report["damage"]} <= {"superblock", "tree_metadata", "extent_header"}
    assert not report["ok"]
    assert shell("put", store, "key", tree / "empty") == 0
    assert shell.err.startswith("note: repaired from the other copy: damaged superblock at extent ")
    assert shell.json("verify", store)["ok"]
    assert len(keys_of(store)) == 6


def test_a_group_without_a_command_shows_its_help(shell: Shell) -> None:
    assert shell() == 2
    assert shell.err.startswith("Usage: ")
    assert "  verify  " in shell.err


def test_a_busy_store_is_one_line(shell: Shell, store: Path) -> None:
    with Store.open(store):
        assert shell("ls", store) == 2
        assert shell.err.count("\n") == 1
        assert shell.json("put", store, "key", "-")["error"]["type"] == "StoreBusy"


def test_a_full_store_keeps_what_it_has_and_takes_more_after_reclaim(shell: Shell, tmp_path: Path) -> None:
    path, root = tmp_path / "store", tmp_path / "tree"
    Store.create(path, Shape(extent_count=24, extent_size_bytes=65536, page_size_bytes=512)).close()
    root.mkdir()
    for number in range(60):
        (root / f"{number:02}").write_bytes(bytes([number]) * 20_000)
    assert shell("put", path, root) == 2
    stored = keys_of(path)
    assert shell.err.startswith(f"error: {len(stored):02}: no room")
    assert shell.err.endswith(f"; {len(stored)} files before it are stored\n")
    assert 0 < len(stored) < 60
    assert shell("verify", path) == 0
    assert shell("rm", path, "--all", "--yes") == 0
    assert shell("put", path, "key", root / "07") == 0
    assert shell("verify", path) == 0


# Ctrl-C.
