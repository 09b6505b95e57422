"""`shardproof inspect`: annotated bytes of sound and damaged files."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from corpus.store import load, own_folder
from formats.catalog import CATALOG
from formats.place import Place
from roundtrip.command import run

PLACE = Place(disk=b"D" * 16, extent=3, generation=2, offset=0, run=7)
CONTEXT = f"disk={PLACE.disk.hex()},extent=3,generation=2,offset=0,run=7"
CHUNK = {"owner": "shard", "uuid": bytes(range(16)), "part": 0, "key": b"key", "payload": b"hello " * 50}
HEADER = {"owner": "data", "disk": PLACE.disk, "extent_size": 65536, "page_size": 4096, "generation": 2}
ENTRY_COUNT = 20
COLUMNS = ("extents", "generations", "offsets", "lengths", "checksums")
PAGE = {
    "entries": {
        "locator_ends": tuple(range(1, ENTRY_COUNT + 1)),
        **{name: tuple(range(ENTRY_COUNT)) for name in COLUMNS},
        "keys": tuple(b"key%03d" % number for number in range(ENTRY_COUNT)),
    }
}


def frame(name: str, value: dict[str, Any], offset: int = 0) -> bytes:
    """A frame written `offset` bytes into the file."""
    place = Place(PLACE.disk, PLACE.extent, PLACE.generation, offset, PLACE.run)
    return CATALOG.labelled(name).oracle.encode(value, CATALOG.labelled(name).seed(place) or 0)


def extent() -> bytes:
    """Three frames back to back, as an extent holds them."""
    data = b""
    for name, value in (("extent_header", HEADER), ("chunk", CHUNK), ("lsm_page.data", PAGE)):
        data += frame(name, value, len(data))
    return data


@pytest.fixture
def inspect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Inspects bytes; the answer is the exit code and standard output, or with `--json` its object."""

    def inspecting(data: bytes, *arguments: str) -> tuple[int, Any]:
        path = tmp_path / "file.bin"
        path.write_bytes(data)
        code = run(["inspect", str(path), *arguments])
        out = capsys.readouterr().out
        return code, json.loads(out) if "--json" in arguments else out

    return inspecting


def flipped(data: bytes, offset: int) -> bytes:
    """The bytes with the lowest bit of one of them flipped."""
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :]


def test_inspect_names_every_field_of_a_chunk(inspect: Any) -> None:
    code, text = inspect(frame("chunk", CHUNK), "--context", CONTEXT)
    assert code == 0
    assert "chunk v1: 352 bytes at 0x0: valid" in text
    names = [row.split("│")[-1].split(":")[0].strip() for row in text.splitlines() if row.count("│") == 3]
    fields = ["magic", "kind", "version", "owner", "key_length", "part", "uuid", "payload_length", "seal"]
    assert set(fields) | {"key", "payload", "tag"} <= set(names)


def test_inspect_detects_every_format_of_ours(inspect: Any) -> None:
    code, report = inspect(extent(), "--json", "--context", CONTEXT)
    assert code == 0
    assert [one["format"] for one in report["frames"]] == ["extent_header", "chunk", "lsm_page.data"]
    assert [one["verdict"] for one in report["frames"]] == ["valid"] * 3
    assert report["frames"][-1]["end"] == report["size"] == len(extent())


def test_inspect_without_context_says_unverifiable_and_what_is_missing(inspect: Any) -> None:
    code, text = inspect(frame("chunk", CHUNK))
    assert code == 0
    assert "unverifiable" in text
    assert "(disk, extent, generation, offset missing" in text


def test_inspect_with_another_place_is_damage(inspect: Any) -> None:
    code, report = inspect(frame("chunk", CHUNK), "--json", "--context", CONTEXT.replace("extent=3", "extent=4"))
    assert code == 1
    assert [one["rule"] for one in report["frames"][0]["violations"]] == ["header_checksum"]


def test_inspect_shows_every_violation_with_path_offset_expected_found_and_rule(inspect: Any) -> None:
    data = flipped(flipped(frame("chunk", CHUNK), 4), 60)
    code, report = inspect(data, "--json", "--context", CONTEXT)
    assert code == 1
    violations = report["frames"][0]["violations"]
    assert {(one["path"], one["rule"]) for one in violations} == {
        ("seal", "header_checksum"),
        ("owner", "enum"),
        ("payload_checksum", "checksum"),
    }
    assert all(one["expected"] and one["found"] and one["file_offset"] == one["offset"] for one in violations)


def test_inspect_marks_damaged_fields_in_the_text(inspect: Any) -> None:
    code, text = inspect(flipped(frame("chunk", CHUNK), 60))
    assert code == 1
    assert re.search(r"payload_checksum: 0x\w{8} +◀ checksum", text)
    assert re.search(r"payload: .* +◀ checksum", text)
    assert "✗ payload_checksum at byte 33 (checksum): expected 0x" in text


