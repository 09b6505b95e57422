"""`shardproof diff`: what differs between two files, by field, and what became of its exit codes."""

from __future__ import annotations

import json
import os
import pty
import signal
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from formats.catalog import CATALOG, Format
from formats.place import Place
from roundtrip.catalogs import load_catalog
from roundtrip.command import run

COMMAND = [sys.executable, "-c", "from roundtrip.command import main; main()"]
PLACE = Place(disk=b"D" * 16, extent=3, generation=2, offset=0, run=7)
CONTEXT = ("--context", f"disk={PLACE.disk.hex()},extent=3,generation=2,offset=0,run=7")
CHUNK = {"owner": "shard", "uuid": bytes(range(16)), "part": 0, "key": b"key", "payload": b"hello " * 50}
HEADER = {"owner": "data", "disk": PLACE.disk, "extent_size": 65536, "page_size": 4096, "generation": 2}
KEYS = tuple(b"key%03d" % number for number in range(20))


def of_version(name: str, version: int) -> Format:
    return next(entry for entry in CATALOG if (entry.name, entry.version) == (name, version))


CHUNK_FORMAT, PAGE_FORMAT = of_version("chunk", 1), of_version("lsm_page.data", 1)


def frame(entry: Format, value: dict[str, Any], offset: int = 0) -> bytes:
    """A frame written `offset` bytes into the file."""
    place = Place(PLACE.disk, PLACE.extent, PLACE.generation, offset, PLACE.run)
    return entry.oracle.encode(value, entry.seed(place) or 0)


def page(keys: tuple[bytes, ...] = KEYS, entry: Format = PAGE_FORMAT) -> bytes:
    """A page of keys with a locator each, which follows from the key."""
    columns = {name: tuple(map(len, keys)) for name in ("extents", "generations", "offsets", "lengths", "checksums")}
    return frame(entry, {"entries": {"locator_ends": tuple(range(1, len(keys) + 1)), **columns, "keys": keys}})


def extent(*chunks: dict[str, Any]) -> bytes:
    """An extent: its header, and chunks back to back."""
    data = frame(of_version("extent_header", 1), HEADER)
    for chunk in chunks:
        data += frame(CHUNK_FORMAT, chunk, len(data))
    return data


def chunks(count: int) -> list[dict[str, Any]]:
    """Chunks that have nothing in common but their owner."""
    return [
        {**CHUNK, "key": b"k%d" % one, "uuid": bytes([one] * 16), "payload": bytes([one] * 99)} for one in range(count)
    ]


