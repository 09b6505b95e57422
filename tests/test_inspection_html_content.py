"""What `inspect --html` shows: every byte in one place, damage where it is, a store as it lies, limits told."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from html.parser import HTMLParser
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import pytest

from corpus.store import Entry, load, own_folder
from engine import Limits as StoreLimits
from engine import Shape, Store
from formats.catalog import CATALOG
from formats.place import Place
from roundtrip.command import run
from roundtrip.inspection import scan
from roundtrip.inspection_html import USUAL, Content, Limits, extent_size_of, file_content, store_content
from roundtrip.inspection_html.model import Part, Row
from roundtrip.reference.store import ground, read_image, reader_of

SHAPE: Final = Shape(extent_count=24, extent_size_bytes=8192, page_size_bytes=512)
STORE_LIMITS: Final = StoreLimits(
    memtable_entries=12, cache_bytes=0, buffer_pool_bytes=4096, write_bytes=1024, chunk_bytes=900, background=False
)
HOSTILE: Final = b"</script><img src=x onerror=alert(1)>"
VOID: Final = {"meta", "input", "br", "hr", "img", "link"}


def golden() -> list[Entry]:
    return [entry for entry in load(own_folder(), CATALOG) if entry.sidecar.kind == "golden"]


def whole(data: bytes, limits: Limits = USUAL, start: int = 0) -> Content:
    view = memoryview(data)
    parts = scan(list(CATALOG), view, start=start, context={})
    return file_content(parts, view, start=start, limits=limits, remainder=False)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store with named and dead frames of every kind."""
    path = tmp_path_factory.mktemp("page") / "store"
    store = Store.create(path, SHAPE, STORE_LIMITS)
    for number in range(60):
        store.put(b"key %02d" % (number % 20), bytes([number]) * (number * 37 % 1800))
        if number % 10 == 9:
            store.flush().wait()
    store.close()
    return path


@pytest.fixture(scope="module")
def image(directory: Path) -> bytes:
    return (directory / "disk").read_bytes()


def of_store(data: bytes, limits: Limits = USUAL, start: int = 0) -> Content:
    size = extent_size_of(memoryview(data))
    assert size is not None
    return store_content(memoryview(data), size, start=start, limits=limits)


def flipped(data: bytes, offset: int) -> bytes:
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :]


def is_deeper(row: Row, other: Row) -> bool:
    return other.depth > row.depth


def leaves(part: Part) -> Iterator[tuple[int, int]]:
    """The bytes of every row in which no other row has bytes."""
    for number, row in enumerate(part.rows):
        inside = takewhile(partial(is_deeper, row), part.rows[number + 1 :])
        if not any(one.end > one.start for one in inside):
            yield row.start, row.end


@pytest.mark.parametrize("entry", golden(), ids=lambda entry: str(entry.identity))
def test_rows_hold_every_byte_of_a_golden_file(entry: Entry) -> None:
    content = whole(entry.data)
    covered = {byte for part in content.parts for start, end in leaves(part) for byte in range(start, end)}
    assert covered == set(range(len(entry.data)))


