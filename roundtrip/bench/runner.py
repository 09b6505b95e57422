"""`shardproof bench codecs`: starts the measuring process, judges what it found, saves, compares, draws."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from errno import EACCES, EISDIR
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from formats.errors import ShardproofError

from ..catalogs import load_catalog
from . import child
from .figures import Series, ratios_of, series_of
from .picture import write_picture
from .plan import INSTALL
from .report import BenchReport
from .saved import compare, file_of, load, save
from .thresholds import FLIPS_PER_SECOND_MINIMUM, unmeasured
from .turns import FULL

#: Reports progress: what is being done, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]

#: Where saved runs are kept, relative to the working folder.
SAVED: Final = Path(".benchmarks")
#: A benchmark that misses its threshold is measured once more, for so many times as many rounds.
AGAIN: Final = 2
#: The measuring process sees exactly our modules, and nothing that its working folder happens to hold.
START: Final = (
    "import json, sys; sys.path[:] = json.load(open(sys.argv[1], encoding='utf-8'))['path'];"
    f"from {child.__name__} import main; sys.exit(main(sys.argv[1]))"
)
NO_TESTS_RAN: Final = 5


def run(
    catalog_name: str | None = None,
    *,
    seed: int = 0,
    save_as: str | None = None,
    compare_with: str | None = None,
    histogram: str | Path | None = None,
    folder: Path = SAVED,
    quick: bool = False,
    progress: Progress | None = None,
) -> BenchReport:
    """Measure a catalog, ours for None; `ShardproofError` where files or catalog are not what they should be.

    save_as, compare_with: names of saved runs in `folder`, or paths; histogram: the SVG file to write; quick: a few
    milliseconds for each benchmark, and no verdict on thresholds.
    """
    load_catalog(catalog_name)
    for name in (save_as, compare_with):
        if name is not None and file_of(name, folder).exists():
            load(file_of(name, folder))  # a broken file is said to be broken before anything is measured
    for path in (save_as and file_of(save_as, folder), histogram and Path(histogram)):
        if path:
            make_room(path)
    if lacking := lacking_packages():
        what = {
            "what": "all benchmarks",
            "reason": f"{' and '.join(lacking)} not installed",
            "install": INSTALL,
        }
        return BenchReport(catalog_name or "", seed, quick, (), (), not_run=(what,))
    order = {"catalog": catalog_name, "seed": seed, "quick": quick, "groups": None, "rounds": None}
    path = None if compare_with is None else file_of(compare_with, folder)
    report = compared(measured(order, progress), compare_with, path)
    if not quick and (doubtful := groups_in_doubt(report)):
        report = measured({**order, "groups": doubtful, "rounds": AGAIN * FULL.rounds}, progress, before=report)
        report = compared(report, compare_with, path)
    if save_as is not None and report.series:  # after the comparison, which may be with the same file
        save(file_of(save_as, folder), report.as_dict(), list(report.ratios))
    if histogram is not None and report.series:
        write_picture(Path(histogram), list(report.series), title=f"shardproof bench codecs, seed {seed}")
    return report


def make_room(path: Path) -> None:
    """Make the folder of a file that will be written; what stands in the way is said before anything is measured."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() or not os.access(path.parent, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EISDIR if path.is_dir() else EACCES))
    except OSError as error:
        raise ShardproofError(f"{path} cannot be written: {error.strerror}") from None


def lacking_packages() -> list[str]:
    """What must be installed before anything can be measured, and is not."""
    needed = (("pytest", "pytest"), ("pytest-benchmark", "pytest_benchmark"))
    return [name for name, module in needed if find_spec(module) is None]


def compared(report: BenchReport, name: str | None, path: Path | None) -> BenchReport:
    """The report with its comparison, where one is asked for."""
    if name is None or path is None or not report.series:
        return report
    return replace(report, comparison=compare(name, path, list(report.ratios), judged=not report.quick))


def groups_in_doubt(report: BenchReport) -> list[str]:
    """The benchmarks that miss a threshold or have become slower: they are measured again before that is said."""
    doubtful = [f"{ratio.format} {ratio.operation}" for ratio in report.missed]
    flips = [one for one in report.series if one.operation == "flips" and not report.catalog]
    doubtful += [f"{one.format} flips" for one in flips if 1e6 / one.microseconds < FLIPS_PER_SECOND_MINIMUM]
    if report.comparison is not None:
        doubtful += [f"{one.format} {one.operation}" for one in report.comparison.changes if one.ok is False]
    return list(dict.fromkeys(doubtful))


def measured(order: dict[str, Any], progress: Progress | None, *, before: BenchReport | None = None) -> BenchReport:
    """The report of one measuring process; benchmarks measured again take the place of those in `before`."""
    with TemporaryDirectory(prefix="shardproof-bench-") as name:
        folder = Path(name)
        code = measure({**order, "folder": name, "path": sys.path}, folder, progress)
        if code not in {0, NO_TESTS_RAN} or not (folder / "plan.json").exists():
            raise ShardproofError(f"the benchmarks broke off: {last_words(folder / 'pytest.log')}")
        facts = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        benchmarks = folder / "benchmarks.json"
        series = series_of(json.loads(benchmarks.read_text(encoding="utf-8"))) if benchmarks.exists() else []
    again: tuple[str, ...] = ()
    if before is not None:
        again = tuple(order["groups"])
        series = merged(list(before.series), series)
    judged = not order["quick"] and order["catalog"] is None
    ratios = ratios_of(series, judged=judged)
    lost = unmeasured((one.format, one.operation, one.against) for one in ratios) if judged and series else []
    findings = [f"{one.format} {one.operation}: not measured against {one.against}" for one in lost]
    return BenchReport(
        order["catalog"] or "",
        order["seed"],
        order["quick"],
        tuple(series),
        tuple(ratios),
        lanes=before.lanes if before else tuple(facts["lanes"]),
        allocations=before.allocations if before else tuple(facts["growth"]),
        not_run=tuple(facts["not_run"]),
        findings=(*facts["findings"], *findings),
        machine=facts["machine"],
        measured_again=again,
    )


def merged(before: list[Series], again: list[Series]) -> list[Series]:
    """The series, those of a benchmark that was measured again replaced."""
    replaced = {(one.format, one.operation, one.lane): one for one in again}
    return [replaced.get((one.format, one.operation, one.lane), one) for one in before]


def measure(order: dict[str, Any], folder: Path, progress: Progress | None) -> int:
    """Run the measuring process; its exit code."""
    order_file = folder / "order.json"
    order_file.write_text(json.dumps(order), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-P", "-c", START, str(order_file)]
    with (
        (folder / "pytest.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603  # our own interpreter and our own code
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if progress is not None:
                    text, done, total = json.loads(line)
                    progress(text, done, total)
        except BaseException:
            process.kill()
            raise
        return process.wait()


def last_words(log: Path) -> str:
    """The last line that says something in a log."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E ") or "Error" in line]
    return (errors or lines or ["it said nothing"])[-1]
