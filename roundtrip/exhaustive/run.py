"""The run of exhaustive proofs: which units there are, in which order, in how many processes, until when.

The same seed tries the same inputs, with any number of processes. Time that is up ends nothing in its middle: what
was not begun is counted and named.
"""

from __future__ import annotations

import multiprocessing
import shlex
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from formats.catalog import CATALOG, Catalog

from ..check import Plant
from ..findings import COMMAND_BYTES_MAXIMUM, Finding, Origin
from ..images.prepared import PreparedImage
from ..report import NotRun
from . import checksums, damage, foreign, images, seals, symbolic
from .frames import Framed, framed, golden_entries
from .outcome import CHECKSUMS, CONFUSION, DAMAGE, IMAGES, PARTS, SYMBOLIC, ExhaustiveReport, Outcome
from .planted import is_own

#: Called with the number of units done, their total, and what was done last.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Unit:
    """One piece of work. cost: about how long it takes, in any measure, so that the longest are begun first."""

    part: str
    subject: str
    cost: float
    work: Callable[[], Outcome]


@dataclass(frozen=True)
class Wanted:
    """What to prove. only: golden files whose name contains this; beyond: bytes behind the smallest frame up to which
    decoders are explored; each_seconds: for one of them; named: parts that somebody asked for by name; one_in: of the
    damages of a store image one in so many is tried, None for all where the part is named; image: the image's name.
    """

    parts: tuple[str, ...] = tuple(PARTS)
    seed: int = 0
    format_name: str | None = None
    only: str = ""
    beyond: int = 1
    each_seconds: float = 20.0
    named: tuple[str, ...] = ()
    one_in: int | None = None
    image: str | None = None

    @property
    def image_name(self) -> str:
        """The image that is damaged: the large one where somebody asked for the part."""
        return self.image or (images.LARGE if IMAGES in self.named else images.SMALL)

    @property
    def image_share(self) -> int:
        """Of its damages one in so many is tried."""
        return self.one_in or (1 if IMAGES in self.named else images.SAMPLED)


def units_of(
    every: Sequence[Framed], chosen: Sequence[Framed], wanted: Wanted, image: PreparedImage | None = None
) -> list[Unit]:
    """All units, in the order of reports. image: the store image to damage, None where there is none to."""
    makers = {
        DAMAGE: lambda: damage_units(chosen, wanted),
        CHECKSUMS: lambda: checksum_units(chosen, wanted),
        CONFUSION: lambda: [
            Unit(CONFUSION, one.subject.name, 1e6, partial(foreign.examine, one, every, wanted.seed)) for one in chosen
        ],
        SYMBOLIC: lambda: symbolic_units(chosen, wanted),
        IMAGES: lambda: image_units(image, wanted),
    }
    return [unit for part in PARTS if part in wanted.parts for unit in makers[part]()]


def damage_units(chosen: Sequence[Framed], wanted: Wanted) -> list[Unit]:
    """A unit for each stretch of each frame."""
    return [
        Unit(
            DAMAGE,
            one.subject.name,
            (last - first) * (1000.0 + len(frame.sample.data)),
            partial(damage.examine, one, frame, first, last, wanted.seed),
        )
        for one in chosen
        for frame in one.frames
        for first, last in damage.slices(len(frame.sample.data))
    ]


def checksum_units(chosen: Sequence[Framed], wanted: Wanted) -> list[Unit]:
    """A unit for each different checksum function, and one for each structure that uses some."""
    functions: dict[tuple[str, int, int], Unit] = {}
    uses = []
    for one in chosen:
        used = checksums.used_by(one.subject)
        for found in used:
            key = found.name, found.width, id(found.function)
            if key not in functions:
                functions[key] = Unit(
                    CHECKSUMS,
                    found.name,
                    1e8,
                    partial(checksums.guarantees, found, one.subject.name),
                )
        if used:
            uses.append(Unit(CHECKSUMS, one.subject.name, 1e7, partial(seals.examine, one, wanted.seed)))
        else:
            missing = NotRun(f"checksums of {one.subject.name}", "it has none")
            outcome = Outcome(CHECKSUMS, one.subject.name, not_run=(missing,))
            uses.append(Unit(CHECKSUMS, one.subject.name, 0, partial(replace, outcome)))
    return [*functions.values(), *uses]


def symbolic_units(chosen: Sequence[Framed], wanted: Wanted) -> list[Unit]:
    """A unit for each decoder of each format."""
    return [
        Unit(SYMBOLIC, goal.subject.name, 1e9, partial(symbolic.examine, goal))
        for one in chosen
        for goal in symbolic.goals_of(one.subject, beyond=wanted.beyond, seconds=wanted.each_seconds)
    ]


def image_units(image: PreparedImage | None, wanted: Wanted) -> list[Unit]:
    """A unit for each block of bits, and for each of sectors."""
    if image is None:
        missing = NotRun(IMAGES, "the kept store images are of our own formats, all of them together")
        return [Unit(IMAGES, IMAGES, 0, partial(Outcome, IMAGES, IMAGES, not_run=(missing,)))]
    share, seed = wanted.image_share, wanted.seed
    units = [Unit(IMAGES, image.name, 0, partial(images.bounds, image, share))]
    units += [
        Unit(
            IMAGES, f"{image.name}, extent {extent}", 1e9, partial(images.flip, image, extent, first, last, share, seed)
        )
        for extent, first, last in images.flip_blocks(image)
    ]
    units += [
        Unit(IMAGES, f"{image.name}, sector {first}", 1e8, partial(images.damage, image, first, last, share, seed))
        for first, last in images.sector_blocks(image)
    ]
    return units


