"""What `corpus add` and `corpus promote` have in common: options, and how candidates are shown and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .exits import PROVED, REFUTED, CommandError
from .options import place_fields
from .output import note, one_line, write, write_json, write_table
from .store_options import not_empty

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from formats.catalog import Catalog

    from ..keeping.adding import Candidate

#: Fewer characters are no sentence.
WHY_SIZE_MINIMUM = 8

place_option = click.option(
    "--place",
    callback=place_fields,
    metavar="FIELD=VALUE,…",
    help="Where the bytes were written: disk=HEX,extent=N,generation=N,offset=N,run=N, any of them.",
)
why_option = click.option("--why", callback=not_empty, metavar="TEXT", help="Why they are kept, in one sentence.")
writer_option = click.option(
    "--writer", callback=not_empty, metavar="TEXT", help="What wrote the bytes: program, version, machine."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would be kept, and keep nothing.")


def finish(candidates: Sequence[Candidate], folder: Path, *, dry_run: bool, as_json: bool) -> int:
    """Show all candidates, and keep them if nothing is in the way of any; the exit code."""
    from ..keeping.adding import keep  # noqa: PLC0415  # heavy

    refused = [one for one in candidates if one.refusal]
    added: tuple[str, ...] = ()
    if not as_json:
        for one in candidates:
            show(one)
    if not refused and not dry_run:
        added = keep(folder, candidates)
    if as_json:
        files = [{**one.as_dict(), "added": one.identity in added} for one in candidates]
        write_json({"ok": not refused, "folder": str(folder), "added": list(added), "files": files})
        return REFUTED if refused else PROVED
    for one in refused:
        note(f"error: {one_line(one.name)}: {one_line(one.refusal)}")
    if refused:
        advice = "; --kind found keeps bytes on which readers disagree" if all(not one.unmet for one in refused) else ""
        note(f"nothing was kept{advice}")
        return REFUTED
    there = sum(one.state == "kept" for one in candidates)
    write(f"{len(added)} added{', none for --dry-run' if dry_run else ''}, {there} kept already")
    return PROVED


def show(one: Candidate) -> None:
    """What it would be kept as, and what every reader says."""
    from ..keeping.showing import opinion_rows  # noqa: PLC0415  # heavy

    sidecar = one.entry.sidecar
    state = "kept already as" if one.state == "kept" else "to be kept as"
    write(f"{one_line(one.name)}: {sidecar.size_bytes} bytes, {state} {one.identity}")
    write_table([("  " + row[0], *row[1:]) for row in opinion_rows(one.opinions, sidecar.version)])
    for finding in one.findings:
        who = f"{finding.reader}: " if finding.reader else ""
        write(f"  ! {who}{finding.problem}: expected {one_line(finding.expected)}, found {one_line(finding.found)}")


def refuse_short(why: str | None) -> None:
    """`UsageError` for a reason that says nothing."""
    if why is not None and len(why) < WHY_SIZE_MINIMUM:
        raise click.UsageError(f"--why {why!r} is no sentence: say in a few words what the bytes are evidence of")


def refuse_without_place(catalog: Catalog, format_name: str | None, fields: dict[str, Any] | None) -> None:
    """`CommandError` where a place is given that lacks what the format is seeded with: a guess would be no evidence."""
    if fields is None:
        return
    for one in catalog.versions(format_name or ""):
        lacking = [name for name in one.layout.seed if name not in fields]
        if lacking:
            raise CommandError(f"--place lacks {', '.join(lacking)}, which the checksums of {one.label} depend on")


def place_of(fields: dict[str, Any] | None) -> Any:
    """The place of the given context fields, or None for none."""
    from formats.place import Place  # noqa: PLC0415  # imports crc32c

    return None if fields is None else Place(**fields)
