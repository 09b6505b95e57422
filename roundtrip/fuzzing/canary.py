"""Canaries: a bug that is known to be there, planted in a format before it is fuzzed. Who misses it finds nothing else.

For our formats it is one of the planted bugs of `roundtrip.mutants`; for a user's it is made from the format's own
layout: a bound that is one too wide, an enumeration that takes any number, a field that takes any value, a number read
in the wrong order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from formats.errors import ShardproofError
from formats.layout import Accepted, Bounded, Digest, Enumeration, Integer, Layout, Node, Struct

from ..mutants import MUTANTS, Planted
from ..mutants.edits import EditFailed, edit
from ..mutants.planting import from_behaviour, from_layout

if TYPE_CHECKING:
    from formats.catalog import Format
    from formats.codec import Codec

#: Inputs within which a canary must be found: many times what it takes.
CANARY_INPUTS: Final = 40_000


@dataclass(frozen=True)
class Canary:
    """A bug to be found. `what`: one sentence."""

    name: str
    what: str
    plant: Callable[[Format], Planted]


def canary_of(entry: Format, seed: int) -> Canary:
    """The canary of a format, another one for another seed."""
    random = Random(f"{seed} canary {entry.label}")
    if entry.generated:
        own = [bug for bug in MUTANTS if bug.format == entry.label]
        if own:
            bug = random.choice(own)
            return Canary(bug.name, bug.what, bug.plant)
    every = list(bugs_in(entry.layout))
    random.shuffle(every)
    for canary in every:
        if is_wrong(entry, canary):
            return canary
    return Canary("canary-raises", "an IndexError leaves the decoder of short inputs", from_behaviour(short_reads))


def is_wrong(entry: Format, canary: Canary) -> bool:
    """Whether a bug can be planted: some layouts cannot be compiled with it, in others it changes nothing."""
    try:
        codec = canary.plant(entry).codec
    except (EditFailed, ShardproofError, AssertionError, TypeError, ValueError):
        return False
    return codec is not None and codec.source != entry.source


def bugs_in(layout: Layout) -> Iterator[Canary]:
    """Every bug that the layout offers: the fields of its frame that can be read wrongly."""
    for path, node in fields_of(layout.root):
        yield from bugs_of(path, node)


def fields_of(node: Node | None, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every named field of a frame, with its path as `edit` takes it, also of a struct inside another."""
    while node is not None and not isinstance(node, Struct):
        node = getattr(node, "node", None)
    for member in () if node is None else node.members:
        if member.name is not None:
            deeper = f"{path}.{member.name}".removeprefix(".")
            yield deeper, member.node
            yield from fields_of(member.node, deeper)


def bugs_of(name: str, node: Node) -> Iterator[Canary]:
    """What can be wrong with one field."""

    def canary(kind: str, what: str, change: Callable[[Any], Node]) -> Canary:
        def everywhere(layout: Layout) -> Layout:
            return edit(layout, name, change)

        return Canary(f"canary-{kind}-{name}", f"{name}: {what}", from_layout(everywhere))

    match node:
        case Bounded(minimum=minimum, maximum=maximum):
            yield canary("bound", "the maximum is one too high", lambda _: replace(node, maximum=maximum + 1))
            if minimum > 0:
                yield canary("bound-below", "the minimum is one too low", lambda _: replace(node, minimum=minimum - 1))
        case Accepted(refused=False):
            yield canary("value", "any value passes", lambda _: replace(node, values=(), refused=True))
        case Enumeration(closed=True):
            yield canary("enumeration", "any number passes", lambda _: replace(node, closed=False))
        case Digest(masked=False) if node.algorithm.name == "crc32c":
            yield canary("checksum", "LevelDB's mask is expected", lambda _: replace(node, masked=True))
        case Integer(size=size) if size > 1:
            yield canary("order", "it is read in the other byte order", lambda _: replace(node, little=not node.little))


def short_reads(codec: Codec) -> dict[str, Callable[..., Any]]:
    """A decoder that reads a byte before it knows that there is one."""

    def probe(data: Any, seed: int = 0) -> Any:
        return None if data[0] < 0 else codec.probe(data, seed)

    return {"probe": probe}
