"""Whether the compiled codec of a schema and the interpreted schema say the same about values and bytes.

For each value: both encode it to the same bytes and decode it from them, as a record, as a tuple and as a prefix. For
each damaged frame: both refuse it, or both read the same value. For each spoilt record: both refuse to encode it, or
both make the same bytes. Every other frame is made and read with checksums that miss everything (in both lanes), so
that damage reaches what stands behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from random import Random
from types import ModuleType
from typing import Any

from formats.catalog import Format
from formats.codec import Codec
from formats.errors import FormatError, LaneDisagreement, ValueRefused
from formats.layout import Struct
from formats.primitives import checksums
from formats.values import plain_of_record
from roundtrip.generate import NoValue, RandomSource, Source, generate
from roundtrip.generation.damage import Targets, damage
from roundtrip.generation.hints import boundaries
from roundtrip.generation.spoil import spoilt

from .pages import header_fault, page_fault, page_keys


@dataclass
class Tally:
    """What was tried. unsatisfied: schemas without a value that could be found; refused: reason -> schemas."""

    schemas: int = 0
    values: int = 0
    damaged: int = 0
    survived: int = 0
    spoilt: int = 0
    encoded: int = 0
    unsatisfied: int = 0
    refused: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        counts = (f"{one.name} {getattr(self, one.name)}" for one in fields(self) if one.name != "refused")
        return ", ".join([*counts, f"refused {sum(self.refused.values())}"])


@dataclass(frozen=True)
class Effort:
    """How much is tried per schema: values, damaged frames per value, spoilt records per value, size of values."""

    values: int = 3
    damages: int = 10
    spoilings: int = 4
    size: int = 12


class Agreement:
    """Compares the lanes of one format; raises `LaneDisagreement` with all that it takes to see it again."""

    def __init__(self, subject: Format, codec: Codec, tally: Tally) -> None:
        self.subject = subject
        self.codec = codec
        self.tally = tally
        self.oracle = subject.oracle
        self.numbers = boundaries(subject.layout.root)

    def check(self, source: Source, effort: Effort) -> None:
        """Compare on values, damaged frames and spoilt records."""
        for number in range(effort.values):
            seed = source.integer(0, 2**32 - 1) if self.subject.layout.seed else 0
            try:
                plain = generate(self.subject.layout, source, size=effort.size)
            except NoValue:
                self.tally.unsatisfied += number == 0
                return
            with weak_checksums(self.codec.module, weak=number % 2 == 1):
                data = self.check_value(plain, seed)
                spans = [(span.start, span.end) for span in self.oracle.trace(data, seed).spans]
                targets = Targets([span for span in spans if span[0] < span[1]], self.numbers)
                for _ in range(effort.damages):
                    self.check_bytes(damage(source, data, targets), seed)
                for _ in range(effort.spoilings):
                    self.check_record(spoilt(source, self.codec.probe(data, seed), self.numbers), seed)

    def disagree(self, what: str, *facts: object) -> LaneDisagreement:
        """The error that says so."""
        shown = "; ".join(fact.hex() if isinstance(fact, bytes) else repr(fact) for fact in facts)
        return LaneDisagreement(self.subject.name, "fast codec", "oracle", f"{what}: {shown}")

    def fast(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """What the fast codec answers; that it raises is a disagreement of its own."""
        try:
            return function(*arguments, **keywords)
        except (LaneDisagreement, ValueRefused):
            raise
        except Exception as error:
            raise self.disagree(f"the fast codec raises {error!r}", *arguments) from error

    def check_value(self, plain: Any, seed: int) -> bytes:
        """Both lanes write and read the value."""
        self.tally.values += 1
        data = self.oracle.encode(plain, seed)
        record, values = self.fast(self.codec.probe, data, seed), self.fast(self.codec.probe_tuple, data, seed)
        if record is None or values is None:
            raise self.disagree("the fast codec refuses a valid frame", data, plain)
        if exact(plain_of_record(record)) != exact(plain):
            raise self.disagree("the fast codec reads another value", data, plain, record)
        keys = page_keys(self.subject.layout.root, plain)
        fault = self.fast(header_fault, self.codec.module, data, seed)
        fault = fault or (keys is not None and self.fast(page_fault, self.codec.module, keys, data))
        if fault:
            raise self.disagree(fault, data, plain)
        for buffer in (bytearray(data), memoryview(data)):
            if exact(plain_of_record(self.fast(self.codec.probe, buffer, seed))) != exact(plain):
                raise self.disagree("the fast codec reads another value from another kind of buffer", data, plain)
        if (encoded := self.fast(self.codec.module.encode, record, seed)) != data:
            raise self.disagree("the fast codec writes other bytes", data, encoded, plain)
        several = values if isinstance(self.subject.layout.root, Struct) else (values,)
        if (encoded := self.fast(self.codec.module.encode_tuple, *several, seed=seed)) != data:
            raise self.disagree("the fast codec writes other bytes from a tuple", data, encoded, plain)
        return data

    def check_bytes(self, data: bytes, seed: int) -> None:
        """Both lanes refuse the bytes, or both read the same value, as a whole and as a prefix."""
        self.tally.damaged += 1
        expected, verdict = None, ""
        try:
            expected = self.oracle.decode(data, seed)
            self.tally.survived += 1
        except FormatError as error:
            verdict = str(error)
        record, values = self.fast(self.codec.probe, data, seed), self.fast(self.codec.probe_tuple, data, seed)
        if (record is None) != bool(verdict) or (values is None) != bool(verdict):
            raise self.disagree("one lane refuses bytes", data, verdict or expected, record, values)
        if not verdict and exact(plain_of_record(record)) != exact(expected):
            raise self.disagree("the lanes read different values", data, expected, record)
        if self.codec.probe_prefix is not None:
            self.check_prefix(data, seed)

    def check_prefix(self, data: bytes, seed: int) -> None:
        """Both lanes find the same frame at the start of the bytes, or none."""
        assert self.codec.probe_prefix is not None
        expected, verdict = None, ""
        try:
            expected = self.oracle.decode_prefix(data, seed)
        except FormatError as error:
            verdict = str(error)
        found = self.fast(self.codec.probe_prefix, data, seed)
        if (found is None) != (expected is None):
            raise self.disagree("one lane refuses a prefix", data, verdict or expected, found)
        if found is not None and expected is not None:
            same = exact(plain_of_record(found[0])) == exact(expected[0]) and found[1] == expected[1]
            if not same:
                raise self.disagree("the lanes find different prefixes", data, expected, found)

    def check_record(self, record: Any, seed: int) -> None:
        """Both lanes refuse to write the record, or both write the same bytes."""
        self.tally.spoilt += 1
        expected, verdict = b"", ""
        try:
            expected = self.oracle.encode(plain_of_record(record), seed)
            self.tally.encoded += 1
        except ValueRefused as error:
            verdict = str(error)
        try:
            found = self.fast(self.codec.encode, record, seed)
        except ValueRefused:
            found = None
        if found is None and not verdict:
            # The encoder may insist on the types that the decoder gives: records of one branch, not of another alike.
            found = expected if self.fast(self.codec.probe, expected, seed) != record else None
        if (found is None) != bool(verdict) or (not verdict and found != expected):
            raise self.disagree("one lane writes a record that the other does not", record, verdict or expected, found)


def exact(plain: Any) -> Any:
    """A plain value in a form in which 1, True and 1.0 differ, and NaN equals itself."""
    match plain:
        case dict():
            return {name: exact(value) for name, value in plain.items()}
        case tuple():
            return tuple(exact(value) for value in plain)
        case frozenset():
            return plain
        case _:
            return type(plain), repr(plain)


def no_checksum(_data: object, _seed: int = 0) -> int:
    """A checksum that misses everything."""
    return 0


@contextmanager
def weak_checksums(module: ModuleType, *, weak: bool) -> Iterator[None]:
    """Inside, where `weak`, the CRC32C of the vocabulary and of one generated module miss everything."""
    places = [place for place in (checksums, module) if weak and hasattr(place, "crc32c")]
    before = [place.crc32c for place in places]
    for place in places:
        place.crc32c = no_checksum  # type: ignore[attr-defined]  # it has one, see above
    try:
        yield
    finally:
        for place, function in zip(places, before, strict=True):
            place.crc32c = function  # type: ignore[attr-defined]  # likewise


def seeded(*parts: object) -> RandomSource:
    """A source whose choices follow from these parts."""
    return RandomSource(Random("/".join(str(part) for part in parts)))
