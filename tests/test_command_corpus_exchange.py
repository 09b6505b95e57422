"""`shardproof corpus import` and `export`: AFL++ and libFuzzer give their inputs, and get ours."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

import corpus
from corpus.golden import generate
from corpus.samples.model import PLACE
from formats.catalog import CATALOG, Catalog, Format
from formats.layout import Constant, Enumeration
from roundtrip.command import run
from roundtrip.inspection.roles import walk
from roundtrip.keeping.dictionary import dictionary_text, encoded, escaped, words
from roundtrip.keeping.fuzz_folders import inputs_of

FOOTER = CATALOG["lsm_page.footer"]
PLACE_TEXT = f"disk={PLACE.disk.hex()},extent=7,generation=3,offset=4096,run=12"
INTO = ("--format", "lsm_page.footer", "--place", PLACE_TEXT)
SHA1 = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def footers() -> list[bytes]:
    """The bytes of every kept footer, smallest first."""
    entries = corpus.load(corpus.own_folder(), CATALOG)
    found = {entry.data for entry in entries if entry.sidecar.format == FOOTER.name}
    return sorted(found, key=lambda data: (len(data), data))


OURS = """
from dataclasses import replace
from formats.catalog import CATALOG
MINE = replace(CATALOG, corpus="kept")
"""


class Desk:
    """A copy of our catalog with an empty folder of kept files."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys, self.kept = folder, capsys, folder / "kept"
        (folder / "mine.py").write_text(OURS, encoding="utf-8")

    def run(self, command: str, *words: object) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = run(["corpus", command, *map(str, words), "--catalog", f"{self.folder / 'mine.py'}:MINE"])
        captured = self.capsys.readouterr()
        assert "unexpected" not in captured.err
        return code, captured.out, captured.err

    def take(self, folder: Path, *words: object) -> dict[str, Any]:
        code, out, _ = self.run("import", folder, *INTO, "--json", *words)
        report: dict[str, Any] = json.loads(out)
        assert code == (1 if report["problems"] else 0)
        return report

    def entries(self) -> tuple[corpus.Entry, ...]:
        return corpus.load(self.kept, CATALOG) if self.kept.exists() else ()

    def contents(self) -> list[bytes]:
        return sorted((entry.data for entry in self.entries()), key=lambda data: (len(data), data))


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def filled(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


# --- there and back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["aflplusplus", "libfuzzer"])
def test_import_of_an_export_gives_back_the_same_bytes(desk: Desk, footers: list[bytes], layout: str) -> None:
    target = desk.folder / "exported"
    assert run(["corpus", "export", str(target), "--layout", layout, "--format", FOOTER.name]) == 0
    report = desk.take(target)
    assert desk.contents() == footers
    assert report["fates"]["added"] == report["inputs"] == len(footers)
    assert [one["file"] for one in report["left"]] == (["dictionary.dict"] if layout == "libfuzzer" else [])
    again = desk.take(target)
    assert (again["fates"]["kept"], again["added"]) == (len(footers), [])


def test_exported_names_are_those_of_the_tools(desk: Desk, footers: list[bytes]) -> None:
    for layout, part in (("aflplusplus", "queue"), ("libfuzzer", "corpus")):
        target = desk.folder / layout
        assert run(["corpus", "export", str(target), "--layout", layout, "--format", FOOTER.name]) == 0
        names = sorted(path.name for path in (target / part).iterdir())
        assert len(names) == len(footers)
        if layout == "libfuzzer":
            assert names == sorted(hashlib.sha1(data, usedforsecurity=False).hexdigest() for data in footers)
        else:
            assert [int(name[3:9]) for name in names] == list(range(len(names)))
            assert all(re.fullmatch(r"id:\d{6},time:0,execs:0,orig:[0-9a-f]{16}", name) for name in names)


def test_several_versions_are_exported_into_a_folder_each(desk: Desk) -> None:
    target = desk.folder / "exported"
    words = ["--layout", "libfuzzer", "--format", "chunk", "--kind", "golden", "--json"]
    assert run(["corpus", "export", str(target), *words]) == 0
    written = json.loads(desk.capsys.readouterr().out)["written"]
    assert [one["format"] for one in written] == ["chunk", "chunk@2"]
    assert sorted(path.name for path in target.iterdir()) == ["chunk", "chunk@2"]


def test_an_export_overwrites_nothing(desk: Desk) -> None:
    filled(desk.folder / "mine", {"notes.txt": b"mine"})
    assert run(["corpus", "export", str(desk.folder / "mine"), "--layout", "libfuzzer"]) == 2
    assert "not empty" in desk.capsys.readouterr().err
    assert [path.name for path in (desk.folder / "mine").iterdir()] == ["notes.txt"]


def test_an_export_of_nothing_is_no_success(desk: Desk) -> None:
    (desk.kept).mkdir()
    assert desk.run("export", desk.folder / "out", "--layout", "libfuzzer")[0] == 3
    assert desk.run("export", desk.folder / "out", "--layout", "libfuzzer", "--kind", "found")[0] == 2
    assert not (desk.folder / "out").exists()


# --- import ----------------------------------------------------------------------------------------------------------


def afl_folder(folder: Path, footers: list[bytes]) -> Path:
    """What AFL++ leaves after a run with two instances."""
    return filled(
        folder / "out",
        {
            "main/queue/id:000000,time:0,execs:0,orig:seed": footers[0],
            "main/queue/id:000001,src:000000,time:12,execs:99,op:havoc,rep:2,+cov": footers[1],
            "main/queue/.state/deterministic_done/id:000000,time:0,execs:0,orig:seed": b"",
            "main/crashes/README.txt": b"Command line used to find this crash",
            "main/crashes/id:000000,sig:06,src:000001,op:flip1,pos:3": footers[2],
            "main/hangs/id:000000,src:000001,op:flip2": footers[3],
            "main/crashes.2026-01-02-03:04:05/id:000000,sig:11,src:000000": footers[4],
            "main/fuzzer_stats": b"start_time : 1",
            "second/queue/id:000000,time:0,execs:0,orig:seed": footers[0],
            "second/queue/id:000001,sync:main,src:000001": footers[5],
        },
    )


def test_a_folder_of_afl_gives_its_inputs_and_nothing_else(desk: Desk, footers: list[bytes]) -> None:
    report = desk.take(afl_folder(desk.folder, footers))
    assert (report["inputs"], report["fates"]["added"], report["fates"]["twice"]) == (7, 6, 1)
    assert desk.contents() == footers[:6]
    assert {one["file"] for one in report["left"]} == {"main/queue/.state", "main/crashes/README.txt"}
    crash = next(entry.sidecar for entry in desk.entries() if entry.data == footers[2])
    assert (crash.kind, crash.writer) == ("found", "AFL++")
    assert crash.why == "Imported from AFL++ (crashes): main/crashes/id:000000,sig:06,src:000001,op:flip1,pos:3."


def test_a_queue_alone_is_known_by_its_names(desk: Desk, footers: list[bytes]) -> None:
    desk.take(afl_folder(desk.folder, footers) / "main" / "queue")
    assert {entry.sidecar.writer for entry in desk.entries()} == {"AFL++"}
    assert desk.contents() == footers[:2]


def test_a_folder_of_libfuzzer_gives_inputs_and_artifacts(desk: Desk, footers: list[bytes]) -> None:
    files = {f"crash-{SHA1}": footers[0], f"slow-unit-{SHA1}": footers[1], SHA1: footers[2], "a seed": footers[3]}
    found = inputs_of(filled(desk.folder / "corpus", {**files, "deeper/more": footers[4], "words.dict": b"x"}))
    assert [one.part for one in found.inputs] == ["corpus", "corpus", "crash", "corpus", "slow-unit"]
    report = desk.take(desk.folder / "corpus")
    assert (report["fates"]["added"], len(report["left"])) == (5, 1)
    crash = next(entry.sidecar for entry in desk.entries() if entry.data == footers[0])
    assert crash.why == f"Imported from libFuzzer (crash): crash-{SHA1}."


def test_names_of_inputs_cannot_drive_a_terminal(desk: Desk, footers: list[bytes]) -> None:
    filled(desk.folder / "corpus", {"\x1b[2J\n": footers[0]})
    desk.take(desk.folder / "corpus")
    assert desk.entries()[0].sidecar.why == "Imported from libFuzzer (corpus): ?[2J?."


def test_only_inputs_with_new_features_are_kept_on_demand(desk: Desk) -> None:
    golden = [entry for entry in generate(CATALOG)[FOOTER.name, 1] if entry.sidecar.kind == "golden"]
    damaged = [entry for entry in generate(CATALOG)[FOOTER.name, 1] if entry.sidecar.kind != "golden"]
    for entry in (*golden[:-1], *damaged):
        corpus.add(desk.kept, entry)
    more = golden[0].data[:-1] + b"?"
    filled(desk.folder / "corpus", {"0": golden[0].data, "1": golden[-1].data, "2": more, "3": more[:-1]})
    report = desk.take(desk.folder / "corpus", "--only-new-features")
    assert report["fates"]["kept"] == 1
    assert report["fates"]["nothing new"] >= 1
    everything = desk.take(desk.folder / "corpus")
    assert everything["fates"]["added"] == report["fates"]["nothing new"]


def test_a_dry_run_of_an_import_keeps_nothing(desk: Desk, footers: list[bytes]) -> None:
    report = desk.take(filled(desk.folder / "corpus", {"0": footers[0]}), "--dry-run")
    assert (len(report["added"]), desk.entries()) == (1, ())


def test_an_input_that_cannot_be_had_is_named_and_the_others_kept(desk: Desk, footers: list[bytes]) -> None:
    folder = filled(desk.folder / "corpus", {"0": footers[0], "huge": b""})
    os.truncate(folder / "huge", 2**30)
    os.mkfifo(folder / "pipe")
    (folder / "circle").symlink_to(folder)
    report = desk.take(folder)
    assert [one["file"] for one in report["problems"]] == ["huge"]
    assert {one["file"] for one in report["left"]} == {"pipe", "circle"}
    assert desk.contents() == footers[:1]


def test_an_import_says_on_which_inputs_readers_disagree(
    desk: Desk, footers: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: the fast lane refuses whatever it is shown."""

    def deaf(entry: Format) -> corpus.Lanes:
        lanes = corpus.own_lanes(entry)
        return corpus.Lanes({**lanes.readers, "fast": lambda _data, _seed: ("refused", None)}, lanes.writers)

    monkeypatch.setattr("roundtrip.keeping.readers.own_lanes", deaf)
    filled(desk.folder / "corpus", {str(number): data for number, data in enumerate(footers)})
    report = desk.take(desk.folder / "corpus")
    accepted = {entry.identity for entry in desk.entries() if entry.sidecar.verdict == "accepted"}
    assert set(report["disagree"]) == accepted != set()


@pytest.mark.parametrize(
    ("name", "words", "code", "says"),
    [
        ("nowhere", INTO, 2, "there is no such folder"),
        ("mine.py", INTO, 2, "it is no folder"),
        ("empty", INTO, 3, "there is no input in it"),
        ("full", ("--format", "no_such"), 2, "no format 'no_such'"),
        ("full", ("--format", "lsm_page.footer"), 2, "seeded with a place"),
        ("full", ("--format", "lsm_page.footer", "--place", "run=1"), 2, "lacks"),
        ("full", (), 2, "Missing option '--format'"),
    ],
)
def test_what_cannot_be_imported_is_one_line(
    desk: Desk, name: str, words: tuple[str, ...], code: int, says: str
) -> None:
    (desk.folder / "empty").mkdir()
    filled(desk.folder / "full", {"0": b"x"})
    found, _, error = desk.run("import", desk.folder / name, *words)
    assert (found, says in error, len(error.splitlines())) == (code, True, 1), error
    assert desk.entries() == ()


def test_a_number_of_processes_changes_nothing(desk: Desk, footers: list[bytes]) -> None:
    filled(desk.folder / "corpus", {f"{number:03}": data for number, data in enumerate(footers * 3)})
    first = desk.take(desk.folder / "corpus", "--workers", 1, "--dry-run")
    second = desk.take(desk.folder / "corpus", "--workers", 3, "--dry-run")
    assert first == second
    assert first["fates"]["twice"] == 2 * len(footers)


# --- dictionaries ----------------------------------------------------------------------------------------------------

#: What both tools read: a name of letters, digits and underscores, and printable text with three escapes.
LINE = re.compile(rb'[0-9A-Za-z_]+="((?:[^\x00-\x1f\x7f-\xff"\\]|\\\\|\\"|\\x[0-9a-f]{2})+)"')


def unescaped(text: bytes) -> bytes:
    """A word as both tools read it."""
    pieces = re.findall(rb'\\x[0-9a-f]{2}|\\[\\"]|.', text)
    return b"".join(bytes.fromhex(one[2:].decode()) if one[:2] == b"\\x" else one[-1:] for one in pieces)


@pytest.mark.parametrize("entry", CATALOG.formats, ids=lambda entry: entry.label)
def test_every_line_of_a_dictionary_is_as_both_tools_read_it(entry: Format) -> None:
    comment, *lines = dictionary_text(entry).encode("ascii").splitlines()
    assert comment.startswith(b"# ")
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(matches)
    read = [unescaped(match[1]) for match in matches if match is not None]
    assert read == [word for _, word in words(entry)]
    assert all(0 < len(word) <= 64 for word in read)
    assert len(set(read)) == len(read) > 3


@pytest.mark.parametrize("entry", CATALOG.formats, ids=lambda entry: entry.label)
def test_a_dictionary_holds_magic_numbers_and_members(entry: Format) -> None:
    named = dict(words(entry))
    assert named["lead"].startswith(named["magic"])
    nodes = list(walk(entry.layout.root))
    members = {encoded(node, value) for node in nodes if isinstance(node, Enumeration) for _, value in node.members}
    constants = {encoded(node, node.value) for node in nodes if isinstance(node, Constant)}
    assert constants
    assert members | constants <= set(named.values())


def test_words_are_escaped_for_both_tools() -> None:
    assert escaped(b'a"b\\c\x00\xff~') == r"a\x22b\x5cc\x00\xff~"
    assert unescaped(escaped(bytes(range(256))).encode()) == bytes(range(256))


def test_a_users_formats_have_dictionaries_too() -> None:
    import construct as c  # noqa: PLC0415  # only here

    schema = c.Struct("magic" / c.Const(b'"BOX\n'), "colour" / c.Enum(c.Int16ub, red=1, green=513))
    text = dictionary_text(Catalog("mine", (Format("my box", 1, schema),)).formats[0])
    assert 'magic="\\x22BOX\\x0a"' in text or 'lead="\\x22BOX\\x0a"' in text
    assert 'colour_green="\\x02\\x01"' in text
