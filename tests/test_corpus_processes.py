"""The run over kept files says the same from any number of processes, and leaves none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

import corpus
from corpus.regression import Selection
from corpus.sidecar import parse
from formats.catalog import CATALOG, Catalog
from roundtrip.commands.exits import CommandError
from roundtrip.histories.drivers_kept import kept_files as kept_histories
from roundtrip.histories.finding import BadFinding
from roundtrip.keeping import running
from roundtrip.keeping.processes import spread
from roundtrip.keeping.running import run_all, run_files

NAMES = ("extent_header", "lsm_page.footer")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Two small formats with their kept files, two of which are wrong."""
    formats = tuple(CATALOG[name] for name in NAMES)
    for entry in corpus.load(corpus.own_folder(), CATALOG):
        if entry.sidecar.format in NAMES:
            corpus.add(tmp_path, entry)
    for kind in ("golden", "resealed"):
        path = min((tmp_path / kind).rglob("*.json"))
        changed = msgspec.structs.replace(parse(path.read_bytes()), features=("run=enormous", "checksums=match"))
        path.write_text(changed.text(), encoding="utf-8")
    return Catalog("small", formats, corpus=str(tmp_path))


@pytest.mark.parametrize("workers", [2, 3, 7])
def test_the_report_is_the_same_from_any_number_of_processes(catalog: Catalog, workers: int) -> None:
    alone = run_files(catalog, "small.py:SMALL", workers=1)
    together = run_files(catalog, "small.py:SMALL", workers=workers)
    assert together == alone
    assert [finding.problem for finding in alone.findings] == ["features", "features"]
    assert alone.readers["reference"] == alone.files


def test_progress_counts_every_file_from_processes_too(catalog: Catalog) -> None:
    seen: list[tuple[int, int, str]] = []
    report = run_files(catalog, None, workers=2, progress=lambda done, total, what="": seen.append((done, total, what)))
    assert seen == [(done, report.files, "files") for done in range(report.files + 1)]


def test_what_a_worker_raises_is_raised_here() -> None:
    def look(number: int) -> int:
        if number == 77:
            raise ZeroDivisionError
        return number

    answers = spread(look, range(200), 2, together=8)
    with pytest.raises(ZeroDivisionError):
        list(answers)


def test_a_worker_that_is_killed_is_an_error_and_no_silence() -> None:
    def look(number: int) -> int:
        if number == 50:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with pytest.raises(Exception, match="terminated abruptly"):
        list(spread(look, range(100), 2, together=8))


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), ("golden", "rejected", "resealed", "found", "image", "history")),
        (Selection(kinds=("golden", "image")), ("golden", "image")),
        (Selection(formats=("chunk",)), ("golden", "rejected", "resealed", "found")),
        (Selection(only="golden/chunk"), ("golden", "rejected", "resealed", "found")),
        (Selection(only="history/x"), ("history",)),
        (Selection(only="image/0"), ("image",)),
    ],
)
def test_a_selection_is_about_kinds(selection: Selection, expected: tuple[str, ...]) -> None:
    assert running.chosen_kinds(selection) == expected


def test_kinds_and_formats_select_together(catalog: Catalog) -> None:
    report = run_files(catalog, None, selection=Selection(kinds=("golden",), formats=("lsm_page.footer@1",)))
    assert (set(report.kinds), set(report.formats)) == ({"golden"}, {"lsm_page.footer"})


@pytest.mark.parametrize(
    "selection", [Selection(kinds=("found",)), Selection(formats=("chunk",)), Selection(only="golden/chunk")]
)
def test_a_selection_of_nothing_is_an_error(catalog: Catalog, selection: Selection) -> None:
    with pytest.raises(corpus.CorpusError, match="no kept file matches"):
        run_files(catalog, None, selection=selection)


def test_images_and_histories_of_a_users_catalog_are_refused(catalog: Catalog) -> None:
    with pytest.raises(CommandError, match="our own engine"):
        run_all(catalog, "small.py:SMALL", selection=Selection(kinds=("history",)))


SCRIPT = "import sys; from roundtrip.command import main; sys.argv[1:] = {words}; main()"
#: A catalog whose readers never come to an end, so that there is somebody to interrupt.
SLOW = """
import time
from dataclasses import replace
from formats.catalog import CATALOG, Catalog
from formats.oracle import Oracle
FOOTER = CATALOG["lsm_page.footer"]
def slow(self, data, seed=0, *, decode=Oracle.decode):
    time.sleep(30)
    return decode(self, data, seed)
Oracle.decode = slow
SMALL = Catalog("small", tuple(CATALOG[name] for name in ("extent_header", "lsm_page.footer")), corpus="{corpus}")
"""


def children(parent: int) -> Iterator[int]:
    """The process ids of the children of a process."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            yield int(path.parent.name)


def begun(catalog: Catalog, tmp_path: Path) -> subprocess.Popen[bytes]:
    """A run with two workers that will not come to its end."""
    assert catalog.corpus is not None
    (tmp_path / "slow.py").write_text(SLOW.replace("{corpus}", catalog.corpus), encoding="utf-8")
    words = ["corpus", "run", "--catalog", f"{tmp_path / 'slow.py'}:SMALL", "--workers", "2"]
    return subprocess.Popen([sys.executable, "-c", SCRIPT.format(words=words)], start_new_session=True)


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Its workers, when both are there."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = list(children(process.pid))
        if len(found) == 2:
            return found
        time.sleep(0.05)
    raise AssertionError("the workers did not begin")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has asked for its exit code does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids: list[int]) -> bool:
    """Whether all of these processes end within some seconds."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not any(is_alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_no_worker_outlives_the_run(
    catalog: Catalog, tmp_path_factory: pytest.TempPathFactory, number: int, code: int
) -> None:
    """Ctrl-C reaches the whole group; a killed parent tells nobody, and they notice."""
    with begun(catalog, tmp_path_factory.mktemp("slow")) as process:
        workers = workers_of(process)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.kill()
        assert process.wait(30) == code
        assert gone(workers)


@pytest.mark.parametrize("make", [lambda path: path.write_bytes(b"\xff\xfe"), os.mkfifo], ids=["bytes", "pipe"])
def test_a_kept_history_that_is_no_text_is_refused(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """A pipe would be waited for, for ever."""
    make(tmp_path / "broken.txt")
    with pytest.raises(BadFinding, match=r"broken\.txt: expected the text of a finding"):
        list(kept_histories(tmp_path))
