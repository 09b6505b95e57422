"""`shardproof inspect FILE`: annotated bytes of any file, sound or damaged."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from .exits import PROVED, REFUTED, CommandError
from .options import catalog_option, format_option, json_option, load, place_fields, together, whole_number
from .output import coloured, note, one_line, write, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formats.catalog import Catalog, Format

    from ..inspection import Beside, Frame, Stretch, Summary

#: Frames and stretches of one file that are shown without `--all`.
PARTS_SHOWN: Final = 64


@dataclass(frozen=True)
class Inspection:
    """What to inspect: a file of a catalog, from byte `start` on, and how much of it to show."""

    name: str
    catalog: Catalog
    start: int
    known: Beside
    everything: bool
    remainder: bool


@click.command(short_help="Show a file as annotated bytes, damaged or not.")
@click.argument("file", metavar="FILE")
@together(format_option, catalog_option, json_option)
@click.option(
    "--context",
    callback=place_fields,
    metavar="FIELD=VALUE,…",
    help="Where the file's first byte was written: disk=HEX,extent=N,generation=N,offset=N,run=N, any of them.",
)
@click.option(
    "--at", "start", callback=whole_number, default="0", metavar="OFFSET", help="Begin at this byte of the file."
)
@click.option("--all", "everything", is_flag=True, help="Leave nothing out: every element, line and frame.")
@click.option("--remainder", is_flag=True, help="Bytes behind the last frame are not damage.")
def command(
    file: str,
    format_name: str | None,
    catalog_name: str | None,
    as_json: bool,
    context: dict[str, Any] | None,
    start: int,
    everything: bool,
    remainder: bool,
) -> int:
    """Show FILE (`-`: standard input) as annotated bytes, frame after frame.

    The format is found by trying all of the catalog. Damaged bytes are decoded as far as they go, and every violation
    is listed. Without the place where the bytes were written, a seeded checksum is unverifiable, which is said; the
    place comes from --context, or from a sidecar beside the file (FILE.json).

    Exit codes: 0 sound or unverifiable, 1 damaged, 2 bad usage or no regular file, 3 nothing recognised.
    """
    from ..inspection import Beside, beside, display_name, open_source, scan  # noqa: PLC0415  # imports construct

    catalog = load(catalog_name)
    name = display_name(file)
    with open_source(file) as data:
        if start >= len(data):
            raise CommandError(f"--at {start} lies behind the end: {name} has {len(data)} bytes")
        known = beside(file) if context is None else Beside(context, origin="--context")
        wanted = format_name or (known.format_name if any(one.name == known.format_name for one in catalog) else None)
        entries, forced = candidates(catalog, wanted)
        inspection = Inspection(name, catalog, start, known, everything, remainder)
        parts = scan(entries, data, start=start, context=known.context, forced=forced)
        show = show_json if as_json else show_text
        return show(inspection, parts, data)


def candidates(catalog: Catalog, wanted: str | None) -> tuple[Sequence[Format], Format | None]:
    """The formats to try, and what to take the bytes for where none fits: every version of one format, or all."""
    if wanted is None:
        return list(catalog), None
    newest = catalog[wanted]
    return [entry for entry in catalog if entry.name == wanted], newest


def show_text(inspection: Inspection, parts: Iterator[Frame | Stretch], data: memoryview) -> int:
    """The report as text, part by part."""
    from ..inspection import Frame, Rendering, Summary  # noqa: PLC0415  # imports construct

    rendering = Rendering(coloured(sys.stdout), inspection.everything)
    summary = Summary()
    for number, part in enumerate(parts):
        if number == PARTS_SHOWN and not inspection.everything:
            write(f"… more follows at byte {part.start:#x} (--all shows it, --at {part.start:#x} begins there)")
            break
        summary.add(part)
        for line in rendering.frame(part, data) if isinstance(part, Frame) else rendering.stretch(part):
            write(line)
        write()
    for line in inspection.known.notes:
        note(f"note: {one_line(line)}")
    verdict, text = outcome(summary, inspection)
    write(f"{one_line(inspection.name)}: {text}: {verdict}")
    return REFUTED if verdict == "damaged" else PROVED


def show_json(inspection: Inspection, parts: Iterator[Frame | Stretch], data: memoryview) -> int:
    """The report as one object."""
    from ..inspection import Frame, Summary  # noqa: PLC0415  # imports construct

    summary, frames, stretches, more = Summary(), [], [], None
    for number, part in enumerate(parts):
        if number == PARTS_SHOWN and not inspection.everything:
            more = part.start
            break
        summary.add(part)
        if isinstance(part, Frame):
            frames.append(part.as_dict(everything=inspection.everything))
        else:
            stretches.append(part.as_dict())
    verdict, _ = outcome(summary, inspection)
    write_json(
        {
            "ok": verdict != "damaged",
            "verdict": verdict,
            "file": inspection.name,
            "size": len(data),
            "start": inspection.start,
            "catalog": inspection.catalog.name,
            "context": dict(inspection.known.context),
            "context_from": inspection.known.origin,
            "frames": frames,
            "unrecognised": stretches,
            "more_at": more,
            "notes": list(inspection.known.notes),
        }
    )
    return REFUTED if verdict == "damaged" else PROVED


def outcome(summary: Summary, inspection: Inspection) -> tuple[str, str]:
    """The verdict on the file, and its numbers in words."""
    verdict: str = summary.verdict
    if inspection.remainder and not summary.damaged:
        verdict = "unverifiable" if summary.unverifiable else "valid"
    frames = f"{summary.frames} frame{'' if summary.frames == 1 else 's'}"
    words = [frames]
    words += [f"{summary.damaged} damaged"] if summary.damaged else []
    words += [f"{summary.unverifiable} unverifiable"] if summary.unverifiable else []
    words += [f"{summary.unrecognised_bytes} bytes not recognised"] if summary.unrecognised_bytes else []
    return verdict, ", ".join(words)
