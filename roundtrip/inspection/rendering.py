"""An inspection as text: offset, bytes, characters and fields side by side; colours where the caller wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from formats.errors import RULES, FormatError, Path, path_text

from ..commands.output import one_line, paint
from .report import Field, Frame, Stretch

ROW_SIZE: Final = 16
#: Lines of one field, and elements of one array, that are shown without `--all`.
LINES_SHOWN: Final = 4
ELEMENTS_SHOWN: Final = 6
VIOLATIONS_SHOWN: Final = 40

STYLES: Final[dict[str, dict[str, Any]]] = {
    "constant": {"fg": "bright_black"},
    "derived": {"fg": "cyan"},
    "value": {"fg": "green"},
    "checksum": {"fg": "magenta"},
    "unverified": {"fg": "yellow"},
    "broken": {"fg": "red", "bold": True},
}
VERDICT_STYLES: Final[dict[str, dict[str, Any]]] = {
    "valid": {"fg": "green", "bold": True},
    "unverifiable": {"fg": "yellow", "bold": True},
    "damaged": {"fg": "red", "bold": True},
}


@dataclass(frozen=True)
class Rendering:
    """How to render: with colours, and everything or only the interesting parts."""

    colours: bool = False
    everything: bool = False

    def frame(self, frame: Frame, data: memoryview) -> Iterator[str]:
        """The lines for one frame; `data` is the whole file."""
        verdict = paint(frame.verdict, enabled=self.colours, **VERDICT_STYLES[frame.verdict])
        size = frame.end - frame.start
        yield f"{frame.format_name} v{frame.version}: {size} bytes at {frame.start:#x}: {verdict}"
        yield from self.table(frame, data)
        yield from self.violations(frame)
        if frame.missing:
            names = ", ".join(frame.missing)
            yield f"  not checked: the seeded checksum, without the place of the file ({names} missing; see --context)"
        if frame.partial:
            yield f"  in part: {frame.partial}"

    def table(self, frame: Frame, data: memoryview) -> Iterator[str]:
        """Offset, bytes, characters, field: a row for every line of sixteen bytes of every field."""
        if not frame.fields:
            return
        header = " ".join(f"{column:02x}" for column in range(ROW_SIZE))
        yield f"  {'offset':>8} │ {header} │ {'0123456789abcdef'} │ field"
        position = frame.start
        for item in self.selected(frame.fields):
            if isinstance(item, Elision):
                yield f"  {'':8} │ {'':47} │ {'':16} │ {item.text()}"
                position = max(position, item.end)
                continue
            if item.leaf and item.start > position:
                yield from self.rows(gap(position, item.start), data)
            yield from self.rows(item, data)
            position = max(position, item.end if item.leaf else position)
        if position < frame.end and not frame.partial:
            yield from self.rows(gap(position, frame.end), data)

    def selected(self, fields: Sequence[Field]) -> Iterator[Field | Elision]:
        """The fields to show; runs of array elements that are left out become one line."""
        hidden: list[Field] = []
        damaged = {entry.path[:length] for entry in fields if entry.broken for length in range(len(entry.path) + 1)}
        for entry in fields:
            if not self.everything and far_inside(entry.path, damaged):
                if hidden and array_of(hidden[0].path) != array_of(entry.path):
                    yield Elision.of(hidden)
                    hidden = []
                hidden.append(entry)
                continue
            if hidden:
                yield Elision.of(hidden)
                hidden = []
            yield entry
        if hidden:
            yield Elision.of(hidden)

    def rows(self, entry: Field, data: memoryview) -> Iterator[str]:
        """The lines of one field."""
        style = STYLES[style_of(entry)]
        label = self.label(entry)
        if not entry.leaf or entry.start == entry.end:
            yield f"  {entry.start:08x} │ {'':47} │ {'':16} │ {label}"
            return
        first = entry.start - entry.start % ROW_SIZE
        starts = range(first, entry.end, ROW_SIZE)
        shown = starts if self.everything or len(starts) <= LINES_SHOWN else starts[: LINES_SHOWN - 1]
        for row in shown:
            begin, end = max(row, entry.start), min(row + ROW_SIZE, entry.end)
            piece = bytes(data[begin:end])
            before, after = begin - row, ROW_SIZE - (end - row)
            dump = "   " * before + paint(piece.hex(" "), enabled=self.colours, **style) + "   " * after
            text = " " * before + paint(characters(piece), enabled=self.colours, **style) + " " * after
            yield f"  {row:08x} │ {dump} │ {text} │ {label}".rstrip()
            label = ""
        if len(shown) < len(starts):
            left = len(starts) - len(shown)
            yield f"  {'*':>8} │ {left} more lines up to {entry.end:#x} (--all shows them)"

    def label(self, entry: Field) -> str:
        """The field's name and value, indented by its depth."""
        part = entry.path[-1] if entry.path else "(whole)"
        name = f"[{part}]" if isinstance(part, int) else str(part)
        value = value_text(entry)
        text = f"{name}: {value}" if value else f"{name}:"
        if entry.broken:
            text += f"  ◀ {', '.join(entry.broken)}"
        elif not entry.verified:
            text += "  (not checked)"
        indent = "  " * (len(entry.path) - 1)
        return indent + paint(one_line(text), enabled=self.colours, **STYLES[style_of(entry)])

    def violations(self, frame: Frame) -> Iterator[str]:
        """Every violation with path, offset, expected, found and rule."""
        shown = frame.violations if self.everything else frame.violations[:VIOLATIONS_SHOWN]
        for violation in shown:
            yield "  " + paint("✗", enabled=self.colours, **STYLES["broken"]) + " " + violation_text(violation, frame)
        if len(shown) < len(frame.violations):
            yield f"  … {len(frame.violations) - len(shown)} more violations (--all shows them)"

    def stretch(self, stretch: Stretch) -> Iterator[str]:
        """The line for bytes that are no frame."""
        size = stretch.end - stretch.start
        what = "zeros" if stretch.zeros else f"beginning {stretch.first.hex(' ')}"
        text = f"trailing or unknown: {size} bytes at {stretch.start:#x}, {what}"
        yield paint(text, enabled=self.colours, **STYLES["broken"])


