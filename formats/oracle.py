"""The oracle: the Construct schema itself, interpreted, behind one strict wrapper.

It is slow and it is the law: what it accepts is canonical (building the value again gives the same bytes), what it
refuses it explains with path, offset, expected, found and rule, and nothing else ever leaves it.
"""

from __future__ import annotations

import io
import re
from functools import cached_property
from typing import Any, Final

import construct as c
from construct.core import ChecksumError, ExplicitError

from .errors import FormatError, Path, ValueRefused, refusal
from .layout import Layout
from .primitives.violations import Violation
from .tracing import Blame, Span, Trace, instrument
from .values import comparable, construct_of, plain_of

#: The rule that each of Construct's own errors breaks.
RULE_OF_ERROR: Final[dict[type[Exception], str]] = {
    c.StreamError: "truncated",
    c.ConstError: "constant",
    ChecksumError: "checksum",
    c.MappingError: "enum",
    c.ValidationError: "invalid",
    c.StringError: "text",
    c.SwitchError: "choice",
    ExplicitError: "choice",
    c.RangeError: "bounds",
    c.FormatFieldError: "bounds",
    c.IntegerError: "bounds",
    c.PaddingError: "length",
    c.TerminatedError: "trailing",
}
#: How Construct and the vocabulary word a read beyond the end.
SHORT_READ: Final = re.compile(r"(\d+) bytes are needed and (\d+) are left|expected (\d+), found (\d+)")
#: Inputs above this many bytes are read in place, not copied.
COPY_SIZE_MAXIMUM: Final = 1 << 16


class Oracle:
    """Decodes and encodes one format by interpreting its schema. Values are plain (see `formats.values`).

    `seed` is the CRC32C of the place (`Place.seed`); only `trace` takes `None`: seeded checksums stay unchecked.
    """

    def __init__(self, name: str, version: int, schema: c.Construct[Any, Any], layout: Layout) -> None:
        self.name = name
        self.version = version
        self.schema = schema
        self.layout = layout

    @cached_property
    def _instrumented(self) -> Any:
        return instrument(self.schema)

    def decode(self, data: bytes, seed: int = 0) -> Any:
        """The value of a whole frame; raises `FormatError` and nothing else, whatever the bytes."""
        value, consumed = self.decode_prefix(data, seed)
        if consumed != len(data):
            raise self._error("trailing", (), consumed, f"{consumed} bytes", f"{len(data)} bytes")
        return value

    def decode_prefix(self, data: bytes, seed: int = 0) -> tuple[Any, int]:
        """The value of the frame that the bytes begin with, and its length in bytes."""
        try:
            stream = stream_over(data)
            value = self.schema.parse_stream(stream, seed=seed)
            consumed = stream.tell()
            plain = plain_of(self.layout.root, value)
            rebuilt = self._build(plain, seed)
        except Exception:  # noqa: BLE001  # whatever a schema raises is a refusal; the trace says which
            trace = self.trace(data, seed)
            if trace.error is None:
                raise self._error("canonical", (), 0, "a value that can be written", "one that cannot") from None
            raise trace.error from None
        if rebuilt != bytes(data[:consumed]):
            raise self._not_canonical(data, seed, rebuilt)
        return plain, consumed

    def _not_canonical(self, data: bytes, seed: int, rebuilt: bytes) -> FormatError:
        """The error for bytes that decode but would be written otherwise, at the first byte that differs."""
        pairs = enumerate(zip(data, rebuilt, strict=False))
        offset = next((index for index, (old, new) in pairs if old != new), min(len(data), len(rebuilt)))
        path = innermost(self.trace(data, seed).spans, offset)
        return self._error(
            "canonical", path, offset, rebuilt[offset : offset + 8].hex(" "), bytes(data[offset : offset + 8]).hex(" ")
        )

    def trace(self, data: bytes, seed: int | None = 0, *, lenient: bool = False) -> Trace:
        """What was read where, also of damaged bytes; `lenient` goes on behind violations as far as bytes allow."""
        trace, stream = Trace(), stream_over(data)
        state: dict[str, Any] = {"seed": seed, "trace": trace}
        damage: list[Violation] = []
        if lenient:
            state["damage"] = damage
        try:
            value = self._instrumented.parse_stream(stream, **state)
            trace.consumed = stream.tell()
            trace.value = plain_of(self.layout.root, value)
        except Exception as error:  # noqa: BLE001  # whatever a schema raises is a refusal
            trace.error = self._explained(error)
        trace.damage = [self._explained(violation) for violation in damage]
        if trace.error is None and trace.damage:
            trace.error = trace.damage[0]
        trace.unverified = bool(self.layout.seed) and seed is None
        trace.spans.sort(key=lambda span: (span.start, -span.end, len(span.path)))
        return trace

    def _explained(self, error: Exception) -> FormatError:
        """A schema's own error as ours."""
        blame: Blame = getattr(error, "traced", None) or Blame((), 0, nested=False)
        if isinstance(error, Violation):
            path = blame.path
            return self._error(error.rule, path, blame.offset, error.expected, error.found)
        rule = next((rule for kind, rule in RULE_OF_ERROR.items() if isinstance(error, kind)), "invalid")
        if rule == "truncated" and blame.nested:
            rule = "length"
        lines = str(error).splitlines() or [type(error).__name__]
        found = lines[-1] if isinstance(error, c.ConstructError) else f"{type(error).__name__}: {lines[-1]}"
        expected = ""
        if short := SHORT_READ.search(found):
            expected, found = f"{short[1] or short[3]} bytes", f"{short[2] or short[4]} bytes"
        return self._error(rule, blame.path, blame.offset, expected, found[:200])

    def _error(self, rule: str, path: Path, offset: int, expected: str, found: str) -> FormatError:
        return refusal(
            rule,
            format_name=self.name,
            version=self.version,
            path=path,
            offset=offset,
            expected=expected,
            found=found,
        )

    def _build(self, plain: Any, seed: int) -> bytes:
        stream = io.BytesIO()
        self.schema.build_stream(construct_of(self.layout.root, plain), stream, seed=seed)
        return stream.getvalue()

    def encode(self, plain: Any, seed: int = 0) -> bytes:
        """The bytes of a value; `ValueRefused` where it has no encoding that reads back as this value."""
        try:
            data = self._build(plain, seed)
        except Exception as error:  # noqa: BLE001  # Construct raises what it likes for a value of another shape
            raise ValueRefused(self.name, reason_of(error), build_path(error)) from None
        try:
            found = self.decode(data, seed)
        except FormatError as error:
            raise ValueRefused(self.name, f"its encoding would be refused: {error}", error.path) from None
        if found != plain and comparable(found) != comparable(plain):
            raise ValueRefused(self.name, "its encoding would read back as another value", difference(plain, found))
        return data


