"""What is simpler than an operation: verbs that do less, and smaller numbers.

Verbs are ordered as in the alphabet, numbers as numbers; every form that is proposed comes before the operation in
this order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.crash_choice import SECTOR_SIZE

from .operations import (
    OPERATIONS,
    Compact,
    Crash,
    Cut,
    Delete,
    Drain,
    Flush,
    Get,
    GetStream,
    Operation,
    Put,
    PutDurable,
    PutMany,
    PutStream,
    Reboot,
    Reclaim,
    Scan,
    Step,
    Synchronize,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Tried in the place of a larger number, before those that are a little smaller than it.
SMALL_NUMBERS: Final = (0, 1, 2, 10, 40, 100)

#: For each kind of operation, what does less.
LESSER: Final[dict[type[Operation], Callable[[Any], tuple[Operation, ...]]]] = {
    GetStream: lambda one: (Get(one.key),),
    Delete: lambda one: (Put(one.key, 0), Put(one.key, 1)),
    Scan: lambda one: (Get(one.key),),
    Synchronize: lambda _: (Flush(),),
    Drain: lambda _: (Flush(),),
    Step: lambda _: (Flush(), Drain()),
    PutDurable: lambda one: (Put(one.key, one.size),),
    PutMany: lambda one: (Put(one.key, one.size), PutDurable(one.key, one.size)),
    PutStream: lambda one: (Put(one.key, one.size),),
    Compact: lambda _: (Flush(), Synchronize()),
    Reclaim: lambda _: (Flush(), Synchronize(), Compact()),
    Reboot: lambda _: (Flush(), Synchronize(), Drain(), Step(), Compact()),
    Crash: lambda _: (Reboot(), Flush(), Synchronize(), Drain(), Step()),
    Cut: lambda one: (Crash(0), Crash(1), Crash(one.draw)),
}


def simpler_forms(operation: Operation) -> Iterator[Operation]:
    """What may take the operation's place, the simplest first."""
    forms = list(LESSER.get(type(operation), lambda _: ())(operation))
    for name in operation.__struct_fields__:
        number = getattr(operation, name)
        if isinstance(number, int):
            less = (number % SECTOR_SIZE, number - SECTOR_SIZE, number // 2, number - number // 8, number - 1)
            forms += [
                msgspec.structs.replace(operation, **{name: each})
                for each in dict.fromkeys((*SMALL_NUMBERS, *less))
                if each >= 0
            ]
    place = order(operation)
    yield from sorted((form for form in forms if order(form) < place), key=order)


def order(operation: Operation) -> tuple[int, tuple[int, ...]]:
    """Where an operation stands in the order from simple to complex."""
    kind = OPERATIONS.index(type(operation)) if type(operation) in OPERATIONS else len(OPERATIONS)
    numbers = (getattr(operation, name) for name in operation.__struct_fields__)
    return kind, tuple(number for number in numbers if isinstance(number, int))