@dataclass(frozen=True)
class Elision:
    """Array elements that are not shown: the first and the last path, and their bytes."""

    first: Path
    last: Path
    start: int
    end: int
    count: int

    @classmethod
    def of(cls, fields: Sequence[Field]) -> Elision:
        """The line for these fields."""
        end = max(entry.end for entry in fields)
        return cls(fields[0].path, fields[-1].path, fields[0].start, end, len(fields))

    def text(self) -> str:
        """The line, in words."""
        names = f"{path_text(self.first)} to {path_text(self.last)}"
        return f"  … {self.count} more, {names}, bytes {self.start:#x} to {self.end:#x} (--all shows them)"


def far_inside(path: Path, damaged: set[Path]) -> bool:
    """Whether a field belongs to a late element of an array, and nothing is wrong with that element."""
    for length, part in enumerate(path, start=1):
        if isinstance(part, int) and part >= ELEMENTS_SHOWN and path[:length] not in damaged:
            return True
    return False


def array_of(path: Path) -> Path:
    """The array that the first late element of a path belongs to."""
    late = (index for index, part in enumerate(path) if isinstance(part, int) and part >= ELEMENTS_SHOWN)
    return path[: next(late, len(path))]


def gap(start: int, end: int) -> Field:
    """Bytes that no named field reads: prefixes, padding, or what lies behind damage."""
    return Field(("(unnamed)",), start, end, None, "derived", True)


def style_of(entry: Field) -> str:
    """The key of the style of a field."""
    if entry.broken or entry.role == "missing":
        return "broken"
    return entry.role if entry.verified else "unverified"


def characters(piece: bytes) -> str:
    """Bytes as ASCII, dots for the rest."""
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)


def value_text(entry: Field) -> str:
    """A value in a few words."""
    if not entry.leaf:
        size = entry.end - entry.start
        return f"({size} bytes)"
    if entry.role == "checksum" and isinstance(entry.value, int):
        return f"{entry.value:#010x}"
    if entry.value is None:
        if entry.role == "missing":
            return "not there"
        return "reserved" if entry.role == "constant" else ""
    return short(entry.value)


def short(value: Any) -> str:
    """Any value that a trace may hold, on one line."""
    if isinstance(value, bytes | bytearray):
        if len(value) <= 48 and value and all(32 <= byte < 127 for byte in value):
            return f'"{value.decode("ascii")}" ({len(value)} bytes)'
        more = "…" if len(value) > ROW_SIZE else ""
        return f"{bytes(value[:ROW_SIZE]).hex(' ')}{more} ({len(value)} bytes)" if value else "(0 bytes)"
    if isinstance(value, dict):
        shown = value["value"] if "offset1" in value and "value" in value else None
        if shown is not None:
            return short(shown)
        return " ".join(f"{name}={short(item)}" for name, item in value.items() if not str(name).startswith("_"))
    if isinstance(value, list | tuple):
        return f"{len(value)} elements"
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def violation_text(violation: FormatError, frame: Frame) -> str:
    """One violation: path, offset, rule, expected, found, and what the rule means."""
    place = f"{path_text(violation.path)} at byte {frame.start + violation.offset} ({violation.rule})"
    facts = f"expected {violation.expected or 'something else'}, found {violation.found or 'nothing'}"
    hint = ""
    if violation.rule == "header_checksum":
        hint = ", or the file was written to another place than the one given"
    return one_line(f"{place}: {facts}; {RULES.get(violation.rule, violation.rule)}{hint}")
