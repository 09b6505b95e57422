"""`shardproof corpus add`: bytes from anywhere become evidence, if every reader says the same of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .corpus_adding import (
    dry_run_option,
    finish,
    place_of,
    place_option,
    refuse_short,
    refuse_without_place,
    why_option,
    writer_option,
)
from .corpus_coverage import pairs_option
from .corpus_missing import Wish, add_what_is_missing
from .corpus_options import FILE_KINDS, with_corpus
from .exits import CommandError
from .options import catalog_option, format_option, json_option, load, seed_option, together

if TYPE_CHECKING:
    from formats.catalog import Catalog

    from ..keeping.adding import Candidate

#: Who wrote bytes of which nobody says it.
WRITER = "unknown"


@click.command("add", short_help="Keep bytes as evidence.")
@click.argument("files", metavar="[FILE]…", nargs=-1)
@together(format_option, why_option, place_option)
@click.option(
    "--kind", type=click.Choice(FILE_KINDS), help="The kind that is expected; found keeps what readers part on."
)
@click.option("--expect", metavar="VERDICT", default="", help="accepted, refused, refused:RULE or refused:RULE@PATH.")
@writer_option
@click.option(
    "--state-readers", is_flag=True, help="Other versions that accept the bytes are right: the sidecar says so."
)
@click.option("--missing", is_flag=True, help="Make files, too: for every feature that no kept file shows.")
@together(pairs_option)
@click.option(
    "--thorough", is_flag=True, help="With --missing: two laws broken at once, and every verb of damage, too."
)
@click.option("--into", metavar="FOLDER", default="", help="With --missing: the folder to keep them in.")
@together(seed_option, dry_run_option, catalog_option, json_option)
def add(
    files: tuple[str, ...],
    format_name: str | None,
    why: str | None,
    place: dict[str, Any] | None,
    kind: str | None,
    expect: str,
    writer: str | None,
    state_readers: bool,
    missing: bool,
    pairs: bool,
    thorough: bool,
    into: str,
    seed: int | None,
    dry_run: bool,
    catalog_name: str | None,
    as_json: bool,
) -> int:
    """Keep the bytes of each FILE (`-`: standard input), which may come from anywhere: another writer, a user's disk, a
    bug report. Shows what the oracle and every other reader say of them; keeps nothing if they disagree, or if
    anything is not as --expect or --kind say. Bytes that are kept already are no error.

    The place comes from --place, or from a sidecar beside the file (FILE.json).

    With --missing there is no FILE: files are made from the layouts, few that show what no kept file shows, and every
    reader reads them before they are kept.

    Exit codes: 0 kept, or kept already; 1 readers disagree or an expectation is not met, and nothing was kept.
    """
    if missing:
        if files or why or place or kind or expect or writer or state_readers:
            raise click.UsageError("--missing makes its files itself: leave FILE and what is said of it away")
        return add_what_is_missing(
            Wish(catalog_name, format_name, pairs, thorough, into, seed, dry_run=dry_run, as_json=as_json)
        )
    if thorough or into or seed is not None or not pairs:
        raise click.UsageError("--thorough, --into, --seed and --no-pairs belong to --missing")
    if not files or format_name is None or why is None:
        lacking = "a FILE" if not files else "--format NAME" if format_name is None else "--why TEXT"
        raise click.UsageError(f"Missing {lacking}.")
    refuse_short(why)
    from corpus.store import writable_folder  # noqa: PLC0415  # imports construct

    from ..keeping.adding import Expectation, Origin, candidate  # noqa: PLC0415  # heavy
    from ..keeping.sources import bytes_of  # noqa: PLC0415

    catalog = with_corpus(load(catalog_name), catalog_name)
    folder, expected = writable_folder(catalog), Expectation.of(expect, kind or "")
    catalog[format_name]
    refuse_without_place(catalog, format_name, place)
    candidates: list[Candidate] = []
    for file in files:
        known = place_beside(file, catalog, format_name) if place is None else place_of(place)
        origin = Origin(why, writer or WRITER, known, found=kind == "found", state_readers=state_readers)
        candidates.append(candidate(file, bytes_of(file), catalog, format_name, origin, Path(folder), expected))
    return finish(candidates, Path(folder), dry_run=dry_run, as_json=as_json)


def place_beside(file: str, catalog: Catalog, format_name: str) -> Any:
    """The place that a sidecar beside the file says, or None; `CommandError` where it cannot be used."""
    from ..inspection import beside  # noqa: PLC0415  # imports construct

    known = beside(file)
    if known.notes:
        raise CommandError(f"{known.notes[0]}; name the place with --place")
    if not known.context:
        return None
    refuse_without_place(catalog, format_name, dict(known.context))
    return place_of(dict(known.context))
