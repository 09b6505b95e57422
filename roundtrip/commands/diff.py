"""`shardproof diff A B`: what differs between two files of one format, field by field."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exits import PROVED, REFUTED, CommandError
from .inspect import candidates
from .options import catalog_option, format_option, json_option, load, place_fields, together
from .output import coloured, note, one_line, write, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formats.catalog import Catalog

    from ..diffing import FileComparison, PartDifference, Rendering, Source, Summary
    from ..inspection import Beside


def contexts(context: click.Context, option: click.Parameter, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Where the two files were written: nothing, one place for both, or one for each."""
    if len(texts) > 2:
        raise click.BadParameter("there are two files: give it once for both, or once for each")
    found = [place_fields(context, option, text) or {} for text in texts]
    return found * 2 if len(found) == 1 else found


@click.command(short_help="Show what differs between two files of one format.")
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@together(format_option, catalog_option, json_option)
@click.option(
    "--context",
    "places",
    multiple=True,
    callback=contexts,
    metavar="FIELD=VALUE,…",
    help="Where the files were written, as for inspect. Given once: both; given twice: A, then B.",
)
@click.option("--all", "everything", is_flag=True, help="Leave nothing out, and list the fields that are the same.")
def command(
    old: str,
    new: str,
    format_name: str | None,
    catalog_name: str | None,
    as_json: bool,
    places: list[dict[str, Any]],
    everything: bool,
) -> int:
    """Show what differs between the files A and B (`-`: standard input), field by field and frame by frame.

    An entry that was inserted is one difference, wherever it is. Checksums, lengths and counts that differ only because
    something else does are listed apart, with what they follow from. Damaged files are compared as far as they can
    be read, and every violation is named.

    Exit codes: 0 the same bytes, 1 different, 2 bad usage, no regular file or two formats, 3 nothing recognised.
    """
    from ..diffing import FileComparison, Source  # noqa: PLC0415  # imports construct
    from ..inspection import Beside, beside, display_name, open_source  # noqa: PLC0415  # likewise

    if old == new == "-":
        raise CommandError("only one of the two files can be standard input")
    for name in (old, new):
        refuse_directory(name)
    catalog = load(catalog_name)
    with open_source(old) as old_data, open_source(new) as new_data:
        known = [Beside(place, origin="--context") for place in places] or [beside(old), beside(new)]
        wanted = format_name or agreed_format(catalog, known)
        entries, forced = candidates(catalog, wanted)
        sources = [
            Source(display_name(name), data, where, entries, forced, everything=everything)
            for name, data, where in zip((old, new), (old_data, new_data), known, strict=True)
        ]
        comparison = FileComparison(sources[0], sources[1], everything=everything)
        return show_json(comparison, catalog) if as_json else show_text(comparison)


def refuse_directory(name: str) -> None:
    """Raise `CommandError` for a directory; of a store the disk file is what can be compared."""
    if not os.path.isdir(name):  # noqa: PTH112  # answers for impossible names, too
        return
    from engine.store_directory import DISK_FILE  # noqa: PLC0415  # only here

    disk = Path(name) / DISK_FILE
    hint = f"; it is a store, whose disk is the file {disk}" if disk.is_file() else ""
    raise CommandError(f"{name}: this is a directory; diff compares two files{hint}")


def agreed_format(catalog: Catalog, known: Sequence[Beside]) -> str | None:
    """The format that the sidecars of both files name, if it is one of the catalog."""
    names = {where.format_name for where in known}
    return next(iter(names)) if len(names) == 1 and names <= {entry.name for entry in catalog} else None


def show_json(comparison: FileComparison, catalog: Catalog) -> int:
    """The comparison as one object."""
    from ..diffing import Summary, as_dict  # noqa: PLC0415  # imports construct

    summary = Summary()
    write_json(as_dict(comparison, comparison.differences(), summary, catalog.name))
    return PROVED if summary.verdict == "same" else REFUTED


def show_text(comparison: FileComparison) -> int:
    """The comparison as text, part by part."""
    from ..diffing import Rendering, Summary  # noqa: PLC0415  # imports construct

    old, new = comparison.sources
    rendering = Rendering((old.data, new.data), coloured(sys.stdout), comparison.everything)
    summary = Summary()
    lines = parts_text(comparison, rendering, summary)
    for number, line in enumerate(lines):
        if number == 0:
            write(heading(old, "A"))
            write(heading(new, "B"))
        write(line)
    rest = comparison.beyond()
    summary.add_rest(rest)
    if rest is not None:
        differs = rest.differs_at
        same = "the same" if differs is None else f"different from A {differs[0]:#x}, B {differs[1]:#x} on"
        write(f"… from A {rest.old_start:#x}, B {rest.new_start:#x} on only the bytes were compared: {same} (--all)")
    for source in comparison.sources:
        for line in source.known.notes:
            note(f"note: {one_line(line)}")
    write(outcome(summary, old, new))
    return PROVED if summary.verdict == "same" else REFUTED


def parts_text(comparison: FileComparison, rendering: Rendering, summary: Summary) -> Iterator[str]:
    """The lines for every part; frames that have only moved are told together, unless there is but one."""
    run: list[PartDifference] = []
    is_only = len(comparison.old_parts) == len(comparison.new_parts) == 1
    for part in comparison.differences():
        summary.add(part)
        if part.kind == "moved" and not (comparison.everything or is_only):
            run.append(part)
            continue
        if run:
            yield rendering.moved(run)
            run = []
        yield from rendering.part(part)
    if run:
        yield rendering.moved(run)


def heading(source: Source, side: str) -> str:
    """Which file is which."""
    return f"{side}: {one_line(source.name)} ({len(source.data)} bytes)"


def outcome(summary: Summary, old: Source, new: Source) -> str:
    """What it came to, in one line."""
    from ..diffing import WORDS  # noqa: PLC0415  # imports construct

    names = f"{one_line(old.name)} and {one_line(new.name)}"
    if summary.verdict == "same":
        damaged = ", damaged alike" if summary.damaged else ""
        return f"{names}: same value, same {len(old.data)} bytes{damaged}"
    kinds = {"encoding": "in other bytes"}
    words = [f"{count} {kinds.get(kind, kind)}" for kind, count in summary.differences.items() if count]
    words += [f"{summary.consequences} that follow"] if summary.consequences else []
    words += [f"{summary.unchanged} unchanged"] if summary.unchanged else []
    text = f"{names}: {WORDS[summary.verdict]}"
    if sum(summary.parts.values()) > 1:
        text += ": frames: " + ", ".join(f"{count} {kind}" for kind, count in summary.parts.items() if count)
    return text + (": fields: " + ", ".join(words) if words else "")
