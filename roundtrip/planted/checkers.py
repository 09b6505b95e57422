"""The checkers that hunt planted bugs: each draws scenarios from a seeded stream, without knowing what is planted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from formats.errors import ShardproofError

from ..histories.history import History
from ..histories.operations import Crash, Cut, Operation, Reboot, Reclaim, Records, Scrub
from ..histories.presets import preset_named
from .crash_states import CrashStates
from .faulted_history import BUSY, FaultedHistory
from .node_history import NodeHistory
from .verdicts import LONGEST_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from .verdicts import Scenario

#: Operations of a history, and the bytes that are enough for one of them.
LONGEST: Final = 50
BYTES_EACH: Final = 4
LONGEST_OF_NODE: Final = 30
#: Of the upkeep in histories with power failures, the share in the midst of which power fails, and after how many
#: operations of the disk at most.
CUT_SHARE: Final = 0.3
CUT_MAXIMUM: Final = 24
#: The share of operations behind which an extent is reclaimed, where that is what matters most.
RECLAIM_SHARE: Final = 0.25
#: The share of histories with power failures in which the superblock's extent fills up, and after how many records.
SWITCH_SHARE: Final = 0.3
SWITCH_RECORDS: Final = (30, 56)
#: Of operations where versions mix, the share behind which the store is opened anew, and nearly that of reclaims.
OPENING_SHARE: Final = 0.12
#: Stores that write version 2, or both in turn.
VERSIONS: Final = ("v2", "mixed")
COST_OF_STATES: Final = 32


class UnknownChecker(ShardproofError):
    """No checker has this name."""


@dataclass(frozen=True)
class Checker:
    """`what`: for people; `draw`: one scenario from the stream; `cost`: of one, in those of the others, about;
    `longest_seconds`: after so many one hangs."""

    name: str
    what: str
    draw: Callable[[Random], Scenario]
    cost: int = 1
    longest_seconds: float = LONGEST_SECONDS


def histories(presets: Sequence[str], *, crashes: bool) -> Callable[[Random], History]:
    """Histories on one of the presets."""

    def draw(random: Random) -> History:
        preset = random.choice(presets)
        count = random.randint(2, LONGEST)
        return History.from_bytes(random.randbytes(BYTES_EACH * count), preset, crashes=crashes, longest=count)

    return draw


def crashing(presets: Sequence[str]) -> Callable[[Random], History]:
    """Histories with power failures; in every second one amid upkeep too, and the superblock may be full."""
    whole = histories(presets, crashes=True)

    def draw(random: Random) -> History:
        history = whole(random)
        if random.random() < 0.5:
            return history
        operations: list[Operation] = []
        for operation in history.operations:
            if isinstance(operation, BUSY) and random.random() < CUT_SHARE:
                operations.append(Cut(int(CUT_MAXIMUM * random.random() ** 2), random.randrange(256)))
            operations.append(operation)
        if random.random() < SWITCH_SHARE:
            operations.insert(random.randrange(len(operations) + 1), Records(random.randint(*SWITCH_RECORDS)))
        return history.with_operations(operations)

    return draw


def recycling(presets: Sequence[str], share: float) -> Callable[[Random], History]:
    """Histories without power failures in which extents come round often: a reclaim behind this share of operations."""
    whole = histories(presets, crashes=False)

    def draw(random: Random) -> History:
        history = whole(random)
        operations: list[Operation] = []
        for operation in history.operations:
            operations.append(operation)
            if random.random() < share:
                operations.append(Reclaim(random.randrange(3)))
        return history.with_operations(operations)

    return draw


def upgrading(presets: Sequence[str], *, crashes: bool) -> Callable[[Random], History]:
    """Histories in which stores are opened anew and reclaimed often, and scrubbed at the end: versions come to mix."""
    whole = crashing(presets) if crashes else histories(presets, crashes=False)
    openings = (Reboot(), Crash(1)) if crashes else (Reboot(),)

    def draw(random: Random) -> History:
        history = whole(random)
        operations: list[Operation] = []
        for operation in history.operations:
            operations.append(operation)
            if random.random() < OPENING_SHARE:
                operations.append(random.choice(openings))
            elif random.random() < OPENING_SHARE:
                operations.append(Reclaim(0))
        return history.with_operations([*operations, Reclaim(0), Scrub()])

    return draw


def colliding(preset: str) -> Callable[[Random], History]:
    """Histories in which every UUID is made of the magic; at the end all is reclaimed, to see what is forgotten."""
    whole = crashing([preset])

    def draw(random: Random) -> History:
        history = whole(random)
        return msgspec.structs.replace(history, placement="magic", operations=(*history.operations, Reclaim(0)))

    return draw


def faulted(presets: Sequence[str]) -> Callable[[Random], Scenario]:
    """Histories during which the disk fails now and then."""
    whole = recycling(presets, RECLAIM_SHARE / 2)
    return lambda random: FaultedHistory.drawn(random, whole(random))


def checkers(preset: str | None = None) -> tuple[Checker, ...]:
    """All checkers, in the order in which they are tried; with a preset, those that run on any, on that one."""
    if preset is not None:
        preset_named(preset)
        return (
            Checker("conform", f"histories without power failures, {preset}", histories([preset], crashes=False)),
            Checker("crash", f"histories with power failures, {preset}", crashing([preset])),
            Checker("faults", f"reads, writes and syncs fail once, {preset}", faulted([preset])),
        )
    return (
        Checker("conform", "histories without power failures", histories(["tiny", "small"], crashes=False)),
        Checker("conform-cached", "the same with large caches and many reclaims", recycling(["cached"], RECLAIM_SHARE)),
        Checker("conform-long-keys", "the same with long keys", histories(["long-keys"], crashes=False)),
        Checker("conform-versions", "the same with both format versions", upgrading(VERSIONS, crashes=False)),
        Checker("crash", "histories with power failures", crashing(["tiny"])),
        Checker("crash-pages", "the same with frames that end at pages, and UUIDs of the magic", colliding("pages")),
        Checker("crash-versions", "the same with both format versions", upgrading(VERSIONS, crashes=True)),
        Checker("crash-zoned", "the same on a disk with hard write pointers", crashing(["zoned"])),
        Checker("faults", "reads, writes and syncs fail once", faulted(["tiny"])),
        Checker("conform-crowded", "the same in little room", histories(["crowded"], crashes=False)),
        Checker("node", "disks leave and come back", lambda random: NodeHistory.drawn(random, "tiny", LONGEST_OF_NODE)),
        Checker(
            "crash-states",
            "every crash state of a short history",
            lambda random: CrashStates.drawn(random, "tiny"),
            cost=COST_OF_STATES,
            longest_seconds=60.0,
        ),
    )


CHECKER_NAMES: Final = tuple(checker.name for checker in checkers())


def chosen_checkers(names: Sequence[str], preset: str | None = None) -> tuple[Checker, ...]:
    """The checkers of these names, all without any. Raises `UnknownChecker`, `UnknownPreset`."""
    found = {checker.name: checker for checker in checkers(preset)}
    for name in names:
        if name not in found:
            raise UnknownChecker(f"checker: expected one of {', '.join(found)}, found {name[:40]!r}")
    return tuple(found[name] for name in names) or tuple(found.values())
