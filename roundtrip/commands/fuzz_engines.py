"""`shardproof fuzz --engine atheris|hypothesis`: one format after the other, in equal shares of the time."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..fuzzing.findings.files import Origin
from ..fuzzing.seeds import base_seeds, kept_files
from ..fuzzing.target import target_of
from .exits import NOTHING_TESTED, PROVED, REFUTED
from .fuzz_findings import settle, show
from .output import note, one_line, progress_bar, write, write_json, write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from formats.catalog import Catalog, Format

    from ..fuzzing.engines import EngineRun
    from ..fuzzing.failure import Failure
    from ..fuzzing.frames import Seed
    from ..fuzzing.target import Target

#: Seconds that each format gets at most where only a number of inputs is asked for.
LONG_SECONDS = 24 * 3600.0


def run_engine(
    engine: str,
    catalog: Catalog,
    catalog_name: str | None,
    formats: Sequence[Format],
    seed: int,
    *,
    seconds: float | None,
    inputs: int | None,
    folder: Path,
    promote: bool,
    as_json: bool,
) -> int:
    """Run the engine on each format, settle what it found, report; the exit code."""
    kept, trouble = kept_files(catalog)
    if trouble:
        note(f"note: {one_line(trouble)}")
    runs: list[tuple[Target, EngineRun]] = []
    each = LONG_SECONDS if seconds is None else seconds / len(formats)
    share = None if inputs is None else -(-inputs // len(formats))
    with progress_bar(quiet=as_json) as bar:
        for number, entry in enumerate(formats):
            base = base_seeds(entry, kept)
            target = target_of(entry) if not base else target_of(entry, place=base[0].place)
            told = entry.label

            def report(done: int, failure: Failure | None, number: int = number, told: str = told) -> None:
                if bar is not None:
                    found = f", {failure.law}" if failure is not None else ""
                    bar(number, len(formats), f"{told}: {done:,} inputs{found}")

            run = run_one(engine, target, base, each, folder, seed=seed, inputs=share, report=report)
            runs.append((target, run))
    targets = {target.label: target for target, _ in runs}
    failures = [failure for _, run in runs for failure in run.failures]
    origin = Origin(catalog_name, by=f"{engine}, seed {seed}")
    settled = settle(failures, lambda one: targets[one.format], folder / "findings", catalog, origin, promote=promote)
    made = sum(run.inputs for _, run in runs)
    code = REFUTED if settled else PROVED if made and all(run.inputs for _, run in runs) else NOTHING_TESTED
    if as_json:
        write_json(
            {
                "ok": code == PROVED,
                "engine": engine,
                "seed": seed,
                "inputs": made,
                "formats": [{"format": target.label, **facts(run)} for target, run in runs],
                "findings": [one.as_dict() for one in settled],
            }
        )
        return code
    rows: list[tuple[str, ...]] = [("format", "inputs", "a second", "accepted", "all lanes", "kept", "ended by")]
    for target, run in runs:
        numbers = (run.inputs, round(run.rate), run.accepted, run.judged, run.kept)
        rows.append((target.label, *(f"{number:,}" for number in numbers), run.ended))
    write_table(rows)
    show(settled)
    write(f"{made:,} inputs: " + ("no law was broken" if not settled else f"{len(settled)} findings"))
    return code


def run_one(
    engine: str,
    target: Target,
    base: tuple[Seed, ...],
    seconds: float,
    folder: Path,
    *,
    seed: int,
    inputs: int | None,
    report: Any,
) -> EngineRun:
    """One format with one engine."""
    if engine == "atheris":
        from ..fuzzing.guided import run_atheris  # noqa: PLC0415  # needs an extra package

        guided = folder / "atheris" / target.label
        return run_atheris(target, base, seconds, guided, report, inputs=inputs, seed=seed)
    from ..fuzzing.hypothesis_engine import run_hypothesis  # noqa: PLC0415  # imports Hypothesis

    with interrupted_between_inputs() as look:

        def heard(done: int, failure: Failure | None) -> None:
            report(done, failure)
            look()

        return run_hypothesis(target, seconds, folder / "examples", heard, inputs=inputs, seed=seed)


@contextmanager
def interrupted_between_inputs() -> Iterator[Callable[[], None]]:
    """Keeps Ctrl-C until what it gives is called: Hypothesis runs code in every garbage collection, and there Python
    drops whatever is raised. Who asks twice is not kept waiting.
    """
    asked: list[int] = []
    usual = signal.getsignal(signal.SIGINT)

    def interrupt(number: int, _frame: object) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, usual)

    def look() -> None:
        if asked:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield look
    finally:
        signal.signal(signal.SIGINT, usual)
    look()


def facts(run: EngineRun) -> dict[str, Any]:
    """One run with stable keys."""
    return {
        "inputs": run.inputs,
        "accepted": run.accepted,
        "judged": run.judged,
        "kept": run.kept,
        "ended": run.ended,
        "per_second": round(run.rate),
        "seconds": round(run.seconds, 3),
    }