def stream_over(data: bytes | bytearray | memoryview) -> Any:
    """A stream over bytes; large ones are not copied."""
    return io.BytesIO(data) if len(data) <= COPY_SIZE_MAXIMUM else ViewStream(data)


class ViewStream(io.RawIOBase):
    """A read-only stream over a buffer that it never copies as a whole."""

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        super().__init__()
        self.view = memoryview(data)
        self.position = 0

    def read(self, size: int | None = -1) -> bytes:
        """The next `size` bytes, or fewer at the end; all that are left for -1."""
        end = len(self.view) if size is None or size < 0 else min(self.position + size, len(self.view))
        start, self.position = self.position, max(self.position, end)
        return bytes(self.view[start:end])

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to an offset in bytes from the start (0), from here (1) or from the end (2)."""
        self.position = max(0, offset + (0, self.position, len(self.view))[whence])
        return self.position

    def tell(self) -> int:
        """The offset in bytes from the start."""
        return self.position


def innermost(spans: list[Span], offset: int) -> Path:
    """The path of the smallest span around a byte."""
    around = [span for span in spans if span.start <= offset < span.end]
    return min(around, key=lambda span: (span.end - span.start, -len(span.path))).path if around else ()


def reason_of(error: Exception) -> str:
    """What is wrong with a value, in Construct's words without its path."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[-1] if isinstance(error, c.ConstructError) else f"{type(error).__name__}: {lines[-1]}"


def build_path(error: Exception) -> Path:
    """The names along Construct's path of a building error."""
    path = getattr(error, "path", None) or ""
    return tuple(path.split(" -> ")[1:])


def difference(first: Any, second: Any) -> Path:
    """The path to the first place where two plain values differ."""
    if isinstance(first, dict) and isinstance(second, dict):
        for name in first:
            if comparable(first[name]) != comparable(second.get(name)):
                return (name, *difference(first[name], second.get(name)))
    if isinstance(first, tuple) and isinstance(second, tuple):
        for index, (old, new) in enumerate(zip(first, second, strict=False)):
            if comparable(old) != comparable(new):
                return (index, *difference(old, new))
    return ()
