"""`shardproof corpus export`: the kept files as what AFL++ or libFuzzer begins with."""

from __future__ import annotations

from pathlib import Path

import click

from .corpus_options import FILE_KINDS, formats_option, known_formats, with_corpus
from .exits import PROVED
from .options import catalog_option, json_option, load, together
from .output import note, one_line, write, write_json
from .store_options import not_empty


@click.command("export", short_help="Write the inputs that AFL++ or libFuzzer begins with.")
@click.argument("folder", callback=not_empty)
@click.option(
    "--layout", type=click.Choice(("aflplusplus", "libfuzzer")), required=True, help="Whose folders and names."
)
@formats_option
@click.option("--kind", "kinds", type=click.Choice(FILE_KINDS), multiple=True, help="Only this kind; may be repeated.")
@together(catalog_option, json_option)
def export_command(
    folder: str, layout: str, formats: tuple[str, ...], kinds: tuple[str, ...], catalog_name: str | None, as_json: bool
) -> int:
    """Write the bytes of kept files into FOLDER, which is made, as AFL++ or libFuzzer names its inputs, and a
    dictionary of the format's magic numbers, members and bounds (`dictionary.dict`) for both. Of several format
    versions, each gets a folder inside.

    Exit codes: 0 done, 3 there is nothing to export.
    """
    from corpus import store  # noqa: PLC0415  # imports construct
    from corpus.regression import Selection  # noqa: PLC0415

    from ..keeping.exporting import export  # noqa: PLC0415  # heavy

    catalog = with_corpus(load(catalog_name), catalog_name)
    selection = Selection("", kinds, known_formats(catalog, formats))
    entries = selection.of(store.load(store.folder_of(catalog), catalog))
    written = export(entries, catalog, Path(folder), "aflplusplus" if layout == "aflplusplus" else "libfuzzer")
    if as_json:
        write_json({"ok": True, "layout": layout, "written": [one.as_dict() for one in written]})
        return PROVED
    for one in written:
        write(f"{one_line(str(one.folder))}: {one.inputs} inputs of {one.label}, {one.words} words in the dictionary")
        if one.cut:
            note(f"note: {one.label}: AFL++ leaves out or cuts {one.cut} inputs that are empty or longer than 1 MiB")
    return PROVED
