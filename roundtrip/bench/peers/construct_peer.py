"""Construct as its users write it, interpreted and compiled.

`.compile()` leaves RawCopy and Checksum interpreted, by Construct's own decision. A parsed Container is the answer; it
is not turned into a record. What building is given is ready beforehand, except checksums of bodies and, for columns,
their bytes.
"""

from __future__ import annotations

from typing import Any, Final

from crc32c import crc32c

from ..records import Sample
from .construct_schemas import COLUMNS, FRAMES
from .contender import Call, Contender, NotComparable
from .derived import counts_of, ends_of, header_values, region_name

NOTE: Final = "no bounds, flags or order checked"


def contenders(sample: Sample) -> list[Contender]:
    """The lanes `construct` and `construct_compiled`."""
    name = sample.format.label
    if name not in FRAMES:
        raise NotComparable("nobody has written a plain Construct schema for it")
    frame, columns = FRAMES[name], COLUMNS.get(name)
    compiled = None if columns is None else columns.compile()
    return [
        contender(sample, "construct", frame, columns),
        contender(sample, "construct_compiled", frame.compile(), compiled),
    ]


def contender(sample: Sample, lane: str, frame: Any, columns: Any) -> Contender:
    """One lane."""
    region = region_name(sample.format.layout)
    if region is None:
        return whole(sample, lane, frame)
    return in_two(sample, lane, frame, columns, region)


def whole(sample: Sample, lane: str, frame: Any) -> Contender:
    """A format that one schema describes: a header, and perhaps byte strings behind it."""
    bodies = ("key", "payload")
    header = header_values(sample.format.layout, sample.plain, bodies)
    values = {name: sample.plain[name] for name in bodies if name in sample.plain}

    def decode(data: bytes, seed: int) -> Any:
        return frame.parse(data, seed=seed)

    def encode(values: dict[str, bytes], seed: int) -> bytes:
        checksums = {f"{name}_checksum": crc32c(value) for name, value in values.items()}
        data: bytes = frame.build({"header": {"value": {**header, **checksums}}, **values}, seed=seed)
        return data

    def plain(found: Any) -> Any:
        return ordered(sample.plain, {**found.header.value, **found})

    decoding, encoding = Call(decode, (sample.data, sample.seed)), Call(encode, (values, sample.seed))
    return Contender(lane, "checksums", decoding, plain, encoding, note=NOTE)


def in_two(sample: Sample, lane: str, frame: Any, columns: Any, region: str) -> Contender:
    """A format whose columns have a schema of their own."""
    header = header_values(sample.format.layout, sample.plain, (region,))
    counts = counts_of(sample.format.layout, sample.plain)

    def decode(data: bytes, seed: int) -> Any:
        found = frame.parse(data, seed=seed)
        return found, columns.parse(found[region], **{name: found.header.value[name] for name in counts})

    def encode(content: dict[str, Any], seed: int) -> bytes:
        body = columns.build({**ends_of(content), **content}, **counts)
        values = {**header, **counts, f"{region}_checksum": crc32c(body)}
        data: bytes = frame.build({"header": {"value": values}, region: body}, seed=seed)
        return data

    def plain(found: Any) -> Any:
        outer, inner = found
        return ordered(sample.plain, {**outer.header.value, region: inner})

    decoding, encoding = (
        Call(decode, (sample.data, sample.seed)),
        Call(encode, (sample.plain[region], sample.seed)),
    )
    return Contender(lane, "checksums", decoding, plain, encoding, note=NOTE)


def ordered(wanted: dict[str, Any], found: Any) -> dict[str, Any]:
    """The wanted names of what was found, in plain types."""
    return {
        name: ordered(value, found[name]) if isinstance(value, dict) else simple(found[name])
        for name, value in wanted.items()
    }


def simple(value: Any) -> Any:
    """A value without Construct's types."""
    if isinstance(value, list):
        return tuple(simple(item) for item in value)
    return str(value) if isinstance(value, str) else value
