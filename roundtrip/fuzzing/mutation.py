"""Mutants of a prepared frame, as fast as they come: by field, by byte, by range; with checksums made again or not.

| share | what is done |
|---|---|
| 50 % | one to four fields get other bytes: every verb of corruption, and numbers that codecs trip over |
| 15 % | a whole mutant of a verb that moves bytes or changes several fields, half of them with one field more |
| 15 % | one to four bytes anywhere: a bit flipped, an edge, a random byte, a few added or subtracted |
|  8 % | a range of bytes, mostly whole fields, is taken out, repeated, or filled from elsewhere |
|  8 % | a field or everything from a field on comes from another frame (splice at the borders of fields) |
|  4 % | cut off, or with bytes behind |

Half of the mutants are sealed: the checks behind the checksums see them. What is accepted is dear, because every lane
must see it. So after an accepted one, a sealed mutant must do something to a field that was hardly ever accepted, until
so many inputs have paid for it (`Pace`); the others keep their stale checksums.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from .sealing import Site, moved, seal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from .frames import Frame

#: Upper ends of the shares of the table above.
FIELDS: Final = 0.50
SHAPES: Final = 0.65
BYTES: Final = 0.80
RANGES: Final = 0.88
SPLICES: Final = 0.96
SEALED: Final = 0.5
#: How often a second place is mutated; each one behind it is the rarer by this step.
MORE: Final = 0.4
MORE_STEP: Final = 0.15
#: Bytes that decoders trip over.
EDGES: Final = b"\x00\x01\x02\x7f\x80\xfe\xff"
#: A range that is not a field is at most so many bytes long, and so are the bytes behind a frame.
RANGE_MAXIMUM: Final = 32
#: What is done to a field is tame when so many different mutants by it were accepted.
TAME: Final = 3
#: Inputs that pay for an accepted one: so many, and so many for each of its bytes.
PRICE: Final = 64
PRICE_PER_BYTE: Final = 1

#: What was done to a mutant: the fields that got other bytes, or a field and how it was mutated.
Done: TypeAlias = tuple[str, ...]
#: A mutant, where its checksums are, and what was done.
Mutant: TypeAlias = tuple[bytearray, tuple[Site, ...], Done]


@dataclass
class Pace:
    """Which inputs may be accepted. `until`: the number of the input before which accepted ones are too dear.

    accepted: how many mutants by something were accepted; tame: of what enough were.
    """

    until: int = 0
    accepted: dict[str, int] = field(default_factory=dict)
    tame: set[str] = field(default_factory=set)

    def pay(self, number: int, size: int, done: Done) -> None:
        """Input `number`, of `size` bytes, was accepted and shown to every lane."""
        self.until = max(self.until, number) + PRICE + PRICE_PER_BYTE * size
        for one in done:
            self.accepted[one] = count = self.accepted.get(one, 0) + 1
            if count >= TAME:
                self.tame.add(one)


def mutants(
    frame: Frame, others: Sequence[Frame], random: Random, pace: Pace, first: int, count: int, seed: int
) -> Iterator[tuple[bytes, Done]]:
    """Inputs `first` to `first + count - 1`, each with what was done to it, if it is sealed.

    others: frames to splice with; seed: what seeded checksums go on from.
    """
    draw, tame = random.random, pace.tame
    assert frame.data, "a frame has bytes"
    for number in range(first, first + count):
        kind = draw()
        if kind < FIELDS and frame.pieces:
            data, now, done = by_fields(frame, random)
        elif kind < SHAPES and frame.shapes:
            data, now, done = shaped(frame, random)
        elif kind < BYTES:
            data, now, done = by_bytes(frame, random)
        elif kind < RANGES:
            data, now, done = ranged(frame, random)
        elif kind < SPLICES and others:
            data, now, done = spliced(frame, others[int(draw() * len(others))], random)
        else:
            data, now, done = ended(frame, random), (), ()
        if now and draw() < SEALED and (number >= pace.until or not tame.issuperset(done)):
            seal(data, now, seed)
        else:
            done = ()
        yield bytes(data), done


def by_fields(frame: Frame, random: Random) -> Mutant:
    """One to four fields with other bytes."""
    draw, pieces = random.random, frame.pieces
    count = len(pieces)
    data = bytearray(frame.data)
    start, end, piece, name = pieces[int(draw() * count)]
    data[start:end] = piece
    done: Done = (name,)
    more = draw()
    while more < MORE:
        start, end, piece, name = pieces[int(draw() * count)]
        data[start:end] = piece
        done = (*done, name)
        more += MORE_STEP
    return data, frame.sites, done


def shaped(frame: Frame, random: Random) -> Mutant:
    """A whole mutant of a verb, half of them with another field as well."""
    draw, pieces = random.random, frame.pieces
    whole, at, by, name = frame.shapes[int(draw() * len(frame.shapes))]
    data = bytearray(whole)
    done: Done = (name,)
    if pieces and draw() < 0.5:
        start, end, piece, name = pieces[int(draw() * len(pieces))]
        if start >= at:
            start, end = start + by, end + by
        if start >= 0 and end <= len(data):
            data[start:end] = piece
            done = (*done, name)
    return data, moved(frame.sites, at, by) if by else frame.sites, done


def by_bytes(frame: Frame, random: Random) -> Mutant:
    """One to four bytes anywhere changed: a bit flipped, an edge, anything, a few added or subtracted."""
    draw, fields, size = random.random, frame.fields, len(frame.data)
    data = bytearray(frame.data)
    done: Done = ()
    more = draw()
    while True:
        index, act = int(draw() * size), draw()
        done = (*done, fields[index])
        if act < 0.4:
            data[index] ^= 1 << int(act * 20)
        elif act < 0.6:
            data[index] = EDGES[int((act - 0.4) * 5 * len(EDGES))]
        elif act < 0.8:
            data[index] = int((act - 0.6) * 1280)
        else:
            data[index] = (data[index] + int((act - 0.9) * 160)) & 255
        if more > MORE:
            return data, frame.sites, done
        more += MORE_STEP


def ranged(frame: Frame, random: Random) -> Mutant:
    """A range taken out, repeated or filled."""
    draw, data, size = random.random, bytearray(frame.data), len(frame.data)
    if frame.borders and draw() < 0.7:
        _, start, end = frame.borders[int(draw() * len(frame.borders))]
    else:
        start = int(draw() * size)
        end = min(size, start + 1 + int(draw() * RANGE_MAXIMUM))
    act, name = draw(), frame.fields[start]
    if act < 0.3:
        del data[start:end]
        return data, moved(frame.sites, end, start - end), (f"{name} out",)
    if act < 0.6:
        data[end:end] = data[start:end]
        return data, moved(frame.sites, end, end - start), (f"{name} twice",)
    if act < 0.8:
        length = end - start
        source = int(draw() * max(1, size - length + 1))
        data[start:end] = frame.data[source : source + length].ljust(length, b"\0")
        return data, frame.sites, (f"{name} over",)
    piece = random.randbytes(1 + int(draw() * RANGE_MAXIMUM)) if draw() < 0.5 else bytes(1 + int(draw() * 8))
    data[start:start] = piece
    return data, moved(frame.sites, start, len(piece)), (f"{name} in",)


def spliced(frame: Frame, other: Frame, random: Random) -> Mutant:
    """A frame with one field, or with all from one field on, from another frame."""
    own, there = frame.borders, other.border
    name, start, end = own[int(random.random() * len(own))] if own else ("", 0, 0)
    found = there.get(name)
    if found is None:
        return bytearray(other.data), other.sites, ("another",)
    if random.random() < 0.5:
        data = bytearray(frame.data)
        data[start:end] = other.data[found.start : found.end]
        return data, moved(frame.sites, end, found.end - found.start - (end - start)), (f"{name} other",)
    data = bytearray(frame.data[:start] + other.data[found.start :])
    return data, joined(frame.sites, other.sites, found.start, start - found.start), (f"{name} on",)


def joined(own: tuple[Site, ...], other: tuple[Site, ...], at: int, by: int) -> tuple[Site, ...]:
    """The checksums of a frame that goes on as another does from its byte `at` on, now `by` bytes further behind."""
    if len(own) != len(other):
        return ()

    def place(mine: int, its: int) -> int:
        return its + by if its >= at else mine

    found = []
    for mine, its in zip(own, other, strict=True):
        start = place(mine.start, its.start)
        cover = place(mine.cover_start, its.cover_start), place(mine.cover_end, its.cover_end)
        found.append(
            mine._replace(start=start, end=start + mine.end - mine.start, cover_start=cover[0], cover_end=cover[1])
        )
    return tuple(found)


def ended(frame: Frame, random: Random) -> bytearray:
    """Cut off somewhere, or with bytes behind; once in a while nothing but zeros or ones."""
    draw, size = random.random, len(frame.data)
    act = draw()
    if act < 0.5:
        return bytearray(frame.data[: int(draw() * size)])
    if act < 0.9:
        return bytearray(frame.data) + random.randbytes(1 + int(draw() * RANGE_MAXIMUM))
    return bytearray(size) if act < 0.95 else bytearray(b"\xff" * size)