@pytest.fixture
def diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Compares bytes; the answer is the exit code and standard output, or with `--json` its object."""

    def comparing(old: bytes, new: bytes, *arguments: str) -> tuple[int, Any]:
        (tmp_path / "old.bin").write_bytes(old)
        (tmp_path / "new.bin").write_bytes(new)
        code = run(["diff", str(tmp_path / "old.bin"), str(tmp_path / "new.bin"), *arguments])
        out = capsys.readouterr().out
        return code, json.loads(out) if "--json" in arguments else out

    return comparing


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Any:
    """Compares files that cannot be; the answer is the exit code and the one line on standard error."""

    def refusing(*arguments: object) -> tuple[int, str]:
        code = run(["diff", *map(str, arguments)])
        captured = capsys.readouterr()
        assert (captured.out, captured.err.count("\n")) == ("", 1)
        assert captured.err.startswith("error: ")
        return code, captured.err

    return refusing


def flipped(data: bytes, offset: int) -> bytes:
    """The bytes with the lowest bit of one of them flipped."""
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :]


def test_the_same_bytes_are_one_quiet_line(diff: Any) -> None:
    code, text = diff(page(), page())
    assert code == 0
    assert text.endswith(f"same value, same {len(page())} bytes\n")
    assert text.count("\n") == 1


def test_an_inserted_key_is_one_row_and_what_follows_is_apart(diff: Any) -> None:
    code, report = diff(page(KEYS[:7] + KEYS[8:]), page(), "--json", *CONTEXT)
    assert (code, report["verdict"]) == (1, "different")
    (part,) = report["parts"]
    (added,) = part["differences"]
    assert (added["kind"], added["path"]) == ("added", "entries.keys[7]")
    assert [one["path"] for one in added["new"]["fields"]].count("entries.extents[7]") == 1
    assert added["old"]["start"] == added["old"]["end"] > 0
    followers = {one["path"]: one["because"] for one in part["consequences"]}
    assert followers["entry_count"] == ["entries.keys[7]"]
    assert "entries_checksum" in followers["seal"]
    assert report["counts"]["unchanged"] > 100


def test_the_text_aligns_paths_values_and_both_ranges(diff: Any) -> None:
    code, text = diff(page(), page((*KEYS[:3], b"key002x", *KEYS[3:])), *CONTEXT)
    assert code == 1
    assert "lsm_page.data v1: A 632 bytes at 0x0, B 663 bytes at 0x0: different" in text
    assert "+ entries.keys[3]" in text
    assert 'entries.keys[3]: "key002x" (7 bytes)  B 0x' in text
    assert "what follows from this:" in text
    assert text.splitlines()[-1].endswith("different: fields: 1 added, 7 that follow, 124 unchanged")


def test_a_changed_payload_shows_where_and_as_what(diff: Any) -> None:
    new = {**CHUNK, "payload": b"hello " * 20 + b"INSERTED" + b"hello " * 30}
    code, text = diff(frame(CHUNK_FORMAT, CHUNK), frame(CHUNK_FORMAT, new), *CONTEXT)
    assert code == 1
    assert "~ payload           300 → 308 bytes" in text
    assert "bytes 0x78 → 0x78..0x80  (file: A 0xa4, B 0xa4..0xac)" in text
    assert "+ 000000a4 │ 49 4e 53 45 52 54 45 44" in text
    _, report = diff(frame(CHUNK_FORMAT, CHUNK), frame(CHUNK_FORMAT, new), *CONTEXT, "--json")
    (payload,) = report["parts"][0]["differences"]
    assert payload["hunks"] == [
        {"old": {"start": 120, "end": 120, "file_start": 164}, "new": {"start": 120, "end": 128, "file_start": 164}}
    ]


def test_a_damaged_file_is_compared_as_far_as_it_goes(diff: Any) -> None:
    code, text = diff(page(), flipped(page(), 100), *CONTEXT)
    assert code == 1
    assert "✗ B is damaged: entries_checksum at byte 12 (checksum): expected 0x" in text
    assert "entries.extents[1]" in text
    code, text = diff(page(), page()[:300], *CONTEXT)
    assert code == 1
    assert "B is damaged" in text
    assert "(truncated)" in text


def test_two_damaged_files_are_both_named(diff: Any) -> None:
    code, text = diff(flipped(page(), 100), flipped(page(), 200), *CONTEXT)
    assert code == 1
    assert "A is damaged" in text
    assert "B is damaged" in text
    code, text = diff(flipped(page(), 100), flipped(page(), 100), *CONTEXT)
    assert code == 0
    assert text.splitlines()[-1].endswith("bytes, damaged alike")


def test_an_inserted_frame_is_one_frame_and_the_others_have_moved(diff: Any) -> None:
    some = chunks(6)
    old, new = extent(*some), extent(*some[:2], {**CHUNK, "key": b"new"}, *some[2:])
    code, report = diff(old, new, "--json", *CONTEXT)
    assert code == 1
    assert report["counts"]["parts"] == {"same": 3, "moved": 4, "changed": 0, "added": 1, "removed": 0}
    added = next(one for one in report["parts"] if one["kind"] == "added")
    assert (added["old"], added["new"]["format"], added["new"]["verdict"]) == (None, "chunk", "valid")
    _, text = diff(old, new, *CONTEXT)
    assert "4 frames: A 0x" in text


def test_a_changed_frame_among_many_is_compared_with_its_own(diff: Any) -> None:
    some = chunks(5)
    changed = [*some[:1], {**some[2], "part": 9}, *some[3:]]
    code, report = diff(extent(*some), extent(*changed), "--json", *CONTEXT)
    assert code == 1
    assert report["counts"]["parts"] == {"same": 2, "moved": 2, "changed": 1, "added": 0, "removed": 1}
    (part,) = (one for one in report["parts"] if one["kind"] == "changed")
    assert [(one["path"], one["old"]["value"], one["new"]["value"]) for one in part["differences"]] == [("part", 0, 9)]


def test_the_same_value_at_another_place_is_named_as_that(diff: Any) -> None:
    code, report = diff(frame(CHUNK_FORMAT, CHUNK), frame(CHUNK_FORMAT, CHUNK, 4096), "--json")
    assert (code, report["verdict"]) == (1, "place")
    (part,) = report["parts"]
    assert part["differences"] == []
    assert [(one["path"], one["because"]) for one in part["consequences"]] == [("seal", ["(place)"])]


def test_each_file_may_have_a_place_of_its_own(diff: Any) -> None:
    elsewhere = ("--context", CONTEXT[1].replace("offset=0", "offset=4096"))
    old, new = frame(CHUNK_FORMAT, CHUNK), frame(CHUNK_FORMAT, CHUNK, 4096)
    _, report = diff(old, new, "--json", *CONTEXT, *elsewhere)
    assert [report["parts"][0][side]["verdict"] for side in ("old", "new")] == ["valid", "valid"]
    _, report = diff(old, new, "--json", *CONTEXT)
    assert [report["parts"][0][side]["verdict"] for side in ("old", "new")] == ["valid", "damaged"]


def test_two_versions_of_one_format_are_compared_by_field(diff: Any) -> None:
    code, report = diff(page(), page(entry=of_version("lsm_page.data", 2)), "--json", *CONTEXT)
    assert code == 1
    (part,) = report["parts"]
    kinds = {one["path"]: one["kind"] for one in (*part["differences"], *part["consequences"])}
    assert (kinds["version"], kinds["entries.prefix"]) == ("changed", "added")
    assert not any(path.startswith(("entries.keys", "entries.extents")) for path in kinds)


USERS = """
import construct as c
SCHEMAS = {"small": c.Struct("magic" / c.Const(b"USER"), "value" / c.Float64l, "bits" / c.BitStruct(
    "high" / c.BitsInteger(3), "low" / c.BitsInteger(5)))}
