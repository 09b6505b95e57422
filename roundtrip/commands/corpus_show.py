"""`shardproof corpus show ID`: one kept thing, its sidecar, its bytes, and what every reader says of it now."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from .corpus_options import OTHER_KINDS, with_corpus
from .exits import PROVED, REFUTED, CommandError
from .options import catalog_option, json_option, load, together
from .output import coloured, one_line, write, write_json, write_table

if TYPE_CHECKING:
    from corpus.entries import Entry
    from formats.catalog import Catalog

#: Identities that are named where several match.
NAMES_SHOWN = 8


@click.command("show", short_help="Show one kept file, and what readers say of it.")
@click.argument("identity", metavar="ID")
@click.option("--all", "everything", is_flag=True, help="Leave nothing out: every element and line.")
@together(catalog_option, json_option)
def show(identity: str, everything: bool, catalog_name: str | None, as_json: bool) -> int:
    """Show the kept file with this identity (or hash, or how either begins): its sidecar, its bytes field by field, and
    what every reader says of it now. Of a store image or a history, a short form.

    Exit codes: 0 all is as expected, 1 it is not.
    """
    catalog = with_corpus(load(catalog_name), catalog_name)
    if catalog_name is None and identity.partition("/")[0] in OTHER_KINDS:
        from ..keeping.others import shown_other  # noqa: PLC0415  # imports the engine

        other = shown_other(identity)
        if as_json:
            write_json(other.as_dict())
        else:
            write(other.text())
        return PROVED if other.ok else REFUTED
    return show_entry(chosen(identity, catalog), catalog, everything=everything, as_json=as_json)


def chosen(identity: str, catalog: Catalog) -> Entry:
    """The one kept file that is meant."""
    from corpus.store import folder_of, scan, select  # noqa: PLC0415  # imports construct

    whole = scan(folder_of(catalog), catalog)
    broken = [problem for problem in whole.problems if identity.strip("/") and identity in problem.path]
    if broken:
        raise broken[0]
    found = select(whole.entries, identity)
    if len(found) > 1:
        names = ", ".join(entry.identity for entry in found[:NAMES_SHOWN])
        more = f" and {len(found) - NAMES_SHOWN} more" if len(found) > NAMES_SHOWN else ""
        raise CommandError(f"{identity!r} may be any of {len(found)} kept files: {names}{more}")
    return found[0]


def show_entry(entry: Entry, catalog: Catalog, *, everything: bool, as_json: bool) -> int:
    """Everything about one kept file."""
    from corpus.entries import find  # noqa: PLC0415  # imports construct
    from corpus.regression import COMMAND, Looking  # noqa: PLC0415

    from ..keeping.opinions import opinions  # noqa: PLC0415  # heavy
    from ..keeping.readers import lanes_of  # noqa: PLC0415
    from ..keeping.showing import annotated_lines, frames_of, opinion_rows  # noqa: PLC0415

    entry_format = find(catalog, entry.sidecar.format, entry.sidecar.version)
    assert entry_format is not None, "a scan keeps no entry of an unknown format"
    said = opinions(entry, entry_format, catalog)
    findings = Looking(catalog, lanes_of, COMMAND)(entry).findings
    if as_json:
        facts: dict[str, Any] = {
            "ok": not findings,
            "id": entry.identity,
            "sidecar": json.loads(entry.sidecar.text()),
            "annotation": entry.annotation or None,
            "readers": [one.as_dict() for one in said],
            "frames": frames_of(entry, entry_format, everything=everything),
            "findings": [finding.as_dict() for finding in findings],
        }
        write_json(facts)
        return REFUTED if findings else PROVED
    write(f"{entry.identity}: {one_line(entry.sidecar.why)}")
    write(entry.sidecar.text())
    for line in annotated_lines(entry, entry_format, colours=coloured(sys.stdout), everything=everything):
        write(line)
    write()
    write_table(opinion_rows(said, entry.sidecar.version))
    for line in entry.annotation.splitlines():
        write(f"| {one_line(line)}")
    for finding in findings:
        write(str(finding))
    write("as expected" if not findings else f"{len(findings)} findings")
    return REFUTED if findings else PROVED
