"""Settings of a test run: the seed, printed first, and the Hypothesis profiles.

SHARDPROOF_SEED=n chooses the seed (default 0, so that a run repeats; `random` draws one).
SHARDPROOF_PROFILE chooses a Hypothesis profile: `ci` (the default) repeats itself, `explore` looks longer,
and elsewhere each time.

Also here, for the tests of more than one file: a real browser with a page of `inspect --html` in it. It needs Debian's
packages `chromium` and `chromium-driver`, which `make test` installs where it may; where they are not there, every test
that asks for it is reported as not run.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

BROWSER_FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--window-size=1400,1000",
    "--force-device-scale-factor=1",
)

settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    # The machine that runs the gate may be slow; how long data takes to make is no claim of ours.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", max_examples=1000, deadline=None, print_blob=True)


def pytest_configure() -> None:
    """Settle the seed in the environment, where xdist's workers find the same one."""
    if os.environ.get("SHARDPROOF_SEED") == "random":
        os.environ["SHARDPROOF_SEED"] = str(secrets.randbits(32))
    settings.load_profile(_profile_name())


def pytest_report_header() -> str:
    """Print what repeats this run."""
    return f"SHARDPROOF_SEED={_seed()} SHARDPROOF_PROFILE={_profile_name()}"


@pytest.fixture(scope="session")
def seed() -> int:
    """The one seed of the run; every test that draws anything draws from it."""
    return _seed()


def _seed() -> int:
    return int(os.environ.get("SHARDPROOF_SEED", "0"))


def _profile_name() -> str:
    return os.environ.get("SHARDPROOF_PROFILE", "ci")


class Page:
    """A browser, and what can be asked of the page that is open in it."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, path: Path) -> Page:
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
        self.messages()
        self.requests()
        self.driver.get(path.as_uri())
        assert self.ask("return 'ready' in document.documentElement.dataset")
        return self

    def ask(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements("css selector", selector)

    def press(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains  # noqa: PLC0415  # only where there is a browser

        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def hover(self, element: Any) -> None:
        from selenium.webdriver import ActionChains  # noqa: PLC0415  # likewise

        ActionChains(self.driver).move_to_element(element).perform()

    def settle(self) -> None:
        """Wait until what a scroll event asked for is drawn."""
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def field(self, name: str) -> Any:
        """The row of the first field of this name that is in the document."""
        script = "return [...document.querySelectorAll('#tree .name')].find((one) => one.textContent === arguments[0])"
        return self.ask(f"{script}.parentElement", name)

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
        return [str(text) for text in self.ask(script, selector)]

    def chosen(self) -> str:
        return str(self.find("#tree .row.on .name").text)

    def bytes_of(self, kind: str) -> list[int]:
        """The places of the bytes that are marked this way."""
        script = "return [...document.querySelectorAll(arguments[0])].map((one) => Number(one.id.slice(5)))"
        return sorted(self.ask(script, f"#hex .byte.{kind}"))

    def log(self, name: str) -> list[dict[str, Any]]:
        """What the browser has noted since it was asked last."""
        found: list[dict[str, Any]] = self.driver.get_log(name)  # type: ignore[no-untyped-call]  # has no types
        return found

    def messages(self) -> list[str]:
        return [str(entry["message"]) for entry in self.log("browser")]

    def requests(self) -> list[str]:
        events = (json.loads(entry["message"])["message"] for entry in self.log("performance"))
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    def scheme(self, name: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": name}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The browser; skips, with the reason, where there is none."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        missing = [name for name, path in (("chromium", browser), ("chromedriver", driver)) if path is None]
        pytest.skip(f"not run: there is no {' and no '.join(missing)} on PATH (Debian: chromium, chromium-driver)")
    from selenium import webdriver  # noqa: PLC0415  # only where there is a browser
    from selenium.webdriver.chrome.service import Service  # noqa: PLC0415  # likewise

    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*BROWSER_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Page(started)
    finally:
        started.quit()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes the page of some bytes, with options of `inspect`; the answer is its path."""
    from roundtrip.command import run  # noqa: PLC0415  # imports what few tests need

    folder = tmp_path_factory.mktemp("pages")
    known: dict[tuple[bytes, tuple[str, ...]], Path] = {}

    def make(data: bytes, *arguments: str) -> Path:
        if (data, arguments) not in known:
            path = folder / f"{len(known)}.bin"
            path.write_bytes(data)
            assert run(["inspect", str(path), "--html", str(path.with_suffix(".html")), *arguments]) in {0, 1}
            known[data, arguments] = path.with_suffix(".html")
        return known[data, arguments]

    return make


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The disk file of a closed store with named and dead frames; extents have 8,192 bytes."""
    from engine import Limits, Shape, Store  # noqa: PLC0415  # imports what few tests need

    path = tmp_path_factory.mktemp("small") / "store"
    limits = Limits(memtable_entries=12, cache_bytes=0, buffer_pool_bytes=4096, write_bytes=1024, background=False)
    store = Store.create(path, Shape(extent_count=24, extent_size_bytes=8192, page_size_bytes=512), limits)
    for number in range(30):
        store.put(b"key %02d" % (number % 10), bytes([number]) * (number * 37 % 1800))
        if number % 10 == 9:
            store.flush().wait()
    store.close()
    return (path / "disk").read_bytes()
