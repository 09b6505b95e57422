"""Random schemas in the strict vocabulary: sealed frames, regions of columns, streams."""

from __future__ import annotations

from typing import Any

import construct as c

from formats import primitives as p
from formats.layout import minimum_size
from formats.translate import translate
from roundtrip.generation.sources import Source

from .plain import PlainMaker
from .terms import Known

SEEDS = ((), ("disk",), ("extent", "offset"), ("disk", "run", "offset"), ("generation",))
WIDTHS = (c.Int8ul, c.Int16ul, c.Int32ul, c.Int16ub, c.Int64ul)


class StrictMaker(PlainMaker):
    """Makes frames, and streams of them, all sealed with one `seed`."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.seed = source.choice(SEEDS)

    def schema(self) -> Any:
        """A frame, or a stream of frames."""
        match self.source.integer(0, 7):
            case 6:
                return p.RecordsToEnd(self.frame(sealed=self.source.boolean()))
            case 7:
                record = self.frame(sealed=False)
                return p.Blocks(
                    self.source.choice((64, 200, 512)), record, smallest=minimum_size(translate(record).root)
                )
        return self.frame(sealed=self.source.integer(0, 3) > 0)

    def frame(self, *, sealed: bool) -> Any:
        """A frame with lengths, counts and checksums in its header and as many fields in its body."""
        with self.scope():
            lead = [self.fresh() / p.Magic(b"\xd3\xd0"), self.fresh() / p.Kind(2), self.fresh() / p.Version(1)]
            header = lead[: self.source.integer(0, 3)]
            body: list[Any] = []
            for _ in range(self.source.integer(0, 3)):
                header += self.header_field()
            for _ in range(self.source.integer(0, 2)):
                more_header, more_body = self.body_field(body)
                header += more_header
                body += more_body
            tagged = [name for name, member in self.byte_fields(header) if member >= 2]
            if sealed:
                header.append(self.fresh() / p.Seal(seed=self.seed))
            keys = [of.name for of in body if isinstance(of.subcon, c.Bytes)]
            if keys and self.source.integer(0, 3) == 3:
                body.append(self.fresh() / p.Tag(of=keys[0], size=1))
            if tagged and self.source.boolean():
                body.append(self.fresh() / p.Tag(of=tagged[0], size=2))
            if not header and not body:
                header = [self.fresh() / c.Int8ul]
            return p.Frame(*header, *body)

    def byte_fields(self, members: list[Any]) -> list[tuple[str, int]]:
        """The names and sizes of the plain byte strings among members."""
        raw = [(member.name, member.subcon) for member in members]
        return [(name, int(field.length)) for name, field in raw if isinstance(field, c.Bytes) and name]  # type: ignore[arg-type]  # a literal

    def nested(self, depth: int, _name: str) -> Any:
        """A frame inside something else, or a stream that a prefix delimits."""
        match self.source.integer(0, 3):
            case 2:
                return self.frame(sealed=self.source.boolean())
            case 3:
                return c.Prefixed(c.Int16ul, p.RecordsToEnd(self.frame(sealed=False)))
        return self.struct(depth + 1, last=False)

    def header_field(self) -> list[Any]:
        """One field of a header."""
        name = self.fresh()
        match self.source.integer(0, 7):
            case 0:
                self.learn(Known(name, "number", 0, 255))
                return [name / p.Bounded(c.Int8ul, 0, self.source.integer(1, 255))]
            case 1:
                return [name / p.Reserved(self.source.integer(1, 6))]
            case 2:
                self.learn(Known(name, "name", options=("full", "delta")))
                return [name / p.ClosedEnum(self.source.choice(WIDTHS), full=1, delta=self.source.choice((2, 77)))]
            case 3:
                return [name / p.ClosedFlags(self.source.choice(WIDTHS), clean=1, dirty=4)]
            case 4:
                return [name / c.Bytes(self.source.integer(2, 6))]
            case 5:
                return [name / p.Bounded(c.Int64ul, 1, 2**64 - 1)]
            case 6:
                construct, low, high = self.integer()
                self.learn(Known(name, "number", low, high))
                return [name / construct]
        bits = c.BitStruct("low" / c.BitsInteger(5), "on" / c.Flag, c.Padding(2))
        return [name / bits]

    def body_field(self, body: list[Any]) -> tuple[list[Any], list[Any]]:
        """The header fields and the body field of some bytes, a column or a region; perhaps a checksum over them."""
        name, length = self.fresh(), self.fresh()
        minimum = self.source.choice((0, 0, 1, 5))
        measured = length / p.Length(self.source.choice((c.Int16ul, c.Int32ul)), of=name, minimum=minimum, maximum=4000)
        header: list[Any] = [measured]
        field: Any
        match self.source.integer(0, 5):
            case 0 | 1:
                field = name / c.Bytes(c.this[length])
            case 4:
                options: tuple[Any, ...] = (c.PrefixedArray(c.Int8ub, c.Int16ul), c.PascalString(c.Int8ub, "utf8"))
                field = name / self.source.choice(options)
                header = [length / p.Length(c.Int16ul, of=name, maximum=300)]
            case 5:
                field = name / c.PrefixedArray(c.Int8ub, c.Int24ub)
                header = [length / p.Count(c.Int8ul, of=name, maximum=200)]
            case 2:
                field = name / p.Region(c.this[length], self.plain_content())
                header = [length / p.Length(c.Int32ul, of=name, maximum=2**20)]
            case _:
                counts, content = self.columns(name)
                field = name / p.Region(c.this[length], content)
                header = [*counts, length / p.Length(c.Int32ul, of=name, maximum=2**20)]
        if self.source.boolean():
            covers = [member.name for member in body][-1:] if self.source.integer(0, 3) == 3 else []
            masked = self.source.integer(0, 2) == 2
            header.append(self.fresh() / p.Crc32c(covers=(*covers, name), is_masked=masked))
        return header, [field]

    def plain_content(self) -> Any:
        """Any struct that fills its region."""
        budget, self.budget = self.budget, min(self.budget, 3)
        try:
            return self.struct(1, last=True)
        finally:
            self.budget = budget - 3

    def columns(self, region: str) -> tuple[list[Any], Any]:
        """The counts of a region of columns, and the columns, perhaps with a heap of byte strings."""
        rows, others = self.fresh(), self.fresh()
        count, other = c.this._[rows], c.this._[others]
        heap = self.source.boolean()
        order = self.source.choice(("strict", "ascending", ""))
        wide = self.source.choice((c.Int16ul, c.Int32ul, c.Int64ul, c.Int32ub))
        prefix = "shared" if heap and self.source.boolean() else ""
        measure = self.fresh() if prefix else ""
        members: list[Any] = (
            ["ends" / p.Ends(count, self.source.choice((c.Int16ul, c.Int32ul)), of="keys", prefix=prefix)]
            if heap
            else []
        )
        members.append("first" / p.Column(count, self.scalar()))
        ordered = self.source.choice((c.Int8ul, c.Int64sl, c.Bytes(2), p.Bounded(c.Int16ul, 3, 900)))
        members.append("ordered" / p.Column(count, ordered, order=self.source.choice(("", "ascending", "strict"))))
        members.append("cuts" / p.Column(count, wide, order=order or "ascending", last=other))
        members.append("second" / p.Column(other, self.source.choice((c.Int8ul, c.Int32ul, c.Bytes(3)))))
        if heap:
            least, most = self.source.integer(0, 2), self.source.choice((40, 300))
            if prefix:
                members.append(prefix / p.PrefixOf(c.this._[measure], of="keys"))
            total = self.source.choice((900, 9000)) if prefix else None
            heap_of_keys = p.Slices(ends="ends", minimum=least, maximum=most, order=order, prefix=prefix, total=total)
            members.append("keys" / heap_of_keys)
        minimum = self.source.integer(0, 1)
        counts = [
            rows / p.Count(c.Int16ul, of=f"{region}.{'keys' if heap else 'first'}", minimum=minimum, maximum=900),
            others / p.Count(c.Int16ul, of=f"{region}.second", maximum=1000),
        ]
        if prefix:
            counts.append(measure / p.Length(c.Int16ul, of=f"{region}.{prefix}", maximum=self.source.choice((9, 400))))
        return counts, c.Struct(*members)

    def scalar(self) -> Any:
        """What a column may hold."""
        options = (
            *(c.Int8ul, c.Int32ul, c.Int64sl, c.Int24ub, c.Bytes(2), c.Float32l, c.Flag),
            *(p.ClosedEnum(c.Int8ul, a=1, b=2, c=9), p.ClosedFlags(c.Int16ul, x=1, y=8), p.Bounded(c.Int16ul, 3, 900)),
            *(c.Enum(c.Int8ul, low=0, high=255),),
        )
        return self.source.choice(options)
