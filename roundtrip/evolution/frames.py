"""Files of a writer: generated ones that can be made smaller again, and kept ones.

A generated file remembers the choices that made it. Choices replayed give the same file, smaller choices a simpler
one, and whatever is made is legal by construction: that is how witnesses are minimized.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random
from typing import Any, Final, TypeVar

from formats.catalog import Format
from formats.errors import ShardproofError
from formats.layout import Blocks, Node, Records, children
from formats.place import Place
from roundtrip.generate import MAKERS, NoValue
from roundtrip.generation.generator import Generator
from roundtrip.generation.hints import Hints, hints_of
from roundtrip.generation.scopes import Room
from roundtrip.generation.sources import RandomSource, Source
from roundtrip.subjects import EdgeSource, EvenSource

from .changes import Change
from .matching import Names

T = TypeVar("T")
Script = tuple[Any, ...]

#: A place whose every number differs, and the simplest.
PLACES: Final = (
    Place(),
    Place(disk=bytes(range(1, 17)), extent=1, generation=2, offset=4096, run=3),
)
#: Sizes asked of the generator, in elements or bytes, and random files made of each.
SIZES: Final = (0, 1, 2, 3, 8, 24)
FILES_PER_SIZE: Final = 6
FILES_PER_CHANGE: Final = 8
#: No file is made with more elements, or bytes, to show a change of a bound.
SIZE_MAXIMUM: Final = 1 << 16
#: A file takes at most so many choices, and the files that aim at nothing, or at one change, at most so many in all.
CHOICES_MAXIMUM: Final = 8_000
ALLOWANCE: Final = 12_000
#: So many records of a stream share the size that the generator is asked for.
RECORDS_SHARING: Final = 8
#: The generator is asked so often for one file.
ATTEMPTS: Final = 6


@dataclass(frozen=True)
class Frame:
    """A legal file of a writer.

    script, size: what makes it again; kept: the name of a kept file, else empty; maker: the format whose generator
    made it, where that is not the writer's own: it is a file of both.
    """

    data: bytes
    value: Any
    place: Place
    script: Script = ()
    size: int = 0
    kept: str = ""
    hints: Hints | None = field(default=None, compare=False, repr=False)
    maker: Format | None = field(default=None, compare=False, repr=False)


@dataclass
class Allowance:
    """How many choices are left for a series of files, failed attempts included."""

    left: int = ALLOWANCE

    def most(self, maximum: int) -> int:
        """How many the next file may take."""
        return max(0, min(self.left, maximum))


class Recorder:
    """Choices of another source, noted; or, without one, the noted ones again and then the simplest."""

    def __init__(self, source: Source | None, script: Script = (), most: int = CHOICES_MAXIMUM) -> None:
        self.source = source
        self.script = script
        self.most = most
        self.made: list[Any] = []

    def noted(self, value: T) -> T:
        """Note a choice; `NoValue` where there are too many."""
        if len(self.made) >= self.most:
            raise NoValue((), f"it takes more than {self.most} choices")
        self.made.append(value)
        return value

    def next(self, kind: type) -> Any:
        """The next noted choice, if it is of this kind."""
        index = len(self.made)
        value = self.script[index] if index < len(self.script) else None
        return value if type(value) is kind else None

    def integer(self, minimum: int, maximum: int) -> int:
        """A number, the nearest to 0 for none."""
        if self.source is not None:
            return self.noted(self.source.integer(minimum, maximum))
        value = self.next(int)
        return self.noted(max(minimum, min(maximum, 0 if value is None else value)))

    def boolean(self) -> bool:
        """True or False, False for none."""
        return self.noted(self.source.boolean() if self.source is not None else bool(self.next(bool)))

    def choice(self, options: Sequence[T]) -> T:
        """One of the options, the first for none."""
        if self.source is not None:
            value = self.source.choice(options)
            self.noted(options.index(value))
            return value
        index = self.next(int)
        return options[self.noted(max(0, min(index or 0, len(options) - 1)))]

    def blob(self, minimum: int, maximum: int) -> bytes:
        """Bytes, as few zeros as possible for none."""
        if self.source is not None:
            return self.noted(self.source.blob(minimum, maximum))
        value = self.next(bytes) or b""
        return self.noted(value[:maximum].ljust(minimum, b"\0"))

    def real(self) -> float:
        """A number, 0.0 for none."""
        return self.noted(self.source.real() if self.source is not None else self.next(float) or 0.0)


def made(
    entry: Format,
    source: Source | None,
    script: Script,
    size: int,
    place: Place,
    hints: Hints,
    allowance: Allowance | None = None,
    maximum: int = CHOICES_MAXIMUM,
) -> Frame | None:
    """A file from choices, of `maximum` at most; None where they lead to no legal one."""
    allowance = allowance or Allowance()
    recorder = Recorder(source, script, allowance.most(maximum))
    try:
        value = Generator(recorder, hints, MAKERS, size).make(entry.layout.root, Room()).plain
        data = entry.oracle.encode(value, entry.seed(place) or 0)
    except ShardproofError:
        return None
    finally:
        allowance.left -= len(recorder.made)
    return Frame(data, value, place, tuple(recorder.made), size, hints=hints)


def again(entry: Format, frame: Frame, script: Script, size: int, place: Place) -> Frame | None:
    """The file of the format that other choices make; None where they make none."""
    found = made(frame.maker or entry, None, script, size, place, frame.hints or Hints())
    return found if found is None or frame.maker is None else adopted(entry, found, frame.maker)


def adopted(entry: Format, frame: Frame, maker: Format) -> Frame | None:
    """A file that another format made, as one of this format; None where it is not."""
    seed = entry.seed(frame.place) or 0
    if entry.codec.probe(frame.data, seed) is None:
        return None
    return replace(frame, value=entry.oracle.decode(frame.data, seed), maker=maker)


def work(frame: Frame) -> int:
    """What it costs to make and read a file, in choices; the same on every machine."""
    return 1 + len(frame.script) + len(frame.data) // 256


def simplest(entry: Format) -> Frame | None:
    """The file of the simplest choices, for the smallest size that has one."""
    hints = hints_of(entry.layout.root)
    for size in (0, 1, 2, 4, 8):
        frame = made(entry, None, (), size, PLACES[0], hints)
        if frame is not None:
            return frame
    return None


def with_wanted(hints: Hints, wanted: Iterable[tuple[Names, Any]]) -> Hints:
    """Hints that also want these values of fields."""
    found = Hints(set(hints.sizing), {names: list(values) for names, values in hints.wanted.items()}, hints.required)
    for names, value in wanted:
        found.wanted.setdefault(names, []).append(value)
    return found


class Holder:
    """A format as a key: equal to another of the same name, version and layout."""

    def __init__(self, entry: Format) -> None:
        self.entry = entry
        self.key = entry.name, entry.version, entry.layout

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Holder) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)


def general(entry: Format, seed: int) -> tuple[Frame, ...]:
    """Files that try everything: the simplest, even ones, those at the edges, random ones of several sizes."""
    return made_once(Holder(entry), seed)


@lru_cache(maxsize=64)
def made_once(holder: Holder, seed: int) -> tuple[Frame, ...]:
    """The same, made once."""
    return tuple(generated(holder.entry, seed))


def generated(entry: Format, seed: int) -> Iterator[Frame]:
    """The same, one by one."""
    random = Random(f"{seed} evolution {entry.name} {entry.version}")
    hints = hints_of(entry.layout.root)
    first = simplest(entry)
    if first is not None:
        yield first
    sources: list[tuple[Source, int]] = [
        (EvenSource(random), 8),
        (EdgeSource(greatest=False), 1),
        (EdgeSource(greatest=True), 1),
        (EdgeSource(greatest=True), 8),
    ]
    sources += [(RandomSource(random), size) for size in SIZES for _ in range(FILES_PER_SIZE)]
    allowance = Allowance()
    for number, (source, size) in enumerate(sources):
        for _ in range(ATTEMPTS):
            frame = made(entry, source, (), size, PLACES[number % 2], hints, allowance, ALLOWANCE // 4)
            if frame is not None:
                yield frame
                break


def targeted(entry: Format, change: Change, side: str, seed: int) -> Iterator[Frame]:
    """Files that may show one change when this side writes them."""
    wanted = [(names, value) for who, names, value in change.wanted if who == side]
    sizes: tuple[int, ...] = (1, 3)
    if change.size:
        most = min(change.size + 1, SIZE_MAXIMUM)
        sizes = tuple(dict.fromkeys(most // part for part in (64, 24, 8, 1)))
        if is_stream(entry.layout.root):
            sizes = (min(most * RECORDS_SHARING, SIZE_MAXIMUM), *sizes)
    elif not wanted:
        return
    random = Random(f"{seed} evolution {entry.name} {entry.version} {change.key}")
    plain, allowance = hints_of(entry.layout.root), Allowance()
    for values in [[one] for one in wanted] or [wanted]:
        hints = with_wanted(Hints(plain.sizing, {}, plain.required), values) if values else plain
        for size in sizes:
            for source in sources_for(random, change):
                frame = made(entry, source, (), size, PLACES[1], hints, allowance)
                if frame is not None:
                    yield frame


def is_stream(node: Node) -> bool:
    """Whether records share the size that is asked for."""
    return isinstance(node, Records | Blocks) or any(is_stream(child) for _, child in children(node))


def sources_for(random: Random, change: Change) -> list[Source]:
    """Where the choices for one change come from: large files want the greatest choices."""
    few: list[Source] = [
        RandomSource(random) for _ in range(FILES_PER_CHANGE if change.size else FILES_PER_CHANGE // 2)
    ]
    return [*few, EdgeSource(greatest=True)] if change.size else few