@pytest.mark.parametrize("entry", golden()[::5], ids=lambda entry: str(entry.identity))
def test_damaged_bytes_are_all_shown_and_violations_stand_at_their_field(entry: Entry) -> None:
    for offset in range(0, len(entry.data), max(1, len(entry.data) // 16)):
        for part in whole(flipped(entry.data, offset)).parts:
            covered = {byte for start, end in leaves(part) for byte in range(start, end)}
            assert not part.rows or covered == set(range(part.start, part.end))
            for violation in part.violations:
                if violation.row >= 0:
                    assert violation.path.endswith(part.rows[violation.row].label)
                    assert part.rows[violation.row].style in {"broken", "missing"}


def test_map_has_every_stretch_of_the_ground(image: bytes) -> None:
    read = read_image(image, SHAPE.extent_size_bytes)
    expected = [
        (number * SHAPE.extent_size_bytes + stretch.start, number * SHAPE.extent_size_bytes + stretch.end, stretch.kind)
        for number, stretches in ground(reader_of(image, SHAPE.extent_size_bytes), read).items()
        for stretch in stretches
    ]
    content = of_store(image)
    assert [(part.start, part.end, part.state) for part in content.parts] == expected
    assert {part.state for part in content.parts} >= {"named", "dead"}
    assert {part.sort for part in content.parts} >= {"header", "superblock", "metadata", "data", "index"}
    assert content.verdict == "valid"


def test_every_frame_of_a_store_is_verified_at_its_place(image: bytes) -> None:
    assert {part.verdict for part in of_store(image).parts if part.state != "debris"} == {"valid"}


def test_pages_of_a_run_are_shown_in_its_chunks(image: bytes) -> None:
    parts = [part for part in of_store(image).parts if part.sort == "index" and part.state == "named"]
    titles = {row.label for part in parts for row in part.rows if row.label.startswith("lsm_page")}
    assert {title.split()[0] for title in titles} == {entry.name for entry in CATALOG if entry.family == "lsm_page"}


def test_flip_in_a_named_frame_is_told_with_its_rule(image: bytes) -> None:
    sound = of_store(image)
    for part in [part for part in sound.parts if part.state == "named" and part.sort in {"data", "index"}][::16]:
        content = of_store(flipped(image, (part.start + part.end) // 2))
        damaged = [one for one in content.parts if one.verdict == "damaged"]
        assert content.verdict == "damaged"
        assert [(one.start, one.end) for one in damaged] == [(part.start, part.end)]
        assert damaged[0].violations


def test_flip_in_a_dead_frame_is_no_damage(image: bytes) -> None:
    part = next(part for part in of_store(image).parts if part.state == "dead")
    content = of_store(flipped(image, (part.start + part.end) // 2))
    assert content.verdict == "valid"
    assert all(one.verdict != "damaged" for one in content.parts)


def test_whole_frame_that_is_not_the_named_one_is_damage(image: bytes) -> None:
    read = read_image(image, SHAPE.extent_size_bytes)
    parts = [part for part in of_store(image).parts if part.sort == "data" and part.state == "named"]
    part = next(part for part in parts if part.title.startswith("chunk") and part.end - part.start > 100)
    extent, offset = divmod(part.start, SHAPE.extent_size_bytes)
    oracle = next(one.oracle for one in CATALOG.versions("chunk") if part.title == f"chunk v{one.version}")
    seed = Place(read.disk, extent, read.extents[extent].generation, offset).seed(oracle.layout.seed)
    value = oracle.decode(image[part.start : part.end], seed)
    other = oracle.encode({**value, "payload": value["payload"][:-1] + b"?"}, seed)
    content = of_store(image[: part.start] + other + image[part.end :])
    damaged = next(one for one in content.parts if one.verdict == "damaged")
    assert damaged.start == part.start
    assert [violation.rule for violation in damaged.violations] == ["identity"]


def test_extent_size_is_found_without_the_first_header(image: bytes) -> None:
    assert extent_size_of(memoryview(flipped(image, 20))) == SHAPE.extent_size_bytes
    assert extent_size_of(memoryview(bytes(2**20))) is None


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(size_bytes=3 * 8192), "bytes of the frames that are shown"),
        (Limits(frames=5), "frames from byte"),
        (Limits(fields=50), "fields"),
        (Limits(extents=3), "extents on the map"),
    ],
)
def test_what_a_store_page_leaves_out_is_told(image: bytes, limits: Limits, words: str) -> None:
    content = of_store(image, limits)
    assert any(words in left.words for left in content.left_out)
    assert sum(segment.end - segment.start for segment in content.segments) <= limits.size_bytes
    assert len(content.parts) <= limits.frames
    assert content.verdict == "valid"


def test_what_is_left_out_is_on_the_page_that_the_command_makes(image: bytes) -> None:
    everything = {part.start for part in of_store(image).parts}
    seen: set[int] = set()
    starts = [0]
    while starts and len(seen) < len(everything):
        content = of_store(image, Limits(frames=80), starts.pop())
        new = {part.start for part in content.parts} - seen
        assert new
        seen |= new
        starts = [left.start for left in content.left_out if left.start]
    assert seen == everything


@pytest.mark.parametrize("limits", [Limits(size_bytes=100), Limits(frames=2), Limits(fields=3)])
def test_what_a_file_page_leaves_out_is_told(limits: Limits) -> None:
    data = b"".join(entry.data for entry in golden()[:12])
    content = whole(data, limits)
    assert content.left_out
    assert sum(segment.end - segment.start for segment in content.segments) <= limits.size_bytes
    assert len(content.parts) <= limits.frames


def page(tmp_path: Path, data: bytes, *arguments: str, name: str = "file.bin") -> tuple[int, str]:
    (tmp_path / name).write_bytes(data)
    code = run(["inspect", str(tmp_path / name), "--html", str(tmp_path / "page.html"), *arguments])
    return code, (tmp_path / "page.html").read_text(encoding="utf-8")


def elements(text: str, tag: str) -> list[str]:
    return re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", text, re.DOTALL)


def test_page_holds_the_bytes_and_loads_nothing(tmp_path: Path) -> None:
    data = golden()[0].data
    _, text = page(tmp_path, data)
    held = elements(text, "script")[1]
    assert base64.b64decode(held) == data
    assert re.findall(r"(?:src|href|action|url|import)\s*[=(]\s*[\"']?([^\s\"'>)]*)", text.replace(held, "")) == [
        "#tree"
    ]
    assert "default-src 'none'" in unescape(text)


def test_policy_names_the_script_and_the_style_by_hash(tmp_path: Path) -> None:
    _, text = page(tmp_path, golden()[0].data)
    for content in (elements(text, "script")[2], elements(text, "style")[0]):
        assert base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() in text
    assert "unsafe" not in text.partition("</head>")[0].partition("<style>")[0]


class Balanced(HTMLParser):
    """Notes tags that are not closed in order, and identifiers that are given twice."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append(tag)


def test_page_is_well_formed_and_made_alike_each_time(tmp_path: Path, image: bytes) -> None:
    _, text = page(tmp_path, flipped(image, 8192 * 10 + 200))
    checker = Balanced()
    checker.feed(text)
    assert (checker.wrong, checker.stack) == ([], [])
    assert len(checker.ids) == len(set(checker.ids))
    assert page(tmp_path, flipped(image, 8192 * 10 + 200))[1] == text


def test_hostile_bytes_and_names_stay_text(tmp_path: Path) -> None:
    value = {"owner": "shard", "uuid": bytes(range(16)), "part": 0, "key": HOSTILE, "payload": HOSTILE * 3}
    data = CATALOG.versions("chunk")[0].oracle.encode(value, 0)
    _, text = page(tmp_path, data, name="<img src=x onerror=alert(2)>&\u202e.bin")
    assert "<img" not in text
    assert text.count("<script") == text.count("</script") == 3
    assert "\u202e" not in text
    assert HOSTILE.decode() in json.dumps(json.loads(elements(text, "script")[0]))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--html", "-", "--json"],
        ["--html", ""],
        ["--html", "SAME"],
        ["--html", "no/where/x"],
        ["--html", "a\0b"],
        ["--html", "x" * 5000],
    ],
)
def test_page_that_cannot_be_written_is_one_line(arguments: list[str], tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(golden()[0].data)
    (tmp_path / "no").write_text("a file, and no folder")
    words = [str(path) if word == "SAME" else str(tmp_path / word) if "/" in word else word for word in arguments]
    assert run(["inspect", str(path), *words]) == 2
    assert capsys.readouterr().err.strip().splitlines()[-1]
    assert path.read_bytes() == golden()[0].data


def test_page_goes_to_standard_output_alone(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(golden()[0].data)
    run(["inspect", str(path), "--html", "-"])
    captured = capsys.readouterr()
    assert captured.out.startswith("<!doctype html>")
    assert captured.out.endswith("</html>\n")
    assert "frame" in captured.err


def test_directory_of_a_store_is_locked_while_it_is_read(directory: Path, tmp_path: Path, capsys: Any) -> None:
    target = str(tmp_path / "page.html")
    assert run(["inspect", str(directory), "--html", target, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["html"], report["extents"]) == (True, target, SHAPE.extent_count)
    with Store.open(directory, STORE_LIMITS):
        assert run(["inspect", str(directory), "--html", target]) == 2
    assert "has the store open" in capsys.readouterr().err


def test_page_beside_the_files_of_a_store_is_refused(directory: Path) -> None:
    assert run(["inspect", str(directory), "--html", str(directory / "page.html")]) == 2
    assert not (directory / "page.html").exists()


def test_damage_is_exit_code_1(tmp_path: Path, image: bytes) -> None:
    assert page(tmp_path, image)[0] == 0
    part = next(part for part in of_store(image).parts if part.sort == "index" and part.state == "named")
    code, text = page(tmp_path, flipped(image, part.end - 1))
    assert code == 1
    assert 'class="damages"' in text
