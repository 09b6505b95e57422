"""Decoding of derived fields: each is compared with what it follows from, as soon as that is known."""

from __future__ import annotations

from typing import Final

from ..errors import SchemaRefused
from ..layout import (
    CountOf,
    Digest,
    Field,
    Integer,
    LengthOf,
    Raw,
    Rebuilt,
    Repeated,
    fixed_size,
)
from .expressions import Unbound, compiled
from .known import OTHER, SEAL, Bound, Spot, distance
from .read_scalars import number
from .reader import Reader
from .tables import Trail
from .text import Code

#: LevelDB's mask over a checksum in `c`.
MASKED: Final = "(((unmasked := {}) >> 15 | unmasked << 17) + 0xA282EAD8) & 0xFFFFFFFF"


def read_rebuilt(reader: Reader, node: Rebuilt, trail: Trail) -> Bound:
    """A scalar that equals an expression."""
    inner = reader.read(reader, node.node, trail)
    bound = Bound(node, inner.code, inner.start, inner.end)

    def check() -> None:
        assert inner.code is not None
        expected = compiled(node.expression, reader.context(trail))
        reader.check(f"{inner.code.atom} != {expected.atom}")

    reader.wait(trail, check)
    return bound


def read_length(reader: Reader, node: LengthOf, trail: Trail) -> Bound:
    """The length of a sibling; nothing to check where the sibling takes its size from here."""
    inner = number(reader, node.node, trail)
    bound = Bound(node, inner.code, inner.start, inner.end)

    def check() -> None:
        target = reader.bound(Field(0, node.names))
        if target.source is bound:
            return
        if target.start is None or target.end is None:
            raise Unbound(node.of)
        assert inner.code is not None
        reader.check(f"{inner.code.atom} != {distance(target.start, target.end)}")

    reader.wait(trail, check)
    return bound


def read_count(reader: Reader, node: CountOf, trail: Trail) -> Bound:
    """The number of elements of an array; nothing to check where the array takes its count from here."""
    inner = number(reader, node.node, trail)
    bound = Bound(node, inner.code, inner.start, inner.end)

    def check() -> None:
        target = reader.bound(Field(0, node.of))
        if target.source is bound:
            return
        if target.code is None:
            raise Unbound(".".join(node.of))
        if target.code.kind != "tuple":
            raise SchemaRefused(trail.path, f"{'.'.join(node.of)} is no array")
        assert inner.code is not None
        reader.check(f"{inner.code.atom} != len({target.code.text})")

    reader.wait(trail, check)
    return bound


def read_digest(reader: Reader, node: Digest, trail: Trail) -> Bound:
    """A checksum, compared as soon as what it covers is known."""
    if not isinstance(node.node, Integer | Raw) or fixed_size(node.node) is None:
        raise SchemaRefused(trail.path, f"a checksum in a {type(node.node).__name__} cannot be compiled")
    inner = reader.read(reader, node.node, trail)
    own = node.algorithm.module == "crc32c" and node.algorithm.name == "crc32c"
    if (node.seed or node.masked) and not own:
        raise SchemaRefused(trail.path, "only CRC32C is seeded or masked")
    if node.seed and node.seed != reader.tables.layout.seed:
        raise SchemaRefused(trail.path, f"it is seeded with {node.seed}, the format with {reader.tables.layout.seed}")
    function = reader.tables.function(node.algorithm)
    reader.seeded = reader.seeded or bool(node.seed)

    def check() -> None:
        covered = covered_text(reader, node, inner, view=own)
        text = f"{function}({covered}{', seed' if node.seed else ''})"
        if node.masked:
            text = MASKED.format(text)
        assert inner.code is not None
        reader.check(f"{inner.code.text} != {text}", stage=SEAL if node.sealing else OTHER)

    reader.wait(trail, check)
    return Bound(node, inner.code, inner.start, inner.end)


def covered_text(reader: Reader, node: Digest, inner: Bound, *, view: bool) -> str:
    """The bytes that a checksum covers."""
    if node.sealing:
        assert inner.start is not None
        start = reader.scopes[-1].start if reader.scopes else Spot("")
        if start == Spot("") and reader.input_size is not None and view:
            # In a decoder that does little else, making the slice anew is a twentieth of the time.
            return f"data[{reader.tables.constant('SEALED', f'slice({inner.start})', comment='what the seal covers')}]"
        return reader.bytes_text(start, inner.start, view=view)
    parts = [reader.bound(name) for name in node.covers]
    if len(parts) == 1 and parts[0].raw:
        return parts[0].raw
    first, last = parts[0].start, parts[-1].end
    if first is None or last is None:
        raise Unbound("the covered bytes")
    return reader.bytes_text(first, last, view=view)


def read_repeated(reader: Reader, node: Repeated, trail: Trail) -> Bound:
    """A closing tag."""
    start = reader.spot
    local = reader.take(f"{node.size}s", node.size, trail, compared=True)

    def check() -> None:
        code = reader.lookup(Field(0, (node.of,)))
        if code.kind != "bytes":
            raise SchemaRefused(trail.path, f"{node.of} is not bytes")
        reader.check(f"{local} != {code.atom}[:{node.size}]")

    reader.wait(trail, check)
    return Bound(node, Code(f"bytes({local})", "bytes"), start, reader.spot)
