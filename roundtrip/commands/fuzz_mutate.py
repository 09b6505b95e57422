"""`shardproof fuzz` with the mutating engine: blocks in child processes, a ledger, canaries, and the report."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from corpus.sidecar import NAME_SIZE, hashed

from ..fuzzing.findings.files import Origin
from ..fuzzing.hunting import Fuzzing, ledger_at, outcome, rows_of
from ..fuzzing.seeds import base_seeds, kept_files
from ..fuzzing.target import target_of
from .exits import NOTHING_TESTED, PROVED, REFUTED, CommandError
from .fuzz_findings import settle, show
from .options import chosen_seed
from .output import note, one_line, progress_bar, write, write_json, write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from formats.catalog import Catalog, Format

    from ..campaign.ledger import LedgerOf
    from ..fuzzing.block import FuzzResult
    from ..fuzzing.hunting import Hunt
    from .fuzz_findings import Settled
    from .output import Progress


def run_mutate(
    catalog: Catalog,
    catalog_name: str | None,
    formats: Sequence[Format],
    seed: int | None,
    *,
    seconds: float | None,
    inputs: int | None,
    workers: int,
    folder: Path,
    promote: bool,
    as_json: bool,
) -> int:
    """Run it, settle what was found, report; the exit code."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder}: {error.strerror}; name another folder with --out") from None
    kept, trouble = kept_files(catalog)
    if trouble:
        note(f"note: {one_line(trouble)}")
    bases = {entry.label: base_seeds(entry, kept) for entry in formats}
    barren = [entry.label for entry in formats if not bases[entry.label]]
    if barren:
        note(f"note: no frame can be made of {', '.join(map(one_line, barren))}: it is not fuzzed")
    formats = [entry for entry in formats if bases[entry.label]]
    with ledger_at(folder / "ledger.jsonl") as book, progress_bar(quiet=as_json) as bar:
        run_seed = seed_for(book, seed)
        if not as_json:
            write(f"seed {run_seed}")
        hunt = hunted(
            formats, bases, run_seed, book, bar,
            seconds=seconds, inputs=inputs if formats else None, workers=workers, folder=folder,
        )  # fmt: skip
    targets = {entry.label: target_of(entry) for entry in formats}
    origin = Origin(catalog_name, by=f"mutate, seed {run_seed}")
    settled = settle(
        hunt.failures, lambda one: targets[one.format], folder / "findings", catalog, origin, promote=promote
    )
    code = REFUTED if settled or hunt.missed else PROVED if hunt.inputs and not barren else NOTHING_TESTED
    if as_json:
        write_json(facts(hunt, settled, workers, barren, code))
    else:
        show_hunt(hunt, workers)
        show(settled)
        show_end(hunt, settled)
    return code


def seed_for(book: LedgerOf[FuzzResult], seed: int | None) -> int:
    """The seed that is asked for; else that of the ledger, so that the run goes on; else a new one."""
    known = next((result.block.seed for result in book.results.values()), None)
    return chosen_seed(seed) if seed is not None or known is None else known


def hunted(
    formats: Sequence[Format],
    bases: dict[str, Any],
    seed: int,
    book: LedgerOf[FuzzResult],
    bar: Progress | None,
    *,
    seconds: float | None,
    inputs: int | None,
    workers: int,
    folder: Path,
) -> Hunt:
    """Run the rows; inputs that show something new are written as they come."""
    if book.torn_bytes:
        torn = f"the last line was torn ({book.torn_bytes} bytes)"
        note(f"note: {one_line(str(book.path))}: {torn}; its block is run again")
    rows, told = rows_of(formats, bases, seed=seed, inputs=inputs)
    tally = {"accepted": 0, "new": 0, "findings": 0}

    def take(result: FuzzResult) -> None:
        if not result.block.planted:
            tally["accepted"] += result.accepted
            tally["new"] += len(result.novel)
            tally["findings"] += len(result.failures)
            keep_inputs(result, folder / "inputs" / result.block.format)

    watch = watcher(bar, inputs, tally)
    fuzzing = Fuzzing(rows, workers=workers, ledger=book, seconds=seconds, watch=watch, taken=take)
    before = len(book.results)
    hunt = outcome(fuzzing, fuzzing.run(), seed, told)
    if before > hunt.resumed:
        why = "they began with other frames, code or another seed, or lie beyond what was asked for"
        note(f"note: {before - hunt.resumed} of the {before} blocks in {one_line(str(book.path))} were not used: {why}")
    return hunt


