"""Kept files for people: what readers say, and the bytes field by field, as `shardproof inspect` shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpus.entries import Entry
from corpus.sidecar import Location
from formats.catalog import Format

from ..inspection import Context, Frame, Rendering
from ..inspection.scan import scan
from .opinions import Opinion


def opinion_rows(opinions: Sequence[Opinion], own_version: int) -> list[tuple[str, ...]]:
    """A table of what readers say, with a heading; readers of other versions are named with theirs."""
    rows: list[tuple[str, ...]] = [("reader", "says")]
    for one in opinions:
        name = one.reader if one.version == own_version else f"{one.reader} of v{one.version}"
        rows.append((name, one.words))
    return rows


def context_of(location: Location | None) -> Context:
    """The place of a sidecar as an inspection takes it."""
    if location is None:
        return {}
    place = location.place
    return {
        "disk": place.disk,
        "extent": place.extent,
        "generation": place.generation,
        "offset": place.offset,
        "run": place.run,
    }


def annotated_lines(entry: Entry, entry_format: Format, *, colours: bool, everything: bool) -> Iterator[str]:
    """The bytes with their fields, line by line."""
    data = memoryview(entry.data)
    if not data:
        yield "(no bytes)"
        return
    rendering = Rendering(colours, everything)
    context = context_of(entry.sidecar.place)
    for part in scan([entry_format], data, start=0, context=context, forced=entry_format):
        yield from rendering.frame(part, data) if isinstance(part, Frame) else rendering.stretch(part)


def frames_of(entry: Entry, entry_format: Format, *, everything: bool) -> list[dict[str, object]]:
    """The frames of an entry with stable keys, as `inspect --json` gives them."""
    if not entry.data:
        return []
    context = context_of(entry.sidecar.place)
    parts = scan([entry_format], memoryview(entry.data), start=0, context=context, forced=entry_format)
    return [part.as_dict(everything=everything) for part in parts if isinstance(part, Frame)]
