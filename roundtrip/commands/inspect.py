"""`shardproof inspect FILE`: annotated bytes of any file, sound or damaged."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from .exits import PROVED, REFUTED, CommandError
from .options import catalog_option, format_option, json_option, load, place_fields, together, whole_number
from .output import coloured, note, one_line, write, write_json
from .store_options import not_empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formats.catalog import Catalog, Format

    from ..inspection import Beside, Frame, Stretch

#: Frames and stretches of one file that are shown without `--all`.
PARTS_SHOWN: Final = 64


@dataclass(frozen=True)
class Inspection:
    """What to inspect: a file of a catalog, from byte `start` on, and how much of it to show.

    entries: the formats to try; forced: the one to take the first bytes for where none fits.
    """

    name: str
    catalog: Catalog
    start: int
    known: Beside
    everything: bool
    remainder: bool
    entries: Sequence[Format]
    forced: Format | None


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
@click.option(
    "--html",
    "page",
    callback=not_empty,
    metavar="FILE",
    help="Write a page to look around in; - is standard output. FILE may then be a store, too.",
)
def command(
    file: str,
    format_name: str | None,
    catalog_name: str | None,
    as_json: bool,
    context: dict[str, Any] | None,
    start: int,
    everything: bool,
    remainder: bool,
    page: str | None,
) -> int:
    """Show FILE (`-`: standard input) as annotated bytes, frame after frame.

    The format is found by trying all of the catalog. Damaged bytes are decoded as far as they go, and every violation
    is listed. Without the place where the bytes were written, a seeded checksum is unverifiable, which is said; the
    place comes from --context, or from a sidecar beside the file (FILE.json).

    With --html, the report is one page of HTML that needs no network; FILE may then also be the directory of a closed
    store, or its disk file, and the page begins with a map of its extents.

    Exit codes: 0 sound or unverifiable, 1 damaged, 2 bad usage or no regular file, 3 nothing recognised.
    """
    from ..inspection import open_source, scan  # noqa: PLC0415  # imports construct

    prepare = partial(
        prepared, file, load(catalog_name), format_name, context, start, everything=everything, remainder=remainder
    )
    if page is not None:
        from .inspect_page import Wish, open_for_page, show_page  # noqa: PLC0415  # imports the template engine

        wish = Wish(file, page, format_name, catalog_name, context, as_json=as_json)
        with open_for_page(wish) as data:
            return show_page(wish, prepare(data), data)
    with open_source(file) as data:
        inspection = prepare(data)
        parts = scan(inspection.entries, data, start=start, context=inspection.known.context, forced=inspection.forced)
        show = show_json if as_json else show_text
        return show(inspection, parts, data)


def prepared(
    file: str,
    catalog: Catalog,
    format_name: str | None,
    context: dict[str, Any] | None,
    start: int,
    data: memoryview,
    *,
    everything: bool,
    remainder: bool,
) -> Inspection:
    """What to inspect, with all that is known of a file that is open."""
    from ..inspection import Beside, beside, display_name  # noqa: PLC0415  # imports construct

    name = display_name(file)
    if start >= len(data):
        raise CommandError(f"--at {start} lies behind the end: {name} has {len(data)} bytes")
    known = beside(file) if context is None else Beside(context, origin="--context")
    wanted = format_name or (known.format_name if catalog.versions(known.format_name or "") else None)
    entries, forced = candidates(catalog, wanted)
    return Inspection(name, catalog, start, known, everything, remainder, entries, forced)


def candidates(catalog: Catalog, wanted: str | None) -> tuple[Sequence[Format], Format | None]:
    """The formats to try, and what to take the bytes for where none fits: every version of one format, or all."""
    if wanted is None:
        return list(catalog), None
    newest = catalog[wanted]
    return catalog.versions(wanted), newest


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
    verdict, text = summary.outcome(remainder=inspection.remainder)
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
    verdict, _ = summary.outcome(remainder=inspection.remainder)
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
