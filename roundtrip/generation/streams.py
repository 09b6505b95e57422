"""Values of streams: records to the end of a region, and blocks filled with whole records."""

from __future__ import annotations

from formats.layout import Blocks, Node, Records, minimum_size

from .generator import Generator
from .scopes import Made, NoValue, Room

#: Bound on the records of one region or block: a generator that makes no progress is a bug of ours.
RECORDS_MAXIMUM = 1 << 20


def records(generator: Generator, node: Records, room: Room) -> Made:
    """Records back to back; where the region must be full, the last ones are made to fill it."""
    count, _ = generator.limits()
    wanted = generator.amount(*count)
    least = room.maximum if room.fill and room.maximum is not None else room.minimum
    return stream(generator, node.node, wanted, Room(least, room.maximum), most=count[1])


def stream(generator: Generator, node: Node, wanted: int, room: Room, *, most: int | None = None) -> Made:
    """`wanted` records, and then more until `room.minimum` bytes are taken."""
    made: list[Made] = []
    used, size = 0, generator.size
    generator.size = min(size, 8) if generator.scaling else max(size // max(1, wanted), min(size, 4))
    try:
        while len(made) < wanted or used < room.minimum:
            left = None if room.maximum is None else room.maximum - used
            if left is not None and left < max(1, minimum_size(node)):
                break
            lacking = room.minimum - used if len(made) >= wanted - 1 else 0
            with generator.inside(None, len(made)):
                made.append(record(generator, node, lacking, left))
            used += made[-1].size
            if len(made) > RECORDS_MAXIMUM:
                raise generator.refused("it takes too many records")
    finally:
        generator.size = size
    if used < room.minimum or (most is not None and len(made) > most):
        raise generator.refused(f"its records take {used} bytes, and {room.minimum} are needed")
    return Made(tuple(one.plain for one in made), tuple(one.full for one in made), used)


def record(generator: Generator, node: Node, lacking: int, left: int | None) -> Made:
    """One record, which takes all the bytes that are lacking if it can."""
    if lacking > 1:
        try:
            made = generator.make(node, Room(lacking, left))
        except NoValue:
            pass
        else:
            if made.size >= lacking and (left is None or made.size <= left):
                return made
    made = generator.make(node, Room(1, left))
    if made.size < 1 or (left is not None and made.size > left):
        raise generator.refused(f"a record takes {made.size} bytes")
    return made


def blocks(generator: Generator, node: Blocks, room: Room) -> Made:
    """Blocks filled with records: in all but the last one fewer bytes are left than the smallest record has."""
    smallest = minimum_size(node.node)
    full = generator.size // node.size if generator.scaling else generator.amount(0, 3) - 1
    made: list[Made] = []
    size = generator.size
    if room.minimum:
        raise generator.refused("blocks are not made to fill a region")
    for number in range(max(full, 0)):
        with generator.inside(None, number):
            made.append(stream(generator, node.node, generator.amount(0, 8), Room(node.size - smallest + 1, node.size)))
    if full >= 0:
        generator.size = max(1, size % node.size) if generator.scaling else size
        with generator.inside(None, len(made)):
            made.append(last_block(generator, node, smallest))
        generator.size = size
    total = (len(made) - 1) * node.size + made[-1].size if made else 0
    if room.maximum is not None and total > room.maximum:
        raise generator.refused(f"{total} bytes of blocks do not fit into {room.maximum}")
    return Made(tuple(one.plain for one in made), tuple(one.full for one in made), total)


def last_block(generator: Generator, node: Blocks, smallest: int) -> Made:
    """The last block, with at least one record."""
    least = min(generator.size, node.size) if generator.scaling else 0
    if least:
        return stream(generator, node.node, 1, Room(max(least - smallest + 1, 1), node.size))
    return stream(generator, node.node, generator.amount(1, 8), Room(0, node.size))
