"""`shardproof corpus add --missing`: files for what no kept file shows yet, made from the layouts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .corpus_coverage import versions
from .exits import NOTHING_TESTED, PROVED, REFUTED, CommandError
from .options import chosen_seed, load
from .output import note, one_line, progress_bar, write, write_json, write_table

if TYPE_CHECKING:
    from formats.catalog import Catalog

    from ..covering import Added


@dataclass(frozen=True)
class Wish:
    """What to make. pairs: pairs of features too; thorough: two laws broken at once, and every verb of damage, too.

    into: the folder, empty for that of the catalog; seed: None for that of the environment, or 0.
    """

    catalog_name: str | None
    format_name: str | None
    pairs: bool
    thorough: bool
    into: str
    seed: int | None
    dry_run: bool
    as_json: bool


def add_what_is_missing(wish: Wish) -> int:
    """Make and keep the files; the exit code."""
    from ..covering import Options, add_missing  # noqa: PLC0415  # heavy

    catalog = load(wish.catalog_name)
    formats, folder = versions(catalog, wish.format_name), folder_for(catalog, wish)
    options = Options(wish.pairs, wish.thorough, 0 if wish.seed is None else chosen_seed(wish.seed))
    with progress_bar(quiet=wish.as_json) as progress:
        added = add_missing(catalog, folder, options, formats=formats, dry_run=wish.dry_run, progress=progress)
    if wish.as_json:
        write_json({"ok": not added.findings, "folder": str(folder), "seed": options.seed, **added.as_dict()})
    else:
        show(added, folder, wish)
    return REFUTED if added.findings else PROVED


def folder_for(catalog: Catalog, wish: Wish) -> Path:
    """Where to keep the files; `CommandError` where nobody says."""
    from corpus.store import writable_folder  # noqa: PLC0415  # imports construct

    if wish.into:
        return Path(wish.into)
    if wish.catalog_name is not None and catalog.corpus is None:
        message = (
            f'catalog {catalog.name} names no folder of kept files: Catalog(..., corpus="folder"), or --into FOLDER'
        )
        raise CommandError(message, NOTHING_TESTED)
    return writable_folder(catalog)


def show(added: Added, folder: Path, wish: Wish) -> None:
    """What was made, and what was not."""
    rows = [("format", "accepted", "refused", "bytes")]
    for one in added.formats:
        refused, size = len(one.entries) - one.accepted, sum(len(entry.data) for entry in one.entries)
        rows.append((one.label, str(one.accepted), str(refused), str(size)))
    write_table(rows)
    for one in added.formats:
        for name, reason in one.failed.items():
            write(f"{one.label}: no file for {one_line(name)}: {one_line(reason)}")
        if one.stopped:
            note(f"note: {one.label} took too long, and not everything was tried")
    for finding in added.findings:
        note(f"error: {finding.entry}: {finding.reader}: {one_line(finding.expected)}, found {one_line(finding.found)}")
    if added.findings:
        note("files on which readers disagree were not kept: that is a bug in one of the readers")
    kept = "none kept for --dry-run" if wish.dry_run else f"{len(added.kept)} kept in {folder}"
    write(f"{added.files} files made, {kept}; `shardproof corpus coverage` shows what they cover")
