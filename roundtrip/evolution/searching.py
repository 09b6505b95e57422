"""Looks for a misreading where files are refused: files of both layouts, and files that get further than others.

Random files of a writer seldom get past everything that a reader of another layout checks, and a refusal is the milder
verdict. So it is not believed before two searches: files that the reader's own generator makes and the writer accepts
too, and, step by step, choices whose files the reader refuses further behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from formats.layout import Layout
from roundtrip.generation.hints import boundaries

from .frames import Frame, adopted, again, general, work
from .trials import Trial
from .verdicts import Agreement, Misreading, Outcome, Refusal

#: Rules that no choice of values gets past.
FINAL: Final = frozenset({"magic", "kind", "version", "header_checksum", "checksum"})
#: Files tried, and the number of those that are changed further.
STEPS: Final = 200
POOL_SIZE: Final = 8
#: And so much work on them, as `frames.work` counts it.
WORK_MAXIMUM: Final = 20_000


def is_final(found: Outcome) -> bool:
    """Whether the reader refuses for a reason that another value would not change."""
    return isinstance(found, Refusal) and found.rule in FINAL


def shared(trial: Trial, seed: int) -> Iterator[Frame]:
    """Files that the reader's generator makes and the writer accepts: they are legal to both."""
    for frame in general(trial.entry, seed):
        found = adopted(trial.writer.entry, frame, trial.entry)
        if found is not None:
            yield found


def climbed(trial: Trial, outcomes: list[tuple[Frame, Outcome]], seed: int) -> list[tuple[Frame, Outcome]]:
    """More files with their outcomes, ending with the first misreading; none where refusals are final."""
    pool = [(progress(found), frame) for frame, found in outcomes if not is_final(found) and frame.script]
    if not pool or all(isinstance(found, Agreement) for _, found in outcomes):
        return []
    pool.sort(key=lambda one: one[0], reverse=True)
    pool = pool[:POOL_SIZE]
    writer = trial.writer.entry
    random = Random(f"{seed} climb {trial.writer.revision} {trial.reader.revision} {trial.checked}")
    numbers = numbers_of(writer.layout, trial.entry.layout)
    seen = {frame.data for frame, _ in outcomes}
    made = []
    work_left = WORK_MAXIMUM
    for _ in range(STEPS):
        reached, frame = random.choice(pool)
        work_left -= work(frame)
        if work_left < 0:
            break
        candidate = again(writer, frame, varied(random, frame.script, numbers), frame.size, frame.place)
        if candidate is None or candidate.data in seen:
            continue
        seen.add(candidate.data)
        found = trial.outcome(candidate)
        made.append((candidate, found))
        if isinstance(found, Misreading):
            break
        if not is_final(found) and progress(found) >= reached:
            pool = sorted([*pool, (progress(found), candidate)], key=lambda one: one[0], reverse=True)[:POOL_SIZE]
    return made


def progress(found: Outcome) -> int:
    """How far the reader got, in bytes. A file that it reads as it was written leads nowhere."""
    return found.offset if isinstance(found, Refusal) else -1


def numbers_of(*layouts: Layout) -> tuple[int, ...]:
    """Numbers that matter to some layouts, and small ones."""
    named = {number for layout in layouts for number in boundaries(layout.root)}
    return tuple(sorted({number for number in named if number >= 0} | {0, 1, 2, 255, 256}))


def varied(random: Random, script: tuple[Any, ...], numbers: tuple[int, ...]) -> tuple[Any, ...]:
    """Choices with one or two of them made otherwise."""
    changed = list(script)
    for _ in range(random.choice((1, 1, 2, 3))):
        index = random.randrange(len(changed))
        changed[index] = other(random, changed[index], numbers)
    return tuple(changed)


def other(random: Random, value: Any, numbers: tuple[int, ...]) -> Any:
    """Another choice of the same kind."""
    match value:
        case bool():
            return not value
        case int():
            near = (value + 1, value - 1, value + 256, value << 8, value >> 8)
            return random.choice(numbers) if random.random() < 0.5 else random.choice((*near, random.randrange(256)))
        case bytes():
            size = max(0, len(value) + random.choice((-1, 0, 0, 0, 1)))
            return bytes(random.choice((0, 0, 1, 2, 3, random.randrange(256))) for _ in range(size))
        case float():
            return random.choice((0.0, 1.0, -1.0, 2.0**-149))
    return value
