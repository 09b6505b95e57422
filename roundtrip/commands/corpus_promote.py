"""`shardproof corpus promote`: what a fuzzer or `validate` found becomes a kept file."""

from __future__ import annotations

from typing import Any

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
from .corpus_options import with_corpus
from .options import catalog_option, format_option, json_option, load, together


@click.command("promote", short_help="Keep findings of the fuzzer, and witnesses.")
@click.argument("files", metavar="FINDING…", nargs=-1, required=True)
@together(format_option, why_option, place_option, writer_option, dry_run_option, catalog_option, json_option)
def promote(
    files: tuple[str, ...],
    format_name: str | None,
    why: str | None,
    place: dict[str, Any] | None,
    writer: str | None,
    dry_run: bool,
    catalog_name: str | None,
    as_json: bool,
) -> int:
    """Keep each FINDING as a file of kind found, with an annotated text beside it: a finding of `shardproof fuzz`, a
    witness of `shardproof validate`, or a plain input of any fuzzer (with --format, and --place where it is needed).

    Where readers still disagree, the sidecar holds what the oracle says, and `corpus run` is red until that is mended.

    Exit codes: 0 kept, or kept already; 2 a file is no finding.
    """
    from corpus.store import writable_folder  # noqa: PLC0415  # imports construct

    from ..keeping.promoting import Said, promoted  # noqa: PLC0415  # heavy

    refuse_short(why)
    catalog = with_corpus(load(catalog_name), catalog_name)
    refuse_without_place(catalog, format_name, place)
    folder = writable_folder(catalog)
    said = Said(format_name, why or "", writer or "", place_of(place))
    candidates = [promoted(file, catalog, folder, said) for file in files]
    return finish(candidates, folder, dry_run=dry_run, as_json=as_json)
