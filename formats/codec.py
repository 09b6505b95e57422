"""The fast lane of a format: the generated module behind typed errors.

The generated code diagnoses nothing. When it refuses, the oracle reads the same bytes and words the error; when the
oracle accepts what it refused, that is a `LaneDisagreement`: a bug of ours.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from .errors import FormatError, LaneDisagreement, ValueRefused
from .oracle import Oracle
from .values import plain_of_record

#: What generated encoders raise for values that have no encoding.
ENCODE_ERRORS: Final = (
    struct.error,
    TypeError,
    ValueError,
    KeyError,
    AttributeError,
    OverflowError,
    IndexError,
    ZeroDivisionError,
)

Bytes = bytes | bytearray | memoryview


class Codec:
    """Encodes and decodes records of one format. `seed` is the CRC32C of the place, see `Place.seed`.

    probe, probe_tuple: the record (or nested tuple) of a whole frame, or None, without diagnosis; probe_prefix: the
    record of the frame that the bytes begin with and its length, or None.
    """

    def __init__(self, oracle: Oracle, module: ModuleType, source: str) -> None:
        self.oracle = oracle
        self.module = module
        self.source = source
        self.probe: Callable[..., Any] = module.probe
        self.probe_tuple: Callable[..., Any] = module.probe_tuple
        self.probe_prefix: Callable[..., Any] | None = getattr(module, "probe_prefix", None)

    def decode(self, data: Bytes, seed: int = 0) -> Any:
        """The record of a whole frame; raises `FormatError`, worded by the oracle."""
        record = self.probe(data, seed)
        if record is None:
            self._diagnose(data, seed)
        return record

    def _diagnose(self, data: Bytes, seed: int) -> None:
        self.oracle.decode(data, seed)  # type: ignore[arg-type]  # any buffer will do
        raise LaneDisagreement(self.oracle.name, "fast codec", "oracle", f"only the oracle accepts {summary(data)}")

    def encode(self, record: Any, seed: int = 0) -> bytes:
        """The bytes of a record; `ValueRefused` where a field is outside its constraint."""
        try:
            data: bytes = self.module.encode(record, seed)
        except ENCODE_ERRORS as error:
            raise self._refused(record, seed, error) from None
        return data

    def _refused(self, record: Any, seed: int, error: Exception) -> Exception:
        """The oracle's words for a value that the fast lane would not encode."""
        try:
            data = self.oracle.encode(plain_of_record(record), seed)
        except ValueRefused as refused:
            return refused
        if self.probe(data, seed) != record:
            return ValueRefused(self.oracle.name, f"it holds a value of another type than its field has: {error}")
        detail = f"only the oracle encodes {record!r:.200}: {error}"
        return LaneDisagreement(self.oracle.name, "fast codec", "oracle", detail)

    def plain(self, record: Any) -> Any:
        """The plain value of a record."""
        return plain_of_record(record)

    def record(self, plain: Any) -> Any:
        """The record of a plain value; `ValueRefused` where it has no encoding."""
        record = self.probe(self.oracle.encode(plain, 0), 0)
        if record is None:
            detail = f"the fast codec refuses what the oracle encodes: {plain!r:.200}"
            raise LaneDisagreement(self.oracle.name, "fast codec", "oracle", detail)
        return record

    def verdict(self, data: Bytes, seed: int = 0) -> FormatError | None:
        """Why the oracle refuses these bytes, or None where it accepts them."""
        try:
            self.oracle.decode(data, seed)  # type: ignore[arg-type]  # any buffer will do
        except FormatError as error:
            return error
        return None


def summary(data: Bytes) -> str:
    """Bytes for a message: their number, and the first of them."""
    return f"{len(data)} bytes {bytes(data[:32]).hex()}{'…' if len(data) > 32 else ''}"
