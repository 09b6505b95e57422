"""Lanes: every way of reading one format, brought to one form of answer.

A lane reads bytes written at a place (its seed) and gives a verdict: the plain value, or the rule that was broken. The
fast lane diagnoses nothing, so its refusals carry no rule. A lane never raises: whatever else comes out of a decoder
is the verdict `Broken`, and that is a finding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from formats.codec import Codec
from formats.errors import FormatError
from formats.layout import BitGroup, Layout, Struct
from formats.oracle import Oracle
from formats.values import comparable

from . import reference
from .tuples import plain_of_tuple

ORACLE: Final = "oracle"
FAST: Final = "fast"
TUPLES: Final = "fast tuples"
REFERENCE: Final = "reference"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The bytes are a frame, and this is its plain value, made comparable."""

    value: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """The bytes are no frame; `rule` is None where the lane diagnoses nothing."""

    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """The decoder raised what no decoder may raise."""

    error: str


@dataclass(frozen=True, slots=True)
class Unverifiable:
    """Everything that can be checked holds, but the seeded checksum needs a place that nobody gave."""


Verdict = Accepted | Refused | Broken | Unverifiable
Read = Callable[[bytes, int], Verdict]
ReadPrefix = Callable[[bytes, int], tuple[Verdict, int]]
Rewrite = Callable[[bytes, int], bytes]


@dataclass(frozen=True)
class Lane:
    """One way of reading a format.

    read: the verdict on a whole frame. read_prefix: the verdict on the frame that the bytes begin with, and its
    length in bytes. rewrite: the bytes of a frame decoded and encoded again (call it on accepted bytes only). raw:
    the bare decoder, to be measured. diagnoses: whether its refusals name a rule.
    """

    name: str
    read: Read
    raw: Callable[[bytes, int], Any]
    read_prefix: ReadPrefix | None = None
    rewrite: Rewrite | None = None
    diagnoses: bool = True


def describe(verdict: Verdict) -> str:
    """The verdict in a few words."""
    match verdict:
        case Accepted(value=value):
            return f"accepted as {value!r:.120}"
        case Refused(rule=rule):
            return "refused" if rule is None else f"refused ({rule})"
        case Broken(error=error):
            return f"raised {error}"
    return "unverifiable"


def broken(error: BaseException) -> Broken:
    """The verdict for an exception that should not have left a decoder."""
    return Broken(f"{type(error).__name__}: {error}"[:200])


def guarded(decode: Callable[[bytes, int], Any], refusal: type[Exception]) -> Read:
    """A read over a decoder that raises one class of error, which carries a rule."""

    def read(data: bytes, seed: int) -> Verdict:
        try:
            return Accepted(comparable(decode(data, seed)))
        except refusal as error:
            return Refused(getattr(error, "rule", None))
        except Exception as error:  # noqa: BLE001  # a law, not a handler: the verdict says what came out
            return broken(error)

    return read


def guarded_prefix(decode: Callable[[bytes, int], tuple[Any, int]], refusal: type[Exception]) -> ReadPrefix:
    """The same over a decoder of prefixes."""

    def read(data: bytes, seed: int) -> tuple[Verdict, int]:
        try:
            value, consumed = decode(data, seed)
        except refusal as error:
            return Refused(getattr(error, "rule", None)), 0
        except Exception as error:  # noqa: BLE001  # as above
            return broken(error), 0
        return Accepted(comparable(value)), consumed

    return read


def oracle_lane(oracle: Oracle) -> Lane:
    """The interpreted schema."""
    return Lane(
        ORACLE,
        guarded(oracle.decode, FormatError),
        oracle.decode,
        guarded_prefix(oracle.decode_prefix, FormatError),
        lambda data, seed: oracle.encode(oracle.decode(data, seed), seed),
    )


def verdict_without_place(oracle: Oracle, data: bytes) -> Verdict:
    """The verdict on bytes whose place is unknown: what does not hang on the place is checked all the same."""
    if not oracle.layout.seed:
        return guarded(oracle.decode, FormatError)(data, 0)
    trace = oracle.trace(data, None)
    if trace.error is not None:
        return Refused(trace.error.rule)
    return Refused("trailing") if trace.consumed != len(data) else Unverifiable()


def fast_lane(codec: Codec) -> Lane:
    """The generated decoder of records."""
    probe, plain, encode = codec.probe, codec.plain, codec.module.encode

    def read(data: bytes, seed: int) -> Verdict:
        try:
            record = probe(data, seed)
            return Refused() if record is None else Accepted(comparable(plain(record)))
        except Exception as error:  # noqa: BLE001  # the fast lane answers None, it never raises
            return broken(error)

    def read_prefix(data: bytes, seed: int) -> tuple[Verdict, int]:
        assert codec.probe_prefix is not None
        try:
            found = codec.probe_prefix(data, seed)
            return (Refused(), 0) if found is None else (Accepted(comparable(plain(found[0]))), found[1])
        except Exception as error:  # noqa: BLE001  # as above
            return broken(error), 0

    return Lane(
        FAST,
        read,
        probe,
        None if codec.probe_prefix is None else read_prefix,
        lambda data, seed: encode(probe(data, seed), seed),
        diagnoses=False,
    )


def tuple_lane(codec: Codec, layout: Layout) -> Lane:
    """The generated decoder of nested tuples, which the engine runs."""
    probe, probe_record = codec.probe_tuple, codec.probe

    def read(data: bytes, seed: int) -> Verdict:
        try:
            values = probe(data, seed)
            if values is None:
                return Refused()
            return Accepted(comparable(plain_of_tuple(values, probe_record(data, seed))))
        except Exception as error:  # noqa: BLE001  # as above
            return broken(error)

    return Lane(TUPLES, read, probe, rewrite=tuple_rewrite(codec, layout), diagnoses=False)


def tuple_rewrite(codec: Codec, layout: Layout) -> Rewrite:
    """Decode and encode along the tuple path: a struct's values one by one, of other formats the one value."""
    encode = codec.module.encode_tuple
    spread = isinstance(layout.root, Struct | BitGroup)

    def rewrite(data: bytes, seed: int) -> bytes:
        values = codec.probe_tuple(data, seed)
        result: bytes = encode(*values, seed=seed) if spread else encode(values, seed=seed)
        return result

    return rewrite


def reference_lane(name: str, decode: Callable[[bytes, int], Any] | None = None) -> Lane | None:
    """The hand-written decoder of a format of ours; None where there is none."""
    decode = decode or reference.DECODERS.get(name)
    if decode is None:
        return None
    decode_prefix = reference.PREFIX_DECODERS.get(name)
    return Lane(
        REFERENCE,
        guarded(decode, reference.Refusal),
        decode,
        None if decode_prefix is None else guarded_prefix(decode_prefix, reference.Refusal),
    )


__all__ = [
    "FAST",
    "ORACLE",
    "REFERENCE",
    "TUPLES",
    "Accepted",
    "Broken",
    "Lane",
    "Refused",
    "Unverifiable",
    "Verdict",
    "describe",
    "fast_lane",
    "oracle_lane",
    "reference_lane",
    "tuple_lane",
    "verdict_without_place",
]
