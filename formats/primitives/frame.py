"""Frames: a fixed header sealed by its own checksum, then a body that is believed only as far as the header vouches.

`Frame` is a Struct that checks in one order, whatever the order of its fields (rules of `formats.errors.RULES`):
the header is there in full, magic, kind, version, seal, bounds, then per body field its length and its checksum, the
closing tag, and last the meaning of fields and the content of regions. It derives lengths, counts and checksums when
it builds. Without a seal it is a plain struct whose checksums still come before meaning.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from construct import Bytes, Container, StreamError
from construct.core import BytesIOWithOffsets, evaluate, stream_read, stream_tell, stream_write

from .base import AnyConstruct, AnySubconstruct
from .checksums import Crc32c, Seal
from .columns import PrefixOf, sized
from .scalars import Bounded, Magic
from .violations import Deferral, directly_in_frame, parameters, violate


class Length(Bounded):
    """The encoded length in bytes of a field; bounded, and derived when built.

    `of` names a sibling, or by its path from here (`entries.prefix`) a `PrefixOf` inside one.
    """

    def __init__(self, subcon: Any, *, of: str, minimum: int = 0, maximum: int) -> None:
        super().__init__(subcon, minimum, maximum)
        self.of = of
        self.flagbuildnone = True


class Count(Bounded):
    """The number of elements of an array, named by its path from here (`entries.keys`); bounded and derived."""

    def __init__(self, subcon: Any, *, of: str, minimum: int = 0, maximum: int) -> None:
        super().__init__(subcon, minimum, maximum)
        self.of = tuple(of.split("."))
        self.flagbuildnone = True


class Region(AnySubconstruct):
    """`size` bytes that the content fills exactly (rule `length`); in a frame, parsed after all checksums."""

    def __init__(self, size: Any, subcon: Any) -> None:
        super().__init__(subcon)
        self.size = size

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        content = BytesIOWithOffsets.from_reading(stream, evaluate(self.size, context), path)
        if not directly_in_frame(context):
            return self.parse_content(content, context, path)
        return Pending(lambda: self.parse_content(content, context, path), parameters(context).get("trace"))

    def parse_content(self, content: Any, context: Any, path: str) -> Any:
        """The value of the content, which must end where the region ends."""
        value = self.subcon._parsereport(content, context, path)
        left = len(content.read())
        if left:
            violate(context, "length", expected="the content to end with its region", found=f"{left} more bytes")
        return value

    def _sizeof(self, context: Any, path: str) -> int:
        return sized(self.size, context, path)


class Pending:
    """The content of a region that waits for its frame's checksums."""

    def __init__(self, parse: Callable[[], Any], trace: Any) -> None:
        self.parse = parse
        self.trace = trace
        self.position = None if trace is None else trace.position()

    def resolve(self) -> Any:
        """Parse the content now, traced as if it had been parsed in its turn."""
        if self.trace is None:
            return self.parse()
        with self.trace.returned_to(self.position):
            return self.parse()