def test_inspect_decodes_a_truncated_frame_as_far_as_it_goes(inspect: Any) -> None:
    code, report = inspect(frame("chunk", CHUNK)[:100], "--json", "--context", CONTEXT)
    assert code == 1
    fields = {one["path"]: one for one in report["frames"][0]["fields"]}
    assert fields["key"]["value"] == {"hex": b"key".hex(), "size": 3}
    assert (fields["payload"]["role"], fields["payload"]["start"], fields["payload"]["end"]) == ("missing", 44, 100)


@pytest.mark.parametrize("offset", range(4))
def test_inspect_recognises_a_frame_whose_lead_is_damaged(inspect: Any, offset: int) -> None:
    code, report = inspect(flipped(frame("chunk", CHUNK), offset), "--json")
    assert code == 1
    assert report["frames"][0]["format"] == "chunk"


def test_inspect_finds_the_frame_behind_a_damaged_length(inspect: Any) -> None:
    code, report = inspect(flipped(extent(), 64 + 24), "--json", "--context", CONTEXT)
    assert code == 1
    assert [(one["format"], one["verdict"]) for one in report["frames"]] == [
        ("extent_header", "valid"),
        ("chunk", "damaged"),
        ("lsm_page.data", "valid"),
    ]


def test_inspect_names_the_bytes_between_frames(inspect: Any) -> None:
    data = frame("extent_header", HEADER)
    code, report = inspect(data + bytes(10) + b"rubbish" + frame("chunk", CHUNK, len(data) + 17), "--json")
    assert code == 1
    assert report["unrecognised"] == [{"start": 64, "end": 81, "zeros": False, "first": (bytes(10) + b"rubbis").hex()}]
    assert len(report["frames"]) == 2


def test_inspect_takes_trailing_bytes_for_damage_unless_told(inspect: Any) -> None:
    data = frame("extent_header", HEADER) + b"\0"
    assert inspect(data, "--context", CONTEXT)[0] == 1
    code, text = inspect(data, "--context", CONTEXT, "--remainder")
    assert code == 0
    assert "trailing or unknown: 1 bytes at 0x40, zeros" in text


def test_inspect_json_gives_every_byte_an_owner(inspect: Any) -> None:
    _, report = inspect(extent(), "--json")
    for one in report["frames"]:
        position = one["start"]
        for field in (field for field in one["fields"] if field["leaf"]):
            assert field["start"] == position
            position = field["end"]
        assert position == one["end"]


def test_inspect_json_names_roles(inspect: Any) -> None:
    _, report = inspect(extent(), "--json")
    header, roles = ({one["path"]: one["role"] for one in found["fields"]} for found in report["frames"][:2])
    assert roles["magic"] == roles["version"] == header["reserved_1"] == "constant"
    assert roles["key_length"] == roles["tag"] == "derived"
    assert roles["seal"] == roles["key_checksum"] == "checksum"
    assert roles["owner"] == roles["payload"] == "value"


def test_inspect_elides_long_fields_and_arrays_by_name(inspect: Any) -> None:
    _, text = inspect(extent())
    assert "lines up to 0x" in text
    assert "… 14 more, entries.keys[6] to entries.keys[19]" in text
    _, everything = inspect(extent(), "--all")
    assert "--all" not in everything
    assert "[19]" in everything


def test_inspect_shows_a_damaged_element_however_late(inspect: Any) -> None:
    entry = CATALOG["superblock"]
    value: dict[str, Any] = {"record": "full", "flags": 0, "sequence": 1, "extent_count": 64}
    value |= dict.fromkeys(("compatible", "read_only_compatible", "incompatible"), 0)
    value["entries"] = {name: tuple(range(40)) for name in ("extents", "generations", "write_pointers")}
    value["entries"]["owners"] = ("data",) * 40
    data = entry.oracle.encode(value, 0)
    data = data[:-1] + b"\x63"
    code, text = inspect(data, "--format", "superblock")
    assert code == 1
    assert re.search(r"\[39\]: 99 +◀ enum", text)


def test_inspect_begins_where_it_is_told(inspect: Any) -> None:
    code, report = inspect(extent(), "--json", "--at", "0x40", "--context", CONTEXT)
    assert code == 0
    assert [one["start"] for one in report["frames"]] == [64, 64 + 352]
    assert inspect(extent(), "--at", "100000")[0] == 2


