"""Refused files: every rule at every field, with checksums stale and matching, from damage to accepted files.

Damage is the corruption plan (`roundtrip.corrupt`), regions that end inside one of their fields, and matching damage
whose later checksums are made stale again. Every damaged frame is judged by the oracle; what it shows that nobody has
shown yet is kept, of equals the first, and bases come smallest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from corpus.features import WHOLE, broken, pattern, refusal_of, refused_for
from corpus.refusals import excluded, outsides_in, refusals_in
from formats.catalog import Format
from formats.errors import FormatError, Path
from formats.layout import LengthOf
from formats.place import Place
from formats.reseal import checksums

from ..corrupt import plan, reseal
from ..spots import chosen, leaves

#: Frames that are damaged, and how large they may be in bytes.
BASE_COUNT: Final = 16
BASE_SIZE_MAXIMUM: Final = 2048


@dataclass(frozen=True)
class Base:
    """An accepted file that is damaged. features: what it shows."""

    data: bytes
    place: Place
    features: frozenset[str]


@dataclass(frozen=True)
class Damaged:
    """A refused file. new: what no file before it shows; how: what was done to which field."""

    data: bytes
    place: Place
    new: tuple[str, ...]
    how: str

    @property
    def why(self) -> str:
        """One sentence: what it is kept for."""
        more = f", and {len(self.new) - 1} more" if len(self.new) > 1 else ""
        return f"Generated, because no other file shows {self.new[0]}{more} ({self.how})."


@dataclass(frozen=True)
class Hurt:
    """A frame after damage, and how it came about."""

    data: bytes
    path: Path
    verb: str
    resealed: bool
    combined: bool = False

    @property
    def how(self) -> str:
        """In words."""
        return f"{self.verb} at {pattern(self.path) or WHOLE}, {'resealed' if self.resealed else 'raw'}"


def goals(entry: Format) -> set[str]:
    """Every refusal and every number just outside its range that the layout can show."""
    found = {one.text for one in refusals_in(entry.layout) if excluded(entry.layout, one) is None}
    return found | set(outsides_in(entry.layout))


def bases_of(files: Sequence[Base]) -> tuple[Base, ...]:
    """The frames to damage: small ones that together show much, the smallest first."""
    small = sorted(
        (one for one in files if len(one.data) <= BASE_SIZE_MAXIMUM), key=lambda one: (len(one.data), one.data)
    )
    shown: set[str] = set()
    picked: list[Base] = []
    for one in small:
        if not one.features <= shown:
            picked.append(one)
            shown |= one.features
    picked = picked or sorted(files, key=lambda one: len(one.data))[:1]
    step = max(1, len(picked) / BASE_COUNT)
    return tuple(picked[int(number * step)] for number in range(min(BASE_COUNT, len(picked))))


def damages(entry: Format, base: Base, random: Random) -> Iterator[Hurt]:
    """Every damage of one frame."""
    seed = entry.seed(base.place) or 0
    yield Hurt(b"", (), "empty", resealed=False)
    yield Hurt(base.data + b"\0", (), "append", resealed=False)
    for one in (*planned(entry, base, seed, random), *cut_regions(entry, base.data, seed)):
        yield one
        if one.resealed or one.verb in {"truncate", "shorten", "drop"}:
            yield from staled(entry, one)


def planned(entry: Format, base: Base, seed: int, random: Random) -> Iterator[Hurt]:
    """The corruption plan of one frame."""
    for one in plan(entry, base.data, seed, random):
        yield Hurt(one.data, one.path, one.verb, one.resealed)


def cut_regions(entry: Format, frame: bytes, seed: int) -> Iterator[Hurt]:
    """Regions that end inside one of their fields, their lengths saying so."""
    found = leaves(entry, frame, seed)
    for length in found:
        if not isinstance(length.node, LengthOf):
            continue
        region = (*length.path[:-1], *length.node.names)
        inside = [spot for spot in found if spot.path[: len(region)] == region and len(spot.path) > len(region)]
        if not inside:
            continue
        end = max(spot.end for spot in inside)
        for spot in chosen(tuple(inside)):
            for cut in {spot.start, spot.end - 1}:
                shorter = frame[:cut] + frame[end:]
                shorter = length.write(shorter, length.read(frame) - (end - cut))
                yield Hurt(reseal(entry, shorter, seed), spot.path, "cut region", resealed=True)


def staled(entry: Format, hurt: Hurt) -> Iterator[Hurt]:
    """The same damage with a bit turned in what a later checksum covers, so that it does not match any more."""
    for checksum in checksums(entry.oracle, hurt.data):
        if not checksum.digest.sealing and checksum.cover_end > checksum.cover_start:
            for at in {checksum.cover_start, checksum.cover_end - 1}:
                data = bytearray(hurt.data)
                data[at] ^= 0x10
                yield Hurt(bytes(data), hurt.path, f"{hurt.verb}, then a bit behind it", resealed=False, combined=True)


class Refusing:
    """Makes refused files of one format version until nothing is missing that damage can show.

    thorough: also every two laws that are broken at once, and every verb of the plan for every rule and field. fresh:
    whether bytes are not kept yet.
    """

    def __init__(
        self,
        entry: Format,
        missing: set[str],
        known: set[str],
        random: Random,
        *,
        thorough: bool,
        stop: Callable[[], bool],
        fresh: Callable[[bytes], bool] = bool,
    ) -> None:
        self.entry = entry
        self.fresh = fresh
        self.missing = missing
        self.known = known
        self.random = random
        self.thorough = thorough
        self.stop = stop
        self.cells: set[tuple[str, str]] = set()
        self.tried = 0

    def files(self, bases: Sequence[Base]) -> Iterator[Damaged]:
        """Every file that shows something new."""
        for base in bases:
            seed = self.entry.seed(base.place) or 0
            for hurt in damages(self.entry, base, self.random):
                if self.stop() or not (self.missing or self.thorough):
                    return
                self.tried += 1
                new = self.new(hurt, seed) if self.fresh(hurt.data) else ()
                if new:
                    yield Damaged(hurt.data, base.place, new, hurt.how)

    def new(self, hurt: Hurt, seed: int) -> tuple[str, ...]:
        """What a damaged frame shows that nobody has shown yet; noted as shown from now on."""
        try:
            self.entry.oracle.decode(hurt.data, seed)
        except FormatError as error:
            either = {refusal_of(error.rule, pattern(error.path), match=match) for match in (False, True)}
            cell = (min(either), hurt.verb)
            if self.thorough and not hurt.combined and cell not in self.cells:
                return self.shown(hurt, seed, cell)
            if either & self.missing or error.rule == "bounds":
                return self.shown(hurt, seed, None)
        return ()

    def shown(self, hurt: Hurt, seed: int, cell: tuple[str, str] | None) -> tuple[str, ...]:
        """The new features of a frame, in order; where a verb is new for this refusal, that too."""
        verdicts = refused_for(self.entry, hurt.data, seed)
        others = broken(self.entry, hurt.data, seed)
        every = [
            one for one in (*others, *verdicts) if "=" in one and not one.startswith(("checksums=", "field=", "rule="))
        ]
        new = [one for one in every if one in self.missing]
        if self.thorough:
            new += [one for one in every if one not in self.known and one not in new]
            if cell is not None:
                self.cells.add(cell)
                new = new or [f"{others[0]} by this damage"]
        self.missing -= set(new)
        self.known |= set(new)
        return tuple(new)