class Frame(AnyConstruct):
    """Named fields in order, with checks in the order of the rules; value: a Container.

    At most one `Seal`; the fields up to it are the header and must have a fixed size.
    """

    def __init__(self, *subcons: Any) -> None:
        super().__init__()
        self.subcons = list(subcons)
        self.names = [member.name for member in self.subcons]
        roles = [bare(member) for member in self.subcons]
        self.checksums = {index: role for index, role in enumerate(roles) if isinstance(role, Crc32c)}
        seals = [index for index, role in self.checksums.items() if isinstance(role, Seal)]
        if len(seals) > 1:
            raise ValueError("a frame has at most one seal")
        self.seal = seals[0] if seals else None
        self.header = 0 if self.seal is None else self.seal + 1
        self.header_size = sum(member.sizeof() for member in self.subcons[: self.header])
        self.identity = 0
        while self.identity < len(roles) and isinstance(roles[self.identity], Magic):
            self.identity += 1
        self.derived = {index: role for index, role in enumerate(roles) if isinstance(role, Length | Count)}
        self.covered = {index: self._covered(role) for index, role in self.checksums.items() if index != self.seal}
        for role in self.derived.values():
            if isinstance(role, Length) and "." in role.of:
                self._require_prefix(role)

    def _require_prefix(self, length: Length) -> None:
        """What a length measures inside another field is a prefix: nothing else is known before that is built."""
        role: Any = self
        for name in length.of.split("."):
            role = member_named(role, name)
        if not isinstance(role, PrefixOf):
            reason = f"a length inside another field is that of a PrefixOf, and {length.of} is none"
            raise ValueError(reason)  # noqa: TRY004  # a schema that cannot be, like all others here

    def _covered(self, checksum: Crc32c) -> tuple[int, int]:
        """The first and last member that a checksum covers."""
        try:
            indices = [self.names.index(name) for name in checksum.covers]
        except ValueError:
            raise ValueError(f"a checksum covers {checksum.covers}, and not all of these are fields here") from None
        if not indices or indices != list(range(indices[0], indices[-1] + 1)):
            raise ValueError(f"a checksum covers fields that lie back to back, not {checksum.covers}")
        return indices[0], indices[-1]

    # --- parsing -----------------------------------------------------------------------------------------------------

    def _parse(self, stream: Any, context: Any, path: str) -> Container[Any]:
        state = parameters(context)
        inner, outer = nested(stream, context), state.get("deferral")
        state["deferral"] = deferral = Deferral(inner)
        try:
            return self._parse_members(stream, inner, path, deferral)
        finally:
            state["deferral"] = outer

    def _parse_members(self, stream: Any, context: Any, path: str, deferral: Deferral) -> Container[Any]:
        start = stream_tell(stream, path)
        header = stream.read(self.header_size)
        if len(header) != self.header_size and "damage" not in parameters(context):
            raise StreamError(f"{self.header_size} bytes are needed and {len(header)} are left", path=path)
        stream.seek(start)
        pending: list[tuple[Any, Pending]] = []
        spans: dict[int, tuple[int, int]] = {}
        values: Container[Any] = Container()
        for index, (name, member) in enumerate(zip(self.names, self.subcons, strict=True)):
            if self.seal is not None and index == self.identity and len(header) == self.header_size:
                self._verify_seal(header, start, context)
            begin = stream_tell(stream, path)
            value = member._parsereport(stream, context, path)
            spans[index] = (begin, stream_tell(stream, path))
            if isinstance(value, Pending):
                pending.append((name, value))
            elif name:
                values[name] = context[name] = value
            self._verify_checksums(index, spans, stream, context, path)
        if deferral.violations:
            raise deferral.violations[0]
        parameters(context)["deferral"] = None
        for name, content in pending:
            values[name] = context[name] = content.resolve()
        return Container((name, values[name]) for name in self.names if name in values)

    def _verify_seal(self, header: bytes, start: int, context: Any) -> None:
        """Check the header's own checksum; without a seed, note that it could not be checked."""
        assert self.seal is not None
        seal, state = self.checksums[self.seal], parameters(context)
        seed = state.get("seed")
        if seal.seed and seed is None:
            state["unverified"] = True
            return
        found = int.from_bytes(header[-4:], "little")
        self._compare(self.seal, found, seal.compute(header[:-4], seed or 0), start + len(header) - 4, context)

    def _verify_checksums(self, index: int, spans: dict[int, Any], stream: Any, context: Any, path: str) -> None:
        """Check every checksum that is read and whose last covered field has just been read."""
        for number, (first, last) in self.covered.items():
            if max(number, last) != index:
                continue
            here = stream_tell(stream, path)
            stream.seek(spans[first][0])
            covered = stream_read(stream, spans[last][1] - spans[first][0], path)
            stream.seek(spans[number][0])
            found = int.from_bytes(stream_read(stream, 4, path), "little")
            stream.seek(here)
            self._compare(number, found, self.checksums[number].compute(covered, 0), spans[number][0], context)

    def _compare(self, index: int, found: int, expected: int, offset: int, context: Any) -> None:
        if found != expected:
            violate(
                context,
                self.checksums[index].rule,
                expected=f"{expected:#010x}",
                found=f"{found:#010x}",
                member=self.names[index],
                offset=offset,
            )

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        inner = nested(stream, context)
        inner.update(obj)
        pieces: dict[int, bytes] = {}
        for index, role in self.derived.items():
            if isinstance(role, Count):
                inner[self.names[index]] = self._count(role, inner)
        for index, role in self.derived.items():
            if isinstance(role, Length) and "." in role.of:  # the bytes of what holds it depend on it
                inner[self.names[index]] = self._prefix_length(role, inner)
        for index, role in self.derived.items():
            if isinstance(role, Length) and "." not in role.of:
                inner[self.names[index]] = self._length(role, inner, pieces, path)
        for index in range(len(self.subcons)):
            if index not in pieces and index not in self.checksums:
                pieces[index] = self._piece(index, inner, path)
        for index, (first, last) in self.covered.items():
            covered = b"".join(pieces[number] for number in range(first, last + 1))
            inner[self.names[index]] = self.checksums[index].compute(covered, 0)
            pieces[index] = self._piece(index, inner, path)
        if self.seal is not None:
            header = b"".join(pieces[number] for number in range(self.seal))
            seed = parameters(context).get("seed") or 0
            inner[self.names[self.seal]] = self.checksums[self.seal].compute(header, seed)
            pieces[self.seal] = self._piece(self.seal, inner, path)
        frame = b"".join(pieces[index] for index in range(len(self.subcons)))
        stream_write(stream, frame, len(frame), path)
        return inner

    def _count(self, count: Count, context: Any) -> int:
        value = context
        for name in count.of:
            value = value[name]
        return len(value)

    def _prefix_length(self, length: Length, context: Any) -> int:
        """The length of a prefix inside a member, from the values that it is the prefix of."""
        *outer, _ = names = length.of.split(".")
        values: Any = context
        role: Any = self
        for name in names:
            role = member_named(role, name)
        for name in outer:
            values = values[name]
        return len(role.derived_from(values))

    def _length(self, length: Length, context: Any, pieces: dict[int, bytes], path: str) -> int:
        index = self.names.index(length.of)
        if isinstance(bare(self.subcons[index]), Bytes):  # it needs its length to be built, and is as long as its value
            return len(context[length.of])
        pieces[index] = self._piece(index, context, path)
        return len(pieces[index])

    def _piece(self, index: int, context: Any, path: str) -> bytes:
        """The encoded bytes of one member."""
        member, name = self.subcons[index], self.names[index]
        value = context.get(name) if member.flagbuildnone else context[name]
        stream = io.BytesIO()
        built = member._build(value, stream, context, path)
        if name and built is not None:
            context[name] = built
        return stream.getvalue()

    def _sizeof(self, context: Any, path: str) -> int:
        return sum(member._sizeof(context, path) for member in self.subcons)


def bare(construct: Any) -> Any:
    """The construct below its name."""
    return bare(construct.subcon) if type(construct).__name__ == "Renamed" else construct


def member_named(construct: Any, name: str) -> Any:
    """The construct of a member, also of a struct inside a region; `ValueError` where there is none of that name."""
    while not hasattr(construct, "subcons") and hasattr(construct, "subcon"):
        construct = construct.subcon
    found = [bare(member) for member in getattr(construct, "subcons", ()) if member.name == name]
    if not found:
        raise ValueError(f"there is no field {name!r}")
    return found[0]


def nested(stream: Any, context: Any) -> Any:
    """A context one level deeper, as Construct's own Struct makes it."""
    inner: Any = Container(
        _=context,
        _params=context._params,
        _root=None,
        _parsing=context._parsing,
        _building=context._building,
        _sizing=context._sizing,
        _subcons=None,
        _io=stream,
        _index=context.get("_index", None),
    )
    inner._root = context.get("_root", inner)
    return inner
