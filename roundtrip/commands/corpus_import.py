"""`shardproof corpus import`: the inputs of AFL++ or libFuzzer become kept files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .corpus_adding import dry_run_option, place_of, place_option, refuse_without_place
from .corpus_options import with_corpus, workers_option
from .exits import PROVED, REFUTED
from .options import catalog_option, json_option, load, together
from .output import note, one_line, progress_bar, write, write_json
from .store_options import not_empty

if TYPE_CHECKING:
    from ..keeping.importing import Imported

#: Files that are named of each sort without --json.
NAMES_SHOWN = 10


@click.command("import", short_help="Keep the inputs of AFL++ or libFuzzer.")
@click.argument("folder", callback=not_empty)
@click.option("--format", "format_name", required=True, metavar="NAME", help="The format that the inputs are of.")
@click.option("--only-new-features", is_flag=True, help="Only those that show a feature which no kept file shows.")
@together(place_option, workers_option, dry_run_option, catalog_option, json_option)
def import_command(
    folder: str,
    format_name: str,
    only_new_features: bool,
    place: dict[str, Any] | None,
    workers: int | None,
    dry_run: bool,
    catalog_name: str | None,
    as_json: bool,
) -> int:
    """Keep the inputs in FOLDER, which AFL++ (queue/, crashes/, hangs/, of one instance or several) or libFuzzer (one
    folder of inputs, crash-… and its like) has written. Each content is kept once, as kind found; the sidecar says
    where it came from.

    Exit codes: 0 done, 1 some inputs could not be had (the others are kept), 3 there is no input.
    """
    from corpus.store import writable_folder  # noqa: PLC0415  # imports construct

    from ..keeping.fuzz_folders import inputs_of  # noqa: PLC0415  # heavy
    from ..keeping.importing import Wish, import_inputs  # noqa: PLC0415
    from ..keeping.processes import cores  # noqa: PLC0415

    catalog = with_corpus(load(catalog_name), catalog_name)
    catalog[format_name]
    refuse_without_place(catalog, format_name, place)
    found = inputs_of(Path(folder))
    wish = Wish(catalog, format_name, writable_folder(catalog), place_of(place), only_new_features, dry_run)
    with progress_bar(quiet=as_json) as progress:

        def watch(done: int, total: int) -> None:
            if progress is not None:
                progress(done, total, "inputs")

        imported = import_inputs(found, wish, workers=workers or cores(), progress=watch)
    if as_json:
        write_json({**imported.as_dict(), "folder": folder, "dry_run": dry_run})
    else:
        show(imported, dry_run=dry_run)
    return REFUTED if imported.problems else PROVED


def show(imported: Imported, *, dry_run: bool) -> None:
    """What was done, for people."""
    from ..keeping.importing import FATES  # noqa: PLC0415  # heavy

    write(f"{imported.inputs} inputs" + (", none kept for --dry-run" if dry_run else ""))
    for fate, meaning in FATES.items():
        if imported.fates[fate]:
            write(f"  {imported.fates[fate]:>7}  {fate}: {meaning}")
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(imported.verdicts.items()))
    if verdicts:
        write(f"of those added: {verdicts}")
    for identity in imported.disagree[:NAMES_SHOWN]:
        write(f"! readers disagree on {identity}: see `shardproof corpus show {identity}`")
    if len(imported.disagree) > NAMES_SHOWN:
        write(f"! and on {len(imported.disagree) - NAMES_SHOWN} more")
    for name, reason in imported.left[:NAMES_SHOWN]:
        note(f"left aside: {one_line(name)}: {reason}")
    if len(imported.left) > NAMES_SHOWN:
        note(f"left aside: {len(imported.left) - NAMES_SHOWN} more")
    for name, problem in imported.problems[:NAMES_SHOWN]:
        note(f"error: {one_line(name)}: {one_line(problem)}")
    if len(imported.problems) > NAMES_SHOWN:
        note(f"error: {len(imported.problems) - NAMES_SHOWN} more inputs could not be had (--json names them)")
