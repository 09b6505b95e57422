"""`shardproof corpus minimize`: removes the kept files that show nothing that others do not show."""

from __future__ import annotations

from pathlib import Path

import click

from .corpus_options import with_corpus
from .exits import NOTHING_TESTED, PROVED, REFUTED, CommandError
from .options import catalog_option, format_option, json_option, load, together
from .output import progress_bar, write, write_json, write_table


@click.command("minimize", short_help="Remove what shows nothing new, and prove that nothing is lost.")
@together(catalog_option, json_option, format_option)
@click.option("--pairs/--no-pairs", default=True, help="Keep every pair of features too (the default), or not.")
@click.option("--dry-run", is_flag=True, help="Prove and report; remove nothing.")
@click.option("--into", type=click.Path(path_type=Path), metavar="FOLDER", help="Keep there what is removed.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="NUMBER", help="Processes; one per core by default.")
def minimize_command(
    catalog_name: str | None,
    as_json: bool,
    format_name: str | None,
    pairs: bool,
    dry_run: bool,
    into: Path | None,
    workers: int | None,
) -> int:
    """Remove found and generated files that show no feature, no pair of features and no verdict that others do not
    show. Golden files of frozen versions, files of hand-written samples, promoted findings and what a person kept stay.

    Before anything is removed, all is counted again from the bytes, by other code. What would be lost is an error.

    Exit codes: 0 done, 1 something would be lost (nothing was removed), 3 there is no file.
    """
    from corpus.store import writable_folder  # noqa: PLC0415  # imports construct

    from ..keeping.processes import cores  # noqa: PLC0415  # likewise
    from ..minimizing.recount import BlindRecount, WouldLose  # noqa: PLC0415  # likewise
    from ..minimizing.run import minimize, silent  # noqa: PLC0415  # likewise

    catalog = with_corpus(load(catalog_name), catalog_name)
    folder = writable_folder(catalog)
    if not folder.is_dir():
        raise CommandError(f"{folder}: there is no such folder, so there is nothing to minimize", NOTHING_TESTED)
    try:
        with progress_bar(quiet=as_json) as progress:
            done = minimize(
                folder,
                catalog,
                format_name=format_name,
                pairs=pairs,
                dry_run=dry_run,
                into=into,
                workers=workers or cores(),
                progress=progress or silent,
            )
    except (WouldLose, BlindRecount) as error:
        raise CommandError(str(error), REFUTED) from None
    except OSError as error:
        message = f"{error.filename or folder}: {error.strerror or error}; what goes cannot be removed: every file that"
        raise CommandError(
            f"{message} is still there is whole, so make {folder.parent} writable and run it again"
        ) from None
    if not done.files:
        raise CommandError(f"{folder} holds no kept file{of(format_name)}", NOTHING_TESTED)
    if as_json:
        write_json({**done.as_dict(), "catalog": catalog.name, "folder": str(folder)})
        return PROVED
    write_table(done.rows())
    for line in done.lines():
        write(line)
    return PROVED


def of(format_name: str | None) -> str:
    """Which files were asked for."""
    return "" if format_name is None else f" of {format_name}"
