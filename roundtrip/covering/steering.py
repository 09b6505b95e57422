"""The generator, steered: fields become what is wished of them wherever that is possible, and anything else elsewhere.

Nothing is promised: a wish that finds no room is let go, and who asked looks at the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any, Final

from corpus.features import pattern
from corpus.needs import Exact, Flagged, Need, Number, Size
from formats.common_prefix import common_prefix
from formats.layout import (
    Accepted,
    Array,
    BitGroup,
    Bits,
    Boolean,
    Bounded,
    Enumeration,
    FlagSet,
    Float,
    Integer,
    Layout,
    Node,
    Raw,
    Slices,
    Struct,
    Text,
    fixed_size,
    literal_int,
)

from ..generate import MAKERS, cached_hints
from ..generation.domains import holds, known_flags, number_bounds
from ..generation.generator import Generator, Maker, both
from ..generation.scalars import encoded_size, letters
from ..generation.scopes import Limits, Made, Room, Scope
from ..generation.sources import RandomSource
from .wishes import Wishes

NOTHING: Final = object()
#: Longer free bytes repeat a piece of this size, so that sidecars stay readable.
PIECE_SIZE: Final = 4
PLAIN_SIZE_MAXIMUM: Final = 24
#: So many items can begin with different bytes, 0 left out.
BYTE_COUNT: Final = 255
UTF_8: Final = frozenset({"utf8", "utf-8"})


class SteeredSource(RandomSource):
    """Choices by chance; sizes of byte strings and numbers of columns as they are queued, first come first served."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.sizes: list[int] = []
        self.numbers: list[int] = []

    def integer(self, minimum: int, maximum: int) -> int:
        while self.numbers:
            number = self.numbers.pop(0)
            if minimum <= number <= maximum:
                return number
        return super().integer(minimum, maximum)

    def blob(self, minimum: int, maximum: int) -> bytes:
        if self.sizes:
            minimum = maximum = max(minimum, self.sizes.pop(0))
        size = minimum if minimum == maximum else super().integer(minimum, maximum)
        if size <= PLAIN_SIZE_MAXIMUM:
            return super().blob(size, size)
        for piece_size in range(PIECE_SIZE, 0, -1):
            if size % piece_size == 0:
                break
        return self.random.randbytes(piece_size) * (size // piece_size)


class SteeredGenerator(Generator):
    """A generator that knows what is wished of the file that it makes."""

    def __init__(self, source: SteeredSource, layout: Layout, wishes: Wishes, size: int) -> None:
        super().__init__(source, cached_hints(layout), STEERED_MAKERS, size)
        self.steered_source = source
        self.wishes = wishes
        self.turns: dict[str, int] = {}
        self.scope_paths: dict[int, str] = {}

    @property
    def here(self) -> str:
        """The present path without indices."""
        return pattern(tuple(self.path))

    def next_need(self, path: str) -> Need | None:
        """What is wished of the field that is made now; elements take turns."""
        needs = self.wishes.needs.get(path)
        if not needs:
            return None
        turn = self.turns.get(path, 0)
        self.turns[path] = turn + 1
        return needs[turn % len(needs)]

    def random_between(self, low: int, high: int) -> int:
        """Any number in low..high, all alike."""
        return self.steered_source.random.randint(low, high)

    @contextmanager
    def scope(self, node: Struct | BitGroup) -> Iterator[Scope]:
        """Generate the members of a struct; derived numbers that are settled already are planned at once."""
        with super().scope(node) as scope:
            here = self.here
            self.scope_paths[id(scope)] = here
            for member in node.members:
                path = f"{here}.{member.name}".removeprefix(".")
                if member.name is not None and path in self.wishes.exact and is_derived_number(member.node):
                    scope.values[member.name] = self.wishes.exact[path]
            yield scope

    def plan(self, scope: Scope, name: str, low: int, high: int | None) -> int:
        """Settle a derived number within what is wished of it, if that can be."""
        path = f"{self.scope_paths.get(id(scope), '')}.{name}".removeprefix(".")
        low, high = narrowed((low, high), self.wishes.ranges.get(path))
        return super().plan(scope, name, low, high)

    def amount(self, low: int, high: int | None) -> int:
        """A count or size, as it is wished for here, if that can be."""
        here = self.here
        wished = self.wishes.ranges.get(f"#{here}")
        need = self.wishes.needs.get(here)
        if wished is None and need and isinstance(need[0], Size):
            sized = self.next_need(here)
            assert isinstance(sized, Size)
            wished = sized.low, sized.low + 8 if sized.high is None else sized.high
        return super().amount(*narrowed((low, high), wished))


def narrowed(limits: Limits, wished: tuple[int, int] | None) -> Limits:
    """The limits within what is wished; as they are where they have nothing in common."""
    if wished is None:
        return limits
    low, high = both(limits, wished)
    return limits if high is not None and low > high else (low, high)


def is_derived_number(node: Node) -> bool:
    """Whether a count or a length stands here that follows from other fields."""
    return type(node).__name__ in {"CountOf", "LengthOf"}


def steered(maker: Maker) -> Maker:
    """A maker of scalars that makes what is wished."""

    def make(generator: Any, node: Node, room: Room) -> Made:
        path = generator.here
        value = wanted(generator, node, path)
        if value is NOTHING:
            return maker(generator, node, room)
        size = encoded_size(generator, node, value)
        if room.maximum is not None and size > room.maximum:
            return maker(generator, node, room)
        return Made(value, value, size)

    return make


def wanted(generator: SteeredGenerator, node: Node, path: str) -> Any:
    """The value that is wished of a scalar; `NOTHING` for any."""
    need = generator.next_need(path)
    if path in generator.wishes.values and not isinstance(need, Exact):
        value = generator.wishes.values[path]
        return value if fits(node, value) else NOTHING
    match need:
        case Exact(value=value) if fits(node, value):
            return value
        case Number(low=low, high=high):
            return number(generator, node, (low, high))
        case Flagged(flags=flags) if isinstance(node, FlagSet):
            return flagged(generator, node, dict(flags))
    bounds = number_bounds(node)
    if bounds is not None and path in generator.wishes.ranges:
        low, most = narrowed(bounds, generator.wishes.ranges[path])
        sizing = generator.names() in generator.hints.sizing
        return Generator.amount(generator, low, most) if sizing else generator.source.integer(low, most or low)
    if isinstance(node, FlagSet):
        return decided_flags(generator, node, path)
    return NOTHING


def number(generator: SteeredGenerator, node: Node, wished: tuple[int, int]) -> Any:
    """A number within what is wished: the middle of a range rather than its ends, which other wishes ask for."""
    bounds = number_bounds(node)
    if bounds is None:
        return NOTHING
    low, high = both(bounds, wished)
    if high is None or low > high:
        return NOTHING
    low, high = both((low, high), generator.wishes.ranges.get(generator.here, (low, high)))
    if high is None or low > high:
        return NOTHING
    if generator.names() in generator.hints.sizing:
        value: Any = Generator.amount(generator, *narrowed((low, high), limited(generator.sizing)))
    else:
        value = generator.random_between(low + 1, high - 1) if high - low > 4 else generator.source.integer(low, high)
    return value if holds(node, value) else NOTHING


def limited(limits: Limits) -> tuple[int, int] | None:
    """Limits with two ends, or none."""
    return None if limits[1] is None else (limits[0], limits[1])


def flagged(generator: SteeredGenerator, node: FlagSet, wished: Mapping[str, bool]) -> Any:
    """Flags of which some are wished set or clear."""
    flags = known_flags(node)
    chosen = [(name, bit) for name, bit in flags if wished.get(name, None if name in wished else chance(generator))]
    return frozenset(name for name, _ in chosen) if node.named else sum(bit for _, bit in chosen)


def chance(generator: SteeredGenerator) -> bool:
    """Yes or no."""
    return generator.source.boolean()


def decided_flags(generator: SteeredGenerator, node: FlagSet, path: str) -> Any:
    """Flags of which branches decide on some."""
    names = {name: f"{path}.{name}" for name, _ in node.members}
    wished = {name: bool(generator.wishes.values[key]) for name, key in names.items() if key in generator.wishes.values}
    return flagged(generator, node, wished) if wished else NOTHING


def fits(node: Node, value: Any) -> bool:
    """Whether a scalar takes a value."""
    match node:
        case Boolean() | Bits(boolean=True):
            return isinstance(value, bool)
        case Float():
            return isinstance(value, float)
        case Raw():
            size = fixed_size(node)
            return isinstance(value, bytes) and (size is None or len(value) == size)
        case FlagSet():
            return False
        case _:
            return not isinstance(value, bool) and holds(node, value)


def steered_text(generator: Any, node: Text, room: Room) -> Made:
    """Text; beyond ASCII rather often, which the base generator leaves to chance."""
    made = MAKERS[Text](generator, node, room)
    value = made.plain
    if node.encoding.lower() in UTF_8 and len(value) > 1 and value.isascii() and generator.source.boolean():
        value = "é" + letters(generator, len(value) - 2, wide=False)
    return Made(value, value, made.size)


def steered_array(generator: Any, node: Array, room: Room) -> Made:
    """A column; of one in order, the numbers that are wished are queued when all that it follows from is settled."""
    if not node.order:
        return MAKERS[Array](generator, node, room)
    path = generator.here
    count = literal_int(node.count)
    if count is None:
        low, high = narrowed((0, None), generator.wishes.ranges.get(f"#{path}"))
        count = generator.value_of(node.count, low, high)
    last = last_of(generator, node, count)
    generator.steered_source.numbers = queued(generator, path, count, last)
    try:
        return MAKERS[Array](generator, node, room)
    finally:
        generator.steered_source.numbers = []


def last_of(generator: Any, node: Array, count: int) -> Any:
    """What the last element must be, None for anything."""
    if node.last is None:
        return None
    bounds = number_bounds(node.node) or (0, None)
    low = bounds[0] + (count - 1 if node.order == "strict" else 0)
    return generator.value_of(node.last, max(0, low), bounds[1]) if count else generator.value_of(node.last, 0, 0)


def queued(generator: Any, path: str, count: int, last: Any) -> list[int]:
    """The numbers that a column should hold; behind one that the prescribed last element takes the place of."""
    needs = [need for need in generator.wishes.needs.get(f"{path}[]", ()) if isinstance(need, Number)]
    numbers = [generator.random_between(need.low, need.high) for need in needs]
    if path in generator.wishes.twins:
        numbers = [*numbers[:1], *(numbers[:1] or [0])] if count > 1 else [0]
    if isinstance(last, int):
        numbers = [last, *(number if number < last else generator.random_between(0, last) for number in numbers)]
    return numbers


def steered_slices(generator: Any, node: Slices, room: Room) -> Made:
    """A heap of items, the first of them as long as is wished."""
    sizes = list(generator.wishes.items.get(generator.here, ()))
    if node.prefix:
        measured = generator.wishes.ranges.get(f"#{'.'.join((*generator.here.split('.')[:-1], node.prefix))}")
        own = next(member.node for member in generator.scopes[-1].node.members if member.name == node.prefix)
        size = generator.value_of(own.size) if measured is None else generator.value_of(own.size, *measured)
        # The prefix itself is drawn first; then what every item has behind it.
        sizes = [size, *(max(0, one - size) for one in sizes)] if sizes else []
    generator.steered_source.sizes = sizes
    try:
        made = MAKERS[Slices](generator, node, room)
    finally:
        generator.steered_source.sizes = []
    items = readable(made.plain)
    return Made(items, items, made.size)


def readable(items: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Long items of the same sizes, each of one byte over and over behind what all share: sidecars say that shortly."""
    if len(items) > BYTE_COUNT or max(map(len, items), default=0) <= PLAIN_SIZE_MAXIMUM:
        return items
    shared = common_prefix(items) if len(items) > 1 else b""
    longest = sorted(enumerate(items), key=lambda one: one[1])
    ordered = [shared + bytes([1 + number]) * (len(item) - len(shared)) for number, (_, item) in enumerate(longest)]
    changed = list(items)
    for (index, _), item in zip(longest, ordered, strict=True):
        changed[index] = item
    return tuple(changed)


SCALARS: Final = (Integer, Bits, Bounded, Boolean, Float, Enumeration, FlagSet, Accepted, Raw)
STEERED_MAKERS: Final[Mapping[type, Maker]] = {
    **MAKERS,
    **{kind: steered(MAKERS[kind]) for kind in SCALARS},
    Text: steered_text,
    Array: steered_array,
    Slices: steered_slices,
}
