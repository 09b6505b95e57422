"""The stores from which crash states are enumerated: each is one step before something that can go wrong."""

from __future__ import annotations

from typing import Final, NamedTuple

from formats.errors import ShardproofError
from roundtrip.campaign.kinds import PREPARED_NAMES
from roundtrip.histories.operations import (
    Crash,
    Delete,
    Operation,
    Put,
    PutMany,
    ReclaimLater,
    Records,
    Synchronize,
)


class UnknownPrepared(ShardproofError):
    """No prepared store has this name."""


class Prepared(NamedTuple):
    """A store to start from, made by these operations."""

    name: str
    summary: str
    operations: tuple[Operation, ...] = ()


#: Of values of this size three fill an extent of 4 KiB.
THIRD: Final = 1300
HALF_DEAD: Final = (
    PutMany(0, 6, THIRD // 2),
    Synchronize(),
    PutMany(0, 3, 10),
    Put(6, THIRD),
    Put(7, THIRD),
    Synchronize(),
)

PREPARED: Final = {
    each.name: each
    for each in (
        Prepared("empty", "a new store"),
        Prepared("half-dead", "a full extent of which half is dead", HALF_DEAD),
        Prepared(
            "two-runs",
            "two sorted runs, one of them with a tombstone",
            (Put(0, 10), Put(1, 100), Synchronize(), Put(1, 40), Delete(0), Put(2, 2), Synchronize()),
        ),
        Prepared("reset-pending", "an evacuated extent, its reset queued", (*HALF_DEAD, ReclaimLater())),
        Prepared(
            "unclean-open",
            "opened after a power failure",
            (Put(0, 10), Put(1, 100), Synchronize(), Put(0, 40), Put(2, 10), Crash(1)),
        ),
        Prepared(
            "superblock-switch",
            "the superblock's next record or the one after it opens the other pair",
            (Put(1, 10), Put(2, 100), Synchronize(), Records(54)),
        ),
    )
}


assert tuple(PREPARED) == PREPARED_NAMES


def prepared_named(name: str) -> Prepared:
    """The prepared store of this name. Raises `UnknownPrepared`."""
    if name not in PREPARED:
        raise UnknownPrepared(f"prepared store: expected one of {', '.join(PREPARED)}, found {name[:40]!r}")
    return PREPARED[name]