"""


def small(bits: int, payload: int = 0) -> bytes:
    """A frame of the user's format whose value is no number, of any payload."""
    return b"USER" + struct.pack("<Q", 0x7FF8000000000000 | payload) + bytes([bits])


def test_the_same_value_in_other_bytes_is_named_as_that(diff: Any, tmp_path: Path) -> None:
    (tmp_path / "users.py").write_text(USERS, encoding="utf-8")
    catalog = ("--catalog", f"{tmp_path / 'users.py'}:SCHEMAS")
    code, text = diff(small(1), small(1, payload=7), *catalog)
    assert code == 1
    assert "same value, other bytes" in text
    assert "≈ value" in text
    code, text = diff(small(1), small(5), *catalog)
    assert code == 1
    assert "~ bits.low  1 → 5  A 0xc bits 3..8  B 0xc bits 3..8" in text


def test_all_lists_what_is_the_same(diff: Any) -> None:
    _, report = diff(page(), page(KEYS[1:]), "--json", "--all", *CONTEXT)
    (part,) = report["parts"]
    same = {one["path"] for one in part["unchanged_fields"]}
    assert {"magic", "entries.keys[19]", "entries.extents[19]"} <= same
    _, report = diff(page(), page(), "--json", "--all", *CONTEXT)
    assert (report["verdict"], len(report["parts"])) == ("same", 1)


def test_two_formats_are_refused_in_one_line(refused: Any, tmp_path: Path) -> None:
    (tmp_path / "page").write_bytes(page())
    (tmp_path / "chunk").write_bytes(frame(CHUNK_FORMAT, CHUNK))
    code, line = refused(tmp_path / "page", tmp_path / "chunk")
    assert code == 2
    assert "two different formats" in line
    assert "--format NAME" in line


def test_what_is_no_file_is_one_line(refused: Any, tmp_path: Path) -> None:
    (tmp_path / "page").write_bytes(page())
    (tmp_path / "empty").touch()
    (tmp_path / "disk").write_bytes(bytes(4096))
    assert refused(tmp_path / "page", tmp_path / "absent")[0] == 2
    assert refused(tmp_path / "page", tmp_path / "empty")[0] == 3
    assert refused(tmp_path / "disk", tmp_path / "disk")[0] == 3
    assert refused("-", "-")[0] == 2
    assert refused(tmp_path / "page", "a\0b")[0] == 2
    code, line = refused(tmp_path / "page", tmp_path)
    assert code == 2
    assert f"the file {tmp_path / 'disk'}" in line
    code, line = refused(tmp_path / "page", tmp_path / "page", *CONTEXT * 3)
    assert code == 2
    assert "there are two files" in line


