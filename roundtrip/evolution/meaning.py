"""What a value means, apart from how a layout words it, and where two readings of one file differ.

Enumerations and flags mean a member: the same name, or, where the name is gone, the same number under a new one. A
number is a number, whatever its width, sign or constraint; text is its bytes; records are records, however a stream is
cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from formats.errors import Path
from formats.expressions import Unknown
from formats.layout import (
    Array,
    BitGroup,
    Blocks,
    Captured,
    Choice,
    Conditional,
    CountedArray,
    Enumeration,
    FlagSet,
    Node,
    Padded,
    Prefixed,
    Records,
    Region,
    Struct,
    Text,
    value_members,
)
from formats.values import branch, comparable, derive

from .matching import Matching, Names
from .verdicts import Misreading

Environment = list[dict[str, Any]]


@dataclass(frozen=True)
class Named:
    """A member of an enumeration. members: name -> number, of the layout that read it."""

    name: str | None
    number: int
    members: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Flags:
    """A set of flags."""

    mask: int
    members: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Written:
    """Text and its bytes."""

    text: str
    data: bytes


def meaning(node: Node, plain: Any, environment: Environment | None = None) -> Any:
    """The meaning of a plain value of a node."""
    environment = environment or []
    match node:
        case Struct() | BitGroup():
            inner = [*environment, derive(node, plain, environment)]
            return {member.name: meaning(member.node, plain[member.name], inner) for member in value_members(node)}
        case Array(node=element) | CountedArray(node=element) | Records(node=element):
            return tuple(meaning(element, item, environment) for item in plain)
        case Blocks(node=element):
            return tuple(meaning(element, item, environment) for block in plain for item in block)
        case Conditional() | Choice():
            try:
                chosen = branch(node, environment)
            except Unknown:
                return plain
            return None if chosen is None else meaning(chosen, plain, environment)
        case Enumeration(members=members):
            numbers = dict(members)
            return Named(plain, numbers[plain], members) if plain in numbers else Named(None, int(plain), members)
        case FlagSet(members=members, named=named):
            return Flags(sum(bit for name, bit in members if name in plain) if named else plain, members)
        case Text(encoding=encoding) if isinstance(plain, str):
            return Written(plain, plain.encode(encoding, "surrogatepass"))
        case Captured(node=inner_node) | Prefixed(node=inner_node) | Region(node=inner_node) | Padded(node=inner_node):
            return meaning(inner_node, plain, environment)
        case _:
            inner_only = getattr(node, "node", None)
            return plain if inner_only is None else meaning(inner_only, plain, environment)


def misreadings(match: Matching, written: Any, read: Any) -> Iterator[Misreading]:
    """Where a reader's meaning differs from the writer's at the same field. `match`: first the writer's layout."""
    yield from differing(match, written, read, (), (), ())


def differing(
    match: Matching, written: Any, read: Any, path: Path, reader_path: Path, names: Names
) -> Iterator[Misreading]:
    """The same, below a field. `names`: of the writer's field."""
    if isinstance(written, dict) and isinstance(read, dict):
        for name, value in written.items():
            target = match.first.get((*names, name))
            if target is not None and target[-1] in read:
                inner, inner_reader = (*path, name), (*reader_path, target[-1])
                yield from differing(match, value, read[target[-1]], inner, inner_reader, (*names, name))
    elif isinstance(written, tuple) and isinstance(read, tuple):
        if len(written) != len(read):
            yield Misreading(path, reader_path, shown(written), shown(read))
            return
        for index, (one, other) in enumerate(zip(written, read, strict=True)):
            yield from differing(match, one, other, (*path, index), (*reader_path, index), names)
    elif not same(written, read):
        yield Misreading(path, reader_path, shown(written), shown(read))


def same(written: Any, read: Any) -> bool:
    """Whether two leaves mean the same."""
    match written, read:
        case Named(), Named():
            return same_member(written, read)
        case Flags(), Flags():
            return same_flags(written, read)
        case ((Named(number=number) | Flags(mask=number)), (int() | float())):
            return number == read
        case ((int() | float()), (Named(number=number) | Flags(mask=number))):
            return number == written
        case ((Named(number=one) | Flags(mask=one)), (Named(number=other) | Flags(mask=other))):
            return one == other
        case Written(data=one), Written(data=other, text=text):
            return one == other and written.text == text
        case Written(data=data), bytes():
            return data == read
        case bytes(), Written(data=data):
            return data == written
        case float(), float():
            return bool(comparable(written) == comparable(read))
        case _:
            return bool(written == read)


def same_member(written: Named, read: Named) -> bool:
    """The same name; a name that the reader has not is what its number is called now, if nothing else was before."""
    if written.name is not None and any(written.name == name for name, _ in read.members):
        return written.name == read.name
    if read.name is not None and any(read.name == name for name, _ in written.members):
        return written.name == read.name
    return written.number == read.number


def same_flags(written: Flags, read: Flags) -> bool:
    """The same flags are set."""
    there = {name for name, _ in read.members}
    before = {name for name, _ in written.members}
    fresh = {bit: name for name, bit in read.members if name not in before}
    wanted = {name if name in there else fresh.get(bit) for name, bit in written.members if written.mask & bit}
    return wanted == {name for name, bit in read.members if read.mask & bit}


def shown(value: Any) -> Any:
    """A meaning as a plain value again, for people."""
    match value:
        case Named(name=name, number=number):
            return number if name is None else name
        case Flags(mask=mask, members=members):
            return " + ".join(name for name, bit in members if mask & bit) or "no flag"
        case Written(text=text):
            return text
        case dict():
            return {name: shown(item) for name, item in value.items()}
        case tuple():
            return tuple(shown(item) for item in value)
    return value
