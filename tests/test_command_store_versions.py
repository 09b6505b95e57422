"""`shardproof store` and format versions: from a store that any release opens to one that needs a new one."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from engine import Limits, Store
from roundtrip.command import run as run_command


def run(*words: str | Path, code: int = 0) -> str:
    """What the command printed, after its exit code was compared."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        found = run_command(["store", *map(str, words)])
    assert found == code, output.getvalue()
    return output.getvalue()


def run_json(*words: str | Path, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--json", code=code))
    return found


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of version 1 with a value of several chunks and a small one."""
    path = tmp_path / "store"
    run("init", path, "--size", "8MiB", "--extent-size", "64KiB")
    (tmp_path / "file").write_bytes(b"contents" * 50_000)
    run("put", path, "large", tmp_path / "file")
    (tmp_path / "file").write_bytes(b"contents")
    run("put", path, "small", tmp_path / "file")
    return path


def test_a_new_store_is_one_that_any_release_opens(store: Path) -> None:
    assert run_json("stat", store)["features"] == []
    found = run_json("verify", store)
    assert set(found["chunks_by_version"]) == set(found["pages_by_version"]) == {"1"}
    assert "version" not in run("verify", store)


def test_an_upgrade_leaves_nothing_old_and_can_be_repeated(store: Path, tmp_path: Path) -> None:
    report = run_json("upgrade", store)
    assert (report["keys"], report["values"], report["damage"]) == (2, 2, [])
    assert report["features"] == ["chunk-v2", "page-v2"]
    found = run_json("verify", store)
    assert set(found["chunks_by_version"]) == set(found["pages_by_version"]) == {"2"}
    assert "versions: chunks 15 of version 2; data pages 1 of version 2" in run("verify", store)
    assert "0 values of 2 keys written anew, 0 runs merged" in run("upgrade", store)
    run("get", store, "large", "-o", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"contents" * 50_000
    run("reclaim", store)
    assert set(run_json("verify", store)["chunks_by_version"]) == {"2"}, "what is declared is what is written"


def test_chunks_and_pages_can_be_upgraded_apart(store: Path) -> None:
    run("upgrade", store, "--page-version", "1")
    found = run_json("verify", store)
    assert (set(found["chunks_by_version"]), set(found["pages_by_version"])) == ({"2"}, {"1"})
    assert run_json("stat", store)["features"] == ["chunk-v2"]
    assert "page_version of 2" in run("upgrade", store, "--chunk-version", "1", "--page-version", "1", code=2)


def test_upkeep_upgrades_what_it_moves_and_merges(store: Path) -> None:
    run("rm", store, "small")
    run("reclaim", store, "--compact", "--chunk-version", "2", "--page-version", "2")
    found = run_json("verify", store)
    assert "2" in found["chunks_by_version"]
    assert set(found["pages_by_version"]) == {"2"}


def test_a_new_store_can_begin_with_version_2(tmp_path: Path) -> None:
    path = tmp_path / "store"
    run("init", path, "--size", "8MiB", "--extent-size", "64KiB", "--chunk-version", "2")
    (tmp_path / "file").write_bytes(b"contents")
    run("put", path, "key", tmp_path / "file")
    assert run_json("verify", path)["chunks_by_version"] == {"2": 2}
    run("put", path, "other", tmp_path / "file", "--chunk-version", "1")
    assert run_json("verify", path)["chunks_by_version"] == {"1": 2, "2": 2}


def test_damage_is_left_as_it_is_and_named(store: Path) -> None:
    with Store.open(store, Limits(), read_only=True) as opened:
        extent, _, offset, _, _ = (opened.index.find(b"small") or ())[0]
        place = extent * opened.extents.size + offset
    with (store / "disk").open("r+b") as file:
        file.seek(place + 50)
        file.write(b"?")
    report = run_json("upgrade", store, code=1)
    assert (report["ok"], report["values"], len(report["damage"])) == (False, 1, 1)
    assert "1 damaged place left as they are" in run("upgrade", store, code=1)