def test_a_file_without_a_format_is_read_as_what_the_other_one_is(diff: Any) -> None:
    code, text = diff(page(), b"\0" * 40)
    assert code == 1
    assert "B is damaged: magic at byte 0" in text


def test_many_frames_are_compared_up_to_a_bound_that_is_named(diff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roundtrip.diffing.files.PARTS_MAXIMUM", 3)
    some = chunks(6)
    changed = [*some[:5], {**some[5], "part": 1}]
    code, text = diff(extent(*some), extent(*changed), *CONTEXT)
    assert code == 1
    assert "only the bytes were compared: different from A 0x" in text
    code, text = diff(extent(*some), extent(*some), *CONTEXT)
    assert code == 0
    code, report = diff(extent(*some), extent(*changed), *CONTEXT, "--json")
    assert (report["verdict"], report["not_compared"]["same"]) == ("different", False)
    assert diff(extent(*some), extent(*changed), *CONTEXT, "--all", "--json")[1]["not_compared"] is None


def test_a_stream_too_long_to_be_read_as_fields_says_so(diff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roundtrip.diffing.reading.DECIDED_SIZE_MAXIMUM", 2**17)
    name = f"{Path(__file__).parent.parent / 'docs/examples/leveldb_log.py'}:CATALOG"
    (log,) = load_catalog(name)
    blocks = [({"type": "full", "data": bytes([number]) * (2**15 - 7)},) for number in range(5)]
    old, new = (log.oracle.encode((*blocks[:4], last)) for last in (blocks[4], blocks[0]))
    code, text = diff(old, new, "--catalog", name)
    assert code == 1
    assert "only the first 65536 of 163840 bytes were read as fields (--all reads all)" in text
    assert "the first byte that differs is byte 131072" in text
    code, report = diff(old, new, "--catalog", name, "--all", "--json")
    assert [one["path"] for one in report["parts"][0]["differences"]] == ["[4][0].data"]


def on_terminal(*arguments: str, **variables: str) -> tuple[int, bytes]:
    """Runs the command on a terminal; the answer is the exit code and what is shown."""
    reading, writing = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment |= {"TERM": "xterm", **variables}
    process = subprocess.Popen([*COMMAND, *arguments], stdout=writing, stderr=subprocess.DEVNULL, env=environment)
    os.close(writing)
    shown = b""
    with suppress(OSError):  # the other end is gone
        while piece := os.read(reading, 65536):
            shown += piece
    os.close(reading)
    return process.wait(60), shown


def test_colours_appear_on_a_terminal_only_and_not_with_no_color(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(page())
    (tmp_path / "new").write_bytes(page(KEYS[1:]))
    arguments = ("diff", str(tmp_path / "old"), str(tmp_path / "new"))
    for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        code, shown = on_terminal(*arguments, **variables)
        assert code == 1
        assert (b"\x1b[" in shown) is coloured


def sparse(path: Path, start: bytes, size: int = 2**30) -> Path:
    """A file of a GiB that is all zeros behind its first bytes."""
    path.write_bytes(start)
    os.truncate(path, size)
    return path


@pytest.mark.slow
def test_a_gibibyte_takes_bounded_memory(tmp_path: Path) -> None:
    """Address space for both files, which are mapped, and half a GiB for everything else."""
    old = sparse(tmp_path / "old", extent(*chunks(2)))
    new = sparse(tmp_path / "new", extent(*chunks(3)))
    limit = f'ulimit -v {(2 * 2**30 + 2**29) // 1024}; exec "$@"'
    command = ["sh", "-c", limit, "sh", *COMMAND, "diff", str(old), str(new)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "1 added" in done.stdout


@pytest.mark.slow
def test_ctrl_c_is_one_line(tmp_path: Path) -> None:
    files = [str(sparse(tmp_path / name, start, 2**33)) for name, start in (("old", b""), ("new", b"x"))]
    pipe = subprocess.PIPE
    process = subprocess.Popen([*COMMAND, "diff", *files], stderr=pipe, stdout=pipe, text=True)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "error: interrupted\n")
