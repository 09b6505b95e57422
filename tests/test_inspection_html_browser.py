"""The page of `inspect --html` in a real browser: it loads nothing, and mouse and keys find their way in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from selenium.webdriver import Keys

from corpus.store import Entry, load, own_folder
from formats.catalog import CATALOG

if TYPE_CHECKING:
    from tests.conftest import Page

Made = Callable[..., Path]

EXTENT_SIZE: Final = 8192
HOSTILE: Final = "</script><img src=x onerror=alert(1)>"
CHUNK: Final = {"owner": "shard", "uuid": bytes(range(16)), "part": 0, "key": b"key", "payload": b"hello " * 50}


def chunk(**changes: Any) -> bytes:
    return CATALOG.versions("chunk")[0].oracle.encode({**CHUNK, **changes}, 0)


def damaged_chunk() -> bytes:
    data = chunk()
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]


def golden() -> list[Entry]:
    return [entry for entry in load(own_folder(), CATALOG) if entry.sidecar.kind == "golden"]


def test_page_asks_the_network_for_nothing_and_complains_of_nothing(page: Page, made: Made, small_store: bytes) -> None:
    for data in (damaged_chunk(), small_store):
        path = made(data)
        page.open(path)
        page.find("#hex .byte").click()
        page.settle()
        assert page.messages() == []
        assert page.requests() == [path.as_uri()]


@pytest.mark.parametrize("name", sorted({entry.name for entry in CATALOG}))
def test_every_golden_file_renders(page: Page, made: Made, name: str) -> None:
    entries = [entry for entry in golden() if entry.sidecar.format == name]
    assert entries
    for entry in entries:
        page.open(made(entry.data, "--format", name))
        assert page.texts("#hex .byte[id]")[:64] == [f"{byte:02x}" for byte in entry.data[:64]], entry.identity
        assert len(page.texts("#tree .row.field")) >= 5
        assert page.messages() == []


def test_hovered_field_marks_its_bytes(page: Page, made: Made) -> None:
    page.open(made(chunk()))
    page.hover(page.field("uuid"))
    assert page.bytes_of("hov") == list(range(9, 25))
    assert page.find("#readout").text.startswith("uuid: 16 bytes")
    page.hover(page.field("part"))
    assert page.bytes_of("hov") == [7, 8]


def test_hovered_byte_marks_its_field(page: Page, made: Made) -> None:
    page.open(made(chunk()))
    page.hover(page.find("#byte-12"))
    assert page.find("#tree .row.hov .name").text == "uuid"
    assert page.bytes_of("hov") == list(range(9, 25))
    assert page.find("#readout").text == "0xc: uuid, byte 4 of 16"


def test_clicked_byte_selects_its_field_and_scrolls_to_it(page: Page, made: Made) -> None:
    entry = max((one for one in golden() if one.sidecar.format == "lsm_page.data"), key=lambda one: len(one.data))
    page.open(made(entry.data, "--format", "lsm_page.data"))
    page.ask("document.getElementById('hex').scrollTop = 1e9")
    page.settle()
    last = page.find(f"#byte-{len(entry.data) - 1}")
    last.click()
    assert page.ask("return document.getElementById('tree').scrollTop") > 0
    row = page.find("#tree .row.on")
    assert row.is_displayed()
    assert "[" in page.chosen() or page.chosen() in {"keys", "tag"}
    assert len(entry.data) - 1 in page.bytes_of("on")


def test_clicked_field_scrolls_to_its_bytes(page: Page, made: Made) -> None:
    page.open(made(chunk(payload=bytes(20_000))))
    page.field("tag").click()
    size = len(chunk(payload=bytes(20_000)))
    assert page.bytes_of("on") == list(range(size - 8, size))
    assert page.ask("return document.getElementById('hex').scrollTop") > 1000
    assert "8 bytes" in page.find("#details").text


def test_tree_follows_the_keys_of_its_pattern(page: Page, made: Made) -> None:
    page.open(made(chunk() + chunk() + chunk() + chunk()))
    page.ask("document.getElementById('tree').focus()")
    steps = [
        (Keys.HOME, "chunk v1", "false"),
        (Keys.ARROW_RIGHT, "chunk v1", "true"),
        (Keys.ARROW_RIGHT, "magic", None),
        (Keys.ARROW_DOWN, "kind", None),
        (Keys.ARROW_UP, "magic", None),
        (Keys.ARROW_LEFT, "chunk v1", "true"),
        (Keys.ARROW_LEFT, "chunk v1", "false"),
        (Keys.END, "chunk v1", "false"),
        ("*", "chunk v1", "true"),
        (Keys.END, "tag", None),
        ("k", "kind", None),
        (Keys.SPACE, "kind", None),
    ]
    for key, name, expanded in steps:
        page.press(key)
        active = page.find("#" + page.find("#tree").get_attribute("aria-activedescendant"))
        assert active.get_attribute("aria-selected") == "true"
        assert (page.chosen(), active.get_attribute("aria-expanded")) == (name, expanded), key


def test_rows_of_the_tree_say_level_and_place(page: Page, made: Made) -> None:
    page.open(made(chunk()))
    row = page.field("kind")
    facts = [row.get_attribute(f"aria-{name}") for name in ("level", "posinset", "setsize")]
    assert facts == ["2", "2", "14"]
    assert row.get_attribute("aria-label").startswith("kind, 2, constant, 1 byte at 0x2")


def test_keys_move_in_the_bytes_and_enter_goes_both_ways(page: Page, made: Made) -> None:
    page.open(made(chunk()))
    page.field("magic").click()
    page.ask("document.getElementById('tree').focus()")
    page.press(Keys.ENTER, Keys.ARROW_DOWN)
    assert page.bytes_of("cur") == [16]
    assert page.chosen() == "uuid"
    assert "uuid" in page.find("#live").get_attribute("textContent")
    page.press(Keys.ENTER)
    assert page.ask("return document.activeElement.id") == "tree"


def test_slash_filters_and_escape_clears(page: Page, made: Made) -> None:
    page.open(made(chunk()))
    page.press("/", "s", "e", "a", "l")
    assert page.texts("#tree .name") == ["chunk v1", "seal"]
    assert page.find("#live").get_attribute("textContent") == "1 match for seal"
    page.press(Keys.ENTER)
    assert (page.chosen(), page.ask("return document.activeElement.id")) == ("seal", "tree")
    page.press("/", Keys.ESCAPE)
    assert len(page.all("#tree .row")) > 10


def test_damage_shows_rule_expected_and_found_at_its_field(page: Page, made: Made) -> None:
    page.open(made(damaged_chunk()))
    assert page.chosen() == "payload_checksum"
    row = page.find("#tree .row.violation")
    assert row.text.split("\n")[0].startswith("✗ checksum")
    for place in (row, page.find("#details"), page.find(".damages")):
        assert all(word in place.text for word in ("checksum", "expected", "found", "0x"))
    assert page.bytes_of("broken") == list(range(29 + 4, 29 + 8))
    assert len(page.bytes_of("suspect")) > 100
    page.field("magic").click()
    page.find(".damages button").click()
    assert page.chosen() == "payload_checksum"
    assert "damaged" in page.find("#live").get_attribute("textContent")


def test_map_opens_a_chunk(page: Page, made: Made, small_store: bytes) -> None:
    page.open(made(small_store))
    assert page.all("#map .cell.dead")
    cell = page.find("#map .cell.data.named:not(.header)")
    cell.click()
    assert page.chosen().startswith("chunk v")
    assert "named" in page.find("#details").text
    assert page.field("payload")
    assert cell.get_attribute("class").split()[-1] == "on"
    page.press(Keys.ARROW_RIGHT, Keys.ENTER)
    assert page.ask("return document.activeElement.id") == "tree"
    assert page.chosen().startswith("chunk v")


def test_keys_move_in_the_map_by_frame_and_extent(page: Page, made: Made, small_store: bytes) -> None:
    page.open(made(small_store))
    assert len(page.all("#map [tabindex='0']")) == 1
    page.ask("document.querySelector('#map [tabindex=\"0\"]').focus()")
    for key, start in ((Keys.ARROW_RIGHT, "superblock"), (Keys.ARROW_DOWN, "superblock"), (Keys.HOME, "extent_header")):
        page.press(key)
        assert page.ask("return document.activeElement.getAttribute('aria-label')").startswith(start)
    assert "extent 1," in page.ask("return document.activeElement.getAttribute('aria-label')")


def test_damage_in_a_store_is_on_the_map(page: Page, made: Made, small_store: bytes) -> None:
    page.open(made(small_store))
    label = page.find("#map .cell.index.named").get_attribute("aria-label")
    extent, offset = label.rpartition("extent ")[2].split(", offset ")
    at = int(extent) * EXTENT_SIZE + int(offset, 16) + 60
    page.open(made(small_store[:at] + bytes([small_store[at] ^ 1]) + small_store[at + 1 :]))
    cells = page.all("#map .cell.damaged[aria-label]")
    assert [cell.get_attribute("aria-label").rpartition("extent ")[2] for cell in cells] == [
        f"{extent}, offset {offset}"
    ]
    assert page.all("#tree .row.violation")


def test_hostile_bytes_stay_text(page: Page, made: Made) -> None:
    page.open(made(chunk(key=HOSTILE.encode())))
    assert page.all("img") == []
    assert HOSTILE in page.field("key").text
    assert page.messages() == []


def test_page_of_a_mebibyte_stays_quick(page: Page, made: Made) -> None:
    path = made(chunk(payload=bytes(range(256)) * 4090))
    begin = time.perf_counter()
    page.open(path)
    opened = time.perf_counter() - begin
    assert page.ask("return document.querySelectorAll('*').length") < 5000
    script = """const hex = document.getElementById("hex"), start = performance.now();
      for (let step = 1; step <= 20; step++) { hex.scrollTop = step * 60000; hex.querySelector(".byte[id]").click(); }
      return (performance.now() - start) / 20"""
    assert page.ask(script) < 150
    assert opened < 5