def exhaust(
    catalog: Catalog,
    wanted: Wanted,
    *,
    catalog_name: str | None = None,
    plant: Plant | None = None,
    plant_name: str | None = None,
    budget_seconds: float | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> ExhaustiveReport:
    """Prove the wanted parts over a catalog.

    plant_name: of a bug that is planted already while this runs; budget_seconds: after this time no unit is begun, None
    for no limit.
    """
    started = time.perf_counter()
    deadline = None if budget_seconds is None else time.monotonic() + budget_seconds
    entries = golden_entries(catalog)
    every = []
    for entry in catalog:
        planted = plant.plant(entry) if plant is not None and entry.label == plant.format else None
        every.append(framed(entry, entries, seed=wanted.seed, planted=planted, only=wanted.only))
    labels = {
        entry.label for entry in (catalog if wanted.format_name is None else catalog.versions(wanted.format_name))
    }
    chosen = [one for one in every if one.subject.name in labels]
    with ExitStack() as stack:
        image = None
        if IMAGES in wanted.parts and catalog is CATALOG and wanted.format_name is None:
            image = stack.enter_context(images.ready(wanted.image_name))
        outcomes = run(units_of(every, chosen, wanted, image), deadline, workers, progress)
    origin = Origin(wanted.seed, catalog_name, plant.name if plant is not None else plant_name)
    findings = [
        addressed(finding, outcome.part, origin, wanted) for outcome in outcomes for finding in outcome.findings
    ]
    seconds = time.perf_counter() - started
    every_finding = together(findings)
    return ExhaustiveReport(
        catalog.name, wanted.seed, wanted.parts, tuple(outcomes), every_finding, seconds, wanted.named
    )


def addressed(finding: Finding, part: str, origin: Origin, wanted: Wanted) -> Finding:
    """The finding with the command that shows it again: `replay` where bytes do, else the part of this run."""
    replayable = finding.data is not None and len(finding.data) <= COMMAND_BYTES_MAXIMUM
    if replayable and part in {DAMAGE, CONFUSION} and not is_own(origin.plant):
        return origin.addressed(finding)
    if part == IMAGES:
        words = ["shardproof", "exhaust", part, "--image", wanted.image_name, "--one-in", str(wanted.image_share)]
        words += ["--seed", str(origin.seed), *(["--plant", origin.plant] if origin.plant is not None else [])]
        return replace(finding, command=shlex.join(words))
    words = ["shardproof", "exhaust", part, "--format", finding.format, "--seed", str(origin.seed)]
    words += ["--catalog", origin.catalog] if origin.catalog is not None else []
    words += ["--plant", origin.plant] if origin.plant is not None else []
    words += ["--only", wanted.only] if wanted.only else []
    return replace(finding, command=shlex.join(words))


def together(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings of several units: the first of each law, field and rule of a format, with the number of its like."""
    kept: dict[tuple[str, str, str, str], Finding] = {}
    for finding in findings:
        key = finding.format, finding.law, finding.path, finding.rule
        old = kept.get(key)
        kept[key] = finding if old is None else replace(old, also=old.also + finding.also + 1)
    return tuple(kept.values())


def run(units: Sequence[Unit], deadline: float | None, workers: int, progress: Progress | None) -> list[Outcome]:
    """The outcomes of all units, in their order."""
    order = sorted(range(len(units)), key=lambda index: -units[index].cost)
    found: dict[int, Outcome] = {}

    def note(index: int, outcome: Outcome) -> None:
        found[index] = outcome
        if progress is not None:
            progress(len(found), len(units), f"{units[index].part} {units[index].subject}")

    if workers < 2 or len(units) < 2 or "fork" not in multiprocessing.get_all_start_methods():
        for index in order:
            note(index, begun(units[index], deadline))
        return [found[index] for index in range(len(units))]
    _RUNS.append((units, deadline))
    try:
        with warnings.catch_warnings():
            # A progress bar runs in a thread. It holds no lock that a worker would wait for.
            warnings.simplefilter("ignore", DeprecationWarning)
            with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
                waiting = {pool.submit(_run_unit, index): index for index in order}
                for future in as_completed(waiting):
                    note(waiting[future], future.result())
    finally:
        _RUNS.pop()
    return [found[index] for index in range(len(units))]


#: The units of this process and, by fork, of its workers: schemas cannot be sent between processes.
_RUNS: list[tuple[Sequence[Unit], float | None]] = []


def _run_unit(index: int) -> Outcome:
    units, deadline = _RUNS[-1]
    return begun(units[index], deadline)


def begun(unit: Unit, deadline: float | None) -> Outcome:
    """The outcome of a unit; where the time is up, that it was not begun."""
    if deadline is not None and time.monotonic() > deadline:
        return Outcome(unit.part, unit.subject, done=False)
    return unit.work()
