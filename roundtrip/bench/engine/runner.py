"""`shardproof bench engine`: engines take turns, each operation in a process of its own; then promises are judged."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from formats.errors import ShardproofError

from ..machine import installed, machine
from ..plan import INSTALL
from ..runner import Progress, last_words, make_room
from . import child
from .figures import judged, ratios_of, series_of
from .names import task_name
from .picture import write_picture
from .promises import GROWTH_PROMISES, PROMISES
from .registry import ENGINES, OURS
from .report import EngineReport
from .selection import Selection, growth_tasks, ordinary_tasks, turns_of

ROUNDS: Final = 3
#: A process that takes longer hangs.
TASK_SECONDS_MAXIMUM: Final = 3600
#: The measuring process sees exactly our modules, and nothing that its working folder happens to hold.
START: Final = (
    "import json, sys; sys.path[:] = json.load(open(sys.argv[1], encoding='utf-8'))['path'];"
    "from roundtrip.compiled.loading import use_if_asked; use_if_asked();"
    f"from {child.__name__} import main; sys.exit(main(sys.argv[1]))"
)


@dataclass
class Run:
    """A run on its way: what every process is told, and what they answered so far."""

    folder: Path
    order: dict[str, Any]
    progress: Progress | None
    total: int
    done: int = 0
    results: list[dict[str, Any]] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def measure(self, engine: str, tasks: list[dict[str, Any]]) -> None:
        """One process."""
        if self.progress is not None:
            self.progress(f"measure {engine} {task_name(tasks[0])}", self.done, self.total)
        self.done += 1
        with TemporaryDirectory(dir=self.folder) as name:
            folder = Path(name)
            answer = folder / "answer.json"
            order = {**self.order, "engine": engine, "tasks": tasks, "folder": name, "answer": str(answer)}
            (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
            trouble = run_child(folder)
            if trouble is not None or not answer.exists():
                self.findings.append(f"{engine} {task_name(tasks[0])}: {trouble or 'it left no answer'}")
                return
            found = json.loads(answer.read_text(encoding="utf-8"))
        self.results += [{**one, "engine": one["engine"] or engine} for one in found["results"]]
        self.findings += [f"{engine} {task_name(one)}: {one['reason']}" for one in found["failures"]]


def run(
    *,
    seed: int = 0,
    selection: Selection | None = None,
    rounds: int | None = None,
    quick: bool = False,
    growth: bool = False,
    plant: str | None = None,
    directory: Path | None = None,
    plot: Path | None = None,
    progress: Progress | None = None,
) -> EngineReport:
    """Measure the engines beside each other; `ShardproofError` where files cannot be written.

    directory: where the stores are made, in a folder that is removed again (None: the system's for temporary files);
    plot: the SVG file to write; quick: tiny volumes in one round, and no verdict; growth: up to a million keys.
    """
    chosen = selection or Selection()
    if plot is not None:
        make_room(plot)
    engines, not_run = present_engines(chosen)
    count = rounds or (1 if quick else ROUNDS)
    tasks = growth_tasks(quick=quick) if growth else ordinary_tasks(chosen)
    with terminated_cleanly(), temporary_folder(directory) as folder:
        order = {"path": sys.path, "seed": seed, "quick": quick, "plant": plant}
        names = [engine["name"] for engine in engines]
        turns = list(turns_of(names, tasks, count, quick=quick))
        measuring = Run(folder, order, progress, len(turns))
        for engine, its_tasks in turns:
            measuring.measure(engine, its_tasks)
    series = series_of(measuring.results)
    if not growth and series and not any("write_amplification" in one.facts for one in series):
        reason = "this file system does not count dirtied bytes; choose another with --directory"
        not_run.append({"what": "write amplification", "reason": reason})
    wanted = [one for one in (GROWTH_PROMISES if growth else PROMISES) if growth or chosen.takes(one, set(names))]
    judgements, lost = judged(wanted, series) if OURS in names and (plant or not quick) else ([], [])
    lost_texts = [f"{task_name(vars(one))}: not measured: {one.quantity}" for one in ([] if plant else lost)]
    report = EngineReport(
        seed,
        count,
        tuple(series),
        tuple(ratios_of(series)),
        tuple(judgements),
        tuple(engines),
        tuple(not_run),
        (*measuring.findings, *lost_texts),
        {**machine(), "packages": {one["package"]: one["version"] for one in engines if one["version"]}},
        quick,
        growth,
        plant,
    )
    if plot is not None and report.series:
        write_picture(plot, report)
    return report


def present_engines(selection: Selection) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The engines that can be imported, and those that cannot, with the reason."""
    present: list[dict[str, str]] = []
    absent: list[dict[str, str]] = []
    for entry in ENGINES:
        if selection.engines and entry.name not in selection.engines:
            continue
        if not entry.installed():
            absent.append({"what": entry.name, "reason": f"{entry.distribution} is not installed", "install": INSTALL})
            continue
        try:
            kind = entry.load()
        except ImportError as error:
            absent.append({"what": entry.name, "reason": f"it cannot be imported: {error}"})
            continue
        version = (installed(entry.distribution) or "") if entry.distribution else ""
        present.append(
            {"name": entry.name, "package": entry.distribution or entry.package, "version": version, "note": kind.note}
        )
    return present, absent


def run_child(folder: Path) -> str | None:
    """Run one measuring process; what went wrong, or None."""
    log = folder / "log"
    command = [sys.executable, "-P", "-c", START, str(folder / "order.json")]
    with log.open("w", encoding="utf-8") as output:
        try:
            done = subprocess.run(  # noqa: S603  # our own interpreter and our own code
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=TASK_SECONDS_MAXIMUM,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it did not end within {TASK_SECONDS_MAXIMUM} seconds"
    return None if done.returncode == 0 else f"it broke off with {done.returncode}: {last_words(log)}"


@contextmanager
def temporary_folder(directory: Path | None) -> Iterator[Path]:
    """A folder for the stores, removed whatever happens."""
    try:
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        made = TemporaryDirectory(prefix="shardproof-bench-", dir=directory)
    except OSError as error:
        raise ShardproofError(
            f"no stores can be made in {directory or 'a temporary folder'}: {error.strerror}"
        ) from None
    with made as name:
        yield Path(name).resolve()


@contextmanager
def terminated_cleanly() -> Iterator[None]:
    """A request to end (SIGTERM) becomes an exception, so that the stores are removed."""

    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not in the main thread, where nobody may ask for signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