def test_inspect_takes_the_place_from_the_sidecar(inspect: Any, tmp_path: Path) -> None:
    place = {"disk": PLACE.disk.hex(), "extent": 3, "generation": 2, "offset": 0, "run": 0}
    (tmp_path / "file.json").write_text(json.dumps({"format": "chunk", "place": place}), encoding="utf-8")
    code, report = inspect(frame("chunk", CHUNK), "--json")
    assert (code, report["verdict"]) == (0, "valid")
    assert report["context_from"].endswith("file.json")


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"place": 3}', '{"place": {"disk": "zz", "extent": -1}}', "[]"])
def test_inspect_survives_a_sidecar_that_says_nothing(inspect: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "file.json").write_text(text, encoding="utf-8")
    code, report = inspect(frame("chunk", CHUNK), "--json")
    assert (code, report["verdict"]) == (0, "unverifiable")


def test_inspect_escapes_what_could_drive_a_terminal(inspect: Any) -> None:
    _, text = inspect(frame("chunk", CHUNK | {"key": b"\x1b[31m\x07", "payload": b"\x1b]0;owned\x07"}))
    assert not {character for character in text if character < " "} - {"\n"}


def test_inspect_reads_standard_input() -> None:
    command = [sys.executable, "-c", "from roundtrip.command import main; main()", "inspect", "-", "--json"]
    done = subprocess.run(command, input=frame("chunk", CHUNK), capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["file"] == "standard input"


def on_terminal(path: Path, **environment: str) -> bytes:
    """What `inspect` writes when its output is a terminal."""
    controller, terminal = pty.openpty()
    command = [sys.executable, "-c", "from roundtrip.command import main; main()", "inspect", str(path)]
    settings = (
        {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"} | environment
    )
    with subprocess.Popen(command, stdout=terminal, stderr=terminal, env=settings) as process:
        os.close(terminal)
        output = b""
        while True:
            try:
                piece = os.read(controller, 65536)
            except OSError:
                break
            output += piece
            if not piece:
                break
        process.wait(timeout=60)
    os.close(controller)
    return output


def test_inspect_colours_fields_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(flipped(frame("chunk", CHUNK), 60))
    output = on_terminal(tmp_path / "file.bin")
    assert b"\x1b[31m\x1b[1mpayload_checksum" in output
    assert b"\x1b[32mowner: shard" in output


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_inspect_honours_no_color(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "file.bin").write_bytes(frame("chunk", CHUNK))
    assert b"\x1b[" not in on_terminal(tmp_path / "file.bin", **environment)


USERS_CATALOG = """
from construct import (
    BitsInteger, BitStruct, Byte, Const, GreedyBytes, Int16ub, Prefixed, PrefixedArray, Struct, Switch, this,
)

INNER = {1: Struct("one" / Byte), 2: Const(b"xx")}
NAMES = {
    "small": Struct(
        "magic" / Const(b"USER"),
        "number" / Int16ub,
        "bits" / BitStruct("high" / BitsInteger(3), "low" / BitsInteger(5)),
        "list" / PrefixedArray(Byte, Struct("item" / Byte)),
        "text" / Prefixed(Byte, GreedyBytes),
        "choice" / Switch(this.number, INNER),
    ),
}
"""


def test_inspect_reads_a_users_format(inspect: Any, tmp_path: Path) -> None:
    (tmp_path / "users.py").write_text(USERS_CATALOG, encoding="utf-8")
    data = b"USER\0\1\x55\2\x09\x0a\3abc\7"
    code, text = inspect(data, "--catalog", f"{tmp_path / 'users.py'}:NAMES")
    assert code == 0
    assert "small v1: 15 bytes at 0x0: valid" in text
    assert "high=2 low=21" in text
    code, report = inspect(data[:-1], "--catalog", f"{tmp_path / 'users.py'}:NAMES", "--json")
    assert (code, report["frames"][0]["violations"][0]["rule"]) == (1, "truncated")


def kept_files() -> list[Any]:
    """Every file of our corpus."""
    return list(load(own_folder(), CATALOG))


@pytest.mark.parametrize("entry", kept_files(), ids=lambda entry: entry.identity)
def test_inspect_agrees_with_every_kept_file(entry: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Golden files are valid; of rejected ones the kept rule is among the violations, at the kept path."""
    code = run(["inspect", str(own_folder() / f"{entry.identity}.bin"), "--json"])
    report = json.loads(capsys.readouterr().out)
    if entry.sidecar.kind == "golden":
        assert (code, report["verdict"], len(report["frames"])) == (0, "valid", 1)
        return
    if not entry.data:
        assert code == 3
        return
    assert code == 1
    expected = (entry.sidecar.expected.rule, entry.sidecar.expected.path)
    found = {(one["rule"], one["path"]) for one in report["frames"][0]["violations"]}
    assert expected in found or (expected[0] == "trailing" and report["unrecognised"] + report["frames"][1:])
