"""The page of `inspect --html` for everyone: contrast, light and dark, names, focus, paper, no scripts."""

from __future__ import annotations

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

CHUNK: Final = {"owner": "shard", "uuid": bytes(range(16)), "part": 0, "key": b"key", "payload": b"hello " * 50}
CONTRAST_MINIMUM: Final = 4.5
#: Of every text that can be seen: what it says, its colour, and every colour that may be behind it.
TEXTS: Final = """
const colours = (text) => [...text.matchAll(/rgba?\\(([^)]*)\\)/g)].map((one) => one[1].split(/[ ,/]+/).map(Number));
const found = [];
for (const one of document.querySelectorAll("body *")) {
  const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const box = one.getBoundingClientRect();
  if (!own || !box.width || !box.height || one.closest("script, noscript, style, .hidden, .skip")) continue;
  const behind = [];
  for (let at = one; at && !behind.length; at = at.parentElement) {
    const style = getComputedStyle(at);
    const plain = colours(style.backgroundColor).filter((colour) => colour[3] !== 0);
    behind.push(...colours(style.backgroundImage), ...plain);
  }
  found.push([`${one.className}: ${one.textContent.slice(0, 30)}`, colours(getComputedStyle(one).color)[0], behind]);
}
const filter = document.getElementById("filter");
const hint = getComputedStyle(filter, "::placeholder").color;
found.push(["placeholder", colours(hint)[0], colours(getComputedStyle(filter).backgroundColor)]);
return found;
"""


def chunk(**changes: Any) -> bytes:
    return CATALOG.versions("chunk")[0].oracle.encode({**CHUNK, **changes}, 0)


def damaged_chunk() -> bytes:
    data = chunk()
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]


def golden() -> list[Entry]:
    return [entry for entry in load(own_folder(), CATALOG) if entry.sidecar.kind == "golden"]


def brightness(colour: list[float]) -> float:
    """Relative luminance, as WCAG defines it."""
    linear = [
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in (part / 255 for part in colour[:3])
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    dark, light = sorted((brightness(one), brightness(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(page: Page, made: Made, small_store: bytes, scheme: str) -> None:
    entry = next(one for one in golden() if one.sidecar.format == "lsm_page.footer")
    for data in (damaged_chunk(), small_store, entry.data):
        page.open(made(data))
        page.scheme(scheme)
        page.hover(page.all("#hex .byte[id]")[40])
        weak = {
            (name, round(contrast(ink, ground), 2))
            for name, ink, grounds in page.ask(TEXTS)
            for ground in grounds or [[255, 255, 255]]
            if contrast(ink, ground) < CONTRAST_MINIMUM
        }
        assert weak == set()


def test_dark_is_the_systems_choice_and_the_switch_overrules(page: Page, made: Made) -> None:
    page.open(made(chunk()))
    ground = "return getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)"
    page.scheme("dark")
    assert brightness(page.ask(ground)) < 0.05
    page.find(".theme label:nth-of-type(2)").click()
    assert brightness(page.ask(ground)) > 0.9
    page.driver.refresh()
    assert brightness(page.ask(ground)) > 0.9
    page.find(".theme label:nth-of-type(1)").click()
    assert brightness(page.ask(ground)) < 0.05


def test_everything_that_can_be_used_has_a_name(page: Page, made: Made, small_store: bytes) -> None:
    used = {"button", "link", "searchbox", "radio", "tree", "treeitem", "grid", "gridcell", "rowheader"}
    for data in (damaged_chunk(), small_store):
        page.open(made(data))
        nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        seen = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]}
        assert {"tree", "treeitem", "grid", "gridcell", "searchbox", "radio", "main", "banner"} <= {
            role for role, _ in seen
        }
        assert {role for role, name in seen if role in used - {"gridcell"} and not name.strip()} == set()
        assert all(
            page.ask("return [...document.querySelectorAll('#map .cell[tabindex]')].map((one) => one.ariaLabel)")
        )
    broken = """const names = ["aria-labelledby", "aria-describedby", "aria-activedescendant"];
      return [...document.querySelectorAll("*")].flatMap((one) => names.map((name) => one.getAttribute(name)))
      .filter((id) => id && !document.getElementById(id))"""
    assert page.ask(broken) == []


def test_tab_goes_through_everything_and_can_be_seen(page: Page, made: Made, small_store: bytes) -> None:
    page.open(made(small_store))
    places = []
    for _ in range(7):
        page.press(Keys.TAB)
        style = page.ask("const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth")
        name = page.ask(
            "const a = document.activeElement; return a.id || a.className.split(' ')[0] || a.name || a.tagName"
        )
        places.append(name)
        if name in {"theme", "tree", "hex"}:
            continue  # seen by their label or their row
        assert style.startswith("solid"), name
    assert places == ["skip", "theme", "cell", "filter", "tree", "hex", "SUMMARY"]
    page.open(made(small_store))
    page.press(Keys.TAB, Keys.ENTER)
    assert page.ask("return document.activeElement.id") == "tree"
    assert page.ask("return getComputedStyle(document.querySelector('#tree .row.on')).outlineStyle") == "solid"


def test_paper_shows_the_rows_and_says_what_is_left(page: Page, made: Made) -> None:
    page.open(made(chunk(payload=bytes(9_000))))
    page.ask("dispatchEvent(new Event('beforeprint'))")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert len(page.texts("#hex .row")) == 512
    assert "lines more are not printed" in page.find("#hex .unprinted").text
    assert page.ask("return getComputedStyle(document.getElementById('hex')).overflow") == "visible"
    assert page.driver.execute_cdp_cmd("Page.printToPDF", {})["data"].startswith("JVBERi")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    page.ask("dispatchEvent(new Event('afterprint'))")
    assert len(page.texts("#hex .row")) < 120


def test_without_scripts_the_damage_is_still_listed(page: Page, made: Made) -> None:
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.driver.get(made(damaged_chunk()).as_uri())
        assert "payload_checksum" in page.find(".damages").text
        assert "scripts are switched off" in page.find("noscript").text
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
