"""The histories of the quick plan: a few operations each, and together every path to the disk."""

from __future__ import annotations

from typing import Final

from ..histories.operations import Operation, parse_operation

HISTORIES: Final[dict[str, str]] = {
    "changes": """
        put 0 100; put-many 3 4 40; put-stream 2 4200; sync; get 2; put 0 1000; delete 3; flush; scan 0;
        put-durable 4 10; get 4; reboot; get 0; get 2; scrub
    """,
    "upkeep": """
        put-many 0 6 600; sync; put-many 0 6 600; sync; put-many 0 5 100; sync; compact; reclaim 2; get 5; get 0;
        put 7 1300; delete 1; sync; reclaim 0; get 5; reboot; get 7
    """,
    "crashes": """
        put-durable 0 100; put 1 40; drain; crash 0; get 0; put 0 517; put-durable 2 10; crash 1; get 2;
        put-stream 3 4100; flush; cut 4 5; sync; get 0; step; put-durable 3 10; crash 9; get 3; scan 0
    """,
    "full": """
        put-stream 0 12300; put-stream 1 12300; put-stream 2 12300; sync; delete 0; put-stream 3 12300;
        put-stream 4 12300; delete 1; sync; put-stream 5 12300; reclaim 0; get 2; get 5; put 6 100; sync
    """,
    # With long keys, for runs of several sectors.
    "wide": """
        put-many 0 7 100; put-many 3 7 10; put 8 40; put 9 40; sync; compact; sync; put 6 600;
        put-durable 7 10
    """,
    # Its end waits in memory.
    "pending": "put-many 0 4 100; sync; put 1 300; put 2 100; put 3 40",
}


def operations_named(name: str) -> tuple[Operation, ...]:
    """The operations of a fixed history."""
    return tuple(parse_operation(line) for line in HISTORIES[name].replace("\n", " ").split(";"))
