"""A run of the mutating engine: canaries first, then the formats in turn, in child processes, with a ledger.

The same seed and number of inputs give the same results with one worker or many, at once or resumed. What a budget in
seconds gives depends on the machine; every block that it finished counts, and is not run again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from formats.place import Place

from ..campaign.ledger import LedgerOf
from ..campaign.runner import Progress, run_all
from ..campaign.work import Work
from ..campaign.workers import Limits
from .block import FuzzBlock, FuzzResult, Message
from .canary import CANARY_INPUTS, canary_of
from .failure import ENDS, LIVES, Failure
from .rows import PER_BLOCK, Plan, Row
from .running import run_block
from .target import NOWHERE, target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from formats.catalog import Format

    from ..campaign.kinds import Tick
    from ..campaign.work import Lost
    from .frames import Seed

#: The code that results depend on; a ledger of other code is refused.
SOURCES: Final = (
    "formats",
    "roundtrip/fuzzing",
    "roundtrip/generation",
    "roundtrip/mutants",
    "roundtrip/reference",
    "roundtrip/corrupt.py",
    "roundtrip/lanes.py",
    "roundtrip/spots.py",
    "roundtrip/subjects.py",
    "roundtrip/verbs.py",
    "corpus/aspects.py",
    "corpus/features.py",
)
#: Of one child: its memory, and how long a batch of inputs may take.
LIMITS: Final = Limits(memory_bytes=2 << 30, seconds=60.0)
#: What a child notes: the place of a batch as text of this size, then an input.
PLACE_BYTES: Final = 256
ROOM_BYTES: Final = 1 << 20
#: Laws of `campaign.workers` -> ours.
LAW_OF: Final = {"every operation ends": ENDS, "the process lives": LIVES}


def read_result(line: bytes) -> FuzzResult:
    """The result of a line of a ledger."""
    return FuzzResult.from_json(line)


def ledger_at(path: Path) -> LedgerOf[FuzzResult]:
    """The ledger of a folder; made if there is none. Raises `BadLedger`."""
    return LedgerOf(path, read_result, SOURCES)


@dataclass(frozen=True)
class Canaried:
    """What became of a canary. `found`: after so many inputs, None if never; `finished`: all its inputs were made."""

    format: str
    name: str
    what: str
    found: int | None
    finished: bool


@dataclass
class Hunt:
    """What a run gave: `results` in the order of the plan, those of a ledger included."""

    seed: int
    results: list[FuzzResult]
    canaries: list[Canaried]
    resumed: int = 0
    inputs_now: int = 0
    seconds: float = 0.0
    core_seconds: float = 0.0

    @property
    def own(self) -> list[FuzzResult]:
        """The results of formats in which nothing is planted."""
        return [result for result in self.results if not result.block.planted]

    @property
    def inputs(self) -> int:
        """Mutants of formats in which nothing is planted."""
        return self.total("inputs")

    @property
    def per_core_second(self) -> float:
        """Inputs that one core made and judged in a second, whatever else the machine did."""
        return self.inputs_now / max(self.core_seconds, 0.001)

    def total(self, name: str) -> int:
        """One of the counts of all results."""
        return sum(getattr(result, name) for result in self.own)

    @property
    def missed(self) -> list[Canaried]:
        """Canaries that were not found."""
        return [canary for canary in self.canaries if canary.found is None]

    @property
    def failures(self) -> list[Failure]:
        """The shortest of each sort, in the order in which the sorts were found."""
        return shortest(failure for result in self.own for failure in result.failures)

    @property
    def rules(self) -> dict[str, int]:
        """Refusals of judged inputs by rule, the most frequent first."""
        added: Counter[str] = Counter()
        for result in self.own:
            added.update(result.rules)
        return dict(sorted(added.items(), key=lambda item: (-item[1], item[0])))

    def digest(self) -> str:
        """Of all results: the same blocks of the same code give the same one."""
        digest = hashlib.blake2b(digest_size=16)
        for result in self.results:
            digest.update(result.to_json().encode() + b"\n")
        return digest.hexdigest()


def shortest(failures: object) -> list[Failure]:
    """The shortest of each sort."""
    kept: dict[tuple[str, ...], Failure] = {}
    for failure in failures:  # type: ignore[attr-defined]  # any iterable of failures
        old = kept.get(failure.sort())
        if old is None or len(failure.data) < len(old.data):
            kept[failure.sort()] = failure
    return list(kept.values())


@dataclass
class Fuzzing:
    """What is fuzzed: rows by target, and how it is run. `watch`: told results as they come, and inputs behind us."""

    rows: Sequence[Row]
    workers: int = 1
    ledger: LedgerOf[FuzzResult] | None = None
    seconds: float | None = None
    limits: Limits = LIMITS
    watch: Callable[[int], None] | None = None
    taken: Callable[[FuzzResult], None] | None = None
    plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        self.plan = Plan(self.rows)

    def run(self) -> Progress[FuzzBlock, FuzzResult]:
        """Run the rows to their ends, or until the time is over. Whatever is raised leaves the ledger whole."""
        progress: Progress[FuzzBlock, FuzzResult] = Progress(self.plan.blocks(), self.ledger, self.seconds)
        self.plan.known = progress.known
        work = Work(self.message, self.answer, self.result, self.lost, PLACE_BYTES + ROOM_BYTES)
        run_all(progress, work, workers=self.workers, limits=self.limits, watch=self.watch)
        return progress

    def message(self, block: FuzzBlock) -> bytes:
        """What a child is sent."""
        return self.plan.message(block).to_json()

    def answer(self, text: bytes, tick: Tick, room: memoryview) -> bytes:
        """In a child: run the block of a message."""
        message = Message.from_json(text)
        row = self.plan.row(message.block)
        size, noted = room[:8].cast("Q"), room[8:]

        def note(data: bytes) -> None:
            length = min(len(data), ROOM_BYTES)
            noted[PLACE_BYTES : PLACE_BYTES + length] = data[:length]
            size[0] = PLACE_BYTES + length

        def note_place(place: Place) -> None:
            noted[:PLACE_BYTES] = msgspec.json.encode(place).ljust(PLACE_BYTES)

        return run_block(message, row.target, row.base, tick, note, note_place).to_json().encode()

    def result(self, answer: bytes) -> FuzzResult:
        """The result of an answer."""
        result = FuzzResult.from_json(answer)
        if self.taken is not None:
            self.taken(result)
        return result

    def lost(self, lost: Lost[FuzzBlock]) -> FuzzResult:
        """The result of a block whose process died or hung: what it noted last did that."""
        block, noted = lost.block, lost.noted
        place = msgspec.json.decode(noted[:PLACE_BYTES], type=Place) if noted[:1] == b"{" else NOWHERE
        detail = (
            f"expected {lost.expected}, found {lost.found}; inputs up to {block.first + block.count - 1} were not made"
        )
        law = LAW_OF.get(lost.law, lost.law)
        failure = Failure(block.format, law, "", "", "process", detail, noted[PLACE_BYTES:], place)
        return FuzzResult(block=block, inputs=lost.number - block.first, failures=(failure,), found=1)


def rows_of(
    formats: Sequence[Format],
    bases: Mapping[str, tuple[Seed, ...]],
    *,
    seed: int,
    inputs: int | None = None,
    per_block: int = PER_BLOCK,
    canary_inputs: int | None = None,
) -> tuple[list[Row], dict[tuple[str, str], str]]:
    """The rows of a run, canaries first, and what the canaries are by key. `inputs`: in all, shared by the formats."""
    share = None if inputs is None else -(-inputs // len(formats))
    canaries, told = [], {}
    for entry in formats:
        canary = canary_of(entry, seed)
        target = target_of(entry, canary.plant(entry))
        row = Row(target, bases[entry.label], seed, canary.name, canary_inputs or CANARY_INPUTS, per_block)
        told[row.key] = canary.what
        canaries.append(row)
    rows = [Row(target_of(one), bases[one.label], seed, "", share, per_block) for one in formats]
    return [*canaries, *rows], told


def outcome(
    fuzzing: Fuzzing, progress: Progress[FuzzBlock, FuzzResult], seed: int, told: dict[tuple[str, str], str]
) -> Hunt:
    """What a run gave."""
    results = progress.results()
    canaries = [canaried(row, what, results) for key, what in told.items() if (row := fuzzing.plan.rows[key]).blocks]
    now = progress.histories_now
    return Hunt(seed, results, canaries, progress.resumed, now, *progress.spent())


def canaried(row: Row, what: str, results: Sequence[FuzzResult]) -> Canaried:
    """What became of the canary of a row."""
    mine = [result for result in results if (result.block.format, result.block.planted) == row.key]
    found = next((result.block.first + result.inputs for result in mine if result.failures), None)
    made = sum(result.inputs for result in mine)
    return Canaried(*row.key, what, found, row.inputs is not None and made >= row.inputs)