def keep_inputs(result: FuzzResult, folder: Path) -> None:
    """Write what showed something new, named by its hash: a folder that libFuzzer and AFL++ can begin with too."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in result.novel:
            path = folder / hashed(one.data)[:NAME_SIZE]
            # One of another size was torn by a full disk, or by the end of the process.
            if not path.exists() or path.stat().st_size != len(one.data):
                path.write_bytes(one.data)
    except OSError as error:
        raise CommandError(f"{folder}: {error.strerror}; free some room, or name another folder with --out") from None


def watcher(bar: Progress | None, inputs: int | None, tally: dict[str, int]) -> Callable[[int], None] | None:
    """Shows what there is by now, and how fast it comes."""
    if bar is None:
        return None
    start = time.monotonic()

    def watch(done: int) -> None:
        rate = done / max(time.monotonic() - start, 0.001)
        numbers = ", ".join(f"{number:,} {name}" for name, number in tally.items())
        bar(done, inputs or 0, f"{done:,} inputs, {rate:,.0f} a second, {numbers}")

    return watch


def facts(hunt: Hunt, settled: list[Settled], workers: int, barren: list[str], code: int) -> dict[str, Any]:
    """The report with stable keys."""
    counts = ("inputs", "accepted", "repeated", "judged", "refused", "measured")
    return {
        "ok": code == PROVED,
        "engine": "mutate",
        "seed": hunt.seed,
        "workers": workers,
        **{name: hunt.total(name) for name in counts},
        "inputs_now": hunt.inputs_now,
        "blocks": len(hunt.own),
        "resumed": hunt.resumed,
        "novel": sum(len(result.novel) for result in hunt.own),
        "rules": hunt.rules,
        "formats": [
            {"format": label, **{name: sum(getattr(one, name) for one in results) for name in counts}}
            for label, results in by_format(hunt).items()
        ],
        "not_fuzzed": barren,
        "canaries": [
            {"format": one.format, "name": one.name, "what": one.what, "found": one.found, "finished": one.finished}
            for one in hunt.canaries
        ],
        "missed": [one.name for one in hunt.missed],
        "findings": [one.as_dict() for one in settled],
        "digest": hunt.digest(),
        "per_core_second": round(hunt.per_core_second),
        "seconds": round(hunt.seconds, 3),
    }


def by_format(hunt: Hunt) -> dict[str, list[FuzzResult]]:
    """The results of each format."""
    found: dict[str, list[FuzzResult]] = {}
    for result in hunt.own:
        found.setdefault(result.block.format, []).append(result)
    return found


def show_hunt(hunt: Hunt, workers: int) -> None:
    """The report for people."""
    rows: list[tuple[str, ...]] = [
        ("format", "inputs", "accepted", "all lanes", "rules met", "new", "canary found after")
    ]
    canaries = {canary.format: canary for canary in hunt.canaries}
    for label, results in by_format(hunt).items():
        numbers = [sum(getattr(one, name) for one in results) for name in ("inputs", "accepted", "judged")]
        rules = {rule for one in results for rule in one.rules}
        canary = canaries.get(label)
        told = (
            "" if canary is None else f"{canary.found:,}: {canary.name}" if canary.found else f"MISSED: {canary.name}"
        )
        new = sum(len(one.novel) for one in results)
        rows.append((label, *(f"{number:,}" for number in numbers), str(len(rules)), f"{new:,}", told))
    write_table(rows)
    resumed = f" ({hunt.inputs_now:,} of them now)" if hunt.resumed else ""
    write(
        f"{hunt.inputs:,} inputs{resumed} in {hunt.seconds:.1f} s with {workers} workers,"
        f" {hunt.per_core_second:,.0f} a second and core"
    )


def show_end(hunt: Hunt, settled: list[Settled]) -> None:
    """The verdict, for people."""
    for canary in hunt.missed:
        write(f"the fuzzer found nothing where a bug was planted: {one_line(canary.format)}, {one_line(canary.what)}")
    if not hunt.inputs:
        write("nothing was tested")
    elif not settled and not hunt.missed:
        write("no law was broken")
    write(f"digest {hunt.digest()}")
