"""What the trials of all components have in common: an alphabet, histories drawn from it, and the report.

An operation is a verb with small numbers, and every row of operations is a history: a number that names one of several
things counts modulo what is there. So a history has a text, one operation a line, and lines may be left out of it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from engine.crash_choice import Kept
from engine.errors import CallRefused, EngineError
from engine.memory_disk import MemoryDisk
from engine.zoned_disk import ZonedDisk
from formats.errors import ShardproofError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine import Shape

SHOWN_MAXIMUM: Final = 400
_NUMBER: Final = re.compile(r"-?\d+")


class Verb(NamedTuple):
    """One letter of an alphabet. `weight`: how often it comes; `domains`: what each argument is drawn from."""

    name: str
    weight: int
    domains: tuple[Sequence[int], ...] = ()


class Operation(NamedTuple):
    """A verb and its arguments; the text form parses back."""

    verb: str
    arguments: tuple[int, ...]

    def __str__(self) -> str:
        return " ".join((self.verb, *map(str, self.arguments)))

    @classmethod
    def parse(cls, text: str, alphabet: tuple[Verb, ...]) -> Operation:
        """The operation from its text form. Raises `CallRefused`."""
        name, *words = text.split() or [""]
        verb = next((verb for verb in alphabet if verb.name == name), None)
        if verb is not None and len(words) == len(verb.domains) and all(_NUMBER.fullmatch(word) for word in words):
            numbers = tuple(map(int, words))
            if all(number in domain for number, domain in zip(numbers, verb.domains, strict=True)):
                return cls(name, numbers)
        forms = ", ".join(" ".join((verb.name, *("N" for _ in verb.domains))) for verb in alphabet)
        raise CallRefused(f"operation: expected one of {forms}; found {text[:40]!r}")


class Disagreement(Exception):
    """Component and model disagree."""

    def __init__(self, expected: object, found: object) -> None:
        super().__init__(expected, found)
        self.expected, self.found = shown(expected), shown(found)


class Trial:
    """A real component beside its model. A subclass has a method for each verb, which compares the two answers."""

    alphabet: tuple[Verb, ...]

    def __init__(self, seed: int) -> None:
        """A new component and a new model; the same seed makes the same ones."""
        raise NotImplementedError

    def check(self) -> None:
        """What must hold after every operation."""
        raise NotImplementedError

    def end(self) -> None:
        """Give everything back."""
        raise NotImplementedError

    def apply(self, operation: Operation) -> None:
        """Do one operation with both, and check."""
        getattr(self, operation.verb)(*operation.arguments)
        self.check()


def draw(alphabet: tuple[Verb, ...], random: Random, count: int) -> Iterator[Operation]:
    """So many operations."""
    for verb in random.choices(alphabet, [verb.weight for verb in alphabet], k=count):
        yield Operation(verb.name, tuple(random.choice(domain) for domain in verb.domains))


def equal(expected: object, found: object) -> None:
    """Compare two answers."""
    if expected != found:
        raise Disagreement(expected, found)


def disagree(expected: object, found: object) -> NoReturn:
    """Two answers cannot both be right."""
    raise Disagreement(expected, found)


def answer(call: Callable[..., Any], *arguments: Any, refusals: tuple[type[Exception], ...] = ()) -> Any:
    """What a call answers, or the name of the refusal."""
    caught: tuple[type[Exception], ...] = (ShardproofError, *refusals)
    try:
        return call(*arguments)
    except caught as error:
        return f"refused: {type(error).__name__}"


def shown(value: object) -> str:
    """A value for people."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN_MAXIMUM else f"{text[:SHOWN_MAXIMUM]}… ({len(text)} characters)"


def payload(number: int, size: int) -> bytes:
    """Bytes that tell which operation made them."""
    return Random(number).randbytes(size)


def new_disk(shape: Shape, seed: int) -> MemoryDisk:
    """A disk for a trial; that of an odd seed has hard write pointers."""
    return (ZonedDisk if seed % 2 else MemoryDisk)(shape.extent_count, shape.extent_size_bytes)


def survivors(disk: MemoryDisk, seed: int) -> tuple[Kept, ...]:
    """A part of the unsynced writes that a crash may leave: 0 leaves nothing, 1 everything, others each by its lot."""
    random = Random(seed)
    kept: list[Kept] = []
    for index, write in enumerate(disk.unsynced if seed else ()):
        fate = 1 if seed == 1 else random.randrange(4)
        if fate == 1 or (fate and not write.data):
            kept.append(Kept(index))
        elif fate == 2:
            kept.append(Kept(index, length=random.randrange(len(write.data))))
        elif fate == 3:
            kept.append(Kept(index, without_sector=random.choice(write.sectors())))
    return disk.possible(kept)


def power_cut(disk: MemoryDisk, action: Callable[[], object], sync: int, fate: int) -> MemoryDisk:
    """Do something, and cut the power before its n-th sync (the first is 0) is done, or at its end: what is left."""
    left: list[MemoryDisk] = []
    syncs = 0

    def fault(verb: str, _extent: int, _offset: int, _length: int) -> None:
        nonlocal syncs
        if verb == "sync":
            if syncs == sync:
                left.append(disk.crash(survivors(disk, fate)))
                raise OSError("the power went")
            syncs += 1

    disk.faults = fault
    with suppress(EngineError):
        action()
    return left[0] if left else disk.crash(survivors(disk, fate))
