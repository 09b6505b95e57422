"""`shardproof formats`: list, show, generate and lint the formats of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .exits import PROVED, REFUTED, CommandError
from .options import catalog_option, format_option, json_option, load, together
from .output import note, one_line, write, write_json, write_table

if TYPE_CHECKING:
    from formats.catalog import Catalog, Format


@click.group(short_help="List, show, generate and lint the formats of a catalog.")
def command() -> None:
    """List, show, generate and lint the formats of a catalog."""


@command.command("list", short_help="List the formats of a catalog.")
@together(catalog_option, json_option)
def list_command(catalog_name: str | None, as_json: bool) -> int:
    """List the formats: name, version, status, size in bytes, context, what it is for."""
    catalog = load(catalog_name)
    if as_json:
        write_json({"ok": True, "catalog": catalog.name, "formats": [facts_of(entry) for entry in catalog]})
        return PROVED
    rows = [("format", "version", "status", "bytes", "context", "summary")]
    for entry in catalog:
        facts = facts_of(entry)
        context = ", ".join(entry.layout.seed) or "-"
        size = str(facts["minimum_size"]) + ("" if facts["size"] is not None else " or more")
        rows.append((entry.name, str(entry.version), entry.status, size, context, entry.summary))
    write_table(rows)
    return PROVED


@command.command("show", short_help="Show the layout of one format, or what follows from it.")
@click.argument("name")
@together(catalog_option, json_option)
@click.option("--source", "what", flag_value="source", help="The Python source of the fast codec.")
@click.option("--ksy", "what", flag_value="ksy", help="The format as a Kaitai Struct description.")
@click.option("--svg", "what", flag_value="svg", help="A picture of the layout.")
@click.option(
    "--version", "version", type=click.IntRange(min=0), metavar="NUMBER", help="This version; the newest without it."
)
def show(name: str, catalog_name: str | None, as_json: bool, what: str | None, version: int | None) -> int:
    """Show the layout of one format: every field with offset, size, type and constraint.

    With --json the same as a byte map, or, with --source, --ksy or --svg, the text as the key `text`.
    """
    entry = version_of(load(catalog_name), name, version)
    if what is not None:
        text = text_of(entry, what)
        if as_json:
            write_json({"ok": True, "name": entry.name, "version": entry.version, "kind": what, "text": text})
        else:
            write(text.rstrip("\n"))
        return PROVED
    if as_json:
        from formats.description.bytemap import static_map  # noqa: PLC0415  # imports construct

        write_json({"ok": True, **facts_of(entry), "fields": [row.as_dict() for row in static_map(entry.layout)]})
        return PROVED
    from formats.description.document import text_table  # noqa: PLC0415  # imports construct

    facts = facts_of(entry)
    write(f"{entry.name} version {entry.version} ({entry.status}): {entry.summary or 'no summary'}")
    write(f"checksums continue from: {', '.join(entry.layout.seed) or 'nothing'}")
    write(f"fingerprint: {facts['fingerprint']}")
    write()
    write(text_table(entry.layout).rstrip("\n"))
    return PROVED


@command.command("generate", short_help="Write the fast codecs as Python files.")
@together(catalog_option, format_option, json_option)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 where a file would change.")
@click.option("--to", "folder", metavar="FOLDER", help="Write here; for a catalog of your own.")
def generate(
    catalog_name: str | None, format_name: str | None, as_json: bool, only_check: bool, folder: str | None
) -> int:
    """Write the fast codecs of a catalog as Python files: ours into formats/generated, a user's into --to FOLDER.

    Ours come with the documents that are derived from the schemas: docs/formats and the tables in docstrings.
    Nothing is written where a frozen format has another layout than it was frozen with (exit code 1).
    """
    from formats.frozen import refuse_changed  # noqa: PLC0415  # imports construct

    from .generated import files_of, write_file  # noqa: PLC0415  # imports construct

    catalog = load(catalog_name)
    if catalog_name is not None and folder is None:
        raise CommandError("say where to write the codecs of your catalog: --to FOLDER")
    refuse_changed(chosen(catalog, format_name))
    results = []
    for path, text in files_of(catalog, format_name, folder):
        is_same = path.is_file() and path.read_text(encoding="utf-8") == text
        if not is_same and not only_check:
            write_file(path, text)
        state = "unchanged" if is_same else "stale" if only_check else "written"
        results.append({"file": str(path), "state": state})
    stale = [result for result in results if result["state"] == "stale"]
    if as_json:
        write_json({"ok": not stale, "files": results})
    for result in results if not as_json else ():
        write(f"{result['state']:>9}  {one_line(result['file'])}")
    if stale:
        note("error: generated code is not what the schemas give; run `shardproof formats generate`")
    return REFUTED if stale else PROVED


@command.command("lint", short_help="Name what is unsafe or malleable in the schemas.")
@together(catalog_option, format_option, json_option)
def lint(catalog_name: str | None, format_name: str | None, as_json: bool) -> int:
    """Name what is unsafe or malleable in the schemas, with the reason and what to write instead.

    Unsafe findings refute any catalog, malleable ones ours only; a user's are reported.
    """
    from ..catalogs import lint_catalog, load_catalog  # noqa: PLC0415  # imports construct

    catalog = load_catalog(catalog_name, lint=False)
    entries = chosen(catalog, format_name)
    found = [(finding, entry) for finding, entry in lint_catalog(catalog) if entry in entries]
    refuting = [pair for pair in found if pair[0].level == "unsafe" or catalog_name is None]
    if as_json:
        findings = [finding_facts(finding, entry) for finding, entry in found]
        write_json({"ok": not refuting, "catalog": catalog.name, "formats": len(entries), "findings": findings})
        return REFUTED if refuting else PROVED
    for finding, entry in found:
        write(f"{entry.name}: {one_line(str(finding))}")
    plural = "" if len(found) == 1 else "s"
    write(f"{len(entries)} formats, {len(found)} finding{plural}, {len(refuting)} that refute")
    return REFUTED if refuting else PROVED


def facts_of(entry: Format) -> dict[str, Any]:
    """What is known of a format without looking at its fields, with stable keys."""
    from formats.fingerprint import fingerprint  # noqa: PLC0415  # imports construct
    from formats.layout import fixed_size, minimum_size  # noqa: PLC0415

    return {
        "name": entry.name,
        "version": entry.version,
        "status": entry.status,
        "frozen": entry.frozen,
        "summary": entry.summary,
        "size": fixed_size(entry.layout.root),
        "minimum_size": minimum_size(entry.layout.root),
        "context": list(entry.layout.seed),
        "sealed": None if entry.sealed is None else list(entry.sealed),
        "fingerprint": fingerprint(entry.layout),
    }


def text_of(entry: Format, what: str) -> str:
    """One of the texts that follow from a format."""
    if what == "source":
        return entry.source
    if what == "ksy":
        from formats.kaitai import ksy  # noqa: PLC0415  # imports construct

        return ksy(entry)
    from formats.description.picture import picture  # noqa: PLC0415  # imports construct

    return picture(f"{entry.name} version {entry.version}", entry.layout)


def version_of(catalog: Catalog, name: str, version: int | None) -> Format:
    """One version of a format, the newest for None."""
    newest = catalog[name]
    if version is None:
        return newest
    found = [entry for entry in catalog.versions(name) if entry.version == version]
    if not found:
        versions = ", ".join(str(entry.version) for entry in catalog if entry.name == name)
        raise CommandError(f"{name} has no version {version}; it has {versions}")
    return found[0]


def chosen(catalog: Catalog, format_name: str | None) -> list[Format]:
    """The formats to work on: all, or every version of the named one."""
    if format_name is None:
        return list(catalog)
    catalog[format_name]
    return list(catalog.versions(format_name))


def finding_facts(finding: Any, entry: Format) -> dict[str, Any]:
    """One finding of the linter with stable keys."""
    from formats.errors import path_text  # noqa: PLC0415  # the group is imported for --help

    return {
        "format": entry.name,
        "version": entry.version,
        "level": finding.level,
        "rule": finding.rule,
        "path": path_text(finding.path),
        "node": finding.node,
        "reason": finding.reason,
        "instead": finding.instead,
    }
